/*
 * cli/predict_rows.c - rows out of CSV and .npy, block by block.
 */
#include "predict_rows.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, BLOCK_ROWS = 4096 };

/* --- CSV: cutting -------------------------------------------------------------------------------------------------------- */

/* Where the record that `from` lies in ends; quotes may hold line ends. */
static size_t record_end(bytes file, size_t start, size_t from)
{
    bool quoted = false;
    for (size_t i = start; i < from; i++) quoted ^= file.data[i] == '"';
    for (size_t i = from; i < file.len; i++) {
        quoted ^= file.data[i] == '"';
        if (file.data[i] == '\n' && !quoted) return i + 1;
    }
    return file.len;
}

static size_t count_lines(bytes part)
{
    size_t lines = 0;
    for (const uint8_t *at = part.data, *end = at + part.len;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines;
}

/* What was read is not needed again: a large file does not fill the memory. */
static void forget(const row_file *f, size_t end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = end / page * page;
    if (whole) (void)!madvise((void *)(uintptr_t)f->file.data, whole, MADV_DONTNEED);
}

static bool cut_csv(row_file *f, row_block *block)
{
    if (f->at >= f->file.len) return false;
    size_t wanted = f->file.len - f->at > BLOCK_BYTES ? f->at + BLOCK_BYTES : f->file.len;
    block->start = f->at;
    block->line = f->line;
    block->end = wanted == f->file.len ? wanted : record_end(f->file, f->at, wanted);
    block->is_last = block->end == f->file.len;
    f->line += count_lines((bytes){f->file.data + block->start, block->end - block->start});
    f->at = block->end;
    if (block->start > 64 * (size_t)BLOCK_BYTES) forget(f, block->start - 64 * (size_t)BLOCK_BYTES);
    return true;
}

static bool cut_numpy(row_file *f, row_block *block)
{
    if (f->at >= f->rows) return false;
    block->start = f->at;
    block->end = f->rows - f->at > BLOCK_ROWS ? f->at + BLOCK_ROWS : f->rows;
    block->is_last = block->end == f->rows;
    f->at = block->end;
    return true;
}

bool row_file_cut(row_file *f, row_block *block)
{
    return f->is_numpy ? cut_numpy(f, block) : cut_csv(f, block);
}

void row_file_rewind(row_file *f)
{
    f->at = f->is_numpy ? 0 : f->start;
    f->line = f->names ? 2 : 1;
}

/* --- CSV: reading -------------------------------------------------------------------------------------------------------- */

static bool read_cell(const row_file *f, const table *t, size_t row, size_t column, double *number, str *text,
                      err *e)
{
    if (!f->about->takes_text) return table_number(t, row, column, number, e);
    str cell = table_cell(t, row, column);
    bool is_missing = cell.len == 0 || str_eq(cell, STR("nan")) || str_eq(cell, STR("NaN"));
    if (is_missing || !number_parse(str_trim(cell), number)) *number = NAN;
    *text = is_missing ? STR_NONE : cell;
    return true;
}

static bool read_csv(const row_file *f, const row_block *block, arena *a, model_rows *out, err *e)
{
    table t;
    bytes part = {f->file.data + block->start, block->end - block->start};
    table_part where = {.first_line = block->line, .columns = f->columns, .is_last = block->is_last};
    if (!table_read_part(a, part, where, &t, e)) return false;
    t.names = f->names; /* for messages */
    size_t features = f->about->feature_count ? f->about->feature_count : f->columns;
    double *numbers = arena_alloc_array(a, t.rows * features + 1, sizeof *numbers);
    str *texts = f->about->takes_text ? arena_alloc_array(a, t.rows * features + 1, sizeof *texts) : NULL;
    if (!numbers || (f->about->takes_text && !texts))
        return err_set(e, ERR_MEMORY, "no memory for %zu rows", t.rows);
    str ignored;
    for (size_t i = 0, at = 0; i < t.rows; i++)
        for (size_t k = 0; k < features; k++, at++)
            if (!read_cell(f, &t, i, f->order ? f->order[k] : k, &numbers[at], texts ? &texts[at] : &ignored,
                           e))
                return false;
    /* Refusals name the line and the column of the file. */
    model_origin from = {.names = f->names, .columns = f->order, .lines = t.lines};
    *out = (model_rows){t.rows, features, numbers, texts, from};
    return true;
}

/* --- CSV: the header ------------------------------------------------------------------------------------------------------ */

static bool find_name(const row_file *f, str name, size_t *column, err *e)
{
    for (size_t k = 0; k < f->columns; k++)
        if (str_eq(f->names[k], name)) {
            *column = k;
            return true;
        }
    str only = f->names[0];
    if (f->columns == 1 && (str_contains(only, STR(";")) || str_contains(only, STR("\t"))))
        return err_set(e, ERR_INVALID, "line 1 is one column, '%.*s': fields are separated by commas",
                       STR_ARG(str_slice(only, 0, 80)));
    for (size_t k = 0; k < f->columns; k++)
        if (str_eq_nocase(f->names[k], name))
            return err_set(e, ERR_UNPROCESSABLE,
                           "the table has no column '%.*s', which the model was trained on; is it '%.*s'?",
                           STR_ARG(name), STR_ARG(f->names[k]));
    return err_set(e, ERR_UNPROCESSABLE, "the table has no column '%.*s', which the model was trained on",
                   STR_ARG(name));
}

/* By name when both know names, by order otherwise. */
static bool order_columns(arena *a, row_file *f, err *e)
{
    const model_info *about = f->about;
    size_t features = about->feature_count;
    bool by_name = about->feature_names && f->names;
    if (!by_name && features != 0 && f->columns != features)
        return err_set(e, ERR_UNPROCESSABLE, "the table has %zu columns, the model takes %zu features",
                       f->columns, features);
    if (!by_name) return true;
    f->order = arena_alloc_array(a, features, sizeof *f->order);
    if (!f->order) return err_set(e, ERR_MEMORY, "no memory for %zu columns", features);
    for (size_t i = 0; i < features; i++)
        if (!find_name(f, about->feature_names[i], &f->order[i], e)) return false;
    return true;
}

static bool check_names(const row_file *f, err *e)
{
    size_t numbers = 0;
    for (size_t i = 0; i < f->columns; i++) {
        double ignored;
        numbers += number_parse(f->names[i], &ignored);
        for (size_t k = 0; k < i; k++)
            if (str_eq(f->names[i], f->names[k]))
                return err_set(e, ERR_INVALID, "line 1: columns %zu and %zu are both named '%.*s'", k + 1,
                               i + 1, STR_ARG(f->names[i]));
    }
    if (numbers == f->columns)
        return err_set(e, ERR_INVALID, "line 1 has only numbers: give --no-header if the file has no names");
    return true;
}

static bool open_csv(arena *a, bool has_header, row_file *f, err *e)
{
    if (str_starts_with(bytes_str(f->file), STR("\xef\xbb\xbf"))) f->start = 3;
    while (f->file.len > f->start && strchr("\r\n", f->file.data[f->file.len - 1])) f->file.len--;
    if (f->file.len == f->start) return err_set(e, ERR_INVALID, "the table is empty");
    size_t end = record_end(f->file, f->start, f->start);
    table first;
    bytes part = {f->file.data + f->start, end - f->start};
    table_part where = {.first_line = 1, .is_last = true};
    if (!table_read_part(a, part, where, &first, e)) return false;
    f->columns = first.columns;
    if (has_header) {
        f->names = first.cells;
        for (size_t i = 0; i < f->columns; i++) f->names[i] = str_trim(f->names[i]);
        if (!check_names(f, e)) return false;
        f->start = end;
        if (f->start == f->file.len) return err_set(e, ERR_INVALID, "the table has no rows");
    }
    row_file_rewind(f);
    return order_columns(a, f, e);
}

/* --- .npy ----------------------------------------------------------------------------------------------------------------- */

static str header_value(str header, const char *key)
{
    str rest = header, wanted = str_from_c(key);
    for (; rest.len > wanted.len; rest = str_skip(rest, 1))
        if (str_starts_with(rest, wanted)) return str_trim(str_skip(rest, wanted.len));
    return STR_NONE;
}

static bool numpy_type(str value, row_file *f)
{
    if (value.len < 5 || value.data[0] != '\'') return false;
    f->big_endian = value.data[1] == '>';
    f->type = value.data[2];
    f->item_bytes = (size_t)(value.data[3] - '0');
    if (value.data[4] != '\'' || !strchr("<>|", value.data[1])) return false;
    switch (f->type) {
    case 'f': return f->item_bytes == 4 || f->item_bytes == 8;
    case 'b': return f->item_bytes == 1;
    case 'i':
    case 'u': return f->item_bytes == 1 || f->item_bytes == 2 || f->item_bytes == 4 || f->item_bytes == 8;
    default: return false;
    }
}

/* "(rows, columns)" */
static bool numpy_shape(str value, row_file *f)
{
    str inner, rest, rows, columns;
    uint64_t sizes[2];
    if (value.len == 0 || value.data[0] != '(' || !str_cut(str_skip(value, 1), ')', &inner, &rest))
        return false;
    if (!str_cut(inner, ',', &rows, &columns) || !str_to_u64(str_trim(rows), &sizes[0]) ||
        !str_to_u64(str_trim(columns), &sizes[1]))
        return false;
    f->rows = (size_t)sizes[0];
    f->columns = (size_t)sizes[1];
    return f->columns <= LIMIT_TABLE_COLUMNS;
}

static bool open_numpy(row_file *f, err *e)
{
    const uint8_t *d = f->file.data;
    size_t at = d[6] == 1 ? 10 : 12, len = d[8] | (size_t)d[9] << 8;
    if (d[6] > 1) len |= (size_t)d[10] << 16 | (size_t)d[11] << 24;
    str header = str_slice(bytes_str(f->file), at, len);
    if (!numpy_type(header_value(header, "'descr':"), f))
        return err_set(e, ERR_UNSUPPORTED, "the .npy file does not hold plain numbers");
    if (!numpy_shape(header_value(header, "'shape':"), f))
        return err_set(e, ERR_UNSUPPORTED, "the .npy file does not hold rows of columns (two dimensions)");
    f->fortran_order = str_starts_with(header_value(header, "'fortran_order':"), STR("True"));
    f->start = at + len;
    size_t cells, size;
    if (__builtin_mul_overflow(f->rows, f->columns, &cells) ||
        __builtin_mul_overflow(cells, f->item_bytes, &size) || f->start > f->file.len ||
        size > f->file.len - f->start)
        return err_set(e, ERR_INVALID, "the .npy file ends before its last number");
    size_t features = f->about->feature_count;
    if (features != 0 && f->columns != features)
        return err_set(e, ERR_UNPROCESSABLE, "the array has %zu columns, the model takes %zu features",
                       f->columns, features);
    return f->rows > 0 || err_set(e, ERR_INVALID, "the array has no rows");
}

static double numpy_number(const row_file *f, size_t index)
{
    const uint8_t *item = f->file.data + f->start + index * f->item_bytes;
    uint64_t bits = 0;
    for (size_t i = 0; i < f->item_bytes; i++)
        bits = bits << 8 | item[f->big_endian ? i : f->item_bytes - 1 - i];
    if (f->type == 'f' && f->item_bytes == 8) {
        double number;
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    if (f->type == 'f') {
        uint32_t narrow = (uint32_t)bits;
        float number;
        memcpy(&number, &narrow, sizeof number);
        return (double)number;
    }
    if (f->type == 'i' && f->item_bytes < 8 && bits >> (8 * f->item_bytes - 1))
        bits |= UINT64_MAX << (8 * f->item_bytes);
    return f->type == 'i' ? (double)(int64_t)bits : (double)bits;
}

static bool read_numpy(const row_file *f, const row_block *block, arena *a, model_rows *out, err *e)
{
    size_t count = block->end - block->start;
    double *numbers = arena_alloc_array(a, count * f->columns + 1, sizeof *numbers);
    if (!numbers) return err_set(e, ERR_MEMORY, "no memory for %zu rows", count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < f->columns; k++) {
            size_t row = block->start + i;
            numbers[i * f->columns + k] =
                numpy_number(f, f->fortran_order ? k * f->rows + row : row * f->columns + k);
        }
    *out = (model_rows){count, f->columns, numbers, NULL, {.first_row = block->start}};
    return true;
}

/* --- either --------------------------------------------------------------------------------------------------------------- */

bool row_file_open(arena *a, bytes file, bool has_header, const model_info *about, row_file *out, err *e)
{
    *out = (row_file){.file = file, .about = about};
    out->is_numpy = file.len > 12 && memcmp(file.data, "\x93NUMPY", 6) == 0;
    return out->is_numpy ? open_numpy(out, e) : open_csv(a, has_header, out, e);
}

bool row_file_read(const row_file *f, const row_block *block, arena *a, model_rows *out, err *e)
{
    return f->is_numpy ? read_numpy(f, block, a, out, e) : read_csv(f, block, a, out, e);
}
