/*
 * format/pickle/format.c - a file of one or more pickles, packed or not, as joblib and pickle write them.
 *
 * pickle.load reads one stream and stops, but programs call it in a loop, and joblib skips raw arrays where pickle.load would run their
 * bytes as opcodes: both readings are judged.
 */
#include "pickle/format.h"

#include "base/buf.h"
#include "base/limits.h"
#include "pickle/facts.h"
#include "pickle/machine.h"

#include <stdio.h>

/* --- sniffing -------------------------------------------------------------------------------------------------------------------- */

enum { SNIFF_ARENA_BYTES = 8 * 1024 * 1024, SNIFF_HEAD_BYTES = 64 * 1024, SNIFF_OPS_MIN = 64 };

static bool starts_with_proto(bytes head)
{
    return head.len >= 2 && head.data[0] == 0x80 && head.data[1] <= 5;
}

bool pickle_sniff(bytes head, bool is_whole, bool name_claims)
{
    if (starts_with_proto(head)) return true;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    report silent;
    report_init(&silent, &scratch);
    pickle_options options = {.dry = true, .joblib = true};
    pickle_stream stream;
    pickle_summary got;
    err e = {0};
    if (!pickle_run(&scratch, head, 0, &options, &silent, &stream, &got, &e))
        return true; /* not decided: read it */

    if (stream.result || got.limited || !got.broken) return true;
    if (got.calls || got.known_globals || (name_claims && got.globals)) return true;
    return !is_whole && got.ops >= SNIFF_OPS_MIN; /* cut short by us while going well */
}

/* What the first stream would do, without telling. False when it is too much to find out. */
static bool probe(bytes content, pickle_summary *got, bool *has_result)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    report silent;
    report_init(&silent, &scratch);
    pickle_options options = {.dry = true};
    pickle_stream stream;
    err e = {0};
    if (!pickle_run(&scratch, content, 0, &options, &silent, &stream, got, &e)) return false;
    *has_result = stream.result != NULL;
    return !got->limited;
}

bool pickle_acts(bytes content)
{
    pickle_summary got;
    bool has_result;
    return !probe(content, &got, &has_result) || got.calls || got.known_globals || has_result;
}

bool pickle_calls(bytes content)
{
    pickle_summary got;
    bool has_result;
    return !probe(content, &got, &has_result) || got.calls || got.known_globals;
}

/* The front of the file, unpacked when it is packed. */
static bool sniff_packed(packing p, const format_input *in, bool name_claims)
{
    uint8_t head[SNIFF_HEAD_BYTES];
    unpack_budget own = unpack_budget_new(in->content.len);
    AUTO(unpack_close) unpack_stream *stream = NULL;
    size_t len = 0, got = 1;
    if (!unpack_open(p, in->content, &own, &stream, NULL)) return false;
    while (got && len < sizeof(head)) {
        if (!unpack_read(stream, head + len, sizeof(head) - len, &got, NULL)) break;
        len += got;
    }
    return len > 0 && pickle_sniff((bytes){head, len}, got == 0, name_claims);
}

static bool sniff(const format_input *in)
{
    bool name_claims = format_name_claims_model(in->path);
    packing p = packing_sniff(in->content);
    if (p != PACKING_NONE && sniff_packed(p, in, name_claims)) return true;
    return pickle_sniff(in->content, true, name_claims);
}

/* --- streams --------------------------------------------------------------------------------------------------------------------- */

typedef struct scan_state {
    arena *a;
    bytes content;
    str member;
    report *report;
    uint64_t at;
    uint64_t plain_left; /* bytes that may still be read a second time, as pickle.load would */
    size_t streams, arrays, calls;
    unsigned proto;
    pickle_value *first; /* result of the first stream */
} scan_state;

/* Titles write '?' for control characters. */
static bool is_printable(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7e || text.data[i] == '?') return false;
    return true;
}

