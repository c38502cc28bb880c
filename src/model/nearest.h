/*
 * model/nearest.h - how alike two names are.
 */
#ifndef MODEL_NEAREST_H
#define MODEL_NEAREST_H

#include "base/str.h"

size_t name_distance(str a, str b); /* SIZE_MAX: too long to tell */
size_t name_slips(str a,
                  str b); /* the same in either case of letters; SIZE_MAX: more than slips of the pen */

#endif
