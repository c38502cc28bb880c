/*
 * model/sk/words.c - words in a hash table with open places.
 */
#include "sk/words.h"

#include <assert.h>
#include <math.h>

static size_t place_of(const words *w, str word)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < word.len; i++) hash = (hash ^ (uint8_t)word.data[i]) * 0x100000001b3u;
    size_t at = (hash ^ hash >> 32) & (w->slot_count - 1);
    while (w->slots[at].word.data && !str_eq(w->slots[at].word, word)) at = (at + 1) & (w->slot_count - 1);
    return at;
}

void words_init(sk *s, words *w, size_t most)
{
    size_t slots = 16;
    while (slots < 2 * most + 2 && slots < SIZE_MAX / 4) slots *= 2;
    *w = (words){.slots = sk_alloc(s, slots, sizeof *w->slots)};
    w->slot_count = w->slots ? slots : 0;
}

void words_put(sk *s, words *w, str word, size_t number)
{
    if (!sk_ok(s)) return;
    assert(w->count < w->slot_count / 2);
    word_slot *slot = &w->slots[place_of(w, word)];
    w->count += slot->word.data == NULL;
    *slot = (word_slot){word.data ? word : STR(""), number};
}

size_t words_find(const words *w, str word)
{
    if (w->slot_count == 0) return SK_ANY;
    const word_slot *slot = &w->slots[place_of(w, word)];
    return slot->word.data ? slot->number : SK_ANY;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static str word_of(sk *s, const pickle_value *v, const char *name)
{
    if (!sk_ok(s)) return STR_NONE;
    if (v->kind != PICKLE_STR) {
        sk_fail(s, ERR_UNSUPPORTED, "its %s holds something else than words", name);
        return STR_NONE;
    }
    str word = v->text.len ? arena_copy(&s->m->memory, v->text) : STR("");
    if (!word.data) sk_fail(s, ERR_MEMORY, "no memory for the words of its %s", name);
    return word;
}

static void take_budget(sk *s, size_t count, const char *name)
{
    if (!sk_ok(s)) return;
    if (count > s->file->numbers_left)
        sk_fail(s, ERR_TOO_LARGE, "its %s has more words than LIMIT_MODEL_NUMBERS allows", name);
    else
        s->file->numbers_left -= count;
}

void words_read_numbers(sk *s, const pickle_value *v, const char *name, words *out)
{
    if (!sk_ok(s)) return;
    if (v->kind != PICKLE_DICT) {
        sk_fail(s, ERR_UNSUPPORTED, "its %s is no dict", name);
        return;
    }
    size_t count = v->list.count / 2;
    take_budget(s, count, name);
    words_init(s, out, count);
    for (size_t i = 0; sk_ok(s) && i < count; i++) {
        str word = word_of(s, v->list.items[2 * i], name);
        double number = sk_number_of(s, v->list.items[2 * i + 1], name);
        if (sk_ok(s) && !(number >= 0 && number < (double)count && number == floor(number)))
            sk_fail(s, ERR_INVALID, "its %s gives number %g to one of %zu words", name, number, count);
        words_put(s, out, word, sk_ok(s) ? (size_t)number : 0);
    }
    if (sk_ok(s) && out->count != count) sk_fail(s, ERR_INVALID, "its %s has a word twice", name);
}

/* set([...]) and frozenset([...]) are calls before protocol 4. */
static const pickle_value *list_within(const pickle_value *v)
{
    bool is_set = v && v->kind == PICKLE_CALL &&
                  (pickle_is_global(v->call.callable, "builtins", "set") ||
                   pickle_is_global(v->call.callable, "builtins", "frozenset"));
    return is_set ? sk_item(v->call.args, 0) : v;
}

void words_read_list(sk *s, const pickle_value *v, const char *name, words *out)
{
    const pickle_value *list = list_within(v);
    if (!sk_ok(s)) return;
    bool is_set = list && (list->kind == PICKLE_SET || list->kind == PICKLE_FROZENSET);
    sk_list items = is_set ? (sk_list){list->list.items, list->list.count} : sk_items(s, list, name, SK_ANY);
    take_budget(s, items.count, name);
    words_init(s, out, items.count);
    for (size_t i = 0; sk_ok(s) && i < items.count; i++)
        words_put(s, out, word_of(s, items.items[i], name), i);
}
