/*
 * model/sk/hist.c - HistGradientBoosting*: trees over doubles, with missing values and sets of categories.
 *
 * The record of a node grew over the versions; its fields are found by name. Categories are bits of eight 32-bit words. From 1.4 on the model has an encoder
 * of its own, which puts the categorical columns first.
 */
#include "sk/compose.h"

#include "base/limits.h"
#include "engine/engine.h"
#include "read_parts.h"

#include <math.h>
#include <stdlib.h>

enum { SET_WORDS = 8, SET_BITS = 256 };

typedef struct hist_node {
    double value, threshold;
    uint32_t left, right, set; /* left 0: a leaf */
    uint32_t feature;
    bool missing_left, is_categorical;
} hist_node;

typedef struct hist_tree {
    hist_node *nodes;
    size_t count;
    uint32_t *sets; /* rows of SET_WORDS */
    size_t set_count;
    size_t first_value; /* of its nodes, in the engine's values */
} hist_tree;

typedef enum link { LINK_IDENTITY, LINK_LOG } link_kind;

typedef struct hist {
    hist_tree *trees; /* iteration after iteration */
    size_t tree_count, columns, classes;
    const double *baseline;
    uint32_t *known; /* SET_WORDS for each feature, all zero where there are no categories */
    const model *encoder;
    size_t features;
    link_kind link;
    engine *engine; /* NULL: there are categories, and every row goes its own way */
    double *values; /* of all nodes */
} hist;

static bool in_set(const uint32_t *set, double x)
{
    uint32_t bit = (uint32_t)x;
    return set[bit / 32] >> bit % 32 & 1;
}

static bool goes_left(const hist *h, const hist_tree *t, const hist_node *n, double x)
{
    if (isnan(x)) return n->missing_left;
    if (!n->is_categorical) return x <= n->threshold;
    if (!(x >= 0 && x < SET_BITS)) return n->missing_left;
    if (in_set(t->sets + (size_t)n->set * SET_WORDS, x)) return true;
    return in_set(h->known + (size_t)n->feature * SET_WORDS, x) ? false : n->missing_left;
}

static double leaf_of(const hist *h, const hist_tree *t, const double *row)
{
    const hist_node *n = t->nodes;
    while (n->left) n = t->nodes + (goes_left(h, t, n, row[n->feature]) ? n->left : n->right);
    return n->value;
}

static void give_row(const hist *h, model_output what, const double *raw, double *out)
{
    if (h->classes == 0) {
        for (size_t k = 0; k < h->columns; k++) out[k] = h->link == LINK_LOG ? exp(raw[k]) : raw[k];
    } else if (what == OUTPUT_DECISION_FUNCTION) {
        memcpy(out, raw, h->columns * sizeof *out);
    } else if (what == OUTPUT_PREDICT) {
        *out = h->classes == 2 ? (double)(raw[0] > 0) : (double)first_largest(raw, h->classes);
    } else if (h->classes == 2) {
        out[1] = expit(raw[0]);
        out[0] = 1 - out[1];
    } else {
        memcpy(out, raw, h->classes * sizeof *out);
        softmax(out, h->classes);
    }
}

static bool add_trees(const hist *h, const double *x, size_t rows, double *raw, err *e)
{
    if (h->engine) {
        engine_sums to = {.values = h->values, .width = 1, .columns = h->columns, .out = raw};
        return engine_add(h->engine, &(engine_rows){.wide = x, .count = rows}, &to, e);
    }
    for (size_t t = 0; t < h->tree_count; t++)
        for (size_t i = 0; i < rows; i++)
            raw[i * h->columns + t % h->columns] += leaf_of(h, &h->trees[t], x + i * h->features);
    return true;
}

