/*
 * codec/sevenzip_header.h - the description of a 7z archive, as its headers give it; shared by sevenzip.c and its parts.
 */
#ifndef CODEC_SEVENZIP_HEADER_H
#define CODEC_SEVENZIP_HEADER_H

#include "base/arena.h"
#include "base/reader.h"
#include "codec/tar.h"

enum { SEVENZIP_CODERS_MAX = 4, SEVENZIP_HEAD_BYTES = 32 };

typedef struct sevenzip_coder {
    uint64_t id; /* its bytes as one number: 0x030101 is LZMA */
    bytes properties;
} sevenzip_coder;

typedef struct sevenzip_folder {
    sevenzip_coder coders[SEVENZIP_CODERS_MAX];
    size_t coder_count;
    size_t order
        [SEVENZIP_CODERS_MAX]; /* from the one that writes the files' bytes down to the one that reads the archive's */
    uint64_t coder_sizes[SEVENZIP_CODERS_MAX]; /* what each gives out */
    uint64_t size_bytes;                       /* of the files together */
    uint64_t file_count;
    bytes packed;
    bool has_crc;
    uint32_t crc32;
    const char *unsupported; /* NULL, or why it cannot be read */
} sevenzip_folder;

typedef struct sevenzip_file {
    uint64_t size_bytes;
    bool has_crc;
    uint32_t crc32;
} sevenzip_file;

/* StreamsInfo: folders, and the pieces of each. */
typedef struct sevenzip_streams {
    sevenzip_folder *folders;
    size_t folder_count;
    sevenzip_file *files; /* those with bytes, in the order of folders */
    size_t file_count;
    uint64_t packed_from, packed_end; /* within the archive */
} sevenzip_streams;

typedef struct sevenzip_entry {
    str path;
    bool has_stream, is_empty_file;
    uint32_t attributes;
} sevenzip_entry;

typedef struct sevenzip_header {
    sevenzip_streams streams;
    sevenzip_entry *entries;
    size_t entry_count;
} sevenzip_header;

bool sevenzip_number(reader *r, uint64_t *out);
/* One bit per item, the highest first; or a byte that says "all". */
bool sevenzip_bits(reader *r, size_t count, bool may_say_all, uint8_t *bits);

/* `r` stands behind the identifier of StreamsInfo. */
bool sevenzip_streams_read(arena *a, bytes archive, reader *r, sevenzip_streams *out, err *e) MUST_USE;
/* A header that is not encoded, behind its identifier. */
bool sevenzip_header_read(arena *a, bytes archive, reader *r, sevenzip_header *out, err *e) MUST_USE;

/* Unpack a folder, piece by piece (sevenzip_data.c). */
typedef struct sevenzip_source sevenzip_source;
bool sevenzip_open(const sevenzip_folder *f, unpack_budget *budget, sevenzip_source **out, err *e) MUST_USE;
/* Exactly `count` bytes; fewer are ERR_TRUNCATED, with *got telling how many came. Charges the budget. */
bool sevenzip_take(sevenzip_source *s, uint8_t *into, size_t count, size_t *got, err *e) MUST_USE;
void sevenzip_close(sevenzip_source *s);
AUTO_FOR(sevenzip_source *, sevenzip_close)

#endif
