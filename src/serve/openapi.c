/*
 * serve/openapi.c - every model's addresses, with its own features as the example.
 */
#include "openapi.h"

#include "served.h"

#include "codec/json.h"
#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXAMPLE_FEATURES_MAX = 1000 };

/* Three digits are enough for an example, and pleasant to read. */
static double shortened(double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.3g", number);
    return strtod(text, NULL);
}

/* What the model knows (a category, words), and the mean of the training data where the model's card tells it. */
static json_t *example_row(const served *s)
{
    json_t *list = json_array();
    size_t count = s->about->feature_count;
    drift_seen seen;
    model_example *known = calloc(count + 1, sizeof *known);
    for (size_t i = 0; known && i < count; i++) known[i].number = NAN;
    if (known) model_examples(s->model, known);
    for (size_t i = 0; i < count && i < EXAMPLE_FEATURES_MAX; i++) {
        bool is_text = known && known[i].text.data, is_number = known && !isnan(known[i].number);
        json_array_append_new(list, is_text ? json_from_str(known[i].text)
                                    : drift_range(s->drift, i, &seen)
                                        ? json_real(shortened(seen.mean))
                                        : json_real(is_number ? known[i].number : 1));
    }
    free(known);
    return list;
}

static json_t *row_schema(const model_info *about)
{
    json_t *item = about->takes_text
                       ? json_pack("{s:[{s:s}, {s:s}]}", "oneOf", "type", "number", "type", "string")
                       : json_pack("{s:s}", "type", "number");
    return json_pack("{s:s, s:o, s:I, s:I}", "type", "array", "items", item, "minItems",
                     (json_int_t)about->feature_count, "maxItems", (json_int_t)about->feature_count);
}

static json_t *features_schema(const served *s)
{
    const model_info *about = s->about;
    json_t *row = row_schema(about),
           *rows = json_pack("{s:s, s:o}", "type", "array", "items", row_schema(about));
    return json_pack("{s:s, s:[s], s:s, s:{s:{s:s, s:[o, o]}}, s:{s:o}}", "title", "Features", "required",
                     "features", "type", "object", "properties", "features", "description",
                     "one row, or a list of rows", "oneOf", row, rows, "example", "features", example_row(s));
}

/* What a protocol takes: its example tells more than a schema of all its freedoms. */
static json_t *example_schema(json_t *example_stolen)
{
    return json_pack("{s:s, s:o}", "type", "object", "example", example_stolen);
}

