/*
 * codec/ubjson.h - documents of names and numbers as model files hold them: Universal Binary JSON (draft 12), or JSON in the same shape.
 *
 * A list of numbers stays what it is in the file, bytes without a value each, so a model of a million nodes needs no more memory than the
 * file. Everything borrows from the text or lives in the arena.
 */
#ifndef CODEC_UBJSON_H
#define CODEC_UBJSON_H

#include "codec/json.h"

typedef enum ubjson_kind {
    UBJSON_NULL,
    UBJSON_BOOL,
    UBJSON_INTEGER,
    UBJSON_REAL,
    UBJSON_TEXT,
    UBJSON_LIST,
    UBJSON_NUMBERS, /* a list of numbers of one type, as bytes */
    UBJSON_OBJECT,
} ubjson_kind;

typedef struct ubjson_value ubjson_value;
typedef struct ubjson_member ubjson_member;

struct ubjson_value {
    ubjson_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        str text;
        struct {
            ubjson_value *items;
            size_t count;
        } list;
        struct {
            char
                type; /* i U I l L d D: eight bits signed and not, 16, 32, 64, two sizes of reals; big endian */
            size_t count;
            bytes data;
        } numbers;
        struct {
            ubjson_member *members;
            size_t count;
        } object;
    };
};

struct ubjson_member {
    str name;
    ubjson_value value;
};

/* The whole text is one document. Fails with ERR_INVALID (the place is named), ERR_TRUNCATED, ERR_MEMORY. Names that stand twice in an
 * object are refused, as in JSON: readers disagree about which one counts. */
bool ubjson_decode(arena *a, bytes text, const char *what, ubjson_value *value, err *e) MUST_USE;
/* The same shape of a JSON document, which may go afterwards. */
bool ubjson_from_json(arena *a, const json_t *json, ubjson_value *value, err *e) MUST_USE;

/* NULL when it is no object or has no such member. */
const ubjson_value *ubjson_get(const ubjson_value *object, const char *name);
/* Of LIST and NUMBERS; 0 of everything else. */
size_t ubjson_count(const ubjson_value *list);
/* A number of a list: false when there is none at that place. Integers are exact; a real is an integer when it is whole. In a list
 * of reals null is not a number: JSON has no other word for it. */
bool ubjson_integer_at(const ubjson_value *list, size_t index, int64_t *number);
bool ubjson_real_at(const ubjson_value *list, size_t index, double *number);
bool ubjson_as_integer(const ubjson_value *value, int64_t *number);
/* Empty when it is no text. */
str ubjson_text(const ubjson_value *value);

#endif
