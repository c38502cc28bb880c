/*
 * http/route.h - which row answers an address. Pure; private to http.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/http.h"

enum { ROUTE_PARAMS_MAX = 8 };

typedef struct route_param {
    str name, value;
} route_param;

typedef struct route_params {
    route_param items[ROUTE_PARAMS_MAX];
    size_t count;
} route_params;

/* `path` is decoded; values are views of it. On false, `out` is undefined. */
bool route_pattern_match(const char *pattern, str path, route_params *out);

typedef struct route_found {
    const http_route_table *table; /* of the row, or the one that words the error */
    const http_route *row;         /* NULL: none */
    unsigned allowed;              /* methods of the rows whose pattern fits, for 405 */
    route_params params;
} route_found;

/* The surface that words the errors of an address: the longest prefix, or NULL. */
const http_route_table *route_table_of(const http_route_table *const *tables, size_t count, str path);

void route_find(const http_route_table *const *tables, size_t count, http_method method, str path,
                route_found *out);

#endif
