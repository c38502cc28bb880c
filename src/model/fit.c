/*
 * model/fit.c - a forest is fitted: seeds, bootstraps and weights of every tree, trees spread over threads.
 *
 * All seeds are drawn before any tree is fitted, so threads cannot change them.
 */
#include "oob.h"
#include "quick.h"
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
    bootstrap_plan draws;
    bool balanced_subsample;
    presorted presorted;
    float *x_by_row; /* or NULL */
    const train_options *options;
    forest *forest;
    size_t done; /* trees that were fitted, for the progress; under the lock */
    atomic_size_t next_tree;
    atomic_bool failed;
    pthread_mutex_t lock; /* of error and done */
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

static void count_draws(const bootstrap_plan *b, uint32_t seed, double *counts)
{
    mt19937 g;
    mt19937_seed(&g, seed);
    memset(counts, 0, b->rows * sizeof *counts);
    for (size_t i = 0; i < b->draws; i++) {
        uint32_t row =
            b->cdf ? cdf_find(b->cdf, b->rows, mt19937_double(&g)) : mt19937_below(&g, (uint32_t)b->rows);
        counts[row] += 1;
    }
}

void bootstrap_draw(const bootstrap_plan *b, uint32_t seed, double *counts)
{
    count_draws(b, seed, counts);
}

/* balanced_subsample: weights from the labels of one output that were drawn. `counts` holds draws by row. */
static void subsample_factors(const fit *f, size_t output, const double *counts, double *factors)
{
    const train_data *d = f->data;
    size_t classes = d->targets[output].classes, distinct = 0;
    memset(factors, 0, classes * sizeof *factors);
    double drawn = 0;
    for (size_t row = 0; row < d->rows; row++) {
        factors[d->y_class[row * d->outputs + output]] += counts[row];
        drawn += counts[row];
    }
    for (size_t c = 0; c < classes; c++) distinct += factors[c] > 0;
    for (size_t c = 0; c < classes; c++)
        if (factors[c] > 0) factors[c] = drawn / ((double)distinct * factors[c]);
}

/* Room for: the counts of the rows, their product of factors, the factors of one output. */
static void balance_draws(const fit *f, double *counts)
{
    const train_data *d = f->data;
    double *product = counts + d->rows, *factors = product + d->rows;
    for (size_t row = 0; row < d->rows; row++) product[row] = 1.0;
    for (size_t k = 0; k < d->outputs; k++) {
        subsample_factors(f, k, counts, factors);
        for (size_t row = 0; row < d->rows; row++) product[row] *= factors[d->y_class[row * d->outputs + k]];
    }
    for (size_t row = 0; row < d->rows; row++) {
        if (f->weights && !f->draws.cdf) counts[row] = f->weights[row] * counts[row];
        counts[row] *= product[row];
    }
}

/* Weights of the tree's rows, in *own (to be freed) or borrowed from the fit. */
static bool tree_weights(const fit *f, uint32_t seed, double **own, const double **weights, err *e)
{
    *weights = f->weights;
    if (!f->draws.draws) return true;
    size_t rows = f->data->rows, room = rows + (f->balanced_subsample ? rows + f->settings.slots : 0);
    double *counts = calloc(room, sizeof *counts);
    if (!counts) return err_set(e, ERR_MEMORY, "no memory for the bootstrap of %zu rows", rows);
    *own = counts;
    count_draws(&f->draws, seed, counts);
    if (f->balanced_subsample) {
        balance_draws(f, counts);
    } else if (f->weights && !f->draws.cdf) {
        for (size_t row = 0; row < rows; row++) counts[row] = f->weights[row] * counts[row];
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
    growth_plan plan = {.data = f->data,
                        .set = &f->settings,
                        .weights = weights,
                        .presorted = &f->presorted,
                        .x_by_row = f->x_by_row,
                        .xorshift = xorshift};
    ok = ok && grower_init(&g, &plan, e);
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
        bool ok = fit_tree(f, &f->forest->trees[i], &e);
        pthread_mutex_lock(&f->lock);
        if (!ok && !atomic_exchange(&f->failed, true)) f->error = e;
        f->done += ok;
        if (ok && f->options->progress)
            f->options->progress(f->options->progress_arg, f->done, f->forest->tree_count);
        pthread_mutex_unlock(&f->lock);
    }
}

enum { FIT_THREADS_MAX = 256 };

