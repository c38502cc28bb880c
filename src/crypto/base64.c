/*
 * base64.c - three bytes are four digits.
 */
#include "crypto/base64.h"

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(bytes data, buf *out)
{
    for (size_t at = 0; at < data.len; at += 3) {
        size_t left = data.len - at;
        uint32_t group = (uint32_t)data.data[at] << 16;
        if (left > 1) group |= (uint32_t)data.data[at + 1] << 8;
        if (left > 2) group |= data.data[at + 2];
        for (unsigned digit = 0; digit <= (left > 2 ? 3 : left); digit++)
            buf_add_byte(out, (uint8_t)url_digits[group >> (18 - 6 * digit) & 63]);
    }
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(str text, buf *out, err *e)
{
    if (text.len % 4 == 0)
        for (int padding = 0; padding < 2 && str_ends_with(text, STR("=")); padding++) text.len--;
    if (text.len % 4 == 1) return err_set(e, ERR_INVALID, "base64 text has an impossible length");

    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0) return err_set(e, ERR_INVALID, "base64 text has a wrong character at %zu", i);
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        buf_add_byte(out, (uint8_t)(group >> bits));
        group &= (1u << bits) - 1;
    }
    if (group != 0) return err_set(e, ERR_INVALID, "base64 text has bits after its end");
    return buf_ok(out, "base64 text", e);
}
