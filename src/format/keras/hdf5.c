/*
 * format/keras/hdf5.c - HDF5 files: a configuration in an attribute is a program, data sets are tensors, and everything that leads out of the
 * file is a file read on the reader's machine.
 */
#include "keras/keras.h"

#include "base/limits.h"
#include "hdf5/hdf5.h"
#include "nested.h"
#include "pickle/format.h"

enum { FACT_BYTES_MAX = 128, TEXT_BYTES_MAX = 256 * 1024 * 1024 };

static const char advice[] = "Do not load this file; ask its author for the weights alone, as safetensors.";
static const char advice_again[] = "Get the file again from its source.";

typedef struct h5_file {
    const format_input *in;
    report *report;
    str member;
    hdf5 h;
    bool is_broken, has_config, has_objects;
} h5_file;

/* --- attributes ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_root(const hdf5_attribute *a)
{
    return str_eq(a->owner, STR("/"));
}

static bool is_config_name(const hdf5_attribute *a)
{
    return str_eq(a->name, STR("model_config")) || str_eq(a->name, STR("training_config"));
}

static bool tell_broken(h5_file *f, str path, const char *what, err *e)
{
    f->is_broken = true;
    remark m = {.code = "MDL-KER-008",
                .severity = SEVERITY_MEDIUM,
                .member = f->member,
                .advice = advice_again,
                .is_unreadable = true};
    str title = arena_printf(f->report->arena, "HDF5, %.*s: %s", STR_ARG(str_slice(path, 0, 200)), what);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(f->report, &m,
                      str_is_utf8(title) ? title : STR("A part of the HDF5 file is not readable"), e);
}

static str member_of(h5_file *f, const hdf5_attribute *a)
{
    const char *between = f->member.len ? "!" : "";
    str shown = arena_printf(f->report->arena, "%.*s%s%.*s@%.*s", STR_ARG(f->member), between,
                             STR_ARG(a->owner), STR_ARG(a->name));
    return str_is_utf8(shown) ? shown : f->member;
}

/* PyTables, and pandas with it, keeps pickled objects in attributes. */
static bool see_pickle(h5_file *f, const hdf5_attribute *a, str text, err *e)
{
    if (!pickle_calls(str_bytes(text))) return true;
    return nested_read(f->in, member_of(f, a), str_bytes(text), f->report, e);
}

static bool see_text(h5_file *f, const hdf5_attribute *a, str text, err *e)
{
    bool is_model = is_config_name(a);
    str trimmed = str_trim(text);
    bool is_config =
        is_model || (str_starts_with(trimmed, STR("{")) && str_contains(trimmed, STR("\"class_name\"")));
    if (is_config) {
        f->has_config = true;
        unsigned tells = is_root(a) && is_model ? KERAS_TELLS : 0;
        return keras_config_read(f->report, member_of(f, a), str_bytes(text), tells, e);
    }
    bool is_fact = is_root(a) && (str_eq(a->name, STR("keras_version")) || str_eq(a->name, STR("backend")));
    if (is_fact && text.len && text.len <= FACT_BYTES_MAX && str_is_utf8(text) &&
        !report_fact(f->report, a->name, text, e))
        return false;
    f->has_objects |= str_eq(a->name, STR("PSEUDOATOM")) && str_starts_with(text, STR("object"));
    return see_pickle(f, a, text, e);
}

/* ... and arrays of objects as items of variable length, each a pickle, which pandas.read_hdf loads. */
static bool see_object(void *ctx, bytes object, err *e)
{
    h5_file *f = ctx;
    if (!pickle_calls(object)) return true;
    return nested_read(f->in, STR("(objects of PyTables)"), object, f->report, e);
}

static bool is_text(const hdf5_attribute *a)
{
    return a->type.class == HDF5_TEXT || a->type.class == HDF5_OPAQUE || a->type.class == HDF5_VARIABLE;
}

static bool see_attribute(void *ctx, const hdf5_attribute *a, err *e)
{
    h5_file *f = ctx;
    bool is_one = a->space.count == 1 && is_text(a);
    if (!is_one && !is_config_name(a)) return true;
    str text;
    err why = {0};
    if (hdf5_attribute_text(&f->h, a, 0, &text, &why)) return see_text(f, a, text, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return tell_broken(f, a->name, why.message, e);
}

/* --- the rest -------------------------------------------------------------------------------------------------------------------------------- */

static bool see_dataset(void *ctx, const hdf5_dataset *d, err *e)
{
    h5_file *f = ctx;
    uint64_t count;
    if (__builtin_mul_overflow(d->space.count, (uint64_t)d->type.size_bytes, &count)) count = UINT64_MAX;
    str name = str_skip(d->path, 1), dtype = hdf5_type_name(f->report->arena, &d->type);
    if (!dtype.data) return err_set(e, ERR_MEMORY, "no memory for a tensor");
    if (!str_is_utf8(name)) name = STR("(no text)");
    tensor_fact t = {
        .name = name, .dtype = dtype, .shape = d->space.shape, .rank = d->space.rank, .bytes = count};
    t.numbers = d->numbers;
    t.is_big_endian = d->type.is_big_endian;
    return report_tensor(f->report, &t, e);
}

static bool see_odd(void *ctx, hdf5_oddity kind, str path, str what, err *e)
{
    h5_file *f = ctx;
    bool is_outside = kind == HDF5_OUTSIDE;
    remark m = {.code = is_outside ? "MDL-KER-006" : "MDL-KER-009",
                .severity = is_outside ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                .member = f->member,
                .advice = advice};
    str title = arena_printf(f->report->arena, "%s: %.*s (%.*s)",
                             is_outside ? "Reading the file reads another one"
                                        : "Reading the file needs a filter that HDF5 does not have",
                             STR_ARG(str_slice(what, 0, 200)), STR_ARG(str_slice(path, 0, 200)));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(f->report, &m, str_is_utf8(title) ? title : STR("Reading the file reads another one"),
                      e);
}

static bool see_trouble(void *ctx, str path, const err *why, err *e)
{
    return tell_broken(ctx, path, why->message, e);
}

/* --- around the file ---------------------------------------------------------------------------------------------------------------------------- */

static bool is_zero(bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i]) return false;
    return true;
}

