/*
 * format/catboost/document.c - CatBoost's model as JSON (save_model with format="json"): features, and symmetric trees of splits and leaves.
 */
#include "base/limits.h"
#include "catboost/catboost.h"
#include "codec/json.h"
#include "json_text.h"
#include "nested.h"

enum { DEPTH_MAX = 16, VERSION_BYTES_MAX = 64 };

static bool sniff(const format_input *in)
{
    return json_text_is_object(in->content) && json_text_has(in->content, "features_info") &&
           (json_text_has(in->content, "oblivious_trees") || json_text_has(in->content, "model_info") ||
            json_text_has(in->content, "scale_and_bias"));
}

/* A tree of n splits has 2^n leaves of `dimension` numbers each. */
static const char *check_tree(const json_t *tree, size_t *dimension)
{
    const json_t *splits = json_object_get(tree, "splits"), *leaves = json_object_get(tree, "leaf_values");
    size_t depth = json_array_size(splits), count = json_array_size(leaves), i;
    if (!json_is_array(leaves)) return "a tree has no leaves";
    if (depth > DEPTH_MAX) return "a tree has an impossible depth";
    if (count == 0 || count % ((size_t)1 << depth) != 0)
        return "a tree has not as many leaves as its splits need";
    if (*dimension == 0) *dimension = count >> depth;
    if (*dimension != count >> depth) return "trees answer with different numbers of values";
    json_t *each;
    json_array_foreach(leaves, i, each) if (!json_is_number(each)) return "a leaf is no number";
    json_array_foreach(splits, i, each) if (!json_is_object(each)) return "a split is no object";
    return NULL;
}

static const char *check(const json_t *root, size_t *trees, size_t *dimension)
{
    const json_t *symmetric = json_object_get(root, "oblivious_trees"),
                 *others = json_object_get(root, "trees");
    const char *fault = NULL;
    size_t i;
    json_t *tree;
    if (!json_is_object(json_object_get(root, "features_info"))) return "it does not tell its features";
    if (!json_is_array(symmetric) && !json_is_array(others)) return "it has no trees";
    *trees = json_array_size(symmetric) + json_array_size(others);
    json_array_foreach(symmetric, i, tree) if (!fault) fault = check_tree(tree, dimension);
    json_array_foreach(others, i, tree) if (!fault && !json_is_object(tree)) fault = "a tree is no object";
    return fault;
}

static bool tell(const json_t *root, size_t trees, report *r, err *e)
{
    const json_t *info = json_object_get(root, "model_info"),
                 *features = json_object_get(root, "features_info");
    str version = json_text(info, "catboost_version_info");
    size_t count = json_array_size(json_object_get(features, "float_features")) +
                   json_array_size(json_object_get(features, "categorical_features"));
    ptrdiff_t line = str_find(version, '\n');
    version = str_slice(version, 0, line > 0 ? (size_t)line : version.len);
    return report_fact(r, STR("framework"), STR("catboost"), e) &&
           (version.len == 0 || version.len > VERSION_BYTES_MAX ||
            report_fact(r, STR("framework_version"), version, e)) &&
           nested_fact_number(r, STR("trees"), trees, e) && nested_fact_number(r, STR("features"), count, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    size_t trees = 0, dimension = 0;
    if (!json_decode_model(in->content, "the model", &root, &why))
        return why.code == ERR_MEMORY ? err_set(e, ERR_MEMORY, "%s", why.message)
                                      : catboost_broken(r, why.message, e);
    const char *fault = check(root, &trees, &dimension);
    return tell(root, trees, r, e) && (!fault || catboost_broken(r, fault, e));
}

const model_format format_catboost_json = {
    .name = "catboost", .title = "CatBoost model", .sniff = sniff, .read = read};
