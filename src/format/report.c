/*
 * format/report.c - gathering of verdict, findings and facts in the report's arena.
 */
#include "format/report.h"

#include "base/limits.h"
#include "report_parts.h"

#include <assert.h>

static const char *const severity_names[] = {"info", "low", "medium", "high", "critical"};
static const char *const verdict_names[] = {"not_a_model", "clean", "suspicious", "unparseable", "unsafe"};
static const char *const kind_names[] = {"model_threat", "vulnerability", "license", "secret",
                                         "misconfiguration"};

const char *severity_name(severity s)
{
    assert((size_t)s < COUNT_OF(severity_names));
    return severity_names[s];
}

const char *verdict_name(verdict v)
{
    assert((size_t)v < COUNT_OF(verdict_names));
    return verdict_names[v];
}

const char *finding_kind_name(finding_kind k)
{
    assert((size_t)k < COUNT_OF(kind_names));
    return kind_names[k];
}

static bool index_of(const char *const *names, size_t count, str name, size_t *index)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_from_c(names[i]))) {
            *index = i;
            return true;
        }
    return false;
}

bool severity_parse(str name, severity *s)
{
    size_t index;
    if (!index_of(severity_names, COUNT_OF(severity_names), name, &index)) return false;
    *s = (severity)index;
    return true;
}

bool verdict_parse(str name, verdict *v)
{
    size_t index;
    if (!index_of(verdict_names, COUNT_OF(verdict_names), name, &index)) return false;
    *v = (verdict)index;
    return true;
}

void report_init(report *r, arena *a)
{
    *r = (report){.arena = a, .verdict = VERDICT_NOT_A_MODEL};
}

void report_worsen(report *r, verdict v)
{
    if (v > r->verdict) r->verdict = v;
}

verdict report_verdict_of(finding_kind kind, severity s)
{
    if (kind != FINDING_MODEL_THREAT || s == SEVERITY_INFO) return VERDICT_NOT_A_MODEL;
    return s >= SEVERITY_HIGH ? VERDICT_UNSAFE : VERDICT_SUSPICIOUS;
}

/* Room for one more item: doubles, copies, and leaves the old block to the arena. */
bool report_grow(arena *a, void **items, size_t *capacity, size_t count, size_t item_bytes, err *e)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *larger = arena_alloc_array(a, wanted, item_bytes);
    if (!larger) return err_set(e, ERR_MEMORY, "no memory for a report of %zu items", wanted);
    if (count) memcpy(larger, *items, count * item_bytes);
    *items = larger;
    *capacity = wanted;
    return true;
}

bool report_keep(arena *a, str *text, err *e)
{
    str copy = arena_copy(a, *text);
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for %zu bytes of a report", text->len);
    *text = copy;
    return true;
}

bool report_add(report *r, const finding *f, err *e)
{
    /* The verdict first: it must hold even when the finding itself cannot be kept. */
    report_worsen(r, report_verdict_of(f->kind, f->severity));
    if (r->finding_count >= LIMIT_SCAN_FINDINGS) {
        r->findings_dropped++;
        return true;
    }
    finding kept = *f;
    if (!report_keep(r->arena, &kept.title, e) || !report_keep(r->arena, &kept.member, e) ||
        !report_keep(r->arena, &kept.call, e) || !report_keep(r->arena, &kept.advice, e))
        return false;
    void *items = r->findings;
    if (!report_grow(r->arena, &items, &r->finding_capacity, r->finding_count, sizeof(finding), e))
        return false;
    r->findings = items;
    r->findings[r->finding_count++] = kept;
    return true;
}

bool report_fact(report *r, str name, str value, err *e)
{
    fact kept = {name, value};
    if (!report_keep(r->arena, &kept.name, e) || !report_keep(r->arena, &kept.value, e)) return false;
    void *items = r->facts;
    if (!report_grow(r->arena, &items, &r->fact_capacity, r->fact_count, sizeof(fact), e)) return false;
    r->facts = items;
    r->facts[r->fact_count++] = kept;
    return true;
}

bool report_call_line(report *r, str line, err *e)
{
    if (r->call_line_count >= LIMIT_PICKLE_CALLS_SHOWN) return true;
    if (!report_keep(r->arena, &line, e)) return false;
    void *items = r->call_lines;
    if (!report_grow(r->arena, &items, &r->call_line_capacity, r->call_line_count, sizeof(str), e))
        return false;
    r->call_lines = items;
    r->call_lines[r->call_line_count++] = line;
    return true;
}

void report_call_place(buf *line, str member, uint64_t offset)
{
    /* Each call of a pickle has one, so without printf. */
    static const char digits[] = "0123456789abcdef";
    char hex[16];
    size_t at = sizeof(hex);
    do hex[--at] = digits[offset & 15];
    while (offset >>= 4);
    buf_add_str(line, member);
    buf_add_str(line, member.len ? STR(":0x") : STR("0x"));
    buf_add_str(line, (str){hex + at, sizeof(hex) - at});
    buf_add_str(line, STR("  "));
}
