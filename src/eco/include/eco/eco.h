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

typedef struct component {
    const ecosystem *eco;
    str name;              /* normalised as the ecosystem's advisories write it */
    str version;           /* as found */
    bool version_is_known; /* false: a range or nothing was declared */
    str namespace; /* "debian:12" for dpkg, else empty: narrows which advisories apply ("Debian:12") */
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
    const char *name;        /* purl type: "pypi", "deb" */
    const char *osv_name;    /* "PyPI", "Debian" */
    const char *title;       /* for people: "Python", "Debian" */
    bool (*wants)(str path); /* does a file of this path tell about components? */
    bool (*read)(arena *a, str path, bytes file, component_sink sink, err *e);
    /* -1, 0, 1; total order over what version_is_valid accepts. */
    int (*version_compare)(str a, str b);
    bool (*version_is_valid)(str version);
    str (*name_normalise)(arena *a, str name);
};

extern const ecosystem *const ecosystems[];        /* NULL-terminated */
const ecosystem *ecosystem_find(str name);         /* by purl type */
const ecosystem *ecosystem_find_osv(str osv_name); /* "Debian:12" finds Debian */

/* "pkg:pypi/scikit-learn@0.24.0" */
str component_purl(arena *a, const component *c);

/* os-release: "debian" and "12", for components' namespace. */
bool os_release_read(arena *a, bytes file, str *id, str *version_id);

#endif
