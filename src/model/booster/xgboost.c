/*
 * model/booster/xgboost.c - XGBoost's models (JSON, UBJSON) as models: sums in float32, in the order of the trees, as its CPU predictor adds them.
 *
 * Source: XGBoost's model schema and its documentation of prediction. A row goes left where x < split (float32); what is missing goes the default way; a
 * category that is in the node's set goes right. The document was held against the format before (format/xgboost.h), so links make trees.
 */
#include "booster/xgboost.h"

#include "base/limits.h"
#include "format/xgboost.h"
#include "model/table.h"

#include <math.h>
#include <stdlib.h>

enum { CATEGORY_MAX = 1 << 24 }; /* beyond it a float32 tells no categories apart */

typedef enum link { LINK_NONE, LINK_LOGIT, LINK_LOG } link;
static const struct {
    const char *name;
    link link;
    output_kind gives;
} objectives[] = {
    {"binary:logistic", LINK_LOGIT, GIVES_TWO_CLASSES},
    {"binary:logitraw", LINK_NONE, GIVES_VALUE},
    {"binary:hinge", LINK_NONE, GIVES_HINGE},
    {"reg:logistic", LINK_LOGIT, GIVES_SIGMOID},
    {"multi:softmax", LINK_NONE, GIVES_CLASSES},
    {"multi:softprob", LINK_NONE, GIVES_CLASSES},
    {"count:poisson", LINK_LOG, GIVES_EXP},
    {"reg:gamma", LINK_LOG, GIVES_EXP},
    {"reg:tweedie", LINK_LOG, GIVES_EXP},
    {"survival:cox", LINK_LOG, GIVES_EXP},
    {"survival:aft", LINK_LOG, GIVES_EXP},
    {"reg:squarederror", LINK_NONE, GIVES_VALUE},
    {"reg:linear", LINK_NONE, GIVES_VALUE},
    {"reg:squaredlogerror", LINK_NONE, GIVES_VALUE},
    {"reg:pseudohubererror", LINK_NONE, GIVES_VALUE},
    {"reg:absoluteerror", LINK_NONE, GIVES_VALUE},
    {"reg:quantileerror", LINK_NONE, GIVES_VALUE},
    {"rank:pairwise", LINK_NONE, GIVES_VALUE},
    {"rank:ndcg", LINK_NONE, GIVES_VALUE},
    {"rank:map", LINK_NONE, GIVES_VALUE},
};

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static bool is_in_set(const booster *b, const node *n, int32_t category)
{
    size_t low = n->set_begin, high = n->set_begin + n->set_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->categories[middle] == category) return true;
        if (b->categories[middle] < category)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool xgboost_goes_left(const booster *b, const node *n, float x)
{
    if (isnan(x)) return n->default_left;
    if (!n->is_category) return x < n->split;
    if (x < 0 || x >= (float)CATEGORY_MAX) return true;
    return !is_in_set(b, n, (int32_t)x);
}

static const node *leaf_of(const booster *b, uint32_t root, const float *row)
{
    const node *top = b->nodes + root, *n = top;
    while (n->left >= 0) n = top + (xgboost_goes_left(b, n, row[n->feature]) ? n->left : n->right);
    return n;
}

/* The numbers of a leaf for all groups, or one for the tree's. */
static void add_leaf(const booster *b, size_t t, const node *leaf, float *sums)
{
    float weight = b->drop ? b->drop[t] : 1;
    const float *vector = b->vectors ? b->vectors + (size_t)leaf->right * b->group_count : NULL;
    if (!vector)
        sums[b->groups[t]] += b->drop ? weight * leaf->split : leaf->split;
    else
        for (size_t g = 0; g < b->group_count; g++) sums[g] += b->drop ? weight * vector[g] : vector[g];
}

