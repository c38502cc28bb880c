/*
 * format/json_text.h - recognising documents by the names in them, before anyone parses them.
 */
#ifndef FORMAT_JSON_TEXT_H
#define FORMAT_JSON_TEXT_H

#include "format/format.h"

/* An object, going by its first signs: white space, a brace, a quote or the closing brace. */
bool json_text_is_object(bytes content);
/* Is "name" (with its quotes) anywhere in it? */
bool json_text_has(bytes content, const char *name);
/* A path that stays beside the file that names it: no separator, no drive, nothing upwards, not empty. */
bool path_is_plain_sibling(str path);
/* ... or below it. */
bool path_stays_inside(str path);

#endif
