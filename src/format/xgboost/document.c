/*
 * format/xgboost/document.c - JSON and UBJSON models: the shape that XGBoost's own reader relies on, checked before anyone else does.
 */
#include "format/xgboost.h"

#include "base/buf.h"
#include "base/limits.h"
#include "booster.h"
#include "xgboost/xgboost.h"

#include <stdio.h>

static bool broken(err *e, const char *what)
{
    return err_set(e, ERR_INVALID, "the XGBoost model is damaged: %s", what);
}

static bool broken_tree(err *e, size_t tree, const char *what)
{
    return err_set(e, ERR_INVALID, "the XGBoost model is damaged: tree %zu: %s", tree, what);
}

/* --- recognising --------------------------------------------------------------------------------------------------------------- */

static str without_space(bytes content)
{
    return str_trim(bytes_str((bytes){content.data, content.len < 64 ? content.len : 64}));
}

static bool is_json(bytes content)
{
    str head = without_space(content);
    return str_starts_with(head, STR("{")) && str_starts_with(str_trim(str_skip(head, 1)), STR("\""));
}

static bool has(bytes content, const char *text)
{
    return content.len && memmem(content.data, content.len, text, strlen(text)) != NULL;
}

bool xgboost_is_document(bytes content)
{
    if (content.len < 16) return false;
    /* A document within another is that one's: `assay model convert --to json` writes such. */
    if (str_starts_with(bytes_str(content), STR("{\"schema\":\"assay.estimator/1\",\"library\":")))
        return false;
    if (is_json(content)) return has(content, "\"learner\"") && has(content, "\"gradient_booster\"");
    bool is_binary = content.data[0] == '{' && strchr("iUIlL#$", content.data[1]) && content.data[1];
    return is_binary && has(content, "learner") && has(content, "gradient_booster");
}

/* --- parts --------------------------------------------------------------------------------------------------------------------- */

bool xgboost_number(const ubjson_value *object, const char *name, int64_t *number)
{
    const ubjson_value *value = ubjson_get(object, name);
    return ubjson_as_integer(value, number) || str_to_i64(ubjson_text(value), number);
}

/* Lists with one item a node. Those that only tell of training may be absent; those that a prediction follows may not. */
static const struct {
    const char *name;
    bool is_needed;
} node_lists[] = {{"left_children", true},    {"right_children", true}, {"split_indices", true},
                  {"split_conditions", true}, {"default_left", true},   {"parents", false},
                  {"base_weights", false},    {"loss_changes", false},  {"sum_hessian", false},
                  {"split_type", false}};

/* Trees for several targets at once keep a vector a leaf in base_weights. */
static bool check_lengths(const ubjson_value *tree, size_t index, size_t nodes, size_t targets, err *e)
{
    for (size_t i = 0; i < COUNT_OF(node_lists); i++) {
        const char *name = node_lists[i].name;
        const ubjson_value *list = ubjson_get(tree, name);
        if (!list && !node_lists[i].is_needed) continue;
        size_t count = ubjson_count(list);
        bool is_vector = targets > 1 && strcmp(name, "base_weights") == 0;
        if (count != nodes && !is_vector)
            return err_set(e, ERR_INVALID,
                           "the XGBoost model is damaged: tree %zu: %s has %zu items for %zu nodes", index,
                           name, count, nodes);
    }
    return true;
}

/* Trees for several targets (3.1 and later) name a leaf's vector where its right child would be. */
static bool is_leaf_of_vectors(int64_t left, int64_t right, size_t leaves)
{
    return left == BOOSTER_NO_NODE && right >= 0 && (uint64_t)right < leaves;
}

static bool check_links(const ubjson_value *tree, size_t index, size_t nodes, size_t targets, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    int64_t *children = arena_alloc_array(&scratch, 2 * nodes + 2, sizeof *children);
    if (!children) return err_set(e, ERR_MEMORY, "no memory for a tree of %zu nodes", nodes);
    const ubjson_value *left = ubjson_get(tree, "left_children"), *right = ubjson_get(tree, "right_children");
    size_t leaves = ubjson_count(ubjson_get(tree, "leaf_weights")) / targets;
    for (size_t i = 0; i < nodes; i++) {
        int64_t *of_node = &children[2 * i];
        if (!ubjson_integer_at(left, i, &of_node[0]) || !ubjson_integer_at(right, i, &of_node[1]))
            return broken_tree(e, index, "a child is no number");
        if (is_leaf_of_vectors(of_node[0], of_node[1], leaves)) of_node[1] = BOOSTER_NO_NODE;
    }
    const char *fault;
    if (!booster_check_links(&scratch, children, nodes, &fault, e)) return false;
    return !fault || broken_tree(e, index, fault);
}

