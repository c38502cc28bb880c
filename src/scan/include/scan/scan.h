/*
 * scan/scan.h - what is inside an artifact: runs sandboxed children, keeps their results by blob digest, matches components with advisories.
 *
 * The scan document is `assay.scan/1` (docs/scan-document.md): one target per file. The child writes the part that comes from bytes (format, verdict,
 * model threats, components, facts); the server adds vulnerabilities by matching, so a new advisory re-judges everything without
 * reading a blob.
 *
 * Threads: a scan_service is shared; it owns LIMIT_SCAN_CHILDREN worker threads.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "advisory/advisory.h"
#include "base/log.h"
#include "blob/blob.h"
#include "codec/json.h"
#include "meta/meta.h"
#include "os/spawner.h"

#include <stdatomic.h>

#define SCANNER_VERSION 4 /* results of older ones are made anew */

/* What children do. "scan": reads descriptor 3, writes one JSON report to 4; argv: path of the artifact (for its name). "scan-bundle": the same for many
 * files, one reply for each. */
extern const child_role scan_child_roles[];

typedef struct scan_order {
    int fd; /* borrowed */
    str path;
    uint64_t
        hash_bytes_max; /* of a larger file "sha256" is null: hashing reads every byte, looking does not */
    bool
        is_brief; /* without tensors, call lines and facts that say nothing about neighbours: for who only asks for verdict, findings and components */
    atomic_uint_least64_t *hashed_bytes; /* grows while a file is hashed, for progress; may be NULL */
} scan_order;
/* Scan one open file in a child: the target object of the scan document without vulnerabilities, checked and bounded. Trouble of the child becomes
 * a finding `scan_incomplete` and the verdict unparseable; false only when not even a child could be started, or the file not be read. */
bool scan_open_file(spawner *s, const scan_order *order, json_t **target, err *e) MUST_USE;
bool scan_file(spawner *s, int fd, str path, json_t **target, err *e) MUST_USE;

/* Many small files of one owner in one child, which costs less than a child each. A file that kills the child is found out and told as scan_file does;
 * the others are scanned all the same. Threads: one at a time. */
typedef struct scan_bundle scan_bundle;
typedef struct scan_bundle_options {
    bool without_hash, is_brief; /* as in scan_order */
} scan_bundle_options;
bool scan_bundle_new(scan_bundle_options options, scan_bundle **out, err *e) MUST_USE;
void scan_bundle_free(scan_bundle *b);
AUTO_FOR(scan_bundle *, scan_bundle_free)
/* Read an open file to its end. *taken is false, and nothing happened, when it has more than LIMIT_SCAN_SMALL_BYTES or the bundle
 * is full. */
bool scan_bundle_add(scan_bundle *b, int fd, str path, bool *taken, err *e) MUST_USE;
size_t scan_bundle_count(const scan_bundle *b);
/* targets[i] is that of the i-th file; room for scan_bundle_count. On failure some may be filled. Caller releases. Nothing can be added any more. */
bool scan_bundle_run(scan_bundle *b, spawner *s, json_t **targets, err *e) MUST_USE;
/* An image that was pulled: each layer by a child of its own (`descriptor` is its entry in the manifest), then all of them, lowest first, as one target. */
bool scan_layer(spawner *s, int fd, const json_t *descriptor, json_t **part, err *e) MUST_USE;
bool scan_layers_target(json_t *parts, str path, const digest *manifest, json_t **target, err *e) MUST_USE;

/* Add findings of kind vulnerability to a target by matching its components. Existing ones are replaced. */
bool scan_match(json_t *target, const advisory_index *index, arena *a, err *e) MUST_USE;
/* {"schema":"assay.scan/1","targets":[...],"summary":{...}} */
json_t *scan_document(json_t *targets_stolen);

typedef struct scan_service scan_service;
typedef struct scan_config {
    meta *meta;
    blob_store *blobs;
    spawner *spawner;
    const logger *log;
    const char *folder; /* the data folder: advisories.idx is looked for here, and again when it changes */
    /* After a blob's findings changed (scanned, or re-matched): policies judge. Called on a scan thread. */
    void (*judged)(void *ctx, digest sha256);
    void *judged_ctx;
} scan_config;
bool scan_service_start(const scan_config *config, scan_service **out,
                        err *e) MUST_USE; /* takes up scans that a stop interrupted */
void scan_service_stop(scan_service *s);

/* An artifact arrived: scan its blob unless this scanner version already did. Never blocks. An image manifest (media type of Docker or OCI) also needs its
 * config and layers, which are scanned as blobs of their own and merged (order, whiteouts, os-release). */
bool scan_enqueue(scan_service *s, digest sha256, str path, str mime, err *e) MUST_USE;

/* The same, though this scanner version did it already: from the bytes again, unless that is under way. An image's layers are read again too. */
bool scan_again(scan_service *s, digest sha256, str path, str mime, err *e) MUST_USE;

typedef enum scan_state { SCAN_NONE, SCAN_QUEUED, SCAN_RUNNING, SCAN_DONE, SCAN_FAILED } scan_state;
typedef struct scan_status {
    scan_state state;
    verdict verdict;
    uint64_t queue_place;                       /* 1 is next */
    unsigned critical, high, medium, low, info; /* findings by severity, vulnerabilities included */
    int64_t finished_ms;
} scan_status;
bool scan_status_of(scan_service *s, digest sha256, scan_status *out,
                    err *e) MUST_USE; /* SCAN_NONE when it was never asked for */
/* The target with its findings, or ERR_NOT_FOUND. Caller releases. */
bool scan_result_of(scan_service *s, digest sha256, arena *a, json_t **target, err *e) MUST_USE;
/* The same two for whoever has the rows only. */
bool scan_status_read(meta *m, digest sha256, scan_status *out, err *e) MUST_USE;
bool scan_target_read(meta *m, digest sha256, arena *a, json_t **target, err *e) MUST_USE;
/* Which advisories judge: count, newest, starter or imported. Taken anew when the file changed. */
bool scan_advisories(scan_service *s, arena *a, json_t **status, err *e) MUST_USE;

#endif
