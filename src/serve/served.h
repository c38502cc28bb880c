/*
 * serve/served.h - the inside of a served model, and the steps that the protocols share. Private to serve.
 */
#ifndef SERVE_SERVED_H
#define SERVE_SERVED_H

#include "codec/json.h"
#include "serve/answer.h"

struct drift;

struct served {
    served_as as;
    model *model;
    const model_info *about;
    str **labels;        /* per target, per class: as JSON */
    struct drift *drift; /* NULL: no card */
    arena memory;
};

/* --- rows of a request (cells.c) --------------------------------------------------------------------------------------------- */

typedef struct cells {
    const served *served;
    arena *memory;
    size_t count, columns;
    double *numbers;
    str *texts; /* NULL until the first text */
} cells;
/* Room for `count` rows of the model's width. ERR_TOO_LARGE names the limit. */
bool cells_new(const served *s, arena *a, uint64_t count, cells *out, err *e) MUST_USE;
/* Copied. Text that reads as a number is both: an encoder of text takes the one, everything else the other. */
bool cells_put_text(cells *c, size_t at, str text, err *e) MUST_USE;
static inline void cells_put(cells *c, size_t at, double number)
{
    c->numbers[at] = number;
}
/* A JSON value: a number, true or false, null (missing), or text where the model takes text or the text is a number. */
bool cells_put_json(cells *c, size_t row, size_t feature, const json_t *value, err *e) MUST_USE;
model_rows cells_rows(const cells *c);
/* "feature 3" or "feature 3 (petal width)" */
str cells_feature(const served *s, arena *a, size_t feature);
/* A row that is an object: features by name, or by place for a model without names. */
bool cells_put_object(cells *c, size_t row, const json_t *object, err *e) MUST_USE;
/* The value of a feature in such an object; NULL: it has none. */
const json_t *cells_member(const served *s, const json_t *object, size_t feature);
/* A list of rows, each a list of the model's features, or an object. */
bool cells_from_lists(const served *s, arena *a, const json_t *list, cells *out, err *e) MUST_USE;

/* --- answers (write.c) ------------------------------------------------------------------------------------------------------- */

/* Predictions as a JSON list, one item a row: a label or number; a list of them for several targets and for outputs of several numbers. */
bool write_answers(const served *s, model_output what, const model_answers *answers, buf *out,
                   err *e) MUST_USE;
/* Null for what JSON cannot write. */
void write_number(double number, buf *out);
bool write_text(str text, buf *out, err *e) MUST_USE;

/* --- drift (drift.c) --------------------------------------------------------------------------------------------------------- */

/* ERR_INVALID when the card is no card of this model. */
bool drift_new(const model_info *about, str sha256, bytes card, struct drift **out, err *e) MUST_USE;
void drift_free(struct drift *d);
typedef struct drift_seen {
    double least, most, mean;
    str name; /* what the card calls it; len 0: nothing */
} drift_seen;
/* What the card says of a feature's training values; false: nothing. */
bool drift_range(const struct drift *d, size_t feature, drift_seen *out);
void drift_count(struct drift *d, const model_rows *rows);

#endif
