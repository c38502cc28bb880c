/*
 * model/sk/compose.c - pipelines, unions, transformers of columns, and searches: estimators made of estimators.
 *
 * What a whole takes is what its first parts take; they look at the cells themselves, so that a message names the step.
 */
#include "sk/compose.h"

#include "base/limits.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* --- one part that answers for the whole --------------------------------------------------------------------------------- */

static bool whole_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    return model_answer(self, what, rows, a, out, e);
}

static void whole_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    onnx_draw(b, self, x, out);
}

static void whole_texts(const void *self, bool *is_text)
{
    sk_texts_of(self, is_text);
}

static void whole_examples(const void *self, model_example *columns)
{
    model_examples(self, columns);
}

void sk_texts_of(const model *m, bool *is_text)
{
    if (m->kind->texts) m->kind->texts(m->self, is_text);
}

void sk_stands_for(sk *s, const model *part)
{
    if (!part || !sk_ok(s)) return;
    model_info own = part->info;
    s->m->info = own;
    s->m->any_columns = part->any_columns;
    s->m->keeps_columns = part->keeps_columns;
    s->m->came_from = part->came_from;
    s->m->checks_nothing = true;
    sk_answers(s, (void *)(uintptr_t)part, whole_answer);
    sk_draws(s, whole_draw, whole_texts);
    sk_shows(s, whole_examples);
}

static void read_search(sk *s)
{
    sk_stands_for(s, sk_part(s, sk_get(s, "best_estimator_"), "best_estimator_"));
}

static void read_ransac(sk *s)
{
    sk_stands_for(s, sk_part(s, sk_get(s, "estimator_"), "estimator_"));
}

/* --- pipelines ----------------------------------------------------------------------------------------------------------- */

typedef struct pipeline {
    const model **steps; /* those that are not passed through */
    size_t count;
    size_t widest; /* columns between steps */
    bool ends_with_identity;
} pipeline;

static bool run_steps(const pipeline *p, model_output what, const model_rows *rows, arena *a,
                      model_answers *out, err *e)
{
    model_rows now = *rows;
    size_t transforms = p->ends_with_identity ? p->count : p->count - 1;
    model_answers answers = {now.count, now.columns, (double *)(uintptr_t)now.numbers,
                             (str *)(uintptr_t)now.texts};
    for (size_t i = 0; i < transforms; i++) {
        if (!model_answer(p->steps[i], OUTPUT_TRANSFORM, &now, a, &answers, e))
            return err_wrap(e, "%.*s", STR_ARG(p->steps[i]->info.name));
        now = (model_rows){answers.count, answers.columns, answers.numbers, answers.texts,
                           model_origin_after(p->steps[i], &now.from, a)};
    }
    *out = answers;
    return p->ends_with_identity || model_answer(p->steps[p->count - 1], what, &now, a, out, e);
}

/* Numbers that are between two steps at once: texts become a column per known word. */
enum { CELLS_BETWEEN_MAX = 1 << 21 };

static bool run_in_parts(const pipeline *p, model_output what, const model_rows *rows, size_t part_rows,
                         arena *a, model_answers *out, err *e)
{
    for (size_t at = 0; at < rows->count; at += part_rows) {
        AUTO_ARENA arena work;
        arena_init(&work, a->ceiling_bytes);
        size_t count = rows->count - at < part_rows ? rows->count - at : part_rows;
        model_rows part = {count, rows->columns, rows->numbers + at * rows->columns,
                           rows->texts ? rows->texts + at * rows->columns : NULL, rows->from};
        part.from.first_row += at;
        if (part.from.lines) part.from.lines += at;
        model_answers got = {.count = count, .columns = out->columns};
        if (!run_steps(p, what, &part, &work, &got, e)) return false;
        assert(got.columns == out->columns);
        memcpy(out->numbers + at * out->columns, got.numbers, count * out->columns * sizeof *out->numbers);
        if (!got.texts) continue;
        if (!out->texts) out->texts = arena_alloc_array(a, out->count * out->columns + 1, sizeof *out->texts);
        if (!out->texts) return err_set(e, ERR_MEMORY, "no memory for the texts of %zu rows", out->count);
        for (size_t i = 0; i < count * out->columns; i++)
            if (got.texts[i].data) out->texts[at * out->columns + i] = arena_copy(a, got.texts[i]);
    }
    return true;
}