static void add_linear(const booster *b, const float *row, float *sums)
{
    for (size_t g = 0; g < b->group_count; g++) {
        float sum = (float)b->linear[b->features * b->group_count + g] + sums[g];
        for (size_t f = 0; f < b->features; f++)
            if (!isnan(row[f])) sum += row[f] * (float)b->linear[f * b->group_count + g];
        sums[g] = sum;
    }
}

static void margins_of(const booster *b, const float *row, float *sums)
{
    if (b->linear) add_linear(b, row, sums);
    for (size_t t = 0; t < b->tree_count; t++) add_leaf(b, t, leaf_of(b, b->roots[t], row), sums);
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(fminf(-x, 88.7f)));
}

static void softmax(float *x, size_t count)
{
    float most = x[0];
    double sum = 0;
    for (size_t i = 1; i < count; i++) most = fmaxf(most, x[i]);
    for (size_t i = 0; i < count; i++) {
        x[i] = expf(x[i] - most);
        sum += (double)x[i];
    }
    for (size_t i = 0; i < count; i++) x[i] /= (float)sum;
}

static void give_number(const booster *b, const float *sums, double *out)
{
    for (size_t g = 0; g < b->group_count; g++) {
        float x = sums[g];
        out[g] = (double)(b->gives == GIVES_SIGMOID ? sigmoid(x)
                          : b->gives == GIVES_EXP   ? expf(x)
                          : b->gives == GIVES_HINGE ? (x > 0 ? 1.0f : 0.0f)
                                                    : x);
    }
}

static void give_classes(const booster *b, model_output what, float *sums, double *out)
{
    if (what == OUTPUT_DECISION_FUNCTION) {
        for (size_t g = 0; g < b->group_count; g++) out[g] = (double)sums[g];
        return;
    }
    if (b->gives == GIVES_TWO_CLASSES) {
        float p = sigmoid(sums[0]);
        if (what == OUTPUT_PREDICT) {
            out[0] = p > 0.5f;
            return;
        }
        out[0] = (double)(1.0f - p);
        out[1] = (double)p;
        return;
    }
    if (what == OUTPUT_PREDICT) {
        size_t best = 0;
        for (size_t g = 1; g < b->group_count; g++)
            if (sums[g] > sums[best]) best = g;
        out[0] = (double)best;
        return;
    }
    softmax(sums, b->group_count);
    for (size_t g = 0; g < b->group_count; g++) out[g] = (double)sums[g];
}

static void give_row(const booster *b, model_output what, float *sums, double *out)
{
    if (b->gives >= GIVES_TWO_CLASSES)
        give_classes(b, what, sums, out);
    else
        give_number(b, sums, out);
}

static bool answer_by_engine(const booster *b, model_output what, const model_rows *rows, arena *a,
                             float *sums, model_answers *out, err *e)
{
    size_t groups = b->group_count;
    double *margins = arena_alloc_array(a, rows->count * groups + 1, sizeof *margins);
    if (!margins) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    for (size_t i = 0; i < rows->count * groups; i++) margins[i] = (double)b->base[i % groups];
    engine_sums to = {.values = b->values, .width = 1, .columns = groups, .is_single = true, .out = margins};
    engine_rows all = {.wide = rows->numbers, .count = rows->count};
    if (!engine_add(b->engine, &all, &to, e)) return false;
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t g = 0; g < groups; g++) sums[g] = (float)margins[i * groups + g];
        give_row(b, what, sums, out->numbers + i * out->columns);
    }
    return true;
}

static bool answer(const void *self, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e)
{
    const booster *b = self;
    float *row = arena_alloc_array(a, b->features + 1, sizeof *row),
          *sums = arena_alloc_array(a, b->group_count, sizeof *sums);
    if (!row || !sums) return err_set(e, ERR_MEMORY, "no memory for a row of %zu features", b->features);
    if (b->engine) return answer_by_engine(b, what, rows, a, sums, out, e);
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t f = 0; f < b->features; f++) row[f] = (float)rows->numbers[i * b->features + f];
        memcpy(sums, b->base, b->group_count * sizeof *sums);
        margins_of(b, row, sums);
        give_row(b, what, sums, out->numbers + i * out->columns);
    }
    return true;
}

