/*
 * model/booster/pickled.c - boosters in pickles: XGBoost's and LightGBM's classes around the model's own bytes.
 *
 * XGBoost keeps the bytes of its UBJSON or JSON document (a bytearray), LightGBM its text. Both are read as their files are; the class around them adds its labels, the
 * number that means a missing value, and where training stopped.
 */
#include "booster/booster.h"
#include "sk/compose.h"

#include "base/limits.h"
#include "read_parts.h"

#include <math.h>

/* --- the model's own bytes ------------------------------------------------------------------------------------------------- */

/* Text whose characters are bytes: what pickles of protocol 2 hold instead. */
static bytes narrowed(sk *s, str text)
{
    uint8_t *out = sk_alloc(s, text.len, 1);
    size_t count = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        bool is_pair = (c == 0xc2 || c == 0xc3) && i + 1 < text.len;
        if (c >= 0x80 && !is_pair) {
            sk_fail(s, ERR_INVALID, "its bytes are text that is no latin-1");
            return BYTES_NONE;
        }
        out[count++] = is_pair ? (uint8_t)((c & 3) << 6 | ((uint8_t)text.data[++i] & 0x3f)) : c;
    }
    return out ? (bytes){out, count} : BYTES_NONE;
}

static bytes bytes_of(sk *s, const pickle_value *v)
{
    for (unsigned depth = 0; v && depth < 4; depth++) {
        if (v->kind == PICKLE_BYTES) return v->raw;
        if (v->kind == PICKLE_STR) return str_bytes(v->text);
        const pickle_value *first = v->kind == PICKLE_CALL ? sk_item(v->call.args, 0) : NULL;
        if (first && pickle_is_global(v->call.callable, "_codecs", "encode") && first->kind == PICKLE_STR)
            return narrowed(s, first->text);
        bool is_coat =
            v->kind == PICKLE_CALL && (pickle_is_global(v->call.callable, "builtins", "bytearray") ||
                                       pickle_is_global(v->call.callable, "builtins", "bytes"));
        v = is_coat ? first : NULL;
    }
    sk_fail(s, ERR_UNSUPPORTED, "its model is no bytes");
    return BYTES_NONE;
}

/* The first of these attributes that is there. */
static const pickle_value *one_of(sk *s, const pickle_value *v, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const pickle_value *found = pickle_get(v, names[i]);
        if (found && found->kind != PICKLE_NONE) return found;
    }
    sk_fail(s, ERR_INVALID, "it has no %s: it was not fitted", names[0]);
    return NULL;
}

static const model *adopt(sk *s, bool made, model *part)
{
    if (!made) {
        s->failed = true;
        return NULL;
    }
    if (model_adopt(s->m, part, s->e)) return part;
    model_free(part);
    s->failed = true;
    return NULL;
}

static const model *xgboost_inside(sk *s, const pickle_value *booster)
{
    static const char *const names[] = {"handle"};
    bytes content = bytes_of(s, one_of(s, booster, names, COUNT_OF(names)));
    model *part = NULL;
    bool made = sk_ok(s) && xgboost_model_read(content, &part, s->e);
    return adopt(s, made, part);
}

/* A positive best_iteration is how many iterations its predict takes. */
static const model *lightgbm_inside(sk *s, const pickle_value *booster)
{
    static const char *const names[] = {"_handle", "handle"};
    bytes content = bytes_of(s, one_of(s, booster, names, COUNT_OF(names)));
    const pickle_value *best = pickle_get(booster, "best_iteration");
    double count = best && best->kind != PICKLE_NONE ? sk_number_of(s, best, "best_iteration") : 0;
    model *part = NULL;
    if (!sk_ok(s)) return NULL;
    size_t iterations = count >= 1 && count < 1e9 ? (size_t)count : 0;
    bool made = lightgbm_model_read_first(content, iterations, &part, s->e);
    return adopt(s, made, part);
}

/* --- the class around them ------------------------------------------------------------------------------------------------- */

/* A number that means a missing value. */
typedef struct gap {
    const model *booster;
    double missing;
} gap;

static bool gap_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                       model_answers *out, err *e)
{
    const gap *g = self;
    double *numbers = work_array(a, rows->count, rows->columns, e);
    if (!numbers) return false;
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        numbers[i] = rows->numbers[i] == g->missing ? NAN : rows->numbers[i];
    model_rows marked = {rows->count, rows->columns, numbers, rows->texts, rows->from};
    return model_answer(g->booster, what, &marked, a, out, e);
}

