/*
 * scans.c - the scan queue and what scans found.
 *
 * Taking from the queue is a transaction of the single writer, so two workers never get the same row. Results replace what was there in one
 * transaction, so a reader sees the findings of one matching, never a mixture.
 */
#include "meta/scans.h"

#include "rows.h"

/* --- rows ------------------------------------------------------------------------------------------------------------------ */

typedef struct scan_sink {
    arena *a;
    meta_scan *out;
    int64_t id;
    bool found;
} scan_sink;

static bool take_scan(void *ctx, const db_row *row, err *e)
{
    scan_sink *sink = ctx;
    meta_scan s = {.state = (meta_scan_state)db_row_int(row, 1),
                   .role = (meta_scan_role)db_row_int(row, 2),
                   .scanner_version = db_row_int(row, 3),
                   .verdict = (unsigned)db_row_int(row, 6),
                   .queued_ms = db_row_int(row, 13),
                   .finished_ms = db_row_int(row, 14)};
    for (unsigned i = 0; i < META_SEVERITIES; i++) s.counts[i] = (unsigned)db_row_int(row, 8 + i);
    if (!row_digest(row, 0, DIGEST_SHA256, &s.sha256, e) || !row_text(row, 4, sink->a, &s.path, e) ||
        !row_text(row, 5, sink->a, &s.mime, e) || !row_text(row, 7, sink->a, &s.format, e) ||
        !row_text(row, 15, sink->a, &s.advisories, e) || !row_text(row, 16, sink->a, &s.trouble, e))
        return false;
    *sink->out = s;
    sink->id = db_row_int(row, 17);
    sink->found = true;
    return true;
}

static bool find_in(db_conn *c, digest sha256, arena *a, meta_scan *out, int64_t *id, bool *found, err *e)
{
    scan_sink sink = {.a = a, .out = out};
    if (!db_each(c, "scan_find", DB_ARGS(value_of_digest(&sha256)), take_scan, &sink, e)) return false;
    *found = sink.found;
    if (id) *id = sink.id;
    return true;
}

static bool unknown(digest sha256, err *e)
{
    return err_set(e, ERR_NOT_FOUND, "no scan of %s is known", digest_text(sha256).text);
}

bool meta_scan_find(meta *m, digest sha256, arena *a, meta_scan *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    bool found;
    if (!c || !find_in(c, sha256, a, out, NULL, &found, e)) return false;
    return found || unknown(sha256, e);
}

/* --- the queue ------------------------------------------------------------------------------------------------------------- */

typedef struct ask_work {
    const meta_scan_order *order;
    meta_scan_state state;
    bool take, taken; /* for an image: begin at once instead of queueing */
    bool again;       /* a result that is there does not matter */
} ask_work;

static bool insert_order(db_conn *c, const meta_scan_order *o, meta_scan_state state, err *e)
{
    return db_run(c, "scan_insert",
                  DB_ARGS(value_of_digest(&o->sha256), DB_INT(state), DB_INT(o->role),
                          DB_INT(o->scanner_version), DB_TEXT(o->path), DB_TEXT(o->mime), DB_INT(o->now_ms)),
                  NULL, NULL, e);
}

/* A blob keeps the highest role it ever had. */
static bool restart(db_conn *c, const meta_scan_order *o, const meta_scan *known, meta_scan_state state,
                    err *e)
{
    bool is_lower = o->role < known->role;
    return db_run(c, "scan_restart",
                  DB_ARGS(value_of_digest(&o->sha256), DB_INT(state),
                          DB_INT(is_lower ? known->role : o->role), DB_INT(o->scanner_version),
                          DB_TEXT(is_lower ? known->path : o->path),
                          DB_TEXT(is_lower ? known->mime : o->mime), DB_INT(o->now_ms)),
                  NULL, NULL, e);
}

static bool is_fresh(const meta_scan *known, const meta_scan_order *o)
{
    return known->state == META_SCAN_DONE && known->scanner_version >= o->scanner_version;
}

