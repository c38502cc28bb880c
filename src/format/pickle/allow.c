/*
 * format/pickle/allow.c - finding a pair in the tables.
 */
#include "pickle/allow.h"

const allow_table *const allow_tables[] = {
    &allow_python, &allow_numpy,    &allow_scipy, &allow_sklearn,  &allow_sklearn_old, &allow_pandas,
    &allow_torch,  &allow_boosting, &allow_stats, &allow_imblearn, &allow_libraries,   &allow_estimators,
    NULL,
};

/* Among words that single spaces part. The word has no NUL. */
static bool has_word(const char *words, str word)
{
    for (const char *each = words;; each++) {
        bool begins = each[0] == word.data[0] && strncmp(each, word.data, word.len) == 0;
        if (begins && (each[word.len] == ' ' || each[word.len] == '\0')) return true;
        each = strchr(each, ' ');
        if (!each) return false;
    }
}

/* As str_compare, but a row is not measured each time. The module is not empty and has no NUL. */
static int compare_module(const char *row, str module)
{
    int order = (unsigned char)row[0] - (unsigned char)module.data[0];
    if (order == 0) order = strncmp(row, module.data, module.len);
    return order ? order : row[module.len] != '\0';
}

/* Most tables are of one library. */
static bool may_hold(const allow_table *table, str module)
{
    return compare_module(table->rows[0].module, module) <= 0 &&
           compare_module(table->rows[table->count - 1].module, module) >= 0;
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
    bool is_name = name.len > 0 && str_find(name, ' ') < 0 && str_find(name, '\0') < 0;
    if (!is_name || module.len == 0 || str_find(module, '\0') >= 0) return NULL;
    for (size_t t = 0; allow_tables[t]; t++) {
        const allow_table *table = allow_tables[t];
        if (!may_hold(table, module)) continue;
        for (size_t i = lower_bound(table, module);
             i < table->count && str_eq_c(module, table->rows[i].module); i++) {
            if (!has_word(table->rows[i].names, name)) continue;
            if (family) *family = table->family;
            return &table->rows[i];
        }
    }
    return NULL;
}
