/*
 * scan/layers.c - an image of a registry from its layers, wherever those come from: our own blobs, or a registry that they were pulled from.
 */
#include "part.h"
#include "scan/scan.h"
#include "scan_file.h"

/* Layers of artifacts are plain files as often as tars of files (models, above all), so the media type does not decide what is looked at: the bytes do.
 * The title is the file's name, by the convention of the image specification. */
str part_layer_name(const json_t *layer)
{
    str title = json_text(json_object_get(layer, "annotations"), "org.opencontainers.image.title");
    return title.len ? title : json_text(layer, "digest");
}

/* A layer that is a model is, for the merge, a model in the image at its own name. */
bool part_list_itself(str name, json_t *part, err *e)
{
    str verdict_text = json_text(part, "verdict"), format = json_text(part, "format");
    bool is_container = json_array_size(json_object_get(part, "models")) > 0;
    if (is_container || str_eq(verdict_text, STR("not_a_model")) || format.len == 0) return true;

    AUTO(json_release) json_t *model = json_object();
    json_t *models = json_array();
    bool fine = json_set_str(model, "path", name) && json_set_str(model, "format", format) &&
                json_set_str(model, "verdict", verdict_text) && json_array_append(models, model) == 0;
    if (json_object_set_new(part, "models", models) != 0 || !fine)
        return err_set(e, ERR_MEMORY, "no memory for an image's layers");
    return true;
}

bool scan_layer(spawner *s, int fd, const json_t *descriptor, json_t **part, err *e)
{
    AUTO(json_release) json_t *read = NULL;
    str name = part_layer_name(descriptor);
    if (!scan_part(s, &(scan_order){.fd = fd, .path = name}, &read, e) || !part_list_itself(name, read, e))
        return false;
    *part = TAKE(read);
    return true;
}

bool scan_layers_target(json_t *parts, str path, const digest *manifest, json_t **target, err *e)
{
    AUTO(json_release)
    json_t *whole = json_pack("{s:s, s:s, s:[{s:s, s:O}]}", "format", "image", "verdict", "not_a_model",
                              "images", "name", "", "layers", parts);
    if (!whole) return err_set(e, ERR_MEMORY, "no memory for an image");
    return part_to_target(whole, path, manifest, target, e);
}
