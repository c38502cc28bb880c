/*
 * advisory/builder.c - gathers records and writes them as one index image.
 *
 * Strings are kept once each. Rows grow in tables of numbers; `finish` sorts the affected ones, drops what was replaced, and copies only the rows
 * that are reached.
 */
#include "image.h"

#include "base/limits.h"

#include <stdlib.h>

/* What is known of the string as an advisory's id: not one, withdrawn, or the row it names. */
enum { ID_UNKNOWN, ID_WITHDRAWN, ID_FIRST_ROW };

struct advisory_builder {
    buf pool, starts, ids; /* of the strings: their bytes, where each begins, what each is as an id */
    uint32_t strings;
    uint32_t *slots; /* hash table of string number + 1 */
    size_t slot_count;
    buf tables[TABLES];
    buf dead; /* one byte an advisory: replaced by a newer record */
};

bool advisory_builder_new(advisory_builder **out, err *e)
{
    enum { FIRST_SLOTS = 1 << 12 };
    AUTO(advisory_builder_free) advisory_builder *b = calloc(1, sizeof *b);
    if (!b || !(b->slots = calloc(FIRST_SLOTS, sizeof *b->slots)))
        return err_set(e, ERR_MEMORY, "no memory left for an advisory index");
    b->slot_count = FIRST_SLOTS;
    buf *all[] = {&b->pool, &b->starts, &b->ids, &b->dead};
    for (size_t i = 0; i < COUNT_OF(all); i++) buf_init(all[i], LIMIT_ADVISORY_INDEX_BYTES);
    for (size_t t = 0; t < TABLES; t++) buf_init(&b->tables[t], LIMIT_ADVISORY_INDEX_BYTES);
    *out = TAKE(b);
    return true;
}

void advisory_builder_free(advisory_builder *b)
{
    if (!b) return;
    buf *all[] = {&b->pool, &b->starts, &b->ids, &b->dead};
    for (size_t i = 0; i < COUNT_OF(all); i++) buf_done(all[i]);
    for (size_t t = 0; t < TABLES; t++) buf_done(&b->tables[t]);
    free(b->slots);
    free(b);
}

/* --- numbers in buffers ---------------------------------------------------------------------------------------------------- */

static void add_number(buf *out, uint32_t number)
{
    const uint8_t four[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 24)};
    buf_add(out, (bytes){four, sizeof four});
}

static uint32_t get_number(const buf *from, size_t index)
{
    const uint8_t *p = from->data + 4 * index;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_number(buf *into, size_t index, uint32_t number)
{
    const uint8_t four[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 24)};
    memcpy(into->data + 4 * index, four, sizeof four);
}

static uint32_t row_count(const advisory_builder *b, image_table t)
{
    return (uint32_t)(b->tables[t].len / (4 * image_columns[t]));
}

static uint32_t cell(const advisory_builder *b, image_table t, uint32_t row, uint32_t column)
{
    return get_number(&b->tables[t], (size_t)row * image_columns[t] + column);
}

static bool tables_ok(const advisory_builder *b, err *e)
{
    for (size_t t = 0; t < TABLES; t++)
        if (!buf_ok(&b->tables[t], "a table of the advisory index", e)) return false;
    return buf_ok(&b->pool, "the text of the advisory index", e) &&
           buf_ok(&b->starts, "the advisory index", e) && buf_ok(&b->ids, "the advisory index", e) &&
           buf_ok(&b->dead, "the advisory index", e);
}

/* --- strings --------------------------------------------------------------------------------------------------------------- */

static str string_of(const advisory_builder *b, uint32_t number)
{
    size_t start = get_number(&b->starts, number);
    size_t end = number + 1 < b->strings ? get_number(&b->starts, (size_t)number + 1) : b->pool.len;
    return str_slice(buf_str(&b->pool), start, end - start);
}

/* FNV-1a. The texts are outside data, but a slow import of a hostile export harms only its importer. */
static size_t hash_of(str text)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < text.len; i++) hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
    return (size_t)(hash ^ hash >> 29);
}

static size_t find_slot(const advisory_builder *b, str text)
{
    size_t at = hash_of(text) & (b->slot_count - 1);
    while (b->slots[at] && !str_eq(string_of(b, b->slots[at] - 1), text)) at = (at + 1) & (b->slot_count - 1);
    return at;
}

