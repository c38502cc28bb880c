/*
 * format/pickle/facts.c - what the object of a pickle is: class, version, parameters, what it was fitted on, its arrays.
 *
 * Follows the conventions of scikit-learn, which other libraries share: attributes without an underscore at either end are constructor parameters, those
 * with one at the end were fitted. Looks at the top object and at the steps it is made of; nothing is walked to its depth.
 */
#include "pickle/facts.h"

#include "base/buf.h"
#include "base/limits.h"
#include "format/pickle.h"
#include "pickle/allow.h"
#include "pickle/judge.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PARAMS_SHOWN = 64,
    STEPS_SHOWN = 64,
    NAMES_SHOWN = 20,
    NAME_BYTES = 128,
    VALUE_BYTES = 256,
    LIST_BYTES = 2048
};

typedef struct teller {
    arena *scratch;
    report *report;
} teller;

/* --- texts ------------------------------------------------------------------------------------------------------------------------ */

static bool tell(teller *t, const char *prefix, str name, str value, err *e)
{
    if (name.len > NAME_BYTES || !str_is_utf8(name) || value.len > LIST_BYTES || !str_is_utf8(value))
        return true;
    str whole = *prefix ? arena_printf(t->scratch, "%s%.*s", prefix, STR_ARG(name)) : name;
    if (!whole.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
    return report_fact(t->report, whole, value, e);
}

static bool tell_number(teller *t, const char *name, uint64_t number, err *e)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return tell(t, "", str_from_c(name), (str){text, (size_t)len}, e);
}

/* As Python's repr has it: the fewest digits that read back as the number. */
static void add_float(buf *out, double number)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    bool is_whole = strspn(text, "-0123456789") == strlen(text);
    buf_printf(out, "%s%s", text, is_whole ? ".0" : "");
}

static bool tell_value(teller *t, const char *prefix, str name, const pickle_value *v, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIST_BYTES);
    if (v->kind == PICKLE_STR && v->text.len <= VALUE_BYTES)
        buf_add_str(&text, v->text);
    else if (v->kind == PICKLE_FLOAT)
        add_float(&text, v->number);
    else
        pickle_render_value(v, &text);
    return text.failed || tell(t, prefix, name, buf_str(&text), e);
}

/* "sklearn.preprocessing._data.StandardScaler" */
static str class_name(teller *t, const pickle_value *v)
{
    const pickle_value *class = pickle_class_of(v);
    if (!class) return STR_NONE;
    return arena_printf(t->scratch, "%.*s.%.*s", STR_ARG(class->global.module), STR_ARG(class->global.name));
}

static bool integer_of(const pickle_value *v, arena *scratch, uint64_t *out)
{
    pickle_ndarray scalar;
    if (v && v->kind == PICKLE_INT && v->integer >= 0) {
        *out = (uint64_t)v->integer;
        return true;
    }
    if (!v || !pickle_as_ndarray(scratch, v, &scalar, NULL) || scalar.count != 1 || scalar.item_bytes > 8 ||
        scalar.item_bytes == 0 || scalar.big_endian || (scalar.type != 'i' && scalar.type != 'u'))
        return false;
    uint64_t number = 0;
    memcpy(&number, scalar.data.data, scalar.item_bytes);
    *out = number;
    return scalar.data.data[scalar.item_bytes - 1] < 0x80;
}

/* --- arrays ----------------------------------------------------------------------------------------------------------------------- */

static bool tell_array(teller *t, str name, const pickle_value *v, bool *was_array, err *e)
{
    if (name.len > NAME_BYTES || !str_is_utf8(name)) name = STR("(no text)");
    return pickle_tell_array(t->scratch, name, v, t->report, was_array, e);
}

/* --- the class and its parameters ------------------------------------------------------------------------------------------------- */

static bool is_parameter(str key)
{
    return key.len && key.data[0] != '_' && key.data[key.len - 1] != '_' &&
           !str_eq(key, STR("estimator_params"));
}

static bool is_fitted(str key)
{
    return key.len > 1 && key.data[0] != '_' && key.data[key.len - 1] == '_';
}

static bool is_plain(const pickle_value *v)
{
    return v->kind <= PICKLE_STR && v->kind != PICKLE_BIGINT;
}

