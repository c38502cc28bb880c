/*
 * format/keras/config.c - what building a model from its configuration would look up, import or run.
 *
 * Every object {class_name, config, module, registered_name} is judged where it stands, at any depth: loaders build layers, losses, metrics,
 * initializers and arguments of calls by the same function. Old loaders of HDF5 files ignore safe_mode, so it excuses nothing.
 */
#include "keras/keras.h"

#include "base/limits.h"
#include "base/str.h"
#include "nested.h"
#include "tensorflow/tensorflow.h"

#include <stdio.h>

enum { TITLE_BYTES = 512, SHOWN_BYTES = 160, LAYERS_TOLD = 500 };

static const char advice[] =
    "Load this model only where you know who wrote its code; weights alone need no configuration.";

typedef struct walk {
    report *report;
    str member;
    bool tells_facts, revives;
    uint64_t layers;
} walk;

/* --- findings ---------------------------------------------------------------------------------------------------------------------------- */

static bool say(walk *w, const char *code, severity s, const char *what, str name, str call, err *e)
{
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof title, "%s: '%.*s'", what, STR_ARG(str_slice(name, 0, SHOWN_BYTES)));
    finding f = {.code = code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = {title, (size_t)len},
                 .member = w->member,
                 .call = call,
                 .advice = str_from_c(advice)};
    if (!str_is_utf8(f.title)) f.title = str_from_c(what);
    if (call.len && !report_call_line(w->report, call, e)) return false;
    return report_add(w->report, &f, e);
}

static bool is_one_of(str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, str_from_c(words[i]))) return true;
    return false;
}

/* --- code --------------------------------------------------------------------------------------------------------------------------------- */

/* Keras 2: [code, defaults, closure]; Keras 3: {"class_name": "__lambda__", "config": {"code": ...}}; or a name. */
static str code_of(const json_t *function)
{
    if (json_is_string(function)) return (str){json_string_value(function), json_string_length(function)};
    if (json_is_array(function)) return code_of(json_array_get(function, 0));
    const json_t *items = json_object_get(function, "items"), *config = json_object_get(function, "config");
    if (json_is_array(items)) return code_of(json_array_get(items, 0)); /* a tuple, as SavedModels write it */
    return json_is_object(config) ? json_text(config, "code") : json_text(function, "code");
}