static bool grow_slots(advisory_builder *b, err *e)
{
    size_t old_count = b->slot_count;
    uint32_t *old = b->slots, *grown = calloc(old_count * 2, sizeof *grown);
    if (!grown) return err_set(e, ERR_MEMORY, "no memory left for the texts of an advisory index");
    b->slots = grown;
    b->slot_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++)
        if (old[i]) b->slots[find_slot(b, string_of(b, old[i] - 1))] = old[i];
    free(old);
    return true;
}

static bool intern(advisory_builder *b, str text, uint32_t *number, err *e)
{
    if ((size_t)b->strings * 2 >= b->slot_count && !grow_slots(b, e)) return false;
    size_t slot = find_slot(b, text);
    if (!b->slots[slot]) {
        add_number(&b->starts, (uint32_t)b->pool.len);
        add_number(&b->ids, ID_UNKNOWN);
        buf_add_str(&b->pool, text);
        if (!tables_ok(b, e)) return false;
        b->slots[slot] = ++b->strings;
    }
    *number = b->slots[slot] - 1;
    return true;
}

/* --- records --------------------------------------------------------------------------------------------------------------- */

static bool add_row(advisory_builder *b, image_table t, const uint32_t *row, err *e)
{
    for (size_t c = 0; c < image_columns[t]; c++) add_number(&b->tables[t], row[c]);
    return tables_ok(b, e);
}

static bool add_texts(advisory_builder *b, image_table t, const str *texts, size_t count, err *e)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t number;
        if (!intern(b, texts[i], &number, e) || !add_row(b, t, &number, e)) return false;
    }
    return true;
}

static bool add_ranges(advisory_builder *b, const affected_package *p, err *e)
{
    for (size_t i = 0; i < p->range_count; i++) {
        const interval *in = &p->ranges[i];
        uint32_t row[RANGE_COLUMNS] = {[RANGE_END_KIND] = in->kind};
        if (!intern(b, in->introduced, &row[RANGE_INTRODUCED], e) ||
            !intern(b, in->end, &row[RANGE_END], e) || !intern(b, in->fixed, &row[RANGE_FIXED], e) ||
            !add_row(b, TABLE_RANGE, row, e))
            return false;
    }
    return true;
}

static bool add_affected(advisory_builder *b, uint32_t advisory, const affected_package *p, err *e)
{
    uint32_t row[AFFECTED_COLUMNS] = {
        [AFFECTED_ADVISORY] = advisory,
        [AFFECTED_RANGE_FIRST] = row_count(b, TABLE_RANGE),
        [AFFECTED_RANGE_COUNT] = (uint32_t)p->range_count,
        [AFFECTED_VERSION_FIRST] = row_count(b, TABLE_VERSION),
        [AFFECTED_VERSION_COUNT] = (uint32_t)p->version_count,
        [AFFECTED_SCORE_X10] = (uint32_t)(p->score * 10 + 0.5),
        [AFFECTED_SEVERITY] = p->severity,
        [AFFECTED_FLAGS] = p->is_open ? AFFECTED_IS_OPEN : 0,
    };
    return intern(b, p->ecosystem, &row[AFFECTED_ECOSYSTEM], e) &&
           intern(b, p->release, &row[AFFECTED_RELEASE], e) &&
           intern(b, p->package, &row[AFFECTED_PACKAGE], e) &&
           intern(b, p->vector, &row[AFFECTED_VECTOR], e) && add_ranges(b, p, e) &&
           add_texts(b, TABLE_VERSION, p->versions, p->version_count, e) &&
           add_row(b, TABLE_AFFECTED, row, e);
}

/* Is there a record of this id that must stay? An older one is given up. */
static bool is_newest(advisory_builder *b, uint32_t id, str modified)
{
    uint32_t known = get_number(&b->ids, id);
    if (known < ID_FIRST_ROW) return known == ID_UNKNOWN;
    uint32_t row = known - ID_FIRST_ROW;
    if (str_compare(modified, string_of(b, cell(b, TABLE_ADVISORY, row, ADVISORY_MODIFIED))) <= 0)
        return false;
    b->dead.data[row] = 1;
    return true;
}

