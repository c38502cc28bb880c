/*
 * eco/pypi/pypi.h - Python packages. Private to eco.
 */
#ifndef ECO_PYPI_PYPI_H
#define ECO_PYPI_PYPI_H

#include "eco/eco.h"

extern const ecosystem ecosystem_pypi;

str pypi_name_normalise(arena *a, str name); /* PEP 503 */
/* Length of the package name at the front of the text, 0 when there is none. */
size_t pypi_name_length(str text);

bool requirements_read(arena *a, str path, bytes file, component_sink sink, err *e) MUST_USE;
/* dist-info/METADATA, egg-info/PKG-INFO. */
bool pypi_metadata_read(arena *a, str path, bytes file, component_sink sink, err *e) MUST_USE;

#endif
