/*
 * model/grow.c - depth-first and best-first growth of one tree.
 *
 * Node ids are creation order in both, and creation order differs between them; see the sklearn-models contract, section 3.
 */
#include "grow.h"
#include "quick.h"

#include "base/limits.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double epsilon = 2.220446049250313e-16;

static bool buffers_init(grower *g, err *e)
{
    size_t rows = g->data->rows, features = g->data->features;
    g->samples = calloc(rows, sizeof *g->samples);
    g->rotated = calloc(rows, sizeof *g->rotated);
    g->features = calloc(features, sizeof *g->features);
    g->constants = calloc(features, sizeof *g->constants);
    g->values = calloc(rows, sizeof *g->values);
    return (g->samples && g->rotated && g->features && g->constants && g->values) ||
           err_set(e, ERR_MEMORY, "no memory to fit a tree to %zu rows", rows);
}

static bool start_criterion(grower *g, const double *weights, double all_weight, err *e)
{
    const train_data *data = g->data;
    const fit_settings *set = g->set;
    criterion_spec spec = {.kind = set->criterion,
                           .square_by_pow = set->square_by_pow,
                           .missing_squares = set->compat.missing_squares,
                           .missing_sticks = set->compat.missing_sticks,
                           .sort = set->compat.sort,
                           .y_class = data->y_class,
                           .y = data->y_number,
                           .outputs = data->outputs,
                           .slots = set->slots,
                           .class_counts = set->class_counts,
                           .weights = weights,
                           .samples = g->samples,
                           .rows = data->rows};
    if (!criterion_init(&g->crit, &spec, e)) return false;
    g->crit.all_weight = all_weight;
    return true;
}

bool grower_init(grower *g, const growth_plan *plan, err *e)
{
    const train_data *data = plan->data;
    const double *weights = plan->weights;
    *g = (grower){.data = data, .set = plan->set, .x_by_row = plan->x_by_row, .xorshift = plan->xorshift};
    if (!buffers_init(g, e)) return false;

    double all_weight = 0;
    for (uint32_t row = 0; row < data->rows; row++) {
        double w = weights ? weights[row] : 1.0;
        if (w != 0) g->samples[g->sample_count++] = row;
        all_weight += w;
    }
    for (uint32_t f = 0; f < data->features; f++) g->features[f] = f;

    if (!start_criterion(g, weights, all_weight, e) || !ordered_init(&g->ordered, data->rows, e) ||
        !parting_init(&g->parting, data->rows, e))
        return false;
    quick_kind kind = quick_kind_of(data, plan->set, weights);
    if (kind != QUICK_NONE && plan->presorted->lists &&
        !ordered_keep(&g->ordered, plan->presorted, data, weights, g->sample_count, e))
        return false;
    if (!quick_init(g, kind, e)) return false;
    /* What sorts waits for its sort more than for memory. */
    return !plan->set->random_splitter || subtree_init(g, e);
}

void grower_done(grower *g)
{
    criterion_done(&g->crit);
    ordered_done(&g->ordered);
    parting_done(&g->parting);
    quick_done(&g->quick);
    subtree_done(&g->subtree);
    free(g->samples);
    free(g->rotated);
    free(g->features);
    free(g->constants);
    free(g->values);
    free(g->nodes);
    free(g->node_values);
    *g = (grower){0};
}

/* --- nodes --------------------------------------------------------------------------------------------------------------- */

/* A node that is grown but not yet placed below others. */
typedef struct growth {
    size_t start, end, depth, constants;
    ptrdiff_t parent;
    bool is_left;
    double impurity;
    bounds limits;
} growth;

static bool node_room(grower *g, err *e)
{
    if (g->node_count < g->node_capacity) return true;
    size_t capacity = g->node_capacity ? 2 * g->node_capacity : 64;
    if (capacity > INT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "a tree with more than %d nodes", INT32_MAX / 2);
    tree_node *nodes = realloc(g->nodes, capacity * sizeof *nodes);
    if (nodes) g->nodes = nodes;
    double *values = realloc(g->node_values, capacity * g->set->value_count * sizeof *values);
    if (values) g->node_values = values;
    if (!nodes || !values) return err_set(e, ERR_MEMORY, "no memory for a tree with %zu nodes", capacity);
    g->node_capacity = capacity;
    return true;
}

static void clip_value(const grower *g, bounds limits, double *value)
{
    if (!g->set->monotonic) return;
    if (value[0] < limits.lower) value[0] = limits.lower;
    if (value[0] > limits.upper) value[0] = limits.upper;
    if (g->data->y_class && g->set->slots > 1) value[1] = 1 - value[0];
}

