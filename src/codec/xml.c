/*
 * codec/xml.c - expat with its edges: a depth, no outside, and errors that end the walk.
 */
#include "codec/xml.h"

#include "base/limits.h"

#include <expat.h>

typedef struct walker {
    XML_Parser parser;
    const xml_visitor *visitor;
    const char *what;
    unsigned depth;
    bool has_failed;
    err *e;
} walker;

static uint32_t line_of(const walker *w)
{
    return (uint32_t)XML_GetCurrentLineNumber(w->parser);
}

static void stop_unless(walker *w, bool ok)
{
    if (ok || w->has_failed) return;
    w->has_failed = true;
    (void)XML_StopParser(w->parser, XML_FALSE);
}

static void say_outside(walker *w, const char *name, const char *address)
{
    if (w->has_failed || !address) return;
    stop_unless(
        w, w->visitor->outside(w->visitor->ctx, str_from_c(name), str_from_c(address), line_of(w), w->e));
}

static void on_open(void *data, const XML_Char *name, const XML_Char **attributes)
{
    walker *w = data;
    if (w->has_failed) return;
    if (++w->depth > LIMIT_XML_DEPTH) {
        stop_unless(w, err_set(w->e, ERR_TOO_LARGE, "%s is nested deeper than LIMIT_XML_DEPTH", w->what));
        return;
    }
    const char *colon = strchr(name, ':');
    /* XInclude: whatever stands at the address takes the place of the element. */
    for (size_t i = 0; colon && strcmp(colon, ":include") == 0 && attributes[i]; i += 2)
        if (strcmp(attributes[i], "href") == 0) say_outside(w, name, attributes[i + 1]);
    if (w->has_failed) return;
    stop_unless(w, w->visitor->open(w->visitor->ctx, colon ? colon + 1 : name, attributes, w->depth,
                                    line_of(w), w->e));
}

static void on_close(void *data, const XML_Char *name)
{
    walker *w = data;
    (void)name;
    if (w->depth) w->depth--;
}

static void on_text(void *data, const XML_Char *text, int len)
{
    walker *w = data;
    if (w->has_failed || !w->visitor->text || len < 0) return;
    stop_unless(w, w->visitor->text(w->visitor->ctx, (str){text, (size_t)len}, line_of(w), w->e));
}

static void on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
    walker *w = data;
    if (w->has_failed || !w->visitor->instruction) return;
    stop_unless(
        w, w->visitor->instruction(w->visitor->ctx, str_from_c(target), str_from_c(text), line_of(w), w->e));
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int has_inside)
{
    (void)has_inside;
    say_outside(data, name, system ? system : public);
}

static void on_entity(void *data, const XML_Char *name, int is_parameter, const XML_Char *value, int len,
                      const XML_Char *base, const XML_Char *system, const XML_Char *public,
                      const XML_Char *notation)
{
    (void)is_parameter, (void)value, (void)len, (void)base, (void)notation;
    say_outside(data, name, system ? system : public);
}

/* Declared was told already; what it names stays where it is, and the text goes on without it. */
static int on_reference(XML_Parser parser, const XML_Char *context, const XML_Char *base,
                        const XML_Char *system, const XML_Char *public)
{
    (void)parser, (void)context, (void)base, (void)system, (void)public;
    return XML_STATUS_OK;
}

bool xml_walk(bytes text, const char *what, const xml_visitor *visitor, err *e)
{
    if (text.len > INT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "%s has %zu bytes, too many for its reader", what, text.len);
    walker w = {.parser = XML_ParserCreate(NULL), .visitor = visitor, .what = what, .e = e};
    if (!w.parser) return err_set(e, ERR_MEMORY, "no memory for %s", what);
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_open, on_close);
    XML_SetCharacterDataHandler(w.parser, on_text);
    XML_SetProcessingInstructionHandler(w.parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    XML_SetEntityDeclHandler(w.parser, on_entity);
    XML_SetExternalEntityRefHandler(w.parser, on_reference);
    /* Without this expat seeds its hashes from the system, which the sandbox does not have; texts are small, and time is limited. */
    XML_SetHashSalt(w.parser, 0x5bd1e995);
    bool ok = XML_Parse(w.parser, text.len ? (const char *)text.data : "", (int)text.len, 1) == XML_STATUS_OK;
    enum XML_Error code = XML_GetErrorCode(w.parser);
    if (!ok && !w.has_failed && code == XML_ERROR_NO_MEMORY) err_set(e, ERR_MEMORY, "no memory for %s", what);
    if (!ok && !w.has_failed && code != XML_ERROR_NO_MEMORY)
        err_set(e, ERR_INVALID, "%s is not valid XML at line %lu, column %lu: %s", what,
                XML_GetCurrentLineNumber(w.parser), XML_GetCurrentColumnNumber(w.parser) + 1,
                XML_ErrorString(code));
    XML_ParserFree(w.parser);
    return ok && !w.has_failed;
}
