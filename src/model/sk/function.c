/*
 * model/sk/function.c - FunctionTransformer: the same formula for every cell.
 */
#include "sk/compose.h"

#include <math.h>
#include <stdlib.h>

static double same(double x)
{
    return x;
}
static double square(double x)
{
    return x * x;
}

/* A file that names a function of numpy names its formula; any other function is code, which nothing here runs. */
static const struct {
    const char *name;
    double (*apply)(double x);
} functions[] = {{"log1p", log1p}, {"log", log},   {"log2", log2},     {"log10", log10}, {"exp", exp},
                 {"expm1", expm1}, {"sqrt", sqrt}, {"square", square}, {"abs", fabs},    {"absolute", fabs}};

typedef struct cellwise {
    double (*apply)(double x);
} cellwise;

static bool cellwise_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const cellwise *c = self;
    for (size_t i = 0; i < rows->count * rows->columns; i++) out->numbers[i] = c->apply(rows->numbers[i]);
    out->texts = c->apply == same ? (str *)(uintptr_t)rows->texts : NULL;
    return true;
}

static onnx_ref draw_cells(onnx_build *b, double (*apply)(double x), onnx_ref x)
{
    if (apply == exp) return onnx_op1(b, "Exp", x);
    if (apply == sqrt) return onnx_op1(b, "Sqrt", x);
    if (apply == fabs) return onnx_op1(b, "Abs", x);
    if (apply == square) return onnx_op2(b, "Mul", x, x);
    if (apply == expm1) return onnx_with(b, "Sub", onnx_op1(b, "Exp", x), 1);
    if (apply == log1p) return onnx_op1(b, "Log", onnx_with(b, "Add", x, 1));
    onnx_ref ln = onnx_op1(b, "Log", x);
    if (apply == log2) return onnx_with(b, "Div", ln, log(2));
    return apply == log10 ? onnx_with(b, "Div", ln, log(10)) : ln;
}

static void cellwise_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const cellwise *c = self;
    out->table = c->apply == same ? *x : onnx_table_of(draw_cells(b, c->apply, onnx_matrix(b, x)), x->count);
}

static bool is_numpy(str module)
{
    return str_eq(module, STR("numpy")) || str_eq(module, STR("numpy.core._multiarray_umath")) ||
           str_eq(module, STR("numpy._core._multiarray_umath"));
}

/* functools.partial(check_array, ...): what the histogram boosters check their numbers with. */
static bool only_checks(const pickle_value *v)
{
    const pickle_value *class = pickle_class_of(v);
    if (!class || !pickle_is_global(class, "functools", "partial")) return false;
    const pickle_value *inner =
        sk_item(v->call.args, sk_count(v->call.args) ? sk_count(v->call.args) - 1 : 0);
    return pickle_is_global(inner, "sklearn.utils.validation", "check_array");
}

static void read_function(sk *s)
{
    cellwise *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return;
    const pickle_value *func = pickle_get(s->v, "func");
    if (!func || func->kind == PICKLE_NONE || only_checks(func)) c->apply = same;
    for (size_t i = 0; func && func->kind == PICKLE_GLOBAL && i < COUNT_OF(functions); i++)
        if (str_eq(func->global.name, str_from_c(functions[i].name)) && is_numpy(func->global.module))
            c->apply = functions[i].apply;
    if (!c->apply) {
        sk_fail(s, ERR_UNSUPPORTED, "its func is code, which is not run");
        return;
    }
    sk_features_or_any(s);
    sk_transforms(s, s->m->info.feature_count);
    s->m->info.takes_text = c->apply == same;
    s->m->takes_infinite = true;
    sk_answers(s, c, cellwise_answer);
    sk_draws(s, cellwise_draw, NULL);
}

bool sk_hands_on(const model *m)
{
    return m->kind->answer == cellwise_answer && ((const cellwise *)m->self)->apply == same;
}

const sk_class sk_function_classes[] = {
    {"FunctionTransformer", "preprocessing._function_transformer", NULL, read_function},
    {NULL, NULL, NULL, NULL},
};
