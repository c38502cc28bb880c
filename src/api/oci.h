/*
 * oci.h - what the files of the /v2 surface share: the call being answered, digests as addresses, and the answers that repeat.
 *
 * Each handler is one row of the table in oci.c and lives in the file of its subject: oci_blobs.c, oci_uploads.c, oci_manifests.c, oci_lists.c,
 * oci_token.c. Contract: OCI distribution-spec 1.1; "end-N" are its endpoint numbers.
 */
#ifndef API_OCI_H
#define API_OCI_H

#include "http/http.h"
#include "meta/images.h"
#include "registry/registry.h"

/* Who asks, about which image. */
typedef struct oci_call {
    app *app;
    arena *arena;
    const auth_identity *who;
    str name;         /* "docker-local/team/app", as in the address */
    meta_image image; /* its two parts */
} oci_call;

/* The name follows the grammar, its repository exists and holds images. ERR_NAME_INVALID, ERR_NOT_FOUND. */
bool oci_call_begin(http_request *req, oci_call *call, err *e) MUST_USE;

/* A digest that came as an address: parsed, with the text it came as. */
typedef struct oci_digest {
    str text;
    digest value;
} oci_digest;
bool oci_digest_read(str text, oci_digest *out, err *e) MUST_USE; /* ERR_DIGEST_INVALID */
static inline bool oci_is_digest(str reference)
{
    return str_find(reference, ':') >= 0;
}

/* "Location: /v2/<name><tail>": a path, because a host behind a proxy does not know its own name. */
bool oci_set_location(const oci_call *call, http_response *resp, const char *tail, str last, err *e) MUST_USE;
void oci_set_digest(http_response *resp, str digest_text); /* Docker-Content-Digest */
void oci_set_version(http_response *resp); /* Docker-Distribution-API-Version: old tools look for it */
void oci_reply_empty(http_response *resp, unsigned status);
bool oci_reply_json(http_response *resp, const char *content_type, const json_t *document, err *e) MUST_USE;

/* --- permission (oci_token.c) -------------------------------------------------------------------------------------------- */

typedef enum oci_action { OCI_PULL, OCI_PUSH, OCI_DELETE } oci_action;
/* May this identity do that to the image, by its own rights and by the scope of the token it shows? ERR_UNAUTHENTICATED asks the client for a
 * token with more scope; ERR_DENIED says that none would help. */
bool oci_allow(auth *au, const auth_identity *who, oci_action action, str name, err *e) MUST_USE;
/* WWW-Authenticate for the request that was refused. */
void oci_challenge(http_request *req, http_response *resp);

/* --- handlers ------------------------------------------------------------------------------------------------------------ */

bool oci_token(http_request *req, http_response *resp, err *e);

bool oci_blob_get(http_request *req, http_response *resp, err *e);
bool oci_blob_delete(http_request *req, http_response *resp, err *e);

bool oci_upload_start_open(http_request *req, http_sink *sink, err *e);
bool oci_upload_start(http_request *req, http_response *resp, err *e);
bool oci_upload_patch_open(http_request *req, http_sink *sink, err *e);
bool oci_upload_patch(http_request *req, http_response *resp, err *e);
bool oci_upload_finish_open(http_request *req, http_sink *sink, err *e);
bool oci_upload_finish(http_request *req, http_response *resp, err *e);
bool oci_upload_status(http_request *req, http_response *resp, err *e);
bool oci_upload_cancel(http_request *req, http_response *resp, err *e);
/* After ERR_RANGE: tell where the upload stands, so that the client can go on from there. */
void oci_upload_tell_place(http_request *req, http_response *resp);

bool oci_manifest_get(http_request *req, http_response *resp, err *e);
bool oci_manifest_put(http_request *req, http_response *resp, err *e);
bool oci_manifest_delete(http_request *req, http_response *resp, err *e);

bool oci_tags(http_request *req, http_response *resp, err *e);
bool oci_catalog(http_request *req, http_response *resp, err *e);
bool oci_referrers(http_request *req, http_response *resp, err *e);
bool oci_extensions(http_request *req, http_response *resp, err *e);

#endif
