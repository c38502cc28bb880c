/*
 * model/sk/calibrate.c - classifiers whose scores become probabilities, and classifiers with a threshold of their own.
 */
#include "sk/compose.h"
#include "sk/interpolate.h"
#include "sk/parts.h"

#include <math.h>
#include <stdlib.h>

typedef enum calibration { CALIBRATION_SIGMOID, CALIBRATION_ISOTONIC, CALIBRATION_TEMPERATURE } calibration;

typedef struct calibrator {
    calibration kind;
    double a, b; /* sigmoid: slope and intercept; temperature: its inverse */
    isotonic steps;
    size_t class_at; /* of the whole */
} calibrator;

typedef struct calibrated {
    const model *part;
    score_kind score;
    size_t columns; /* of what the part is asked: a score per class, or one */
    calibrator *calibrators;
    size_t count;
} calibrated;

typedef struct calibrations {
    calibrated *members;
    size_t count, classes;
} calibrations;

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static double calibrate(const calibrator *c, double x)
{
    return c->kind == CALIBRATION_SIGMOID ? expit(-(c->a * x + c->b)) : isotonic_at(&c->steps, x);
}

/* softmax of the scores, cooled; probabilities are made scores by their logarithm. */
static void temper(const calibrated *m, const double *scores, size_t classes, double *out)
{
    for (size_t k = 0; k < classes; k++) {
        double x = m->columns == classes ? scores[k] : k ? scores[0] : -scores[0];
        if (m->score == SCORE_PROBABILITY) {
            double p = m->columns == classes ? scores[k] : k ? scores[0] : 1 - scores[0];
            x = log(p + 1e-12);
        }
        out[k] = m->calibrators[0].a * x;
    }
    softmax(out, classes);
}

static void calibrate_row(const calibrated *m, const double *scores, size_t classes, double *out)
{
    if (m->calibrators[0].kind == CALIBRATION_TEMPERATURE) {
        temper(m, scores, classes, out);
    } else if (classes == 2) {
        out[1] = calibrate(&m->calibrators[0], scores[0]);
        out[0] = 1 - out[1];
    } else {
        double sum = 0;
        memset(out, 0, classes * sizeof *out);
        for (size_t k = 0; k < m->count; k++)
            out[m->calibrators[k].class_at] = calibrate(&m->calibrators[k], scores[k]);
        for (size_t k = 0; k < classes; k++) sum += out[k];
        for (size_t k = 0; k < classes; k++) out[k] = sum == 0 ? 1 / (double)classes : out[k] / sum;
    }
    for (size_t k = 0; k < classes; k++)
        if (out[k] > 1 && out[k] <= 1 + 1e-5) out[k] = 1;
}

static const double *ask_member(const calibrated *m, size_t classes, const model_rows *rows, arena *a, err *e)
{
    if (classes == 2) return part_scores(m->part, m->score, rows, a, e);
    model_output what = m->score == SCORE_DECISION ? OUTPUT_DECISION_FUNCTION : OUTPUT_PREDICT_PROBA;
    const double *got = sk_ask(m->part, what, rows, a, e);
    if (!got) err_wrap(e, "%.*s", STR_ARG(m->part->info.name));
    return got;
}

