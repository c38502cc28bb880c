/*
 * model/sk/encode.c - categories, text or numbers, into numbers.
 *
 * A cell of a CSV file that reads as a number is compared as text with a category of text, and as a number with every other.
 */
#include "sk/sk.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

typedef struct encoder {
    model_classes *categories; /* by feature */
    size_t features;
    size_t **places;        /* one hot: the column of each category, SK_ANY: dropped */
    size_t *unknown_places; /* one hot: where what is not known goes (infrequent), or SK_ANY */
    size_t columns;
    double **codes; /* ordinal: the number of each category */
    bool refuses_unknown;
    double unknown_code;
} encoder;

static bool is_missing(const label *l)
{
    return l->kind == LABEL_FLOAT && isnan(l->number);
}

static bool same(const label *l, double number, str text)
{
    if (l->kind == LABEL_TEXT) return text.data && str_eq(l->text, text);
    if (isnan(number) && text.data)
        return l->kind == LABEL_BOOL && (str_eq(text, l->integer ? STR("True") : STR("False")) ||
                                         str_eq(text, l->integer ? STR("true") : STR("false")));
    if (isnan(number)) return is_missing(l);
    return l->kind == LABEL_FLOAT ? l->number == number : (double)l->integer == number;
}

static size_t find(const model_classes *categories, double number, str text)
{
    for (size_t i = 0; i < categories->count; i++)
        if (same(&categories->labels[i], number, text)) return i;
    return SK_ANY;
}

static bool refuse(const model_rows *rows, size_t at, err *e)
{
    str text = rows->texts ? rows->texts[at] : STR_NONE;
    if (text.data)
        return model_refuse(rows, at / rows->columns, at % rows->columns, e,
                            ": '%.*s' is not a known category", STR_ARG(str_slice(text, 0, 40)));
    if (isnan(rows->numbers[at]))
        return model_refuse(rows, at / rows->columns, at % rows->columns, e,
                            " is missing, which is not a known category");
    return model_refuse(rows, at / rows->columns, at % rows->columns, e, ": %g is not a known category",
                        rows->numbers[at]);
}

static bool one_hot_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const encoder *c = self;
    for (size_t at = 0; at < rows->count * c->features; at++) {
        size_t row = at / c->features, j = at % c->features;
        size_t found = find(&c->categories[j], rows->numbers[at], rows->texts ? rows->texts[at] : STR_NONE);
        if (found == SK_ANY && c->refuses_unknown) return refuse(rows, at, e);
        size_t place = found == SK_ANY ? c->unknown_places[j] : c->places[j][found];
        if (place != SK_ANY) out->numbers[row * out->columns + place] = 1;
    }
    return true;
}

