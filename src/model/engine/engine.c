/*
 * model/engine/engine.c - making an engine of a source, and running rows through it.
 */
#include "engine/parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By measurement, in nanoseconds for a row: a step of the walk, an operation of the masks with wide instructions, finding the leaf of a word. */
static const double step_cost = 1.3, op_cost = 0.035, word_cost = 0.15;

/* --- the trees of a source ----------------------------------------------------------------------------------------------- */

typedef struct making {
    const engine_source *source;
    engine *engine;
    engine_node *raw, *nodes; /* as the source tells them, and as they are placed */
    engine_shape shape;
    engine_counts counts;
    size_t *cut_counts; /* by 2 * feature + missing_left */
} making;

/* Leaves from left to right, with a stack of nodes and, of a right child, its parent. */
static void find_shape(making *m, size_t count)
{
    typedef struct open {
        uint32_t node, depth_and_side;
    } open_node;
    engine_shape *s = &m->shape;
    open_node *stack = (open_node *)(void *)s->stack;
    size_t open = 0;
    double total = 0, weighted = 0, plain = 0;
    s->leaf_count = 0;
    stack[open++] = (open_node){0, 0};
    while (open) {
        open_node next = stack[open - 1];
        const engine_node *n = &m->nodes[next.node];
        if (next.depth_and_side & 1) { /* its left side is done */
            s->right_leaf[next.node] = s->leaf_count;
            stack[open - 1] = (open_node){n->right, (next.depth_and_side & ~1u) + 2};
            continue;
        }
        s->first_leaf[next.node] = s->leaf_count;
        if (n->left) {
            stack[open - 1].depth_and_side |= 1;
            stack[open++] = (open_node){n->left, next.depth_and_side + 2};
            continue;
        }
        double depth = next.depth_and_side / 2;
        total += (double)n->weight;
        weighted += (double)n->weight * depth;
        plain += depth;
        s->leaf_count++;
        open--;
    }
    assert(s->leaf_count == count / 2 + 1);
    /* Weights are a file's: they may be missing, or no sense. */
    double mean = weighted / total;
    s->depth = mean >= 0 && mean <= s->leaf_count ? mean : plain / s->leaf_count;
}

/* Nodes in the order of levels, without those that no way leads to. 0: it is no tree, for it has more nodes than it has. */
static size_t read_tree(making *m, size_t tree)
{
    size_t count = m->source->read(m->source->self, tree, m->raw), used = 1;
    uint32_t *order = m->shape.first_leaf;
    assert(count > 0 && count <= m->source->node_count_max);
    order[0] = 0;
    for (size_t i = 0; i < used; i++) {
        engine_node *n = &m->nodes[i];
        *n = m->raw[order[i]];
        if (!n->left) continue;
        if (used + 2 > count || n->left >= count || n->right >= count || n->feature >= m->source->features)
            return 0;
        order[used] = n->left;
        order[used + 1] = n->right;
        n->left = (uint32_t)used++;
        n->right = (uint32_t)used++;
    }
    return used;
}

static bool survey_tree(making *m, size_t tree, err *e)
{
    size_t count = read_tree(m, tree);
    if (!count) return err_set(e, ERR_INVALID, "tree %zu of the model has nodes that lead nowhere", tree);
    engine_counts *c = &m->counts;
    find_shape(m, count);
    for (size_t i = 0; i < count; i++) {
        const engine_node *n = &m->nodes[i];
        if (n->left) m->cut_counts[2 * (size_t)n->feature + n->missing_left]++;
        if (!n->left && n->value > c->value_max) c->value_max = n->value;
    }
    c->trees++;
    c->nodes += count;
    if (count > c->nodes_max) c->nodes_max = count;
    c->leaves += m->shape.leaf_count;
    if (m->shape.leaf_count > c->leaves_max) c->leaves_max = m->shape.leaf_count;
    c->mask_words += (m->shape.leaf_count - 1) / 16 + 1;
    c->mask_ops += masks_ops_of(m->nodes, count, &m->shape);
    c->steps += m->shape.depth + 1;
    return true;
}

/* --- columns ------------------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool number_columns(making *m, err *e)
{
    engine_columns *c = &m->engine->columns;
    size_t kinds = 2 * m->source->features;
    for (size_t i = 0; i < kinds; i++) c->count += m->cut_counts[i] > 0;
    c->all = calloc((size_t)c->count + 1, sizeof *c->all);
    if (!c->all) return err_set(e, ERR_MEMORY, "no memory for %u columns", c->count);
    uint32_t number = 0;
    for (size_t i = 0; i < kinds; i++) {
        if (!m->cut_counts[i]) continue;
        c->all[number] = (engine_column){.feature = (uint32_t)(i / 2), .missing_left = i % 2};
        c->numbers[i] = number++;
    }
    return true;
}

/* All thresholds of a column, then each once. */
static bool collect_cuts(making *m, err *e)
{
    engine_columns *c = &m->engine->columns;
    size_t splits = m->counts.nodes - m->counts.leaves, at = 0;
    c->cuts = calloc(splits + 1, sizeof *c->cuts);
    if (!c->cuts) return err_set(e, ERR_MEMORY, "no memory for %zu thresholds", splits);
    for (size_t k = 0; k < c->count; k++) {
        c->all[k].cuts = c->cuts + at;
        at += m->cut_counts[2 * (size_t)c->all[k].feature + c->all[k].missing_left];
    }
    for (size_t t = 0; t < m->source->tree_count; t++) {
        size_t count = read_tree(m, t);
        for (size_t i = 0; i < count; i++) {
            if (!m->nodes[i].left) continue;
            engine_column *column = &c->all[column_of(c, &m->nodes[i])];
            c->cuts[(size_t)(column->cuts - c->cuts) + column->cut_count++] = m->nodes[i].threshold;
        }
    }
    for (size_t k = 0; k < c->count; k++) {
        double *cuts = c->cuts + (c->all[k].cuts - c->cuts);
        uint32_t kept = 0;
        qsort(cuts, c->all[k].cut_count, sizeof *cuts, by_number);
        for (uint32_t i = 0; i < c->all[k].cut_count; i++)
            if (kept == 0 || cuts[i] != cuts[kept - 1]) cuts[kept++] = cuts[i];
        c->all[k].cut_count = kept;
    }
    return true;
}

