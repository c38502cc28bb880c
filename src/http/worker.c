/*
 * http/worker.c - one queue, one lock, threads that wait for it.
 */
#include "worker.h"

#include "base/fault.h"
#include "base/limits.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    worker_job *first, **last;
    size_t queued, busy, started;
    bool stopping;
    pthread_t threads[LIMIT_HTTP_WORKERS];
};

static worker_job *take_job(worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping) pthread_cond_wait(&pool->wake, &pool->lock);
    worker_job *job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first) pool->last = &pool->first;
        pool->queued--;
        pool->busy++;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *worker_main(void *arg)
{
    worker_pool *pool = arg;
    for (worker_job *job; (job = take_job(pool));) {
        job->run(job);
        pthread_mutex_lock(&pool->lock);
        pool->busy--;
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

/* Signals are the main thread's: a worker that took SIGTERM would end in the middle of a handler. */
static bool start_threads(worker_pool *pool, unsigned threads, err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = 0;
    while (pool->started < threads && status == 0) {
        status = pthread_create(&pool->threads[pool->started], NULL, worker_main, pool);
        if (status == 0) pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status == 0) return true;
    errno = status;
    return err_set_errno(e, ERR_MEMORY, "cannot start worker thread %zu of %u", pool->started + 1, threads);
}

bool worker_pool_start(unsigned threads, worker_pool **out, err *e)
{
    if (threads == 0 || threads > LIMIT_HTTP_WORKERS) threads = LIMIT_HTTP_WORKERS;
    worker_pool *pool = fault_hit(FAULT_MEMORY) ? NULL : calloc(1, sizeof(*pool));
    if (!pool) return err_set(e, ERR_MEMORY, "no memory for the worker pool");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->last = &pool->first;
    if (!start_threads(pool, threads, e)) {
        worker_pool_stop(pool);
        worker_pool_free(pool);
        return false;
    }
    *out = pool;
    return true;
}

void worker_pool_stop(worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->started; i++) pthread_join(pool->threads[i], NULL);
    pool->started = 0;
}

void worker_pool_free(worker_pool *pool)
{
    if (!pool) return;
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static bool submit(worker_pool *pool, worker_job *job, size_t queue_max, bool *stopping)
{
    pthread_mutex_lock(&pool->lock);
    *stopping = pool->stopping;
    bool fits = !pool->stopping && pool->queued < queue_max;
    if (fits) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return fits;
}

bool worker_submit_new(worker_pool *pool, worker_job *job, err *e)
{
    bool stopping;
    if (submit(pool, job, LIMIT_HTTP_QUEUE, &stopping)) return true;
    if (stopping) return err_set(e, ERR_UNAVAILABLE, "the server is stopping");
    return err_set(e, ERR_BUSY, "%llu requests wait already (LIMIT_HTTP_QUEUE)",
                   (unsigned long long)LIMIT_HTTP_QUEUE);
}

bool worker_submit_next(worker_pool *pool, worker_job *job)
{
    bool stopping;
    return submit(pool, job, SIZE_MAX, &stopping);
}

void worker_stats_read(worker_pool *pool, worker_stats *out)
{
    pthread_mutex_lock(&pool->lock);
    *out = (worker_stats){.threads = pool->started, .busy = pool->busy, .queued = pool->queued};
    pthread_mutex_unlock(&pool->lock);
}
