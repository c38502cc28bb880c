/*
 * model/sk/chain.c - several targets by several estimators, and several classes by pairs and codes.
 */
#include "sk/compose.h"
#include "sk/distance.h"
#include "sk/parts.h"

#include <math.h>
#include <stdlib.h>

typedef enum join {
    JOIN_BESIDE, /* a target each */
    JOIN_CHAIN,  /* ... which sees those before it */
    JOIN_PAIRS,  /* two classes each */
    JOIN_CODES   /* a digit of a class's code each */
} join;

typedef struct chain {
    join join;
    const model **parts;
    size_t count, features;
    size_t *order; /* of the chain: the target of each */
    bool hands_on_probability;
    size_t classes;
    matrix codes;
    size_t *pairs; /* two classes for each */
    double middle; /* of two classes: what the second one's score exceeds */
    score_kind *scores;
} chain;

/* --- beside each other ----------------------------------------------------------------------------------------------------- */

static bool beside(const chain *c, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e)
{
    size_t at = 0;
    for (size_t k = 0; k < c->count; k++) {
        const double *got = sk_ask(c->parts[k], what, rows, a, e);
        if (!got) return err_wrap(e, "target %zu", k + 1);
        size_t width = c->parts[k]->info.columns[what];
        for (size_t i = 0; i < rows->count; i++)
            memcpy(out->numbers + i * out->columns + at, got + i * width, width * sizeof *got);
        at += width;
    }
    return true;
}

/* --- one after the other --------------------------------------------------------------------------------------------------- */

static double label_number_of(const model *part, double index)
{
    double number = index;
    if (part->info.classes && !label_as_number(&part->info.classes->labels[(size_t)index], &number))
        return NAN;
    return number;
}

/* `shown` has room for the features and all targets but the last, row after row as wide as the part at work wants it. */
static bool chained(const chain *c, model_output what, const model_rows *rows, arena *a, model_answers *out,
                    err *e)
{
    size_t n = rows->count, most = c->features + c->count;
    double *said = work_array(a, n, c->count, e), *shown = said ? work_array(a, n, most, e) : NULL;
    if (!shown) return false;
    for (size_t k = 0; k < c->count; k++) {
        size_t width = c->features + k;
        for (size_t i = 0; i < n; i++) {
            memcpy(shown + i * width, rows->numbers + i * rows->columns, c->features * sizeof *shown);
            memcpy(shown + i * width + c->features, said + i * c->count, k * sizeof *shown);
        }
        model_rows seen = {n, width, shown, NULL, {.is_computed = true}};
        const model *part = c->parts[k];
        const double *labels = sk_ask(part, OUTPUT_PREDICT, &seen, a, e), *p = NULL;
        bool wants_p = what == OUTPUT_PREDICT_PROBA || c->hands_on_probability;
        if (labels && wants_p) p = part_scores(part, SCORE_PROBABILITY, &seen, a, e);
        if (!labels || (wants_p && !p)) return err_wrap(e, "target %zu of the chain", k + 1);
        const double *scores =
            what == OUTPUT_DECISION_FUNCTION ? part_scores(part, SCORE_DECISION, &seen, a, e) : NULL;
        if (what == OUTPUT_DECISION_FUNCTION && !scores) return false;
        for (size_t i = 0; i < n; i++) {
            said[i * c->count + k] = c->hands_on_probability ? p[i] : label_number_of(part, labels[i]);
            double *to = out->numbers + i * out->columns + c->order[k];
            *to = what == OUTPUT_PREDICT ? labels[i] : what == OUTPUT_PREDICT_PROBA ? p[i] : scores[i];
        }
    }
    return true;
}

/* --- classes out of pairs and codes ---------------------------------------------------------------------------------------- */

/* A column per part: its score, and whether it is for the second of its classes. */
static double *all_scores(const chain *c, const model_rows *rows, arena *a, err *e)
{
    double *out = work_array(a, rows->count, c->count, e);
    for (size_t k = 0; out && k < c->count; k++) {
        const double *got = part_scores(c->parts[k], c->scores[k], rows, a, e);
        if (!got) return NULL;
        for (size_t i = 0; i < rows->count; i++) out[i * c->count + k] = got[i];
    }
    return out;
}

