/*
 * model/onnx/trees.c - TreeEnsembleClassifier and TreeEnsembleRegressor (ai.onnx.ml 1 and 3): arrays of nodes, named by tree and number; and TreeEnsemble
 * (ai.onnx.ml 5), whose nodes and leaves lie apart.
 *
 * Every node has at most one parent and every tree exactly one node without: so a walk from it ends.
 */
#include "onnx/onnx.h"

#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The numbers that TreeEnsemble gives them; a leaf has none there, and a set has no name elsewhere. */
typedef enum mode { LEQ, LT, GTE, GT, EQ, NEQ, MEMBER, LEAF, MODES } mode;
static const char *const mode_names[MODES] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE",    "BRANCH_GT",
                                              "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF"};
typedef enum aggregate { AVERAGE, SUM, MIN, MAX, AGGREGATES } aggregate;
static const char *const aggregate_names[AGGREGATES] = {"AVERAGE", "SUM", "MIN", "MAX"};

typedef struct node {
    double value;
    uint32_t set;     /* of MEMBER: where its numbers begin; a NaN ends them */
    uint32_t yes, no; /* of a leaf: its first weight, and the one after its last */
    uint32_t feature;
    uint8_t mode;
    bool missing_is_yes;
} node;

typedef struct weight {
    double value;
    uint32_t slot;
} weight;

typedef struct trees {
    node *nodes;
    weight *weights;
    uint32_t *roots;
    size_t node_count, root_count, slots, features;
    onnx_reals base, sets;
    model_classes classes; /* none: a regressor */
    onnx_post post;
    aggregate how;
    bool single_column, all_positive;
    bool is_any_type; /* TreeEnsemble answers in the type of its input */
} trees;

/* --- running --------------------------------------------------------------------------------------------------------------- */

static bool is_member(const trees *t, const node *n, double x)
{
    for (size_t i = n->set; i < t->sets.count && !isnan(t->sets.at[i]); i++)
        if (t->sets.at[i] == x) return true;
    return false;
}

static bool says_yes(const trees *t, const node *n, double x)
{
    if (isnan(x) && n->missing_is_yes) return true;
    switch ((mode)n->mode) {
    case LEQ: return x <= n->value;
    case LT: return x < n->value;
    case GTE: return x >= n->value;
    case GT: return x > n->value;
    case EQ: return x == n->value;
    case MEMBER: return is_member(t, n, x);
    default: return x != n->value;
    }
}

static void add(const trees *t, const weight *w, double *scores, bool *has)
{
    size_t slot = t->single_column ? 0 : w->slot;
    if (!has[slot])
        scores[slot] = w->value;
    else if (t->how == MIN)
        scores[slot] = fmin(scores[slot], w->value);
    else if (t->how == MAX)
        scores[slot] = fmax(scores[slot], w->value);
    else
        scores[slot] += w->value;
    has[slot] = true;
}

static void sum_row(const trees *t, const double *row, double *scores, bool *has)
{
    memset(scores, 0, t->slots * sizeof *scores);
    memset(has, 0, t->slots * sizeof *has);
    for (size_t k = 0; k < t->root_count; k++) {
        const node *n = &t->nodes[t->roots[k]];
        while (n->mode != LEAF) n = &t->nodes[says_yes(t, n, row[n->feature]) ? n->yes : n->no];
        for (size_t i = n->yes; i < n->no; i++) add(t, &t->weights[i], scores, has);
    }
    for (size_t s = 0; s < t->slots; s++) {
        if (t->how == AVERAGE) scores[s] /= (double)t->root_count;
        if (!t->single_column && t->base.count) scores[s] += t->base.at[s];
    }
    if (t->single_column && t->base.count) scores[0] += t->base.at[t->base.count - 1];
}

/* One column of weights for two classes. */
static size_t two_of_one(const trees *t, double *scores)
{
    double first = scores[0], s = first;
    bool logistic = t->post == POST_LOGISTIC;
    if (t->post == POST_PROBIT) onnx_post_apply(POST_PROBIT, &s, 1);
    scores[0] = logistic ? onnx_logistic(-s) : t->all_positive && t->post != POST_PROBIT ? 1 - s : -s;
    scores[1] = logistic ? onnx_logistic(s) : s;
    return first > (t->all_positive ? 0.5 : 0);
}

/* A row of `wide` numbers; the label's index. */
static size_t answer_row(const trees *t, const double *row, double *out, bool *has)
{
    sum_row(t, row, out, has);
    size_t best = t->single_column ? two_of_one(t, out) : onnx_largest(out, t->slots);
    if (!t->single_column) onnx_post_apply(t->post, out, t->slots);
    return best;
}

