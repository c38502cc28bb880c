/*
 * model/pickle_write.h - a fitted forest as a pickle that scikit-learn loads: joblib.load and pickle.load give the estimator back.
 *
 * Plain pickle, protocol 3, with only the classes and functions that every scikit-learn model file names. Layout and value meaning are those of forest.version,
 * recorded in it as _sklearn_version. Pure.
 */
#ifndef MODEL_PICKLE_WRITE_H
#define MODEL_PICKLE_WRITE_H

#include "base/buf.h"
#include "model/params.h"

/* `params` are those the forest was fitted with. */
bool forest_pickle(const forest *f, const train_params *params, buf *out, err *e) MUST_USE;

#endif
