/*
 * serve/complaint.c - {"detail":[{"loc":[...],"msg":"...","type":"..."}]}.
 */
#include "complaint.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an answer");
}

static bool encode(json_t *value_stolen, buf *out, err *e)
{
    AUTO(json_release) json_t *value = value_stolen;
    return value ? json_encode(value, out, e) : no_memory(e);
}

bool complaint_detail(const char *text, buf *out, err *e)
{
    return encode(json_pack("{s:o}", "detail", json_from_str(str_from_c(text))), out, e);
}

bool complaint_write(const complaint *c, buf *out, err *e)
{
    json_t *loc = json_pack("[s]", "body");
    if (!loc) return no_memory(e);
    if (c->list) json_array_append_new(loc, json_string(c->list));
    if (c->index != LOC_NONE) json_array_append_new(loc, json_integer(c->index));
    if (c->item != LOC_NONE) json_array_append_new(loc, json_integer(c->item));
    return encode(json_pack("{s:[{s:o, s:o, s:s}]}", "detail", "loc", loc, "msg",
                            json_from_str(str_from_c(c->msg)), "type", c->type),
                  out, e);
}

enum { ECHO_BYTES_MAX = 1024 };

bool complaint_bad_json(bytes body, const json_error_t *trouble, buf *out, err *e)
{
    char msg[128 + JSON_ERROR_TEXT_LENGTH];
    int position = trouble->position < 0 ? 0 : trouble->position;
    snprintf(msg, sizeof msg, "%s: line %d column %d (char %d)%s", trouble->text, trouble->line,
             trouble->column, position, json_remedy(trouble->text));
    json_t *ctx = json_pack("{s:o, s:o, s:i, s:i, s:i}", "msg", json_from_str(str_from_c(trouble->text)),
                            "doc", json_from_str(str_slice(bytes_str(body), 0, ECHO_BYTES_MAX)), "pos",
                            position, "lineno", trouble->line, "colno", trouble->column);
    if (!ctx) return no_memory(e);
    return encode(json_pack("{s:[{s:[s,i], s:o, s:s, s:o}]}", "detail", "loc", "body", position, "msg",
                            json_from_str(str_from_c(msg)), "type", "value_error.jsondecode", "ctx", ctx),
                  out, e);
}
