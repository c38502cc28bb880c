/*
 * model/card_page.c - a model card as one page of HTML with drawings: no script, nothing from outside.
 *
 * Every text is escaped; numbers come from a card that Assay made itself.
 */
#include "model/card.h"
#include "model/number_text.h"

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

/* --- text ---------------------------------------------------------------------------------------------------------------- */

static void put(buf *out, const char *html)
{
    buf_add_str(out, str_from_c(html));
}

static void put_text(buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '<': put(out, "&lt;"); break;
        case '>': put(out, "&gt;"); break;
        case '&': put(out, "&amp;"); break;
        case '"': put(out, "&quot;"); break;
        default: buf_add_byte(out, (uint8_t)text.data[i]); break;
        }
    }
}

/* As people read it: four significant digits. */
static void put_number(buf *out, const json_t *v)
{
    if (json_is_integer(v))
        buf_printf(out, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        buf_printf(out, "%.4g", json_real_value(v));
    else
        put(out, "–");
}

static void put_value(buf *out, const json_t *v)
{
    if (json_is_string(v))
        put_text(out, (str){json_string_value(v), json_string_length(v)});
    else if (json_is_boolean(v))
        put(out, json_is_true(v) ? "True" : "False");
    else if (json_is_null(v))
        put(out, "None");
    else if (json_is_real(v))
        put(out, number_repr(json_real_value(v)).text);
    else if (json_is_integer(v))
        put_number(out, v);
    else {
        AUTO_BUF buf text;
        buf_init(&text, out->ceiling_bytes);
        if (json_encode(v, &text, NULL)) put_text(out, str_trim(buf_str(&text)));
    }
}

static void put_name(buf *out, const json_t *named, const char *kind, size_t index)
{
    const json_t *name = json_object_get(named, "name");
    if (json_is_string(name))
        put_value(out, name);
    else
        buf_printf(out, "%s %zu", kind, index + 1);
}

static double real_of(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : 0;
}

/* --- sections ------------------------------------------------------------------------------------------------------------ */

static void figure(buf *out, const json_t *v, const char *says)
{
    put(out, "<div><b>");
    put_number(out, v);
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
    put(out, "<title>Model card: ");
    put_value(out, json_object_get(model, "file"));
    put(out, "</title><main><header><h1>");
    put_value(out, json_object_get(model, "file"));
    put(out, "</h1><p>");
    put_value(out, json_object_get(card, "estimator"));
    put(out, " with the bits of scikit-learn ");
    put_value(out, json_object_get(card, "sklearn_version"));
    put(out, ", trained ");
    put_value(out, json_object_get(card, "created"));
    put(out, "</p></header><section><div class=\"figures\">");
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
    put(out, "</div></section>");
}

static void put_importances(buf *out, const json_t *card)
{
    const json_t *values = json_object_get(card, "feature_importances"),
                 *features = json_object_get(card, "features");
    size_t count = json_array_size(values), shown = count < FEATURES_SHOWN ? count : FEATURES_SHOWN;
    double most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, real_of(json_array_get(values, i)));
    put(out, "<section><h2>What the trees ask for</h2><p>Share of the decrease of impurity, by "
             "feature.</p><table class=\"wide\">");
    for (size_t i = 0; i < shown; i++) {
        double value = real_of(json_array_get(values, i));
        put(out, "<tr><td class=\"name\">");
        put_name(out, json_array_get(features, i), "feature", i);
        buf_printf(out,
                   "<td><svg width=\"%d\" height=\"12\" role=\"img\" aria-label=\"%.4f\"><rect "
                   "class=\"rail\" width=\"%d\" height=\"12\" rx=\"2\"/><rect "
                   "class=\"bar\" width=\"%.1f\" height=\"12\" rx=\"2\"/></svg><td class=\"n\">%.4f",
                   BAR_WIDTH, value, BAR_WIDTH, most > 0 ? value / most * BAR_WIDTH : 0, value);
    }
    put(out, "</table>");
    if (shown < count) buf_printf(out, "<p>and %zu more in the card's JSON</p>", count - shown);
    put(out, "</section>");
}

static void put_confusion(buf *out, const json_t *output)
{
    const json_t *rows = json_object_get(output, "confusion"), *classes = json_object_get(output, "classes");
    size_t count = json_array_size(rows);
    if (count > CLASSES_SHOWN) {
        buf_printf(out, "<p>The confusion matrix of %zu classes is in the card's JSON.</p>", count);
        return;
    }
    put(out, "<h3>Confusion matrix</h3><table class=\"confusion\"><tr><th>is \\ said");
    for (size_t i = 0; i < count; i++) {
        put(out, "<th class=\"n\">");
        put_value(out, json_object_get(json_array_get(classes, i), "label"));
    }
    for (size_t i = 0; i < count; i++) {
        double support = real_of(json_object_get(json_array_get(classes, i), "support"));
        put(out, "<tr><th>");
        put_value(out, json_object_get(json_array_get(classes, i), "label"));
        for (size_t k = 0; k < count; k++) {
            double cell = real_of(json_array_get(json_array_get(rows, i), k));
            double tint = support > 0 ? 50 * cell / support : 0;
            buf_printf(out, "<td style=\"background:color-mix(in srgb, var(%s) %.0f%%, transparent)\">%.0f",
                       i == k ? "--low-fill" : "--gold-fill", tint, cell);
        }
    }
    put(out, "</table>");
}

