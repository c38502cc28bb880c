/*
 * base/err.h - an error is a code and a sentence for a person.
 *
 * Fallible functions return bool (true is success), take `err *e` last, and leave outputs untouched on failure.
 * The sentence says what failed, about which thing, with the values; no capital, no full stop. `e` may be NULL when the
 * caller does not want to know.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"
#include "base/err_codes.h"
#include "base/str.h"

#define ERR_ENUM(code, status, oci, retry, meaning) code,
typedef enum err_code { ERR_CODES(ERR_ENUM) ERR_CODE_COUNT } err_code;
#undef ERR_ENUM

typedef struct err {
    err_code code;
    char message[1024];
} err;

/* Both return false, so that `return err_set(...)` reads well. Messages too long are cut with "...". */
bool err_set(err *e, err_code code, const char *format, ...) PRINTF(3, 4);
bool err_set_errno(err *e, err_code code, const char *format, ...)
    PRINTF(3, 4); /* appends ": " and strerror(errno); ENOSPC, EDQUOT give ERR_STORAGE */
bool err_wrap(err *e, const char *format, ...) PRINTF(2, 3); /* puts "<context>: " in front */

unsigned err_http_status(err_code code);
const char *err_oci_code(err_code code);
bool err_can_retry(err_code code);
const char *err_name(err_code code); /* "ERR_NOT_FOUND" */
const char *err_meaning(err_code code);

#endif
