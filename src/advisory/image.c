/*
 * advisory/image.c - opening an index image: everything that is later relied on is checked here, once.
 *
 * The file may be cut, damaged or made by somebody else. After image_open succeeded, every number of every table names something that is there,
 * and the rows are in the order that the binary search needs: an index out of order would not crash, it would hide vulnerabilities.
 */
#include "image.h"

#include "base/reader.h"

const uint32_t image_columns[TABLES] = {ADVISORY_COLUMNS, ALIAS_COLUMNS, AFFECTED_COLUMNS, RANGE_COLUMNS,
                                        VERSION_COLUMNS};

static uint32_t number_at(bytes b, size_t index)
{
    const uint8_t *p = b.data + 4 * index;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t image_cell(const image *i, image_table table, uint32_t row, uint32_t column)
{
    return number_at(i->tables[table], (size_t)row * image_columns[table] + column);
}

str image_string(const image *i, uint32_t number)
{
    uint32_t start = number_at(i->starts, number), end = number_at(i->starts, (size_t)number + 1);
    return bytes_str((bytes){i->pool.data + start, end - start});
}

str image_text(const image *i, image_table table, uint32_t row, uint32_t column)
{
    return image_string(i, image_cell(i, table, row, column));
}

/* Cut the bytes into their parts. False when they do not add up. */
static bool cut_parts(bytes whole, image *out)
{
    image i = {0};
    reader r = reader_of(whole);
    if (!str_eq(bytes_str(reader_take(&r, IMAGE_MAGIC.len)), IMAGE_MAGIC)) return false;
    for (size_t n = 0; n < HEADER_NUMBERS; n++) i.header[n] = reader_u32le(&r);
    i.strings = i.header[HEADER_STRINGS];
    i.starts = reader_take(&r, 4 * ((uint64_t)i.strings + 1));
    for (size_t t = 0; t < TABLES; t++) {
        i.rows[t] = i.header[HEADER_TABLES + t];
        i.tables[t] = reader_take(&r, 4 * (uint64_t)i.rows[t] * image_columns[t]);
    }
    i.pool = reader_take(&r, i.header[HEADER_POOL_BYTES]);
    if (r.failed || reader_left(&r) != 0) return false;
    *out = i;
    return true;
}

static bool strings_are_sound(const image *i)
{
    uint32_t before = 0;
    for (uint32_t n = 0; n <= i->strings; n++) {
        uint32_t start = number_at(i->starts, n);
        if (start < before || start > i->pool.len) return false;
        before = start;
    }
    return i->strings > 0 && i->header[HEADER_NEWEST_MODIFIED] < i->strings &&
           i->header[HEADER_IMPORTED_AT] < i->strings;
}

/* Which columns hold strings. */
static const bool column_is_text[TABLES][AFFECTED_COLUMNS] = {
    [TABLE_ADVISORY] = {[ADVISORY_ID] = true, [ADVISORY_SUMMARY] = true, [ADVISORY_MODIFIED] = true},
    [TABLE_ALIAS] = {[ALIAS_ID] = true},
    [TABLE_AFFECTED] = {[AFFECTED_ECOSYSTEM] = true,
                        [AFFECTED_RELEASE] = true,
                        [AFFECTED_PACKAGE] = true,
                        [AFFECTED_VECTOR] = true},
    [TABLE_RANGE] = {[RANGE_INTRODUCED] = true, [RANGE_END] = true, [RANGE_FIXED] = true},
    [TABLE_VERSION] = {[VERSION_TEXT] = true},
};

static bool texts_are_there(const image *i, image_table t)
{
    for (uint32_t row = 0; row < i->rows[t]; row++)
        for (uint32_t column = 0; column < image_columns[t]; column++)
            if (column_is_text[t][column] && image_cell(i, t, row, column) >= i->strings) return false;
    return true;
}

/* Do `count` rows from `first` lie within the table? */
static bool span_is_there(const image *i, image_table t, uint32_t first, uint64_t count)
{
    return first <= i->rows[t] && count <= i->rows[t] - first;
}

static bool advisories_are_sound(const image *i)
{
    for (uint32_t row = 0; row < i->rows[TABLE_ADVISORY]; row++) {
        uint64_t count = (uint64_t)image_cell(i, TABLE_ADVISORY, row, ADVISORY_ALIAS_COUNT) +
                         image_cell(i, TABLE_ADVISORY, row, ADVISORY_UPSTREAM_COUNT);
        if (!span_is_there(i, TABLE_ALIAS, image_cell(i, TABLE_ADVISORY, row, ADVISORY_ALIAS_FIRST), count))
            return false;
    }
    return true;
}

static bool affected_row_is_sound(const image *i, uint32_t row)
{
    return image_cell(i, TABLE_AFFECTED, row, AFFECTED_ADVISORY) < i->rows[TABLE_ADVISORY] &&
           span_is_there(i, TABLE_RANGE, image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_FIRST),
                         image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_COUNT)) &&
           span_is_there(i, TABLE_VERSION, image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_FIRST),
                         image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_COUNT)) &&
           image_cell(i, TABLE_AFFECTED, row, AFFECTED_SEVERITY) <= SEVERITY_CRITICAL &&
           image_cell(i, TABLE_AFFECTED, row, AFFECTED_SCORE_X10) <= 100;
}

