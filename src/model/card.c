/*
 * model/card.c - a model card as JSON. The schema is in model/card.h.
 */
#include "model/card.h"

#include "describe.h"

#include <math.h>
#include <stdlib.h>

enum { QUANTILES = 10 };

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *text(str s)
{
    return json_from_str(s);
}

/* --- features ------------------------------------------------------------------------------------------------------------ */

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Quantiles of sorted values, each once, and how many values lie between. */
static void add_histogram(json_t *feature, const float *sorted, size_t count)
{
    json_t *edges = json_array(), *counts = json_array();
    float list[QUANTILES + 1];
    size_t n = 0;
    for (size_t q = 0; count && q <= QUANTILES; q++) {
        float edge = sorted[q * (count - 1) / QUANTILES];
        if (n == 0 || edge > list[n - 1]) list[n++] = edge;
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) json_array_append_new(edges, json_real((double)list[i]));
    for (size_t i = 0; i + 1 < n; i++) {
        size_t first = at;
        while (at < count && (sorted[at] < list[i + 1] || i + 2 == n)) at++;
        json_array_append_new(counts, json_integer((json_int_t)(at - first)));
    }
    if (n == 1) { /* one value: a bin without width */
        json_array_append_new(edges, json_real((double)list[0]));
        json_array_append_new(counts, json_integer((json_int_t)count));
    }
    json_object_set_new(feature, "edges", edges);
    json_object_set_new(feature, "counts", counts);
}

typedef struct spread {
    double mean, std;
} spread;

static spread spread_of(const float *values, size_t count)
{
    spread s = {NAN, NAN};
    if (count == 0) return s;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i];
    s.mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) squares += ((double)values[i] - s.mean) * ((double)values[i] - s.mean);
    s.std = sqrt(squares / (double)count);
    return s;
}

static json_t *describe_feature(const train_data *d, size_t feature, float *scratch)
{
    size_t count = 0;
    for (size_t row = 0; row < d->rows; row++) {
        float x = d->x[feature * d->rows + row];
        if (!isnan(x)) scratch[count++] = x;
    }
    qsort(scratch, count, sizeof *scratch, compare_floats);
    spread s = spread_of(scratch, count);
    const str *names = d->names ? d->names : d->known_names;
    json_t *out = json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "name",
                            names ? text(names[feature]) : json_null(), "count", (json_int_t)count, "missing",
                            (json_int_t)(d->rows - count), "min", number(count ? (double)scratch[0] : NAN),
                            "max", number(count ? (double)scratch[count - 1] : NAN), "mean", number(s.mean),
                            "std", number(s.std));
    if (out) add_histogram(out, scratch, count);
    return out;
}

static json_t *describe_features(const train_data *d)
{
    float *scratch = calloc(d->rows + 1, sizeof *scratch);
    json_t *list = scratch ? json_array() : NULL;
    for (size_t f = 0; list && f < d->features; f++)
        json_array_append_new(list, describe_feature(d, f, scratch));
    free(scratch);
    return list;
}

/* --- targets ------------------------------------------------------------------------------------------------------------- */

static json_t *describe_classes(const card_facts *c, size_t k)
{
    const train_data *d = c->train;
    json_t *list = json_array();
    for (size_t i = 0; i < d->targets[k].classes; i++) {
        size_t count = 0;
        for (size_t row = 0; row < d->rows; row++) count += d->y_class[row * d->outputs + k] == i;
        json_array_append_new(list, json_pack("{s:o, s:I}", "label", label_value(&d->targets[k].labels[i]),
                                              "count", (json_int_t)count));
    }
    return list;
}

static void describe_numbers(json_t *out, const train_data *d, size_t k)
{
    double low = INFINITY, high = -INFINITY, sum = 0, squares = 0;
    for (size_t i = k; i < d->rows * d->outputs; i += d->outputs) {
        low = fmin(low, d->y_number[i]);
        high = fmax(high, d->y_number[i]);
        sum += d->y_number[i];
    }
    double mean = sum / (double)d->rows;
    for (size_t i = k; i < d->rows * d->outputs; i += d->outputs)
        squares += (d->y_number[i] - mean) * (d->y_number[i] - mean);
    json_object_set_new(out, "min", number(low));
    json_object_set_new(out, "max", number(high));
    json_object_set_new(out, "mean", number(mean));
    json_object_set_new(out, "std", number(sqrt(squares / (double)d->rows)));
}

static json_t *describe_targets(const card_facts *c)
{
    const train_data *d = c->train;
    json_t *list = json_array();
    for (size_t k = 0; k < d->outputs; k++) {
        json_t *target = json_object();
        json_object_set_new(target, "name", d->target_names ? text(d->target_names[k]) : json_null());
        if (d->y_class)
            json_object_set_new(target, "classes", describe_classes(c, k));
        else
            describe_numbers(target, d, k);
        json_array_append_new(list, target);
    }
    return list;
}

/* --- metrics ------------------------------------------------------------------------------------------------------------- */

static json_t *classes_json(const output_quality *o, const train_target *target)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->class_count; i++) {
        const class_quality *q = &o->classes[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:f, s:f, s:f}", "label", label_value(&target->labels[i]),
                                        "support", (json_int_t)q->support, "precision", q->precision,
                                        "recall", q->recall, "f1", q->f1));
    }
    return list;
}

static json_t *points_json(const curve_point *points, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("[f, f]", points[i].x, points[i].y));
    return list;
}

