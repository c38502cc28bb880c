/*
 * model/pickle_write.c - the estimators' instance dicts, in the order and with the keys of each version (contract, sections 10.4 and 11).
 */
#include "model/pickle_write.h"

#include "compat.h"
#include "emit_numpy.h"

#include <assert.h>
#include <stdlib.h>

typedef struct writer {
    emitter emit;
    const forest *forest;
    const train_params *params;
    sk_version version;
} writer;

static bool at_least(const writer *w, unsigned major, unsigned minor)
{
    return sk_version_at_least(w->version, major, minor);
}

/* --- parameter values ---------------------------------------------------------------------------------------------------- */

static void write_label(emitter *w, const label *l)
{
    switch (l->kind) {
    case LABEL_INT: emit_int(w, l->integer); return;
    case LABEL_BOOL: emit_bool(w, l->integer != 0); return;
    case LABEL_FLOAT: emit_float(w, l->number); return;
    case LABEL_TEXT: emit_text(w, l->text); return;
    }
}

/* The keys of a class_weight dict are labels again, of their own type. */
static void write_weights_of(writer *w, const param_value *v, size_t output)
{
    const forest_output *o = &w->forest->outputs[output];
    emit_op(&w->emit, '}');
    emit_op(&w->emit, '(');
    for (size_t i = 0; i < v->count; i++) {
        if (v->weights[i].output != output) continue;
        for (size_t c = 0; c < o->class_count; c++) {
            if (!label_matches(&o->classes[c], v->weights[i].label)) continue;
            write_label(&w->emit, &o->classes[c]);
            emit_float(&w->emit, v->weights[i].weight);
            break;
        }
    }
    emit_op(&w->emit, 'u');
}

static void write_class_weights(writer *w, const param_value *v)
{
    if (v->outputs == 0) {
        write_weights_of(w, v, 0);
        return;
    }
    emit_op(&w->emit, ']');
    emit_op(&w->emit, '(');
    for (size_t k = 0; k < v->outputs && k < w->forest->output_count; k++) write_weights_of(w, v, k);
    emit_op(&w->emit, 'e');
}

static void write_value(writer *w, const param_value *v)
{
    switch (v->kind) {
    case PARAM_NONE: emit_none(&w->emit); return;
    case PARAM_BOOL: emit_bool(&w->emit, v->boolean); return;
    case PARAM_INT: emit_int(&w->emit, v->integer); return;
    case PARAM_FLOAT: emit_float(&w->emit, v->number); return;
    case PARAM_TEXT: emit_text(&w->emit, v->text); return;
    case PARAM_WEIGHTS: write_class_weights(w, v); return;
    case PARAM_INTS:
        emit_op(&w->emit, ']');
        emit_op(&w->emit, '(');
        for (size_t i = 0; i < v->count; i++) emit_int(&w->emit, v->integers[i]);
        emit_op(&w->emit, 'e');
        return;
    }
}

/* --- pieces of an instance ----------------------------------------------------------------------------------------------- */

static void instance_open(writer *w, estimator_kind kind)
{
    emit_global(&w->emit, estimator_module(kind), estimator_of(kind)->name);
    emit_op(&w->emit, ')');    /* EMPTY_TUPLE */
    emit_op(&w->emit, '\x81'); /* NEWOBJ */
    emit_op(&w->emit, '}');
    emit_op(&w->emit, '(');
}

static void instance_close(writer *w)
{
    emit_key(&w->emit, "_sklearn_version");
    emit_text(&w->emit, str_from_c(w->version.text));
    emit_op(&w->emit, 'u');
    emit_op(&w->emit, 'b');
}

static void write_param(writer *w, const param_value *values, param_id id)
{
    emit_key(&w->emit, param_name(id));
    /* fit() of 1.9 itself sets the one name to the other. */
    bool renamed = id == PARAM_CRITERION && compat_of(w->version).friedman_is_squared &&
                   values[id].kind == PARAM_TEXT && str_eq(values[id].text, STR("friedman_mse"));
    if (renamed) {
        emit_text(&w->emit, STR("squared_error"));
        return;
    }
    write_value(w, &values[id]);
}

/* The parameters that forests hand to their trees, in the order of both dicts. */
static void write_shared_params(writer *w, const param_value *values)
{
    static const param_id order[] = {PARAM_MAX_DEPTH,        PARAM_MIN_SAMPLES_SPLIT,
                                     PARAM_MIN_SAMPLES_LEAF, PARAM_MIN_WEIGHT_FRACTION_LEAF,
                                     PARAM_MAX_FEATURES,     PARAM_MAX_LEAF_NODES};
    for (size_t i = 0; i < COUNT_OF(order); i++) write_param(w, values, order[i]);
}

