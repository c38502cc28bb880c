/*
 * model/sk/text.c - texts into counts of their words, and counts into weights.
 *
 * A vectorizer takes one column of text. Its answer has a column per known word, so it is wide and mostly zero: pipelines put few rows at a time through it.
 */
#include "sk/stop_words.h"
#include "sk/tokens.h"
#include "sk/words.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

typedef enum analyzer { ANALYZE_WORDS, ANALYZE_CHARACTERS, ANALYZE_WITHIN_WORDS } analyzer;

typedef enum accents { ACCENTS_STAY, ACCENTS_DROP, ACCENTS_TO_ASCII } accents;

typedef struct vectorizer {
    analyzer analyzer;
    token_pattern *pattern;
    size_t least, most; /* words or characters of an n-gram */
    bool lowers, is_binary, hashes, alternates;
    accents accents;
    bool keeps_whole;        /* accents of texts that do not decompose */
    words stops, vocabulary; /* a stop word has no number */
    size_t columns;
    unsigned norm;
    const model *weigher;
    str example;
} vectorizer;

enum { NORM_NONE, NORM_L1, NORM_L2 };

/* --- weights ------------------------------------------------------------------------------------------------------------- */

static void normalise(double *row, size_t columns, unsigned norm)
{
    double sum = 0;
    if (norm == NORM_NONE) return;
    for (size_t j = 0; j < columns; j++)
        if (row[j] != 0) sum += norm == NORM_L1 ? fabs(row[j]) : row[j] * row[j];
    if (sum == 0) return;
    double length = norm == NORM_L1 ? sum : sqrt(sum);
    for (size_t j = 0; j < columns; j++)
        if (row[j] != 0) row[j] /= length;
}

typedef struct weigher {
    double *idf; /* NULL: none */
    bool is_sublinear;
    unsigned norm;
} weigher;

static bool weigher_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const weigher *w = self;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        double *to = out->numbers + i * rows->columns;
        for (size_t j = 0; j < rows->columns; j++) {
            if (x[j] == 0) continue;
            to[j] = w->is_sublinear ? log(x[j]) + 1 : x[j];
            if (w->idf) to[j] *= w->idf[j];
        }
        normalise(to, rows->columns, w->norm);
    }
    return true;
}

static unsigned read_norm(sk *s)
{
    static const char *const norms[] = {"l1", "l2"};
    return sk_has(s, "norm") ? NORM_L1 + sk_choice(s, "norm", norms, COUNT_OF(norms)) : NORM_NONE;
}

/* idf_, which before 1.6 was a sparse matrix with it on the diagonal. */
static double *read_idf(sk *s, size_t *count)
{
    if (sk_has(s, "idf_")) return sk_vector(s, "idf_", SK_ANY, count);
    const pickle_value *data = pickle_get(sk_get(s, "_idf_diag"), "data");
    if (sk_ok(s) && !data) sk_fail(s, ERR_INVALID, "its _idf_diag is no matrix");
    matrix m = sk_matrix_of(s, data, "_idf_diag", false);
    *count = m.rows * m.columns;
    return m.at;
}

static void read_weigher(sk *s)
{
    weigher *w = sk_alloc(s, 1, sizeof *w);
    size_t columns = 0;
    if (!w) return;
    if (sk_flag(s, "use_idf", true)) w->idf = read_idf(s, &columns);
    w->is_sublinear = sk_flag(s, "sublinear_tf", false);
    w->norm = read_norm(s);
    if (w->idf)
        sk_features(s, columns);
    else
        sk_features_or_any(s);
    sk_gives(s, OUTPUT_TRANSFORM, s->m->info.feature_count);
    sk_answers(s, w, weigher_answer);
}

/* --- counting ------------------------------------------------------------------------------------------------------------ */

/* One text's work: what its pieces are, and the row that they are counted in. */
typedef struct counting {
    const vectorizer *v;
    buf word;
    double *row;
    bool *touched; /* hashed ones may cancel out, and are there nevertheless; or NULL */
} counting;

