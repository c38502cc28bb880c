/*
 * model/sk/dicts.c - DictVectorizer: rows that were dicts, as tables whose columns are the keys.
 *
 * Numbers are under their key, words under "key=word". An empty cell is a key that the row does not have, and so is a word that was never seen.
 */
#include "sk/words.h"

#include "base/limits.h"

#include <math.h>

typedef struct dict_key {
    str name, example; /* example: a word of it; data NULL: it has none */
    size_t column;     /* of its number; SK_ANY: it has none */
} dict_key;

typedef struct dicts {
    words columns; /* "key" and "key=word" */
    str separator;
    dict_key *keys;
    size_t key_count;
} dicts;

static bool add_word(const dicts *d, const dict_key *key, str word, double *row, err *e)
{
    AUTO_BUF buf name;
    buf_init(&name, LIMIT_JSON_DOC_BYTES);
    buf_add_str(&name, key->name);
    buf_add_str(&name, d->separator);
    buf_add_str(&name, word);
    if (!buf_ok(&name, "a word", e)) return false;
    size_t column = words_find(&d->columns, buf_str(&name));
    if (column != SK_ANY) row[column] = 1;
    return true;
}

static bool dicts_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const dicts *d = self;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < d->key_count; j++) {
            const dict_key *key = &d->keys[j];
            double number = rows->numbers[i * rows->columns + j], *row = out->numbers + i * out->columns;
            str word = rows->texts ? rows->texts[i * rows->columns + j] : STR_NONE;
            if (key->column != SK_ANY && !isnan(number))
                row[key->column] = number;
            else if (word.data && !add_word(d, key, word, row, e))
                return false;
        }
    return true;
}

static void dicts_examples(const void *self, model_example *columns)
{
    const dicts *d = self;
    for (size_t j = 0; j < d->key_count; j++)
        if (d->keys[j].example.data) columns[j].text = d->keys[j].example;
}

/* The place of a separator of any length; -1: there is none. */
static ptrdiff_t find_text(str in, str what)
{
    for (size_t i = 0; what.len > 0 && what.len <= in.len && i <= in.len - what.len; i++)
        if (memcmp(in.data + i, what.data, what.len) == 0) return (ptrdiff_t)i;
    return -1;
}

/* The names are the library's own: of each, the key that it begins with. */
static void add_name(sk *s, dicts *d, words *seen, const pickle_value *v)
{
    if (v->kind != PICKLE_STR) {
        sk_fail(s, ERR_UNSUPPORTED, "its feature_names_ holds something else than words");
        return;
    }
    ptrdiff_t at = find_text(v->text, d->separator);
    str name = at < 0 ? v->text : str_slice(v->text, 0, (size_t)at);
    size_t key = words_find(seen, name), column = words_find(&d->columns, v->text);
    if (column == SK_ANY) sk_fail(s, ERR_INVALID, "its vocabulary_ lacks a name of its feature_names_");
    str text = arena_copy(&s->m->memory, v->text);
    if (!text.data && v->text.len) sk_fail(s, ERR_MEMORY, "no memory for a name");
    if (!sk_ok(s)) return;
    if (key == SK_ANY) {
        key = d->key_count++;
        d->keys[key] = (dict_key){.name = str_slice(text, 0, name.len), .column = SK_ANY};
        words_put(s, seen, d->keys[key].name, key);
    }
    if (at < 0)
        d->keys[key].column = column;
    else
        d->keys[key].example = str_skip(text, name.len + d->separator.len);
}

static void read_dicts(sk *s)
{
    dicts *d = sk_alloc(s, 1, sizeof *d);
    const pickle_value *separator = sk_get(s, "separator"), *columns = sk_get(s, "vocabulary_");
    if (!d || !sk_ok(s)) return;
    words_read_numbers(s, columns, "vocabulary_", &d->columns);
    if (!sk_ok(s)) return;
    sk_list names = sk_items(s, sk_get(s, "feature_names_"), "feature_names_", d->columns.count);
    if (separator->kind != PICKLE_STR || separator->text.len == 0)
        sk_fail(s, ERR_UNSUPPORTED, "its separator is no text");
    if (sk_ok(s) && (names.count == 0 || names.count > LIMIT_TABLE_COLUMNS))
        sk_fail(s, ERR_TOO_LARGE, "it has %zu names, LIMIT_TABLE_COLUMNS allows %d", names.count,
                (int)LIMIT_TABLE_COLUMNS);
    if (!sk_ok(s)) return;
    d->separator = arena_copy(&s->m->memory, separator->text);
    d->keys = sk_alloc(s, names.count, sizeof *d->keys);
    words seen;
    words_init(s, &seen, names.count);
    for (size_t i = 0; i < names.count && sk_ok(s); i++) add_name(s, d, &seen, names.items[i]);
    str *keys = sk_alloc(s, d->key_count + 1, sizeof *keys);
    if (!sk_ok(s)) return;
    for (size_t j = 0; j < d->key_count; j++) keys[j] = d->keys[j].name;
    s->m->info.feature_count = d->key_count;
    s->m->info.feature_names = keys;
    s->m->info.takes_text = s->m->info.takes_missing = true;
    sk_gives(s, OUTPUT_TRANSFORM, d->columns.count);
    sk_answers(s, d, dicts_answer);
    sk_shows(s, dicts_examples);
}

const sk_class sk_dict_classes[] = {
    {"DictVectorizer", "feature_extraction._dict_vectorizer", "feature_extraction.dict_vectorizer",
     read_dicts},
    {NULL, NULL, NULL, NULL},
};
