/*
 * format/flatbuffer.h - FlatBuffers: tables and vectors that point forwards, each offset checked where it is followed.
 *
 * `fits` sticks: it becomes false when something lies outside of the buffer, and everything read from then on is zero or empty.
 */
#ifndef FORMAT_FLATBUFFER_H
#define FORMAT_FLATBUFFER_H

#include "base/str.h"

typedef struct flat_table {
    bytes all;
    uint64_t at, fields_at;
    unsigned fields;
    bool is_there;
} flat_table;

typedef struct flat_vector {
    bytes all;
    uint64_t at, count; /* `at`: of the first item */
    bool is_there;
} flat_vector;

/* A little-endian number of `width` bytes (at most 8). */
uint64_t flat_number(bytes all, uint64_t at, unsigned width, bool *fits);
flat_table flat_root(bytes all, bool *fits);
flat_table flat_table_at(bytes all, uint64_t at, bool *fits);
bool flat_has(const flat_table *t, unsigned field, bool *fits);
/* Fields that the table does not have are 0, empty or not there. */
uint64_t flat_scalar(const flat_table *t, unsigned field, unsigned width, bool *fits);
str flat_text(const flat_table *t, unsigned field, bool *fits);
flat_table flat_table_of(const flat_table *t, unsigned field, bool *fits);
flat_vector flat_vector_of(const flat_table *t, unsigned field, unsigned width, bool *fits);
str flat_item_text(const flat_vector *v, uint64_t index, bool *fits);
flat_table flat_item(const flat_vector *v, uint64_t index, bool *fits);

#endif
