/*
 * format/lightgbm.h - LightGBM's text files: lines of name=value, one part for the model and one for each tree.
 *
 * Values are views of the text. What lightgbm_read hands out was held against the format: lists are as long as the numbers of leaves say,
 * links make a tree, features and categories exist, and the trees lie where tree_sizes says.
 */
#ifndef FORMAT_LIGHTGBM_H
#define FORMAT_LIGHTGBM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct lightgbm_pair {
    str name, value;
} lightgbm_pair;

typedef struct lightgbm_part {
    lightgbm_pair *pairs;
    size_t count, capacity;
} lightgbm_part;

typedef struct lightgbm_model {
    lightgbm_part head;
    lightgbm_part *trees;
    size_t tree_count;
    uint64_t classes, trees_per_iteration, features;
} lightgbm_model;

bool lightgbm_is(bytes content);
/* Fails with ERR_INVALID (the tree and the list are named), ERR_TRUNCATED, ERR_MEMORY. */
bool lightgbm_read(arena *a, bytes content, lightgbm_model *out, err *e) MUST_USE;

/* The value under a name, or NULL data when there is none. */
str lightgbm_value(const lightgbm_part *part, const char *name);
/* Walk a list of numbers separated by spaces. False at its end, and when what follows is no number. */
bool lightgbm_next_integer(str *rest, int64_t *number);
bool lightgbm_next_real(str *rest, double *number);

#endif
