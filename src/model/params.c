/*
 * model/params.c - one table of parameters; text and JSON become values of it.
 */
#include "model/params.h"
#include "nearest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const sk_version_default = "1.9.0";

typedef enum param_owner { OWNER_ALL, OWNER_ENSEMBLE, OWNER_TREE, OWNER_CLASSIFIER } param_owner;

static const struct {
    const char *name;
    param_owner owner;
    unsigned from_minor;               /* of major 1; 0: always */
    unsigned until_major, until_minor; /* the first version without it; 0: there is none */
} specs[PARAM_COUNT] = {
    [PARAM_N_ESTIMATORS] = {"n_estimators", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_CRITERION] = {"criterion", OWNER_ALL, 0, 0, 0},
    [PARAM_SPLITTER] = {"splitter", OWNER_TREE, 0, 0, 0},
    [PARAM_MAX_DEPTH] = {"max_depth", OWNER_ALL, 0, 0, 0},
    [PARAM_MIN_SAMPLES_SPLIT] = {"min_samples_split", OWNER_ALL, 0, 0, 0},
    [PARAM_MIN_SAMPLES_LEAF] = {"min_samples_leaf", OWNER_ALL, 0, 0, 0},
    [PARAM_MIN_WEIGHT_FRACTION_LEAF] = {"min_weight_fraction_leaf", OWNER_ALL, 0, 0, 0},
    [PARAM_MAX_FEATURES] = {"max_features", OWNER_ALL, 0, 0, 0},
    [PARAM_MAX_LEAF_NODES] = {"max_leaf_nodes", OWNER_ALL, 0, 0, 0},
    [PARAM_MIN_IMPURITY_DECREASE] = {"min_impurity_decrease", OWNER_ALL, 0, 0, 0},
    [PARAM_BOOTSTRAP] = {"bootstrap", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_OOB_SCORE] = {"oob_score", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_N_JOBS] = {"n_jobs", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_RANDOM_STATE] = {"random_state", OWNER_ALL, 0, 0, 0},
    [PARAM_VERBOSE] = {"verbose", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_WARM_START] = {"warm_start", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_CLASS_WEIGHT] = {"class_weight", OWNER_CLASSIFIER, 0, 0, 0},
    [PARAM_CCP_ALPHA] = {"ccp_alpha", OWNER_ALL, 0, 0, 0},
    [PARAM_MAX_SAMPLES] = {"max_samples", OWNER_ENSEMBLE, 0, 0, 0},
    [PARAM_MONOTONIC_CST] = {"monotonic_cst", OWNER_ALL, 4, 0, 0},
    [PARAM_MIN_IMPURITY_SPLIT] = {"min_impurity_split", OWNER_ALL, 0, 1, 0},
    [PARAM_PRESORT] = {"presort", OWNER_TREE, 0, 0, 24},
};

const char *param_name(param_id id)
{
    return specs[id].name;
}

param_string param_show(const param_value *v)
{
    param_string out = {""};
    if (v->kind == PARAM_NONE) snprintf(out.text, sizeof out.text, "=None");
    if (v->kind == PARAM_BOOL) snprintf(out.text, sizeof out.text, "=%s", v->boolean ? "True" : "False");
    if (v->kind == PARAM_INT) snprintf(out.text, sizeof out.text, "=%" PRId64, v->integer);
    if (v->kind == PARAM_FLOAT) snprintf(out.text, sizeof out.text, "=%g", v->number);
    if (v->kind == PARAM_TEXT)
        snprintf(out.text, sizeof out.text, "='%.*s'", STR_ARG(str_slice(v->text, 0, 40)));
    return out;
}

static bool is_of_version(param_id id, sk_version version)
{
    bool is_gone = (specs[id].until_major || specs[id].until_minor) &&
                   sk_version_at_least(version, specs[id].until_major, specs[id].until_minor);
    return !is_gone && (!specs[id].from_minor || sk_version_at_least(version, 1, specs[id].from_minor));
}

