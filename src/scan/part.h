/*
 * scan/part.h - the parent's side of a child's report: checking it, merging layers, making a target of it.
 */
#ifndef SCAN_PART_H
#define SCAN_PART_H

#include "codec/json.h"
#include "crypto/digest.h"

/* Read a child's report as hostile bytes: everything unknown is left out, everything known has its type, its bounds and values that exist.
 * ERR_CHILD when it is not such a report, or contradicts itself. */
bool part_check(bytes reply, json_t **part, err *e) MUST_USE;
/* A part that says only that there is none: finding scan_incomplete, verdict unparseable. */
bool part_incomplete(const char *why, json_t **part, err *e) MUST_USE;

/* The layers of one image, lowest first, as one part: whiteouts applied, later files in the place of earlier ones, each component with the number of
 * the layer that brought it, and the distribution known to its packages. */
bool part_merge(const json_t *layers, json_t **part, err *e) MUST_USE;

/* The name of a layer of a manifest: its title, as artifacts of files have one, else its digest. */
str part_layer_name(const json_t *descriptor);
/* A layer that is itself a model is, for the merge, a model in the image at its own name. */
bool part_list_itself(str name, json_t *part, err *e) MUST_USE;

/* The target of the scan document, without vulnerabilities. `sha256` may be NULL. */
bool part_to_target(const json_t *part, str path, const digest *sha256, json_t **target, err *e) MUST_USE;
bool finding_incomplete(const char *why, json_t **made, err *e) MUST_USE;

#endif
