/*
 * model/sk/accents.c - text without accents: strip_accents_unicode and strip_accents_ascii of scikit-learn.
 */
#include "sk/accents.h"
#include "sk/characters.h"

enum {
    SYLLABLES = 0xAC00,
    SYLLABLES_END = 0xD7A4,
    LEADING = 0x1100,
    VOWELS = 0x1161,
    TRAILING = 0x11A7,
    VOWEL_COUNT = 21,
    TRAILING_COUNT = 28
};

static size_t spell_syllable(uint32_t c, uint32_t *out)
{
    uint32_t at = c - SYLLABLES, tail = at % TRAILING_COUNT;
    out[0] = LEADING + at / (VOWEL_COUNT * TRAILING_COUNT);
    out[1] = VOWELS + at % (VOWEL_COUNT * TRAILING_COUNT) / TRAILING_COUNT;
    out[2] = TRAILING + tail;
    return tail ? 3 : 2;
}

static bool is_dropped(uint32_t c)
{
    size_t low = 0, high = accents_dropped_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > accents_dropped[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < accents_dropped_count && c >= accents_dropped[low].first;
}

static uint32_t moved(uint32_t c)
{
    size_t low = 0, high = accents_moved_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > accents_moved[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    const accent_shift *s = low < accents_moved_count ? &accents_moved[low] : NULL;
    if (!s || c < s->first || (c - s->first) % s->step) return c;
    return (uint32_t)((int32_t)c + s->by);
}

static const accent_word *spelled(uint32_t c)
{
    size_t low = 0, high = accents_spelled_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > accents_spelled[middle].point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < accents_spelled_count && accents_spelled[low].point == c ? &accents_spelled[low] : NULL;
}

/* How many characters remain of one; written to `out` unless it is NULL. */
static size_t bare(uint32_t c, uint32_t *out)
{
    uint32_t few[3] = {c, 0, 0};
    size_t count = 1;
    const accent_word *word = c >= 0x80 ? spelled(c) : NULL;
    if (word) {
        for (size_t i = 0; out && i < word->count; i++) out[i] = accents_letters[word->start + i];
        return word->count;
    }
    if (c >= SYLLABLES && c < SYLLABLES_END)
        count = spell_syllable(c, few);
    else if (c >= 0x80 && is_dropped(c))
        return 0;
    else if (c >= 0x80)
        few[0] = moved(c);
    for (size_t i = 0; out && i < count; i++) out[i] = few[i];
    return count;
}

bool characters_without_accents(characters *text, bool to_ascii, arena *a, err *e)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < text->count; i++) count += bare(text->at[i], NULL);
    uint32_t *out = arena_alloc_array(a, count + 1, sizeof *out);
    if (!out) return err_set(e, ERR_MEMORY, "no memory for a text of %zu characters", count);
    count = 0;
    for (size_t i = 0; i < text->count; i++) count += bare(text->at[i], out + count);
    for (size_t i = 0; i < count; i++)
        if (!to_ascii || out[i] < 0x80) out[kept++] = out[i];
    *text = (characters){out, kept};
    return true;
}

bool characters_are_whole(const characters *text)
{
    for (size_t i = 0; i < text->count; i++) {
        uint32_t c = text->at[i], left[1];
        if ((c >= SYLLABLES && c < SYLLABLES_END) || (c >= 0x80 && spelled(c))) return false;
        if (bare(c, NULL) == 1 && bare(c, left) == 1 && left[0] != c) return false;
    }
    return true;
}
