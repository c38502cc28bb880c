/*
 * cli/model_predict.c - `assay model predict`: a file of rows through a model file, to standard output.
 *
 * Both files are opened, then the sandbox is entered, then both are read: what is left to a hostile model is writing to standard output. Threads
 * cut blocks off the input and write their answers in turn, so memory does not grow with the input. JSON has one list after the other: each output
 * is a pass over the rows.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"
#include "predict_rows.h"
#include "predict_text.h"

#include "base/limits.h"
#include "os/file.h"
#include "os/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct predict_args {
    const char *model, *input, *output, *threads;
    bool no_header, json, csv;
    asked all;
    unsigned thread_count;
} predict_args;

static bool parse_output(predict_args *args, err *e)
{
    str rest = str_from_c(args->output), part;
    while (str_next(&rest, ',', &part)) {
        model_output what;
        if (!model_output_parse(part, &what))
            return err_set(
                e, ERR_INVALID,
                "--output is predict, predict_proba, decision_function, transform, or some of them with "
                "commas, not '%s'",
                args->output);
        for (size_t i = 0; i < args->all.count; i++)
            if (args->all.outputs[i] == what)
                return err_set(e, ERR_INVALID, "--output names %s twice", model_output_name(what));
        args->all.outputs[args->all.count++] = what;
    }
    if (args->json && args->csv) return err_set(e, ERR_INVALID, "give --json or --csv, not both");
    return args->all.count || err_set(e, ERR_INVALID, "--output names nothing");
}

enum { THREADS_MAX = 256 };

static bool parse_threads(predict_args *args, err *e)
{
    uint64_t count = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (args->threads && (!str_to_u64(str_from_c(args->threads), &count) || count < 1 || count > THREADS_MAX))
        return err_set(e, ERR_INVALID, "--threads is a number from 1 to %d, not '%s'", THREADS_MAX,
                       args->threads);
    args->thread_count = count < THREADS_MAX ? (unsigned)count : THREADS_MAX;
    return true;
}

static bool map_file(const char *path, uint64_t most, bytes *mapped, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    if (!file_open_read(path, &fd, e) || !file_size(fd, &size_bytes, e)) return false;
    if (size_bytes > most)
        return err_set(e, ERR_TOO_LARGE, "%s has %llu bytes, %llu are allowed", path,
                       (unsigned long long)size_bytes, (unsigned long long)most);
    return file_map(fd, mapped, e);
}

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0;
}

/* Outputs of JSON are a pass each, so what comes through a pipe is kept: in memory, for the sandbox has no files. */
static bool keep_standard_input(bytes *mapped, err *e)
{
    AUTO(fd_close) int kept = memfd_create("rows", MFD_CLOEXEC);
    if (kept < 0) return err_set_errno(e, ERR_STORAGE, "cannot keep the standard input");
    static uint8_t piece[64 * KIB];
    uint64_t total = 0;
    for (ssize_t got; (got = read(STDIN_FILENO, piece, sizeof piece)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read the standard input");
        total += (uint64_t)got;
        if (total > LIMIT_CSV_BYTES)
            return err_set(e, ERR_TOO_LARGE, "the standard input has more than %llu bytes: give a file",
                           (unsigned long long)LIMIT_CSV_BYTES);
        if (!fd_write_all(kept, (bytes){piece, (size_t)got}, e)) return false;
    }
    return file_map(kept, mapped, e);
}

static bool map_input(const char *path, bytes *mapped, err *e)
{
    return is_standard_input(path) ? keep_standard_input(mapped, e)
                                   : map_file(path, LIMIT_CSV_BYTES, mapped, e);
}

/* --- one pass over the rows ------------------------------------------------------------------------------------------------ */

typedef struct pass {
    const model *model;
    row_file *rows;
    const asked *all;
    str head; /* goes before the first block, so that nothing is said when that one is refused */
    bool json;
    pthread_mutex_t lock; /* of what follows, and of rows */
    pthread_cond_t turned;
    size_t cut, written; /* blocks */
    bool failed;
    err why;
} pass;

static bool answer_block(const pass *p, const row_block *block, buf *text, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    const model_info *about = model_about(p->model);
    model_rows rows;
    model_answers answers[MODEL_OUTPUTS];
    if (!row_file_read(p->rows, block, &a, &rows, e)) return false;
    for (size_t o = 0; o < p->all->count; o++)
        if (!model_answer(p->model, p->all->outputs[o], &rows, &a, &answers[o], e)) return false;
    if (!p->json) return predict_csv_rows(about, p->all, answers, text, e);
    if (block->number > 0) buf_add_byte(text, ',');
    return predict_json_rows(about, p->all->outputs[0], &answers[0], text, e);
}

/* The lock is held; the first to fail says why. */
static void fail(pass *p, const err *e)
{
    if (!p->failed) p->why = *e;
    p->failed = true;
    pthread_cond_broadcast(&p->turned);
}

/* Waits until all blocks before it are written. */
static void write_block(pass *p, const row_block *block, bool ok, const buf *text, err *e)
{
    pthread_mutex_lock(&p->lock);
    while (p->written != block->number && !p->failed) pthread_cond_wait(&p->turned, &p->lock);
    str head = block->number == 0 ? p->head : STR_NONE;
    if (!p->failed && (!ok || !fd_write_all(STDOUT_FILENO, str_bytes(head), e) ||
                       !fd_write_all(STDOUT_FILENO, buf_bytes(text), e)))
        fail(p, e);
    p->written++;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->lock);
}

