/*
 * codec/zip.h - ZIP structure: central directory and local headers, and where they disagree. Child only.
 *
 * Structure reading is our own because the disagreements between the two are findings (reference: APPNOTE 6.3.10, section 4.3).
 */
#ifndef CODEC_ZIP_H
#define CODEC_ZIP_H

#include "codec/unpack.h"

/* What a disagreement is about. */
typedef enum zip_oddity {
    ZIP_NOTHING_ODD,
    ZIP_MISMATCH,  /* the two headers say different things, or one is missing */
    ZIP_DUPLICATE, /* two members of one name */
    ZIP_PATH,      /* the path leads out of the archive, or it is a link */
    ZIP_FLAGS,     /* reserved flags */
    ZIP_ENCRYPTED, /* flagged as encrypted; whether it is shows when its bytes are read */
} zip_oddity;

typedef struct zip_member {
    str path;
    uint64_t packed_bytes, size_bytes, local_offset, data_offset;
    uint32_t crc32;
    uint16_t method, flags;
    bool is_encrypted; /* flagged so, in either header */
    bool
        is_deferred; /* of shadows: size and checksum stand behind the data, where nobody can tell them from data */
    zip_oddity oddity;
    const char *disagreement; /* NULL, or what is wrong with this member, in words */
} zip_member;

/* Bytes of the file that belong to no member and no header. */
typedef struct zip_leftover {
    const char *where; /* "(in front of the archive)", fit for the place of a member's name */
    bytes content;
} zip_leftover;

typedef struct zip_directory {
    zip_member *members; /* as the directory lists them */
    size_t count;
    /* Members as only a reader of local headers sees them: not listed, or listed with another method or size. */
    zip_member *shadows;
    size_t shadow_count, shadow_capacity;
    zip_leftover *leftovers;
    size_t leftover_count, leftover_capacity;
    const char *disagreement; /* of the archive as a whole, or NULL */
    bool hides_member;        /* the disagreement: a local header that the directory does not list */
    bool is_grave; /* the disagreement: no writer makes this, and readers would see different archives */
    uint64_t start, end; /* of the archive within the file: bytes outside are prefix and trailer */
} zip_directory;

/* A local header at the front, or an end record in the last 64 KiB; not a tar, whose last member may well be a ZIP. */
bool zip_is(bytes file);
/* Fails when the central directory cannot be read to its end (ERR_INVALID, ERR_TRUNCATED), or has more members than the budget allows.
 * Everything that is merely wrong is a disagreement. Paths are views of `file`. */
bool zip_read(arena *a, bytes file, unpack_budget *budget, zip_directory *out, err *e) MUST_USE;
/* An archive whose directory cannot be read, as a reader of local headers meets it: everything is in `shadows` and `leftovers`. */
bool zip_read_front(arena *a, bytes file, unpack_budget *budget, zip_directory *out, err *e) MUST_USE;
bool zip_member_bytes(bytes file, const zip_member *member, unpack_budget *budget, buf *out, err *e)
    MUST_USE; /* stored, deflate, bzip2, lzma, xz, zstd; CRC or size mismatch is ERR_DIGEST_MISMATCH with `out` filled; other methods,
               * and members that are encrypted indeed, ERR_UNSUPPORTED. A member that is only flagged as encrypted is read. */

#endif
