/*
 * model/sk/network.c - multi-layer perceptrons.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

typedef enum activation { ACT_RELU, ACT_IDENTITY, ACT_LOGISTIC, ACT_TANH, ACT_SOFTMAX, ACT_EXP } activation;

typedef struct network {
    matrix *w; /* of each layer, inputs x outputs */
    double **b;
    size_t layers, widest, classes;
    activation hidden, last;
    bool is_multilabel;
} network;

static void activate(activation act, double *h, size_t count)
{
    if (act == ACT_SOFTMAX) {
        softmax(h, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (act == ACT_RELU) h[i] = h[i] > 0 ? h[i] : 0;
        if (act == ACT_LOGISTIC) h[i] = expit(h[i]);
        if (act == ACT_TANH) h[i] = tanh(h[i]);
        if (act == ACT_EXP) h[i] = exp(h[i]);
    }
}

static void run_layer(const network *n, size_t layer, const double *in, double *out)
{
    const matrix *w = &n->w[layer];
    for (size_t k = 0; k < w->columns; k++) out[k] = 0;
    for (size_t j = 0; j < w->rows; j++)
        for (size_t k = 0; k < w->columns; k++) out[k] += in[j] * w->at[j * w->columns + k];
    for (size_t k = 0; k < w->columns; k++) out[k] += n->b[layer][k];
    activate(layer + 1 == n->layers ? n->last : n->hidden, out, w->columns);
}

static void give_row(const network *n, model_output what, const double *y, double *out)
{
    size_t columns = n->w[n->layers - 1].columns;
    if (n->classes == 0) {
        memcpy(out, y, columns * sizeof *out);
        for (size_t k = 0; n->is_multilabel && what == OUTPUT_PREDICT && k < columns; k++)
            out[k] = y[k] > 0.5;
    } else if (what == OUTPUT_PREDICT) {
        *out = n->classes == 1 ? 0 : columns == 1 ? (double)(y[0] > 0.5) : (double)first_largest(y, columns);
    } else if (columns == 1) {
        out[0] = 1 - y[0];
        out[1] = y[0];
    } else {
        memcpy(out, y, columns * sizeof *out);
    }
}

static bool network_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    const network *n = self;
    double *a_row = work_array(a, n->widest, 2, e);
    if (!a_row) return false;
    double *b_row = a_row + n->widest;
    for (size_t i = 0; i < rows->count; i++) {
        const double *in = rows->numbers + i * rows->columns;
        double *to = a_row, *other = b_row;
        for (size_t layer = 0; layer < n->layers; layer++) {
            run_layer(n, layer, in, to);
            in = to;
            to = other;
            other = (double *)(uintptr_t)in;
        }
        give_row(n, what, in, out->numbers + i * out->columns);
    }
    return true;
}

static onnx_ref draw_activation(onnx_build *b, activation act, onnx_ref x)
{
    switch (act) {
    case ACT_RELU: return onnx_with(b, "Max", x, 0);
    case ACT_LOGISTIC: return onnx_squashed(b, x);
    case ACT_TANH: return onnx_op1(b, "Tanh", x);
    case ACT_EXP: return onnx_op1(b, "Exp", x);
    case ACT_SOFTMAX: return onnx_softmax(b, x);
    default: return x;
    }
}

static void network_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const network *n = self;
    onnx_ref x = onnx_matrix(b, t);
    for (size_t i = 0; i < n->layers; i++) {
        const matrix *w = &n->w[i];
        x = onnx_op2(b, "MatMul", x, onnx_rows(b, w->at, w->rows, w->columns));
        x = onnx_op2(b, "Add", x, onnx_vector(b, n->b[i], w->columns));
        x = draw_activation(b, i + 1 == n->layers ? n->last : n->hidden, x);
    }
    size_t columns = n->w[n->layers - 1].columns;
    if (n->is_multilabel) {
        sk_draw_multilabel(b, x, 0.5, columns, true, out);
        return;
    }
    if (n->classes == 0) {
        out->at[OUTPUT_PREDICT] = x;
        return;
    }
    bool is_pair = columns == 1;
    onnx_ref above =
        is_pair ? onnx_cast(b, onnx_with(b, "Greater", x, n->classes == 1 ? INFINITY : 0.5), ONNX_INT64) : 0;
    out->at[OUTPUT_PREDICT] = is_pair ? onnx_flat(b, above) : onnx_argmax(b, x);
    out->at[OUTPUT_PREDICT_PROBA] = is_pair ? onnx_both(b, x) : x;
}

