/*
 * model/subtree.c - a block for the rows of one subtree; see subtree.h.
 */
#include "subtree.h"

#include "grow.h"

#include <stdlib.h>

enum {
    BLOCK_BYTES = 512 * 1024, /* of features: what a core's own cache holds */
    ROWS_MIN = 64,            /* fewer rows than that are not copied: the caches keep them anyway */
    USES_MIN = 4              /* a column must be read that often on the way down */
};

bool subtree_init(grower *g, err *e)
{
    subtree *t = &g->subtree;
    const criterion_spec *spec = &g->crit.spec;
    size_t features = g->data->features, outputs = g->data->outputs;
    size_t rows = BLOCK_BYTES / sizeof(float) / features;
    *t = (subtree){.all_y = spec->y, .all_weights = spec->weights, .all_classes = spec->y_class};
    bool pays = !g->set->leaves_max && g->x_by_row && rows >= ROWS_MIN &&
                features <= USES_MIN * g->set->features_max && g->sample_count > rows;
    if (!pays) return true;
    t->x = calloc(rows * features, sizeof *t->x);
    t->y = spec->y ? calloc(rows * outputs, sizeof *t->y) : NULL;
    t->y_class = spec->y_class ? calloc(rows * outputs, sizeof *t->y_class) : NULL;
    t->weights = spec->weights ? calloc(rows, sizeof *t->weights) : NULL;
    if (!t->x || (spec->y && !t->y) || (spec->y_class && !t->y_class) || (spec->weights && !t->weights))
        return err_set(e, ERR_MEMORY, "no memory for a block of %zu rows", rows);
    t->rows_max = rows;
    return true;
}

void subtree_done(subtree *t)
{
    free(t->x);
    free(t->y);
    free(t->y_class);
    free(t->weights);
    *t = (subtree){0};
}

static void leave(grower *g)
{
    subtree *t = &g->subtree;
    g->crit.spec.y = t->all_y;
    g->crit.spec.y_class = t->all_classes;
    g->crit.spec.weights = t->all_weights;
    t->start = t->end = 0;
}

static void move_in(grower *g, size_t start, size_t end)
{
    subtree *t = &g->subtree;
    size_t features = g->data->features, outputs = g->data->outputs;
    for (size_t i = 0; i < end - start; i++) {
        size_t row = g->samples[start + i];
        const float *x = g->x_by_row + row * features;
        for (size_t f = 0; f < features; f++) t->x[f * t->rows_max + i] = x[f];
        for (size_t k = 0; t->y && k < outputs; k++) t->y[i * outputs + k] = t->all_y[row * outputs + k];
        for (size_t k = 0; t->y_class && k < outputs; k++)
            t->y_class[i * outputs + k] = t->all_classes[row * outputs + k];
        if (t->weights) t->weights[i] = t->all_weights[row];
        g->samples[start + i] = (uint32_t)i;
    }
    g->crit.spec.y = t->y;
    g->crit.spec.y_class = t->y_class;
    g->crit.spec.weights = t->weights;
    t->start = start;
    t->end = end;
}

void subtree_enter(grower *g, size_t start, size_t end)
{
    subtree *t = &g->subtree;
    if (t->end && start >= t->start && end <= t->end) return;
    if (t->end) leave(g);
    if (end - start >= ROWS_MIN && end - start <= t->rows_max) move_in(g, start, end);
}