/* MATLAB writes a line about itself into the block in front. */
static bool is_plain_text(bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] >= 0x7f || (b.data[i] < 0x20 && b.data[i] && !strchr("\t\r\n", b.data[i])))
            return false;
    return true;
}

static bool see_outside(h5_file *f, bytes part, const char *name, err *e)
{
    if (is_zero(part)) return true;
    const char *between = f->member.len ? "!" : "";
    str path = arena_printf(f->report->arena, "%.*s%s(%s the HDF5 file)", STR_ARG(f->member), between, name);
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    remark m = {.code = "MDL-KER-009", .severity = SEVERITY_MEDIUM, .member = path, .advice = advice};
    if (!is_plain_text(part) &&
        !nested_say(f->report, &m, STR("Bytes lie there that are no part of the file"), e))
        return false;
    return nested_read(f->in, path, part, f->report, e);
}

static bool search_raw(h5_file *f, bytes content, err *e)
{
    static const char *const signs[] = {"\"class_name\": \"Lambda\"", "\"class_name\":\"Lambda\"",
                                        "__lambda__"};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (!str_contains(bytes_str(content), str_from_c(signs[i]))) continue;
        remark m = {.code = "MDL-KER-001", .severity = SEVERITY_HIGH, .member = f->member, .advice = advice};
        return nested_say(f->report, &m,
                          STR("The file cannot be read to its end, and it names code of its own"), e);
    }
    return true;
}

static bool walk_file(h5_file *f, bytes content, uint64_t base, err *e)
{
    err why = {0};
    if (!hdf5_open(f->report->arena, content, base, &f->h, &why)) {
        if (!tell_broken(f, STR("/"), why.message, e)) return false;
    } else {
        bytes front = {content.data, (size_t)base};
        bytes back = bytes_str(f->h.file).len > f->h.end
                         ? str_bytes(str_skip(bytes_str(f->h.file), (size_t)f->h.end))
                         : BYTES_NONE;
        if ((front.len && !see_outside(f, front, "in front of", e)) ||
            (back.len && !see_outside(f, back, "behind", e)))
            return false;
    }
    hdf5_visitor visitor = {f, see_attribute, see_dataset, see_odd, see_trouble};
    if (f->h.steps_left && f->h.offset_bytes && !hdf5_walk(&f->h, &visitor, e)) return false;
    if (f->has_objects && !hdf5_global_each(&f->h, see_object, f, &why)) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        if (!tell_broken(f, STR("/"), why.message, e)) return false;
    }
    return !f->is_broken || search_raw(f, content, e);
}

bool keras_hdf5_read(const format_input *in, bytes content, str member, report *r, err *e)
{
    h5_file f = {.in = in, .report = r, .member = member};
    uint64_t base;
    if (!hdf5_find(content, &base)) return tell_broken(&f, STR("/"), "there is no superblock", e);
    if (!walk_file(&f, content, base, e)) return false;
    return !f.has_config || member.len || report_fact(r, STR("framework"), STR("keras"), e);
}

/* --- the format ---------------------------------------------------------------------------------------------------------------------------------- */

static bool sniff(const format_input *in)
{
    uint64_t base;
    return hdf5_find(in->content, &base);
}

/* Keras asks first whether a file is an archive, and a directory of one may lie at the end of anything. */
static bool see_archive(const format_input *in, report *r, err *e)
{
    if (!zip_is(in->content)) return true;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_ARCHIVE_MEMBER_BYTES);
    unpack_budget own = unpack_budget_new(in->content.len);
    zip_directory zip;
    if (!zip_read(&scratch, in->content, &own, &zip, NULL) || zip.count == 0) return true;
    remark m = {.code = "MDL-ZIP-006", .severity = SEVERITY_HIGH, .advice = advice};
    return nested_say(r, &m, STR("The file is HDF5 and a ZIP archive at the same time"), e) &&
           format_keras.read(in, r, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    uint64_t base;
    bool has_front = hdf5_find(in->content, &base) && base > 0;
    if (has_front && !nested_also_pickle(in, r, "MDL-KER-009", e)) return false;
    return keras_hdf5_read(in, in->content, STR_NONE, r, e) && see_archive(in, r, e);
}

const model_format format_hdf5 = {.name = "hdf5", .title = "HDF5", .sniff = sniff, .read = read};