static bool node_add(grower *g, const growth *at, const split *s, int32_t *id, err *e)
{
    if (!node_room(g, e)) return false;
    *id = (int32_t)g->node_count++;
    tree_node *node = &g->nodes[*id];
    *node = (tree_node){.threshold = s->found ? s->threshold : -2.0,
                        .impurity = at->impurity,
                        .weight = g->crit.weight,
                        .sample_count = (int64_t)(at->end - at->start),
                        .left = NODE_LEAF,
                        .right = NODE_LEAF,
                        .feature = s->found ? (int32_t)s->feature : NODE_NO_FEATURE,
                        .missing_left = s->found && s->missing_left && g->set->compat.node_has_missing};
    double *value = g->node_values + (size_t)*id * g->set->value_count;
    memset(value, 0, g->set->value_count * sizeof *value);
    criterion_value(&g->crit, g->set->compat.value_fractions, value);
    clip_value(g, at->limits, value);

    if (at->parent >= 0 && at->is_left) g->nodes[at->parent].left = *id;
    if (at->parent >= 0 && !at->is_left) g->nodes[at->parent].right = *id;
    return true;
}

/* Steps 1 to 5 of a node: sums, leaf tests, split. split->found false: a leaf. */
static void node_split(grower *g, growth *at, bool is_root, split *s)
{
    const fit_settings *set = g->set;
    size_t count = at->end - at->start;
    subtree_enter(g, at->start, at->end);
    criterion_start(&g->crit, at->start, at->end);
    if (is_root) at->impurity = criterion_node_impurity(&g->crit);

    *s = (split){.found = false};
    if (at->depth >= set->depth_max || count < set->samples_split_min || count < 2 * set->samples_leaf_min ||
        g->crit.weight < 2 * g->weight_leaf_min || at->impurity <= set->impurity_leaf_max)
        return;

    split_node(g, at->limits, at->impurity, &at->constants, s);
    if (s->found && (s->pos >= at->end || s->improvement + epsilon < set->impurity_decrease_min))
        *s = (split){.found = false};
}

/* What both children start from. */
static void node_children(const grower *g, const growth *at, const split *s, int32_t id, growth *left,
                          growth *right)
{
    growth child = {.depth = at->depth + 1, .constants = at->constants, .parent = id, .limits = at->limits};
    *left = *right = child;
    left->start = at->start;
    left->end = right->start = s->pos;
    right->end = at->end;
    left->is_left = true;
    left->impurity = s->impurity_left;
    right->impurity = s->impurity_right;

    int sign = g->set->monotonic ? g->set->monotonic[s->feature] : 0;
    if (sign == 0) return;
    double middle = criterion_middle(&g->crit);
    if (sign > 0)
        left->limits.upper = right->limits.lower = middle;
    else
        left->limits.lower = right->limits.upper = middle;
}

static growth root_growth(const grower *g)
{
    return (growth){.end = g->sample_count, .parent = -1, .limits = {-INFINITY, INFINITY}};
}

/* --- depth first --------------------------------------------------------------------------------------------------------- */

typedef struct growth_stack {
    growth *items;
    size_t count, capacity;
} growth_stack;

static bool stack_push(growth_stack *stack, growth item, err *e)
{
    if (stack->count == stack->capacity) {
        size_t capacity = stack->capacity ? 2 * stack->capacity : 64;
        growth *items = realloc(stack->items, capacity * sizeof *items);
        if (!items) return err_set(e, ERR_MEMORY, "no memory for %zu open nodes", capacity);
        stack->items = items;
        stack->capacity = capacity;
    }
    stack->items[stack->count++] = item;
    return true;
}

static bool depth_first_step(grower *g, growth_stack *stack, err *e)
{
    growth at = stack->items[--stack->count];
    split s;
    int32_t id;
    node_split(g, &at, at.parent < 0, &s);
    if (!node_add(g, &at, &s, &id, e)) return false;
    if (at.depth > g->depth) g->depth = at.depth;
    if (!s.found) return true;

    growth left, right;
    node_children(g, &at, &s, id, &left, &right);
    return stack_push(stack, right, e) && stack_push(stack, left, e);
}

static bool grow_depth_first(grower *g, err *e)
{
    growth_stack stack = {0};
    bool ok = stack_push(&stack, root_growth(g), e);
    while (ok && stack.count) ok = depth_first_step(g, &stack, e);
    free(stack.items);
    return ok;
}

/* --- best first ---------------------------------------------------------------------------------------------------------- */

typedef struct frontier_item {
    growth at;
    split s;
    bounds left_limits, right_limits;
    int32_t id;
} frontier_item;

typedef struct frontier {
    frontier_item *items;
    size_t count;
    bool std_heap;
} frontier;

static inline double rank_of(const frontier *f, size_t i)
{
    return f->items[i].s.improvement;
}

static void frontier_swap(frontier *f, size_t i, size_t j)
{
    frontier_item kept = f->items[i];
    f->items[i] = f->items[j];
    f->items[j] = kept;
}

