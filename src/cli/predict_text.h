/*
 * cli/predict_text.h - answers as JSON and as CSV.
 */
#ifndef CLI_PREDICT_TEXT_H
#define CLI_PREDICT_TEXT_H

#include "base/buf.h"
#include "model/model.h"

/* What is asked for, in order. */
typedef struct asked {
    model_output outputs[MODEL_OUTPUTS];
    size_t count;
} asked;

/* Rows of one output, separated by commas. */
bool predict_json_rows(const model_info *about, model_output what, const model_answers *answers, buf *out,
                       err *e) MUST_USE;
bool predict_csv_head(const model_info *about, const asked *all, size_t columns, buf *out, err *e) MUST_USE;
/* `answers`: one per output asked for. */
bool predict_csv_rows(const model_info *about, const asked *all, const model_answers *answers, buf *out,
                      err *e) MUST_USE;

#endif