static bool ordinal_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const encoder *c = self;
    for (size_t at = 0; at < rows->count * c->features; at++) {
        size_t j = at % c->features;
        size_t found = find(&c->categories[j], rows->numbers[at], rows->texts ? rows->texts[at] : STR_NONE);
        if (found == SK_ANY && c->refuses_unknown) return refuse(rows, at, e);
        out->numbers[at] = found == SK_ANY ? c->unknown_code : c->codes[j][found];
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* What an empty cell of text may look like where there is no missing text. */
static const str empty_texts[] = {{"", 0}, {"nan", 3}, {"None", 4}};

/* The number of each category's text; as many as there are for what is unknown. [N] int64 */
static onnx_ref draw_text_index(onnx_build *b, const model_classes *c, const onnx_column *column)
{
    str *keys = onnx_alloc(b, c->count + COUNT_OF(empty_texts), sizeof *keys);
    int64_t *numbers = onnx_alloc(b, c->count + COUNT_OF(empty_texts), sizeof *numbers);
    size_t count = 0, missing = SK_ANY;
    for (size_t i = 0; onnx_ok(b) && i < c->count; i++) {
        if (is_missing(&c->labels[i])) missing = i;
        if (c->labels[i].kind != LABEL_TEXT) continue;
        keys[count] = c->labels[i].text;
        numbers[count++] = (int64_t)i;
    }
    if (!onnx_ok(b)) return 0;
    if (column->missing) missing = find(c, NAN, *column->missing);
    size_t known = count;
    for (size_t k = 0; missing != SK_ANY && k < COUNT_OF(empty_texts); k++) {
        bool is_own = false;
        for (size_t i = 0; i < known; i++) is_own |= str_eq(keys[i], empty_texts[k]);
        if (is_own) continue;
        keys[count] = empty_texts[k];
        numbers[count++] = (int64_t)missing;
    }
    onnx_ref texts = onnx_flat(b, column->at);
    onnx_set_texts(b, "keys_strings", keys, count);
    onnx_set_ints(b, "values_int64s", numbers, count);
    onnx_set_int(b, "default_int64", (int64_t)c->count);
    onnx_take(b, texts);
    return onnx_give(b, "LabelEncoder", "ai.onnx.ml", 1);
}

/* The same of numbers: which of them is equal, the unknown last. Those of a float32 input have been rounded. */
static onnx_ref draw_number_index(onnx_build *b, const model_classes *c, onnx_ref x)
{
    double *numbers = onnx_alloc(b, c->count, sizeof *numbers);
    size_t missing = SK_ANY;
    for (size_t i = 0; numbers && i < c->count; i++) {
        const label *l = &c->labels[i];
        double number = l->kind == LABEL_FLOAT ? l->number : (double)l->integer;
        if (is_missing(l)) missing = i;
        numbers[i] = is_missing(l) ? INFINITY : b->is_double ? number : (double)(float)number;
    }
    if (!numbers) return 0;
    if (!b->is_double) x = onnx_as_float(b, x);
    onnx_ref equal = onnx_cast(b, onnx_op2(b, "Equal", x, onnx_vector(b, numbers, c->count)), ONNX_DOUBLE);
    onnx_ref half = onnx_op2(b, "Expand", onnx_number(b, 0.5), onnx_op1(b, "Shape", x));
    onnx_ref found = onnx_argmax(b, onnx_concat(b, (onnx_ref[]){equal, half}, 2, 1));
    if (missing == SK_ANY) return found;
    onnx_ref empty = onnx_flat(b, onnx_op1(b, "IsNaN", x));
    return onnx_op3(b, "Where", empty, onnx_integers(b, (int64_t[]){(int64_t)missing}, 1), found);
}

/* Rows of `table`, one for each category and one for what is unknown, by the number of a column's category. */
static onnx_ref draw_rows(onnx_build *b, const encoder *c, const onnx_table *t, size_t j, const double *table,
                          size_t width)
{
    onnx_column column = onnx_column_of(b, t, j);
    if (!onnx_ok(b)) return 0;
    onnx_ref index = column.is_text ? draw_text_index(b, &c->categories[j], &column)
                                    : draw_number_index(b, &c->categories[j], column.at);
    return onnx_gather(b, onnx_rows(b, table, c->categories[j].count + 1, width), index, 0);
}

/* The columns of a feature lie together, and begin where the one before ended. */
static void one_hot_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const encoder *c = self;
    onnx_ref *parts = onnx_alloc(b, c->features, sizeof *parts);
    size_t first = 0, part_count = 0;
    for (size_t j = 0; onnx_ok(b) && j < c->features; j++) {
        size_t count = c->categories[j].count, end = first;
        for (size_t i = 0; i < count; i++)
            if (c->places[j][i] != SK_ANY && c->places[j][i] >= end) end = c->places[j][i] + 1;
        size_t width = end - first;
        double *table = onnx_alloc(b, (count + 1) * (width + 1), sizeof *table);
        for (size_t i = 0; table && i <= count; i++) {
            size_t place = i < count ? c->places[j][i] : c->unknown_places[j];
            if (place != SK_ANY && place < end) table[i * width + place - first] = 1;
        }
        if (table && width) parts[part_count++] = draw_rows(b, c, t, j, table, width);
        first = end;
    }
    if (onnx_ok(b) && part_count == 0) onnx_fail(b, ERR_UNSUPPORTED, "it gives no columns");
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, parts, part_count, 1), c->columns);
}

