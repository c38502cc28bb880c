/*
 * model/median.c - prefix of at least half the weight, moved after every change.
 *
 * The item just past the end is read when the prefix weighs exactly half: after a removal that is the stale last item. So buffers keep their bytes between nodes.
 */
#include "median.h"

#include <stdlib.h>

bool median_init(median_heap *m, size_t capacity, err *e)
{
    *m = (median_heap){.items = calloc(capacity + 1, sizeof(median_item))};
    return m->items ? true : err_set(e, ERR_MEMORY, "no memory for the medians of %zu rows", capacity);
}

void median_done(median_heap *m)
{
    free(m->items);
    m->items = NULL;
}

void median_clear(median_heap *m)
{
    m->count = m->k = 0;
    m->total = m->prefix = 0;
}

double median_get(const median_heap *m)
{
    if (m->k == 0) return 0;
    if (m->prefix == m->total / 2.0) return (m->items[m->k].value + m->items[m->k - 1].value) / 2.0;
    /* A prefix that weighs less, left by an earlier wrong median, has no case there: zero is answered. */
    return m->prefix > m->total / 2.0 ? m->items[m->k - 1].value : 0;
}

static void grow_prefix(median_heap *m)
{
    while (m->k < m->count && m->prefix < m->total / 2.0) m->prefix += m->items[m->k++].weight;
}

static void shrink_prefix(median_heap *m)
{
    while (m->k > 1 && m->prefix - m->items[m->k - 1].weight >= m->total / 2.0)
        m->prefix -= m->items[--m->k].weight;
}

void median_push(median_heap *m, double value, double weight)
{
    double before = m->count ? median_get(m) : 0;
    size_t at = m->count++;
    for (; at > 0 && m->items[at - 1].value > value; at--) m->items[at] = m->items[at - 1];
    m->items[at] = (median_item){value, weight};

    if (m->count == 1) {
        m->k = 1;
        m->total = m->prefix = weight;
        return;
    }
    m->total += weight;
    if (value < before) {
        m->k++;
        m->prefix += weight;
        shrink_prefix(m);
    } else {
        grow_prefix(m);
    }
}

static void removed(median_heap *m, double before, median_item item)
{
    if (m->count == 0) {
        median_clear(m);
        return;
    }
    if (m->count == 1) {
        m->k = 1;
        m->total -= item.weight;
        m->prefix = m->total;
        return;
    }
    m->total -= item.weight;
    if (item.value < before) {
        m->k--;
        m->prefix -= item.weight;
        grow_prefix(m);
    } else {
        shrink_prefix(m);
    }
}

static void erase(median_heap *m, size_t at)
{
    m->count--;
    for (; at < m->count; at++) m->items[at] = m->items[at + 1];
}

void median_remove(median_heap *m, double value, double weight)
{
    double before = median_get(m);
    for (size_t i = 0; i < m->count; i++) {
        if (m->items[i].value != value || m->items[i].weight != weight) continue;
        erase(m, i);
        removed(m, before, (median_item){value, weight});
        return;
    }
}

bool median_pop(median_heap *m, median_item *item)
{
    if (m->count == 0) return false;
    double before = median_get(m);
    *item = m->items[0];
    erase(m, 0);
    removed(m, before, *item);
    return true;
}
