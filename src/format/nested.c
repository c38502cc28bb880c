/*
 * format/nested.c - what lies within a container, and what a container says when its parts are not what they should be.
 */
#include "nested.h"
#include "format/program.h"

#include "base/limits.h"
#include "pickle/format.h"
#include "pickle/machine.h"

#include <stdio.h>

static const char advice_archive[] =
    "Do not load this file; get it again from its source, or write it again.";

bool nested_say(report *r, const remark *m, str title, err *e)
{
    if (m->is_unreadable) report_worsen(r, VERDICT_UNPARSEABLE);
    finding f = {.code = m->code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = m->severity,
                 .title = title,
                 .member = m->member,
                 .offset = m->offset,
                 .has_offset = m->has_offset,
                 .line = m->line,
                 .advice = str_from_c(m->advice)};
    return report_add(r, &f, e);
}

bool nested_fact_number(report *r, str name, uint64_t number, err *e)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return report_fact(r, name, (str){text, (size_t)len}, e);
}

/* --- parts ----------------------------------------------------------------------------------------------------------------------- */

/* "0x2d  f()" of the member is "member:0x2d  f()" of the whole, and "x:0x2d  f()" is "member!x:0x2d  f()". */
static bool add_call_line(report *r, str member, str line, err *e)
{
    const char *link = str_starts_with(line, STR("0x")) ? ":" : "!";
    str whole = arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(member), link, STR_ARG(line));
    if (!whole.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return report_call_line(r, whole, e);
}

static bool merge(report *r, const report *inner, str member, err *e)
{
    report_worsen(r, inner->verdict);
    r->findings_dropped += inner->findings_dropped;
    for (size_t i = 0; i < inner->finding_count; i++) {
        finding f = inner->findings[i];
        str path =
            f.member.len ? arena_printf(r->arena, "%.*s!%.*s", STR_ARG(member), STR_ARG(f.member)) : member;
        if (!path.data) return err_set(e, ERR_MEMORY, "no memory for a report");
        f.member = path;
        if (!report_add(r, &f, e)) return false;
    }
    for (size_t i = 0; i < inner->call_line_count; i++)
        if (!add_call_line(r, member, inner->call_lines[i], e)) return false;
    return report_tensors_of(r, inner, member, e);
}

bool nested_too_deep(const format_input *in, str path, report *r, bool *is_too_deep, err *e)
{
    *is_too_deep = in->budget->depth_left == 0;
    if (!*is_too_deep) return true;
    remark m = {.code = "MDL-ZIP-008",
                .severity = SEVERITY_MEDIUM,
                .member = path,
                .advice = advice_archive,
                .is_unreadable = true};
    return nested_say(r, &m, STR("Archives within archives beyond LIMIT_ARCHIVE_DEPTH"), e);
}

bool nested_read(const format_input *in, str path, bytes content, report *r, err *e)
{
    format_input inner = {.path = path, .content = content, .budget = in->budget};
    report found;
    report_init(&found, r->arena);
    found.keeps_numbers = r->keeps_numbers;
    found.whole = r->whole;
    found.is_brief = r->is_brief;
    bool is_too_deep;
    if (!nested_too_deep(in, path, r, &is_too_deep, e)) return false;
    if (is_too_deep) return true;
    in->budget->depth_left--;
    bool ok = format_read(&inner, &found, e);
    /* No model by itself: maybe a container of some. */
    if (ok && !found.format) ok = nested_archive(&inner, &found, e);
    in->budget->depth_left++;
    return ok && merge(r, &found, path, e);
}

/* --- members of models ------------------------------------------------------------------------------------------------------------ */

bool nested_member(const format_input *in, str path, bytes content, report *r, err *e)
{
    remark m = {.code = "MDL-REP-004",
                .severity = SEVERITY_HIGH,
                .member = path,
                .advice = "Do not start it. Take the model out of the archive, or ask for one without it."};
    if (program_is(path, content) && !nested_say(r, &m, STR("The archive holds a program"), e)) return false;
    return content.len == 0 || nested_read(in, path, content, r, e);
}

/* --- zip ------------------------------------------------------------------------------------------------------------------------- */

/* What neither view of the archive owns may be another file for another loader. */
static bool read_leftovers(const format_input *in, const zip_directory *zip, report *r, err *e)
{
    for (size_t i = 0; i < zip->leftover_count; i++)
        if (!nested_read(in, str_from_c(zip->leftovers[i].where), zip->leftovers[i].content, r, e))
            return false;
    return true;
}

