/*
 * blob/blob.h - bytes named by their digest.
 *
 * A blob exists or does not; nobody ever sees half of one. Uploads gather bytes in a private file and become a blob in one rename, after the
 * digest was checked and the data reached the disk.
 *
 * Threads: a blob_store is shared by all threads; a blob_upload belongs to the request that opened it (a second opener of the same
 * resumable upload gets ERR_CONFLICT). Memory: constant per upload, whatever the size of the blob.
 */
#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include "base/err.h"
#include "crypto/digest.h"

typedef struct blob_store blob_store;
typedef struct blob_upload blob_upload;

typedef struct blob_info {
    digest sha256;
    digest sha1, md5; /* DIGEST_NONE unless asked for at the upload's start, or known already */
    uint64_t size_bytes;
} blob_info;

/* <folder>/spool holds uploads, <folder>/blobs/<first two digits>/<sha256> the blobs. Uploads that nobody touched for LIMIT_UPLOAD_HOURS are
 * removed. Blobs without rows (a crash between commit and row) stay until garbage is collected. */
bool blob_store_open(const char *folder, blob_store **out, err *e) MUST_USE;
void blob_store_close(blob_store *store); /* after every upload was closed */
AUTO_FOR(blob_store *, blob_store_close)

/* Which digests besides sha256 to compute on the way: they cost three quarters of the hashing time. */
typedef enum blob_hashes { BLOB_SHA256_ONLY, BLOB_ALL_HASHES } blob_hashes;

bool blob_upload_new(blob_store *store, blob_hashes hashes, blob_upload **out, err *e) MUST_USE;
/* Open an upload that an earlier request left with blob_upload_close: ERR_UPLOAD_UNKNOWN, ERR_CONFLICT. Survives a restart of the server. */
bool blob_upload_resume(blob_store *store, str id, blob_upload **out, err *e) MUST_USE;
str blob_upload_id(const blob_upload *upload); /* url-safe, unguessable */
uint64_t blob_upload_size(const blob_upload *upload);
/* After a failure the upload holds exactly the bytes of the writes before. ERR_STORAGE, ERR_TOO_LARGE. */
bool blob_upload_write(blob_upload *upload, bytes piece, err *e) MUST_USE;
/* Make the uploaded bytes a blob. `want` (sha256 or sha512) may be NULL. Safe to repeat for content that is already stored.
 * ERR_DIGEST_MISMATCH, ERR_STORAGE. Consumes the upload on success and on mismatch (its bytes are dropped); after other failures the caller
 * still has to close or cancel it. */
bool blob_upload_commit(blob_upload *upload, const digest *want, blob_info *info, err *e) MUST_USE;
void blob_upload_close(blob_upload *upload);  /* keep it for a later resume */
void blob_upload_cancel(blob_upload *upload); /* drop its bytes */
AUTO_FOR(blob_upload *, blob_upload_cancel)
/* The same with what else the client announced: digests of kind NONE are not compared; sha1 and md5 need BLOB_ALL_HASHES. */
typedef struct blob_wants {
    digest sha256, sha1, md5;
} blob_wants;
bool blob_upload_commit_checked(blob_upload *upload, const blob_wants *wants, blob_info *info,
                                err *e) MUST_USE;

bool blob_exists(blob_store *store, digest sha256);
bool blob_open(blob_store *store, digest sha256, int *fd, uint64_t *size_bytes,
               err *e) MUST_USE; /* ERR_BLOB_UNKNOWN */
/* md5 and sha1 of a stored blob (reads it once). */
bool blob_checksums(blob_store *store, digest sha256, blob_info *info, err *e) MUST_USE;
bool blob_delete(blob_store *store, digest sha256,
                 err *e) MUST_USE; /* garbage collection only, after the rows are gone */

#endif
