/*
 * serve/answer.h - request bodies in, answers out: the protocols of a model server without HTTP.
 *
 * Pure: a body is read into rows, the model answers (model/model.h, whatever kind it is), the answer is written in the words of the protocol. No JSON here takes NaN or
 * Infinity, which are not JSON (RFC 8259); what is missing is null where the protocol has a word for it, and a binary tensor carries any bits.
 *
 * Threads: a served model is constant but for its counters, and shared. Memory of a request is its arena.
 */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "base/buf.h"
#include "model/model.h"

/* --- a model that is served -------------------------------------------------------------------------------------------------- */

typedef struct served_as {
    str name, version;  /* "iris" "1" */
    str sha256, source; /* of the file, hex; where it came from, for people */
} served_as;

/* One model at one version, its labels as JSON text, and what its card says of the data it was trained on. */
typedef struct served served;
/* Takes the model, also on failure. */
bool served_new(model *taken, const served_as *as, served **out, err *e) MUST_USE;
/* An assay.modelcard/1 document tells what the model was trained on: from then on drift is counted. Before the first request. Fails with ERR_INVALID (a card that does
 * not fit its model), ERR_MEMORY; the model is served without then. */
bool served_add_card(served *s, bytes card, err *e) MUST_USE;
/* Count rows that were asked about. */
void served_count(const served *s, const model_rows *rows);
void served_free(served *s);
AUTO_FOR(served *, served_free)
const model_info *served_about(const served *s);
const served_as *served_named(const served *s);
/* What answers when nobody says: predict, or transform for what only transforms. */
model_output served_main_output(const served *s);

/* --- answers ------------------------------------------------------------------------------------------------------------------- */

typedef struct reply {
    unsigned status;
    buf body;
    size_t json_bytes; /* of an answer with binary tensors: its JSON, which comes first. 0: all is JSON */
    model_rows rows;   /* what was asked, in the arena; count 0 when it was refused */
} reply;
void reply_init(reply *r);
static inline void reply_done(reply *r)
{
    buf_done(&r->body);
}
#define AUTO_REPLY __attribute__((cleanup(reply_done)))

/* All fail with ERR_INVALID or ERR_UNPROCESSABLE (the body's fault), ERR_TOO_LARGE, ERR_UNSUPPORTED, ERR_MEDIA_TYPE, ERR_MEMORY. */

/* The tutorial's {"features":[...]}, one row or a list of rows, or {"instances":[[...]]}: the bytes its FastAPI app answers. What is wrong with a body is an answer
 * too, with status 422 and the words of pydantic 1. */
bool answer_features(const served *s, model_output what, arena *a, bytes body, reply *r, err *e) MUST_USE;
/* KServe's v1: {"instances":[...]} to {"predictions":[...]}. */
bool answer_v1(const served *s, arena *a, bytes body, reply *r, err *e) MUST_USE;
/* Open Inference Protocol v2. json_bytes: of Inference-Header-Content-Length, or all of the body. */
bool answer_v2(const served *s, arena *a, bytes body, uint64_t json_bytes, reply *r, err *e) MUST_USE;
/* MLflow's scoring server: JSON in its four forms, or CSV with a header. */
bool answer_invocation(const served *s, arena *a, str content_type, bytes body, reply *r, err *e) MUST_USE;

#endif
