/*
 * model/sk/sparse.c - matrices of scipy.sparse, by rows (csr) or columns (csc), as the full matrices that they stand for.
 */
#include "sk/sk.h"

#include <math.h>

bool sk_is_sparse(const pickle_value *v)
{
    static const char *const names[] = {"csr_matrix", "csr_array", "csc_matrix", "csc_array"};
    const pickle_value *class = pickle_class_of(v);
    if (!class || class->kind != PICKLE_GLOBAL || !str_starts_with(class->global.module, STR("scipy.sparse")))
        return false;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(class->global.name, str_from_c(names[i]))) return true;
    return false;
}

static size_t side_of(sk *s, const pickle_value *v, size_t i, const char *name)
{
    const pickle_value *shape = pickle_get(v, "_shape");
    double side = sk_count(shape) == 2 ? sk_number_of(s, sk_item(shape, i), name) : -1;
    if (sk_ok(s) && !(side >= 0 && side <= UINT32_MAX && side == floor(side)))
        sk_fail(s, ERR_INVALID, "its %s is a sparse matrix without a shape", name);
    return sk_ok(s) ? (size_t)side : 0;
}

static matrix array_of(sk *s, const pickle_value *v, const char *key, const char *name)
{
    const pickle_value *array = pickle_get(v, key);
    if (sk_ok(s) && !array) sk_fail(s, ERR_INVALID, "its %s is a sparse matrix without %s", name, key);
    return sk_array_of(s, array, name, false);
}

/* Entries of one line, a row or a column, are added to where they belong. */
static void spread_line(sk *s, matrix *out, size_t line, bool by_row, const matrix *data,
                        const matrix *places, const double *ends, const char *name)
{
    size_t across = by_row ? out->columns : out->rows;
    for (size_t at = (size_t)ends[line]; at < (size_t)ends[line + 1] && sk_ok(s); at++) {
        double place = places->at[at];
        if (!(place >= 0 && place < (double)across))
            sk_fail(s, ERR_INVALID, "its %s has an entry at %g of %zu", name, place, across);
        else if (by_row)
            out->at[line * out->columns + (size_t)place] += data->at[at];
        else
            out->at[(size_t)place * out->columns + line] += data->at[at];
    }
}

matrix sk_sparse_of(sk *s, const pickle_value *v, const char *name)
{
    bool by_row = str_starts_with(pickle_class_of(v)->global.name, STR("csr"));
    matrix out = {.rows = side_of(s, v, 0, name), .columns = side_of(s, v, 1, name)};
    matrix data = array_of(s, v, "data", name), places = array_of(s, v, "indices", name),
           ends = array_of(s, v, "indptr", name);
    size_t lines = by_row ? out.rows : out.columns;
    if (sk_ok(s) && (ends.columns != lines + 1 || ends.rows != 1 || data.columns != places.columns))
        sk_fail(s, ERR_INVALID, "its %s is a sparse matrix whose parts do not fit", name);
    out.at = sk_numbers(s, out.rows, out.columns, name);
    for (size_t i = 0; sk_ok(s) && i < lines; i++) {
        bool fits =
            ends.at[i] >= 0 && ends.at[i] <= ends.at[i + 1] && ends.at[i + 1] <= (double)places.columns;
        if (!fits)
            sk_fail(s, ERR_INVALID, "its %s is a sparse matrix whose lines do not follow each other", name);
        if (fits) spread_line(s, &out, i, by_row, &data, &places, ends.at, name);
    }
    return sk_ok(s) ? out : (matrix){0};
}
