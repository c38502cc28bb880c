/*
 * format/flatbuffer.c - a table begins with the distance back to the list of where its fields lie (flatbuffers.dev, "Internals").
 */
#include "flatbuffer.h"

#include "base/reader.h"

uint64_t flat_number(bytes all, uint64_t at, unsigned width, bool *fits)
{
    reader r = reader_of(all);
    (void)reader_seek(&r, at);
    bytes b = reader_take(&r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < b.len; i++) value |= (uint64_t)b.data[i] << (8 * i);
    *fits = *fits && !r.failed;
    return *fits ? value : 0;
}

flat_table flat_table_at(bytes all, uint64_t at, bool *fits)
{
    int64_t back = (int32_t)(uint32_t)flat_number(all, at, 4, fits);
    int64_t fields_at = (int64_t)at - back;
    if (!*fits || fields_at < 0) {
        *fits = false;
        return (flat_table){0};
    }
    uint64_t size_bytes = flat_number(all, (uint64_t)fields_at, 2, fits);
    (void)flat_number(all, (uint64_t)fields_at + 2, 2, fits);
    if (size_bytes < 4 || size_bytes % 2) *fits = false;
    if (!*fits) return (flat_table){0};
    return (flat_table){.all = all,
                        .at = at,
                        .fields_at = (uint64_t)fields_at + 4,
                        .fields = (unsigned)(size_bytes - 4) / 2,
                        .is_there = true};
}

flat_table flat_root(bytes all, bool *fits)
{
    return flat_table_at(all, flat_number(all, 0, 4, fits), fits);
}

/* Where a field lies, or 0: it has its default. */
static uint64_t field_at(const flat_table *t, unsigned field, bool *fits)
{
    if (!t->is_there || field >= t->fields) return 0;
    uint64_t offset = flat_number(t->all, t->fields_at + 2ull * field, 2, fits);
    return offset ? t->at + offset : 0;
}

bool flat_has(const flat_table *t, unsigned field, bool *fits)
{
    return field_at(t, field, fits) != 0;
}

uint64_t flat_scalar(const flat_table *t, unsigned field, unsigned width, bool *fits)
{
    uint64_t at = field_at(t, field, fits);
    return at ? flat_number(t->all, at, width, fits) : 0;
}

flat_vector flat_vector_of(const flat_table *t, unsigned field, unsigned width, bool *fits)
{
    uint64_t at = field_at(t, field, fits);
    if (!at) return (flat_vector){0};
    at += flat_number(t->all, at, 4, fits);
    uint64_t count = flat_number(t->all, at, 4, fits);
    if (!*fits || count > (t->all.len - at - 4) / width) {
        *fits = false;
        return (flat_vector){0};
    }
    return (flat_vector){.all = t->all, .at = at + 4, .count = count, .is_there = true};
}

str flat_text(const flat_table *t, unsigned field, bool *fits)
{
    flat_vector v = flat_vector_of(t, field, 1, fits);
    return v.is_there ? str_slice(bytes_str(t->all), (size_t)v.at, (size_t)v.count) : STR_NONE;
}

flat_table flat_table_of(const flat_table *t, unsigned field, bool *fits)
{
    uint64_t at = field_at(t, field, fits);
    return at ? flat_table_at(t->all, at + flat_number(t->all, at, 4, fits), fits) : (flat_table){0};
}

flat_table flat_item(const flat_vector *v, uint64_t index, bool *fits)
{
    uint64_t at = v->at + 4 * index;
    return flat_table_at(v->all, at + flat_number(v->all, at, 4, fits), fits);
}

str flat_item_text(const flat_vector *v, uint64_t index, bool *fits)
{
    uint64_t at = v->at + 4 * index;
    at += flat_number(v->all, at, 4, fits);
    uint64_t count = flat_number(v->all, at, 4, fits);
    if (*fits && count <= v->all.len - at - 4)
        return str_slice(bytes_str(v->all), (size_t)at + 4, (size_t)count);
    *fits = false;
    return STR_NONE;
}
