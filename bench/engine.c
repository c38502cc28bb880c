/*
 * bench/engine.c - how long the engine takes for a batch of rows: engine MODEL ROWS.f64 COLUMNS THREADS
 *
 * ROWS.f64 is doubles, row after row. Prints "ready"; then for each line that it reads takes a turn, and prints its milliseconds, the processor's milliseconds
 * in it, and the sum of all answers. Used by bench/model.py, which has the peers take turns between.
 */
#include "base/limits.h"
#include "model/model.h"
#include "os/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct part {
    const model *model;
    model_rows rows;
    model_output what;
    double sum;
    pthread_t thread;
} part;

static void *answer(void *argument)
{
    part *p = argument;
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    model_answers out;
    err e = {0};
    if (!model_answer(p->model, p->what, &p->rows, &a, &out, &e)) {
        fprintf(stderr, "%s\n", e.message);
        exit(1);
    }
    p->sum = 0;
    for (size_t i = 0; i < out.count * out.columns; i++) p->sum += out.numbers[i];
    return NULL;
}

static double milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void turn(part *parts, size_t count)
{
    double from = milliseconds(CLOCK_MONOTONIC), from_cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID), sum = 0;
    for (size_t i = 1; i < count; i++)
        if (pthread_create(&parts[i].thread, NULL, answer, &parts[i]) != 0) exit(1);
    answer(&parts[0]);
    for (size_t i = 1; i < count; i++) pthread_join(parts[i].thread, NULL);
    double took = milliseconds(CLOCK_MONOTONIC) - from,
           took_cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - from_cpu;
    for (size_t i = 0; i < count; i++) sum += parts[i].sum;
    printf("%.4f %.4f %.17g\n", took, took_cpu, sum);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    AUTO_BUF buf file, rows;
    buf_init(&file, LIMIT_MODEL_BYTES);
    buf_init(&rows, LIMIT_CSV_BYTES);
    AUTO(model_free) model *m = NULL;
    err e = {0};
    if (argc != 5 || !file_read_all(argv[1], &file, &e) || !file_read_all(argv[2], &rows, &e) ||
        !model_read(buf_bytes(&file), &m, &e)) {
        fprintf(stderr, "engine MODEL ROWS.f64 COLUMNS THREADS: %s\n", e.message);
        return 1;
    }
    size_t columns = strtoul(argv[3], NULL, 10), threads = strtoul(argv[4], NULL, 10);
    if (columns == 0 || threads == 0) return 1;
    size_t count = rows.len / sizeof(double) / columns, share = (count + threads - 1) / threads;
    part *parts = calloc(threads, sizeof *parts);
    if (!parts) return 1;
    for (size_t i = 0; i < threads; i++) {
        size_t first = i * share < count ? i * share : count,
               last = first + share < count ? first + share : count;
        const double *numbers = (const double *)(const void *)rows.data + first * columns;
        parts[i] = (part){.model = m, .rows = {last - first, columns, numbers, NULL}};
        parts[i].what = model_about(m)->gives[OUTPUT_PREDICT_PROBA] ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT;
    }
    puts("ready");
    fflush(stdout);
    for (char line[16]; fgets(line, sizeof line, stdin);) turn(parts, threads);
    free(parts);
    return 0;
}
