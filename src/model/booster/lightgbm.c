/*
 * model/booster/lightgbm.c - LightGBM's text models as models: sums in double, in the order of the trees.
 *
 * Source: the tree format of LightGBM's documentation and of Tree::ToString. The file was held against the format before (format/lightgbm.h), so links make trees.
 */
#include "booster/lightgbm.h"

#include "base/limits.h"
#include "format/lightgbm.h"
#include "model/table.h"

#include <math.h>

static const struct {
    const char *name;
    output_kind gives;
} objectives[] = {{"binary", GIVES_TWO_CLASSES},
                  {"multiclass", GIVES_CLASSES},
                  {"multiclassova", GIVES_ONE_VS_ALL},
                  {"poisson", GIVES_EXP},
                  {"gamma", GIVES_EXP},
                  {"tweedie", GIVES_EXP},
                  {"cross_entropy", GIVES_SIGMOID},
                  {"cross_entropy_lambda", GIVES_LOG1P},
                  {"regression", GIVES_VALUE},
                  {"regression_l1", GIVES_VALUE},
                  {"huber", GIVES_VALUE},
                  {"fair", GIVES_VALUE},
                  {"quantile", GIVES_VALUE},
                  {"mape", GIVES_VALUE},
                  {"lambdarank", GIVES_VALUE},
                  {"rank_xendcg", GIVES_VALUE},
                  {"custom", GIVES_VALUE}};

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static bool set_has(const grown *t, size_t which, double x)
{
    if (isnan(x) || x < 0 || x >= 2147483648.0) return false;
    uint32_t category = (uint32_t)x, word = category / 32;
    uint32_t begin = t->boundaries[which], end = t->boundaries[which + 1];
    return word < end - begin && (t->sets[begin + word] >> (category % 32) & 1);
}

bool lightgbm_goes_left(const grown *t, const node *n, double x)
{
    unsigned missing = n->decision >> 2 & 3;
    if (n->decision & IS_CATEGORY) return set_has(t, (size_t)n->threshold, x);
    if (isnan(x) && missing != MISSING_NAN) x = 0;
    if ((missing == MISSING_ZERO && fabs(x) <= zero_threshold) || (missing == MISSING_NAN && isnan(x)))
        return (n->decision & DEFAULT_LEFT) != 0;
    return x <= n->threshold;
}

/* A number that is missing makes a linear leaf a plain one. */
static double leaf_value(const grown *t, size_t leaf, const double *row)
{
    if (!t->constants) return t->leaves[leaf];
    double sum = t->constants[leaf];
    for (size_t i = t->starts[leaf]; i < t->starts[leaf + 1]; i++) {
        if (isnan(row[t->columns[i]])) return t->leaves[leaf];
        sum += t->coefficients[i] * row[t->columns[i]];
    }
    return sum;
}

static double leaf_of(const grown *t, const double *row)
{
    if (!t->nodes) return leaf_value(t, 0, row);
    int32_t at = 0;
    while (at >= 0) {
        const node *n = &t->nodes[at];
        at = lightgbm_goes_left(t, n, row[n->feature]) ? n->left : n->right;
    }
    return leaf_value(t, (size_t)~at, row);
}

static double one(const booster *b, double x)
{
    switch (b->gives) {
    case GIVES_SQUARE: return x < 0 ? -x * x : x * x;
    case GIVES_EXP: return exp(x);
    case GIVES_LOG1P: return log1p(exp(x));
    case GIVES_SIGMOID:
    case GIVES_TWO_CLASSES:
    case GIVES_ONE_VS_ALL: return 1.0 / (1.0 + exp(-b->sigmoid * x));
    default: return x;
    }
}

static void softmax(double *x, size_t count)
{
    double most = x[0], sum = 0;
    for (size_t i = 1; i < count; i++) most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < count; i++) sum += x[i] = exp(x[i] - most);
    for (size_t i = 0; i < count; i++) x[i] /= sum;
}

