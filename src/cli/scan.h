/*
 * cli/scan.h - what the files of `assay scan` share. Private to cli.
 */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include "advisory/advisory.h"
#include "codec/json.h"
#include "os/spawner.h"

int scan_run(int argc, char **argv);

/* --- what to scan (scan_targets.c, scan_links.c) --------------------------------------------------------------------------------- */

typedef enum scan_source {
    SOURCE_FILE,
    SOURCE_INPUT,   /* standard input */
    SOURCE_IMAGE,   /* in a registry */
    SOURCE_SERVER,  /* "assay://repository/path" */
    SOURCE_REFUSED, /* found, but not opened: `trouble` says why */
} scan_source;

typedef struct scan_entry {
    const char *path; /* for people: as given or found */
    const char *real; /* what is opened: where a link of a cache leads, else `path` */
    const char *trouble;
    scan_source source;
    uint64_t size_bytes; /* 0: unknown */
    uint64_t device, inode;
    bool is_link;
} scan_entry;

typedef struct scan_targets {
    arena arena;
    scan_entry *entries;
    size_t count, capacity;
    const char *notes[20]; /* for people: what was left out, and why */
    size_t note_count;     /* also of those beyond the room */
} scan_targets;

void scan_targets_init(scan_targets *t);
void scan_targets_done(scan_targets *t);
/* A file is itself; a folder is all regular files below it, in byte order, without .git. Links are followed in one case only: a Hugging Face
 * cache keeps bytes in blobs/ and names in snapshots/, so there the names are told. ERR_NOT_FOUND. */
bool scan_targets_add(scan_targets *t, const char *path, err *e) MUST_USE;
/* Open a file or standard input, which is first copied to a file without a name. */
bool scan_entry_open(const scan_entry *entry, int *fd, err *e) MUST_USE;

bool scan_targets_push(scan_targets *t, const scan_entry *entry, err *e) MUST_USE;
bool scan_targets_note(scan_targets *t, const char *note, err *e) MUST_USE;

/* A folder that was given, and where links below it may lead. */
typedef struct scan_root {
    const char *real;  /* without links */
    const char *blobs; /* "<model>/blobs/", when the folder is a snapshot of that model, else NULL */
} scan_root;
bool scan_root_of(scan_targets *t, const char *path, scan_root *root, err *e) MUST_USE;
/* A link below `root`: a target, a note, or nothing (what it leads to is found at its own place). */
bool scan_targets_add_link(scan_targets *t, const scan_root *root, const char *path, err *e) MUST_USE;
/* From `first` on: a blob that a link named is not told again under its digest. */
void scan_targets_drop_named_blobs(scan_targets *t, size_t first);

/* --- files that need each other (scan_siblings.c) ---------------------------------------------------------------------------------- */

/* Does the target's file name others beside it, whose judgement is part of its own? */
bool scan_siblings_wanted(const scan_entry *entry, const json_t *target);
/* Judge it by them. `by_path`: the targets, by their paths. */
bool scan_siblings_settle(const scan_entry *entry, json_t *target, const json_t *by_path, err *e) MUST_USE;

/* --- doing it (scan_work.c) ---------------------------------------------------------------------------------------------------- */

typedef struct scan_work {
    spawner *spawner;
    const advisory_index *advisories;
    const scan_targets *targets;
    const json_t *policies;  /* list of policies, or NULL */
    uint64_t hash_bytes_max; /* as in scan_order */
    bool is_brief, quiet;
    const char *user, *platform; /* for registries; may be NULL */
} scan_work;

/* Scan all targets over the machine's cores, with progress on a terminal: a list of targets in input order. *failed tells that a policy failed. */
bool scan_work_run(const scan_work *work, json_t **targets, bool *failed, err *e) MUST_USE;

/* --- progress (scan_progress.c) -------------------------------------------------------------------------------------------------- */

typedef struct scan_amount {
    size_t files;
    uint64_t bytes;
} scan_amount;
/* One line on standard error, drawn over the last one. */
void scan_progress_show(scan_amount done, scan_amount all, int64_t elapsed_us);
void scan_progress_clear(void);

/* --- telling (scan_print.c, scan_text.c) ------------------------------------------------------------------------------------------ */

typedef struct scan_view {
    bool explain, coloured;
    const advisory_index *advisories;
} scan_view;
/* The calls of a target, marked where a finding stands. */
void scan_explain(const json_t *target, const scan_view *view, buf *out);
/* The document for people, on standard output: targets worst first. */
bool scan_print(const json_t *document, const scan_view *view, err *e) MUST_USE;

/* Text of a hostile file, cut to `bytes_max`: what could steer a terminal, and bytes that are no text, become question marks. */
void scan_text_add(buf *out, str text, size_t bytes_max);
void scan_text_warn(const char *text); /* "assay scan: <text>" on standard error */

#endif