static bool cut_block(pass *p, row_block *block)
{
    pthread_mutex_lock(&p->lock);
    bool more = !p->failed && row_file_cut(p->rows, block);
    if (more) block->number = p->cut++;
    pthread_mutex_unlock(&p->lock);
    return more;
}

static void *work(void *argument)
{
    pass *p = argument;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CSV_BYTES);
    row_block block;
    while (cut_block(p, &block)) {
        err e = {0};
        buf_reset(&text);
        bool ok = answer_block(p, &block, &text, &e);
        write_block(p, &block, ok, &text, &e);
    }
    return NULL;
}

/* With no more threads than there are, this one included. */
static bool run_pass(pass *p, unsigned threads, err *e)
{
    pthread_t others[THREADS_MAX];
    unsigned started = 0;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->turned, NULL);
    while (started + 1 < threads && pthread_create(&others[started], NULL, work, p) == 0) started++;
    work(p);
    for (unsigned i = 0; i < started; i++) pthread_join(others[i], NULL);
    pthread_cond_destroy(&p->turned);
    pthread_mutex_destroy(&p->lock);
    if (p->failed) *e = p->why;
    return !p->failed;
}

/* --- the forms --------------------------------------------------------------------------------------------------------------- */

static bool write_text(str text, err *e)
{
    return fd_write_all(STDOUT_FILENO, str_bytes(text), e);
}

static bool write_json(const predict_args *args, const model *m, row_file *rows, err *e)
{
    for (size_t o = 0; o < args->all.count; o++) {
        asked one = {{args->all.outputs[o]}, 1};
        char head[60];
        snprintf(head, sizeof head, "%s\"%s\":[", o ? "," : "{", model_output_name(one.outputs[0]));
        pass p = {.model = m, .rows = rows, .all = &one, .head = str_from_c(head), .json = true};
        row_file_rewind(rows);
        if (!run_pass(&p, args->thread_count, e) || !write_text(STR("]"), e)) return false;
    }
    return write_text(STR("}\n"), e);
}

static bool write_csv(const predict_args *args, const model *m, row_file *rows, err *e)
{
    AUTO_BUF buf head;
    buf_init(&head, LIMIT_JSON_DOC_BYTES);
    if (!predict_csv_head(model_about(m), &args->all, rows->columns, &head, e)) return false;
    pass p = {.model = m, .rows = rows, .all = &args->all, .head = buf_str(&head)};
    return run_pass(&p, args->thread_count, e);
}