static bool pipeline_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    const pipeline *p = self;
    size_t part_rows = CELLS_BETWEEN_MAX / p->widest;
    if (part_rows >= rows->count) return run_steps(p, what, rows, a, out, e);
    return run_in_parts(p, what, rows, part_rows ? part_rows : 1, a, out, e);
}

static void pipeline_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const pipeline *p = self;
    onnx_table now = *x;
    size_t transforms = p->ends_with_identity ? p->count : p->count - 1;
    for (size_t i = 0; i < transforms && onnx_ok(b); i++) {
        onnx_answers step;
        onnx_draw(b, p->steps[i], &now, &step);
        now = step.table;
    }
    if (p->ends_with_identity)
        out->table = now;
    else
        onnx_draw(b, p->steps[p->count - 1], &now, out);
}

/* What its first step takes; and what the second does, when the first hands on columns as they are. */
static void pipeline_texts(const void *self, bool *is_text)
{
    const pipeline *p = self;
    size_t at = 0;
    while (at + 1 < p->count && sk_hands_on(p->steps[at])) at++;
    sk_texts_of(p->steps[at], is_text);
}

/* What its first step knows; and the next, while steps hand on every column. */
static void pipeline_examples(const void *self, model_example *columns)
{
    const pipeline *p = self;
    size_t last = 0;
    while (last + 1 < p->count && p->steps[last]->keeps_columns) last++;
    for (size_t i = last + 1; i-- > 0;)
        model_examples(p->steps[i], columns); /* the first has the last word */
}

bool sk_passes_through(const pickle_value *v)
{
    return v && (v->kind == PICKLE_NONE || sk_text_of(v, "passthrough"));
}

/* How many columns come out when so many go in; steps that take any number hand it on. */
static size_t check_width(sk *s, const model *step, size_t width)
{
    if (step->any_columns || !sk_ok(s)) return step->any_columns ? width : 0;
    if (width != 0 && step->info.feature_count != width)
        sk_fail(s, ERR_INVALID, "its step %.*s takes %zu features, and is given %zu",
                STR_ARG(step->info.name), step->info.feature_count, width);
    return step->info.columns[OUTPUT_TRANSFORM];
}

/* Which column each of those that come out was, when every step tells. */
static void trace_pipeline(sk *s, const pipeline *p)
{
    model_origin from = {0};
    size_t transforms = p->ends_with_identity ? p->count : p->count - 1;
    for (size_t i = 0; i < transforms; i++) from = model_origin_after(p->steps[i], &from, &s->m->memory);
    if (transforms == p->count || p->steps[p->count - 1]->info.gives[OUTPUT_TRANSFORM]) {
        if (transforms < p->count) from = model_origin_after(p->steps[transforms], &from, &s->m->memory);
        s->m->came_from = from.columns;
        s->m->keeps_columns = !from.columns && !from.is_computed;
    }
}

static void describe_pipeline(sk *s, const pipeline *p)
{
    model_info *info = &s->m->info;
    size_t width = 0;
    for (size_t i = 0; i < p->count && sk_ok(s); i++) {
        const model *step = p->steps[i];
        bool is_last = i + 1 == p->count && !p->ends_with_identity;
        if (!is_last && !step->info.gives[OUTPUT_TRANSFORM])
            sk_fail(s, ERR_INVALID, "its step %.*s transforms nothing", STR_ARG(step->info.name));
        if (info->feature_count == 0 && !step->any_columns) {
            info->feature_count = step->info.feature_count;
            info->feature_names = step->info.feature_names;
            width = info->feature_count;
        }
        width = check_width(s, step, width);
    }
    if (!sk_ok(s)) return;
    const model *last = p->steps[p->count - 1], *first = p->steps[0];
    info->takes_text = first->info.takes_text;
    info->takes_missing = first->info.takes_missing;
    s->m->any_columns = info->feature_count == 0;
    s->m->checks_nothing = true;
    if (p->ends_with_identity) {
        sk_gives(s, OUTPUT_TRANSFORM, width);
        return;
    }
    info->target_count = last->info.target_count;
    info->classes = last->info.classes;
    info->node_count = last->info.node_count;
    for (unsigned k = 0; k < MODEL_OUTPUTS; k++) {
        info->gives[k] = last->info.gives[k];
        info->columns[k] = last->any_columns ? width : last->info.columns[k];
    }
}

