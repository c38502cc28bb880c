/*
 * cli/model_convert.c - `assay model convert`: the weights of a model, or an estimator, in a file that cannot run anything.
 *
 * The input is read by a child of this process that is in the sandbox before it meets the first byte; all it can do is write to the new file. This process then
 * scans what was written, and gives it its name only when it is clean.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"

#include "base/limits.h"
#include "model/json_write.h"
#include "model/model.h"
#include "model/onnx_write.h"
#include "model/tensor_files.h"
#include "os/file.h"
#include "os/sandbox.h"
#include "scan/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum target_form { TO_SAFETENSORS, TO_NPZ, TO_ONNX, TO_JSON, TARGET_FORMS } target_form;
static const struct {
    const char *name, *suffix;
} forms[TARGET_FORMS] = {
    {"safetensors", ".safetensors"}, {"npz", ".npz"}, {"onnx", ".onnx"}, {"json", ".json"}};

typedef struct convert_args {
    const char *input, *to, *out;
    bool skip, force, is_double;
    target_form form;
} convert_args;

/* --- in the sandbox ------------------------------------------------------------------------------------------------------- */

static bool convert_tensors(const convert_args *args, bytes input, int out_fd, buf *told, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_MODEL_BYTES);
    tensor_file kind = args->form == TO_NPZ ? TENSOR_FILE_NPZ : TENSOR_FILE_SAFETENSORS;
    report r;
    size_t left_out;
    report_init(&r, &a);
    if (!tensors_read(input, str_from_c(args->input), &r, e) ||
        !tensors_check(&r, kind, args->skip, &left_out, e) || !tensors_write(&r, kind, out_fd, e))
        return false;
    buf_printf(told, "%zu tensor%s", r.tensor_kept, r.tensor_kept == 1 ? "" : "s");
    size_t unpacked = 0;
    for (size_t i = 0; i < r.tensor_kept; i++) unpacked += r.tensors[i].blocks != NULL;
    if (unpacked) buf_printf(told, ", %zu of them unpacked from blocks to float32", unpacked);
    if (left_out) buf_printf(told, ", %zu left out", left_out);
    if (r.verdict > VERDICT_CLEAN)
        buf_printf(told, "; the input is %s, and nothing of that came along", verdict_name(r.verdict));
    return true;
}

static bool write_onnx(const convert_args *args, bytes input, buf *out, err *e)
{
    AUTO(model_free) model *m = NULL;
    return model_read(input, &m, e) && model_onnx_write(m, args->is_double, out, e);
}

static bool convert_estimator(const convert_args *args, bytes input, int out_fd, buf *told, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CSV_BYTES);
    bool made = args->form == TO_ONNX ? write_onnx(args, input, &text, e) : estimator_json(input, &text, e);
    if (!made || !fd_write_all(out_fd, buf_bytes(&text), e)) return false;
    buf_printf(told, "one estimator, %zu bytes", text.len);
    return true;
}

/* What is told to the parent: one line; the exit code says whether it is good news. */
static _Noreturn void be_child(const convert_args *args, bytes input, int out_fd, int told_fd)
{
    AUTO_BUF buf told;
    buf_init(&told, 8 * KIB);
    err e = {0};
    json_object_seed(0); /* opens a file the first time */
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    bool ok = sandbox_enter(SANDBOX_SERVE, limits, &e) &&
              (args->form >= TO_ONNX ? convert_estimator(args, input, out_fd, &told, &e)
                                     : convert_tensors(args, input, out_fd, &told, &e));
    if (!ok) buf_printf(&told, "%s", e.message);
    err ignored = {0};
    if (!fd_write_all(told_fd, buf_bytes(&told), &ignored)) ok = false;
    _exit(ok ? CLI_DONE : e.code == ERR_BLOCKED ? CLI_FAILED_POLICY : CLI_UNFINISHED);
}

/* --- outside ---------------------------------------------------------------------------------------------------------------- */

static bool run_child(const convert_args *args, bytes input, int out_fd, buf *told, int *code, err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return err_set_errno(e, ERR_INTERNAL, "cannot make a pipe");
    AUTO(fd_close) int read_end = ends[0];
    pid_t child = fork();
    if (child == 0) be_child(args, input, out_fd, ends[1]);
    fd_close(ends[1]);
    if (child < 0) return err_set_errno(e, ERR_INTERNAL, "cannot start a child");
    int status = 0;
    bool heard = fd_read_all(read_end, told, e);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (!WIFEXITED(status))
        return err_set(e, ERR_CHILD,
                       "reading %s ended the sandboxed child (signal %d): the file is hostile or broken",
                       args->input, WTERMSIG(status));
    *code = WEXITSTATUS(status);
    return heard;
}

/* The file that was made is judged as any other; JSON is no model. */
static bool check_result(const convert_args *args, spawner *s, int fd, err *e)
{
    AUTO(json_release) json_t *target = NULL;
    if (!scan_file(s, fd, str_from_c(args->out), &target, e)) return false;
    str judged = json_text(target, "verdict");
    if (str_eq(judged, STR("clean")) || (args->form == TO_JSON && str_eq(judged, STR("not_a_model"))))
        return true;
    str title = json_text(json_array_get(json_object_get(target, "findings"), 0), "title");
    return err_set(e, ERR_BLOCKED, "what was written would be %.*s (%.*s), and is thrown away",
                   STR_ARG(judged), STR_ARG(title));
}

