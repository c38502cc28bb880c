/*
 * ui_image.c - reads an image's manifest and config, two small JSON documents, for people.
 *
 * The history of a config has an entry for each build step, and those marked `empty_layer` made no layer. Hand-made images get the marks wrong; then no
 * command is shown rather than a wrong one.
 */
#include "ui_image.h"

#include "oci_manifest.h"

#include "base/limits.h"
#include "meta/images.h"
#include "os/file.h"

static bool read_document(app *state, digest sha256, buf *text, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes = 0;
    buf_init(text, LIMIT_JSON_DOC_BYTES);
    return blob_open(state->blobs, sha256, &fd, &size_bytes, e) && fd_read_all(fd, text, e);
}

/* The config as JSON, or NULL. */
static json_t *read_config(app *state, const json_t *manifest)
{
    err unreadable;
    digest sha256;
    json_t *config = NULL;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    str address = json_text(json_object_get(manifest, "config"), "digest");
    if (!meta_image_bytes_of(state->meta, address, &sha256, &unreadable)) return NULL;
    if (!read_document(state, sha256, &text, &unreadable)) return NULL;
    return json_decode(buf_bytes(&text), "image config", &config, &unreadable) ? config : NULL;
}

static bool makes_layer(const json_t *step)
{
    return !json_is_true(json_object_get(step, "empty_layer"));
}

/* Do the steps of the history that made layers match the layers? */
static bool history_fits(const json_t *history, size_t layer_count)
{
    size_t i, made = 0;
    const json_t *step;
    json_array_foreach(history, i, step) if (makes_layer(step)) made++;
    return made == layer_count;
}

static str command_of(const json_t *history, size_t layer)
{
    size_t i;
    const json_t *step;
    json_array_foreach(history, i, step)
    {
        if (!makes_layer(step)) continue;
        if (layer-- == 0) return json_text(step, "created_by");
    }
    return STR("");
}

static void add_layers(ui_object *image, const json_t *layers, const json_t *config)
{
    const json_t *history = json_object_get(config, "history");
    bool fits = history_fits(history, json_array_size(layers));
    json_t *list = ui_list(image, "layers");
    size_t i;
    const json_t *layer;
    json_array_foreach(layers, i, layer)
    {
        ui_object item = ui_object_new();
        ui_text(&item, "digest", json_text(layer, "digest"));
        ui_number(&item, "size_bytes", json_integer_value(json_object_get(layer, "size")));
        ui_text_or_null(&item, "command", fits ? command_of(history, i) : STR(""));
        ui_append(image, list, &item);
    }
}

static str platform_of(arena *a, const json_t *config)
{
    str os = json_text(config, "os"), architecture = json_text(config, "architecture"),
        variant = json_text(config, "variant");
    if (os.len == 0 || architecture.len == 0) return STR("");
    return arena_printf(a, "%.*s/%.*s%s%.*s", STR_ARG(os), STR_ARG(architecture), variant.len ? "/" : "",
                        STR_ARG(variant));
}

/* "docker-local/team/app:1.0" of docker-local and team/app/1.0/manifest.json; places under a digest are joined with '@'. */
static str reference_of(arena *a, const meta_node *node)
{
    ptrdiff_t file = str_find_last(node->path, '/');
    if (file <= 0) return STR("");
    str folder = str_slice(node->path, 0, (size_t)file);
    ptrdiff_t tag = str_find_last(folder, '/');
    if (tag <= 0) return STR("");
    str image = str_slice(folder, 0, (size_t)tag), last = str_skip(folder, (size_t)tag + 1);
    return arena_printf(a, "%.*s/%.*s%c%.*s", STR_ARG(node->repository), STR_ARG(image),
                        str_find(last, ':') >= 0 ? '@' : ':', STR_ARG(last));
}

static bool is_image_type(str mime)
{
    return str_eq(mime, STR(OCI_TYPE_IMAGE)) || str_eq(mime, STR(DOCKER_TYPE_IMAGE));
}

static void add_details(ui_object *o, app *state, arena *a, const meta_node *node, const json_t *manifest)
{
    AUTO(json_release) json_t *config = read_config(state, manifest);
    ui_object image = ui_object_new();
    ui_text(&image, "reference", reference_of(a, node));
    ui_text(&image, "digest", arena_copy(a, str_from_c(digest_text(node->sha256).text)));
    ui_text_or_null(&image, "platform", platform_of(a, config));
    add_layers(&image, json_object_get(manifest, "layers"), config);
    ui_add(o, "image", &image);
}

bool ui_add_image(ui_object *o, app *state, arena *a, const meta_node *node, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    AUTO(json_release) json_t *manifest = NULL;
    if (node->is_folder || !is_image_type(node->mime)) {
        ui_put(o, "image", json_null());
        return true;
    }
    if (!read_document(state, node->sha256, &text, e)) return false;

    err unreadable;
    if (json_decode(buf_bytes(&text), "image manifest", &manifest, &unreadable))
        add_details(o, state, a, node, manifest);
    else
        ui_put(o, "image", json_null());
    return true;
}