static void read_pipeline(sk *s)
{
    sk_list steps = sk_items(s, sk_get(s, "steps"), "steps", SK_ANY);
    pipeline *p = sk_alloc(s, 1, sizeof *p);
    if (!p) return;
    p->steps = sk_alloc(s, steps.count, sizeof *p->steps);
    for (size_t i = 0; i < steps.count && sk_ok(s); i++) {
        const pickle_value *step = sk_item(steps.items[i], 1);
        p->ends_with_identity = sk_passes_through(step);
        if (p->ends_with_identity) continue;
        if (!step) sk_fail(s, ERR_INVALID, "step %zu is no pair of a name and an estimator", i);
        p->steps[p->count++] = sk_part(s, step, "steps");
    }
    if (sk_ok(s) && p->count == 0) sk_fail(s, ERR_UNSUPPORTED, "it has no steps");
    if (!sk_ok(s)) return;
    p->widest = 1;
    for (size_t i = 0; i < p->count; i++)
        if (p->steps[i]->info.columns[OUTPUT_TRANSFORM] > p->widest)
            p->widest = p->steps[i]->info.columns[OUTPUT_TRANSFORM];
    describe_pipeline(s, p);
    if (sk_ok(s)) trace_pipeline(s, p);
    sk_answers(s, p, pipeline_answer);
    sk_draws(s, pipeline_draw, pipeline_texts);
    sk_shows(s, pipeline_examples);
}

/* --- side by side -------------------------------------------------------------------------------------------------------- */

/* A transformer and the columns it gets; NULL: they pass through. */
typedef struct branch {
    const model *part;
    size_t *columns;
    size_t column_count, width;
    double weight;
} branch;

typedef struct fan {
    branch *branches;
    size_t count, columns;
    bool gives_text;
} fan;

static bool pick_columns(const branch *b, const model_rows *rows, arena *a, model_rows *out, err *e)
{
    size_t cells = rows->count * b->column_count;
    double *numbers = work_array(a, rows->count, b->column_count, e);
    str *texts = rows->texts ? arena_alloc_array(a, cells + 1, sizeof *texts) : NULL;
    if (!numbers || (rows->texts && !texts)) return err_set(e, ERR_MEMORY, "no memory for %zu cells", cells);
    for (size_t i = 0, at = 0; i < rows->count; i++)
        for (size_t j = 0; j < b->column_count; j++, at++) {
            size_t from = i * rows->columns + b->columns[j];
            numbers[at] = rows->numbers[from];
            if (texts) texts[at] = rows->texts[from];
        }
    *out = (model_rows){rows->count, b->column_count, numbers, texts,
                        model_origin_pick(&rows->from, b->columns, b->column_count, a)};
    return true;
}

static bool fan_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                       model_answers *out, err *e)
{
    const fan *f = self;
    size_t at = 0;
    for (size_t k = 0; k < f->count; k++) {
        const branch *b = &f->branches[k];
        model_rows part;
        if (!pick_columns(b, rows, a, &part, e)) return false;
        model_answers got = {part.count, part.columns, (double *)(uintptr_t)part.numbers,
                             (str *)(uintptr_t)part.texts};
        if (b->part && !model_answer(b->part, what, &part, a, &got, e))
            return err_wrap(e, "%.*s", STR_ARG(b->part->info.name));
        if (got.texts && !out->texts) {
            out->texts = arena_alloc_array(a, out->count * out->columns + 1, sizeof *out->texts);
            if (!out->texts)
                return err_set(e, ERR_MEMORY, "no memory for %zu texts", out->count * out->columns);
        }
        for (size_t i = 0; i < out->count; i++)
            for (size_t j = 0; j < b->width; j++) {
                size_t to = i * out->columns + at + j, from = i * b->width + j;
                out->numbers[to] = got.numbers[from] * b->weight;
                if (got.texts) out->texts[to] = got.texts[from];
            }
        at += b->width;
    }
    return true;
}

static onnx_table draw_weighted(onnx_build *b, const onnx_table *t, double weight)
{
    if (weight == 1 || t->count == 0) return *t;
    return onnx_table_of(onnx_with(b, "Mul", onnx_matrix(b, t), weight), t->count);
}

