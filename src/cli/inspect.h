/*
 * cli/inspect.h - what the files of `assay model inspect` share. Private to cli.
 */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "base/buf.h"
#include "codec/json.h"

/* The tensors of a target as a tree by the dots and slashes of their names, each branch with its sums. `rows_max` 0: every one. */
bool inspect_tree(const json_t *target, size_t rows_max, buf *out, err *e) MUST_USE;

/* "124.4 million", "512"; "497.8 MB" */
void inspect_add_count(buf *out, uint64_t count);
void inspect_add_bytes(buf *out, uint64_t number);

#endif
