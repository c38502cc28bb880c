/*
 * format/lightgbm/text.c - the text as LightGBM's own loader takes it.
 *
 * The loader jumps from tree to tree by tree_sizes, so those must agree with what stands there, or two readers see two models. Nodes are
 * counted from 0; a negative link -n-1 is leaf n.
 */
#include "format/lightgbm.h"

#include "base/limits.h"
#include "booster.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 64 };

static bool broken(err *e, const char *what)
{
    return err_set(e, ERR_INVALID, "the LightGBM model is damaged: %s", what);
}

static bool broken_tree(err *e, size_t tree, const char *what)
{
    return err_set(e, ERR_INVALID, "the LightGBM model is damaged: tree %zu: %s", tree, what);
}

bool lightgbm_is(bytes content)
{
    str text = bytes_str(content);
    bool is_tree = str_starts_with(text, STR("tree\n")) || str_starts_with(text, STR("tree\r\n"));
    str head = str_slice(text, 0, 4096);
    return is_tree && (str_contains(head, STR("version=")) || str_contains(head, STR("num_class=")));
}

/* --- pairs ----------------------------------------------------------------------------------------------------------------------- */

str lightgbm_value(const lightgbm_part *part, const char *name)
{
    for (size_t i = 0; i < part->count; i++)
        if (str_eq(part->pairs[i].name, str_from_c(name))) return part->pairs[i].value;
    return STR_NONE;
}

static bool add_pair(arena *a, lightgbm_part *part, str line, err *e)
{
    str name, value;
    if (!str_cut(line, '=', &name, &value) && !str_eq(line, STR("average_output")))
        return broken(e, "a line is no name=value");
    if (name.len == 0) return broken(e, "a line has no name");
    for (size_t i = 0; i < part->count; i++)
        if (str_eq(part->pairs[i].name, name)) return broken(e, "a name stands twice");
    if (part->count >= LIMIT_UBJSON_MEMBERS) return broken(e, "a part has too many lines");
    if (part->count == part->capacity) {
        size_t capacity = part->capacity ? part->capacity * 2 : 32;
        lightgbm_pair *larger = arena_alloc_array(a, capacity, sizeof *larger);
        if (!larger) return err_set(e, ERR_MEMORY, "no memory for a LightGBM model");
        if (part->count) memcpy(larger, part->pairs, part->count * sizeof *larger);
        part->pairs = larger;
        part->capacity = capacity;
    }
    /* A value that is empty is there all the same. */
    if (!value.data) value = STR("");
    part->pairs[part->count++] = (lightgbm_pair){name, value};
    return true;
}

static str next_word(str *rest)
{
    while (rest->len && rest->data[0] == ' ') *rest = str_skip(*rest, 1);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ') len++;
    str word = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len);
    return word;
}

bool lightgbm_next_integer(str *rest, int64_t *number)
{
    str after = *rest, word = next_word(&after);
    if (!str_to_i64(word, number)) return false;
    *rest = after;
    return true;
}

/* strtod also takes hexadecimal numbers, inf and nan, as LightGBM's own reader does. */
bool lightgbm_next_real(str *rest, double *number)
{
    str after = *rest, word = next_word(&after);
    char text[NUMBER_BYTES], *end;
    if (word.len == 0 || word.len >= sizeof(text) || memchr(word.data, 0, word.len)) return false;
    memcpy(text, word.data, word.len);
    text[word.len] = 0;
    double value = strtod(text, &end);
    if (end != text + word.len) return false;
    *number = value;
    *rest = after;
    return true;
}

/* --- lists of one tree ------------------------------------------------------------------------------------------------------------- */

typedef enum list_kind { INTEGERS, REALS } list_kind;
typedef enum list_of { OF_SPLITS, OF_LEAVES } list_of;

static const struct {
    const char *name;
    list_kind kind;
    list_of of;
    bool is_needed;
} lists[] = {
    {"split_feature", INTEGERS, OF_SPLITS, true},  {"threshold", REALS, OF_SPLITS, true},
    {"decision_type", INTEGERS, OF_SPLITS, false}, {"left_child", INTEGERS, OF_SPLITS, true},
    {"right_child", INTEGERS, OF_SPLITS, true},    {"leaf_value", REALS, OF_LEAVES, true},
    {"split_gain", REALS, OF_SPLITS, false},       {"internal_value", REALS, OF_SPLITS, false},
    {"internal_count", REALS, OF_SPLITS, false},   {"internal_weight", REALS, OF_SPLITS, false},
    {"leaf_count", REALS, OF_LEAVES, false},       {"leaf_weight", REALS, OF_LEAVES, false},
    {"leaf_const", REALS, OF_LEAVES, false},       {"num_features", INTEGERS, OF_LEAVES, false},
};

static bool count_list(str text, list_kind kind, size_t *count)
{
    int64_t integer;
    double real;
    *count = 0;
    while (kind == INTEGERS ? lightgbm_next_integer(&text, &integer) : lightgbm_next_real(&text, &real))
        ++*count;
    return str_trim(text).len == 0;
}

