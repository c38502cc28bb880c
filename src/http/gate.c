/*
 * http/gate.c - the checks of a request's head.
 *
 * libmicrohttpd is lenient: it takes the first Content-Length of several, believes an unknown Transfer-Encoding, ends a
 * header at a NUL, and takes "Content-Length : 5" for a header of another name. Each of these is a way to smuggle.
 */
#include "gate.h"

#include "base/limits.h"

/* --- fields ------------------------------------------------------------------------------------------------------- */

/* RFC 9110, 5.6.2: tchar. */
static bool is_token(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && (c == 0 || !memchr("!#$%&'*+-.^_`|~", c, 15))) return false;
    }
    return text.len > 0;
}

static bool has_control_byte(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return true;
    }
    return false;
}

static bool check_length(str value, http_framing *framing, err *e)
{
    if (framing->has_length) return err_set(e, ERR_INVALID, "the head has more than one Content-Length");
    if (!str_to_u64(value, &framing->length_bytes))
        return err_set(e, ERR_INVALID, "Content-Length is '%.*s', not a number of bytes",
                       STR_ARG(str_slice(value, 0, 40)));
    framing->has_length = true;
    return true;
}

/* Only "chunked", and only once: everything else would have to be undone before the length is known. */
static bool check_coding(str value, http_framing *framing, err *e)
{
    if (framing->is_chunked) return err_set(e, ERR_INVALID, "the head has more than one Transfer-Encoding");
    if (!str_eq_nocase(value, STR("chunked")))
        return err_set(e, ERR_UNSUPPORTED, "Transfer-Encoding is '%.*s'; only 'chunked' is understood",
                       STR_ARG(str_slice(value, 0, 40)));
    framing->is_chunked = true;
    return true;
}

static bool check_field(const http_field *field, http_framing *framing, unsigned *hosts, err *e)
{
    if (!is_token(field->name))
        return err_set(e, ERR_INVALID, "a header's name is not a token (RFC 9110, 5.1)");
    if (has_control_byte(field->value))
        return err_set(e, ERR_INVALID, "header %.*s has a control byte in its value",
                       STR_ARG(str_slice(field->name, 0, 40)));

    if (str_eq_nocase(field->name, STR("Content-Length"))) return check_length(field->value, framing, e);
    if (str_eq_nocase(field->name, STR("Transfer-Encoding"))) return check_coding(field->value, framing, e);
    if (str_eq_nocase(field->name, STR("Host"))) (*hosts)++;
    if (str_eq_nocase(field->name, STR("Expect")) && str_eq_nocase(field->value, STR("100-continue")))
        framing->expects_continue = true;
    return true;
}

bool http_gate_check(const http_head *head, http_framing *framing, err *e)
{
    *framing = (http_framing){0};
    bool is_11 = str_eq(head->version, STR("HTTP/1.1"));
    if (!is_11 && !str_eq(head->version, STR("HTTP/1.0")))
        return err_set(e, ERR_INVALID, "the request line names '%.*s'; HTTP/1.1 and HTTP/1.0 are spoken here",
                       STR_ARG(str_slice(head->version, 0, 40)));
    if (head->head_bytes > LIMIT_HTTP_HEAD_BYTES)
        return err_set(e, ERR_HEADERS, "the request head has %zu bytes, LIMIT_HTTP_HEAD_BYTES is %zu",
                       head->head_bytes, (size_t)LIMIT_HTTP_HEAD_BYTES);

    unsigned hosts = 0;
    for (size_t i = 0; i < head->field_count; i++)
        if (!check_field(&head->fields[i], framing, &hosts, e)) return false;

    /* RFC 9112, 6.1 and 6.3: a length beside a coding is an attack or a bug; HTTP/1.0 knows no codings. */
    if (framing->is_chunked && framing->has_length)
        return err_set(e, ERR_INVALID, "the head has both Content-Length and Transfer-Encoding");
    if (framing->is_chunked && !is_11) return err_set(e, ERR_INVALID, "HTTP/1.0 has no Transfer-Encoding");
    if (hosts > 1 || (is_11 && hosts == 0))
        return err_set(e, ERR_INVALID, "the head has %u Host headers, not one", hosts);
    return true;
}

