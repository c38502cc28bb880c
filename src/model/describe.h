/*
 * model/describe.h - everything of a forest but its trees, as JSON and back; parameters as get_params() shows them.
 */
#ifndef MODEL_DESCRIBE_H
#define MODEL_DESCRIBE_H

#include "codec/json.h"
#include "model/params.h"

/* The JSON type is the label's kind: integer, real, boolean, string. */
json_t *label_value(const label *l);
/* NULL when memory is gone. params NULL: left out. */
json_t *forest_describe(const forest *f, const train_params *params);
/* A forest without trees; everything in `about` is checked. */
bool forest_from_description(const json_t *about, forest **out, err *e) MUST_USE;

#endif
