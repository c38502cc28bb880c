/*
 * oci_lists.c - tags, referrers, the catalog (end-8, end-12, /v2/_catalog).
 *
 * All lists are in byte order and continue strictly after `last`, whether that exists or not. A page that is not the end carries a Link.
 */
#include "oci.h"

#include "oci_manifest.h"

#include "base/limits.h"

/* --- pages --------------------------------------------------------------------------------------------------------------- */

typedef struct page {
    size_t limit; /* 0 is a limit, too: an empty page */
    str after;
} page;

static bool page_read(http_request *req, page *out, err *e)
{
    str text;
    uint64_t n = LIMIT_PAGE_ROWS;
    page p = {0};
    if (http_query(req, "n", &text) && !str_to_u64(text, &n))
        return err_set(e, ERR_INVALID, "n must be a number, not '%.*s'", STR_ARG(text));
    if (!http_query(req, "last", &p.after)) p.after = STR_NONE;
    p.limit = n < LIMIT_PAGE_ROWS ? (size_t)n : (size_t)LIMIT_PAGE_ROWS;
    *out = p;
    return true;
}

/* RFC 3986 unreserved characters stay, all others are escaped. */
static void add_escaped(buf *b, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        c == '-' || c == '.' || c == '_' || c == '~';
        if (is_plain)
            buf_add_byte(b, c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* Link: </v2/<path>?n=50&last=v2>; rel="next" */
static bool set_next(http_response *resp, str path, size_t limit, str last, str more_query, err *e)
{
    AUTO_BUF buf link;
    buf_init(&link, LIMIT_HTTP_HEAD_BYTES);
    buf_printf(&link, "</v2/%.*s?n=%zu&last=", STR_ARG(path), limit);
    add_escaped(&link, last);
    if (more_query.len) {
        buf_add_str(&link, STR("&artifactType="));
        add_escaped(&link, more_query);
    }
    buf_add_str(&link, STR(">; rel=\"next\""));
    if (!buf_ok(&link, "a Link header", e)) return false;
    http_header_set(resp, "Link", buf_str(&link));
    return true;
}

static bool text_array(const str *items, size_t count, json_t **out, err *e)
{
    AUTO(json_release) json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_from_str(items[i])) != 0)
            return err_set(e, ERR_MEMORY, "no memory for a list");
    if (!list) return err_set(e, ERR_MEMORY, "no memory for a list");
    *out = TAKE(list);
    return true;
}

/* --- tags ---------------------------------------------------------------------------------------------------------------- */

static bool reply_tags(const oci_call *call, http_response *resp, const str *tags, size_t count, err *e)
{
    json_t *list = NULL;
    AUTO(json_release) json_t *document = json_object();
    if (!text_array(tags, count, &list, e)) return false;
    if (json_object_set_new(document, "tags", list) != 0 || !json_set_str(document, "name", call->name))
        return err_set(e, ERR_MEMORY, "no memory for a list");
    return oci_reply_json(resp, "application/json", document, e);
}

bool oci_tags(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    page p;
    bool exists = false;
    if (!oci_call_begin(req, &call, e) || !page_read(req, &p, e)) return false;
    if (!meta_image_exists(call.app->meta, &call.image, &exists, e)) return false;
    if (!exists) return err_set(e, ERR_NOT_FOUND, "there is no image '%.*s'", STR_ARG(call.name));

    /* One more than asked for tells whether there is a next page. */
    str *tags = NULL;
    size_t count = 0;
    if (!meta_image_tags(call.app->meta, &call.image, p.after, p.limit + 1, call.arena, &tags, &count, e))
        return false;
    if (count > p.limit && p.limit > 0) {
        str path = arena_printf(call.arena, "%.*s/tags/list", STR_ARG(call.name));
        if (!set_next(resp, path, p.limit, tags[p.limit - 1], STR_NONE, e)) return false;
    }
    return reply_tags(&call, resp, tags, count < p.limit ? count : p.limit, e);
}

/* --- the catalog --------------------------------------------------------------------------------------------------------- */

/* Keep what the caller may see, in place. A page may become shorter: its Link says that it is not the end. */
static size_t keep_visible(app *state, const auth_identity *who, str *names, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        str repository, image;
        err refused;
        str_cut(names[i], '/', &repository, &image);
        if (auth_allow(state->auth, who, AUTH_READ, repository, &refused)) names[kept++] = names[i];
    }
    return kept;
}

