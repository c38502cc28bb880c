/*
 * format/pickle.h - the pickle machine: executes a stream symbolically and never resolves anything.
 *
 * Source: the opcode table of CPython's pickletools, PEP 3154, PEP 574; joblib's numpy_pickle for raw arrays within the stream.
 * Values form a graph in the arena (shared nodes, possibly cyclic): walk it with a visited mark or a depth limit.
 */
#ifndef FORMAT_PICKLE_H
#define FORMAT_PICKLE_H

#include "base/buf.h"
#include "format/report.h"

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_BIGINT,
    PICKLE_FLOAT,
    PICKLE_STR,
    PICKLE_BYTES,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_SET,
    PICKLE_FROZENSET,
    PICKLE_GLOBAL, /* a name that would be imported */
    PICKLE_CALL,   /* the result of a call: an object */
    PICKLE_ARRAY,  /* joblib: a NumpyArrayWrapper replaced by the raw array that follows it */
    PICKLE_PERSID,
    PICKLE_UNKNOWN,
} pickle_kind;

/* Only the part of the union that belongs to the kind is allocated: hold values by pointer, never copy a whole one. */
typedef struct pickle_value pickle_value;
struct pickle_value {
    pickle_kind kind : 8;
    uint32_t marks : 24; /* the machine's own notes */
    uint32_t visited;    /* free for walkers */
    uint64_t offset;     /* of the opcode that made it */
    union {
        bool boolean;
        int64_t integer;
        double number;
        str text;  /* STR: utf-8 (surrogates as written) */
        bytes raw; /* BYTES; BIGINT: little endian two's complement */
        struct {
            pickle_value **items;
            size_t count, capacity;
        } list; /* TUPLE LIST SET FROZENSET; DICT: key, value, key, value ... */
        struct {
            str module, name;            /* Python 2 names already mapped to today's */
            const struct allow_row *row; /* of the allow-list, or NULL */
            uint32_t finding;            /* 1 + index of the finding about the reference, or 0 */
        } global;
        struct {
            pickle_value *callable, *args,
                *kwargs;     /* args is a TUPLE or anything a hostile stream put there; kwargs may be NULL */
            const char *how; /* "REDUCE" "NEWOBJ" "NEWOBJ_EX" "INST" "OBJ" "BUILD" ... */
            pickle_value **states;
            size_t state_count, state_capacity; /* by BUILD, in order */
            pickle_value **items;
            size_t item_count, item_capacity; /* appended (lists) or set (key, value) after the call */
        } call;
        struct {
            pickle_value *wrapper;
            bytes data;
            pickle_value *objects;
        } array; /* wrapper: its call with state; objects: nested pickle's value for dtype object */
        pickle_value *persid;
    };
};

typedef struct pickle_stream {
    pickle_value *result; /* NULL when the stream did not reach STOP */
    uint64_t end;         /* offset after STOP */
    unsigned proto;       /* highest seen */
} pickle_stream;

/* Execute one pickle starting at `at`, record calls and findings in r (prefixed with `member`). `joblib`: arrays follow their wrappers.
 * False only for memory; a broken stream makes r unparseable and leaves out->result NULL. */
bool pickle_execute(arena *a, bytes file, uint64_t at, bool joblib, str member, report *r, pickle_stream *out,
                    err *e) MUST_USE;

/* --- looking at values ---------------------------------------------------------------------------------------------------- */
static inline bool pickle_is_global(const pickle_value *v, const char *module, const char *name)
{
    return v && v->kind == PICKLE_GLOBAL && str_eq_c(v->global.name, name) &&
           str_eq_c(v->global.module, module);
}
/* The value under a string key of a DICT, of a CALL's last dict state, or NULL. */
const pickle_value *pickle_get(const pickle_value *v, const char *key);
/* The class or function a CALL was made by (looking through copyreg._reconstructor / __newobj__), or NULL. */
const pickle_value *pickle_class_of(const pickle_value *v);

/* A numpy array or scalar, whichever way it was pickled (_reconstruct + BUILD, _frombuffer, scalar, joblib raw, Fortran order, old and new module
 * names). Data are borrowed from the file or the arena. */
typedef struct pickle_ndarray {
    char type; /* numpy kind: 'f' 'i' 'u' 'b' 'S' 'U' 'O' 'V' 'M' 'm' 'c' */
    bool big_endian, fortran_order;
    size_t item_bytes;
    unsigned rank;
    uint64_t shape[32], count;
    bytes data;             /* count * item_bytes; empty for 'O' */
    pickle_value **objects; /* 'O': count values */
    const pickle_value
        *dtype; /* the numpy.dtype call, for structured arrays: names and fields are in its state */
} pickle_ndarray;
bool pickle_as_ndarray(arena *a, const pickle_value *v, pickle_ndarray *out, err *e) MUST_USE;

/* One text of a 'U' array, as UTF-8; what is no character becomes '?'. `index` < count. */
void pickle_ndarray_text(const pickle_ndarray *array, uint64_t index, buf *out);

/* A numpy.dtype call: kind, byte order, size of an item. Structured dtypes have type 'V'. */
typedef struct pickle_dtype {
    char type;
    bool big_endian, has_objects;
    size_t item_bytes;
} pickle_dtype;
bool pickle_as_dtype(const pickle_value *v, pickle_dtype *out, err *e) MUST_USE;
/* numpy's name for it: "float32", "str", "record". */
typedef struct dtype_word {
    char text[32];
} dtype_word;
dtype_word pickle_dtype_word(char type, size_t item_bytes);

#endif