static void ordinal_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const encoder *c = self;
    onnx_ref *parts = onnx_alloc(b, c->features, sizeof *parts);
    for (size_t j = 0; onnx_ok(b) && j < c->features; j++) {
        size_t count = c->categories[j].count;
        double *table = onnx_alloc(b, count + 1, sizeof *table);
        for (size_t i = 0; table && i <= count; i++)
            table[i] = i < count ? c->codes[j][i] : c->refuses_unknown ? -1 : c->unknown_code;
        if (table) parts[j] = draw_rows(b, c, t, j, table, 1);
    }
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, parts, c->features, 1), c->features);
}

static void encoder_texts(const void *self, bool *is_text)
{
    const encoder *c = self;
    for (size_t j = 0; j < c->features; j++)
        for (size_t i = 0; i < c->categories[j].count; i++)
            is_text[j] |= c->categories[j].labels[i].kind == LABEL_TEXT;
}

/* Its first category that is not the missing one. */
static void encoder_examples(const void *self, model_example *columns)
{
    const encoder *c = self;
    for (size_t j = 0; j < c->features; j++)
        for (size_t i = 0; i < c->categories[j].count; i++) {
            const label *l = &c->categories[j].labels[i];
            if (is_missing(l)) continue;
            if (l->kind == LABEL_TEXT)
                columns[j].text = l->text;
            else
                columns[j].number = l->kind == LABEL_FLOAT ? l->number : (double)l->integer;
            break;
        }
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static encoder *encoder_new(sk *s)
{
    sk_list lists = sk_items(s, sk_get(s, "categories_"), "categories_", SK_ANY);
    encoder *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return NULL;
    c->features = lists.count;
    sk_features(s, lists.count);
    c->categories = sk_alloc(s, lists.count, sizeof *c->categories);
    for (size_t j = 0; j < lists.count && sk_ok(s); j++)
        c->categories[j] = sk_labels(s, lists.items[j], "categories_", true);
    s->m->info.takes_text = true;
    return sk_ok(s) ? c : NULL;
}

/* Numbers of a list item that may be None: SK_ANY. */
static size_t index_of(sk *s, const pickle_value *v, const char *name)
{
    if (!v || v->kind == PICKLE_NONE) return SK_ANY;
    double number = sk_number_of(s, v, name);
    if (number < 0 || number != floor(number)) sk_fail(s, ERR_INVALID, "its %s holds %g", name, number);
    return sk_ok(s) ? (size_t)number : SK_ANY;
}

/* The group that each category belongs to: itself, or the infrequent ones' last. */
static double *groups_of(sk *s, const encoder *c, size_t j, size_t *count)
{
    size_t n = c->categories[j].count;
    const pickle_value *maps = pickle_get(s->v, "_default_to_infrequent_mappings");
    const pickle_value *map = sk_item(maps, j);
    double *groups = sk_alloc(s, n, sizeof *groups);
    *count = n;
    for (size_t i = 0; groups && i < n; i++) groups[i] = (double)i;
    if (!sk_flag(s, "_infrequent_enabled", false) || !map || map->kind == PICKLE_NONE || !sk_ok(s))
        return groups;
    matrix m = sk_matrix_of(s, map, "_default_to_infrequent_mappings", false);
    /* Missing values are not in the map: they come last. */
    if (sk_ok(s) && m.columns > n)
        sk_fail(s, ERR_INVALID, "its _default_to_infrequent_mappings has %zu items", m.columns);
    double most = -1;
    for (size_t i = 0; sk_ok(s) && i < m.columns; i++) {
        if (m.at[i] < 0 || m.at[i] >= (double)n || m.at[i] != floor(m.at[i]))
            sk_fail(s, ERR_INVALID, "its _default_to_infrequent_mappings holds %g", m.at[i]);
        groups[i] = m.at[i];
        most = fmax(most, m.at[i]);
    }
    for (size_t i = m.columns; sk_ok(s) && i < n; i++) groups[i] = ++most;
    *count = sk_ok(s) ? (size_t)(most + 1) : 0;
    return groups;
}

static bool has_infrequent(sk *s, size_t j)
{
    const pickle_value *map = sk_item(pickle_get(s->v, "_default_to_infrequent_mappings"), j);
    return sk_flag(s, "_infrequent_enabled", false) && map && map->kind != PICKLE_NONE;
}

static void place_feature(sk *s, encoder *c, size_t j, size_t dropped, bool unknown_is_infrequent)
{
    size_t count;
    double *groups = groups_of(s, c, j, &count);
    c->places[j] = sk_alloc(s, c->categories[j].count, sizeof(size_t));
    if (!sk_ok(s)) return;
    bool drops = dropped != SK_ANY;
    if (drops && dropped >= count) {
        sk_fail(s, ERR_INVALID, "it drops category %zu of %zu", dropped, count);
        return;
    }
    for (size_t i = 0; i < c->categories[j].count; i++) {
        size_t group = (size_t)groups[i];
        size_t place = c->columns + group - (drops && group > dropped);
        c->places[j][i] = drops && group == dropped ? SK_ANY : place;
    }
    /* The infrequent ones are the last group of those that are no missing value. */
    c->unknown_places[j] = SK_ANY;
    if (unknown_is_infrequent && has_infrequent(s, j)) {
        size_t last = 0;
        matrix m = sk_matrix_of(s, sk_item(pickle_get(s->v, "_default_to_infrequent_mappings"), j), "mapping",
                                false);
        for (size_t i = 0; sk_ok(s) && i < m.columns; i++)
            last = m.at[i] > (double)last ? (size_t)m.at[i] : last;
        c->unknown_places[j] =
            drops && last == dropped ? SK_ANY : c->columns + last - (drops && last > dropped);
    }
    c->columns += count - drops;
}

/* drop_idx_ is indices of categories before there were infrequent ones, and of groups in _drop_idx_after_grouping. */
static void read_one_hot(sk *s)
{
    static const char *const unknown[] = {"error", "ignore", "infrequent_if_exist", "warn"};
    encoder *c = encoder_new(s);
    unsigned handling = sk_choice(s, "handle_unknown", unknown, COUNT_OF(unknown));
    if (!c || !sk_ok(s)) return;
    if (sk_flag(s, "_legacy_mode", false)) sk_fail(s, ERR_UNSUPPORTED, "its _legacy_mode is that of 0.19");
    const char *name = sk_has(s, "_drop_idx_after_grouping") ? "_drop_idx_after_grouping" : "drop_idx_";
    sk_list drops = {0};
    pickle_ndarray whole;
    const pickle_value *dropped = pickle_get(s->v, name);
    bool has_drops = dropped && dropped->kind != PICKLE_NONE;
    matrix numbers = {0};
    if (has_drops && pickle_as_ndarray(s->file->scratch, dropped, &whole, NULL) && whole.type != 'O')
        numbers = sk_matrix_of(s, dropped, name, false);
    else if (has_drops)
        drops = sk_items(s, dropped, name, c->features);
    if (numbers.at && numbers.columns != c->features)
        sk_fail(s, ERR_INVALID, "its %s has %zu items", name, numbers.columns);
    c->refuses_unknown = handling == 0;
    c->places = sk_alloc(s, c->features, sizeof *c->places);
    c->unknown_places = sk_alloc(s, c->features, sizeof *c->unknown_places);
    for (size_t j = 0; j < c->features && sk_ok(s); j++) {
        size_t drop = numbers.at && sk_ok(s) ? (size_t)numbers.at[j]
                      : drops.count          ? index_of(s, drops.items[j], name)
                                             : SK_ANY;
        place_feature(s, c, j, drop, handling >= 2);
    }
    if (sk_ok(s) && c->columns > LIMIT_TABLE_COLUMNS)
        sk_fail(s, ERR_TOO_LARGE, "it makes more columns than LIMIT_TABLE_COLUMNS allows");
    sk_transforms(s, c->columns);
    sk_answers(s, c, one_hot_answer);
    sk_draws(s, one_hot_draw, encoder_texts);
    sk_shows(s, encoder_examples);
}

static double number_or_nan(sk *s, const char *name)
{
    const pickle_value *v = pickle_get(s->v, name);
    if (!v || v->kind == PICKLE_NONE || (v->kind == PICKLE_FLOAT && isnan(v->number))) return NAN;
    return sk_number(s, name);
}

static void read_ordinal(sk *s)
{
    static const char *const unknown[] = {"error", "use_encoded_value"};
    encoder *c = encoder_new(s);
    unsigned handling = sk_choice(s, "handle_unknown", unknown, COUNT_OF(unknown));
    double missing_code = number_or_nan(s, "encoded_missing_value");
    if (!c || !sk_ok(s)) return;
    c->refuses_unknown = handling == 0;
    c->unknown_code = number_or_nan(s, "unknown_value");
    c->codes = sk_alloc(s, c->features, sizeof *c->codes);
    for (size_t j = 0; j < c->features && sk_ok(s); j++) {
        size_t count;
        c->codes[j] = groups_of(s, c, j, &count);
        for (size_t i = 0; sk_ok(s) && i < c->categories[j].count; i++)
            if (is_missing(&c->categories[j].labels[i])) c->codes[j][i] = missing_code;
    }
    sk_transforms(s, c->features);
    s->m->keeps_columns = true;
    sk_answers(s, c, ordinal_answer);
    sk_draws(s, ordinal_draw, encoder_texts);
    sk_shows(s, encoder_examples);
}

/* --- means of the target -------------------------------------------------------------------------------------------------- */

/* One column per feature, or per feature and class. */
typedef struct target_encoder {
    encoder *base;
    size_t per_feature;
    matrix *means;   /* of each column, by category */
    double *overall; /* of each class: what is not known */
} target_encoder;

static bool target_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const target_encoder *t = self;
    for (size_t at = 0; at < rows->count * t->base->features; at++) {
        size_t row = at / t->base->features, j = at % t->base->features;
        size_t found =
            find(&t->base->categories[j], rows->numbers[at], rows->texts ? rows->texts[at] : STR_NONE);
        for (size_t k = 0; k < t->per_feature; k++) {
            size_t column = j * t->per_feature + k;
            out->numbers[row * out->columns + column] =
                found == SK_ANY ? t->overall[k] : t->means[column].at[found];
        }
    }
    return true;
}

