/*
 * cli/model_predict.c - `assay model predict`: rows of a CSV file through a model file, to standard output.
 *
 * Both files are opened, then the sandbox is entered, then both are read: what is left to a hostile model is writing to standard output.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"

#include "base/limits.h"
#include "model/predict.h"
#include "model/read.h"
#include "model/number_text.h"
#include "model/table.h"
#include "os/file.h"
#include "os/sandbox.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct predict_args {
    const char *model, *input, *output;
    bool no_header, json, csv;
    bool classes, probabilities; /* of --output */
} predict_args;

typedef struct rows {
    arena memory;
    table table;
    float *x; /* row after row */
    double *out;
    size_t outputs;
} rows;

static bool parse_output(predict_args *args, err *e)
{
    str rest = str_from_c(args->output), part;
    while (str_next(&rest, ',', &part)) {
        if (str_eq(part, STR("predict")))
            args->classes = true;
        else if (str_eq(part, STR("predict_proba")))
            args->probabilities = true;
        else
            return err_set(e, ERR_INVALID,
                           "--output is predict, predict_proba or both with a comma, not '%s'", args->output);
    }
    if (args->json && args->csv) return err_set(e, ERR_INVALID, "give --json or --csv, not both");
    return args->classes || args->probabilities || err_set(e, ERR_INVALID, "--output names nothing");
}

/* --- files --------------------------------------------------------------------------------------------------------------- */

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

/* --- columns ------------------------------------------------------------------------------------------------------------- */

/* Which column holds each feature: by name when both know names, by order otherwise. */
static bool find_columns(const forest *f, rows *r, size_t *columns, err *e)
{
    bool by_name = f->feature_names && r->table.names;
    if (!by_name && r->table.columns != f->feature_count)
        return err_set(e, ERR_UNPROCESSABLE, "the table has %zu columns, the model takes %zu features",
                       r->table.columns, f->feature_count);
    for (size_t i = 0; i < f->feature_count; i++) {
        columns[i] = i;
        if (!by_name) continue;
        size_t k = 0;
        while (k < r->table.columns && !str_eq(r->table.names[k], f->feature_names[i])) k++;
        if (k == r->table.columns)
            return err_set(e, ERR_UNPROCESSABLE,
                           "the table has no column '%.*s', which the model was trained on",
                           STR_ARG(f->feature_names[i]));
        columns[i] = k;
    }
    return true;
}

static bool read_rows(const predict_args *args, bytes text, const forest *f, rows *r, err *e)
{
    if (!table_read_csv(&r->memory, text, !args->no_header, &r->table, e)) return false;
    size_t count = r->table.rows;
    size_t *columns = arena_alloc_array(&r->memory, f->feature_count, sizeof *columns);
    r->outputs = f->value_count;
    r->x = arena_alloc_array(&r->memory, count * f->feature_count, sizeof *r->x);
    r->out = arena_alloc_array(&r->memory, count * r->outputs, sizeof *r->out);
    if (!columns || !r->x || !r->out) return err_set(e, ERR_MEMORY, "no memory for %zu rows", count);
    if (!find_columns(f, r, columns, e)) return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < f->feature_count; k++) {
            double number;
            if (!table_number(&r->table, i, columns[k], &number, e)) return false;
            r->x[i * f->feature_count + k] = (float)number;
        }
    }
    return true;
}

/* --- output -------------------------------------------------------------------------------------------------------------- */

static bool add_prediction(const predictor *p, const forest *f, const double *out, buf *text, err *e)
{
    if (f->class_count) return label_json(&f->classes[predictor_argmax(p, out)], text, e);
    buf_add_str(text, str_from_c(number_repr(out[0]).text));
    return true;
}

static void add_numbers(const double *out, size_t count, buf *text)
{
    for (size_t c = 0; c < count; c++) {
        if (c) buf_add_byte(text, ',');
        buf_add_str(text, str_from_c(number_repr(out[c]).text));
    }
}

static bool write_json(const predict_args *args, const predictor *p, const forest *f, const rows *r,
                       buf *text, err *e)
{
    buf_add_byte(text, '{');
    if (args->classes) buf_add_str(text, STR("\"prediction\":["));
    for (size_t i = 0; args->classes && i < r->table.rows; i++) {
        if (i) buf_add_byte(text, ',');
        if (!add_prediction(p, f, r->out + i * r->outputs, text, e)) return false;
    }
    if (args->classes) buf_add_byte(text, ']');
    if (args->classes && args->probabilities) buf_add_byte(text, ',');
    if (args->probabilities) buf_add_str(text, STR("\"probabilities\":["));
    for (size_t i = 0; args->probabilities && i < r->table.rows; i++) {
        buf_add_str(text, i ? STR(",[") : STR("["));
        add_numbers(r->out + i * r->outputs, r->outputs, text);
        buf_add_byte(text, ']');
    }
    if (args->probabilities) buf_add_byte(text, ']');
    buf_add_str(text, STR("}\n"));
    return true;
}

