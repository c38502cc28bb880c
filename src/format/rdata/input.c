/*
 * format/rdata/input.c - the three codings of R's serialization: big endian (XDR), lines of text, and little endian.
 */
#include "rdata/rdata.h"

static bool is_space(int c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void skip_space(reader *r)
{
    while (!r->failed && reader_left(r) && is_space(reader_peek(r))) (void)reader_u8(r);
}

/* Up to the next white space; R takes at most 127 bytes of a word. */
static str take_word(reader *r)
{
    enum { WORD_BYTES_MAX = 127 };
    skip_space(r);
    size_t from = r->at;
    while (!r->failed && reader_left(r) && !is_space(reader_peek(r))) (void)reader_u8(r);
    str word = str_slice(bytes_str(r->all), from, r->at - from);
    /* A failed reader does not move: whoever loops over it asks for `failed` too. */
    if (word.len == 0 || word.len > WORD_BYTES_MAX) r->failed = true;
    return word;
}

static int32_t text_int(reader *r)
{
    str word = take_word(r), digits = word;
    uint64_t number;
    if (str_eq(word, STR("NA"))) return INT32_MIN;
    bool is_negative = str_starts_with(word, STR("-"));
    if (is_negative) digits = str_skip(word, 1);
    if (!str_to_u64(digits, &number) || number > INT32_MAX) {
        r->failed = true;
        return 0;
    }
    return is_negative ? -(int32_t)number : (int32_t)number;
}

int32_t rdata_int(rdata_input *in)
{
    if (in->coding == RDATA_TEXT) return text_int(&in->r);
    uint32_t number = in->coding == RDATA_XDR ? reader_u32be(&in->r) : reader_u32le(&in->r);
    return (int32_t)number;
}

void rdata_skip(rdata_input *in, uint64_t count, unsigned item_bytes)
{
    uint64_t total;
    if (in->coding != RDATA_TEXT) {
        if (__builtin_mul_overflow(count, (uint64_t)item_bytes, &total))
            in->r.failed = true;
        else
            (void)reader_skip(&in->r, total);
        return;
    }
    /* Each number is a word; a complex one is two. */
    uint64_t words = item_bytes == 16 ? 2 : 1;
    if (__builtin_mul_overflow(count, words, &total)) in->r.failed = true;
    for (uint64_t i = 0; i < total && !in->r.failed; i++) (void)take_word(&in->r);
}

/* \n \t ... \ooo, as R writes what is no printable ASCII. */
static uint8_t take_escaped(reader *r)
{
    static const char letters[] = "ntvbrfa", meanings[] = "\n\t\v\b\r\f\a";
    uint8_t c = reader_u8(r);
    const char *found = c ? strchr(letters, c) : NULL;
    if (found) return (uint8_t)meanings[found - letters];
    if (c < '0' || c > '7') return c;
    unsigned number = c - '0';
    for (unsigned i = 1; i < 3 && !r->failed && reader_peek(r) >= '0' && reader_peek(r) <= '7'; i++)
        number = number * 8 + (reader_u8(r) - '0');
    return (uint8_t)number;
}

str rdata_text(rdata_input *in, uint64_t len)
{
    if (in->coding != RDATA_TEXT) return bytes_str(reader_take(&in->r, len));
    buf_reset(&in->text);
    if (len) skip_space(&in->r);
    for (uint64_t i = 0; i < len && !in->r.failed; i++) {
        uint8_t c = reader_u8(&in->r);
        buf_add_byte(&in->text, c == '\\' ? take_escaped(&in->r) : c);
    }
    if (!buf_ok(&in->text, "a text", NULL)) in->r.failed = true;
    return buf_str(&in->text);
}
