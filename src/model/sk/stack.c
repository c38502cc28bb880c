/*
 * model/sk/stack.c - estimators whose answers are the features of another.
 */
#include "sk/compose.h"
#include "sk/parts.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

typedef struct layer {
    const model *part;
    model_output asks;
    size_t skipped, width; /* of two probabilities only the second counts */
} layer;

typedef struct stack {
    layer *layers;
    size_t count, columns;
    bool passes; /* the features themselves follow */
    const model *final;
    size_t *classes; /* of the whole, by class of the final one; NULL: a regressor */
} stack;

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static const double *ask_layer(const layer *l, const model_rows *rows, arena *a, err *e)
{
    const double *got =
        l->asks == OUTPUT_PREDICT ? part_values(l->part, rows, a, e) : sk_ask(l->part, l->asks, rows, a, e);
    if (!got) err_wrap(e, "%.*s", STR_ARG(l->part->info.name));
    return got;
}

static bool fill(const stack *k, const model_rows *rows, arena *a, double *out, err *e)
{
    size_t at = 0;
    for (size_t n = 0; n < k->count; n++) {
        const layer *l = &k->layers[n];
        const double *got = ask_layer(l, rows, a, e);
        if (!got) return false;
        for (size_t i = 0; i < rows->count; i++)
            for (size_t j = 0; j < l->width; j++)
                out[i * k->columns + at + j] = got[i * (l->width + l->skipped) + l->skipped + j];
        at += l->width;
    }
    for (size_t i = 0; k->passes && i < rows->count; i++)
        memcpy(out + i * k->columns + at, rows->numbers + i * rows->columns, rows->columns * sizeof *out);
    return true;
}

static bool stack_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    const stack *k = self;
    if (what == OUTPUT_TRANSFORM) return fill(k, rows, a, out->numbers, e);
    double *features = work_array(a, rows->count, k->columns, e);
    if (!features || !fill(k, rows, a, features, e)) return false;
    model_rows inner = {rows->count, k->columns, features, NULL, {.is_computed = true}};
    if (!model_answer(k->final, what, &inner, a, out, e)) return err_wrap(e, "final_estimator_");
    for (size_t i = 0; k->classes && what == OUTPUT_PREDICT && i < rows->count; i++)
        out->numbers[i] = (double)k->classes[(size_t)out->numbers[i]];
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_layer(onnx_build *b, const layer *l, const onnx_table *x)
{
    onnx_answers got;
    onnx_draw(b, l->part, x, &got);
    if (l->asks == OUTPUT_PREDICT) return part_drawn_values(b, l->part, &got);
    onnx_ref at = part_drawn(b, l->part, &got, l->asks);
    return l->skipped ? onnx_pick(b, at, 1) : at;
}

static void stack_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const stack *k = self;
    onnx_ref *parts = onnx_alloc(b, k->count + 1, sizeof *parts);
    for (size_t n = 0; onnx_ok(b) && n < k->count; n++) parts[n] = draw_layer(b, &k->layers[n], x);
    if (onnx_ok(b) && k->passes) parts[k->count] = onnx_matrix(b, x);
    if (!onnx_ok(b)) return;
    onnx_table features = onnx_table_of(onnx_concat(b, parts, k->count + k->passes, 1), k->columns);
    onnx_draw(b, k->final, &features, out);
    if (k->classes && onnx_ok(b)) {
        onnx_ref classes = onnx_columns_of(b, k->classes, k->final->info.classes->count);
        out->at[OUTPUT_PREDICT] = onnx_gather(b, classes, out->at[OUTPUT_PREDICT], 0);
    }
    out->table = features;
}

