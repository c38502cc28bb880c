/*
 * model/card_plots.c - the drawings of a model card's scores: ROC and precision-recall curves of a classifier, what a regressor said beside what was.
 */
#include "card_html.h"

#include <math.h>

/* The square that is drawn in lies within room for words. */
enum { LEFT = 48, TOP = 10, SIDE = 240, WIDTH = LEFT + SIDE + 14, HEIGHT = TOP + SIDE + 40 };

typedef struct plot {
    const char *title, *x_title, *y_title;
    double x_low, x_high, y_low, y_high;
} plot;

static double x_at(const plot *p, double x)
{
    return LEFT + SIDE * (x - p->x_low) / (p->x_high - p->x_low);
}

static double y_at(const plot *p, double y)
{
    return TOP + SIDE * (p->y_high - y) / (p->y_high - p->y_low);
}

static void begin(buf *out, const plot *p)
{
    buf_printf(out,
               "<figure><h3>%s</h3><svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s\">"
               "<rect class=\"rail\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
               p->title, WIDTH, HEIGHT, p->title, LEFT, TOP, SIDE, SIDE);
}

typedef struct curve_ends {
    double x1, y1, x2, y2;
} curve_ends;

static void line(buf *out, const plot *p, curve_ends ends)
{
    buf_printf(
        out,
        "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-dasharray=\"4 4\"/>",
        x_at(p, ends.x1), y_at(p, ends.y1), x_at(p, ends.x2), y_at(p, ends.y2));
}

/* The numbers at the ends of both axes, and what the axes are. */
static void end(buf *out, const plot *p)
{
    int bottom = TOP + SIDE, middle = LEFT + SIDE / 2;
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text>", LEFT - 6, TOP + 8, p->y_high);
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text>", LEFT - 6, bottom, p->y_low);
    buf_printf(out, "<text x=\"%d\" y=\"%d\">%.3g</text>", LEFT, bottom + 16, p->x_low);
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text>", LEFT + SIDE, bottom + 16,
               p->x_high);
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", middle, bottom + 34,
               p->x_title);
    buf_printf(
        out, "<text x=\"12\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 12 %d)\">%s</text></svg>",
        TOP + SIDE / 2, TOP + SIDE / 2, p->y_title);
}

/* --- classifiers --------------------------------------------------------------------------------------------------------- */

/* Lines of more than one class differ in their dashes too, not in colour alone. */
static const char *const dashes[] = {"none", "6 3", "2 3", "8 3 2 3", "1 3"};

typedef struct curve_look {
    size_t number;
    bool has_steps; /* a precision holds from the recall before it on */
} curve_look;

static void put_curve(buf *out, const plot *p, const json_t *points, curve_look look)
{
    double before = 0;
    buf_printf(out, "<polyline class=\"curve c%zu\" stroke-dasharray=\"%s\" points=\"", look.number % 5,
               dashes[look.number % COUNT_OF(dashes)]);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        double x = html_real(json_array_get(point, 0)), y = html_real(json_array_get(point, 1));
        if (look.has_steps) buf_printf(out, "%.1f,%.1f ", x_at(p, before), y_at(p, y));
        buf_printf(out, "%.1f,%.1f ", x_at(p, x), y_at(p, y));
        before = x;
    }
    html_put(out, "\"/>");
}

typedef struct curve_words {
    const char *area, *mean,
        *says; /* the keys of a class's area and of their mean; what the area is called */
} curve_words;

