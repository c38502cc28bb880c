/*
 * cli/scan.h - what the files of `assay scan` share. Private to cli.
 */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include "advisory/advisory.h"
#include "codec/json.h"
#include "os/spawner.h"

int scan_run(int argc, char **argv);

/* --- what to scan (scan_targets.c) --------------------------------------------------------------------------------------------- */

typedef struct scan_targets {
    arena arena;
    const char **paths; /* "-" is standard input */
    size_t count, capacity;
} scan_targets;

void scan_targets_init(scan_targets *t);
void scan_targets_done(scan_targets *t);
/* A file is itself; a folder is all regular files below it, in byte order, without following links and without .git. ERR_NOT_FOUND. */
bool scan_targets_add(scan_targets *t, const char *path, err *e) MUST_USE;
/* Open a target; standard input is first copied to a file without a name. */
bool scan_target_open(const char *path, int *fd, err *e) MUST_USE;

/* --- doing it (scan_work.c) ---------------------------------------------------------------------------------------------------- */

typedef struct scan_work {
    spawner *spawner;
    const advisory_index *advisories;
    const scan_targets *targets;
    const json_t *policies; /* list of policies, or NULL */
} scan_work;

/* Scan all targets over the machine's cores, with progress on a terminal: a list of targets in input order. *failed tells that a policy failed. */
bool scan_work_run(const scan_work *work, json_t **targets, bool *failed, err *e) MUST_USE;

/* --- telling (scan_print.c) ---------------------------------------------------------------------------------------------------- */

typedef struct scan_view {
    bool explain, coloured;
    const advisory_index *advisories;
} scan_view;
/* The document for people, on standard output. */
bool scan_print(const json_t *document, const scan_view *view, err *e) MUST_USE;

#endif