static void target_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const target_encoder *e = self;
    size_t width = e->per_feature, features = e->base->features;
    onnx_ref *parts = onnx_alloc(b, features, sizeof *parts);
    for (size_t j = 0; onnx_ok(b) && j < features; j++) {
        size_t count = e->base->categories[j].count;
        double *table = onnx_alloc(b, (count + 1) * width, sizeof *table);
        for (size_t i = 0; table && i < (count + 1) * width; i++) {
            size_t row = i / width, k = i % width;
            table[i] = row < count ? e->means[j * width + k].at[row] : e->overall[k];
        }
        if (table) parts[j] = draw_rows(b, e->base, t, j, table, width);
    }
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, parts, features, 1), features * width);
}

static void target_texts(const void *self, bool *is_text)
{
    encoder_texts(((const target_encoder *)self)->base, is_text);
}

static void target_examples(const void *self, model_example *columns)
{
    encoder_examples(((const target_encoder *)self)->base, columns);
}

static void read_target(sk *s)
{
    static const char *const types[] = {"auto", "continuous", "binary", "multiclass"};
    encoder *base = encoder_new(s);
    target_encoder *t = sk_alloc(s, 1, sizeof *t);
    bool by_class = sk_choice(s, "target_type_", types, COUNT_OF(types)) == 3;
    if (!base || !t || !sk_ok(s)) return;
    t->base = base;
    t->per_feature = 1;
    t->overall =
        by_class ? sk_vector(s, "target_mean_", SK_ANY, &t->per_feature) : sk_spread(s, "target_mean_", 1);
    sk_list lists = sk_items(s, sk_get(s, "encodings_"), "encodings_", t->per_feature * base->features);
    t->means = sk_alloc(s, lists.count, sizeof *t->means);
    for (size_t k = 0; k < lists.count && sk_ok(s); k++) {
        t->means[k] = sk_matrix_of(s, lists.items[k], "encodings_", false);
        if (sk_ok(s) && t->means[k].columns != base->categories[k / t->per_feature].count)
            sk_fail(s, ERR_INVALID, "its encodings_ %zu has %zu numbers", k, t->means[k].columns);
    }
    sk_transforms(s, lists.count);
    sk_answers(s, t, target_answer);
    sk_draws(s, target_draw, target_texts);
    sk_shows(s, target_examples);
}

