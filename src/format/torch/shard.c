/*
 * format/torch/shard.c - .distcp of torch.distributed.checkpoint: whole archives of torch.save, one behind the other, found through offsets that
 * the file .metadata holds.
 *
 * Under any other name several archives in a row are a trick, and are told as one.
 */
#include "torch/torch.h"

#include "base/reader.h"
#include "nested.h"

enum { END_BYTES = 22, LOCATOR_BYTES = 20 };

static const char advice[] =
    "Save the checkpoint again, or convert it to one file of tensors with dcp_to_torch_save.";

static bool sniff(const format_input *in)
{
    return str_ends_with(in->path, STR(".distcp")) && str_starts_with(bytes_str(in->content), STR("PK\3\4"));
}

/* Does an end record at `at` close an archive that begins with `rest`? */
static bool closes(bytes rest, size_t at, size_t *end)
{
    static const char locator[] = {'P', 'K', 6, 7};
    reader r = reader_of(rest);
    (void)reader_seek(&r, at + 12);
    uint64_t directory_bytes = reader_u32le(&r), offset = reader_u32le(&r);
    (void)reader_skip(&r, reader_u16le(&r));
    *end = r.at;
    if (r.failed) return false;
    bool is_64 = at >= LOCATOR_BYTES && memcmp(rest.data + at - LOCATOR_BYTES, locator, sizeof(locator)) == 0;
    return is_64 || directory_bytes + offset == at;
}

static bool find_end(bytes rest, size_t *end)
{
    static const char magic[] = {'P', 'K', 5, 6};
    for (size_t from = 0; from + END_BYTES <= rest.len;) {
        const uint8_t *found = memmem(rest.data + from, rest.len - from, magic, sizeof(magic));
        if (!found) return false;
        size_t at = (size_t)(found - rest.data);
        if (closes(rest, at, end)) return true;
        from = at + 1;
    }
    return false;
}

static bool read(const format_input *in, report *r, err *e)
{
    bytes rest = in->content;
    size_t end, part = 0;
    for (; find_end(rest, &end); part++) {
        str name = arena_printf(r->arena, "(part %zu)", part);
        if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
        if (!nested_read(in, name, (bytes){rest.data, end}, r, e)) return false;
        rest = (bytes){rest.data + end, rest.len - end};
    }
    if (!report_fact(r, STR("framework"), STR("torch"), e) || !nested_fact_number(r, STR("parts"), part, e))
        return false;
    if (rest.len == 0) return true;
    remark m = {.code = "MDL-TOR-006", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, STR("The last part of the checkpoint is no whole archive"), e) &&
           nested_read(in, STR("(behind the parts)"), rest, r, e);
}

const model_format format_torch_shard = {
    .name = "torch-shard", .title = "Part of a distributed PyTorch checkpoint", .sniff = sniff, .read = read};
