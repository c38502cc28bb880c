/*
 * model/forest_model.c - scikit-learn's forests and trees as models.
 */
#include "base/limits.h"
#include "kind.h"
#include "model/native.h"
#include "model/onnx_write.h"
#include "model/predict.h"
#include "onnx/build.h"
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
    for (size_t i = 0; i < cells; i++) {
        narrow[i] = (float)rows->numbers[i];
        if (isinf(narrow[i]))
            return model_refuse(rows, i / rows->columns, i % rows->columns, e,
                                " is infinite, or too large for a 32-bit float");
    }
    if (!predictor_run(s->predictor, narrow, rows->count, wide, e)) return false;
    if (!as_it_is) give_rows(s, what, rows->count, wide, out->numbers);
    return true;
}

/* --- as ONNX ---------------------------------------------------------------------------------------------------------------- */

/* The first of the largest of each output's slots. */
static onnx_ref draw_labels(onnx_build *b, const forest *f, onnx_ref sums)
{
    if (f->output_count == 1) return onnx_argmax(b, sums);
    onnx_ref *parts = onnx_alloc(b, f->output_count, sizeof *parts);
    size_t *columns = onnx_alloc(b, f->slot_count, sizeof *columns);
    for (size_t k = 0; onnx_ok(b) && k < f->output_count; k++) {
        size_t count = f->outputs[k].class_count;
        for (size_t c = 0; c < count; c++) columns[c] = k * f->slot_count + c;
        onnx_ref own = onnx_gather(b, sums, onnx_columns_of(b, columns, count), 1);
        parts[k] = onnx_upright(b, onnx_argmax(b, own));
    }
    return onnx_ok(b) ? onnx_concat(b, parts, f->output_count, 1) : 0;
}

/* Slots are as many for every output; what comes out has no padding. */
static onnx_ref draw_without_padding(onnx_build *b, const forest *f, onnx_ref x)
{
    size_t *columns = onnx_alloc(b, f->value_count, sizeof *columns), count = 0;
    for (size_t k = 0; columns && k < f->output_count; k++)
        for (size_t c = 0; c < f->outputs[k].class_count; c++) columns[count++] = k * f->slot_count + c;
    if (!columns || count == f->value_count) return x;
    return onnx_gather(b, x, onnx_columns_of(b, columns, count), 1);
}

static void draw_forest(const forest *f, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    onnx_grove g = onnx_grove_of_forest(b, f);
    onnx_ref sums = onnx_draw_grove(b, &g, onnx_as_float(b, onnx_matrix(b, x)));
    onnx_ref means = f->tree_count == 1 ? sums : onnx_with(b, "Div", sums, (double)f->tree_count);
    if (!forest_classifies(f)) {
        out->at[OUTPUT_PREDICT] = means;
        return;
    }
    out->at[OUTPUT_PREDICT] = draw_labels(b, f, sums);
    out->at[OUTPUT_PREDICT_PROBA] = draw_without_padding(b, f, means);
}

static void forest_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    draw_forest(((const forest_self *)self)->forest, b, x, out);
}

static void bare_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    draw_forest(self, b, x, out);
}

bool forest_onnx_write(const forest *f, buf *out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_MODEL_BYTES);
    model_classes *classes = arena_alloc_array(&a, f->output_count, sizeof *classes);
    if (!classes) return err_set(e, ERR_MEMORY, "no memory for %zu outputs", f->output_count);
    for (size_t k = 0; k < f->output_count; k++)
        classes[k] = (model_classes){f->outputs[k].classes, f->outputs[k].class_count};
    model_info info = {.name = str_from_c(estimator_of(f->kind)->name),
                       .feature_count = f->feature_count,
                       .feature_names = f->feature_names,
                       .target_count = f->output_count,
                       .classes = forest_classifies(f) ? classes : NULL,
                       .gives = {[OUTPUT_PREDICT] = true}};
    onnx_drawing d = {.info = &info, .self = f, .draw = bare_draw};
    return onnx_write(&d, false, out, e);
}

static const model_kind forest_kind = {
    .answer = forest_answer, .free = forest_self_free, .forest_of = forest_inside, .draw = forest_draw};

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