/* A label's number. The library takes a list of labels; here it is a column. */
static encoder *label_encoder(sk *s)
{
    encoder *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return NULL;
    c->categories = sk_alloc(s, 1, sizeof *c->categories);
    if (c->categories) *c->categories = sk_labels(s, sk_get(s, "classes_"), "classes_", true);
    c->features = 1;
    s->m->info.feature_count = 1;
    s->m->info.takes_text = true;
    return sk_ok(s) ? c : NULL;
}

static void read_label(sk *s)
{
    encoder *c = label_encoder(s);
    if (!c) return;
    c->refuses_unknown = true;
    c->codes = sk_alloc(s, 1, sizeof *c->codes);
    size_t count;
    if (c->codes) c->codes[0] = groups_of(s, c, 0, &count);
    sk_transforms(s, 1);
    sk_answers(s, c, ordinal_answer);
    sk_draws(s, ordinal_draw, encoder_texts);
    sk_shows(s, encoder_examples);
}

/* A column per class, or one for two classes. A label that is not known is none of them. */
static bool binarizer_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const encoder *c = self;
    double off = c->codes[0][0], on = c->codes[0][1];
    for (size_t i = 0; i < rows->count; i++) {
        size_t found = find(c->categories, rows->numbers[i], rows->texts ? rows->texts[i] : STR_NONE);
        for (size_t k = 0; k < c->columns; k++) {
            size_t wanted = c->columns == 1 ? 1 : k;
            out->numbers[i * c->columns + k] = found == wanted ? on : off;
        }
    }
    return true;
}

