/*
 * model/openapi.c - what /predict takes and gives, with the model's own number of features as the example.
 */
#include "openapi.h"

#include "codec/json.h"

static json_t *example(const forest *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->feature_count && i < 1000; i++) json_array_append_new(list, json_real(1.0));
    return json_pack("{s:o}", "features", list);
}

static json_t *request_schema(const forest *f)
{
    json_t *row =
        json_pack("{s:s, s:{s:s}, s:I, s:I}", "type", "array", "items", "type", "number", "minItems",
                  (json_int_t)f->feature_count, "maxItems", (json_int_t)f->feature_count);
    json_t *rows = json_pack("{s:s, s:O}", "type", "array", "items", row);
    return json_pack("{s:s, s:[s], s:s, s:{s:{s:s, s:[o, o]}}, s:o}", "title", "Features", "required",
                     "features", "type", "object", "properties", "features", "description",
                     "one row, or a list of rows", "oneOf", row, rows, "example", example(f));
}

static json_t *answer_schema(const char *key, const char *item_type)
{
    return json_pack("{s:s, s:{s:{s:s, s:{s:s}}}}", "type", "object", "properties", key, "type", "array",
                     "items", "type", item_type);
}

/* One POST that takes features. */
static json_t *operation(const char *id, const char *summary, json_t *answer_stolen)
{
    json_t *request = json_pack("{s:b, s:{s:{s:{s:s}}}}", "required", 1, "content", "application/json",
                                "schema", "$ref", "#/components/schemas/Features");
    json_t *answers =
        json_pack("{s:{s:s, s:{s:{s:o}}}, s:{s:s}}", "200", "description", "Successful Response", "content",
                  "application/json", "schema", answer_stolen, "422", "description", "Validation Error");
    return json_pack("{s:{s:s, s:s, s:o, s:o}}", "post", "summary", summary, "operationId", id, "requestBody",
                     request, "responses", answers);
}

static const char *label_type(const forest *f)
{
    if (f->class_count == 0 || f->classes[0].kind == LABEL_FLOAT) return "number";
    if (f->classes[0].kind == LABEL_TEXT) return "string";
    return f->classes[0].kind == LABEL_BOOL ? "boolean" : "integer";
}

static json_t *names_of(const forest *f)
{
    json_t *names = json_array();
    for (size_t i = 0; f->feature_names && i < f->feature_count; i++)
        json_array_append_new(names, json_from_str(f->feature_names[i]));
    return names;
}

bool openapi_write(const forest *f, str name, buf *out, err *e)
{
    json_t *paths = json_object();
    json_object_set_new(
        paths, "/predict",
        operation("predict_predict_post", "Predict", answer_schema("prediction", label_type(f))));
    if (f->class_count)
        json_object_set_new(paths, "/predict_proba",
                            operation("predict_proba_predict_proba_post", "Predict probabilities",
                                      answer_schema("probabilities", "array")));
    json_t *info = json_pack("{s:o, s:s, s:s}", "title", json_from_str(name), "version", f->version.text,
                             "description", estimator_of(f->kind)->name);
    AUTO(json_release)
    json_t *root = json_pack("{s:s, s:o, s:o, s:{s:{s:o}}, s:o, s:I}", "openapi", "3.0.2", "info", info,
                             "paths", paths, "components", "schemas", "Features", request_schema(f),
                             "x-feature-names", names_of(f), "x-feature-count", (json_int_t)f->feature_count);
    if (!root) return err_set(e, ERR_MEMORY, "no memory for the description of the server");
    return json_encode(root, out, e);
}
