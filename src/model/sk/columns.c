/*
 * model/sk/columns.c - which columns the parts of a ColumnTransformer get: numbers, names, slices, masks, in every form that the library has pickled them.
 */
#include "sk/compose.h"

#include "base/limits.h"

/* Names of columns as the transformer knows them: an array, or before 1.0 the index of a pandas frame. */
model_classes sk_column_names(sk *s)
{
    static const char *const places[] = {"feature_names_in_", "_feature_names_in", "_df_columns"};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (!sk_has(s, places[i])) continue;
        const pickle_value *v = pickle_get(s->v, places[i]);
        if (v->kind == PICKLE_CALL && sk_count(v->call.args) == 2 &&
            pickle_get(sk_item(v->call.args, 1), "data"))
            v = pickle_get(sk_item(v->call.args, 1), "data");
        return sk_labels(s, v, places[i], false);
    }
    return (model_classes){0};
}

static void add_column(sk *s, chosen_columns *c, int64_t index, size_t total)
{
    if (index < 0) index += (int64_t)total;
    if (index < 0 || (uint64_t)index >= total || c->count >= total * 4 + 16) {
        sk_fail(s, ERR_INVALID, "it asks for column %lld of %zu", (long long)index, total);
        return;
    }
    c->at[c->count++] = (size_t)index;
}

static void add_named(sk *s, chosen_columns *c, str name, const model_classes *names, size_t total)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->labels[i].kind == LABEL_TEXT && str_eq(names->labels[i].text, name)) {
            add_column(s, c, (int64_t)i, total);
            return;
        }
    sk_fail(s, ERR_UNSUPPORTED, "it asks for the column '%.*s', but has no such name",
            STR_ARG(str_slice(name, 0, 60)));
}

static void add_slice(sk *s, chosen_columns *c, const pickle_value *args, size_t total)
{
    int64_t part[3] = {0, (int64_t)total, 1};
    for (size_t i = 0; i < 3; i++) {
        const pickle_value *v = sk_item(args, i);
        if (!v || v->kind == PICKLE_NONE) continue;
        if (v->kind != PICKLE_INT) {
            sk_fail(s, ERR_UNSUPPORTED, "its columns are a slice of something else than integers");
            return;
        }
        part[i] = v->integer;
        if (i < 2 && part[i] < 0) part[i] += (int64_t)total;
    }
    if (part[2] != 1) sk_fail(s, ERR_UNSUPPORTED, "its columns are a slice with a step");
    if (part[0] < 0) part[0] = 0;
    if (part[1] > (int64_t)total) part[1] = (int64_t)total;
    for (int64_t i = part[0]; sk_ok(s) && i < part[1]; i++) add_column(s, c, i, total);
}

static void add_array(sk *s, chosen_columns *c, const pickle_value *v, const model_classes *names,
                      size_t total)
{
    model_classes wanted = sk_labels(s, v, "columns", false);
    for (size_t i = 0; sk_ok(s) && i < wanted.count; i++) {
        const label *l = &wanted.labels[i];
        if (l->kind == LABEL_TEXT)
            add_named(s, c, l->text, names, total);
        else if (l->kind == LABEL_INT)
            add_column(s, c, l->integer, total);
        else if (l->kind == LABEL_BOOL && l->integer)
            add_column(s, c, (int64_t)i, total);
    }
}

chosen_columns sk_columns_of(sk *s, const pickle_value *v, const model_classes *names, size_t total)
{
    chosen_columns c = {sk_alloc(s, total * 4 + 16, sizeof(size_t)), 0};
    const pickle_value *data = v && v->kind == PICKLE_CALL ? pickle_get(v, "data") : NULL;
    if (data) v = data; /* a list in a coat, of 1.5 to 1.7 */
    if (!sk_ok(s) || !v) return (chosen_columns){0};
    if (v->kind == PICKLE_INT) {
        add_column(s, &c, v->integer, total);
    } else if (v->kind == PICKLE_STR) {
        add_named(s, &c, v->text, names, total);
    } else if (v->kind == PICKLE_LIST) {
        for (size_t i = 0; sk_ok(s) && i < v->list.count; i++) {
            const pickle_value *item = v->list.items[i];
            if (item->kind == PICKLE_STR)
                add_named(s, &c, item->text, names, total);
            else if (item->kind == PICKLE_BOOL && item->boolean)
                add_column(s, &c, (int64_t)i, total);
            else if (item->kind == PICKLE_INT)
                add_column(s, &c, item->integer, total);
            else if (item->kind != PICKLE_BOOL)
                add_column(s, &c, (int64_t)sk_number_of(s, item, "columns"), total);
        }
    } else if (v->kind == PICKLE_CALL && pickle_is_global(v->call.callable, "builtins", "slice")) {
        add_slice(s, &c, v->call.args, total);
    } else {
        add_array(s, &c, v, names, total);
    }
    return c;
}

/* Before 0.24 the number of columns is _n_features; before 0.22 nothing tells, but the remainder completes the columns. */
size_t sk_column_total(sk *s)
{
    if (sk_has(s, "n_features_in_")) return (size_t)sk_integer(s, "n_features_in_");
    if (sk_has(s, "_n_features")) return (size_t)sk_integer(s, "_n_features");
    sk_list parts = sk_items(s, sk_get(s, "transformers_"), "transformers_", SK_ANY);
    size_t most = 0;
    for (size_t i = 0; i < parts.count; i++) {
        const pickle_value *columns = sk_item(parts.items[i], 2);
        for (size_t k = 0; k < sk_count(columns); k++) {
            const pickle_value *item = sk_item(columns, k);
            if (item->kind == PICKLE_INT && item->integer >= (int64_t)most &&
                item->integer < LIMIT_TABLE_COLUMNS)
                most = (size_t)item->integer + 1;
        }
    }
    return most;
}
