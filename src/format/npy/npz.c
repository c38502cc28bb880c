/*
 * format/npy/npz.c - .npz: a ZIP whose members are arrays.
 *
 * numpy.load tells a member by its content, not its name: what is no array is handed out as bytes, but a pickle among arrays has no honest
 * reason to be there, so every member goes through all formats.
 */
#include "npy/npy.h"

#include "base/limits.h"
#include "base/reader.h"
#include "codec/zip.h"

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

static bool say(report *r, const char *code, severity s, str member, str title, err *e)
{
    finding f = {.code = code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = title,
                 .member = member,
                 .advice = STR("Do not load this file; write the arrays again with numpy.savez.")};
    return report_add(r, &f, e);
}

static bool unreadable(report *r, str member, str why, err *e)
{
    report_worsen(r, VERDICT_UNPARSEABLE);
    return say(r, "MDL-ZIP-008", SEVERITY_MEDIUM, member, why, e);
}

/* What was found inside, under the member's name. */
static bool merge(report *r, const report *inner, str member, err *e)
{
    report_worsen(r, inner->verdict);
    for (size_t i = 0; i < inner->finding_count; i++) {
        finding f = inner->findings[i];
        str path =
            f.member.len ? arena_printf(r->arena, "%.*s!%.*s", STR_ARG(member), STR_ARG(f.member)) : member;
        if (!path.data) return err_set(e, ERR_MEMORY, "no memory for a report");
        f.member = path;
        if (!report_add(r, &f, e)) return false;
    }
    for (size_t i = 0; i < inner->call_line_count; i++)
        if (!report_call_line(r, inner->call_lines[i], e)) return false;
    return true;
}

static bool read_content(const format_input *in, str path, bytes content, report *r, err *e)
{
    format_input inner = {.path = path, .content = content, .budget = in->budget};
    report found;
    report_init(&found, r->arena);
    if (in->budget->depth_left == 0)
        return unreadable(r, path, STR("Archives within archives beyond LIMIT_ARCHIVE_DEPTH"), e);
    in->budget->depth_left--;
    bool ok = format_read(&inner, &found, e);
    in->budget->depth_left++;
    return ok && merge(r, &found, path, e);
}

static bool read_member(const format_input *in, const zip_member *m, report *r, err *e)
{
    if (m->disagreement && !say(r, "MDL-ZIP-001", SEVERITY_HIGH, m->path, str_from_c(m->disagreement), e))
        return false;
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
    err why = {0};
    bool ok = zip_member_bytes(in->content, m, in->budget, &content, &why);
    if (!ok && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    /* A wrong checksum is noticed at the end, when a loader has acted already: high, and read all the same. */
    if (!ok && why.code == ERR_DIGEST_MISMATCH &&
        !say(r, "MDL-ZIP-004", SEVERITY_HIGH, m->path, str_from_c(why.message), e))
        return false;
    if (!ok && why.code != ERR_DIGEST_MISMATCH && !unreadable(r, m->path, str_from_c(why.message), e))
        return false;
    return content.len == 0 || read_content(in, m->path, buf_bytes(&content), r, e);
}

/* What lies in front of the archive or behind it may be another file for another loader. */
static bool read_outside(const format_input *in, const zip_directory *zip, report *r, err *e)
{
    bytes front = {in->content.data, (size_t)zip->start};
    bytes back = {in->content.data + zip->end, in->content.len - (size_t)zip->end};
    return (front.len == 0 || read_content(in, STR("(in front of the archive)"), front, r, e)) &&
           (back.len == 0 || read_content(in, STR("(behind the archive)"), back, r, e));
}

static bool read(const format_input *in, report *r, err *e)
{
    zip_directory zip;
    err why = {0};
    if (!zip_read(r->arena, in->content, in->budget, &zip, &why)) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        return unreadable(r, STR_NONE, str_from_c(why.message), e);
    }
    if (zip.disagreement &&
        !say(r, "MDL-ZIP-006", SEVERITY_MEDIUM, STR_NONE, str_from_c(zip.disagreement), e))
        return false;
    if (!read_outside(in, &zip, r, e)) return false;
    for (size_t i = 0; i < zip.count; i++)
        if (!read_member(in, &zip.members[i], r, e)) return false;
    return true;
}

const model_format format_npz = {.name = "npz", .title = "NumPy arrays", .sniff = sniff, .read = read};
