/*
 * eco/pypi/pep440.c - the grammar of PEP 440 (appendix B) read left to right, and the order of its "Summary of permitted suffixes".
 *
 * Taking every optional separator greedily is exact: no later part needs one that an earlier part took, and that is why "1.0a-"
 * is a version (1.0a0), as it is to the reference implementation.
 */
#include "eco/pep440.h"

#include "base/buf.h"
#include "base/limits.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

/* --- reading --------------------------------------------------------------------------------------------------------------- */

static str take_digits(str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_digit(rest->data[len])) len++;
    str digits = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len);
    return digits;
}

static void skip_separator(str *rest)
{
    if (rest->len && is_separator(rest->data[0])) *rest = str_skip(*rest, 1);
}

/* "[-_.]? word [-_.]? digits?", for the first word that fits. Returns its place in the list, or -1 with nothing taken. */
static int take_suffix(str *rest, const str *words, size_t count, str *number)
{
    str at = *rest;
    skip_separator(&at);
    for (size_t i = 0; i < count; i++) {
        if (!str_eq_nocase(str_slice(at, 0, words[i].len), words[i])) continue;
        at = str_skip(at, words[i].len);
        skip_separator(&at);
        *number = take_digits(&at);
        *rest = at;
        return (int)i;
    }
    return -1;
}

static void take_pre(str *rest, pep440 *v)
{
    /* Longer words first, where one starts with another. */
    static const str words[] = {STR("alpha"),   STR("a"),   STR("beta"), STR("b"),
                                STR("preview"), STR("pre"), STR("c"),    STR("rc")};
    static const pep440_pre kinds[] = {PEP440_ALPHA, PEP440_ALPHA, PEP440_BETA, PEP440_BETA,
                                       PEP440_RC,    PEP440_RC,    PEP440_RC,   PEP440_RC};
    int which = take_suffix(rest, words, COUNT_OF(words), &v->pre_number);
    if (which >= 0) v->pre = kinds[which];
}

static void take_post(str *rest, pep440 *v)
{
    static const str words[] = {STR("post"), STR("rev"), STR("r")};
    if (rest->len >= 2 && rest->data[0] == '-' && is_digit(rest->data[1])) {
        *rest = str_skip(*rest, 1);
        v->post_number = take_digits(rest);
        v->is_post = true;
        return;
    }
    v->is_post = take_suffix(rest, words, COUNT_OF(words), &v->post_number) >= 0;
}

static void take_dev(str *rest, pep440 *v)
{
    static const str words[] = {STR("dev")};
    v->is_dev = take_suffix(rest, words, COUNT_OF(words), &v->dev_number) >= 0;
}

static bool take_release(str *rest, pep440 *v)
{
    str start = *rest;
    str first = take_digits(rest);
    if (first.len && rest->len && rest->data[0] == '!') {
        v->epoch = first;
        *rest = start = str_skip(*rest, 1);
        first = take_digits(rest);
    }
    if (first.len == 0) return false;
    while (rest->len >= 2 && rest->data[0] == '.' && is_digit(rest->data[1])) {
        *rest = str_skip(*rest, 1);
        (void)take_digits(rest);
    }
    v->release = str_slice(start, 0, start.len - rest->len);
    return true;
}

static bool local_is_valid(str local)
{
    bool in_segment = false;
    for (size_t i = 0; i < local.len; i++) {
        if (is_separator(local.data[i]) && !in_segment) return false;
        if (!is_separator(local.data[i]) && !is_alnum(local.data[i])) return false;
        in_segment = is_alnum(local.data[i]);
    }
    return in_segment;
}

bool pep440_parse(str text, pep440 *out)
{
    pep440 v = {0};
    str rest = str_trim(text);
    if (rest.len && lower(rest.data[0]) == 'v') rest = str_skip(rest, 1);
    if (!take_release(&rest, &v)) return false;
    take_pre(&rest, &v);
    take_post(&rest, &v);
    take_dev(&rest, &v);
    v.is_pre_release = v.pre != PEP440_NOT_PRE || v.is_dev;
    if (rest.len) {
        if (rest.data[0] != '+' || !local_is_valid(str_skip(rest, 1))) return false;
        v.local = str_skip(rest, 1);
    }
    *out = v;
    return true;
}

bool pep440_is_valid(str text)
{
    pep440 ignored;
    return pep440_parse(text, &ignored);
}

str pep440_public(str text)
{
    pep440 v;
    if (!pep440_parse(text, &v) || v.local.len == 0) return text;
    str trimmed = str_trim(text);
    return str_slice(trimmed, 0, trimmed.len - v.local.len - 1);
}

/* --- order ----------------------------------------------------------------------------------------------------------------- */

static str strip_zeros(str digits)
{
    while (digits.len && digits.data[0] == '0') digits = str_skip(digits, 1);
    return digits;
}

static int compare_numbers(str a, str b)
{
    a = strip_zeros(a);
    b = strip_zeros(b);
    if (a.len != b.len) return a.len < b.len ? -1 : 1;
    return str_compare(a, b);
}

