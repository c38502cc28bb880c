/*
 * cli/advisories.h - what `assay advisories import`, `update` and `status` share. Private to cli.
 */
#ifndef CLI_ADVISORIES_H
#define CLI_ADVISORIES_H

#include "advisory/advisory.h"
#include "codec/json.h"

int advisories_import_run(int argc, char **argv);
int advisories_update_run(int argc, char **argv);
int advisories_status_run(int argc, char **argv);

enum { ADVISORIES_PATH_BYTES = 4096 };

/* --- the index in the data folder (advisories_store.c) ------------------------------------------------------------------------ */

/* An open index: the imported one, or the starter set when there is none. */
typedef struct advisories_store {
    char path[ADVISORIES_PATH_BYTES]; /* <data>/advisories.idx */
    bytes mapped;                     /* the file's memory, empty for the starter set */
    advisory_index index;
    int lock_fd;
} advisories_store;

/* Open for reading. A damaged index is an error, not an absent one. */
bool advisories_store_open(const char *data, advisories_store *out, err *e) MUST_USE;
/* Open for changing: makes the folder, and waits for another import to end. */
bool advisories_store_lock(const char *data, advisories_store *out, err *e) MUST_USE;
void advisories_store_close(advisories_store *s);
/* Finish the builder over what the store has, and put the new index in its place, durable and at once. */
bool advisories_store_replace(advisories_store *s, advisory_builder *b, err *e) MUST_USE;

/* --- what was read (advisories_store.c) --------------------------------------------------------------------------------------- */

typedef struct advisories_source {
    const char *name; /* the file, or the ecosystem */
    advisory_import_counts counts;
    uint64_t packed_bytes, resumed_bytes;
    bool is_unchanged;
} advisories_source;

/* Map a zip and add it, with progress on a terminal. */
bool advisories_add_file(advisory_builder *b, const char *path, advisories_source *source, err *e) MUST_USE;
/* A line that is written over, on a terminal only; an empty verb ends it. */
void advisories_progress(const char *verb, const char *name, uint64_t done, uint64_t total, const char *unit);
void advisories_progress_end(void);

/* --- telling (advisories_report.c) -------------------------------------------------------------------------------------------- */

json_t *advisories_index_json(const advisories_store *s);
void advisories_print_index(const advisories_store *s);
void advisories_print_sources(const advisories_source *sources, size_t count);
/* {"index": ..., "sources": [...]} on standard output. */
bool advisories_print_json(const advisories_store *s, const advisories_source *sources, size_t count,
                           int64_t duration_us, err *e) MUST_USE;
int advisories_fail(const char *command, const err *e, int exit_code); /* prints it, returns the code */

#endif
