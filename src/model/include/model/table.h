/*
 * model/table.h - a CSV file as a table of cells, strictly: RFC 4180, UTF-8, every row as wide as the first.
 *
 * LF or CRLF; a byte order mark is skipped; fields may be quoted, with "" for a quote. Errors say line and column (field) and what was found.
 * Cells are views of the text or of the arena; both must outlive the table. Pure.
 */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct table {
    str *names;    /* of the columns; NULL: no header */
    str *cells;    /* rows * columns */
    size_t *lines; /* line of each row in the file */
    size_t rows, columns;
} table;

bool table_read_csv(arena *a, bytes text, bool has_header, table *out, err *e) MUST_USE;
/* A piece of a table without its header. */
typedef struct table_part {
    size_t first_line; /* in the file, for messages */
    size_t columns;    /* what every row must have; 0: as many as the first */
    bool is_last;      /* empty lines at its end are no rows */
} table_part;
bool table_read_part(arena *a, bytes text, table_part part, table *out, err *e) MUST_USE;
/* By name, or by number from 1 on when no column has that name. */
bool table_find_column(const table *t, str name, size_t *column, err *e) MUST_USE;
static inline str table_cell(const table *t, size_t row, size_t column)
{
    return t->cells[row * t->columns + column];
}
/* Empty, "nan" and "NaN" are missing: NaN. */
bool table_number(const table *t, size_t row, size_t column, double *out, err *e) MUST_USE;
/* A feature: refused too when it is beyond a 32-bit float. */
bool table_single(const table *t, size_t row, size_t column, float *out, err *e) MUST_USE;

/* A decimal number as JSON and CSV writers print it, nothing around it. No hexadecimal, no infinity. */
bool number_parse(str text, double *out) MUST_USE;

#endif