static bool ask_now(db_conn *c, void *ctx, err *e)
{
    ask_work *work = ctx;
    const meta_scan_order *o = work->order;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    meta_scan known;
    bool found;
    if (!find_in(c, o->sha256, &a, &known, NULL, &found, e)) return false;

    meta_scan_state wanted = work->take ? META_SCAN_RUNNING : META_SCAN_QUEUED;
    bool covers = found && known.role >= o->role;
    bool is_under_way =
        found && (known.state == META_SCAN_RUNNING || (known.state == META_SCAN_QUEUED && !work->take));
    if (covers && (is_under_way || (!work->again && is_fresh(&known, o)))) {
        work->state = known.state;
        return true;
    }
    if (found && known.state == META_SCAN_RUNNING && work->take) {
        work->state = known.state;
        return true;
    }
    /* An artifact's row is its own scan's: a layer's would end it without vulnerabilities and judgement. */
    if (found && known.role > o->role && work->take) {
        work->state = META_SCAN_QUEUED;
        return true;
    }
    work->state = wanted;
    work->taken = work->take;
    return found ? restart(c, o, &known, wanted, e) : insert_order(c, o, wanted, e);
}

bool meta_scan_ask(meta *m, const meta_scan_order *order, meta_scan_state *state, err *e)
{
    ask_work work = {.order = order};
    if (!db_write(m->db, ask_now, &work, e)) return err_wrap(e, "asking for a scan");
    *state = work.state;
    return true;
}

bool meta_scan_ask_again(meta *m, const meta_scan_order *order, err *e)
{
    ask_work work = {.order = order, .again = true};
    return db_write(m->db, ask_now, &work, e) || err_wrap(e, "asking for another scan");
}

static bool forget_part(db_conn *c, void *ctx, err *e)
{
    return db_run(c, "scan_forget", DB_ARGS(value_of_digest(ctx)), NULL, NULL, e);
}

bool meta_scan_forget_part(meta *m, digest sha256, err *e)
{
    return db_write(m->db, forget_part, &sha256, e) || err_wrap(e, "forgetting a layer's scan");
}

bool meta_scan_take_part(meta *m, const meta_scan_order *order, bool *taken, meta_scan_state *state, err *e)
{
    ask_work work = {.order = order, .take = true};
    if (!db_write(m->db, ask_now, &work, e)) return err_wrap(e, "asking for a layer's scan");
    *taken = work.taken;
    *state = work.state;
    return true;
}

typedef struct take_work {
    scan_sink sink;
    int64_t scanner_version;
} take_work;

static bool take_oldest(db_conn *c, void *ctx, err *e)
{
    take_work *work = ctx;
    if (!db_each(c, "scan_oldest", DB_NO_ARGS, take_scan, &work->sink, e)) return false;
    if (!work->sink.found) return true;
    return db_run(c, "scan_run",
                  DB_ARGS(value_of_digest(&work->sink.out->sha256), DB_INT(work->scanner_version)), NULL,
                  NULL, e);
}

bool meta_scan_take(meta *m, int64_t scanner_version, arena *a, meta_scan *out, bool *found, err *e)
{
    /* Looking first keeps an idle server from writing. */
    db_conn *c = db_reader(m->db, e);
    take_work work = {.sink = {.a = a, .out = out}, .scanner_version = scanner_version};
    if (!c || !db_each(c, "scan_oldest", DB_NO_ARGS, take_scan, &work.sink, e)) return false;
    *found = work.sink.found;
    if (!*found) return true;
    work.sink.found = false;
    if (!db_write(m->db, take_oldest, &work, e)) return err_wrap(e, "taking a scan from the queue");
    *found = work.sink.found;
    return true;
}

static bool requeue(db_conn *c, void *ctx, err *e)
{
    return db_run(c, "scan_requeue", DB_ARGS(DB_INT(*(const int64_t *)ctx)), NULL, NULL, e);
}

bool meta_scan_requeue(meta *m, int64_t scanner_version, err *e)
{
    return db_write(m->db, requeue, &scanner_version, e) || err_wrap(e, "taking interrupted scans up again");
}

