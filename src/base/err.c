/*
 * base/err.c - rendering of errors; the table itself is base/err_codes.h.
 */
#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct err_row {
    const char *name;
    unsigned http_status;
    const char *oci_code;
    bool can_retry;
    const char *meaning;
} err_rows[] = {
#define ERR_ROW(code, status, oci, retry, meaning) [code] = {#code, status, oci, retry, meaning},
    ERR_CODES(ERR_ROW)
#undef ERR_ROW
};

static const struct err_row *row_of(err_code code)
{
    assert(code < ERR_CODE_COUNT);
    return &err_rows[code];
}

static void mark_cut(err *e, int wanted)
{
    if (wanted >= (int)sizeof(e->message)) memcpy(e->message + sizeof(e->message) - 4, "...", 4);
}

bool err_set(err *e, err_code code, const char *format, ...)
{
    if (!e) return false;
    va_list args;
    va_start(args, format);
    e->code = code;
    mark_cut(e, vsnprintf(e->message, sizeof(e->message), format, args));
    va_end(args);
    return false;
}

bool err_set_errno(err *e, err_code code, const char *format, ...)
{
    int reason = errno;
    if (!e) return false;
    if (reason == ENOSPC || reason == EDQUOT) code = ERR_STORAGE;
    va_list args;
    va_start(args, format);
    char what[sizeof(e->message)];
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    char text[128];
    return err_set(e, code, "%s: %s", what, strerror_r(reason, text, sizeof(text)));
}

bool err_wrap(err *e, const char *format, ...)
{
    if (!e) return false;
    va_list args;
    va_start(args, format);
    char context[sizeof(e->message)];
    vsnprintf(context, sizeof(context), format, args);
    va_end(args);
    char inner[sizeof(e->message)];
    memcpy(inner, e->message, sizeof(inner));
    return err_set(e, e->code, "%s: %s", context, inner);
}

unsigned err_http_status(err_code code)
{
    return row_of(code)->http_status;
}
const char *err_oci_code(err_code code)
{
    return row_of(code)->oci_code;
}
bool err_can_retry(err_code code)
{
    return row_of(code)->can_retry;
}
const char *err_name(err_code code)
{
    return row_of(code)->name;
}
const char *err_meaning(err_code code)
{
    return row_of(code)->meaning;
}