static void free_booster(void *self)
{
    booster *b = self;
    if (b) engine_free(b->engine);
}

/* --- the engine ------------------------------------------------------------------------------------------------------------ */

static size_t count_of(const booster *b, size_t t)
{
    return (t + 1 < b->tree_count ? b->roots[t + 1] : b->node_count) - b->roots[t];
}

/* x < split is x <= the number before it. */
static size_t read_grown(const void *self, size_t number, engine_node *out)
{
    const booster *b = self;
    uint32_t t = b->order[number];
    size_t count = count_of(b, t);
    for (size_t i = 0; i < count; i++) {
        const node *n = &b->nodes[b->roots[t] + i];
        out[i] = (engine_node){.value = b->roots[t] + (uint32_t)i};
        if (n->left < 0) continue;
        out[i].threshold = (double)nextafterf(n->split, -INFINITY);
        out[i].left = (uint32_t)n->left;
        out[i].right = (uint32_t)n->right;
        out[i].feature = n->feature;
        out[i].missing_left = n->default_left;
    }
    return count;
}

/* Sums of different groups know nothing of each other, so their trees may be taken in turns. False: the groups have different numbers of trees. */
static bool take_turns(booster *b)
{
    size_t each = b->tree_count / b->group_count, group = 0;
    if (each * b->group_count != b->tree_count) return false;
    for (; group < b->group_count; group++) {
        size_t found = 0;
        for (uint32_t t = 0; t < b->tree_count; t++) {
            if (b->groups[t] != group) continue;
            if (found == each) return false;
            b->order[found++ * b->group_count + group] = t;
        }
    }
    return true;
}

static bool make_engine(booster *b, err *e)
{
    size_t largest = 0;
    if (b->vectors) return true; /* its leaves are not numbers of one group */
    b->order = arena_alloc_array(b->memory, b->tree_count + 1, sizeof *b->order);
    b->values = arena_alloc_array(b->memory, b->node_count + 1, sizeof *b->values);
    if (!b->order || !b->values) return err_set(e, ERR_MEMORY, "no memory for %zu nodes", b->node_count);
    for (size_t t = 0; t < b->tree_count; t++) {
        if (count_of(b, t) > largest) largest = count_of(b, t);
        for (size_t i = b->roots[t]; i < b->roots[t] + count_of(b, t); i++) {
            const node *n = &b->nodes[i];
            if (n->left >= 0 && (n->is_category || !(n->split > -INFINITY))) return true;
            b->values[i] = (double)(b->drop ? b->drop[t] * n->split : n->split);
        }
    }
    if (!b->tree_count || b->group_count > b->tree_count || !take_turns(b)) return true;
    engine_source source = {.self = b,
                            .tree_count = b->tree_count,
                            .node_count_max = largest,
                            .features = b->features,
                            .is_narrow = true,
                            .read = read_grown};
    return engine_new(&source, &b->engine, e);
}

static const model_kind xgboost_kind = {.answer = answer, .free = free_booster, .draw = xgboost_draw};

/* --- reading trees --------------------------------------------------------------------------------------------------------- */

static bool damaged(err *e, size_t number, const char *what)
{
    return err_set(e, ERR_INVALID, "tree %zu of the XGBoost model is damaged: %s", number, what);
}

static bool make_room(booster *b, size_t nodes, size_t categories, err *e)
{
    b->nodes = arena_alloc_array(b->memory, nodes + 1, sizeof *b->nodes);
    b->categories = arena_alloc_array(b->memory, categories + 1, sizeof *b->categories);
    b->nodes_room = nodes;
    b->categories_room = categories;
    return (b->nodes && b->categories) || err_set(e, ERR_MEMORY, "no memory for %zu nodes", nodes);
}

