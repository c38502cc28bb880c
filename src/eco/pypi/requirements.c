/*
 * eco/pypi/requirements.c - requirements files, as pip reads them ("Requirements File Format", PEP 508).
 *
 * Nothing is followed, fetched or evaluated. A marker is dropped and its requirement kept: on which machine the file will be used is
 * not ours to guess. A line that names no package is reported as it stands, because silence would call it safe.
 */
#include "pypi/pypi.h"

#include "base/buf.h"
#include "base/limits.h"
#include "eco/pep440.h"

enum { LINE_SHOWN_BYTES = 200 };

typedef struct requirements_file {
    arena *arena;
    str path;
    component_sink sink;
} requirements_file;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* --- reporting ------------------------------------------------------------------------------------------------------------- */

static bool report_component(requirements_file *f, str name, str version, bool is_known, err *e)
{
    component found = {
        .eco = &ecosystem_pypi,
        .name = name,
        .version = version,
        .version_is_known = is_known,
        .path = f->path,
        .is_declared_only = true,
    };
    return f->sink.add(f->sink.ctx, &found, e);
}

static bool report_package(requirements_file *f, str name, str version, bool is_known, err *e)
{
    str normalised = pypi_name_normalise(f->arena, name), kept = arena_copy(f->arena, version);
    if (!normalised.data || (version.len && !kept.data))
        return err_set(e, ERR_MEMORY, "no memory left for the requirements '%.*s'", STR_ARG(f->path));
    return report_component(f, normalised, kept, is_known, e);
}

static bool report_line(requirements_file *f, str line, err *e)
{
    str shown = arena_copy(f->arena, str_slice(line, 0, LINE_SHOWN_BYTES));
    if (!shown.data)
        return err_set(e, ERR_MEMORY, "no memory left for the requirements '%.*s'", STR_ARG(f->path));
    return report_component(f, shown, STR_NONE, false, e);
}

/* --- addresses and paths --------------------------------------------------------------------------------------------------- */

/* The last part of a path or address, without query and fragment. */
static str file_name_of(str address)
{
    size_t end = 0;
    while (end < address.len && address.data[end] != '?' && address.data[end] != '#' &&
           !is_space(address.data[end]))
        end++;
    str clean = str_slice(address, 0, end);
    return str_skip(clean, (size_t)(str_find_last(clean, '/') + 1));
}

/* PEP 427: name-version(-build)?-python-abi-platform.whl. A '+' in an address may be written %2B. */
static bool wheel_name(arena *a, str file, str *name, str *version)
{
    str rest, tags;
    if (!str_ends_with(file, STR(".whl")) || !str_cut(file, '-', name, &rest)) return false;
    if (!str_cut(rest, '-', version, &tags)) return false;
    str before, after;
    if (str_cut(*version, '%', &before, &after) && str_eq_nocase(str_slice(after, 0, 2), STR("2B")))
        *version = arena_printf(a, "%.*s+%.*s", STR_ARG(before), STR_ARG(str_skip(after, 2)));
    return name->len && pypi_name_length(*name) == name->len && pep440_is_valid(*version);
}

/* "#egg=name" of addresses; further parts follow an '&', extras a '['. */
static str egg_name(str address)
{
    static const str key = STR("egg=");
    ptrdiff_t hash = str_find(address, '#');
    str rest = hash < 0 ? STR_NONE : str_skip(address, (size_t)hash + 1), part;
    while (str_next(&rest, '&', &part))
        if (str_starts_with(part, key))
            return str_slice(str_skip(part, key.len), 0, pypi_name_length(str_skip(part, key.len)));
    return STR_NONE;
}

/* Something that is installed from an address or a path: what its name tells, and otherwise the whole line. */
static bool read_reference(requirements_file *f, str name, str address, str line, err *e)
{
    str wheel, version;
    if (wheel_name(f->arena, file_name_of(address), &wheel, &version))
        return report_package(f, name.len ? name : wheel, version, true, e);
    if (name.len == 0) name = egg_name(address);
    if (name.len) return report_package(f, name, str_slice(address, 0, LINE_SHOWN_BYTES), false, e);
    return report_line(f, line, e);
}

/* --- one requirement ------------------------------------------------------------------------------------------------------- */

/* What belongs to the versions: up to a marker, or to options of the requirement ("--hash=..."). */
static str version_part(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_option = text.data[i] == '-' && i && is_space(text.data[i - 1]) && i + 1 < text.len &&
                         text.data[i + 1] == '-';
        if (text.data[i] == ';' || is_option) return str_trim(str_slice(text, 0, i));
    }
    return str_trim(text);
}

