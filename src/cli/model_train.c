/*
 * cli/model_train.c - `assay model train`: data in; a model, its card and its provenance out.
 */
#include "model_train.h"
#include "cli/commands.h"
#include "cli/model.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"

#include <sys/random.h>

/* --- arguments ----------------------------------------------------------------------------------------------------------- */

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
        return err_set(e, ERR_INVALID, "unknown estimator '%s'; the nearest of what is trained is %s",
                       args->estimator, estimator_nearest(str_from_c(args->estimator)));
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

static bool understand(const train_args *args, train_result *r, err *e)
{
    uint64_t threads = 0;
    if (args->threads && !parse_count("--threads", args->threads, 256, &threads, e)) return false;
    if (args->cv && !parse_count("--cv", args->cv, 1000, &r->folds, e)) return false;
    r->threads = (unsigned)threads;
    return train_check_places(args, r, e) && read_params(args, r, e);
}

static bool split_data(const train_args *args, train_result *r, err *e)
{
    r->has_test = args->test_size != NULL;
    if (!r->has_test) return true;
    size_t rows;
    uint64_t seed;
    if (!dataset_test_rows(str_from_c(args->test_size), r->parts.train.rows, &rows, e))
        return err_wrap(e, "--test-size");
    train_data all = r->parts.train;
    return parse_count("--split-seed", args->split_seed, UINT32_MAX, &seed, e) &&
           dataset_split(&r->memory, &all, rows, (uint32_t)seed, &r->parts, e);
}

/* --- the fit ------------------------------------------------------------------------------------------------------------- */

static bool draw_seed(train_result *r, err *e)
{
    const param_value *state = &r->params.values[PARAM_RANDOM_STATE];
    if (state->kind == PARAM_INT) r->seed = (uint32_t)state->integer;
    if (state->kind != PARAM_NONE) return true;
    return getrandom(&r->seed, sizeof r->seed, 0) == sizeof r->seed ||
           err_set_errno(e, ERR_INTERNAL, "cannot draw a seed");
}

static bool cross_validate(train_result *r, const train_options *options, err *e)
{
    if (r->folds == 0) return true;
    r->cv_scores = arena_alloc_array(&r->memory, r->folds, sizeof *r->cv_scores);
    if (!r->cv_scores)
        return err_set(e, ERR_MEMORY, "no memory for %llu scores", (unsigned long long)r->folds);
    train_progress progress = train_progress_start("validated", "folds");
    cross_validation cv = {
        .folds = (size_t)r->folds, .progress = train_progress_step, .progress_arg = &progress};
    bool ok = model_cross_validate(&r->params, &r->parts.train, options, &cv, r->cv_scores, e);
    train_progress_end(&progress);
    return ok;
}

static bool fit(train_result *r, err *e)
{
    if (!draw_seed(r, e)) return false;
    train_progress progress = train_progress_start("grown", "trees");
    train_options options = {.threads = r->threads,
                             .drawn_seed = r->seed,
                             .warm = r->warm,
                             .progress = train_progress_step,
                             .progress_arg = &progress};
    r->started_ms = clock_wall_ms();
    int64_t start = clock_mono_us();
    bool ok = forest_fit(&r->params, &r->parts.train, &options, &r->forest, e);
    r->seconds = (double)(clock_mono_us() - start) / 1e6;
    r->finished_ms = clock_wall_ms();
    train_progress_end(&progress);
    return ok && cross_validate(r, &options, e);
}

static bool evaluate(train_result *r, err *e)
{
    AUTO(predictor_free) predictor *p = NULL;
    return predictor_new(r->forest, &p, e) &&
           model_evaluate(&r->memory, p, &r->parts.train, !r->has_test && !r->parts.train.y_class,
                          &r->train_quality, e) &&
           (!r->has_test || model_evaluate(&r->memory, p, &r->parts.test, true, &r->test_quality, e));
}

/* What the fit refuses are the values it was given: the command line's, or those of its files. */
static int train(const train_args *args, train_result *r, err *e)
{
    if (!train_read_data(args, r, e)) return e->code == ERR_UNPROCESSABLE ? CLI_USAGE : CLI_UNFINISHED;
    if (!split_data(args, r, e)) return e->code == ERR_MEMORY ? CLI_UNFINISHED : CLI_USAGE;
    if (!train_read_warm(args, r, e)) return CLI_UNFINISHED;
    if (!fit(r, e))
        return e->code == ERR_UNPROCESSABLE || e->code == ERR_UNSUPPORTED ? CLI_USAGE : CLI_UNFINISHED;
    bool ok = evaluate(r, e) && train_write_files(args, r, e) && train_tell(args, r, e);
    return ok ? CLI_DONE : CLI_UNFINISHED;
}

