/*
 * serve/metadata.c - metadata documents of the Open Inference Protocol v2.
 */
#include "metadata.h"

#include "tensor.h"

json_t *metadata_of_server(void)
{
    return json_pack("{s:s, s:s, s:[s, s]}", "name", "assay", "version", ASSAY_VERSION, "extensions",
                     "binary_tensor_data", "model_repository");
}

static bool is_first_of_name(const model_server_config *config, size_t which)
{
    for (size_t i = 0; i < which; i++)
        if (str_eq(served_named(config->models[i].served)->name,
                   served_named(config->models[which].served)->name))
            return false;
    return true;
}

json_t *metadata_names(const model_server_config *config)
{
    json_t *names = json_array();
    for (size_t i = 0; i < config->model_count; i++)
        if (is_first_of_name(config, i))
            json_array_append_new(names, json_from_str(served_named(config->models[i].served)->name));
    return names;
}

static json_t *versions_of(const model_server_config *config, str name)
{
    json_t *versions = json_array();
    for (size_t i = 0; i < config->model_count; i++) {
        const served_as *as = served_named(config->models[i].served);
        if (str_eq(as->name, name)) json_array_append_new(versions, json_from_str(as->version));
    }
    return versions;
}

/* One input of all features: models that take text are best asked with BYTES or an input per feature. */
static json_t *inputs_of(const model_info *about)
{
    return json_pack("[{s:s, s:s, s:[i, I]}]", "name", "input-0", "datatype",
                     about->takes_text ? "BYTES" : "FP64", "shape", -1, (json_int_t)about->feature_count);
}

static json_t *outputs_of(const model_info *about)
{
    json_t *outputs = json_array();
    for (model_output what = 0; what < MODEL_OUTPUTS; what++) {
        if (!about->gives[what]) continue;
        bool is_flat =
            (what == OUTPUT_PREDICT || what == OUTPUT_DECISION_FUNCTION) && about->columns[what] == 1;
        json_t *shape =
            is_flat ? json_pack("[i]", -1) : json_pack("[i, I]", -1, (json_int_t)about->columns[what]);
        json_array_append_new(outputs,
                              json_pack("{s:s, s:s, s:o}", "name", model_output_name(what), "datatype",
                                        datatype_name(v2_output_type(about, what)), "shape", shape));
    }
    return outputs;
}

static json_t *feature_names(const model_info *about)
{
    json_t *names = json_array();
    for (size_t i = 0; about->feature_names && i < about->feature_count; i++)
        json_array_append_new(names, json_from_str(about->feature_names[i]));
    return names;
}

/* `parameters` is where the protocol has room for what is a server's own. */
static json_t *parameters_of(const metrics_model *m)
{
    const served_as *as = served_named(m->served);
    const model_info *about = served_about(m->served);
    json_t *p = json_object();
    json_set_str(p, "sha256", as->sha256);
    json_set_str(p, "source", as->source);
    json_set_str(p, "estimator", about->name);
    json_set_str(p, "library", about->library);
    json_set_str(p, "library_version", about->version);
    json_set_str(p, "summary", about->summary);
    json_object_set_new(p, "feature_names", feature_names(about));
    return p;
}

json_t *metadata_of_model(const model_server_config *config, size_t which)
{
    const metrics_model *m = &config->models[which];
    const served_as *as = served_named(m->served);
    const model_info *about = served_about(m->served);
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "name", json_from_str(as->name), "versions",
                     versions_of(config, as->name), "platform", "assay", "inputs", inputs_of(about),
                     "outputs", outputs_of(about), "parameters", parameters_of(m));
}

json_t *metadata_of_repository(const model_server_config *config, bool ready)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->model_count; i++) {
        const served_as *as = served_named(config->models[i].served);
        json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:s}", "name", json_from_str(as->name),
                                              "version", json_from_str(as->version), "state",
                                              ready ? "READY" : "UNAVAILABLE", "reason", ""));
    }
    return list;
}
