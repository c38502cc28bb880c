/*
 * model/sk/parts.c - asking estimators within estimators.
 */
#include "sk/parts.h"

#include <math.h>

bool label_as_number(const label *l, double *out)
{
    if (l->kind == LABEL_TEXT) return false;
    *out = l->kind == LABEL_FLOAT ? l->number : (double)l->integer;
    return true;
}

bool labels_equal(const label *a, const label *b)
{
    double x, y;
    if (a->kind == LABEL_TEXT || b->kind == LABEL_TEXT) return a->kind == b->kind && str_eq(a->text, b->text);
    return label_as_number(a, &x) && label_as_number(b, &y) && x == y;
}

size_t label_find(const model_classes *classes, const label *l)
{
    for (size_t i = 0; i < classes->count; i++)
        if (labels_equal(&classes->labels[i], l)) return i;
    return SK_ANY;
}

double *part_values(const model *part, const model_rows *rows, arena *a, err *e)
{
    double *got = sk_ask(part, OUTPUT_PREDICT, rows, a, e);
    const model_classes *classes = part->info.classes;
    size_t targets = part->info.target_count;
    for (size_t i = 0; got && classes && i < rows->count * targets; i++) {
        const model_classes *of = &classes[i % targets];
        if (of->count > 0 && !label_as_number(&of->labels[(size_t)got[i]], &got[i])) got[i] = NAN;
    }
    return got;
}

void part_must_give_numbers(sk *s, const model *part)
{
    if (!part || !sk_ok(s)) return;
    if (!part->info.gives[OUTPUT_PREDICT])
        sk_fail(s, ERR_INVALID, "its part %.*s predicts nothing", STR_ARG(part->info.name));
    double ignored;
    for (size_t t = 0; sk_ok(s) && part->info.classes && t < part->info.target_count; t++)
        for (size_t i = 0; i < part->info.classes[t].count; i++)
            if (!label_as_number(&part->info.classes[t].labels[i], &ignored))
                sk_fail(s, ERR_UNSUPPORTED, "the labels of its part %.*s are text", STR_ARG(part->info.name));
}

const model_classes *part_classes(sk *s, const model *part)
{
    if (!part || !sk_ok(s)) return NULL;
    if (!part->info.classes || part->info.target_count != 1 || part->info.classes->count == 0) {
        sk_fail(s, ERR_UNSUPPORTED, "its part %.*s is no classifier of one target", STR_ARG(part->info.name));
        return NULL;
    }
    return part->info.classes;
}

score_kind part_score_kind(const model *part, bool probability_first)
{
    bool decides = part->info.gives[OUTPUT_DECISION_FUNCTION], knows = part->info.gives[OUTPUT_PREDICT_PROBA];
    if (probability_first && knows) return SCORE_PROBABILITY;
    return decides ? SCORE_DECISION : knows ? SCORE_PROBABILITY : SCORE_NUMBER;
}

double *part_scores(const model *part, score_kind kind, const model_rows *rows, arena *a, err *e)
{
    static const model_output asked[] = {OUTPUT_DECISION_FUNCTION, OUTPUT_PREDICT_PROBA, OUTPUT_PREDICT};
    double *got = sk_ask(part, asked[kind], rows, a, e);
    if (!got) {
        err_wrap(e, "%.*s", STR_ARG(part->info.name));
        return NULL;
    }
    size_t columns = part->info.columns[asked[kind]];
    /* In place: a row's score lies before or at where the row begins. */
    for (size_t i = 0; columns > 1 && i < rows->count; i++) got[i] = got[i * columns + 1];
    return got;
}

static onnx_ref draw_labels(onnx_build *b, const model_classes *classes, onnx_ref index)
{
    double *numbers = onnx_alloc(b, classes->count, sizeof *numbers);
    for (size_t i = 0; numbers && i < classes->count; i++)
        if (!label_as_number(&classes->labels[i], &numbers[i])) numbers[i] = NAN;
    return numbers ? onnx_gather(b, onnx_vector(b, numbers, classes->count), index, 0) : 0;
}

onnx_ref part_drawn(onnx_build *b, const model *part, const onnx_answers *got, model_output what)
{
    if (!got->at[what])
        onnx_fail(b, ERR_UNSUPPORTED, "the %s of a %.*s is not written as ONNX", model_output_name(what),
                  STR_ARG(part->info.name));
    return got->at[what];
}

onnx_ref part_drawn_values(onnx_build *b, const model *part, const onnx_answers *got)
{
    onnx_ref said = part_drawn(b, part, got, OUTPUT_PREDICT);
    size_t targets = part->info.target_count;
    if (!part->info.classes)
        return part->info.gives_indices ? onnx_cast(b, onnx_upright(b, said), ONNX_DOUBLE) : said;
    if (targets == 1) return draw_labels(b, part->info.classes, onnx_upright(b, said));
    onnx_ref *all = onnx_alloc(b, targets, sizeof *all);
    for (size_t t = 0; onnx_ok(b) && t < targets; t++)
        all[t] = draw_labels(b, &part->info.classes[t], onnx_pick(b, said, t));
    return onnx_ok(b) ? onnx_concat(b, all, targets, 1) : 0;
}

onnx_ref part_drawn_scores(onnx_build *b, const model *part, score_kind kind, const onnx_answers *got)
{
    static const model_output asked[] = {OUTPUT_DECISION_FUNCTION, OUTPUT_PREDICT_PROBA, OUTPUT_PREDICT};
    if (kind == SCORE_NUMBER) return part_drawn_values(b, part, got);
    onnx_ref score = part_drawn(b, part, got, asked[kind]);
    return part->info.columns[asked[kind]] > 1 ? onnx_pick(b, score, 1) : score;
}

void parts_take(sk *s, const model *part)
{
    if (!part || !sk_ok(s)) return;
    s->m->info.takes_text |= part->info.takes_text;
    s->m->info.takes_missing |= part->info.takes_missing;
    s->m->checks_nothing = true;
}

void parts_features(sk *s, const model *part)
{
    if (!part || !sk_ok(s) || part->counts_nothing) return;
    if (sk_has(s, "n_features_in_")) {
        sk_features(s, SK_ANY);
    } else {
        s->m->info.feature_count = part->info.feature_count;
        s->m->info.feature_names = part->info.feature_names;
        s->m->any_columns = part->any_columns;
    }
    parts_take(s, part);
    size_t count = s->m->info.feature_count;
    if (sk_ok(s) && part->info.feature_count != 0 && count != part->info.feature_count)
        sk_fail(s, ERR_INVALID, "its part %.*s takes %zu features of %zu", STR_ARG(part->info.name),
                part->info.feature_count, count);
}
