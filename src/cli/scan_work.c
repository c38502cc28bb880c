/*
 * cli/scan_work.c - all targets over all cores: each thread takes the next file and waits for its child.
 */
#include "scan.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"
#include "policy/policy.h"
#include "scan/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 64, PROGRESS_MS = 100, PROGRESS_AFTER_MS = 1000 };

typedef struct scan_crew {
    const scan_work *work;
    json_t **results; /* by target */
    atomic_size_t next, done;
    atomic_bool policy_failed, out_of_memory;
} scan_crew;

/* --- one target --------------------------------------------------------------------------------------------------------------- */

/* A file that cannot be opened is a target all the same: silence about it would read as "clean". */
static json_t *unreadable(str path, const err *why)
{
    json_t *title = json_from_str(str_from_c(why->message));
    return json_pack("{s:o, s:s, s:n, s:s, s:[], s:[], s:[{s:s, s:s, s:s, s:o, s:{s:s}}]}", "path",
                     json_from_str(path), "sha256", "", "format", "verdict", "unparseable", "components",
                     "facts", "findings", "code", "scan_incomplete", "kind", "model_threat", "severity",
                     "high", "title", title, "where", "member", "");
}

static bool judge(const scan_work *work, json_t *target, bool *failed, err *e)
{
    json_t *all = json_array(), *p;
    size_t i, j;
    if (json_object_set_new(target, "violations", all) != 0)
        return err_set(e, ERR_MEMORY, "no memory for violations");
    json_array_foreach(work->policies, i, p)
    {
        AUTO(json_release) json_t *violations = NULL;
        bool fails;
        json_t *item;
        if (!policy_judge_target(p, target, &violations, &fails, e)) return false;
        *failed = *failed || fails;
        json_array_foreach(violations, j, item)(void) json_array_append(all, item);
    }
    return true;
}

static bool scan_target(const scan_work *work, const char *path, json_t **target, bool *failed, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(fd_close) int fd = -1;
    AUTO(json_release) json_t *made = NULL;
    if (!scan_target_open(path, &fd, e) || !scan_file(work->spawner, fd, str_from_c(path), NULL, &made, e) ||
        !scan_match(made, work->advisories, &a, e) || (work->policies && !judge(work, made, failed, e)))
        return false;
    *target = TAKE(made);
    return true;
}

static void *crew_member(void *ctx)
{
    scan_crew *crew = ctx;
    const scan_targets *targets = crew->work->targets;
    for (size_t i; (i = atomic_fetch_add(&crew->next, 1)) < targets->count;) {
        err why = {0};
        bool failed = false;
        if (!scan_target(crew->work, targets->paths[i], &crew->results[i], &failed, &why))
            crew->results[i] = unreadable(str_from_c(targets->paths[i]), &why);
        if (!crew->results[i]) atomic_store(&crew->out_of_memory, true);
        if (failed) atomic_store(&crew->policy_failed, true);
        atomic_fetch_add(&crew->done, 1);
    }
    return NULL;
}

/* --- all of them ---------------------------------------------------------------------------------------------------------------- */

static void show_progress(scan_crew *crew, int64_t began_us)
{
    size_t total = crew->work->targets->count;
    bool is_shown = false;
    while (isatty(STDERR_FILENO) && atomic_load(&crew->done) < total) {
        struct timespec pause = {.tv_nsec = PROGRESS_MS * 1000000L};
        nanosleep(&pause, NULL);
        if (clock_mono_us() - began_us < PROGRESS_AFTER_MS * 1000) continue;
        fprintf(stderr, "\rscanning: %zu of %zu files", atomic_load(&crew->done), total);
        is_shown = true;
    }
    if (is_shown) fputs("\r\033[K", stderr);
}

static size_t crew_size(size_t target_count)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t size = cores > 0 ? (size_t)cores : 1;
    if (size > THREADS_MAX) size = THREADS_MAX;
    if (size > LIMIT_CHILDREN) size = LIMIT_CHILDREN;
    return size < target_count ? size : target_count;
}

static bool run_crew(scan_crew *crew, err *e)
{
    pthread_t members[THREADS_MAX];
    size_t wanted = crew_size(crew->work->targets->count), started = 0;
    int64_t began_us = clock_mono_us();
    while (started < wanted && pthread_create(&members[started], NULL, crew_member, crew) == 0) started++;
    if (started > 0) show_progress(crew, began_us);
    for (size_t i = 0; i < started; i++) pthread_join(members[i], NULL);
    if (started == 0 && wanted > 0) return err_set(e, ERR_INTERNAL, "cannot start a thread");
    return !atomic_load(&crew->out_of_memory) || err_set(e, ERR_MEMORY, "no memory for all results");
}

bool scan_work_run(const scan_work *work, json_t **targets, bool *failed, err *e)
{
    scan_crew crew = {.work = work};
    crew.results = calloc(work->targets->count + 1, sizeof(json_t *));
    AUTO(json_release) json_t *list = json_array();
    if (!crew.results || !list) {
        free(crew.results);
        return err_set(e, ERR_MEMORY, "no memory for %zu results", work->targets->count);
    }
    bool fine = run_crew(&crew, e);
    for (size_t i = 0; i < work->targets->count; i++)
        if (crew.results[i]) (void)json_array_append_new(list, crew.results[i]);
    free(crew.results);
    if (!fine) return false;
    *failed = atomic_load(&crew.policy_failed);
    *targets = TAKE(list);
    return true;
}
