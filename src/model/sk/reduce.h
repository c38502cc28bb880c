/*
 * model/sk/reduce.h - the classes of kernels.c and reduce.c.
 */
#ifndef MODEL_SK_REDUCE_H
#define MODEL_SK_REDUCE_H

#include "sk/sk.h"

extern const sk_class sk_kernels_classes[], sk_reduce_classes[];

#endif
