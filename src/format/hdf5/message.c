/*
 * format/hdf5/message.c - the messages that say what something is: types, spaces, attributes, links.
 */
#include "hdf5/parts.h"

enum { SPACE_NULL = 2, VARIABLE_TEXT = 1, TYPE_SHARED = 1, SPACE_SHARED = 2 };

/* --- types ------------------------------------------------------------------------------------------------------------------------------ */

bool hdf5_read_type(bytes m, hdf5_type *t, err *e)
{
    reader r = reader_of(m);
    unsigned class = reader_u8(&r), bits = reader_u8(&r);
    (void)reader_skip(&r, 2);
    *t = (hdf5_type){.class = class & 0xf};
    t->size_bytes = reader_u32le(&r);
    if (r.failed) return hdf5_ends_early("a data type", e);
    t->is_signed = t->class == HDF5_INTEGER && (bits & 8);
    t->is_big_endian = (t->class == HDF5_INTEGER || t->class == HDF5_FLOAT) && (bits & 1);
    t->is_text = t->class == HDF5_VARIABLE && (bits & 0xf) == VARIABLE_TEXT;
    if (t->class != HDF5_FLOAT) return true;
    (void)reader_skip(&r, 5);
    t->exponent_bits = reader_u8(&r);
    return !r.failed || hdf5_ends_early("a data type", e);
}

str hdf5_type_name(arena *a, const hdf5_type *t)
{
    switch (t->class) {
    case HDF5_INTEGER: return arena_printf(a, "%sint%u", t->is_signed ? "" : "u", t->size_bytes * 8u);
    case HDF5_FLOAT:
        if (t->size_bytes == 2 && t->exponent_bits == 8) return STR("bfloat16");
        return arena_printf(a, "float%u", t->size_bytes * 8u);
    case HDF5_TEXT: return STR("text");
    case HDF5_VARIABLE: return t->is_text ? STR("text") : STR("variable");
    case HDF5_OPAQUE: return STR("void");
    case HDF5_COMPOUND: return STR("compound");
    case HDF5_ENUM: return t->size_bytes == 1 ? STR("bool") : STR("enum");
    default: return STR("other");
    }
}

/* --- spaces ----------------------------------------------------------------------------------------------------------------------------- */

bool hdf5_read_space(const hdf5 *h, bytes m, hdf5_space *s, err *e)
{
    reader r = reader_of(m);
    unsigned version = reader_u8(&r), rank = reader_u8(&r);
    (void)reader_u8(&r);
    unsigned kind = version == 2 ? reader_u8(&r) : 0;
    if (version == 1) (void)reader_skip(&r, 5);
    if (!r.failed && (version < 1 || version > 2))
        return err_set(e, ERR_UNSUPPORTED, "data space version %u is not known", version);
    if (rank > HDF5_RANK_MAX)
        return err_set(e, ERR_INVALID, "a data space has %u dimensions, HDF5 allows %d", rank, HDF5_RANK_MAX);
    *s = (hdf5_space){.rank = rank, .count = kind == SPACE_NULL ? 0 : 1};
    for (unsigned i = 0; i < rank; i++) {
        s->shape[i] = hdf5_length(h, &r);
        if (__builtin_mul_overflow(s->count, s->shape[i], &s->count)) s->count = UINT64_MAX;
    }
    return !r.failed || hdf5_ends_early("a data space", e);
}

/* --- attributes --------------------------------------------------------------------------------------------------------------------------- */

uint64_t hdf5_place(const hdf5 *h, bytes part)
{
    bool is_inside = part.data >= h->file.data && part.data <= h->file.data + h->file.len;
    return is_inside ? h->base + (uint64_t)(part.data - h->file.data) : 0;
}

/* Version 1 pads each part to eight bytes. */
static bytes take_part(reader *r, unsigned version, uint16_t count)
{
    bytes part = reader_take(r, count);
    if (version == 1) (void)reader_skip(r, (8u - count % 8u) % 8u);
    return part;
}

static bool resolve(hdf5 *h, bool is_shared, unsigned type, bytes *part, err *e)
{
    return !is_shared || hdf5_shared_message(h, type, *part, part, e);
}

