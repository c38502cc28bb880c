/*
 * api/routes.h - every HTTP surface of the server, in the order in which addresses are looked up.
 *
 * A surface is one file that exports a table, and its line in api/routes.c.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "http/http.h"

extern const http_route_table *const api_tables[];
extern const size_t api_table_count;

extern const http_route_table api_access_routes;      /* /access: tokens, users */
extern const http_route_table api_artifactory_routes; /* /artifactory: items, storage, repositories */
extern const http_route_table api_health_routes;      /* /healthz, /readyz, /metrics */
extern const http_route_table api_oci_routes;         /* /v2: Docker and OCI images */
extern const http_route_table api_ui_routes;          /* /ui/api: what the pages ask for */
extern const http_route_table api_ui_file_routes;     /* /, /ui: the pages themselves */
extern const http_route_table api_xray_routes;        /* /xray: summaries, policies, watches, violations */

#endif
