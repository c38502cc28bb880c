/*
 * format/lfs/lfs.h - pointers of Git LFS: what a checkout holds in the place of a large file that was not fetched.
 */
#ifndef FORMAT_LFS_LFS_H
#define FORMAT_LFS_LFS_H

#include "format/format.h"

extern const model_format format_lfs;

#endif