static void add_curves(json_t *output, const output_quality *o)
{
    if (o->pairs) json_object_set_new(output, "pairs", points_json(o->pairs, o->pair_count));
    if (!o->curves) return;
    json_t *roc = json_array(), *precision = json_array();
    for (size_t i = 0; i < o->class_count; i++) {
        const class_curves *c = &o->curves[i];
        bool has = c->roc_count > 0;
        json_array_append_new(
            roc, has ? json_pack("{s:f, s:o}", "auc", c->auc, "points", points_json(c->roc, c->roc_count))
                     : json_null());
        json_array_append_new(precision,
                              has ? json_pack("{s:f, s:o}", "average_precision", c->average_precision,
                                              "points", points_json(c->precision, c->precision_count))
                                  : json_null());
    }
    json_object_set_new(output, "roc", roc);
    json_object_set_new(output, "roc_auc", o->has_auc ? json_real(o->auc) : json_null());
    json_object_set_new(output, "precision_recall", precision);
    json_object_set_new(output, "average_precision",
                        o->has_auc ? json_real(o->average_precision) : json_null());
}

static json_t *confusion_json(const output_quality *o)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < o->class_count; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < o->class_count; k++)
            json_array_append_new(row, json_integer((json_int_t)o->confusion[i * o->class_count + k]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *quality_json(const quality *q, const train_data *d)
{
    json_t *outputs = json_array();
    for (size_t k = 0; k < q->output_count; k++) {
        const output_quality *o = &q->outputs[k];
        json_t *output =
            d->y_class ? json_pack("{s:f, s:o, s:o}", "accuracy", o->accuracy, "classes",
                                   classes_json(o, &d->targets[k]), "confusion", confusion_json(o))
                       : json_pack("{s:o, s:f, s:f}", "r2", number(o->r2), "mae", o->mae, "rmse", o->rmse);
        add_curves(output, o);
        json_array_append_new(outputs, output);
    }
    return json_pack("{s:I, s:o, s:o}", "rows", (json_int_t)q->rows, "score", number(q->score), "outputs",
                     outputs);
}

static json_t *cv_json(const double *scores, size_t folds)
{
    json_t *list = json_array();
    double sum = 0, squares = 0;
    for (size_t i = 0; i < folds; i++) {
        json_array_append_new(list, number(scores[i]));
        sum += scores[i];
    }
    double mean = sum / (double)folds;
    for (size_t i = 0; i < folds; i++) squares += (scores[i] - mean) * (scores[i] - mean);
    return json_pack("{s:I, s:o, s:o, s:o}", "folds", (json_int_t)folds, "scores", list, "mean", number(mean),
                     "std", number(sqrt(squares / (double)folds)));
}

static json_t *metrics_json(const card_facts *c)
{
    json_t *out = json_object();
    json_object_set_new(out, "train", quality_json(c->train_quality, c->train));
    if (c->test_quality) json_object_set_new(out, "test", quality_json(c->test_quality, c->train));
    if (c->cv_folds) json_object_set_new(out, "cv", cv_json(c->cv_scores, c->cv_folds));
    if (c->forest->oob.values)
        json_object_set_new(out, "oob", json_pack("{s:o}", "score", number(c->forest->oob.score)));
    return out;
}

static json_t *importances_json(const forest *f)
{
    double *values = calloc(f->feature_count, sizeof *values);
    json_t *list = values && forest_importances(f, values, NULL) ? json_array() : NULL;
    for (size_t i = 0; list && i < f->feature_count; i++) json_array_append_new(list, number(values[i]));
    free(values);
    return list;
}

/* --- the card ------------------------------------------------------------------------------------------------------------ */

static json_t *data_json(const card_facts *c)
{
    json_t *inputs = json_array();
    for (size_t i = 0; i < c->input_count; i++)
        json_array_append_new(inputs, json_pack("{s:o, s:o, s:I}", "name", text(c->inputs[i].name), "sha256",
                                                text(c->inputs[i].sha256), "size_bytes",
                                                (json_int_t)c->inputs[i].size_bytes));
    return json_pack("{s:o, s:I, s:I, s:b}", "inputs", inputs, "rows", (json_int_t)c->train->rows,
                     "test_rows", (json_int_t)c->test_rows, "weighted", (int)(c->train->weights != NULL));
}

bool card_make(const card_facts *c, json_t **out, err *e)
{
    const forest *f = c->forest;
    size_t nodes = 0, depth = 0;
    for (size_t i = 0; i < f->tree_count; i++) {
        nodes += f->trees[i].node_count;
        if (f->trees[i].depth > depth) depth = f->trees[i].depth;
    }
    json_t *model =
        json_pack("{s:o, s:o, s:I, s:o}", "file", text(c->model.name), "sha256", text(c->model.sha256),
                  "size_bytes", (json_int_t)c->model.size_bytes, "form", text(c->form));
    *out = json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:f, s:o, s:o, s:o, s:o, s:o}",
                     "schema", "assay.modelcard/1", "created", text(c->created), "model", model, "estimator",
                     estimator_of(f->kind)->name, "sklearn_version", f->version.text, "params",
                     params_json(c->params), "random_state", (json_int_t)c->random_state, "trees",
                     (json_int_t)f->tree_count, "nodes", (json_int_t)nodes, "depth", (json_int_t)depth,
                     "fit_seconds", c->fit_seconds, "data", data_json(c), "targets", describe_targets(c),
                     "features", describe_features(c->train), "feature_importances", importances_json(f),
                     "metrics", metrics_json(c));
    return *out != NULL || err_set(e, ERR_MEMORY, "no memory for a model card");
}
