/*
 * eco/deb/version.c - the order of Debian versions (Debian policy 5.6.12): [epoch:]upstream[-revision].
 *
 * '~' sorts before everything, even the end: 1.0~rc1 < 1.0. Letters sort before all other signs.
 */
#include "deb/deb.h"

typedef struct deb_version {
    str epoch, upstream, revision;
} deb_version;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static deb_version split(str version)
{
    deb_version v = {.upstream = str_trim(version)};
    ptrdiff_t colon = str_find(v.upstream, ':');
    if (colon >= 0) {
        v.epoch = str_slice(v.upstream, 0, (size_t)colon);
        v.upstream = str_skip(v.upstream, (size_t)colon + 1);
    }
    ptrdiff_t dash = str_find_last(v.upstream, '-');
    if (dash >= 0) {
        v.revision = str_skip(v.upstream, (size_t)dash + 1);
        v.upstream = str_slice(v.upstream, 0, (size_t)dash);
    }
    return v;
}

/* The end of a part and a digit weigh the same: both end the run of other signs. */
static int weight(str rest)
{
    if (rest.len == 0 || is_digit(rest.data[0])) return 0;
    if (rest.data[0] == '~') return -1;
    unsigned char c = (unsigned char)rest.data[0];
    return is_letter(rest.data[0]) ? c : c + 256;
}

static str take_number(str *rest)
{
    while (rest->len && rest->data[0] == '0') *rest = str_skip(*rest, 1);
    size_t len = 0;
    while (len < rest->len && is_digit(rest->data[len])) len++;
    str number = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len);
    return number;
}

static int compare_numbers(str a, str b)
{
    if (a.len != b.len) return a.len < b.len ? -1 : 1;
    return str_compare(a, b);
}

static int compare_part(str a, str b)
{
    while (a.len || b.len) {
        while ((a.len && !is_digit(a.data[0])) || (b.len && !is_digit(b.data[0]))) {
            int difference = weight(a) - weight(b);
            if (difference) return difference < 0 ? -1 : 1;
            a = str_skip(a, 1);
            b = str_skip(b, 1);
        }
        int order = compare_numbers(take_number(&a), take_number(&b));
        if (order) return order;
    }
    return 0;
}

bool deb_version_is_valid(str version)
{
    deb_version v = split(version);
    for (size_t i = 0; i < v.epoch.len; i++)
        if (!is_digit(v.epoch.data[i])) return false;
    if (str_find(str_trim(version), ':') == 0 || v.upstream.len == 0) return false;
    str trimmed = str_trim(version);
    for (size_t i = 0; i < trimmed.len; i++) {
        char c = trimmed.data[i];
        if (!is_digit(c) && !is_letter(c) && !(c && strchr(".+-~:", c))) return false;
    }
    return true;
}

int deb_version_compare(str a, str b)
{
    bool a_is_valid = deb_version_is_valid(a), b_is_valid = deb_version_is_valid(b);
    if (a_is_valid != b_is_valid) return a_is_valid ? 1 : -1;
    if (!a_is_valid) return str_compare(a, b);

    deb_version x = split(a), y = split(b);
    int order = compare_part(x.epoch, y.epoch);
    if (!order) order = compare_part(x.upstream, y.upstream);
    return order ? order : compare_part(x.revision, y.revision);
}
