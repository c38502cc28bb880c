/*
 * api/health.c - is it alive, can it work, what has it done.
 *
 * Open to anybody: who can reach the port may know that much, and monitoring systems have no account. Addresses that no
 * surface claims are worded here too.
 */
#include "api/metrics.h"
#include "api/routes.h"
#include "ui_api.h"

#include "base/limits.h"
#include "meta/scans.h"
#include "os/file.h"
#include "registry/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool alive(http_request *req UNUSED, http_response *resp, err *e UNUSED)
{
    http_header_set(resp, "Cache-Control", STR("no-store"));
    http_reply_static(resp, 200, "application/json", str_bytes(STR("{\"status\":\"alive\"}\n")));
    return true;
}

/* --- ready -------------------------------------------------------------------------------------------------------- */

static bool disk_is_writable(app *state, arena *a, err *e)
{
    const char *path;
    if (!str_to_c(a, arena_printf(a, "%s/ready.probe", state->data_folder), &path, e)) return false;
    AUTO(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot create '%s'", path);
    bool written = fd_write_all(fd, str_bytes(STR("ready\n")), e);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(e, ERR_STORAGE, "cannot remove '%s'", path);
    return written;
}

static bool database_answers(app *state, arena *a, err *e)
{
    meta_repository *list;
    size_t count;
    return meta_repository_list(state->meta, a, &list, &count, e);
}

static bool ready(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    if (http_server_is_stopping(http_request_server(req)))
        return err_set(e, ERR_UNAVAILABLE, "the server is stopping");
    err cause;
    if (!database_answers(state, http_arena(req), &cause) ||
        !disk_is_writable(state, http_arena(req), &cause))
        return err_set(e, ERR_UNAVAILABLE, "not ready: %s", cause.message);
    http_header_set(resp, "Cache-Control", STR("no-store"));
    http_reply_static(resp, 200, "application/json", str_bytes(STR("{\"status\":\"ready\"}\n")));
    return true;
}

/* --- metrics ------------------------------------------------------------------------------------------------------ */

static void write_value(buf *out, const char *name, const char *help, double value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %.17g\n", name, help, name, name, value);
}

static void write_server(http_server *server, buf *out)
{
    http_server_stats s;
    http_server_stats_read(server, &s);
    write_value(out, "assay_http_connections", "Open connections.", (double)s.connections);
    write_value(out, "assay_http_requests_in_flight", "Requests being answered.", (double)s.requests_running);
    write_value(out, "assay_http_uploads_in_flight", "Uploads being received.", (double)s.uploads_running);
    write_value(out, "assay_http_workers", "Worker threads.", (double)s.workers);
    write_value(out, "assay_http_workers_busy", "Worker threads at work.", (double)s.workers_busy);
    write_value(out, "assay_http_worker_queue_length", "Jobs that wait for a worker.",
                (double)s.queue_length);
}

/* The second number of /proc/self/statm is the resident pages. */
static double resident_bytes(void)
{
    AUTO_BUF buf text;
    buf_init(&text, 256);
    AUTO(fd_close) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !fd_read_all(fd, &text, NULL)) return 0;
    str total, rest, resident;
    uint64_t pages = 0;
    str_cut(buf_str(&text), ' ', &total, &rest);
    str_cut(rest, ' ', &resident, &rest);
    return str_to_u64(resident, &pages) ? (double)pages * (double)sysconf(_SC_PAGESIZE) : 0;
}

static void write_process(const app *state, buf *out)
{
    write_value(out, "process_resident_memory_bytes", "Resident memory size in bytes.", resident_bytes());
    write_value(out, "process_start_time_seconds", "Start time of the process since the epoch.",
                (double)state->started_ms / 1000);
    buf_printf(out, "# HELP assay_build_info The version that runs.\n# TYPE assay_build_info gauge\n");
    buf_printf(out, "assay_build_info{version=\"%s\"} 1\n", ASSAY_VERSION);
}

static bool write_scans(const app *state, buf *out, err *e)
{
    meta_scan_totals scans;
    if (!meta_scan_totals_read(state->meta, VERDICT_SUSPICIOUS, &scans, e)) return false;
    write_value(out, "assay_scans_queued", "Blobs that wait for their scan.", (double)scans.queued);
    write_value(out, "assay_scans_running", "Blobs being scanned.", (double)scans.running);
    return true;
}

static bool metrics(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_METRICS_BYTES);
    write_process(state, &text);
    write_server(http_request_server(req), &text);
    metrics_write(state->metrics, &text);
    if (!write_scans(state, &text, e) || !buf_ok(&text, "the metrics", e)) return false;
    http_header_set(resp, "Cache-Control", STR("no-store"));
    http_reply(resp, 200, "text/plain; version=0.0.4; charset=utf-8", buf_bytes(&text));
    return true;
}

static const http_route rows[] = {
    {HTTP_GET, "/healthz", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, alive, "the process is alive"},
    {HTTP_GET, "/readyz", AUTH_NOTHING, BODY_NONE, RUN_WORKER, NULL, ready,
     "requests can be served: the database answers and the disk can be written; 503 while stopping"},
    {HTTP_GET, "/metrics", AUTH_NOTHING, BODY_NONE, RUN_WORKER, NULL, metrics,
     "counters and gauges in Prometheus' text format"},
};

const http_route_table api_health_routes = {
    .name = "health", .prefix = "/", .rows = rows, .count = COUNT_OF(rows), .render_error = ui_render_error};
