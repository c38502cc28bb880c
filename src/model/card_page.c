/*
 * model/card_page.c - a model card as one page of HTML with drawings: no script, nothing from outside.
 *
 * Every text is escaped; numbers come from a card that Assay made itself.
 */
#include "card_html.h"
#include "model/card.h"

#include <math.h>

extern const char model_card_head[];
extern const size_t model_card_head_len;

enum {
    FEATURES_SHOWN = 200,
    CLASSES_SHOWN = 30,
    BAR_WIDTH = 320,
    HISTOGRAM_WIDTH = 132,
    HISTOGRAM_HEIGHT = 24
};

/* --- sections ------------------------------------------------------------------------------------------------------------ */

static void figure(buf *out, const json_t *v, const char *says)
{
    html_put(out, "<div><b>");
    html_number(out, v);
    buf_printf(out, "</b><span>%s</span></div>", says);
}

static const json_t *metric(const json_t *card, const char *part)
{
    return json_object_get(json_object_get(card, "metrics"), part);
}

static void put_head(buf *out, const json_t *card)
{
    const json_t *model = json_object_get(card, "model");
    bool classifies = json_object_get(json_array_get(json_object_get(card, "targets"), 0), "classes") != NULL;
    html_put(out, "<title>Model card: ");
    html_value(out, json_object_get(model, "file"));
    html_put(out, "</title><main><header><h1>");
    html_value(out, json_object_get(model, "file"));
    html_put(out, "</h1><p>");
    html_value(out, json_object_get(card, "estimator"));
    html_put(out, " with the bits of scikit-learn ");
    html_value(out, json_object_get(card, "sklearn_version"));
    html_put(out, ", trained ");
    html_value(out, json_object_get(card, "created"));
    html_put(out, "</p></header><section><div class=\"figures\">");
    const char *score = classifies ? "accuracy" : "R²";
    const struct {
        const char *part, *field, *says;
    } scores[] = {{"test", "score", "on rows held back"},
                  {"cv", "mean", "mean of the folds"},
                  {"oob", "score", "out of bag"},
                  {"train", "score", "on the rows trained on"}};
    for (size_t i = 0; i < COUNT_OF(scores); i++) {
        char says[80];
        const json_t *v = json_object_get(metric(card, scores[i].part), scores[i].field);
        snprintf(says, sizeof says, "%s %s", score, scores[i].says);
        if (v) figure(out, v, says);
    }
    const json_t *data = json_object_get(card, "data");
    figure(out, json_object_get(data, "rows"), "rows trained on");
    json_t *features = json_integer((json_int_t)json_array_size(json_object_get(card, "features")));
    figure(out, features, "features");
    json_decref(features);
    figure(out, json_object_get(card, "trees"), "trees");
    figure(out, json_object_get(card, "nodes"), "nodes");
    html_put(out, "</div></section>");
}

static void put_importances(buf *out, const json_t *card)
{
    const json_t *values = json_object_get(card, "feature_importances"),
                 *features = json_object_get(card, "features");
    size_t count = json_array_size(values), shown = count < FEATURES_SHOWN ? count : FEATURES_SHOWN;
    double most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, html_real(json_array_get(values, i)));
    html_put(out, "<section><h2>What the trees ask for</h2><p>How much each feature helped the trees to tell "
                  "rows apart (share of the decrease of impurity). "
                  "Together they are 1.</p><table>");
    for (size_t i = 0; i < shown; i++) {
        double value = html_real(json_array_get(values, i));
        html_put(out, "<tr><td class=\"name\">");
        html_name(out, json_array_get(features, i), "feature", i);
        buf_printf(out,
                   "<td><svg width=\"%d\" height=\"12\" role=\"img\" aria-label=\"%.4f\"><rect "
                   "class=\"rail\" width=\"%d\" height=\"12\" rx=\"2\"/><rect "
                   "class=\"bar\" width=\"%.1f\" height=\"12\" rx=\"2\"/></svg><td class=\"n\">%.4f",
                   BAR_WIDTH, value, BAR_WIDTH, most > 0 ? value / most * BAR_WIDTH : 0, value);
    }
    html_put(out, "</table>");
    if (shown < count) buf_printf(out, "<p>and %zu more in the card's JSON</p>", count - shown);
    html_put(out, "</section>");
}