/* Which line is whose. */
static void put_legend(buf *out, const json_t *output, const json_t *curves, curve_words words)
{
    const json_t *classes = json_object_get(output, "classes");
    size_t count = json_array_size(curves), first = count == 2 ? 1 : 0;
    buf_printf(out, "<table><tr><th><th>class<th class=\"n\">%s", words.says);
    for (size_t i = first; i < count; i++) {
        buf_printf(out,
                   "<tr><td><svg width=\"36\" height=\"12\" aria-hidden=\"true\"><line class=\"curve c%zu\" "
                   "stroke-dasharray=\"%s\" x1=\"0\" x2=\"36\" y1=\"6\" y2=\"6\"/></svg><td class=\"name\">",
                   (i - first) % 5, dashes[(i - first) % COUNT_OF(dashes)]);
        html_value(out, json_object_get(json_array_get(classes, i), "label"));
        html_put(out, "<td class=\"n\">");
        html_number(out, json_object_get(json_array_get(curves, i), words.area));
    }
    if (first == 0) {
        html_put(out, "<tr><td><td>mean<td class=\"n\">");
        html_number(out, json_object_get(output, words.mean));
    }
    html_put(out, "</table></figure>");
}

/* Each class against the others; of two classes the second says it all. */
void card_plot_curves(buf *out, const json_t *output)
{
    static const plot frames[] = {{"ROC: finding a class, and false alarms", "of the others, said to be it",
                                   "of the class, found", 0, 1, 0, 1},
                                  {"Precision and recall", "recall: of the class, found",
                                   "precision: of those said, right", 0, 1, 0, 1}};
    static const curve_words words[] = {{"auc", "roc_auc", "area"},
                                        {"average_precision", "average_precision", "average precision"}};
    static const char *const keys[] = {"roc", "precision_recall"};
    for (size_t k = 0; k < COUNT_OF(frames); k++) {
        const json_t *curves = json_object_get(output, keys[k]);
        size_t count = json_array_size(curves), first = count == 2 ? 1 : 0;
        if (count == 0) continue;
        begin(out, &frames[k]);
        if (k == 0) line(out, &frames[k], (curve_ends){0, 0, 1, 1}); /* what guessing would give */
        for (size_t i = first; i < count; i++)
            put_curve(out, &frames[k], json_object_get(json_array_get(curves, i), "points"),
                      (curve_look){.number = i - first, .has_steps = k == 1});
        end(out, &frames[k]);
        put_legend(out, output, curves, words[k]);
    }
}

/* --- regressors ---------------------------------------------------------------------------------------------------------- */

static void put_dot(buf *out, double x, double y)
{
    buf_printf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill-opacity=\".55\"/>", x, y);
}

static void widen(double *low, double *high)
{
    double room = *high > *low ? (*high - *low) / 25 : fmax(fabs(*high), 1) / 10;
    *low -= room;
    *high += room;
}

void card_plot_errors(buf *out, const json_t *output)
{
    const json_t *pairs = json_object_get(output, "pairs");
    size_t count = json_array_size(pairs);
    if (count == 0) return;
    double low = INFINITY, high = -INFINITY, said_low = INFINITY, said_high = -INFINITY, most = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        double is = html_real(json_array_get(pair, 0)), said = html_real(json_array_get(pair, 1));
        low = fmin(low, fmin(is, said));
        high = fmax(high, fmax(is, said));
        said_low = fmin(said_low, said);
        said_high = fmax(said_high, said);
        most = fmax(most, fabs(is - said));
    }
    double below = -most;
    widen(&low, &high);
    widen(&said_low, &said_high);
    widen(&below, &most);
    const plot beside = {"What was said, beside what is", "what is", "what was said", low, high, low, high};
    const plot errors = {"Errors", "what was said", "what is, less what was said", said_low, said_high, below,
                         most};
    begin(out, &beside);
    line(out, &beside, (curve_ends){low, low, high, high});
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        put_dot(out, x_at(&beside, html_real(json_array_get(pair, 0))),
                y_at(&beside, html_real(json_array_get(pair, 1))));
    }
    end(out, &beside);
    html_put(out, "</figure>");
    begin(out, &errors);
    line(out, &errors, (curve_ends){said_low, 0, said_high, 0});
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        double said = html_real(json_array_get(pair, 1));
        put_dot(out, x_at(&errors, said), y_at(&errors, html_real(json_array_get(pair, 0)) - said));
    }
    end(out, &errors);
    html_put(out, "</figure>");
}
