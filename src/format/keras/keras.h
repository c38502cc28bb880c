/*
 * format/keras/keras.h - Keras models: archives of Keras 3, HDF5 files, and their configuration, a tree of objects that loading builds.
 */
#ifndef FORMAT_KERAS_KERAS_H
#define FORMAT_KERAS_KERAS_H

#include "format/format.h"

#include "codec/json.h"

extern const model_format format_keras; /* .keras: a ZIP of config.json, metadata.json, model.weights.h5 */
extern const model_format format_keras_config; /* model.to_json() */

enum {
    KERAS_TELLS = 1,   /* class and layers become facts */
    KERAS_REVIVES = 2, /* a SavedModel: classes that the program does not have are replaced by their graphs */
};

/* Judge a configuration: every object in it that loading would look up, import or build. */
bool keras_config_read(report *r, str member, bytes text, unsigned flags, err *e) MUST_USE;
/* The same for an object that was decoded already. */
bool keras_config_walk(report *r, str member, json_t *config, unsigned flags, err *e) MUST_USE;

/* Decode JSON as Python reads it: NaN and Infinity are numbers. */
bool keras_json_decode(arena *a, bytes text, json_t **value, err *e) MUST_USE;

/* An HDF5 file, in whole: `member` prefixes findings. */
bool keras_hdf5_read(const format_input *in, bytes content, str member, report *r, err *e) MUST_USE;

/* What Python code that was written with marshal and base64 names, as far as it can be seen without running it. Empty: no such code. */
str keras_code_names(arena *a, str base64, bool *is_dangerous);

/* --- names (known.c) ----------------------------------------------------------------------------------------------------------------------- */

bool keras_is_class(str name);
bool keras_is_function(str name);
bool keras_is_python_module(str name);

#endif
