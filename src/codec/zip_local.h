/*
 * codec/zip_local.h - the local headers of a ZIP, and the walk along them; shared by zip.c and zip_walk.c.
 */
#ifndef CODEC_ZIP_LOCAL_H
#define CODEC_ZIP_LOCAL_H

#include "codec/zip.h"

enum {
    ZIP_SIGNATURE_LOCAL = 0x04034b50,
    ZIP_FLAGS_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13,
    ZIP_FLAG_DESCRIPTOR = 1 << 3,
    ZIP_FLAG_UTF8 = 1 << 11,
    ZIP_FLAGS_DEFLATE = 1 << 1 | 1 << 2,
};

typedef struct zip_extra64_fields {
    uint64_t *size_bytes, *packed_bytes, *local_offset; /* NULL: not in this header */
} zip_extra64_fields;

/* Extra field 0001: a 64-bit value for each 32-bit field that is all ones, in this order. */
void zip_extra64(bytes extra, const zip_extra64_fields *fields);

typedef struct zip_local {
    str path;
    uint64_t packed_bytes, size_bytes, data_offset;
    uint32_t crc32;
    uint16_t method, flags;
    bool is_deferred; /* sizes and checksum stand behind the data */
} zip_local;

/* False when no whole local header stands there. */
bool zip_local_read(bytes file, uint64_t at, zip_local *out);

bool zip_keep_leftover(arena *a, zip_directory *zip, const char *where, bytes content, err *e) MUST_USE;

typedef struct zip_walk {
    arena *arena;
    bytes file;
    zip_member *const *sorted; /* the listed members by local offset */
    size_t count;
    uint64_t directory_at;
} zip_walk;

/* Go along the local headers as a reader of the stream would: fills the directory's shadows and leftovers. */
bool zip_walk_local(const zip_walk *w, zip_directory *zip, err *e) MUST_USE;

#endif
