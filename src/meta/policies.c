/*
 * policies.c - rows of policies, watches and violations.
 */
#include "meta/policies.h"

#include "base/limits.h"
#include "rows.h"

static const struct rule_statements {
    const char *insert, *replace, *list, *drop, *noun;
} statements[] = {
    [META_RULE_POLICY] = {"policy_insert", "policy_replace", "policy_list", "policy_delete", "policy"},
    [META_RULE_WATCH] = {"watch_insert", "watch_replace", "watch_list", "watch_delete", "watch"},
};

/* --- policies and watches --------------------------------------------------------------------------------------------------- */

typedef struct rule_work {
    const struct rule_statements *sql;
    const meta_rule_document *document;
    str name;
    bool must_be_new;
} rule_work;

static bool put_rule(db_conn *c, void *ctx, err *e)
{
    const rule_work *work = ctx;
    const meta_rule_document *d = work->document;
    uint64_t changed;
    const db_value args[] = {DB_TEXT(d->name), DB_TEXT(d->json), DB_INT(d->modified_ms)};
    if (!db_run(c, work->must_be_new ? work->sql->insert : work->sql->replace, args, COUNT_OF(args), &changed,
                NULL, e)) {
        if (e && e->code == ERR_CONFLICT)
            err_set(e, ERR_CONFLICT, "a %s named '%.*s' exists already", work->sql->noun, STR_ARG(d->name));
        return false;
    }
    return changed > 0 ||
           err_set(e, ERR_NOT_FOUND, "there is no %s named '%.*s'", work->sql->noun, STR_ARG(d->name));
}

bool meta_rule_put(meta *m, meta_rule_kind kind, const meta_rule_document *document, bool must_be_new, err *e)
{
    rule_work work = {.sql = &statements[kind], .document = document, .must_be_new = must_be_new};
    return db_write(m->db, put_rule, &work, e);
}

static bool drop_rule(db_conn *c, void *ctx, err *e)
{
    const rule_work *work = ctx;
    uint64_t changed;
    if (!db_run(c, work->sql->drop, DB_ARGS(DB_TEXT(work->name)), &changed, NULL, e)) return false;
    return changed > 0 ||
           err_set(e, ERR_NOT_FOUND, "there is no %s named '%.*s'", work->sql->noun, STR_ARG(work->name));
}

bool meta_rule_delete(meta *m, meta_rule_kind kind, str name, err *e)
{
    rule_work work = {.sql = &statements[kind], .name = name};
    return db_write(m->db, drop_rule, &work, e);
}

static bool collect_rule(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    meta_rule_document *d = row_list_add(list, e);
    if (!d || !row_text(row, 0, list->a, &d->name, e) || !row_text(row, 1, list->a, &d->json, e))
        return false;
    d->created_ms = db_row_int(row, 2);
    d->modified_ms = db_row_int(row, 3);
    return true;
}

bool meta_rule_list(meta *m, meta_rule_kind kind, arena *a, meta_rule_document **out, size_t *count, err *e)
{
    row_list list = {.a = a, .item_bytes = sizeof(meta_rule_document)};
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, statements[kind].list, DB_NO_ARGS, collect_rule, &list, e)) return false;
    *out = list.items;
    *count = list.count;
    return true;
}

/* --- violations ------------------------------------------------------------------------------------------------------------ */

static bool violation_from_row(const db_row *row, arena *a, meta_violation *v, err *e)
{
    v->id = db_row_int(row, 0);
    v->node = db_row_int(row, 1);
    v->severity = (unsigned)db_row_int(row, 8);
    v->blocks = db_row_int(row, 9) == 1;
    v->fails_build = db_row_int(row, 10) == 1;
    v->created_ms = db_row_int(row, 18);
    return row_digest(row, 2, DIGEST_SHA256, &v->sha256, e) && row_text(row, 3, a, &v->repository, e) &&
           row_text(row, 4, a, &v->path, e) && row_text(row, 5, a, &v->watch, e) &&
           row_text(row, 6, a, &v->policy, e) && row_text(row, 7, a, &v->rule, e) &&
           row_text(row, 11, a, &v->kind, e) && row_text(row, 12, a, &v->finding, e) &&
           row_text(row, 13, a, &v->summary, e) && row_text(row, 14, a, &v->advisory, e) &&
           row_text(row, 15, a, &v->component, e) && row_text(row, 16, a, &v->version, e) &&
           row_text(row, 17, a, &v->fixed, e);
}

static bool collect_violation(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    meta_violation *v = row_list_add(list, e);
    return v && violation_from_row(row, list->a, v, e);
}

typedef struct sync_work {
    int64_t node, now_ms;
    const meta_violation *wanted;
    size_t count;
} sync_work;

static bool is_wanted(const sync_work *work, const meta_violation *known)
{
    for (size_t i = 0; i < work->count; i++) {
        const meta_violation *w = &work->wanted[i];
        if (str_eq(w->finding, known->finding) && str_eq(w->policy, known->policy) &&
            str_eq(w->watch, known->watch))
            return true;
    }
    return false;
}

