/*
 * codec/yaml.h - YAML by libyaml as far as files beside models need it. Child only, when the bytes are an artifact's.
 *
 * The document comes as JSON: mappings, lists, and scalars as text, but for null. Aliases are shared, not copied; a document that would be larger
 * than LIMIT_YAML_NODES when written out is refused, and so are names that stand twice.
 */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "codec/json.h"

/* A tag that the text itself gives to a value: "!!python/object/apply:os.system" in full. */
typedef struct yaml_tag {
    str tag;
    uint32_t line; /* from 1 on */
} yaml_tag;

typedef struct yaml_tags {
    yaml_tag *items; /* the first LIMIT_YAML_TAGS, of all documents */
    size_t count;
} yaml_tags;

/* The first document of the text; `tags` may be NULL. Fails with ERR_INVALID (line and column), ERR_TOO_LARGE, ERR_MEMORY; tags that were met before
 * the damage are there all the same. */
bool yaml_decode(arena *a, bytes text, const char *what, json_t **value, yaml_tags *tags, err *e) MUST_USE;

#endif
