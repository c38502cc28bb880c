/*
 * format/pickle/allow_python.c - the standard library, and joblib's own wrappers.
 */
#include "pickle/allow.h"
#include "pickle/machine.h"

#include "base/str.h"

#include <stdio.h>

static bool is_container(const pickle_value *v)
{
    return v->kind == PICKLE_TUPLE || v->kind == PICKLE_LIST || v->kind == PICKLE_SET ||
           v->kind == PICKLE_FROZENSET || v->kind == PICKLE_DICT;
}

/* No objects: list(x), bytes(x) and the like would run the iterator x, and x decides what that does. A numpy number is none. */
static bool takes_built(const allow_args *a)
{
    if (a->kwargs) return false;
    for (size_t i = 0; i < a->count; i++) {
        const pickle_value *v = a->items[i];
        bool is_number = v->kind == PICKLE_CALL && v->call.callable->kind == PICKLE_GLOBAL &&
                         str_eq(v->call.callable->global.name, STR("scalar")) && v->call.callable->global.row;
        if (!rule_is_constant(v) && !is_container(v) && !is_number) return false;
    }
    return true;
}

/* bytes(n) would make n of them, and the name of a codec is one of a module: honest writers give Latin-1 text, or bytes. */
static bool takes_bytes(const allow_args *a)
{
    if (!takes_built(a) || a->count > 2) return false;
    if (a->count && a->items[0]->kind == PICKLE_INT && a->items[0]->integer > 0) return false;
    if (a->count && a->items[0]->kind == PICKLE_BIGINT) return false;
    return a->count < 2 || (a->items[1]->kind == PICKLE_STR && (str_eq(a->items[1]->text, STR("latin-1")) ||
                                                                str_eq(a->items[1]->text, STR("latin1"))));
}

/* Objects only such as were judged (a time zone in a datetime). */
static bool takes_values(const allow_args *a)
{
    if (a->kwargs) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!rule_is_constant(a->items[i]) && a->items[i]->kind != PICKLE_CALL) return false;
    return true;
}

static bool is_builtin_class(const pickle_value *v)
{
    static const char *const plain[] = {"list", "dict",  "int",  "float", "set",
                                        "str",  "tuple", "bool", "object"};
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (pickle_is_global(v, "builtins", plain[i])) return true;
    return false;
}

static bool takes_defaultdict(const allow_args *a)
{
    const pickle_value *first = a->count ? a->items[0] : NULL;
    bool is_harmless = !first || first->kind == PICKLE_NONE || is_builtin_class(first) ||
                       pickle_is_global(first, "collections", "OrderedDict");
    if (!is_harmless) return false;
    return rule_takes_data(a);
}

static bool is_class(const pickle_value *v)
{
    return v->kind == PICKLE_GLOBAL && v->global.row && v->global.row->rule->roles & ALLOW_NEW;
}

/* What a subclass of dict is made of, where its items are attributes: a dict whose keys were judged. */
static bool fills_attributes(const pickle_value *class, const pickle_value *items)
{
    if (!class->global.row->rule->items_are_attributes || items->kind == PICKLE_NONE) return false;
    return items->kind != PICKLE_DICT || items->marks & (PICKLE_MARK_HOOK_KEY | PICKLE_MARK_MADE_KEY);
}

/* (class, base, state): object.__new__ for protocols 0 and 1. */
static bool takes_reconstructor(const allow_args *a)
{
    if (a->count == 3 && is_class(a->items[0]) && fills_attributes(a->items[0], a->items[2])) return false;
    return !a->kwargs && a->count == 3 && is_class(a->items[0]) && is_builtin_class(a->items[1]) &&
           (rule_is_constant(a->items[2]) || is_container(a->items[2]));
}

/* (class, arguments...): the class's own rule decides about the arguments. */
static bool takes_newobj(const allow_args *a)
{
    if (a->kwargs || a->count == 0 || !is_class(a->items[0])) return false;
    const allow_rule *rule = a->items[0]->global.row->rule;
    return rule->args(&(allow_args){a->items + 1, a->count - 1, NULL});
}