/* --- target ------------------------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

typedef enum decode_kind { DECODE_PATH, DECODE_QUERY } decode_kind;

/* Percent-decode once. In a query '+' is a blank, as browsers and Go write it. */
static bool decode(str raw, decode_kind kind, arena *a, str *out, err *e)
{
    char *text = arena_alloc(a, raw.len + 1);
    if (!text) return err_set(e, ERR_MEMORY, "no memory for the address");

    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i];
        if (c == '%') {
            int high = raw.len - i > 2 ? hex_value(raw.data[i + 1]) : -1;
            int low = raw.len - i > 2 ? hex_value(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return err_set(e, ERR_INVALID, "the address has a '%%' without two hex digits");
            c = (char)(high * 16 + low);
            i += 2;
            /* An encoded slash would make this server and the one before it see different segments. */
            if (kind == DECODE_PATH && c == '/')
                return err_set(e, ERR_INVALID, "the path has an encoded slash (%%2F)");
        } else if (c == '+' && kind == DECODE_QUERY) {
            c = ' ';
        }
        if (c == 0) return err_set(e, ERR_INVALID, "the address has a NUL byte");
        text[len++] = c;
    }
    *out = (str){text, len};
    if (!str_is_utf8(*out)) return err_set(e, ERR_INVALID, "the address is not UTF-8 once it is decoded");
    return true;
}

static bool check_path(str path, err *e)
{
    if (has_control_byte(path) || str_find(path, '\t') >= 0)
        return err_set(e, ERR_INVALID, "the path has a control byte");

    str rest = path, segment;
    while (str_next(&rest, '/', &segment))
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return err_set(e, ERR_INVALID, "the path has a '%.*s' segment", STR_ARG(segment));
    return true;
}

static bool parse_query(str raw, arena *a, http_target *out, err *e)
{
    size_t count = raw.len > 0;
    for (size_t i = 0; i < raw.len; i++) count += raw.data[i] == '&';
    if (count == 0) return true;

    out->query = arena_alloc_array(a, count, sizeof(http_field));
    if (!out->query) return err_set(e, ERR_MEMORY, "no memory for %zu query arguments", count);
    str part;
    while (str_next(&raw, '&', &part)) {
        if (part.len == 0) continue;
        http_field *argument = &out->query[out->query_count++];
        str name, value;
        str_cut(part, '=', &name, &value);
        if (!decode(name, DECODE_QUERY, a, &argument->name, e)) return false;
        if (!decode(value, DECODE_QUERY, a, &argument->value, e)) return false;
    }
    return true;
}

/* RFC 9112, 3.2.2: a server must understand "GET http://host/path", though only proxies are asked that way. */
static str without_origin(str target)
{
    str rest;
    if (str_starts_with(target, STR("http://")))
        rest = str_skip(target, 7);
    else if (str_starts_with(target, STR("https://")))
        rest = str_skip(target, 8);
    else
        return target;
    ptrdiff_t slash = str_find(rest, '/');
    return slash < 0 ? STR("/") : str_skip(rest, (size_t)slash);
}

bool http_target_parse(str target, arena *a, http_target *out, err *e)
{
    *out = (http_target){0};
    target = without_origin(target);
    if (target.len == 0 || target.data[0] != '/')
        return err_set(e, ERR_INVALID, "the request line has no path that starts with '/'");
    for (size_t i = 0; i < target.len; i++)
        if ((unsigned char)target.data[i] <= 0x20 || target.data[i] == 0x7f || target.data[i] == '#')
            return err_set(e, ERR_INVALID, "the address has a byte that must be percent-encoded");

    str whole;
    str_cut(target, '?', &whole, &out->query_raw);
    /* Matrix parameters have an escaping of their own (';' and ',' raw and encoded differ): their reader decodes them. */
    str_cut(whole, ';', &out->path_raw, &out->matrix_raw);
    if (out->path_raw.len > LIMIT_HTTP_PATH_BYTES)
        return err_set(e, ERR_URI_TOO_LONG, "the path has %zu bytes, LIMIT_HTTP_PATH_BYTES is %zu",
                       out->path_raw.len, (size_t)LIMIT_HTTP_PATH_BYTES);
    return decode(out->path_raw, DECODE_PATH, a, &out->path, e) && check_path(out->path, e) &&
           parse_query(out->query_raw, a, out, e);
}