static bool run_trees(onnx_run *run, const onnx_node *n)
{
    const trees *t = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns;
    if (!onnx_as_matrix(&x, &rows, &columns)) return onnx_misfit(run, n);
    if (t->features > columns)
        return err_set(run->e, ERR_INVALID, "the trees of the ONNX model look at feature %zu of %zu",
                       t->features, columns);
    bool classifies = t->classes.count != 0;
    onnx_type type = t->is_any_type && x.type == ONNX_DOUBLE ? ONNX_DOUBLE : ONNX_FLOAT;
    onnx_value *scores = onnx_out(run, n, classifies, type, (size_t[]){rows, t->slots}, 2);
    bool *has = arena_alloc_array(run->memory, t->slots, sizeof *has);
    size_t *chosen = arena_alloc_array(run->memory, rows + 1, sizeof *chosen);
    if (!scores) return false;
    if (!has || !chosen) return err_set(run->e, ERR_MEMORY, "no memory for %zu sums", t->slots);
    for (size_t i = 0; i < rows; i++)
        chosen[i] = answer_row(t, x.numbers + i * columns, scores->numbers + i * t->slots, has);
    return !classifies || onnx_choose(run, n, &t->classes, chosen, rows);
}

/* --- reading --------------------------------------------------------------------------------------------------------------- */

typedef struct key {
    int64_t tree, id;
    uint32_t index;
} key;

static int by_name(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->tree != y->tree) return x->tree < y->tree ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static const key *find(const key *keys, size_t count, int64_t tree_id, int64_t id)
{
    key wanted = {.tree = tree_id, .id = id};
    return bsearch(&wanted, keys, count, sizeof *keys, by_name);
}

static bool damaged(err *e, const char *what)
{
    return err_set(e, ERR_INVALID, "the trees of the ONNX model are damaged: %s", what);
}

static key *make_keys(const onnx_source *s, const onnx_ints *ids, const onnx_ints *tree_ids, err *e)
{
    key *keys = arena_alloc_array(s->memory, ids->count, sizeof *keys);
    if (!keys) {
        (void)err_set(e, ERR_MEMORY, "no memory for %zu nodes", ids->count);
        return NULL;
    }
    for (size_t i = 0; i < ids->count; i++) keys[i] = (key){tree_ids->at[i], ids->at[i], (uint32_t)i};
    qsort(keys, ids->count, sizeof *keys, by_name);
    for (size_t i = 1; i < ids->count; i++)
        if (by_name(&keys[i - 1], &keys[i]) == 0) {
            (void)damaged(e, "two nodes have one name");
            return NULL;
        }
    return keys;
}

typedef struct lists {
    onnx_ints tree_ids, ids, features, yes, no, missing;
    onnx_reals values;
    onnx_texts modes;
} lists;

static bool read_lists(const onnx_source *s, lists *l, err *e)
{
    if (!onnx_attribute_ints(s, "nodes_treeids", &l->tree_ids, e) ||
        !onnx_attribute_ints(s, "nodes_nodeids", &l->ids, e) ||
        !onnx_attribute_ints(s, "nodes_featureids", &l->features, e) ||
        !onnx_attribute_ints(s, "nodes_truenodeids", &l->yes, e) ||
        !onnx_attribute_ints(s, "nodes_falsenodeids", &l->no, e) ||
        !onnx_attribute_ints(s, "nodes_missing_value_tracks_true", &l->missing, e) ||
        !onnx_attribute_reals(s, "nodes_values", &l->values, e) ||
        !onnx_attribute_texts(s, "nodes_modes", &l->modes, e))
        return false;
    size_t n = l->ids.count;
    if (n == 0 || n > LIMIT_FOREST_NODES)
        return damaged(e, "there are none, or more than LIMIT_FOREST_NODES");
    bool same = l->tree_ids.count == n && l->features.count == n && l->yes.count == n && l->no.count == n &&
                l->values.count == n && l->modes.count == n && (!l->missing.count || l->missing.count == n);
    return same || damaged(e, "lists of nodes differ in length");
}

