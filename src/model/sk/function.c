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

static double negative(double x)
{
    return -x;
}
static double reciprocal(double x)
{
    return 1 / x;
}

/* A file that names a function of numpy names its formula; any other function is code, which nothing here runs. */
static const struct {
    const char *name;
    double (*apply)(double x);
} functions[] = {{"log1p", log1p},
                 {"log", log},
                 {"log2", log2},
                 {"log10", log10},
                 {"exp", exp},
                 {"expm1", expm1},
                 {"sqrt", sqrt},
                 {"square", square},
                 {"abs", fabs},
                 {"absolute", fabs},
                 {"fabs", fabs},
                 {"sin", sin},
                 {"cos", cos},
                 {"tan", tan},
                 {"arcsin", asin},
                 {"arccos", acos},
                 {"arctan", atan},
                 {"sinh", sinh},
                 {"cosh", cosh},
                 {"tanh", tanh},
                 {"arcsinh", asinh},
                 {"arccosh", acosh},
                 {"arctanh", atanh},
                 {"cbrt", cbrt},
                 {"exp2", exp2},
                 {"floor", floor},
                 {"ceil", ceil},
                 {"trunc", trunc},
                 {"rint", rint},
                 {"negative", negative},
                 {"reciprocal", reciprocal}};

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

onnx_ref sk_cell_draw(onnx_build *b, cell_function apply, onnx_ref x)
{
    static const struct {
        double (*apply)(double x);
        const char *op;
    } plain[] = {{sin, "Sin"},     {cos, "Cos"},     {tan, "Tan"},      {asin, "Asin"},
                 {acos, "Acos"},   {atan, "Atan"},   {sinh, "Sinh"},    {cosh, "Cosh"},
                 {tanh, "Tanh"},   {asinh, "Asinh"}, {acosh, "Acosh"},  {atanh, "Atanh"},
                 {floor, "Floor"}, {ceil, "Ceil"},   {negative, "Neg"}, {reciprocal, "Reciprocal"},
                 {rint, "Round"}};
    if (apply == same) return x;
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (apply == plain[i].apply) return onnx_op1(b, plain[i].op, x);
    if (apply == cbrt || apply == exp2 || apply == trunc) {
        onnx_fail(b, ERR_UNSUPPORTED, "its func is not written as ONNX");
        return x;
    }
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
    out->table =
        c->apply == same ? *x : onnx_table_of(sk_cell_draw(b, c->apply, onnx_matrix(b, x)), x->count);
}

static bool is_numpy(str module)
{
    return str_eq(module, STR("numpy")) || str_eq(module, STR("numpy.core._multiarray_umath")) ||
           str_eq(module, STR("numpy._core._multiarray_umath"));
}

/* The name of a function of numpy, whichever way it was written. */
static str numpy_function(const pickle_value *v)
{
    if (v && v->kind == PICKLE_GLOBAL && is_numpy(v->global.module)) return v->global.name;
    bool is_call =
        v && v->kind == PICKLE_CALL && pickle_is_global(v->call.callable, "numpy.core", "_ufunc_reconstruct");
    const pickle_value *name =
        is_call && sk_text_of(sk_item(v->call.args, 0), "numpy") ? sk_item(v->call.args, 1) : NULL;
    return name && name->kind == PICKLE_STR ? name->text : STR_NONE;
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

cell_function sk_cell_function(const pickle_value *v)
{
    if (!v || v->kind == PICKLE_NONE || only_checks(v)) return same;
    str name = numpy_function(v);
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (str_eq(name, str_from_c(functions[i].name))) return functions[i].apply;
    return NULL;
}

static void read_function(sk *s)
{
    cellwise *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return;
    c->apply = sk_cell_function(pickle_get(s->v, "func"));
    if (!c->apply) {
        sk_fail(s, ERR_UNSUPPORTED, "its func is code, which is not run");
        return;
    }
    sk_features_or_any(s);
    sk_transforms(s, s->m->info.feature_count);
    s->m->info.takes_text = c->apply == same;
    s->m->takes_infinite = true;
    s->m->keeps_columns = true;
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
