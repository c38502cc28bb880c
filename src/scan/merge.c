/*
 * scan/merge.c - from parts to a target: layers are laid upon each other as a container runtime would.
 *
 * Every finding, component and model of a layer hangs on a file. A file lives until a later layer deletes it (a whiteout of it or of a folder
 * above it), makes a folder above it opaque, or has a file of the same name. Whiteouts speak of lower layers only, wherever in the tar
 * they stand (OCI image-spec, layer.md), so they are applied before the layer's own files come in.
 */
#include "part.h"

#include "base/limits.h"
#include "format/report.h"

#include <stdlib.h>

typedef struct entry {
    str file; /* within the layer; of "lib/x.whl!y" it is "lib/x.whl". Empty: hangs on the layer as a whole */
    size_t layer;
    const char *list;
    const json_t *item; /* borrowed from the layer's part */
} entry;

typedef struct stack {
    entry *entries;
    size_t count, capacity;
    json_t *first_seen; /* component of a file: the first layer that had it */
    const json_t *os;   /* of the topmost layer that names one; borrowed */
} stack;

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to merge layers");
}

static str text_of(const json_t *text)
{
    return (str){json_string_value(text), json_string_length(text)};
}

static str file_of(str member)
{
    str file, rest;
    (void)str_cut(member, '!', &file, &rest);
    return file;
}

/* --- what a layer hides ---------------------------------------------------------------------------------------------------- */

typedef struct hidden {
    json_t *files;   /* exactly these */
    json_t *trees;   /* these and everything below */
    json_t *folders; /* everything below, not themselves */
} hidden;

static void hidden_done(hidden *h)
{
    json_decref(h->files);
    json_decref(h->trees);
    json_decref(h->folders);
}

static bool add_names(json_t *set, const json_t *names, const char *member)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        str file = file_of(member ? json_text(name, member) : text_of(name));
        if (json_object_setn_new(set, file.data ? file.data : "", file.len, json_true()) != 0) return false;
    }
    return true;
}

static bool hidden_by(const json_t *part, hidden *h, err *e)
{
    *h = (hidden){json_object(), json_object(), json_object()};
    bool fine = add_names(h->trees, json_object_get(part, "deleted"), NULL) &&
                add_names(h->folders, json_object_get(part, "opaque"), NULL) &&
                add_names(h->files, json_object_get(part, "manifests"), NULL) &&
                add_names(h->files, json_object_get(part, "models"), "path");
    return fine || no_memory(e);
}

static bool has(const json_t *set, str name)
{
    return json_object_getn(set, name.data ? name.data : "", name.len) != NULL;
}

static bool is_hidden(const hidden *h, str file)
{
    if (file.len == 0) return false;
    if (has(h->files, file) || has(h->trees, file)) return true;
    for (str above = file; above.len;) {
        ptrdiff_t slash = str_find_last(above, '/');
        above = str_slice(above, 0, slash < 0 ? 0 : (size_t)slash);
        if (has(h->folders, above) || (above.len && has(h->trees, above))) return true;
    }
    return false;
}

static bool hide_below(stack *s, const json_t *part, err *e)
{
    hidden h;
    bool fine = hidden_by(part, &h, e);
    size_t kept = 0;
    for (size_t i = 0; fine && i < s->count; i++)
        if (!is_hidden(&h, s->entries[i].file)) s->entries[kept++] = s->entries[i];
    if (fine) s->count = kept;
    hidden_done(&h);
    return fine;
}

/* --- laying layers ---------------------------------------------------------------------------------------------------------- */

static bool push(stack *s, entry added, err *e)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 256;
        entry *grown = realloc(s->entries, capacity * sizeof(*grown));
        if (!grown) return no_memory(e);
        s->entries = grown;
        s->capacity = capacity;
    }
    s->entries[s->count++] = added;
    return true;
}

static str file_of_item(const char *list, const json_t *item)
{
    bool is_finding = strcmp(list, "findings") == 0;
    return file_of(is_finding ? json_text(json_object_get(item, "where"), "member")
                              : json_text(item, "path"));
}

