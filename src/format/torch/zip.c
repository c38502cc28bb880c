/*
 * format/torch/zip.c - torch.save since 1.6: a ZIP with one root folder, a pickle in it, and a stored member per storage.
 *
 * Storages are the bulk and are never read: that they exist, are long enough and do not start as a pickle is seen from the outside. All other
 * members go through all formats, because a loader of another kind may be pointed at any of them.
 */
#include "torch/torch.h"

#include "base/limits.h"
#include "nested.h"
#include "pickle/format.h"
#include "format/program.h"

#include <stdlib.h>

enum { SNIFF_ARENA_BYTES = 256 * 1024 * 1024, SHORT_FACT_BYTES = 64, CHECKED_BYTES_MAX = 8 * 1024 * 1024 };

static const char advice[] = "Load only the tensors, with weights_only=True, or save them as safetensors.";

typedef struct archive {
    const format_input *in;
    report *report;
    zip_directory zip;
    const zip_member **by_path;
    uint8_t *is_storage; /* per place in by_path: a pickle refers to it */
    bool is_script, has_pickle;
    uint64_t checked_bytes;  /* of storages, whose checksums were compared */
    torch_storages storages; /* of the pickle being read */
} archive;

/* --- names ------------------------------------------------------------------------------------------------------------------------- */

static str base_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

/* Pickles that PyTorch itself reads, with persistent ids for the storages in the folder of the same name. */
static bool is_torch_pickle(str path)
{
    str base = base_of(path);
    return str_eq(base, STR("data.pkl")) || str_eq(base, STR("constants.pkl")) ||
           str_eq(base, STR("attributes.pkl")) || str_eq(base, STR("bytecode.pkl")) ||
           str_eq(base, STR("traced_inputs.pkl")) || str_ends_with(base, STR(".debug_pkl"));
}

static bool is_mark(str path)
{
    str base = base_of(path);
    return is_torch_pickle(path) || str_eq(base, STR("archive_format")) ||
           str_eq(base, STR("archive_version")) || str_eq(base, STR("extern_modules")) ||
           str_eq(path, STR("serialized_exported_program.json")) ||
           str_eq(path, STR("MAR-INF/MANIFEST.json"));
}

static bool is_named(str path)
{
    static const char *const suffixes[] = {".pt", ".pth", ".pt2", ".ptl", ".ckpt", ".mar"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends_with(path, str_from_c(suffixes[i]))) return true;
    return false;
}

static bool sniff(const format_input *in)
{
    if (!zip_is(in->content)) return false;
    if (is_named(in->path)) return true;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    unpack_budget own = unpack_budget_new(in->content.len);
    zip_directory zip;
    if (!zip_read(&scratch, in->content, &own, &zip, NULL)) return false;
    for (size_t i = 0; i < zip.count; i++)
        if (is_mark(zip.members[i].path)) return true;
    return false;
}

static int by_path(const void *left, const void *right)
{
    const zip_member *const *a = left, *const *b = right;
    return str_compare((*a)->path, (*b)->path);
}

static bool sort_members(archive *ar, err *e)
{
    ar->by_path = arena_alloc_array(ar->report->arena, ar->zip.count + 1, sizeof(*ar->by_path));
    ar->is_storage = arena_alloc_array(ar->report->arena, ar->zip.count + 1, 1);
    if (!ar->by_path || !ar->is_storage)
        return err_set(e, ERR_MEMORY, "no memory for %zu ZIP members", ar->zip.count);
    memset(ar->is_storage, 0, ar->zip.count + 1);
    for (size_t i = 0; i < ar->zip.count; i++) {
        ar->by_path[i] = &ar->zip.members[i];
        ar->is_script |= str_eq(base_of(ar->zip.members[i].path), STR("constants.pkl"));
    }
    if (ar->zip.count) qsort(ar->by_path, ar->zip.count, sizeof(*ar->by_path), by_path);
    return true;
}