static bool see_code(walk *w, str name, str code, err *e)
{
    bool is_dangerous = false;
    str names = keras_code_names(w->report->arena, code, &is_dangerous);
    str call = arena_printf(w->report->arena, "lambda(%.*s)", STR_ARG(names));
    if (!call.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return say(w, "MDL-KER-001", is_dangerous ? SEVERITY_CRITICAL : SEVERITY_HIGH,
               "Python code is in the model and runs with it", name, call, e);
}

/* --- modules ------------------------------------------------------------------------------------------------------------------------------ */

static const char *const families[] = {
    "layers",          "initializers", "regularizers", "constraints",  "activations",    "losses", "metrics",
    "optimizers",      "models",       "random",       "quantizers",   "dtype_policies", "ops",    "saving",
    "mixed_precision", "engine",       "distillation", "applications", "experimental"};
static const char *const guests[] = {"keras_hub",       "keras_nlp",
                                     "keras_cv",        "tensorflow_addons",
                                     "tensorflow_hub",  "tensorflow_probability",
                                     "tensorflow_text", "tensorflow_decision_forests"};

/* keras, keras.layers, keras.src.layers.core.dense, tf_keras.src.engine.functional */
static bool is_keras_module(str module)
{
    str rest = module, part;
    if (!str_next(&rest, '.', &part) || (!str_eq(part, STR("keras")) && !str_eq(part, STR("tf_keras"))))
        return false;
    if (rest.len == 0) return true;
    (void)str_next(&rest, '.', &part);
    if (str_eq(part, STR("src")) && !str_next(&rest, '.', &part)) return false;
    return is_one_of(part, families, COUNT_OF(families));
}

static str top_of(str module)
{
    str top, rest;
    (void)str_cut(module, '.', &top, &rest);
    return top;
}

static bool is_inner_name(str name)
{
    static const char *const names[] = {"__tensor__",   "__keras_tensor__",
                                        "__numpy__",    "__bytes__",
                                        "__ellipsis__", "__slice__",
                                        "__tuple__",    "__shape__",
                                        "__typespec__", "__name__",
                                        "float",        "str",
                                        "int",          "bool",
                                        "dict",         "list",
                                        "tuple",        "TypeSpec",
                                        "TensorShape"};
    return is_one_of(name, names, COUNT_OF(names));
}

static str dotted(walk *w, str module, str name)
{
    return arena_printf(w->report->arena, "%.*s%s%.*s", STR_ARG(module), module.len ? "." : "",
                        STR_ARG(name));
}

static bool see_foreign(walk *w, str module, str name, err *e)
{
    str full = dotted(w, module, name);
    if (!full.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    str top = top_of(module);
    if (is_one_of(top, guests, COUNT_OF(guests)))
        return say(w, "MDL-KER-007", SEVERITY_MEDIUM, "The model is built from another library", full, full,
                   e);
    bool is_python = keras_is_python_module(top);
    return say(w, "MDL-KER-002", is_python ? SEVERITY_CRITICAL : SEVERITY_HIGH,
               "Loading imports a module that is not Keras's", full, full, e);
}

/* --- functions ------------------------------------------------------------------------------------------------------------------------------ */

/* {"class_name": "function", "config": "relu"}: a name that is looked up, or imported. */
static bool see_function(walk *w, const json_t *o, err *e)
{
    const json_t *config = json_object_get(o, "config");
    str module = json_text(o, "module"), name = json_text(o, "config");
    if (json_is_object(config)) {
        name = json_text(config, "class_name");
        if (json_text(config, "module").len) module = json_text(config, "module");
    }
    static const char *const homes[] = {"activations",  "losses",       "metrics",
                                        "initializers", "regularizers", "constraints"};
    str rest = module, part = STR_NONE;
    (void)str_next(&rest, '.', &part);
    bool is_home = module.len == 0 || str_eq(module, STR("builtins"));
    if (is_keras_module(module) && str_next(&rest, '.', &part)) {
        if (str_eq(part, STR("src"))) (void)str_next(&rest, '.', &part);
        is_home = is_one_of(part, homes, COUNT_OF(homes));
    }
    if (is_home && keras_is_function(name)) return true;
    str full = dotted(w, module, name);
    if (!full.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    return say(w, "MDL-KER-003", SEVERITY_CRITICAL,
               "Loading looks up a function that is not one of Keras's own", full, full, e);
}

/* --- layers with a reach ---------------------------------------------------------------------------------------------------------------------- */

static bool see_loader(walk *w, str class, err *e)
{
    static const char *const names[] = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
                                        "KerasLayer"};
    if (!is_one_of(class, names, COUNT_OF(names))) return true;
    return say(w, "MDL-KER-005", SEVERITY_HIGH, "A layer loads a program of another kind", class, class, e);
}

/* A vocabulary may be a list, which is data, or the name of a file, which loading reads. */
static bool see_vocabulary(walk *w, str class, const json_t *config, err *e)
{
    static const char *const keys[] = {"vocabulary", "idf_weights", "vocabulary_file"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        str path = json_text(config, keys[i]);
        if (path.len == 0) continue;
        bool is_bare = str_find(path, '/') < 0 && str_find(path, '\\') < 0 && str_find(path, ':') < 0 &&
                       !str_starts_with(path, STR(".."));
        str call = arena_printf(w->report->arena, "%.*s(%s='%.*s')", STR_ARG(class), keys[i],
                                STR_ARG(str_slice(path, 0, SHOWN_BYTES)));
        if (!call.data) return err_set(e, ERR_MEMORY, "no memory for a report");
        if (!say(w, "MDL-KER-004", is_bare ? SEVERITY_MEDIUM : SEVERITY_HIGH, "Loading reads a file", path,
                 call, e))
            return false;
    }
    return true;
}

/* Namespaces of TensorFlow whose functions compute, and the functions that stand alone. */
static const char *const calm_spaces[] = {
    "math",   "nn",     "linalg", "image",   "signal",        "strings",      "sparse", "ragged",
    "random", "dtypes", "sets",   "bitwise", "__operators__", "quantization", "compat", "experimental"};
static const char *const calm_functions[] = {"abs",           "add",           "argmax",
                                             "argmin",        "argsort",       "boolean_mask",
                                             "broadcast_to",  "cast",          "clip_by_value",
                                             "concat",        "constant",      "convert_to_tensor",
                                             "cos",           "cumsum",        "debugging.assert_equal",
                                             "divide",        "einsum",        "equal",
                                             "exp",           "expand_dims",   "eye",
                                             "fill",          "floor",         "gather",
                                             "gather_nd",     "greater",       "greater_equal",
                                             "identity",      "io.decode_raw", "less",
                                             "less_equal",    "linspace",      "logical_and",
                                             "logical_not",   "logical_or",    "matmul",
                                             "maximum",       "meshgrid",      "minimum",
                                             "multiply",      "negative",      "norm",
                                             "not_equal",     "one_hot",       "ones",
                                             "ones_like",     "pad",           "pow",
                                             "range",         "rank",          "realdiv",
                                             "reduce_max",    "reduce_mean",   "reduce_min",
                                             "reduce_prod",   "reduce_sum",    "repeat",
                                             "reshape",       "reverse",       "roll",
                                             "round",         "scatter_nd",    "sequence_mask",
                                             "shape",         "sigmoid",       "sign",
                                             "sin",           "size",          "slice",
                                             "sort",          "split",         "sqrt",
                                             "square",        "squeeze",       "stack",
                                             "stop_gradient", "strided_slice", "subtract",
                                             "tan",           "tanh",          "tensordot",
                                             "tile",          "transpose",     "truediv",
                                             "unstack",       "where",         "zeros",
                                             "zeros_like"};
static const char *const hot_spaces[] = {
    "io",   "py_function", "numpy_function",   "load_library", "load_op_library", "saved_model", "keras",
    "data", "summary",     "import_graph_def", "distribute",   "profiler",        "config",      "lookup"};

static bool is_calm(str name, str space)
{
    if (is_one_of(name, calm_functions, COUNT_OF(calm_functions))) return true;
    return is_one_of(space, calm_spaces, COUNT_OF(calm_spaces)) && !str_contains(name, STR("file")) &&
           !str_contains(name, STR("load")) && !str_contains(name, STR("py_func")) &&
           !str_contains(name, STR("io."));
}

/* Keras 2 writes calls of TensorFlow's functions into the model: "math.add", but any public name is taken. */
static bool see_tensorflow_function(walk *w, const json_t *config, err *e)
{
    str name = json_text(config, "function"), space = top_of(name);
    if (name.len == 0 || is_calm(name, space)) return true;
    if (str_eq(space, STR("raw_ops")))
        return tensorflow_see_op(w->report, w->member, str_skip(name, sizeof "raw_ops"), 0, STR_NONE, e);
    bool is_hot =
        is_one_of(space, hot_spaces, COUNT_OF(hot_spaces)) && !str_starts_with(name, STR("io.decode_"));
    return say(w, "MDL-KER-003", is_hot ? SEVERITY_HIGH : SEVERITY_MEDIUM,
               "A layer calls a function of TensorFlow that a model has no need of", name, name, e);
}

/* Keras of TensorFlow 2.1: a node of a graph, as text. */
static bool see_node_text(walk *w, const json_t *config, err *e)
{
    str text = json_text(config, "node_def"), line;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts_with(line, STR("op:"))) continue;
        line = str_trim(str_skip(line, 3));
        if (line.len < 2) continue;
        if (!tensorflow_see_op(w->report, w->member, str_slice(line, 1, line.len - 2), 0, STR_NONE, e))
            return false;
    }
    return true;
}

