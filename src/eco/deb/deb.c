/*
 * eco/deb/deb.c - what dpkg recorded: var/lib/dpkg/status, and status.d of images without a package manager.
 *
 * Advisories of distributions speak of source packages, so every component carries the source it was built from.
 */
#include "deb/deb.h"

#include "stanza.h"

typedef struct deb_stanza {
    str package, version, status, source;
} deb_stanza;

static bool is_path(str path, str tail)
{
    return str_eq(path, tail) || (str_ends_with(path, tail) && path.data[path.len - tail.len - 1] == '/');
}

static bool is_status_d(str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash > 0 && is_path(str_slice(path, 0, (size_t)slash), STR("var/lib/dpkg/status.d")) &&
           !str_ends_with(path, STR(".md5sums"));
}

static bool deb_wants(str path)
{
    return is_path(path, STR("var/lib/dpkg/status")) || is_status_d(path);
}

/* "install ok installed": the third word tells. Files of status.d have no such field: they are there because they are installed. */
static bool is_installed(const deb_stanza *s)
{
    if (s->status.len == 0) return true;
    ptrdiff_t space = str_find_last(s->status, ' ');
    return str_eq(str_skip(s->status, (size_t)(space + 1)), STR("installed"));
}

/* A rebuild without a change of source ("1.2-3+b1") has the advisories of "1.2-3". */
static str without_rebuild(str version)
{
    size_t end = version.len;
    while (end && version.data[end - 1] >= '0' && version.data[end - 1] <= '9') end--;
    bool is_rebuild = end < version.len && str_ends_with(str_slice(version, 0, end), STR("+b"));
    return is_rebuild ? str_slice(version, 0, end - 2) : version;
}

/* "Source: glibc (2.36-9)". Missing parts are those of the binary package. */
static void find_source(const deb_stanza *s, component *c)
{
    str name = s->source, inside;
    c->source_version = without_rebuild(c->version);
    if (str_cut(s->source, '(', &name, &inside)) {
        str version, after;
        (void)str_cut(inside, ')', &version, &after);
        if (str_trim(version).len) c->source_version = str_trim(version);
    }
    c->source_name = str_trim(name).len ? str_trim(name) : c->name;
    /* The signed kernel images are built from another source package, but their advisories are those of the kernel. */
    if (str_starts_with(c->source_name, STR("linux-signed"))) c->source_name = STR("linux");
}

static bool add_package(const deb_stanza *s, str path, component_sink sink, err *e)
{
    if (s->package.len == 0 || !is_installed(s)) return true;
    component found = {
        .eco = &ecosystem_deb,
        .name = s->package,
        .version = s->version,
        .version_is_known = s->version.len != 0,
        .path = path,
    };
    find_source(s, &found);
    return sink.add(sink.ctx, &found, e);
}

static bool deb_read(arena *a, str path, bytes file, component_sink sink, err *e)
{
    (void)a;
    str rest = bytes_str(file), name, value;
    deb_stanza s = {0};
    for (;;) {
        stanza_step step = stanza_next(&rest, &name, &value);
        if (step != STANZA_FIELD) {
            if (!add_package(&s, path, sink, e)) return false;
            s = (deb_stanza){0};
            if (step == STANZA_END) return true;
            continue;
        }
        if (str_eq_nocase(name, STR("Package"))) s.package = stanza_first_line(value);
        if (str_eq_nocase(name, STR("Version"))) s.version = stanza_first_line(value);
        if (str_eq_nocase(name, STR("Status"))) s.status = stanza_first_line(value);
        if (str_eq_nocase(name, STR("Source"))) s.source = stanza_first_line(value);
    }
}

/* Package names are lower case already (Debian policy 5.6.7). */
static str deb_name_normalise(arena *a, str name)
{
    return arena_copy(a, name);
}

const ecosystem ecosystem_deb = {
    .name = "deb",
    .osv_name = "Debian",
    .osv_name_also = "Ubuntu",
    .title = "Debian",
    .wants = deb_wants,
    .read = deb_read,
    .version_compare = deb_version_compare,
    .version_is_valid = deb_version_is_valid,
    .name_normalise = deb_name_normalise,
};