static bool hist_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                        model_answers *out, err *e)
{
    const hist *h = self;
    const double *x = rows->numbers;
    if (h->encoder && !(x = sk_ask(h->encoder, OUTPUT_TRANSFORM, rows, a, e))) return false;
    double *raw = work_array(a, rows->count, h->columns, e);
    if (!raw) return false;
    for (size_t i = 0; i < rows->count * h->columns; i++) raw[i] = h->baseline[i % h->columns];
    if (!add_trees(h, x, rows->count, raw, e)) return false;
    for (size_t i = 0; i < rows->count; i++)
        give_row(h, what, raw + i * h->columns, out->numbers + i * out->columns);
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static size_t set_size(const void *self, size_t feature)
{
    (void)self;
    (void)feature;
    return SET_BITS;
}

static bool set_has(const void *self, size_t t, size_t number, double x)
{
    const hist *h = self;
    return goes_left(h, &h->trees[t], &h->trees[t].nodes[number], x);
}

static onnx_grove hist_grove(onnx_build *b, const hist *h)
{
    onnx_grove g = {.tree_count = h->tree_count, .targets = h->columns, .width = 1};
    g.starts = onnx_alloc(b, h->tree_count + 1, sizeof *g.starts);
    g.slots = onnx_alloc(b, h->tree_count, sizeof *g.slots);
    for (size_t t = 0; onnx_ok(b) && t < h->tree_count; t++) {
        g.starts[t + 1] = g.starts[t] + h->trees[t].count;
        g.slots[t] = (uint32_t)(t % h->columns);
    }
    size_t count = onnx_ok(b) ? g.starts[h->tree_count] : 0;
    double *values = onnx_alloc(b, count, sizeof *values);
    g.nodes = onnx_alloc(b, count, sizeof *g.nodes);
    for (size_t t = 0; onnx_ok(b) && t < h->tree_count; t++)
        for (size_t i = 0; i < h->trees[t].count; i++) {
            const hist_node *n = &h->trees[t].nodes[i];
            size_t at = g.starts[t] + i;
            values[at] = n->value;
            g.nodes[at] = (onnx_branch){.threshold = n->threshold,
                                        .feature = n->feature,
                                        .yes = (uint32_t)(n->left ? g.starts[t] + n->left : at),
                                        .no = (uint32_t)(g.starts[t] + n->right),
                                        .mode = !n->left            ? ONNX_LEAF
                                                : n->is_categorical ? ONNX_SET
                                                                    : ONNX_LEQ,
                                        .missing_is_yes = n->missing_left};
        }
    g.values = values;
    return g;
}

static void hist_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const hist *h = self;
    onnx_ref x = h->encoder ? onnx_ask(b, h->encoder, t, OUTPUT_TRANSFORM) : onnx_matrix(b, t);
    onnx_grove g = hist_grove(b, h);
    onnx_set_source sets = {h, set_size, set_has};
    onnx_ref raw = onnx_draw_grove(b, &g, onnx_draw_sets(b, &g, x, h->features, &sets));
    raw = onnx_op2(b, "Add", raw, onnx_vector(b, h->baseline, h->columns));
    if (h->classes == 0) {
        out->at[OUTPUT_PREDICT] = h->link == LINK_LOG ? onnx_op1(b, "Exp", raw) : raw;
        return;
    }
    out->at[OUTPUT_DECISION_FUNCTION] = raw;
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, raw, h->classes);
    out->at[OUTPUT_PREDICT_PROBA] =
        h->classes == 2 ? onnx_both(b, onnx_squashed(b, raw)) : onnx_softmax(b, raw);
}

static void hist_texts(const void *self, bool *is_text)
{
    const hist *h = self;
    if (h->encoder) sk_texts_of(h->encoder, is_text);
}

static void hist_examples(const void *self, model_example *columns)
{
    const hist *h = self;
    if (h->encoder) model_examples(h->encoder, columns);
}

/* --- the engine ----------------------------------------------------------------------------------------------------------- */

static void hist_free(void *self)
{
    hist *h = self;
    engine_free(h->engine);
}

static size_t read_hist_tree(const void *self, size_t number, engine_node *out)
{
    const hist_tree *t = &((const hist *)self)->trees[number];
    for (size_t i = 0; i < t->count; i++) {
        const hist_node *n = &t->nodes[i];
        out[i] = (engine_node){.threshold = n->threshold,
                               .left = n->left,
                               .right = n->right,
                               .feature = n->feature,
                               .value = (uint32_t)(t->first_value + i),
                               .missing_left = n->missing_left};
    }
    return t->count;
}

