/*
 * format/pickle/allow.c - finding a pair in the tables.
 */
#include "pickle/allow.h"

const allow_table *const allow_tables[] = {
    &allow_python, &allow_numpy,    &allow_scipy, &allow_sklearn,  &allow_sklearn_old, &allow_pandas,
    &allow_torch,  &allow_boosting, &allow_stats, &allow_imblearn, &allow_libraries,   &allow_estimators,
    NULL,
};

static bool has_word(const char *words, str word)
{
    str rest = str_from_c(words), each;
    while (str_next(&rest, ' ', &each))
        if (str_eq(each, word)) return true;
    return false;
}

/* As str_compare, but a row is not measured each time. */
static int compare_module(const char *row, str module)
{
    for (size_t i = 0; i < module.len; i++) {
        unsigned char ours = (unsigned char)row[i], theirs = (unsigned char)module.data[i];
        if (ours != theirs) return ours < theirs ? -1 : 1;
        if (ours == '\0') return -1; /* the row ends, and the module goes on with a NUL */
    }
    return row[module.len] != '\0';
}

/* The first row whose module is not before `module`. */
static size_t lower_bound(const allow_table *table, str module)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_module(table->rows[middle].module, module) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const allow_row *allow_find(str module, str name, const char **family)
{
    if (name.len == 0 || str_find(name, ' ') >= 0) return NULL;
    for (size_t t = 0; allow_tables[t]; t++) {
        const allow_table *table = allow_tables[t];
        for (size_t i = lower_bound(table, module);
             i < table->count && str_eq_c(module, table->rows[i].module); i++) {
            if (!has_word(table->rows[i].names, name)) continue;
            if (family) *family = table->family;
            return &table->rows[i];
        }
    }
    return NULL;
}