static bool read_node(trees *t, const lists *l, const key *keys, size_t i, uint8_t *parents, err *e)
{
    node *n = &t->nodes[i];
    size_t m = 0;
    while (m < MODES && !str_eq(l->modes.at[i], str_from_c(mode_names[m]))) m++;
    if (m == MODES || m == MEMBER)
        return err_set(e, ERR_UNSUPPORTED, "the mode '%.*s' of a node is not understood",
                       STR_ARG(str_slice(l->modes.at[i], 0, 40)));
    n->mode = (uint8_t)m;
    if (m == LEAF) return true;
    const key *yes = find(keys, t->node_count, l->tree_ids.at[i], l->yes.at[i]),
              *no = find(keys, t->node_count, l->tree_ids.at[i], l->no.at[i]);
    if (!yes || !no) return damaged(e, "a node leads nowhere");
    if (parents[yes->index]++ || parents[no->index]++) return damaged(e, "a node has two parents");
    int64_t feature = l->features.at[i];
    if (feature < 0 || feature >= LIMIT_TABLE_COLUMNS) return damaged(e, "a node looks at no feature");
    if ((size_t)feature >= t->features) t->features = (size_t)feature + 1;
    n->value = l->values.at[i];
    n->feature = (uint32_t)feature;
    n->yes = yes->index;
    n->no = no->index;
    n->missing_is_yes = l->missing.count && l->missing.at[i];
    return true;
}

static bool find_roots(trees *t, const key *keys, const uint8_t *parents, err *e)
{
    for (size_t i = 0; i < t->node_count;) {
        size_t found = 0, first = i;
        for (; i < t->node_count && keys[i].tree == keys[first].tree; i++)
            if (!parents[keys[i].index]) {
                t->roots[t->root_count] = keys[i].index;
                found++;
            }
        if (found != 1) return damaged(e, "a tree has not exactly one root");
        t->root_count++;
    }
    return true;
}

typedef struct weights_of {
    onnx_ints tree_ids, ids, slots;
    onnx_reals values;
} weights_of;

static bool read_weight_lists(const onnx_source *s, const char *stem, weights_of *w, err *e)
{
    char names[4][32];
    static const char *const ends[4] = {"treeids", "nodeids", "ids", "weights"};
    for (size_t i = 0; i < 4; i++) snprintf(names[i], sizeof names[i], "%s_%s", stem, ends[i]);
    if (!onnx_attribute_ints(s, names[0], &w->tree_ids, e) || !onnx_attribute_ints(s, names[1], &w->ids, e) ||
        !onnx_attribute_ints(s, names[2], &w->slots, e) || !onnx_attribute_reals(s, names[3], &w->values, e))
        return false;
    size_t n = w->ids.count;
    bool same = n && n <= UINT32_MAX && w->tree_ids.count == n && w->slots.count == n && w->values.count == n;
    return same || damaged(e, "lists of weights differ in length");
}

/* Weights in the order of their leaves: counted first, then put in place. */
static bool read_weights(const onnx_source *s, trees *t, const key *keys, const char *stem, err *e)
{
    weights_of w;
    if (!read_weight_lists(s, stem, &w, e)) return false;
    size_t count = w.ids.count;
    uint32_t *leaf = arena_alloc_array(s->memory, count, sizeof *leaf), at = 0;
    t->weights = arena_alloc_array(s->memory, count, sizeof *t->weights);
    if (!leaf || !t->weights) return err_set(e, ERR_MEMORY, "no memory for %zu weights", count);
    bool one_slot = true;
    t->all_positive = true;
    for (size_t i = 0; i < count; i++) {
        const key *k = find(keys, t->node_count, w.tree_ids.at[i], w.ids.at[i]);
        if (!k || t->nodes[k->index].mode != LEAF) return damaged(e, "a weight belongs to no leaf");
        if (w.slots.at[i] < 0 || (uint64_t)w.slots.at[i] >= t->slots)
            return damaged(e, "a weight is of no class or target");
        leaf[i] = k->index;
        t->nodes[k->index].no++;
        one_slot = one_slot && w.slots.at[i] == w.slots.at[0];
        t->all_positive = t->all_positive && w.values.at[i] >= 0;
    }
    for (size_t i = 0; i < t->node_count; i++) {
        if (t->nodes[i].mode != LEAF) continue;
        uint32_t here = t->nodes[i].no;
        t->nodes[i].yes = t->nodes[i].no = at;
        at += here;
    }
    for (size_t i = 0; i < count; i++)
        t->weights[t->nodes[leaf[i]].no++] = (weight){w.values.at[i], (uint32_t)w.slots.at[i]};
    t->single_column = t->classes.count == 2 && one_slot;
    return true;
}