static size_t largest(const double *x, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static void give_row(const booster *b, model_output what, double *sums, double *out)
{
    bool classifies = b->gives >= GIVES_TWO_CLASSES;
    if (classifies && what == OUTPUT_DECISION_FUNCTION) {
        memcpy(out, sums, b->group_count * sizeof *out);
        return;
    }
    if (b->gives == GIVES_CLASSES)
        softmax(sums, b->group_count);
    else
        for (size_t g = 0; g < b->group_count; g++) sums[g] = one(b, sums[g]);
    if (b->gives == GIVES_TWO_CLASSES) {
        double p = sums[0];
        if (what == OUTPUT_PREDICT) {
            out[0] = p > 1.0 - p; /* the wrapper takes the larger of the two, and the first of equal ones */
            return;
        }
        out[0] = 1.0 - p;
        out[1] = p;
    } else if (classifies && what == OUTPUT_PREDICT) {
        out[0] = (double)largest(sums, b->group_count);
    } else {
        memcpy(out, sums, b->group_count * sizeof *out);
    }
}

static bool add_trees(const booster *b, const model_rows *rows, double *sums, err *e)
{
    if (b->engine) {
        engine_sums to = {.values = b->values, .width = 1, .columns = b->group_count, .out = sums};
        engine_rows all = {.wide = rows->numbers, .count = rows->count};
        return engine_add(b->engine, &all, &to, e);
    }
    for (size_t i = 0; i < rows->count; i++, sums += b->group_count)
        for (size_t t = 0; t < b->tree_count; t++)
            sums[t % b->group_count] += leaf_of(&b->trees[t], rows->numbers + i * b->features);
    return true;
}

static bool answer(const void *self, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e)
{
    const booster *b = self;
    size_t cells = rows->count * b->group_count;
    double *sums = arena_alloc_array(a, cells + 1, sizeof *sums);
    if (!sums) return err_set(e, ERR_MEMORY, "no memory for %zu sums", cells);
    if (!add_trees(b, rows, sums, e)) return false;
    for (size_t i = 0; i < cells && what != OUTPUT_DECISION_FUNCTION; i++) sums[i] /= b->divisor;
    for (size_t i = 0; i < rows->count; i++)
        give_row(b, what, sums + i * b->group_count, out->numbers + i * out->columns);
    return true;
}

static void free_booster(void *self)
{
    booster *b = self;
    if (b) engine_free(b->engine);
}

/* --- the engine ------------------------------------------------------------------------------------------------------------ */

static bool engine_takes(const node *n)
{
    return !(n->decision & IS_CATEGORY) && (n->decision >> 2 & 3) != MISSING_ZERO && !isnan(n->threshold);
}

/* Leaf ~i of the file follows the nodes. Where what is missing has no way of its own it counts as 0. */
static size_t read_grown(const void *self, size_t number, engine_node *out)
{
    const grown *t = &((const booster *)self)->trees[number];
    size_t splits = t->leaf_count - 1;
    for (size_t i = 0; i < splits; i++) {
        const node *n = &t->nodes[i];
        bool default_left = (n->decision & DEFAULT_LEFT) != 0,
             has_default = (n->decision >> 2 & 3) == MISSING_NAN;
        out[i] =
            (engine_node){.threshold = n->threshold,
                          .left = (uint32_t)(n->left < 0 ? splits + (size_t)~n->left : (size_t)n->left),
                          .right = (uint32_t)(n->right < 0 ? splits + (size_t)~n->right : (size_t)n->right),
                          .feature = n->feature,
                          .missing_left = has_default ? default_left : 0 <= n->threshold};
    }
    for (size_t i = 0; i < t->leaf_count; i++)
        out[splits + i] = (engine_node){.value = (uint32_t)(t->first_value + i)};
    return splits + t->leaf_count;
}

static bool make_engine(booster *b, err *e)
{
    size_t leaves = 0, most = 0;
    for (size_t t = 0; t < b->tree_count; t++) {
        grown *one_of = &b->trees[t];
        one_of->first_value = leaves;
        leaves += one_of->leaf_count;
        if (one_of->leaf_count > most) most = one_of->leaf_count;
        if (one_of->constants) return true; /* its leaves are no numbers */
        for (size_t i = 0; i + 1 < one_of->leaf_count; i++)
            if (!engine_takes(&one_of->nodes[i])) return true;
    }
    if (!b->tree_count) return true;
    if (leaves > LIMIT_FOREST_NODES)
        return err_set(e, ERR_TOO_LARGE, "the model has %zu leaves, LIMIT_FOREST_NODES allows %d", leaves,
                       (int)LIMIT_FOREST_NODES);
    b->values = arena_alloc_array(b->memory, leaves, sizeof *b->values);
    if (!b->values) return err_set(e, ERR_MEMORY, "no memory for %zu leaves", leaves);
    for (size_t t = 0; t < b->tree_count; t++)
        memcpy(b->values + b->trees[t].first_value, b->trees[t].leaves,
               b->trees[t].leaf_count * sizeof *b->values);
    engine_source source = {.self = b,
                            .tree_count = b->tree_count,
                            .node_count_max = 2 * most,
                            .features = b->features,
                            .read = read_grown};
    return engine_new(&source, &b->engine, e);
}

static const model_kind lightgbm_kind = {.answer = answer, .free = free_booster, .draw = lightgbm_draw};

/* --- reading trees --------------------------------------------------------------------------------------------------------- */

static bool damaged(err *e, size_t tree_number, const char *what)
{
    return err_set(e, ERR_INVALID, "tree %zu of the LightGBM model is damaged: %s", tree_number, what);
}

static bool read_leaves(booster *b, const lightgbm_part *part, size_t number, size_t leaves, grown *t, err *e)
{
    str rest = lightgbm_value(part, "leaf_value");
    t->leaves = arena_alloc_array(b->memory, leaves, sizeof *t->leaves);
    if (!t->leaves) return err_set(e, ERR_MEMORY, "no memory for %zu leaves", leaves);
    for (size_t i = 0; i < leaves; i++)
        if (!lightgbm_next_real(&rest, &t->leaves[i])) return damaged(e, number, "a leaf has no value");
    return true;
}

static bool read_sets(booster *b, const lightgbm_part *part, size_t number, grown *t, err *e)
{
    str bounds = lightgbm_value(part, "cat_boundaries"), words = lightgbm_value(part, "cat_threshold");
    int64_t count = 0, last = 0, value;
    str text = lightgbm_value(part, "num_cat");
    if (!text.data || !lightgbm_next_integer(&text, &count) || count <= 0) return true;
    if (count > INT32_MAX) return damaged(e, number, "its sets of categories are too many");
    t->set_count = (size_t)count;
    t->boundaries = arena_alloc_array(b->memory, t->set_count + 1, sizeof *t->boundaries);
    if (!t->boundaries) return err_set(e, ERR_MEMORY, "no memory for sets of categories");
    for (size_t i = 0; i <= t->set_count; i++) {
        if (!lightgbm_next_integer(&bounds, &value) || value < last || value > INT32_MAX)
            return damaged(e, number, "its sets of categories have no bounds");
        last = value;
        t->boundaries[i] = (uint32_t)value;
    }
    t->sets = arena_alloc_array(b->memory, (size_t)last + 1, sizeof *t->sets);
    if (!t->sets) return err_set(e, ERR_MEMORY, "no memory for sets of categories");
    for (int64_t i = 0; i < last; i++) {
        if (!lightgbm_next_integer(&words, &value) || value < 0 || value > UINT32_MAX)
            return damaged(e, number, "a set of categories is not whole");
        t->sets[i] = (uint32_t)value;
    }
    return true;
}

static bool read_nodes(booster *b, const lightgbm_part *part, size_t number, size_t leaves, grown *t, err *e)
{
    str features = lightgbm_value(part, "split_feature"), thresholds = lightgbm_value(part, "threshold"),
        decisions = lightgbm_value(part, "decision_type"), lefts = lightgbm_value(part, "left_child"),
        rights = lightgbm_value(part, "right_child");
    size_t count = leaves - 1;
    t->nodes = arena_alloc_array(b->memory, count, sizeof *t->nodes);
    t->node_count = count;
    if (!t->nodes) return err_set(e, ERR_MEMORY, "no memory for %zu nodes", count);
    for (size_t i = 0; i < count; i++) {
        int64_t feature, decision, left, right;
        node *n = &t->nodes[i];
        if (!lightgbm_next_integer(&features, &feature) || !lightgbm_next_real(&thresholds, &n->threshold) ||
            !lightgbm_next_integer(&decisions, &decision) || !lightgbm_next_integer(&lefts, &left) ||
            !lightgbm_next_integer(&rights, &right))
            return damaged(e, number, "a node is not whole");
        /* The format's reader checked that links make a tree; that they stay within these arrays is cheap to know for sure. */
        bool fits = feature >= 0 && feature < (int64_t)b->features && left < (int64_t)count &&
                    right < (int64_t)count && left >= -(int64_t)leaves && right >= -(int64_t)leaves &&
                    decision >= 0 && decision < 16;
        bool names_set =
            !(decision & IS_CATEGORY) || (n->threshold >= 0 && n->threshold < (double)t->set_count);
        if (!fits || !names_set) return damaged(e, number, "a node leads nowhere");
        n->feature = (uint32_t)feature;
        n->decision = (uint8_t)decision;
        n->left = (int32_t)left;
        n->right = (int32_t)right;
    }
    return true;
}

static bool read_linear_leaves(booster *b, const lightgbm_part *part, size_t number, size_t leaves, grown *t,
                               err *e)
{
    str constants = lightgbm_value(part, "leaf_const"), counts = lightgbm_value(part, "num_features"),
        columns = lightgbm_value(part, "leaf_features"), coefficients = lightgbm_value(part, "leaf_coeff");
    int64_t count, column;
    uint64_t total = 0;
    t->constants = arena_alloc_array(b->memory, leaves, sizeof *t->constants);
    t->starts = arena_alloc_array(b->memory, leaves + 1, sizeof *t->starts);
    if (!t->constants || !t->starts) return err_set(e, ERR_MEMORY, "no memory for %zu leaves", leaves);
    for (size_t i = 0; i < leaves; i++) {
        /* A tree that could not grow says nothing of features. */
        if (!counts.data || !lightgbm_next_integer(&counts, &count)) count = 0;
        if (!lightgbm_next_real(&constants, &t->constants[i]) || count < 0 || count > (int64_t)b->features)
            return damaged(e, number, "a linear leaf is not whole");
        total += (uint64_t)count;
        if (total > columns.len) return damaged(e, number, "a linear leaf is not whole");
        t->starts[i + 1] = (uint32_t)total;
    }
    t->columns = arena_alloc_array(b->memory, (size_t)total + 1, sizeof *t->columns);
    t->coefficients = arena_alloc_array(b->memory, (size_t)total + 1, sizeof *t->coefficients);
    if (!t->columns || !t->coefficients) return err_set(e, ERR_MEMORY, "no memory for linear leaves");
    for (size_t i = 0; i < total; i++) {
        if (!lightgbm_next_integer(&columns, &column) || column < 0 || column >= (int64_t)b->features ||
            !lightgbm_next_real(&coefficients, &t->coefficients[i]))
            return damaged(e, number, "a linear leaf is not whole");
        t->columns[i] = (uint32_t)column;
    }
    return true;
}

static bool read_tree(booster *b, const lightgbm_part *part, size_t number, err *e)
{
    grown *t = &b->trees[number];
    int64_t leaves, linear = 0;
    str text = lightgbm_value(part, "num_leaves"), is_linear = lightgbm_value(part, "is_linear");
    if (!text.data || !lightgbm_next_integer(&text, &leaves) || leaves < 1 || leaves > LIMIT_FOREST_NODES)
        return damaged(e, number, "it has no leaves");
    t->leaf_count = (size_t)leaves;
    if (is_linear.data && lightgbm_next_integer(&is_linear, &linear) && linear &&
        !read_linear_leaves(b, part, number, (size_t)leaves, t, e))
        return false;
    return read_leaves(b, part, number, (size_t)leaves, t, e) && read_sets(b, part, number, t, e) &&
           (leaves == 1 || read_nodes(b, part, number, (size_t)leaves, t, e));
}

/* --- the head -------------------------------------------------------------------------------------------------------------- */

/* "binary sigmoid:1", "regression sqrt"; none at all: sums as they are. */
static bool read_objective(booster *b, str text, err *e)
{
    str name, rest, option;
    b->sigmoid = 1;
    if (!text.len) return true;
    str_cut(text, ' ', &name, &rest);
    size_t which = 0;
    while (which < COUNT_OF(objectives) && !str_eq(name, str_from_c(objectives[which].name))) which++;
    if (which == COUNT_OF(objectives))
        return err_set(e, ERR_UNSUPPORTED, "the objective '%.*s' of the LightGBM model is not understood",
                       STR_ARG(str_slice(name, 0, 60)));
    b->gives = objectives[which].gives;
    while (str_next(&rest, ' ', &option)) {
        if (str_eq(option, STR("sqrt"))) b->gives = GIVES_SQUARE;
        if (str_starts_with(option, STR("sigmoid:")) && !number_parse(str_skip(option, 8), &b->sigmoid))
            return err_set(e, ERR_INVALID, "the sigmoid of the LightGBM model is no number");
    }
    return true;
}

static bool read_names(model *m, str text, err *e)
{
    str *names = arena_alloc_array(&m->memory, m->info.feature_count + 1, sizeof *names), name;
    size_t count = 0;
    if (!names) return err_set(e, ERR_MEMORY, "no memory for the names of features");
    while (str_next(&text, ' ', &name)) {
        if (count == m->info.feature_count || !str_is_utf8(name)) return true;
        names[count] = arena_copy(&m->memory, name);
        if (!names[count++].data) return err_set(e, ERR_MEMORY, "no memory for the names of features");
    }
    /* Without names LightGBM calls them Column_0 and so on. */
    if (count == m->info.feature_count && !str_eq(names[0], STR("Column_0"))) m->info.feature_names = names;
    return true;
}

static bool describe(model *m, const booster *b, const lightgbm_model *l, err *e)
{
    size_t classes = b->gives == GIVES_TWO_CLASSES  ? 2
                     : b->gives > GIVES_TWO_CLASSES ? b->group_count
                                                    : 0,
           nodes = 0;
    str version = arena_copy(&m->memory, lightgbm_value(&l->head, "version"));
    m->info = (model_info){.library = STR("lightgbm"),
                           .version = version.data ? version : STR(""),
                           .name = classes ? STR("LGBMClassifier") : STR("LGBMRegressor"),
                           .feature_count = b->features,
                           .node_count = nodes};
    m->info.summary = arena_printf(&m->memory, "%zu trees, %zu features", b->tree_count, b->features);
    m->takes_infinite = true;
    if (!m->info.summary.data) return err_set(e, ERR_MEMORY, "no memory for a model");
    return booster_describe(m, classes, classes ? 1 : b->group_count, e) &&
           read_names(m, lightgbm_value(&l->head, "feature_names"), e);
}

static bool read_booster(model *m, const lightgbm_model *l, size_t iterations, err *e)
{
    booster *b = arena_alloc(&m->memory, sizeof *b);
    if (!b) return err_set(e, ERR_MEMORY, "no memory for a model");
    *b = (booster){.memory = &m->memory,
                   .tree_count = l->tree_count,
                   .features = l->features,
                   .group_count = l->trees_per_iteration,
                   .divisor = 1};
    if (b->features == 0 || b->features > LIMIT_TABLE_COLUMNS || b->group_count == 0 ||
        b->group_count > LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_TOO_LARGE,
                       "the model has %zu features and %zu groups (LIMIT_TABLE_COLUMNS allows %d)",
                       b->features, b->group_count, (int)LIMIT_TABLE_COLUMNS);
    if (!read_objective(b, lightgbm_value(&l->head, "objective"), e)) return false;
    if (iterations && iterations < b->tree_count / b->group_count)
        b->tree_count = iterations * b->group_count;
    if (b->gives == GIVES_TWO_CLASSES && b->group_count != 1)
        return err_set(e, ERR_INVALID, "a model of two classes with %zu sums", b->group_count);
    if (lightgbm_value(&l->head, "average_output").data && b->tree_count)
        b->divisor = (double)(b->tree_count / b->group_count ? b->tree_count / b->group_count : 1);
    b->trees = arena_alloc_array(b->memory, b->tree_count + 1, sizeof *b->trees);
    if (!b->trees) return err_set(e, ERR_MEMORY, "no memory for %zu trees", b->tree_count);
    memset(b->trees, 0, (b->tree_count + 1) * sizeof *b->trees);
    for (size_t i = 0; i < b->tree_count; i++)
        if (!read_tree(b, &l->trees[i], i, e)) return false;
    m->self = b;
    return make_engine(b, e) && describe(m, b, l, e);
}

bool lightgbm_model_read(bytes file, model **out, err *e)
{
    return lightgbm_model_read_first(file, 0, out, e);
}

bool lightgbm_model_read_first(bytes file, size_t iterations, model **out, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    AUTO(model_free) model *m = NULL;
    lightgbm_model l;
    if (!lightgbm_read(&scratch, file, &l, e) || !model_new(&lightgbm_kind, &m, e) ||
        !read_booster(m, &l, iterations, e))
        return false;
    *out = TAKE(m);
    return true;
}