static void make_engine(sk *s, hist *h)
{
    size_t nodes = 0, largest = 0;
    for (size_t t = 0; t < h->tree_count; t++) {
        h->trees[t].first_value = nodes;
        nodes += h->trees[t].count;
        if (h->trees[t].count > largest) largest = h->trees[t].count;
        for (size_t i = 0; i < h->trees[t].count; i++)
            if (h->trees[t].nodes[i].is_categorical) return;
    }
    h->values = sk_alloc(s, nodes + 1, sizeof *h->values);
    if (!sk_ok(s) || !h->tree_count) return;
    for (size_t t = 0; t < h->tree_count; t++)
        for (size_t i = 0; i < h->trees[t].count; i++)
            h->values[h->trees[t].first_value + i] = h->trees[t].nodes[i].value;
    engine_source source = {.self = h,
                            .tree_count = h->tree_count,
                            .node_count_max = largest,
                            .features = h->features,
                            .read = read_hist_tree};
    if (!engine_new(&source, &h->engine, s->e)) s->failed = true;
}

/* --- records -------------------------------------------------------------------------------------------------------------- */

typedef enum field_id {
    VALUE,
    FEATURE,
    THRESHOLD,
    MISSING,
    LEFT,
    RIGHT,
    IS_LEAF,
    CATEGORICAL,
    SET,
    FIELDS
} field_id;

static const struct {
    const char *name, *old_name;
    bool optional;
} field_specs[FIELDS] = {
    [VALUE] = {"value", NULL, false},
    [FEATURE] = {"feature_idx", NULL, false},
    [THRESHOLD] = {"num_threshold", "threshold", false},
    [MISSING] = {"missing_go_to_left", NULL, true},
    [LEFT] = {"left", NULL, false},
    [RIGHT] = {"right", NULL, false},
    [IS_LEAF] = {"is_leaf", NULL, false},
    [CATEGORICAL] = {"is_categorical", NULL, true},
    [SET] = {"bitset_idx", NULL, true},
};

typedef struct record_field {
    bool present;
    pickle_dtype type;
    uint64_t offset;
} record_field;

static bool read_field(const pickle_value *entry, const pickle_ndarray *array, record_field *f)
{
    const pickle_value *offset = sk_item(entry, 1);
    if (!offset || offset->kind != PICKLE_INT || offset->integer < 0) return false;
    if (!pickle_as_dtype(sk_item(entry, 0), &f->type, NULL) || !strchr("fiub", f->type.type)) return false;
    f->offset = (uint64_t)offset->integer;
    bool sized =
        f->type.type == 'f' ? f->type.item_bytes == 4 || f->type.item_bytes == 8 : f->type.item_bytes <= 8;
    f->present = true;
    return sized && f->offset <= array->item_bytes && f->type.item_bytes <= array->item_bytes - f->offset;
}

static void read_fields(sk *s, const pickle_ndarray *array, record_field fields[FIELDS])
{
    const pickle_value *dtype = array->dtype;
    const pickle_value *state = dtype && dtype->kind == PICKLE_CALL && dtype->call.state_count
                                    ? dtype->call.states[dtype->call.state_count - 1]
                                    : NULL;
    const pickle_value *named = sk_item(state, 4);
    for (unsigned id = 0; id < FIELDS && sk_ok(s); id++) {
        const pickle_value *entry = pickle_get(named, field_specs[id].name);
        if (!entry && field_specs[id].old_name) entry = pickle_get(named, field_specs[id].old_name);
        if (!entry && field_specs[id].optional) continue;
        if (!entry || !read_field(entry, array, &fields[id]))
            sk_fail(s, ERR_INVALID, "its nodes lack the field %s, or it has another type",
                    field_specs[id].name);
    }
}

static double field_number(const pickle_ndarray *array, const record_field *f, size_t node)
{
    if (!f->present) return 0;
    pickle_ndarray order = *array;
    order.big_endian = f->type.big_endian;
    uint64_t at = (uint64_t)node * array->item_bytes + f->offset;
    if (f->type.type == 'f') return array_float(&order, at, f->type.item_bytes);
    return (double)array_integer(&order, at, f->type.item_bytes, f->type.type == 'i' ? 'i' : 'u');
}