static bool read_node(booster *b, const ubjson_value *grown, size_t t, size_t i, node *n, err *e)
{
    int64_t left, right, feature, default_left, type = 0;
    double split;
    const ubjson_value *types = ubjson_get(grown, "split_type");
    bool is_there = ubjson_integer_at(ubjson_get(grown, "left_children"), i, &left) &&
                    ubjson_integer_at(ubjson_get(grown, "right_children"), i, &right) &&
                    ubjson_integer_at(ubjson_get(grown, "split_indices"), i, &feature) &&
                    ubjson_integer_at(ubjson_get(grown, "default_left"), i, &default_left) &&
                    ubjson_real_at(ubjson_get(grown, "split_conditions"), i, &split) &&
                    (!types || ubjson_integer_at(types, i, &type));
    size_t count = ubjson_count(ubjson_get(grown, "left_children"));
    if (!is_there) return damaged(e, t, "a node is not whole");
    if (left >= 0 && (left >= (int64_t)count || right < 0 || right >= (int64_t)count || feature < 0 ||
                      feature >= (int64_t)b->features || left <= 0 || right <= 0))
        return damaged(e, t, "a node leads nowhere");
    *n = (node){.split = (float)split,
                .left = left < 0 ? -1 : (int32_t)left,
                .right = (int32_t)right,
                .feature = (uint32_t)feature,
                .default_left = default_left != 0,
                .is_category = left >= 0 && type == 1};
    return true;
}

static int by_number(const void *left, const void *right)
{
    const int32_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* categories_nodes names nodes in rising order; segments and sizes cut `categories` into their sets. */
static bool read_categories(booster *b, const ubjson_value *grown, size_t t, node *nodes, size_t count,
                            err *e)
{
    const ubjson_value *of = ubjson_get(grown, "categories_nodes"), *all = ubjson_get(grown, "categories");
    for (size_t i = 0; i < ubjson_count(of); i++) {
        int64_t which, begin, size, category;
        if (!ubjson_integer_at(of, i, &which) || which < 0 || which >= (int64_t)count ||
            !ubjson_integer_at(ubjson_get(grown, "categories_segments"), i, &begin) || begin < 0 ||
            !ubjson_integer_at(ubjson_get(grown, "categories_sizes"), i, &size) || size < 0)
            return damaged(e, t, "a set of categories is not whole");
        node *n = &nodes[which];
        n->set_begin = (uint32_t)b->category_count;
        for (int64_t c = begin; c < begin + size; c++) {
            if (!ubjson_integer_at(all, (size_t)c, &category) || category < 0 || category > INT32_MAX ||
                b->category_count >= b->categories_room)
                return damaged(e, t, "a set of categories is not whole");
            b->categories[b->category_count++] = (int32_t)category;
        }
        n->set_count = (uint32_t)b->category_count - n->set_begin;
        qsort(b->categories + n->set_begin, n->set_count, sizeof *b->categories, by_number);
    }
    return true;
}

static int64_t leaf_width(const ubjson_value *grown)
{
    int64_t targets = 1;
    const ubjson_value *params = ubjson_get(grown, "tree_param");
    return xgboost_number(params, "size_leaf_vector", &targets) && targets > 1 ? targets : 1;
}

/* Up to 3.0 every node has a vector in base_weights; from then on a leaf names its row of leaf_weights as its right child. */
static bool read_vectors(booster *b, const ubjson_value *grown, size_t t, node *nodes, size_t count, err *e)
{
    size_t width = b->group_count;
    const ubjson_value *own = ubjson_get(grown, "leaf_weights"), *all = ubjson_get(grown, "base_weights");
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].left >= 0) continue;
        int64_t row = own ? nodes[i].right : (int64_t)i;
        for (size_t g = 0; g < width; g++) {
            double number;
            if (row < 0 || !ubjson_real_at(own ? own : all, (size_t)row * width + g, &number))
                return damaged(e, t, "a leaf has no vector");
            b->vectors[b->vector_count * width + g] = (float)number;
        }
        nodes[i].right = (int32_t)b->vector_count++;
    }
    return true;
}