/* pickle.load runs a nested pickle with the outer memo, which turns honest names into nonsense: only real dangers count there. */
static bool is_news(const finding *f, bool through_objects)
{
    /* The expected end; and deeds on values of our own, which the noise of an array commits by chance. What can do harm has a name. */
    static const char *const noise[] = {"MDL-PKL-003", "MDL-PKL-006", "MDL-PKL-007", "MDL-PKL-014",
                                        "MDL-PKL-016"};
    for (size_t i = 0; i < COUNT_OF(noise); i++)
        if (strcmp(f->code, noise[i]) == 0) return false;
    /* An import of bytes that spell no name: the letter c among numbers. */
    if (strcmp(f->code, "MDL-PKL-004") == 0 && f->severity < SEVERITY_CRITICAL && !is_printable(f->title))
        return false;
    return !through_objects || strcmp(f->code, "MDL-PKL-001") == 0 ||
           (strcmp(f->code, "MDL-PKL-004") == 0 && f->severity == SEVERITY_CRITICAL) ||
           (strcmp(f->code, "MDL-PKL-005") == 0 && f->severity >= SEVERITY_HIGH);
}

/* Many streams whose raw arrays each run on into the next one: honest files do not make us read everything so often. */
static bool plain_view_exhausted(scan_state *s, err *e)
{
    report_worsen(s->report, VERDICT_UNPARSEABLE);
    finding f = {.code = "MDL-PKL-014",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_MEDIUM,
                 .title =
                     STR("The arrays of this file run into its other pickles too often to be read both ways"),
                 .member = s->member,
                 .offset = s->at,
                 .has_offset = true,
                 .advice = STR("Save the models one by one.")};
    return report_add(s->report, &f, e);
}

/* One stream as pickle.load reads it: raw bytes run. Findings before `quiet_until` are those of the other reading. */
static bool plain_stream(scan_state *s, uint64_t at, uint64_t quiet_until, bool through_objects,
                         pickle_stream *stream, err *e)
{
    report other;
    report_init(&other, s->a);
    pickle_options options = {.member = s->member, .quiet_until = quiet_until, .tail = true};
    pickle_summary summary;
    if (!pickle_run(s->a, s->content, at, &options, &other, stream, &summary, e)) return false;
    uint64_t spent = stream->end - at;
    s->plain_left -= spent < s->plain_left ? spent : s->plain_left;
    for (size_t i = 0; i < other.finding_count; i++)
        if (is_news(&other.findings[i], through_objects) && !report_add(s->report, &other.findings[i], e))
            return false;
    return true;
}

/* What pickle.load would do with a joblib file, called again and again as far as joblib would read (to `end`). Only what it finds behind the
 * first array is new. */
static bool scan_as_plain(scan_state *s, const pickle_summary *joblib, uint64_t end, err *e)
{
    pickle_stream stream = {.end = s->at};
    uint64_t quiet_until = joblib->first_raw_at;
    do {
        if (s->plain_left == 0) return plain_view_exhausted(s, e);
        if (!plain_stream(s, stream.end, quiet_until, joblib->first_is_objects, &stream, e)) return false;
        while (stream.end < s->content.len && s->content.data[stream.end] == 0) stream.end++;
    } while (stream.result && stream.end < end);
    return true;
}

static bool trailing_data(bytes content, uint64_t at, str member, report *r, err *e)
{
    /* An archive behind it is what readers that look from the end would take. */
    static const char end_record[] = {'P', 'K', 5, 6};
    bool holds_archive = memmem(content.data + at, content.len - at, end_record, sizeof(end_record)) != NULL;
    char title[128];
    snprintf(title, sizeof(title), "%llu bytes follow the pickle and belong to nothing",
             (unsigned long long)(content.len - at));
    finding f = {.code = "MDL-PKL-013",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = holds_archive ? SEVERITY_MEDIUM : SEVERITY_LOW,
                 .title = str_from_c(title),
                 .member = member,
                 .offset = at,
                 .has_offset = true,
                 .advice = STR("Write the file again, or find out what the bytes are for.")};
    return report_add(r, &f, e);
}

