/*
 * model/onnx/answers.c - the outputs of an ONNX graph under the names of scikit-learn's methods.
 *
 * Outputs that are text or whole numbers are labels: classes when the graph shows which there can be, else the number of a cluster. A matrix beside them with a
 * column for each class holds probabilities, unless its name says scores. Without labels the first output is the prediction.
 */
#include "onnx/graph.h"

#include "base/limits.h"
#include "format/protobuf.h"

#include <math.h>
#include <string.h>

enum { TRIAL_ROWS = 2 };

/* --- answering ------------------------------------------------------------------------------------------------------------- */

static bool moved(err *e)
{
    return err_set(e, ERR_INVALID, "the ONNX model answers in another shape than for its first rows");
}

static bool find_label(const onnx_value *v, size_t at, const model_classes *classes, double *index)
{
    for (size_t k = 0; k < classes->count; k++) {
        const label *l = &classes->labels[k];
        bool same = v->texts ? l->kind == LABEL_TEXT && str_eq(l->text, v->texts[at])
                             : l->kind != LABEL_TEXT && (double)l->integer == v->numbers[at];
        if (same) return *index = (double)k, true;
    }
    return false;
}

static bool give_labels(const onnx_graph *g, const onnx_value *values, model_answers *out, err *e)
{
    for (size_t t = 0; t < g->target_count; t++) {
        const onnx_target *target = &g->targets[t];
        const onnx_value *v = &values[target->value];
        if (v->count != out->count * target->columns) return moved(e);
        for (size_t i = 0; i < out->count; i++)
            if (!find_label(v, i * target->columns + target->column, &g->classes[t],
                            &out->numbers[i * out->columns + t]))
                return err_set(e, ERR_INVALID,
                               "the ONNX model gives a label in row %zu that it did not show before", i + 1);
    }
    return true;
}

static bool give_numbers(const onnx_answer *from, const onnx_value *values, model_answers *out, err *e)
{
    size_t place = 0;
    for (size_t k = 0; k < from->count; k++) {
        const onnx_value *v = &values[from->values[k]];
        size_t planes = from->is_stacked ? v->dims[0] : 1;
        if (out->count == 0) continue;
        size_t width = v->count / planes / out->count;
        if (v->texts || width * planes * out->count != v->count || place + width * planes > out->columns)
            return moved(e);
        for (size_t p = 0; p < planes; p++, place += width)
            for (size_t i = 0; i < out->count; i++)
                memcpy(out->numbers + i * out->columns + place, v->numbers + (p * out->count + i) * width,
                       width * sizeof(double));
    }
    return out->count == 0 || place == out->columns || moved(e);
}

static bool graph_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    const onnx_graph *g = self;
    onnx_value *values;
    if (rows->count == 0) return true;
    if (!onnx_graph_run(g, rows, false, a, &values, e)) return false;
    if (what == OUTPUT_PREDICT && g->target_count) return give_labels(g, values, out, e);
    return give_numbers(&g->answers[what], values, out, e);
}

const model_kind onnx_graph_kind = {.answer = graph_answer};

/* --- what comes out ---------------------------------------------------------------------------------------------------------- */

typedef struct sorting {
    model *m;
    onnx_graph *g;
    const onnx_value *values; /* of the trial */
    model_classes *classes;
    size_t room;
    size_t numbers, scores; /* outputs of whole numbers without known labels, and the first of real ones */
    err *e;
} sorting;

static bool is_label_type(const onnx_value *v)
{
    return v->type == ONNX_STRING || v->type == ONNX_INT64 || v->type == ONNX_INT32;
}

/* Texts of the trial lie in its memory. */
static bool keep_classes(sorting *s, const onnx_value *v, model_classes *out)
{
    label *labels = arena_alloc_array(&s->m->memory, v->label_count + 1, sizeof *labels);
    if (!labels) return err_set(s->e, ERR_MEMORY, "no memory for labels");
    for (size_t i = 0; i < v->label_count; i++) {
        labels[i] = v->labels[i];
        if (labels[i].kind != LABEL_TEXT) continue;
        labels[i].text = labels[i].text.len ? arena_copy(&s->m->memory, labels[i].text) : STR("");
        if (!labels[i].text.data) return err_set(s->e, ERR_MEMORY, "no memory for labels");
    }
    *out = (model_classes){labels, v->label_count};
    return true;
}