/* Both heaps push alike: up while the parent is less. */
static void frontier_rise(frontier *f, size_t at)
{
    while (at > 0 && rank_of(f, (at - 1) / 2) < rank_of(f, at)) {
        frontier_swap(f, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

/* std::pop_heap: the hole sinks to the bottom along the greater children, then the last item rises from there. */
static void frontier_sink_std(frontier *f)
{
    size_t hole = 0, n = f->count;
    frontier_item last = f->items[n]; /* the item moved out of the end */
    while (2 * hole + 2 < n) {
        size_t child = 2 * hole + 2;
        if (rank_of(f, child) < rank_of(f, child - 1)) child--;
        f->items[hole] = f->items[child];
        hole = child;
    }
    if (2 * hole + 2 == n) {
        f->items[hole] = f->items[2 * hole + 1];
        hole = 2 * hole + 1;
    }
    f->items[hole] = last;
    frontier_rise(f, hole);
}

/* Before 1.0: the last item sinks from the root. */
static void frontier_sink_old(frontier *f)
{
    f->items[0] = f->items[f->count];
    for (size_t at = 0;;) {
        size_t largest = at, left = 2 * at + 1, right = 2 * at + 2;
        if (left < f->count && rank_of(f, left) > rank_of(f, largest)) largest = left;
        if (right < f->count && rank_of(f, right) > rank_of(f, largest)) largest = right;
        if (largest == at) return;
        frontier_swap(f, at, largest);
        at = largest;
    }
}

static frontier_item frontier_pop(frontier *f)
{
    assert(f->count > 0);
    frontier_item top = f->items[0];
    f->count--;
    if (f->count == 0) return top;
    if (f->std_heap)
        frontier_sink_std(f);
    else
        frontier_sink_old(f);
    return top;
}

/* Search the node's split now and add the node; what it becomes is decided when it is popped. */
static bool best_first_create(grower *g, growth at, frontier_item *item, err *e)
{
    at.constants = 0;
    *item = (frontier_item){.at = at};
    node_split(g, &item->at, at.parent < 0, &item->s);
    if (!node_add(g, &item->at, &item->s, &item->id, e)) return false;
    if (!item->s.found) return true;

    growth left, right;
    node_children(g, &item->at, &item->s, item->id, &left, &right);
    item->left_limits = left.limits;
    item->right_limits = right.limits;
    return true;
}

/* The side for missing values stays as the split that was not made had it: scikit-learn forgets it there. */
static void make_leaf(grower *g, int32_t id)
{
    tree_node *node = &g->nodes[id];
    node->left = node->right = NODE_LEAF;
    node->feature = NODE_NO_FEATURE;
    node->threshold = -2.0;
}

static bool best_first_expand(grower *g, frontier *f, const frontier_item *item, err *e)
{
    const split *s = &item->s;
    growth left = {.start = item->at.start,
                   .end = s->pos,
                   .depth = item->at.depth + 1,
                   .parent = item->id,
                   .is_left = true,
                   .impurity = s->impurity_left,
                   .limits = item->left_limits};
    growth right = {.start = s->pos,
                    .end = item->at.end,
                    .depth = item->at.depth + 1,
                    .parent = item->id,
                    .is_left = false,
                    .impurity = s->impurity_right,
                    .limits = item->right_limits};
    frontier_item left_item, right_item;
    if (!best_first_create(g, left, &left_item, e) || !best_first_create(g, right, &right_item, e))
        return false;
    f->items[f->count] = left_item;
    frontier_rise(f, f->count++);
    f->items[f->count] = right_item;
    frontier_rise(f, f->count++);
    return true;
}

static bool grow_best_first(grower *g, err *e)
{
    /* The frontier never holds more than one item per leaf of the final tree, and a leaf per row at most. */
    size_t budget = (size_t)(g->set->leaves_max - 1);
    size_t most = budget < g->sample_count ? budget : g->sample_count;
    frontier f = {.items = calloc(most + 3, sizeof(frontier_item)), .std_heap = g->set->compat.std_heap};
    if (!f.items) return err_set(e, ERR_MEMORY, "no memory for %zu open nodes", most);

    bool ok = best_first_create(g, root_growth(g), &f.items[0], e);
    f.count = 1;
    while (ok && f.count) {
        frontier_item item = frontier_pop(&f);
        if (item.at.depth > g->depth) g->depth = item.at.depth;
        if (!item.s.found || budget == 0) {
            make_leaf(g, item.id);
            continue;
        }
        budget--;
        ok = best_first_expand(g, &f, &item, e);
    }
    free(f.items);
    return ok;
}

bool grower_grow(grower *g, tree *out, err *e)
{
    bool grown = g->set->leaves_max ? grow_best_first(g, e) : grow_depth_first(g, e);
    if (!grown) return false;
    out->nodes = TAKE(g->nodes);
    out->values = TAKE(g->node_values);
    out->node_count = g->node_count;
    out->depth = g->depth;
    return g->set->ccp_alpha == 0 || tree_prune(out, g->set->value_count, g->set->ccp_alpha, e);
}
