/*
 * format/torch/legacy.c - torch.save before 1.6: a magic number, a version, a description of the machine, the object, the keys of the
 * storages (five pickles), then each storage: a count of 64 bits and the numbers.
 *
 * Only the object may import anything: a magic number that is computed is a way around readers that compare it, and it has run by then.
 */
#include "torch/torch.h"

#include "nested.h"
#include "pickle/format.h"

#include <stdio.h>

static const char advice[] =
    "Load only the tensors, with weights_only=True on a current PyTorch, or save them as safetensors.";

/* 0x1950a86a20f9469cfc6c, little endian. */
static const uint8_t magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
enum {
    SNIFF_HEAD_BYTES = 4096,
    VERSION = 1001,
    SNIFF_ARENA_BYTES = 1024 * 1024,
    PICKLES = 5,
    OBJECT = 3,
    KEYS = 4
};

typedef struct legacy {
    const format_input *in;
    report *report;
    uint64_t at;
    const pickle_value *keys;
    pickle_value *object;
    torch_storages storages;
} legacy;

static bool is_magic(const pickle_value *v)
{
    if (!v || v->kind != PICKLE_BIGINT || v->raw.len < sizeof(magic)) return false;
    for (size_t i = sizeof(magic); i < v->raw.len; i++)
        if (v->raw.data[i] != 0) return false;
    return memcmp(v->raw.data, magic, sizeof(magic)) == 0;
}

/* A magic number that is computed shows by what follows: the version, then the description of the machine. */
static bool is_computed_magic(arena *a, bytes head, uint64_t at, report *silent)
{
    pickle_options options = {.dry = true};
    pickle_stream version, machine;
    pickle_summary got;
    if (!pickle_run(a, head, at, &options, silent, &version, &got, NULL) || !version.result ||
        version.result->kind != PICKLE_INT || version.result->integer != VERSION)
        return false;
    if (!pickle_run(a, head, version.end, &options, silent, &machine, &got, NULL) || !machine.result ||
        machine.result->kind != PICKLE_DICT)
        return false;
    for (size_t i = 0; i < machine.result->list.count; i += 2) {
        const pickle_value *key = machine.result->list.items[i];
        if (key->kind == PICKLE_STR && str_eq(key->text, STR("protocol_version"))) return true;
    }
    return false;
}

static bool sniff(const format_input *in)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    report silent;
    report_init(&silent, &scratch);
    bytes head = in->content;
    if (head.len > SNIFF_HEAD_BYTES) head.len = SNIFF_HEAD_BYTES;
    /* The number that begins such files comes before any import, unless it is a trick; then the third pickle says what the file is. */
    bool may_compute = str_contains(bytes_str(head), STR("protocol_version"));
    pickle_options options = {.dry = true, .until_import = !may_compute};
    pickle_stream stream;
    pickle_summary got;
    err e = {0};
    if (!pickle_run(&scratch, head, 0, &options, &silent, &stream, &got, &e)) return false;
    if (got.globals == 0) return is_magic(stream.result);
    return stream.result && is_computed_magic(&scratch, head, stream.end, &silent);
}

static bool unreadable(legacy *l, const char *title, err *e)
{
    remark m = {.code = "MDL-TOR-006",
                .severity = SEVERITY_MEDIUM,
                .advice = advice,
                .offset = l->at,
                .has_offset = true,
                .is_unreadable = true};
    return nested_say(l->report, &m, str_from_c(title), e);
}

/* --- pickles ------------------------------------------------------------------------------------------------------------------------- */

static bool read_pickle(legacy *l, unsigned which, pickle_value **result, err *e)
{
    static const char *const names[PICKLES] = {"(magic number)", "(version)", "(machine)", "(object)",
                                               "(keys)"};
    l->storages.member = str_from_c(names[which]);
    pickle_options options = {.member = l->storages.member};
    if (which == OBJECT) {
        options.persistent_id = torch_storage_note;
        options.persistent_ctx = &l->storages;
        options.class_ids = true;
    }
    pickle_stream stream;
    pickle_summary got;
    uint64_t from = l->at;
    if (!pickle_run(l->report->arena, l->in->content, l->at, &options, l->report, &stream, &got, e))
        return false;
    l->at = stream.end;
    *result = stream.result;
    if (which == OBJECT || (got.globals == 0 && got.calls == 0)) return true;
    remark m = {.code = "MDL-TOR-001",
                .severity = SEVERITY_CRITICAL,
                .member = l->storages.member,
                .advice = advice,
                .offset = from,
                .has_offset = true};
    return nested_say(l->report, &m,
                      STR("A part of the file that is plain numbers and names imports or calls something"),
                      e);
}

