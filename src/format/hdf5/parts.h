/*
 * format/hdf5/parts.h - what the pieces of the reader share: addresses, heaps, trees, messages.
 */
#ifndef FORMAT_HDF5_PARTS_H
#define FORMAT_HDF5_PARTS_H

#include "hdf5/hdf5.h"

/* --- addresses (file.c) ----------------------------------------------------------------------------------------------------------------- */

uint64_t hdf5_number(reader *r, unsigned width); /* little endian, of 1 to 8 bytes */
uint64_t hdf5_offset(const hdf5 *h, reader *r);
uint64_t hdf5_length(const hdf5 *h, reader *r);
bool hdf5_is_nowhere(const hdf5 *h, uint64_t address); /* all bits set: there is no such part */
/* A reader of the file that stands at `address`, behind `signature` (four letters) when there is one. */
bool hdf5_at(const hdf5 *h, uint64_t address, const char *signature, reader *r, err *e) MUST_USE;
bool hdf5_slice(const hdf5 *h, uint64_t address, uint64_t count, bytes *out, err *e) MUST_USE;
/* One more thing followed. Whatever a hostile file does, its reading ends. */
bool hdf5_step(hdf5 *h, err *e) MUST_USE;
bool hdf5_ends_early(const char *what, err *e);

/* --- object headers (header.c) ------------------------------------------------------------------------------------------------------------ */

typedef enum hdf5_message_type {
    HDF5_MSG_SPACE = 0x01,
    HDF5_MSG_LINK_INFO = 0x02,
    HDF5_MSG_TYPE = 0x03,
    HDF5_MSG_LINK = 0x06,
    HDF5_MSG_EXTERNAL = 0x07,
    HDF5_MSG_LAYOUT = 0x08,
    HDF5_MSG_FILTERS = 0x0b,
    HDF5_MSG_ATTRIBUTE = 0x0c,
    HDF5_MSG_SHARED_TABLE = 0x0f,
    HDF5_MSG_CONTINUATION = 0x10,
    HDF5_MSG_SYMBOLS = 0x11,
    HDF5_MSG_ATTRIBUTE_INFO = 0x15,
} hdf5_message_type;

typedef struct hdf5_message {
    unsigned type;
    bool is_shared; /* the content says where the message lies */
    bytes content;
} hdf5_message;

typedef bool (*hdf5_message_fn)(void *ctx, const hdf5_message *m, err *e);
/* Every message of the object, through all continuations. */
bool hdf5_messages(hdf5 *h, uint64_t address, hdf5_message_fn each, void *ctx, err *e) MUST_USE;
/* The content of a shared message: in another object's header, or in the file's heap of shared messages. */
bool hdf5_shared_message(hdf5 *h, unsigned type, bytes reference, bytes *content, err *e) MUST_USE;

/* --- messages (message.c) ----------------------------------------------------------------------------------------------------------------- */

bool hdf5_read_type(bytes m, hdf5_type *t, err *e) MUST_USE;
bool hdf5_read_space(const hdf5 *h, bytes m, hdf5_space *s, err *e) MUST_USE;
bool hdf5_read_attribute(hdf5 *h, bytes m, hdf5_attribute *a, err *e) MUST_USE;
uint64_t hdf5_place(const hdf5 *h, bytes part); /* byte offset in the whole file */

typedef struct hdf5_link {
    str name;
    unsigned kind; /* 0 hard, 1 soft, 64 external, others of a program's own */
    uint64_t address;
    bytes target;
} hdf5_link;
bool hdf5_read_link(const hdf5 *h, bytes m, hdf5_link *l, err *e) MUST_USE;

/* --- heaps and trees ------------------------------------------------------------------------------------------------------------------------ */

bool hdf5_local_heap(const hdf5 *h, uint64_t address, bytes *data, err *e) MUST_USE;
bool hdf5_heap_name(bytes heap, uint64_t at, str *name, err *e) MUST_USE;
bool hdf5_global_object(hdf5 *h, uint64_t collection, uint32_t index, bytes *object, err *e) MUST_USE;
/* An object of a fractal heap by its identifier. */
bool hdf5_fractal_object(hdf5 *h, uint64_t heap, bytes id, bytes *object, err *e) MUST_USE;

typedef bool (*hdf5_record_fn)(void *ctx, unsigned type, bytes record, err *e);
bool hdf5_tree2(hdf5 *h, uint64_t address, hdf5_record_fn each, void *ctx, err *e) MUST_USE;

typedef bool (*hdf5_link_fn)(void *ctx, const hdf5_link *l, err *e);
/* The links of an old group: a tree of symbol nodes and a heap of names. */
bool hdf5_symbols(hdf5 *h, uint64_t tree, uint64_t heap, hdf5_link_fn each, void *ctx, err *e) MUST_USE;

#endif