bool param_applies(param_id id, estimator_kind estimator, sk_version version)
{
    const estimator_info *info = estimator_of(estimator);
    if (!is_of_version(id, version)) return false;
    switch (specs[id].owner) {
    case OWNER_ALL: return true;
    case OWNER_ENSEMBLE: return info->is_ensemble;
    case OWNER_TREE: return !info->is_ensemble;
    case OWNER_CLASSIFIER: return info->is_classifier;
    }
    return false;
}

/* --- defaults ------------------------------------------------------------------------------------------------------------ */

static param_value value_int(int64_t i)
{
    return (param_value){.kind = PARAM_INT, .integer = i};
}

static param_value value_float(double number)
{
    return (param_value){.kind = PARAM_FLOAT, .number = number};
}

static param_value value_bool(bool boolean)
{
    return (param_value){.kind = PARAM_BOOL, .boolean = boolean};
}

static param_value value_text(const char *text)
{
    return (param_value){.kind = PARAM_TEXT, .text = str_from_c(text)};
}

static param_value default_max_features(const estimator_info *info, sk_version version)
{
    if (!info->is_ensemble && !info->is_extra) return (param_value){.kind = PARAM_NONE};
    if (!sk_version_at_least(version, 1, 1)) return value_text("auto");
    return info->is_classifier ? value_text("sqrt") : value_float(1.0);
}

bool params_init(train_params *p, estimator_kind estimator, sk_version version, err *e)
{
    if (!(version.major == 0 && version.minor >= 22) && !(version.major == 1 && version.minor <= 9))
        return err_set(e, ERR_UNSUPPORTED, "fits of scikit-learn 0.22 to 1.9 are reproduced, not of %s",
                       version.text);
    const estimator_info *info = estimator_of(estimator);
    bool from_1_0 = sk_version_at_least(version, 1, 0);
    *p = (train_params){.estimator = estimator, .version = version}; /* the rest is None */
    param_value *v = p->values;
    v[PARAM_N_ESTIMATORS] = value_int(100);
    v[PARAM_CRITERION] = value_text(info->is_classifier ? "gini" : from_1_0 ? "squared_error" : "mse");
    v[PARAM_SPLITTER] = value_text(info->is_extra ? "random" : "best");
    v[PARAM_MIN_SAMPLES_SPLIT] = value_int(2);
    v[PARAM_MIN_SAMPLES_LEAF] = value_int(1);
    v[PARAM_MIN_WEIGHT_FRACTION_LEAF] = value_float(0);
    v[PARAM_MAX_FEATURES] = default_max_features(info, version);
    v[PARAM_MIN_IMPURITY_DECREASE] = value_float(0);
    v[PARAM_BOOTSTRAP] = value_bool(!info->is_extra);
    v[PARAM_OOB_SCORE] = value_bool(false);
    v[PARAM_VERBOSE] = value_int(0);
    v[PARAM_WARM_START] = value_bool(false);
    v[PARAM_CCP_ALPHA] = value_float(0);
    v[PARAM_PRESORT] = value_text("deprecated");
    return true;
}

/* --- names --------------------------------------------------------------------------------------------------------------- */

/* The parameter of that name in any version; PARAM_COUNT: none has it. */
static param_id find_spec(str name)
{
    param_id id = 0;
    while (id < PARAM_COUNT && !str_eq(name, str_from_c(specs[id].name))) id++;
    return id;
}

static bool refuse_name(const train_params *p, str name, param_id nearest, err *e)
{
    const char *estimator = estimator_of(p->estimator)->name;
    param_id id = find_spec(name);
    if (id < PARAM_COUNT && specs[id].from_minor && !is_of_version(id, p->version))
        return err_set(e, ERR_UNPROCESSABLE, "%s of version %s has no parameter '%s', which came with 1.%u",
                       estimator, p->version.text, specs[id].name, specs[id].from_minor);
    if (id < PARAM_COUNT && !is_of_version(id, p->version))
        return err_set(e, ERR_UNPROCESSABLE, "%s of version %s has no parameter '%s', which went with %u.%u",
                       estimator, p->version.text, specs[id].name, specs[id].until_major,
                       specs[id].until_minor);
    return err_set(e, ERR_UNPROCESSABLE, "%s of version %s has no parameter '%.*s'; the nearest is %s",
                   estimator, p->version.text, STR_ARG(name), specs[nearest].name);
}

