/*
 * cli/scan_work.c - all targets over all cores: each thread takes the next task of the plan and waits for its child.
 */
#include "scan.h"
#include "scan_plan.h"
#include "scan_remote.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"
#include "policy/policy.h"
#include "scan/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 64, PROGRESS_MS = 100, PROGRESS_AFTER_MS = 500 };

typedef struct scan_crew {
    const scan_work *work;
    scan_plan plan;
    json_t **results; /* by target */
    size_t all_files;
    atomic_size_t next_task, done_files;
    atomic_uint_least64_t all_bytes,
        done_bytes; /* images tell how large they are when their manifest is there */
    atomic_bool policy_failed, out_of_memory;
    pthread_mutex_t lock; /* of `is_over` */
    pthread_cond_t over;
    bool is_over;
} scan_crew;

/* --- one target --------------------------------------------------------------------------------------------------------------- */

/* A file that cannot be opened is a target all the same: silence about it would read as "clean". */
static json_t *unreadable(const scan_entry *entry, const err *why)
{
    json_t *title = json_from_str(str_from_c(why->message));
    return json_pack("{s:o, s:n, s:n, s:s, s:[], s:[], s:[{s:s, s:s, s:s, s:o, s:{s:s}, s:s}]}", "path",
                     json_from_str(str_from_c(entry->path)), "sha256", "format", "verdict", "unparseable",
                     "components", "facts", "findings", "code", "scan_incomplete", "kind", "model_threat",
                     "severity", "high", "title", title, "where", "member", "", "advice",
                     "What was not read cannot be called safe. Make it readable, and scan it again.");
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

/* Advisories and policies, which are ours to ask; the child knows neither. */
static bool complete(const scan_work *work, json_t *target, bool *failed, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    return scan_match(target, work->advisories, &a, e) && (!work->policies || judge(work, target, failed, e));
}

/* Takes `target`, which may be NULL when `why` tells what went wrong. */
static void keep(scan_crew *crew, size_t which, json_t *target, err *why)
{
    const scan_entry *entry = &crew->work->targets->entries[which];
    bool failed = false, waits = target && scan_siblings_wanted(entry, target);
    if (target && !waits && !complete(crew->work, target, &failed, why)) {
        json_decref(target);
        target = NULL;
    }
    if (!target) target = unreadable(entry, why);
    if (!target) atomic_store(&crew->out_of_memory, true);
    if (failed) atomic_store(&crew->policy_failed, true);
    crew->results[which] = target;
    atomic_fetch_add(&crew->done_files, 1);
}

static scan_remote_options remote_options(scan_crew *crew)
{
    return (scan_remote_options){.user = crew->work->user,
                                 .platform = crew->work->platform,
                                 .all_bytes = &crew->all_bytes,
                                 .done_bytes = &crew->done_bytes};
}

static bool open_entry(scan_crew *crew, const scan_entry *entry, int *fd, err *e)
{
    scan_remote_options remote = remote_options(crew);
    return entry->source == SOURCE_SERVER ? scan_remote_open(entry->path, &remote, fd, e)
                                          : scan_entry_open(entry, fd, e);
}

static bool scan_entry_alone(scan_crew *crew, const scan_entry *entry, json_t **target, err *e)
{
    AUTO(fd_close) int fd = -1;
    scan_remote_options remote = remote_options(crew);
    if (entry->source == SOURCE_IMAGE)
        return scan_remote_image(crew->work->spawner, entry->path, &remote, target, e);
    if (!open_entry(crew, entry, &fd, e)) return false;
    scan_order order = {.fd = fd,
                        .path = str_from_c(entry->path),
                        .hash_bytes_max = crew->work->hash_bytes_max,
                        .is_brief = crew->work->is_brief,
                        .hashed_bytes = &crew->done_bytes};
    return scan_open_file(crew->work->spawner, &order, target, e);
}

static void scan_alone(scan_crew *crew, size_t which)
{
    const scan_entry *entry = &crew->work->targets->entries[which];
    err why = {0};
    json_t *target = NULL;
    if (!scan_entry_alone(crew, entry, &target, &why)) target = NULL;
    if (entry->size_bytes > crew->work->hash_bytes_max)
        atomic_fetch_add(&crew->done_bytes, entry->size_bytes); /* hashing counts as it goes */
    keep(crew, which, target, &why);
}

/* --- many small ones ------------------------------------------------------------------------------------------------------------- */

/* What cannot be opened, or has grown meanwhile, is dealt with at once; the rest waits in the bundle. */
static bool put_into(scan_crew *crew, scan_bundle *bundle, size_t which)
{
    const scan_entry *entry = &crew->work->targets->entries[which];
    AUTO(fd_close) int fd = -1;
    err why = {0};
    bool taken = false;
    if (!scan_entry_open(entry, &fd, &why) ||
        !scan_bundle_add(bundle, fd, str_from_c(entry->path), &taken, &why)) {
        keep(crew, which, NULL, &why);
        return false;
    }
    if (!taken) scan_alone(crew, which);
    return taken;
}

static void scan_bundled(scan_crew *crew, const scan_task *task, scan_bundle *bundle)
{
    size_t bundled[LIMIT_SCAN_BUNDLE_FILES], count = 0;
    json_t *targets[LIMIT_SCAN_BUNDLE_FILES] = {0};
    err why = {0};
    for (size_t i = 0; i < task->count; i++) {
        size_t which = crew->plan.order[task->first + i];
        if (put_into(crew, bundle, which)) bundled[count++] = which;
    }
    /* Where it failed, the targets that are there are good, and the others say why they are not. */
    (void)!scan_bundle_run(bundle, crew->work->spawner, targets, &why);
    for (size_t i = 0; i < count; i++) {
        atomic_fetch_add(&crew->done_bytes, crew->work->targets->entries[bundled[i]].size_bytes);
        keep(crew, bundled[i], targets[i], &why);
    }
}

static void do_task(scan_crew *crew, const scan_task *task)
{
    AUTO(scan_bundle_free) scan_bundle *bundle = NULL;
    err why = {0};
    scan_bundle_options how = {.without_hash = crew->work->hash_bytes_max == 0,
                               .is_brief = crew->work->is_brief};
    if (task->is_bundle && task->count > 1 && scan_bundle_new(how, &bundle, &why)) {
        scan_bundled(crew, task, bundle);
        return;
    }
    for (size_t i = 0; i < task->count; i++) scan_alone(crew, crew->plan.order[task->first + i]);
}

/* --- all of them ---------------------------------------------------------------------------------------------------------------- */

static void *crew_member(void *ctx)
{
    scan_crew *crew = ctx;
    for (size_t i; (i = atomic_fetch_add(&crew->next_task, 1)) < crew->plan.task_count;)
        do_task(crew, &crew->plan.tasks[i]);
    if (atomic_load(&crew->done_files) == crew->all_files) {
        pthread_mutex_lock(&crew->lock);
        crew->is_over = true;
        pthread_cond_signal(&crew->over);
        pthread_mutex_unlock(&crew->lock);
    }
    return NULL;
}

/* True when the crew has finished, false when it is time for another line. */
static bool wait_a_moment(scan_crew *crew)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PROGRESS_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&crew->lock);
    if (!crew->is_over) pthread_cond_timedwait(&crew->over, &crew->lock, &until);
    bool is_over = crew->is_over;
    pthread_mutex_unlock(&crew->lock);
    return is_over;
}

