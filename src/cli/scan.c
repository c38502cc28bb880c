/*
 * cli/scan.c - `assay scan`: the same scan as the server's, without a server.
 *
 * Exit codes (docs/scan-document.md): without a policy the worst verdict decides; --fail-on adds findings of that severity or worse, and leaves
 * merely suspicious models to it; --policy leaves everything to the policy. What could not be read to its end is never success.
 */
#include "scan.h"
#include "scan_export.h"

#include "advisories.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "format/report.h"
#include "os/file.h"
#include "policy/policy.h"
#include "scan/scan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct scan_options {
    bool json, sarif, cyclonedx, explain, quiet, hash, no_hash;
    const char *fail_on, *policy, *data, *output, *user, *platform;
    option_list paths;
    bool has_fail_on;
    severity fail_on_severity;
} scan_options;

static int complain(const err *e, int exit_code)
{
    scan_text_warn(e->message);
    return exit_code;
}

static void tell_notes(const scan_targets *t)
{
    for (size_t i = 0; i < t->note_count && i < COUNT_OF(t->notes); i++) scan_text_warn(t->notes[i]);
    if (t->note_count > COUNT_OF(t->notes))
        fprintf(stderr, "assay scan: and %zu more links that were not followed\n",
                t->note_count - COUNT_OF(t->notes));
}

/* --- options ----------------------------------------------------------------------------------------------------------------- */

static bool read_options(int argc, char **argv, scan_options *o, bool *help, err *e)
{
    const cli_option table[] = {
        {.name = "--json", .help = "the scan document (assay.scan/1) instead of a table", .flag = &o->json},
        {.name = "--sarif", .help = "SARIF 2.1.0, for code scanning", .flag = &o->sarif},
        {.name = "--cyclonedx",
         .help = "CycloneDX 1.6: a bill of materials with model cards",
         .flag = &o->cyclonedx},
        {.name = "--output",
         .argument = "FILE",
         .help = "write the document there, and the table to standard output",
         .value = &o->output},
        {.name = "--fail-on",
         .argument = "SEVERITY",
         .help = "exit 1 when a finding is critical, high, medium or low, or worse",
         .value = &o->fail_on},
        {.name = "--policy",
         .argument = "FILE",
         .help = "judge by a policy, as JSON of /xray/api/v2/policies",
         .value = &o->policy},
        {.name = "--data",
         .argument = "DIR",
         .help = "use the advisories imported there (default ./data)",
         .value = &o->data},
        {.name = "--user",
         .argument = "NAME[:PASSWORD]",
         .help = "for registries (also ASSAY_USER, ASSAY_PASSWORD, docker login)",
         .value = &o->user},
        {.name = "--platform",
         .argument = "OS/ARCH",
         .help = "of an image for many (this machine's)",
         .value = &o->platform},
        {.name = "--explain", .help = "show the calls that loading a model would make", .flag = &o->explain},
        {.name = "--hash",
         .help = "hash files of any size for the document (without it: up to 1 GiB)",
         .flag = &o->hash},
        {.name = "--no-hash", .help = "hash nothing: \"sha256\" is null", .flag = &o->no_hash},
        {.name = "--quiet", .help = "no progress and no remarks on standard error", .flag = &o->quiet},
    };
    const cli_usage usage = {
        .synopsis = "assay scan FILE|FOLDER|ARCHIVE|HOST/IMAGE:TAG|assay://REPOSITORY/PATH|- ... [OPTIONS]",
        .about =
            "Say what is inside: what a model would run when it is loaded, which components are "
            "vulnerable, what fixes them.\n"
            "Nothing is loaded or executed; every file is read by a locked-in child process.\n"
            "exit: 0 nothing unsafe, and no finding that --fail-on or --policy minds; 1 unsafe, suspicious, "
            "or such a finding;\n"
            "      2 usage; 3 something could not be read to its end, or there was nothing to read",
        .example = "docker save iris:1.0.0 | assay scan - --fail-on high",
        .options = table,
        .option_count = COUNT_OF(table),
    };
    o->data = "./data";
    if (!options_parse(&usage, argc, argv, &o->paths, help, e) || *help) return *help;
    if (o->paths.count == 0) return err_set(e, ERR_INVALID, "nothing to scan; see --help");
    if (o->json + o->sarif + o->cyclonedx > 1)
        return err_set(e, ERR_INVALID, "--json, --sarif and --cyclonedx exclude each other");
    if (o->hash && o->no_hash) return err_set(e, ERR_INVALID, "--hash and --no-hash exclude each other");
    if (o->output && !o->json && !o->sarif && !o->cyclonedx)
        return err_set(e, ERR_INVALID, "--output needs --json, --sarif or --cyclonedx");
    o->has_fail_on = o->fail_on != NULL;
    if (o->has_fail_on && !severity_parse(str_from_c(o->fail_on), &o->fail_on_severity))
        return err_set(e, ERR_INVALID, "--fail-on must be critical, high, medium or low, not '%s'",
                       o->fail_on);
    return true;
}