static bool find_param(const train_params *p, str name, param_id *id, err *e)
{
    unsigned nearest = 0;
    size_t nearest_distance = SIZE_MAX;
    for (unsigned i = 0; i < PARAM_COUNT; i++) {
        if (!param_applies((param_id)i, p->estimator, p->version)) continue;
        size_t distance = name_distance(name, str_from_c(specs[i].name));
        if (distance < nearest_distance) {
            nearest = i;
            nearest_distance = distance;
        }
    }
    *id = (param_id)nearest;
    if (nearest_distance == 0) return true;
    return refuse_name(p, name, (param_id)nearest, e);
}

/* --- values -------------------------------------------------------------------------------------------------------------- */

/* The weights of one dict are added to those of `out`, which has room. */
static bool add_dict(arena *a, const char *name, const json_t *json, size_t output, param_value *out, err *e)
{
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)json, key, member)
    {
        if (!json_is_number(member) || !(json_number_value(member) >= 0))
            return err_set(e, ERR_UNPROCESSABLE, "%s: the weight of '%s' must be a number of zero or more",
                           name, key);
        str named = arena_copy(a, str_from_c(key));
        if (!named.data) return err_set(e, ERR_MEMORY, "no memory for %s", name);
        out->weights[out->count++] =
            (class_weight){.output = output, .label = named, .weight = json_number_value(member)};
    }
    return true;
}

static bool value_from_dict(arena *a, const char *name, const json_t *json, param_value *out, err *e)
{
    *out = (param_value){.kind = PARAM_WEIGHTS};
    out->weights = arena_alloc_array(a, json_object_size(json) + 1, sizeof *out->weights);
    if (!out->weights) return err_set(e, ERR_MEMORY, "no memory for %s", name);
    return add_dict(a, name, json, 0, out, e);
}

static bool value_from_dicts(arena *a, const char *name, const json_t *json, param_value *out, err *e)
{
    *out = (param_value){.kind = PARAM_WEIGHTS, .outputs = json_array_size(json)};
    size_t i, count = 1;
    json_t *member;
    json_array_foreach(json, i, member)
    {
        if (!json_is_object(member)) return err_set(e, ERR_UNPROCESSABLE, "%s: item %zu is no dict", name, i);
        count += json_object_size(member);
    }
    out->weights = arena_alloc_array(a, count, sizeof *out->weights);
    if (!out->weights) return err_set(e, ERR_MEMORY, "no memory for %s", name);
    json_array_foreach(json, i, member)
    {
        if (!add_dict(a, name, member, i, out, e)) return false;
    }
    return true;
}

static bool value_from_list(arena *a, const char *name, const json_t *json, param_value *out, err *e)
{
    *out = (param_value){.kind = PARAM_INTS};
    out->integers = arena_alloc_array(a, json_array_size(json) + 1, sizeof *out->integers);
    if (!out->integers) return err_set(e, ERR_MEMORY, "no memory for %s", name);
    size_t i;
    json_t *member;
    json_array_foreach(json, i, member)
    {
        if (!json_is_integer(member))
            return err_set(e, ERR_UNPROCESSABLE, "%s: item %zu is no integer", name, i);
        out->integers[out->count++] = json_integer_value(member);
    }
    return true;
}

/* A parameter of other versions, as get_params() lists it when nobody set it. */
static bool is_unset_elsewhere(const train_params *p, str name, const json_t *json)
{
    param_id id = find_spec(name);
    if (id == PARAM_COUNT || is_of_version(id, p->version)) return false;
    return json_is_null(json) || (id == PARAM_PRESORT && json_is_false(json)) ||
           (json_is_string(json) && strcmp(json_string_value(json), "deprecated") == 0);
}

