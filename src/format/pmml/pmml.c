/*
 * format/pmml/pmml.c - what would a reader of this XML open, and which code outside of it does the model ask for?
 *
 * A reader that resolves entities opens files and addresses for the text. PMML itself has only functions by name; the usual evaluators take a dotted
 * name for a class of their own platform and load it. OpenVINO's layers of unknown types need a library.
 */
#include "pmml/pmml.h"

#include "codec/xml.h"
#include "nested.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TITLE_BYTES = 400, SHOWN_BYTES = 120, SNIFF_BYTES = 64 * 1024, FINDINGS_MAX = 100, PARTS_BYTES = 400 };

static const char advice_outside[] =
    "Do not open this file with a reader that resolves entities; remove its DOCTYPE.";
static const char advice_code[] = "Load it only where the code that it asks for is known and wanted.";

typedef struct xml_model {
    report *report;
    const char *root; /* the element that makes it this format */
    size_t findings;
    uint64_t fields, nodes;
    char parts[PARTS_BYTES]; /* "TreeModel, RegressionModel" */
    size_t parts_len;
    char text[1024]; /* of the extension */
    size_t text_len;
    bool in_extension, is_openvino;
} xml_model;

PRINTF(6, 7)
static bool say(xml_model *m, const char *code, severity s, uint32_t line, err *e, const char *format, ...)
{
    if (m->findings++ >= FINDINGS_MAX) return true;
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    str text = str_from_c(title);
    finding f = {.code = code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = str_is_utf8(text) ? text : STR("The file names something that is no text"),
                 .line = line,
                 .advice = str_from_c(strcmp(code, "MDL-XML-001") == 0 ? advice_outside : advice_code)};
    return report_add(m->report, &f, e);
}

static str attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0) return str_from_c(attributes[i + 1]);
    return STR_NONE;
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

/* --- PMML -------------------------------------------------------------------------------------------------------------------------------- */

/* "com.example.Udf": no function of PMML has a dot in its name but for those of the x- kind. */
static bool is_class_name(str function)
{
    return str_find(function, '.') > 0 || str_find(function, '/') >= 0 || str_contains(function, STR("::"));
}

static bool has_script(str text)
{
    static const char *const signs[] = {"<script",        "javascript:", "Runtime.getRuntime",
                                        "ProcessBuilder", "os.system",   "subprocess",
                                        "eval(",          "#!/"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_contains(text, str_from_c(signs[i]))) return true;
    return false;
}

static bool judge_extension(xml_model *m, const char **attributes, uint32_t line, err *e)
{
    bool names_script = str_contains(attribute(attributes, "name"), STR("script"));
    for (size_t i = 0; attributes[i]; i += 2)
        names_script = names_script || has_script(str_from_c(attributes[i + 1]));
    return !names_script ||
           say(m, "MDL-XML-002", SEVERITY_MEDIUM, line, e, "An extension of the model holds a script");
}

static void note_part(xml_model *m, const char *name)
{
    str kept = {m->parts, m->parts_len};
    size_t len = strlen(name);
    if (str_contains(kept, str_from_c(name)) || m->parts_len + len + 2 >= sizeof(m->parts)) return;
    m->parts_len += (size_t)snprintf(m->parts + m->parts_len, sizeof(m->parts) - m->parts_len, "%s%s",
                                     m->parts_len ? ", " : "", name);
}

static bool open_pmml(xml_model *m, const char *name, const char **attributes, unsigned depth, uint32_t line,
                      err *e)
{
    str element = str_from_c(name);
    if (depth == 2 && (str_ends_with(element, STR("Model")) || str_ends_with(element, STR("Network")) ||
                       str_ends_with(element, STR("Scorecard"))))
        note_part(m, name);
    if (str_eq(element, STR("DataField"))) m->fields++;
    if (str_eq(element, STR("Node")) || str_eq(element, STR("Neuron"))) m->nodes++;
    if (str_eq(element, STR("Extension"))) return judge_extension(m, attributes, line, e);
    str function = attribute(attributes, "function");
    if (str_eq(element, STR("Apply")) && is_class_name(function))
        return say(m, "MDL-XML-002", SEVERITY_MEDIUM, line, e,
                   "The model calls %.*s, which is code of the program that evaluates it",
                   STR_ARG(shown(function)));
    bool is_version =
        depth == 1 && attribute(attributes, "version").len && attribute(attributes, "version").len < 32;
    if (is_version && !report_fact(m->report, STR("pmml_version"), attribute(attributes, "version"), e))
        return false;
    str application = str_eq(element, STR("Application")) ? attribute(attributes, "name") : STR_NONE;
    return application.len == 0 || application.len > 200 ||
           report_fact(m->report, STR("framework"), application, e);
}

/* --- OpenVINO ----------------------------------------------------------------------------------------------------------------------------- */

static bool open_openvino(xml_model *m, const char *name, const char **attributes, uint32_t line, err *e)
{
    str element = str_from_c(name), type = attribute(attributes, "type"),
        version = attribute(attributes, "version");
    if (!str_eq(element, STR("layer"))) return true;
    m->nodes++;
    bool is_own =
        version.len == 0 || str_starts_with(version, STR("opset")) || str_eq(version, STR("experimental"));
    bool is_foreign = str_eq(version, STR("extension")) || str_eq(type, STR("generic")) ||
                      str_eq(type, STR("Custom")) || attribute(attributes, "library").len;
    if (is_own && !is_foreign) return true;
    return say(m, "MDL-XML-003", SEVERITY_MEDIUM, line, e,
               "A layer of the kind %.*s needs a library of its own", STR_ARG(shown(type)));
}