static bool check_outputs(const predict_args *args, const model_info *about, err *e)
{
    for (size_t o = 0; o < args->all.count; o++)
        if (!about->gives[args->all.outputs[o]])
            return err_set(e, ERR_UNPROCESSABLE, "%s is a %.*s: it has no %s", args->model,
                           STR_ARG(about->name), model_output_name(args->all.outputs[o]));
    return true;
}

/* Without --output: what the model is for. */
static void choose_output(predict_args *args, const model_info *about)
{
    if (args->all.count) return;
    args->all = (asked){{about->gives[OUTPUT_PREDICT] ? OUTPUT_PREDICT : OUTPUT_TRANSFORM}, 1};
}

static bool predict(predict_args *args, bytes file, bytes input, err *e)
{
    AUTO(model_free) model *m = NULL;
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    row_file rows;
    if (!model_read(file, &m, e)) return err_wrap(e, "%s", args->model);
    choose_output(args, model_about(m));
    if (!check_outputs(args, model_about(m), e)) return false;
    if (!row_file_open(&a, input, !args->no_header, model_about(m), &rows, e))
        return err_wrap(e, "%s", args->input);
    bool ok = args->json ? write_json(args, m, &rows, e) : write_csv(args, m, &rows, e);
    return ok || err_wrap(e, "%s", args->input);
}

static bool run(predict_args *args, err *e)
{
    bytes file, input;
    if (!map_file(args->model, LIMIT_MODEL_BYTES, &file, e) || !map_input(args->input, &input, e))
        return false;
    json_object_seed(0); /* opens a file the first time */
    /* A heap that shrinks asks /proc how, which the sandbox forbids: none does. */
    if (!mallopt(M_TRIM_THRESHOLD, INT_MAX))
        return err_set(e, ERR_INTERNAL, "cannot set malloc's trim threshold");
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    /* Of the profiles, the one that may write to a file. */
    return sandbox_enter(SANDBOX_SERVE, limits, e) && predict(args, file, input, e);
}

int cli_model_predict(int argc, char **argv)
{
    predict_args args = {0};
    const cli_option options[] = {
        {"--input", "FILE", "the rows, a CSV or .npy file; - is standard input", &args.input, NULL, NULL},
        {"--output", "WHAT",
         "predict, predict_proba, decision_function, transform, or some of them with commas (predict; a "
         "transformer: transform)",
         &args.output, NULL, NULL},
        {"--no-header", NULL, "the first line of the CSV file is data", NULL, &args.no_header, NULL},
        {"--csv", NULL, "write CSV (the default)", NULL, &args.csv, NULL},
        {"--json", NULL, "write JSON: an object with a list per output", NULL, &args.json, NULL},
        {"--threads", "N", "threads to use (all cores)", &args.threads, NULL, NULL},
    };
    const cli_usage usage = {
        "assay model predict MODEL --input FILE [OPTIONS]",
        "Puts the rows of a file through a model: scikit-learn's forests, boosting, linear models, pipelines "
        "and\n"
        "more, XGBoost and LightGBM. With the library's results, and without Python.",
        "assay model predict model.pkl --input rows.csv --output predict,predict_proba --json", options,
        COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("predict", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (rest.count != 1 || !args.input) {
        err_set(&e, ERR_INVALID, "give one model file and --input; see --help");
        return cli_complain("predict", &e, CLI_USAGE);
    }
    args.model = rest.items[0];
    if ((args.output && !parse_output(&args, &e)) || !parse_threads(&args, &e))
        return cli_complain("predict", &e, CLI_USAGE);
    int code = CLI_DONE;
    if (!run(&args, &e))
        code = cli_complain("predict", &e, e.code == ERR_BLOCKED ? CLI_FAILED_POLICY : CLI_UNFINISHED);
    _exit(code); /* exit handlers of libraries may want what the sandbox forbids */
}
