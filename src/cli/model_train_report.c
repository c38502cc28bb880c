/*
 * cli/model_train_report.c - what `assay model train` tells: progress while it runs, and the result for people or as JSON.
 */
#include "model_train.h"
#include "cli/model.h"

#include "base/clock.h"
#include "model/number_text.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* --- progress ------------------------------------------------------------------------------------------------------------ */

enum { SHOW_EVERY_US = 100000, SHOW_AFTER_US = 500000 };

train_progress train_progress_start(const char *verb, const char *things)
{
    return (train_progress){
        .verb = verb, .things = things, .shows = isatty(STDERR_FILENO), .started_us = clock_mono_us()};
}

void train_progress_step(void *progress, size_t done, size_t total)
{
    train_progress *p = progress;
    int64_t now = clock_mono_us(), spent = now - p->started_us;
    if (!p->shows || spent < SHOW_AFTER_US || (now - p->shown_us < SHOW_EVERY_US && done < total)) return;
    p->shown_us = now;
    double left = (double)spent / 1e6 * (double)(total - done) / (double)done;
    fprintf(stderr, "\r%s %zu of %zu %s, %.0f s left\033[K", p->verb, done, total, p->things, ceil(left));
}

void train_progress_end(const train_progress *p)
{
    if (p->shown_us) fputs("\r\033[K", stderr);
}

/* --- warnings ------------------------------------------------------------------------------------------------------------ */

enum { WARNING_CHARS = 400 };

static void warn_of_words(json_t *out, const train_params *p)
{
    for (unsigned id = 0; id < PARAM_COUNT; id++) {
        if (p->given[id].len == 0) continue;
        char text[WARNING_CHARS];
        snprintf(text, sizeof text, "%s='%.*s' is a word of another version; %s has%s in its place",
                 param_name((param_id)id), STR_ARG(str_slice(p->given[id], 0, 40)), p->version.text,
                 param_show(&p->values[id]).text);
        json_array_append_new(out, json_string(text));
    }
}

static void warn_of_targets(json_t *out, const train_data *d)
{
    for (size_t k = 0; d->y_class && k < d->outputs; k++) {
        if (d->targets[k].classes != 1) continue;
        char text[WARNING_CHARS];
        str name = d->target_names ? str_slice(d->target_names[k], 0, 80) : STR("y");
        snprintf(text, sizeof text,
                 "target %.*s has one class only in the rows trained on: the model can answer nothing else",
                 STR_ARG(name));
        json_array_append_new(out, json_string(text));
    }
}

/* What is odd about a fit that was made all the same: a list of sentences. */
static json_t *warnings_of(const train_result *r)
{
    json_t *out = json_array();
    warn_of_words(out, &r->params);
    warn_of_targets(out, &r->parts.train);
    return out;
}

/* --- for people ---------------------------------------------------------------------------------------------------------- */

static void tell_label(const label *l)
{
    switch (l->kind) {
    case LABEL_TEXT: printf("%-20.*s", STR_ARG(l->text)); return;
    case LABEL_BOOL: printf("%-20s", l->integer ? "True" : "False"); return;
    case LABEL_FLOAT: printf("%-20s", number_repr(l->number).text); return;
    case LABEL_INT: printf("%-20lld", (long long)l->integer); return;
    }
}

enum { CLASSES_TOLD = 30, CONFUSION_TOLD = 12, FEATURES_TOLD = 10 };

static void tell_classes(const output_quality *o, const train_target *target)
{
    printf("\nclass                   rows  precision  recall      F1\n");
    for (size_t i = 0; i < o->class_count && i < CLASSES_TOLD; i++) {
        tell_label(&target->labels[i]);
        printf("%8zu     %.4f  %.4f  %.4f\n", o->classes[i].support, o->classes[i].precision,
               o->classes[i].recall, o->classes[i].f1);
    }
    if (o->has_auc)
        printf("\nROC AUC   %.4f%s\n", o->auc,
               o->class_count > 2 ? " (mean of each class against the others)" : "");
    if (o->has_auc) printf("precision %.4f on average over all recalls\n", o->average_precision);
    if (o->class_count > CONFUSION_TOLD) return;
    printf("\nconfusion matrix (a row: what it is; a column: what was said)\n");
    for (size_t i = 0; i < o->class_count; i++) {
        tell_label(&target->labels[i]);
        for (size_t k = 0; k < o->class_count; k++) printf("%8zu", o->confusion[i * o->class_count + k]);
        putchar('\n');
    }
}

/* Details of the rows that were held back, or else of those trained on. */
static void tell_quality(const train_result *r)
{
    const quality *q = r->has_test ? &r->test_quality : &r->train_quality;
    const train_data *d = &r->parts.train;
    for (size_t k = 0; k < q->output_count; k++) {
        if (q->output_count > 1 && d->target_names) printf("\ntarget    %.*s\n", STR_ARG(d->target_names[k]));
        if (d->y_class)
            tell_classes(&q->outputs[k], &d->targets[k]);
        else
            printf("errors    R2 %.4f, mean absolute %.6g, root of mean squared %.6g\n", q->outputs[k].r2,
                   q->outputs[k].mae, q->outputs[k].rmse);
    }
}