/* --- an object -------------------------------------------------------------------------------------------------------------------------------- */

static str name_of(const json_t *o, str class)
{
    const json_t *config = json_object_get(o, "config");
    str name = json_is_object(config) ? json_text(config, "name") : STR_NONE;
    if (name.len == 0) name = json_text(o, "name");
    return name.len ? name : class;
}

/* "Custom>Adam": what a program registered. The optimizers of Keras 2.11 register themselves under Custom. */
static bool see_registered(walk *w, const json_t *o, str class, bool has_module, err *e)
{
    str registered = json_text(o, "registered_name"), package, name;
    if (!str_cut(registered, '>', &package, &name)) (void)str_cut(class, '>', &package, &name);
    bool is_custom = name.len > 0;
    bool is_known =
        is_custom ? keras_is_class(name) && (str_eq(package, STR("Custom")) || str_eq(package, STR("keras")))
                  : keras_is_class(class) || keras_is_function(class) || is_inner_name(class);
    if (is_known || w->revives || (has_module && !is_custom)) return true;
    str shown = is_custom && registered.len ? registered : class;
    return say(w, "MDL-KER-007", SEVERITY_MEDIUM, "The model needs a class of somebody's own", shown, shown,
               e);
}

static bool see_module(walk *w, str module, str class, err *e)
{
    bool is_plain = is_inner_name(class);
    if (str_eq(class, STR("__typespec__")) && str_starts_with(module, STR("tensorflow.python."))) return true;
    if (str_eq(module, STR("builtins"))) return is_plain || see_foreign(w, module, class, e);
    if (!is_keras_module(module)) return see_foreign(w, module, class, e);
    if (is_plain || keras_is_class(class)) return true;
    str full = dotted(w, module, class);
    if (!full.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    if (class.len && class.data[0] >= 'a' && class.data[0] <= 'z' && !keras_is_function(class))
        return say(w, "MDL-KER-003", SEVERITY_HIGH, "Loading looks up a function where a class belongs", full,
                   full, e);
    if (keras_is_function(class)) return true;
    return say(w, "MDL-KER-007", SEVERITY_MEDIUM, "Assay does not know this class of Keras", full, full, e);
}

/* [null, 28, 28] is told as it stands; what is open is a question mark. */
static void add_shape(buf *line, const json_t *shape)
{
    size_t index;
    const json_t *item;
    buf_add_str(line, STR(" shape=["));
    json_array_foreach(shape, index, item)
    {
        const char *comma = index ? ", " : "";
        if (json_is_integer(item))
            buf_printf(line, "%s%lld", comma, (long long)json_integer_value(item));
        else
            buf_printf(line, "%s?", comma);
    }
    buf_add_str(line, STR("]"));
}

static bool tell_layer(walk *w, const json_t *o, err *e)
{
    static const char *const keys[] = {"units", "filters",   "kernel_size", "activation",
                                       "rate",  "input_dim", "output_dim"};
    const json_t *config = json_object_get(o, "config");
    if (!w->tells_facts || ++w->layers > LAYERS_TOLD) return true;
    str class = json_text(o, "class_name");
    AUTO_BUF buf line;
    buf_init(&line, TITLE_BYTES);
    buf_add_str(&line, str_slice(class, 0, 64));
    buf_printf(&line, " %.*s", STR_ARG(str_slice(name_of(o, STR_NONE), 0, 96)));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const json_t *v = json_object_get(config, keys[i]);
        if (json_is_integer(v)) buf_printf(&line, " %s=%lld", keys[i], (long long)json_integer_value(v));
        if (json_is_real(v)) buf_printf(&line, " %s=%g", keys[i], json_real_value(v));
        if (json_is_string(v))
            buf_printf(&line, " %s=%.*s", keys[i], STR_ARG(str_slice(json_text(config, keys[i]), 0, 48)));
    }
    const json_t *shape = json_object_get(config, "batch_shape");
    if (!shape) shape = json_object_get(config, "batch_input_shape");
    if (json_is_array(shape)) add_shape(&line, shape);
    str shown = buf_str(&line);
    return line.failed || !str_is_utf8(shown) || report_fact(w->report, STR("layer"), shown, e);
}

