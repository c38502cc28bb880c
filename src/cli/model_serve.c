/*
 * cli/model_serve.c - `assay model serve`: options into serve_run.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"

#include "serve/serve.h"

#include <stdlib.h>

typedef struct serve_args {
    const char *threads, *sample, *poll, *drain, *server;
    option_list models, unclean;
    serve_options options;
} serve_args;

static bool parse_count(const char *option, const char *text, uint64_t least, uint64_t most, unsigned *out,
                        err *e)
{
    uint64_t number;
    if (!text) return true;
    if (!str_to_u64(str_from_c(text), &number) || number < least || number > most)
        return err_set(e, ERR_INVALID, "%s must be %llu to %llu, not '%s'", option, (unsigned long long)least,
                       (unsigned long long)most, text);
    *out = (unsigned)number;
    return true;
}

static bool parse_share(const char *text, double *out, err *e)
{
    char *end = NULL;
    double share = text ? strtod(text, &end) : 1;
    if (text && (end == text || *end || !(share >= 0 && share <= 1)))
        return err_set(e, ERR_INVALID, "--log-sample must be a share from 0 to 1, such as 0.01, not '%s'",
                       text);
    *out = share;
    return true;
}

static bool check_digests(const option_list *list, err *e)
{
    for (size_t i = 0; i < list->count; i++) {
        str hex = str_from_c(list->items[i]);
        bool ok = hex.len == 64;
        for (size_t k = 0; ok && k < hex.len; k++)
            ok = memchr("0123456789abcdefABCDEF", hex.data[k], 22) != NULL;
        if (!ok)
            return err_set(e, ERR_INVALID,
                           "--allow-unclean takes the sha256 of a file, 64 hexadecimal digits, not '%s'",
                           list->items[i]);
    }
    return true;
}

static bool finish_options(serve_args *args, err *e)
{
    serve_options *o = &args->options;
    const char *server = getenv("ASSAY_SERVER");
    o->store = args->server ? args->server : server && *server ? server : "http://127.0.0.1:8082";
    o->models = args->models.items;
    o->model_count = args->models.count;
    o->allow_unclean = args->unclean.items;
    o->allow_unclean_count = args->unclean.count;
    if (o->model_count == 0) return err_set(e, ERR_INVALID, "give a model file; see --help");
    return parse_count("--threads", args->threads, 1, 64, &o->threads, e) &&
           parse_count("--poll", args->poll, 1, 86400, &o->poll_seconds, e) &&
           parse_count("--drain", args->drain, 0, 3600, &o->drain_seconds, e) &&
           parse_share(args->sample, &o->request_log_sample, e) && check_digests(&args->unclean, e);
}

static int exit_code(const err *e)
{
    if (e->code == ERR_BLOCKED) return CLI_FAILED_POLICY;
    return e->code == ERR_INVALID ? CLI_USAGE : CLI_UNFINISHED;
}

int cli_model_serve(int argc, char **argv)
{
    serve_args args = {.options = {.host = "127.0.0.1", .port = "8000"}};
    serve_options *o = &args.options;
    const cli_option options[] = {
        {"--port", "N", "port to listen on (8000; 0 takes any)", &o->port, NULL, NULL},
        {"--host", "ADDRESS", "address to listen on (127.0.0.1; 0.0.0.0 or :: is all)", &o->host, NULL, NULL},
        {"--threads", "N", "event threads (all cores)", &args.threads, NULL, NULL},
        {"--server", "URL", "where assay://repository/path is (ASSAY_SERVER, http://127.0.0.1:8082)",
         &args.server, NULL, NULL},
        {"--server-token", "FILE", "token for that server (ASSAY_TOKEN)", &o->store_token, NULL, NULL},
        {"--poll", "SECONDS", "look for new versions so often (1; assay:// 10)", &args.poll, NULL, NULL},
        {"--token", "FILE", "who asks must send one of these tokens, one a line (ASSAY_SERVE_TOKEN)",
         &o->token, NULL, NULL},
        {"--tls-cert", "FILE", "speak TLS with this certificate chain (PEM)", &o->tls_certificate, NULL,
         NULL},
        {"--tls-key", "FILE", "and this key", &o->tls_key, NULL, NULL},
        {"--drain", "SECONDS", "after SIGTERM be unready but serve for so long (0)", &args.drain, NULL, NULL},
        {"--log-requests", "FILE", "a JSON line per request; - is standard output", &o->request_log, NULL,
         NULL},
        {"--log-sample", "SHARE", "of the requests, 0 to 1 (1)", &args.sample, NULL, NULL},
        {"--log-features", NULL, "with what was asked: may be personal data", NULL, &o->log_features, NULL},
        {"--allow-unclean", "SHA256", "serve this file whatever the scanner says", NULL, NULL, &args.unclean},
    };
    const cli_usage usage = {
        "assay model serve [NAME[@VERSION]=]MODEL|assay://REPOSITORY/PATH ... [OPTIONS]",
        "Serves models over HTTP, without Python and without unpickling them: /predict, the Open Inference\n"
        "Protocol v2, MLflow's /invocations. A file is scanned first; what is not clean is not served. When "
        "a file\n"
        "or the store's version moves, the new one is taken up without a pause; a bad one is refused and the "
        "old kept.",
        "assay model serve iris=model.pkl --port 8000", options, COUNT_OF(options)};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &args.models, &help, &e))
        return cli_complain("serve", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (!finish_options(&args, &e)) return cli_complain("serve", &e, CLI_USAGE);
    return serve_run(o, &e) ? CLI_DONE : cli_complain("serve", &e, exit_code(&e));
}
