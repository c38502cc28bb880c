/*
 * format/notebook/notebook.c - cells of code, and outputs that a browser shows.
 *
 * Opening a notebook runs nothing but scripts in outputs that are trusted; running it runs everything. So each cell is read as Python, with the lines that
 * are IPython's own (`!command`, `%magic`) judged and taken out first.
 */
#include "notebook/notebook.h"

#include "codec/json.h"
#include "format/source.h"
#include "json_text.h"
#include "nested.h"

#include <stdio.h>

enum {
    CELLS_MAX = 20000,
    SOURCE_BYTES = 4 * 1024 * 1024,
    TITLE_BYTES = 300,
    SHOWN_BYTES = 100,
    ATTACHMENT_BYTES = 64 * 1024 * 1024
};

static const char advice[] =
    "Read the cell before you run it; run notebooks of others in a container without network.";

typedef struct notebook {
    const format_input *in;
    report *report;
    size_t cell; /* from 1 on */
} notebook;

typedef struct deeds {
    bool commands, network, evaluation, hides; /* of the cell, IPython's lines included */
    bool in_browser;                           /* the whole cell is a script or a page with one */
    severity shell;                            /* of the worst line with a command */
    str line_text;
    uint32_t line;
} deeds;

/* --- findings ------------------------------------------------------------------------------------------------------------------------- */

static str cell_name(const notebook *n)
{
    return arena_printf(n->report->arena, "cell %zu", n->cell);
}

static bool say(const notebook *n, severity s, uint32_t line, const char *title, str call, err *e)
{
    str shown = str_slice(call, 0, SHOWN_BYTES);
    finding f = {.code = "MDL-REP-003",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = str_from_c(title),
                 .member = cell_name(n),
                 .line = line,
                 .call = str_is_utf8(shown) ? shown : STR_NONE,
                 .advice = str_from_c(advice)};
    return report_add(n->report, &f, e);
}

/* --- IPython's lines ------------------------------------------------------------------------------------------------------------------- */

/* Commands that only look, and installing a package by its name: with nothing else on the line. */
static bool is_harmless(str command)
{
    static const char *const looks[] = {"ls",
                                        "pwd",
                                        "nvidia-smi",
                                        "python --version",
                                        "python3 --version",
                                        "cat",
                                        "head",
                                        "tail",
                                        "wc",
                                        "df",
                                        "free",
                                        "lscpu",
                                        "pip install",
                                        "pip3 install",
                                        "python -m pip install",
                                        "pip list",
                                        "pip show",
                                        "pip freeze",
                                        "conda install",
                                        "uname",
                                        "date",
                                        "echo",
                                        "mkdir",
                                        "unzip",
                                        "tree",
                                        "du"};
    for (size_t i = 0; i < command.len; i++)
        if (strchr("|;&`$><", command.data[i])) return false;
    if (str_contains(command, STR("://")) || str_contains(command, STR("git+"))) return false;
    for (size_t i = 0; i < COUNT_OF(looks); i++) {
        str look = str_from_c(looks[i]);
        if (str_starts_with(command, look) && (command.len == look.len || command.data[look.len] == ' '))
            return true;
    }
    return false;
}

static bool fetches(str command)
{
    static const char *const words[] = {"curl", "wget", "http://", "https://", "ftp://",
                                        "git+", "nc ",  "ssh ",    "scp "};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_contains(command, str_from_c(words[i]))) return true;
    return false;
}

static void note_command(deeds *d, str command, uint32_t line)
{
    command = str_trim(command);
    severity s = is_harmless(command) ? SEVERITY_INFO : SEVERITY_MEDIUM;
    bool is_first = !d->commands && d->line == 0;
    if (s > SEVERITY_INFO) d->commands = true;
    if (fetches(command)) d->network = true;
    if (!is_first && s <= d->shell) return;
    d->shell = s;
    d->line_text = command;
    d->line = line;
}