static void write_impurity_params(writer *w, const param_value *values)
{
    write_param(w, values, PARAM_MIN_IMPURITY_DECREASE);
    if (!at_least(w, 1, 0)) write_param(w, values, PARAM_MIN_IMPURITY_SPLIT);
}

static void write_pruning_params(writer *w, const param_value *values)
{
    write_param(w, values, PARAM_CCP_ALPHA);
    if (at_least(w, 1, 4)) write_param(w, values, PARAM_MONOTONIC_CST);
}

static void write_counted_features(writer *w, const char *key)
{
    emit_key(&w->emit, key);
    emit_int(&w->emit, (int64_t)w->forest->feature_count);
}

/* Trees of a forest were fitted to plain arrays: only the outer estimator knows names, and in 0.23 alone its n_features_in_. */
static void write_feature_count(writer *w, bool is_outer)
{
    const forest *f = w->forest;
    if (is_outer && f->feature_names && at_least(w, 1, 0)) {
        emit_key(&w->emit, "feature_names_in_");
        emit_names(&w->emit, f->feature_names, f->feature_count);
    }
    if (at_least(w, 0, is_outer ? 23 : 24)) write_counted_features(w, "n_features_in_");
    if (!at_least(w, 1, 0)) write_counted_features(w, "n_features_");
}

/* --- trees --------------------------------------------------------------------------------------------------------------- */

/* n_classes of Tree(), one per output; regressors have ones. */
static void write_class_counts(writer *w)
{
    const forest *f = w->forest;
    AUTO_BUF buf counts;
    buf_init(&counts, w->emit.out->ceiling_bytes);
    for (size_t k = 0; k < f->output_count; k++) {
        int64_t count = f->outputs[k].class_count ? (int64_t)f->outputs[k].class_count : 1;
        buf_add(&counts, (bytes){(const uint8_t *)&count, sizeof count});
    }
    if (counts.failed)
        w->emit.out->failed = true;
    else
        emit_array_i8(&w->emit, (const int64_t *)(const void *)counts.data, f->output_count);
}

static void write_tree_object(writer *w, const tree *t)
{
    const forest *f = w->forest;
    emit_global(&w->emit, "sklearn.tree._tree", "Tree");
    emit_int(&w->emit, (int64_t)f->feature_count);
    write_class_counts(w);
    emit_int(&w->emit, (int64_t)f->output_count);
    emit_op(&w->emit, '\x87');
    emit_op(&w->emit, 'R');
    emit_op(&w->emit, '}');
    emit_op(&w->emit, '(');
    emit_key(&w->emit, "max_depth");
    emit_int(&w->emit, (int64_t)t->depth);
    emit_key(&w->emit, "node_count");
    emit_int(&w->emit, (int64_t)t->node_count);
    emit_key(&w->emit, "nodes");
    emit_nodes(&w->emit, t, compat_of(w->version).node_has_missing);
    emit_key(&w->emit, "values");
    emit_values(&w->emit, t, f);
    emit_op(&w->emit, 'u');
    emit_op(&w->emit, 'b');
}

static void write_labels_of(writer *w, size_t output, bool encoded)
{
    const forest_output *o = &w->forest->outputs[output];
    if (encoded)
        emit_array_counting(&w->emit, o->class_count);
    else
        emit_labels(&w->emit, o->classes, o->class_count);
}

/* classes_ and n_classes_: of several outputs a list of arrays, and a list of integers (a forest) or an array (a tree). Classes of a forest's tree are the
 * encoded 0., 1., 2. ... */
static void write_classes(writer *w, bool is_tree, bool is_member)
{
    const forest *f = w->forest;
    emit_key(&w->emit, "classes_");
    if (f->output_count == 1) {
        write_labels_of(w, 0, is_member);
        emit_key(&w->emit, "n_classes_");
        emit_int(&w->emit, (int64_t)f->class_count);
        return;
    }
    emit_op(&w->emit, ']');
    emit_op(&w->emit, '(');
    for (size_t k = 0; k < f->output_count; k++) write_labels_of(w, k, is_member);
    emit_op(&w->emit, 'e');
    emit_key(&w->emit, "n_classes_");
    if (is_tree) {
        write_class_counts(w);
        return;
    }
    emit_op(&w->emit, ']');
    emit_op(&w->emit, '(');
    for (size_t k = 0; k < f->output_count; k++) emit_int(&w->emit, (int64_t)f->outputs[k].class_count);
    emit_op(&w->emit, 'e');
}

