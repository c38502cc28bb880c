/*
 * model/native.h - Assay's own form of a forest: one file that is mapped and used where it lies.
 *
 * Layout (all numbers little endian), version 1:
 *   0   8  magic "ASSAYFST"
 *   8   4  version 1
 *   12  4  sections, 5
 *   16  8  bytes of the whole file
 *   24  32 sha256 of everything from byte 64 on
 *   56  8  zero
 *   64     one record of 24 bytes per section: id (4), zero (4), offset (8), bytes (8); offsets are multiples of 64
 * Sections: 1 description (JSON: estimator, version, outputs with their labels, names of the features, parameters), 2 trees (first node 8, nodes 8, depth 4,
 * seed 4), 3 nodes (48 bytes each, as tree_node lies in memory: threshold 8, impurity 8, weight 8, samples 8, left 4, right 4, feature 4, missing_left 1, zero 3;
 * children count from the tree's first node), 4 values (doubles, value_count per node), 5 out-of-bag score and values (doubles; empty: none).
 */
#ifndef MODEL_NATIVE_H
#define MODEL_NATIVE_H

#include "base/buf.h"
#include "model/params.h"

/* `params` are those of the fit, recorded in the description; NULL: unknown. */
bool forest_native_write(const forest *f, const train_params *params, buf *out, err *e) MUST_USE;

/* Does it begin like one? */
bool forest_native_sniff(bytes file);

/* Checks the sum, the layout and every node. Nodes and values stay where they are: `file` must be aligned to 8 bytes, as a mapping is, and outlive the forest.
 * Fails with ERR_INVALID, ERR_UNSUPPORTED (a newer version), ERR_TOO_LARGE, ERR_MEMORY. */
bool forest_native_open(bytes file, forest **out, err *e) MUST_USE;

#endif
