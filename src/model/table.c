/*
 * model/table.c - one pass over the text, a field at a time.
 */
#include "model/table.h"
#include "nearest.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

/* --- numbers ------------------------------------------------------------------------------------------------------------- */

enum {
    NUMBER_LEN_MAX = 400
}; /* the longest exact decimal of a double has about 770 digits, nobody writes them */

static size_t digits(const char *text, size_t at, size_t len)
{
    while (at < len && text[at] >= '0' && text[at] <= '9') at++;
    return at;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(str s)
{
    size_t at = s.len && (s.data[0] == '-' || s.data[0] == '+');
    size_t whole = digits(s.data, at, s.len);
    size_t count = whole - at;
    at = whole;
    if (at < s.len && s.data[at] == '.') {
        size_t end = digits(s.data, at + 1, s.len);
        count += end - at - 1;
        at = end;
    }
    if (count == 0) return false;
    if (at == s.len) return true;
    if (s.data[at] != 'e' && s.data[at] != 'E') return false;
    at++;
    if (at < s.len && (s.data[at] == '-' || s.data[at] == '+')) at++;
    return at < s.len && digits(s.data, at, s.len) == s.len;
}

bool number_parse(str text, double *out)
{
    char copy[NUMBER_LEN_MAX + 1];
    if (text.len > NUMBER_LEN_MAX || !is_decimal(text)) return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *out = strtod(copy, NULL);
    return true;
}

static bool is_infinity(str cell)
{
    if (cell.len && (cell.data[0] == '-' || cell.data[0] == '+')) cell = str_skip(cell, 1);
    return str_eq_nocase(cell, STR("inf")) || str_eq_nocase(cell, STR("infinity"));
}

/* What a person should do about a cell that is no number. */
static const char *remedy(str cell)
{
    size_t digits = 0, commas = 0, others = 0;
    for (size_t i = 0; i < cell.len; i++) {
        digits += cell.data[i] >= '0' && cell.data[i] <= '9';
        commas += cell.data[i] == ',';
        others += !strchr("0123456789,.+-_' ", cell.data[i]);
    }
    if (digits && others == 0 && commas)
        return "; numbers have a decimal point and no separators of thousands: 1234.5";
    return digits && others == 0 ? "; numbers have digits and one decimal point: 1234.5"
           : is_infinity(cell)   ? "; leave the cell empty if the value is missing"
                                 : "";
}

static bool complain_of_cell(const table *t, size_t row, size_t column, const char *what, err *e)
{
    str cell = str_trim(table_cell(t, row, column));
    int shown = cell.len > 40 ? 40 : (int)cell.len;
    return err_set(e, ERR_INVALID, "line %zu, column %zu%s%.*s%s: '%.*s' is %s%s", t->lines[row], column + 1,
                   t->names ? " (" : "", STR_ARG(t->names ? t->names[column] : STR_NONE), t->names ? ")" : "",
                   shown, cell.data, what, remedy(cell));
}

bool table_number(const table *t, size_t row, size_t column, double *out, err *e)
{
    str cell = str_trim(table_cell(t, row, column));
    if (cell.len == 0 || str_eq_nocase(cell, STR("nan"))) {
        *out = NAN;
        return true;
    }
    if (number_parse(cell, out)) return true;
    return complain_of_cell(t, row, column, is_infinity(cell) ? "infinite" : "not a number", e);
}

bool table_single(const table *t, size_t row, size_t column, float *out, err *e)
{
    double number;
    if (!table_number(t, row, column, &number, e)) return false;
    *out = (float)number;
    return !isinf(*out) || complain_of_cell(t, row, column, "beyond a 32-bit float, which trees compare", e);
}

/* --- fields -------------------------------------------------------------------------------------------------------------- */

typedef struct scan_state {
    arena *arena;
    const char *text;
    size_t at, len, line, column;
} scan_state;

typedef enum field_end { FIELD_MORE, FIELD_LAST_OF_ROW } field_end;

static bool broken(const scan_state *s, const char *what, err *e)
{
    return err_set(e, ERR_INVALID, "line %zu, column %zu: %s", s->line, s->column, what);
}

/* What follows a field: a comma, a line end, or the end of the text. */
static bool field_close(scan_state *s, field_end *end, err *e)
{
    *end = FIELD_LAST_OF_ROW;
    if (s->at == s->len) return true;
    char c = s->text[s->at++];
    if (c == ',') {
        *end = FIELD_MORE;
        return true;
    }
    if (c == '\r' && s->at < s->len && s->text[s->at] == '\n') {
        s->at++;
        c = '\n';
    }
    if (c != '\n') return broken(s, "text after a closing quote, or a lone carriage return", e);
    return true;
}

static bool field_plain(scan_state *s, str *field, err *e)
{
    size_t start = s->at;
    while (s->at < s->len) {
        char c = s->text[s->at];
        if (c == ',' || c == '\n' || (c == '\r' && s->at + 1 < s->len && s->text[s->at + 1] == '\n')) break;
        if (c == '"') return broken(s, "a quote within an unquoted field", e);
        if (c == '\0') return broken(s, "a NUL byte; is this a text file?", e);
        s->at++;
    }
    *field = (str){s->text + start, s->at - start};
    return true;
}

static bool field_unescape(scan_state *s, str raw, str *field, err *e)
{
    char *copy = arena_alloc(s->arena, raw.len + 1);
    if (!copy) return err_set(e, ERR_MEMORY, "no memory for a field at line %zu", s->line);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        copy[len++] = raw.data[i];
        i += raw.data[i] == '"'; /* the second of a pair */
    }
    *field = (str){copy, len};
    return true;
}