static void put_confusion(buf *out, const json_t *output)
{
    const json_t *rows = json_object_get(output, "confusion"), *classes = json_object_get(output, "classes");
    size_t count = json_array_size(rows);
    if (count > CLASSES_SHOWN) {
        buf_printf(out, "<p>The confusion matrix of %zu classes is in the card's JSON.</p>", count);
        return;
    }
    html_put(out, "<figure><h3>Confusion matrix: a row is what it is, a column what was said</h3><table "
                  "class=\"confusion\"><tr><th>");
    for (size_t i = 0; i < count; i++) {
        html_put(out, "<th class=\"n\">");
        html_value(out, json_object_get(json_array_get(classes, i), "label"));
    }
    for (size_t i = 0; i < count; i++) {
        double support = html_real(json_object_get(json_array_get(classes, i), "support"));
        html_put(out, "<tr><th>");
        html_value(out, json_object_get(json_array_get(classes, i), "label"));
        for (size_t k = 0; k < count; k++) {
            double cell = html_real(json_array_get(json_array_get(rows, i), k));
            double tint = support > 0 ? 50 * cell / support : 0;
            buf_printf(out, "<td style=\"background:color-mix(in srgb, var(%s) %.0f%%, transparent)\">%.0f",
                       i == k ? "--low-fill" : "--gold-fill", tint, cell);
        }
    }
    html_put(out, "</table></figure>");
}

static void put_classes(buf *out, const json_t *output)
{
    const json_t *classes = json_object_get(output, "classes");
    static const char *const columns[] = {"support", "precision", "recall", "f1"};
    html_put(out, "<div class=\"plots\"><figure><h3>By class</h3><table><tr><th>class<th class=\"n\">rows<th "
                  "class=\"n\">precision<th class=\"n\">recall<th class=\"n\">F1");
    for (size_t i = 0; i < json_array_size(classes) && i < CLASSES_SHOWN; i++) {
        html_put(out, "<tr><td class=\"name\">");
        html_value(out, json_object_get(json_array_get(classes, i), "label"));
        for (size_t c = 0; c < COUNT_OF(columns); c++) {
            html_put(out, "<td class=\"n\">");
            html_number(out, json_object_get(json_array_get(classes, i), columns[c]));
        }
    }
    html_put(out, "</table></figure>");
    put_confusion(out, output);
    card_plot_curves(out, output);
    html_put(out, "</div>");
}

typedef struct part_words {
    const char *part, *title, *says;
} part_words;

static void put_quality(buf *out, const json_t *card, part_words words)
{
    const json_t *q = metric(card, words.part), *outputs = json_object_get(q, "outputs");
    if (!q) return;
    buf_printf(out, "<section><h2>%s</h2><p>%s</p>", words.title, words.says);
    for (size_t k = 0; k < json_array_size(outputs); k++) {
        const json_t *output = json_array_get(outputs, k);
        if (json_array_size(outputs) > 1) {
            html_put(out, "<h2 class=\"target\">");
            html_name(out, json_array_get(json_object_get(card, "targets"), k), "output", k);
            html_put(out, "</h2>");
        }
        if (json_object_get(output, "classes")) {
            put_classes(out, output);
            continue;
        }
        html_put(out, "<div class=\"figures\">");
        figure(out, json_object_get(output, "r2"), "R²");
        figure(out, json_object_get(output, "mae"), "mean absolute error");
        figure(out, json_object_get(output, "rmse"), "root of the mean squared error");
        html_put(out, "</div><div class=\"plots\">");
        card_plot_errors(out, output);
        html_put(out, "</div>");
    }
    html_put(out, "</section>");
}

static void put_folds(buf *out, const json_t *card)
{
    const json_t *cv = metric(card, "cv"), *scores = json_object_get(cv, "scores");
    if (!cv) return;
    double low = 1;
    for (size_t i = 0; i < json_array_size(scores); i++)
        low = fmin(low, html_real(json_array_get(scores, i)));
    low = fmin(floor(low * 10) / 10, 0.9);
    html_put(out, "<section><h2>Cross-validation</h2><p>Trained anew without each of the folds, and scored "
                  "on that one. Scores that lie close together can be trusted.</p><svg width=\"480\" "
                  "height=\"44\" role=\"img\" "
                  "aria-label=\"score of each fold\">"
                  "<line class=\"axis\" x1=\"10\" x2=\"470\" y1=\"16\" y2=\"16\"/>");
    for (size_t i = 0; i < json_array_size(scores); i++)
        buf_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"16\" r=\"5\" fill-opacity=\".8\"/>",
                   10 + 460 * (html_real(json_array_get(scores, i)) - low) / (1 - low));
    buf_printf(out, "<text x=\"4\" y=\"38\">%.2g</text><text x=\"464\" y=\"38\">1</text></svg><p>", low);
    for (size_t i = 0; i < json_array_size(scores); i++) {
        if (i) html_put(out, ", ");
        html_number(out, json_array_get(scores, i));
    }
    html_put(out, "</p></section>");
}