static bool is_shell_magic(str word)
{
    static const char *const magics[] = {"%%bash", "%%sh",   "%%script",     "%%cmd", "%%system",  "%%sx",
                                         "%%perl", "%%ruby", "%%javascript", "%%js",  "%%python2", "%%pypy"};
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (str_starts_with(word, str_from_c(magics[i]))) return true;
    return false;
}

/* %run other.py, %pip install <from an address>, %system, %sx, %load. */
static void note_magic(deeds *d, str line, uint32_t number)
{
    static const char *const runs[] = {"%run", "%system", "%sx", "%sc", "%load ", "%loadpy"};
    bool is_pip = str_starts_with(line, STR("%pip")) || str_starts_with(line, STR("%conda"));
    if (is_pip) note_command(d, str_skip(line, 1), number);
    for (size_t i = 0; i < COUNT_OF(runs); i++)
        if (str_starts_with(line, str_from_c(runs[i]))) note_command(d, line, number);
}

/* `x = !command` and `!command`: where the command begins, or -1. */
static ptrdiff_t command_at(str line)
{
    if (str_starts_with(line, STR("!"))) return 1;
    const char *found = line.len ? memmem(line.data, line.len, "= !", 3) : NULL;
    if (!found) found = line.len ? memmem(line.data, line.len, "=!", 2) : NULL;
    if (!found) return -1;
    size_t at = (size_t)(found - line.data);
    /* Only behind a plain name: `a !=b` and texts are Python. */
    for (size_t i = 0; i < at; i++)
        if (strchr("\"'(#=<>!", line.data[i])) return -1;
    size_t skip = found[1] == ' ' ? 3 : 2;
    return at + skip <= line.len && !(found[1] == '!' && at + 2 < line.len && line.data[at + 2] == '=')
               ? (ptrdiff_t)(at + skip)
               : -1;
}

/* A page that a browser would run something of. */
static bool shows_script(str page)
{
    static const char *const signs[] = {
        "<script", "<SCRIPT", "<Script", "javascript:", "onerror=", "onload=", "<iframe"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_contains(page, str_from_c(signs[i]))) return true;
    return false;
}

/* Python of the cell, line by line, with IPython's lines as comments so that numbers stay. A line that begins with % within a text is taken out too; the
 * text stays one. */
static void take_python(str source, deeds *d, buf *python)
{
    uint32_t number = 0;
    bool is_foreign = false, goes_on = false;
    str line;
    while (source.len) {
        if (!str_cut(source, '\n', &line, &source)) source = STR_NONE;
        str trimmed = str_trim(line);
        number++;
        ptrdiff_t at = command_at(trimmed);
        if (number == 1 && str_starts_with(trimmed, STR("%%"))) {
            bool is_page = str_starts_with(trimmed, STR("%%html")); /* only its scripts run */
            bool is_script =
                str_starts_with(trimmed, STR("%%javascript")) || str_starts_with(trimmed, STR("%%js"));
            is_foreign = is_page || is_shell_magic(trimmed);
            d->in_browser = is_script || (is_page && shows_script(source));
            if (is_foreign && (!is_page || d->in_browser)) note_command(d, source, number);
            note_magic(d, trimmed, number);
        } else if (is_foreign || goes_on) {
            /* not Python */
        } else if (at >= 0) {
            note_command(d, str_skip(trimmed, (size_t)at), number);
        } else if (str_starts_with(trimmed, STR("%"))) {
            note_magic(d, trimmed, number);
        } else if (!str_starts_with(trimmed, STR("?")) && !str_ends_with(trimmed, STR("?"))) {
            buf_add_str(python, line);
            buf_add_byte(python, '\n');
            continue;
        }
        goes_on = (at >= 0 || goes_on) && str_ends_with(trimmed, STR("\\"));
        /* `if x: !cmd` blocks need a statement where the command was. */
        size_t indent = 0;
        while (indent < line.len && (line.data[indent] == ' ' || line.data[indent] == '\t')) indent++;
        buf_add_str(python, str_slice(line, 0, indent));
        buf_add_str(python, indent ? STR("pass\n") : STR("\n"));
    }
}

/* --- cells ------------------------------------------------------------------------------------------------------------------------------- */