static bool add_labels(sorting *s, size_t at)
{
    const onnx_value *v = &s->values[at];
    size_t columns = v->count / TRIAL_ROWS;
    if (!v->label_count && v->type == ONNX_STRING)
        return err_set(s->e, ERR_UNSUPPORTED,
                       "the ONNX model gives texts, and does not show which there can be");
    if (!v->label_count) {
        if (s->numbers == ONNX_ABSENT) s->numbers = at;
        return true;
    }
    for (size_t c = 0; c < columns; c++) {
        if (s->g->target_count == s->room)
            return err_set(s->e, ERR_TOO_LARGE, "the ONNX model has too many targets");
        if (!keep_classes(s, v, &s->classes[s->g->target_count])) return false;
        s->g->targets[s->g->target_count++] = (onnx_target){at, c, columns};
    }
    return true;
}

/* Graph outputs one after the other; their names are looked up among the values. */
static bool next_output(const onnx_graph *g, reader *r, size_t *at, str *name)
{
    pb_field f;
    while (pb_next(r, &f)) {
        if (f.number != 12 || f.wire != 2) continue;
        *name = pb_text(f.content, 1);
        *at = onnx_graph_find(g, *name);
        return true;
    }
    return false;
}

static bool sort_labels(sorting *s, bytes content)
{
    reader r = reader_of(content);
    size_t at, seen = 0;
    str name;
    for (; next_output(s->g, &r, &at, &name); seen++) {
        if (at == ONNX_ABSENT || s->values[at].type == ONNX_NONE)
            return err_set(s->e, ERR_INVALID, "the output '%.*s' of the ONNX model is made by nothing",
                           STR_ARG(str_slice(name, 0, 60)));
        const onnx_value *v = &s->values[at];
        bool by_row = v->rank > 0 && v->count > 0 &&
                      (v->dims[0] == TRIAL_ROWS || (v->rank == 3 && v->dims[1] == TRIAL_ROWS));
        if (!by_row)
            return err_set(s->e, ERR_UNSUPPORTED,
                           "the output '%.*s' of the ONNX model has no row for each row",
                           STR_ARG(str_slice(name, 0, 60)));
        if (is_label_type(v) && v->rank <= 2 && !add_labels(s, at)) return false;
        if (!is_label_type(v) && s->scores == ONNX_ABSENT) s->scores = at;
    }
    return seen || err_set(s->e, ERR_INVALID, "the ONNX model has no output");
}

static void add_answer(sorting *s, model_output what, size_t at, size_t columns)
{
    onnx_answer *a = &s->g->answers[what];
    a->values[a->count++] = at;
    s->m->info.gives[what] = true;
    s->m->info.columns[what] += columns;
}

static bool says_scores(str name)
{
    return memmem(name.data, name.len, "score", 5) || memmem(name.data, name.len, "decision", 8);
}

/* Probabilities are a matrix for each target in their order, or one of all. */
static void sort_scores(sorting *s, bytes content)
{
    reader r = reader_of(content);
    size_t at, next = 0;
    str name;
    while (next_output(s->g, &r, &at, &name)) {
        const onnx_value *v = &s->values[at];
        size_t columns = v->count / TRIAL_ROWS, targets = s->g->target_count;
        if (is_label_type(v)) continue;
        bool is_stack = v->rank == 3 && v->dims[0] == targets && v->dims[1] == TRIAL_ROWS && next == 0;
        bool is_proba =
            next < targets && !says_scores(name) && v->rank == 2 && columns == s->classes[next].count;
        if (is_stack && v->dims[2] == s->classes[0].count) {
            add_answer(s, OUTPUT_PREDICT_PROBA, at, columns);
            s->g->answers[OUTPUT_PREDICT_PROBA].is_stacked = true;
            next = targets;
        } else if (is_proba) {
            add_answer(s, OUTPUT_PREDICT_PROBA, at, columns);
            next++;
        } else if (targets == 1 && v->rank <= 2 && !s->m->info.gives[OUTPUT_DECISION_FUNCTION]) {
            add_answer(s, OUTPUT_DECISION_FUNCTION, at, columns);
        }
    }
    bool is_whole = next == s->g->target_count;
    s->m->info.gives[OUTPUT_PREDICT_PROBA] &= is_whole;
}

