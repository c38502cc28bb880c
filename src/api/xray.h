/*
 * xray.h - what the files of the /xray surface share (reference: docs/policies.md; the JSON is that of Xray's REST API).
 */
#ifndef API_XRAY_H
#define API_XRAY_H

#include "http/http.h"
#include "registry/registry.h"

typedef struct xray_call {
    app *app;
    arena *arena;
    const auth_identity *who;
} xray_call;
xray_call xray_call_begin(http_request *req);

/* Takes the document; NULL is an error of memory. */
bool xray_reply(http_response *resp, unsigned status, json_t *document_stolen, err *e) MUST_USE;
bool xray_body(http_request *req, json_t **body, err *e) MUST_USE;
bool xray_may_read(const xray_call *call, str repository);
str xray_severity(severity s); /* "Critical", "Information" */
str xray_time(arena *a, int64_t ms);

bool xray_violations(http_request *req, http_response *resp, err *e);
bool xray_summary(http_request *req, http_response *resp, err *e);
bool xray_artifact_status(http_request *req, http_response *resp, err *e);

#endif
