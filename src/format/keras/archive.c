/*
 * format/keras/archive.c - .keras: a ZIP of a configuration, metadata and weights. Every member is read, whatever its name.
 */
#include "keras/keras.h"

#include "base/limits.h"
#include "hdf5/hdf5.h"
#include "nested.h"
#include "format/program.h"

enum { SNIFF_ARENA_BYTES = 256 * 1024 * 1024, FACT_BYTES_MAX = 128, VIEW_BYTES_MIN = 64 * 1024 * 1024 };

static const char advice[] = "Load this archive only where you know who made it.";

static bool sniff(const format_input *in)
{
    if (!zip_is(in->content)) return false;
    str suffix = str_skip(in->path, in->path.len > 6 ? in->path.len - 6 : 0);
    if (str_eq_nocase(suffix, STR(".keras"))) return true;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    unpack_budget own = unpack_budget_new(in->content.len);
    zip_directory zip;
    if (!zip_read(&scratch, in->content, &own, &zip, NULL)) return false;
    bool has_config = false, has_more = false;
    for (size_t i = 0; i < zip.count; i++) {
        str path = zip.members[i].path;
        has_config |= str_eq(path, STR("config.json"));
        has_more |= str_eq(path, STR("metadata.json")) || str_eq(path, STR("model.weights.h5"));
    }
    return has_config && has_more;
}

static bool see_metadata(report *r, str member, bytes text, err *e)
{
    static const char *const keys[] = {"keras_version", "date_saved", "backend"};
    AUTO(json_release) json_t *value = NULL;
    err why = {0};
    if (!keras_json_decode(r->arena, text, &value, &why)) return keras_config_read(r, member, text, 0, e);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        str found = json_text(value, keys[i]);
        bool is_shown = found.len && found.len <= FACT_BYTES_MAX;
        if (is_shown && !report_fact(r, str_from_c(keys[i]), found, e)) return false;
    }
    return keras_config_walk(r, member, value, 0, e);
}

static bool is_code(str path, bytes content)
{
    return program_is(path, content) || str_ends_with(path, STR(".py")) || str_ends_with(path, STR(".pyc"));
}

static bool read_content(const format_input *in, str path, bytes content, report *r, err *e)
{
    if (str_eq(path, STR("config.json"))) return keras_config_read(r, path, content, KERAS_TELLS, e);
    if (str_eq(path, STR("metadata.json"))) return see_metadata(r, path, content, e);
    uint64_t base;
    if (hdf5_find(content, &base)) return keras_hdf5_read(in, content, path, r, e);
    remark m = {.code = "MDL-REP-004", .severity = SEVERITY_HIGH, .member = path, .advice = advice};
    if (is_code(path, content) && !nested_say(r, &m, STR("The archive holds a program"), e)) return false;
    bool is_json =
        str_ends_with(path, STR(".json")) && str_contains(bytes_str(content), STR("\"class_name\""));
    if (is_json) return keras_config_read(r, path, content, 0, e);
    return content.len == 0 || nested_read(in, path, content, r, e);
}

static bool read_member(const format_input *in, const zip_member *m, report *r, err *e)
{
    if (!nested_zip_headers(m, r, e)) return false;
    /* Weights are stored, and may be larger than what is copied into memory; their checksum is left alone then. */
    bytes stored = nested_zip_stored(in->content, m);
    if (stored.len >= VIEW_BYTES_MIN && stored.len == m->size_bytes)
        return read_content(in, m->path, stored, r, e);
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
    if (!nested_zip_bytes(in, m, r, &content, e)) return false;
    return read_content(in, m->path, buf_bytes(&content), r, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    zip_directory zip;
    bool is_open, has_config = false;
    if (!nested_zip_open(in, r, &zip, &is_open, e)) return false;
    if (!is_open) return true;
    if (!report_fact(r, STR("framework"), STR("keras"), e)) return false;
    for (size_t i = 0; i < zip.count; i++) {
        has_config |= str_eq(zip.members[i].path, STR("config.json"));
        if (!read_member(in, &zip.members[i], r, e)) return false;
    }
    remark none = {
        .code = "MDL-KER-008", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return has_config ||
           nested_say(r, &none, STR("The archive has no config.json, so Keras does not load it"), e);
}

const model_format format_keras = {.name = "keras", .title = "Keras archive", .sniff = sniff, .read = read};