static bool read_ensemble(const onnx_source *s, trees *t, const char *stem, err *e)
{
    lists l;
    if (!read_lists(s, &l, e)) return false;
    t->node_count = l.ids.count;
    t->nodes = arena_alloc_array(s->memory, t->node_count, sizeof *t->nodes);
    t->roots = arena_alloc_array(s->memory, t->node_count, sizeof *t->roots);
    uint8_t *parents = arena_alloc_array(s->memory, t->node_count, sizeof *parents);
    if (!t->nodes || !t->roots || !parents)
        return err_set(e, ERR_MEMORY, "no memory for %zu nodes", t->node_count);
    key *keys = make_keys(s, &l.ids, &l.tree_ids, e);
    if (!keys) return false;
    for (size_t i = 0; i < t->node_count; i++)
        if (!read_node(t, &l, keys, i, parents, e)) return false;
    if (!find_roots(t, keys, parents, e) || !onnx_attribute_reals(s, "base_values", &t->base, e) ||
        !read_weights(s, t, keys, stem, e) || !onnx_post_read(s, &t->post, e))
        return false;
    bool fits = !t->base.count || t->base.count == t->slots || (t->single_column && t->base.count == 1);
    if (!fits) return damaged(e, "there are not as many base values as outputs");
    return true;
}