static bool takes_newobj_ex(const allow_args *a)
{
    if (a->kwargs || a->count != 3 || !is_class(a->items[0]) || a->items[1]->kind != PICKLE_TUPLE)
        return false;
    const allow_rule *rule = a->items[0]->global.row->rule;
    bool has_kwargs = a->items[2]->kind != PICKLE_DICT || a->items[2]->list.count > 0;
    return rule->args(
        &(allow_args){a->items[1]->list.items, a->items[1]->list.count, has_kwargs ? a->items[2] : NULL});
}

/* (object, 'method'): these keep methods of their own, by the name that the object itself gives them. */
static const struct {
    const char *module, *class; /* NULL: each class of the module */
    const char *methods;
} kept_methods[] = {
    {"scipy.interpolate._rbf", "Rbf",
     "_h_cubic _h_gaussian _h_inverse_multiquadric _h_linear _h_multiquadric _h_quintic _h_thin_plate"},
    {"scipy.interpolate.rbf", "Rbf",
     "_h_cubic _h_gaussian _h_inverse_multiquadric _h_linear _h_multiquadric _h_quintic _h_thin_plate"},
    {"scipy.stats._discrete_distns", NULL, "_entropy"},
    {"scipy.stats._distn_infrastructure", "rv_sample", "_entropy"},
    {"scipy.stats._kde", "gaussian_kde", "scotts_factor silverman_factor"},
    {"scipy.stats.kde", "gaussian_kde", "scotts_factor silverman_factor"},
};

static bool is_kept_method(const allow_args *a)
{
    const pickle_value *class = a->count == 2 ? pickle_class_of(a->items[0]) : NULL;
    if (a->kwargs || !class || !class->global.row || a->items[0]->kind != PICKLE_CALL ||
        a->items[1]->kind != PICKLE_STR)
        return false;
    for (size_t i = 0; i < COUNT_OF(kept_methods); i++) {
        const char *name = kept_methods[i].class;
        if (!str_eq(class->global.module, str_from_c(kept_methods[i].module)) ||
            (name && !str_eq(class->global.name, str_from_c(name))))
            continue;
        str rest = str_from_c(kept_methods[i].methods), each;
        while (str_next(&rest, ' ', &each))
            if (str_eq(each, a->items[1]->text)) return true;
    }
    return false;
}

/* (class, 'method'): how methods and nested classes are written below protocol 4, and those of C classes always. */
static bool takes_listed_attribute(const allow_args *a)
{
    char path[256];
    if (is_kept_method(a)) return true;
    if (a->kwargs || a->count != 2 || a->items[0]->kind != PICKLE_GLOBAL || a->items[1]->kind != PICKLE_STR)
        return false;
    str module = a->items[0]->global.module, owner = a->items[0]->global.name, name = a->items[1]->text;
    int len = snprintf(path, sizeof(path), "%.*s.%.*s", STR_ARG(owner), STR_ARG(name));
    return str_find(name, '.') < 0 && len > 0 && (size_t)len < sizeof(path) &&
           allow_find(module, (str){path, (size_t)len}, NULL) != NULL;
}

static bool takes_encode(const allow_args *a)
{
    return !a->kwargs && a->count == 2 && a->items[0]->kind == PICKLE_STR &&
           a->items[1]->kind == PICKLE_STR &&
           (str_eq(a->items[1]->text, STR("latin1")) || str_eq(a->items[1]->text, STR("latin-1")));
}

/* functools.partial: of a function that does no harm with whatever plain arguments, a partial does none either. */
static bool is_pure(const pickle_value *v)
{
    return v->kind == PICKLE_GLOBAL && v->global.row && v->global.row->rule->roles & ALLOW_PARTIAL;
}

static bool takes_pure_function(const allow_args *a)
{
    return !a->kwargs && a->count == 1 && is_pure(a->items[0]);
}