/* MurmurHash3 of 32 bits with seed 0, which is public domain and written down by its author Austin Appleby. */
static int32_t murmur(bytes key)
{
    uint32_t h = 0, tail = 0;
    for (size_t i = 0; i + 4 <= key.len; i += 4) {
        uint32_t k = (uint32_t)key.data[i] | (uint32_t)key.data[i + 1] << 8 |
                     (uint32_t)key.data[i + 2] << 16 | (uint32_t)key.data[i + 3] << 24;
        k *= 0xcc9e2d51u;
        k = (k << 15 | k >> 17) * 0x1b873593u;
        h ^= k;
        h = (h << 13 | h >> 19) * 5 + 0xe6546b64u;
    }
    for (size_t i = key.len & ~(size_t)3; i < key.len; i++) tail |= (uint32_t)key.data[i] << (8 * (i & 3));
    if (key.len & 3) {
        tail *= 0xcc9e2d51u;
        h ^= (tail << 15 | tail >> 17) * 0x1b873593u;
    }
    h ^= (uint32_t)key.len;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return (int32_t)(h ^ h >> 16);
}

static void count_hashed(counting *c, bytes word)
{
    int64_t h = murmur(word);
    size_t columns = c->v->columns;
    /* The smallest number has no opposite: the library's way around that. */
    size_t at = h == INT32_MIN ? (size_t)((INT32_MAX - (int64_t)(columns - 1)) % (int64_t)columns)
                               : (size_t)(h < 0 ? -h : h) % columns;
    c->row[at] += c->v->alternates && h < 0 ? -1 : 1;
    if (c->touched) c->touched[at] = true;
}

static void count_word(counting *c)
{
    str word = buf_str(&c->word);
    if (c->v->hashes) {
        count_hashed(c, str_bytes(word));
    } else {
        size_t at = words_find(&c->v->vocabulary, word);
        if (at != SK_ANY) c->row[at]++;
    }
    buf_reset(&c->word);
}

/* n-grams of characters, of whole text or of a word between blanks. */
static void count_characters(counting *c, const uint32_t *at, size_t count)
{
    for (size_t n = c->v->least; n <= c->v->most && n <= count; n++)
        for (size_t i = 0; i + n <= count; i++) {
            characters_add(&c->word, at + i, n);
            count_word(c);
        }
}

/* Runs of white space become one blank; a lone one stays what it is. */
static void squeeze(characters *text)
{
    size_t kept = 0;
    for (size_t i = 0; i < text->count;) {
        size_t run = 0;
        while (i + run < text->count && character_is_space(text->at[i + run])) run++;
        text->at[kept++] = run > 1 ? ' ' : text->at[i];
        i += run > 1 ? run : 1;
    }
    text->count = kept;
}

/* A word shorter than an n-gram is counted once, as what it is. */
static bool count_within_words(counting *c, const characters *text, arena *a, err *e)
{
    uint32_t *word = arena_alloc_array(a, text->count + 2, sizeof *word);
    if (!word) return err_set(e, ERR_MEMORY, "no memory for a text");
    for (size_t i = 0; i < text->count;) {
        size_t length = 0;
        while (i + length < text->count && !character_is_space(text->at[i + length])) length++;
        if (length == 0) {
            i++;
            continue;
        }
        word[0] = word[length + 1] = ' ';
        memcpy(word + 1, text->at + i, length * sizeof *word);
        size_t whole = length + 2;
        for (size_t n = c->v->least; n <= c->v->most; n++) {
            for (size_t k = 0; k == 0 || k + n <= whole; k++) {
                characters_add(&c->word, word + k, n < whole ? n : whole);
                count_word(c);
            }
            if (n >= whole) break;
        }
        i += length;
    }
    return true;
}

/* --- words --------------------------------------------------------------------------------------------------------------- */

typedef struct token {
    size_t first, count;
} token;

typedef struct tokens {
    token *at;
    size_t count;
} tokens;

static bool is_stop_word(counting *c, const characters *text, token t)
{
    if (c->v->stops.slot_count == 0) return false;
    characters_add(&c->word, text->at + t.first, t.count);
    bool found = words_find(&c->v->stops, buf_str(&c->word)) != SK_ANY;
    buf_reset(&c->word);
    return found;
}

static bool find_tokens(counting *c, const characters *text, arena *a, tokens *out, err *e)
{
    size_t at = 0, first, steps_left = 10000 + 200 * text->count;
    out->at = arena_alloc_array(a, text->count + 1, sizeof *out->at);
    if (!out->at) return err_set(e, ERR_MEMORY, "no memory for the words of a text");
    err why = {0};
    while (token_pattern_next(c->v->pattern, text, &at, &first, &steps_left, &why)) {
        token t = {first, at - first};
        if (!is_stop_word(c, text, t)) out->at[out->count++] = t;
    }
    if (why.code != ERR_NONE) *e = why;
    return why.code == ERR_NONE;
}

