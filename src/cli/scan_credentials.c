/*
 * cli/scan_credentials.c - who asks a registry: --user, then ASSAY_USER and ASSAY_PASSWORD, then what `docker login` wrote.
 *
 * Docker's credential helpers are programs of others and are not run; what they keep can be given by the environment.
 */
#include "scan_remote.h"

#include "base/limits.h"
#include "crypto/base64.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool join(arena *a, const char *user, const char **user_password, err *e)
{
    const char *password = from_environment("ASSAY_PASSWORD");
    if (strchr(user, ':')) {
        *user_password = user;
        return true;
    }
    if (!password)
        return err_set(e, ERR_INVALID,
                       "there is no password for '%s': set ASSAY_PASSWORD, or write --user NAME:PASSWORD",
                       user);
    *user_password = arena_printf(a, "%s:%s", user, password).data;
    return *user_password || err_set(e, ERR_MEMORY, "no memory for credentials");
}

/* {"auths": {"host": {"auth": base64 of name:password}}} */
static bool from_docker(arena *a, str host, const json_t *config, const char **user_password)
{
    const json_t *auths = json_object_get(config, "auths");
    str key = str_eq(host, STR("registry-1.docker.io")) ? STR("https://index.docker.io/v1/") : host;
    str packed = json_text(json_object_getn(auths, key.data, key.len), "auth");
    AUTO_BUF buf plain;
    buf_init(&plain, LIMIT_PROPERTY_BYTES);
    err ignored;
    if (packed.len == 0 || !base64_decode(packed, &plain, &ignored)) return false;
    return str_find(buf_str(&plain), ':') > 0 && str_to_c(a, buf_str(&plain), user_password, &ignored);
}

static bool docker_config(json_t **config)
{
    char path[4096];
    const char *folder = from_environment("DOCKER_CONFIG"), *home = from_environment("HOME");
    int len = folder ? snprintf(path, sizeof(path), "%s/config.json", folder)
                     : snprintf(path, sizeof(path), "%s/.docker/config.json", home ? home : "");
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    err ignored;
    return len < (int)sizeof(path) && access(path, R_OK) == 0 && file_read_all(path, &text, &ignored) &&
           json_decode(buf_bytes(&text), path, config, &ignored);
}

bool scan_credentials_for(arena *a, str host, const scan_remote_options *o, const char **user_password,
                          err *e)
{
    const char *user = o->user ? o->user : from_environment("ASSAY_USER");
    *user_password = NULL;
    if (user) return join(a, user, user_password, e);
    AUTO(json_release) json_t *config = NULL;
    if (docker_config(&config) && !from_docker(a, host, config, user_password)) *user_password = NULL;
    return true;
}