static void stack_texts(const void *self, bool *is_text)
{
    const stack *k = self;
    for (size_t n = 0; n < k->count; n++) sk_texts_of(k->layers[n].part, is_text);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static void read_layer(sk *s, const pickle_value *v, const pickle_value *method, bool is_binary, layer *l)
{
    l->part = sk_part(s, v, "estimators_");
    if (!sk_ok(s)) return;
    bool is_word = method && method->kind == PICKLE_STR && model_output_parse(method->text, &l->asks);
    if (!is_word || !l->part->info.gives[l->asks]) {
        sk_fail(s, ERR_UNSUPPORTED, "its stack_method_ is nothing that a %.*s gives",
                STR_ARG(l->part->info.name));
        return;
    }
    if (l->asks == OUTPUT_PREDICT) part_must_give_numbers(s, l->part);
    l->width = l->part->info.columns[l->asks];
    l->skipped = is_binary && l->asks == OUTPUT_PREDICT_PROBA;
    if (sk_ok(s) && l->width <= l->skipped)
        sk_fail(s, ERR_INVALID, "its part %.*s has one class", STR_ARG(l->part->info.name));
    l->width -= sk_ok(s) ? l->skipped : 0;
}

static stack *stack_new(sk *s, bool is_binary)
{
    sk_list parts = sk_items(s, sk_get(s, "estimators_"), "estimators_", SK_ANY);
    sk_list methods = sk_items(s, sk_get(s, "stack_method_"), "stack_method_", parts.count);
    stack *k = sk_alloc(s, 1, sizeof *k);
    if (!k || !sk_ok(s)) return NULL;
    if (parts.count == 0) sk_fail(s, ERR_INVALID, "its estimators_ is empty");
    k->layers = sk_alloc(s, parts.count, sizeof *k->layers);
    for (size_t n = 0; n < parts.count && sk_ok(s); n++) {
        layer *l = &k->layers[k->count++];
        read_layer(s, parts.items[n], methods.items[n], is_binary, l);
        parts_features(s, l->part);
        k->columns += l->width;
    }
    k->passes = sk_flag(s, "passthrough", false);
    if (k->passes && s->m->info.takes_text) sk_fail(s, ERR_UNSUPPORTED, "its passthrough would hand text on");
    if (k->passes) k->columns += s->m->info.feature_count;
    k->final = sk_part(s, sk_get(s, "final_estimator_"), "final_estimator_");
    if (sk_ok(s) && k->final->info.feature_count != k->columns && !k->final->any_columns)
        sk_fail(s, ERR_INVALID, "its final_estimator_ takes %zu features of %zu",
                k->final->info.feature_count, k->columns);
    sk_gives(s, OUTPUT_TRANSFORM, k->columns);
    sk_answers(s, k, stack_answer);
    sk_draws(s, stack_draw, stack_texts);
    return sk_ok(s) ? k : NULL;
}

static void read_stack_regressor(sk *s)
{
    stack *k = stack_new(s, false);
    if (!k) return;
    part_must_give_numbers(s, k->final);
    if (sk_ok(s) && k->final->info.classes)
        sk_fail(s, ERR_UNSUPPORTED, "its final_estimator_ is a classifier");
    if (sk_ok(s)) sk_gives(s, OUTPUT_PREDICT, k->final->info.target_count);
}

/* The final one was fitted to the numbers of the labels. */
static void read_stack_classifier(sk *s)
{
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    stack *k = stack_new(s, classes == 2);
    const model_classes *own = k ? part_classes(s, k->final) : NULL;
    if (!own) return;
    k->classes = sk_alloc(s, own->count, sizeof *k->classes);
    for (size_t i = 0; sk_ok(s) && i < own->count; i++) {
        double number = -1;
        bool fits = label_as_number(&own->labels[i], &number) && number >= 0 && number < (double)classes &&
                    number == floor(number);
        if (!fits)
            sk_fail(s, ERR_UNSUPPORTED, "its final_estimator_ has a class that is no number of a label");
        k->classes[i] = fits ? (size_t)number : 0;
    }
    if (!sk_ok(s)) return;
    for (unsigned what = OUTPUT_PREDICT; what <= OUTPUT_DECISION_FUNCTION; what++)
        if (k->final->info.gives[what]) sk_gives(s, (model_output)what, k->final->info.columns[what]);
}

const sk_class sk_stack_classes[] = {
    {"StackingClassifier", "ensemble._stacking", NULL, read_stack_classifier},
    {"StackingRegressor", "ensemble._stacking", NULL, read_stack_regressor},
    {NULL, NULL, NULL, NULL},
};