static bool count_words(counting *c, const characters *text, arena *a, err *e)
{
    tokens found = {0};
    if (!find_tokens(c, text, a, &found, e)) return false;
    for (size_t n = c->v->least; n <= c->v->most && n <= found.count; n++)
        for (size_t i = 0; i + n <= found.count; i++) {
            for (size_t k = 0; k < n; k++) {
                if (k > 0) buf_add_byte(&c->word, ' ');
                characters_add(&c->word, text->at + found.at[i + k].first, found.at[i + k].count);
            }
            count_word(c);
        }
    return true;
}

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static bool without_accents(const vectorizer *v, characters *text, arena *a, err *e)
{
    if (v->accents == ACCENTS_STAY || (v->keeps_whole && characters_are_whole(text))) return true;
    return characters_without_accents(text, v->accents == ACCENTS_TO_ASCII, a, e);
}

static bool count_text(counting *c, str text, arena *a, err *e)
{
    characters points;
    if (!characters_of(text, a, &points, e)) return false;
    if (c->v->lowers && !characters_lower(&points, a, e)) return false;
    if (!without_accents(c->v, &points, a, e)) return false;
    if (c->v->analyzer == ANALYZE_WORDS) return count_words(c, &points, a, e);
    squeeze(&points);
    if (c->v->analyzer == ANALYZE_WITHIN_WORDS) return count_within_words(c, &points, a, e);
    count_characters(c, points.at, points.count);
    return true;
}

static void finish_row(const counting *c)
{
    const vectorizer *v = c->v;
    for (size_t j = 0; v->is_binary && j < v->columns; j++)
        c->row[j] = c->touched ? c->touched[j] : c->row[j] != 0;
    normalise(c->row, v->columns, v->norm);
}

static bool refuse_number(const model_rows *rows, size_t row, err *e)
{
    if (isnan(rows->numbers[row])) return model_refuse(rows, row, 0, e, " is missing: this model takes text");
    return model_refuse(rows, row, 0, e, " is a number (%g): this model takes text", rows->numbers[row]);
}

static bool count_rows(const vectorizer *v, const model_rows *rows, arena *a, model_answers *out, err *e)
{
    AUTO_ARENA arena work; /* dropped after each text */
    arena_init(&work, a->ceiling_bytes);
    counting c = {.v = v};
    bool ok = true;
    buf_init(&c.word, LIMIT_JSON_DOC_BYTES);
    for (size_t i = 0; ok && i < rows->count; i++) {
        str text = rows->texts ? rows->texts[i] : STR_NONE;
        c.row = out->numbers + i * v->columns;
        bool marks = v->hashes && v->is_binary;
        c.touched = marks ? arena_alloc_array(&work, v->columns, sizeof *c.touched) : NULL;
        if (!text.data)
            ok = refuse_number(rows, i, e);
        else if (marks && !c.touched)
            ok = err_set(e, ERR_MEMORY, "no memory for %zu columns", v->columns);
        else
            ok = count_text(&c, text, &work, e) || err_wrap(e, "row %zu", rows->from.first_row + i + 1);
        if (ok) finish_row(&c);
        arena_done(&work);
    }
    ok = ok && buf_ok(&c.word, "a word of a text", e);
    buf_done(&c.word);
    return ok;
}

static bool vectorizer_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                              model_answers *out, err *e)
{
    const vectorizer *v = self;
    if (!count_rows(v, rows, a, out, e)) return false;
    model_rows counts = {out->count, out->columns, out->numbers, NULL, {.is_computed = true}};
    return !v->weigher || model_answer(v->weigher, what, &counts, a, out, e);
}