static bool find_member(const archive *ar, str path, size_t *place)
{
    size_t low = 0, high = ar->zip.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(ar->by_path[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return low < ar->zip.count && str_eq(ar->by_path[low]->path, path);
}

/* --- pickles ------------------------------------------------------------------------------------------------------------------------- */

static bool say(report *r, const char *code, severity s, str member, const char *title, err *e)
{
    remark m = {.code = code, .severity = s, .member = member, .advice = advice};
    return nested_say(r, &m, str_from_c(title), e);
}

/* TorchScript's own reader reads the debug information and the inputs of a trace as well. */
static bool is_pickle(const archive *ar, str path)
{
    return is_torch_pickle(path) ||
           (ar->is_script && (str_ends_with(path, STR(".debug_pkl")) || str_ends_with(path, STR(".pkl"))));
}

/* R/data.pkl keeps its storages in R/data/. */
static bool check_storages(archive *ar, str path, err *e)
{
    str stem = str_slice(path, 0, path.len - 4);
    for (size_t i = 0; i < ar->storages.count; i++) {
        const torch_storage *s = &ar->storages.items[i];
        str wanted = arena_printf(ar->report->arena, "%.*s/%.*s", STR_ARG(stem), STR_ARG(s->key));
        if (!wanted.data) return err_set(e, ERR_MEMORY, "no memory for a name");
        size_t place;
        if (!find_member(ar, wanted, &place)) {
            if (!torch_storage_missing(&ar->storages, s, "is not in the archive", e)) return false;
            continue;
        }
        const zip_member *m = ar->by_path[place];
        if (m->size_bytes < torch_storage_bytes(s) &&
            !torch_storage_missing(&ar->storages, s, "is shorter than the tensors need", e))
            return false;
        /* A key that leads to a pickle of the archive itself would spare that from being read. */
        ar->is_storage[place] = !is_torch_pickle(wanted);
    }
    return true;
}

static bool read_behind(archive *ar, str path, bytes content, uint64_t at, err *e)
{
    while (at < content.len && content.data[at] == 0) at++;
    if (at == content.len) return true;
    remark m = {.code = "MDL-PKL-013",
                .severity = SEVERITY_LOW,
                .member = path,
                .advice = advice,
                .offset = at,
                .has_offset = true};
    if (!nested_say(ar->report, &m, STR("Bytes follow the pickle and belong to nothing"), e)) return false;
    str name = arena_printf(ar->report->arena, "%.*s!(behind the pickle)", STR_ARG(path));
    if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    return nested_read(ar->in, name, (bytes){content.data + at, content.len - (size_t)at}, ar->report, e);
}

/* What state_dict() returns is a dict; a whole model is an object. */
static bool tell_class(archive *ar, const pickle_value *result, err *e)
{
    const pickle_value *class = result ? pickle_class_of(result) : NULL;
    if (!class) return true;
    str name = arena_printf(ar->report->arena, "%.*s.%.*s", STR_ARG(class->global.module),
                            STR_ARG(class->global.name));
    if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
    return !str_is_utf8(name) || name.len > 512 || report_fact(ar->report, STR("class"), name, e);
}

typedef struct zip_shelf {
    archive *archive;
    str stem; /* of the pickle: R/data */
} zip_shelf;

static bool find_numbers(void *ctx, str key, bytes *numbers, err *e)
{
    const zip_shelf *shelf = ctx;
    archive *ar = shelf->archive;
    size_t place;
    str wanted = arena_printf(ar->report->arena, "%.*s/%.*s", STR_ARG(shelf->stem), STR_ARG(key));
    if (!wanted.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    if (!find_member(ar, wanted, &place)) return true;
    const zip_member *m = ar->by_path[place];
    *numbers = nested_zip_stored(ar->in->content, m);
    if (m->method == 0 && !m->is_encrypted) return true;
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
    if (!nested_zip_bytes(ar->in, m, ar->report, &content, e)) return false;
    str copy = arena_copy(ar->report->arena, buf_str(&content));
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for the numbers of a storage");
    *numbers = str_bytes(copy);
    return true;
}

static bool is_big_endian(const archive *ar, str stem)
{
    size_t place;
    str folder = str_slice(stem, 0, (size_t)(str_find_last(stem, '/') + 1));
    str wanted = arena_printf(ar->report->arena, "%.*sbyteorder", STR_ARG(folder));
    if (!wanted.data || !find_member(ar, wanted, &place)) return false;
    return str_eq(str_trim(bytes_str(nested_zip_stored(ar->in->content, ar->by_path[place]))), STR("big"));
}

static bool tell_tensors(archive *ar, str path, pickle_value *result, err *e)
{
    zip_shelf own = {.archive = ar, .stem = str_slice(path, 0, path.len - 4)};
    torch_shelf shelf = {find_numbers, &own, is_big_endian(ar, own.stem)};
    return torch_tensors_tell(result, &shelf, ar->report, e);
}

static bool read_pickle(archive *ar, str path, bytes content, err *e)
{
    ar->storages = (torch_storages){.report = ar->report, .member = path};
    pickle_options options = {.member = path,
                              .torch_script = ar->is_script,
                              .persistent_id = torch_storage_note,
                              .persistent_ctx = &ar->storages};
    pickle_stream stream;
    pickle_summary summary;
    if (!pickle_run(ar->report->arena, content, 0, &options, ar->report, &stream, &summary, e)) return false;
    torch_storages_settle(&ar->storages);
    /* A trace keeps the shapes of its inputs and drops their numbers. */
    bool has_numbers = !(ar->is_script && str_eq(base_of(path), STR("traced_inputs.pkl")));
    if (has_numbers && !check_storages(ar, path, e)) return false;
    if (stream.result && !read_behind(ar, path, content, stream.end, e)) return false;
    bool is_main = str_eq(base_of(path), STR("data.pkl")) && !ar->has_pickle;
    ar->has_pickle = ar->has_pickle || is_main;
    return !is_main || (torch_storage_facts(&ar->storages, ar->report, e) &&
                        tell_class(ar, stream.result, e) && tell_tensors(ar, path, stream.result, e));
}

/* --- members ------------------------------------------------------------------------------------------------------------------------- */

/* Numbers of small files are held to their checksums, as much of them as costs nothing; a large one would have to be read from the disk. */
static bool is_checked(archive *ar, const zip_member *m)
{
    if (m->size_bytes > CHECKED_BYTES_MAX - ar->checked_bytes) return false;
    ar->checked_bytes += m->size_bytes;
    return true;
}

/* Most numbers are skipped; only what another loader would act on from the first byte on is of interest. */
static bool read_storage(archive *ar, const zip_member *m, err *e)
{
    bytes plain = nested_zip_stored(ar->in->content, m);
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
    bool is_there = m->method != 0 || plain.len == m->size_bytes;
    if (m->method != 0 || m->is_encrypted || (is_there && is_checked(ar, m))) {
        if (!nested_zip_bytes(ar->in, m, ar->report, &content, e)) return false;
        plain = buf_bytes(&content);
    } else if (plain.len < m->size_bytes) {
        remark gone = {.code = "MDL-TOR-006",
                       .severity = SEVERITY_MEDIUM,
                       .member = m->path,
                       .advice = advice,
                       .is_unreadable = true};
        if (!nested_say(ar->report, &gone, STR("The storage reaches beyond the archive"), e)) return false;
    }
    bool is_archive = str_starts_with(bytes_str(plain), STR("PK\3\4"));
    if (!is_archive && !pickle_calls(plain)) return true;
    return say(ar->report, "MDL-TOR-006", SEVERITY_HIGH, m->path,
               "The numbers of a tensor are a file of their own", e) &&
           nested_read(ar->in, m->path, plain, ar->report, e);
}

static bool read_code(archive *ar, const zip_member *m, bytes content, err *e)
{
    if (ar->is_script) return torch_script_read(m->path, content, ar->report, e);
    return say(ar->report, "MDL-TOR-005", SEVERITY_HIGH, m->path,
               "The archive holds Python code, which runs when the model is loaded or served", e);
}

static bool is_native(str path, bytes content)
{
    static const char *const suffixes[] = {".cpp", ".cu", ".cubin", ".o"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends_with(path, str_from_c(suffixes[i]))) return true;
    return program_is(path, content) && !str_ends_with(path, STR(".py"));
}

static bool short_fact(archive *ar, str path, bytes content, err *e)
{
    static const char *const names[] = {"byteorder", "version", "archive_format", "archive_version"};
    str text = str_trim(bytes_str(content));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(base_of(path), str_from_c(names[i])) && text.len && text.len <= SHORT_FACT_BYTES &&
            str_is_utf8(text) && !report_fact(ar->report, str_from_c(names[i]), text, e))
            return false;
    return true;
}

static bool read_other(archive *ar, const zip_member *m, err *e)
{
    AUTO_BUF buf held;
    buf_init(&held, LIMIT_MODEL_UNPACKED_BYTES);
    bytes content = nested_zip_stored(ar->in->content, m);
    /* Something large that is stored is looked at where it lies. */
    if (m->method != 0 || m->packed_bytes <= LIMIT_ARCHIVE_MEMBER_BYTES) {
        if (!nested_zip_bytes(ar->in, m, ar->report, &held, e)) return false;
        content = buf_bytes(&held);
    }
    if (is_pickle(ar, m->path)) return read_pickle(ar, m->path, content, e);
    if (content.len == 0) return true;
    if (is_native(m->path, content) &&
        !say(ar->report, "MDL-TOR-004", SEVERITY_HIGH, m->path,
             "The archive holds a program or native code, which runs with the model", e))
        return false;
    if (str_ends_with(m->path, STR(".py")) && !read_code(ar, m, content, e)) return false;
    if (str_eq(m->path, STR("MAR-INF/MANIFEST.json")) && !torch_mar_read(content, ar->report, e))
        return false;
    if (torch_export_is(m->path, content) && !torch_export_read(m->path, content, ar->report, e))
        return false;
    return short_fact(ar, m->path, content, e) && nested_read(ar->in, m->path, content, ar->report, e);
}

/* Pickles first: they tell which members are storages. */
static bool read_members(archive *ar, err *e)
{
    for (size_t i = 0; i < ar->zip.count; i++) {
        const zip_member *m = ar->by_path[i];
        if (!nested_zip_headers(m, ar->report, e)) return false;
        if (is_pickle(ar, m->path) && !read_other(ar, m, e)) return false;
    }
    for (size_t i = 0; i < ar->zip.count; i++) {
        const zip_member *m = ar->by_path[i];
        if (is_pickle(ar, m->path) || str_ends_with(m->path, STR("/"))) continue;
        if (!(ar->is_storage[i] ? read_storage(ar, m, e) : read_other(ar, m, e))) return false;
    }
    return true;
}

static bool is_exported(const archive *ar)
{
    for (size_t i = 0; i < ar->zip.count; i++)
        if (is_mark(ar->zip.members[i].path) && !is_torch_pickle(ar->zip.members[i].path)) return true;
    return false;
}

static bool judge_whole(archive *ar, err *e)
{
    remark nothing = {
        .code = "MDL-TOR-006", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    if (ar->is_script && !say(ar->report, "MDL-TOR-003", SEVERITY_INFO, STR_NONE,
                              "The archive holds TorchScript: code that runs when the model is used", e))
        return false;
    return ar->has_pickle || is_exported(ar) ||
           nested_say(ar->report, &nothing, STR("The archive has no data.pkl, so PyTorch does not load it"),
                      e);
}

static bool read(const format_input *in, report *r, err *e)
{
    archive ar = {.in = in, .report = r};
    bool is_open;
    if (!nested_zip_open(in, r, &ar.zip, &is_open, e)) return false;
    if (!is_open) return true;
    return report_fact(r, STR("framework"), STR("torch"), e) && sort_members(&ar, e) &&
           read_members(&ar, e) && judge_whole(&ar, e);
}

const model_format format_torch = {.name = "torch", .title = "PyTorch archive", .sniff = sniff, .read = read};