static bool lay_list(stack *s, const json_t *part, size_t layer, const char *list, err *e)
{
    size_t i;
    json_t *item;
    json_array_foreach(
        json_object_get(part, list), i,
        item) if (!push(s, (entry){file_of_item(list, item), layer, list, item}, e)) return false;
    return true;
}

/* dpkg's status file comes anew with every layer that installs something; a package belongs to the layer that brought it first. */
static size_t first_layer(stack *s, const entry *c)
{
    AUTO_BUF buf key;
    buf_init(&key, 64 * KIB);
    str version = json_text(c->item, "version"), name = json_text(c->item, "name");
    buf_printf(&key, "%.*s %.*s %.*s", STR_ARG(c->file), STR_ARG(name), STR_ARG(version));
    if (key.failed) return c->layer;
    const json_t *seen = json_object_getn(s->first_seen, (const char *)key.data, key.len);
    if (seen) return (size_t)json_integer_value(seen);
    (void)json_object_setn_new(s->first_seen, (const char *)key.data, key.len,
                               json_integer((json_int_t)c->layer));
    return c->layer;
}

static bool lay(stack *s, const json_t *part, size_t layer, err *e)
{
    const json_t *os = json_object_get(part, "os");
    if (os) s->os = os;
    if (!hide_below(s, part, e)) return false;
    size_t from = s->count;
    if (!lay_list(s, part, layer, "components", e)) return false;
    for (size_t i = from; i < s->count; i++) s->entries[i].layer = first_layer(s, &s->entries[i]);
    return lay_list(s, part, layer, "models", e) && lay_list(s, part, layer, "findings", e);
}

/* --- the merged part --------------------------------------------------------------------------------------------------------- */

static bool append(json_t *part, const char *list, json_t *item, err *e)
{
    json_t *items = json_object_get(part, list);
    if (!items && json_object_set_new(part, list, items = json_array()) != 0) items = NULL;
    return (items && json_array_append_new(items, item) == 0) || no_memory(e);
}

static verdict verdict_of(const json_t *item)
{
    verdict v;
    if (verdict_parse(json_text(item, "verdict"), &v)) return v;
    return str_eq(json_text(item, "code"), STR("scan_incomplete")) ? VERDICT_UNPARSEABLE
                                                                   : VERDICT_NOT_A_MODEL;
}

static json_t *copy_with_layer(const entry *from)
{
    json_t *copy = json_deep_copy(from->item);
    json_t *holder = strcmp(from->list, "findings") == 0 ? json_object_get(copy, "where") : copy;
    (void)json_object_set_new(holder, "layer", json_integer((json_int_t)from->layer));
    return copy;
}

/* Names of what is installed, so that a requirement that is met is not told twice. */
static json_t *installed_names(const stack *s)
{
    json_t *names = json_object();
    for (size_t i = 0; i < s->count; i++) {
        const json_t *c = s->entries[i].item;
        if (strcmp(s->entries[i].list, "components") != 0 ||
            json_is_true(json_object_get(c, "is_declared_only")))
            continue;
        str name = json_text(c, "name");
        (void)json_object_setn_new(names, name.data, name.len, json_true());
    }
    return names;
}

static bool emit(const stack *s, json_t *part, err *e)
{
    AUTO(json_release) json_t *installed = installed_names(s);
    verdict worst = VERDICT_NOT_A_MODEL;
    for (size_t i = 0; i < s->count; i++) {
        const entry *item = &s->entries[i];
        bool is_declared = json_is_true(json_object_get(item->item, "is_declared_only"));
        if (is_declared && has(installed, json_text(item->item, "name"))) continue;
        if (verdict_of(item->item) > worst) worst = verdict_of(item->item);
        json_t *copy = copy_with_layer(item);
        if (!append(part, item->list, copy, e)) return false;
        bool is_distribution = str_eq(json_text(copy, "eco"), STR("deb"));
        if (is_distribution && s->os && !json_set_str(copy, "namespace", json_text(s->os, "namespace")))
            return no_memory(e);
    }
    if (s->os && json_object_set(part, "os", (json_t *)(uintptr_t)s->os) != 0) return no_memory(e);
    return json_set_str(part, "verdict", str_from_c(verdict_name(worst))) || no_memory(e);
}

