/*
 * cli/scan_remote.c - an image of a registry: its manifest, then layer after layer. Each is checked against its digest, scanned by a child, and removed, so
 * that the disk holds one layer at a time.
 */
#include "scan_remote.h"
#include "scan_reference.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "os/file.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char accepted[] =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

typedef struct pull {
    registry_session session;
    spawner *spawner;
    char folder[4096], file[4200];
} pull;

/* --- the temporary store ----------------------------------------------------------------------------------------------------------- */

static bool make_folder(pull *p, err *e)
{
    const char *above = getenv("TMPDIR");
    int len =
        snprintf(p->folder, sizeof(p->folder), "%s/assay-scan-XXXXXX", above && *above ? above : "/tmp");
    if (len >= (int)sizeof(p->folder)) return err_set(e, ERR_NAME_INVALID, "TMPDIR is too long");
    if (!mkdtemp(p->folder)) return err_set_errno(e, ERR_STORAGE, "cannot make a folder '%s'", p->folder);
    snprintf(p->file, sizeof(p->file), "%s/blob", p->folder);
    return true;
}

/* The blob, and what a broken fetch left of it. */
static void remove_folder(const pull *p)
{
    static const char *const rests[] = {"", ".part", ".part.etag"};
    char path[sizeof(p->file) + 16];
    for (size_t i = 0; i < COUNT_OF(rests); i++) {
        snprintf(path, sizeof(path), "%s%s", p->file, rests[i]);
        unlink(path);
    }
    rmdir(p->folder);
}

/* --- blobs ------------------------------------------------------------------------------------------------------------------------ */

static bool check_digest(int fd, const digest *wanted, digest *got, err *e)
{
    bytes content;
    if (!file_map(fd, &content, e)) return false;
    bool hashed = digest_of(wanted ? wanted->kind : DIGEST_SHA256, content, got, e);
    file_unmap(content);
    if (!hashed) return false;
    return !wanted || digest_equal(*wanted, *got) ||
           err_set(e, ERR_DIGEST_MISMATCH, "the registry sent %s for %s", digest_text(*got).text,
                   digest_text(*wanted).text);
}

typedef struct wanted_blob {
    const char *path, *accept;
    const digest *sum; /* NULL: a tag promises nothing */
    uint64_t size_bytes_max;
} wanted_blob;

/* Fetched, checked, and gone from the folder: what is left is the descriptor. */
static bool fetch(pull *p, const wanted_blob *w, int *fd, digest *got, err *e)
{
    AUTO(fd_close) int opened = -1;
    bool fine = registry_get(&p->session, w->path, w->accept, p->file, w->size_bytes_max, e) &&
                file_open_read(p->file, &opened, e);
    unlink(p->file);
    if (!fine || !check_digest(opened, w->sum, got, e)) return false;
    *fd = fd_take(&opened);
    return true;
}

static bool fetch_document(pull *p, str version, const digest *wanted, json_t **document, digest *got, err *e)
{
    AUTO(fd_close) int fd = -1;
    bytes text;
    str path = arena_printf(p->session.arena, "/v2/%.*s/manifests/%.*s", STR_ARG(p->session.repository),
                            STR_ARG(version));
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for an address");
    wanted_blob w = {path.data, accepted, wanted, LIMIT_JSON_DOC_BYTES};
    if (!fetch(p, &w, &fd, got, e) || !file_map(fd, &text, e)) return false;
    bool fine = json_decode(text, "image manifest", document, e);
    file_unmap(text);
    if (!fine) return false;
    return json_is_object(*document) || err_set(e, ERR_MANIFEST_INVALID, "the manifest is no object");
}

/* --- which image ------------------------------------------------------------------------------------------------------------------ */

