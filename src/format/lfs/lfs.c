/*
 * format/lfs/lfs.c - Git LFS pointers (git-lfs, docs/spec.md): lines of "key value", first the version, then oid and size among others.
 *
 * A pointer is harmless, and says nothing about the file that it stands for. Whoever scans a checkout before `git lfs pull` must hear that the
 * model itself was not there: a model's name, or one of the names that large weights have, makes it unparseable.
 */
#include "lfs.h"

enum { POINTER_BYTES_MAX = 1024 }; /* "a pointer file must be under 1024 bytes" */

/* Nothing that another loader could take for the start of something else. */
static bool is_text(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.data[i] < 0x20 && text.data[i] != '\n') ||
            (unsigned char)text.data[i] > 0x7e)
            return false;
    return true;
}

static bool sniff(const format_input *in)
{
    str text = bytes_str(in->content);
    return text.len < POINTER_BYTES_MAX && is_text(text) &&
           (str_starts_with(text, STR("version https://git-lfs.github.com/spec/")) ||
            str_starts_with(text, STR("version https://hawser.github.com/spec/"))) &&
           str_contains(text, STR("\noid "));
}

/* Names under which weights travel, though programs also give them to other things. */
static bool is_weights_name(str path)
{
    static const char *const suffixes[] = {".bin",      ".model", ".msgpack", ".pb",  ".params", ".weights",
                                           ".pdparams", ".ot",    ".ubj",     ".bst", ".cbm",    ".rds",
                                           ".nemo",     ".tar",   ".zip",     ".7z",  ".tgz"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends_with(path, str_from_c(suffixes[i]))) return true;
    return format_name_claims_model(path);
}

static bool add_facts(str text, report *r, str *size, err *e)
{
    for (str line; str_next(&text, '\n', &line);) {
        str key, value;
        if (!str_cut(line, ' ', &key, &value)) continue;
        bool is_size = str_eq(key, STR("size"));
        if (is_size) *size = value;
        if (!is_size && !str_eq(key, STR("oid"))) continue;
        if (!report_fact(r, is_size ? STR("lfs_size") : STR("lfs_oid"), value, e)) return false;
    }
    return true;
}

static bool read_pointer(const format_input *in, report *r, err *e)
{
    str size = STR("an unknown number of");
    if (!add_facts(bytes_str(in->content), r, &size, e)) return false;
    bool is_model = is_weights_name(in->path);
    r->verdict = is_model ? VERDICT_UNPARSEABLE : VERDICT_NOT_A_MODEL;
    str title =
        arena_printf(r->arena,
                     "This is a Git LFS pointer: the file that it stands for (%.*s bytes) is not here, "
                     "so nothing can be said about it",
                     STR_ARG(str_slice(size, 0, 32)));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a finding");
    finding f = {.code = "MDL-REP-010",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = is_model ? SEVERITY_MEDIUM : SEVERITY_INFO,
                 .title = title,
                 .advice = STR("Fetch it with `git lfs pull`, and scan again.")};
    return report_add(r, &f, e);
}

const model_format format_lfs = {
    .name = "git_lfs_pointer", .title = "Git LFS pointer", .sniff = sniff, .read = read_pointer};