static bool check_lists(const lightgbm_part *tree, size_t index, size_t leaves, err *e)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        str text = lightgbm_value(tree, lists[i].name);
        size_t wanted = lists[i].of == OF_LEAVES ? leaves : leaves - 1, count;
        if (!count_list(text, lists[i].kind, &count))
            return err_set(e, ERR_INVALID,
                           "the LightGBM model is damaged: tree %zu: %s is no list of numbers", index,
                           lists[i].name);
        /* A tree of one leaf has no weight or count of it, and lists that only tell of training may be missing. */
        if (count == wanted || (count == 0 && !lists[i].is_needed)) continue;
        return err_set(e, ERR_INVALID, "the LightGBM model is damaged: tree %zu: %s has %zu items, not %zu",
                       index, lists[i].name, count, wanted);
    }
    return true;
}

/* Splits first, then leaves, as one list of nodes. */
static bool check_links(const lightgbm_part *tree, size_t index, size_t leaves, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    size_t splits = leaves - 1, nodes = splits + leaves;
    int64_t *children = arena_alloc_array(&scratch, 2 * nodes, sizeof *children);
    if (!children) return err_set(e, ERR_MEMORY, "no memory for a tree of %zu leaves", leaves);
    for (size_t i = 0; i < 2 * nodes; i++) children[i] = BOOSTER_NO_NODE;
    str side[2] = {lightgbm_value(tree, "left_child"), lightgbm_value(tree, "right_child")};
    for (size_t i = 0; i < 2 * splits; i++) {
        int64_t link;
        if (!lightgbm_next_integer(&side[i % 2], &link)) return broken_tree(e, index, "a child is missing");
        bool fits = link >= 0 ? (uint64_t)link < splits : link >= -(int64_t)leaves;
        if (!fits) return broken_tree(e, index, "a node's child is not in the tree");
        children[i] = link >= 0 ? link : (int64_t)splits - link - 1;
    }
    const char *fault;
    if (!booster_check_links(&scratch, children, nodes, &fault, e)) return false;
    return !fault || broken_tree(e, index, fault);
}

static bool check_boundaries(str text, size_t wanted, size_t all)
{
    int64_t number, before = 0;
    size_t count = 0;
    for (; lightgbm_next_integer(&text, &number); count++) {
        if (number < before || (count == 0 && number != 0)) return false;
        before = number;
    }
    return count == wanted && (uint64_t)before == all;
}

/* The threshold of a categorical split is the index of its set of categories; decision_type has 1 in its lowest bit then. */
static bool check_splits(const lightgbm_model *m, const lightgbm_part *tree, size_t index, size_t leaves,
                         size_t sets, err *e)
{
    str features = lightgbm_value(tree, "split_feature"), thresholds = lightgbm_value(tree, "threshold"),
        decisions = lightgbm_value(tree, "decision_type");
    for (size_t i = 0; i + 1 < leaves; i++) {
        int64_t feature, decision = 0;
        double threshold;
        if (!lightgbm_next_integer(&features, &feature) || feature < 0 || (uint64_t)feature >= m->features)
            return broken_tree(e, index, "a node asks for a feature that the model does not have");
        (void)lightgbm_next_integer(&decisions, &decision);
        if (!lightgbm_next_real(&thresholds, &threshold))
            return broken_tree(e, index, "a threshold is no number");
        bool is_in_sets = threshold >= 0 && threshold < (double)sets;
        if ((decision & 1) && !is_in_sets)
            return broken_tree(e, index, "a node asks for categories that the tree does not have");
    }
    return true;
}

static bool check_categories(const lightgbm_part *tree, size_t index, uint64_t *sets, err *e)
{
    *sets = 0;
    str said = lightgbm_value(tree, "num_cat");
    if (said.data && !str_to_u64(said, sets)) return broken_tree(e, index, "num_cat is no number");
    if (*sets == 0) return true;
    size_t all;
    if (*sets > lightgbm_value(tree, "cat_boundaries").len ||
        !count_list(lightgbm_value(tree, "cat_threshold"), INTEGERS, &all) ||
        !check_boundaries(lightgbm_value(tree, "cat_boundaries"), (size_t)*sets + 1, all))
        return broken_tree(e, index, "its categories do not fit together");
    return true;
}

static bool check_tree(const lightgbm_model *m, size_t index, err *e)
{
    const lightgbm_part *tree = &m->trees[index];
    uint64_t leaves, sets;
    str values = lightgbm_value(tree, "leaf_value");
    if (!str_to_u64(lightgbm_value(tree, "num_leaves"), &leaves) || leaves == 0)
        return broken_tree(e, index, "it has no number of leaves");
    if (leaves > values.len) return broken_tree(e, index, "it has more leaves than values");
    return check_lists(tree, index, (size_t)leaves, e) && check_links(tree, index, (size_t)leaves, e) &&
           check_categories(tree, index, &sets, e) &&
           check_splits(m, tree, index, (size_t)leaves, (size_t)sets, e);
}

/* --- the whole ----------------------------------------------------------------------------------------------------------------------- */

static str take_line(str *rest)
{
    str line = STR_NONE;
    (void)str_next(rest, '\n', &line);
    if (str_ends_with(line, STR("\r"))) line.len--;
    return line;
}