/* A child lies after its parent, so every walk ends. */
static void read_node(sk *s, const hist *h, const hist_tree *t, const pickle_ndarray *array,
                      const record_field fields[FIELDS], size_t i, hist_node *n)
{
    double got[FIELDS];
    for (unsigned id = 0; id < FIELDS; id++) got[id] = field_number(array, &fields[id], i);
    *n = (hist_node){.value = got[VALUE], .threshold = got[THRESHOLD]};
    if (!isfinite(n->value)) sk_fail(s, ERR_INVALID, "the value of node %zu is %g", i, n->value);
    if (got[IS_LEAF] != 0) return;
    n->is_categorical = got[CATEGORICAL] != 0;
    n->missing_left = got[MISSING] != 0;
    bool children = got[LEFT] > (double)i && got[RIGHT] > (double)i && got[LEFT] < (double)t->count &&
                    got[RIGHT] < (double)t->count;
    bool feature = got[FEATURE] >= 0 && got[FEATURE] < (double)h->features;
    bool set = !n->is_categorical || (got[SET] >= 0 && got[SET] < (double)t->set_count);
    if (!children || !feature || !set || isnan(n->threshold)) {
        sk_fail(s, ERR_INVALID, "node %zu has the children %g and %g of %zu, feature %g, set %g", i,
                got[LEFT], got[RIGHT], t->count, got[FEATURE], got[SET]);
        return;
    }
    n->left = (uint32_t)got[LEFT];
    n->right = (uint32_t)got[RIGHT];
    n->feature = (uint32_t)got[FEATURE];
    n->set = (uint32_t)got[SET];
}

static void read_sets(sk *s, const pickle_value *v, hist_tree *t)
{
    if (!v || !sk_ok(s)) return;
    matrix m = sk_matrix_of(s, v, "raw_left_cat_bitsets", false);
    if (!sk_ok(s) || m.rows * m.columns == 0) return;
    if (m.columns != SET_WORDS) sk_fail(s, ERR_INVALID, "a set of categories has %zu words", m.columns);
    t->sets = sk_alloc(s, m.rows * SET_WORDS, sizeof *t->sets);
    for (size_t i = 0; sk_ok(s) && i < m.rows * SET_WORDS; i++) {
        if (m.at[i] < 0 || m.at[i] > UINT32_MAX)
            sk_fail(s, ERR_INVALID, "a set of categories holds %g", m.at[i]);
        else
            t->sets[i] = (uint32_t)m.at[i];
    }
    t->set_count = m.rows;
}

static void read_tree_of(sk *s, const hist *h, const pickle_value *v, hist_tree *t)
{
    pickle_ndarray array;
    const pickle_value *nodes = pickle_get(v, "nodes");
    if (!nodes || !pickle_as_ndarray(s->file->scratch, nodes, &array, NULL) || array.type != 'V' ||
        array.rank != 1 || array.count == 0 || array.count > s->file->numbers_left ||
        array.count > INT32_MAX) {
        sk_fail(s, ERR_INVALID, "a predictor has no nodes");
        return;
    }
    s->file->numbers_left -= array.count;
    record_field fields[FIELDS] = {0};
    read_fields(s, &array, fields);
    read_sets(s, pickle_get(v, "raw_left_cat_bitsets"), t);
    t->count = (size_t)array.count;
    t->nodes = sk_alloc(s, t->count, sizeof *t->nodes);
    s->m->info.node_count += t->count;
    for (size_t i = 0; i < t->count && sk_ok(s); i++) read_node(s, h, t, &array, fields, i, &t->nodes[i]);
}

/* --- the model ------------------------------------------------------------------------------------------------------------ */

