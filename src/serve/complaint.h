/*
 * serve/complaint.h - 422 answers, as FastAPI with pydantic 1 words them.
 */
#ifndef SERVE_COMPLAINT_H
#define SERVE_COMPLAINT_H

#include "codec/json.h"

enum { LOC_NONE = -1 };

/* What is wrong, and where: loc is ["body", list, index, item], as far as given. */
typedef struct complaint {
    const char *list;    /* "features"; NULL: the body itself */
    int64_t index, item; /* LOC_NONE: not given */
    const char *msg, *type;
} complaint;

bool complaint_write(const complaint *c, buf *out, err *e) MUST_USE;
/* The body is no JSON: `trouble` is the parser's. */
bool complaint_bad_json(bytes body, const json_error_t *trouble, buf *out, err *e) MUST_USE;
/* {"detail": "..."} */
bool complaint_detail(const char *text, buf *out, err *e) MUST_USE;

#endif