static void gap_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const gap *g = self;
    onnx_ref rows = onnx_matrix(b, x);
    onnx_ref is_gap = onnx_with(b, "Equal", b->is_double ? rows : onnx_as_float(b, rows),
                                b->is_double ? g->missing : (double)(float)g->missing);
    onnx_table marked = onnx_table_of(onnx_op3(b, "Where", is_gap, onnx_number(b, NAN), rows), x->count);
    onnx_draw(b, g->booster, &marked, out);
}

static void read_gap(sk *s, const model *booster)
{
    const pickle_value *v = pickle_get(s->v, "missing");
    if (!sk_ok(s) || !v || v->kind == PICKLE_NONE || (v->kind == PICKLE_FLOAT && isnan(v->number))) return;
    gap *g = sk_alloc(s, 1, sizeof *g);
    double missing = sk_number_of(s, v, "missing");
    if (!sk_ok(s)) return;
    *g = (gap){booster, missing};
    sk_answers(s, g, gap_answer);
    sk_draws(s, gap_draw, NULL);
}

/* The labels that the class knows, instead of 0, 1, ... */
static void read_classes(sk *s, const pickle_value *labels)
{
    const model_info *info = &s->m->info;
    if (!sk_ok(s) || !labels || labels->kind == PICKLE_NONE || !info->classes) return;
    size_t count = info->classes->count, found = sk_classes(s, labels);
    if (sk_ok(s) && found != count)
        sk_fail(s, ERR_INVALID, "it knows %zu classes, and its booster %zu", found, count);
}

/* A regressor of a booster of classes would answer with probabilities. */
static void stand_for(sk *s, const model *booster, bool classifies)
{
    if (!sk_ok(s)) return;
    sk_stands_for(s, booster);
    if (!classifies && booster->info.classes)
        sk_fail(s, ERR_UNSUPPORTED, "it is no classifier, and its booster has classes");
}

static const pickle_value *encoded_classes(const sk *s)
{
    const pickle_value *encoder = pickle_get(s->v, "_le");
    return encoder ? pickle_get(encoder, "classes_") : NULL;
}

static void read_xgboost(sk *s, bool classifies)
{
    static const char *const names[] = {"_Booster"};
    const model *booster = xgboost_inside(s, one_of(s, s->v, names, COUNT_OF(names)));
    stand_for(s, booster, classifies);
    if (classifies) read_classes(s, encoded_classes(s));
    read_gap(s, booster);
}

static void read_xgb_classifier(sk *s)
{
    read_xgboost(s, true);
}
static void read_xgb_regressor(sk *s)
{
    read_xgboost(s, false);
}

static void read_lightgbm(sk *s, bool classifies)
{
    static const char *const names[] = {"_Booster"};
    stand_for(s, lightgbm_inside(s, one_of(s, s->v, names, COUNT_OF(names))), classifies);
    const pickle_value *own = pickle_get(s->v, "_classes");
    if (classifies) read_classes(s, own && own->kind != PICKLE_NONE ? own : encoded_classes(s));
}

static void read_lgbm_classifier(sk *s)
{
    read_lightgbm(s, true);
}
static void read_lgbm_regressor(sk *s)
{
    read_lightgbm(s, false);
}

static void read_xgboost_booster(sk *s)
{
    sk_stands_for(s, xgboost_inside(s, s->v));
}
static void read_lightgbm_booster(sk *s)
{
    sk_stands_for(s, lightgbm_inside(s, s->v));
}

/* Whole names of modules. */
static const sk_class booster_classes[] = {
    {"XGBClassifier", "xgboost.sklearn", NULL, read_xgb_classifier},
    {"XGBRFClassifier", "xgboost.sklearn", NULL, read_xgb_classifier},
    {"XGBRegressor", "xgboost.sklearn", NULL, read_xgb_regressor},
    {"XGBRFRegressor", "xgboost.sklearn", NULL, read_xgb_regressor},
    {"XGBRanker", "xgboost.sklearn", NULL, read_xgb_regressor},
    {"Booster", "xgboost.core", NULL, read_xgboost_booster},
    {"LGBMClassifier", "lightgbm.sklearn", NULL, read_lgbm_classifier},
    {"LGBMRegressor", "lightgbm.sklearn", NULL, read_lgbm_regressor},
    {"LGBMRanker", "lightgbm.sklearn", NULL, read_lgbm_regressor},
    {"Booster", "lightgbm.basic", NULL, read_lightgbm_booster},
};

const sk_class *booster_class_find(str module, str name)
{
    for (size_t i = 0; i < COUNT_OF(booster_classes); i++) {
        const sk_class *c = &booster_classes[i];
        if (str_eq(name, str_from_c(c->name)) && str_eq(module, str_from_c(c->module))) return c;
    }
    return NULL;
}