void engine_ranks(const engine_column *c, const double x[8], uint32_t out[8])
{
    const double *cuts = c->cuts;
    uint32_t low[8] = {0};
    for (uint32_t left = c->cut_count; left > 0;) {
        uint32_t half = (left + 1) / 2;
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) low[k] += -(uint32_t)(cuts[low[k] + half - 1] < x[k]) & half;
        left -= half;
    }
    for (int k = 0; k < 8; k++) out[k] = isnan(x[k]) && !c->missing_left ? c->cut_count : low[k];
}

/* --- making it ----------------------------------------------------------------------------------------------------------- */

static bool masks_pay(const making *m)
{
    const engine_counts *c = &m->counts;
    double masked = (double)c->mask_ops * op_cost + (double)c->mask_words * word_cost;
    if (!masks_are_wide()) masked *= 2;
    return m->source->way >= ENGINE_MASKS ||
           (m->source->way == ENGINE_CHOOSE && masked < c->steps * step_cost);
}

static bool place_trees(making *m)
{
    engine *g = m->engine;
    for (size_t t = 0; t < m->source->tree_count; t++) {
        size_t count = read_tree(m, t);
        find_shape(m, count);
        walk_place(g->walk, &g->columns, m->nodes, count, &m->shape);
        if (g->masks) masks_place(g->masks, &g->columns, m->nodes, count, &m->shape);
    }
    return true;
}

static bool make(making *m, err *e)
{
    engine *g = m->engine;
    for (size_t t = 0; t < m->source->tree_count; t++)
        if (!survey_tree(m, t, e)) return false;
    if (m->counts.nodes > KEY_LEAF / 2)
        return err_set(e, ERR_TOO_LARGE, "a forest of %zu nodes is too large to serve", m->counts.nodes);
    if (!number_columns(m, e)) return false;
    bool masks = masks_pay(m) && masks_fit(&m->counts, &g->columns);
    if ((masks || !m->source->is_narrow) && !collect_cuts(m, e)) return false;
    if (masks && masks_fit(&m->counts, &g->columns) &&
        !masks_new(&m->counts, m->source->way == ENGINE_MASKS_PORTABLE, &g->masks, e))
        return false;
    return walk_new(&m->counts, &g->columns, &g->walk, e) && place_trees(m);
}

static void making_done(making *m)
{
    free(m->raw);
    free(m->nodes);
    free(m->shape.first_leaf);
    free(m->shape.right_leaf);
    free(m->shape.stack);
    free(m->cut_counts);
}

bool engine_new(const engine_source *source, engine **out, err *e)
{
    AUTO(engine_free) engine *g = calloc(1, sizeof *g);
    if (!g) return err_set(e, ERR_MEMORY, "no memory for a forest");
    size_t most = source->node_count_max;
    making m = {.source = source,
                .engine = g,
                .raw = calloc(most, sizeof *m.raw),
                .nodes = calloc(most, sizeof *m.nodes),
                .shape = {.first_leaf = calloc(most, sizeof(uint32_t)),
                          .right_leaf = calloc(most, sizeof(uint32_t)),
                          .stack = calloc(2 * most, sizeof(uint32_t))},
                .cut_counts = calloc(2 * source->features + 1, sizeof *m.cut_counts)};
    g->tree_count = source->tree_count;
    g->columns.feature_count = source->features;
    g->columns.walk_ranks = !source->is_narrow;
    g->columns.numbers = calloc(2 * source->features + 1, sizeof *g->columns.numbers);
    bool ok = m.raw && m.nodes && m.shape.first_leaf && m.shape.right_leaf && m.shape.stack && m.cut_counts &&
                      g->columns.numbers
                  ? make(&m, e)
                  : err_set(e, ERR_MEMORY, "no memory for trees of %zu nodes", most);
    making_done(&m);
    if (!ok) return false;
    *out = TAKE(g);
    return true;
}

void engine_free(engine *g)
{
    if (!g) return;
    walk_free(g->walk);
    masks_free(g->masks);
    free(g->columns.all);
    free(g->columns.numbers);
    free(g->columns.cuts);
    free(g);
}

engine_way engine_way_of(const engine *g)
{
    return g->masks ? ENGINE_MASKS : ENGINE_WALK;
}