bool oci_catalog(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    page p;
    str *names = NULL;
    size_t count = 0;
    if (!page_read(req, &p, e)) return false;
    if (!meta_image_catalog(state->meta, p.after, p.limit + 1, http_arena(req), &names, &count, e))
        return false;
    if (count > p.limit) {
        count = p.limit;
        if (count && !set_next(resp, STR("_catalog"), p.limit, names[count - 1], STR_NONE, e)) return false;
    }

    json_t *list = NULL;
    AUTO(json_release) json_t *document = json_object();
    count = keep_visible(state, http_identity(req), names, count);
    if (!text_array(names, count, &list, e)) return false;
    if (json_object_set_new(document, "repositories", list) != 0)
        return err_set(e, ERR_MEMORY, "no memory for the catalog");
    return oci_reply_json(resp, "application/json", document, e);
}

/* --- referrers ----------------------------------------------------------------------------------------------------------- */

typedef struct referrers {
    meta_image_referrer *rows;
    size_t count;
    bool is_cut; /* there are more */
} referrers;

/* As many as fit one answer. A repository or image that is not there has none: the list is empty, never a 404, from which clients would conclude that
 * the server does not know referrers at all. */
static bool find_referrers(http_request *req, str subject, str artifact_type, const page *p, referrers *out,
                           err *e)
{
    oci_call call;
    err why = {0};
    if (!oci_call_begin(req, &call, &why)) {
        *out = (referrers){0};
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.message);
    }
    referrers found = {0};
    if (!meta_image_referrers(call.app->meta, &call.image, subject, artifact_type, p->after, p->limit + 1,
                              call.arena, &found.rows, &found.count, e))
        return false;

    size_t fit = 0, total_bytes = 0;
    while (fit < found.count && fit < p->limit) {
        total_bytes += found.rows[fit].descriptor.len;
        if (fit > 0 && total_bytes > LIMIT_IMAGE_LIST_BYTES) break;
        fit++;
    }
    found.is_cut = fit < found.count;
    found.count = fit;
    *out = found;
    return true;
}

static bool referrers_index(const referrers *found, json_t **out, err *e)
{
    AUTO(json_release) json_t *manifests = json_array();
    for (size_t i = 0; i < found->count; i++) {
        json_t *descriptor = NULL;
        if (!json_decode(str_bytes(found->rows[i].descriptor), "stored descriptor", &descriptor, e))
            return false;
        if (json_array_append_new(manifests, descriptor) != 0)
            return err_set(e, ERR_MEMORY, "no memory for referrers");
    }
    AUTO(json_release) json_t *index = json_object();
    bool is_built = json_object_set_new(index, "schemaVersion", json_integer(2)) == 0 &&
                    json_set_str(index, "mediaType", STR(OCI_TYPE_INDEX)) &&
                    json_object_set(index, "manifests", manifests) == 0;
    if (!is_built) return err_set(e, ERR_MEMORY, "no memory for referrers");
    *out = TAKE(index);
    return true;
}

/* Sloppy clients leave the '+' of a media type as it is, and a query's '+' is a blank: no media type has blanks. */
static bool read_artifact_type(http_request *req, str *out, err *e)
{
    str asked;
    *out = STR_NONE;
    if (!http_query(req, "artifactType", &asked) || asked.len == 0) return true;
    char *fixed = arena_alloc(http_arena(req), asked.len);
    if (!fixed) return err_set(e, ERR_MEMORY, "no memory for a media type");
    for (size_t i = 0; i < asked.len; i++) fixed[i] = asked.data[i] == ' ' ? '+' : asked.data[i];
    *out = (str){fixed, asked.len};
    return true;
}

bool oci_referrers(http_request *req, http_response *resp, err *e)
{
    page p;
    oci_digest subject;
    referrers found;
    str artifact_type, name = http_param(req, "name");
    if (!oci_digest_read(http_param(req, "digest"), &subject, e) || !page_read(req, &p, e)) return false;
    if (!read_artifact_type(req, &artifact_type, e)) return false;
    if (artifact_type.len) http_header_set(resp, "OCI-Filters-Applied", STR("artifactType"));
    if (!find_referrers(req, subject.text, artifact_type, &p, &found, e)) return false;

    if (found.is_cut && found.count) {
        str path = arena_printf(http_arena(req), "%.*s/referrers/%.*s", STR_ARG(name), STR_ARG(subject.text));
        if (!set_next(resp, path, p.limit, found.rows[found.count - 1].digest, artifact_type, e))
            return false;
    }
    AUTO(json_release) json_t *index = NULL;
    if (!referrers_index(&found, &index, e)) return false;
    return oci_reply_json(resp, OCI_TYPE_INDEX, index, e);
}

/* GET /v2/_oci/ext/discover: none. */
bool oci_extensions(http_request *req UNUSED, http_response *resp, err *e)
{
    AUTO(json_release) json_t *document = json_object();
    if (json_object_set_new(document, "extensions", json_array()) != 0)
        return err_set(e, ERR_MEMORY, "no memory for an answer");
    return oci_reply_json(resp, "application/json", document, e);
}
