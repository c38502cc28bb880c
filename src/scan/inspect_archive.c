/*
 * scan/inspect_archive.c - archives and layers: each member is looked at as a file, whiteouts are noted.
 *
 * Nothing is extracted. Every member small enough to be held is looked at, whatever its name: content decides what is a model.
 */
#include "inspect.h"

#include "inspect_members.h"

#include "base/limits.h"
#include "codec/archive.h"
#include "codec/zip.h"
#include "eco/eco.h"
#include "format/format.h"

bool inspect_is_archive(bytes content)
{
    return archive_sniff(content) != ARCHIVE_NONE;
}

static bool is_wanted_by_name(str path)
{
    for (const ecosystem *const *eco = ecosystems; *eco; eco++)
        if ((*eco)->wants(path)) return true;
    return format_name_claims_model(path);
}

/* A member that is too large to hold: silence would be a lie when its name says that it matters. */
static bool too_large(inspection *in, str path, err *e)
{
    in->skipped++;
    if (!is_wanted_by_name(path)) return true;
    return inspect_add_trouble(in, path, "the member is larger than LIMIT_ARCHIVE_MEMBER_BYTES", e);
}

/* --- tar ------------------------------------------------------------------------------------------------------------------- */

static bool wants_member(void *ctx, const tar_member *member)
{
    (void)ctx;
    return member->kind == TAR_FILE;
}

/* ".wh.name" hides name of the layers below, ".wh..wh..opq" all that they put into its folder (OCI image-spec, layer.md, "Whiteouts"). */
static bool note_whiteout(inspection *in, str path, bool *is_whiteout, err *e)
{
    ptrdiff_t slash = str_find_last(path, '/');
    str folder = str_slice(path, 0, (size_t)(slash + 1)), name = str_skip(path, (size_t)(slash + 1));
    *is_whiteout = str_starts_with(name, STR(".wh."));
    if (!*is_whiteout || in->prefix.len) return true;
    if (str_eq(name, STR(".wh..wh..opq"))) {
        if (folder.len) folder.len--;
        return inspect_append(in->part, "opaque", json_from_str(folder), e);
    }
    if (str_starts_with(name, STR(".wh..wh."))) return true; /* leftovers of AUFS */
    str hidden = arena_printf(in->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(str_skip(name, 4)));
    return inspect_append(in->part, "deleted", json_from_str(hidden), e);
}

/* A link or folder in the place of a file that told something hides that file, as a whiteout does. */
static bool note_replaced(inspection *in, const tar_member *member, err *e)
{
    if (in->prefix.len || member->kind == TAR_DIR || !is_wanted_by_name(member->path)) return true;
    return inspect_append(in->part, "deleted", json_from_str(member->path), e);
}

typedef struct plain_walk {
    inspection *in;
    archive_names names;
} plain_walk;

static bool see_member(void *ctx, const tar_member *member, bytes content, err *e)
{
    plain_walk *walk = ctx;
    inspection *in = walk->in;
    bool is_whiteout;
    if (!archive_names_tar(&walk->names, member, e)) return false;
    if (!note_whiteout(in, member->path, &is_whiteout, e)) return false;
    if (is_whiteout) return true;
    if (member->kind != TAR_FILE) return note_replaced(in, member, e);
    if (content.len == 0 && member->size_bytes > 0) return too_large(in, member->path, e);
    return inspect_file(in, member->path, content, e);
}

static bool inspect_plain(inspection *in, archive_kind kind, str path, bytes content, err *e)
{
    plain_walk walk = {.in = in,
                       .names.keep = in->arena,
                       .names.models_before = json_array_size(json_object_get(in->part, "models"))};
    tar_visitor visitor = {.ctx = &walk, .wants = wants_member, .member = see_member};
    /* What was seen until an archive breaks off counts. */
    err why = {0}, told = {0};
    archive_names *outer = in->names;
    in->names = &walk.names;
    bool is_read = archive_walk(kind, path, content, in->budget, &visitor, &why);
    in->names = outer;
    bool is_told = archive_names_tell(in, &walk.names, &told);
    archive_names_done(&walk.names);
    if (!is_told) return err_set(e, told.code, "%s", told.message);
    return is_read || err_set(e, why.code, "%s", why.message);
}