static void show_progress(scan_crew *crew)
{
    int64_t began_us = clock_mono_us();
    bool is_shown = false;
    while (!wait_a_moment(crew)) {
        int64_t elapsed_us = clock_mono_us() - began_us;
        if (elapsed_us < PROGRESS_AFTER_MS * 1000) continue;
        scan_amount done = {atomic_load(&crew->done_files), atomic_load(&crew->done_bytes)};
        scan_amount all = {crew->all_files, atomic_load(&crew->all_bytes)};
        scan_progress_show(done, all, elapsed_us);
        is_shown = true;
    }
    if (is_shown) scan_progress_clear();
}

static size_t crew_size(size_t target_count)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t size = cores > 0 ? (size_t)cores : 1;
    if (size > THREADS_MAX) size = THREADS_MAX;
    if (size > LIMIT_CHILDREN) size = LIMIT_CHILDREN;
    return size < target_count ? size : target_count;
}

static bool run_crew(scan_crew *crew, size_t wanted, err *e)
{
    pthread_t members[THREADS_MAX];
    size_t started = 0;
    while (started < wanted && pthread_create(&members[started], NULL, crew_member, crew) == 0) started++;
    if (started > 0 && !crew->work->quiet && isatty(STDERR_FILENO)) show_progress(crew);
    for (size_t i = 0; i < started; i++) pthread_join(members[i], NULL);
    if (started == 0 && wanted > 0) return err_set(e, ERR_INTERNAL, "cannot start a thread");
    return !atomic_load(&crew->out_of_memory) || err_set(e, ERR_MEMORY, "no memory for all results");
}

