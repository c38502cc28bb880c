/*
 * codec/archive.h - which container of files bytes are, and a walk through those that have one view only. Child only.
 *
 * ZIP has two views and is read with codec/zip.h; everything else is walked here, member by member, under one budget. Nothing is extracted.
 */
#ifndef CODEC_ARCHIVE_H
#define CODEC_ARCHIVE_H

#include "codec/tar.h"

typedef enum archive_kind {
    ARCHIVE_NONE,
    ARCHIVE_ZIP,
    ARCHIVE_TAR, /* plain or packed */
    ARCHIVE_7Z,
    ARCHIVE_PACKED,  /* one file, compressed, that is no tar */
    ARCHIVE_FOREIGN, /* known by its magic, and not read: RAR, lzip, old lz4 */
} archive_kind;

archive_kind archive_sniff(bytes content);
/* "zip", "tar", "7z", "gzip" ..., "RAR" ... */
const char *archive_name(archive_kind kind, bytes content);

/* Visits the members of a tar, a 7z or a packed file. The one file of ARCHIVE_PACKED has the name of `path` without the suffix of its packing.
 * Bytes that belong to no member are visited too, under a name in parentheses. After a failure what was visited stands: a loader
 * would have seen it before the damage. Fails with ERR_UNSUPPORTED for the other kinds. */
bool archive_walk(archive_kind kind, str path, bytes content, unpack_budget *budget,
                  const tar_visitor *visitor, err *e) MUST_USE;

#endif