static bool paired(const chain *c, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e)
{
    size_t n = rows->count;
    double *scores = all_scores(c, rows, a, e), *won = scores ? work_array(a, n, c->count, e) : NULL;
    double *votes = won ? work_array(a, c->classes, 2, e) : NULL;
    if (!votes) return false;
    for (size_t k = 0; k < c->count; k++) {
        const double *got = part_values(c->parts[k], rows, a, e);
        if (!got) return false;
        for (size_t i = 0; i < n; i++) won[i * c->count + k] = got[i];
    }
    for (size_t i = 0; i < n; i++) {
        double *sums = votes + c->classes;
        memset(votes, 0, 2 * c->classes * sizeof *votes);
        for (size_t k = 0; k < c->count; k++) {
            double x = scores[i * c->count + k];
            sums[c->pairs[2 * k]] -= x;
            sums[c->pairs[2 * k + 1]] += x;
            votes[c->pairs[2 * k + (won[i * c->count + k] != 0)]]++;
        }
        for (size_t k = 0; k < c->classes; k++) votes[k] += sums[k] / (3 * (fabs(sums[k]) + 1));
        if (what == OUTPUT_PREDICT)
            out->numbers[i] =
                c->classes == 2 ? votes[1] > c->middle : (double)first_largest(votes, c->classes);
        else if (c->classes == 2)
            out->numbers[i] = votes[1];
        else
            memcpy(out->numbers + i * c->classes, votes, c->classes * sizeof *votes);
    }
    return true;
}

static bool coded(const chain *c, const model_rows *rows, arena *a, model_answers *out, err *e)
{
    double *scores = all_scores(c, rows, a, e);
    for (size_t i = 0; scores && i < rows->count; i++) {
        double nearest = INFINITY;
        for (size_t k = 0; k < c->classes; k++) {
            double sum = 0;
            for (size_t j = 0; j < c->count; j++) {
                double d = scores[i * c->count + j] - c->codes.at[k * c->count + j];
                sum += d * d;
            }
            if (sum < nearest) out->numbers[i] = (double)k;
            nearest = fmin(nearest, sum);
        }
    }
    return scores != NULL;
}

static bool chain_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    const chain *c = self;
    switch (c->join) {
    case JOIN_BESIDE: return beside(c, what, rows, a, out, e);
    case JOIN_CHAIN: return chained(c, what, rows, a, out, e);
    case JOIN_PAIRS: return paired(c, what, rows, a, out, e);
    default: return coded(c, rows, a, out, e);
    }
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* Its predictions in a column: [N, 1] numbers, or places of classes. */
static onnx_ref draw_column(onnx_build *b, const model *part, onnx_ref predicted)
{
    bool is_flat = part->info.classes || part->info.gives_indices;
    return is_flat ? onnx_upright(b, predicted) : predicted;
}

static void draw_beside(const chain *c, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    onnx_ref *said = onnx_alloc(b, c->count, sizeof *said), *shares = onnx_alloc(b, c->count, sizeof *shares);
    bool knows = true;
    for (size_t k = 0; onnx_ok(b) && k < c->count; k++) {
        onnx_answers part;
        onnx_draw(b, c->parts[k], x, &part);
        if (onnx_ok(b)) said[k] = draw_column(b, c->parts[k], part.at[OUTPUT_PREDICT]);
        shares[k] = part.at[OUTPUT_PREDICT_PROBA];
        knows &= shares[k] != 0;
    }
    if (!onnx_ok(b)) return;
    out->at[OUTPUT_PREDICT] = onnx_concat(b, said, c->count, 1);
    if (c->count == 1 && c->parts[0]->info.classes) out->at[OUTPUT_PREDICT] = onnx_flat(b, said[0]);
    if (knows) out->at[OUTPUT_PREDICT_PROBA] = onnx_concat(b, shares, c->count, 1);
}

static void draw_chained(const chain *c, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    onnx_ref *said = onnx_alloc(b, c->count, sizeof *said), *shares = onnx_alloc(b, c->count, sizeof *shares);
    onnx_table seen = onnx_table_of(onnx_matrix(b, x), c->features);
    bool knows = true;
    for (size_t k = 0; onnx_ok(b) && k < c->count; k++) {
        const model *part = c->parts[k];
        size_t target = c->order[k];
        onnx_answers got;
        onnx_draw(b, part, &seen, &got);
        if (!onnx_ok(b)) return;
        said[target] = draw_column(b, part, got.at[OUTPUT_PREDICT]);
        shares[target] = got.at[OUTPUT_PREDICT_PROBA];
        knows &= shares[target] != 0;
        onnx_ref hands_on =
            c->hands_on_probability ? onnx_pick(b, shares[target], 1) : part_drawn_values(b, part, &got);
        seen = onnx_table_of(onnx_concat(b, (onnx_ref[]){seen.matrix, hands_on}, 2, 1), seen.count + 1);
    }
    if (!onnx_ok(b)) return;
    out->at[OUTPUT_PREDICT] = onnx_concat(b, said, c->count, 1);
    if (c->count == 1 && c->parts[0]->info.classes) out->at[OUTPUT_PREDICT] = onnx_flat(b, said[0]);
    if (knows) out->at[OUTPUT_PREDICT_PROBA] = onnx_concat(b, shares, c->count, 1);
}

