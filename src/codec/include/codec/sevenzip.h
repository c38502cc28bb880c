/*
 * codec/sevenzip.h - walking 7z archives (7zFormat.txt of the LZMA SDK). Child only.
 *
 * Read: Copy, LZMA, LZMA2, Deflate, BZip2, Zstandard and LZ4, alone or behind a branch filter or Delta. Encrypted ones and other coders are
 * ERR_UNSUPPORTED. Members have the shape of a tar's, so one visitor serves both.
 */
#ifndef CODEC_SEVENZIP_H
#define CODEC_SEVENZIP_H

#include "codec/tar.h"

bool sevenzip_is(bytes content);
/* Every member is read (their data lie in common streams), each shown with its bytes when the visitor wants it and it is not larger than
 * LIMIT_ARCHIVE_MEMBER_BYTES. A wrong checksum is ERR_DIGEST_MISMATCH, after the member was shown. */
bool sevenzip_walk(bytes archive, unpack_budget *budget, const tar_visitor *visitor, err *e) MUST_USE;

#endif
