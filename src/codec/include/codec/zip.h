/*
 * codec/zip.h - ZIP structure: central directory and local headers, and where they disagree. Child only.
 *
 * Structure reading is our own because the disagreements between the two are findings (reference: APPNOTE 6.3.10, section 4.3).
 */
#ifndef CODEC_ZIP_H
#define CODEC_ZIP_H

#include "codec/unpack.h"

typedef struct zip_member {
    str path;
    uint64_t packed_bytes, size_bytes, local_offset, data_offset;
    uint32_t crc32;
    uint16_t method, flags;
    const char *disagreement; /* NULL, or what is wrong with this member, in words */
} zip_member;

typedef struct zip_directory {
    zip_member *members;
    size_t count;
    const char *disagreement; /* of the archive as a whole, or NULL */
    bool hides_member;        /* the disagreement: a local header that the directory does not list */
    uint64_t start, end;      /* of the archive within the file: bytes outside are prefix and trailer */
} zip_directory;

/* A local header at the front, or an end record in the last 64 KiB. */
bool zip_is(bytes file);
/* Fails when the central directory cannot be read to its end (ERR_INVALID, ERR_TRUNCATED), or has more members than the budget allows.
 * Everything that is merely wrong is a disagreement. Paths are views of `file`. */
bool zip_read(arena *a, bytes file, unpack_budget *budget, zip_directory *out, err *e) MUST_USE;
bool zip_member_bytes(bytes file, const zip_member *member, unpack_budget *budget, buf *out, err *e)
    MUST_USE; /* stored, deflate, bzip2, zstd; CRC or size mismatch is ERR_DIGEST_MISMATCH with `out` filled, other methods ERR_UNSUPPORTED */

#endif
