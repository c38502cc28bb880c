/*
 * model/card_html.c - text, numbers and names of a card as HTML.
 */
#include "card_html.h"

#include "model/number_text.h"

void html_put(buf *out, const char *html)
{
    buf_add_str(out, str_from_c(html));
}

void html_text(buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '<': html_put(out, "&lt;"); break;
        case '>': html_put(out, "&gt;"); break;
        case '&': html_put(out, "&amp;"); break;
        case '"': html_put(out, "&quot;"); break;
        default: buf_add_byte(out, (uint8_t)text.data[i]); break;
        }
    }
}

void html_number(buf *out, const json_t *v)
{
    if (json_is_integer(v))
        buf_printf(out, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        buf_printf(out, "%.4g", json_real_value(v));
    else
        html_put(out, "–");
}

void html_value(buf *out, const json_t *v)
{
    if (json_is_string(v))
        html_text(out, (str){json_string_value(v), json_string_length(v)});
    else if (json_is_boolean(v))
        html_put(out, json_is_true(v) ? "True" : "False");
    else if (json_is_null(v))
        html_put(out, "None");
    else if (json_is_real(v))
        html_put(out, number_repr(json_real_value(v)).text);
    else if (json_is_integer(v))
        html_number(out, v);
    else {
        AUTO_BUF buf text;
        buf_init(&text, out->ceiling_bytes);
        if (json_encode(v, &text, NULL)) html_text(out, str_trim(buf_str(&text)));
    }
}

void html_name(buf *out, const json_t *named, const char *kind, size_t index)
{
    const json_t *name = json_object_get(named, "name");
    if (json_is_string(name))
        html_value(out, name);
    else
        buf_printf(out, "%s %zu", kind, index + 1);
}

double html_real(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : 0;
}
