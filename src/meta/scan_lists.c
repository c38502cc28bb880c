/*
 * scan_lists.c - pages over findings: vulnerabilities and model threats of all artifacts, and their totals.
 *
 * A page begins after the last row of the page before, whose keys are the cursor ("3.1204.77"), so that pages stay equally quick however deep one
 * reads, and rows that arrive meanwhile neither repeat nor hide others.
 */
#include "meta/scans.h"

#include "base/limits.h"
#include "rows.h"

enum { SEVERITY_ABOVE_ALL = 9, VERDICT_ABOVE_ALL = 99 };

static size_t page_rows(size_t wanted)
{
    return wanted == 0 || wanted > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : wanted;
}

/* "a.b.c"; an empty cursor leaves the numbers as they are. */
static bool cursor_read(str cursor, int64_t *numbers, size_t count, err *e)
{
    if (cursor.len == 0) return true;
    for (size_t i = 0; i < count; i++) {
        str part;
        if (!str_next(&cursor, '.', &part) || !str_to_i64(part, &numbers[i]))
            return err_set(e, ERR_INVALID, "'after' is not a cursor that this list gave out");
    }
    return cursor.len == 0 || err_set(e, ERR_INVALID, "'after' is not a cursor that this list gave out");
}

/* "%words%" in lower case, with the wild cards of LIKE taken literally. Empty for no words. */
static bool like_pattern(arena *a, str words, str *pattern, err *e)
{
    *pattern = STR("");
    if (words.len == 0) return true;
    if (words.len > LIMIT_PATH_BYTES)
        return err_set(e, ERR_TOO_LARGE, "search words exceed LIMIT_PATH_BYTES");
    char *text = arena_alloc(a, words.len * 2 + 2);
    if (!text) return err_set(e, ERR_MEMORY, "no memory for search words");
    size_t len = 0;
    text[len++] = '%';
    for (size_t i = 0; i < words.len; i++) {
        char c = words.data[i];
        if (c == '%' || c == '_' || c == '!') text[len++] = '!';
        text[len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    text[len++] = '%';
    *pattern = (str){text, len};
    return true;
}

/* --- vulnerabilities ------------------------------------------------------------------------------------------------------- */

typedef struct page {
    row_list list;
    size_t rows;
    bool has_more;
    str next;
} page;

static bool finding_from_row(const db_row *row, arena *a, meta_finding *f, err *e)
{
    f->id = db_row_int(row, 0);
    f->severity = (unsigned)db_row_int(row, 3);
    f->cvss = db_row_real(row, 11);
    return row_text(row, 1, a, &f->code, e) && row_text(row, 2, a, &f->kind, e) &&
           row_text(row, 4, a, &f->title, e) && row_text(row, 5, a, &f->component, e) &&
           row_text(row, 6, a, &f->version, e) && row_text(row, 7, a, &f->eco, e) &&
           row_text(row, 8, a, &f->advisory, e) && row_text(row, 9, a, &f->aliases, e) &&
           row_text(row, 10, a, &f->fixed, e) && row_text(row, 12, a, &f->cvss_vector, e) &&
           row_text(row, 13, a, &f->member, e) && row_text(row, 14, a, &f->call, e) &&
           row_text(row, 15, a, &f->advice, e);
}

static bool collect_vulnerability(void *ctx, const db_row *row, err *e)
{
    page *p = ctx;
    /* One row more than asked for tells that there is a next page; it is not shown. */
    if (p->list.count == p->rows) {
        p->has_more = true;
        return true;
    }
    meta_vulnerability_row *v = row_list_add(&p->list, e);
    arena *a = p->list.a;
    if (!v || !finding_from_row(row, a, &v->finding, e) || !row_text(row, 16, a, &v->repository, e) ||
        !row_text(row, 17, a, &v->path, e) || !row_digest(row, 18, DIGEST_SHA256, &v->sha256, e))
        return false;
    v->violation = db_row_int(row, 20);
    v->blocks = db_row_int(row, 21) == 1;
    p->next = arena_printf(a, "%u.%lld.%lld", v->finding.severity, (long long)v->finding.id,
                           (long long)db_row_int(row, 19));
    return true;
}

bool meta_vulnerability_list(meta *m, const meta_vulnerability_filter *f, arena *a,
                             meta_vulnerability_row **out, size_t *count, str *next, err *e)
{
    int64_t after[3] = {SEVERITY_ABOVE_ALL, 0, 0};
    str pattern;
    if (!cursor_read(f->after, after, 3, e) || !like_pattern(a, f->words, &pattern, e)) return false;
    page p = {.list = {.a = a, .item_bytes = sizeof(meta_vulnerability_row)}, .rows = page_rows(f->limit)};
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, "vulnerability_list",
                       DB_ARGS(DB_TEXT(f->repository), DB_INT(f->severity_mask ? f->severity_mask : 31),
                               DB_INT(f->fix), DB_TEXT(pattern), DB_INT(after[0]), DB_INT(after[1]),
                               DB_INT(after[2]), DB_INT(p.rows + 1)),
                       collect_vulnerability, &p, e))
        return err_wrap(e, "listing vulnerabilities");
    *out = p.list.items;
    *count = p.list.count;
    *next = p.has_more ? p.next : STR("");
    return true;
}

static bool take_total(void *ctx, const db_row *row, err *e UNUSED)
{
    uint64_t *totals = ctx;
    int64_t severity = db_row_int(row, 0);
    if (severity >= 0 && severity < META_SEVERITIES) totals[severity] = (uint64_t)db_row_int(row, 1);
    return true;
}

