/*
 * advisory/image.h - the layout of an index image. Private to advisory.
 *
 * Everything is a 32-bit little-endian number: a header, five tables of rows, the starts of the strings, then the bytes of the strings.
 * A string is named by its number, and equal strings have equal numbers, so that most comparisons never touch a byte.
 *
 *   header | strings: count + 1 starts | advisories | aliases | affected | ranges | versions | string bytes
 *
 * `affected` is sorted by (ecosystem, package, advisory id): a lookup is a binary search. Rows of the other tables are reached from it.
 */
#ifndef ADVISORY_IMAGE_H
#define ADVISORY_IMAGE_H

#include "advisory/advisory.h"

enum { IMAGE_VERSION = 1 };
#define IMAGE_MAGIC STR("ASAYADV\n")

/* The magic, then these. */
enum image_header {
    HEADER_VERSION,
    HEADER_STRINGS,
    HEADER_TABLES, /* row counts of the tables, in their order */
    HEADER_POOL_BYTES = HEADER_TABLES + 5,
    HEADER_NEWEST_MODIFIED, /* a string */
    HEADER_IMPORTED_AT,     /* a string */
    HEADER_NUMBERS
};

typedef enum image_table {
    TABLE_ADVISORY,
    TABLE_ALIAS,
    TABLE_AFFECTED,
    TABLE_RANGE,
    TABLE_VERSION,
    TABLES
} image_table;

/* Columns of the tables. */
enum {
    ADVISORY_ID,
    ADVISORY_SUMMARY,
    ADVISORY_MODIFIED,
    ADVISORY_ALIAS_FIRST,
    ADVISORY_ALIAS_COUNT,    /* the same flaw in other databases */
    ADVISORY_UPSTREAM_COUNT, /* then: the flaws that a distribution's advisory covers */
    ADVISORY_COLUMNS
};
enum { ALIAS_ID, ALIAS_COLUMNS };
enum {
    AFFECTED_ECOSYSTEM, /* "Debian" */
    AFFECTED_RELEASE,   /* "12", or empty: all */
    AFFECTED_PACKAGE,
    AFFECTED_ADVISORY,
    AFFECTED_RANGE_FIRST,
    AFFECTED_RANGE_COUNT,
    AFFECTED_VERSION_FIRST, /* exact versions outside the ranges */
    AFFECTED_VERSION_COUNT,
    AFFECTED_VECTOR,
    AFFECTED_SCORE_X10,
    AFFECTED_SEVERITY,
    AFFECTED_FLAGS,
    AFFECTED_COLUMNS
};
enum { AFFECTED_IS_OPEN = 1 }; /* it names no version that we could read: nothing can be called safe */
enum { RANGE_INTRODUCED, RANGE_END, RANGE_END_KIND, RANGE_FIXED, RANGE_COLUMNS };
enum { VERSION_TEXT, VERSION_COLUMNS };

extern const uint32_t image_columns[TABLES];

/* An opened image. Cells are checked once, when it is opened; reading them cannot fail. */
typedef struct image {
    bytes starts, tables[TABLES], pool;
    uint32_t strings, rows[TABLES], header[HEADER_NUMBERS];
} image;

bool image_open(bytes whole, image *out, err *e) MUST_USE;
/* The same without the checks, for bytes that image_open has passed before. */
image image_reopen(bytes whole);
uint32_t image_cell(const image *i, image_table table, uint32_t row, uint32_t column);
str image_string(const image *i, uint32_t number);
str image_text(const image *i, image_table table, uint32_t row, uint32_t column);

/* --- intervals of versions ------------------------------------------------------------------------------------------------- */

typedef enum end_kind {
    END_NONE,
    END_BEFORE,
    END_AFTER
} end_kind; /* [introduced, end) and [introduced, end] */

typedef struct interval {
    str introduced; /* empty: from the first version on */
    str end;
    end_kind kind;
    str fixed; /* the nearest fixed version at or above the end; empty: none known */
} interval;

bool interval_covers(const ecosystem *eco, const interval *in, str version);

typedef enum event_kind { EVENT_INTRODUCED, EVENT_FIXED, EVENT_LAST_AFFECTED, EVENT_LIMIT } event_kind;
typedef struct range_event {
    event_kind kind;
    str version; /* empty for introduced "0" */
    size_t order;
    const ecosystem *eco;
} range_event;

/* OSV's events to intervals, ascending. Sorts `events`. `*count` intervals in memory of the arena. */
bool intervals_of_events(arena *a, range_event *events, size_t event_count, interval **out, size_t *count,
                         err *e) MUST_USE;

/* --- what the builder takes ------------------------------------------------------------------------------------------------ */

typedef struct affected_package {
    str ecosystem, release, package;
    const interval *ranges;
    size_t range_count;
    const str *versions;
    size_t version_count;
    str vector;
    double score;
    severity severity;
    bool is_open;
} affected_package;

typedef struct advisory_record {
    str id, summary, modified;
    const str *aliases; /* then the upstream ones */
    size_t alias_count, upstream_count;
    const affected_package *affected;
    size_t affected_count;
} advisory_record;

/* A newer record of the same id replaces an older one. */
bool builder_add_record(advisory_builder *b, const advisory_record *r, err *e) MUST_USE;
/* Was this id added, or withdrawn? */
bool builder_knows(const advisory_builder *b, str id);
/* The id is taken by a record that must not be reported. */
bool builder_add_withdrawn(advisory_builder *b, str id, err *e) MUST_USE;

#endif
