/*
 * model/sk/characters.c - looking characters up in tables of ranges.
 *
 * Small letters are one for one, but for two: the capital I with a dot becomes two characters, and the capital sigma another letter at the end of a word.
 */
#include "sk/characters.h"

#include "sk/character_tables.h"

#include <assert.h>

enum { CAPITAL_I_DOT = 0x130, DOT_ABOVE = 0x307, CAPITAL_SIGMA = 0x3a3, SIGMA = 0x3c3, FINAL_SIGMA = 0x3c2 };
static const uint32_t NO_CHARACTER = 0xfffd;

static bool is_in(const character_range *ranges, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && c >= ranges[low].first;
}

bool character_is_digit(uint32_t c)
{
    return c < 0x80 ? c >= '0' && c <= '9' : is_in(decimal, COUNT_OF(decimal), c);
}

bool character_is_space(uint32_t c)
{
    if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return is_in(space, COUNT_OF(space), c);
}

static bool is_ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool character_is_word(uint32_t c)
{
    if (c < 0x80) return is_ascii_letter(c) || character_is_digit(c) || c == '_';
    return is_in(alphanumeric, COUNT_OF(alphanumeric), c);
}

/* --- UTF-8 --------------------------------------------------------------------------------------------------------------- */

/* One character of `left` > 0 bytes, and how many it takes. */
static size_t decode(const uint8_t *at, size_t left, uint32_t *out)
{
    size_t more = at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : at[0] < 0xf5 ? 3 : 0;
    *out = at[0] < 0x80 ? at[0] : NO_CHARACTER;
    if (more == 0 || more >= left) return 1;
    uint32_t point = at[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80) return 1;
        point = point << 6 | (at[i] & 0x3f);
    }
    *out = point;
    return more + 1;
}

bool characters_of(str text, arena *a, characters *out, err *e)
{
    out->at = arena_alloc_array(a, text.len + 1, sizeof *out->at);
    out->count = 0;
    if (!out->at) return err_set(e, ERR_MEMORY, "no memory for a text of %zu bytes", text.len);
    const uint8_t *at = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.len; out->count++) i += decode(at + i, text.len - i, &out->at[out->count]);
    return true;
}

void characters_add(buf *out, const uint32_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t c = at[i];
        if (c < 0x80) {
            buf_add_byte(out, (uint8_t)c);
            continue;
        }
        unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
        buf_add_byte(out, (uint8_t)(leads[more] | c >> (6 * more)));
        while (more-- > 0) buf_add_byte(out, (uint8_t)(0x80 | (c >> (6 * more) & 0x3f)));
    }
}

/* --- small letters --------------------------------------------------------------------------------------------------------- */

static uint32_t lower_of(uint32_t c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    size_t low = 0, high = COUNT_OF(lower);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > lower[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == COUNT_OF(lower) || c < lower[low].first) return c;
    const character_shift *s = &lower[low];
    return (c - s->first) % s->step ? c : (uint32_t)((int32_t)c + s->by);
}

static bool is_cased(uint32_t c)
{
    return c < 0x80 ? is_ascii_letter(c) : is_in(cased, COUNT_OF(cased), c);
}

static bool is_skipped(uint32_t c)
{
    if (c < 0x80) return strchr("'.:^`", (int)c) != NULL && c != 0;
    return is_in(skipped, COUNT_OF(skipped), c);
}

/* At the end of a word: a letter before it, and none behind it, whatever marks lie between. */
static bool ends_a_word(const characters *text, size_t at)
{
    size_t before = at, after = at + 1;
    while (before > 0 && is_skipped(text->at[before - 1])) before--;
    while (after < text->count && is_skipped(text->at[after])) after++;
    bool has_before = before > 0 && is_cased(text->at[before - 1]);
    return has_before && !(after < text->count && is_cased(text->at[after]));
}

bool characters_lower(characters *text, arena *a, err *e)
{
    size_t dotted = 0;
    for (size_t i = 0; i < text->count; i++) dotted += text->at[i] == CAPITAL_I_DOT;
    characters out = {arena_alloc_array(a, text->count + dotted + 1, sizeof *out.at), 0};
    if (!out.at) return err_set(e, ERR_MEMORY, "no memory for a text of %zu characters", text->count);
    for (size_t i = 0; i < text->count; i++) {
        uint32_t c = text->at[i];
        if (c == CAPITAL_SIGMA) {
            out.at[out.count++] = ends_a_word(text, i) ? FINAL_SIGMA : SIGMA;
        } else if (c == CAPITAL_I_DOT) {
            out.at[out.count++] = 'i';
            out.at[out.count++] = DOT_ABOVE;
        } else {
            out.at[out.count++] = lower_of(c);
        }
    }
    *text = out;
    return true;
}