/* A single "==1.2" or "===1.2" pins; anything else leaves the version open. */
static bool is_pin(str specifiers, str *version)
{
    if (!str_starts_with(specifiers, STR("==")) || str_find(specifiers, ',') >= 0) return false;
    bool is_identity = str_starts_with(specifiers, STR("==="));
    *version = str_trim(str_skip(specifiers, is_identity ? 3 : 2));
    if (version->len == 0 || (!is_identity && str_ends_with(*version, STR(".*")))) return false;
    for (size_t i = 0; i < version->len; i++)
        if (is_space(version->data[i])) return false;
    return true;
}

static bool starts_comparison(str text)
{
    return text.len == 0 || strchr("=!<>~", text.data[0]) != NULL;
}

/* PEP 508: name [extras] (specifiers | "@" address) ; marker */
static bool read_requirement(requirements_file *f, str line, err *e)
{
    size_t name_len = pypi_name_length(line);
    str name = str_slice(line, 0, name_len), rest = str_trim(str_skip(line, name_len));
    if (name_len == 0) return read_reference(f, STR_NONE, line, line, e);

    if (rest.len && rest.data[0] == '[') {
        str extras, after;
        if (!str_cut(rest, ']', &extras, &after)) return report_package(f, name, rest, false, e);
        rest = str_trim(after);
    }
    if (rest.len && rest.data[0] == '@') return read_reference(f, name, str_trim(str_skip(rest, 1)), line, e);

    str specifiers = version_part(rest);
    if (specifiers.len && specifiers.data[0] == '(') {
        str inside, after;
        (void)str_cut(str_skip(specifiers, 1), ')', &inside, &after);
        specifiers = str_trim(inside);
    }
    /* "https://…", "git+https://…", "wheels/x.whl": no name of a package is followed by such a byte. */
    if (!starts_comparison(specifiers)) return read_reference(f, STR_NONE, line, line, e);

    str version;
    if (is_pin(specifiers, &version)) return report_package(f, name, version, true, e);
    return report_package(f, name, specifiers, false, e);
}

/* The argument of "-r file", "-rfile", "--requirement file", "--requirement=file"; false when the line is another option. */
static bool option_argument(str line, str brief, str full, str *argument)
{
    bool is_full = str_starts_with(line, full);
    if (!is_full && !(str_starts_with(line, brief) && !str_starts_with(line, STR("--")))) return false;
    str rest = str_skip(line, is_full ? full.len : brief.len);
    if (is_full && rest.len && rest.data[0] != '=' && !is_space(rest.data[0])) return false;
    if (rest.len && rest.data[0] == '=') rest = str_skip(rest, 1);
    *argument = str_trim(rest);
    return true;
}

/* Options that bring in packages are reported; those that only steer pip (--index-url, --pre, ...) say nothing about components. */
static bool read_option(requirements_file *f, str line, err *e)
{
    str argument;
    if (option_argument(line, STR("-e"), STR("--editable"), &argument))
        return read_reference(f, STR_NONE, argument, line, e);
    if (option_argument(line, STR("-r"), STR("--requirement"), &argument) ||
        option_argument(line, STR("-c"), STR("--constraint"), &argument))
        return report_line(f, line, e);
    return true;
}

/* --- lines ----------------------------------------------------------------------------------------------------------------- */

/* A '#' starts a comment at the front of a line or after white space; elsewhere it belongs to an address. */
static str without_comment(str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] == '#' && (i == 0 || is_space(line.data[i - 1]))) return str_slice(line, 0, i);
    return line;
}

static str take_physical_line(str *rest)
{
    str line;
    (void)str_next(rest, '\n', &line);
    while (line.len && line.data[line.len - 1] == '\r') line.len--;
    return line;
}

/* Join what backslashes continue. A comment line is not continued, as in pip, and ends what came before it. */
static void take_logical_line(str *rest, buf *line)
{
    buf_reset(line);
    while (rest->len) {
        str piece = take_physical_line(rest);
        bool is_comment = str_starts_with(str_trim(piece), STR("#"));
        bool goes_on = !is_comment && str_ends_with(piece, STR("\\"));
        if (goes_on) piece.len--;
        if (is_comment) buf_add_byte(line, ' ');
        buf_add_str(line, piece);
        if (!goes_on) return;
    }
}

bool requirements_read(arena *a, str path, bytes file, component_sink sink, err *e)
{
    requirements_file f = {.arena = a, .path = path, .sink = sink};
    AUTO_BUF buf line;
    buf_init(&line, file.len + 64);
    str rest = bytes_str(file);
    if (str_starts_with(rest, STR("\xef\xbb\xbf"))) rest = str_skip(rest, 3);
    while (rest.len) {
        take_logical_line(&rest, &line);
        if (!buf_ok(&line, "a requirements line", e)) return false;
        str text = str_trim(without_comment(buf_str(&line)));
        if (text.len == 0) continue;
        bool done = text.data[0] == '-' ? read_option(&f, text, e) : read_requirement(&f, text, e);
        if (!done) return false;
    }
    return true;
}