/* The attributes of an object: its last state that is a dict. */
static const pickle_value *attributes_of(const pickle_value *v)
{
    for (size_t i = v->call.state_count; i-- > 0;) {
        const pickle_value *state = v->call.states[i];
        if (state->kind == PICKLE_DICT) return state;
        if (state->kind == PICKLE_TUPLE && state->list.count == 2 &&
            state->list.items[0]->kind == PICKLE_DICT)
            return state->list.items[0];
    }
    return NULL;
}

/* (name, estimator, ...) tuples: the steps of a pipeline, the parts of a ColumnTransformer or an ensemble. */
static bool tell_steps(teller *t, const pickle_value *list, err *e)
{
    for (size_t i = 0; i < list->list.count && i < STEPS_SHOWN; i++) {
        const pickle_value *step = list->list.items[i];
        if (step->kind != PICKLE_TUPLE || step->list.count < 2 || step->list.items[0]->kind != PICKLE_STR)
            continue;
        const pickle_value *part = step->list.items[1];
        str class = class_name(t, part);
        if (!class.len && part->kind == PICKLE_STR) class = part->text; /* "passthrough", "drop" */
        if (class.len && !tell(t, "step.", step->list.items[0]->text, class, e)) return false;
    }
    return true;
}

static bool is_steps(str key)
{
    return str_eq(key, STR("steps")) || str_eq(key, STR("transformers")) ||
           str_eq(key, STR("transformer_list")) || str_eq(key, STR("estimators"));
}

static bool tell_parameter(teller *t, str key, const pickle_value *v, err *e)
{
    if (v->kind == PICKLE_LIST && is_steps(key)) return tell_steps(t, v, e);
    str class = class_name(t, v);
    pickle_ndarray scalar;
    if (class.len && !pickle_as_ndarray(t->scratch, v, &scalar, NULL))
        return tell(t, "param.", key, class, e);
    bool is_short =
        is_plain(v) || ((v->kind == PICKLE_TUPLE || v->kind == PICKLE_LIST) && v->list.count <= NAMES_SHOWN);
    return !is_short || tell_value(t, "param.", key, v, e);
}

static bool tell_attributes(teller *t, const pickle_value *dict, err *e)
{
    size_t params = 0;
    for (size_t i = 0; i + 1 < dict->list.count; i += 2) {
        const pickle_value *key = dict->list.items[i], *v = dict->list.items[i + 1];
        if (key->kind != PICKLE_STR) continue;
        bool was_array = false;
        bool is_listed = str_eq(key->text, STR("classes_")) || str_eq(key->text, STR("feature_names_in_"));
        if (is_fitted(key->text) && !is_listed && !tell_array(t, key->text, v, &was_array, e)) return false;
        if (is_parameter(key->text) && params++ < PARAMS_SHOWN && !tell_parameter(t, key->text, v, e))
            return false;
    }
    return true;
}

/* --- what it was fitted on -------------------------------------------------------------------------------------------------------- */

static bool add_name(buf *list, const pickle_value *v)
{
    if (list->len) buf_add_str(list, STR(", "));
    if (v->kind == PICKLE_STR && v->text.len <= NAME_BYTES)
        buf_add_str(list, v->text);
    else
        pickle_render_value(v, list);
    return !list->failed;
}

/* The numbers of a small integer or float array as text; else nothing. */
static void add_numbers(buf *list, const pickle_ndarray *array)
{
    for (uint64_t i = 0; i < array->count && i < NAMES_SHOWN; i++) {
        const uint8_t *at = array->data.data + i * array->item_bytes;
        int64_t whole = 0;
        double number = 0;
        if (array->type == 'f' && array->item_bytes == 8)
            memcpy(&number, at, sizeof number);
        else if (array->type == 'b' && array->item_bytes == 1)
            whole = *at != 0;
        else if (array->type == 'i' && array->item_bytes == 8)
            memcpy(&whole, at, sizeof whole);
        else
            return;
        if (i) buf_add_str(list, STR(", "));
        if (array->type == 'f')
            add_float(list, number);
        else if (array->type == 'b')
            buf_add_str(list, whole ? STR("True") : STR("False"));
        else
            buf_printf(list, "%lld", (long long)whole);
    }
}

/* Text of a numpy '<U' array: the first of them. */
static void add_unicode(buf *list, const pickle_ndarray *array)
{
    for (uint64_t i = 0; i < array->count && i < NAMES_SHOWN; i++) {
        if (i) buf_add_str(list, STR(", "));
        pickle_ndarray_text(array, i, list);
    }
}

