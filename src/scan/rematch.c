/*
 * scan/rematch.c - new advisories judge what is stored: components are matched again, no blob is read.
 *
 * Each scan row remembers the index that judged it, so an interrupted round goes on where it was, also after a restart.
 */
#include "service.h"

#include "base/clock.h"
#include "base/limits.h"
#include "meta/scans.h"
#include "result.h"

enum { LOOK_MS = 1000, ROUND_ROWS = 200 };

static bool rematch_one(scan_service *s, const held_index *advisories, digest sha256, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(json_release) json_t *target = NULL;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    meta_scan_result rows;
    if (!scan_result_of(s, sha256, &a, &target, e) || !scan_match(target, &advisories->index, &a, e) ||
        !result_rows(target, &a, &rows, e) || !json_encode(target, &text, e))
        return false;
    rows.sha256 = sha256;
    rows.advisories = advisories->id;
    rows.target = buf_str(&text);
    if (!meta_scan_rematch(s->config.meta, &rows, e)) return false;
    if (s->config.judged) s->config.judged(s->config.judged_ctx, sha256);
    return true;
}

/* One batch; *count 0 says that everything is judged by these advisories. Trouble with one blob does not stop the others. */
static bool rematch_batch(scan_service *s, const held_index *advisories, digest *after, size_t *count, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    digest *stale;
    if (!meta_scan_stale(s->config.meta, advisories->id, *after, ROUND_ROWS, &a, &stale, count, e))
        return false;
    for (size_t i = 0; i < *count; i++) {
        err why = {0};
        if (!rematch_one(s, advisories, stale[i], &why))
            log_error(s->config.log, "scan.rematch", LOG_C("sha256", digest_hex(stale[i]).text),
                      LOG_ERR(&why));
        *after = stale[i];
    }
    return true;
}

static void rematch_all(scan_service *s)
{
    const held_index *advisories = holder_borrow(s->advisories);
    digest after = {.kind = DIGEST_NONE};
    size_t count, total = 0;
    int64_t began_us = clock_mono_us();
    err e = {0};
    do {
        if (!rematch_batch(s, advisories, &after, &count, &e)) {
            log_error(s->config.log, "scan.rematch", LOG_ERR(&e));
            break;
        }
        total += count;
    } while (count > 0 && service_wait(s, 0));
    holder_give_back(s->advisories, advisories);
    if (total)
        log_info(s->config.log, "scan.rematched", LOG_U64("blobs", total),
                 LOG_I64("duration_us", clock_mono_us() - began_us));
}

void *service_rematch_main(void *service)
{
    scan_service *s = service;
    bool changed = true; /* the first round takes up what an earlier run left */
    char last_trouble[sizeof(((err *)0)->message)] = "";
    do {
        if (changed) rematch_all(s);
        err e = {0};
        if (!holder_refresh(s->advisories, &changed, &e) && strcmp(last_trouble, e.message) != 0) {
            memcpy(last_trouble, e.message, sizeof(last_trouble));
            log_error(s->config.log, "scan.advisories", LOG_ERR(&e));
        }
        if (changed)
            log_info(s->config.log, "scan.advisories", LOG_C("event_detail", "a new index is in use"));
    } while (changed || service_wait(s, LOOK_MS));
    return NULL;
}
