/*
 * model/settings.c - scikit-learn's rules for its own parameters (section 2 of the contract).
 */
#include "settings.h"

#include <float.h>
#include <math.h>

static bool refused(const train_params *p, param_id id, const char *rule, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "%s%s %s for %s", param_name(id), param_show(&p->values[id]).text,
                   rule, estimator_of(p->estimator)->name);
}

/* Eight accumulators from 8 to 128 items, halves above: the order decides the last bit. */
double pairwise_sum(const double *x, size_t count)
{
    if (count > 128) {
        size_t half = count / 2 - (count / 2) % 8;
        return pairwise_sum(x, half) + pairwise_sum(x + half, count - half);
    }
    if (count < 8) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) sum += x[i];
        return sum;
    }
    double r[8];
    memcpy(r, x, sizeof r);
    size_t i = 8;
    for (; i + 8 <= count; i += 8)
        for (size_t k = 0; k < 8; k++) r[k] += x[i + k];
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i++) sum += x[i];
    return sum;
}

double column_sum(const double *x, size_t count, size_t columns)
{
    if (columns == 1) return pairwise_sum(x, count);
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i];
    return sum;
}

bool settings_wants_oob(const train_params *p)
{
    const param_value *v = &p->values[PARAM_OOB_SCORE];
    return estimator_of(p->estimator)->is_ensemble && v->kind == PARAM_BOOL && v->boolean;
}

/* --- counts and shares --------------------------------------------------------------------------------------------------- */

typedef struct count_rule {
    param_id id;
    int64_t low;   /* for integers */
    uint64_t none; /* what None means */
} count_rule;

static bool integer_or_none(const train_params *p, count_rule rule, uint64_t *out, err *e)
{
    const param_value *v = &p->values[rule.id];
    if (v->kind != PARAM_NONE && v->kind != PARAM_INT)
        return refused(p, rule.id, "must be None or an integer", e);
    if (v->kind == PARAM_INT && v->integer < rule.low)
        return refused(p, rule.id,
                       rule.low == 2 ? "must be an integer of 2 or more" : "must be an integer of 1 or more",
                       e);
    *out = v->kind == PARAM_INT ? (uint64_t)v->integer : rule.none;
    return true;
}

/* An integer, or a share of the rows, rounded up. */
static bool count_or_share(const train_params *p, count_rule rule, size_t rows, uint64_t *out, err *e)
{
    const param_value *v = &p->values[rule.id];
    if (v->kind == PARAM_INT) return integer_or_none(p, rule, out, e);
    if (v->kind != PARAM_FLOAT || !(v->number > 0 && v->number <= 1))
        return refused(p, rule.id, "must be an integer or a number in (0, 1]", e);
    *out = (uint64_t)ceil(v->number * (double)rows);
    return true;
}

static bool number_between(const train_params *p, param_id id, double high, double *out, err *e)
{
    const param_value *v = &p->values[id];
    double number = v->kind == PARAM_INT ? (double)v->integer : v->number;
    if ((v->kind != PARAM_INT && v->kind != PARAM_FLOAT) || !(number >= 0 && number <= high))
        return refused(p, id,
                       isinf(high) ? "must be a number of 0 or more" : "must be a number from 0 to 0.5", e);
    *out = number;
    return true;
}

static uint64_t at_least_one(double x)
{
    return x >= 1 ? (uint64_t)x : 1;
}

static bool features_max(const train_params *p, size_t features, uint64_t *out, err *e)
{
    const param_value *v = &p->values[PARAM_MAX_FEATURES];
    bool is_auto = v->kind == PARAM_TEXT && str_eq(v->text, STR("auto"));
    bool classifier = estimator_of(p->estimator)->is_classifier;
    if (v->kind == PARAM_NONE || (is_auto && !classifier)) {
        *out = features;
    } else if (is_auto || (v->kind == PARAM_TEXT && str_eq(v->text, STR("sqrt")))) {
        *out = at_least_one(sqrt((double)features));
    } else if (v->kind == PARAM_TEXT && str_eq(v->text, STR("log2"))) {
        *out = at_least_one(log2((double)features));
    } else if (v->kind == PARAM_INT && v->integer >= 1 && (uint64_t)v->integer <= features) {
        *out = (uint64_t)v->integer;
    } else if (v->kind == PARAM_FLOAT && v->number > 0 && v->number <= 1) {
        *out = at_least_one(v->number * (double)features);
    } else {
        return refused(p, PARAM_MAX_FEATURES,
                       "must be None, \"sqrt\", \"log2\", 1 to the number of features, or a share of them",
                       e);
    }
    return true;
}