/* A field of CSV: quoted when it must be. */
static void add_field(str field, buf *text)
{
    bool quoted = str_find(field, ',') >= 0 || str_find(field, '"') >= 0 || str_find(field, '\n') >= 0 ||
                  str_find(field, '\r') >= 0;
    if (quoted) buf_add_byte(text, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] == '"') buf_add_byte(text, '"');
        buf_add_byte(text, (uint8_t)field.data[i]);
    }
    if (quoted) buf_add_byte(text, '"');
}

static bool label_field(const label *l, const char *prefix, buf *text, err *e)
{
    AUTO_BUF buf field;
    buf_init(&field, LIMIT_JSON_DOC_BYTES);
    buf_add_str(&field, str_from_c(prefix));
    if (l->kind == LABEL_TEXT)
        buf_add_str(&field, l->text);
    else if (!label_json(l, &field, e))
        return false;
    add_field(buf_str(&field), text);
    return buf_ok(&field, "a label", e);
}

static bool write_csv(const predict_args *args, const predictor *p, const forest *f, const rows *r, buf *text,
                      err *e)
{
    if (args->classes) buf_add_str(text, STR("prediction"));
    for (size_t c = 0; args->probabilities && c < f->class_count; c++) {
        if (c || args->classes) buf_add_byte(text, ',');
        if (!label_field(&f->classes[c], "proba_", text, e)) return false;
    }
    buf_add_byte(text, '\n');
    for (size_t i = 0; i < r->table.rows; i++) {
        const double *out = r->out + i * r->outputs;
        if (args->classes && f->class_count &&
            !label_field(&f->classes[predictor_argmax(p, out)], "", text, e))
            return false;
        if (args->classes && !f->class_count) add_numbers(out, 1, text);
        if (args->classes && args->probabilities) buf_add_byte(text, ',');
        if (args->probabilities) add_numbers(out, r->outputs, text);
        buf_add_byte(text, '\n');
    }
    return true;
}

/* --- the command --------------------------------------------------------------------------------------------------------- */

static bool predict(const predict_args *args, bytes model, bytes input, rows *r, err *e)
{
    AUTO(forest_free) forest *f = NULL;
    AUTO(predictor_free) predictor *p = NULL;
    if (!forest_read(model, &f, e)) return err_wrap(e, "%s", args->model);
    if (f->output_count > 1)
        return err_set(e, ERR_UNSUPPORTED, "%s predicts %zu outputs at once; rows of one are written",
                       args->model, f->output_count);
    if (args->probabilities && f->class_count == 0)
        return err_set(e, ERR_UNPROCESSABLE, "%s is a regressor: it has no predict_proba", args->model);
    if (!predictor_new(f, &p, e)) return false;
    if (!read_rows(args, input, f, r, e) || !predictor_run(p, r->x, r->table.rows, r->out, e))
        return err_wrap(e, "%s", args->input);

    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CSV_BYTES);
    bool written = args->json ? write_json(args, p, f, r, &text, e) : write_csv(args, p, f, r, &text, e);
    return written && buf_ok(&text, "the predictions", e) && fd_write_all(STDOUT_FILENO, buf_bytes(&text), e);
}

static bool run(const predict_args *args, err *e)
{
    bytes model, input;
    if (!map_file(args->model, LIMIT_MODEL_BYTES, &model, e) ||
        !map_file(args->input, LIMIT_CSV_BYTES, &input, e))
        return false;
    json_object_seed(0); /* opens a file the first time */
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    if (!sandbox_enter(SANDBOX_SERVE, limits, e))
        return false; /* of the profiles, the one that may write to a file */
    rows r = {0};
    arena_init(&r.memory, LIMIT_TRAIN_ARENA_BYTES);
    bool ok = predict(args, model, input, &r, e);
    arena_done(&r.memory);
    return ok;
}

int cli_model_predict(int argc, char **argv)
{
    predict_args args = {.output = "predict"};
    const cli_option options[] = {
        {"--input", "FILE", "the rows, a CSV file", &args.input, NULL, NULL},
        {"--output", "WHAT", "predict, predict_proba, or both with a comma (predict)", &args.output, NULL,
         NULL},
        {"--no-header", NULL, "the first line of the CSV file is data", NULL, &args.no_header, NULL},
        {"--csv", NULL, "write CSV (the default)", NULL, &args.csv, NULL},
        {"--json", NULL, "write JSON", NULL, &args.json, NULL},
    };
    const cli_usage usage = {
        "assay model predict MODEL --input FILE [OPTIONS]",
        "Predicts the rows of a CSV file with a scikit-learn forest, with scikit-learn's bits and without "
        "Python.",
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
    if (!parse_output(&args, &e)) return cli_complain("predict", &e, CLI_USAGE);
    int code = CLI_DONE;
    if (!run(&args, &e))
        code = cli_complain("predict", &e, e.code == ERR_BLOCKED ? CLI_FAILED_POLICY : CLI_UNFINISHED);
    _exit(code); /* exit handlers of libraries may want what the sandbox forbids */
}
