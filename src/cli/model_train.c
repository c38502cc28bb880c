/*
 * cli/model_train.c - `assay model train`: a CSV file (or iris) in, a pickle that scikit-learn loads out.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "model/dataset.h"
#include "model/pickle_write.h"
#include "model/score.h"
#include "os/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/random.h>

typedef struct train_args {
    const char *data, *out, *estimator, *target, *weight, *params_file, *random_state, *test_size,
        *split_seed, *version, *threads;
    option_list params;
    bool no_header, json;
} train_args;

/* What was done, for people and for --json. */
typedef struct train_result {
    arena memory; /* of data and parameters */
    bytes mapped; /* the data file */
    train_params params;
    dataset_parts parts;
    bool has_test;
    forest *forest;
    double seconds, train_score, test_score;
    uint32_t drawn_seed;
    size_t file_bytes;
    digest sha256;
} train_result;

/* --- arguments ----------------------------------------------------------------------------------------------------------- */

static bool parse_share(const char *text, double *share, err *e)
{
    if (number_parse(str_from_c(text), share)) return true;
    return err_set(e, ERR_INVALID, "--test-size must be a number between 0 and 1, not '%s'", text);
}

static bool parse_count(const char *name, const char *text, uint64_t most, uint64_t *count, err *e)
{
    if (str_to_u64(str_from_c(text), count) && *count <= most) return true;
    return err_set(e, ERR_INVALID, "%s must be a whole number up to %llu, not '%s'", name,
                   (unsigned long long)most, text);
}

static bool read_params_file(const char *path, train_params *p, arena *a, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    AUTO(json_release) json_t *json = NULL;
    if (!file_read_all(path, &text, e) || !json_decode(buf_bytes(&text), path, &json, e)) return false;
    if (!json_is_object(json))
        return err_set(e, ERR_INVALID, "%s must hold one JSON object of parameters", path);
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        if (!params_set_json(p, a, str_from_c(key), value, e)) return err_wrap(e, "%s", path);
    }
    return true;
}

static bool read_params(const train_args *args, train_result *r, err *e)
{
    estimator_kind kind;
    sk_version version;
    if (!estimator_parse(str_from_c(args->estimator), &kind))
        return err_set(
            e, ERR_INVALID,
            "unknown estimator %s; forests and decision trees are trained, such as RandomForestClassifier",
            args->estimator);
    if (!sk_version_parse(str_from_c(args->version), &version))
        return err_set(e, ERR_INVALID, "--sklearn-version must be like 1.4.2, not '%s'", args->version);
    if (!params_init(&r->params, kind, version, e)) return false;
    if (args->params_file && !read_params_file(args->params_file, &r->params, &r->memory, e)) return false;
    if (args->random_state &&
        !params_set_text(&r->params, &r->memory, STR("random_state"), str_from_c(args->random_state), e))
        return false;
    for (size_t i = 0; i < args->params.count; i++) {
        str name, value;
        if (!str_cut(str_from_c(args->params.items[i]), '=', &name, &value))
            return err_set(e, ERR_INVALID, "--param must be NAME=VALUE, not '%s'", args->params.items[i]);
        if (!params_set_text(&r->params, &r->memory, name, value, e)) return false;
    }
    return true;
}

/* --- data ---------------------------------------------------------------------------------------------------------------- */

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
        if (!table_find_column(t, str_trim(name), &targets[out->target_count], e)) return false;
        for (size_t k = 0; k < out->target_count; k++)
            if (targets[k] == targets[out->target_count])
                return err_set(e, ERR_INVALID, "--target names column '%.*s' twice", STR_ARG(name));
        out->target_count++;
    }
    for (size_t k = 0; k < out->target_count; k++)
        if (out->has_weight && targets[k] == out->weight)
            return err_set(e, ERR_INVALID, "column '%s' cannot be target and weight", args->weight);
    if (args->target) return true;
    targets[out->target_count++] = t->columns - (out->has_weight && out->weight == t->columns - 1 ? 2 : 1);
    return true;
}

static bool read_csv(const train_args *args, train_result *r, train_data *data, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    if (!file_open_read(args->data, &fd, e) || !file_size(fd, &size_bytes, e)) return false;
    if (size_bytes > LIMIT_CSV_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %llu bytes, LIMIT_CSV_BYTES allows %llu", args->data,
                       (unsigned long long)size_bytes, (unsigned long long)LIMIT_CSV_BYTES);
    if (!file_map(fd, &r->mapped, e)) return false;

    table t;
    dataset_columns columns;
    bool classifies = estimator_of(r->params.estimator)->is_classifier;
    bool ok = table_read_csv(&r->memory, r->mapped, !args->no_header, &t, e) &&
              find_columns(args, &r->memory, &t, &columns, e) &&
              dataset_from_table(&r->memory, &t, &columns, classifies, data, e);
    return ok ? true : err_wrap(e, "%s", args->data);
}

