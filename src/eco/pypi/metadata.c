/*
 * eco/pypi/metadata.c - dist-info/METADATA and egg-info/PKG-INFO ("Core metadata specifications").
 *
 * Only the head counts: what follows the first empty line is the package's description, which anybody may fill with "Version: 1".
 */
#include "pypi/pypi.h"

#include "base/buf.h"
#include "base/limits.h"
#include "stanza.h"

enum { LICENSE_BYTES_MAX = 512 }; /* some packages put the whole text of their licence into the field */

typedef struct metadata_head {
    str name, version, license, license_expression;
    buf *classifiers; /* "MIT License, BSD License" */
} metadata_head;

static void take_once(str *field, str value)
{
    if (field->len == 0) *field = value;
}

/* "License :: OSI Approved :: MIT License" tells "MIT License". */
static void add_classifier(buf *out, str value)
{
    if (!str_starts_with(value, STR("License ::"))) return;
    ptrdiff_t colon = str_find_last(value, ':');
    str last = str_trim(str_skip(value, (size_t)colon + 1));
    if (last.len == 0 || str_eq(last, STR("OSI Approved"))) return;
    if (out->len) buf_add_str(out, STR(", "));
    buf_add_str(out, last);
}

static void read_head(str text, metadata_head *head)
{
    str name, value;
    while (stanza_next(&text, &name, &value) == STANZA_FIELD) {
        if (str_eq_nocase(name, STR("Name"))) take_once(&head->name, stanza_first_line(value));
        if (str_eq_nocase(name, STR("Version"))) take_once(&head->version, stanza_first_line(value));
        if (str_eq_nocase(name, STR("License"))) take_once(&head->license, stanza_first_line(value));
        if (str_eq_nocase(name, STR("License-Expression")))
            take_once(&head->license_expression, stanza_first_line(value));
        if (str_eq_nocase(name, STR("Classifier")))
            add_classifier(head->classifiers, stanza_first_line(value));
    }
}

/* What the package says of its licence, the most exact form first. */
static str declared_license(const metadata_head *head)
{
    if (head->license_expression.len) return head->license_expression;
    if (head->license.len && !str_eq_nocase(head->license, STR("UNKNOWN"))) return head->license;
    return buf_str(head->classifiers);
}

/* A damaged file is still named by its folder: "scikit_learn-0.24.0.dist-info". */
static void name_from_folder(str path, metadata_head *head)
{
    str rest = path, part;
    while (str_next(&rest, '/', &part)) {
        str stem = part, name, version;
        if (str_ends_with(part, STR(".dist-info"))) stem.len -= STR(".dist-info").len;
        if (str_ends_with(part, STR(".egg-info"))) stem.len -= STR(".egg-info").len;
        if (stem.len == part.len || !str_cut(stem, '-', &name, &version)) continue;
        /* Old egg-info folders go on with the interpreter: "joblib-1.0.1-py3.9". */
        str number, tag;
        (void)str_cut(version, '-', &number, &tag);
        take_once(&head->name, name);
        take_once(&head->version, number);
    }
}

bool pypi_metadata_read(arena *a, str path, bytes file, component_sink sink, err *e)
{
    AUTO_BUF buf classifiers;
    buf_init(&classifiers, 64 * KIB);
    metadata_head head = {.classifiers = &classifiers};
    str text = bytes_str(file);
    if (str_starts_with(text, STR("\xef\xbb\xbf"))) text = str_skip(text, 3);
    read_head(text, &head);
    name_from_folder(path, &head);
    if (head.name.len == 0) return true;

    str license = str_slice(declared_license(&head), 0, LICENSE_BYTES_MAX);
    component found = {
        .eco = &ecosystem_pypi,
        .name = pypi_name_normalise(a, head.name),
        .version = head.version,
        .version_is_known = head.version.len != 0,
        .path = path,
        .licenses = arena_copy(a, license),
    };
    if (!found.name.data || (license.len && !found.licenses.data))
        return err_set(e, ERR_MEMORY, "no memory left for the metadata '%.*s'", STR_ARG(path));
    return sink.add(sink.ctx, &found, e);
}