static const char *own_criterion(const train_params *p, str word)
{
    static const struct {
        const char *before, *since;
        unsigned minor; /* of major 1, from which on `since` is understood */
    } pairs[] = {
        {"mse", "squared_error", 0},
        {"mae", "absolute_error", 0},
        {"entropy", "log_loss", 1}, /* both since */
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        bool knows = sk_version_at_least(p->version, 1, pairs[i].minor);
        if (!knows && str_eq(word, str_from_c(pairs[i].since))) return pairs[i].before;
        bool forgot =
            sk_version_at_least(p->version, 1, 2) && pairs[i].minor == 0; /* 1.0 and 1.1 know both */
        if (forgot && str_eq(word, str_from_c(pairs[i].before))) return pairs[i].since;
    }
    return NULL;
}

/* Values that another version spells otherwise. */
static void speak_own_version(train_params *p, param_id id)
{
    param_value *v = &p->values[id];
    p->given[id] = STR_NONE;
    if (v->kind != PARAM_TEXT) return;
    str given = v->text;
    const estimator_info *info = estimator_of(p->estimator);
    const char *criterion = id == PARAM_CRITERION ? own_criterion(p, given) : NULL;
    bool is_auto = id == PARAM_MAX_FEATURES && str_eq(given, STR("auto"));
    if (criterion)
        *v = value_text(criterion);
    else if (is_auto && sk_version_at_least(p->version, 1, 3))
        *v = info->is_classifier ? value_text("sqrt") : value_float(1.0);
    else if (id == PARAM_N_ESTIMATORS && str_eq(given, STR("warn")))
        *v = value_int(10); /* 0.20 and 0.21 */
    else
        return;
    p->given[id] = given;
}

bool params_set_json(train_params *p, arena *a, str name, const json_t *json, err *e)
{
    param_id id;
    if (is_unset_elsewhere(p, name, json)) return true;
    if (!find_param(p, name, &id, e)) return false;
    param_value value = {.kind = PARAM_NONE};
    switch (json_typeof(json)) {
    case JSON_NULL: break;
    case JSON_TRUE:
    case JSON_FALSE: value = value_bool(json_is_true(json)); break;
    case JSON_INTEGER: value = value_int(json_integer_value(json)); break;
    case JSON_REAL: value = value_float(json_real_value(json)); break;
    case JSON_STRING:
        value.kind = PARAM_TEXT;
        value.text = arena_copy(a, (str){json_string_value(json), json_string_length(json)});
        if (!value.text.data) return err_set(e, ERR_MEMORY, "no memory for %s", specs[id].name);
        break;
    case JSON_OBJECT:
        if (id != PARAM_CLASS_WEIGHT) return err_set(e, ERR_UNPROCESSABLE, "%s is no dict", specs[id].name);
        if (!value_from_dict(a, specs[id].name, json, &value, e)) return false;
        break;
    case JSON_ARRAY:
        if (id == PARAM_CLASS_WEIGHT) {
            if (!value_from_dicts(a, specs[id].name, json, &value, e)) return false;
            break;
        }
        if (id != PARAM_MONOTONIC_CST) return err_set(e, ERR_UNPROCESSABLE, "%s is no list", specs[id].name);
        if (!value_from_list(a, specs[id].name, json, &value, e)) return false;
        break;
    }
    p->values[id] = value;
    speak_own_version(p, id);
    return true;
}

/* Words that Python writes differently from JSON. */
static str json_spelling(str value)
{
    if (str_eq(value, STR("None")) || str_eq(value, STR("none"))) return STR("null");
    if (str_eq(value, STR("True"))) return STR("true");
    if (str_eq(value, STR("False"))) return STR("false");
    return value;
}

bool params_set_text(train_params *p, arena *a, str name, str value, err *e)
{
    str spelled = json_spelling(value);
    AUTO(json_release) json_t *json = NULL;
    if (!json_decode(str_bytes(spelled), "a parameter", &json, NULL)) json = json_from_str(value);
    if (!json) return err_set(e, ERR_MEMORY, "no memory for '%.*s'", STR_ARG(name));
    return params_set_json(p, a, name, json, e);
}