/* A column per part: its score, and what it says (NULL: nobody asks). */
static void draw_scores(const chain *c, onnx_build *b, const onnx_table *x, onnx_ref *scores, onnx_ref *said)
{
    onnx_ref *score = onnx_alloc(b, c->count, sizeof *score), *value = onnx_alloc(b, c->count, sizeof *value);
    for (size_t k = 0; onnx_ok(b) && k < c->count; k++) {
        onnx_answers got;
        onnx_draw(b, c->parts[k], x, &got);
        score[k] = part_drawn_scores(b, c->parts[k], c->scores[k], &got);
        if (said) value[k] = part_drawn_values(b, c->parts[k], &got);
    }
    if (!onnx_ok(b)) return;
    *scores = onnx_concat(b, score, c->count, 1);
    if (said) *said = onnx_concat(b, value, c->count, 1);
}

/* A row per pair: what a win of its first class, of its second, and its score add to each class. */
static void draw_paired(const chain *c, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    size_t classes = c->classes, cells = c->count * classes;
    double *lost = onnx_alloc(b, cells, sizeof *lost), *won = onnx_alloc(b, cells, sizeof *won),
           *both = onnx_alloc(b, cells, sizeof *both);
    onnx_ref scores = 0, said = 0;
    draw_scores(c, b, x, &scores, &said);
    for (size_t k = 0; onnx_ok(b) && k < c->count; k++) {
        lost[k * classes + c->pairs[2 * k]] = won[k * classes + c->pairs[2 * k + 1]] = 1;
        both[k * classes + c->pairs[2 * k]] = -1;
        both[k * classes + c->pairs[2 * k + 1]] = 1;
    }
    if (!onnx_ok(b)) return;
    onnx_ref first = onnx_cast(b, onnx_with(b, "Equal", said, 0), ONNX_DOUBLE);
    onnx_ref second = onnx_op2(b, "Sub", onnx_number(b, 1), first);
    onnx_ref votes = onnx_op2(b, "Add", onnx_op2(b, "MatMul", first, onnx_rows(b, lost, c->count, classes)),
                              onnx_op2(b, "MatMul", second, onnx_rows(b, won, c->count, classes)));
    onnx_ref sums = onnx_op2(b, "MatMul", scores, onnx_rows(b, both, c->count, classes));
    onnx_ref size = onnx_with(b, "Mul", onnx_with(b, "Add", onnx_op1(b, "Abs", sums), 1), 3);
    votes = onnx_op2(b, "Add", votes, onnx_op2(b, "Div", sums, size));
    onnx_ref decision = classes == 2 ? onnx_pick(b, votes, 1) : votes;
    out->at[OUTPUT_DECISION_FUNCTION] = decision;
    out->at[OUTPUT_PREDICT] =
        sk_draw_decision(b, classes == 2 ? onnx_with(b, "Sub", decision, c->middle) : votes, classes);
}

static void chain_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const chain *c = self;
    static const distance euclidean = {.metric = METRIC_EUCLIDEAN, .p = 2};
    switch (c->join) {
    case JOIN_BESIDE: draw_beside(c, b, x, out); return;
    case JOIN_CHAIN: draw_chained(c, b, x, out); return;
    case JOIN_PAIRS: draw_paired(c, b, x, out); return;
    default: break;
    }
    onnx_ref scores = 0;
    draw_scores(c, b, x, &scores, NULL);
    if (onnx_ok(b)) out->at[OUTPUT_PREDICT] = onnx_argmin(b, distance_draw(b, &euclidean, &c->codes, scores));
}