bool builder_add_record(advisory_builder *b, const advisory_record *r, err *e)
{
    uint32_t row[ADVISORY_COLUMNS] = {
        [ADVISORY_ALIAS_FIRST] = row_count(b, TABLE_ALIAS),
        [ADVISORY_ALIAS_COUNT] = (uint32_t)r->alias_count,
        [ADVISORY_UPSTREAM_COUNT] = (uint32_t)r->upstream_count,
    };
    if (!intern(b, r->id, &row[ADVISORY_ID], e)) return false;
    if (!is_newest(b, row[ADVISORY_ID], r->modified)) return true;
    if (!intern(b, r->summary, &row[ADVISORY_SUMMARY], e) ||
        !intern(b, r->modified, &row[ADVISORY_MODIFIED], e) ||
        !add_texts(b, TABLE_ALIAS, r->aliases, r->alias_count + r->upstream_count, e))
        return false;

    uint32_t number = row_count(b, TABLE_ADVISORY);
    buf_add_byte(&b->dead, 0);
    if (!add_row(b, TABLE_ADVISORY, row, e)) return false;
    put_number(&b->ids, row[ADVISORY_ID], ID_FIRST_ROW + number);
    for (size_t i = 0; i < r->affected_count; i++)
        if (!add_affected(b, number, &r->affected[i], e)) return false;
    return true;
}

bool builder_knows(const advisory_builder *b, str id)
{
    uint32_t slot = b->slots[find_slot(b, id)];
    return slot && get_number(&b->ids, slot - 1) != ID_UNKNOWN;
}

bool builder_add_withdrawn(advisory_builder *b, str id, err *e)
{
    uint32_t number;
    if (!intern(b, id, &number, e)) return false;
    uint32_t known = get_number(&b->ids, number);
    if (known >= ID_FIRST_ROW) b->dead.data[known - ID_FIRST_ROW] = 1;
    put_number(&b->ids, number, ID_WITHDRAWN);
    return true;
}

/* --- writing --------------------------------------------------------------------------------------------------------------- */

static int compare_affected(const void *left, const void *right, void *ctx)
{
    const advisory_builder *b = ctx;
    uint32_t x = *(const uint32_t *)left, y = *(const uint32_t *)right;
    static const uint32_t key[] = {AFFECTED_ECOSYSTEM, AFFECTED_PACKAGE};
    for (size_t k = 0; k < COUNT_OF(key); k++) {
        uint32_t s = cell(b, TABLE_AFFECTED, x, key[k]), t = cell(b, TABLE_AFFECTED, y, key[k]);
        if (s != t) return str_compare(string_of(b, s), string_of(b, t));
    }
    uint32_t s = cell(b, TABLE_AFFECTED, x, AFFECTED_ADVISORY),
             t = cell(b, TABLE_AFFECTED, y, AFFECTED_ADVISORY);
    if (s != t)
        return str_compare(string_of(b, cell(b, TABLE_ADVISORY, s, ADVISORY_ID)),
                           string_of(b, cell(b, TABLE_ADVISORY, t, ADVISORY_ID)));
    return x < y ? -1 : x > y;
}

/* Copy `count` rows to the end of another table; *first becomes their place there. */
static void copy_rows(const buf *from, buf *into, image_table t, uint32_t *first, uint32_t count)
{
    size_t row_bytes = 4 * (size_t)image_columns[t];
    uint32_t place = (uint32_t)(into->len / row_bytes);
    if (count) buf_add(into, (bytes){from->data + *first * row_bytes, count * row_bytes});
    *first = place;
}

/* The tables as they are written: only what is reached, in the order in which it is reached. */
typedef struct written {
    buf tables[TABLES];
    uint32_t *new_row; /* of each advisory + 1; 0: not reached yet */
} written;

static void write_advisory(const advisory_builder *b, written *w, uint32_t advisory)
{
    if (w->new_row[advisory]) return;
    uint32_t row[ADVISORY_COLUMNS];
    for (uint32_t c = 0; c < ADVISORY_COLUMNS; c++) row[c] = cell(b, TABLE_ADVISORY, advisory, c);
    copy_rows(&b->tables[TABLE_ALIAS], &w->tables[TABLE_ALIAS], TABLE_ALIAS, &row[ADVISORY_ALIAS_FIRST],
              row[ADVISORY_ALIAS_COUNT] + row[ADVISORY_UPSTREAM_COUNT]);
    for (size_t c = 0; c < ADVISORY_COLUMNS; c++) add_number(&w->tables[TABLE_ADVISORY], row[c]);
    w->new_row[advisory] = (uint32_t)(w->tables[TABLE_ADVISORY].len / (4 * ADVISORY_COLUMNS));
}