/* Bins of equal counts would look flat: heights are counts per width. */
static void put_histogram(buf *out, const json_t *feature)
{
    const json_t *edges = json_object_get(feature, "edges"), *counts = json_object_get(feature, "counts");
    size_t bins = json_array_size(counts);
    double first = html_real(json_array_get(edges, 0)), last = html_real(json_array_get(edges, bins)),
           most = 0;
    buf_printf(out,
               "<svg width=\"%d\" height=\"%d\" aria-hidden=\"true\"><rect class=\"rail\" width=\"%d\" "
               "height=\"%d\" rx=\"2\"/>",
               HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT, HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT);
    for (int draw = 0; bins > 0 && last > first && draw < 2; draw++) {
        for (size_t i = 0; i < bins; i++) {
            double low = html_real(json_array_get(edges, i)), high = html_real(json_array_get(edges, i + 1));
            double density = html_real(json_array_get(counts, i)) / (high - low);
            if (draw == 0) {
                most = fmax(most, density);
                continue;
            }
            double height = HISTOGRAM_HEIGHT * density / most, scale = HISTOGRAM_WIDTH / (last - first);
            buf_printf(out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                       (low - first) * scale, HISTOGRAM_HEIGHT - height, fmax((high - low) * scale, 1),
                       height);
        }
    }
    html_put(out, "</svg>");
}

static void put_features(buf *out, const json_t *card)
{
    static const char *const columns[] = {"missing", "min", "mean", "max", "std"};
    const json_t *features = json_object_get(card, "features");
    size_t count = json_array_size(features), shown = count < FEATURES_SHOWN ? count : FEATURES_SHOWN;
    html_put(out, "<section><h2>What the model has seen</h2><p>Values of each feature in the rows trained "
                  "on.</p><table class=\"wide\"><tr><th>feature<th>spread");
    for (size_t c = 0; c < COUNT_OF(columns); c++) buf_printf(out, "<th class=\"n\">%s", columns[c]);
    for (size_t i = 0; i < shown; i++) {
        const json_t *feature = json_array_get(features, i);
        html_put(out, "<tr><td class=\"name\">");
        html_name(out, feature, "feature", i);
        html_put(out, "<td>");
        put_histogram(out, feature);
        for (size_t c = 0; c < COUNT_OF(columns); c++) {
            html_put(out, "<td class=\"n\">");
            html_number(out, json_object_get(feature, columns[c]));
        }
    }
    html_put(out, "</table>");
    if (shown < count) buf_printf(out, "<p>and %zu more in the card's JSON</p>", count - shown);
    html_put(out, "</section>");
}

static void put_origin(buf *out, const json_t *card)
{
    html_put(out, "<section><h2>How to make it again</h2><table class=\"wide\"><tr><th>model<td "
                  "class=\"mono\">sha256 ");
    html_value(out, json_object_get(json_object_get(card, "model"), "sha256"));
    const json_t *inputs = json_object_get(json_object_get(card, "data"), "inputs");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        html_put(out, "<tr><th>data<td class=\"mono\">");
        html_value(out, json_object_get(json_array_get(inputs, i), "name"));
        html_put(out, " sha256 ");
        html_value(out, json_object_get(json_array_get(inputs, i), "sha256"));
    }
    html_put(out, "<tr><th>random_state<td class=\"mono\">");
    html_value(out, json_object_get(card, "random_state"));
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(card, "params"), key, value)
    {
        if (strcmp(key, "random_state") == 0)
            continue; /* told: the one that was drawn, where none was given */
        html_put(out, "<tr><th>");
        html_text(out, str_from_c(key));
        html_put(out, "<td class=\"mono\">");
        html_value(out, value);
    }
    html_put(out, "</table></section>");
}

bool card_page(const json_t *card, buf *out, err *e)
{
    buf_add_str(out, (str){model_card_head, model_card_head_len});
    put_head(out, card);
    put_quality(
        out, card,
        (part_words){"test", "Rows held back",
                     "The model did not see these rows in training: so good it will be with new ones."});
    put_folds(out, card);
    put_importances(out, card);
    put_features(out, card);
    put_quality(out, card,
                (part_words){"train", "Rows trained on",
                             "The model has seen these rows, and may know them by heart: how good it is with "
                             "new ones, they do not tell."});
    put_origin(out, card);
    html_put(out, "</main></html>\n");
    return buf_ok(out, "a model card", e);
}
