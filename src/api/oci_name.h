/*
 * oci_name.h - the names in addresses under /v2/ (distribution-spec 1.1, "pulling manifests").
 *
 * The first component of an image's name is the Assay repository, the rest is the image: docker-local/team/app.
 * Pure; views point into the name.
 */
#ifndef API_OCI_NAME_H
#define API_OCI_NAME_H

#include "base/err.h"
#include "base/str.h"

/* "docker-local/team/app" into its two parts. ERR_NAME_INVALID says which component offends. */
bool oci_name_split(str name, str *repository, str *image, err *e) MUST_USE;
/* [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
bool oci_tag_is_valid(str tag);

#endif