static bool sizes(const train_params *p, const train_data *data, fit_settings *out, err *e)
{
    bool ok = integer_or_none(p, (count_rule){PARAM_MAX_DEPTH, 1, INT32_MAX}, &out->depth_max, e) &&
              integer_or_none(p, (count_rule){PARAM_MAX_LEAF_NODES, 2, 0}, &out->leaves_max, e) &&
              count_or_share(p, (count_rule){PARAM_MIN_SAMPLES_LEAF, 1, 0}, data->rows,
                             &out->samples_leaf_min, e) &&
              count_or_share(p, (count_rule){PARAM_MIN_SAMPLES_SPLIT, 2, 0}, data->rows,
                             &out->samples_split_min, e) &&
              number_between(p, PARAM_MIN_WEIGHT_FRACTION_LEAF, 0.5, &out->weight_fraction_min, e) &&
              number_between(p, PARAM_MIN_IMPURITY_DECREASE, INFINITY, &out->impurity_decrease_min, e) &&
              features_max(p, data->features, &out->features_max, e);
    if (!ok) return false;
    if (out->samples_split_min < 2) out->samples_split_min = 2;
    if (out->samples_split_min < 2 * out->samples_leaf_min)
        out->samples_split_min = 2 * out->samples_leaf_min;
    return true;
}

/* --- criterion and splitter ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    criterion_kind kind;
    bool classifies;
} criterion_names[] = {
    {"gini", CRITERION_GINI, true},        {"entropy", CRITERION_ENTROPY, true},
    {"log_loss", CRITERION_ENTROPY, true}, {"squared_error", CRITERION_SQUARED, false},
    {"mse", CRITERION_SQUARED, false},     {"friedman_mse", CRITERION_FRIEDMAN, false},
    {"poisson", CRITERION_POISSON, false}, {"absolute_error", CRITERION_ABSOLUTE, false},
    {"mae", CRITERION_ABSOLUTE, false},
};

static bool targets_allow_poisson(const train_data *data, err *e)
{
    double sum = 0;
    for (size_t i = 0; i < data->rows * data->outputs; i++) {
        if (data->y_number[i] < 0)
            return err_set(e, ERR_UNPROCESSABLE,
                           "criterion poisson needs targets of zero and more, row %zu has %g",
                           i / data->outputs + 1, data->y_number[i]);
        sum += data->y_number[i];
    }
    return sum > 0 || err_set(e, ERR_UNPROCESSABLE, "criterion poisson needs a target above zero");
}

static bool criterion_of(const train_params *p, const train_data *data, fit_settings *out, err *e)
{
    const param_value *v = &p->values[PARAM_CRITERION];
    bool classifies = estimator_of(p->estimator)->is_classifier;
    size_t i = 0;
    while (i < COUNT_OF(criterion_names) &&
           !(v->kind == PARAM_TEXT && str_eq(v->text, str_from_c(criterion_names[i].name)) &&
             criterion_names[i].classifies == classifies))
        i++;
    bool is_later = i < COUNT_OF(criterion_names) && criterion_names[i].kind == CRITERION_POISSON &&
                    !sk_version_at_least(p->version, 0, 24);
    if (is_later) return refused(p, PARAM_CRITERION, "came with version 0.24, it is not there", e);
    if (i == COUNT_OF(criterion_names))
        return refused(p, PARAM_CRITERION,
                       classifies ? "must be gini, entropy or log_loss"
                                  : "must be squared_error, friedman_mse, poisson or absolute_error",
                       e);
    out->criterion = criterion_names[i].kind;
    if (out->criterion == CRITERION_FRIEDMAN && out->compat.friedman_is_squared)
        out->criterion = CRITERION_SQUARED;
    if (out->criterion == CRITERION_ABSOLUTE && out->compat.absolute_ranked)
        out->criterion = CRITERION_ABSOLUTE_RANKED;
    if (out->criterion != CRITERION_POISSON) return true;
    if (out->compat.poisson_of_means) out->criterion = CRITERION_POISSON_MEANS;
    bool unchecked = out->compat.poisson_unchecked && estimator_of(p->estimator)->is_ensemble;
    return unchecked || targets_allow_poisson(data, e);
}

static bool splitter_of(const train_params *p, fit_settings *out, err *e)
{
    const param_value *v = &p->values[PARAM_SPLITTER];
    const estimator_info *info = estimator_of(p->estimator);
    if (info->is_ensemble) {
        out->random_splitter = info->is_extra;
        return true;
    }
    bool is_random = v->kind == PARAM_TEXT && str_eq(v->text, STR("random"));
    if (!is_random && !(v->kind == PARAM_TEXT && str_eq(v->text, STR("best"))))
        return refused(p, PARAM_SPLITTER, "must be best or random", e);
    out->random_splitter = is_random;
    return true;
}

/* --- constraints and missing values -------------------------------------------------------------------------------------- */

