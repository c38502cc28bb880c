/*
 * advisory/older.c - taking over the records of an earlier index, row by row, without their JSON.
 */
#include "image.h"

#include "base/limits.h"

/* One affected row as the builder takes it, in memory of the arena. */
static bool read_affected(const image *i, uint32_t row, arena *a, affected_package *out, err *e)
{
    uint32_t range_first = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_FIRST);
    uint32_t range_count = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_COUNT);
    uint32_t version_first = image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_FIRST);
    uint32_t version_count = image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_COUNT);
    interval *ranges = arena_alloc_array(a, (size_t)range_count + 1, sizeof *ranges);
    str *versions = arena_alloc_array(a, (size_t)version_count + 1, sizeof *versions);
    if (!ranges || !versions) return err_set(e, ERR_MEMORY, "no memory left to take over an advisory");
    for (uint32_t n = 0; n < range_count; n++)
        ranges[n] = (interval){
            .introduced = image_text(i, TABLE_RANGE, range_first + n, RANGE_INTRODUCED),
            .end = image_text(i, TABLE_RANGE, range_first + n, RANGE_END),
            .kind = (end_kind)image_cell(i, TABLE_RANGE, range_first + n, RANGE_END_KIND),
            .fixed = image_text(i, TABLE_RANGE, range_first + n, RANGE_FIXED),
        };
    for (uint32_t n = 0; n < version_count; n++)
        versions[n] = image_text(i, TABLE_VERSION, version_first + n, VERSION_TEXT);
    *out = (affected_package){
        .ecosystem = image_text(i, TABLE_AFFECTED, row, AFFECTED_ECOSYSTEM),
        .release = image_text(i, TABLE_AFFECTED, row, AFFECTED_RELEASE),
        .package = image_text(i, TABLE_AFFECTED, row, AFFECTED_PACKAGE),
        .ranges = ranges,
        .range_count = range_count,
        .versions = versions,
        .version_count = version_count,
        .vector = image_text(i, TABLE_AFFECTED, row, AFFECTED_VECTOR),
        .score = image_cell(i, TABLE_AFFECTED, row, AFFECTED_SCORE_X10) / 10.0,
        .severity = (severity)image_cell(i, TABLE_AFFECTED, row, AFFECTED_SEVERITY),
        .is_open = image_cell(i, TABLE_AFFECTED, row, AFFECTED_FLAGS) & AFFECTED_IS_OPEN,
    };
    return true;
}

/* An advisory with its affected rows, which lie scattered: `next` chains them, ending with 0. */
static bool take_over(advisory_builder *b, const image *i, uint32_t advisory, uint32_t affected,
                      const uint32_t *next, arena *a, err *e)
{
    uint32_t first = image_cell(i, TABLE_ADVISORY, advisory, ADVISORY_ALIAS_FIRST);
    advisory_record r = {
        .id = image_text(i, TABLE_ADVISORY, advisory, ADVISORY_ID),
        .summary = image_text(i, TABLE_ADVISORY, advisory, ADVISORY_SUMMARY),
        .modified = image_text(i, TABLE_ADVISORY, advisory, ADVISORY_MODIFIED),
        .alias_count = image_cell(i, TABLE_ADVISORY, advisory, ADVISORY_ALIAS_COUNT),
        .upstream_count = image_cell(i, TABLE_ADVISORY, advisory, ADVISORY_UPSTREAM_COUNT),
    };
    size_t alias_count = r.alias_count + r.upstream_count, packages = 0;
    for (uint32_t at = affected; at; at = next[at - 1]) packages++;
    str *aliases = arena_alloc_array(a, alias_count + 1, sizeof *aliases);
    affected_package *list = arena_alloc_array(a, packages + 1, sizeof *list);
    if (!aliases || !list) return err_set(e, ERR_MEMORY, "no memory left to take over an advisory");
    for (size_t n = 0; n < alias_count; n++)
        aliases[n] = image_text(i, TABLE_ALIAS, first + (uint32_t)n, ALIAS_ID);
    for (uint32_t at = affected; at; at = next[at - 1])
        if (!read_affected(i, at - 1, a, &list[r.affected_count++], e)) return false;
    r.aliases = aliases;
    r.affected = list;
    return builder_add_record(b, &r, e);
}

bool advisory_builder_add_index(advisory_builder *b, const advisory_index *older, err *e)
{
    image i = image_reopen(older->image);
    AUTO_ARENA arena links, scratch;
    arena_init(&links, LIMIT_ADVISORY_INDEX_BYTES);
    arena_init(&scratch, LIMIT_REQUEST_ARENA_BYTES);
    uint32_t *first = arena_alloc_array(&links, (size_t)i.rows[TABLE_ADVISORY] + 1, sizeof *first);
    uint32_t *next = arena_alloc_array(&links, (size_t)i.rows[TABLE_AFFECTED] + 1, sizeof *next);
    if (!first || !next) return err_set(e, ERR_MEMORY, "no memory left to take over an advisory index");
    for (uint32_t row = i.rows[TABLE_AFFECTED]; row > 0; row--) {
        uint32_t advisory = image_cell(&i, TABLE_AFFECTED, row - 1, AFFECTED_ADVISORY);
        next[row - 1] = first[advisory];
        first[advisory] = row;
    }
    for (uint32_t row = 0; row < i.rows[TABLE_ADVISORY]; row++) {
        /* Whatever its date: a wrong date in the future must not keep a record from ever being corrected. */
        if (builder_knows(b, image_text(&i, TABLE_ADVISORY, row, ADVISORY_ID))) continue;
        if (!take_over(b, &i, row, first[row], next, &scratch, e)) return false;
        arena_done(&scratch);
    }
    return true;
}