static bool read_data(const train_args *args, train_result *r, err *e)
{
    train_data data;
    bool is_iris = str_eq(str_from_c(args->data), STR("iris"));
    if (is_iris && !estimator_of(r->params.estimator)->is_classifier)
        return err_set(e, ERR_UNPROCESSABLE, "the iris data has classes: take a classifier");
    if (is_iris && args->target && !str_eq(str_from_c(args->target), STR("target")))
        return err_set(e, ERR_UNPROCESSABLE, "the iris data has no column '%s'; the one to predict is target",
                       args->target);
    if (is_iris ? !dataset_iris(&r->memory, &data, e) : !read_csv(args, r, &data, e)) return false;
    r->parts.train = data;
    r->has_test = args->test_size != NULL;
    if (!r->has_test) return true;

    double share;
    uint64_t seed;
    return parse_share(args->test_size, &share, e) &&
           parse_count("--split-seed", args->split_seed, UINT32_MAX, &seed, e) &&
           dataset_split(&r->memory, &data, share, (uint32_t)seed, &r->parts, e);
}

/* --- the fit ------------------------------------------------------------------------------------------------------------- */

static bool fit(const train_args *args, train_result *r, err *e)
{
    uint64_t threads = 0;
    if (args->threads && !parse_count("--threads", args->threads, 256, &threads, e)) return false;
    if (getrandom(&r->drawn_seed, sizeof r->drawn_seed, 0) != sizeof r->drawn_seed)
        return err_set_errno(e, ERR_INTERNAL, "cannot draw a seed");
    train_options options = {.threads = (unsigned)threads, .drawn_seed = r->drawn_seed};
    int64_t start = clock_mono_us();
    if (!forest_fit(&r->params, &r->parts.train, &options, &r->forest, e)) return false;
    r->seconds = (double)(clock_mono_us() - start) / 1e6;

    AUTO(predictor_free) predictor *p = NULL;
    return predictor_new(r->forest, &p, e) && model_score(p, &r->parts.train, &r->train_score, e) &&
           (!r->has_test || model_score(p, &r->parts.test, &r->test_score, e));
}

static bool write_model(const train_args *args, train_result *r, err *e)
{
    AUTO_BUF buf file;
    buf_init(&file, LIMIT_MODEL_BYTES);
    if (!forest_pickle(r->forest, &r->params, &file, e)) return false;
    r->file_bytes = file.len;
    return digest_of(DIGEST_SHA256, buf_bytes(&file), &r->sha256, e) &&
           file_write_atomic(args->out, buf_bytes(&file), 0644, e);
}

/* --- telling ------------------------------------------------------------------------------------------------------------- */

static void forest_extent(const forest *f, size_t *nodes, size_t *depth)
{
    *nodes = *depth = 0;
    for (size_t i = 0; i < f->tree_count; i++) {
        *nodes += f->trees[i].node_count;
        if (f->trees[i].depth > *depth) *depth = f->trees[i].depth;
    }
}

static const char *score_name(const train_result *r)
{
    return r->forest->class_count ? "accuracy" : "R2";
}

static void tell_people(const train_args *args, const train_result *r)
{
    size_t nodes, depth;
    forest_extent(r->forest, &nodes, &depth);
    printf("trained   %s on %zu rows with %zu features: %zu tree%s, %zu nodes, depth %zu, in %.3f s\n",
           args->estimator, r->parts.train.rows, r->parts.train.features, r->forest->tree_count,
           r->forest->tree_count == 1 ? "" : "s", nodes, depth, r->seconds);
    printf("%-9s %.4f on the rows it was trained on\n", score_name(r), r->train_score);
    if (r->has_test)
        printf("%-9s %.4f on %zu rows held back for the test\n", score_name(r), r->test_score,
               r->parts.test.rows);
    if (r->params.values[PARAM_RANDOM_STATE].kind == PARAM_NONE)
        printf("seed      %u was drawn; --param random_state=%u repeats this fit\n", r->drawn_seed,
               r->drawn_seed);
    printf("wrote     %s (%zu bytes, for scikit-learn %s)\nsha256    %s\n", args->out, r->file_bytes,
           r->params.version.text, digest_hex(r->sha256).text);
}

static json_t *metrics_json(const train_result *r)
{
    json_t *metrics = json_object();
    const char *train = r->forest->class_count ? "train_accuracy" : "train_r2";
    const char *test = r->forest->class_count ? "test_accuracy" : "test_r2";
    json_object_set_new(metrics, train, isnan(r->train_score) ? json_null() : json_real(r->train_score));
    if (r->has_test)
        json_object_set_new(metrics, test, isnan(r->test_score) ? json_null() : json_real(r->test_score));
    return metrics;
}