/* A text, or a list of lines. */
static bool join(const json_t *source, buf *out)
{
    if (json_is_string(source))
        buf_add_str(out, (str){json_string_value(source), json_string_length(source)});
    size_t i;
    json_t *line;
    json_array_foreach(source, i, line) if (json_is_string(line))
        buf_add_str(out, (str){json_string_value(line), json_string_length(line)});
    return !out->failed;
}

static bool judge_deeds(const notebook *n, const deeds *d, err *e)
{
    bool acts = d->commands || d->evaluation;
    /* Where it fetches from does not make it worse: pages do. */
    if (d->in_browser)
        return say(n, SEVERITY_MEDIUM, d->line, "The cell runs a script in the browser of whoever opens it",
                   d->line_text, e);
    if (acts && d->network)
        return say(n, SEVERITY_HIGH, d->line,
                   "The cell starts programs or evaluates text, and talks to the network", d->line_text, e);
    if (d->hides)
        return say(n, SEVERITY_HIGH, d->line, "The cell runs something that it decodes or fetches first",
                   d->line_text, e);
    if (d->commands) return say(n, SEVERITY_MEDIUM, d->line, "The cell starts programs", d->line_text, e);
    if (d->evaluation)
        return say(n, SEVERITY_MEDIUM, d->line, "The cell evaluates text as code", STR_NONE, e);
    if (d->network) return say(n, SEVERITY_MEDIUM, d->line, "The cell talks to the network", d->line_text, e);
    return d->line == 0 ||
           say(n, SEVERITY_INFO, d->line, "The cell runs a command of the shell", d->line_text, e);
}

static bool read_code(const notebook *n, const json_t *cell, bool is_python, err *e)
{
    AUTO_BUF buf source;
    AUTO_BUF buf python;
    buf_init(&source, SOURCE_BYTES);
    buf_init(&python, SOURCE_BYTES + 64 * 1024);
    const json_t *text = json_object_get(cell, "source");
    if (!text) text = json_object_get(cell, "input"); /* nbformat 3 */
    bool is_whole = join(text, &source);
    deeds d = {0};
    take_python(buf_str(&source), &d, &python);
    if (!is_whole || python.failed)
        return say(n, SEVERITY_MEDIUM, 1, "The cell is longer than any that a person wrote", STR_NONE, e);
    python_summary summary = {0};
    python_place place = {.member = cell_name(n), .first_line = 1, .is_notebook = true};
    if (is_python && !python_read(&place, buf_str(&python), n->report, &summary, e)) return false;
    d.commands = d.commands || summary.runs_commands;
    d.evaluation = summary.evaluates;
    d.network = d.network || summary.connects;
    d.hides = summary.hides;
    return judge_deeds(n, &d, e);
}

/* --- outputs ------------------------------------------------------------------------------------------------------------------------------ */

static bool has_script(const json_t *value)
{
    AUTO_BUF buf text;
    buf_init(&text, SOURCE_BYTES);
    (void)join(value, &text);
    return shows_script(buf_str(&text));
}

static bool read_output(const notebook *n, const json_t *data, bool is_trusted, err *e)
{
    const json_t *script = json_object_get(data, "application/javascript");
    bool shows = script || has_script(json_object_get(data, "text/html")) ||
                 has_script(json_object_get(data, "image/svg+xml"));
    if (!shows) return true;
    return say(n, SEVERITY_MEDIUM, 0,
               is_trusted ? "An output of the cell is a script, and the notebook says that it is trusted: it "
                            "runs when the notebook is opened"
                          : "An output of the cell is a script, which runs when the notebook is trusted",
               STR_NONE, e);
}

static int base64_of(unsigned char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(letters, c) : NULL;
    return found ? (int)(found - letters) : -1;
}

/* Attached files are files: they go through all formats. */
static bool read_attachment(const notebook *n, const char *name, str text, err *e)
{
    AUTO_BUF buf content;
    buf_init(&content, ATTACHMENT_BYTES);
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_of((unsigned char)text.data[i]);
        if (value < 0) continue;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        buf_add_byte(&content, (uint8_t)(bits >> have));
    }
    str path = arena_printf(n->report->arena, "cell %zu/%.100s", n->cell, name);
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return content.len == 0 || nested_read(n->in, path, buf_bytes(&content), n->report, e);
}

