/*
 * eco/pypi/pypi.c - which files tell about Python packages, and how their names are spelled.
 */
#include "pypi/pypi.h"

#include "eco/pep440.h"

static str base_name(str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return str_skip(path, (size_t)(slash + 1));
}

static str folder_of(str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash < 0 ? STR_NONE : str_slice(path, 0, (size_t)slash);
}

/* requirements.txt, requirements-dev.txt, test_requirements.txt, requirements/base.txt */
static bool is_requirements(str path)
{
    if (!str_ends_with(path, STR(".txt"))) return false;
    return str_contains(base_name(path), STR("requirements")) ||
           str_eq(base_name(folder_of(path)), STR("requirements"));
}

/* x.dist-info/METADATA; x.egg-info/PKG-INFO, EGG-INFO/PKG-INFO of an egg, PKG-INFO at the top of a source archive; a file x.egg-info. */
static bool is_metadata(str path)
{
    str name = base_name(path), folder = folder_of(path);
    if (str_eq(name, STR("METADATA"))) return str_ends_with(folder, STR(".dist-info"));
    if (str_eq(name, STR("PKG-INFO")))
        return str_ends_with(folder, STR(".egg-info")) || str_eq(base_name(folder), STR("EGG-INFO")) ||
               (folder.len && str_find(folder, '/') < 0);
    return str_ends_with(name, STR(".egg-info"));
}

static bool pypi_wants(str path)
{
    return is_metadata(path) || is_requirements(path);
}

static bool pypi_read(arena *a, str path, bytes file, component_sink sink, err *e)
{
    if (is_metadata(path)) return pypi_metadata_read(a, path, file, sink, e);
    return requirements_read(a, path, file, sink, e);
}

static bool is_name_edge(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name_separator(char c)
{
    return c == '-' || c == '_' || c == '.';
}

size_t pypi_name_length(str text)
{
    size_t len = 0;
    while (len < text.len && (is_name_edge(text.data[len]) || is_name_separator(text.data[len]))) len++;
    while (len && is_name_separator(text.data[len - 1])) len--;
    return len && is_name_edge(text.data[0]) ? len : 0;
}

/* Lower case, every run of separators one '-'. A text that is no name comes back lower-cased likewise and matches nothing. */
str pypi_name_normalise(arena *a, str name)
{
    char *plain = arena_alloc(a, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; plain && i < name.len; i++) {
        char c = name.data[i];
        if (is_name_separator(c)) {
            if (i && is_name_separator(name.data[i - 1])) continue;
            c = '-';
        }
        plain[len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (str){plain, len};
}

const ecosystem ecosystem_pypi = {
    .name = "pypi",
    .osv_name = "PyPI",
    .title = "Python",
    .wants = pypi_wants,
    .read = pypi_read,
    .version_compare = pep440_compare,
    .version_is_valid = pep440_is_valid,
    .version_public = pep440_public,
    .name_normalise = pypi_name_normalise,
};
