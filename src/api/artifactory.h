/*
 * artifactory.h - what the files of the /artifactory and /access surfaces share: the call being answered, the JSON of items, the answers that repeat.
 *
 * Each handler is one row of a table in artifactory.c or access.c and lives in the file of its subject.
 */
#ifndef API_ARTIFACTORY_H
#define API_ARTIFACTORY_H

#include "http/http.h"
#include "registry/registry.h"

/* Who asks, about what. `path` has no slash at its end; is_folder_path tells whether it had. */
typedef struct art_call {
    app *app;
    arena *arena;
    const auth_identity *who;
    str repository, path;
    bool is_folder_path;
} art_call;
art_call art_call_begin(http_request *req);

bool art_reply_json(http_response *resp, unsigned status, const json_t *document, err *e) MUST_USE;
void art_reply_text(http_response *resp, unsigned status, str text);
void art_render_error(http_request *req, http_response *resp, const err *e);

/* An address of an item: base, prefix, repository and path, percent-encoded as clients do. */
typedef enum art_address { ART_ITEM, ART_STORAGE } art_address;
str art_uri(http_request *req, art_address kind, str repository, str path); /* data NULL: no memory */
str art_percent_encode(arena *a, str text, bool keep_slash);

/* json_pack's "s%": a view, never NULL. */
#define PACK(text) ((text).data ? (text).data : ""), (text).len

/* The file or folder info of the storage API; NULL: no memory. Children and digests of folders are the caller's. */
json_t *art_item_json(http_request *req, const meta_node *node);
json_t *art_checksums_json(const meta_node *node);
str art_time(arena *a, int64_t ms);

/* --- handlers ------------------------------------------------------------------------------------------------------------ */

bool art_item_put_open(http_request *req, http_sink *sink, err *e);
bool art_item_put(http_request *req, http_response *resp, err *e);
bool art_item_get(http_request *req, http_response *resp, err *e);
bool art_item_delete(http_request *req, http_response *resp, err *e);

bool art_storage_get(http_request *req, http_response *resp, err *e);
bool art_properties_put(http_request *req, http_response *resp, err *e);
bool art_properties_delete(http_request *req, http_response *resp, err *e);

bool art_repository_list(http_request *req, http_response *resp, err *e);
bool art_repository_get(http_request *req, http_response *resp, err *e);
bool art_repository_put(http_request *req, http_response *resp, err *e);
bool art_repository_post(http_request *req, http_response *resp, err *e);
bool art_repository_delete(http_request *req, http_response *resp, err *e);

bool art_token_create_legacy(http_request *req, http_response *resp,
                             err *e); /* /artifactory/api/security/token */
bool art_token_revoke_legacy(http_request *req, http_response *resp, err *e);

#endif
