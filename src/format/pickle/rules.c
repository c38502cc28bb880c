/*
 * format/pickle/rules.c - the rules that rows of the allow-list share.
 */
#include "pickle/allow.h"

bool rule_is_bytes(const pickle_value *v)
{
    if (v->kind == PICKLE_BYTES) return true;
    if (v->kind != PICKLE_CALL || v->call.callable->kind != PICKLE_GLOBAL) return false;
    /* How protocols below 3 write bytes, and protocols below 5 bytearrays. Their own rules judged the arguments. */
    return pickle_is_global(v->call.callable, "_codecs", "encode") ||
           pickle_is_global(v->call.callable, "builtins", "bytes") ||
           pickle_is_global(v->call.callable, "builtins", "bytearray");
}

bool rule_is_constant(const pickle_value *v)
{
    switch (v->kind) {
    case PICKLE_NONE:
    case PICKLE_BOOL:
    case PICKLE_INT:
    case PICKLE_BIGINT:
    case PICKLE_FLOAT:
    case PICKLE_STR:
    case PICKLE_BYTES: return true;
    default: return rule_is_bytes(v);
    }
}

bool rule_may_be_kept(const pickle_value *global)
{
    unsigned roles = global->global.row ? global->global.row->rule->roles : 0;
    return roles & (ALLOW_NEW | ALLOW_DATA) && !(roles & ALLOW_HERE);
}

/* Constants, containers, objects that were judged when they were made, and names that may be kept. What containers hold was judged when
 * it was put in. */
bool rule_is_data(const pickle_value *v)
{
    switch (v->kind) {
    case PICKLE_GLOBAL: return rule_may_be_kept(v);
    case PICKLE_UNKNOWN:
    case PICKLE_PERSID: return false;
    default: return true;
    }
}

bool rule_takes_nothing(const allow_args *a)
{
    return a->count == 0 && !a->kwargs;
}

bool rule_takes_data(const allow_args *a)
{
    if (a->kwargs) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!rule_is_data(a->items[i])) return false;
    return true;
}

bool rule_takes_constants(const allow_args *a)
{
    if (a->kwargs) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!rule_is_constant(a->items[i])) return false;
    return true;
}

/* (class, checksum, None or state): what Cython generates. */
static bool takes_cython(const allow_args *a)
{
    return !a->kwargs && a->count == 3 && a->items[0]->kind == PICKLE_GLOBAL &&
           rule_may_be_kept(a->items[0]) && a->items[0]->global.row->rule->roles & ALLOW_NEW &&
           a->items[1]->kind == PICKLE_INT &&
           (a->items[2]->kind == PICKLE_NONE || a->items[2]->kind == PICKLE_TUPLE);
}

const allow_rule rule_data = {.roles = ALLOW_DATA, .wants = "nothing: it is kept, not called"};
const allow_rule rule_pure = {.roles = ALLOW_DATA | ALLOW_PARTIAL,
                              .wants = "nothing: it is kept, not called"};
const allow_rule rule_class = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = rule_takes_nothing, .wants = "no arguments"};
const allow_rule rule_class_data = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DATA, .args = rule_takes_nothing, .wants = "no arguments"};
const allow_rule rule_class_args = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = rule_takes_data, .wants = "plain data"};
const allow_rule rule_class_args_data = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DATA, .args = rule_takes_data, .wants = "plain data"};
const allow_rule rule_dict_class = {.roles = ALLOW_NEW,
                                    .state = ALLOW_STATE_DICT,
                                    .like = ALLOW_LIKE_DICT,
                                    .args = rule_takes_nothing,
                                    .wants = "no arguments"};
const allow_rule rule_attribute_dict = {.roles = ALLOW_NEW,
                                        .state = ALLOW_STATE_DICT,
                                        .like = ALLOW_LIKE_DICT,
                                        .items_are_attributes = true,
                                        .args = rule_takes_nothing,
                                        .wants = "no arguments"};
const allow_rule rule_function = {.roles = ALLOW_CALL, .args = rule_takes_data, .wants = "plain data"};
const allow_rule rule_function_state = {
    .roles = ALLOW_CALL, .state = ALLOW_STATE_DATA, .args = rule_takes_data, .wants = "plain data"};
const allow_rule rule_function_constants = {
    .roles = ALLOW_CALL, .args = rule_takes_constants, .wants = "constants"};
const allow_rule rule_function_dict = {
    .roles = ALLOW_CALL, .like = ALLOW_LIKE_DICT, .args = rule_takes_data, .wants = "plain data"};
const allow_rule rule_cython = {.roles = ALLOW_CALL,
                                .state = ALLOW_STATE_TUPLE,
                                .args = takes_cython,
                                .wants = "a class, a checksum and its state"};
