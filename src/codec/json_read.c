/*
 * codec/json_read.c - JSON without surprises, several times faster than jansson.
 *
 * Jansson takes a document byte by byte through calls. Nearly all that Assay reads was written by programs: text in runs, integers that fit. That much is
 * read here; at the first thing that is anything else (a real number, \u0000, a key twice, rubbish) this reader gives up, and jansson begins anew. So it
 * has no error to tell, and cannot take what jansson refuses: fuzz/json.c holds one against the other.
 */
#include "json_read.h"
#include "json_run.h"

#include "base/limits.h"
#include "base/reader.h"

enum { DIGITS_MAX = 18, KEPT_TEXT_BYTES = 1 << 16 };

typedef struct plain {
    reader in;
    buf text; /* of a string with escapes */
    unsigned depth_left;
} plain;

static json_t *read_value(plain *p);

static void skip_space(plain *p)
{
    for (int c = reader_peek(&p->in); c == ' ' || c == '\n' || c == '\t' || c == '\r';
         c = reader_peek(&p->in))
        (void)reader_u8(&p->in);
}

/* The next byte that is no space, if it is `wanted`. */
static bool take(plain *p, int wanted)
{
    skip_space(p);
    if (reader_peek(&p->in) != wanted) return false;
    (void)reader_u8(&p->in);
    return true;
}

/* --- text ---------------------------------------------------------------------------------------------------------------------- */

/* Of the escapes, those with a letter. */
static bool unescape(uint8_t letter, uint8_t *byte)
{
    static const char letters[] = "\"\\/bfnrt", bytes_of[] = "\"\\/\b\f\n\r\t";
    const char *place = letter ? strchr(letters, letter) : NULL;
    if (place) *byte = (uint8_t)bytes_of[place - letters];
    return place != NULL;
}

static bytes take_run(plain *p)
{
    return reader_take(&p->in, json_run((bytes){p->in.all.data + p->in.at, reader_left(&p->in)}));
}

/* From the first escape on. */
static bool read_escaped(plain *p, bytes run, str *text)
{
    uint8_t byte = 0;
    buf_reset(&p->text);
    for (;;) {
        buf_add(&p->text, run);
        int c = reader_u8(&p->in);
        if (c == '"' && !p->in.failed) break;
        if (c != '\\' || !unescape(reader_u8(&p->in), &byte)) return false;
        buf_add_byte(&p->text, byte);
        run = take_run(p);
    }
    *text = buf_str(&p->text);
    return !p->text.failed;
}

/* A view of the document, or of p->text, which the next text takes. */
static bool read_text(plain *p, str *text)
{
    if (!take(p, '"')) return false;
    bytes run = take_run(p);
    *text = bytes_str(run);
    if (reader_peek(&p->in) == '\\') return read_escaped(p, run, text) && str_is_utf8(*text);
    return reader_u8(&p->in) == '"' && !p->in.failed && str_is_utf8(*text);
}

/* --- values --------------------------------------------------------------------------------------------------------------------- */

static json_t *read_string(plain *p)
{
    str text;
    return read_text(p, &text) ? json_stringn_nocheck(text.len ? text.data : "", text.len) : NULL;
}

static json_t *read_integer(plain *p)
{
    bool is_negative = take(p, '-');
    int64_t number = 0;
    size_t from = p->in.at;
    bool starts_with_zero = reader_peek(&p->in) == '0';
    for (int c = reader_peek(&p->in); c >= '0' && c <= '9'; c = reader_peek(&p->in)) {
        if (p->in.at - from == DIGITS_MAX) return NULL;
        number = number * 10 + (reader_u8(&p->in) - '0');
    }
    size_t digits = p->in.at - from;
    int next = reader_peek(&p->in);
    bool is_real = next == '.' || next == 'e' || next == 'E';
    bool is_odd = starts_with_zero && (digits > 1 || is_negative);
    return digits == 0 || is_odd || is_real ? NULL : json_integer(is_negative ? -number : number);
}

static json_t *read_word(plain *p)
{
    static const struct {
        str word;
        json_t *(*make)(void);
    } words[] = {{{"true", 4}, json_true}, {{"false", 5}, json_false}, {{"null", 4}, json_null}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        str left = {(const char *)p->in.all.data + p->in.at, reader_left(&p->in)};
        if (!str_starts_with(left, words[i].word)) continue;
        return reader_skip(&p->in, words[i].word.len) ? words[i].make() : NULL;
    }
    return NULL;
}

/* A key with escapes lies in p->text, which the value may need. */
static bool read_member(plain *p, json_t *object)
{
    str key;
    if (!read_text(p, &key) || key.data == (const char *)p->text.data || !take(p, ':')) return false;
    size_t before = json_object_size(object);
    json_t *value = read_value(p);
    return value && json_object_setn_new_nocheck(object, key.len ? key.data : "", key.len, value) == 0 &&
           json_object_size(object) == before + 1;
}

static json_t *read_object(plain *p)
{
    AUTO(json_release) json_t *object = json_object();
    if (!object) return NULL;
    if (take(p, '}')) return TAKE(object);
    do
        if (!read_member(p, object)) return NULL;
    while (take(p, ','));
    return take(p, '}') ? TAKE(object) : NULL;
}

static json_t *read_array(plain *p)
{
    AUTO(json_release) json_t *array = json_array();
    if (!array) return NULL;
    if (take(p, ']')) return TAKE(array);
    do
        if (json_array_append_new(array, read_value(p)) != 0) return NULL;
    while (take(p, ','));
    return take(p, ']') ? TAKE(array) : NULL;
}

static json_t *read_value(plain *p)
{
    skip_space(p);
    int c = reader_peek(&p->in);
    if (c == '"') return read_string(p);
    if (c == '-' || (c >= '0' && c <= '9')) return read_integer(p);
    if (c != '{' && c != '[') return read_word(p);
    if (p->depth_left == 0) return NULL;
    p->depth_left--;
    (void)reader_u8(&p->in);
    json_t *made = c == '{' ? read_object(p) : read_array(p);
    p->depth_left++;
    return made;
}

json_t *json_read_plain(bytes text)
{
    plain p = {.in = reader_of(text), .depth_left = LIMIT_JSON_DEPTH};
    buf_init(&p.text, KEPT_TEXT_BYTES);
    AUTO(json_release) json_t *value = read_value(&p);
    buf_done(&p.text);
    skip_space(&p);
    return value && reader_left(&p.in) == 0 ? TAKE(value) : NULL;
}
