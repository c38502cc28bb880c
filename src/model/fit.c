/*
 * model/fit.c - a forest is fitted: seeds, bootstraps and weights of every tree, trees spread over threads.
 *
 * All seeds are drawn before any tree is fitted, so threads cannot change them.
 */
#include "random.h"
#include "settings.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct fit {
    const train_params *params;
    const train_data *data;
    fit_settings settings;
    const double *weights; /* of the rows, or NULL */
    const double *cdf;     /* weighted bootstrap: cumulated shares */
    bool bootstrap, balanced_subsample;
    size_t bootstrap_count;
    forest *forest;
    atomic_size_t next_tree;
    atomic_bool failed;
    pthread_mutex_t lock; /* of error */
    err error;
} fit;

/* --- one tree ------------------------------------------------------------------------------------------------------------ */

/* The first index whose cumulated share exceeds u. */
static uint32_t cdf_find(const double *cdf, size_t count, double u)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cdf[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)(low < count ? low : count - 1);
}

static void count_draws(const fit *f, uint32_t seed, double *counts)
{
    mt19937 g;
    mt19937_seed(&g, seed);
    size_t rows = f->data->rows;
    memset(counts, 0, rows * sizeof *counts);
    for (size_t i = 0; i < f->bootstrap_count; i++) {
        uint32_t row =
            f->cdf ? cdf_find(f->cdf, rows, mt19937_double(&g)) : mt19937_below(&g, (uint32_t)rows);
        counts[row] += 1;
    }
}

/* balanced_subsample: weights from the labels that were drawn. `counts` holds draws by row. */
static bool subsample_factors(const fit *f, const double *counts, double *factors)
{
    memset(factors, 0, f->data->classes * sizeof *factors);
    double drawn = 0;
    for (size_t row = 0; row < f->data->rows; row++) {
        factors[f->data->y_class[row]] += counts[row];
        drawn += counts[row];
    }
    size_t distinct = 0;
    for (size_t c = 0; c < f->data->classes; c++) distinct += factors[c] > 0;
    for (size_t c = 0; c < f->data->classes; c++)
        if (factors[c] > 0) factors[c] = drawn / ((double)distinct * factors[c]);
    return true;
}

/* Weights of the tree's rows, in *own (to be freed) or borrowed from the fit. */
static bool tree_weights(const fit *f, uint32_t seed, double **own, const double **weights, err *e)
{
    *weights = f->weights;
    if (!f->bootstrap) return true;
    size_t rows = f->data->rows;
    double *counts = calloc(rows + f->data->classes + 1, sizeof *counts);
    if (!counts) return err_set(e, ERR_MEMORY, "no memory for the bootstrap of %zu rows", rows);
    *own = counts;
    count_draws(f, seed, counts);

    double *factors = counts + rows;
    bool balance = f->balanced_subsample && subsample_factors(f, counts, factors);
    for (size_t row = 0; row < rows; row++) {
        if (f->weights && !f->cdf) counts[row] = f->weights[row] * counts[row];
        if (balance) counts[row] *= factors[f->data->y_class[row]];
    }
    *weights = counts;
    return true;
}

static bool fit_tree(const fit *f, tree *out, err *e)
{
    double *own = NULL;
    const double *weights = NULL;
    bool ok = tree_weights(f, out->seed, &own, &weights, e);

    mt19937 seeds;
    mt19937_seed(&seeds, out->seed);
    uint32_t xorshift = mt19937_below(&seeds, SEED_RANGE);
    grower g = {0};
    ok = ok && grower_init(&g, f->data, &f->settings, weights, xorshift, e);
    if (ok && g.sample_count == 0) ok = err_set(e, ERR_UNPROCESSABLE, "all weights are zero");
    if (ok) {
        double all = weights ? pairwise_sum(weights, f->data->rows) : (double)f->data->rows;
        g.weight_leaf_min = f->settings.weight_fraction_min * all;
        ok = grower_grow(&g, out, e);
    }
    grower_done(&g);
    free(own);
    return ok;
}

/* --- all trees ----------------------------------------------------------------------------------------------------------- */

static void *fit_worker(void *arg)
{
    fit *f = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&f->next_tree, 1);
        if (i >= f->forest->tree_count || atomic_load(&f->failed)) return NULL;
        err e = {0};
        if (fit_tree(f, &f->forest->trees[i], &e)) continue;
        pthread_mutex_lock(&f->lock);
        if (!atomic_exchange(&f->failed, true)) f->error = e;
        pthread_mutex_unlock(&f->lock);
    }
}

enum { FIT_THREADS_MAX = 256 };