static str platform_here(arena *a)
{
    static const struct {
        const char *machine, *name;
    } machines[] = {{"x86_64", "amd64"},    {"aarch64", "arm64"}, {"armv7l", "arm"},     {"i686", "386"},
                    {"ppc64le", "ppc64le"}, {"s390x", "s390x"},   {"riscv64", "riscv64"}};
    struct utsname about;
    if (uname(&about) != 0) return STR("linux/amd64");
    for (size_t i = 0; i < COUNT_OF(machines); i++)
        if (strcmp(about.machine, machines[i].machine) == 0)
            return arena_printf(a, "linux/%s", machines[i].name);
    return arena_printf(a, "linux/%s", about.machine);
}

static str platform_of(arena *a, const json_t *descriptor)
{
    const json_t *platform = json_object_get(descriptor, "platform");
    return arena_printf(a, "%.*s/%.*s", STR_ARG(json_text(platform, "os")),
                        STR_ARG(json_text(platform, "architecture")));
}

static bool choose(pull *p, const json_t *index, str *version, err *e)
{
    arena *a = p->session.arena;
    const char *asked = p->session.options->platform;
    str wanted = asked ? str_from_c(asked) : platform_here(a);
    const json_t *list = json_object_get(index, "manifests"), *one;
    AUTO_BUF buf there;
    buf_init(&there, LIMIT_PROPERTY_BYTES);
    size_t i;
    json_array_foreach(list, i, one)
    {
        str platform = platform_of(a, one);
        bool is_only = json_array_size(list) == 1 && !asked;
        if (is_only || str_eq(platform, wanted)) {
            *version = json_text(one, "digest");
            return true;
        }
        if (str_find(platform, '?') < 0 && there.len < LIMIT_NAME_BYTES)
            buf_printf(&there, "%s%.*s", there.len ? ", " : "", STR_ARG(platform));
    }
    return err_set(e, ERR_NOT_FOUND, "there is no image for %.*s, only for %.*s; choose with --platform",
                   STR_ARG(wanted), STR_ARG(buf_str(&there)));
}

static bool find_manifest(pull *p, const scan_reference *r, json_t **manifest, digest *sum, err *e)
{
    enum { INDEX_DEPTH_MAX = 2 };
    str version = r->version;
    digest wanted;
    bool has_digest = r->has_digest;
    for (unsigned depth = 0; depth <= INDEX_DEPTH_MAX; depth++) {
        AUTO(json_release) json_t *document = NULL;
        if (has_digest && !digest_parse(version, &wanted, e)) return false;
        if (!fetch_document(p, version, has_digest ? &wanted : NULL, &document, sum, e)) return false;
        if (json_object_get(document, "layers")) {
            *manifest = json_incref(document);
            return true;
        }
        if (!json_object_get(document, "manifests"))
            return err_set(e, ERR_MANIFEST_INVALID, "the manifest has neither layers nor other manifests");
        str chosen;
        if (!choose(p, document, &chosen, e)) return false;
        version = arena_copy(p->session.arena, chosen);
        has_digest = true;
    }
    return err_set(e, ERR_MANIFEST_INVALID, "indexes of images within each other");
}

/* --- layers ----------------------------------------------------------------------------------------------------------------------- */

static bool scan_one_layer(pull *p, const json_t *layer, json_t **part, err *e)
{
    AUTO(fd_close) int fd = -1;
    digest wanted, got;
    str text = json_text(layer, "digest");
    if (!digest_parse(text, &wanted, e)) return err_wrap(e, "a layer of the manifest");
    str path =
        arena_printf(p->session.arena, "/v2/%.*s/blobs/%.*s", STR_ARG(p->session.repository), STR_ARG(text));
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for an address");
    wanted_blob w = {path.data, NULL, &wanted, LIMIT_BLOB_BYTES};
    return fetch(p, &w, &fd, &got, e) && scan_layer(p->spawner, fd, layer, part, e);
}

static void announce(const pull *p, const json_t *manifest)
{
    size_t i;
    const json_t *layer;
    if (!p->session.options->all_bytes) return;
    json_array_foreach(json_object_get(manifest, "layers"), i, layer)
    {
        json_int_t size = json_integer_value(json_object_get(layer, "size"));
        if (size > 0) atomic_fetch_add(p->session.options->all_bytes, (uint64_t)size);
    }
}