static bool take_count(void *ctx, const db_row *row, err *e UNUSED)
{
    *(uint64_t *)ctx = (uint64_t)db_row_int(row, 0);
    return true;
}

bool meta_scan_place(meta *m, digest sha256, uint64_t *place, err *e)
{
    db_conn *c = db_reader(m->db, e);
    return c && db_each(c, "scan_place", DB_ARGS(value_of_digest(&sha256)), take_count, place, e);
}

/* --- documents ------------------------------------------------------------------------------------------------------------- */

typedef struct document_sink {
    arena *a;
    str *report, *target;
    bool found;
} document_sink;

static bool take_documents(void *ctx, const db_row *row, err *e)
{
    document_sink *sink = ctx;
    sink->found = true;
    return row_text(row, 0, sink->a, sink->report, e) && row_text(row, 1, sink->a, sink->target, e);
}

bool meta_scan_documents(meta *m, digest sha256, arena *a, str *report, str *target, err *e)
{
    document_sink sink = {.a = a, .report = report, .target = target};
    db_conn *c = db_reader(m->db, e);
    if (!c || !db_each(c, "scan_documents_find", DB_ARGS(value_of_digest(&sha256)), take_documents, &sink, e))
        return false;
    return sink.found || unknown(sha256, e);
}

/* --- results --------------------------------------------------------------------------------------------------------------- */

static bool set_result(db_conn *c, const meta_scan_result *r, err *e)
{
    int64_t counts[META_SEVERITIES] = {0};
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].severity < META_SEVERITIES) counts[r->findings[i].severity]++;
    return db_run(c, "scan_set_result",
                  DB_ARGS(value_of_digest(&r->sha256), DB_INT(r->verdict), DB_TEXT(r->format),
                          DB_TEXT(r->advisories), DB_INT(counts[0]), DB_INT(counts[1]), DB_INT(counts[2]),
                          DB_INT(counts[3]), DB_INT(counts[4])),
                  NULL, NULL, e);
}

static bool put_findings(db_conn *c, int64_t scan, const meta_scan_result *r, err *e)
{
    if (!db_run(c, "finding_delete", DB_ARGS(DB_INT(scan)), NULL, NULL, e)) return false;
    for (size_t i = 0; i < r->finding_count; i++) {
        const meta_finding *f = &r->findings[i];
        if (!db_run(c, "finding_insert",
                    DB_ARGS(DB_INT(scan), DB_TEXT(f->code), DB_TEXT(f->kind), DB_INT(f->severity),
                            DB_TEXT(f->title), DB_TEXT(f->component), DB_TEXT(f->version), DB_TEXT(f->eco),
                            DB_TEXT(f->advisory), DB_TEXT(f->aliases), DB_TEXT(f->fixed), DB_REAL(f->cvss),
                            DB_TEXT(f->cvss_vector), DB_TEXT(f->member), DB_TEXT(f->call),
                            DB_TEXT(f->advice)),
                    NULL, NULL, e))
            return false;
    }
    return true;
}

static bool put_components(db_conn *c, int64_t scan, const meta_scan_result *r, err *e)
{
    if (!db_run(c, "component_delete", DB_ARGS(DB_INT(scan)), NULL, NULL, e)) return false;
    for (size_t i = 0; i < r->component_count; i++) {
        const meta_component *p = &r->components[i];
        if (!db_run(c, "component_insert",
                    DB_ARGS(DB_INT(scan), DB_TEXT(p->eco), DB_TEXT(p->name), DB_TEXT(p->version),
                            DB_TEXT(p->namespace), DB_TEXT(p->path), DB_TEXT(p->licenses),
                            DB_INT(p->is_declared_only)),
                    NULL, NULL, e))
            return false;
    }
    return true;
}