/* (function, arguments, keywords, attributes or None): the same function, because BUILD could put another in its place. */
static bool keeps_its_function(const pickle_value *target, const pickle_value *state)
{
    if (state->kind != PICKLE_TUPLE || state->list.count != 4) return false;
    pickle_value *const *part = state->list.items;
    const pickle_value *function = target->call.args->list.items[0];
    bool is_same = is_pure(part[0]) && str_eq(part[0]->global.module, function->global.module) &&
                   str_eq(part[0]->global.name, function->global.name);
    bool has_attributes =
        part[3]->kind != PICKLE_NONE && !(part[3]->kind == PICKLE_DICT && part[3]->list.count == 0);
    if (!is_same || part[1]->kind != PICKLE_TUPLE || part[2]->kind != PICKLE_DICT || has_attributes)
        return false;
    for (size_t i = 0; i < part[1]->list.count; i++)
        if (!rule_is_data(part[1]->list.items[i])) return false;
    for (size_t i = 0; i < part[2]->list.count; i++)
        if (!rule_is_data(part[2]->list.items[i])) return false;
    return true;
}

static const allow_rule partial = {.roles = ALLOW_CALL,
                                   .state = ALLOW_STATE_DATA,
                                   .args = takes_pure_function,
                                   .wants = "one function that is known to do no harm",
                                   .state_check = keeps_its_function};

static const allow_rule builtin_value = {.roles = ALLOW_NEW | ALLOW_CALL | ALLOW_DATA,
                                         .args = takes_built,
                                         .wants = "constants or plain containers"};
static const allow_rule builtin_bytes = {.roles = ALLOW_NEW | ALLOW_CALL | ALLOW_DATA,
                                         .args = takes_bytes,
                                         .wants = "bytes, or text and 'latin-1'"};
static const allow_rule builtin_list = {.roles = ALLOW_NEW | ALLOW_CALL,
                                        .like = ALLOW_LIKE_LIST,
                                        .args = takes_built,
                                        .wants = "constants or plain containers"};
static const allow_rule builtin_dict = {.roles = ALLOW_NEW | ALLOW_CALL,
                                        .like = ALLOW_LIKE_DICT,
                                        .args = takes_built,
                                        .wants = "constants or plain containers"};
static const allow_rule builtin_set = {.roles = ALLOW_NEW | ALLOW_CALL,
                                       .like = ALLOW_LIKE_SET,
                                       .args = takes_built,
                                       .wants = "constants or plain containers"};
static const allow_rule dict_like = {.roles = ALLOW_NEW | ALLOW_CALL,
                                     .state = ALLOW_STATE_DICT,
                                     .like = ALLOW_LIKE_DICT,
                                     .args = takes_built,
                                     .wants = "constants or plain containers"};
static const allow_rule deque_like = {.roles = ALLOW_NEW | ALLOW_CALL,
                                      .like = ALLOW_LIKE_LIST,
                                      .args = takes_built,
                                      .wants = "constants or plain containers"};
static const allow_rule defaultdict_like = {.roles = ALLOW_NEW | ALLOW_CALL,
                                            .like = ALLOW_LIKE_DICT,
                                            .args = takes_defaultdict,
                                            .wants = "a built-in class and plain data"};
static const allow_rule reconstructor = {.roles = ALLOW_CALL,
                                         .args = takes_reconstructor,
                                         .wants = "a listed class, its built-in base and plain data"};
static const allow_rule newobj = {
    .roles = ALLOW_CALL, .args = takes_newobj, .wants = "a listed class and the arguments it may have"};
static const allow_rule newobj_ex = {
    .roles = ALLOW_CALL, .args = takes_newobj_ex, .wants = "a listed class and the arguments it may have"};
static const allow_rule encode = {
    .roles = ALLOW_CALL, .args = takes_encode, .wants = "a text constant and 'latin1'"};
static const allow_rule values = {
    .roles = ALLOW_NEW | ALLOW_CALL, .args = takes_values, .wants = "constants"};
