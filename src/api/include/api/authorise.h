/*
 * authorise.h - who is asking, and may they: decided when the head of a request has arrived, for every surface.
 *
 * The route's `permission` is an auth_action. The repository is the parameter {repo}; under /v2 it is the first part of {name}, and a Docker client's
 * token must name the image as well. The identity (auth_identity) is left in http_identity.
 *
 * The session cookie counts for reading; for anything else the request must carry "X-Assay-Ui: 1", which a page of another site cannot add.
 */
#ifndef API_AUTHORISE_H
#define API_AUTHORISE_H

#include "auth/auth.h"
#include "http/http.h"

http_decision api_authorise(http_request *req, const http_route *route, bool may_block, err *e);

#endif