/* *is_code: the parts of the object were told of already. */
static bool see_object(walk *w, const json_t *o, bool *is_code, err *e)
{
    str class = json_text(o, "class_name"), module = json_text(o, "module");
    const json_t *config = json_object_get(o, "config");
    bool is_lambda = str_eq(class, STR("Lambda")) || str_ends_with(class, STR(">Lambda"));
    *is_code = is_lambda || str_eq(class, STR("__lambda__"));
    if (*is_code)
        return see_code(w, name_of(o, class), code_of(is_lambda ? json_object_get(config, "function") : o),
                        e);
    if (str_eq(class, STR("function"))) return see_function(w, o, e);
    if (!see_loader(w, class, e) || !see_vocabulary(w, class, config, e)) return false;
    if (str_ends_with(class, STR("OpLambda")) && !see_tensorflow_function(w, config, e)) return false;
    if (str_eq(class, STR("TensorFlowOpLayer")) && !see_node_text(w, config, e)) return false;
    static const char *const told[] = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
                                       "KerasLayer"};
    if (is_one_of(class, told, COUNT_OF(told))) return true;
    if (module.len && !see_module(w, module, class, e)) return false;
    return see_registered(w, o, class, module.len > 0, e);
}

/* --- the tree --------------------------------------------------------------------------------------------------------------------------------- */

