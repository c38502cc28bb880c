/*
 * serve/openapi.h - the description of a model server's addresses (OpenAPI 3.0.2), made once when it starts. Private to serve.
 */
#ifndef SERVE_OPENAPI_H
#define SERVE_OPENAPI_H

#include "metrics.h"

bool openapi_write(const metrics_model *models, size_t count, bool needs_token, buf *out, err *e) MUST_USE;

#endif
