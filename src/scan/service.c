/*
 * scan/service.c - the queue's workers: take a row, let a child look, keep what it found.
 *
 * The queue is a table, so a stop or a crash loses nothing: what was running is queued again at the next start. A scan counts as done only after
 * policies have judged it, so that no download slips through between the two.
 */
#include "service.h"

#include "base/clock.h"
#include "base/limits.h"
#include "meta/scans.h"
#include "os/file.h"
#include "part.h"
#include "result.h"
#include "scan_file.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

_Static_assert((int)SCAN_THREADS == (int)LIMIT_SCAN_CHILDREN, "one thread for each child that may run");

/* --- waking and waiting ------------------------------------------------------------------------------------------------------ */

void service_wake(scan_service *s)
{
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

bool service_wait(scan_service *s, uint64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&s->lock);
    if (!s->is_stopping) pthread_cond_timedwait(&s->changed, &s->lock, &until);
    bool goes_on = !s->is_stopping;
    pthread_mutex_unlock(&s->lock);
    return goes_on;
}

bool service_is_stopping(scan_service *s)
{
    pthread_mutex_lock(&s->lock);
    bool stopping = s->is_stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping;
}

/* --- one blob ---------------------------------------------------------------------------------------------------------------- */

bool service_scan_blob(scan_service *s, digest sha256, str path, json_t **part, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    if (!blob_open(s->config.blobs, sha256, &fd, &size_bytes, e)) return false;
    AUTO(json_release) json_t *made = NULL;
    if (!scan_part(s->config.spawner, &(scan_order){.fd = fd, .path = path}, &made, e)) return false;
    /* The child was killed because the server stops: that says nothing about the file. */
    if (service_is_stopping(s)) return err_set(e, ERR_UNAVAILABLE, "the server stops");
    *part = TAKE(made);
    return true;
}

static bool encode(arena *a, const json_t *value, str *text, err *e)
{
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_SCAN_REPORT_BYTES);
    if (value && !json_encode(value, &out, e)) return false;
    *text = arena_copy(a, buf_str(&out));
    return text->data || err_set(e, ERR_MEMORY, "no memory for a scan's documents");
}

static bool keep(scan_service *s, const meta_scan *job, json_t *target, const json_t *part, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    const held_index *advisories = holder_borrow(s->advisories);
    meta_scan_result rows;
    bool kept = scan_match(target, &advisories->index, &a, e) && result_rows(target, &a, &rows, e);
    if (kept) {
        rows.sha256 = job->sha256;
        rows.role = job->role;
        rows.advisories = advisories->id;
        kept = encode(&a, target, &rows.target, e) && encode(&a, part, &rows.report, e) &&
               meta_scan_store(s->config.meta, &rows, e);
    }
    holder_give_back(s->advisories, advisories);
    if (kept && s->config.judged) s->config.judged(s->config.judged_ctx, job->sha256);
    return kept;
}

static bool scan_one(scan_service *s, const meta_scan *job, err *e)
{
    AUTO(json_release) json_t *part = NULL;
    AUTO(json_release) json_t *target = NULL;
    if (job->role == META_SCAN_IMAGE) {
        if (!service_image(s, job->sha256, job->path, &target, e)) return false;
    } else {
        if (!service_scan_blob(s, job->sha256, job->path, &part, e)) return false;
        if (!part_to_target(part, job->path, &job->sha256, &target, e)) return false;
    }
    return keep(s, job, target, part, e);
}

static void run_job(scan_service *s, const meta_scan *job)
{
    err why = {0}, e = {0};
    int64_t began_us = clock_mono_us();
    bool done = scan_one(s, job, &why);
    if (!done && why.code == ERR_UNAVAILABLE) return; /* still "running": the next start takes it up again */
    if (done)
        log_info(s->config.log, "scan.done", LOG_C("sha256", digest_hex(job->sha256).text),
                 LOG_STR("path", job->path), LOG_I64("duration_us", clock_mono_us() - began_us));
    else
        log_error(s->config.log, "scan.failed", LOG_C("sha256", digest_hex(job->sha256).text),
                  LOG_STR("path", job->path), LOG_ERR(&why));
    if (!meta_scan_finish(s->config.meta, job->sha256, job->role, done ? META_SCAN_DONE : META_SCAN_FAILED,
                          str_from_c(why.message), clock_wall_ms(), &e))
        log_error(s->config.log, "scan.finish", LOG_ERR(&e));
    service_wake(s);
}

static void *scanner_main(void *ctx)
{
    enum { LOOK_AGAIN_MS = 10000 }; /* a wake-up tells of new work; this is for other nodes' */
    scan_service *s = ctx;
    while (!service_is_stopping(s)) {
        AUTO_ARENA arena a;
        arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
        meta_scan job;
        bool found = false;
        err e = {0};
        if (!meta_scan_take(s->config.meta, SCANNER_VERSION, &a, &job, &found, &e))
            log_error(s->config.log, "scan.queue", LOG_ERR(&e));
        if (found)
            run_job(s, &job);
        else if (!service_wait(s, LOOK_AGAIN_MS))
            break;
    }
    return NULL;
}

/* --- starting and stopping --------------------------------------------------------------------------------------------------- */

