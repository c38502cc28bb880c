/*
 * model/read.h - a forest out of a pickle or joblib file that anybody may have written, without unpickling it.
 *
 * The file is executed symbolically (format/pickle.h); from the value graph this takes exactly what prediction needs and checks all of it: children in range and
 * after their parent, one parent each, features in range, array sizes, finite values. Versions 0.18 to 1.9, packed or not, any pickle protocol.
 * What it does not understand it refuses, naming the first thing.
 *
 * Hostile bytes: run it in a sandboxed process only.
 */
#ifndef MODEL_READ_H
#define MODEL_READ_H

#include "model/forest.h"

/* Fails with ERR_INVALID (broken or inconsistent), ERR_BLOCKED (it would execute something), ERR_UNSUPPORTED (another kind of model), ERR_TOO_LARGE, ERR_MEMORY. */
bool forest_read(bytes file, forest **out, err *e) MUST_USE;

#endif