/* --- zip ------------------------------------------------------------------------------------------------------------------- */

static bool add_oddity(inspection *in, const char *code, severity s, str member, const char *what, err *e)
{
    verdict v = report_verdict_of(FINDING_MODEL_THREAT, s);
    if (v > in->verdict) in->verdict = v;
    str title = arena_printf(in->arena, "Readers of this archive disagree about it: %s", what);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for the scan report");
    finding f = {.code = code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = title,
                 .member = member,
                 .advice = STR("Pack the files again; what another reader would see was not judged.")};
    return inspect_add_finding(in, &f, e);
}

/* Two headers that differ, two members of one name: a threat where the member matters. Java archives have licences twice, so of other members it
 * is only worth knowing, and of archives within archives not even that. */
static bool note_member(inspection *in, const zip_member *member, err *e)
{
    if (!member->disagreement || member->oddity == ZIP_ENCRYPTED)
        return true;                             /* that shows when it is read */
    if (member->oddity == ZIP_PATH) return true; /* told at the archive's end */
    bool is_wanted = is_wanted_by_name(member->path);
    if (!is_wanted && in->prefix.len) return true;
    severity how_bad = !is_wanted                    ? SEVERITY_INFO
                       : member->oddity == ZIP_FLAGS ? SEVERITY_MEDIUM
                                                     : SEVERITY_HIGH;
    return add_oddity(in, format_zip_code(member->oddity), how_bad, member->path, member->disagreement, e);
}

