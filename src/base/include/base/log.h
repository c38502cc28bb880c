/*
 * base/log.h - structured log: one event a line, JSON, stable names.
 *
 *   log_info(log, "blob.commit", LOG_STR("digest", hex), LOG_U64("size_bytes", n));
 *
 * Lines go to one descriptor with a single write each. Secrets have the type `secret`, for which there is no field maker.
 * Modules up to layer 4 return errors and do not log. Threads: a logger may be shared.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

typedef struct logger {
    int fd; /* -1: silent */
    log_level level_min;
    bool for_people; /* short readable lines instead of JSON (a terminal) */
} logger;

typedef struct log_field {
    const char *name;
    enum { LOG_FIELD_STR, LOG_FIELD_U64, LOG_FIELD_I64, LOG_FIELD_BOOL } kind;
    str text;
    uint64_t number;
} log_field;

#define LOG_STR(key, value) ((log_field){.name = (key), .kind = LOG_FIELD_STR, .text = (value)})
#define LOG_C(key, value) ((log_field){.name = (key), .kind = LOG_FIELD_STR, .text = str_from_c(value)})
#define LOG_U64(key, value) ((log_field){.name = (key), .kind = LOG_FIELD_U64, .number = (value)})
#define LOG_I64(key, value) ((log_field){.name = (key), .kind = LOG_FIELD_I64, .number = (uint64_t)(value)})
#define LOG_BOOL(key, value) ((log_field){.name = (key), .kind = LOG_FIELD_BOOL, .number = (value)})
#define LOG_ERR(e) LOG_C("code", err_name((e)->code)), LOG_C("error", (e)->message)

void log_write(const logger *log, log_level level, const char *event, const log_field *fields, size_t count);

#define LOG_FIELDS(...) \
    ((const log_field[]){__VA_ARGS__}), sizeof((const log_field[]){__VA_ARGS__}) / sizeof(log_field)
#define log_debug(log, event, ...) log_write((log), LOG_DEBUG, (event), LOG_FIELDS(__VA_ARGS__))
#define log_info(log, event, ...) log_write((log), LOG_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(log, event, ...) log_write((log), LOG_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_error(log, event, ...) log_write((log), LOG_ERROR, (event), LOG_FIELDS(__VA_ARGS__))

#endif
