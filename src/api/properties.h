/*
 * properties.h - properties as they come in addresses: matrix parameters and the `properties` query argument. Pure.
 *
 * Grammar: pairs `name=v1,v2` between separators. Separators are raw ';' and, in a query, '|'. A comma, raw or encoded, separates values; after a backslash
 * (raw or encoded) ',', ';', '|', '=' and '\' are plain. '+' is a blank. A pair without '=' has one empty value. Repeated names add up.
 */
#ifndef API_PROPERTIES_H
#define API_PROPERTIES_H

#include "meta/meta.h"

typedef enum properties_place { PROPERTIES_MATRIX, PROPERTIES_QUERY } properties_place;

/* In order, one entry a value. ERR_INVALID: a bad escape, an empty or unusable name; ERR_TOO_LARGE. */
bool properties_parse(str raw, properties_place place, arena *a, meta_property **out, size_t *count,
                      err *e) MUST_USE;
/* "a,b": the names of a DELETE or of a filter. */
bool properties_parse_names(str raw, arena *a, str **out, size_t *count, err *e) MUST_USE;

#endif