/* Which categories were seen: with an encoder 0 to n-1, otherwise the binner's thresholds are their list. */
static void read_known(sk *s, hist *h)
{
    h->known = sk_alloc(s, h->features * SET_WORDS, sizeof *h->known);
    const pickle_value *mapper = pickle_get(s->v, "_bin_mapper");
    const pickle_value *flags = mapper ? pickle_get(mapper, "is_categorical_") : NULL;
    if (!sk_ok(s) || !flags || flags->kind == PICKLE_NONE) return;
    matrix is = sk_matrix_of(s, flags, "is_categorical_", false);
    sk_list lists = sk_items(s, pickle_get(mapper, "bin_thresholds_"), "bin_thresholds_", SK_ANY);
    for (size_t j = 0; sk_ok(s) && j < h->features && j < is.columns && j < lists.count; j++) {
        if (is.at[j] == 0) continue;
        matrix known = sk_matrix_of(s, lists.items[j], "bin_thresholds_", false);
        for (size_t i = 0; sk_ok(s) && i < known.columns; i++)
            if (known.at[i] >= 0 && known.at[i] < SET_BITS)
                h->known[j * SET_WORDS + (size_t)known.at[i] / 32] |= 1u << (size_t)known.at[i] % 32;
    }
}

static void read_encoder(sk *s, hist *h)
{
    h->features = s->m->info.feature_count;
    if (!sk_has(s, "_preprocessor")) return;
    h->encoder = sk_part(s, sk_get(s, "_preprocessor"), "_preprocessor");
    if (!sk_ok(s)) return;
    if (h->encoder->info.feature_count != h->features ||
        h->encoder->info.columns[OUTPUT_TRANSFORM] != h->features)
        sk_fail(s, ERR_INVALID, "its _preprocessor makes %zu columns of %zu",
                h->encoder->info.columns[OUTPUT_TRANSFORM], h->features);
    s->m->info.takes_text = h->encoder->info.takes_text;
    s->m->checks_nothing = true;
}

static hist *hist_new(sk *s, size_t classes)
{
    hist *h = sk_alloc(s, 1, sizeof *h);
    size_t features = sk_has(s, "n_features_in_") ? SK_ANY : (size_t)sk_integer(s, "n_features_");
    sk_features(s, features);
    if (!sk_ok(s)) return NULL;
    h->classes = classes;
    h->columns = classes > 2 ? classes : 1;
    h->baseline = sk_spread(s, "_baseline_prediction", h->columns);
    read_encoder(s, h);
    read_known(s, h);
    s->m->info.takes_missing = true;
    s->m->takes_infinite = true;
    sk_answers_and_frees(s, h, hist_answer, hist_free);
    sk_draws(s, hist_draw, hist_texts);
    sk_shows(s, hist_examples);
    sk_list iterations = sk_items(s, sk_get(s, "_predictors"), "_predictors", SK_ANY);
    size_t total = 0;
    if (!sk_ok(s) || __builtin_mul_overflow(iterations.count, h->columns, &total)) return NULL;
    h->trees = sk_alloc(s, total, sizeof *h->trees);
    for (size_t i = 0; i < iterations.count && sk_ok(s); i++) {
        sk_list trees = sk_items(s, iterations.items[i], "_predictors", h->columns);
        for (size_t k = 0; k < trees.count && sk_ok(s); k++)
            read_tree_of(s, h, trees.items[k], &h->trees[h->tree_count++]);
    }
    if (sk_ok(s)) make_engine(s, h);
    return sk_ok(s) ? h : NULL;
}

static void read_regressor(sk *s)
{
    static const char *const losses[] = {"squared_error",  "least_squares", "least_absolute_deviation",
                                         "absolute_error", "quantile",      "poisson",
                                         "gamma"};
    unsigned loss = sk_choice(s, "loss", losses, COUNT_OF(losses));
    hist *h = hist_new(s, 0);
    if (!h) return;
    h->link = loss >= 5 ? LINK_LOG : LINK_IDENTITY;
    sk_gives(s, OUTPUT_PREDICT, 1);
}

static void read_classifier(sk *s)
{
    static const char *const losses[] = {"log_loss", "auto", "binary_crossentropy",
                                         "categorical_crossentropy"};
    sk_choice(s, "loss", losses, COUNT_OF(losses));
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    hist *h = sk_ok(s) ? hist_new(s, classes) : NULL;
    if (!h) return;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, h->columns);
}

const sk_class sk_hist_classes[] = {
    {"HistGradientBoostingClassifier", "ensemble._hist_gradient_boosting.gradient_boosting", NULL,
     read_classifier},
    {"HistGradientBoostingRegressor", "ensemble._hist_gradient_boosting.gradient_boosting", NULL,
     read_regressor},
    {NULL, NULL, NULL, NULL},
};