static bool put_facts(db_conn *c, int64_t scan, const meta_scan_result *r, err *e)
{
    if (!db_run(c, "model_fact_delete", DB_ARGS(DB_INT(scan)), NULL, NULL, e)) return false;
    for (size_t i = 0; i < r->fact_count; i++)
        if (!db_run(c, "model_fact_insert",
                    DB_ARGS(DB_INT(scan), DB_TEXT(r->facts[i].name), DB_TEXT(r->facts[i].value)), NULL, NULL,
                    e))
            return false;
    return true;
}

static bool scan_id(db_conn *c, digest sha256, int64_t *id, meta_scan_role *role, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    meta_scan known;
    bool found;
    if (!find_in(c, sha256, &a, &known, id, &found, e)) return false;
    if (!found) return unknown(sha256, e);
    *role = known.role;
    return true;
}

static bool store(db_conn *c, void *ctx, err *e)
{
    const meta_scan_result *r = ctx;
    int64_t id = 0;
    meta_scan_role role = META_SCAN_ARTIFACT;
    if (!scan_id(c, r->sha256, &id, &role, e)) return false;
    /* Wanted in a higher role while it was scanned in this one: that scan will have the word. */
    if (role != r->role) return true;
    return set_result(c, r, e) &&
           db_run(c, "scan_documents_put", DB_ARGS(DB_INT(id), DB_TEXT(r->report), DB_TEXT(r->target)), NULL,
                  NULL, e) &&
           put_components(c, id, r, e) && put_facts(c, id, r, e) && put_findings(c, id, r, e);
}

static bool rematch(db_conn *c, void *ctx, err *e)
{
    const meta_scan_result *r = ctx;
    int64_t id;
    meta_scan_role role;
    return scan_id(c, r->sha256, &id, &role, e) && set_result(c, r, e) &&
           db_run(c, "scan_target_set", DB_ARGS(DB_INT(id), DB_TEXT(r->target)), NULL, NULL, e) &&
           put_findings(c, id, r, e);
}

bool meta_scan_store(meta *m, const meta_scan_result *result, err *e)
{
    meta_scan_result r = *result;
    return db_write(m->db, store, &r, e) || err_wrap(e, "storing the scan of %s", digest_text(r.sha256).text);
}

bool meta_scan_rematch(meta *m, const meta_scan_result *result, err *e)
{
    meta_scan_result r = *result;
    return db_write(m->db, rematch, &r, e) || err_wrap(e, "matching %s again", digest_text(r.sha256).text);
}

typedef struct finish_work {
    digest sha256;
    meta_scan_role role;
    meta_scan_state state;
    str trouble;
    int64_t now_ms;
} finish_work;

static bool finish(db_conn *c, void *ctx, err *e)
{
    const finish_work *work = ctx;
    return db_run(c, "scan_finish",
                  DB_ARGS(value_of_digest(&work->sha256), DB_INT(work->state), DB_TEXT(work->trouble),
                          DB_INT(work->now_ms), DB_INT(work->role)),
                  NULL, NULL, e);
}

bool meta_scan_finish(meta *m, digest sha256, meta_scan_role role, meta_scan_state state, str trouble,
                      int64_t now_ms, err *e)
{
    finish_work work = {sha256, role, state, trouble, now_ms};
    return db_write(m->db, finish, &work, e) ||
           err_wrap(e, "finishing the scan of %s", digest_text(sha256).text);
}

static bool collect_digest(void *ctx, const db_row *row, err *e)
{
    digest *d = row_list_add(ctx, e);
    return d && row_digest(row, 0, DIGEST_SHA256, d, e);
}

bool meta_scan_stale(meta *m, str advisories, digest after, size_t limit, arena *a, digest **out,
                     size_t *count, err *e)
{
    row_list list = {.a = a, .item_bytes = sizeof(digest)};
    db_conn *c = db_reader(m->db, e);
    bytes from = {after.value, after.kind == DIGEST_NONE ? 0 : digest_size_bytes(after.kind)};
    if (!c || !db_each(c, "scan_stale", DB_ARGS(DB_TEXT(advisories), DB_BLOB(from), DB_INT(limit)),
                       collect_digest, &list, e))
        return false;
    *out = list.items;
    *count = list.count;
    return true;
}