static const allow_rule uuid = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = rule_takes_nothing, .wants = "no arguments"};
/* ('1/3'): an exponent would be written out, and may have a billion digits. */
static bool takes_fraction(const allow_args *a)
{
    if (!rule_takes_constants(a)) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i]->kind == PICKLE_STR &&
            (str_find(a->items[i]->text, 'e') >= 0 || str_find(a->items[i]->text, 'E') >= 0))
            return false;
    return true;
}
static const allow_rule fraction = {
    .roles = ALLOW_NEW | ALLOW_CALL, .args = takes_fraction, .wants = "numbers, or text without an exponent"};

/* ('Europe/Berlin', from cache): the name of a file below those of the time zones. */
static bool takes_zone(const allow_args *a)
{
    return rule_takes_constants(a) && a->count == 2 && a->items[0]->kind == PICKLE_STR &&
           !str_contains(a->items[0]->text, STR("..")) && !str_starts_with(a->items[0]->text, STR("/"));
}

static const allow_rule zone = {.roles = ALLOW_CALL, .args = takes_zone, .wants = "the name of a time zone"};
static const allow_rule foreign_bag = {.roles = ALLOW_NEW,
                                       .state = ALLOW_STATE_DICT,
                                       .caution =
                                           "a bag of attributes that another program fills with meaning",
                                       .args = rule_takes_nothing,
                                       .wants = "no arguments"};

/* Without a location nothing is kept, and nothing is loaded. */
static bool has_location(const pickle_value *state)
{
    if (state->kind != PICKLE_DICT) return true;
    for (size_t i = 0; i + 1 < state->list.count; i += 2) {
        const pickle_value *key = state->list.items[i], *value = state->list.items[i + 1];
        bool is_place = key->kind != PICKLE_STR || str_eq(key->text, STR("location")) ||
                        str_eq(key->text, STR("store_backend")) || str_eq(key->text, STR("cachedir"));
        if (is_place && value->kind != PICKLE_NONE) return true;
    }
    return false;
}

static const allow_rule cache = {
    .roles = ALLOW_NEW,
    .state = ALLOW_STATE_DICT,
    .needs_caution = has_location,
    .caution = "a cache: it loads pickles from a folder that the file names, when the model is fitted",
    .args = rule_takes_nothing,
    .wants = "no arguments"};

/* (array class, type code, format, bytes) */
static bool takes_array(const allow_args *a)
{
    return !a->kwargs && a->count == 4 && pickle_is_global(a->items[0], "array", "array") &&
           rule_takes_constants(&(allow_args){a->items + 1, 3, NULL});
}

/* ('type code', [numbers]) as protocols 0 to 2 write it. */
static bool takes_array_items(const allow_args *a)
{
    return !a->kwargs && a->count == 2 && a->items[0]->kind == PICKLE_STR &&
           (a->items[1]->kind == PICKLE_LIST || rule_is_bytes(a->items[1]));
}

/* (pattern, flags): compiled again, which runs nothing of the pattern. */
static bool takes_pattern(const allow_args *a)
{
    bool is_text = a->count == 2 && (a->items[0]->kind == PICKLE_STR || rule_is_bytes(a->items[0]));
    if (!is_text || a->kwargs) return false;
    return a->items[1]->kind == PICKLE_INT ||
           pickle_is_global(pickle_class_of(a->items[1]), "re", "RegexFlag");
}

static const allow_rule array = {
    .roles = ALLOW_CALL, .args = takes_array, .wants = "the class array, a type code, a format and bytes"};
static const allow_rule array_class = {.roles = ALLOW_CALL | ALLOW_DATA,
                                       .state = ALLOW_STATE_DICT,
                                       .args = takes_array_items,
                                       .wants = "a type code and numbers"};
static const allow_rule regex = {.roles = ALLOW_CALL, .args = takes_pattern, .wants = "a pattern and flags"};

/* joblib's loader goes on differently behind an instance, so one must not come out of a function that takes any class. */
static const allow_rule wrapper = {.roles = ALLOW_NEW | ALLOW_HERE,
                                   .state = ALLOW_STATE_DICT,
                                   .args = rule_takes_nothing,
                                   .wants = "no arguments"};
