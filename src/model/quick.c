/*
 * model/quick.c - the split search when the order of rows cannot matter: gini of one output, whole weights, no missing values.
 *
 * All sums are then whole numbers below 2^53 and exact in any order, so neither the sort nor the order of samples shows in the result: a radix sort of packed
 * (value, place) pairs takes the place of scikit-learn's, samples are not permuted, and squares of counts are kept up to date instead of added again.
 */
#include "quick.h"

#include <math.h>
#include <stdlib.h>

static const double whole_weight_max = 9e7; /* its square is below 2^53 */
enum { RADIX_COUNT_MIN = 48, DIGITS = 256 };

static bool weights_are_whole(const double *weights, size_t rows)
{
    double sum = 0;
    for (size_t row = 0; weights && row < rows; row++) {
        if (weights[row] != floor(weights[row])) return false;
        sum += weights[row];
    }
    return (weights ? sum : (double)rows) < whole_weight_max;
}

bool quick_fits(const train_data *data, const fit_settings *set, const double *weights)
{
    if (set->criterion != CRITERION_GINI || data->outputs != 1 || set->random_splitter || set->monotonic)
        return false;
    for (size_t f = 0; f < data->features; f++)
        if (set->has_missing[f]) return false;
    return weights_are_whole(weights, data->rows);
}

bool quick_init(quick *q, size_t rows, size_t classes, err *e)
{
    *q = (quick){.pairs = calloc(2 * rows + 1, sizeof *q->pairs),
                 .classes = calloc(rows + 1, sizeof *q->classes),
                 .numbers = calloc(rows + 2 * classes, sizeof *q->numbers),
                 .rows = rows,
                 .slots = classes};
    return (q->pairs && q->classes && q->numbers) ||
           err_set(e, ERR_MEMORY, "no memory to fit a tree to %zu rows", rows);
}

void quick_done(quick *q)
{
    free(q->pairs);
    free(q->classes);
    free(q->numbers);
    *q = (quick){0};
}

/* --- sorting ------------------------------------------------------------------------------------------------------------- */

/* Keys are ordered as the numbers are. */
static inline uint32_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static inline float value_of(uint64_t pair)
{
    uint32_t key = (uint32_t)(pair >> 32), bits = key >> 31 ? key & 0x7fffffffu : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void sort_few(uint64_t *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t pair = pairs[i];
        size_t k = i;
        for (; k > 0 && pairs[k - 1] > pair; k--) pairs[k] = pairs[k - 1];
        pairs[k] = pair;
    }
}

/* Four passes over the bytes of the key; one whose byte is the same everywhere is left out. Gives where the sorted pairs are. */
static uint64_t *sort_pairs(uint64_t *pairs, uint64_t *other, size_t count)
{
    if (count < RADIX_COUNT_MIN) {
        sort_few(pairs, count);
        return pairs;
    }
    uint32_t counts[4][DIGITS] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (unsigned d = 0; d < 4; d++) counts[d][pairs[i] >> (32 + 8 * d) & 0xff]++;
    for (unsigned d = 0; d < 4; d++) {
        unsigned shift = 32 + 8 * d;
        if (counts[d][pairs[0] >> shift & 0xff] == count) continue;
        uint32_t at = 0;
        for (size_t digit = 0; digit < DIGITS; digit++) {
            uint32_t own = counts[d][digit];
            counts[d][digit] = at;
            at += own;
        }
        for (size_t i = 0; i < count; i++) other[counts[d][pairs[i] >> shift & 0xff]++] = pairs[i];
        uint64_t *kept = pairs;
        pairs = other;
        other = kept;
    }
    return pairs;
}

/* Without equal values there is one order only, so any sort gives scikit-learn's. False, and nothing touched, when there are equals or NaN. */
bool quick_sort_distinct(grower *g, size_t start, size_t count)
{
    quick *q = &g->quick;
    float *values = g->values + start;
    uint32_t *samples = g->samples + start;
    if (count < RADIX_COUNT_MIN) return false;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) return false;
        q->pairs[i] = (uint64_t)key_of(values[i]) << 32 | (uint32_t)i;
    }
    const uint64_t *pairs = sort_pairs(q->pairs, q->pairs + q->rows, count);
    for (size_t i = 1; i < count; i++)
        if (value_of(pairs[i - 1]) == value_of(pairs[i])) return false;
    memcpy(q->classes, samples, count * sizeof *samples);
    for (size_t i = 0; i < count; i++) {
        values[i] = value_of(pairs[i]);
        samples[i] = q->classes[(uint32_t)pairs[i]];
    }
    return true;
}

/* --- the search ---------------------------------------------------------------------------------------------------------- */

void quick_start(grower *g)
{
    quick *q = &g->quick;
    for (size_t i = g->crit.start; i < g->crit.end; i++) {
        uint32_t row = g->samples[i];
        q->classes[i - g->crit.start] = g->data->y_class[row];
        q->numbers[i - g->crit.start] = criterion_weight_of(&g->crit, row);
    }
}

bool quick_is_constant(grower *g, const search *s)
{
    quick *q = &g->quick;
    const float *column = g->data->x + (size_t)s->feature * g->data->rows;
    size_t count = s->end - s->start;
    float low = column[g->samples[s->start]], high = low;
    for (size_t i = 0; i < count; i++) {
        float value = column[g->samples[s->start + i]];
        low = value < low ? value : low;
        high = value > high ? value : high;
        q->pairs[i] = (uint64_t)key_of(value) << 32 | (uint32_t)i;
    }
    return search_near(high, low, g->set->compat.feature_step);
}

/* Weights and squares of both sides, exact. */
typedef struct sides {
    double weight_left, squares_left, squares_right;
} sides;

static inline void move_left(double *left, double *right, uint32_t class, double weight, sides *s)
{
    s->squares_left += weight * (2 * left[class] + weight);
    s->squares_right += weight * (weight - 2 * right[class]);
    left[class] += weight;
    right[class] -= weight;
    s->weight_left += weight;
}

void quick_search(grower *g, search *s)
{
    quick *q = &g->quick;
    size_t count = s->end - s->start, leaf_min = g->set->samples_leaf_min;
    const uint64_t *pairs = sort_pairs(q->pairs, q->pairs + q->rows, count);
    double *left = q->numbers + q->rows, *right = left + q->slots, weight = g->crit.weight;
    sides both = {0};
    for (size_t c = 0; c < q->slots; c++) {
        left[c] = 0;
        right[c] = g->crit.total[c];
        both.squares_right += right[c] * right[c];
    }
    float value = value_of(pairs[0]);
    for (size_t pos = 1; pos < count; pos++) {
        uint32_t place = (uint32_t)pairs[pos - 1];
        move_left(left, right, q->classes[place], q->numbers[place], &both);
        float below = value;
        value = value_of(pairs[pos]);
        if (search_near(value, below, g->set->compat.feature_step)) continue;
        double wl = both.weight_left, wr = weight - wl;
        if (pos < leaf_min || count - pos < leaf_min || wl < g->weight_leaf_min || wr < g->weight_leaf_min)
            continue;
        double impurity_left = 1.0 - both.squares_left / (wl * wl),
               impurity_right = 1.0 - both.squares_right / (wr * wr);
        double proxy = (-wr * impurity_right) - wl * impurity_left;
        if (!(proxy > s->best_proxy)) continue;
        s->best_proxy = proxy;
        *s->best = (split){.found = true,
                           .missing_left = pos > count - pos,
                           .feature = s->feature,
                           .pos = s->start + pos,
                           .threshold = search_middle(g, below, value)};
    }
}