static void chain_texts(const void *self, bool *is_text)
{
    const chain *c = self;
    for (size_t k = 0; k < c->count && c->join != JOIN_CHAIN; k++) sk_texts_of(c->parts[k], is_text);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static chain *chain_new(sk *s, join how)
{
    sk_list list = sk_items(s, sk_get(s, "estimators_"), "estimators_", SK_ANY);
    chain *c = sk_alloc(s, 1, sizeof *c);
    if (!c || !sk_ok(s)) return NULL;
    if (list.count == 0) sk_fail(s, ERR_INVALID, "its estimators_ is empty");
    c->join = how;
    c->parts = sk_alloc(s, list.count, sizeof *c->parts);
    c->scores = sk_alloc(s, list.count, sizeof *c->scores);
    for (size_t k = 0; k < list.count && sk_ok(s); k++) {
        const model *part = c->parts[c->count++] = sk_part(s, list.items[k], "estimators_");
        if (how == JOIN_CHAIN && k > 0) continue;
        parts_features(s, part);
    }
    c->features = s->m->info.feature_count;
    sk_answers(s, c, chain_answer);
    sk_draws(s, chain_draw, chain_texts);
    return sk_ok(s) ? c : NULL;
}

/* Targets of the parts, and their classes, in a row. */
static void join_targets(sk *s, const chain *c)
{
    model_classes *classes = sk_alloc(s, c->count, sizeof *classes);
    bool gives[MODEL_OUTPUTS] = {true, true, true};
    size_t columns[MODEL_OUTPUTS] = {0};
    for (size_t k = 0; k < c->count && sk_ok(s); k++) {
        const model_info *part = &c->parts[k]->info;
        if (part->target_count != 1 || !part->gives[OUTPUT_PREDICT])
            sk_fail(s, ERR_UNSUPPORTED, "its part %.*s has %zu targets", STR_ARG(part->name),
                    part->target_count);
        if (part->classes) classes[k] = *part->classes;
        for (unsigned what = 0; what < OUTPUT_TRANSFORM; what++) {
            gives[what] &= part->gives[what];
            columns[what] += part->columns[what];
        }
    }
    if (!sk_ok(s)) return;
    if (c->parts[0]->info.classes) s->m->info.classes = classes;
    sk_gives(s, OUTPUT_PREDICT, c->count);
    /* Decisions of several targets the library does not have. */
    if (gives[OUTPUT_PREDICT_PROBA]) sk_gives(s, OUTPUT_PREDICT_PROBA, columns[OUTPUT_PREDICT_PROBA]);
}

static void read_beside(sk *s)
{
    chain *c = chain_new(s, JOIN_BESIDE);
    if (c) join_targets(s, c);
}

static void read_order(sk *s, chain *c)
{
    double *order = sk_numbers_of(s, "order_", c->count);
    bool *seen = sk_alloc(s, c->count, sizeof *seen);
    c->order = sk_alloc(s, c->count, sizeof *c->order);
    for (size_t k = 0; sk_ok(s) && k < c->count; k++) {
        bool fits = order[k] >= 0 && order[k] < (double)c->count && order[k] == floor(order[k]) &&
                    !seen[(size_t)order[k]];
        if (!fits) {
            sk_fail(s, ERR_INVALID, "its order_ is no order of %zu targets", c->count);
            return;
        }
        c->order[k] = (size_t)order[k];
        seen[c->order[k]] = true;
    }
}

/* The classes of target order_[k] are those of part k. */
static void read_chain(sk *s)
{
    static const char *const methods[] = {"predict", "predict_proba"};
    chain *c = chain_new(s, JOIN_CHAIN);
    if (!c) return;
    unsigned method = sk_choice(s, sk_has(s, "chain_method_") ? "chain_method_" : "chain_method", methods,
                                COUNT_OF(methods));
    read_order(s, c);
    c->hands_on_probability = method == 1;
    if (s->m->info.takes_text) sk_fail(s, ERR_UNSUPPORTED, "its chain would hand text on");
    model_classes *classes = sk_alloc(s, c->count, sizeof *classes);
    bool knows = true, decides = true;
    for (size_t k = 0; k < c->count && sk_ok(s); k++) {
        const model_info *part = &c->parts[k]->info;
        part_must_give_numbers(s, c->parts[k]);
        if (sk_ok(s) && (part->target_count != 1 || part->feature_count != c->features + k))
            sk_fail(s, ERR_INVALID, "part %zu of its chain takes %zu features", k, part->feature_count);
        if (part->classes) classes[c->order[k]] = *part->classes;
        knows &= part->gives[OUTPUT_PREDICT_PROBA] && part->columns[OUTPUT_PREDICT_PROBA] == 2;
        decides &= part->gives[OUTPUT_DECISION_FUNCTION] && part->columns[OUTPUT_DECISION_FUNCTION] == 1;
    }
    if (!sk_ok(s)) return;
    if (method == 1 && !knows)
        sk_fail(s, ERR_UNSUPPORTED, "a part of its chain gives no probabilities of two classes");
    if (c->parts[0]->info.classes) s->m->info.classes = classes;
    sk_gives(s, OUTPUT_PREDICT, c->count);
    if (knows) sk_gives(s, OUTPUT_PREDICT_PROBA, c->count);
    if (decides) sk_gives(s, OUTPUT_DECISION_FUNCTION, c->count);
}

static void check_binary_parts(sk *s, chain *c)
{
    for (size_t k = 0; k < c->count && sk_ok(s); k++) {
        const model *part = c->parts[k];
        c->scores[k] = part_score_kind(part, false);
        static const model_output asked[] = {OUTPUT_DECISION_FUNCTION, OUTPUT_PREDICT_PROBA, OUTPUT_PREDICT};
        size_t wanted = c->scores[k] == SCORE_PROBABILITY ? 2 : 1;
        part_must_give_numbers(s, part);
        if (sk_ok(s) && part->info.columns[asked[c->scores[k]]] != wanted)
            sk_fail(s, ERR_UNSUPPORTED, "its part %.*s is not about two classes", STR_ARG(part->info.name));
    }
}

static void read_pairs(sk *s)
{
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    chain *c = chain_new(s, JOIN_PAIRS);
    if (!c || !sk_ok(s)) return;
    if (classes < 2 || classes > 65535 || c->count != classes * (classes - 1) / 2)
        sk_fail(s, ERR_INVALID, "it has %zu estimators for the pairs of %zu classes", c->count, classes);
    if (sk_has(s, "pairwise_indices_"))
        sk_fail(s, ERR_UNSUPPORTED, "its parts take kernels (pairwise_indices_)");
    c->classes = classes;
    c->pairs = sk_alloc(s, 2 * c->count, sizeof *c->pairs);
    for (size_t i = 0, k = 0; sk_ok(s) && i < classes; i++)
        for (size_t j = i + 1; j < classes; j++, k++) {
            c->pairs[2 * k] = i;
            c->pairs[2 * k + 1] = j;
        }
    check_binary_parts(s, c);
    bool knows = c->scores[0] == SCORE_PROBABILITY && sk_version_at_least(s->version, 1, 1);
    c->middle = knows ? 0.5 : 0;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, classes == 2 ? 1 : classes);
}

