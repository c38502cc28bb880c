/*
 * api/routes.c - the table of tables. Order matters where prefixes overlap: /ui/api stands before /ui.
 */
#include "api/routes.h"

/* clang-format off */
const http_route_table *const api_tables[] = {
    &api_health_routes,
    &api_oci_routes,
    &api_artifactory_routes,
    &api_access_routes,
    &api_xray_routes,
    &api_ui_routes,
    &api_ui_file_routes,
};
/* clang-format on */
const size_t api_table_count = COUNT_OF(api_tables);