static void write_tree_params(writer *w, const param_value *values)
{
    write_param(w, values, PARAM_CRITERION);
    write_param(w, values, PARAM_SPLITTER);
    write_shared_params(w, values);
    write_param(w, values, PARAM_RANDOM_STATE);
    write_impurity_params(w, values);
    write_param(w, values, PARAM_CLASS_WEIGHT); /* regressors have it too, as None */
    if (!at_least(w, 0, 24)) write_param(w, values, PARAM_PRESORT);
    write_pruning_params(w, values);
}

static void write_tree(writer *w, estimator_kind kind, const param_value *values, const tree *t)
{
    bool is_member = estimator_of(w->forest->kind)->is_ensemble;
    instance_open(w, kind);
    write_tree_params(w, values);
    write_feature_count(w, !is_member);
    emit_key(&w->emit, "n_outputs_");
    emit_int(&w->emit, (int64_t)w->forest->output_count);
    if (forest_classifies(w->forest)) write_classes(w, true, is_member);
    emit_key(&w->emit, "max_features_");
    emit_int(&w->emit, (int64_t)w->forest->features_max);
    emit_key(&w->emit, "tree_");
    write_tree_object(w, t);
    instance_close(w);
}

/* --- forests ------------------------------------------------------------------------------------------------------------- */

/* The unfitted tree that a forest keeps as its template: all defaults. */
static bool write_template(writer *w, err *e)
{
    estimator_kind member = estimator_of(w->forest->kind)->member;
    train_params defaults;
    if (!params_init(&defaults, member, w->version, e)) return false;
    instance_open(w, member);
    write_tree_params(w, defaults.values);
    instance_close(w);
    return true;
}

static void write_estimator_params(writer *w)
{
    static const char *const names[] = {
        "criterion",
        "max_depth",
        "min_samples_split",
        "min_samples_leaf",
        "min_weight_fraction_leaf",
        "max_features",
        "max_leaf_nodes",
        "min_impurity_decrease",
        "min_impurity_split", /* before 1.0 */
        "random_state",
        "ccp_alpha",
    };
    emit_key(&w->emit, "estimator_params");
    emit_op(&w->emit, '(');
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!at_least(w, 1, 0) || strcmp(names[i], "min_impurity_split") != 0) emit_key(&w->emit, names[i]);
    if (at_least(w, 1, 4)) emit_key(&w->emit, "monotonic_cst");
    emit_op(&w->emit, 't');
}

static bool write_forest_params(writer *w, err *e)
{
    static const param_id order[] = {PARAM_BOOTSTRAP,    PARAM_OOB_SCORE,  PARAM_N_JOBS,
                                     PARAM_RANDOM_STATE, PARAM_VERBOSE,    PARAM_WARM_START,
                                     PARAM_CLASS_WEIGHT, PARAM_MAX_SAMPLES};
    const param_value *values = w->params->values;
    emit_key(&w->emit, at_least(w, 1, 2) ? "estimator" : "base_estimator");
    if (!write_template(w, e)) return false;
    write_param(w, values, PARAM_N_ESTIMATORS);
    write_estimator_params(w);
    if (at_least(w, 1, 2) && !at_least(w, 1, 4)) {
        emit_key(&w->emit, "base_estimator");
        emit_key(&w->emit, "deprecated");
    }
    for (size_t i = 0; i < COUNT_OF(order); i++) write_param(w, values, order[i]);
    write_param(w, values, PARAM_CRITERION);
    write_shared_params(w, values);
    write_impurity_params(w, values);
    write_pruning_params(w, values);
    return true;
}

static void write_sample_counts(writer *w)
{
    const forest *f = w->forest;
    if (!at_least(w, 1, 4)) return;
    emit_key(&w->emit, "_n_samples");
    emit_int(&w->emit, (int64_t)f->sample_count);
    emit_key(&w->emit, "_n_samples_bootstrap");
    if (f->bootstrap_count)
        emit_int(&w->emit, (int64_t)f->bootstrap_count);
    else
        emit_none(&w->emit);
    if (!at_least(w, 1, 9)) return;
    emit_key(&w->emit, "_sample_weight");
    if (f->sample_weights)
        emit_array_f8(&w->emit, f->sample_weights, &f->sample_count, 1);
    else
        emit_none(&w->emit);
}