static bool check_splits(const ubjson_value *tree, size_t index, size_t nodes, uint64_t features, err *e)
{
    const ubjson_value *feature = ubjson_get(tree, "split_indices");
    const ubjson_value *condition = ubjson_get(tree, "split_conditions");
    for (size_t i = 0; i < nodes; i++) {
        int64_t at;
        double unused;
        if (!ubjson_integer_at(feature, i, &at) || at < 0 || ((uint64_t)at >= features && at != 0))
            return broken_tree(e, index, "a node asks for a feature that the model does not have");
        if (!ubjson_real_at(condition, i, &unused)) return broken_tree(e, index, "a threshold is no number");
    }
    return true;
}

/* A categorical node names its categories as a part of one common list. */
static bool check_categories(const ubjson_value *tree, size_t index, size_t nodes, err *e)
{
    const ubjson_value *starts = ubjson_get(tree, "categories_segments"),
                       *sizes = ubjson_get(tree, "categories_sizes"),
                       *of_nodes = ubjson_get(tree, "categories_nodes");
    size_t count = ubjson_count(of_nodes), all = ubjson_count(ubjson_get(tree, "categories"));
    if (ubjson_count(starts) != count || ubjson_count(sizes) != count)
        return broken_tree(e, index, "the lists of categories differ in length");
    for (size_t i = 0; i < count; i++) {
        int64_t node, start, size;
        bool fits = ubjson_integer_at(of_nodes, i, &node) && ubjson_integer_at(starts, i, &start) &&
                    ubjson_integer_at(sizes, i, &size) && node >= 0 && (uint64_t)node < nodes && start >= 0 &&
                    size >= 0 && (uint64_t)start <= all && (uint64_t)size <= all - (uint64_t)start;
        if (!fits) return broken_tree(e, index, "a node's categories are not in the tree");
    }
    return true;
}