static bool monotonic_of(arena *a, const train_params *p, const train_data *data, fit_settings *out, err *e)
{
    const param_value *v = &p->values[PARAM_MONOTONIC_CST];
    if (v->kind == PARAM_NONE) return true;
    if (v->kind != PARAM_INTS || v->count != data->features)
        return refused(p, PARAM_MONOTONIC_CST, "must have one of -1, 0, 1 per feature", e);
    if (data->outputs > 1) return refused(p, PARAM_MONOTONIC_CST, "needs exactly one output", e);
    if (data->y_class && data->targets[0].classes > 2)
        return refused(p, PARAM_MONOTONIC_CST, "needs two classes", e);

    int8_t *signs = arena_alloc_array(a, v->count, sizeof *signs);
    if (!signs) return err_set(e, ERR_MEMORY, "no memory for %zu constraints", v->count);
    for (size_t i = 0; i < v->count; i++) {
        if (v->integers[i] < -1 || v->integers[i] > 1)
            return refused(p, PARAM_MONOTONIC_CST, "must have one of -1, 0, 1 per feature", e);
        signs[i] = (int8_t)(data->y_class ? -v->integers[i] : v->integers[i]); /* the splitter sees class 0 */
    }
    out->monotonic = signs;
    return true;
}

/* Which estimators take missing values, by version (input tag allow_nan of scikit-learn). */
static const char *missing_refusal(const train_params *p, const fit_settings *s)
{
    const estimator_info *info = estimator_of(p->estimator);
    bool from_1_6 = sk_version_at_least(p->version, 1, 6);
    unsigned from_minor = info->is_ensemble ? (info->is_extra ? 6 : 4) : 3;
    if (!sk_version_at_least(p->version, 1, from_minor)) return "which its version does not take";
    if (from_1_6 && !info->is_ensemble && info->is_extra && !s->random_splitter)
        return "which it takes with the random splitter only";
    if (s->random_splitter && !from_1_6) return "which the random splitter takes from version 1.6 on";
    if (sk_version_at_least(p->version, 1, 9)) return NULL;
    if (s->criterion == CRITERION_ABSOLUTE || s->criterion == CRITERION_ABSOLUTE_RANKED)
        return "which criterion absolute_error takes from version 1.9 on";
    return s->monotonic ? "which it takes beside monotonic_cst from version 1.9 on" : NULL;
}

static bool missing_allowed(const train_params *p, const fit_settings *s, const train_data *data,
                            size_t feature, err *e)
{
    const char *refusal = missing_refusal(p, s);
    if (!refusal) return true;
    size_t row = 0;
    while (!isnan(data->x[feature * data->rows + row])) row++;
    str name = data->names ? data->names[feature] : STR_NONE;
    return err_set(e, ERR_UNPROCESSABLE, "row %zu, feature %zu%s%.*s%s is missing, %s (%s of version %s)",
                   row + 1, feature + 1, name.len ? " (" : "", STR_ARG(name), name.len ? ")" : "", refusal,
                   estimator_of(p->estimator)->name, p->version.text);
}