static void vectorizer_examples(const void *self, model_example *columns)
{
    const vectorizer *v = self;
    columns[0].text = v->example.data ? v->example : STR("a few words");
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* Functions of one's own are code. */
static void refuse_code(sk *s, const char *name)
{
    const pickle_value *v = pickle_get(s->v, name);
    if (!sk_ok(s) || !v || v->kind == PICKLE_NONE) return;
    const pickle_value *what = v->kind == PICKLE_GLOBAL ? v : pickle_class_of(v);
    if (what && what->kind == PICKLE_GLOBAL)
        sk_fail(s, ERR_UNSUPPORTED, "its %s is %.*s.%.*s, which is code and is not run", name,
                STR_ARG(str_slice(what->global.module, 0, 100)),
                STR_ARG(str_slice(what->global.name, 0, 100)));
    else
        sk_fail(s, ERR_UNSUPPORTED, "its %s is not understood", name);
}

static void read_range(sk *s, vectorizer *v)
{
    const pickle_value *range = sk_get(s, "ngram_range");
    if (sk_ok(s) && sk_count(range) != 2) sk_fail(s, ERR_INVALID, "its ngram_range is no pair");
    double least = sk_number_of(s, sk_item(range, 0), "ngram_range"),
           most = sk_number_of(s, sk_item(range, 1), "ngram_range");
    if (sk_ok(s) && !(least >= 1 && most >= least && most <= LIMIT_MODEL_NGRAM && least == floor(least) &&
                      most == floor(most)))
        sk_fail(s, ERR_UNSUPPORTED, "its ngram_range is (%g, %g); LIMIT_MODEL_NGRAM allows %d", least, most,
                (int)LIMIT_MODEL_NGRAM);
    v->least = sk_ok(s) ? (size_t)least : 1;
    v->most = sk_ok(s) ? (size_t)most : 1;
}

static void read_stop_words(sk *s, vectorizer *v)
{
    if (!sk_has(s, "stop_words") || v->analyzer != ANALYZE_WORDS || !sk_ok(s)) return;
    if (!sk_is_text(s, "stop_words", "english")) {
        words_read_list(s, pickle_get(s->v, "stop_words"), "stop_words", &v->stops);
        return;
    }
    words_init(s, &v->stops, COUNT_OF(english_stop_words));
    for (size_t i = 0; sk_ok(s) && i < COUNT_OF(english_stop_words); i++)
        words_put(s, &v->stops, str_from_c(english_stop_words[i]), i);
}

static void read_pattern(sk *s, vectorizer *v)
{
    const pickle_value *pattern = sk_get(s, "token_pattern");
    if (v->analyzer != ANALYZE_WORDS || !sk_ok(s)) return;
    if (pattern->kind != PICKLE_STR)
        sk_fail(s, ERR_UNSUPPORTED, "its token_pattern is no text");
    else if (!token_pattern_read(pattern->text, &s->m->memory, &v->pattern, s->e))
        s->failed = true;
}

/* Before 0.22 a text whose accents are characters of their own kept them, unless something else in it decomposed. */
static void read_accents(sk *s, vectorizer *v)
{
    static const char *const ways[] = {"none", "unicode", "ascii"};
    static const char module[] = "sklearn.feature_extraction.text";
    const pickle_value *way = pickle_get(s->v, "strip_accents");
    if (!way || way->kind == PICKLE_NONE) return;
    if (way->kind == PICKLE_STR)
        v->accents = (accents)sk_choice(s, "strip_accents", ways, COUNT_OF(ways));
    else if (pickle_is_global(way, module, "strip_accents_unicode"))
        v->accents = ACCENTS_DROP;
    else if (pickle_is_global(way, module, "strip_accents_ascii"))
        v->accents = ACCENTS_TO_ASCII;
    else
        refuse_code(s, "strip_accents");
    v->keeps_whole = v->accents == ACCENTS_DROP && !sk_version_at_least(s->version, 0, 22);
}

static vectorizer *vectorizer_new(sk *s)
{
    static const char *const analyzers[] = {"word", "char", "char_wb"};
    static const char *const inputs[] = {"content"};
    vectorizer *v = sk_alloc(s, 1, sizeof *v);
    if (!v) return NULL;
    const pickle_value *way = pickle_get(s->v, "analyzer");
    if (way && way->kind != PICKLE_STR) refuse_code(s, "analyzer");
    refuse_code(s, "preprocessor");
    refuse_code(s, "tokenizer");
    read_accents(s, v);
    v->analyzer = (analyzer)sk_choice(s, "analyzer", analyzers, COUNT_OF(analyzers));
    sk_choice(s, "input", inputs, COUNT_OF(inputs));
    v->lowers = sk_flag(s, "lowercase", true);
    v->is_binary = sk_flag(s, "binary", false);
    read_range(s, v);
    read_stop_words(s, v);
    read_pattern(s, v);
    s->m->info.feature_count = 1;
    s->m->info.takes_text = true;
    sk_answers(s, v, vectorizer_answer);
    sk_shows(s, vectorizer_examples);
    return sk_ok(s) ? v : NULL;
}

/* Words that people can read, as many as make a short text. */
enum { EXAMPLE_WORDS = 4, EXAMPLE_LETTERS_MIN = 3, EXAMPLE_LETTERS_MAX = 20 };

static bool is_readable(str word)
{
    bool ok = word.data && word.len >= EXAMPLE_LETTERS_MIN && word.len <= EXAMPLE_LETTERS_MAX;
    for (size_t i = 0; ok && i < word.len; i++) ok = word.data[i] >= 'a' && word.data[i] <= 'z';
    return ok;
}

static void make_example(sk *s, vectorizer *v)
{
    enum { ROOM = EXAMPLE_WORDS * (EXAMPLE_LETTERS_MAX + 1) };
    char *text = sk_alloc(s, ROOM, 1);
    size_t len = 0, count = 0;
    for (size_t i = 0; text && i < v->vocabulary.slot_count && count < EXAMPLE_WORDS; i++) {
        str word = v->vocabulary.slots[i].word;
        if (!is_readable(word)) continue;
        if (count++) text[len++] = ' ';
        memcpy(text + len, word.data, word.len);
        len += word.len;
    }
    v->example = count ? (str){text, len} : STR("a few words");
}

static vectorizer *read_known_words(sk *s)
{
    vectorizer *v = vectorizer_new(s);
    if (!v) return NULL;
    words_read_numbers(s, sk_get(s, "vocabulary_"), "vocabulary_", &v->vocabulary);
    v->columns = v->vocabulary.count;
    if (sk_ok(s) && (v->columns == 0 || v->columns > LIMIT_MODEL_FEATURES))
        sk_fail(s, ERR_TOO_LARGE, "its vocabulary_ has %zu words, LIMIT_MODEL_FEATURES allows %d", v->columns,
                (int)LIMIT_MODEL_FEATURES);
    sk_gives(s, OUTPUT_TRANSFORM, v->columns);
    if (sk_ok(s)) make_example(s, v);
    return sk_ok(s) ? v : NULL;
}

static void read_count(sk *s)
{
    read_known_words(s);
}

static void read_tfidf(sk *s)
{
    vectorizer *v = read_known_words(s);
    if (!v) return;
    v->weigher = sk_part(s, sk_get(s, "_tfidf"), "_tfidf");
    if (sk_ok(s) && !v->weigher->any_columns && v->weigher->info.columns[OUTPUT_TRANSFORM] != v->columns)
        sk_fail(s, ERR_INVALID, "its _tfidf knows %zu words of %zu",
                v->weigher->info.columns[OUTPUT_TRANSFORM], v->columns);
}

static void read_hashing(sk *s)
{
    vectorizer *v = vectorizer_new(s);
    int64_t columns = sk_integer(s, "n_features");
    if (sk_flag(s, "non_negative", false))
        sk_fail(s, ERR_UNSUPPORTED, "its non_negative is set, which is not understood");
    if (sk_ok(s) && (columns < 1 || columns > LIMIT_MODEL_FEATURES))
        sk_fail(s, ERR_TOO_LARGE, "its n_features is %lld, LIMIT_MODEL_FEATURES allows %d",
                (long long)columns, (int)LIMIT_MODEL_FEATURES);
    if (!v || !sk_ok(s)) return;
    v->columns = (size_t)columns;
    v->hashes = true;
    v->alternates = sk_flag(s, "alternate_sign", true);
    v->norm = read_norm(s);
    sk_gives(s, OUTPUT_TRANSFORM, v->columns);
}

const sk_class sk_text_classes[] = {
    {"CountVectorizer", "feature_extraction.text", NULL, read_count},
    {"TfidfVectorizer", "feature_extraction.text", NULL, read_tfidf},
    {"TfidfTransformer", "feature_extraction.text", NULL, read_weigher},
    {"HashingVectorizer", "feature_extraction.text", NULL, read_hashing},
    {NULL, NULL, NULL, NULL},
};