/* One policy or a list of them; each is read once here, so that a mistake is told before anything is scanned. */
static bool read_policies(const char *path, json_t **policies, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    AUTO(json_release) json_t *json = NULL;
    AUTO(json_release) json_t *nothing = json_object();
    if (!file_read_all(path, &text, e) || !json_decode(buf_bytes(&text), path, &json, e)) return false;
    AUTO(json_release) json_t *list = json_is_array(json) ? json_incref(json) : json_pack("[O]", json);
    size_t i;
    json_t *p;
    json_array_foreach(list, i, p)
    {
        AUTO(json_release) json_t *violations = NULL;
        bool failed;
        if (!policy_judge_target(p, nothing, &violations, &failed, e))
            return err_wrap(e, "policy '%s'", path);
    }
    *policies = TAKE(list);
    return true;
}

/* --- the outcome ------------------------------------------------------------------------------------------------------------- */

/* A bit for each verdict that a target has. */
static unsigned verdicts_of(const json_t *targets)
{
    size_t i;
    json_t *target;
    unsigned seen = 0;
    json_array_foreach(targets, i, target)
    {
        verdict v;
        if (!verdict_parse(json_text(target, "verdict"), &v)) v = VERDICT_UNPARSEABLE;
        seen |= 1u << v;
    }
    return seen;
}

static bool has_finding_from(const json_t *targets, severity from)
{
    size_t i, j;
    json_t *target, *f;
    json_array_foreach(targets, i, target)
    {
        json_array_foreach(json_object_get(target, "findings"), j, f)
        {
            severity s;
            if (severity_parse(json_text(f, "severity"), &s) && s >= from) return true;
        }
    }
    return false;
}

/* What is wrong for certain comes before what could not be read: 1 before 3. */
static int exit_code_of(const scan_options *o, const json_t *targets, bool policy_failed)
{
    bool verdict_decides = !o->has_fail_on && !o->policy;
    unsigned seen = verdicts_of(targets);
    bool fails = policy_failed || (!o->policy && seen & 1u << VERDICT_UNSAFE) ||
                 (verdict_decides && seen & 1u << VERDICT_SUSPICIOUS);
    bool is_unfinished = seen & 1u << VERDICT_UNPARSEABLE;
    if (fails) return CLI_FAILED_POLICY;
    if (o->has_fail_on && has_finding_from(targets, o->fail_on_severity)) return CLI_FAILED_POLICY;
    return is_unfinished ? CLI_UNFINISHED : CLI_DONE;
}

/* --- running ------------------------------------------------------------------------------------------------------------------- */

/* The document in the language that was asked for, to the file or to standard output. */
static bool write_document(const scan_options *o, const json_t *document, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES * 4);
    AUTO(json_release) json_t *other = NULL;
    if (o->sarif && !scan_to_sarif(document, &other, e)) return false;
    if (o->cyclonedx && !scan_to_cyclonedx(document, &other, e)) return false;
    if (!json_encode_pretty(other ? other : document, &text, e)) return false;
    if (o->output) return file_write_atomic(o->output, buf_bytes(&text), 0644, e);
    return fd_write_all(STDOUT_FILENO, buf_bytes(&text), e);
}

static bool note_advisories(json_t *document, const advisory_index *index, err *e)
{
    json_t *about = json_pack("{s:I, s:o, s:b}", "count", (json_int_t)index->advisory_count, "newest",
                              json_from_str(index->newest_modified), "starter", index->is_starter);
    return json_object_set_new(json_object_get(document, "summary"), "advisories", about) == 0 ||
           err_set(e, ERR_MEMORY, "no memory for the document");
}

