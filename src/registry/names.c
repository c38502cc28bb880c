/*
 * names.c - which paths and keys are allowed. Pure.
 *
 * A name is kept, shown, logged, and becomes part of addresses, so everything that another program could read as something else is refused here, once:
 * "." and "..", empty components, control bytes, backslashes, bytes that are not UTF-8.
 */
#include "registry/registry.h"

#include "base/limits.h"

static bool check_component(str name, str path, err *e)
{
    if (name.len == 0)
        return err_set(e, ERR_NAME_INVALID, "path '%.*s' has an empty component", STR_ARG(path));
    if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
        return err_set(e, ERR_NAME_INVALID, "path '%.*s' has the component '%.*s'", STR_ARG(path),
                       STR_ARG(name));
    if (name.len > LIMIT_NAME_BYTES)
        return err_set(e, ERR_NAME_INVALID, "a component of the path has %zu bytes; LIMIT_NAME_BYTES is %d",
                       name.len, LIMIT_NAME_BYTES);
    return true;
}

static bool check_bytes(str path, err *e)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c < 0x20 || c == 0x7f)
            return err_set(e, ERR_NAME_INVALID, "the path has the control byte 0x%02x at %zu", c, i);
        if (c == '\\') return err_set(e, ERR_NAME_INVALID, "the path has a backslash at %zu", i);
    }
    return str_is_utf8(path) || err_set(e, ERR_NAME_INVALID, "the path is not UTF-8");
}

bool registry_check_path(str path, err *e)
{
    if (path.len > LIMIT_PATH_BYTES)
        return err_set(e, ERR_NAME_INVALID, "the path has %zu bytes; LIMIT_PATH_BYTES is %d", path.len,
                       LIMIT_PATH_BYTES);
    if (path.len == 0)
        return err_set(e, ERR_NAME_INVALID,
                       "the path is empty; write it behind the repository, /<repository>/<path>");
    if (!check_bytes(path, e)) return false;

    /* By hand, because a walk over the parts would not see an empty last one. */
    for (str rest = path;;) {
        str name;
        bool more = str_cut(rest, '/', &name, &rest);
        if (!check_component(name, path, e)) return false;
        if (!more) return true;
    }
}

/* Addresses of the server itself, and names that other parts of the protocol use. */
static const char *const reserved_keys[] = {"api",
                                            "ui",
                                            "v2",
                                            "list",
                                            "webapp",
                                            "access",
                                            "auto-trashcan",
                                            "artifactory-build-info",
                                            "release-bundles-v2"};

bool registry_check_repository_key(str key, err *e)
{
    if (key.len == 0 || key.len > 64)
        return err_set(e, ERR_NAME_INVALID, "a repository's key has 1 to 64 characters, this one %zu",
                       key.len);
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && !(i > 0 && memchr("-_.", c, 3)))
            return err_set(e, ERR_NAME_INVALID,
                           "a repository's key has letters and digits, after the first also '-', '_' and "
                           "'.'; place %zu has another",
                           i);
    }
    for (size_t i = 0; i < COUNT_OF(reserved_keys); i++)
        if (str_eq_nocase(key, str_from_c(reserved_keys[i])))
            return err_set(e, ERR_NAME_INVALID, "the key '%s' is reserved", reserved_keys[i]);
    return true;
}
