/*
 * eco/all.c - the package ecosystems, in the order in which a file is offered to them.
 */
#include "deb/deb.h"
#include "pypi/pypi.h"

const ecosystem *const ecosystems[] = {
    &ecosystem_pypi,
    &ecosystem_deb,
    NULL,
};
