/*
 * model/model.c - the one interface to all models: reading by content, and the checks that every kind relies on.
 */
#include "model/model.h"

#include "base/limits.h"
#include "booster/booster.h"
#include "format/lightgbm.h"
#include "format/xgboost.h"
#include "kind.h"
#include "model/native.h"
#include "onnx/onnx.h"
#include "read_parts.h"

#include <math.h>
#include <stdlib.h>

static const char *const output_names[MODEL_OUTPUTS] = {"predict", "predict_proba", "decision_function",
                                                        "transform"};

const char *model_output_name(model_output what)
{
    return output_names[what];
}

bool model_output_parse(str name, model_output *what)
{
    for (size_t i = 0; i < MODEL_OUTPUTS; i++)
        if (str_eq(name, str_from_c(output_names[i]))) {
            *what = (model_output)i;
            return true;
        }
    return false;
}

bool model_new(const model_kind *kind, model **out, err *e)
{
    model *m = calloc(1, sizeof *m);
    if (!m) return err_set(e, ERR_MEMORY, "no memory for a model");
    arena_init(&m->memory, LIMIT_MODEL_BYTES);
    m->kind = kind;
    *out = m;
    return true;
}

void model_free(model *m)
{
    if (!m) return;
    if (m->kind->free && m->self) m->kind->free(m->self);
    for (size_t i = 0; i < m->part_count; i++) model_free(m->parts[i]);
    free(m->parts);
    arena_done(&m->memory);
    free(m);
}

bool model_adopt(model *whole, model *part, err *e)
{
    model **parts = realloc(whole->parts, (whole->part_count + 1) * sizeof(*parts));
    if (!parts) return err_set(e, ERR_MEMORY, "no memory for a model of %zu parts", whole->part_count + 1);
    whole->parts = parts;
    parts[whole->part_count++] = part;
    return true;
}

const model_info *model_about(const model *m)
{
    return &m->info;
}

const forest *model_forest(const model *m)
{
    return m->kind->forest_of ? m->kind->forest_of(m->self) : NULL;
}

/* --- answering ----------------------------------------------------------------------------------------------------------- */

/* A cell of a file may carry both, text and the number that it reads as. */
static bool check_cells(const model *m, const model_rows *rows, err *e)
{
    if (m->checks_nothing) return true;
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        double number = rows->numbers[i];
        if (isinf(number) && !m->takes_infinite)
            return model_refuse(rows, i / rows->columns, i % rows->columns, e, " is infinite");
        if (!isnan(number)) continue;
        str text = rows->texts ? rows->texts[i] : STR_NONE;
        if (text.data && !m->info.takes_text)
            return model_refuse(rows, i / rows->columns, i % rows->columns, e,
                                " is text ('%.*s'): this model takes numbers",
                                STR_ARG(str_slice(text, 0, 40)));
        if (!text.data && !m->info.takes_missing)
            return model_refuse(rows, i / rows->columns, i % rows->columns, e,
                                " is missing, and this model does not take missing values");
    }
    return true;
}

bool model_answer(const model *m, model_output what, const model_rows *rows, arena *a, model_answers *out,
                  err *e)
{
    if (!m->info.gives[what])
        return err_set(e, ERR_UNSUPPORTED, "a %.*s has no %s", STR_ARG(m->info.name), output_names[what]);
    bool is_open = m->info.feature_count == 0 && (m->any_columns || m->counts_nothing);
    if (rows->columns != m->info.feature_count && !is_open)
        return err_set(e, ERR_UNPROCESSABLE, "the model takes %zu features, %zu %s given",
                       m->info.feature_count, rows->columns, rows->columns == 1 ? "was" : "were");
    model_rows named = *rows;
    if (!rows->from.names && !rows->from.columns && !rows->from.is_computed)
        named.from.names = m->info.feature_names;
    if (!check_cells(m, &named, e)) return false;
    *out = (model_answers){.count = rows->count,
                           .columns = m->any_columns ? rows->columns : m->info.columns[what]};
    size_t cells;
    if (!__builtin_mul_overflow(out->count, out->columns, &cells))
        out->numbers = arena_alloc_array(a, cells + 1, sizeof *out->numbers);
    if (!out->numbers) return err_set(e, ERR_MEMORY, "no memory for the answers to %zu rows", rows->count);
    return m->kind->answer(m->self, what, &named, a, out, e);
}

void model_examples(const model *m, model_example *columns)
{
    if (m->kind->examples) m->kind->examples(m->self, columns);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

bool model_read(bytes file, model **out, err *e)
{
    if (forest_native_sniff(file)) return native_model_read(file, out, e);
    if (xgboost_is_document(file) || xgboost_is_binary_file(file)) return xgboost_model_read(file, out, e);
    if (lightgbm_is(file)) return lightgbm_model_read(file, out, e);
    if (onnx_is(file)) return onnx_model_read(file, out, e);
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    AUTO_BUF buf unpacked;
    buf_init(&unpacked, LIMIT_MODEL_BYTES);
    const pickle_value *v = NULL;
    return read_pickled(&scratch, file, &unpacked, &v, e) && sk_model_read(&scratch, v, out, e);
}
