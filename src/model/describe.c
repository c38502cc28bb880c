/*
 * model/describe.c - a forest's head as JSON, for Assay's own form.
 */
#include "describe.h"

#include "base/limits.h"

#include <math.h>

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* The JSON type is the label's kind: integer, real, boolean, string. */
json_t *label_value(const label *l)
{
    switch (l->kind) {
    case LABEL_INT: return json_integer(l->integer);
    case LABEL_FLOAT: return json_real(l->number);
    case LABEL_BOOL: return json_boolean(l->integer != 0);
    case LABEL_TEXT: return json_from_str(l->text);
    }
    return NULL;
}

static json_t *weights_value(const param_value *v, size_t output)
{
    json_t *dict = json_object();
    for (size_t i = 0; i < v->count; i++)
        if (v->weights[i].output == output)
            json_object_setn_new(dict, v->weights[i].label.data, v->weights[i].label.len,
                                 json_real(v->weights[i].weight));
    return dict;
}

static json_t *param_json(const param_value *v)
{
    json_t *list = NULL;
    switch (v->kind) {
    case PARAM_NONE: return json_null();
    case PARAM_BOOL: return json_boolean(v->boolean);
    case PARAM_INT: return json_integer(v->integer);
    case PARAM_FLOAT: return json_real(v->number);
    case PARAM_TEXT: return json_from_str(v->text);
    case PARAM_WEIGHTS:
        if (v->outputs == 0) return weights_value(v, 0);
        list = json_array();
        for (size_t k = 0; k < v->outputs; k++) json_array_append_new(list, weights_value(v, k));
        return list;
    case PARAM_INTS:
        list = json_array();
        for (size_t i = 0; i < v->count; i++) json_array_append_new(list, json_integer(v->integers[i]));
        return list;
    }
    return NULL;
}

json_t *params_json(const train_params *p)
{
    json_t *out = json_object();
    for (unsigned id = 0; out && id < PARAM_COUNT; id++)
        if (param_applies((param_id)id, p->estimator, p->version))
            json_object_set_new(out, param_name((param_id)id), param_json(&p->values[id]));
    return out;
}

json_t *forest_describe(const forest *f, const train_params *params)
{
    json_t *outputs = json_array();
    for (size_t k = 0; k < f->output_count; k++) {
        json_t *labels = json_array();
        for (size_t i = 0; i < f->outputs[k].class_count; i++)
            json_array_append_new(labels, label_value(&f->outputs[k].classes[i]));
        json_array_append_new(outputs, labels);
    }
    json_t *names = f->feature_names ? json_array() : json_null();
    for (size_t i = 0; f->feature_names && i < f->feature_count; i++)
        json_array_append_new(names, json_from_str(f->feature_names[i]));
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:b, s:I, s:I, s:I, s:o}", "estimator",
                     estimator_of(f->kind)->name, "sklearn_version", f->version.text, "features",
                     (json_int_t)f->feature_count, "classes", outputs, "feature_names", names,
                     "values_are_counts", (int)f->values_are_counts, "max_features",
                     (json_int_t)f->features_max, "samples", (json_int_t)f->sample_count, "bootstrap_samples",
                     (json_int_t)f->bootstrap_count, "params", params ? params_json(params) : json_null());
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static bool bad(const char *what, err *e)
{
    return err_set(e, ERR_INVALID, "the description of the Assay model is broken: %s", what);
}

static bool copy_text(forest *f, const json_t *v, str *out, err *e)
{
    str text = {json_string_value(v), json_string_length(v)};
    *out = text.len ? arena_copy(&f->memory, text) : STR("");
    return out->data || err_set(e, ERR_MEMORY, "no memory for the labels of a model");
}

static bool read_label(forest *f, const json_t *v, label *out, err *e)
{
    *out = (label){.kind = LABEL_TEXT};
    if (json_is_string(v)) return copy_text(f, v, &out->text, e);
    if (json_is_integer(v)) *out = (label){.kind = LABEL_INT, .integer = json_integer_value(v)};
    if (json_is_boolean(v)) *out = (label){.kind = LABEL_BOOL, .integer = json_is_true(v)};
    if (json_is_real(v)) *out = (label){.kind = LABEL_FLOAT, .number = json_real_value(v)};
    return out->kind != LABEL_TEXT || bad("a label is neither text nor a number", e);
}

static bool read_outputs(const json_t *about, forest *f, err *e)
{
    json_t *outputs;
    if (!json_member_array(about, "classes", &outputs, e)) return false;
    size_t count = json_array_size(outputs);
    if (count == 0 || count > LIMIT_FOREST_OUTPUTS) return bad("its outputs", e);
    if (!forest_set_outputs(f, count, e)) return false;
    for (size_t k = 0; k < count; k++) {
        const json_t *labels = json_array_get(outputs, k);
        size_t classes = json_array_size(labels);
        if (!json_is_array(labels) || (classes > 0) != forest_classifies(f)) return bad("its classes", e);
        f->outputs[k].class_count = classes;
        f->outputs[k].classes = arena_alloc_array(&f->memory, classes + 1, sizeof(label));
        if (!f->outputs[k].classes) return err_set(e, ERR_MEMORY, "no memory for %zu labels", classes);
        for (size_t i = 0; i < classes; i++)
            if (!read_label(f, json_array_get(labels, i), &f->outputs[k].classes[i], e)) return false;
    }
    forest_settle_outputs(f);
    return true;
}

static bool read_names(const json_t *about, forest *f, err *e)
{
    const json_t *names = json_object_get(about, "feature_names");
    if (!names || json_is_null(names)) return true;
    if (json_array_size(names) != f->feature_count) return bad("its feature names", e);
    f->feature_names = arena_alloc_array(&f->memory, f->feature_count, sizeof *f->feature_names);
    if (!f->feature_names) return err_set(e, ERR_MEMORY, "no memory for %zu names", f->feature_count);
    for (size_t i = 0; i < f->feature_count; i++) {
        const json_t *name = json_array_get(names, i);
        if (!json_is_string(name)) return bad("its feature names", e);
        if (!copy_text(f, name, &f->feature_names[i], e)) return false;
    }
    return true;
}

static bool read_count(const json_t *about, const char *key, uint64_t most, size_t *out, err *e)
{
    int64_t number;
    if (!json_member_i64_or(about, key, 0, &number, e)) return false;
    if (number < 0 || (uint64_t)number > most) return bad(key, e);
    *out = (size_t)number;
    return true;
}

bool forest_from_description(const json_t *about, forest **out, err *e)
{
    estimator_kind kind;
    sk_version version;
    AUTO(forest_free) forest *f = NULL;
    str name, text;
    if (!json_member_str(about, "estimator", &name, e) ||
        !json_member_str(about, "sklearn_version", &text, e))
        return false;
    if (!estimator_parse(name, &kind) || !sk_version_parse(text, &version))
        return bad("its estimator or version", e);
    if (!forest_new(kind, version, &f, e) ||
        !read_count(about, "features", LIMIT_TABLE_COLUMNS, &f->feature_count, e) ||
        !read_count(about, "max_features", LIMIT_TABLE_COLUMNS, &f->features_max, e) ||
        !read_count(about, "samples", UINT32_MAX, &f->sample_count, e) ||
        !read_count(about, "bootstrap_samples", UINT32_MAX, &f->bootstrap_count, e) ||
        !json_member_bool_or(about, "values_are_counts", false, &f->values_are_counts, e))
        return false;
    if (f->feature_count == 0) return bad("it has no features", e);
    if (!read_outputs(about, f, e) || !read_names(about, f, e)) return false;
    *out = TAKE(f);
    return true;
}
