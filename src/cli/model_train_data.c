/*
 * cli/model_train_data.c - what `assay model train` reads: tables, arrays, and a model to continue.
 *
 * Data are the caller's own. A model to continue may be anybody's: it is read in a sandboxed process, which hands it over in Assay's own form.
 */
#include "model_train.h"

#include "base/limits.h"
#include "model/native.h"
#include "model/npy.h"
#include "model/read.h"
#include "os/file.h"
#include "os/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

bool train_open_input(train_result *r, const char *path, input_limit most, bytes *mapped, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    if (r->input_count == TRAIN_INPUTS_MAX) return err_set(e, ERR_TOO_LARGE, "too many input files");
    if (!file_open_read(path, &fd, e) || !file_size(fd, &size_bytes, e)) return false;
    if (size_bytes > most.bytes)
        return err_set(e, ERR_TOO_LARGE, "%s has %llu bytes, %s allows %llu", path,
                       (unsigned long long)size_bytes, most.name, (unsigned long long)most.bytes);
    train_input *input = &r->inputs[r->input_count];
    *input = (train_input){.path = path};
    if (!file_map(fd, &input->mapped, e)) return false;
    r->input_count++;
    *mapped = input->mapped;
    return digest_of(DIGEST_SHA256, input->mapped, &input->sha256, e);
}

void train_close_inputs(train_result *r)
{
    for (size_t i = 0; i < r->input_count; i++) file_unmap(r->inputs[i].mapped);
}

static const input_limit data_limit = {LIMIT_CSV_BYTES, "LIMIT_CSV_BYTES"};

static bool classifies(const train_result *r)
{
    return estimator_of(r->params.estimator)->is_classifier;
}

/* --- CSV ----------------------------------------------------------------------------------------------------------------- */

/* The targets (the last column when none is named) and the weight. */
static bool find_columns(const train_args *args, arena *a, const table *t, dataset_columns *out, err *e)
{
    size_t *targets = arena_alloc_array(a, t->columns, sizeof *targets);
    if (!targets) return err_set(e, ERR_MEMORY, "no memory for %zu columns", t->columns);
    *out = (dataset_columns){.targets = targets, .has_weight = args->weight != NULL};
    if (args->weight && !table_find_column(t, str_from_c(args->weight), &out->weight, e)) return false;
    str rest = str_from_c(args->target ? args->target : ""), name;
    while (args->target && str_next(&rest, ',', &name)) {
        if (out->target_count == t->columns)
            return err_set(e, ERR_INVALID, "--target names more columns than there are");
        size_t *found = &targets[out->target_count];
        if (!table_find_column(t, str_trim(name), found, e)) return false;
        for (size_t k = 0; k < out->target_count; k++)
            if (targets[k] == *found)
                return err_set(e, ERR_INVALID, "--target names column '%.*s' twice", STR_ARG(name));
        if (out->has_weight && *found == out->weight)
            return err_set(e, ERR_INVALID, "column '%s' cannot be target and weight", args->weight);
        out->target_count++;
    }
    if (args->target) return true;
    bool weight_is_last = out->has_weight && out->weight == t->columns - 1;
    if (weight_is_last && t->columns == 1)
        return err_set(e, ERR_INVALID, "the table has nothing but weights");
    targets[out->target_count++] = t->columns - (weight_is_last ? 2 : 1);
    return true;
}

static bool read_csv(const train_args *args, train_result *r, bytes text, err *e)
{
    table t;
    dataset_columns columns;
    return table_read_csv(&r->memory, text, !args->no_header, &t, e) &&
           find_columns(args, &r->memory, &t, &columns, e) &&
           dataset_from_table(&r->memory, &t, &columns, classifies(r), &r->parts.train, e);
}

/* --- numpy --------------------------------------------------------------------------------------------------------------- */

static bool read_npy_file(train_result *r, const char *path, npy_array *out, err *e)
{
    bytes file;
    return train_open_input(r, path, data_limit, &file, e) &&
           (npy_read(file, out, e) || err_wrap(e, "%s", path));
}

static bool read_npy(const train_args *args, train_result *r, bytes file, err *e)
{
    npy_array x, y, w;
    if (!args->target)
        return err_set(e, ERR_INVALID, "with .npy data --target must name the .npy file of the targets");
    if (!npy_read(file, &x, e) || !read_npy_file(r, args->target, &y, e)) return false;
    if (args->weight && !read_npy_file(r, args->weight, &w, e)) return false;
    npy_arrays arrays = {&x, &y, args->weight ? &w : NULL};
    return dataset_from_arrays(&r->memory, &arrays, classifies(r), &r->parts.train, e);
}