/* Up to 1.8 only the first feature of a row that was not known yet is noticed: one whose gaps always stand behind another's is taken for complete. */
static void find_missing(const train_data *data, bool first_of_row, bool *has)
{
    for (size_t row = 0; row < data->rows; row++) {
        for (size_t f = 0; f < data->features; f++) {
            if (has[f] || !isnan(data->x[f * data->rows + row])) continue;
            has[f] = true;
            if (first_of_row) break;
        }
    }
}

static bool missing_of(arena *a, const train_params *p, const train_data *data, fit_settings *out, err *e)
{
    bool *has = arena_alloc_array(a, data->features, sizeof *has), any = false;
    if (!has) return err_set(e, ERR_MEMORY, "no memory for %zu features", data->features);
    for (size_t f = 0; f < data->features; f++) {
        const float *column = data->x + f * data->rows;
        bool missing = false;
        for (size_t row = 0; row < data->rows; row++) {
            if (isinf(column[row]))
                return err_set(e, ERR_UNPROCESSABLE,
                               "row %zu, feature %zu: infinite, or beyond a 32-bit float", row + 1, f + 1);
            missing |= isnan(column[row]);
        }
        if (missing && !missing_allowed(p, out, data, f, e)) return false;
        any |= missing;
    }
    if (any) find_missing(data, !out->compat.missing_rotates, has);
    out->has_missing = has;
    return true;
}

static bool outputs_of(arena *a, const train_data *data, fit_settings *out, err *e)
{
    size_t *counts = arena_alloc_array(a, data->outputs, sizeof *counts);
    if (!counts) return err_set(e, ERR_MEMORY, "no memory for %zu outputs", data->outputs);
    out->slots = 1;
    for (size_t k = 0; data->y_class && k < data->outputs; k++) {
        counts[k] = data->targets[k].classes;
        if (counts[k] > out->slots) out->slots = counts[k];
    }
    out->class_counts = counts;
    out->value_count = data->outputs * out->slots;
    return true;
}

static bool flags_are_booleans(const train_params *p, err *e)
{
    static const param_id flags[] = {PARAM_BOOTSTRAP, PARAM_OOB_SCORE, PARAM_WARM_START};
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (estimator_of(p->estimator)->is_ensemble && p->values[flags[i]].kind != PARAM_BOOL)
            return refused(p, flags[i], "must be True or False", e);
    return true;
}

/* Up to which impurity a node is a leaf. Unset, min_impurity_split meant 1e-7 up to 0.22, then nothing, and from 1.0 on there is a fixed epsilon. */
static bool leaf_impurity_of(const train_params *p, fit_settings *out, err *e)
{
    if (sk_version_at_least(p->version, 1, 0)) {
        out->impurity_leaf_max = DBL_EPSILON;
        return true;
    }
    out->impurity_leaf_max = sk_version_at_least(p->version, 0, 23) ? 0 : 1e-7;
    return p->values[PARAM_MIN_IMPURITY_SPLIT].kind == PARAM_NONE ||
           number_between(p, PARAM_MIN_IMPURITY_SPLIT, INFINITY, &out->impurity_leaf_max, e);
}

static bool pruning_of(const train_params *p, fit_settings *out, err *e)
{
    return number_between(p, PARAM_CCP_ALPHA, INFINITY, &out->ccp_alpha, e);
}

bool settings_make(arena *a, const train_params *p, const train_data *data, fit_settings *out, err *e)
{
    *out = (fit_settings){.compat = compat_of(p->version)};
    if (data->rows == 0 || data->features == 0 || data->outputs == 0)
        return err_set(e, ERR_UNPROCESSABLE, "nothing to fit: %zu rows with %zu features and %zu targets",
                       data->rows, data->features, data->outputs);
    return flags_are_booleans(p, e) && outputs_of(a, data, out, e) && criterion_of(p, data, out, e) &&
           splitter_of(p, out, e) && sizes(p, data, out, e) && leaf_impurity_of(p, out, e) &&
           pruning_of(p, out, e) && monotonic_of(a, p, data, out, e) && missing_of(a, p, data, out, e);
}
