/*
 * model/sk/dummy.c - estimators that look at no feature.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

typedef struct dummy {
    const double *numbers; /* of predict_proba, or of a regressor */
    size_t count;
    size_t label;
} dummy;

static bool dummy_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    (void)rows;
    (void)a;
    (void)e;
    const dummy *d = self;
    for (size_t i = 0; i < out->count; i++) {
        if (what == OUTPUT_PREDICT && d->label != SK_ANY)
            out->numbers[i] = (double)d->label;
        else
            memcpy(out->numbers + i * d->count, d->numbers, d->count * sizeof(double));
    }
    return true;
}

/* As many rows of its numbers as there are rows; the first column is there for their number, and counts nothing. */
static void dummy_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const dummy *d = self;
    onnx_column first = onnx_column_of(b, x, 0);
    if (!onnx_ok(b)) return;
    onnx_ref shape = onnx_op1(b, "Shape", first.at);
    onnx_ref count = onnx_gather(b, shape, onnx_integers(b, (int64_t[]){0}, 1), 0);
    onnx_ref columns = onnx_integers(b, (int64_t[]){(int64_t)d->count}, 1);
    onnx_ref wide = onnx_concat(b, (onnx_ref[]){count, columns}, 2, 0);
    onnx_ref all = onnx_op2(b, "Expand", onnx_rows(b, d->numbers, 1, d->count), wide);
    bool classifies = d->label != SK_ANY;
    out->at[classifies ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT] = all;
    if (!classifies) return;
    onnx_ref chosen = onnx_integers(b, (int64_t[]){(int64_t)d->label}, 1);
    out->at[OUTPUT_PREDICT] = onnx_op2(b, "Expand", chosen, count);
}

/* It does not even count the features. */
static void describe(sk *s, dummy *d)
{
    if (sk_has(s, "n_features_in_")) sk_features(s, SK_ANY);
    sk_answers(s, d, dummy_answer);
    sk_draws(s, dummy_draw, NULL);
    s->m->counts_nothing = true;
    s->m->checks_nothing = true;
}

static void read_classifier(sk *s)
{
    static const char *const strategies[] = {"prior", "most_frequent"};
    dummy *d = sk_alloc(s, 1, sizeof *d);
    unsigned strategy = sk_choice(s, "strategy", strategies, COUNT_OF(strategies));
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    double *prior = sk_vector(s, "class_prior_", classes, NULL), *proba = sk_alloc(s, classes, sizeof *proba);
    if (!sk_ok(s)) return;
    d->label = first_largest(prior, classes);
    for (size_t k = 0; k < classes; k++) proba[k] = strategy == 0 ? prior[k] : k == d->label;
    d->numbers = proba;
    d->count = classes;
    describe(s, d);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
}

static void read_regressor(sk *s)
{
    dummy *d = sk_alloc(s, 1, sizeof *d);
    if (!d) return;
    d->label = SK_ANY;
    d->numbers = sk_vector(s, "constant_", SK_ANY, &d->count);
    describe(s, d);
    sk_gives(s, OUTPUT_PREDICT, d->count);
}

const sk_class sk_dummy_classes[] = {
    {"DummyClassifier", "dummy", NULL, read_classifier},
    {"DummyRegressor", "dummy", NULL, read_regressor},
    {NULL, NULL, NULL, NULL},
};