static bool merge(stack *s, const json_t *layers, json_t *part, err *e)
{
    size_t i;
    json_t *layer;
    json_array_foreach(layers, i, layer)
    {
        if (!lay(s, layer, i, e)) return false;
    }
    return emit(s, part, e);
}

bool part_merge(const json_t *layers, json_t **part, err *e)
{
    stack s = {.first_seen = json_object()};
    AUTO(json_release) json_t *made = json_object();
    bool fine = made && s.first_seen ? merge(&s, layers, made, e) : no_memory(e);
    json_decref(s.first_seen);
    free(s.entries);
    if (fine) *part = TAKE(made);
    return fine;
}

/* --- targets ------------------------------------------------------------------------------------------------------------------ */

/* Several images in one archive are one target: the union of what is in them. */
static bool merge_images(const json_t *part, json_t **merged, err *e)
{
    size_t i;
    json_t *image;
    AUTO(json_release) json_t *all = json_object();
    verdict worst = VERDICT_NOT_A_MODEL;
    json_array_foreach(json_object_get(part, "images"), i, image)
    {
        AUTO(json_release) json_t *one = NULL;
        if (!part_merge(json_object_get(image, "layers"), &one, e)) return false;
        if (verdict_of(one) > worst) worst = verdict_of(one);
        for (const char *const *list = (const char *const[]){"components", "models", "findings", NULL}; *list;
             list++) {
            size_t j;
            json_t *item;
            json_array_foreach(json_object_get(one, *list), j,
                               item) if (!append(all, *list, json_incref(item), e)) return false;
        }
        json_t *os = json_object_get(one, "os");
        if (os) (void)json_object_set(all, "os", os);
    }
    if (!json_set_str(all, "verdict", str_from_c(verdict_name(worst)))) return no_memory(e);
    *merged = TAKE(all);
    return true;
}

/* Shared rather than copied: nobody changes an item of a part once it was checked. */
static bool copy_list(const json_t *from, json_t *to, const char *key, err *e)
{
    json_t *list = json_object_get(from, key);
    return json_object_set_new(to, key, list ? json_incref(list) : json_array()) == 0 || no_memory(e);
}

static bool copy_optional(const json_t *from, json_t *to, const char *key, err *e)
{
    json_t *value = json_object_get(from, key);
    return !value || json_object_set(to, key, value) == 0 || no_memory(e);
}

static bool fill_target(const json_t *part, const json_t *found, json_t *target, err *e)
{
    str format = json_text(part, "format");
    bool fine =
        json_object_set_new(target, "format", format.len ? json_from_str(format) : json_null()) == 0 &&
        json_set_str(target, "verdict", json_text(found, "verdict"));
    if (!fine) return no_memory(e);
    return copy_list(found, target, "components", e) && copy_list(part, target, "facts", e) &&
           copy_optional(part, target, "tensors", e) && copy_optional(part, target, "tensor_count", e) &&
           copy_optional(part, target, "parameter_count", e) &&
           copy_optional(part, target, "tensor_bytes", e) && copy_optional(part, target, "call_lines", e) &&
           copy_optional(found, target, "models", e) && copy_optional(found, target, "os", e) &&
           copy_list(found, target, "findings", e) && copy_optional(part, target, "findings_dropped", e) &&
           copy_optional(part, target, "components_dropped", e);
}

bool part_to_target(const json_t *part, str path, const digest *sha256, json_t **target, err *e)
{
    AUTO(json_release) json_t *merged = NULL;
    bool is_image = json_object_get(part, "images") != NULL;
    if (is_image && !merge_images(part, &merged, e)) return false;
    AUTO(json_release) json_t *made = json_object();
    json_t *hex = sha256 ? json_from_str(str_from_c(digest_hex(*sha256).text)) : json_null();
    if (!json_set_str(made, "path", path) || json_object_set_new(made, "sha256", hex) != 0)
        return no_memory(e);
    if (!fill_target(part, is_image ? merged : part, made, e)) return false;
    *target = TAKE(made);
    return true;
}