static bool read_tree(booster *b, const ubjson_value *grown, size_t t, err *e)
{
    size_t count = ubjson_count(ubjson_get(grown, "left_children"));
    if ((leaf_width(grown) > 1) != (b->vectors != NULL) ||
        (b->vectors && (size_t)leaf_width(grown) != b->group_count))
        return damaged(e, t, "its leaves have not as many numbers as there are targets");
    if (count == 0 || count > b->nodes_room - b->node_count) return damaged(e, t, "it has no nodes");
    node *nodes = b->nodes + b->node_count;
    b->roots[t] = (uint32_t)b->node_count;
    for (size_t i = 0; i < count; i++)
        if (!read_node(b, grown, t, i, &nodes[i], e)) return false;
    b->node_count += count;
    return (!b->vectors || read_vectors(b, grown, t, nodes, count, e)) &&
           read_categories(b, grown, t, nodes, count, e);
}

/* Trees that early stopping leaves out of a prediction. */
static size_t trees_used(const xgboost_document *doc, size_t groups)
{
    int64_t best = 0, parallel = 1;
    str text = ubjson_text(ubjson_get(ubjson_get(doc->learner, "attributes"), "best_iteration"));
    const ubjson_value *params = ubjson_get(doc->model, "gbtree_model_param");
    if (!text.len || !str_to_i64(text, &best) || best < 0 || best > INT32_MAX) return doc->trees;
    if (!xgboost_number(params, "num_parallel_tree", &parallel) || parallel < 1) parallel = 1;
    const ubjson_value *trees = ubjson_get(doc->model, "trees");
    bool all_at_once = doc->trees && leaf_width(&trees->list.items[0]) > 1;
    /* Up to 1.7 the trees of all iterations are counted beside. */
    int64_t limit;
    str counted = ubjson_text(ubjson_get(ubjson_get(doc->learner, "attributes"), "best_ntree_limit"));
    if (counted.len && str_to_i64(counted, &limit) && limit > best && limit % (best + 1) == 0 &&
        limit <= INT32_MAX)
        parallel = limit / (best + 1);
    uint64_t used = ((uint64_t)best + 1) * (all_at_once ? 1 : groups) * (uint64_t)parallel;
    return used < doc->trees ? (size_t)used : doc->trees;
}

static bool read_trees(booster *b, const xgboost_document *doc, err *e)
{
    const ubjson_value *trees = ubjson_get(doc->model, "trees"), *info = ubjson_get(doc->model, "tree_info");
    size_t nodes = 0, categories = 0;
    b->tree_count = trees_used(doc, b->group_count);
    for (size_t t = 0; t < b->tree_count; t++) {
        nodes += ubjson_count(ubjson_get(&trees->list.items[t], "left_children"));
        categories += ubjson_count(ubjson_get(&trees->list.items[t], "categories"));
    }
    if (nodes > LIMIT_FOREST_NODES)
        return err_set(e, ERR_TOO_LARGE, "the model has %zu nodes, LIMIT_FOREST_NODES allows %d", nodes,
                       (int)LIMIT_FOREST_NODES);
    size_t cells;
    if (b->tree_count && leaf_width(&trees->list.items[0]) > 1) {
        if (__builtin_mul_overflow(nodes, b->group_count, &cells) || cells > LIMIT_MODEL_NUMBERS ||
            !(b->vectors = arena_alloc_array(b->memory, cells, sizeof *b->vectors)))
            return err_set(e, ERR_MEMORY, "no memory for the vectors of %zu nodes", nodes);
    }
    b->roots = arena_alloc_array(b->memory, b->tree_count + 1, sizeof *b->roots);
    b->groups = arena_alloc_array(b->memory, b->tree_count + 1, sizeof *b->groups);
    b->drop = doc->weight_drop ? arena_alloc_array(b->memory, b->tree_count + 1, sizeof *b->drop) : NULL;
    if (!b->roots || !b->groups || (doc->weight_drop && !b->drop) || !make_room(b, nodes, categories, e))
        return err_set(e, ERR_MEMORY, "no memory for %zu trees", b->tree_count);
    for (size_t t = 0; t < b->tree_count; t++) {
        int64_t group = 0;
        double drop = 1;
        if (!ubjson_integer_at(info, t, &group) || group < 0 || group >= (int64_t)b->group_count)
            return damaged(e, t, "it belongs to no class or target");
        if (b->drop && !ubjson_real_at(doc->weight_drop, t, &drop)) return damaged(e, t, "it has no weight");
        b->groups[t] = (uint32_t)group;
        if (b->drop) b->drop[t] = (float)drop;
        if (!read_tree(b, &trees->list.items[t], t, e)) return false;
    }
    return true;
}