static bool calibrations_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                                model_answers *out, err *e)
{
    const calibrations *c = self;
    double *sums = work_array(a, rows->count, c->classes, e),
           *row = sums ? work_array(a, c->classes, 1, e) : NULL;
    if (!row) return false;
    for (size_t m = 0; m < c->count; m++) {
        const double *scores = ask_member(&c->members[m], c->classes, rows, a, e);
        if (!scores) return false;
        for (size_t i = 0; i < rows->count; i++) {
            calibrate_row(&c->members[m], scores + i * c->members[m].columns, c->classes, row);
            for (size_t k = 0; k < c->classes; k++) sums[i * c->classes + k] += row[k];
        }
    }
    for (size_t i = 0; i < rows->count; i++) {
        double *p = sums + i * c->classes;
        for (size_t k = 0; k < c->classes; k++) p[k] /= (double)c->count;
        if (what == OUTPUT_PREDICT)
            out->numbers[i] = (double)first_largest(p, c->classes);
        else
            memcpy(out->numbers + i * c->classes, p, c->classes * sizeof *p);
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_calibrator(onnx_build *b, const calibrator *c, onnx_ref x)
{
    if (c->kind == CALIBRATION_ISOTONIC) return isotonic_draw(b, &c->steps, x);
    return onnx_squashed(b, onnx_with(b, "Add", onnx_with(b, "Mul", x, -c->a), -c->b));
}

static onnx_ref draw_tempered(onnx_build *b, const calibrated *m, size_t classes, onnx_ref x)
{
    bool is_probability = m->score == SCORE_PROBABILITY;
    if (m->columns != classes && is_probability) x = onnx_both(b, x);
    if (m->columns != classes && !is_probability)
        x = onnx_concat(b, (onnx_ref[]){onnx_op1(b, "Neg", x), x}, 2, 1);
    if (is_probability) x = onnx_op1(b, "Log", onnx_with(b, "Add", x, 1e-12));
    return onnx_softmax(b, onnx_with(b, "Mul", x, m->calibrators[0].a));
}

/* Classes that the part has not seen are zero; where all are, they are equal. */
static onnx_ref draw_classes(onnx_build *b, const calibrated *m, size_t classes, onnx_ref scores)
{
    onnx_ref *parts = onnx_alloc(b, classes, sizeof *parts);
    for (size_t k = 0; onnx_ok(b) && k < m->count; k++)
        parts[m->calibrators[k].class_at] = draw_calibrator(b, &m->calibrators[k], onnx_pick(b, scores, k));
    for (size_t k = 0; onnx_ok(b) && k < classes; k++)
        if (!parts[k]) parts[k] = onnx_filled(b, scores, (double[]){0}, 1);
    if (!onnx_ok(b)) return 0;
    onnx_ref all = onnx_concat(b, parts, classes, 1), sum = onnx_sum(b, all, 1, true);
    onnx_ref none = onnx_with(b, "Equal", sum, 0), one = onnx_number(b, 1);
    onnx_ref shares = onnx_op2(b, "Div", all, onnx_op3(b, "Where", none, one, sum));
    return onnx_op3(b, "Where", none, onnx_number(b, 1 / (double)classes), shares);
}

static onnx_ref draw_member(onnx_build *b, const calibrated *m, size_t classes, const onnx_table *x)
{
    model_output what = m->score == SCORE_DECISION ? OUTPUT_DECISION_FUNCTION : OUTPUT_PREDICT_PROBA;
    onnx_answers got;
    onnx_draw(b, m->part, x, &got);
    onnx_ref p, scores = classes == 2 ? part_drawn_scores(b, m->part, m->score, &got)
                                      : part_drawn(b, m->part, &got, what);
    if (m->calibrators[0].kind == CALIBRATION_TEMPERATURE)
        p = draw_tempered(b, m, classes, scores);
    else if (classes == 2)
        p = onnx_both(b, draw_calibrator(b, &m->calibrators[0], scores));
    else
        p = draw_classes(b, m, classes, scores);
    return onnx_with(b, "Min", p, 1);
}

static void calibrations_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const calibrations *c = self;
    onnx_ref sum = 0;
    for (size_t m = 0; m < c->count && onnx_ok(b); m++) {
        onnx_ref p = draw_member(b, &c->members[m], c->classes, x);
        sum = sum ? onnx_op2(b, "Add", sum, p) : p;
    }
    onnx_ref mean = onnx_with(b, "Div", sum, (double)c->count);
    out->at[OUTPUT_PREDICT_PROBA] = mean;
    out->at[OUTPUT_PREDICT] = onnx_argmax(b, mean);
}

static void calibrations_texts(const void *self, bool *is_text)
{
    const calibrations *c = self;
    for (size_t m = 0; m < c->count; m++) sk_texts_of(c->members[m].part, is_text);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static void read_calibrator(sk *s, const pickle_value *v, calibrator *out)
{
    const pickle_value *class = pickle_class_of(v);
    bool is_class = class && class->kind == PICKLE_GLOBAL;
    str name = is_class ? class->global.name : STR("plain value");
    if (is_class && str_eq(name, STR("_SigmoidCalibration"))) {
        out->a = sk_number_of(s, pickle_get(v, "a_"), "a_");
        out->b = sk_number_of(s, pickle_get(v, "b_"), "b_");
    } else if (is_class && str_eq(name, STR("IsotonicRegression"))) {
        out->kind = CALIBRATION_ISOTONIC;
        isotonic_read(s, v, &out->steps);
    } else if (is_class && str_eq(name, STR("_TemperatureScaling"))) {
        out->kind = CALIBRATION_TEMPERATURE;
        out->a = sk_number_of(s, pickle_get(v, "beta_"), "beta_");
    } else {
        sk_fail(s, ERR_UNSUPPORTED, "its calibrator is a %.*s, which is not understood",
                STR_ARG(str_slice(name, 0, 100)));
    }
}

/* The part's k-th class among the whole's: a fold may not have seen them all. */
static size_t class_of_part(sk *s, const model_classes *own, size_t k)
{
    const model_classes *all = s->m->info.classes;
    size_t found = sk_ok(s) && k < own->count ? label_find(all, &own->labels[k]) : SK_ANY;
    if (sk_ok(s) && found == SK_ANY)
        sk_fail(s, ERR_INVALID, "class %zu of a calibrated part is none of the whole's", k);
    return sk_ok(s) ? found : 0;
}

static const pickle_value *first_of(const pickle_value *v, const char *name, const char *older)
{
    const pickle_value *found = pickle_get(v, name);
    return found && found->kind != PICKLE_NONE && found->kind != PICKLE_STR ? found : pickle_get(v, older);
}

static void read_member(sk *s, const pickle_value *v, size_t classes, calibrated *out)
{
    const pickle_value *part = first_of(v, "estimator", "base_estimator");
    const pickle_value *list = first_of(v, "calibrators", "calibrators_");
    if (!part || !list)
        sk_fail(s, ERR_INVALID, "a calibrated classifier of it has no estimator or no calibrators");
    out->part = sk_part(s, part, "calibrated_classifiers_");
    sk_list items = sk_items(s, list, "calibrators", SK_ANY);
    const model_classes *own = part_classes(s, out->part);
    if (!sk_ok(s)) return;
    out->count = items.count;
    out->score = part_score_kind(out->part, false);
    out->columns =
        out->part->info
            .columns[out->score == SCORE_DECISION ? OUTPUT_DECISION_FUNCTION : OUTPUT_PREDICT_PROBA];
    if (classes == 2) out->columns = 1;
    out->calibrators = sk_alloc(s, items.count, sizeof *out->calibrators);
    for (size_t k = 0; k < items.count && sk_ok(s); k++) {
        read_calibrator(s, items.items[k], &out->calibrators[k]);
        bool is_one = classes == 2 || out->calibrators[k].kind == CALIBRATION_TEMPERATURE;
        out->calibrators[k].class_at = is_one ? 1 : class_of_part(s, own, k);
    }
    bool tempers = sk_ok(s) && items.count == 1 && out->calibrators[0].kind == CALIBRATION_TEMPERATURE;
    size_t wanted = classes == 2 || tempers ? 1 : out->columns;
    if (sk_ok(s) &&
        (out->score == SCORE_NUMBER || items.count != wanted || (tempers && own->count != classes) ||
         (classes == 2 && own->count != 2) || (classes > 2 && out->columns != own->count)))
        sk_fail(s, ERR_UNSUPPORTED, "its part %.*s of %zu classes has %zu calibrators for %zu classes",
                STR_ARG(out->part->info.name), own->count, items.count, classes);
}

static void read_calibrated(sk *s)
{
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    sk_list items = sk_items(s, sk_get(s, "calibrated_classifiers_"), "calibrated_classifiers_", SK_ANY);
    calibrations *c = sk_alloc(s, 1, sizeof *c);
    if (!c || !sk_ok(s)) return;
    if (items.count == 0 || classes < 2)
        sk_fail(s, ERR_INVALID, "it has %zu calibrated classifiers of %zu classes", items.count, classes);
    c->members = sk_alloc(s, items.count, sizeof *c->members);
    c->classes = classes;
    for (size_t m = 0; m < items.count && sk_ok(s); m++) {
        read_member(s, items.items[m], classes, &c->members[c->count++]);
        parts_features(s, c->members[m].part);
    }
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    sk_answers(s, c, calibrations_answer);
    sk_draws(s, calibrations_draw, calibrations_texts);
}

/* --- thresholds ---------------------------------------------------------------------------------------------------------- */

typedef struct threshold {
    const model *part;
    score_kind score;
    double least; /* a row with a score of this is of the class `positive` */
    size_t positive;
} threshold;

static bool threshold_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    const threshold *t = self;
    if (what != OUTPUT_PREDICT) return model_answer(t->part, what, rows, a, out, e);
    const double *scores = part_scores(t->part, t->score, rows, a, e);
    for (size_t i = 0; scores && i < rows->count; i++) {
        double x = scores[i];
        if (t->positive == 0) x = t->score == SCORE_PROBABILITY ? 1 - x : -x;
        out->numbers[i] = x >= t->least ? (double)t->positive : (double)(1 - t->positive);
    }
    return scores != NULL;
}

static void threshold_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const threshold *t = self;
    onnx_draw(b, t->part, x, out);
    onnx_ref score = part_drawn_scores(b, t->part, t->score, out);
    if (t->positive == 0)
        score = t->score == SCORE_PROBABILITY ? onnx_op2(b, "Sub", onnx_number(b, 1), score)
                                              : onnx_op1(b, "Neg", score);
    const char *op = t->positive == 0 ? "Less" : "GreaterOrEqual"; /* the second class */
    out->at[OUTPUT_PREDICT] = onnx_flat(b, onnx_cast(b, onnx_with(b, op, score, t->least), ONNX_INT64));
}