/* One stream. *more: it ended well, another may follow. */
static bool scan_stream(scan_state *s, bool *more, err *e)
{
    pickle_options options = {.member = s->member, .joblib = true, .tail = s->streams > 0};
    pickle_stream stream;
    pickle_summary summary;
    if (!pickle_run(s->a, s->content, s->at, &options, s->report, &stream, &summary, e)) return false;
    if (summary.first_raw_at && !scan_as_plain(s, &summary, stream.end, e)) return false;

    bool mere_tail = s->streams > 0 && !stream.result && !summary.globals && !summary.calls;
    if (mere_tail && !trailing_data(s->content, s->at, s->member, s->report, e)) return false;
    s->arrays += summary.arrays;
    s->calls += summary.calls;
    if (stream.proto > s->proto) s->proto = stream.proto;
    if (s->streams == 0) s->first = stream.result;
    s->streams += stream.result != NULL;
    s->at = stream.end;
    *more = stream.result != NULL;
    return true;
}

static bool scan_streams(scan_state *s, err *e)
{
    bool more = true;
    while (more) {
        if (!scan_stream(s, &more, e)) return false;
        while (more && s->at < s->content.len && s->content.data[s->at] == 0) s->at++; /* padding */
        if (s->at >= s->content.len) break;
    }
    return true;
}

/* --- facts ----------------------------------------------------------------------------------------------------------------------- */

static bool fact_number(report *r, str name, uint64_t number, err *e)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return report_fact(r, name, (str){text, (size_t)len}, e);
}

static bool scan_facts(const scan_state *s, err *e)
{
    report *r = s->report;
    if (r->is_brief) return true;
    return fact_number(r, STR("pickle_protocol"), s->proto, e) &&
           fact_number(r, STR("streams"), s->streams, e) && fact_number(r, STR("calls"), s->calls, e) &&
           (!s->arrays || fact_number(r, STR("raw_arrays"), s->arrays, e)) &&
           pickle_facts(s->a, s->first, r, e);
}

bool pickle_scan(arena *a, bytes content, str member, report *r, err *e)
{
    scan_state s = {.a = a, .content = content, .member = member, .report = r};
    s.plain_left = 8 * (uint64_t)content.len;
    if (!scan_streams(&s, e) || !scan_facts(&s, e)) return false;
    if (s.arrays) r->format = "joblib";
    return true;
}

/* --- files ----------------------------------------------------------------------------------------------------------------------- */

static bool unpack_trouble(report *r, const char *code, bool is_damaged, str title, err *e)
{
    if (is_damaged) report_worsen(r, VERDICT_UNPARSEABLE);
    finding f = {
        .code = code,
        .kind = FINDING_MODEL_THREAT,
        .severity = SEVERITY_MEDIUM,
        .title = title,
        .advice =
            STR("Get the file again from its source; a damaged or overlong file cannot be called safe.")};
    return report_add(r, &f, e);
}

/* Unpack once; what was packed inside may be packed again only as far as a loader would go, which is not at all. */
static bool read_packed(packing p, const format_input *in, report *r, err *e)
{
    AUTO_BUF buf plain;
    buf_init(&plain, LIMIT_MODEL_UNPACKED_BYTES);
    size_t used = 0;
    err trouble = {0};
    bool ok = unpack_all(p, in->content, in->budget, &plain, &used, &trouble);
    if (!ok && trouble.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", trouble.message);
    if (!report_fact(r, STR("compression"), str_from_c(packing_name(p)), e)) return false;

    r->format = "joblib";
    /* A loader runs what it got before it met the damage. */
    if (plain.len && !pickle_scan(r->arena, buf_bytes(&plain), STR_NONE, r, e)) return false;
    if (!ok) return unpack_trouble(r, "MDL-CMP-002", true, str_from_c(trouble.message), e);
    if (used < in->content.len)
        return unpack_trouble(r, "MDL-CMP-001", false,
                              STR("Bytes follow the compressed data and belong to nothing"), e);
    return true;
}

static bool read(const format_input *in, report *r, err *e)
{
    packing p = packing_sniff(in->content);
    r->format = "pickle";
    if (p != PACKING_NONE && sniff_packed(p, in, true)) return read_packed(p, in, r, e);
    return pickle_scan(r->arena, in->content, STR_NONE, r, e);
}

const model_format format_pickle = {
    .name = "pickle", .title = "Python pickle (also joblib)", .sniff = sniff, .read = read};