/* Weights lie in one file beside this, by offset and size: numbers, and small enough to be added. */
static bool judge_offset(xml_model *m, const char *name, const char **attributes, uint32_t line, err *e)
{
    str offset = attribute(attributes, "offset"), size = attribute(attributes, "size");
    uint64_t at, bytes_there, end;
    if (strcmp(name, "data") != 0 || (offset.len == 0 && size.len == 0)) return true;
    bool fits = str_to_u64(offset, &at) && str_to_u64(size, &bytes_there) &&
                !__builtin_add_overflow(at, bytes_there, &end) && end < 1ull << 62;
    return fits ||
           say(m, "MDL-XML-004", SEVERITY_HIGH, line, e, "The place of a weight is no place in a file");
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------------------- */

static bool on_open(void *ctx, const char *name, const char **attributes, unsigned depth, uint32_t line,
                    err *e)
{
    xml_model *m = ctx;
    if (depth == 1 && strcmp(name, m->root) != 0)
        return err_set(e, ERR_INVALID, "the outermost element is no <%s>", m->root);
    m->in_extension = strcmp(name, "Extension") == 0;
    m->text_len = 0;
    if (!m->is_openvino) return open_pmml(m, name, attributes, depth, line, e);
    return open_openvino(m, name, attributes, line, e) && judge_offset(m, name, attributes, line, e);
}

/* A text comes in pieces, cut at every "&lt;": what was seen of it last is kept. */
static bool on_text(void *ctx, str text, uint32_t line, err *e)
{
    xml_model *m = ctx;
    if (!m->in_extension) return true;
    for (size_t i = 0; i < text.len; i++) {
        if (m->text_len == sizeof(m->text)) {
            m->text_len = sizeof(m->text) / 2;
            memmove(m->text, m->text + sizeof(m->text) / 2, m->text_len);
        }
        m->text[m->text_len++] = text.data[i];
        bool is_full = m->text_len == sizeof(m->text) || i + 1 == text.len;
        if (!is_full || !has_script((str){m->text, m->text_len})) continue;
        m->in_extension = false;
        return say(m, "MDL-XML-002", SEVERITY_MEDIUM, line, e, "An extension of the model holds a script");
    }
    return true;
}

static bool on_outside(void *ctx, str name, str address, uint32_t line, err *e)
{
    return say(ctx, "MDL-XML-001", SEVERITY_HIGH, line, e,
               "The text takes in something of the outside: '%.*s' is %.*s", STR_ARG(shown(name)),
               STR_ARG(shown(address)));
}

static bool on_instruction(void *ctx, str target, str data, uint32_t line, err *e)
{
    if (!str_starts_with(target, STR("xml-"))) return true;
    return say(ctx, "MDL-XML-002", SEVERITY_MEDIUM, line, e,
               "The text names a program that a browser would run on it: %.*s", STR_ARG(shown(data)));
}

static bool tell(const xml_model *m, err *e)
{
    str parts = {m->parts, m->parts_len};
    return (parts.len == 0 || report_fact(m->report, STR("class"), parts, e)) &&
           (m->fields == 0 || nested_fact_number(m->report, STR("fields"), m->fields, e)) &&
           (m->nodes == 0 || nested_fact_number(m->report, STR("nodes"), m->nodes, e));
}

static bool read_as(const format_input *in, report *r, const char *root, err *e)
{
    xml_model m = {.report = r, .root = root, .is_openvino = strcmp(root, "net") == 0};
    xml_visitor visitor = {
        .ctx = &m, .open = on_open, .text = on_text, .outside = on_outside, .instruction = on_instruction};
    err why = {0};
    if (xml_walk(in->content, "the file", &visitor, &why)) return tell(&m, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    remark unread = {.code = "MDL-XML-004",
                     .severity = SEVERITY_MEDIUM,
                     .is_unreadable = true,
                     .advice = "Get the file again from its source."};
    return nested_say(r, &unread, str_from_c(why.message), e);
}

/* --- recognising ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_xml(str head)
{
    if (str_starts_with(head, STR("\xef\xbb\xbf"))) head = str_skip(head, 3);
    return str_starts_with(str_trim(head), STR("<"));
}

static bool sniff_pmml(const format_input *in)
{
    str head = str_slice(bytes_str(in->content), 0, SNIFF_BYTES);
    if (!is_xml(head)) return false;
    return str_contains(head, STR("<PMML")) || str_contains(head, STR(":PMML")) ||
           str_ends_with(in->path, STR(".pmml"));
}

/* <net name="..." version="11"><layers> */
static bool sniff_openvino(const format_input *in)
{
    str head = str_slice(bytes_str(in->content), 0, SNIFF_BYTES);
    return is_xml(head) && str_contains(head, STR("<net ")) && str_contains(head, STR("<layers"));
}

static bool read_pmml(const format_input *in, report *r, err *e)
{
    return read_as(in, r, "PMML", e);
}

static bool read_openvino(const format_input *in, report *r, err *e)
{
    return read_as(in, r, "net", e);
}

const model_format format_pmml = {
    .name = "pmml", .title = "PMML model", .sniff = sniff_pmml, .read = read_pmml};
const model_format format_openvino = {
    .name = "openvino", .title = "OpenVINO graph", .sniff = sniff_openvino, .read = read_openvino};