static bool start_threads(scan_service *s, err *e)
{
    for (; s->scanner_count < SCAN_THREADS; s->scanner_count++)
        if (pthread_create(&s->scanners[s->scanner_count], NULL, scanner_main, s) != 0)
            return err_set(e, ERR_INTERNAL, "cannot start a scan thread");
    s->has_rematcher = pthread_create(&s->rematcher, NULL, service_rematch_main, s) == 0;
    return s->has_rematcher || err_set(e, ERR_INTERNAL, "cannot start the matching thread");
}

bool scan_service_start(const scan_config *config, scan_service **out, err *e)
{
    scan_service *s = calloc(1, sizeof(*s));
    if (!s) return err_set(e, ERR_MEMORY, "no memory for the scan service");
    s->config = *config;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (!holder_open(config->folder, &s->advisories, e) ||
        !meta_scan_requeue(config->meta, SCANNER_VERSION, e) || !start_threads(s, e)) {
        scan_service_stop(s);
        return err_wrap(e, "starting the scan service");
    }
    *out = s;
    return true;
}

void scan_service_stop(scan_service *s)
{
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->is_stopping = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    spawner_cancel(s->config.spawner);
    for (size_t i = 0; i < s->scanner_count; i++) pthread_join(s->scanners[i], NULL);
    if (s->has_rematcher) pthread_join(s->rematcher, NULL);
    holder_close(s->advisories);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- asking ------------------------------------------------------------------------------------------------------------------ */

static meta_scan_order order_of(digest sha256, str path, str mime)
{
    return (meta_scan_order){.sha256 = sha256,
                             .role = service_is_image(mime) ? META_SCAN_IMAGE : META_SCAN_ARTIFACT,
                             .scanner_version = SCANNER_VERSION,
                             .now_ms = clock_wall_ms(),
                             .path = path,
                             .mime = mime};
}

bool scan_enqueue(scan_service *s, digest sha256, str path, str mime, err *e)
{
    meta_scan_order order = order_of(sha256, path, mime);
    meta_scan_state state;
    if (!meta_scan_ask(s->config.meta, &order, &state, e)) return false;
    /* The bytes are known, but this artifact is new: policies must have their say before anybody downloads it. */
    if (state == META_SCAN_DONE && s->config.judged) s->config.judged(s->config.judged_ctx, sha256);
    if (state == META_SCAN_QUEUED) service_wake(s);
    return true;
}

bool scan_again(scan_service *s, digest sha256, str path, str mime, err *e)
{
    meta_scan_order order = order_of(sha256, path, mime);
    if (service_is_image(mime) && !service_image_forget(s, sha256, e)) return false;
    if (!meta_scan_ask_again(s->config.meta, &order, e)) return false;
    service_wake(s);
    return true;
}

bool scan_status_read(meta *m, digest sha256, scan_status *out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    meta_scan row;
    err why = {0};
    *out = (scan_status){.state = SCAN_NONE};
    if (!meta_scan_find(m, sha256, &a, &row, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.message);
    /* A layer that nobody deployed for itself was never judged. */
    if (row.role == META_SCAN_PART) return true;
    *out = (scan_status){.state = (scan_state)row.state,
                         .verdict = (verdict)row.verdict,
                         .info = row.counts[SEVERITY_INFO],
                         .low = row.counts[SEVERITY_LOW],
                         .medium = row.counts[SEVERITY_MEDIUM],
                         .high = row.counts[SEVERITY_HIGH],
                         .critical = row.counts[SEVERITY_CRITICAL],
                         .finished_ms = row.finished_ms};
    return row.state != META_SCAN_QUEUED || meta_scan_place(m, sha256, &out->queue_place, e);
}

bool scan_target_read(meta *m, digest sha256, arena *a, json_t **target, err *e)
{
    str part, text;
    if (!meta_scan_documents(m, sha256, a, &part, &text, e)) return false;
    if (text.len == 0)
        return err_set(e, ERR_NOT_FOUND, "%s was scanned as a layer only", digest_text(sha256).text);
    return json_decode_large(str_bytes(text), LIMIT_SCAN_REPORT_BYTES, "a stored scan", target, e);
}

bool scan_status_of(scan_service *s, digest sha256, scan_status *out, err *e)
{
    return scan_status_read(s->config.meta, sha256, out, e);
}

bool scan_result_of(scan_service *s, digest sha256, arena *a, json_t **target, err *e)
{
    return scan_target_read(s->config.meta, sha256, a, target, e);
}

bool scan_advisories(scan_service *s, arena *a, json_t **status, err *e)
{
    (void)a;
    const held_index *held = holder_borrow(s->advisories);
    const advisory_index *index = &held->index;
    json_t *made =
        json_pack("{s:I, s:I, s:o, s:o, s:b}", "count", (json_int_t)index->advisory_count, "ranges",
                  (json_int_t)index->range_count, "newest", json_from_str(index->newest_modified),
                  "imported_at", json_from_str(index->imported_at), "starter", index->is_starter);
    holder_give_back(s->advisories, held);
    if (!made) return err_set(e, ERR_MEMORY, "no memory for the advisories' status");
    *status = made;
    return true;
}
