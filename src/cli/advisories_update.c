/*
 * cli/advisories_update.c - assay advisories update: fetch the public exports, then import them.
 *
 * The version (ETag) of the export that the index holds is kept beside it, so that an unchanged one is not fetched again. It is written after
 * the index: what failed half-way is fetched again, or continued.
 */
#include "advisories.h"

#include "base/clock.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "http/fetch.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PUBLIC_SOURCE "https://osv-vulnerabilities.storage.googleapis.com"

enum { ECOSYSTEMS_MAX = 16 };

typedef struct update {
    const char *data, *source;
    const char *ecosystems[ECOSYSTEMS_MAX];
    size_t count;
    bool is_json;
    advisories_source sources[ECOSYSTEMS_MAX];
    char etags[ECOSYSTEMS_MAX][HTTP_ETAG_BYTES];
    size_t changed, failed;
} update;

/* --- arguments ------------------------------------------------------------------------------------------------------------- */

static bool add_ecosystem(update *u, const char *name, err *e)
{
    if (!ecosystem_find_osv(str_from_c(name)) || strchr(name, ':'))
        return err_set(e, ERR_INVALID,
                       "advisories of the ecosystem '%s' are not read yet; PyPI, Debian and Ubuntu are",
                       name);
    for (size_t i = 0; i < u->count; i++)
        if (strcmp(u->ecosystems[i], name) == 0) return true;
    if (u->count < ECOSYSTEMS_MAX) u->ecosystems[u->count++] = name;
    return true;
}

static bool parse_options(int argc, char **argv, update *u, option_list *names, bool *help, err *e)
{
    option_list rest = {0};
    const cli_option options[] = {
        {.name = "--ecosystem",
         .argument = "NAME",
         .help = "PyPI, Debian or Ubuntu; may be repeated (PyPI and Debian)",
         .list = names},
        {.name = "--source",
         .argument = "URL",
         .help = "a mirror, URL/<ecosystem>/all.zip (ASSAY_ADVISORY_SOURCE, else " PUBLIC_SOURCE ")",
         .value = &u->source},
        {.name = "--data", .argument = "DIR", .help = "the data folder (./data)", .value = &u->data},
        {.name = "--json", .help = "tell it as JSON", .flag = &u->is_json},
    };
    const cli_usage usage = {
        .synopsis = "assay advisories update [OPTIONS]",
        .about =
            "Fetch the public bulk exports of osv.dev and import them. A fetch that was broken off is "
            "continued, an export\n"
            "that did not change is not fetched again. Without a network nothing is changed.\n"
            "exit: 0 up to date, 2 usage, 3 not everything could be fetched; what was there stays in use",
        .example = "assay advisories update --ecosystem PyPI --data /var/lib/assay",
        .options = options,
        .option_count = COUNT_OF(options),
    };
    if (!options_parse(&usage, argc, argv, &rest, help, e)) return false;
    return *help || rest.count == 0 ||
           err_set(e, ERR_INVALID, "unexpected argument '%s'; see --help", rest.items[0]);
}

static bool read_options(int argc, char **argv, update *u, bool *help, err *e)
{
    const char *from_environment = getenv("ASSAY_ADVISORY_SOURCE");
    option_list names = {0};
    *u = (update){.data = "./data",
                  .source = from_environment && *from_environment ? from_environment : PUBLIC_SOURCE};
    if (!parse_options(argc, argv, u, &names, help, e)) return false;
    if (names.count == 0) names = (option_list){{"PyPI", "Debian"}, 2};
    for (size_t i = 0; i < names.count; i++)
        if (!add_ecosystem(u, names.items[i], e)) return false;
    return true;
}

/* --- one ecosystem --------------------------------------------------------------------------------------------------------- */

typedef struct update_paths {
    char url[ADVISORIES_PATH_BYTES], zip[ADVISORIES_PATH_BYTES], etag[ADVISORIES_PATH_BYTES];
} update_paths;

static bool make_paths(const update *u, const char *name, update_paths *out, err *e)
{
    size_t source_len = strlen(u->source);
    while (source_len && u->source[source_len - 1] == '/') source_len--;
    bool fit =
        snprintf(out->url, sizeof out->url, "%.*s/%s/all.zip", (int)source_len, u->source, name) <
            ADVISORIES_PATH_BYTES &&
        snprintf(out->zip, sizeof out->zip, "%s/advisories-%s.zip", u->data, name) < ADVISORIES_PATH_BYTES &&
        snprintf(out->etag, sizeof out->etag, "%s/advisories-%s.etag", u->data, name) < ADVISORIES_PATH_BYTES;
    return fit || err_set(e, ERR_NAME_INVALID, "an address or path is too long");
}

/* The version that the index holds. Without an index there is none, whatever the file says. */
static void read_known_etag(const advisories_store *store, const char *path, char *etag)
{
    AUTO_BUF buf text;
    buf_init(&text, HTTP_ETAG_BYTES - 1);
    etag[0] = '\0';
    if (store->index.is_starter || access(path, R_OK) != 0) return;
    err ignored; /* an unreadable note only means that the export is fetched once more */
    if (!file_read_all(path, &text, &ignored) || text.len == 0) return;
    memcpy(etag, text.data, text.len);
    etag[text.len] = '\0';
}