static bool read_linear(booster *b, const xgboost_document *doc, err *e)
{
    const ubjson_value *weights = ubjson_get(doc->model, "weights");
    size_t count = (b->features + 1) * b->group_count;
    double *numbers = arena_alloc_array(b->memory, count + 1, sizeof *numbers);
    if (!numbers) return err_set(e, ERR_MEMORY, "no memory for %zu weights", count);
    if (ubjson_count(weights) != count)
        return err_set(e, ERR_INVALID, "the linear model has %zu weights, not %zu", ubjson_count(weights),
                       count);
    for (size_t i = 0; i < count; i++)
        if (!ubjson_real_at(weights, i, &numbers[i]))
            return err_set(e, ERR_INVALID, "weight %zu is no number", i);
    b->linear = numbers;
    return true;
}

/* --- the head -------------------------------------------------------------------------------------------------------------- */

static double margin_of(link l, double score)
{
    if (l == LINK_LOGIT) return -(double)logf(1.0f / (float)score - 1.0f);
    return l == LINK_LOG ? (double)logf((float)score) : score;
}

/* "5E-1", or from 3.1 on "[5E-1]", with a number for each group. */
static bool read_base(booster *b, const xgboost_document *doc, link l, err *e)
{
    str text = str_trim(ubjson_text(ubjson_get(doc->params, "base_score"))), part = STR_NONE;
    if (str_starts_with(text, STR("[")) && str_ends_with(text, STR("]")))
        text = str_slice(text, 1, text.len - 2);
    b->base = arena_alloc_array(b->memory, b->group_count, sizeof *b->base);
    if (!b->base) return err_set(e, ERR_MEMORY, "no memory for %zu groups", b->group_count);
    const ubjson_value *own = ubjson_get(doc->params, "base_margin");
    bool has_margin = own && own->kind == UBJSON_REAL;
    double score = 0.5, margin = has_margin ? own->real : 0;
    for (size_t g = 0; g < b->group_count; g++) {
        if (str_next(&text, ',', &part) && !number_parse(str_trim(part), &score))
            return err_set(e, ERR_INVALID, "base_score of the XGBoost model is no number");
        b->base[g] = has_margin ? (float)margin : (float)margin_of(l, score);
        if (doc->booster == XGBOOST_LINEAR) b->base[g] = b->base[0]; /* it knows one start for all */
    }
    return true;
}

static bool find_objective(const xgboost_document *doc, size_t *which, err *e)
{
    str name = ubjson_text(ubjson_get(ubjson_get(doc->learner, "objective"), "name"));
    for (*which = 0; *which < COUNT_OF(objectives); ++*which)
        if (str_eq(name, str_from_c(objectives[*which].name))) return true;
    return err_set(e, ERR_UNSUPPORTED, "the objective '%.*s' of the XGBoost model is not understood",
                   STR_ARG(str_slice(name, 0, 60)));
}