static bool scan_layers(pull *p, const json_t *manifest, json_t *parts, err *e)
{
    size_t i;
    const json_t *layer, *layers = json_object_get(manifest, "layers");
    if (json_array_size(layers) > LIMIT_IMAGE_DESCRIPTORS)
        return err_set(e, ERR_TOO_LARGE, "the image has more than LIMIT_IMAGE_DESCRIPTORS layers");
    announce(p, manifest);
    json_array_foreach(layers, i, layer)
    {
        json_t *part;
        if (!scan_one_layer(p, layer, &part, e)) return false;
        if (json_array_append_new(parts, part) != 0) return err_set(e, ERR_MEMORY, "no memory for an image");
    }
    return true;
}

static bool open_session(pull *p, arena *a, const scan_reference *r, const scan_remote_options *o, err *e)
{
    bool is_loopback = scan_host_is_loopback(r->host);
    str base = arena_printf(a, "%s://%.*s", is_loopback ? "http" : "https", STR_ARG(r->host));
    if (!base.data) return err_set(e, ERR_MEMORY, "no memory for an address");
    p->session = (registry_session){
        .arena = a, .base = base.data, .repository = r->repository, .is_loopback = is_loopback, .options = o};
    return scan_credentials_for(a, r->host, o, &p->session.user_password, e);
}

bool scan_remote_image(spawner *s, const char *reference, const scan_remote_options *o, json_t **target,
                       err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    AUTO(json_release) json_t *manifest = NULL;
    AUTO(json_release) json_t *parts = json_array();
    pull p = {.spawner = s};
    scan_reference r;
    digest sum;
    if (!scan_reference_parse(&a, str_from_c(reference), &r, e) || !open_session(&p, &a, &r, o, e) ||
        !make_folder(&p, e))
        return false;
    bool fine = find_manifest(&p, &r, &manifest, &sum, e) && scan_layers(&p, manifest, parts, e) &&
                scan_layers_target(parts, str_from_c(reference), &sum, target, e);
    remove_folder(&p);
    return fine || err_wrap(e, "%s", reference);
}

/* --- our own server ---------------------------------------------------------------------------------------------------------------- */

static bool server_of(arena *a, pull *p, const scan_remote_options *o, err *e)
{
    const char *url = getenv("ASSAY_URL");
    str base = str_from_c(url && *url ? url : "http://127.0.0.1:8082"), host, rest;
    bool is_secure = str_starts_with(base, STR("https://"));
    while (str_ends_with(base, STR("/"))) base.len--;
    (void)str_cut(str_skip(base, is_secure ? strlen("https://") : strlen("http://")), '/', &host, &rest);
    if (!is_secure && !(str_starts_with(base, STR("http://")) && scan_host_is_loopback(host)))
        return err_set(e, ERR_INVALID, "ASSAY_URL must be https, or http on this machine, not '%.*s'",
                       STR_ARG(base));
    p->session = (registry_session){.arena = a, .is_loopback = !is_secure, .options = o};
    return str_to_c(a, base, &p->session.base, e) &&
           scan_credentials_for(a, host, o, &p->session.user_password, e);
}

bool scan_remote_open(const char *reference, const scan_remote_options *o, int *fd, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    pull p = {0};
    AUTO_BUF buf path;
    buf_init(&path, LIMIT_HTTP_PATH_BYTES);
    buf_add_str(&path, STR("/artifactory/"));
    for (const char *c = reference + strlen("assay://"); *c; c++) {
        bool is_plain = strchr("-._~/", *c) || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9');
        buf_printf(&path, is_plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    const char *address;
    if (!buf_ok(&path, "an address", e) || !str_to_c(&a, buf_str(&path), &address, e) ||
        !server_of(&a, &p, o, e) || !make_folder(&p, e))
        return false;
    bool fine =
        registry_get(&p.session, address, NULL, p.file, LIMIT_BLOB_BYTES, e) && file_open_read(p.file, fd, e);
    remove_folder(&p);
    return fine || err_wrap(e, "%s", reference);
}