static bool read_attachments(const notebook *n, json_t *attachments, err *e)
{
    const char *name, *type;
    json_t *types, *value;
    json_object_foreach(attachments, name, types)
    {
        json_object_foreach(types, type, value)
        {
            if (!json_is_string(value)) continue;
            str text = {json_string_value(value), json_string_length(value)};
            if (!read_attachment(n, name, text, e)) return false;
        }
    }
    return true;
}

static bool read_cell(const notebook *n, const json_t *cell, bool is_python, err *e)
{
    str type = json_text(cell, "cell_type");
    bool is_trusted = json_is_true(json_object_get(json_object_get(cell, "metadata"), "trusted"));
    size_t i;
    json_t *output;
    if (str_eq(type, STR("code")) && !read_code(n, cell, is_python, e)) return false;
    json_array_foreach(
        json_object_get(cell, "outputs"), i,
        output) if (!read_output(n, json_object_get(output, "data"), is_trusted, e)) return false;
    return read_attachments(n, json_object_get(cell, "attachments"), e);
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------------ */

static bool unreadable(report *r, const err *why, err *e)
{
    if (why->code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why->message);
    remark m = {.code = "MDL-REP-008",
                .severity = SEVERITY_MEDIUM,
                .is_unreadable = true,
                .advice = "Open it in Jupyter and save it again."};
    return nested_say(r, &m, str_from_c(why->message), e);
}

static bool read_cells(notebook *n, const json_t *cells, bool is_python, err *e)
{
    size_t i;
    json_t *cell;
    json_array_foreach(cells, i, cell)
    {
        if (n->cell >= CELLS_MAX)
            return say(n, SEVERITY_MEDIUM, 0, "The notebook has more cells than any that a person wrote",
                       STR_NONE, e);
        n->cell++;
        if (!read_cell(n, cell, is_python, e)) return false;
    }
    return true;
}

static bool read_root(notebook *n, const json_t *root, err *e)
{
    const json_t *metadata = json_object_get(root, "metadata");
    str language = json_text(json_object_get(metadata, "language_info"), "name");
    if (language.len == 0) language = json_text(json_object_get(metadata, "kernelspec"), "language");
    bool is_python = language.len == 0 || str_starts_with(language, STR("python")) ||
                     str_starts_with(language, STR("ipython"));
    size_t i;
    json_t *sheet;
    if (!read_cells(n, json_object_get(root, "cells"), is_python, e)) return false;
    json_array_foreach(json_object_get(root, "worksheets"), i,
                       sheet) if (!read_cells(n, json_object_get(sheet, "cells"), is_python, e)) return false;
    json_int_t major = json_integer_value(json_object_get(root, "nbformat"));
    return nested_fact_number(n->report, STR("cells"), n->cell, e) &&
           (language.len == 0 || language.len > 64 || report_fact(n->report, STR("language"), language, e)) &&
           (major < 1 || nested_fact_number(n->report, STR("nbformat"), (uint64_t)major, e));
}

static bool sniff(const format_input *in)
{
    return json_text_is_object(in->content) && json_text_has(in->content, "nbformat") &&
           (json_text_has(in->content, "cells") || json_text_has(in->content, "worksheets"));
}

static bool read(const format_input *in, report *r, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    if (!json_decode_model(in->content, "the notebook", &root, &why)) return unreadable(r, &why, e);
    notebook n = {.in = in, .report = r};
    if (json_is_array(json_object_get(root, "cells")) || json_is_array(json_object_get(root, "worksheets")))
        return read_root(&n, root, e);
    why = (err){.code = ERR_INVALID, .message = "the notebook has no list of cells"};
    return unreadable(r, &why, e);
}

const model_format format_notebook = {
    .name = "notebook", .title = "Jupyter notebook", .sniff = sniff, .read = read};