static bool field_quoted(scan_state *s, size_t *lines, str *field, err *e)
{
    size_t start = ++s->at;
    bool has_pairs = false;
    for (; s->at < s->len; s->at++) {
        char c = s->text[s->at];
        if (c == '\0') return broken(s, "a NUL byte; is this a text file?", e);
        *lines += c == '\n';
        if (c != '"') continue;
        if (s->at + 1 == s->len || s->text[s->at + 1] != '"') break;
        has_pairs = true;
        s->at++;
    }
    if (s->at >= s->len) return broken(s, "a quoted field that does not end", e);
    str raw = {s->text + start, s->at - start};
    s->at++;
    *field = raw;
    return has_pairs ? field_unescape(s, raw, field, e) : true;
}

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

/* Reads one row into fields[0, capacity); *count may exceed the capacity, so that the message can tell it. */
static bool read_row(scan_state *s, str *fields, size_t capacity, size_t *count, err *e)
{
    size_t extra_lines = 0;
    *count = 0;
    for (field_end end = FIELD_MORE; end == FIELD_MORE;) {
        s->column = *count + 1;
        str field;
        bool quoted = s->at < s->len && s->text[s->at] == '"';
        if (quoted ? !field_quoted(s, &extra_lines, &field, e) : !field_plain(s, &field, e)) return false;
        if (!field_close(s, &end, e)) return false;
        if (*count < capacity) fields[*count] = field;
        (*count)++;
    }
    s->line += 1 + extra_lines;
    return true;
}

