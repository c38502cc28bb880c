/*
 * model/number_text.c - numbers and labels as Python's json writes them.
 *
 * The shortest decimal that reads back as the same double, in Python's choice of notation: an exponent below -4 and from 16 on.
 */
#include "model/number_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_MAX = 17 };

/* "-d.ddde±xx" with as few digits as read back equal. */
static void shortest(double number, char *text, size_t size)
{
    /* What 15 digits or fewer can say, 15 digits say; zeros at the end are cut later. Numbers below the normal ones have less to say. */
    for (int digits = number < 2.3e-308 ? 1 : 15; digits <= DIGITS_MAX; digits++) {
        snprintf(text, size, "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number) return;
    }
}

/* Digits and exponent become "ddd.ddd". */
static void fixed_notation(const char *digits, int count, int exponent, char *out)
{
    if (exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > exponent; i--) *out++ = '0';
        for (int i = 0; i < count; i++) *out++ = digits[i];
    } else {
        for (int i = 0; i <= exponent; i++) *out++ = i < count ? digits[i] : '0';
        *out++ = '.';
        if (count <= exponent + 1) *out++ = '0';
        for (int i = exponent + 1; i < count; i++) *out++ = digits[i];
    }
    *out = '\0';
}

number_text number_repr(double number)
{
    number_text out = {{0}};
    if (number == 0) {
        snprintf(out.text, sizeof out.text, "%s", signbit(number) ? "-0.0" : "0.0");
        return out;
    }
    char text[40], digits[DIGITS_MAX + 1];
    shortest(fabs(number), text, sizeof text);
    int count = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at != '.' && count < DIGITS_MAX) digits[count++] = *at;
    int exponent = (int)strtol(at + 1, NULL, 10);
    while (count > 1 && digits[count - 1] == '0') count--;

    char *to = out.text;
    if (number < 0) *to++ = '-';
    if (exponent >= -4 && exponent < 16) {
        fixed_notation(digits, count, exponent, to);
        return out;
    }
    size_t room = sizeof out.text - (size_t)(to - out.text);
    snprintf(to, room, "%c%s%.*se%c%02d", digits[0], count > 1 ? "." : "", count - 1, digits + 1,
             exponent < 0 ? '-' : '+', abs(exponent));
    return out;
}

bool label_json(const label *l, buf *out, err *e)
{
    if (l->kind == LABEL_TEXT) {
        AUTO(json_release) json_t *text = json_from_str(l->text);
        return text ? json_encode(text, out, e) : err_set(e, ERR_MEMORY, "no memory for a label");
    }
    if (l->kind == LABEL_INT) buf_printf(out, "%" PRId64, l->integer);
    if (l->kind == LABEL_BOOL) buf_add_str(out, l->integer ? STR("true") : STR("false"));
    if (l->kind == LABEL_FLOAT) buf_add_str(out, str_from_c(number_repr(l->number).text));
    return buf_ok(out, "a label", e);
}
