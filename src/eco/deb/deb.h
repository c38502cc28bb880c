/*
 * eco/deb/deb.h - Debian packages. Private to eco.
 */
#ifndef ECO_DEB_DEB_H
#define ECO_DEB_DEB_H

#include "eco/eco.h"

extern const ecosystem ecosystem_deb;

int deb_version_compare(str a, str b);
bool deb_version_is_valid(str version);

#endif
