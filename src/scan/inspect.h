/*
 * scan/inspect.h - what is inside bytes: the child's own work. Pure: bytes in, one JSON object out.
 *
 * The object is called a part. A plain file, an archive and a layer each give one; an image archive gives one that holds a part per layer:
 *   {"format","verdict","facts":[],"tensors":[{"name","dtype","shape":[],"bytes"}],"tensor_count","parameter_count","tensor_bytes","call_lines":[],"findings":[],"findings_dropped","components":[],"components_dropped",
 *    "manifests":["path"],"models":[{"path","format","verdict"}],"deleted":["path"],"opaque":["path"],"os":{"id","version_id","namespace"},
 *    "images":[{"name","layers":[part + "path"]}]}
 * Lists that would be empty are absent. The parent reads it as hostile bytes (part_check.c).
 */
#ifndef SCAN_INSPECT_H
#define SCAN_INSPECT_H

#include "base/arena.h"
#include "codec/json.h"
#include "codec/unpack.h"
#include "format/report.h"

/* Everything inside `content`, whatever it is. `path` is the artifact's, for names and suspicion only. Fails only for memory. */
bool inspect(arena *a, str path, bytes content, json_t **part, err *e) MUST_USE;
/* The same judgement without what only documents tell: facts, tensors and call lines, which are most of a part. */
bool inspect_briefly(arena *a, str path, bytes content, json_t **part, err *e) MUST_USE;

/* --- shared by the files inspect*.c ---------------------------------------------------------------------------------------- */

typedef struct archive_names archive_names;

typedef struct inspection {
    arena *arena;
    unpack_budget *budget; /* of the whole artifact, however nested */
    json_t *part;          /* being filled; borrowed */
    str prefix;            /* "outer.zip!" for what lies within a nested archive, else empty */
    bool is_nested;        /* within any archive: names decide what is worth a finding */
    bool is_brief;         /* see inspect_briefly */
    verdict verdict;
    size_t findings, components;
    uint64_t skipped;     /* members too large to be looked into */
    archive_names *names; /* of the archive that is being walked, or NULL */
} inspection;

/* A part of its own with the same arena and budget: a layer of an image. */
bool inspection_begin(const inspection *parent, inspection *child, err *e) MUST_USE;
/* Verdict and what was counted go into the part. */
bool inspection_end(inspection *in, err *e) MUST_USE;

/* One file of an archive, or the artifact itself. */
bool inspect_file(inspection *in, str member, bytes content, err *e) MUST_USE;
/* Is it a container of files: tar (packed or not), zip, 7z, a file that is packed alone, or one of those that are not read? */
bool inspect_is_archive(bytes content);
/* `path`: of the archive itself; the file within a packed one is named after it. */
bool inspect_archive(inspection *in, str path, bytes content, err *e) MUST_USE;
/* A tar that is an image, as `docker save` and OCI layouts write it: *is_image tells, and then everything was done. */
bool inspect_image(inspection *in, bytes content, bool *is_image, err *e) MUST_USE;

bool inspect_add_finding(inspection *in, const finding *f, err *e) MUST_USE;
/* Something could not be looked at: a finding "scan_incomplete", and the verdict is unparseable. */
bool inspect_add_trouble(inspection *in, str member, const char *why, err *e) MUST_USE;
/* Append to a list of the part, which is made when it is needed. Takes the item. */
bool inspect_append(json_t *part, const char *list, json_t *item, err *e) MUST_USE;
str inspect_member_name(inspection *in, str member);

/* Take out what was said about the source of installed packages (inspect_installed.c). */
void inspect_forget_installed(json_t *part);

#endif
