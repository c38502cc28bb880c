/*
 * model/sk/ensemble.h - what a vote, a bag or a boost is: estimators, and how their answers become one.
 */
#ifndef MODEL_SK_ENSEMBLE_H
#define MODEL_SK_ENSEMBLE_H

#include "sk/compose.h"

typedef enum mix {
    MIX_HARD,     /* votes of labels */
    MIX_SOFT,     /* mean of probabilities */
    MIX_MEAN,     /* mean of numbers */
    MIX_SAMME,    /* weighted votes, AdaBoost's */
    MIX_SAMME_R,  /* its sum of centred log probabilities */
    MIX_MEDIAN,   /* weighted median, AdaBoost's of numbers */
    MIX_ONE_REST, /* a score per class */
} mix;

typedef struct ensemble {
    mix mix;
    const model **parts;
    size_t count, classes, columns;
    size_t **picked, *picked_count; /* columns of each part, or NULL: all */
    double *weights, weight_sum;
    bool is_multilabel; /* one against the rest: any of them may be right */
    bool is_new;        /* AdaBoost: a vote counts against the other classes too */
    bool asks_shares;   /* AdaBoost before 0.22: probabilities are the parts' own, not of their votes */
    bool lacks_shares;  /* ... which these parts do not have */
} ensemble;

/* As ONNX (ensemble_draw.c), for sk_draws. */
void ensemble_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out);
void ensemble_texts(const void *self, bool *is_text);

#endif
