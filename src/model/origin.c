/*
 * model/origin.c - which cell of what was asked a number in the middle of a pipeline is.
 *
 * Steps count the columns that they are given, which tells nothing to whoever sent "city" and "age". So the columns' way is kept beside the numbers, and only
 * looked at when a step refuses one. Without memory for it the message says less; the refusal is the same.
 */
#include "kind.h"

#include <stdarg.h>
#include <stdio.h>

enum { WORDS_MAX = 600, NAME_SHOWN = 60 };

static void say_row(const model_rows *rows, size_t row, char *out, size_t room)
{
    if (rows->from.lines)
        snprintf(out, room, "line %zu", rows->from.lines[row]);
    else
        snprintf(out, room, "row %zu", rows->from.first_row + row + 1);
}

static void say_column(const model_origin *from, size_t column, char *out, size_t room)
{
    size_t own = from->is_computed ? MODEL_COMPUTED : from->columns ? from->columns[column] : column;
    if (own == MODEL_COMPUTED) {
        snprintf(out, room, "number %zu of what the step before gives", column + 1);
        return;
    }
    const char *word = from->lines ? "column" : "feature";
    if (from->names)
        snprintf(out, room, "%s %zu (%.*s)", word, own + 1,
                 STR_ARG(str_slice(from->names[own], 0, NAME_SHOWN)));
    else
        snprintf(out, room, "%s %zu", word, own + 1);
}

bool model_refuse(const model_rows *rows, size_t row, size_t column, err *e, const char *format, ...)
{
    char words[WORDS_MAX], where[48], which[160];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    say_row(rows, row, where, sizeof where);
    say_column(&rows->from, column, which, sizeof which);
    return err_set(e, ERR_UNPROCESSABLE, "%s, %s%s", where, which, words);
}

bool model_refuse_row(const model_rows *rows, size_t row, err *e, const char *format, ...)
{
    char words[WORDS_MAX], where[48];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    say_row(rows, row, where, sizeof where);
    return err_set(e, ERR_UNPROCESSABLE, "%s%s", where, words);
}

model_origin model_origin_pick(const model_origin *before, const size_t *columns, size_t count, arena *a)
{
    model_origin now = *before;
    if (before->is_computed) return now;
    if (!before->columns) {
        now.columns = columns;
        return now;
    }
    size_t *both = arena_alloc_array(a, count + 1, sizeof *both);
    now.is_computed = !both;
    for (size_t j = 0; both && j < count; j++)
        both[j] = columns[j] == MODEL_COMPUTED ? MODEL_COMPUTED : before->columns[columns[j]];
    now.columns = both;
    return now;
}

model_origin model_origin_after(const model *step, const model_origin *before, arena *a)
{
    if (step->keeps_columns) return *before;
    if (step->came_from)
        return model_origin_pick(before, step->came_from, step->info.columns[OUTPUT_TRANSFORM], a);
    model_origin now = *before;
    now.is_computed = true;
    return now;
}