/* A missing number counts as 0, so 1.0 equals 1.0.0. */
static int compare_releases(str a, str b)
{
    while (a.len || b.len) {
        str number_a = STR_NONE, number_b = STR_NONE;
        (void)str_next(&a, '.', &number_a);
        (void)str_next(&b, '.', &number_b);
        int order = compare_numbers(number_a, number_b);
        if (order) return order;
    }
    return 0;
}

int pep440_order_release(const pep440 *a, const pep440 *b)
{
    int order = compare_numbers(a->epoch, b->epoch);
    return order ? order : compare_releases(a->release, b->release);
}

/* A development release of the final version ("1.0.dev1") comes before its alphas; a final or post release after its candidates. */
static int pre_rank(const pep440 *v)
{
    if (v->pre != PEP440_NOT_PRE) return (int)v->pre;
    return v->is_dev && !v->is_post ? 0 : PEP440_RC + 1;
}

static int compare_bools(bool a, bool b)
{
    return a == b ? 0 : a ? 1 : -1;
}

static str take_segment(str *local)
{
    size_t len = 0;
    while (len < local->len && !is_separator(local->data[len])) len++;
    str segment = str_slice(*local, 0, len);
    *local = str_skip(*local, len + 1);
    return segment;
}

static bool is_number(str segment)
{
    for (size_t i = 0; i < segment.len; i++)
        if (!is_digit(segment.data[i])) return false;
    return true;
}

static int compare_nocase(str a, str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < common; i++)
        if (lower(a.data[i]) != lower(b.data[i])) return lower(a.data[i]) < lower(b.data[i]) ? -1 : 1;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_locals(str a, str b)
{
    while (a.len && b.len) {
        str x = take_segment(&a), y = take_segment(&b);
        if (is_number(x) != is_number(y)) return is_number(x) ? 1 : -1;
        int order = is_number(x) ? compare_numbers(x, y) : compare_nocase(x, y);
        if (order) return order;
    }
    return compare_bools(a.len != 0, b.len != 0);
}

int pep440_order(const pep440 *a, const pep440 *b)
{
    int order = pep440_order_release(a, b);
    if (!order) order = pre_rank(a) - pre_rank(b);
    if (!order) order = compare_numbers(a->pre_number, b->pre_number);
    if (!order) order = compare_bools(a->is_post, b->is_post);
    if (!order) order = compare_numbers(a->post_number, b->post_number);
    if (!order) order = compare_bools(!a->is_dev, !b->is_dev);
    if (!order) order = compare_numbers(a->dev_number, b->dev_number);
    if (!order) order = compare_locals(a->local, b->local);
    return order < 0 ? -1 : order > 0;
}

int pep440_compare(str a, str b)
{
    pep440 x, y;
    bool a_is_valid = pep440_parse(a, &x), b_is_valid = pep440_parse(b, &y);
    if (a_is_valid && b_is_valid) return pep440_order(&x, &y);
    if (a_is_valid != b_is_valid) return a_is_valid ? 1 : -1;
    return str_compare(a, b);
}

/* --- spelling -------------------------------------------------------------------------------------------------------------- */

static void add_number(buf *out, str digits)
{
    str plain = strip_zeros(digits);
    buf_add_str(out, plain.len ? plain : STR("0"));
}

static void add_release(buf *out, str release)
{
    str number;
    for (bool first = true; str_next(&release, '.', &number); first = false) {
        if (!first) buf_add_byte(out, '.');
        add_number(out, number);
    }
}

static void add_local(buf *out, str local)
{
    for (char before = '+'; local.len; before = '.') {
        str segment = take_segment(&local);
        buf_add_byte(out, (uint8_t)before);
        if (is_number(segment))
            add_number(out, segment);
        else
            for (size_t i = 0; i < segment.len; i++) buf_add_byte(out, (uint8_t)lower(segment.data[i]));
    }
}

str pep440_normalise(arena *a, str text)
{
    static const char *const pre_names[] = {"", "a", "b", "rc"};
    pep440 v;
    if (!pep440_parse(text, &v)) return STR_NONE;

    AUTO_BUF buf out;
    buf_init(&out, text.len + 64);
    if (strip_zeros(v.epoch).len) {
        add_number(&out, v.epoch);
        buf_add_byte(&out, '!');
    }
    add_release(&out, v.release);
    if (v.pre != PEP440_NOT_PRE) {
        buf_add_str(&out, str_from_c(pre_names[v.pre]));
        add_number(&out, v.pre_number);
    }
    if (v.is_post) {
        buf_add_str(&out, STR(".post"));
        add_number(&out, v.post_number);
    }
    if (v.is_dev) {
        buf_add_str(&out, STR(".dev"));
        add_number(&out, v.dev_number);
    }
    add_local(&out, v.local);
    return out.failed ? STR_NONE : arena_copy(a, buf_str(&out));
}