static bool affected_rows_ascend(const image *i, uint32_t row)
{
    int order = 0;
    static const uint32_t key[] = {AFFECTED_ECOSYSTEM, AFFECTED_PACKAGE};
    for (size_t k = 0; k < COUNT_OF(key) && order == 0; k++)
        order = str_compare(image_text(i, TABLE_AFFECTED, row, key[k]),
                            image_text(i, TABLE_AFFECTED, row + 1, key[k]));
    return order <= 0;
}

static bool affected_is_sound(const image *i)
{
    for (uint32_t row = 0; row < i->rows[TABLE_AFFECTED]; row++) {
        if (!affected_row_is_sound(i, row)) return false;
        if (row + 1 < i->rows[TABLE_AFFECTED] && !affected_rows_ascend(i, row)) return false;
    }
    return true;
}

static bool ranges_are_sound(const image *i)
{
    for (uint32_t row = 0; row < i->rows[TABLE_RANGE]; row++)
        if (image_cell(i, TABLE_RANGE, row, RANGE_END_KIND) > END_AFTER) return false;
    return true;
}

bool image_open(bytes whole, image *out, err *e)
{
    image i;
    if (!str_starts_with(bytes_str(whole), IMAGE_MAGIC))
        return err_set(e, ERR_INVALID, "this is no advisory index");
    if (!cut_parts(whole, &i))
        return err_set(e, ERR_TRUNCATED, "the advisory index has %zu bytes, its header tells another size",
                       whole.len);
    if (i.header[HEADER_VERSION] != IMAGE_VERSION)
        return err_set(e, ERR_UNSUPPORTED,
                       "the advisory index has version %u, this program reads version %d: import again",
                       i.header[HEADER_VERSION], IMAGE_VERSION);
    if (!strings_are_sound(&i)) return err_set(e, ERR_INVALID, "the advisory index is damaged: its strings");
    for (image_table t = 0; t < TABLES; t++)
        if (!texts_are_there(&i, t))
            return err_set(e, ERR_INVALID, "the advisory index is damaged: table %d", (int)t);
    if (!advisories_are_sound(&i) || !affected_is_sound(&i) || !ranges_are_sound(&i))
        return err_set(e, ERR_INVALID, "the advisory index is damaged: its rows");
    *out = i;
    return true;
}

image image_reopen(bytes whole)
{
    image i = {0};
    (void)cut_parts(whole, &i);
    return i;
}

bool advisory_index_open(bytes whole, advisory_index *out, err *e)
{
    image i;
    if (!image_open(whole, &i, e)) return false;
    str imported_at = image_string(&i, i.header[HEADER_IMPORTED_AT]);
    *out = (advisory_index){
        .image = whole,
        .advisory_count = i.rows[TABLE_ADVISORY],
        .range_count = i.rows[TABLE_RANGE],
        .newest_modified = image_string(&i, i.header[HEADER_NEWEST_MODIFIED]),
        .imported_at = imported_at,
        .is_starter = imported_at.len == 0,
    };
    return true;
}
