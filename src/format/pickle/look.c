/*
 * format/pickle/look.c - looking at the values that a stream built.
 */
#include "format/pickle.h"

/* Later pairs replace earlier ones, so the search starts at the end. */
static const pickle_value *pairs_get(pickle_value *const *items, size_t count, str key)
{
    for (size_t i = count - count % 2; i >= 2; i -= 2) {
        const pickle_value *k = items[i - 2];
        if (k->kind == PICKLE_STR && str_eq(k->text, key)) return items[i - 1];
    }
    return NULL;
}

static const pickle_value *dict_get(const pickle_value *v, str key)
{
    return v && v->kind == PICKLE_DICT ? pairs_get(v->list.items, v->list.count, key) : NULL;
}

/* State is attributes by name, or (attributes, slots). */
static const pickle_value *state_get(const pickle_value *state, str key)
{
    if (state->kind != PICKLE_TUPLE) return dict_get(state, key);
    /* A loader sets the slots last, so theirs is the value that stays. */
    for (size_t i = state->list.count < 2 ? state->list.count : 2; i-- > 0;) {
        const pickle_value *found = dict_get(state->list.items[i], key);
        if (found) return found;
    }
    return NULL;
}

const pickle_value *pickle_get(const pickle_value *v, const char *key)
{
    if (!v) return NULL;
    str wanted = str_from_c(key);
    if (v->kind == PICKLE_DICT) return dict_get(v, wanted);
    if (v->kind != PICKLE_CALL) return NULL;

    for (size_t i = v->call.state_count; i-- > 0;) {
        const pickle_value *found = state_get(v->call.states[i], wanted);
        if (found) return found;
    }
    /* OrderedDict, Bunch and their like: filled by SETITEMS. */
    return pairs_get(v->call.items, v->call.item_count, wanted);
}

/* Of a global. */
static bool is_class_first(const pickle_value *callable)
{
    str name = callable->global.name;
    return str_eq(callable->global.module, STR("copyreg")) &&
           (str_eq(name, STR("_reconstructor")) || str_eq(name, STR("__newobj__")) ||
            str_eq(name, STR("__newobj_ex__")));
}

const pickle_value *pickle_class_of(const pickle_value *v)
{
    if (!v || v->kind != PICKLE_CALL) return NULL;
    const pickle_value *callable = v->call.callable, *args = v->call.args;
    if (callable->kind != PICKLE_GLOBAL) return NULL;
    if (!is_class_first(callable)) return callable;

    bool has_class = args && args->kind == PICKLE_TUPLE && args->list.count > 0 &&
                     args->list.items[0]->kind == PICKLE_GLOBAL;
    return has_class ? args->list.items[0] : NULL;
}
