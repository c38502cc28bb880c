/*
 * cli/model_train_out.c - what `assay model train` writes: the model in the form its name asks for, its card, and where it came from.
 */
#include "model_train.h"

#include "base/clock.h"
#include "base/limits.h"
#include "model/native.h"
#include "model/onnx_write.h"
#include "model/pickle_write.h"
#include "os/file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- places -------------------------------------------------------------------------------------------------------------- */

static bool check_place(const char *option, const char *path, arena *a, err *e)
{
    struct stat s;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return err_set(e, ERR_INVALID, "%s %s is a folder; name a file in it", option, path);
    ptrdiff_t slash = str_find_last(str_from_c(path), '/');
    const char *folder = slash == 0 ? "/" : ".";
    if (slash > 0 && !str_to_c(a, str_slice(str_from_c(path), 0, (size_t)slash), &folder, e)) return false;
    if (stat(folder, &s) != 0 || !S_ISDIR(s.st_mode))
        return err_set(e, ERR_INVALID, "%s %s: there is no folder %s", option, path, folder);
    return access(folder, W_OK | X_OK) == 0 ||
           err_set_errno(e, ERR_INVALID, "%s %s: nothing can be written in %s", option, path, folder);
}

bool train_check_places(const train_args *args, train_result *r, err *e)
{
    str out = str_from_c(args->out);
    r->form = str_ends_with(out, STR(".onnx"))    ? FORM_ONNX
              : str_ends_with(out, STR(".assay")) ? FORM_ASSAY
                                                  : FORM_PICKLE;
    return check_place("--out", args->out, &r->memory, e) &&
           (!args->card || check_place("--card", args->card, &r->memory, e));
}

static str base_name(const char *path)
{
    str whole = str_from_c(path);
    return str_skip(whole, (size_t)str_find_last(whole, '/') + 1);
}

/* --- the model ----------------------------------------------------------------------------------------------------------- */

static bool write_model(const train_args *args, train_result *r, err *e)
{
    AUTO_BUF buf file;
    buf_init(&file, LIMIT_MODEL_BYTES);
    bool ok = r->form == FORM_ONNX    ? forest_onnx_write(r->forest, &file, e)
              : r->form == FORM_ASSAY ? forest_native_write(r->forest, &r->params, &file, e)
                                      : forest_pickle(r->forest, &r->params, &file, e);
    if (!ok) return false;
    r->file_bytes = file.len;
    return digest_of(DIGEST_SHA256, buf_bytes(&file), &r->sha256, e) &&
           file_write_atomic(args->out, buf_bytes(&file), 0644, e);
}

/* --- JSON beside it ------------------------------------------------------------------------------------------------------ */

static bool write_beside(const train_args *args, const train_result *r, const char *suffix,
                         const json_t *json, err *e)
{
    const char *path;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_MODEL_BYTES);
    str name = arena_printf((arena *)&r->memory, "%s%s", args->out, suffix);
    if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    return str_to_c((arena *)&r->memory, name, &path, e) && json_encode_exact(json, &text, e) &&
           file_write_atomic(path, buf_bytes(&text), 0644, e);
}

static bool make_card(const train_args *args, train_result *r, err *e)
{
    static const char *const forms[] = {"pickle", "onnx", "assay"};
    card_file inputs[TRAIN_INPUTS_MAX];
    digest_string hex[TRAIN_INPUTS_MAX], own = digest_hex(r->sha256);
    for (size_t i = 0; i < r->input_count; i++) {
        hex[i] = digest_hex(r->inputs[i].sha256);
        inputs[i] =
            (card_file){base_name(r->inputs[i].path), str_from_c(hex[i].text), r->inputs[i].mapped.len};
    }
    clock_text created = clock_iso8601(r->finished_ms);
    card_facts facts = {.created = str_from_c(created.text),
                        .forest = r->forest,
                        .params = &r->params,
                        .train = &r->parts.train,
                        .random_state = r->seed,
                        .fit_seconds = r->seconds,
                        .model = {base_name(args->out), str_from_c(own.text), r->file_bytes},
                        .form = str_from_c(forms[r->form]),
                        .inputs = inputs,
                        .input_count = r->input_count,
                        .test_rows = r->has_test ? r->parts.test.rows : 0,
                        .train_quality = &r->train_quality,
                        .test_quality = r->has_test ? &r->test_quality : NULL,
                        .cv_scores = r->cv_scores,
                        .cv_folds = (size_t)r->folds};
    return card_make(&facts, &r->card, e);
}