/* Threads that cannot be started are done without: this one works too. */
static bool fit_trees(fit *f, err *e)
{
    unsigned threads = f->options->threads;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = threads ? threads : (size_t)(cores > 0 ? cores : 1);
    size_t trees = f->forest->tree_count - f->done;
    if (wanted > trees) wanted = trees;
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

/* The trees of a warm start had the first draws, and keep their seeds. */
static bool draw_seeds(const fit *f, err *e)
{
    const param_value *state = &f->params->values[PARAM_RANDOM_STATE];
    if (state->kind != PARAM_NONE &&
        !(state->kind == PARAM_INT && state->integer >= 0 && state->integer <= UINT32_MAX))
        return err_set(e, ERR_UNPROCESSABLE, "random_state%s must be None or 0 to 4294967295",
                       param_show(state).text);
    uint32_t seed = state->kind == PARAM_INT ? (uint32_t)state->integer : f->options->drawn_seed;
    if (!estimator_of(f->params->estimator)->is_ensemble) {
        f->forest->trees[0].seed = seed;
        return true;
    }
    mt19937 g;
    mt19937_seed(&g, seed);
    for (size_t i = 0; i < f->forest->tree_count; i++) {
        uint32_t drawn = mt19937_below(&g, SEED_RANGE);
        if (i >= f->done) f->forest->trees[i].seed = drawn;
    }
    return true;
}

static bool make_cdf(arena *a, fit *f, err *e)
{
    if (!f->settings.compat.weighted_bootstrap || !f->weights) return true;
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
    f->draws.cdf = cdf;
    return true;
}

static bool refuse_oob_without_draws(err *e)
{
    return err_set(e, ERR_UNPROCESSABLE,
                   "oob_score needs bootstrap=True: without it every tree sees all rows");
}

static bool prepare(arena *a, fit *f, err *e)
{
    const param_value *bootstrap = &f->params->values[PARAM_BOOTSTRAP];
    if (f->data->rows > UINT32_MAX / 2 || f->data->features > UINT32_MAX / 2)
        return err_set(e, ERR_TOO_LARGE, "%zu rows with %zu features are too many", f->data->rows,
                       f->data->features);
    if (!settings_make(a, f->params, f->data, &f->settings, e)) return false;
    if (!settings_weights(a, f->params, f->data, &f->weights, e)) return false;
    bool draws = estimator_of(f->params->estimator)->is_ensemble && bootstrap->kind == PARAM_BOOL &&
                 bootstrap->boolean;
    f->balanced_subsample = draws && f->data->y_class && settings_balanced_subsample(f->params);
    f->draws.rows = f->data->rows;
    if (!draws) return !settings_wants_oob(f->params) || refuse_oob_without_draws(e);
    return settings_bootstrap_count(f->params, &f->settings.compat, f->data->rows, f->weights,
                                    &f->draws.draws, e) &&
           make_cdf(a, f, e);
}

/* The same numbers row after row: small nodes find theirs together. Without memory for it, trees grow as well. */
static void turn_numbers(fit *f)
{
    size_t rows = f->data->rows, features = f->data->features, count = rows * features;
    if (features == 1 || count > LIMIT_PRESORTED_BYTES / sizeof(float)) return;
    f->x_by_row = calloc(count, sizeof *f->x_by_row);
    for (size_t k = 0; f->x_by_row && k < features; k++)
        for (size_t row = 0; row < rows; row++) f->x_by_row[row * features + k] = f->data->x[k * rows + row];
}

/* Forms of the data that make trees grow faster. */
static bool arrange(fit *f, err *e)
{
    bool sorts =
        !f->settings.random_splitter && quick_kind_of(f->data, &f->settings, f->weights) != QUICK_NONE;
    if (sorts && presorted_pays(f->data, (size_t)f->settings.features_max))
        return presorted_init(&f->presorted, f->data, e);
    turn_numbers(f);
    return true;
}

/* --- the result ---------------------------------------------------------------------------------------------------------- */

static bool copy_labels(forest *out, const train_target *from, forest_output *to)
{
    to->class_count = from->classes;
    to->classes = arena_alloc_array(&out->memory, from->classes, sizeof *to->classes);
    for (size_t i = 0; to->classes && i < from->classes; i++) {
        to->classes[i] = from->labels[i];
        if (from->labels[i].kind != LABEL_TEXT) continue;
        to->classes[i].text = arena_copy(&out->memory, from->labels[i].text);
        if (!to->classes[i].text.data) return false;
    }
    return to->classes != NULL;
}

static bool copy_names(forest *out, const train_data *data, err *e)
{
    bool ok = true;
    if (data->names) {
        out->feature_names = arena_alloc_array(&out->memory, data->features, sizeof *out->feature_names);
        ok = out->feature_names != NULL;
        for (size_t i = 0; ok && i < data->features; i++) {
            out->feature_names[i] = arena_copy(&out->memory, data->names[i]);
            ok = out->feature_names[i].data != NULL;
        }
    }
    for (size_t k = 0; ok && data->y_class && k < data->outputs; k++)
        ok = copy_labels(out, &data->targets[k], &out->outputs[k]);
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
    if (!forest_set_outputs(f, data->outputs, e) || !copy_names(f, data, e)) return false;
    forest_settle_outputs(f);
    *out = TAKE(f);
    return true;
}

/* What the file tells of the fit beside the trees. */
static bool describe_fit(const fit *f, forest *out, err *e)
{
    out->features_max = (size_t)f->settings.features_max;
    out->sample_count = f->data->rows;
    out->bootstrap_count = f->draws.draws;
    if (!f->weights || !f->settings.compat.weighted_bootstrap) return true;
    bytes weights = {(const uint8_t *)f->weights, f->data->rows * sizeof *f->weights};
    bytes kept = arena_copy_bytes(&out->memory, weights);
    if (!kept.data) return err_set(e, ERR_MEMORY, "no memory for %zu weights", f->data->rows);
    out->sample_weights = (double *)(uintptr_t)kept.data;
    return true;
}

bool forest_fit(const train_params *params, const train_data *data, const train_options *options,
                forest **out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    fit f = {.params = params, .data = data, .options = options, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (!prepare(&a, &f, e)) return false;
    f.settings.square_by_pow = options->square_by_pow;

    AUTO(forest_free) forest *result = NULL;
    if (!new_forest(params, data, &result, e)) return false;
    f.forest = result;
    if (options->warm && !warm_take_trees(params, options->warm, result, &f.done, e)) return false;
    atomic_store(&f.next_tree, f.done);
    bool ok = describe_fit(&f, result, e) && draw_seeds(&f, e) && arrange(&f, e) && fit_trees(&f, e);
    presorted_done(&f.presorted);
    free(f.x_by_row);
    if (!ok) return false;
    if (settings_wants_oob(params) && !oob_compute(&f.draws, data, result, e)) return false;
    *out = TAKE(result);
    return true;
}