static void binarizer_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const encoder *c = self;
    size_t count = c->categories->count;
    double off = c->codes[0][0], on = c->codes[0][1];
    double *table = onnx_alloc(b, (count + 1) * c->columns, sizeof *table);
    for (size_t i = 0; table && i < (count + 1) * c->columns; i++) {
        size_t wanted = c->columns == 1 ? 1 : i % c->columns;
        table[i] = i / c->columns == wanted ? on : off;
    }
    if (table) out->table = onnx_table_of(draw_rows(b, c, t, 0, table, c->columns), c->columns);
}

static void read_binarizer(sk *s)
{
    static const char *const types[] = {"binary", "multiclass"};
    encoder *c = label_encoder(s);
    sk_choice(s, "y_type_", types, COUNT_OF(types));
    if (!c || !sk_ok(s)) return;
    c->codes = sk_alloc(s, 1, sizeof *c->codes);
    if (c->codes) c->codes[0] = sk_alloc(s, 2, sizeof **c->codes);
    if (!sk_ok(s)) return;
    c->codes[0][0] = sk_number(s, "neg_label");
    c->codes[0][1] = sk_number(s, "pos_label");
    c->columns = c->categories->count <= 2 ? 1 : c->categories->count;
    sk_transforms(s, c->columns);
    sk_answers(s, c, binarizer_answer);
    sk_draws(s, binarizer_draw, encoder_texts);
    sk_shows(s, encoder_examples);
}

const sk_class sk_encode_classes[] = {
    {"TargetEncoder", "preprocessing._target_encoder", NULL, read_target},
    {"LabelBinarizer", "preprocessing._label", "preprocessing.label", read_binarizer},
    {"OneHotEncoder", "preprocessing._encoders", "preprocessing.encoders", read_one_hot},
    {"OrdinalEncoder", "preprocessing._encoders", "preprocessing.encoders", read_ordinal},
    {"LabelEncoder", "preprocessing._label", "preprocessing.label", read_label},
    {NULL, NULL, NULL, NULL},
};
