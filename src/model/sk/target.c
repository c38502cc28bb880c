/*
 * model/sk/target.c - a regressor of a changed target: what it says is changed back.
 */
#include "sk/compose.h"
#include "sk/inverse.h"
#include "sk/parts.h"

#include <stdlib.h>

typedef struct changed_target {
    const model *part;
    inverse back;
} changed_target;

static bool target_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    const changed_target *t = self;
    if (!model_answer(t->part, what, rows, a, out, e)) return err_wrap(e, "regressor_");
    for (size_t i = 0; i < out->count * out->columns; i++)
        out->numbers[i] = inverse_of(&t->back, i % out->columns, out->numbers[i]);
    return true;
}

static void target_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const changed_target *t = self;
    onnx_ref y = onnx_ask(b, t->part, x, OUTPUT_PREDICT);
    out->at[OUTPUT_PREDICT] = inverse_draw(b, &t->back, y, t->part->info.target_count);
}

static void target_texts(const void *self, bool *is_text)
{
    sk_texts_of(((const changed_target *)self)->part, is_text);
}

static void read_changed_target(sk *s)
{
    changed_target *t = sk_alloc(s, 1, sizeof *t);
    if (!t) return;
    t->part = sk_part(s, sk_get(s, "regressor_"), "regressor_");
    if (!sk_ok(s)) return;
    const model_info *part = &t->part->info;
    if (!part->gives[OUTPUT_PREDICT] || part->classes)
        sk_fail(s, ERR_UNSUPPORTED, "its regressor_ is a %.*s", STR_ARG(part->name));
    inverse_read(s, sk_get(s, "transformer_"), part->target_count, &t->back);
    parts_features(s, t->part);
    sk_gives(s, OUTPUT_PREDICT, part->target_count);
    sk_answers(s, t, target_answer);
    sk_draws(s, target_draw, target_texts);
}

const sk_class sk_target_classes[] = {
    {"TransformedTargetRegressor", "compose._target", NULL, read_changed_target},
    {NULL, NULL, NULL, NULL},
};