/* --- provenance ---------------------------------------------------------------------------------------------------------- */

static json_t *resource(str name, digest sha256)
{
    return json_pack("{s:o, s:{s:s}}", "name", json_from_str(name), "digest", "sha256",
                     digest_hex(sha256).text);
}

/* The code that made the model is this very program. */
static bool own_digest(digest *out, err *e)
{
    AUTO(fd_close) int fd = -1;
    bytes code;
    if (!file_open_read("/proc/self/exe", &fd, e) || !file_map(fd, &code, e)) return false;
    bool ok = digest_of(DIGEST_SHA256, code, out, e);
    file_unmap(code);
    return ok;
}

static json_t *or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* What a person has to give again to get the same bytes. */
static json_t *external_parameters(const train_args *args, const train_result *r)
{
    return json_pack("{s:s, s:s, s:o, s:I, s:s, s:o, s:o, s:o, s:s, s:o, s:b}", "estimator", args->estimator,
                     "sklearn_version", r->params.version.text, "params", params_json(&r->params),
                     "random_state", (json_int_t)r->seed, "data", base_name(args->data).data, "target",
                     or_null(args->target), "weight", or_null(args->weight), "test_size",
                     or_null(args->test_size), "split_seed", args->split_seed, "warm_start",
                     or_null(args->warm), "no_header", (int)args->no_header);
}

/* An in-toto statement (v1) with SLSA's provenance (v1) as its predicate. */
static bool write_provenance(const train_args *args, const train_result *r, err *e)
{
    digest code;
    if (!own_digest(&code, e)) return false;
    json_t *materials = json_array();
    for (size_t i = 0; i < r->input_count; i++)
        json_array_append_new(materials, resource(base_name(r->inputs[i].path), r->inputs[i].sha256));
    json_array_append_new(materials, resource(STR("assay"), code));
    AUTO(json_release)
    json_t *statement = json_pack(
        "{s:s, s:[o], s:s, s:{s:{s:s, s:o, s:{s:I}, s:o}, s:{s:{s:s, s:{s:s}}, s:{s:s, s:s, s:s}}}}", "_type",
        "https://in-toto.io/Statement/v1", "subject", resource(base_name(args->out), r->sha256),
        "predicateType", "https://slsa.dev/provenance/v1", "predicate", "buildDefinition", "buildType",
        "urn:x-assay:model-train:1", "externalParameters", external_parameters(args, r), "internalParameters",
        "threads", (json_int_t)r->threads, "resolvedDependencies", materials, "runDetails", "builder", "id",
        "urn:x-assay:assay", "version", "assay", ASSAY_VERSION, "metadata", "invocationId",
        digest_hex(r->sha256).text, "startedOn", clock_iso8601(r->started_ms).text, "finishedOn",
        clock_iso8601(r->finished_ms).text);
    if (!statement) return err_set(e, ERR_MEMORY, "no memory for the provenance of a model");
    return write_beside(args, r, ".intoto.json", statement, e);
}

bool train_write_files(const train_args *args, train_result *r, err *e)
{
    if (!write_model(args, r, e) || !make_card(args, r, e) ||
        !write_beside(args, r, ".card.json", r->card, e) || !write_provenance(args, r, e))
        return false;
    if (!args->card) return true;
    AUTO_BUF buf page;
    buf_init(&page, LIMIT_MODEL_BYTES);
    return card_page(r->card, &page, e) && file_write_atomic(args->card, buf_bytes(&page), 0644, e);
}