static bool walk_value(walk *w, json_t *value, unsigned depth, err *e);

static bool walk_layers(walk *w, json_t *list, err *e)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index,
                       item) if (json_text(item, "class_name").len && !tell_layer(w, item, e)) return false;
    return true;
}

static bool walk_object(walk *w, json_t *o, unsigned depth, err *e)
{
    bool is_code = false;
    if (json_is_string(json_object_get(o, "class_name"))) {
        if (!see_object(w, o, &is_code, e)) return false;
    } else if (str_eq(json_text(o, "function_type"), STR("lambda"))) {
        is_code = true;
        if (!see_code(w, name_of(o, STR("a function")), code_of(json_object_get(o, "function")), e))
            return false;
    }
    const char *key;
    json_t *item;
    json_object_foreach(o, key, item)
    {
        if (is_code && (strcmp(key, "config") == 0 || strcmp(key, "function") == 0)) continue;
        if (strcmp(key, "layers") == 0 && json_is_array(item) && !walk_layers(w, item, e)) return false;
        if (strcmp(key, "call_fn") == 0 && !json_is_null(item) &&
            !say(w, "MDL-KER-005", SEVERITY_HIGH, "A layer is given a function to call", STR("call_fn"),
                 STR_NONE, e))
            return false;
        if (!walk_value(w, item, depth + 1, e)) return false;
    }
    return true;
}

static bool walk_value(walk *w, json_t *value, unsigned depth, err *e)
{
    /* The decoder refuses deeper documents; this only says so where the recursion is. */
    if (depth > LIMIT_JSON_DEPTH + 1) return err_set(e, ERR_TOO_LARGE, "a configuration is nested too deep");
    if (json_is_object(value)) return walk_object(w, value, depth, e);
    size_t index;
    json_t *item;
    if (json_is_array(value))
        json_array_foreach(value, index, item) if (!walk_value(w, item, depth + 1, e)) return false;
    return true;
}

/* --- facts ------------------------------------------------------------------------------------------------------------------------------------ */

static bool fact_text(walk *w, const char *name, str value, err *e)
{
    bool is_shown = value.len > 0 && value.len <= SHOWN_BYTES && str_is_utf8(value);
    return !is_shown || report_fact(w->report, str_from_c(name), value, e);
}

static bool tell_compiled(walk *w, const json_t *compiled, err *e)
{
    const json_t *optimizer = json_object_get(compiled, "optimizer"),
                 *loss = json_object_get(compiled, "loss");
    if (!optimizer) optimizer = json_object_get(compiled, "optimizer_config");
    str optimizer_name =
        json_is_object(optimizer) ? json_text(optimizer, "class_name") : json_text(compiled, "optimizer");
    str loss_name = json_is_object(loss) ? json_text(loss, "class_name") : json_text(compiled, "loss");
    return fact_text(w, "optimizer", optimizer_name, e) && fact_text(w, "loss", loss_name, e);
}

static bool tell_facts(walk *w, const json_t *config, err *e)
{
    if (!w->tells_facts || !json_is_object(config)) return true;
    str class = dotted(w, json_text(config, "module"), json_text(config, "class_name"));
    if (!class.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
    const json_t *inner = json_object_get(config, "config"),
                 *compiled = json_object_get(config, "compile_config");
    return fact_text(w, "class", class, e) && fact_text(w, "name", json_text(inner, "name"), e) &&
           fact_text(w, "keras_version", json_text(config, "keras_version"), e) &&
           fact_text(w, "backend", json_text(config, "backend"), e) &&
           tell_compiled(w, compiled ? compiled : config, e) &&
           (w->layers == 0 || nested_fact_number(w->report, STR("layers"), w->layers, e));
}

bool keras_config_walk(report *r, str member, json_t *config, unsigned flags, err *e)
{
    walk w = {
        .report = r, .member = member, .tells_facts = flags & KERAS_TELLS, .revives = flags & KERAS_REVIVES};
    return walk_value(&w, config, 0, e) && tell_facts(&w, config, e);
}