static void result_done(train_result *r)
{
    forest_free(r->forest);
    forest_free(r->warm);
    json_decref(r->card);
    buf_done(&r->warm_file);
    for (size_t i = 0; i < COUNT_OF(r->unpacked); i++) buf_done(&r->unpacked[i]);
    train_close_inputs(r);
    arena_done(&r->memory);
}

static int run(const train_args *args)
{
    err e = {0};
    train_result r = {0};
    arena_init(&r.memory, LIMIT_TRAIN_ARENA_BYTES);
    int code = understand(args, &r, &e) ? train(args, &r, &e) : CLI_USAGE;
    result_done(&r);
    return code == CLI_DONE ? code : cli_complain("train", &e, code);
}

/* --- the command --------------------------------------------------------------------------------------------------------- */

int cli_model_train(int argc, char **argv)
{
    train_args args = {.out = "model.pkl",
                       .estimator = "RandomForestClassifier",
                       .split_seed = "42",
                       .version = sk_version_default};
    const cli_option options[] = {
        {"--data", "FILE", "CSV with a head line, .npy, .npz (X, y), or iris for the built-in data",
         &args.data, NULL, NULL},
        {"--out", "FILE", "where to write (model.pkl); .onnx and .assay choose those forms", &args.out, NULL,
         NULL},
        {"--card", "FILE", "write the model card as a page too", &args.card, NULL, NULL},
        {"--estimator", "CLASS", "RandomForestClassifier, ExtraTreesRegressor, DecisionTreeClassifier, ...",
         &args.estimator, NULL, NULL},
        {"--target", "COLUMN[,...]",
         "what to predict, by name or number (the last column); of .npy data a file", &args.target, NULL,
         NULL},
        {"--weight", "COLUMN", "the column of sample weights; of .npy data a file", &args.weight, NULL, NULL},
        {"--param", "NAME=VALUE", "a parameter under scikit-learn's name; may be repeated", NULL, NULL,
         &args.params},
        {"--params", "FILE", "parameters as a JSON object, as get_params() gives it; --param wins over it",
         &args.params_file, NULL, NULL},
        {"--random-state", "N", "the same as --param random_state=N", &args.random_state, NULL, NULL},
        {"--warm-start", "MODEL", "continue this model, as a second fit with warm_start=True does",
         &args.warm, NULL, NULL},
        {"--test-size", "SIZE",
         "hold back this share of the rows (0.2), or so many (30), as train_test_split does", &args.test_size,
         NULL, NULL},
        {"--split-seed", "N", "random_state of that split (42)", &args.split_seed, NULL, NULL},
        {"--cv", "FOLDS", "cross-validate too, as cross_val_score does", &args.cv, NULL, NULL},
        {"--sklearn-version", "X.Y.Z", "whose fit and file layout: 0.22 to 1.9 (1.9.0)", &args.version, NULL,
         NULL},
        {"--threads", "N", "threads to use (all cores); the result is the same", &args.threads, NULL, NULL},
        {"--no-header", NULL, "the first line of the CSV file is data", NULL, &args.no_header, NULL},
        {"--json", NULL, "report as JSON", NULL, &args.json, NULL},
    };
    const cli_usage usage = {
        "assay model train --data FILE [OPTIONS]",
        "Trains a forest with scikit-learn's bits and writes a pickle that joblib.load reads, ONNX, or\n"
        "Assay's own form; beside it FILE.card.json and FILE.intoto.json.",
        "assay model train --data iris --target target --param n_estimators=100 --random-state 42 --out "
        "model.pkl",
        options, COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("train", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (args.data && rest.count == 0) return run(&args);
    if (args.data)
        err_set(&e, ERR_INVALID, "unexpected argument '%s'; see --help", rest.items[0]);
    else
        err_set(&e, ERR_INVALID, "--data is missing; see --help");
    return cli_complain("train", &e, CLI_USAGE);
}
