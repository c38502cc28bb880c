/*
 * model/answer.h - 422 answers, as FastAPI with pydantic 1 words them.
 */
#ifndef MODEL_ANSWER_H
#define MODEL_ANSWER_H

#include "codec/json.h"

enum { LOC_NONE = -1 };

/* What is wrong, and where: loc is ["body", "features", index, item], as far as given. */
typedef struct complaint {
    bool in_features;
    int64_t index, item; /* LOC_NONE: not given */
    const char *msg, *type;
} complaint;

bool answer_complain(const complaint *c, buf *out, err *e) MUST_USE;
/* The body is no JSON: `trouble` is the parser's. */
bool answer_bad_json(bytes body, const json_error_t *trouble, buf *out, err *e) MUST_USE;
/* {"detail": "..."} */
bool answer_detail(const char *text, buf *out, err *e) MUST_USE;

#endif