static void tell_importances(const train_result *r)
{
    const json_t *values = json_object_get(r->card, "feature_importances");
    size_t count = json_array_size(values);
    printf("\nimportance of features\n");
    double below = INFINITY;
    size_t last = SIZE_MAX;
    for (size_t told = 0; told < count && told < FEATURES_TOLD; told++) {
        size_t best = SIZE_MAX; /* the next by value, then by number */
        for (size_t i = 0; i < count; i++) {
            double v = json_number_value(json_array_get(values, i));
            bool open = v < below || (v == below && last != SIZE_MAX && i > last);
            if (open && (best == SIZE_MAX || v > json_number_value(json_array_get(values, best)))) best = i;
        }
        if (best == SIZE_MAX) return;
        below = json_number_value(json_array_get(values, best));
        last = best;
        const str *names = r->parts.train.names ? r->parts.train.names : r->parts.train.known_names;
        if (names)
            printf("%.4f  %.*s\n", below, STR_ARG(names[best]));
        else
            printf("%.4f  feature %zu\n", below, best + 1);
    }
}

static void tell_folds(const train_result *r, const char *score)
{
    const json_t *cv = json_object_get(json_object_get(r->card, "metrics"), "cv");
    if (!cv) return;
    printf("%-9s %.4f +- %.4f over %llu folds:", score, json_number_value(json_object_get(cv, "mean")),
           json_number_value(json_object_get(cv, "std")), (unsigned long long)r->folds);
    for (size_t i = 0; i < r->folds; i++) printf(" %.4f", r->cv_scores[i]);
    putchar('\n');
}

static long long card_number(const train_result *r, const char *key)
{
    return json_integer_value(json_object_get(r->card, key));
}

static void tell_people(const train_args *args, const train_result *r)
{
    const char *score = r->parts.train.y_class ? "accuracy" : "R2";
    printf("trained   %s on %zu rows with %zu features: %zu tree%s, %lld nodes, depth %lld, in %.3f s\n",
           args->estimator, r->parts.train.rows, r->parts.train.features, r->forest->tree_count,
           r->forest->tree_count == 1 ? "" : "s", card_number(r, "nodes"), card_number(r, "depth"),
           r->seconds);
    printf("%-9s %.4f on the rows it was trained on\n", score, r->train_quality.score);
    if (r->forest->oob.values) printf("%-9s %.4f out of bag\n", score, r->forest->oob.score);
    if (r->has_test)
        printf("%-9s %.4f on %zu rows held back for the test\n", score, r->test_quality.score,
               r->parts.test.rows);
    tell_folds(r, score);
    if (r->params.values[PARAM_RANDOM_STATE].kind == PARAM_NONE)
        printf("seed      %u was drawn; --param random_state=%u repeats this fit\n", r->seed, r->seed);
    tell_quality(r);
    tell_importances(r);
    printf("\nwrote     %s (%zu bytes, for %s), beside it .card.json and .intoto.json\nsha256    %s\n",
           args->out, r->file_bytes,
           r->form == FORM_ONNX    ? "ONNX runtimes"
           : r->form == FORM_ASSAY ? "Assay"
                                   : "scikit-learn",
           digest_hex(r->sha256).text);
    if (args->card) printf("card      %s\n", args->card);
}

/* --- for programs -------------------------------------------------------------------------------------------------------- */

static json_t *scores_json(const train_result *r)
{
    bool accuracy = r->parts.train.y_class != NULL;
    json_t *scores = json_object();
    const struct {
        const char *name;
        double value;
        bool known;
    } rows[] = {{accuracy ? "train_accuracy" : "train_r2", r->train_quality.score, true},
                {accuracy ? "test_accuracy" : "test_r2", r->test_quality.score, r->has_test},
                {"oob_score", r->forest->oob.score, r->forest->oob.values != NULL}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].known)
            json_object_set_new(scores, rows[i].name,
                                isfinite(rows[i].value) ? json_real(rows[i].value) : json_null());
    for (size_t i = 0; i < r->folds; i++) {
        if (i == 0) json_object_set_new(scores, "cv_scores", json_array());
        json_array_append_new(json_object_get(scores, "cv_scores"), json_real(r->cv_scores[i]));
    }
    return scores;
}

static bool tell_json(const train_args *args, const train_result *r, json_t *warnings, err *e)
{
    AUTO(json_release)
    json_t *out = json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:O, s:O, s:I, s:O}", "model",
        args->out, "sha256", digest_hex(r->sha256).text, "size_bytes", (json_int_t)r->file_bytes, "estimator",
        args->estimator, "sklearn_version", r->params.version.text, "rows", (json_int_t)r->parts.train.rows,
        "features", (json_int_t)r->parts.train.features, "trees", (json_int_t)r->forest->tree_count, "nodes",
        (json_int_t)card_number(r, "nodes"), "depth", (json_int_t)card_number(r, "depth"), "seconds",
        r->seconds, "metrics", scores_json(r), "evaluation", json_object_get(r->card, "metrics"),
        "feature_importances", json_object_get(r->card, "feature_importances"), "random_state",
        (json_int_t)r->seed, "warnings", warnings);
    if (!out) return err_set(e, ERR_MEMORY, "no memory for the report of the training");
    return cli_print_json(out, e);
}

bool train_tell(const train_args *args, const train_result *r, err *e)
{
    AUTO(json_release) json_t *warnings = warnings_of(r);
    for (size_t i = 0; i < json_array_size(warnings); i++)
        fprintf(stderr, "assay model train: warning: %s\n", json_string_value(json_array_get(warnings, i)));
    if (args->json) return tell_json(args, r, warnings, e);
    tell_people(args, r);
    return true;
}
