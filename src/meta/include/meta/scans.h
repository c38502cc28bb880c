/*
 * meta/scans.h - what scans found, by blob: the queue, the stored reports, components and findings as rows, and the listings made of them.
 *
 * A scan row belongs to a blob (sha256), not to a path: whatever artifacts hold these bytes share it. Severities and verdicts are the numbers of
 * format/report.h's enums, which this layer stores without knowing them.
 */
#ifndef META_SCANS_H
#define META_SCANS_H

#include "meta/meta.h"

typedef enum meta_scan_state {
    META_SCAN_NONE,
    META_SCAN_QUEUED,
    META_SCAN_RUNNING,
    META_SCAN_DONE,
    META_SCAN_FAILED
} meta_scan_state;

/* A layer of an image is scanned for the image's sake: its components are kept, vulnerabilities are the image's. */
typedef enum meta_scan_role {
    META_SCAN_PART,
    META_SCAN_ARTIFACT,
    META_SCAN_IMAGE /* an artifact that is read as an image's manifest; the same bytes may have been uploaded as a mere file before */
} meta_scan_role;

enum { META_SEVERITIES = 5 }; /* info, low, medium, high, critical */

typedef struct meta_scan {
    digest sha256;
    meta_scan_state state;
    meta_scan_role role;
    int64_t scanner_version;
    str path, mime;
    unsigned verdict;
    str format;
    unsigned counts[META_SEVERITIES]; /* findings by severity */
    int64_t queued_ms, finished_ms;
    str advisories; /* which index its vulnerabilities were matched with */
    str trouble;    /* why it failed */
} meta_scan;

typedef struct meta_scan_order {
    digest sha256;
    meta_scan_role role;
    int64_t scanner_version, now_ms;
    str path, mime;
} meta_scan_order;

/* Queue it, unless this scanner version did it or is about to. *state tells what it is now (queued, running, done); what is now wanted in a
 * higher role (an artifact, an image) is queued again. */
bool meta_scan_ask(meta *m, const meta_scan_order *order, meta_scan_state *state, err *e) MUST_USE;
/* ... queue it also when it is done, but not when it is about to be. */
bool meta_scan_ask_again(meta *m, const meta_scan_order *order, err *e) MUST_USE;
/* What is known of this layer came from no scanner version that counts: whoever needs it next scans it again. */
bool meta_scan_forget_part(meta *m, digest sha256, err *e) MUST_USE;
/* Take the oldest from the queue and mark it running. *found is false when the queue is empty. */
bool meta_scan_take(meta *m, int64_t scanner_version, arena *a, meta_scan *out, bool *found, err *e) MUST_USE;
/* Take this one in particular, for an image that needs it: true in *taken unless it is done (by this scanner version), running elsewhere, or waits
 * to be scanned as an artifact; the last is left alone (state queued), and the layer can be read without a row. */
bool meta_scan_take_part(meta *m, const meta_scan_order *order, bool *taken, meta_scan_state *state,
                         err *e) MUST_USE;
/* At start: what was running when the server stopped, and what an older scanner version made, is queued again. */
bool meta_scan_requeue(meta *m, int64_t scanner_version, err *e) MUST_USE;