static bool read_names(model *m, const xgboost_document *doc, err *e)
{
    const ubjson_value *names = ubjson_get(doc->learner, "feature_names");
    size_t count = ubjson_count(names);
    if (count != m->info.feature_count || names->kind != UBJSON_LIST) return true;
    str *copy = arena_alloc_array(&m->memory, count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        str name = ubjson_text(&names->list.items[i]);
        if (!name.len || !str_is_utf8(name)) return true;
        copy[i] = arena_copy(&m->memory, name);
        if (!copy[i].data) copy = NULL;
    }
    m->info.feature_names = copy;
    return copy || err_set(e, ERR_MEMORY, "no memory for the names of features");
}

static str version_of(arena *a, const xgboost_document *doc)
{
    const ubjson_value *version = ubjson_get(&doc->root, "version");
    int64_t part[3];
    for (size_t i = 0; i < 3; i++)
        if (!ubjson_integer_at(version, i, &part[i])) return STR("");
    str text = arena_printf(a, "%lld.%lld.%lld", (long long)part[0], (long long)part[1], (long long)part[2]);
    return text.data ? text : STR("");
}

static bool describe(model *m, booster *b, const xgboost_document *doc, err *e)
{
    size_t classes = b->gives == GIVES_TWO_CLASSES ? 2 : b->gives == GIVES_CLASSES ? b->group_count : 0;
    m->info = (model_info){.library = STR("xgboost"),
                           .version = version_of(&m->memory, doc),
                           .name = classes ? STR("XGBClassifier") : STR("XGBRegressor"),
                           .feature_count = b->features,
                           .node_count = b->node_count};
    m->info.summary = b->linear
                          ? arena_printf(&m->memory, "linear, %zu features", b->features)
                          : arena_printf(&m->memory, "%zu trees, %zu features", b->tree_count, b->features);
    if (!m->info.summary.data) return err_set(e, ERR_MEMORY, "no memory for a model");
    return booster_describe(m, classes, classes ? 1 : b->group_count, e) && read_names(m, doc, e);
}

static bool read_booster(model *m, const xgboost_document *doc, err *e)
{
    booster *b = arena_alloc(&m->memory, sizeof *b);
    size_t which;
    int64_t targets = 1;
    if (!b) return err_set(e, ERR_MEMORY, "no memory for a model");
    if (!find_objective(doc, &which, e)) return false;
    if (!xgboost_number(doc->params, "num_target", &targets) || targets < 1) targets = 1;
    *b = (booster){.memory = &m->memory, .features = doc->features, .gives = objectives[which].gives};
    b->group_count = doc->classes > 1 ? doc->classes : (size_t)targets;
    if (b->features == 0 || b->features > LIMIT_TABLE_COLUMNS || b->group_count > LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_TOO_LARGE,
                       "the model has %zu features and %zu groups (LIMIT_TABLE_COLUMNS allows %d)",
                       b->features, b->group_count, (int)LIMIT_TABLE_COLUMNS);
    if (b->gives == GIVES_TWO_CLASSES && b->group_count > 1)
        return err_set(e, ERR_UNSUPPORTED, "a classifier of several targets is not served");
    if (b->gives == GIVES_CLASSES && b->group_count < 2)
        return err_set(e, ERR_INVALID, "a classifier of one class");
    m->self = b;
    return read_base(b, doc, objectives[which].link, e) &&
           (doc->booster == XGBOOST_LINEAR ? read_linear(b, doc, e)
                                           : read_trees(b, doc, e) && make_engine(b, e)) &&
           describe(m, b, doc, e);
}

bool xgboost_model_read(bytes file, model **out, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    AUTO(model_free) model *m = NULL;
    xgboost_document doc;
    if (!xgboost_document_read(&scratch, file, &doc, e) || !model_new(&xgboost_kind, &m, e) ||
        !read_booster(m, &doc, e))
        return false;
    *out = TAKE(m);
    return true;
}