static bool check_tree(const xgboost_document *d, const ubjson_value *tree, size_t index, err *e)
{
    int64_t nodes, targets = 1;
    const ubjson_value *params = ubjson_get(tree, "tree_param");
    if (!xgboost_number(params, "num_nodes", &nodes) || nodes < 1)
        return broken_tree(e, index, "it has no number of nodes");
    (void)xgboost_number(params, "size_leaf_vector", &targets);
    size_t count = ubjson_count(ubjson_get(tree, "left_children"));
    if ((uint64_t)nodes != count) return broken_tree(e, index, "it has not as many nodes as it says");
    size_t vector = targets > 1 ? (size_t)targets : 1;
    return check_lengths(tree, index, count, vector, e) && check_links(tree, index, count, vector, e) &&
           check_splits(tree, index, count, d->features, e) && check_categories(tree, index, count, e);
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------- */

static bool check_trees(xgboost_document *d, err *e)
{
    const ubjson_value *trees = ubjson_get(d->model, "trees"), *info = ubjson_get(d->model, "tree_info");
    int64_t said;
    if (!trees || trees->kind != UBJSON_LIST) return broken(e, "it has no list of trees");
    d->trees = ubjson_count(trees);
    if (!xgboost_number(ubjson_get(d->model, "gbtree_model_param"), "num_trees", &said) || said < 0 ||
        (uint64_t)said != d->trees || ubjson_count(info) != d->trees)
        return broken(e, "it has not as many trees as it says");
    for (size_t i = 0; i < d->trees; i++) {
        int64_t group;
        if (!ubjson_integer_at(info, i, &group) || group < 0 ||
            (group > 0 && d->classes > 1 && (uint64_t)group >= d->classes))
            return broken_tree(e, i, "it is of a class that the model does not have");
        if (!check_tree(d, &trees->list.items[i], i, e)) return false;
    }
    if (d->booster == XGBOOST_DART && ubjson_count(d->weight_drop) != d->trees)
        return broken(e, "it has not one weight for each tree");
    return true;
}

static bool check_weights(const xgboost_document *d, err *e)
{
    uint64_t groups = d->classes > 1 ? d->classes : 1, wanted;
    const ubjson_value *weights = ubjson_get(d->model, "weights");
    size_t count = ubjson_count(weights);
    bool fits = !__builtin_mul_overflow(d->features + 1, groups, &wanted) && wanted == count;
    /* A model of several targets has more of them, always as many for each feature and the bias. */
    if (!fits && (count == 0 || count % (d->features + 1) != 0))
        return broken(e, "its weights do not fit its features");
    for (size_t i = 0; i < count; i++) {
        double unused;
        if (!ubjson_real_at(weights, i, &unused)) return broken(e, "a weight is no number");
    }
    return true;
}

static bool find_booster(xgboost_document *d, err *e)
{
    const ubjson_value *booster = ubjson_get(d->learner, "gradient_booster");
    str name = ubjson_text(ubjson_get(booster, "name"));
    if (str_eq(name, STR("dart"))) {
        d->booster = XGBOOST_DART;
        d->weight_drop = ubjson_get(booster, "weight_drop");
        booster = ubjson_get(booster, "gbtree");
    } else if (str_eq(name, STR("gblinear"))) {
        d->booster = XGBOOST_LINEAR;
    } else if (str_eq(name, STR("gbtree"))) {
        d->booster = XGBOOST_TREES;
    } else {
        return broken(e, "its booster is none that XGBoost has");
    }
    d->model = ubjson_get(booster, "model");
    return d->model || broken(e, "its booster has no model");
}

static bool find_params(xgboost_document *d, err *e)
{
    int64_t features, classes = 0;
    d->learner = ubjson_get(&d->root, "learner");
    d->params = ubjson_get(d->learner, "learner_model_param");
    if (!xgboost_number(d->params, "num_feature", &features) || features < 0)
        return broken(e, "it has no number of features");
    if (ubjson_get(d->params, "num_class") &&
        (!xgboost_number(d->params, "num_class", &classes) || classes < 0))
        return broken(e, "its number of classes is none");
    size_t named = ubjson_count(ubjson_get(d->learner, "feature_names"));
    if (named && named != (uint64_t)features) return broken(e, "it has not one name for each feature");
    if (ubjson_text(ubjson_get(ubjson_get(d->learner, "objective"), "name")).len == 0)
        return broken(e, "it has no objective");
    d->features = (uint64_t)features;
    d->classes = (uint64_t)classes;
    return true;
}

/* XGBoost writes NaN and Infinity, which JSON does not have. NaN becomes null, and infinity the largest number, which is infinite as a float.
 */
static const struct {
    const char *word, *number;
} not_json[] = {{"-Infinity", "-1e308   "}, {"Infinity", "1e308   "}, {"NaN", "null"}};

static bool add_words(bytes content, buf *out)
{
    bool in_string = false;
    for (size_t i = 0; i < content.len;) {
        uint8_t c = content.data[i];
        str rest = str_slice(bytes_str(content), i, 16);
        const char *number = NULL;
        size_t taken = 1;
        for (size_t w = 0; !in_string && (c == '-' || c == 'I' || c == 'N') && w < COUNT_OF(not_json); w++)
            if (!number && str_starts_with(rest, str_from_c(not_json[w].word))) {
                number = not_json[w].number;
                taken = strlen(not_json[w].word);
            }
        if (in_string && c == '\\' && i + 1 < content.len) taken = 2;
        if (c == '"') in_string = !in_string;
        buf_add(out, number ? str_bytes(str_from_c(number)) : (bytes){content.data + i, taken});
        i += taken;
    }
    return !out->failed;
}

static bool decode(arena *a, bytes content, ubjson_value *root, err *e)
{
    static const char what[] = "the XGBoost model";
    if (!is_json(content)) return ubjson_decode(a, content, what, root, e);
    AUTO(json_release) json_t *json = NULL;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_MODEL_JSON_BYTES);
    if (has(content, "NaN") || has(content, "Infinity")) {
        if (!add_words(content, &text)) return buf_ok(&text, what, e);
        content = buf_bytes(&text);
    }
    return json_decode_model(content, what, &json, e) && ubjson_from_json(a, json, root, e);
}

bool xgboost_document_read(arena *a, bytes content, xgboost_document *out, err *e)
{
    xgboost_document d = {0};
    bool made = xgboost_is_binary(content) ? xgboost_binary_document(a, content, &d.root, e)
                                           : decode(a, content, &d.root, e);
    if (!made) return false;
    /* What Python pickles of a booster: its settings, and the model in the shape of a file. */
    const ubjson_value *inner = ubjson_get(&d.root, "Model");
    if (ubjson_get(inner, "learner")) d.root = *inner;
    *out = d;
    return find_params(out, e) && find_booster(out, e) &&
           (out->booster == XGBOOST_LINEAR ? check_weights(out, e) : check_trees(out, e));
}