/* classes_ and feature_names_in_: how many, and the first of them. */
static bool tell_list(teller *t, const char *name, const pickle_value *v, err *e)
{
    pickle_ndarray array;
    AUTO_BUF buf list;
    buf_init(&list, LIST_BYTES);
    if (!v || v->kind == PICKLE_NONE || !pickle_as_ndarray(t->scratch, v, &array, NULL) || array.rank != 1)
        return true;
    if (array.type == 'O')
        for (uint64_t i = 0; i < array.count && i < NAMES_SHOWN && add_name(&list, array.objects[i]); i++)
            continue;
    else if (array.type == 'U')
        add_unicode(&list, &array);
    else if (!array.big_endian)
        add_numbers(&list, &array);
    if (list.failed || list.len == 0) return true;
    if (array.count > NAMES_SHOWN) buf_printf(&list, ", ... (%llu in all)", (unsigned long long)array.count);
    return list.failed || tell(t, "", str_from_c(name), buf_str(&list), e);
}

static bool tell_fit(teller *t, const pickle_value *v, err *e)
{
    static const struct {
        const char *attribute, *older, *name;
    } counts[] = {{"n_features_in_", "n_features_", "features"},
                  {"n_outputs_", NULL, "outputs"},
                  {"n_iter_", NULL, "iterations"}};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        uint64_t number;
        const pickle_value *count = pickle_get(v, counts[i].attribute);
        if (!count && counts[i].older) count = pickle_get(v, counts[i].older);
        if (integer_of(count, t->scratch, &number) && !tell_number(t, counts[i].name, number, e))
            return false;
    }
    const pickle_value *members = pickle_get(v, "estimators_");
    bool has_members = members && members->kind == PICKLE_LIST;
    return (!has_members || tell_number(t, "estimators", members->list.count, e)) &&
           tell_list(t, "feature_names", pickle_get(v, "feature_names_in_"), e) &&
           tell_list(t, "classes", pickle_get(v, "classes_"), e);
}

/* --- objects ---------------------------------------------------------------------------------------------------------------------- */

static bool tell_object(teller *t, const pickle_value *v, err *e)
{
    const pickle_value *class = pickle_class_of(v);
    str name = class_name(t, v);
    const char *family = NULL;
    bool is_known = class && allow_find(class->global.module, class->global.name, &family);
    /* A function that was called is no class; of names that nobody knows, only those made as objects are. */
    bool is_object =
        is_known || (class && v->call.callable != class) || (class && strcmp(v->call.how, "REDUCE") != 0);
    if (!name.len || !is_object) return true;
    if (!tell(t, "", STR("class"), name, e) ||
        (is_known && !tell(t, "", STR("framework"), str_from_c(family), e)))
        return false;
    const pickle_value *version = pickle_get(v, "_sklearn_version");
    if (version && version->kind == PICKLE_STR && !tell(t, "", STR("framework_version"), version->text, e))
        return false;
    const pickle_value *attributes = attributes_of(v);
    return (!attributes || tell_attributes(t, attributes, e)) && tell_fit(t, v, e);
}

/* A bag of things, as people save model and metrics together: what each is. */
static bool tell_dict(teller *t, const pickle_value *v, err *e)
{
    for (size_t i = 0; i + 1 < v->list.count && i < (size_t)2 * STEPS_SHOWN; i += 2) {
        const pickle_value *key = v->list.items[i], *item = v->list.items[i + 1];
        bool was_array = false;
        if (key->kind != PICKLE_STR) continue;
        if (!tell_array(t, key->text, item, &was_array, e)) return false;
        str class = was_array ? STR_NONE : class_name(t, item);
        if (class.len && !tell(t, "item.", key->text, class, e)) return false;
        if (!class.len && is_plain(item) && !tell_value(t, "item.", key->text, item, e)) return false;
    }
    return true;
}

bool pickle_facts(arena *a, pickle_value *v, report *r, err *e)
{
    teller t = {.scratch = a, .report = r};
    bool was_array = false;
    if (!v) return true;
    if (r->keeps_numbers) return pickle_numbers(a, v, r, e);
    if (!tell_array(&t, STR("array"), v, &was_array, e)) return false;
    if (was_array) return true;
    if (v->kind == PICKLE_DICT) return tell_dict(&t, v, e);
    return v->kind != PICKLE_CALL || tell_object(&t, v, e);
}
