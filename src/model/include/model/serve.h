/*
 * model/serve.h - a forest behind HTTP: the tutorial's POST /predict, and what an operator needs beside it.
 *
 * The answers to /predict are the bytes that the tutorial's FastAPI app sends, its 422 answers have the shape pydantic 1 gives them. Handlers run on the event
 * threads: a prediction costs about a microsecond.
 *
 * Everything here may run inside the serving sandbox: no file is opened, no address is connected to.
 */
#ifndef MODEL_SERVE_H
#define MODEL_SERVE_H

#include "base/log.h"
#include "codec/json.h"
#include "model/predict.h"

/* --- answers, without HTTP ------------------------------------------------------------------------------------------------ */

/* A forest made ready to answer: its predictor, its labels as JSON text. */
typedef struct served served;
bool served_new(const forest *f, served **out, err *e) MUST_USE; /* f must outlive it */
void served_free(served *s);
AUTO_FOR(served *, served_free)

typedef enum answer_kind { ANSWER_CLASSES, ANSWER_PROBABILITIES } answer_kind;

/* A request body to an answer: the HTTP status (200 or 422), the JSON in `out`, rows predicted in *rows. False only when memory is gone. */
bool served_answer(const served *s, answer_kind kind, arena *a, bytes body, buf *out, unsigned *status,
                   size_t *rows, err *e) MUST_USE;
bool served_classifies(const served *s);

/* A double as Python's repr writes it: "0.1", "1e-05", "3.0". */
typedef struct number_text {
    char text[40];
} number_text;
number_text number_repr(double number);
/* A label as JSON. */
bool label_json(const label *l, buf *out, err *e) MUST_USE;

/* --- the server ----------------------------------------------------------------------------------------------------------- */

typedef struct model_server model_server;
typedef struct model_server_config {
    const forest *forest;
    str name;   /* of the model, for pages and metrics */
    str sha256; /* of its file, hex */
    int listen_fd;
    unsigned event_threads; /* 0: cores */
    const logger *log;
} model_server_config;

bool model_server_start(const model_server_config *config, model_server **out, err *e) MUST_USE;
void model_server_stop(model_server *s, uint64_t grace_ms);

#endif
