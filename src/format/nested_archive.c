/*
 * format/nested_archive.c - archives that are no model themselves, within something that is: a model may lie in a tar in a zip in a checkpoint.
 */
#include "nested.h"

#include "base/limits.h"
#include "codec/archive.h"

#include <stdio.h>

static const char advice[] = "Unpack the archive and have the files in it judged one by one; what cannot be "
                             "read cannot be called safe.";

static const char advice_names[] =
    "Do not unpack this archive with a tool that trusts names; honest ones have no need of such members.";

typedef struct archive_reading {
    const format_input *in;
    report *report;
    member_watch watch;
} archive_reading;

/* --- zip ----------------------------------------------------------------------------------------------------------------------------- */

bool nested_zip_members(const format_input *in, const zip_directory *zip, report *r, err *e)
{
    for (size_t i = 0; i < zip->count; i++) {
        const zip_member *m = &zip->members[i];
        AUTO_BUF buf content;
        buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
        if (!nested_zip_headers(m, r, e)) return false;
        if (str_ends_with(m->path, STR("/")) && m->size_bytes == 0) continue;
        if (!nested_zip_bytes(in, m, r, &content, e)) return false;
        if (content.len && !nested_read(in, m->path, buf_bytes(&content), r, e)) return false;
    }
    return true;
}

static bool read_zip(const format_input *in, report *r, err *e)
{
    zip_directory zip;
    bool is_open;
    if (!nested_zip_open(in, r, &zip, &is_open, e)) return false;
    return !is_open || nested_zip_members(in, &zip, r, e);
}

/* --- tar, 7z, packed ------------------------------------------------------------------------------------------------------------------ */

static bool wants(void *ctx, const tar_member *m)
{
    (void)ctx;
    return m->kind == TAR_FILE;
}

static bool see(void *ctx, const tar_member *m, bytes content, err *e)
{
    archive_reading *reading = ctx;
    if (!nested_tar_member(&reading->watch, m, MEMBER_TWICE, reading->report, e)) return false;
    if (m->kind != TAR_FILE || m->size_bytes == 0) return true;
    if (content.len) return nested_read(reading->in, m->path, content, reading->report, e);
    remark large = {.code = "MDL-ZIP-008",
                    .severity = SEVERITY_MEDIUM,
                    .member = m->path,
                    .advice = advice,
                    .is_unreadable = true};
    return nested_say(reading->report, &large,
                      STR("The member is sparse, or larger than LIMIT_ARCHIVE_MEMBER_BYTES"), e);
}

bool nested_tar_member(member_watch *watch, const tar_member *m, member_oddity least, report *r, err *e)
{
    member_oddity oddity;
    if (!member_watch_note(watch, m, &oddity, e)) return false;
    if (oddity < least || oddity == MEMBER_PLAIN) return true;
    remark odd = {.code = format_tar_code(oddity),
                  .severity = SEVERITY_HIGH,
                  .member = arena_copy(r->arena, m->path),
                  .advice = advice_names};
    str title = arena_printf(r->arena, "A member of the archive is no plain file at a plain place: %s",
                             member_oddity_words(oddity));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(r, &odd, title, e);
}

static bool unreadable(report *r, archive_kind kind, bytes content, const char *why, err *e)
{
    char title[320];
    int len = snprintf(title, sizeof(title), "The %s archive could not be read to its end: %s",
                       archive_name(kind, content), why);
    size_t shown = (size_t)len < sizeof(title) ? (size_t)len : sizeof(title) - 1;
    remark m = {.code = kind == ARCHIVE_7Z ? "MDL-7Z-002" : "MDL-CMP-002",
                .severity = SEVERITY_MEDIUM,
                .advice = advice,
                .is_unreadable = true};
    return nested_say(r, &m, (str){title, shown}, e);
}

bool nested_archive(const format_input *in, report *r, err *e)
{
    archive_kind kind = archive_sniff(in->content);
    if (kind == ARCHIVE_NONE) return true;
    if (kind == ARCHIVE_ZIP) return read_zip(in, r, e);
    archive_reading reading = {.in = in, .report = r};
    tar_visitor visitor = {.ctx = &reading, .wants = wants, .member = see};
    err why = {0};
    bool is_read = archive_walk(kind, in->path, in->content, in->budget, &visitor, &why);
    member_watch_done(&reading.watch);
    if (is_read) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return unreadable(r, kind, in->content, why.message, e);
}
