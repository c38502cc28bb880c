/*
 * cli/scan_remote.h - images and artifacts that are somewhere else: pulled into a temporary folder, layer by layer, and scanned. Private to cli.
 */
#ifndef CLI_SCAN_REMOTE_H
#define CLI_SCAN_REMOTE_H

#include "codec/json.h"
#include "os/spawner.h"

#include <stdatomic.h>

typedef struct scan_remote_options {
    const char *
        user; /* "name:password" or "name", with the password in ASSAY_PASSWORD; NULL: the environment, then Docker's own file */
    const char *platform; /* "linux/amd64"; NULL: Linux on this machine's processor */
    atomic_uint_least64_t *all_bytes, *done_bytes; /* progress; may be NULL */
} scan_remote_options;

/* Pull the image that `reference` names over the registry API, check every digest, and scan it: one target. */
bool scan_remote_image(spawner *s, const char *reference, const scan_remote_options *o, json_t **target,
                       err *e) MUST_USE;
/* Fetch "assay://repository/path" from the server at ASSAY_URL: an open file that nothing names any more. */
bool scan_remote_open(const char *reference, const scan_remote_options *o, int *fd, err *e) MUST_USE;

/* --- shared by the files scan_remote*.c --------------------------------------------------------------------------------------------- */

/* "name:password" for a host, or NULL for nobody; lives in the arena. */
bool scan_credentials_for(arena *a, str host, const scan_remote_options *o, const char **user_password,
                          err *e) MUST_USE;

/* A conversation with one registry: who asks, and the token that it gave. */
typedef struct registry_session {
    arena *arena;
    const char *base; /* "https://host" */
    str repository;
    bool is_loopback, is_basic; /* is_basic: it wants the password itself, each time */
    const char *user_password, *bearer;
    const scan_remote_options *options;
} registry_session;
/* GET base + path into a file. A registry that wants a token is given what it needs for one, once. */
bool registry_get(registry_session *r, const char *path, const char *accept, const char *into,
                  uint64_t size_bytes_max, err *e) MUST_USE;

#endif