static void fan_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const fan *f = self;
    onnx_table *parts = onnx_alloc(b, f->count, sizeof *parts);
    size_t count = 0;
    for (size_t k = 0; k < f->count && onnx_ok(b); k++) {
        const branch *way = &f->branches[k];
        onnx_answers got = {.table = onnx_table_pick(b, x, way->columns, way->column_count)};
        if (way->width == 0) continue;
        if (way->part) {
            onnx_table picked = got.table;
            onnx_draw(b, way->part, &picked, &got);
        }
        if (onnx_ok(b)) parts[count++] = draw_weighted(b, &got.table, way->weight);
    }
    if (onnx_ok(b) && count == 0) onnx_fail(b, ERR_UNSUPPORTED, "it gives no columns");
    if (onnx_ok(b)) out->table = onnx_table_join(b, parts, count);
}

static void fan_texts(const void *self, bool *is_text)
{
    const fan *f = self;
    for (size_t k = 0; k < f->count; k++) {
        const branch *way = &f->branches[k];
        bool *own = way->part ? calloc(way->column_count + 1, sizeof *own) : NULL;
        if (!own) continue;
        sk_texts_of(way->part, own);
        for (size_t j = 0; j < way->column_count; j++) is_text[way->columns[j]] |= own[j];
        free(own);
    }
}

static void fan_examples(const void *self, model_example *columns)
{
    const fan *f = self;
    for (size_t k = 0; k < f->count; k++) {
        const branch *way = &f->branches[k];
        bool knows = way->part && way->part->kind->examples;
        model_example *own = knows ? calloc(way->column_count + 1, sizeof *own) : NULL;
        if (!own) continue;
        for (size_t j = 0; j < way->column_count; j++) own[j].number = NAN;
        model_examples(way->part, own);
        for (size_t j = 0; j < way->column_count; j++)
            if (own[j].text.data || !isnan(own[j].number)) columns[way->columns[j]] = own[j];
        free(own);
    }
}

static double weight_of(sk *s, const pickle_value *weights, const pickle_value *name)
{
    if (!weights || weights->kind != PICKLE_DICT || !name || name->kind != PICKLE_STR) return 1;
    for (size_t i = 0; i + 1 < weights->list.count; i += 2) {
        const pickle_value *key = weights->list.items[i];
        if (key->kind == PICKLE_STR && str_eq(key->text, name->text))
            return sk_number_of(s, weights->list.items[i + 1], "transformer_weights");
    }
    return 1;
}

/* The part and its columns are known: check that they fit, and count what comes out. */
static void settle_branch(sk *s, fan *f, branch *b)
{
    if (!sk_ok(s)) return;
    const model *part = b->part;
    if (part && !part->info.gives[OUTPUT_TRANSFORM])
        sk_fail(s, ERR_INVALID, "its part %.*s transforms nothing", STR_ARG(part->info.name));
    else if (part && !part->any_columns && part->info.feature_count != b->column_count)
        sk_fail(s, ERR_INVALID, "its part %.*s takes %zu features, and is given %zu columns",
                STR_ARG(part->info.name), part->info.feature_count, b->column_count);
    b->width = !part || part->any_columns ? b->column_count : part->info.columns[OUTPUT_TRANSFORM];
    f->columns += b->width;
    if (f->columns > LIMIT_MODEL_FEATURES)
        sk_fail(s, ERR_TOO_LARGE, "it gives more columns than LIMIT_MODEL_FEATURES allows");
    s->m->info.takes_text |= !part || part->info.takes_text;
}

/* Which column each of those that come out was. */
static const size_t *trace_fan(sk *s, const fan *f)
{
    size_t *from = sk_alloc(s, f->columns + 1, sizeof *from), at = 0;
    for (size_t k = 0; from && k < f->count; k++) {
        const branch *b = &f->branches[k];
        bool same = !b->part || b->part->keeps_columns;
        for (size_t j = 0; j < b->width; j++) {
            size_t inner = same ? j : b->part->came_from ? b->part->came_from[j] : MODEL_COMPUTED;
            from[at++] = inner == MODEL_COMPUTED ? MODEL_COMPUTED : b->columns[inner];
        }
    }
    return from;
}

static void finish_fan(sk *s, fan *f)
{
    if (!sk_ok(s)) return;
    sk_transforms(s, f->columns);
    s->m->came_from = trace_fan(s, f);
    s->m->checks_nothing = true;
    sk_answers(s, f, fan_answer);
    sk_draws(s, fan_draw, fan_texts);
    sk_shows(s, fan_examples);
}

