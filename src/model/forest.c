/*
 * model/forest.c - the fitted model as a value, the estimators it may be, and the versions it may come from.
 */
#include "model/forest.h"
#include "nearest.h"

#include "base/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const estimator_info estimators[ESTIMATOR_KINDS] = {
    [RANDOM_FOREST_CLASSIFIER] = {"RandomForestClassifier", true, true, false, DECISION_TREE_CLASSIFIER},
    [RANDOM_FOREST_REGRESSOR] = {"RandomForestRegressor", false, true, false, DECISION_TREE_REGRESSOR},
    [EXTRA_TREES_CLASSIFIER] = {"ExtraTreesClassifier", true, true, true, EXTRA_TREE_CLASSIFIER},
    [EXTRA_TREES_REGRESSOR] = {"ExtraTreesRegressor", false, true, true, EXTRA_TREE_REGRESSOR},
    [DECISION_TREE_CLASSIFIER] = {"DecisionTreeClassifier", true, false, false, DECISION_TREE_CLASSIFIER},
    [DECISION_TREE_REGRESSOR] = {"DecisionTreeRegressor", false, false, false, DECISION_TREE_REGRESSOR},
    [EXTRA_TREE_CLASSIFIER] = {"ExtraTreeClassifier", true, false, true, EXTRA_TREE_CLASSIFIER},
    [EXTRA_TREE_REGRESSOR] = {"ExtraTreeRegressor", false, false, true, EXTRA_TREE_REGRESSOR},
};

const estimator_info *estimator_of(estimator_kind kind)
{
    assert(kind < ESTIMATOR_KINDS);
    return &estimators[kind];
}

bool estimator_parse(str name, estimator_kind *kind)
{
    for (unsigned i = 0; i < ESTIMATOR_KINDS; i++) {
        if (!str_eq(name, str_from_c(estimators[i].name))) continue;
        *kind = (estimator_kind)i;
        return true;
    }
    return false;
}

const char *estimator_nearest(str name)
{
    unsigned nearest = 0;
    for (unsigned i = 1; i < ESTIMATOR_KINDS; i++)
        if (name_distance(name, str_from_c(estimators[i].name)) <
            name_distance(name, str_from_c(estimators[nearest].name)))
            nearest = i;
    return estimators[nearest].name;
}

const char *estimator_module(estimator_kind kind)
{
    return estimator_of(kind)->is_ensemble ? "sklearn.ensemble._forest" : "sklearn.tree._classes";
}

/* "1.4.2", and what follows the third number (".post1", "rc1", ".dev0") stays in the text only. */
bool sk_version_parse(str text, sk_version *v)
{
    unsigned parts[3] = {0};
    size_t at = 0, found = 0;
    for (; found < 3; found++) {
        size_t first = at;
        while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9' && at - first < 4) {
            parts[found] = parts[found] * 10 + (unsigned)(text.data[at] - '0');
            at++;
        }
        if (at == first) break;
        if (at >= text.len || text.data[at] != '.') {
            found++;
            break;
        }
        at++;
    }
    if (found < 2 || text.len >= sizeof v->text) return false;
    *v = (sk_version){.major = parts[0], .minor = parts[1], .patch = parts[2]};
    memcpy(v->text, text.data, text.len);
    return true;
}

bool sk_version_at_least(sk_version v, unsigned major, unsigned minor)
{
    return v.major > major || (v.major == major && v.minor >= minor);
}

bool forest_new(estimator_kind kind, sk_version version, forest **out, err *e)
{
    forest *f = calloc(1, sizeof *f);
    if (!f) return err_set(e, ERR_MEMORY, "no memory for a forest");
    arena_init(&f->memory, LIMIT_SCAN_ARENA_BYTES);
    f->kind = kind;
    f->version = version;
    f->values_are_counts = estimator_of(kind)->is_classifier && !sk_version_at_least(version, 1, 4);
    *out = f;
    return true;
}

bool forest_classifies(const forest *f)
{
    return estimator_of(f->kind)->is_classifier;
}

bool forest_set_outputs(forest *f, size_t output_count, err *e)
{
    f->outputs = arena_alloc_array(&f->memory, output_count, sizeof *f->outputs);
    if (!f->outputs) return err_set(e, ERR_MEMORY, "no memory for %zu outputs", output_count);
    f->output_count = output_count;
    return true;
}

void forest_settle_outputs(forest *f)
{
    f->slot_count = 1;
    for (size_t k = 0; k < f->output_count; k++)
        if (f->outputs[k].class_count > f->slot_count) f->slot_count = f->outputs[k].class_count;
    f->value_count = f->output_count * f->slot_count;
    f->classes = f->outputs[0].classes;
    f->class_count = f->outputs[0].class_count;
}

void forest_free(forest *f)
{
    if (!f) return;
    for (size_t i = 0; f->trees && !f->borrowed && i < f->tree_count; i++) {
        free(f->trees[i].nodes);
        free(f->trees[i].values);
    }
    free(f->trees);
    arena_done(&f->memory);
    free(f);
}

bool label_matches(const label *l, str text_of_label)
{
    char text[40];
    switch (l->kind) {
    case LABEL_TEXT: return str_eq(l->text, text_of_label);
    case LABEL_BOOL: return str_eq_nocase(text_of_label, l->integer ? STR("true") : STR("false"));
    case LABEL_INT: snprintf(text, sizeof text, "%" PRId64, l->integer); break;
    case LABEL_FLOAT: snprintf(text, sizeof text, "%.17g", l->number); break;
    }
    return str_eq(str_from_c(text), text_of_label);
}

/* --- importances --------------------------------------------------------------------------------------------------------- */

/* Decrease of impurity per feature, normalised to sum 1 (all zeros stay so). */
static void tree_importances(const tree *t, size_t feature_count, double *out)
{
    memset(out, 0, feature_count * sizeof *out);
    for (size_t i = 0; i < t->node_count; i++) {
        const tree_node *n = &t->nodes[i];
        if (n->left < 0) continue;
        const tree_node *l = &t->nodes[n->left], *r = &t->nodes[n->right];
        out[n->feature] += n->weight * n->impurity - l->weight * l->impurity - r->weight * r->impurity;
    }
    double sum = 0;
    for (size_t f = 0; f < feature_count; f++) {
        out[f] /= t->nodes[0].weight;
        sum += out[f];
    }
    for (size_t f = 0; sum > 0 && f < feature_count; f++) out[f] /= sum;
}

bool forest_importances(const forest *f, double *out, err *e)
{
    double *one = calloc(f->feature_count, sizeof *one);
    if (!one) return err_set(e, ERR_MEMORY, "no memory for %zu importances", f->feature_count);
    memset(out, 0, f->feature_count * sizeof *out);
    size_t counted = 0;
    for (size_t t = 0; t < f->tree_count; t++) {
        if (f->trees[t].node_count <= 1) continue;
        counted++;
        tree_importances(&f->trees[t], f->feature_count, one);
        for (size_t i = 0; i < f->feature_count; i++) out[i] += one[i];
    }
    free(one);

    double sum = 0;
    for (size_t i = 0; counted && i < f->feature_count; i++) {
        out[i] /= (double)counted;
        sum += out[i];
    }
    for (size_t i = 0; sum > 0 && f->tree_count > 1 && i < f->feature_count; i++) out[i] /= sum;
    return true;
}
