/*
 * format/rdata/rdata.h - what R's saveRDS, serialize and save write: a tree of R objects as XDR, text or native numbers, mostly packed.
 */
#ifndef FORMAT_RDATA_RDATA_H
#define FORMAT_RDATA_RDATA_H

#include "base/buf.h"
#include "base/reader.h"
#include "format/format.h"

extern const model_format format_rdata;

/* --- numbers and texts (input.c) ---------------------------------------------------------------------------------------------------- */

typedef enum rdata_coding { RDATA_XDR, RDATA_TEXT, RDATA_NATIVE } rdata_coding; /* native: little endian */

typedef struct rdata_input {
    reader r;
    rdata_coding coding;
    buf text; /* the last text, unescaped */
} rdata_input;

/* A failed take sticks in in->r.failed. */
int32_t rdata_int(rdata_input *in);
void rdata_skip(rdata_input *in, uint64_t count, unsigned item_bytes);
/* `len` bytes; the view is valid until the next text. */
str rdata_text(rdata_input *in, uint64_t len);

/* --- the tree (walk.c) --------------------------------------------------------------------------------------------------------------- */

typedef struct rdata_facts {
    str class;      /* of the object itself, as far as it tells */
    str first_name; /* of a workspace: its first variable */
    uint64_t objects, closures, promises;
} rdata_facts;

/* One object and all that belongs to it, from where `in` stands. What its reading or use would run becomes findings. *is_whole false: it
 * could not be read to its end, which was told. */
bool rdata_walk(rdata_input *in, report *r, rdata_facts *facts, bool *is_whole, err *e) MUST_USE;

#endif