static bool take_part(arena *a, str *rest, lightgbm_part *part, err *e)
{
    while (rest->len) {
        str before = *rest, line = take_line(rest);
        if (str_starts_with(line, STR("Tree=")) || str_eq(line, STR("end of trees"))) {
            *rest = before;
            return true;
        }
        if (line.len && !add_pair(a, part, line, e)) return false;
    }
    return err_set(e, ERR_TRUNCATED, "the LightGBM model ends early: there is no 'end of trees'");
}

static bool take_tree(arena *a, lightgbm_model *m, str *rest, size_t *capacity, err *e)
{
    if (m->tree_count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 64;
        lightgbm_part *trees = arena_alloc_array(a, larger, sizeof *trees);
        if (!trees) return err_set(e, ERR_MEMORY, "no memory for %zu trees", larger);
        if (m->tree_count) memcpy(trees, m->trees, m->tree_count * sizeof *trees);
        m->trees = trees;
        *capacity = larger;
    }
    uint64_t number;
    str line = take_line(rest);
    if (!str_to_u64(str_skip(line, 5), &number) || number != m->tree_count)
        return broken_tree(e, m->tree_count, "it is not where it should be");
    return take_part(a, rest, &m->trees[m->tree_count++], e);
}

static bool take_trees(arena *a, lightgbm_model *m, str *rest, err *e)
{
    str sizes = lightgbm_value(&m->head, "tree_sizes");
    size_t capacity = 0;
    while (str_starts_with(*rest, STR("Tree="))) {
        size_t before = rest->len;
        int64_t size;
        if (!take_tree(a, m, rest, &capacity, e)) return false;
        if (!sizes.data) continue;
        if (!lightgbm_next_integer(&sizes, &size) || size < 0 || (uint64_t)size != before - rest->len)
            return broken_tree(e, m->tree_count - 1, "tree_sizes says that it is of another size");
    }
    return str_trim(sizes).len == 0 || broken(e, "it has not as many trees as tree_sizes says");
}

static bool read_head(lightgbm_model *m, err *e)
{
    uint64_t last;
    if (!str_to_u64(lightgbm_value(&m->head, "max_feature_idx"), &last) || last > UINT32_MAX)
        return broken(e, "max_feature_idx is no number");
    if (!str_to_u64(lightgbm_value(&m->head, "num_class"), &m->classes) || m->classes == 0)
        return broken(e, "num_class is no number");
    if (!str_to_u64(lightgbm_value(&m->head, "num_tree_per_iteration"), &m->trees_per_iteration) ||
        m->trees_per_iteration == 0)
        m->trees_per_iteration = m->classes;
    m->features = last + 1;
    str names = lightgbm_value(&m->head, "feature_names");
    uint64_t named = 0;
    while (next_word(&names).len) named++;
    return named == m->features || broken(e, "it has not one name for each feature");
}

/* "name=3" of the importances, "[name: value]" of the parameters. */
static bool is_tail_line(str line, bool in_parameters)
{
    if (in_parameters) return str_starts_with(line, STR("[")) && str_ends_with(line, STR("]"));
    ptrdiff_t sign = str_find_last(line, '=');
    return sign > 0 && (size_t)sign + 1 < line.len;
}

/* Behind the trees: importances, parameters, and the categories of pandas as JSON. The last line is as whole as the others, or the file was cut. */
static bool check_tail(str rest, err *e)
{
    bool in_parameters = false, is_closed = !rest.len || rest.data[rest.len - 1] == '\n';
    (void)take_line(&rest); /* "end of trees" */
    while (rest.len) {
        str line = take_line(&rest);
        if (str_starts_with(line, STR("pandas_categorical:"))) {
            str json = str_trim(str_skip(line, 19));
            is_closed = str_eq(json, STR("null")) ||
                        (str_starts_with(json, STR("[")) && str_ends_with(json, STR("]")));
            continue;
        }
        bool opens = str_eq(line, STR("parameters:")), ends = str_eq(line, STR("end of parameters"));
        bool is_head = str_eq(line, STR("feature_importances:")) || str_eq(line, STR("feature importances:"));
        if (opens || ends) in_parameters = opens;
        if (line.len && !opens && !ends && !is_head && !is_tail_line(line, in_parameters))
            return broken(e, "a line behind its trees is none that LightGBM writes");
    }
    if (in_parameters || !is_closed)
        return err_set(e, ERR_TRUNCATED, "the LightGBM model ends early, behind its trees");
    return true;
}

bool lightgbm_read(arena *a, bytes content, lightgbm_model *out, err *e)
{
    lightgbm_model m = {0};
    str rest = bytes_str(content);
    (void)take_line(&rest); /* "tree" */
    if (!take_part(a, &rest, &m.head, e) || !read_head(&m, e) || !take_trees(a, &m, &rest, e)) return false;
    if (!str_starts_with(rest, STR("end of trees"))) return broken(e, "a tree is not where it should be");
    if (!check_tail(rest, e)) return false;
    for (size_t i = 0; i < m.tree_count; i++)
        if (!check_tree(&m, i, e)) return false;
    *out = m;
    return true;
}