/* False stops the reading as well as the file: *is_whole tells which. */
static bool read_pickles(legacy *l, bool *is_whole, err *e)
{
    *is_whole = true;
    for (unsigned i = 0; i < PICKLES && *is_whole; i++) {
        pickle_value *result = NULL;
        if (!read_pickle(l, i, &result, e)) return false;
        *is_whole = result != NULL;
        if (i == KEYS) l->keys = result;
        if (i == OBJECT) l->object = result;
    }
    return *is_whole || unreadable(l, "One of the five pickles of the file could not be read to its end", e);
}

/* --- storages -------------------------------------------------------------------------------------------------------------------------- */

static bool read_storage(legacy *l, reader *r, const pickle_value *key, bool *is_whole, err *e)
{
    torch_storage *s = key->kind == PICKLE_STR ? torch_storage_find(&l->storages, key->text) : NULL;
    *is_whole = false;
    l->at = r->at;
    if (!s) return unreadable(l, "The list of storages names one that the object does not use", e);
    torch_storage there = {.elements = reader_u64le(r), .item_bytes = s->item_bytes};
    size_t begin = r->at;
    if (r->failed || !reader_skip(r, torch_storage_bytes(&there)))
        return torch_storage_missing(&l->storages, s, "ends early", e);
    s->numbers = (bytes){l->in->content.data + begin, r->at - begin};
    *is_whole = true;
    return there.elements >= s->elements ||
           torch_storage_missing(&l->storages, s, "is shorter than the tensors need", e);
}

static bool read_storages(legacy *l, err *e)
{
    reader r = reader_of(l->in->content);
    (void)reader_seek(&r, l->at);
    if (l->keys->kind != PICKLE_LIST) return unreadable(l, "The list of storages is no list", e);
    bool is_whole = true;
    for (size_t i = 0; i < l->keys->list.count && is_whole; i++)
        if (!read_storage(l, &r, l->keys->list.items[i], &is_whole, e)) return false;
    if (!is_whole) return true;
    if (l->keys->list.count < l->storages.count)
        return unreadable(l, "The object uses storages that the file does not have", e);
    l->at = r.at;
    if (reader_left(&r) == 0) return true;
    remark m = {.code = "MDL-PKL-013",
                .severity = SEVERITY_LOW,
                .advice = advice,
                .offset = l->at,
                .has_offset = true};
    return nested_say(l->report, &m, STR("Bytes follow the last storage and belong to nothing"), e) &&
           nested_read(l->in, STR("(behind the storages)"), reader_take(&r, reader_left(&r)), l->report, e);
}

static bool find_numbers(void *ctx, str key, bytes *numbers, err *e UNUSED)
{
    const torch_storage *s = torch_storage_find(ctx, key);
    if (s) *numbers = s->numbers;
    return true;
}

static bool read(const format_input *in, report *r, err *e)
{
    legacy l = {.in = in, .report = r, .storages = {.report = r, .is_legacy = true}};
    bool is_whole;
    if (!report_fact(r, STR("framework"), STR("torch"), e) || !read_pickles(&l, &is_whole, e)) return false;
    if (!is_whole) return true;
    torch_storages_settle(&l.storages);
    const torch_shelf shelf = {find_numbers, &l.storages, false};
    return read_storages(&l, e) && torch_storage_facts(&l.storages, r, e) &&
           torch_tensors_tell(l.object, &shelf, r, e);
}

const model_format format_torch_legacy = {
    .name = "torch-legacy", .title = "PyTorch file (before 1.6)", .sniff = sniff, .read = read};
