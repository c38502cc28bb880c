/*
 * model/booster/booster.c - the shape of a booster's answers.
 */
#include "booster/booster.h"

bool booster_describe(model *m, size_t classes, size_t targets, err *e)
{
    model_info *info = &m->info;
    info->target_count = targets;
    info->takes_missing = true;
    info->gives[OUTPUT_PREDICT] = true;
    info->columns[OUTPUT_PREDICT] = targets;
    if (classes == 0) return true;
    model_classes *list = arena_alloc(&m->memory, sizeof *list);
    label *labels = arena_alloc_array(&m->memory, classes, sizeof *labels);
    if (!list || !labels) return err_set(e, ERR_MEMORY, "no memory for the labels of a model");
    for (size_t i = 0; i < classes; i++) labels[i] = (label){.kind = LABEL_INT, .integer = (int64_t)i};
    *list = (model_classes){labels, classes};
    info->classes = list;
    info->gives[OUTPUT_PREDICT_PROBA] = info->gives[OUTPUT_DECISION_FUNCTION] = true;
    info->columns[OUTPUT_PREDICT_PROBA] = classes;
    info->columns[OUTPUT_DECISION_FUNCTION] = classes == 2 ? 1 : classes;
    return true;
}

void booster_draw(onnx_build *b, onnx_ref raw, booster_link link, onnx_answers *out)
{
    if (link == BOOSTER_CLASSES) {
        out->at[OUTPUT_PREDICT] = onnx_argmax(b, raw);
        out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(b, raw);
        out->at[OUTPUT_DECISION_FUNCTION] = raw;
        return;
    }
    if (link == BOOSTER_TWO_CLASSES) {
        onnx_ref above = onnx_cast(b, onnx_with(b, "Greater", raw, 0), ONNX_INT64);
        out->at[OUTPUT_PREDICT] = onnx_flat(b, above);
        out->at[OUTPUT_PREDICT_PROBA] = onnx_both(b, onnx_squashed(b, raw));
        out->at[OUTPUT_DECISION_FUNCTION] = raw;
        return;
    }
    onnx_ref answer = raw;
    if (link == BOOSTER_SIGMOID) answer = onnx_squashed(b, raw);
    if (link == BOOSTER_EXP) answer = onnx_op1(b, "Exp", raw);
    if (link == BOOSTER_HINGE) answer = onnx_cast(b, onnx_with(b, "Greater", raw, 0), ONNX_DOUBLE);
    out->at[OUTPUT_PREDICT] = answer;
}
