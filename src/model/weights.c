/*
 * model/weights.c - sample_weight, class_weight and the size of a bootstrap.
 */
#include "settings.h"

#include <math.h>

static bool is_text(const param_value *v, str text)
{
    return v->kind == PARAM_TEXT && str_eq(v->text, text);
}

bool settings_balanced_subsample(const train_params *p)
{
    const param_value *bootstrap = &p->values[PARAM_BOOTSTRAP];
    return is_text(&p->values[PARAM_CLASS_WEIGHT], STR("balanced_subsample")) &&
           bootstrap->kind == PARAM_BOOL && bootstrap->boolean;
}

static void class_totals(const train_data *data, size_t output, const double *weights, double *totals)
{
    memset(totals, 0, data->targets[output].classes * sizeof *totals);
    for (size_t row = 0; row < data->rows; row++)
        totals[data->y_class[row * data->outputs + output]] += weights ? weights[row] : 1.0;
}

/* "balanced": n / (classes * count); of weighted counts in the forests of 1.9. */
static void balanced_factors(const train_params *p, const train_data *data, size_t output, double *factors)
{
    bool weighted = compat_of(p->version).weighted_bootstrap && estimator_of(p->estimator)->is_ensemble;
    size_t classes = data->targets[output].classes;
    class_totals(data, output, weighted ? data->weights : NULL, factors);
    double n = weighted ? pairwise_sum(factors, classes) : (double)data->rows;
    for (size_t c = 0; c < classes; c++) factors[c] = n / ((double)classes * factors[c]);
}

static bool dict_factors(const param_value *v, const train_data *data, size_t output, double *factors, err *e)
{
    const train_target *target = &data->targets[output];
    for (size_t c = 0; c < target->classes; c++) factors[c] = 1.0;
    for (size_t i = 0; i < v->count; i++) {
        if (v->weights[i].output != output) continue;
        size_t c = 0;
        while (c < target->classes && !label_matches(&target->labels[c], v->weights[i].label)) c++;
        if (c == target->classes)
            return err_set(e, ERR_UNPROCESSABLE, "class_weight names '%.*s', which is no class of the data",
                           STR_ARG(v->weights[i].label));
        factors[c] = v->weights[i].weight;
    }
    return true;
}

static bool dict_fits(const param_value *v, const train_data *data, err *e)
{
    if (data->outputs == 1 && v->outputs == 0) return true;
    if (data->outputs > 1 && v->outputs == data->outputs) return true;
    return err_set(e, ERR_UNPROCESSABLE,
                   "class_weight must be one dict for one output, or a list with a dict for each of several");
}

static bool class_factors(const train_params *p, const train_data *data, size_t output, double *factors,
                          err *e)
{
    const param_value *v = &p->values[PARAM_CLASS_WEIGHT];
    if (v->kind == PARAM_WEIGHTS) return dict_fits(v, data, e) && dict_factors(v, data, output, factors, e);
    if (!is_text(v, STR("balanced")) &&
        !(is_text(v, STR("balanced_subsample")) && estimator_of(p->estimator)->is_ensemble))
        return err_set(
            e, ERR_UNPROCESSABLE,
            "class_weight must be None, balanced, balanced_subsample (forests) or a weight per label");
    balanced_factors(p, data, output, factors);
    return true;
}

/* The factor of every row: over several outputs, the product. */
static bool row_factors(arena *a, const train_params *p, const train_data *data, double *product, err *e)
{
    for (size_t row = 0; row < data->rows; row++) product[row] = 1.0;
    for (size_t k = 0; k < data->outputs; k++) {
        double *factors = arena_alloc_array(a, data->targets[k].classes, sizeof *factors);
        if (!factors)
            return err_set(e, ERR_MEMORY, "no memory for %zu class weights", data->targets[k].classes);
        if (!class_factors(p, data, k, factors, e)) return false;
        for (size_t row = 0; row < data->rows; row++)
            product[row] *= factors[data->y_class[row * data->outputs + k]];
    }
    return true;
}

bool settings_weights(arena *a, const train_params *p, const train_data *data, const double **weights, err *e)
{
    for (size_t row = 0; data->weights && row < data->rows; row++)
        if (!(data->weights[row] >= 0) || isinf(data->weights[row]))
            return err_set(e, ERR_UNPROCESSABLE, "sample weight of row %zu is %g", row + 1,
                           data->weights[row]);
    *weights = data->weights;
    bool weighs = p->values[PARAM_CLASS_WEIGHT].kind != PARAM_NONE && data->y_class;
    if (!weighs || settings_balanced_subsample(p)) return true;

    double *product = arena_alloc_array(a, data->rows, sizeof *product);
    if (!product) return err_set(e, ERR_MEMORY, "no memory for the weights of %zu rows", data->rows);
    if (!row_factors(a, p, data, product, e)) return false;
    for (size_t row = 0; data->weights && row < data->rows; row++)
        product[row] = data->weights[row] * product[row];
    for (size_t row = 0; row < data->rows; row++)
        if (!isfinite(product[row]))
            return err_set(e, ERR_UNPROCESSABLE, "class_weight gives row %zu the weight %g", row + 1,
                           product[row]);
    *weights = product;
    return true;
}

bool settings_bootstrap_count(const train_params *p, const compat *c, size_t rows, const double *weights,
                              size_t *count, err *e)
{
    const param_value *v = &p->values[PARAM_MAX_SAMPLES];
    bool newest = c->max_samples_truncated; /* there more draws than rows are allowed */
    double wanted = (double)rows;
    if (v->kind == PARAM_INT) {
        wanted = (double)v->integer;
    } else if (v->kind == PARAM_FLOAT) {
        if (!(v->number > 0 && (newest || v->number <= 1)))
            return err_set(e, ERR_UNPROCESSABLE, "max_samples as a share must be in (0, 1], not %g",
                           v->number);
        if (newest)
            wanted = trunc(v->number * (weights ? pairwise_sum(weights, rows) : (double)rows));
        else
            wanted = nearbyint((double)rows * v->number); /* half to even, as Python rounds */
        if (wanted < 1 && c->max_samples_at_least_one) wanted = 1;
    } else if (v->kind != PARAM_NONE) {
        return err_set(e, ERR_UNPROCESSABLE, "max_samples must be None, an integer or a share of the rows");
    }
    bool too_many = (v->kind == PARAM_INT && !newest && wanted > (double)rows) || wanted > UINT32_MAX;
    if (!(wanted >= 1) || too_many)
        return err_set(e, ERR_UNPROCESSABLE, "max_samples gives %g draws of %zu rows", wanted, rows);
    *count = (size_t)wanted;
    return true;
}