static void write_affected(const advisory_builder *b, written *w, uint32_t affected)
{
    uint32_t row[AFFECTED_COLUMNS];
    for (uint32_t c = 0; c < AFFECTED_COLUMNS; c++) row[c] = cell(b, TABLE_AFFECTED, affected, c);
    if (b->dead.data[row[AFFECTED_ADVISORY]]) return;
    write_advisory(b, w, row[AFFECTED_ADVISORY]);
    row[AFFECTED_ADVISORY] = w->new_row[row[AFFECTED_ADVISORY]] - 1;
    copy_rows(&b->tables[TABLE_RANGE], &w->tables[TABLE_RANGE], TABLE_RANGE, &row[AFFECTED_RANGE_FIRST],
              row[AFFECTED_RANGE_COUNT]);
    copy_rows(&b->tables[TABLE_VERSION], &w->tables[TABLE_VERSION], TABLE_VERSION,
              &row[AFFECTED_VERSION_FIRST], row[AFFECTED_VERSION_COUNT]);
    for (size_t c = 0; c < AFFECTED_COLUMNS; c++) add_number(&w->tables[TABLE_AFFECTED], row[c]);
}

static bool write_tables(advisory_builder *b, written *w, err *e)
{
    uint32_t count = row_count(b, TABLE_AFFECTED);
    uint32_t *order = calloc((size_t)count + 1, sizeof *order);
    if (!order) return err_set(e, ERR_MEMORY, "no memory left to sort %u advisories", count);
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    qsort_r(order, count, sizeof *order, compare_affected, b);
    for (uint32_t i = 0; i < count; i++) write_affected(b, w, order[i]);
    free(order);
    for (size_t t = 0; t < TABLES; t++)
        if (!buf_ok(&w->tables[t], "a table of the advisory index", e)) return false;
    return true;
}

/* The newest `modified` that is not later than the import: a record from the future must not become the cursor of an update. */
static str newest_modified(const advisory_builder *b, str imported_at)
{
    str newest = STR_NONE;
    for (uint32_t i = 0; i < row_count(b, TABLE_ADVISORY); i++) {
        str modified = string_of(b, cell(b, TABLE_ADVISORY, i, ADVISORY_MODIFIED));
        if (imported_at.len && str_compare(modified, imported_at) > 0) continue;
        if (!b->dead.data[i] && str_compare(modified, newest) > 0) newest = modified;
    }
    return newest;
}

static bool write_image(const advisory_builder *b, const written *w, const uint32_t *header, buf *out, err *e)
{
    buf_add_str(out, IMAGE_MAGIC);
    for (size_t n = 0; n < HEADER_NUMBERS; n++) add_number(out, header[n]);
    buf_add(out, buf_bytes(&b->starts));
    add_number(out, (uint32_t)b->pool.len);
    for (size_t t = 0; t < TABLES; t++) buf_add(out, buf_bytes(&w->tables[t]));
    buf_add(out, buf_bytes(&b->pool));
    return buf_ok(out, "the advisory index", e);
}

bool advisory_builder_finish(advisory_builder *b, str imported_at, buf *out, err *e)
{
    uint32_t header[HEADER_NUMBERS] = {[HEADER_VERSION] = IMAGE_VERSION};
    if (!intern(b, newest_modified(b, imported_at), &header[HEADER_NEWEST_MODIFIED], e) ||
        !intern(b, imported_at, &header[HEADER_IMPORTED_AT], e))
        return false;

    written w = {.new_row = calloc((size_t)row_count(b, TABLE_ADVISORY) + 1, sizeof *w.new_row)};
    for (size_t t = 0; t < TABLES; t++) buf_init(&w.tables[t], LIMIT_ADVISORY_INDEX_BYTES);
    bool done =
        w.new_row ? write_tables(b, &w, e) : err_set(e, ERR_MEMORY, "no memory left for an advisory index");
    header[HEADER_STRINGS] = b->strings;
    header[HEADER_POOL_BYTES] = (uint32_t)b->pool.len;
    for (size_t t = 0; t < TABLES; t++)
        header[HEADER_TABLES + t] = (uint32_t)(w.tables[t].len / (4 * image_columns[t]));
    if (done) done = write_image(b, &w, header, out, e);
    for (size_t t = 0; t < TABLES; t++) buf_done(&w.tables[t]);
    free(w.new_row);
    return done;
}
