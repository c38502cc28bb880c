/*
 * oci_name.c - the grammar of image names and tags, by hand: a regular expression library would be a larger thing to trust.
 */
#include "oci_name.h"

#include "base/limits.h"

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* After a component's run of letters and digits: how many characters does the separator have? 0: none that the grammar knows. */
static size_t separator_len(str rest)
{
    if (rest.len == 0) return 0;
    if (rest.data[0] == '.') return 1;
    if (rest.data[0] == '_') return rest.len > 1 && rest.data[1] == '_' ? 2 : 1;

    size_t dashes = 0;
    while (dashes < rest.len && rest.data[dashes] == '-') dashes++;
    return dashes;
}

/* [a-z0-9]+ then any number of (separator [a-z0-9]+) */
static bool component_is_valid(str component)
{
    for (;;) {
        size_t run = 0;
        while (run < component.len && is_lower_alnum(component.data[run])) run++;
        if (run == 0) return false;

        component = str_skip(component, run);
        if (component.len == 0) return true;
        size_t separator = separator_len(component);
        if (separator == 0) return false;
        component = str_skip(component, separator);
    }
}

bool oci_name_split(str name, str *repository, str *image, err *e)
{
    if (name.len > LIMIT_NAME_BYTES)
        return err_set(e, ERR_NAME_INVALID, "image name has %zu characters, at most %d are allowed", name.len,
                       (int)LIMIT_NAME_BYTES);

    str rest = name, component;
    while (str_next(&rest, '/', &component))
        if (!component_is_valid(component))
            return err_set(e, ERR_NAME_INVALID,
                           "'%.*s' in image name '%.*s' must be lower-case letters and digits with single "
                           "separators . _ __ -",
                           STR_ARG(component), STR_ARG(name));

    str first, second;
    if (!str_cut(name, '/', &first, &second) || second.len == 0)
        return err_set(e, ERR_NAME_INVALID, "image name '%.*s' needs two parts: <repository>/<image>",
                       STR_ARG(name));
    if (str_ends_with(name, STR("/")))
        return err_set(e, ERR_NAME_INVALID, "image name '%.*s' ends in a slash", STR_ARG(name));

    *repository = first;
    *image = second;
    return true;
}

bool oci_tag_is_valid(str tag)
{
    if (tag.len == 0 || tag.len > 128 || tag.data[0] == '.' || tag.data[0] == '-') return false;
    for (size_t i = 0; i < tag.len; i++) {
        char c = tag.data[i];
        bool is_fine = is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
        if (!is_fine) return false;
    }
    return true;
}