bool meta_scan_find(meta *m, digest sha256, arena *a, meta_scan *out, err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_scan_place(meta *m, digest sha256, uint64_t *place, err *e) MUST_USE;         /* 1 is next */
/* The stored JSON: the child's checked report, and the target made of it (empty for parts). ERR_NOT_FOUND. */
bool meta_scan_documents(meta *m, digest sha256, arena *a, str *report, str *target, err *e) MUST_USE;

typedef struct meta_component {
    str eco, name, version, namespace, path, licenses;
    bool is_declared_only;
} meta_component;

typedef struct meta_finding {
    int64_t id;
    str code;
    str kind; /* "vulnerability", "model_threat", ... */
    unsigned severity;
    str title, component, version, eco, advisory, aliases, fixed, cvss_vector, member, call, advice;
    double cvss;
} meta_finding;

/* "framework" "scikit-learn": what the scan says the model is. */
typedef struct meta_fact {
    str name, value;
} meta_fact;

typedef struct meta_scan_result {
    digest sha256;
    meta_scan_role role; /* it was scanned as */
    unsigned verdict;
    str format, advisories, report, target;
    const meta_component *components;
    size_t component_count;
    const meta_finding *findings;
    size_t finding_count;
    const meta_fact *facts;
    size_t fact_count;
} meta_scan_result;

/* Store everything a scan found, replacing what was there. The row stays "running" until meta_scan_finish, so that policies can judge before
 * anybody is told that the scan is done. A result, and an end, change nothing when the blob got a higher role meanwhile. */
bool meta_scan_store(meta *m, const meta_scan_result *result, err *e) MUST_USE;
bool meta_scan_finish(meta *m, digest sha256, meta_scan_role role, meta_scan_state state, str trouble,
                      int64_t now_ms, err *e) MUST_USE;
/* New advisories: replace the findings, keep report and components; `target` is the document with the new findings. */
bool meta_scan_rematch(meta *m, const meta_scan_result *result, err *e) MUST_USE;
/* Finished artifacts that were matched with another index than this one, at most `limit`, by digest after `after` (DIGEST_NONE: from the start). */
bool meta_scan_stale(meta *m, str advisories, digest after, size_t limit, arena *a, digest **out,
                     size_t *count, err *e) MUST_USE;

/* --- listings --------------------------------------------------------------------------------------------------------------- */

typedef enum meta_fix_filter { META_FIX_ANY, META_FIX_YES, META_FIX_NO } meta_fix_filter;

typedef struct meta_vulnerability_filter {
    str repository;         /* empty: all */
    unsigned severity_mask; /* 1 << severity, or-ed; 0: all */
    meta_fix_filter fix;
    str words;    /* part of component, advisory, alias or title; letters of either case; empty: all */
    str after;    /* `next` of the page before; empty: from the start. ERR_INVALID when it is none */
    size_t limit; /* 0 or too much: LIMIT_PAGE_ROWS */
} meta_vulnerability_filter;

typedef struct meta_vulnerability_row {
    meta_finding finding;
    str repository, path;
    digest sha256;
    int64_t violation; /* the worst one about this finding of this artifact, or 0 */
    bool blocks;
} meta_vulnerability_row;

/* Every (artifact, vulnerability) pair, worst first. *next is empty on the last page. */
bool meta_vulnerability_list(meta *m, const meta_vulnerability_filter *f, arena *a,
                             meta_vulnerability_row **out, size_t *count, str *next, err *e) MUST_USE;
/* Pairs by severity under the same filter, without regard to severity_mask, after and limit. */
bool meta_vulnerability_totals(meta *m, const meta_vulnerability_filter *f, uint64_t totals[META_SEVERITIES],
                               err *e) MUST_USE;

typedef struct meta_threat_row {
    str repository, path, format, title;
    digest sha256;
    unsigned verdict;
    int64_t modified_ms;
} meta_threat_row;

/* Artifacts whose verdict is at least `verdict_min`, worst first; `title` is that of the worst model threat. Pages as above. */
bool meta_threat_list(meta *m, unsigned verdict_min, str repository, str after, size_t limit, arena *a,
                      meta_threat_row **out, size_t *count, str *next, err *e) MUST_USE;

typedef struct meta_model_filter {
    str repository;            /* empty: all */
    str words;                 /* part of the path or of any fact; letters of either case; empty: all */
    str fact_name, fact_value; /* exactly this fact; empty: any */
    unsigned verdict_min;
    str after;    /* `next` of the page before */
    size_t limit; /* 0 or too much: LIMIT_PAGE_ROWS */
} meta_model_filter;

typedef struct meta_model_row {
    str repository, path, format, class, framework, framework_version, license, parameters;
    digest sha256;
    unsigned verdict;
    uint64_t size_bytes;
    int64_t modified_ms;
} meta_model_row;

/* Artifacts that are models, the newest first. Pages as above. */
bool meta_model_list(meta *m, const meta_model_filter *f, arena *a, meta_model_row **out, size_t *count,
                     str *next, err *e) MUST_USE;

typedef struct meta_scan_totals {
    uint64_t queued, running;
    uint64_t artifacts, components; /* scanned artifacts, and components in them */
    uint64_t threats;               /* artifacts with at least `verdict_min` */
} meta_scan_totals;
bool meta_scan_totals_read(meta *m, unsigned verdict_min, meta_scan_totals *out, err *e) MUST_USE;

#endif
