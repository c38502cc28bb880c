/*
 * scan/inspect_installed.c - which folders of an archive hold installed packages: those beside whose packages stand their records (*.dist-info, *.egg-info).
 *
 * The source of installed packages is its authors' affair, known by its components and their advisories; what is said about source is meant for the code that
 * its readers wrote. Wherever `pip install --target` put them, the folder is found by its records, which an archive may hold before or after the packages.
 */
#include "inspect.h"

enum { ROOTS_MAX = 64 };

/* "app/lib/joblib-1.0.1.dist-info/METADATA": "app/lib/". Empty when the records stand at the top: then all of the archive is one package. */
static str root_of(str path)
{
    static const char *const marks[] = {".dist-info/", ".egg-info/"};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        const char *mark = path.len ? memmem(path.data, path.len, marks[i], strlen(marks[i])) : NULL;
        if (mark) {
            str before = str_slice(path, 0, (size_t)(mark - path.data));
            return str_slice(path, 0, (size_t)(str_find_last(before, '/') + 1));
        }
    }
    return STR_NONE;
}

static size_t find_roots(const json_t *part, str roots[ROOTS_MAX])
{
    size_t i, count = 0;
    const json_t *component;
    json_array_foreach(json_object_get(part, "components"), i, component)
    {
        str root = root_of(json_text(component, "path"));
        size_t known = 0;
        while (known < count && !str_eq(roots[known], root)) known++;
        if (root.len && known == count && count < ROOTS_MAX) roots[count++] = root;
    }
    return count;
}

static bool is_about_installed(const json_t *f, const str *roots, size_t count)
{
    str member = json_text(json_object_get(f, "where"), "member");
    if (!str_starts_with(json_text(f, "code"), STR("SRC-"))) return false;
    for (size_t i = 0; i < count; i++)
        if (str_starts_with(member, roots[i])) return true;
    return false;
}

void inspect_forget_installed(json_t *part)
{
    str roots[ROOTS_MAX];
    size_t count = find_roots(part, roots);
    json_t *findings = json_object_get(part, "findings");
    for (size_t i = json_array_size(findings); count && i-- > 0;)
        if (is_about_installed(json_array_get(findings, i), roots, count))
            (void)json_array_remove(findings, i);
}