/* Threads that cannot be started are done without: this one works too. */
static bool fit_trees(fit *f, unsigned threads, err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = threads ? threads : (size_t)(cores > 0 ? cores : 1);
    if (wanted > f->forest->tree_count) wanted = f->forest->tree_count;
    if (wanted > FIT_THREADS_MAX) wanted = FIT_THREADS_MAX;
    pthread_t ids[FIT_THREADS_MAX];
    size_t started = 0;
    while (started + 1 < wanted && pthread_create(&ids[started], NULL, fit_worker, f) == 0) started++;
    fit_worker(f);
    for (size_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    if (!atomic_load(&f->failed)) return true;
    if (e) *e = f->error;
    return false;
}

static bool draw_seeds(const fit *f, const train_options *options, err *e)
{
    const param_value *state = &f->params->values[PARAM_RANDOM_STATE];
    if (state->kind != PARAM_NONE &&
        !(state->kind == PARAM_INT && state->integer >= 0 && state->integer <= UINT32_MAX))
        return err_set(e, ERR_UNPROCESSABLE, "random_state%s must be None or 0 to 4294967295",
                       param_show(state).text);
    uint32_t seed = state->kind == PARAM_INT ? (uint32_t)state->integer : options->drawn_seed;
    if (!estimator_of(f->params->estimator)->is_ensemble) {
        f->forest->trees[0].seed = seed;
        return true;
    }
    mt19937 g;
    mt19937_seed(&g, seed);
    for (size_t i = 0; i < f->forest->tree_count; i++)
        f->forest->trees[i].seed = mt19937_below(&g, SEED_RANGE);
    return true;
}

static bool make_cdf(arena *a, fit *f, err *e)
{
    if (!f->settings.compat.weighted_bootstrap || !f->weights || !f->bootstrap) return true;
    size_t rows = f->data->rows;
    double *cdf = arena_alloc_array(a, rows, sizeof *cdf);
    if (!cdf) return err_set(e, ERR_MEMORY, "no memory for the shares of %zu rows", rows);
    double sum = pairwise_sum(f->weights, rows), running = 0;
    if (!(sum > 0)) return err_set(e, ERR_UNPROCESSABLE, "all weights are zero");
    for (size_t i = 0; i < rows; i++) {
        running += f->weights[i] / sum;
        cdf[i] = running;
    }
    for (size_t i = 0; i < rows; i++) cdf[i] /= running;
    f->cdf = cdf;
    return true;
}

static bool prepare(arena *a, fit *f, err *e)
{
    const param_value *bootstrap = &f->params->values[PARAM_BOOTSTRAP];
    if (f->data->rows > UINT32_MAX / 2 || f->data->features > UINT32_MAX / 2)
        return err_set(e, ERR_TOO_LARGE, "%zu rows with %zu features are too many", f->data->rows,
                       f->data->features);
    if (!settings_make(a, f->params, f->data, &f->settings, e)) return false;
    if (!settings_weights(a, f->params, f->data, &f->weights, e)) return false;
    f->bootstrap = estimator_of(f->params->estimator)->is_ensemble && bootstrap->kind == PARAM_BOOL &&
                   bootstrap->boolean;
    f->balanced_subsample = f->bootstrap && f->data->y_class && settings_balanced_subsample(f->params);
    if (!f->bootstrap) return true;
    return settings_bootstrap_count(f->params, &f->settings.compat, f->data->rows, f->weights,
                                    &f->bootstrap_count, e) &&
           make_cdf(a, f, e);
}

/* --- the result ---------------------------------------------------------------------------------------------------------- */

static bool copy_names(forest *out, const train_data *data, err *e)
{
    bool ok = true;
    out->classes = arena_alloc_array(&out->memory, data->classes + 1, sizeof *out->classes);
    ok = out->classes != NULL;
    for (size_t i = 0; ok && data->y_class && i < data->classes; i++) {
        out->classes[i] = data->labels[i];
        if (data->labels[i].kind != LABEL_TEXT) continue;
        out->classes[i].text = arena_copy(&out->memory, data->labels[i].text);
        ok = out->classes[i].text.data != NULL;
    }
    if (ok && data->names) {
        out->feature_names = arena_alloc_array(&out->memory, data->features, sizeof *out->feature_names);
        ok = out->feature_names != NULL;
        for (size_t i = 0; ok && i < data->features; i++) {
            out->feature_names[i] = arena_copy(&out->memory, data->names[i]);
            ok = out->feature_names[i].data != NULL;
        }
    }
    return ok ? true : err_set(e, ERR_MEMORY, "no memory for the names of a forest");
}

static bool new_forest(const train_params *p, const train_data *data, forest **out, err *e)
{
    AUTO(forest_free) forest *f = NULL;
    const param_value *trees = &p->values[PARAM_N_ESTIMATORS];
    bool ensemble = estimator_of(p->estimator)->is_ensemble;
    if (ensemble &&
        (trees->kind != PARAM_INT || trees->integer < 1 || trees->integer > (int64_t)LIMIT_FOREST_TREES))
        return err_set(e, ERR_UNPROCESSABLE,
                       "n_estimators%s must be an integer from 1 to LIMIT_FOREST_TREES (%d)",
                       param_show(trees).text, (int)LIMIT_FOREST_TREES);
    if (!forest_new(p->estimator, p->version, &f, e)) return false;
    f->tree_count = ensemble ? (size_t)trees->integer : 1;
    f->trees = calloc(f->tree_count, sizeof *f->trees);
    if (!f->trees) return err_set(e, ERR_MEMORY, "no memory for %zu trees", f->tree_count);
    f->feature_count = data->features;
    f->class_count = data->y_class ? data->classes : 0;
    f->value_count = data->y_class ? data->classes : 1;
    if (!copy_names(f, data, e)) return false;
    *out = TAKE(f);
    return true;
}

bool forest_fit(const train_params *params, const train_data *data, const train_options *options,
                forest **out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    fit f = {.params = params, .data = data, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (!prepare(&a, &f, e)) return false;
    f.settings.square_by_pow = options->square_by_pow;

    AUTO(forest_free) forest *result = NULL;
    if (!new_forest(params, data, &result, e)) return false;
    f.forest = result;
    result->features_max = (size_t)f.settings.features_max;
    result->sample_count = data->rows;
    result->bootstrap_count = f.bootstrap_count;
    if (!draw_seeds(&f, options, e) || !fit_trees(&f, options->threads, e)) return false;
    *out = TAKE(result);
    return true;
}
