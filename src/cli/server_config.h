/*
 * cli/server_config.h - the settings of `assay server`: one table, four sources.
 *
 * A flag wins over the environment, the environment over the configuration file, the file over the default.
 */
#ifndef CLI_SERVER_CONFIG_H
#define CLI_SERVER_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

typedef struct server_config {
    const char *data_folder;
    const char *listen;
    const char *port_file; /* NULL: none */
    const char *config_file;
    const char *log_format; /* "json", "text"; NULL: text on a terminal, else JSON */
    bool let_anonymous_read;
    secret admin_password; /* empty: make one; from ASSAY_ADMIN_PASSWORD only */
} server_config;

/* Texts live in the arena, argv or the environment. *help: it was asked for and printed. ERR_INVALID: usage. */
bool server_config_read(int argc, char **argv, arena *a, server_config *out, bool *help, err *e) MUST_USE;

/* The settings of one configuration file, for tests and fuzzing: "key = value" lines, '#' starts a comment. */
bool server_config_parse(str text, const char *name, arena *a, server_config *out, err *e) MUST_USE;

#endif