/* --- ColumnTransformer ---------------------------------------------------------------------------------------------------- */

static void read_column_transformer(sk *s)
{
    sk_list parts = sk_items(s, sk_get(s, "transformers_"), "transformers_", SK_ANY);
    size_t total = sk_column_total(s);
    if (sk_ok(s) && (total == 0 || total > LIMIT_TABLE_COLUMNS))
        sk_fail(s, ERR_INVALID, "it has %zu columns", total);
    fan *f = sk_alloc(s, 1, sizeof *f);
    if (!f) return;
    f->branches = sk_alloc(s, parts.count, sizeof *f->branches);
    sk_features(s, total);
    model_classes names = sk_column_names(s);
    const pickle_value *weights = pickle_get(s->v, "transformer_weights");
    for (size_t i = 0; i < parts.count && sk_ok(s); i++) {
        const pickle_value *part = sk_item(parts.items[i], 1), *columns = sk_item(parts.items[i], 2);
        if (!part || !columns) {
            sk_fail(s, ERR_INVALID, "part %zu of transformers_ is no triple", i);
            return;
        }
        if (sk_text_of(part, "drop")) continue;
        chosen_columns c = sk_columns_of(s, columns, &names, total);
        if (!sk_ok(s) || c.count == 0) continue;
        branch *b = &f->branches[f->count++];
        *b = (branch){.columns = c.at, .column_count = c.count};
        b->weight = weight_of(s, weights, sk_item(parts.items[i], 0));
        if (!sk_passes_through(part)) b->part = sk_part(s, part, "transformers_");
        settle_branch(s, f, b);
    }
    finish_fan(s, f);
}

/* --- FeatureUnion --------------------------------------------------------------------------------------------------------- */

/* What every part gets: all columns, as many as the first part says that knows it. */
static size_t *all_columns(sk *s)
{
    size_t total = s->m->info.feature_count;
    if (sk_ok(s) && total == 0) sk_fail(s, ERR_UNSUPPORTED, "nothing in it tells how many features it takes");
    size_t *all = sk_alloc(s, total, sizeof *all);
    for (size_t j = 0; all && j < total; j++) all[j] = j;
    return all;
}

static void read_union(sk *s)
{
    sk_list parts = sk_items(s, sk_get(s, "transformer_list"), "transformer_list", SK_ANY);
    fan *f = sk_alloc(s, 1, sizeof *f);
    if (!f) return;
    f->branches = sk_alloc(s, parts.count, sizeof *f->branches);
    const pickle_value *weights = pickle_get(s->v, "transformer_weights");
    for (size_t i = 0; i < parts.count && sk_ok(s); i++) {
        const pickle_value *part = sk_item(parts.items[i], 1);
        if (!part) sk_fail(s, ERR_INVALID, "part %zu of transformer_list is no pair", i);
        if (!part || sk_text_of(part, "drop") || part->kind == PICKLE_NONE) continue;
        branch *b = &f->branches[f->count++];
        b->weight = weight_of(s, weights, sk_item(parts.items[i], 0));
        if (!sk_passes_through(part)) b->part = sk_part(s, part, "transformer_list");
        if (!b->part || b->part->any_columns || !sk_ok(s)) continue;
        s->m->info.feature_count = b->part->info.feature_count;
        s->m->info.feature_names = b->part->info.feature_names;
    }
    size_t *all = all_columns(s);
    for (size_t k = 0; k < f->count && sk_ok(s); k++) {
        f->branches[k].columns = all;
        f->branches[k].column_count = s->m->info.feature_count;
        settle_branch(s, f, &f->branches[k]);
    }
    finish_fan(s, f);
}

const sk_class sk_compose_classes[] = {
    {"Pipeline", "pipeline", NULL, read_pipeline},
    {"FeatureUnion", "pipeline", NULL, read_union},
    {"ColumnTransformer", "compose._column_transformer", NULL, read_column_transformer},
    {"GridSearchCV", "model_selection._search", NULL, read_search},
    {"RandomizedSearchCV", "model_selection._search", NULL, read_search},
    {"HalvingGridSearchCV", "model_selection._search_successive_halving", NULL, read_search},
    {"HalvingRandomSearchCV", "model_selection._search_successive_halving", NULL, read_search},
    {"RANSACRegressor", "linear_model._ransac", "linear_model.ransac", read_ransac},
    {NULL, NULL, NULL, NULL},
};