static void threshold_texts(const void *self, bool *is_text)
{
    sk_texts_of(((const threshold *)self)->part, is_text);
}

static threshold *threshold_new(sk *s)
{
    static const char *const methods[] = {"auto", "predict_proba", "decision_function"};
    threshold *t = sk_alloc(s, 1, sizeof *t);
    unsigned method = sk_choice(s, "response_method", methods, COUNT_OF(methods));
    const pickle_value *part =
        sk_has(s, "estimator_") ? pickle_get(s->v, "estimator_") : sk_get(s, "estimator");
    const model *inner = sk_part(s, part, "estimator_");
    const model_classes *classes = part_classes(s, inner);
    if (!t || !sk_ok(s)) return NULL;
    sk_stands_for(s, inner);
    t->part = inner;
    t->score = part_score_kind(inner, method != 2);
    t->positive = 1;
    if (classes->count != 2 || t->score == SCORE_NUMBER)
        sk_fail(s, ERR_UNSUPPORTED, "its part %.*s is no classifier of two classes",
                STR_ARG(inner->info.name));
    sk_answers(s, t, threshold_answer);
    sk_draws(s, threshold_draw, threshold_texts);
    return sk_ok(s) ? t : NULL;
}

static void read_positive(sk *s, threshold *t, const pickle_value *v)
{
    if (!v || v->kind == PICKLE_NONE || !sk_ok(s)) return;
    label wanted = {.kind = v->kind == PICKLE_STR ? LABEL_TEXT : LABEL_FLOAT};
    if (v->kind == PICKLE_STR)
        wanted.text = v->text;
    else
        wanted.number = sk_number_of(s, v, "pos_label");
    t->positive = sk_ok(s) ? label_find(t->part->info.classes, &wanted) : 0;
    if (sk_ok(s) && t->positive == SK_ANY) sk_fail(s, ERR_INVALID, "its pos_label is none of its classes");
}