static void read_codes(sk *s)
{
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    chain *c = chain_new(s, JOIN_CODES);
    if (!c || !sk_ok(s)) return;
    c->classes = classes;
    c->codes = sk_matrix(s, "code_book_", classes, c->count);
    check_binary_parts(s, c);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

/* What stands for a classifier where there was one class. */
static bool constant_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)a;
    (void)e;
    const double *y = self;
    for (size_t i = 0; i < rows->count; i++)
        if (what == OUTPUT_PREDICT_PROBA) {
            out->numbers[2 * i] = 1 - *y;
            out->numbers[2 * i + 1] = *y;
        } else {
            out->numbers[i] = *y;
        }
    return true;
}

static void constant_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const double *y = self;
    onnx_ref x = onnx_matrix(b, t);
    onnx_ref column = onnx_filled(b, x, y, 1);
    out->at[OUTPUT_PREDICT] = onnx_flat(b, onnx_cast(b, column, ONNX_INT64));
    out->at[OUTPUT_DECISION_FUNCTION] = column;
    out->at[OUTPUT_PREDICT_PROBA] = onnx_both(b, column);
}

static void read_constant(sk *s)
{
    double *y = sk_spread(s, "y_", 1);
    s->m->counts_nothing = s->m->checks_nothing = true;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, 2);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    sk_answers(s, y, constant_answer);
    sk_draws(s, constant_draw, NULL);
}

const sk_class sk_chain_classes[] = {
    {"_ConstantPredictor", "multiclass", NULL, read_constant},
    {"MultiOutputClassifier", "multioutput", NULL, read_beside},
    {"MultiOutputRegressor", "multioutput", NULL, read_beside},
    {"ClassifierChain", "multioutput", NULL, read_chain},
    {"RegressorChain", "multioutput", NULL, read_chain},
    {"OneVsOneClassifier", "multiclass", NULL, read_pairs},
    {"OutputCodeClassifier", "multiclass", NULL, read_codes},
    {NULL, NULL, NULL, NULL},
};
