/*
 * base/err_codes.h - the one table of what can go wrong.
 *
 * Columns: code, HTTP status, OCI error code (distribution-spec 1.1, "error codes"), can a retry help, what it means to the person
 * who meets it. docs/errors.md is generated from this file (scripts/docs-tables.py).
 */
/* clang-format off */
#define ERR_CODES(X)                                                                                                      \
    X(ERR_NONE,             200, "",                     false, "no error")                                                \
    X(ERR_INVALID,          400, "UNSUPPORTED",          false, "the request or file does not follow its format")          \
    X(ERR_NAME_INVALID,     400, "NAME_INVALID",         false, "a repository, path, image or tag name is not allowed")    \
    X(ERR_DIGEST_INVALID,   400, "DIGEST_INVALID",       false, "a digest is malformed, or the content does not have it")  \
    X(ERR_MANIFEST_INVALID, 400, "MANIFEST_INVALID",     false, "an image manifest does not follow its schema")            \
    X(ERR_MANIFEST_BLOB,    404, "MANIFEST_BLOB_UNKNOWN",false, "a manifest refers to a blob that was not uploaded")       \
    X(ERR_TRUNCATED,        400, "SIZE_INVALID",         false, "the input ends before its format says it does")           \
    X(ERR_UNAUTHENTICATED,  401, "UNAUTHORIZED",         false, "no credentials, or they are not valid")                   \
    X(ERR_DENIED,           403, "DENIED",               false, "the credentials are valid, the permission is missing")    \
    X(ERR_BLOCKED,          403, "DENIED",               false, "a policy blocks this artifact; the message says why")     \
    X(ERR_NOT_FOUND,        404, "NAME_UNKNOWN",         false, "nothing is stored under this name")                       \
    X(ERR_BLOB_UNKNOWN,     404, "BLOB_UNKNOWN",         false, "no blob has this digest here")                            \
    X(ERR_MANIFEST_UNKNOWN, 404, "MANIFEST_UNKNOWN",     false, "no manifest has this tag or digest")                      \
    X(ERR_UPLOAD_UNKNOWN,   404, "BLOB_UPLOAD_UNKNOWN",  false, "the upload session is finished, expired or was never")    \
    X(ERR_METHOD,           405, "UNSUPPORTED",          false, "the address exists, but not for this method")             \
    X(ERR_CONFLICT,         409, "DENIED",               false, "the thing exists already, or is in another state")        \
    X(ERR_DIGEST_MISMATCH,  409, "DIGEST_INVALID",       false, "the bytes do not have the checksum the client announced") \
    X(ERR_LENGTH_REQUIRED,  411, "SIZE_INVALID",         false, "the request needs a Content-Length")                      \
    X(ERR_PRECONDITION,     412, "UNSUPPORTED",          false, "If-Match or If-None-Match does not hold")                 \
    X(ERR_TOO_LARGE,        413, "SIZE_INVALID",         false, "a limit is met; the message names it")                    \
    X(ERR_URI_TOO_LONG,     414, "NAME_INVALID",         false, "the address is longer than a name may be")                \
    X(ERR_MEDIA_TYPE,       415, "UNSUPPORTED",          false, "the content type is not one this address accepts")        \
    X(ERR_RANGE,            416, "BLOB_UPLOAD_INVALID",  false, "the byte range does not fit what is stored")              \
    X(ERR_UNPROCESSABLE,    422, "UNSUPPORTED",          false, "the JSON is well formed, a value in it is not usable")    \
    X(ERR_BUSY,             429, "TOOMANYREQUESTS",      true,  "too much at once; try again after the time given")        \
    X(ERR_HEADERS,          431, "UNSUPPORTED",          false, "the request head is too large")                           \
    X(ERR_INTERNAL,         500, "UNKNOWN",              false, "a bug of Assay; the log has the rest under the request id")\
    X(ERR_UNSUPPORTED,      501, "UNSUPPORTED",          false, "part of a protocol that Assay does not speak")            \
    X(ERR_UPSTREAM,         502, "UNKNOWN",              true,  "another server did not answer as it should")              \
    X(ERR_UNAVAILABLE,      503, "UNKNOWN",              true,  "the server is starting or stopping")                      \
    X(ERR_MEMORY,           503, "UNKNOWN",              true,  "no memory was left for this request")                     \
    X(ERR_TIMEOUT,          504, "UNKNOWN",              true,  "something took longer than its limit")                    \
    X(ERR_STORAGE,          507, "UNKNOWN",              true,  "the disk is full or failed: nothing was stored")          \
    X(ERR_CHILD,            500, "UNKNOWN",              true,  "the sandboxed child died, timed out or answered nonsense")
/* clang-format on */