typedef struct fetch_line {
    const char *name;
    int64_t shown_us;
} fetch_line;

static void on_bytes(void *ctx, uint64_t done, uint64_t total)
{
    fetch_line *line = ctx;
    int64_t now = clock_mono_us();
    if (now - line->shown_us < 100000) return;
    line->shown_us = now;
    advisories_progress("fetching", line->name, done >> 10, total >> 10, "KiB");
}

static bool fetch(const update_paths *paths, const char *known_etag, advisories_source *source, char *etag,
                  err *e)
{
    fetch_line line = {.name = source->name, .shown_us = clock_mono_us()};
    http_fetch what = {
        .url = paths->url,
        .path = paths->zip,
        .known_etag = known_etag,
        .size_bytes_max = LIMIT_ADVISORY_ZIP_BYTES,
        .progress = on_bytes,
        .progress_ctx = &line,
    };
    http_fetched got;
    bool done = http_fetch_file(&what, &got, e);
    advisories_progress_end();
    if (!done) return false;
    source->is_unchanged = got.is_unchanged;
    source->resumed_bytes = got.resumed_bytes;
    memcpy(etag, got.etag, sizeof got.etag);
    return true;
}

static bool update_one(update *u, size_t which, const advisories_store *store, advisory_builder *b, err *e)
{
    update_paths paths;
    char known_etag[HTTP_ETAG_BYTES];
    advisories_source *source = &u->sources[which];
    source->name = u->ecosystems[which];
    if (!make_paths(u, source->name, &paths, e)) return false;
    read_known_etag(store, paths.etag, known_etag);
    if (!fetch(&paths, known_etag, source, u->etags[which], e)) return false;
    if (source->is_unchanged) return true;
    bool done = advisories_add_file(b, paths.zip, source, e);
    unlink(paths.zip); /* imported, or of no use */
    return done;
}

/* --- all ------------------------------------------------------------------------------------------------------------------- */

static bool write_etags(const update *u, err *e)
{
    for (size_t i = 0; i < u->count; i++) {
        update_paths paths;
        if (u->sources[i].is_unchanged || !u->sources[i].counts.records) continue;
        if (!make_paths(u, u->ecosystems[i], &paths, e)) return false;
        if (!file_write_atomic(paths.etag, str_bytes(str_from_c(u->etags[i])), 0640, e)) return false;
    }
    return true;
}

/* What could be fetched is imported, even when another export could not. */
static bool update_all(update *u, advisories_store *store, err *e)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    if (!advisory_builder_new(&b, e)) return false;
    for (size_t i = 0; i < u->count; i++) {
        err trouble = {0};
        if (update_one(u, i, store, b, &trouble)) {
            u->changed += !u->sources[i].is_unchanged;
            continue;
        }
        if (trouble.code == ERR_MEMORY) return err_set(e, trouble.code, "%s", trouble.message);
        /* A zip that broke off half-way may have left records in the builder: they are true, only not all. */
        u->sources[i].counts.records = 0;
        u->failed++;
        fprintf(stderr, "assay advisories update: %s: %s\n", u->ecosystems[i], trouble.message);
    }
    return u->changed == 0 || (advisories_store_replace(store, b, e) && write_etags(u, e));
}

static void tell_failure(const update *u, const advisories_store *store)
{
    fprintf(stderr,
            "assay advisories update: %zu of %zu exports could not be fetched. Is there a network, and may "
            "this machine reach "
            "%s?\n",
            u->failed, u->count, u->source);
    fprintf(stderr,
            "assay advisories update: %s stays in use. Elsewhere fetched exports can be read with 'assay "
            "advisories import "
            "FILE.zip'.\n",
            store->index.is_starter ? "the starter set" : "the imported index");
}

static bool update_and_tell(update *u, err *e)
{
    int64_t started = clock_mono_us();
    advisories_store store = {.lock_fd = -1};
    if (!advisories_store_lock(u->data, &store, e)) return false;
    bool done = update_all(u, &store, e);
    if (done && u->failed) tell_failure(u, &store);
    if (done && u->is_json)
        done = advisories_print_json(&store, u->sources, u->count, clock_mono_us() - started, e);
    if (done && !u->is_json) {
        if (!u->failed) advisories_print_sources(u->sources, u->count);
        advisories_print_index(&store);
    }
    advisories_store_close(&store);
    return done;
}

static int run(int argc, char **argv, update *u)
{
    bool help = false;
    err e = {0};
    if (!read_options(argc, argv, u, &help, &e)) return advisories_fail("update", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (!update_and_tell(u, &e)) return advisories_fail("update", &e, CLI_UNFINISHED);
    return u->failed ? CLI_UNFINISHED : CLI_DONE;
}

int advisories_update_run(int argc, char **argv)
{
    static const size_t update_bytes = sizeof(update);
    update *u = calloc(1, update_bytes);
    err e = {0};
    if (!u) return err_set(&e, ERR_MEMORY, "no memory left"), advisories_fail("update", &e, CLI_UNFINISHED);
    int code = run(argc, argv, u);
    free(u);
    return code;
}