static bool name_features(sorting *s)
{
    onnx_graph *g = s->g;
    model_info *info = &s->m->info;
    str *names = g->input_count > 1 && g->input_count == g->features
                     ? arena_alloc_array(&s->m->memory, g->features, sizeof *names)
                     : NULL;
    for (size_t i = 0; i < g->input_count; i++) info->takes_text |= g->inputs[i].type == ONNX_STRING;
    if (g->input_count < 2 || g->input_count != g->features) return true;
    for (size_t i = 0; names && i < g->features; i++) {
        str name = g->names[g->inputs[i].value];
        if (!name.len || !str_is_utf8(name)) return true;
        names[i] = arena_copy(&s->m->memory, name);
        if (!names[i].data) names = NULL;
    }
    info->feature_names = names;
    return names || err_set(s->e, ERR_MEMORY, "no memory for the names of features");
}

static bool fill_info(sorting *s, bytes content)
{
    model_info *info = &s->m->info;
    onnx_graph *g = s->g;
    bool classifies = g->target_count != 0;
    *info = (model_info){.library = STR("onnx"), .version = STR(""), .feature_count = g->features};
    info->name = classifies ? STR("ONNXClassifier") : STR("ONNXRegressor");
    info->takes_missing = true;
    s->m->takes_infinite = true;
    info->summary = arena_printf(&s->m->memory, "%zu operators, %zu features", g->node_count, g->features);
    if (!info->summary.data) return err_set(s->e, ERR_MEMORY, "no memory for a model");
    size_t first = s->numbers != ONNX_ABSENT ? s->numbers : s->scores;
    if (classifies) {
        g->classes = info->classes = s->classes;
        info->gives[OUTPUT_PREDICT] = true;
        info->columns[OUTPUT_PREDICT] = g->target_count;
        sort_scores(s, content);
    } else {
        size_t columns = s->values[first].count / TRIAL_ROWS;
        add_answer(s, OUTPUT_PREDICT, first, columns);
        info->gives_indices = s->numbers != ONNX_ABSENT && columns == 1;
        size_t beside =
            info->gives_indices && s->scores != ONNX_ABSENT ? s->values[s->scores].count / TRIAL_ROWS : 0;
        if (beside)
            add_answer(s, beside == 1 ? OUTPUT_DECISION_FUNCTION : OUTPUT_TRANSFORM, s->scores, beside);
    }
    info->target_count = info->columns[OUTPUT_PREDICT];
    return name_features(s);
}

bool onnx_graph_describe(model *m, onnx_graph *g, bytes content, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    double *row = arena_alloc_array(&a, TRIAL_ROWS * g->features, sizeof *row);
    str *texts = arena_alloc_array(&a, TRIAL_ROWS * g->features, sizeof *texts);
    onnx_value *values;
    if (!row || !texts) return err_set(e, ERR_MEMORY, "no memory for a row");
    for (size_t i = 0; i < g->input_count; i++)
        for (size_t k = 0; g->inputs[i].type == ONNX_STRING && k < TRIAL_ROWS * g->inputs[i].columns; k++)
            row[k / g->inputs[i].columns * g->features + g->inputs[i].first + k % g->inputs[i].columns] = NAN;
    model_rows rows = {TRIAL_ROWS, g->features, row, texts, {0}};
    if (!onnx_graph_run(g, &rows, true, &a, &values, e)) return false;
    sorting s = {.m = m, .g = g, .values = values, .numbers = ONNX_ABSENT, .scores = ONNX_ABSENT, .e = e};
    size_t outputs = 1;
    for (reader r = reader_of(content);; outputs++) {
        size_t at;
        str name;
        if (!next_output(g, &r, &at, &name)) break;
        if (at != ONNX_ABSENT && values[at].rank == 2) outputs += values[at].count / TRIAL_ROWS;
    }
    s.room = outputs;
    g->targets = arena_alloc_array(&m->memory, outputs, sizeof *g->targets);
    s.classes = arena_alloc_array(&m->memory, outputs, sizeof *s.classes);
    for (unsigned k = 0; k < MODEL_OUTPUTS; k++)
        g->answers[k].values = arena_alloc_array(&m->memory, outputs, sizeof(size_t));
    if (!g->targets || !s.classes || !g->answers[MODEL_OUTPUTS - 1].values)
        return err_set(e, ERR_MEMORY, "no memory for a model");
    return sort_labels(&s, content) && fill_info(&s, content);
}