static network *network_new(sk *s)
{
    static const char *const words[] = {"relu", "identity", "logistic", "tanh", "softmax", "exp"};
    network *n = sk_alloc(s, 1, sizeof *n);
    unsigned hidden = sk_choice(s, "activation", words, 4);
    sk_get(s, "out_activation_");
    unsigned last = sk_choice(s, "out_activation_", words, COUNT_OF(words));
    sk_list w = sk_items(s, sk_get(s, "coefs_"), "coefs_", SK_ANY);
    sk_list b = sk_items(s, sk_get(s, "intercepts_"), "intercepts_", w.count);
    if (sk_ok(s) && w.count == 0) sk_fail(s, ERR_INVALID, "it has no layers");
    if (!n || !sk_ok(s)) return NULL;
    n->hidden = (activation)hidden;
    n->last = (activation)last;
    n->layers = w.count;
    n->w = sk_alloc(s, w.count, sizeof *n->w);
    n->b = sk_alloc(s, w.count, sizeof *n->b);
    for (size_t i = 0; i < w.count && sk_ok(s); i++) {
        n->w[i] = sk_matrix_of(s, w.items[i], "coefs_", false);
        matrix offsets = sk_matrix_of(s, b.items[i], "intercepts_", false);
        n->b[i] = offsets.at;
        bool fits = offsets.rows * offsets.columns == n->w[i].columns && n->w[i].columns > 0 &&
                    (i == 0 || n->w[i].rows == n->w[i - 1].columns);
        if (sk_ok(s) && !fits) sk_fail(s, ERR_INVALID, "layer %zu of its coefs_ does not fit", i);
        if (n->w[i].columns > n->widest) n->widest = n->w[i].columns;
    }
    sk_features(s, sk_ok(s) ? n->w[0].rows : 1);
    sk_answers(s, n, network_answer);
    sk_draws(s, network_draw, NULL);
    return sk_ok(s) ? n : NULL;
}

static void read_regressor(sk *s)
{
    network *n = network_new(s);
    if (n) sk_gives(s, OUTPUT_PREDICT, n->w[n->layers - 1].columns);
}

static void read_classifier(sk *s)
{
    network *n = network_new(s);
    const pickle_value *binarizer = sk_get(s, "_label_binarizer");
    if (n && sk_is_multilabel(s, binarizer, "_label_binarizer")) {
        n->is_multilabel = true;
        sk_multilabel(s, n->w[n->layers - 1].columns);
        sk_gives(s, OUTPUT_PREDICT_PROBA, n->w[n->layers - 1].columns);
        return;
    }
    const pickle_value *labels = pickle_get(binarizer, "classes_");
    if (sk_ok(s) && !labels) sk_fail(s, ERR_INVALID, "its _label_binarizer has no classes_");
    size_t classes = sk_classes(s, labels);
    if (!n || !sk_ok(s)) return;
    size_t columns = n->w[n->layers - 1].columns;
    if (columns != (classes <= 2 ? 1 : classes))
        sk_fail(s, ERR_INVALID, "it has %zu classes and %zu outputs", classes, columns);
    n->classes = classes;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, columns == 1 ? 2 : classes);
}

const sk_class sk_network_classes[] = {
    {"MLPClassifier", "neural_network._multilayer_perceptron", "neural_network.multilayer_perceptron",
     read_classifier},
    {"MLPRegressor", "neural_network._multilayer_perceptron", "neural_network.multilayer_perceptron",
     read_regressor},
    {NULL, NULL, NULL, NULL},
};