static json_t *importances_json(const train_result *r)
{
    const forest *f = r->forest;
    json_t *list = json_array();
    double *values = arena_alloc_array((arena *)&r->memory, f->feature_count, sizeof *values);
    if (!values || !forest_importances(f, values, NULL)) return list;
    for (size_t i = 0; i < f->feature_count; i++) json_array_append_new(list, json_real(values[i]));
    return list;
}

static bool tell_json(const train_args *args, const train_result *r, err *e)
{
    size_t nodes, depth;
    forest_extent(r->forest, &nodes, &depth);
    AUTO(json_release)
    json_t *out = json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:o}", "model",
                            args->out, "sha256", digest_hex(r->sha256).text, "size_bytes",
                            (json_int_t)r->file_bytes, "estimator", args->estimator, "sklearn_version",
                            r->params.version.text, "rows", (json_int_t)r->parts.train.rows, "features",
                            (json_int_t)r->parts.train.features, "trees", (json_int_t)r->forest->tree_count,
                            "nodes", (json_int_t)nodes, "depth", (json_int_t)depth, "seconds", r->seconds,
                            "metrics", metrics_json(r), "feature_importances", importances_json(r));
    if (!out) return err_set(e, ERR_MEMORY, "no memory for the report of the training");
    const param_value *state = &r->params.values[PARAM_RANDOM_STATE];
    json_object_set_new(out, "random_state",
                        json_integer(state->kind == PARAM_INT ? state->integer : (json_int_t)r->drawn_seed));
    return cli_print_json(out, e);
}

static bool train(const train_args *args, train_result *r, err *e)
{
    if (!read_data(args, r, e)) return false;
    if (!fit(args, r, e) || !write_model(args, r, e)) return false;
    if (args->json) return tell_json(args, r, e);
    tell_people(args, r);
    return true;
}

int cli_model_train(int argc, char **argv)
{
    train_args args = {.out = "model.pkl",
                       .estimator = "RandomForestClassifier",
                       .split_seed = "42",
                       .version = sk_version_default};
    const cli_option options[] = {
        {"--data", "FILE", "a CSV file with a head line, or iris for the built-in data", &args.data, NULL,
         NULL},
        {"--out", "FILE", "where to write the model (model.pkl)", &args.out, NULL, NULL},
        {"--estimator", "CLASS", "RandomForestClassifier, ExtraTreesRegressor, DecisionTreeClassifier, ...",
         &args.estimator, NULL, NULL},
        {"--target", "COLUMN", "the column to predict, by name or number (the last)", &args.target, NULL,
         NULL},
        {"--weight", "COLUMN", "the column of sample weights", &args.weight, NULL, NULL},
        {"--param", "NAME=VALUE", "a parameter under scikit-learn's name; may be repeated", NULL, NULL,
         &args.params},
        {"--params", "FILE", "parameters as a JSON object; --param wins over it", &args.params_file, NULL,
         NULL},
        {"--random-state", "N", "the same as --param random_state=N", &args.random_state, NULL, NULL},
        {"--test-size", "SHARE", "hold back this share of the rows, as train_test_split does",
         &args.test_size, NULL, NULL},
        {"--split-seed", "N", "random_state of that split (42)", &args.split_seed, NULL, NULL},
        {"--sklearn-version", "X.Y.Z", "whose fit and file layout: 0.22 to 1.9 (1.9.0)", &args.version, NULL,
         NULL},
        {"--threads", "N", "threads to use (all cores); the result is the same", &args.threads, NULL, NULL},
        {"--no-header", NULL, "the first line of the CSV file is data", NULL, &args.no_header, NULL},
        {"--json", NULL, "report as JSON", NULL, &args.json, NULL},
    };
    const cli_usage usage = {
        "assay model train --data FILE [OPTIONS]",
        "Trains a forest with scikit-learn's bits and writes a pickle that joblib.load reads.",
        "assay model train --data iris --target target --param n_estimators=100 --random-state 42 --out "
        "model.pkl",
        options, COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("train", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (!args.data || rest.count) {
        if (args.data)
            err_set(&e, ERR_INVALID, "unexpected argument '%s'; see --help", rest.items[0]);
        else
            err_set(&e, ERR_INVALID, "--data is missing; see --help");
        return cli_complain("train", &e, CLI_USAGE);
    }

    train_result r = {0};
    arena_init(&r.memory, LIMIT_TRAIN_ARENA_BYTES);
    bool understood = read_params(&args, &r, &e), ok = understood && train(&args, &r, &e);
    forest_free(r.forest);
    file_unmap(r.mapped);
    arena_done(&r.memory);
    return ok ? CLI_DONE : cli_complain("train", &e, understood ? CLI_UNFINISHED : CLI_USAGE);
}