static bool put_violation(db_conn *c, const sync_work *work, const meta_violation *v, err *e)
{
    return db_run(c, "violation_put",
                  DB_ARGS(DB_INT(work->node), value_of_digest(&v->sha256), DB_TEXT(v->watch),
                          DB_TEXT(v->policy), DB_TEXT(v->rule), DB_INT(v->severity), DB_INT(v->blocks),
                          DB_INT(v->fails_build), DB_TEXT(v->kind), DB_TEXT(v->finding), DB_TEXT(v->summary),
                          DB_TEXT(v->advisory), DB_TEXT(v->component), DB_TEXT(v->version), DB_TEXT(v->fixed),
                          DB_INT(work->now_ms)),
                  NULL, NULL, e);
}

static bool sync_violations(db_conn *c, void *ctx, err *e)
{
    const sync_work *work = ctx;
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    row_list list = {.a = &a, .item_bytes = sizeof(meta_violation)};
    if (!db_each(c, "violation_of_node", DB_ARGS(DB_INT(work->node)), collect_violation, &list, e))
        return false;
    const meta_violation *known = list.items;
    for (size_t i = 0; i < list.count; i++)
        if (!is_wanted(work, &known[i]) &&
            !db_run(c, "violation_delete", DB_ARGS(DB_INT(known[i].id)), NULL, NULL, e))
            return false;
    for (size_t i = 0; i < work->count; i++)
        if (!put_violation(c, work, &work->wanted[i], e)) return false;
    return true;
}

bool meta_violation_sync(meta *m, int64_t node, const meta_violation *wanted, size_t count, int64_t now_ms,
                         err *e)
{
    sync_work work = {node, now_ms, wanted, count};
    return db_write(m->db, sync_violations, &work, e) || err_wrap(e, "storing violations");
}

static bool first_violation(meta *m, const char *statement, const db_value *args, size_t arg_count, arena *a,
                            meta_violation *out, bool *found, err *e)
{
    row_list list = {.a = a, .item_bytes = sizeof(meta_violation)};
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, statement, args, arg_count, collect_violation, &list, e)) return false;
    *found = list.count > 0;
    if (*found) *out = *(meta_violation *)list.items;
    return true;
}

bool meta_violation_find(meta *m, int64_t id, arena *a, meta_violation *out, err *e)
{
    bool found;
    if (!first_violation(m, "violation_find", DB_ARGS(DB_INT(id)), a, out, &found, e)) return false;
    return found || err_set(e, ERR_NOT_FOUND, "there is no violation %lld", (long long)id);
}

bool meta_violation_list(meta *m, const meta_violation_filter *f, arena *a, meta_violation **out,
                         size_t *count, err *e)
{
    row_list list = {.a = a, .item_bytes = sizeof(meta_violation)};
    size_t rows = f->limit == 0 || f->limit > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : f->limit;
    db_conn *c = db_reader(m->db, e);
    if (!c ||
        !db_each(c, "violation_list",
                 DB_ARGS(DB_INT(f->after_id), DB_TEXT(f->repository), DB_TEXT(f->path), DB_TEXT(f->watch),
                         DB_TEXT(f->policy), DB_INT(f->severity_min), DB_INT(f->blocking_only), DB_INT(rows)),
                 collect_violation, &list, e))
        return err_wrap(e, "listing violations");
    *out = list.items;
    *count = list.count;
    return true;
}

bool meta_violation_worst(meta *m, const meta_violation_worst_filter *f, arena *a, meta_violation **out,
                          size_t *count, err *e)
{
    static const meta_violation_place start = {.severity = UINT32_MAX, .id = 0};
    const meta_violation_place *after = f->after ? f->after : &start;
    row_list list = {.a = a, .item_bytes = sizeof(meta_violation)};
    size_t rows = f->limit == 0 || f->limit > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : f->limit;
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, "violation_worst",
                       DB_ARGS(DB_INT(after->severity), DB_INT(after->id), DB_TEXT(f->repository),
                               DB_TEXT(f->path), DB_INT(rows)),
                       collect_violation, &list, e))
        return err_wrap(e, "listing violations");
    *out = list.items;
    *count = list.count;
    return true;
}

static bool take_count(void *ctx, const db_row *row, err *e UNUSED)
{
    *(uint64_t *)ctx = (uint64_t)db_row_int(row, 0);
    return true;
}

bool meta_violation_count(meta *m, uint64_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    return c && db_each(c, "violation_count", DB_NO_ARGS, take_count, count, e);
}

bool meta_violation_blocking(meta *m, int64_t node, digest sha256, arena *a, meta_violation *worst,
                             uint64_t *count, err *e)
{
    bool found;
    const db_value args[] = {DB_INT(node), value_of_digest(&sha256)};
    *count = 0;
    if (!first_violation(m, "violation_blocking", args, COUNT_OF(args), a, worst, &found, e)) return false;
    db_conn *c = db_reader(m->db, e);
    return !found ||
           (c && db_each(c, "violation_blocking_count", args, COUNT_OF(args), take_count, count, e));
}
