/*
 * advisory/advisory.h - which component versions are vulnerable: an immutable index, and the matching.
 *
 * The index is one block of bytes, sorted by (ecosystem, package), that can be embedded in the binary (the starter set), mapped from
 * <data>/advisories.idx (imported OSV exports), or held in memory. Matching is pure: no clock, no files, no network.
 * Threads: an index is constant and shared.
 */
#ifndef ADVISORY_ADVISORY_H
#define ADVISORY_ADVISORY_H

#include "base/buf.h"
#include "eco/eco.h"
#include "format/report.h"

typedef struct advisory_index {
    bytes image;
    uint64_t advisory_count, range_count;
    str newest_modified; /* ISO 8601, the newest `modified` not in the future of its import */
    str imported_at;     /* ISO 8601; empty for the starter set */
    bool is_starter;
} advisory_index;

bool advisory_index_open(bytes image, advisory_index *out,
                         err *e) MUST_USE; /* checks everything it will later rely on */
bytes advisory_starter_image(void);        /* about 40 advisories of ML packages, embedded */

/* Build an index: add OSV JSON records, or whole bulk-export zips, then finish. Withdrawn records are left out. */
typedef struct advisory_builder advisory_builder;
bool advisory_builder_new(advisory_builder **out, err *e) MUST_USE;
void advisory_builder_free(advisory_builder *b);
AUTO_FOR(advisory_builder *, advisory_builder_free)
typedef struct advisory_import_counts {
    uint64_t records, withdrawn, affected;
    uint64_t skipped; /* records that could not be used: the sum of the next three */
    uint64_t skipped_foreign, skipped_nameless,
        skipped_malformed;   /* another ecosystem; no package named; no OSV record */
    uint64_t ranges_skipped; /* an event of the range is no version; the rest of the record is used */
    char first_problem[256];
} advisory_import_counts;
bool advisory_builder_add_json(advisory_builder *b, bytes record, advisory_import_counts *counts,
                               err *e) MUST_USE;
bool advisory_builder_add_zip(advisory_builder *b, bytes zip,
                              void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                              advisory_import_counts *counts, err *e) MUST_USE;
/* Everything of an older index, except the ids added or withdrawn since: updating keeps what it does not replace. */
bool advisory_builder_add_index(advisory_builder *b, const advisory_index *older, err *e) MUST_USE;
bool advisory_builder_finish(advisory_builder *b, str imported_at, buf *image, err *e) MUST_USE;

typedef struct advisory_match {
    str id;      /* "PYSEC-2024-110" */
    str aliases; /* "CVE-2024-5206, GHSA-jw8x-6495-233v" */
    str summary;
    severity severity; /* from CVSS, else from database_specific, else medium with has_cvss false */
    str cvss_vector;   /* may be empty */
    double cvss_score; /* 0 when unknown */
    str fixed;         /* the nearest fixed version above the installed one, or empty: no fix known */
    str introduced;
    bool is_certain; /* false: the version could not be ordered, so it cannot be called safe */
} advisory_match;

/* Every advisory that applies to the component; strings are views into the index or the arena. Records that are aliases of each other are
 * reported once (the ecosystem's own id first). */
bool advisory_match_component(const advisory_index *index, const component *c, arena *a, advisory_match **out,
                              size_t *count, err *e) MUST_USE;

/* CVSS 2, 3.0, 3.1, 4.0 base score from a vector. False when it is not one. */
bool cvss_score(str vector, double *score) MUST_USE;
severity cvss_severity(double score);

#endif
