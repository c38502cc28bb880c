/*
 * http/worker.h - a bounded pool of threads for what may block. Private to http.
 *
 * Jobs are embedded in their owners, so that queueing one allocates nothing and cannot fail for lack of memory.
 * Threads: everything here may be called from any thread.
 */
#ifndef HTTP_WORKER_H
#define HTTP_WORKER_H

#include "base/err.h"

typedef struct worker_pool worker_pool;

typedef struct worker_job {
    struct worker_job *next;
    void (*run)(struct worker_job *job); /* may submit the job again, or free its owner */
} worker_job;

bool worker_pool_start(unsigned threads, worker_pool **out, err *e) MUST_USE;
/* Everything queued is still run; then the threads end. From the call on, submitting fails. */
void worker_pool_stop(worker_pool *pool);
void worker_pool_free(worker_pool *pool); /* after stop */

/* A new piece of work: refused with ERR_BUSY when LIMIT_HTTP_QUEUE jobs wait, ERR_UNAVAILABLE when stopping. */
bool worker_submit_new(worker_pool *pool, worker_job *job, err *e) MUST_USE;
/* The next step of work already begun, which must not be refused for lack of room. False only when stopping. */
bool worker_submit_next(worker_pool *pool, worker_job *job) MUST_USE;

typedef struct worker_stats {
    size_t threads, busy, queued;
} worker_stats;
void worker_stats_read(worker_pool *pool, worker_stats *out);

#endif