static bool show(const scan_options *o, json_t *document, const advisory_index *index, err *e)
{
    bool is_document = o->json || o->sarif || o->cyclonedx;
    if (!note_advisories(document, index, e)) return false;
    if (is_document && !write_document(o, document, e)) return false;
    if (is_document && !o->output) return true;
    scan_view view = {
        .explain = o->explain, .coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"), .advisories = index};
    return scan_print(document, &view, e);
}

static int scan_all(const scan_options *o, scan_work *work, const advisory_index *index)
{
    json_t *targets;
    bool policy_failed = false;
    err e = {0};
    bool is_done = scan_work_run(work, &targets, &policy_failed, &e);
    spawner_cancel(work->spawner); /* it ends while we write */
    if (!is_done) return complain(&e, CLI_UNFINISHED);
    int code = exit_code_of(o, targets, policy_failed);
    AUTO(json_release) json_t *document = scan_document(targets);
    if (!document) return complain(&(err){.message = "no memory for the document"}, CLI_UNFINISHED);
    return show(o, document, index, &e) ? code : complain(&e, CLI_UNFINISHED);
}

static int scan_with_advisories(const scan_options *o, scan_work *work)
{
    advisories_store store;
    AUTO(json_release) json_t *policies = NULL;
    err e = {0};
    if (o->policy && !read_policies(o->policy, &policies, &e)) return complain(&e, CLI_USAGE);
    if (!advisories_store_open(o->data, &store, &e)) return complain(&e, CLI_UNFINISHED);
    /* cppcheck-suppress autoVariables ; emptied again below */
    work->advisories = &store.index;
    work->policies = policies;
    int code = scan_all(o, work, &store.index);
    work->advisories = NULL;
    work->policies = NULL;
    advisories_store_close(&store);
    return code;
}

/* Only the documents name files by digest: a table must not cost the reading of every tensor, and neither must a document that of ten gigabytes
 * unless it was asked for. */
static uint64_t hash_bytes_max(const scan_options *o)
{
    if (o->no_hash || !(o->json || o->sarif || o->cyclonedx)) return 0;
    return o->hash ? UINT64_MAX : LIMIT_SCAN_HASH_BYTES;
}

/* Children that are forks start ten times as fast as a new program; with a password among our words they are the latter. */
static bool start_spawner(const scan_options *o, spawner **children, err *e)
{
    return o->user ? spawner_start(children, e) : spawner_start_roles(scan_child_roles, children, e);
}

int scan_run(int argc, char **argv)
{
    scan_options o = {0};
    bool help;
    err e = {0};
    if (!read_options(argc, argv, &o, &help, &e)) return complain(&e, CLI_USAGE);
    if (help) return CLI_DONE;

    /* The spawner is forked while this process is small and has one thread. */
    AUTO(spawner_stop) spawner *children = NULL;
    if (!start_spawner(&o, &children, &e)) return complain(&e, CLI_UNFINISHED);
    json_object_seed(0);
    scan_targets targets;
    scan_targets_init(&targets);
    bool is_document = o.json || o.sarif || o.cyclonedx;
    scan_work work = {.spawner = children,
                      .targets = &targets,
                      .hash_bytes_max = hash_bytes_max(&o),
                      .is_brief = !is_document && !o.explain && !o.policy,
                      .quiet = o.quiet,
                      .user = o.user,
                      .platform = o.platform};
    int code = CLI_DONE;
    for (size_t i = 0; i < o.paths.count && code == CLI_DONE; i++)
        if (!scan_targets_add(&targets, o.paths.items[i], &e)) code = complain(&e, CLI_USAGE);
    /* A mistyped folder must not pass a pipeline as "no findings". */
    if (code == CLI_DONE && targets.count == 0) {
        err_set(&e, ERR_NOT_FOUND, "there is no file in '%s', so nothing was judged", o.paths.items[0]);
        code = complain(&e, CLI_UNFINISHED);
    }
    if (!o.quiet) tell_notes(&targets);
    /* Who reads documents gets one, with no target in it. */
    if (code == CLI_UNFINISHED && is_document) (void)scan_with_advisories(&o, &work);
    if (code == CLI_DONE) code = scan_with_advisories(&o, &work);
    scan_targets_done(&targets);
    return code;
}
