/*
 * model/sk/characters.h - text as Python's str sees it: code points, which of them belong to words, and small letters.
 */
#ifndef MODEL_SK_CHARACTERS_H
#define MODEL_SK_CHARACTERS_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct characters {
    uint32_t *at;
    size_t count;
} characters;

/* Out of UTF-8; what is none becomes U+FFFD. */
bool characters_of(str text, arena *a, characters *out, err *e) MUST_USE;
/* str.lower() */
bool characters_lower(characters *text, arena *a, err *e) MUST_USE;
/* Decomposed (NFKD), and without what combines; to_ascii: without anything else either. */
bool characters_without_accents(characters *text, bool to_ascii, arena *a, err *e) MUST_USE;
/* Whether none of them decomposes. */
bool characters_are_whole(const characters *text);
/* `count` characters as UTF-8, behind what is there. */
void characters_add(buf *out, const uint32_t *at, size_t count);

bool character_is_word(uint32_t c); /* \w of re */
bool character_is_digit(uint32_t c);
bool character_is_space(uint32_t c);

#endif