bool hdf5_read_attribute(hdf5 *h, bytes m, hdf5_attribute *a, err *e)
{
    reader r = reader_of(m);
    unsigned version = reader_u8(&r), flags = reader_u8(&r);
    uint16_t name_bytes = reader_u16le(&r), type_bytes = reader_u16le(&r), space_bytes = reader_u16le(&r);
    if (version == 3) (void)reader_u8(&r);
    bytes name = take_part(&r, version, name_bytes);
    bytes type = take_part(&r, version, type_bytes), space = take_part(&r, version, space_bytes);
    if (r.failed) return hdf5_ends_early("an attribute", e);
    if (version < 1 || version > 3)
        return err_set(e, ERR_UNSUPPORTED, "attribute version %u is not known", version);
    if (version == 1) flags = 0;
    if (!resolve(h, flags & TYPE_SHARED, HDF5_MSG_TYPE, &type, e) ||
        !resolve(h, flags & SPACE_SHARED, HDF5_MSG_SPACE, &space, e))
        return false;
    *a = (hdf5_attribute){.name = bytes_str(name), .offset = hdf5_place(h, m)};
    ptrdiff_t end = str_find(a->name, '\0');
    if (end >= 0) a->name.len = (size_t)end;
    if (!hdf5_read_type(type, &a->type, e) || !hdf5_read_space(h, space, &a->space, e)) return false;
    uint64_t count;
    if (__builtin_mul_overflow(a->space.count, (uint64_t)a->type.size_bytes, &count)) count = UINT64_MAX;
    a->raw = reader_take(&r, count);
    if (!r.failed) return true;
    return err_set(e, ERR_TRUNCATED, "the attribute '%.*s' is shorter than its type and shape say",
                   STR_ARG(a->name));
}

bool hdf5_attribute_text(hdf5 *h, const hdf5_attribute *a, uint64_t index, str *text, err *e)
{
    bool is_fixed = a->type.class == HDF5_TEXT || a->type.class == HDF5_OPAQUE;
    if (!is_fixed && a->type.class != HDF5_VARIABLE)
        return err_set(e, ERR_INVALID, "the attribute '%.*s' is no text", STR_ARG(a->name));
    if (index >= a->space.count)
        return err_set(e, ERR_INVALID, "the attribute '%.*s' has no element %llu", STR_ARG(a->name),
                       (unsigned long long)index);
    reader r = reader_of(a->raw);
    (void)reader_skip(&r, index * a->type.size_bytes);
    bytes element = reader_take(&r, a->type.size_bytes);
    *text = bytes_str(element);
    if (a->type.class == HDF5_VARIABLE) {
        reader v = reader_of(element);
        uint32_t count = reader_u32le(&v);
        uint64_t collection = hdf5_offset(h, &v);
        uint32_t number = reader_u32le(&v);
        if (v.failed) return hdf5_ends_early("a reference into the global heap", e);
        *text = STR_NONE;
        if (count == 0) return true;
        bytes object;
        if (!hdf5_global_object(h, collection, number, &object, e)) return false;
        *text = str_slice(bytes_str(object), 0, count);
    }
    while (text->len && text->data[text->len - 1] == '\0') text->len--;
    return true;
}

/* --- links ---------------------------------------------------------------------------------------------------------------------------------- */

bool hdf5_read_link(const hdf5 *h, bytes m, hdf5_link *l, err *e)
{
    reader r = reader_of(m);
    unsigned version = reader_u8(&r), flags = reader_u8(&r);
    *l = (hdf5_link){.kind = flags & 8 ? reader_u8(&r) : 0};
    (void)reader_skip(&r, (flags & 4 ? 8 : 0) + (flags & 0x10 ? 1 : 0));
    l->name = bytes_str(reader_take(&r, hdf5_number(&r, 1u << (flags & 3))));
    if (l->kind == 0)
        l->address = hdf5_offset(h, &r);
    else
        l->target = reader_take(&r, reader_u16le(&r));
    if (r.failed) return hdf5_ends_early("a link", e);
    return version == 1 || err_set(e, ERR_UNSUPPORTED, "link version %u is not known", version);
}
