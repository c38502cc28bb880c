/*
 * eco/eco.h - package ecosystems: which files tell what is installed, and how versions are ordered.
 *
 * Pure: bytes in, facts out; no clock, no files, no network. Runs in the sandboxed child (reading) and in the server (version order).
 * A new ecosystem is src/eco/<name>/ exporting one `const ecosystem`, plus its line in src/eco/all.c.
 */
#ifndef ECO_ECO_H
#define ECO_ECO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct ecosystem ecosystem;

/* A line of a requirements file that names no package ("-r base.txt", a bare address, rubbish) is a component too, so that it is
 * seen: its name is the line as written, its version is empty and not known. */
typedef struct component {
    const ecosystem *eco;
    str name;              /* normalised as the ecosystem's advisories write it */
    str version;           /* as found; the declared range when version_is_known is false */
    bool version_is_known; /* false: a range or nothing was declared */
    str namespace; /* "debian:12" for dpkg, else empty: narrows which advisories apply ("Debian:12"). Set by whoever knows the image's
                    * os-release (os_release_namespace); `read` leaves it empty */
    str source_name, source_version; /* dpkg: the source package, whose advisories count; else empty */
    str path;                        /* the file that told, within the artifact */
    str licenses;                    /* as declared, may be empty */
    bool is_declared_only;           /* from a requirements file rather than an installed package */
} component;

typedef struct component_sink {
    void *ctx;
    bool (*add)(void *ctx, const component *found, err *e);
} component_sink;

struct ecosystem {
    const char *name;          /* purl type: "pypi", "deb" */
    const char *osv_name;      /* "PyPI", "Debian" */
    const char *osv_name_also; /* another OSV ecosystem with the same names and order ("Ubuntu"), or NULL */
    const char *title;         /* for people: "Python", "Debian" */
    bool (*wants)(str path);   /* does a file of this path tell about components? */
    /* Adds what the file tells, in its order. Views of a component are into `file`, `path` or the arena. Fails only with ERR_MEMORY or
     * the sink's own error: whatever the file does wrong, the rest of it is still read. */
    bool (*read)(arena *a, str path, bytes file, component_sink sink, err *e);
    /* -1, 0, 1; total order over what version_is_valid accepts. Anything else sorts below it, by bytes. */
    int (*version_compare)(str a, str b);
    bool (*version_is_valid)(str version);
    /* "2.0.0+cu118" is a build of "2.0.0": the part that advisories speak of. NULL where versions have no such part. */
    str (*version_public)(str version);
    str (*name_normalise)(arena *a, str name); /* data NULL: no memory */
};

extern const ecosystem *const ecosystems[];        /* NULL-terminated */
const ecosystem *ecosystem_find(str name);         /* by purl type */
const ecosystem *ecosystem_find_osv(str osv_name); /* "Debian:12" finds Debian */

/* "pkg:pypi/scikit-learn@0.24.0"; data NULL when memory is gone. */
str component_purl(arena *a, const component *c);

/* os-release: "debian" and "12", for components' namespace. False when the file has no ID (or memory is gone). */
bool os_release_read(arena *a, bytes file, str *id, str *version_id);
/* "debian:12"; "debian" alone when there is no version. */
str os_release_namespace(arena *a, str id, str version_id);

#endif
