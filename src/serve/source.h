/*
 * serve/source.h - where a model comes from, and how it gets into sealed memory. Private to serve.
 */
#ifndef SERVE_SOURCE_H
#define SERVE_SOURCE_H

#include "base/arena.h"
#include "serve/serve.h"

#include <sys/types.h>

enum { NAME_BYTES = 101, HEX_BYTES = 65 };

typedef struct source {
    char name[NAME_BYTES], version[NAME_BYTES]; /* version empty: counted from 1 on */
    const char *place;                          /* as given */
    bool is_store;
    char path[1024];  /* of the file, or repository/path in the store */
    char server[512]; /* "http://127.0.0.1:8082" */
} source;
bool source_parse(const char *text, const char *store, source *out, err *e) MUST_USE;

/* What tells one state of a file from the next. */
typedef struct file_state {
    dev_t device;
    ino_t inode;
    off_t size_bytes;
    int64_t changed_ns, modified_ns;
} file_state;
bool file_state_of(const char *path, file_state *out);
bool file_state_equal(const file_state *a, const file_state *b);

/* --- a helper's word to the supervisor --------------------------------------------------------------------------------------- */

typedef enum prepared_kind { PREPARED_REFUSED, PREPARED_UNCHANGED, PREPARED_ADMITTED } prepared_kind;
typedef struct prepared {
    prepared_kind kind;
    bool was_overridden, has_card;
    char sha256[HEX_BYTES], version[NAME_BYTES]; /* version: a store's folder, or empty */
    file_state state;
    err error; /* REFUSED: why; overridden: what the scanner said */
} prepared;

typedef struct preparing {
    const source *source;
    const serve_options *options;
    const char *store_token;
    const char *known_sha256; /* what is served already */
} preparing;
/* In a process of its own: get the file, seal it, hash it, have it scanned, and tell all that to `socket_fd`, with the descriptors of model and card. */
_Noreturn void source_prepare(const preparing *p, int socket_fd);
/* Wipe the store's token (may be NULL) and the environment out of this process's memory, before anything hostile is read. */
void source_forget_secrets(const char *store_token);
bool prepared_send(int socket_fd, const prepared *p, int model_fd, int card_fd);
/* False: the helper died without a word. Descriptors are -1 when there are none. */
bool prepared_receive(int socket_fd, prepared *p, int *model_fd, int *card_fd);

/* --- a store (store.c) ------------------------------------------------------------------------------------------------------- */

/* Fetch the file that the source means now into `folder`/model (and `folder`/card); ERR_NONE with *unchanged when it has the known digest. */
bool store_fetch(const preparing *p, const char *folder, prepared *out, bool *unchanged, err *e) MUST_USE;

#endif
