/*
 * format/hdf5/hdf5.h - the structure of an HDF5 file: groups, attributes, data sets, and where they would have a reader look outside.
 *
 * Source: HDF5 File Format Specification 3.0 (superblocks 0 to 3). Numbers of data sets are never read, only where they lie. Every place where
 * a writer may put an attribute or a link is followed: both kinds of object header with their continuations, symbol tables, messages, fractal
 * heaps with their huge and tiny objects, shared messages. What cannot be followed is an error, never a gap.
 */
#ifndef FORMAT_HDF5_HDF5_H
#define FORMAT_HDF5_HDF5_H

#include "base/arena.h"
#include "base/err.h"
#include "base/reader.h"
#include "format/format.h"

extern const model_format format_hdf5;

enum { HDF5_RANK_MAX = 32 };

typedef enum hdf5_class {
    HDF5_INTEGER = 0,
    HDF5_FLOAT = 1,
    HDF5_TEXT = 3,
    HDF5_OPAQUE = 5,
    HDF5_COMPOUND = 6,
    HDF5_ENUM = 8,
    HDF5_VARIABLE = 9, /* length in the element, items in a global heap */
} hdf5_class;

typedef struct hdf5_type {
    unsigned class, size_bytes, exponent_bits;
    bool is_signed, is_big_endian, is_text; /* is_text: VARIABLE of characters */
} hdf5_type;

typedef struct hdf5_space {
    uint64_t shape[HDF5_RANK_MAX];
    unsigned rank;
    uint64_t count; /* of elements; saturating */
} hdf5_space;

typedef struct hdf5_attribute {
    str owner, name; /* owner: path of the group or data set, "/" the root */
    hdf5_type type;
    hdf5_space space;
    bytes raw; /* the elements as stored: of variable length, references into a heap */
    uint64_t offset;
} hdf5_attribute;

typedef struct hdf5_dataset {
    str path;
    hdf5_type type;
    hdf5_space space;
    bytes numbers; /* those that lie in one piece and are packed by no filter, else empty */
} hdf5_dataset;

/* Something that the format allows and a model has no need of. */
typedef enum hdf5_oddity { HDF5_OUTSIDE, HDF5_FILTER } hdf5_oddity;

typedef struct hdf5_visitor {
    void *ctx;
    bool (*attribute)(void *ctx, const hdf5_attribute *a, err *e);
    bool (*dataset)(void *ctx, const hdf5_dataset *d, err *e);
    bool (*odd)(void *ctx, hdf5_oddity kind, str path, str what, err *e);
    /* A part that could not be read; the walk goes on with the others. */
    bool (*trouble)(void *ctx, str path, const err *why, err *e);
} hdf5_visitor;

/* A file being read. Addresses in it count from where the superblock lies. */
typedef struct hdf5 {
    bytes file; /* from the superblock on */
    uint64_t base;
    unsigned offset_bytes, length_bytes;
    uint64_t root, extension, end; /* end: of the file, from the superblock on */
    uint64_t steps_left;           /* of LIMIT_HDF5_STEPS */
    arena *arena;
    struct hdf5_shared {
        bool is_known;
        uint64_t heap[8]; /* per index, for the message types in `types` */
        unsigned types[8], count;
    } shared;
} hdf5;

/* Every object of every global heap, wherever one lies: the items of variable length, whichever data set they belong to. */
bool hdf5_global_each(hdf5 *h, bool (*see)(void *ctx, bytes object, err *e), void *ctx, err *e) MUST_USE;

/* Where the superblock lies: at the front, or behind a block of the user's at 512, 1024, 2048 ... False: not HDF5. */
bool hdf5_find(bytes file, uint64_t *base);
/* Fails with ERR_INVALID, ERR_TRUNCATED, ERR_UNSUPPORTED. */
bool hdf5_open(arena *a, bytes file, uint64_t base, hdf5 *h, err *e) MUST_USE;
/* Every object that can be reached from the root, each once. False only for memory, or when the visitor says so. */
bool hdf5_walk(hdf5 *h, const hdf5_visitor *visitor, err *e) MUST_USE;
/* One element of an attribute of text, without its padding. False with ERR_INVALID when it is not there. */
bool hdf5_attribute_text(hdf5 *h, const hdf5_attribute *a, uint64_t index, str *text, err *e) MUST_USE;
/* In numpy's words. */
str hdf5_type_name(arena *a, const hdf5_type *t);

#endif
