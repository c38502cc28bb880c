/*
 * oci_scope.h - what a Docker client asks a token for, and what a token is good for ("repository:team/app:pull,push").
 *
 * A token of the registry carries the scope "oci", followed by the granted resources, each after a space: "oci repository:docker-local/app:pull". With
 * none it proves who somebody is, which is all that `docker login` wants. Pure.
 */
#ifndef API_OCI_SCOPE_H
#define API_OCI_SCOPE_H

#include "base/err.h"
#include "base/str.h"

typedef struct oci_grant {
    str type, name; /* "repository", "docker-local/app"; "registry", "catalog" */
    bool pull, push, remove;
} oci_grant;

/* One resource. Names may contain a port: the type ends at the first colon, the actions start at the last. "*" is all of them. */
bool oci_grant_parse(str text, oci_grant *out);
/* Is the scope one of ours, and does it hold such a grant? Any other scope, also the empty one, is not limited here. */
bool oci_scope_is_limited(str scope);
bool oci_scope_has(str scope, const oci_grant *wanted);

#endif