/* Lines of more than one class differ in their dashes too, not in colour alone. */
static const char *const dashes[] = {"none", "6 3", "2 3", "8 3 2 3", "1 3"};

static void put_curve(buf *out, const json_t *points, size_t number)
{
    buf_printf(out, "<polyline class=\"curve c%zu\" stroke-dasharray=\"%s\" points=\"", number % 5,
               dashes[number % COUNT_OF(dashes)]);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        buf_printf(out, "%.1f,%.1f ", 36 + 240 * real_of(json_array_get(point, 0)),
                   250 - 240 * real_of(json_array_get(point, 1)));
    }
    put(out, "\"/>");
}

/* Each class against the others; of two classes the second says it all. */
static void put_roc(buf *out, const json_t *output)
{
    const json_t *curves = json_object_get(output, "roc"), *classes = json_object_get(output, "classes");
    size_t count = json_array_size(curves), first = count == 2 ? 1 : 0;
    if (count == 0) return;
    put(out,
        "<h3>ROC: each class against the others</h3><div class=\"roc\"><svg width=\"290\" height=\"290\" "
        "role=\"img\" aria-label=\"receiver operating characteristic\">"
        "<rect class=\"rail\" x=\"36\" y=\"10\" width=\"240\" height=\"240\"/>"
        "<line class=\"axis\" x1=\"36\" y1=\"250\" x2=\"276\" y2=\"10\" stroke-dasharray=\"4 4\"/>");
    for (size_t i = first; i < count; i++)
        put_curve(out, json_object_get(json_array_get(curves, i), "points"), i - first);
    put(out,
        "<text x=\"24\" y=\"254\">0</text><text x=\"24\" y=\"16\">1</text><text x=\"270\" y=\"264\">1</text>"
        "<text x=\"156\" y=\"282\" text-anchor=\"middle\">of the others, said to be it</text>"
        "<text x=\"14\" y=\"130\" text-anchor=\"middle\" transform=\"rotate(-90 14 130)\">of the class, "
        "found</text></svg><table><tr><th><th>class<th class=\"n\">AUC");
    for (size_t i = first; i < count; i++) {
        buf_printf(out,
                   "<tr><td><svg width=\"36\" height=\"12\" aria-hidden=\"true\"><line class=\"curve c%zu\" "
                   "stroke-dasharray=\"%s\" x1=\"0\" x2=\"36\" y1=\"6\" y2=\"6\"/></svg><td class=\"name\">",
                   (i - first) % 5, dashes[(i - first) % COUNT_OF(dashes)]);
        put_value(out, json_object_get(json_array_get(classes, i), "label"));
        put(out, "<td class=\"n\">");
        put_number(out, json_object_get(json_array_get(curves, i), "auc"));
    }
    if (first == 0) {
        put(out, "<tr><td><td>mean<td class=\"n\">");
        put_number(out, json_object_get(output, "roc_auc"));
    }
    put(out, "</table></div>");
}

static void put_classes(buf *out, const json_t *output)
{
    const json_t *classes = json_object_get(output, "classes");
    static const char *const columns[] = {"support", "precision", "recall", "f1"};
    put(out, "<table><tr><th>class<th class=\"n\">rows<th class=\"n\">precision<th class=\"n\">recall<th "
             "class=\"n\">F1");
    for (size_t i = 0; i < json_array_size(classes) && i < CLASSES_SHOWN; i++) {
        put(out, "<tr><td class=\"name\">");
        put_value(out, json_object_get(json_array_get(classes, i), "label"));
        for (size_t c = 0; c < COUNT_OF(columns); c++) {
            put(out, "<td class=\"n\">");
            put_number(out, json_object_get(json_array_get(classes, i), columns[c]));
        }
    }
    put(out, "</table>");
    put_confusion(out, output);
    put_roc(out, output);
}

static void put_quality(buf *out, const json_t *card, const char *part, const char *title)
{
    const json_t *q = metric(card, part), *outputs = json_object_get(q, "outputs");
    if (!q) return;
    buf_printf(out, "<section><h2>%s</h2>", title);
    for (size_t k = 0; k < json_array_size(outputs); k++) {
        const json_t *output = json_array_get(outputs, k);
        if (json_array_size(outputs) > 1) {
            put(out, "<h3>");
            put_name(out, json_array_get(json_object_get(card, "targets"), k), "output", k);
            put(out, "</h3>");
        }
        if (json_object_get(output, "classes")) {
            put_classes(out, output);
            continue;
        }
        put(out, "<div class=\"figures\">");
        figure(out, json_object_get(output, "r2"), "R²");
        figure(out, json_object_get(output, "mae"), "mean absolute error");
        figure(out, json_object_get(output, "rmse"), "root of the mean squared error");
        put(out, "</div>");
    }
    put(out, "</section>");
}

