/*
 * format/npy/npz.c - .npz: a ZIP whose members are arrays.
 *
 * numpy.load tells a member by its content, not its name: what is no array is handed out as bytes, but a pickle among arrays has no honest
 * reason to be there, so every member goes through all formats.
 */
#include "npy/npy.h"

#include "base/reader.h"
#include "nested.h"

/* The name in the first local header, without reading the directory: sniffing must be cheap. */
static str first_name(bytes content)
{
    reader r = reader_of(content);
    if (reader_u32le(&r) != 0x04034b50) return STR_NONE;
    (void)reader_skip(&r, 22);
    uint16_t name_bytes = reader_u16le(&r);
    (void)reader_skip(&r, 2);
    return bytes_str(reader_take(&r, name_bytes));
}

static bool sniff(const format_input *in)
{
    bool is_named = str_ends_with(in->path, STR(".npz")) && zip_is(in->content);
    return is_named || str_ends_with(first_name(in->content), STR(".npy"));
}

static bool read(const format_input *in, report *r, err *e)
{
    zip_directory zip;
    bool is_open;
    if (!nested_zip_open(in, r, &zip, &is_open, e)) return false;
    return !is_open || nested_zip_members(in, &zip, r, e);
}

const model_format format_npz = {.name = "npz", .title = "NumPy arrays", .sniff = sniff, .read = read};