/* Members that only a reader of local headers sees: that they are there was said. */
static bool read_shadows(const format_input *in, const zip_directory *zip, report *r, err *e)
{
    for (size_t i = 0; i < zip->shadow_count; i++) {
        AUTO_BUF buf content;
        buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
        const zip_member *m = &zip->shadows[i];
        if (!nested_zip_bytes(in, m, r, &content, e)) return false;
        if (content.len && !nested_read(in, m->path, buf_bytes(&content), r, e)) return false;
    }
    return true;
}

/* Without a directory there are still those who read local headers from the front. */
static bool read_front(const format_input *in, report *r, err *e)
{
    zip_directory zip;
    err why = {0};
    if (!zip_read_front(r->arena, in->content, in->budget, &zip, &why))
        return why.code != ERR_MEMORY || err_set(e, ERR_MEMORY, "%s", why.message);
    return read_leftovers(in, &zip, r, e) && read_shadows(in, &zip, r, e);
}

bool nested_zip_open(const format_input *in, report *r, zip_directory *zip, bool *is_open, err *e)
{
    err why = {0};
    *is_open = zip_read(r->arena, in->content, in->budget, zip, &why);
    remark m = {.severity = SEVERITY_MEDIUM, .advice = advice_archive, .is_unreadable = !*is_open};
    if (!*is_open) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        m.code = "MDL-ZIP-008";
        return nested_say(r, &m, str_from_c(why.message), e) &&
               (why.code == ERR_TOO_LARGE || read_front(in, r, e));
    }
    m.code = zip->hides_member ? "MDL-ZIP-003" : zip->is_grave ? "MDL-ZIP-001" : "MDL-ZIP-006";
    if (zip->hides_member || zip->is_grave) m.severity = SEVERITY_HIGH;
    if (zip->disagreement && !nested_say(r, &m, str_from_c(zip->disagreement), e)) return false;
    return read_leftovers(in, zip, r, e) && read_shadows(in, zip, r, e);
}

bool nested_zip_headers(const zip_member *m, report *r, err *e)
{
    remark odd = {.code = format_zip_code(m->oddity),
                  .severity = m->oddity == ZIP_FLAGS ? SEVERITY_MEDIUM : SEVERITY_HIGH,
                  .member = m->path,
                  .advice = advice_archive};
    /* Whether a member is encrypted, or only says so, shows when it is read. */
    if (!m->disagreement || m->oddity == ZIP_ENCRYPTED) return true;
    return nested_say(r, &odd, str_from_c(m->disagreement), e);
}

/* A reader that checks the flag gives up, one that does not gets the content. */
static bool say_not_encrypted(const zip_member *m, report *r, err *e)
{
    remark odd = {
        .code = "MDL-ZIP-005", .severity = SEVERITY_HIGH, .member = m->path, .advice = advice_archive};
    return nested_say(r, &odd, STR("It is flagged as encrypted, and is not"), e);
}

bool nested_zip_bytes(const format_input *in, const zip_member *m, report *r, buf *content, err *e)
{
    err why = {0};
    if (zip_member_bytes(in->content, m, in->budget, content, &why))
        return !m->is_encrypted || say_not_encrypted(m, r, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    /* A wrong checksum is noticed at the end, when a loader has acted already: high, and read all the same. */
    bool is_checksum = why.code == ERR_DIGEST_MISMATCH;
    remark odd = {.code = is_checksum       ? "MDL-ZIP-004"
                          : m->is_encrypted ? "MDL-ZIP-005"
                                            : "MDL-ZIP-008",
                  .severity = is_checksum ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                  .member = m->path,
                  .advice = advice_archive,
                  .is_unreadable = !is_checksum};
    return nested_say(r, &odd, str_from_c(why.message), e);
}

bytes nested_zip_stored(bytes file, const zip_member *m)
{
    bool fits = m->data_offset <= file.len && m->packed_bytes <= file.len - m->data_offset;
    if (m->method != 0 || !fits) return BYTES_NONE;
    return (bytes){file.data + m->data_offset, (size_t)m->packed_bytes};
}

/* --- two things at once ------------------------------------------------------------------------------------------------------------ */

bool nested_also_pickle(const format_input *in, report *r, const char *code, err *e)
{
    if (!pickle_acts(in->content)) return true;
    remark m = {.code = code,
                .severity = SEVERITY_HIGH,
                .advice = "Do not load this file: another loader would run what this format calls data."};
    if (!nested_say(r, &m, STR("The file is a pickle at the same time, and loading that runs calls"), e))
        return false;
    const char *format = r->format;
    bool ok = pickle_scan(r->arena, in->content, STR("(read as a pickle)"), r, e);
    r->format = format;
    return ok;
}