static void put_folds(buf *out, const json_t *card)
{
    const json_t *cv = metric(card, "cv"), *scores = json_object_get(cv, "scores");
    if (!cv) return;
    double low = 1;
    for (size_t i = 0; i < json_array_size(scores); i++) low = fmin(low, real_of(json_array_get(scores, i)));
    low = fmin(floor(low * 10) / 10, 0.9);
    put(out, "<section><h2>Cross-validation</h2><svg width=\"480\" height=\"44\" role=\"img\" "
             "aria-label=\"score of each fold\">"
             "<line class=\"axis\" x1=\"10\" x2=\"470\" y1=\"16\" y2=\"16\"/>");
    for (size_t i = 0; i < json_array_size(scores); i++)
        buf_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"16\" r=\"5\" fill-opacity=\".8\"/>",
                   10 + 460 * (real_of(json_array_get(scores, i)) - low) / (1 - low));
    buf_printf(out, "<text x=\"4\" y=\"38\">%.2g</text><text x=\"464\" y=\"38\">1</text></svg><p>", low);
    for (size_t i = 0; i < json_array_size(scores); i++) {
        if (i) put(out, ", ");
        put_number(out, json_array_get(scores, i));
    }
    put(out, "</p></section>");
}

/* Bins of equal counts would look flat: heights are counts per width. */
static void put_histogram(buf *out, const json_t *feature)
{
    const json_t *edges = json_object_get(feature, "edges"), *counts = json_object_get(feature, "counts");
    size_t bins = json_array_size(counts);
    double first = real_of(json_array_get(edges, 0)), last = real_of(json_array_get(edges, bins)), most = 0;
    buf_printf(out,
               "<svg width=\"%d\" height=\"%d\" aria-hidden=\"true\"><rect class=\"rail\" width=\"%d\" "
               "height=\"%d\" rx=\"2\"/>",
               HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT, HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT);
    for (int draw = 0; bins > 1 && draw < 2; draw++) {
        for (size_t i = 0; i < bins; i++) {
            double low = real_of(json_array_get(edges, i)), high = real_of(json_array_get(edges, i + 1));
            double density = real_of(json_array_get(counts, i)) / (high - low);
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
    put(out, "</svg>");
}

static void put_features(buf *out, const json_t *card)
{
    static const char *const columns[] = {"missing", "min", "mean", "max", "std"};
    const json_t *features = json_object_get(card, "features");
    size_t count = json_array_size(features), shown = count < FEATURES_SHOWN ? count : FEATURES_SHOWN;
    put(out, "<section><h2>What the model has seen</h2><p>Values of each feature in the rows trained "
             "on.</p><table class=\"wide\"><tr><th>feature<th>spread");
    for (size_t c = 0; c < COUNT_OF(columns); c++) buf_printf(out, "<th class=\"n\">%s", columns[c]);
    for (size_t i = 0; i < shown; i++) {
        const json_t *feature = json_array_get(features, i);
        put(out, "<tr><td class=\"name\">");
        put_name(out, feature, "feature", i);
        put(out, "<td>");
        put_histogram(out, feature);
        for (size_t c = 0; c < COUNT_OF(columns); c++) {
            put(out, "<td class=\"n\">");
            put_number(out, json_object_get(feature, columns[c]));
        }
    }
    put(out, "</table>");
    if (shown < count) buf_printf(out, "<p>and %zu more in the card's JSON</p>", count - shown);
    put(out, "</section>");
}

static void put_origin(buf *out, const json_t *card)
{
    put(out, "<section><h2>How to make it again</h2><table class=\"wide\"><tr><th>model<td "
             "class=\"mono\">sha256 ");
    put_value(out, json_object_get(json_object_get(card, "model"), "sha256"));
    const json_t *inputs = json_object_get(json_object_get(card, "data"), "inputs");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        put(out, "<tr><th>data<td class=\"mono\">");
        put_value(out, json_object_get(json_array_get(inputs, i), "name"));
        put(out, " sha256 ");
        put_value(out, json_object_get(json_array_get(inputs, i), "sha256"));
    }
    put(out, "<tr><th>random_state<td class=\"mono\">");
    put_value(out, json_object_get(card, "random_state"));
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(card, "params"), key, value)
    {
        put(out, "<tr><th>");
        put_text(out, str_from_c(key));
        put(out, "<td class=\"mono\">");
        put_value(out, value);
    }
    put(out, "</table></section>");
}

bool card_page(const json_t *card, buf *out, err *e)
{
    buf_add_str(out, (str){model_card_head, model_card_head_len});
    put_head(out, card);
    put_quality(out, card, "test", "Rows held back");
    put_folds(out, card);
    put_importances(out, card);
    put_features(out, card);
    put_quality(out, card, "train", "Rows trained on");
    put_origin(out, card);
    put(out, "</main></html>\n");
    return buf_ok(out, "a model card", e);
}