static bool read_classifier(const onnx_source *s, void **state, err *e)
{
    trees *t = arena_alloc(s->memory, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = t;
    if (!onnx_labels(s, "classlabels_int64s", "classlabels_strings", &t->classes, e)) return false;
    if (t->classes.count < 2) return err_set(e, ERR_UNSUPPORTED, "TreeEnsembleClassifier of one class");
    t->slots = t->classes.count;
    t->how = SUM;
    return read_ensemble(s, t, "class", e);
}

static bool read_regressor(const onnx_source *s, void **state, err *e)
{
    trees *t = arena_alloc(s->memory, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = t;
    int64_t targets = onnx_attribute_int(s, "n_targets", 1);
    if (targets < 1 || targets > LIMIT_FOREST_OUTPUTS) return damaged(e, "n_targets is out of range");
    t->slots = (size_t)targets;
    str how = onnx_attribute_text(s, "aggregate_function", "SUM");
    size_t k = 0; /* by name */
    while (k < AGGREGATES && !str_eq(how, str_from_c(aggregate_names[k]))) k++;
    if (k == AGGREGATES)
        return err_set(e, ERR_UNSUPPORTED, "the aggregate_function '%.*s' is not understood",
                       STR_ARG(str_slice(how, 0, 40)));
    t->how = (aggregate)k;
    return read_ensemble(s, t, "target", e);
}

/* --- TreeEnsemble of ai.onnx.ml 5 ------------------------------------------------------------------------------------------- */

typedef struct new_lists {
    onnx_ints roots, features, yes, no, yes_leafs, no_leafs, missing, leaf_targets;
    onnx_reals splits, modes, leaf_weights;
} new_lists;

static bool read_new_lists(const onnx_source *s, new_lists *l, err *e)
{
    if (!onnx_attribute_ints(s, "tree_roots", &l->roots, e) ||
        !onnx_attribute_ints(s, "nodes_featureids", &l->features, e) ||
        !onnx_attribute_ints(s, "nodes_truenodeids", &l->yes, e) ||
        !onnx_attribute_ints(s, "nodes_falsenodeids", &l->no, e) ||
        !onnx_attribute_ints(s, "nodes_trueleafs", &l->yes_leafs, e) ||
        !onnx_attribute_ints(s, "nodes_falseleafs", &l->no_leafs, e) ||
        !onnx_attribute_ints(s, "nodes_missing_value_tracks_true", &l->missing, e) ||
        !onnx_attribute_ints(s, "leaf_targetids", &l->leaf_targets, e) ||
        !onnx_attribute_reals(s, "nodes_splits", &l->splits, e) ||
        !onnx_attribute_reals(s, "nodes_modes", &l->modes, e) ||
        !onnx_attribute_reals(s, "leaf_weights", &l->leaf_weights, e))
        return false;
    size_t n = l->features.count, leaves = l->leaf_targets.count;
    if (n == 0 || n > LIMIT_FOREST_NODES || leaves == 0 || leaves > LIMIT_FOREST_NODES || l->roots.count == 0)
        return damaged(e, "there are none, or more than LIMIT_FOREST_NODES");
    bool same = l->yes.count == n && l->no.count == n && l->yes_leafs.count == n && l->no_leafs.count == n &&
                l->splits.count == n && l->modes.count == n && (!l->missing.count || l->missing.count == n) &&
                l->leaf_weights.count == leaves;
    return same || damaged(e, "lists of nodes differ in length");
}

/* Inner nodes come first, then the leaves; an inner node has one parent, so a walk ends. */
static bool find_child(const new_lists *l, int64_t id, bool is_leaf, uint8_t *parents, uint32_t *out)
{
    size_t nodes = l->features.count, most = is_leaf ? l->leaf_targets.count : nodes;
    if (id < 0 || (uint64_t)id >= most) return false;
    *out = (uint32_t)(is_leaf ? nodes + (size_t)id : (size_t)id);
    return is_leaf || !parents[id]++;
}

static bool read_new_node(trees *t, const new_lists *l, size_t i, uint8_t *parents, err *e)
{
    node *n = &t->nodes[i];
    double m = l->modes.at[i];
    int64_t feature = l->features.at[i];
    if (!(m >= LEQ && m <= MEMBER))
        return err_set(e, ERR_UNSUPPORTED, "the mode %g of a node is not understood", m);
    if (feature < 0 || feature >= LIMIT_TABLE_COLUMNS) return damaged(e, "a node looks at no feature");
    if (!find_child(l, l->yes.at[i], l->yes_leafs.at[i] != 0, parents, &n->yes) ||
        !find_child(l, l->no.at[i], l->no_leafs.at[i] != 0, parents, &n->no))
        return damaged(e, "a node leads nowhere, or has two parents");
    if ((size_t)feature >= t->features) t->features = (size_t)feature + 1;
    n->mode = (uint8_t)m;
    n->value = l->splits.at[i];
    n->feature = (uint32_t)feature;
    n->missing_is_yes = l->missing.count && l->missing.at[i];
    return true;
}

static bool read_sets(const onnx_source *s, trees *t, size_t nodes, err *e)
{
    if (!onnx_attribute_reals(s, "membership_values", &t->sets, e)) return false;
    size_t at = 0;
    for (size_t i = 0; i < nodes; i++) {
        if (t->nodes[i].mode != MEMBER) continue;
        if (at >= t->sets.count) return damaged(e, "a node over a set has none");
        t->nodes[i].set = (uint32_t)at;
        while (at < t->sets.count && !isnan(t->sets.at[at])) at++;
        at++;
    }
    return true;
}

static bool read_leaves(const onnx_source *s, trees *t, const new_lists *l, err *e)
{
    size_t nodes = l->features.count, leaves = l->leaf_targets.count;
    t->weights = onnx_state(s, leaves * sizeof *t->weights, e);
    if (!t->weights) return false;
    for (size_t i = 0; i < leaves; i++) {
        int64_t slot = l->leaf_targets.at[i];
        if (slot < 0 || (uint64_t)slot >= t->slots) return damaged(e, "a weight is of no class or target");
        t->weights[i] = (weight){l->leaf_weights.at[i], (uint32_t)slot};
        t->nodes[nodes + i] = (node){.mode = LEAF, .yes = (uint32_t)i, .no = (uint32_t)i + 1};
    }
    return true;
}

static bool read_new(const onnx_source *s, void **state, err *e)
{
    trees *t = *state = onnx_state(s, sizeof *t, e);
    new_lists l;
    int64_t targets = onnx_attribute_int(s, "n_targets", 1),
            how = onnx_attribute_int(s, "aggregate_function", SUM);
    if (!t || !read_new_lists(s, &l, e)) return false;
    if (targets < 1 || targets > LIMIT_FOREST_OUTPUTS) return damaged(e, "n_targets is out of range");
    if (how < 0 || how >= AGGREGATES)
        return err_set(e, ERR_UNSUPPORTED, "the aggregate_function %lld is not understood", (long long)how);
    t->slots = (size_t)targets;
    t->how = (aggregate)how;
    t->is_any_type = true;
    size_t nodes = l.features.count;
    t->node_count = nodes + l.leaf_targets.count;
    t->nodes = onnx_state(s, t->node_count * sizeof *t->nodes, e);
    t->roots = onnx_state(s, l.roots.count * sizeof *t->roots, e);
    uint8_t *parents = onnx_state(s, nodes, e);
    if (!t->nodes || !t->roots || !parents) return false;
    for (size_t i = 0; i < nodes; i++)
        if (!read_new_node(t, &l, i, parents, e)) return false;
    for (size_t i = 0; i < l.roots.count; i++) {
        int64_t root = l.roots.at[i];
        if (root < 0 || (uint64_t)root >= nodes || parents[root]) return damaged(e, "a root is none");
        t->roots[t->root_count++] = (uint32_t)root;
    }
    return read_sets(s, t, nodes, e) && read_leaves(s, t, &l, e) && onnx_post_read(s, &t->post, e);
}

const onnx_op onnx_tree_ops[] = {{"TreeEnsembleClassifier", 1, read_classifier, run_trees},
                                 {"TreeEnsembleRegressor", 1, read_regressor, run_trees},
                                 {"TreeEnsemble", 1, read_new, run_trees},
                                 {NULL, 0, NULL, NULL}};
