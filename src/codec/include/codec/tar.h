/*
 * codec/tar.h - walking tar archives (ustar, GNU, pax) from a pull stream, plain or packed. Child only.
 *
 * Nothing is ever extracted: the visitor sees names, types and, for members it asks for, their bytes.
 */
#ifndef CODEC_TAR_H
#define CODEC_TAR_H

#include "codec/unpack.h"

typedef enum tar_kind { TAR_FILE, TAR_DIR, TAR_SYMLINK, TAR_HARDLINK, TAR_OTHER } tar_kind;
typedef struct tar_member {
    str path; /* as stored, without a leading "./" or "/" and without a trailing "/"; may contain ".." */
    tar_kind kind;
    str link; /* of links: as stored; a hard link names another member */
    /* As stored in the archive; a sparse file is larger when it is unpacked, and its bytes are never given. */
    uint64_t size_bytes;
    unsigned mode;
    bool is_absolute, is_link_absolute; /* the name, the hard link's target: stored with a leading "/" */
    bool is_device;                     /* TAR_OTHER: a device or a pipe */
    bool is_sparse;
} tar_member;

typedef struct tar_visitor {
    void *ctx;
    /* Does the visitor want this member's bytes? Of packed archives members above LIMIT_ARCHIVE_MEMBER_BYTES are never given. */
    bool (*wants)(void *ctx, const tar_member *member);
    /* `content` is valid during the call; empty for members that were not wanted. */
    bool (*member)(void *ctx, const tar_member *member, bytes content, err *e);
} tar_visitor;

bool tar_is(bytes head); /* needs 512 bytes; valid header checksum */
bool tar_walk(bytes archive, unpack_budget *budget, const tar_visitor *visitor,
              err *e) MUST_USE; /* unpacks gzip, zstd, xz, bzip2 itself */

#endif
