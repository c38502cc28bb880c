/*
 * cli/server_config.c - flags, environment, file, defaults.
 */
#include "server_config.h"

#include "base/limits.h"
#include "cli/options.h"
#include "http/http.h"
#include "os/file.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct setting {
    const char *flag, *key, *variable, *argument, *help;
    size_t text_at; /* of the const char * in server_config; SIZE_MAX: let_anonymous_read */
} setting;

/* ASSAY_DATA is taken: it names the data of the tests. */
static const setting settings[] = {
    {"--data", "data", "ASSAY_DATA_DIR", "DIR", "where everything is kept (./data)",
     offsetof(server_config, data_folder)},
    {"--listen", "listen", "ASSAY_LISTEN", "ADDR:PORT",
     "where to listen (127.0.0.1:8082); ':8082' is every address", offsetof(server_config, listen)},
    {"--port-file", "port_file", "ASSAY_PORT_FILE", "FILE", "write the port here once it is open, for ADDR:0",
     offsetof(server_config, port_file)},
    {"--config", NULL, "ASSAY_CONFIG", "FILE", "read settings from here",
     offsetof(server_config, config_file)},
    {"--log", "log", "ASSAY_LOG", "json|text", "form of the log (text on a terminal, else json)",
     offsetof(server_config, log_format)},
    {"--anonymous-read", "anonymous_read", "ASSAY_ANONYMOUS_READ", NULL, "who does not sign in may read",
     SIZE_MAX},
};

static const char about[] =
    "Start the platform: artifacts, images, scans, policies and the web UI on one port.\n"
    "\n"
    "The first start creates the user 'admin' and prints a password, once. To choose it, set "
    "ASSAY_ADMIN_PASSWORD.\n"
    "SIGTERM or Ctrl-C lets running requests finish, for 10 seconds at most; a second one ends the server at "
    "once.\n"
    "\n"
    "Each option is also an environment variable and a key of the configuration file; the first of flag,\n"
    "environment, file counts:\n"
    "  --data              ASSAY_DATA_DIR        data = /var/lib/assay\n"
    "  --listen            ASSAY_LISTEN          listen = 127.0.0.1:8082\n"
    "  --port-file         ASSAY_PORT_FILE       port_file = /run/assay/port\n"
    "  --log               ASSAY_LOG             log = json\n"
    "  --anonymous-read    ASSAY_ANONYMOUS_READ  anonymous_read = false     # true or false\n"
    "  --config            ASSAY_CONFIG\n"
    "\n"
    "/healthz tells that the process is alive, /readyz that it can work, /metrics what it does.";

/* --- one setting -------------------------------------------------------------------------------------------------- */

static const char **text_of(server_config *config, const setting *s)
{
    return (const char **)(void *)((char *)config + s->text_at);
}

static bool set(server_config *config, const setting *s, const char *text, const char *where, err *e)
{
    if (s->text_at != SIZE_MAX) {
        *text_of(config, s) = text;
        return true;
    }
    bool yes = str_eq(str_from_c(text), STR("true")) || str_eq(str_from_c(text), STR("1"));
    bool no = str_eq(str_from_c(text), STR("false")) || str_eq(str_from_c(text), STR("0"));
    if (!yes && !no) return err_set(e, ERR_INVALID, "%s is '%s', neither true nor false", where, text);
    config->let_anonymous_read = yes;
    return true;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static const setting *find_key(str key)
{
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (settings[i].key && str_eq(key, str_from_c(settings[i].key))) return &settings[i];
    return NULL;
}

static bool parse_line(str line, const char *name, size_t number, arena *a, server_config *out, err *e)
{
    str content, comment, key, value;
    str_cut(line, '#', &content, &comment);
    content = str_trim(content);
    if (content.len == 0) return true;
    if (!str_cut(content, '=', &key, &value))
        return err_set(e, ERR_INVALID, "%s:%zu: a line is 'key = value'", name, number);
    const setting *s = find_key(str_trim(key));
    if (!s)
        return err_set(e, ERR_INVALID, "%s:%zu: there is no setting '%.*s'; see assay server --help", name,
                       number, STR_ARG(str_trim(key)));
    const char *text;
    if (!str_to_c(a, str_trim(value), &text, e)) return err_wrap(e, "%s:%zu", name, number);
    return set(out, s, text, s->key, e) || err_wrap(e, "%s:%zu", name, number);
}

bool server_config_parse(str text, const char *name, arena *a, server_config *out, err *e)
{
    str line;
    for (size_t number = 1; str_next(&text, '\n', &line); number++)
        if (!parse_line(line, name, number, a, out, e)) return false;
    return true;
}

static bool read_file(const char *path, arena *a, server_config *out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    return file_read_all(path, &text, e) && server_config_parse(buf_str(&text), path, a, out, e);
}

/* --- all sources -------------------------------------------------------------------------------------------------- */

/* Settings that flags gave are in `flags`; what is set there wins. */
static bool merge(const server_config *flags, arena *a, server_config *out, err *e)
{
    const char *file = flags->config_file ? flags->config_file : getenv("ASSAY_CONFIG");
    if (file && !read_file(file, a, out, e)) return false;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const setting *s = &settings[i];
        const char *text = getenv(s->variable);
        if (text && *text && !set(out, s, text, s->variable, e)) return false;
        if (s->text_at == SIZE_MAX) continue;
        const char *flag = *text_of((server_config *)flags, s);
        if (flag) *text_of(out, s) = flag;
    }
    if (flags->let_anonymous_read) out->let_anonymous_read = true;
    return true;
}

bool server_config_read(int argc, char **argv, arena *a, server_config *out, bool *help, err *e)
{
    server_config flags = {0};
    cli_option options[COUNT_OF(settings)];
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const setting *s = &settings[i];
        options[i] = (cli_option){.name = s->flag, .argument = s->argument, .help = s->help};
        if (s->text_at == SIZE_MAX)
            options[i].flag = &flags.let_anonymous_read;
        else
            options[i].value = text_of(&flags, s);
    }
    const cli_usage usage = {.synopsis = "assay server [OPTIONS]",
                             .about = about,
                             .example = "assay server --data /var/lib/assay --listen 0.0.0.0:8082",
                             .options = options,
                             .option_count = COUNT_OF(options)};
    option_list rest = {0};
    if (!options_parse(&usage, argc, argv, &rest, help, e)) return false;
    if (*help) return true;
    if (rest.count > 0) return err_set(e, ERR_INVALID, "unknown argument '%s'; see --help", rest.items[0]);

    *out = (server_config){.data_folder = "data", .listen = "127.0.0.1:8082"};
    if (!merge(&flags, a, out, e)) return false;
    if (!http_listen_check(out->listen, e)) return false;
    str format = str_from_c(out->log_format);
    if (format.len && !str_eq(format, STR("json")) && !str_eq(format, STR("text")))
        return err_set(e, ERR_INVALID, "the form of the log is '%s', neither json nor text", out->log_format);
    out->admin_password = secret_of(str_from_c(getenv("ASSAY_ADMIN_PASSWORD")));
    return true;
}
