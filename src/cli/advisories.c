/*
 * cli/advisories.c - assay advisories import, status.
 */
#include "advisories.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>
#include <unistd.h>

typedef struct advisories_options {
    const char *data;
    bool is_json;
    option_list files;
} advisories_options;

#define DATA_OPTION(o)                                                                               \
    {                                                                                                \
        .name = "--data", .argument = "DIR", .help = "the data folder (./data)", .value = &(o)->data \
    }
#define JSON_OPTION(o)                                                     \
    {                                                                      \
        .name = "--json", .help = "tell it as JSON", .flag = &(o)->is_json \
    }

static bool read_import_options(int argc, char **argv, advisories_options *o, bool *help, err *e)
{
    const cli_option options[] = {DATA_OPTION(o), JSON_OPTION(o)};
    const cli_usage usage = {
        .synopsis = "assay advisories import FILE.zip ... [OPTIONS]",
        .about =
            "Read bulk exports in the OSV format (a zip of <id>.json) into the index of advisories, "
            "DIR/advisories.idx. Records of\n"
            "earlier imports stay, unless a file has the same id. A running server takes up the new index "
            "by itself.\n"
            "exit: 0 imported, 2 usage, 3 nothing was changed, because a file cannot be used or the disk "
            "failed",
        .example = "assay advisories import PyPI/all.zip Debian/all.zip --data /var/lib/assay",
        .options = options,
        .option_count = COUNT_OF(options),
    };
    *o = (advisories_options){.data = "./data"};
    if (!options_parse(&usage, argc, argv, &o->files, help, e)) return false;
    return *help || o->files.count > 0 || err_set(e, ERR_INVALID, "no file to import; see --help");
}

static bool read_status_options(int argc, char **argv, advisories_options *o, bool *help, err *e)
{
    const cli_option options[] = {DATA_OPTION(o), JSON_OPTION(o)};
    const cli_usage usage = {
        .synopsis = "assay advisories status [OPTIONS]",
        .about = "Tell which advisories judge: how many, how new, the imported ones or the starter set.\n"
                 "exit: 0 told, 2 usage, 3 the index cannot be read",
        .example = "assay advisories status --data /var/lib/assay",
        .options = options,
        .option_count = COUNT_OF(options),
    };
    *o = (advisories_options){.data = "./data"};
    if (!options_parse(&usage, argc, argv, &o->files, help, e)) return false;
    return *help || o->files.count == 0 ||
           err_set(e, ERR_INVALID, "unexpected argument '%s'; see --help", o->files.items[0]);
}

/* All files or none: an index without one of them would call its packages safe. */
static bool import_files(advisories_store *store, const char *const *files, advisories_source *sources,
                         size_t count, err *e)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    if (!advisory_builder_new(&b, e)) return false;
    for (size_t i = 0; i < count; i++) {
        sources[i].name = files[i];
        if (!advisories_add_file(b, files[i], &sources[i], e)) return false;
    }
    return advisories_store_replace(store, b, e);
}

static bool import_and_tell(const advisories_options *o, advisories_source *sources, err *e)
{
    int64_t started = clock_mono_us();
    size_t count = o->files.count;
    advisories_store store = {.lock_fd = -1};
    if (!advisories_store_lock(o->data, &store, e)) return false;
    bool done = import_files(&store, o->files.items, sources, count, e);
    if (done && o->is_json)
        done = advisories_print_json(&store, sources, count, clock_mono_us() - started, e);
    if (done && !o->is_json) {
        advisories_print_sources(sources, count);
        advisories_print_index(&store);
    }
    advisories_store_close(&store);
    return done;
}

int advisories_import_run(int argc, char **argv)
{
    advisories_options o;
    bool help = false;
    err e = {0};
    if (!read_import_options(argc, argv, &o, &help, &e)) return advisories_fail("import", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    advisories_source sources[OPTION_LIST_MAX] = {0};
    return import_and_tell(&o, sources, &e) ? CLI_DONE : advisories_fail("import", &e, CLI_UNFINISHED);
}

static bool tell_status(const advisories_options *o, err *e)
{
    advisories_store store;
    bool done = true;
    if (!advisories_store_open(o->data, &store, e)) return false;
    /* Without the folder the starter set judges, which is not what somebody meant who named another one. */
    if (access(o->data, F_OK) != 0)
        fprintf(stderr, "assay advisories status: there is no folder '%s': nothing was imported there\n",
                o->data);
    if (o->is_json)
        done = advisories_print_json(&store, NULL, 0, 0, e);
    else
        advisories_print_index(&store);
    advisories_store_close(&store);
    return done;
}

int advisories_status_run(int argc, char **argv)
{
    advisories_options o;
    bool help = false;
    err e = {0};
    if (!read_status_options(argc, argv, &o, &help, &e)) return advisories_fail("status", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    return tell_status(&o, &e) ? CLI_DONE : advisories_fail("status", &e, CLI_UNFINISHED);
}
