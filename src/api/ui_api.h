/*
 * ui_api.h - what the files of the /ui/api surface share. Contract: docs/ui-api.md.
 *
 * ui_api.c has the table and the making of JSON; the handlers are in ui_session.c (who is signed in, tokens, password), ui_tree.c (repositories, folders),
 * ui_item.c (one artifact) and ui_findings.c (status, vulnerabilities, threats, violations).
 */
#ifndef API_UI_API_H
#define API_UI_API_H

#include "codec/json.h"
#include "http/http.h"
#include "registry/registry.h"

/* --- JSON objects, built member by member: a failure sticks, ui_reply asks once --------------------------------------------- */

typedef struct ui_object {
    json_t *json;
    bool failed;
} ui_object;

ui_object ui_object_new(void);
void ui_object_done(ui_object *o);
#define AUTO_UI_OBJECT __attribute__((cleanup(ui_object_done)))

void ui_text(ui_object *o, const char *key, str value);
void ui_text_or_null(ui_object *o, const char *key, str value); /* empty: null */
void ui_number(ui_object *o, const char *key, int64_t value);
void ui_bool(ui_object *o, const char *key, bool value);
void ui_put(ui_object *o, const char *key, json_t *stolen); /* NULL: a failure */
void ui_add(ui_object *o, const char *key, ui_object *stolen);
/* A list that lives in the object under `key`; add to it with ui_append. Borrowed. */
json_t *ui_list(ui_object *o, const char *key);
void ui_append(ui_object *o, json_t *list, ui_object *stolen);

/* Empties the object. ERR_MEMORY when building it failed. */
bool ui_reply(http_response *resp, unsigned status, ui_object *o, err *e) MUST_USE;

/* {"error":{"code","message","request_id"}}: also for addresses that belong to no surface. */
void ui_render_error(http_request *req, http_response *resp, const err *e);

/* --- pieces that several pages show ------------------------------------------------------------------------------------------ */

/* Query arguments: empty when absent. */
str ui_query(const http_request *req, const char *name);
bool ui_query_number(const http_request *req, const char *name, int64_t fallback, int64_t *value,
                     err *e) MUST_USE;

/* `scan` of docs/ui-api.md: the state and the counts by severity. */
bool ui_add_scan(ui_object *o, app *state, digest sha256, err *e) MUST_USE;
/* Are the bytes judged to be kept from this caller? "blocked": null or {"message","violation"}. */
bool ui_add_blocked(ui_object *o, http_request *req, const meta_node *node, str caller, err *e) MUST_USE;
/* May the caller read the repository? A Docker client's token, which is for single images, may not. */
bool ui_allow_read(const http_request *req, str repository, err *e) MUST_USE;
/* The same as a filter: lists leave out what the caller may not see. */
bool ui_may_read(const http_request *req, str repository);

/* --- handlers ---------------------------------------------------------------------------------------------------------------- */

bool ui_session_create(http_request *req, http_response *resp, err *e);
bool ui_session_get(http_request *req, http_response *resp, err *e);
bool ui_session_delete(http_request *req, http_response *resp, err *e);
bool ui_token_create(http_request *req, http_response *resp, err *e);
bool ui_password_change(http_request *req, http_response *resp, err *e);

bool ui_tree(http_request *req, http_response *resp, err *e);
bool ui_item(http_request *req, http_response *resp, err *e);
bool ui_scan(http_request *req, http_response *resp, err *e);

bool ui_status(http_request *req, http_response *resp, err *e);
bool ui_vulnerabilities(http_request *req, http_response *resp, err *e);
bool ui_threats(http_request *req, http_response *resp, err *e);
bool ui_models(http_request *req, http_response *resp, err *e);
bool ui_violations(http_request *req, http_response *resp, err *e);
bool ui_violation(http_request *req, http_response *resp, err *e);

#endif