static bool waits_for_siblings(const scan_crew *crew, size_t which)
{
    json_t *target = crew->results[which];
    return target && scan_siblings_wanted(&crew->work->targets->entries[which], target);
}

static bool anyone_waits(const scan_crew *crew)
{
    for (size_t i = 0; i < crew->work->targets->count; i++)
        if (waits_for_siblings(crew, i)) return true;
    return false;
}

/* Targets that waited for those beside them: in their own order, so that the document is the same each time. */
static bool settle(scan_crew *crew, err *e)
{
    const scan_targets *targets = crew->work->targets;
    if (!anyone_waits(crew)) return true;
    AUTO(json_release) json_t *by_path = json_object();
    if (!by_path) return err_set(e, ERR_MEMORY, "no memory for all results");
    /* A path that is no text cannot be a name that a file tells. */
    for (size_t i = 0; i < targets->count; i++)
        if (crew->results[i]) (void)json_object_set(by_path, targets->entries[i].path, crew->results[i]);
    bool failed = false;
    for (size_t i = 0; i < targets->count; i++) {
        json_t *target = crew->results[i];
        if (!waits_for_siblings(crew, i)) continue;
        if (!scan_siblings_settle(&targets->entries[i], target, by_path, e) ||
            !complete(crew->work, target, &failed, e))
            return false;
    }
    if (failed) atomic_store(&crew->policy_failed, true);
    return true;
}

static bool run_plan(scan_crew *crew, json_t *list, err *e)
{
    const scan_targets *targets = crew->work->targets;
    size_t threads = crew_size(targets->count);
    if (!scan_plan_make(targets, threads, &crew->plan, e)) return false;
    crew->all_files = targets->count;
    for (size_t i = 0; i < targets->count; i++)
        atomic_fetch_add(&crew->all_bytes, targets->entries[i].size_bytes);
    bool fine = run_crew(crew, threads, e) && settle(crew, e);
    for (size_t i = 0; i < targets->count; i++)
        if (crew->results[i]) (void)json_array_append_new(list, crew->results[i]);
    scan_plan_done(&crew->plan);
    return fine;
}

bool scan_work_run(const scan_work *work, json_t **targets, bool *failed, err *e)
{
    scan_crew crew = {.work = work, .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    AUTO(json_release) json_t *list = json_array();
    crew.results = calloc(work->targets->count + 1, sizeof(json_t *));
    bool fine = crew.results && list
                    ? run_plan(&crew, list, e)
                    : err_set(e, ERR_MEMORY, "no memory for %zu results", work->targets->count);
    free(crew.results);
    if (!fine) return false;
    *failed = atomic_load(&crew.policy_failed);
    *targets = TAKE(list);
    return true;
}