/* ELF, Windows, macOS, or a script: what lies in front of the archive starts when the file is started. */
static bool is_program(bytes front)
{
    static const char *const starts[] = {"\177ELF", "MZ", "#!", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"};
    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (str_starts_with(bytes_str(front), str_from_c(starts[i]))) return true;
    return false;
}

static bool note_program(inspection *in, const zip_directory *zip, err *e)
{
    finding f = {.code = "MDL-REP-004",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_HIGH,
                 .title = STR("The models are packed behind a program, which runs when the file is started"),
                 .advice = STR("Take the model out of the archive and run it with a program that you know.")};
    for (size_t i = 0; i < zip->leftover_count; i++) {
        if (!str_starts_with(str_from_c(zip->leftovers[i].where), STR("(in front"))) continue;
        if (!is_program(zip->leftovers[i].content)) continue;
        if (in->verdict < VERDICT_UNSAFE) in->verdict = VERDICT_UNSAFE;
        return inspect_add_finding(in, &f, e);
    }
    return true;
}

/* Programs are packed behind a start script, which is fine; models are not. */
static bool note_directory(inspection *in, const zip_directory *zip, err *e)
{
    if (!zip->disagreement) return true;
    if (zip->hides_member)
        return add_oddity(in, "MDL-ZIP-003", SEVERITY_HIGH, STR_NONE, zip->disagreement, e);
    if (zip->is_grave) return add_oddity(in, "MDL-ZIP-001", SEVERITY_HIGH, STR_NONE, zip->disagreement, e);
    bool has_model = false;
    for (size_t i = 0; i < zip->count && !has_model; i++)
        has_model = format_name_claims_model(zip->members[i].path);
    if (!has_model && in->prefix.len) return true;
    if (has_model && !note_program(in, zip, e)) return false;
    return add_oddity(in, "MDL-ZIP-006", has_model ? SEVERITY_MEDIUM : SEVERITY_INFO, STR_NONE,
                      zip->disagreement, e);
}

/* What neither view owns may be a file for another loader. */
static bool see_leftovers(inspection *in, const zip_directory *zip, err *e)
{
    for (size_t i = 0; i < zip->leftover_count; i++)
        if (!inspect_file(in, str_from_c(zip->leftovers[i].where), zip->leftovers[i].content, e))
            return false;
    return true;
}

/* What is locked cannot be called safe; a lock that is none is a trick against those who try it. */
static bool note_lock(inspection *in, const zip_member *member, bool is_read, err *e)
{
    if (!member->is_encrypted) return true;
    if (!is_read) return inspect_add_trouble(in, member->path, "the member is encrypted", e);
    bool is_wanted = is_wanted_by_name(member->path);
    return add_oddity(in, "MDL-ZIP-005", is_wanted ? SEVERITY_HIGH : SEVERITY_MEDIUM, member->path,
                      "it is flagged as encrypted, and is not", e);
}

static bool see_zip_member(inspection *in, bytes file, const zip_member *member, err *e)
{
    if (!note_member(in, member, e)) return false;
    if (str_ends_with(member->path, STR("/")) && member->size_bytes == 0) return true;
    if (member->size_bytes > LIMIT_ARCHIVE_MEMBER_BYTES) return too_large(in, member->path, e);
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_ARCHIVE_MEMBER_BYTES);
    err why = {0};
    /* A wrong checksum is found at the member's end, when a loader has long acted on it: look at the bytes all the same. */
    bool read = zip_member_bytes(file, member, in->budget, &content, &why);
    if (!read && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    if (!note_lock(in, member, read, e)) return false;
    bool is_told =
        !read && !member->is_encrypted && (why.code == ERR_TOO_LARGE || is_wanted_by_name(member->path));
    if (is_told && !inspect_add_trouble(in, member->path, why.message, e)) return false;
    if (!read && why.code != ERR_DIGEST_MISMATCH) return true;
    return inspect_file(in, member->path, buf_bytes(&content), e);
}

static bool see_zip_members(inspection *in, bytes content, const zip_directory *directory, err *e)
{
    if (!note_directory(in, directory, e) || !see_leftovers(in, directory, e)) return false;
    for (size_t i = 0; i < directory->count; i++)
        if (!archive_names_zip(in->names, &directory->members[i], e) ||
            !see_zip_member(in, content, &directory->members[i], e))
            return false;
    for (size_t i = 0; i < directory->shadow_count; i++)
        if (!see_zip_member(in, content, &directory->shadows[i], e)) return false;
    return archive_names_tell(in, in->names, e);
}

static bool inspect_zip(inspection *in, bytes content, err *e)
{
    zip_directory directory;
    archive_names *outer = in->names,
                  names = {.keep = in->arena,
                           .models_before = json_array_size(json_object_get(in->part, "models"))};
    err why = {0};
    bool is_whole = zip_read(in->arena, content, in->budget, &directory, &why);
    /* Without a directory there are still those who read local headers from the front. */
    if (!is_whole && (why.code == ERR_MEMORY || why.code == ERR_TOO_LARGE ||
                      !zip_read_front(in->arena, content, in->budget, &directory, &why)))
        return err_set(e, why.code, "%s", why.message);
    in->names = &names;
    bool done = see_zip_members(in, content, &directory, e);
    in->names = outer;
    archive_names_done(&names);
    return done && (is_whole || err_set(e, why.code, "%s", why.message));
}

bool inspect_archive(inspection *in, str path, bytes content, err *e)
{
    archive_kind kind = archive_sniff(content);
    const char *name = archive_name(kind, content);
    if (in->prefix.len == 0 && !json_object_get(in->part, "format") &&
        !json_set_str(in->part, "format", str_from_c(name)))
        return err_set(e, ERR_MEMORY, "no memory for the scan report");
    return kind == ARCHIVE_ZIP ? inspect_zip(in, content, e) : inspect_plain(in, kind, path, content, e);
}