/* In one input of all columns, numbers are written as text too. */
static json_t *as_texts(json_t *row_stolen)
{
    AUTO(json_release) json_t *row = row_stolen;
    json_t *list = json_array(), *cell;
    size_t i;
    json_array_foreach(row, i, cell)
    {
        char text[32];
        if (!json_is_real(cell)) {
            json_array_append(list, cell);
            continue;
        }
        snprintf(text, sizeof text, "%.17g", json_real_value(cell));
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static json_t *v2_example(const served *s)
{
    const model_info *about = s->about;
    json_t *row = example_row(s);
    return json_pack("{s:[{s:s, s:[i, I], s:s, s:[o]}]}", "inputs", "name", "input-0", "shape", 1,
                     (json_int_t)about->feature_count, "datatype", about->takes_text ? "BYTES" : "FP64",
                     "data", about->takes_text ? as_texts(row) : row);
}

static json_t *mlflow_example(const served *s)
{
    const model_info *about = s->about;
    json_t *split = json_pack("{s:[o]}", "data", example_row(s));
    json_t *names = json_array();
    for (size_t i = 0; about->feature_names && i < about->feature_count && i < EXAMPLE_FEATURES_MAX; i++)
        json_array_append_new(names, json_from_str(about->feature_names[i]));
    if (about->feature_names)
        json_object_set_new(split, "columns", names);
    else
        json_decref(names);
    return json_pack("{s:o}", "dataframe_split", split);
}

/* --- operations -------------------------------------------------------------------------------------------------------------- */

static void add_path(json_t *paths, str path, const char *method, json_t *operation_stolen)
{
    json_t *item = json_pack("{s:o}", method, operation_stolen);
    json_object_setn_new(paths, path.data, path.len, item);
}

static json_t *post(const char *id, const char *summary, str tag, json_t *schema_stolen)
{
    return json_pack("{s:s, s:s, s:[o], s:{s:b, s:{s:{s:o}}}, s:{s:{s:s}, s:{s:s}}}", "summary", summary,
                     "operationId", id, "tags", json_from_str(tag), "requestBody", "required", 1, "content",
                     "application/json", "schema", schema_stolen, "responses", "200", "description",
                     "Successful Response", "422", "description", "Validation Error");
}

static json_t *get(const char *summary)
{
    return json_pack("{s:s, s:[s], s:{s:{s:s}}}", "summary", summary, "tags", "operation", "responses", "200",
                     "description", "Successful Response");
}

static void add_tutorial(json_t *paths, const served *s)
{
    const model_info *about = s->about;
    str name = s->as.name;
    add_path(paths, STR("/predict"), "post",
             post("predict_predict_post", "Predict", name, features_schema(s)));
    if (about->gives[OUTPUT_PREDICT_PROBA])
        add_path(paths, STR("/predict_proba"), "post",
                 post("predict_proba_predict_proba_post", "Predict probabilities", name, features_schema(s)));
    add_path(paths, STR("/invocations"), "post",
             post("invocations_post", "MLflow", name, example_schema(mlflow_example(s))));
}

static bool add_model(json_t *paths, arena *a, const metrics_model *m)
{
    const served *s = m->served;
    const served_as *as = &s->as;
    const model_info *about = s->about;
    str at = arena_printf(a, "/models/%.*s/versions/%.*s", STR_ARG(as->name), STR_ARG(as->version));
    str v2 = arena_printf(a, "/v2/models/%.*s/versions/%.*s/infer", STR_ARG(as->name), STR_ARG(as->version));
    str v1 = arena_printf(a, "/v1/models/%.*s:predict", STR_ARG(as->name));
    str predict = arena_printf(a, "%.*s/predict", STR_ARG(at)),
        proba = arena_printf(a, "%.*s/predict_proba", STR_ARG(at));
    str id = arena_printf(a, "%.*s_%.*s", STR_ARG(as->name), STR_ARG(as->version));
    if (!at.data || !v2.data || !v1.data || !predict.data || !proba.data || !id.data) return false;
    str predict_id = arena_printf(a, "predict_%s", id.data),
        proba_id = arena_printf(a, "predict_proba_%s", id.data);
    str infer_id = arena_printf(a, "infer_%s", id.data),
        v1_id = arena_printf(a, "v1_predict_%.*s", STR_ARG(as->name));
    add_path(paths, predict, "post", post(predict_id.data, "Predict", as->name, features_schema(s)));
    if (about->gives[OUTPUT_PREDICT_PROBA])
        add_path(paths, proba, "post",
                 post(proba_id.data, "Predict probabilities", as->name, features_schema(s)));
    add_path(paths, v2, "post",
             post(infer_id.data, "Open Inference Protocol v2", as->name, example_schema(v2_example(s))));
    json_t *instances = json_pack("{s:[o]}", "instances", example_row(s));
    add_path(paths, v1, "post", post(v1_id.data, "KServe v1", as->name, example_schema(instances)));
    return true;
}

/* [{"name", "least", "most"}]: of the training data; null where nobody knows. */
static json_t *ranges_json(const served *s)
{
    json_t *list = json_array();
    drift_seen seen;
    for (size_t i = 0; i < s->about->feature_count && i < EXAMPLE_FEATURES_MAX; i++)
        json_array_append_new(list,
                              drift_range(s->drift, i, &seen)
                                  ? json_pack("{s:o, s:f, s:f}", "name", json_from_str(seen.name), "least",
                                              shortened(seen.least), "most", shortened(seen.most))
                                  : json_null());
    return list;
}

static json_t *model_json(const metrics_model *m)
{
    const served_as *as = served_named(m->served);
    const model_info *about = served_about(m->served);
    json_t *names = json_array();
    for (size_t i = 0; about->feature_names && i < about->feature_count; i++)
        json_array_append_new(names, json_from_str(about->feature_names[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:o, s:o}", "name",
                     json_from_str(as->name), "version", json_from_str(as->version), "sha256",
                     json_from_str(as->sha256), "estimator", json_from_str(about->name), "library",
                     json_from_str(about->library), "library_version", json_from_str(about->version),
                     "summary", json_from_str(about->summary), "feature_count",
                     (json_int_t)about->feature_count, "feature_names", names, "takes_text",
                     about->takes_text, "has_probabilities", about->gives[OUTPUT_PREDICT_PROBA], "example",
                     example_row(m->served), "ranges", ranges_json(m->served));
}

static json_t *paths_of(const metrics_model *models, size_t count)
{
    static const struct {
        const char *path, *summary;
    } pages[] = {
        {"/v2", "What the server speaks"},
        {"/v2/models", "Names of the models"},
        {"/v2/health/ready", "Does it take requests"},
        {"/v2/health/live", "Is it alive"},
        {"/readyz", "Does it take requests"},
        {"/healthz", "Is it alive"},
        {"/ping", "Does it take requests (MLflow)"},
        {"/metrics", "Counters for Prometheus"},
    };
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_JSON_DOC_BYTES);
    json_t *paths = json_object();
    add_tutorial(paths, models[0].served);
    for (size_t i = 0; i < count; i++) (void)add_model(paths, &a, &models[i]);
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        add_path(paths, str_from_c(pages[i].path), "get", get(pages[i].summary));
    return paths;
}

bool openapi_write(const metrics_model *models, size_t count, bool needs_token, buf *out, err *e)
{
    const model_info *first = served_about(models[0].served);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, model_json(&models[i]));
    json_t *info = json_pack("{s:o, s:o, s:o}", "title", json_from_str(served_named(models[0].served)->name),
                             "version", json_from_str(served_named(models[0].served)->version), "description",
                             json_from_str(first->summary));
    AUTO(json_release)
    json_t *root = json_pack("{s:s, s:o, s:o, s:o, s:b}", "openapi", "3.0.2", "info", info, "paths",
                             paths_of(models, count), "x-models", list, "x-needs-token", needs_token);
    if (root && needs_token) {
        json_object_set_new(
            root, "components",
            json_pack("{s:{s:{s:s, s:s}}}", "securitySchemes", "bearer", "type", "http", "scheme", "bearer"));
        json_object_set_new(root, "security", json_pack("[{s:[]}]", "bearer"));
    }
    if (!root) return err_set(e, ERR_MEMORY, "no memory for the description of the server");
    return json_encode(root, out, e);
}
