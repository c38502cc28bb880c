/*
 * codec/xml.h - XML by expat: elements and their attributes, in order. Child only, when the bytes are an artifact's.
 *
 * Nothing of the outside is ever read: entities that name a file or an address are told and left alone. Entities within the text are expanded by expat,
 * which refuses those that grow out of proportion.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"
#include "base/str.h"

typedef struct xml_visitor {
    void *ctx;
    /* Names without their namespace's prefix. `attributes`: name, value, name, value ..., NULL at the end. False stops the walk with `e`. */
    bool (*open)(void *ctx, const char *name, const char **attributes, unsigned depth, uint32_t line, err *e);
    bool (*text)(void *ctx, str text, uint32_t line, err *e); /* may be NULL; one text may come in pieces */
    /* An entity or a document type of the outside: what it is called, and where it would be read from. */
    bool (*outside)(void *ctx, str name, str address, uint32_t line, err *e);
    /* <?target data?>; may be NULL. */
    bool (*instruction)(void *ctx, str target, str data, uint32_t line, err *e);
} xml_visitor;

/* Fails with ERR_INVALID (line and column), ERR_TOO_LARGE (LIMIT_XML_DEPTH), ERR_MEMORY, or what the visitor said. */
bool xml_walk(bytes text, const char *what, const xml_visitor *visitor, err *e) MUST_USE;

#endif
