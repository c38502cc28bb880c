/*
 * model/openapi.h - the description of a model server's addresses (OpenAPI 3.0.2), made once when it starts.
 */
#ifndef MODEL_OPENAPI_H
#define MODEL_OPENAPI_H

#include "base/buf.h"
#include "model/forest.h"

bool openapi_write(const forest *f, str name, buf *out, err *e) MUST_USE;

#endif