static bool keep_result(const convert_args *args, const char *draft, int fd, err *e)
{
    if (fsync(fd) != 0) return err_set_errno(e, ERR_STORAGE, "cannot write %s", args->out);
    if (args->force ? rename(draft, args->out) == 0 : link(draft, args->out) == 0) return true;
    if (errno == EEXIST)
        return err_set(e, ERR_CONFLICT, "%s is there already; --force replaces it", args->out);
    return err_set_errno(e, ERR_STORAGE, "cannot make %s", args->out);
}

static bool convert_to(const convert_args *args, spawner *s, bytes input, const char *draft, int *code,
                       err *e)
{
    AUTO(fd_close) int fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    AUTO_BUF buf told;
    buf_init(&told, 16 * KIB);
    if (fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot write beside %s", args->out);
    if (!run_child(args, input, fd, &told, code, e)) return false;
    if (*code != CLI_DONE) return err_set(e, ERR_INVALID, "%s: %.*s", args->input, STR_ARG(buf_str(&told)));
    *code = CLI_UNFINISHED;
    if (!check_result(args, s, fd, e) || !keep_result(args, draft, fd, e)) return false;
    printf("written   %s: %.*s\n", args->out, STR_ARG(buf_str(&told)));
    *code = CLI_DONE;
    return true;
}

static bool run(const convert_args *args, int *code, err *e)
{
    AUTO(spawner_stop) spawner *s = NULL;
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    bytes input;
    char draft[PATH_MAX];
    *code = CLI_USAGE;
    if (snprintf(draft, sizeof draft, "%s.%d.part", args->out, (int)getpid()) >= (int)sizeof draft)
        return err_set(e, ERR_URI_TOO_LONG, "the path of --out is too long");
    if (!args->force && access(args->out, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s is there already; --force replaces it", args->out);
    if (!file_open_read(args->input, &fd, e) || !file_size(fd, &size_bytes, e)) return false;
    if (size_bytes > LIMIT_MODEL_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %llu bytes, LIMIT_MODEL_BYTES allows %llu", args->input,
                       (unsigned long long)size_bytes, (unsigned long long)LIMIT_MODEL_BYTES);
    *code = CLI_UNFINISHED;
    if (!spawner_start(&s, e) || !file_map(fd, &input, e)) return false;
    bool ok = convert_to(args, s, input, draft, code, e);
    unlink(draft); /* after rename there is nothing left under that name */
    return ok;
}

/* --- the command ---------------------------------------------------------------------------------------------------------- */

static bool read_form(convert_args *args, char *path, size_t path_bytes, err *e)
{
    if (!args->to)
        return err_set(e, ERR_INVALID, "say what to convert to: --to safetensors, npz, onnx or json");
    while (args->form < TARGET_FORMS && strcmp(args->to, forms[args->form].name) != 0) args->form++;
    if (args->form == TARGET_FORMS)
        return err_set(e, ERR_INVALID, "--to is safetensors, npz, onnx or json, not '%s'", args->to);
    if (args->out) return true;
    const char *slash = strrchr(args->input, '/'), *dot = strrchr(args->input, '.');
    size_t stem = dot && dot > args->input && (!slash || dot > slash + 1) ? (size_t)(dot - args->input)
                                                                          : strlen(args->input);
    if (snprintf(path, path_bytes, "%.*s%s", (int)stem, args->input, forms[args->form].suffix) >=
        (int)path_bytes)
        return err_set(e, ERR_URI_TOO_LONG, "the path of the input is too long; give --out");
    args->out = path;
    return true;
}

int cli_model_convert(int argc, char **argv)
{
    convert_args args = {0};
    char path[PATH_MAX];
    const cli_option options[] = {
        {"--to", "FORM", "safetensors or npz (the weights); onnx or json (an estimator)", &args.to, NULL,
         NULL},
        {"--out", "FILE", "the new file (the input's name with the form's ending)", &args.out, NULL, NULL},
        {"--skip", NULL, "leave out tensors that the form cannot hold, instead of refusing", NULL, &args.skip,
         NULL},
        {"--double", NULL, "of onnx: inputs and outputs in double instead of float32", NULL, &args.is_double,
         NULL},
        {"--force", NULL, "replace the file if it is there", NULL, &args.force, NULL},
    };
    const cli_usage usage = {
        "assay model convert FILE --to FORM [OPTIONS]",
        "Writes the weights of a model, or an estimator, into a file that cannot run anything. The input is "
        "read\n"
        "in a sandbox and never loaded, so it may be a hostile one; the result is scanned before it is kept.",
        "assay model convert model.pt --to safetensors", options, COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("convert", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (rest.count != 1) {
        err_set(&e, ERR_INVALID, "give one model file; see --help");
        return cli_complain("convert", &e, CLI_USAGE);
    }
    args.input = rest.items[0];
    if (!read_form(&args, path, sizeof path, &e)) return cli_complain("convert", &e, CLI_USAGE);
    int code;
    return run(&args, &code, &e) ? CLI_DONE : cli_complain("convert", &e, code);
}
