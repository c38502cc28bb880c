/*
 * model/sk/words.h - a set of words, each with a number: a vocabulary, or words to leave out.
 */
#ifndef MODEL_SK_WORDS_H
#define MODEL_SK_WORDS_H

#include "sk/sk.h"

typedef struct word_slot {
    str word; /* data NULL: free */
    size_t number;
} word_slot;

typedef struct words {
    word_slot *slots;
    size_t slot_count; /* a power of two; 0: there are no words */
    size_t count;
} words;

/* Room for so many, in the model's memory. */
void words_init(sk *s, words *w, size_t most);
/* `word` is borrowed. The later number of the same word counts. */
void words_put(sk *s, words *w, str word, size_t number);
size_t words_find(const words *w, str word); /* its number, or SK_ANY */

/* A dict of words and their numbers, which are below their count. `name` for messages. */
void words_read_numbers(sk *s, const pickle_value *v, const char *name, words *out);
/* A list, tuple or set of words. */
void words_read_list(sk *s, const pickle_value *v, const char *name, words *out);

#endif