static bool read_npz(const train_args *args, train_result *r, bytes file, err *e)
{
    npy_array x, y, w;
    for (size_t i = 0; i < COUNT_OF(r->unpacked); i++) buf_init(&r->unpacked[i], LIMIT_CSV_BYTES);
    str target = str_from_c(args->target ? args->target : "y");
    if (!npz_read(&r->memory, file, STR("X"), &r->unpacked[0], &x, e) ||
        !npz_read(&r->memory, file, target, &r->unpacked[1], &y, e))
        return false;
    if (args->weight && !npz_read(&r->memory, file, str_from_c(args->weight), &r->unpacked[2], &w, e))
        return false;
    npy_arrays arrays = {&x, &y, args->weight ? &w : NULL};
    return dataset_from_arrays(&r->memory, &arrays, classifies(r), &r->parts.train, e);
}

/* --- all of them --------------------------------------------------------------------------------------------------------- */

static bool read_iris(const train_args *args, train_result *r, err *e)
{
    if (!classifies(r)) return err_set(e, ERR_UNPROCESSABLE, "the iris data has classes: take a classifier");
    if (args->target && !str_eq(str_from_c(args->target), STR("target")))
        return err_set(e, ERR_UNPROCESSABLE, "the iris data has no column '%s'; the one to predict is target",
                       args->target);
    if (args->weight) return err_set(e, ERR_UNPROCESSABLE, "the iris data has no column '%s'", args->weight);
    return dataset_iris(&r->memory, &r->parts.train, e);
}

static bool is_zip(bytes file)
{
    return file.len > 4 && memcmp(file.data, "PK\x03\x04", 4) == 0;
}

static bool is_parquet(bytes file)
{
    return file.len > 8 && memcmp(file.data, "PAR1", 4) == 0;
}

bool train_read_data(const train_args *args, train_result *r, err *e)
{
    bytes file;
    if (str_eq(str_from_c(args->data), STR("iris"))) return read_iris(args, r, e);
    if (!train_open_input(r, args->data, data_limit, &file, e)) return false;
    if (is_parquet(file))
        return err_set(e, ERR_UNSUPPORTED,
                       "%s is a Parquet file, which is not read: Debian 12 packages no library for it; save "
                       "the table as CSV or "
                       "as arrays of numpy",
                       args->data);
    bool ok = npy_is(file)   ? read_npy(args, r, file, e)
              : is_zip(file) ? read_npz(args, r, file, e)
                             : read_csv(args, r, file, e);
    return ok || err_wrap(e, "%s", args->data);
}

/* --- a model to continue ------------------------------------------------------------------------------------------------- */

/* In the child: read the hostile file, write it again. The exit code says which of it failed; the sentence follows on the pipe. */
static void hand_over(bytes file, int pipe_fd)
{
    err e = {0};
    AUTO(forest_free) forest *f = NULL;
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_MODEL_BYTES);
    json_object_seed(0); /* opens a file the first time */
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    bool ok = sandbox_enter(SANDBOX_SERVE, limits, &e) &&
              (forest_native_sniff(file) ? forest_native_open(file, &f, &e) : forest_read(file, &f, &e)) &&
              forest_native_write(f, NULL, &out, &e);
    bytes answer = ok ? buf_bytes(&out) : str_bytes(str_from_c(e.message));
    ok = fd_write_all(pipe_fd, answer, &e) && ok;
    _exit(ok ? 0 : 1);
}

static bool wait_for(pid_t child, int *status, err *e)
{
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR) return err_set_errno(e, ERR_INTERNAL, "cannot wait for the reader of the model");
    return true;
}

bool train_read_warm(const train_args *args, train_result *r, err *e)
{
    static const input_limit most = {LIMIT_MODEL_BYTES, "LIMIT_MODEL_BYTES"};
    bytes file;
    int ends[2], status = 0;
    if (!args->warm) return true;
    if (!train_open_input(r, args->warm, most, &file, e)) return false;
    if (pipe(ends) != 0) return err_set_errno(e, ERR_INTERNAL, "cannot make a pipe");
    AUTO(fd_close) int from_child = ends[0];
    AUTO(fd_close) int to_parent = ends[1];
    pid_t child = fork();
    if (child < 0) return err_set_errno(e, ERR_INTERNAL, "cannot start the reader of the model");
    if (child == 0) hand_over(file, to_parent);
    fd_close(fd_take(&to_parent));
    buf_init(&r->warm_file, LIMIT_MODEL_BYTES);
    bool received = fd_read_all(from_child, &r->warm_file, e);
    if (!wait_for(child, &status, e) || !received) return false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return err_set(e, ERR_INVALID, "%s broke its reader, which was in a sandbox", args->warm);
    if (WEXITSTATUS(status) == 1)
        return err_set(e, ERR_INVALID, "%s: %.*s", args->warm,
                       STR_ARG(str_slice(buf_str(&r->warm_file), 0, 400)));
    return forest_native_open(buf_bytes(&r->warm_file), &r->warm, e);
}
