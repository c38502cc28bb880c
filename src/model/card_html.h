/*
 * model/card_html.h - what the page of a model card is written with; private to the model module.
 *
 * Every text of a card goes through html_text; what is put as it is are our own words.
 */
#ifndef MODEL_CARD_HTML_H
#define MODEL_CARD_HTML_H

#include "base/buf.h"
#include "codec/json.h"

void html_put(buf *out, const char *html);
void html_text(buf *out, str text); /* escaped */
/* As people read it: four significant digits. */
void html_number(buf *out, const json_t *v);
/* As Python writes it. */
void html_value(buf *out, const json_t *v);
/* Its name, or its kind and number. */
void html_name(buf *out, const json_t *named, const char *kind, size_t index);
double html_real(const json_t *v); /* 0: not a number */

/* The curves of an output of a classifier, and the errors of one of a regressor, where the card has them (card_plots.c). */
void card_plot_curves(buf *out, const json_t *output);
void card_plot_errors(buf *out, const json_t *output);

#endif