static void read_fixed_threshold(sk *s)
{
    threshold *t = threshold_new(s);
    if (!t) return;
    read_positive(s, t, pickle_get(s->v, "pos_label"));
    bool is_auto = sk_is_text(s, "threshold", "auto");
    t->least = is_auto ? (t->score == SCORE_PROBABILITY ? 0.5 : 0) : sk_number(s, "threshold");
}

/* What counts as positive is among the arguments of its scorer, if anywhere. */
static void read_tuned_threshold(sk *s)
{
    threshold *t = threshold_new(s);
    if (!t) return;
    const pickle_value *scorer = pickle_get(s->v, "_curve_scorer");
    const pickle_value *settings = scorer ? pickle_get(scorer, "_kwargs") : NULL;
    read_positive(s, t, settings ? pickle_get(settings, "pos_label") : NULL);
    t->least = sk_number(s, "best_threshold_");
}

static void read_frozen(sk *s)
{
    sk_stands_for(s, sk_part(s, sk_get(s, "estimator"), "estimator"));
}

/* Trained on what it labelled itself too; it answers as the classifier within. */
static void read_self_training(sk *s)
{
    const char *name = sk_has(s, "estimator_") ? "estimator_" : "base_estimator_";
    sk_stands_for(s, sk_part(s, sk_get(s, name), name));
}

static bool isotonic_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const isotonic *f = self;
    for (size_t i = 0; i < rows->count; i++) {
        double x = rows->numbers[i];
        if (f->refuses && (x < f->least || x > f->most))
            return model_refuse_row(rows, i, e, " is %g, the model was trained on %g to %g", x, f->least,
                                    f->most);
        out->numbers[i] = isotonic_at(f, x);
    }
    return true;
}

static void steps_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    onnx_ref y = isotonic_draw(b, self, onnx_matrix(b, x));
    out->at[OUTPUT_PREDICT] = y;
    out->table = onnx_table_of(y, 1);
}

static void read_isotonic(sk *s)
{
    isotonic *steps = sk_alloc(s, 1, sizeof *steps);
    if (!steps) return;
    isotonic_read(s, s->v, steps);
    s->m->info.feature_count = 1;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_TRANSFORM, 1);
    sk_answers(s, steps, isotonic_answer);
    sk_draws(s, steps_draw, NULL);
}

const sk_class sk_calibrate_classes[] = {
    {"CalibratedClassifierCV", "calibration", NULL, read_calibrated},
    {"FixedThresholdClassifier", "model_selection._classification_threshold", NULL, read_fixed_threshold},
    {"TunedThresholdClassifierCV", "model_selection._classification_threshold", NULL, read_tuned_threshold},
    {"FrozenEstimator", "frozen._frozen", NULL, read_frozen},
    {"SelfTrainingClassifier", "semi_supervised._self_training", NULL, read_self_training},
    {"IsotonicRegression", "isotonic", NULL, read_isotonic},
    {NULL, NULL, NULL, NULL},
};
