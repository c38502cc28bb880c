/*
 * codec/unpack.h - decompression with a budget. Runs in the sandboxed child only.
 *
 * A budget is shared by everything that is unpacked from one blob, however nested; running out of it is ERR_TOO_LARGE, which
 * a scanner reports as unparseable, never as clean.
 */
#ifndef CODEC_UNPACK_H
#define CODEC_UNPACK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef enum packing {
    PACKING_NONE,
    PACKING_GZIP,
    PACKING_ZLIB,
    PACKING_BZIP2,
    PACKING_XZ,
    PACKING_LZMA, /* .lzma, "alone" */
    PACKING_ZSTD,
    PACKING_LZ4,     /* frame format */
    PACKING_ZFILE,   /* joblib before 0.10: "ZF", the length as text, zlib data */
    PACKING_DEFLATE, /* raw, as in ZIP members; has no magic and is never sniffed */
} packing;

packing packing_sniff(bytes head); /* by magic bytes; zlib needs a valid header checksum */
const char *packing_name(packing p);

typedef struct unpack_budget {
    uint64_t bytes_left, members_left;
    uint64_t packed_bytes, unpacked_bytes; /* for the ratio limit */
    unsigned depth_left;
} unpack_budget;
unpack_budget unpack_budget_new(uint64_t packed_bytes); /* from base/limits.h */
/* Takes `count` unpacked bytes from the budget; for readers that unpack or copy on their own. Fails with ERR_TOO_LARGE. */
bool unpack_charge(unpack_budget *budget, uint64_t count, err *e) MUST_USE;

/* All members of a concatenated stream, added to `out`. `*used` gets the packed bytes that were consumed (trailing bytes are the caller's
 * finding). On failure `out` keeps what came before the damage: a loader would have used it too. */
bool unpack_all(packing p, bytes packed, unpack_budget *budget, buf *out, size_t *used, err *e) MUST_USE;

/* Pull stream, for layers too large to hold. */
typedef struct unpack_stream unpack_stream;
bool unpack_open(packing p, bytes packed, unpack_budget *budget, unpack_stream **out, err *e) MUST_USE;
bool unpack_read(unpack_stream *s, uint8_t *into, size_t capacity, size_t *got,
                 err *e) MUST_USE; /* *got 0: end */
void unpack_close(unpack_stream *s);
AUTO_FOR(unpack_stream *, unpack_close)

#endif
