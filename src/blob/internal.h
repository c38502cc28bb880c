/*
 * internal.h - what the files of blob share.
 */
#ifndef BLOB_INTERNAL_H
#define BLOB_INTERNAL_H

#include "blob/blob.h"

#include <limits.h>
#include <pthread.h>

enum { UPLOAD_ID_BYTES = 34, BLOB_PATH_BYTES = PATH_MAX };

/* The running hashes of an upload. */
typedef struct upload_hashes {
    hasher *sha256, *sha1, *md5; /* the latter two NULL for BLOB_SHA256_ONLY */
} upload_hashes;

struct blob_upload {
    blob_store *store;
    blob_upload *next; /* in store->uploads: those open, and those parked with their hashes */
    char id[UPLOAD_ID_BYTES + 1];
    bool is_parked;
    int fd;
    uint64_t size_bytes, flushed_bytes;
    upload_hashes hashes;
};

struct blob_store {
    char folder[PATH_MAX - 128]; /* leaves room for the longest name below it */
    pthread_mutex_t lock;        /* guards the list; never held during I/O */
    blob_upload *uploads;
    size_t parked;
};

typedef struct blob_path {
    char text[BLOB_PATH_BYTES];
} blob_path;
blob_path path_of_blob(const blob_store *store, digest sha256);
blob_path path_of_shard(const blob_store *store, digest sha256);
blob_path path_of_spool(const blob_store *store, const char *name);

bool hashes_start(upload_hashes *h, blob_hashes which, err *e) MUST_USE;
bool hashes_add(upload_hashes *h, bytes piece, err *e) MUST_USE;
bool hashes_add_file(upload_hashes *h, int fd, uint64_t *size_bytes, err *e) MUST_USE; /* from its start */
bool hashes_finish(upload_hashes *h, blob_info *info, err *e) MUST_USE;
void hashes_drop(upload_hashes *h);
bool hash_file(digest_kind kind, int fd, digest *out, err *e) MUST_USE;

#endif
