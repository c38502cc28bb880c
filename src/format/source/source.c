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

/* --- requirements ---------------------------------------------------------------------------------------------------------------------- */

static bool is_requirements(str name)
{
    bool is_text_file = str_ends_with(name, STR(".txt")) && str_contains(name, STR("requirements"));
    return is_text_file || str_eq(name, STR("conda.yaml")) || str_eq(name, STR("conda.yml")) ||
           str_eq(name, STR("python_env.yaml"));
}

/* Where else than in the usual index would pip look, or fetch from? */
static const char *foreign_origin(str line)
{
    while (line.len && strchr("- \t\"'", line.data[0]) && !str_starts_with(line, STR("--")) &&
           !str_starts_with(line, STR("-i ")))
        line = str_skip(line, 1);
    if (str_starts_with(line, STR("#"))) return NULL;
    bool is_usual = str_contains(line, STR("https://pypi.org/simple"));
    if (str_starts_with(line, STR("--extra-index-url")))
        return "asks a second index, which may answer first for a name of the usual one";
    if ((str_starts_with(line, STR("--index-url")) || str_starts_with(line, STR("-i "))) && !is_usual)
        return "asks another index than the usual one";
    if (str_starts_with(line, STR("--trusted-host")))
        return "takes packages from a host without checking who it is";
    if (str_starts_with(line, STR("--find-links")) && str_contains(line, STR("://")))
        return "takes packages from an address";
    bool is_fetched = str_starts_with(line, STR("git+")) || str_contains(line, STR("@ git+")) ||
                      str_contains(line, STR("@git+")) || str_starts_with(line, STR("http://")) ||
                      str_starts_with(line, STR("https://")) || str_contains(line, STR("@ http"));
    return is_fetched ? "takes a package from an address instead of the index" : NULL;
}

static bool requirements_read(str text, report *r, err *e)
{
    enum { FINDINGS_MAX = 100 };
    size_t found = 0;
    str line;
    for (uint32_t number = 1; str_next(&text, '\n', &line) && found < FINDINGS_MAX; number++) {
        const char *what = foreign_origin(str_trim(line));
        if (!what) continue;
        found++;
        str title = arena_printf(r->arena, "A requirement %s", what);
        if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
        finding f = {.code = "SRC-REQ-001",
                     .kind = FINDING_MISCONFIGURATION,
                     .severity = SEVERITY_MEDIUM,
                     .title = title,
                     .line = number,
                     .advice = STR("Take it from one index that you control, with versions and hashes.")};
        if (!report_add(r, &f, e)) return false;
    }
    return true;
}

/* What a Python text reaches for, anywhere in it: for those whose settings name it as code. */
static bool tell_summary(const python_summary *s, report *r, err *e)
{
    str words = arena_printf(r->arena, "%s%s%s%s", s->runs_commands ? " commands" : "",
                             s->evaluates ? " evaluation" : "", s->connects ? " network" : "",
                             s->hides ? " hidden" : "");
    if (!words.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
    return words.len == 0 || report_fact(r, STR("python"), str_skip(words, 1), e);
}

bool source_read(const format_input *in, report *r, err *e)
{
    str text = bytes_str(in->content), name = base_name(in->path);
    /* In this order: most files are no text, and say so with their first bytes. */
    if (text.len > LIMIT_SOURCE_BYTES || !is_text(in->content) || is_installed(in->path)) return true;
    if (!secrets_read(STR_NONE, text, r, e)) return false;
    if (is_dockerfile(name)) return dockerfile_read(STR_NONE, text, r, e);
    if (is_requirements(name)) return requirements_read(text, r, e);
    python_place place = {.first_line = 1};
    python_summary summary = {0};
    return !is_python(name, text) ||
           (python_read(&place, text, r, &summary, e) && tell_summary(&summary, r, e));
}