bool meta_vulnerability_totals(meta *m, const meta_vulnerability_filter *f, uint64_t totals[META_SEVERITIES],
                               err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    str pattern;
    if (!like_pattern(&a, f->words, &pattern, e)) return false;
    memset(totals, 0, sizeof(totals[0]) * META_SEVERITIES);
    db_conn *c = db_reader(m->db, e);
    return c &&
           db_each(c, "vulnerability_totals",
                   DB_ARGS(DB_TEXT(f->repository), DB_INT(f->fix), DB_TEXT(pattern)), take_total, totals, e);
}

/* --- threats --------------------------------------------------------------------------------------------------------------- */

static bool collect_threat(void *ctx, const db_row *row, err *e)
{
    page *p = ctx;
    if (p->list.count == p->rows) {
        p->has_more = true;
        return true;
    }
    meta_threat_row *t = row_list_add(&p->list, e);
    arena *a = p->list.a;
    if (!t || !row_text(row, 0, a, &t->repository, e) || !row_text(row, 1, a, &t->path, e) ||
        !row_text(row, 2, a, &t->format, e) || !row_text(row, 3, a, &t->title, e) ||
        !row_digest(row, 4, DIGEST_SHA256, &t->sha256, e))
        return false;
    t->verdict = (unsigned)db_row_int(row, 5);
    t->modified_ms = db_row_int(row, 6);
    p->next = arena_printf(a, "%u.%lld", t->verdict, (long long)db_row_int(row, 7));
    return true;
}

bool meta_threat_list(meta *m, unsigned verdict_min, str repository, str after, size_t limit, arena *a,
                      meta_threat_row **out, size_t *count, str *next, err *e)
{
    int64_t from[2] = {VERDICT_ABOVE_ALL, 0};
    if (!cursor_read(after, from, 2, e)) return false;
    page p = {.list = {.a = a, .item_bytes = sizeof(meta_threat_row)}, .rows = page_rows(limit)};
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, "threat_list",
                       DB_ARGS(DB_INT(verdict_min), DB_TEXT(repository), DB_INT(from[0]), DB_INT(from[1]),
                               DB_INT(p.rows + 1)),
                       collect_threat, &p, e))
        return err_wrap(e, "listing model threats");
    *out = p.list.items;
    *count = p.list.count;
    *next = p.has_more ? p.next : STR("");
    return true;
}

/* --- models ---------------------------------------------------------------------------------------------------------------- */

static bool collect_model(void *ctx, const db_row *row, err *e)
{
    page *p = ctx;
    if (p->list.count == p->rows) {
        p->has_more = true;
        return true;
    }
    meta_model_row *t = row_list_add(&p->list, e);
    arena *a = p->list.a;
    if (!t || !row_text(row, 0, a, &t->repository, e) || !row_text(row, 1, a, &t->path, e) ||
        !row_text(row, 2, a, &t->format, e) || !row_digest(row, 3, DIGEST_SHA256, &t->sha256, e) ||
        !row_text(row, 7, a, &t->class, e) || !row_text(row, 8, a, &t->framework, e) ||
        !row_text(row, 9, a, &t->framework_version, e) || !row_text(row, 10, a, &t->license, e) ||
        !row_text(row, 11, a, &t->parameters, e))
        return false;
    t->verdict = (unsigned)db_row_int(row, 4);
    t->size_bytes = (uint64_t)db_row_int(row, 5);
    t->modified_ms = db_row_int(row, 6);
    p->next = arena_printf(a, "%lld", (long long)db_row_int(row, 12));
    return true;
}

bool meta_model_list(meta *m, const meta_model_filter *f, arena *a, meta_model_row **out, size_t *count,
                     str *next, err *e)
{
    int64_t from = INT64_MAX;
    str pattern;
    if (!cursor_read(f->after, &from, 1, e) || !like_pattern(a, f->words, &pattern, e)) return false;
    page p = {.list = {.a = a, .item_bytes = sizeof(meta_model_row)}, .rows = page_rows(f->limit)};
    db_conn *c = db_reader(m->db, e);
    if (!c ||
        !db_each(c, "model_list",
                 DB_ARGS(DB_INT(f->verdict_min), DB_TEXT(f->repository), DB_TEXT(pattern),
                         DB_TEXT(f->fact_name), DB_TEXT(f->fact_value), DB_INT(from), DB_INT(p.rows + 1)),
                 collect_model, &p, e))
        return err_wrap(e, "listing models");
    *out = p.list.items;
    *count = p.list.count;
    *next = p.has_more ? p.next : STR("");
    return true;
}

/* --- totals ---------------------------------------------------------------------------------------------------------------- */

static bool take_totals(void *ctx, const db_row *row, err *e UNUSED)
{
    *(meta_scan_totals *)ctx = (meta_scan_totals){.queued = (uint64_t)db_row_int(row, 0),
                                                  .running = (uint64_t)db_row_int(row, 1),
                                                  .artifacts = (uint64_t)db_row_int(row, 2),
                                                  .components = (uint64_t)db_row_int(row, 3),
                                                  .threats = (uint64_t)db_row_int(row, 4)};
    return true;
}

bool meta_scan_totals_read(meta *m, unsigned verdict_min, meta_scan_totals *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    return c && db_each(c, "scan_totals", DB_ARGS(DB_INT(verdict_min)), take_totals, out, e);
}
