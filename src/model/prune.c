/*
 * model/prune.c - minimal cost-complexity pruning.
 *
 * Again and again the subtree that buys the least impurity per leaf becomes a leaf, until the cheapest costs more than alpha. Sums are added in scikit-learn's order.
 */
#include "grow.h"

#include <float.h>
#include <stdlib.h>

typedef struct pruning {
    const tree *t;
    double *node_cost, *branch_cost; /* by node: its impurity's share, and that of its leaves */
    size_t *leaves;
    int32_t *parents, *stack;
    bool *is_leaf, *is_inside, *is_candidate; /* of the pruned tree */
} pruning;

static bool pruning_init(pruning *p, const tree *t, err *e)
{
    size_t n = t->node_count;
    *p = (pruning){.t = t,
                   .node_cost = calloc(2 * n, sizeof(double)),
                   .leaves = calloc(n, sizeof(size_t)),
                   .parents = calloc(3 * n, sizeof(int32_t)),
                   .is_leaf = calloc(3 * n, sizeof(bool))};
    if (!p->node_cost || !p->leaves || !p->parents || !p->is_leaf)
        return err_set(e, ERR_MEMORY, "no memory to prune a tree of %zu nodes", n);
    p->branch_cost = p->node_cost + n;
    p->stack = p->parents + n;
    p->is_inside = p->is_leaf + n;
    p->is_candidate = p->is_inside + n;
    return true;
}

static void pruning_done(pruning *p)
{
    free(p->node_cost);
    free(p->leaves);
    free(p->parents);
    free(p->is_leaf);
}

/* A child comes after its parent in every tree that was grown here. */
static void find_costs(pruning *p)
{
    const tree *t = p->t;
    p->parents[0] = NODE_LEAF;
    for (size_t i = 0; i < t->node_count; i++) {
        const tree_node *n = &t->nodes[i];
        p->node_cost[i] = n->weight * n->impurity / t->nodes[0].weight;
        p->is_inside[i] = true;
        p->is_leaf[i] = n->left < 0;
        p->is_candidate[i] = !p->is_leaf[i];
        if (p->is_leaf[i]) continue;
        p->parents[n->left] = p->parents[n->right] = (int32_t)i;
    }
    for (size_t leaf = 0; leaf < t->node_count; leaf++) {
        if (!p->is_leaf[leaf]) continue;
        p->branch_cost[leaf] = p->node_cost[leaf];
        for (int32_t up = p->parents[leaf]; up >= 0; up = p->parents[up]) {
            p->branch_cost[up] += p->node_cost[leaf];
            p->leaves[up]++;
        }
    }
}

/* The subtree whose leaves are worth the least; its price per leaf. */
static double find_cheapest(const pruning *p, size_t *cheapest)
{
    double least = DBL_MAX;
    for (size_t i = 0; i < p->t->node_count; i++) {
        if (!p->is_candidate[i]) continue;
        double price = (p->node_cost[i] - p->branch_cost[i]) / (double)(p->leaves[i] - 1);
        if (!(price < least)) continue;
        least = price;
        *cheapest = i;
    }
    return least;
}

static void cut(pruning *p, size_t at)
{
    size_t open = 0;
    p->stack[open++] = (int32_t)at;
    while (open) {
        int32_t node = p->stack[--open];
        if (!p->is_inside[node]) continue;
        p->is_inside[node] = p->is_leaf[node] = p->is_candidate[node] = false;
        if (p->t->nodes[node].left < 0) continue;
        p->stack[open++] = p->t->nodes[node].left;
        p->stack[open++] = p->t->nodes[node].right;
    }
    p->is_inside[at] = p->is_leaf[at] = true;

    size_t gone = p->leaves[at] - 1;
    double difference = p->node_cost[at] - p->branch_cost[at];
    p->leaves[at] = 0;
    p->branch_cost[at] = p->node_cost[at];
    for (int32_t up = p->parents[at]; up >= 0; up = p->parents[up]) {
        p->leaves[up] -= gone;
        p->branch_cost[up] += difference;
    }
}

/* What is left, left children first; a new leaf keeps all but its split. Nodes are moved forwards only when they were numbered depth first, hence the copies. */
static bool renumber(const pruning *p, tree *t, size_t value_count, err *e)
{
    tree_node *nodes = calloc(t->node_count, sizeof *nodes);
    double *values = calloc(t->node_count * value_count, sizeof *values);
    size_t *depths = calloc(t->node_count, sizeof *depths);
    bool ok = nodes && values && depths;
    size_t open = 0, count = 0, deepest = 0;
    if (ok) {
        p->stack[open++] = 0;
        p->parents[0] = NODE_LEAF; /* from here on: of the nodes' new parents */
    }
    while (open) {
        size_t old = (size_t)p->stack[--open], id = count++;
        tree_node *n = &nodes[id];
        *n = t->nodes[old];
        memcpy(values + id * value_count, t->values + old * value_count, value_count * sizeof *values);
        int32_t parent = p->parents[old];
        bool is_left = parent >= 0 && nodes[parent].left == NODE_LEAF;
        if (parent >= 0) *(is_left ? &nodes[parent].left : &nodes[parent].right) = (int32_t)id;
        depths[id] = parent >= 0 ? depths[parent] + 1 : 0;
        if (depths[id] > deepest) deepest = depths[id];
        if (!p->is_leaf[old]) {
            p->parents[n->left] = p->parents[n->right] = (int32_t)id;
            p->stack[open++] = n->right;
            p->stack[open++] = n->left;
        } else {
            n->feature = NODE_NO_FEATURE;
            n->threshold = -2.0;
            n->missing_left = false;
        }
        n->left = n->right = NODE_LEAF;
    }
    free(depths);
    if (!ok) {
        free(nodes);
        free(values);
        return err_set(e, ERR_MEMORY, "no memory to prune a tree of %zu nodes", t->node_count);
    }
    free(t->nodes);
    free(t->values);
    *t = (tree){.nodes = nodes, .values = values, .node_count = count, .depth = deepest, .seed = t->seed};
    return true;
}

bool tree_prune(tree *t, size_t value_count, double alpha, err *e)
{
    pruning p;
    bool ok = pruning_init(&p, t, e);
    if (ok) find_costs(&p);
    while (ok && p.is_candidate[0]) {
        size_t cheapest = 0;
        if (alpha < find_cheapest(&p, &cheapest)) break;
        cut(&p, cheapest);
    }
    ok = ok && renumber(&p, t, value_count, e);
    pruning_done(&p);
    return ok;
}