/* What a tree of the forest was made with: the forest's values, its own splitter and seed. */
static void member_params(const writer *w, const tree *t, param_value *values)
{
    bool is_extra = estimator_of(w->forest->kind)->is_extra;
    memcpy(values, w->params->values, PARAM_COUNT * sizeof *values);
    values[PARAM_SPLITTER] =
        (param_value){.kind = PARAM_TEXT, .text = is_extra ? STR("random") : STR("best")};
    values[PARAM_RANDOM_STATE] = (param_value){.kind = PARAM_INT, .integer = t->seed};
    values[PARAM_CLASS_WEIGHT] = (param_value){.kind = PARAM_NONE};
    values[PARAM_PRESORT] = (param_value){.kind = PARAM_TEXT, .text = STR("deprecated")};
}

/* Several outputs of a classifier: (rows, classes, outputs), where here classes come last. */
static bool write_oob_of_outputs(writer *w, err *e)
{
    const forest *f = w->forest;
    size_t count = f->sample_count * f->value_count;
    double *turned = calloc(count, sizeof *turned);
    if (!turned) return err_set(e, ERR_MEMORY, "no memory for %zu out-of-bag numbers", count);
    for (size_t i = 0; i < count; i++) {
        size_t row = i / f->value_count, output = i % f->value_count / f->slot_count,
               slot = i % f->slot_count;
        turned[row * f->value_count + slot * f->output_count + output] = f->oob.values[i];
    }
    size_t shape[] = {f->sample_count, f->slot_count, f->output_count};
    emit_array_f8(&w->emit, turned, shape, 3);
    free(turned);
    return true;
}

/* Before 1.0: a list with an array for each output. */
static bool write_oob_list(writer *w, err *e)
{
    const forest *f = w->forest;
    double *own = calloc(f->sample_count * f->slot_count, sizeof *own);
    if (!own) return err_set(e, ERR_MEMORY, "no memory for %zu out-of-bag rows", f->sample_count);
    emit_op(&w->emit, ']');
    emit_op(&w->emit, '(');
    for (size_t k = 0; k < f->output_count; k++) {
        size_t classes = f->outputs[k].class_count, shape[] = {f->sample_count, classes};
        for (size_t row = 0; row < f->sample_count; row++)
            memcpy(own + row * classes, f->oob.values + row * f->value_count + k * f->slot_count,
                   classes * sizeof *own);
        emit_array_f8(&w->emit, own, shape, 2);
    }
    emit_op(&w->emit, 'e');
    free(own);
    return true;
}

static bool write_oob(writer *w, err *e)
{
    const forest *f = w->forest;
    if (!f->oob.values) return true;
    bool classifies = forest_classifies(f);
    emit_key(&w->emit, classifies ? "oob_decision_function_" : "oob_prediction_");
    if (classifies && f->output_count > 1) {
        bool as_list = !at_least(w, 1, 0);
        if (as_list ? !write_oob_list(w, e) : !write_oob_of_outputs(w, e)) return false;
    } else {
        size_t shape[] = {f->sample_count, f->value_count};
        emit_array_f8(&w->emit, f->oob.values, shape, classifies || f->output_count > 1 ? 2 : 1);
    }
    emit_key(&w->emit, "oob_score_");
    emit_float(&w->emit, f->oob.score);
    return true;
}

static bool write_forest(writer *w, err *e)
{
    const forest *f = w->forest;
    instance_open(w, f->kind);
    if (!write_forest_params(w, e)) return false;
    write_feature_count(w, true);
    emit_key(&w->emit, "n_outputs_");
    emit_int(&w->emit, (int64_t)f->output_count);
    if (forest_classifies(f)) write_classes(w, false, false);
    write_sample_counts(w);
    bool named_before = w->version.major == 1 && w->version.minor == 2 && w->version.patch < 2;
    emit_key(&w->emit, !at_least(w, 1, 2) ? "base_estimator_" : named_before ? "_estimator" : "estimator_");
    if (!write_template(w, e)) return false;
    emit_key(&w->emit, "estimators_");
    emit_op(&w->emit, ']');
    emit_op(&w->emit, '(');
    for (size_t i = 0; i < f->tree_count; i++) {
        param_value values[PARAM_COUNT];
        member_params(w, &f->trees[i], values);
        write_tree(w, estimator_of(f->kind)->member, values, &f->trees[i]);
    }
    emit_op(&w->emit, 'e');
    if (!write_oob(w, e)) return false;
    instance_close(w);
    return true;
}

bool forest_pickle(const forest *f, const train_params *params, buf *out, err *e)
{
    writer w = {.forest = f, .params = params, .version = f->version};
    emit_start(&w.emit, out);
    if (estimator_of(f->kind)->is_ensemble) {
        if (!write_forest(&w, e)) return false;
    } else {
        write_tree(&w, f->kind, params->values, &f->trees[0]);
    }
    emit_stop(&w.emit);
    return buf_ok(out, "a model file", e);
}