/* An upper bound: quoted line ends count too. */
static size_t count_lines(bytes text)
{
    size_t lines = 1;
    for (const uint8_t *at = text.data, *end = text.data + text.len;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines;
}

static bool read_first(scan_state *s, size_t *columns, err *e)
{
    scan_state ahead = *s;
    if (!read_row(&ahead, NULL, 0, columns, e)) return false;
    if (*columns > LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_TOO_LARGE, "line %zu has %zu columns, LIMIT_TABLE_COLUMNS allows %d", s->line,
                       *columns, (int)LIMIT_TABLE_COLUMNS);
    return true;
}

static bool read_header(arena *a, scan_state *s, table *t, err *e)
{
    size_t count;
    t->names = arena_alloc_array(a, t->columns, sizeof *t->names);
    if (!t->names) return err_set(e, ERR_MEMORY, "no memory for %zu names", t->columns);
    if (!read_row(s, t->names, t->columns, &count, e)) return false;
    size_t numbers = 0;
    for (size_t i = 0; i < t->columns; i++) {
        double ignored;
        t->names[i] = str_trim(t->names[i]);
        numbers += number_parse(t->names[i], &ignored);
        for (size_t k = 0; k < i; k++)
            if (str_eq(t->names[i], t->names[k]))
                return err_set(e, ERR_INVALID,
                               "line 1: columns %zu and %zu are both named '%.*s'; give one another name",
                               k + 1, i + 1, STR_ARG(t->names[i]));
    }
    if (numbers == t->columns)
        return err_set(e, ERR_INVALID, "line 1 has only numbers: give --no-header if the file has no names");
    return true;
}

static bool read_rows(scan_state *s, table *t, err *e)
{
    while (s->at < s->len) {
        size_t line = s->line, count;
        if (!read_row(s, t->cells + t->rows * t->columns, t->columns, &count, e)) return false;
        if (count != t->columns)
            return err_set(e, ERR_INVALID, "line %zu has %zu column%s, the first line has %zu", line, count,
                           count == 1 ? "" : "s", t->columns);
        t->lines[t->rows++] = line;
    }
    return t->rows ? true : err_set(e, ERR_INVALID, "the table has no rows, only names");
}

static bool read_table(scan_state *s, bool has_header, size_t columns, table *out, err *e)
{
    table t = {.columns = columns};
    if (columns == 0 && !read_first(s, &t.columns, e)) return false;
    size_t lines = count_lines((bytes){(const uint8_t *)s->text + s->at, s->len - s->at}), cells;
    if (__builtin_mul_overflow(lines, t.columns, &cells) || cells > LIMIT_TABLE_CELLS)
        return err_set(e, ERR_TOO_LARGE, "%zu lines of %zu columns are more than LIMIT_TABLE_CELLS", lines,
                       t.columns);
    t.cells = arena_alloc_array(s->arena, cells, sizeof *t.cells);
    t.lines = arena_alloc_array(s->arena, lines, sizeof *t.lines);
    if (!t.cells || !t.lines) return err_set(e, ERR_MEMORY, "no memory for %zu cells", cells);
    if (has_header && !read_header(s->arena, s, &t, e)) return false;
    if (!read_rows(s, &t, e)) return false;
    *out = t;
    return true;
}

/* Empty lines at the end are no rows. */
static void drop_end(scan_state *s)
{
    while (s->len > s->at && (s->text[s->len - 1] == '\n' || s->text[s->len - 1] == '\r')) s->len--;
}

/* --- encodings and separators -------------------------------------------------------------------------------------------- */

static bool is_utf16(bytes text)
{
    return text.len >= 2 &&
           ((text.data[0] == 0xff && text.data[1] == 0xfe) || (text.data[0] == 0xfe && text.data[1] == 0xff));
}

/* The first line that is not UTF-8. */
static bool refuse_encoding(bytes text, size_t line, err *e)
{
    if (is_utf16(text))
        return err_set(e, ERR_INVALID, "the table is UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8");
    str rest = bytes_str(text), one;
    while (str_next(&rest, '\n', &one) && str_is_utf8(one)) line++;
    size_t at = 0;
    while (at < one.len && (unsigned char)one.data[at] < 0x80) at++;
    return err_set(
        e, ERR_INVALID,
        "line %zu is not UTF-8 text (near byte 0x%02x); save the table as UTF-8: iconv -f LATIN1 -t UTF-8",
        line, (unsigned)(at < one.len ? (unsigned char)one.data[at] : 0));
}

/* One column whose first line has another separator. */
static bool refuse_separator(const scan_state *s, size_t columns, err *e)
{
    static const struct {
        char c;
        const char *name;
    } others[] = {{';', "semicolons"}, {'\t', "tabs"}, {'|', "bars"}};
    str rest = {s->text + s->at, s->len - s->at}, line;
    if (columns != 1 || !str_next(&rest, '\n', &line)) return true;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (memchr(line.data, others[i].c, line.len))
            return err_set(
                e, ERR_INVALID,
                "line 1 is separated by %s; columns must be separated by commas (and decimals by a point)",
                others[i].name);
    return true;
}

bool table_read_csv(arena *a, bytes text, bool has_header, table *out, err *e)
{
    if (!str_is_utf8(bytes_str(text))) return refuse_encoding(text, 1, e);
    scan_state s = {.arena = a, .text = (const char *)text.data, .len = text.len, .line = 1, .column = 1};
    if (str_starts_with(bytes_str(text), STR("\xef\xbb\xbf"))) s.at = 3;
    drop_end(&s);
    if (s.at == s.len) return err_set(e, ERR_INVALID, "the table is empty");
    size_t columns;
    return read_first(&s, &columns, e) && refuse_separator(&s, columns, e) &&
           read_table(&s, has_header, 0, out, e);
}

bool table_read_part(arena *a, bytes text, table_part part, table *out, err *e)
{
    if (!str_is_utf8(bytes_str(text))) return refuse_encoding(text, part.first_line, e);
    scan_state s = {
        .arena = a, .text = (const char *)text.data, .len = text.len, .line = part.first_line, .column = 1};
    if (part.is_last) drop_end(&s);
    return read_table(&s, false, part.columns, out, e);
}

static bool no_column(const table *t, str name, err *e)
{
    if (!t->names)
        return err_set(e, ERR_UNPROCESSABLE, "the table has no column '%.*s': columns are 1 to %zu",
                       STR_ARG(name), t->columns);
    size_t best = t->columns, best_slips = SIZE_MAX;
    for (size_t i = 0; i < t->columns; i++) {
        size_t slips = name_slips(name, t->names[i]);
        if (slips >= best_slips) continue;
        best = i;
        best_slips = slips;
    }
    if (best < t->columns)
        return err_set(e, ERR_UNPROCESSABLE, "the table has no column '%.*s'; is it '%.*s'?", STR_ARG(name),
                       STR_ARG(t->names[best]));
    return err_set(e, ERR_UNPROCESSABLE,
                   "the table has no column '%.*s'; its first is '%.*s', its last '%.*s'", STR_ARG(name),
                   STR_ARG(t->names[0]), STR_ARG(t->names[t->columns - 1]));
}

bool table_find_column(const table *t, str name, size_t *column, err *e)
{
    for (size_t i = 0; t->names && i < t->columns; i++) {
        if (!str_eq(t->names[i], name)) continue;
        *column = i;
        return true;
    }
    uint64_t number;
    if (str_to_u64(name, &number) && number >= 1 && number <= t->columns) {
        *column = (size_t)number - 1;
        return true;
    }
    return no_column(t, name, e);
}
