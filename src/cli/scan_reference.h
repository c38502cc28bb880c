/*
 * cli/scan_reference.h - the name of an image in a registry, or of an artifact on an Assay server. Private to cli.
 */
#ifndef CLI_SCAN_REFERENCE_H
#define CLI_SCAN_REFERENCE_H

#include "base/arena.h"
#include "base/err.h"

typedef struct scan_reference {
    str host;       /* with its port: "localhost:5000" */
    str repository; /* "ml/iris" */
    str version;    /* a tag, or "sha256:..." */
    bool has_digest;
} scan_reference;

/* Does it say that it is one? "docker://...", "oci://...", "assay://...", or "host:port/name:tag" whose host has a dot or a port. A path never does. */
bool scan_reference_is(str text);
/* "docker://host/name[:tag][@digest]"; without a tag it is "latest". ERR_INVALID. */
bool scan_reference_parse(arena *a, str text, scan_reference *out, err *e) MUST_USE;
/* This machine by name: the only place that is spoken to without TLS. */
bool scan_host_is_loopback(str host);

#endif
