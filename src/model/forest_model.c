/*
 * model/forest_model.c - scikit-learn's forests and trees as models.
 */
#include "kind.h"
#include "model/native.h"
#include "model/predict.h"
#include "read_parts.h"

#include <math.h>
#include <stdlib.h>

typedef struct forest_self {
    forest *forest;
    predictor *predictor;
    model_classes *classes; /* by output; in the model's memory */
} forest_self;

static void forest_self_free(void *self)
{
    forest_self *s = self;
    predictor_free(s->predictor);
    forest_free(s->forest);
    free(s);
}

static const forest *forest_inside(const void *self)
{
    return ((const forest_self *)self)->forest;
}

/* From slots that are as many for every output to what was asked for, without padding. */
static void give_rows(const forest_self *s, model_output what, size_t count, const double *wide, double *out)
{
    const forest *f = s->forest;
    for (size_t i = 0; i < count; i++, wide += f->value_count) {
        for (size_t k = 0; k < f->output_count; k++) {
            if (what == OUTPUT_PREDICT) {
                *out++ = (double)predictor_argmax_of(s->predictor, k, wide);
                continue;
            }
            memcpy(out, wide + k * f->slot_count, f->outputs[k].class_count * sizeof *out);
            out += f->outputs[k].class_count;
        }
    }
}

/* scikit-learn makes float32 of what it is given; so does this. */
static bool forest_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    const forest_self *s = self;
    size_t cells = rows->count * rows->columns, outputs = predictor_outputs(s->predictor);
    bool as_it_is =
        !forest_classifies(s->forest) || (what == OUTPUT_PREDICT_PROBA && s->forest->output_count == 1);
    float *narrow = arena_alloc_array(a, cells + 1, sizeof *narrow);
    double *wide = as_it_is ? out->numbers : arena_alloc_array(a, rows->count * outputs + 1, sizeof *wide);
    if (!narrow || !wide) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    for (size_t i = 0; i < cells; i++) narrow[i] = (float)rows->numbers[i];
    if (!predictor_run(s->predictor, narrow, rows->count, wide, e)) return false;
    if (!as_it_is) give_rows(s, what, rows->count, wide, out->numbers);
    return true;
}

static const model_kind forest_kind = {forest_answer, forest_self_free, forest_inside};

static bool describe(model *m, const forest_self *s, err *e)
{
    const forest *f = s->forest;
    m->info = (model_info){.library = STR("scikit-learn"),
                           .version = str_from_c(f->version.text),
                           .name = str_from_c(estimator_of(f->kind)->name),
                           .feature_count = f->feature_count,
                           .feature_names = f->feature_names,
                           .takes_missing = predictor_takes_missing(s->predictor),
                           .target_count = f->output_count,
                           .classes = s->classes,
                           .node_count = predictor_node_count(s->predictor)};
    m->info.gives[OUTPUT_PREDICT] = true;
    m->info.columns[OUTPUT_PREDICT] = f->output_count;
    m->info.gives[OUTPUT_PREDICT_PROBA] = forest_classifies(f);
    for (size_t k = 0; k < f->output_count; k++)
        m->info.columns[OUTPUT_PREDICT_PROBA] += f->outputs[k].class_count;
    m->info.summary =
        arena_printf(&m->memory, "%zu tree%s, %zu feature%s", f->tree_count, f->tree_count == 1 ? "" : "s",
                     f->feature_count, f->feature_count == 1 ? "" : "s");
    return m->info.summary.data || err_set(e, ERR_MEMORY, "no memory for a model");
}

static bool name_classes(model *m, forest_self *s, err *e)
{
    const forest *f = s->forest;
    if (!forest_classifies(f)) return true;
    s->classes = arena_alloc_array(&m->memory, f->output_count, sizeof *s->classes);
    if (!s->classes) return err_set(e, ERR_MEMORY, "no memory for %zu outputs", f->output_count);
    for (size_t k = 0; k < f->output_count; k++)
        s->classes[k] = (model_classes){f->outputs[k].classes, f->outputs[k].class_count};
    return true;
}

static bool forest_model_make(forest *f_taken, model **out, err *e)
{
    AUTO(forest_free) forest *f = f_taken;
    AUTO(model_free) model *m = NULL;
    forest_self *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a model");
    s->forest = TAKE(f);
    if (!model_new(&forest_kind, &m, e)) {
        forest_self_free(s);
        return false;
    }
    m->self = s;
    if (!name_classes(m, s, e) || !predictor_new(s->forest, &s->predictor, e) || !describe(m, s, e))
        return false;
    *out = TAKE(m);
    return true;
}

bool forest_model_read(arena *scratch, const pickle_value *v, model **out, err *e)
{
    forest *f = NULL;
    return forest_of_value(scratch, v, &f, e) && forest_model_make(f, out, e);
}

bool native_model_read(bytes file, model **out, err *e)
{
    forest *f = NULL;
    return forest_native_open(file, &f, e) && forest_model_make(f, out, e);
}
