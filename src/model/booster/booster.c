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