/* The machine turns this one call into the name of the attribute, which then is judged like any other name. */
static const allow_rule attribute = {
    .roles = ALLOW_CALL, .args = takes_listed_attribute, .wants = "a class and one of its listed attributes"};

/* type(None) and its like: how classes without a name of their own are written. */
static bool takes_singleton(const allow_args *a)
{
    return !a->kwargs && a->count == 1 &&
           (a->items[0]->kind == PICKLE_NONE || pickle_is_global(a->items[0], "builtins", "Ellipsis") ||
            pickle_is_global(a->items[0], "builtins", "NotImplemented"));
}
static const allow_rule type_of = {.roles = ALLOW_CALL, .args = takes_singleton, .wants = "None"};

static const allow_row rows[] = {
    {"_codecs", "encode", &encode},
    {"argparse", "Namespace", &foreign_bag},
    {"array", "_array_reconstructor", &array},
    {"array", "array", &array_class},
    {"builtins", "Ellipsis FutureWarning NotImplemented object", &rule_data},
    {"builtins", "abs all any hash len max min round sorted sum",
     &rule_data}, /* kept as an aggregation; never called here */
    {"builtins",
     "str.casefold str.lower str.lstrip str.rstrip str.split str.splitlines str.strip str.title str.upper",
     &rule_pure}, /* tokenizers */
    {"builtins", "bool complex float int range slice str tuple frozenset", &builtin_value},
    {"builtins", "bytearray bytes", &builtin_bytes},
    {"builtins",
     "ArithmeticError AssertionError AttributeError DeprecationWarning Exception FloatingPointError "
     "IndexError KeyError LookupError NotImplementedError OverflowError RuntimeError RuntimeWarning "
     "StopIteration TimeoutError TypeError UserWarning ValueError Warning ZeroDivisionError",
     &rule_class_args}, /* of a trial that failed */
    {"builtins", "dict", &builtin_dict},
    {"builtins", "getattr", &attribute},
    {"builtins", "list", &builtin_list},
    {"builtins", "set", &builtin_set},
    {"builtins", "type", &type_of},
    {"collections", "Counter OrderedDict", &dict_like},
    {"collections", "ChainMap UserDict UserList", &rule_class},
    {"collections", "UserString", &rule_class_args},
    {"collections", "defaultdict", &defaultdict_like},
    {"collections", "deque", &deque_like},
    {"copyreg", "__newobj__", &newobj},
    {"copyreg", "__newobj_ex__", &newobj_ex},
    {"copyreg", "_reconstructor", &reconstructor},
    {"datetime", "date datetime time timedelta timezone", &values},
    {"decimal", "Decimal", &values},
    {"fractions", "Fraction", &fraction},
    {"functools", "partial", &partial},
    {"ipaddress", "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network", &values},
    {"joblib._store_backends", "FileSystemStoreBackend", &cache},
    {"joblib.memory", "Memory", &cache},
    {"joblib.numpy_pickle", "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper", &wrapper},
    {"joblib.numpy_pickle_compat", "NDArrayWrapper ZNDArrayWrapper", &wrapper},
    {"pathlib", "PosixPath PurePosixPath PureWindowsPath WindowsPath", &values},
    {"pathlib._local", "PosixPath PurePosixPath PureWindowsPath WindowsPath", &values},
    {"random", "Random", &rule_class_data},
    {"re", "RegexFlag", &values},
    {"re", "_compile", &regex},
    {"sklearn.externals.joblib.numpy_pickle", "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper", &wrapper},
    {"string", "Template", &rule_class},
    {"time", "struct_time", &rule_class_args},
    {"types", "SimpleNamespace", &foreign_bag},
    {"uuid", "UUID", &uuid},
    {"zoneinfo", "ZoneInfo._unpickle", &zone},
};
const allow_table allow_python = {"python", rows, COUNT_OF(rows)};
