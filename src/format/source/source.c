/*
 * format/source/source.c - which kind of text is it? Python and Dockerfiles go by name or first line, secrets may be anywhere.
 */
#include "format/source.h"

#include "base/limits.h"

static str base_name(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

static bool is_text(bytes content)
{
    for (size_t i = 0; i < content.len; i++)
        if (content.data[i] < 0x20 && (content.data[i] == 0 || !strchr("\t\n\r\f\033", content.data[i])))
            return false;
    return content.len > 0;
}

/* Installed packages are judged by their versions; what their authors wrote is not the artifact's own. */
static bool is_installed(str path)
{
    static const char *const folders[] = {
        "site-packages/", "dist-packages/", "node_modules/", "usr/lib/",      "usr/share/",
        "usr/include/",   "usr/local/lib/", "usr/libexec/",  "var/lib/dpkg/", "var/cache/",
        "lib/python",     ".git/",          "conda-meta/"};
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (str_contains(path, str_from_c(folders[i]))) return true;
    return false;
}

static bool is_python(str name, str text)
{
    str first, rest;
    (void)str_cut(str_slice(text, 0, 128), '\n', &first, &rest);
    bool is_program = str_starts_with(first, STR("#!")) && str_contains(first, STR("python"));
    return is_program || str_ends_with(name, STR(".py")) || str_ends_with(name, STR(".pyw"));
}

/* Dockerfile, Dockerfile.gpu, serve.Dockerfile, Containerfile. */
static bool is_dockerfile(str name)
{
    bool is_named = str_starts_with(name, STR("Dockerfile")) || str_starts_with(name, STR("Containerfile"));
    bool has_suffix = name.len > 11 && str_eq_nocase(str_skip(name, name.len - 11), STR(".dockerfile"));
    return (is_named && !str_ends_with(name, STR(".py")) && !str_ends_with(name, STR(".md"))) || has_suffix ||
           str_eq(name, STR("dockerfile"));
}

bool source_read(const format_input *in, report *r, err *e)
{
    str text = bytes_str(in->content), name = base_name(in->path);
    if (text.len > LIMIT_SOURCE_BYTES || is_installed(in->path) || !is_text(in->content)) return true;
    if (!secrets_read(STR_NONE, text, r, e)) return false;
    if (is_dockerfile(name)) return dockerfile_read(STR_NONE, text, r, e);
    python_place place = {.first_line = 1};
    python_summary unused = {0};
    return !is_python(name, text) || python_read(&place, text, r, &unused, e);
}
