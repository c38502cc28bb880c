/*
 * format/source/secrets.c - keys and tokens in text, by their shape.
 *
 * A shape alone cries wolf: examples in documentation have it too. So a token needs what its issuer gives it (a checksum, an alphabet, a structure)
 * or enough disorder, and what looks like a placeholder is left out. Values never reach the report, only where they stand.
 */
#include "format/source.h"

#include <math.h>
#include <stdio.h>

enum { FINDINGS_MAX = 100, TITLE_BYTES = 200, KEY_LINES_BYTES = 16 * 1024 };

static const char advice[] = "Take it back at its issuer and make a new one: whoever has this file has the "
                             "key. Keep secrets outside of artifacts.";

typedef enum alphabet { BASE62, BASE64URL, BASE32, HEX } alphabet;
typedef enum proof { BY_DISORDER, BY_CRC, BY_PREFIX } proof;

/* `len` of what follows the prefix; max 0: exactly `len`. */
static const struct {
    const char *prefix, *what;
    size_t len, max;
    alphabet of;
    proof proof;
    severity severity;
} shapes[] = {
    {"AKIA", "AWS access key", 16, 0, BASE32, BY_DISORDER, SEVERITY_HIGH},
    {"ASIA", "AWS temporary access key", 16, 0, BASE32, BY_DISORDER, SEVERITY_MEDIUM},
    {"ghp_", "GitHub personal token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"gho_", "GitHub OAuth token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"ghu_", "GitHub user token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"ghs_", "GitHub server token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"ghr_", "GitHub refresh token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"github_pat_", "GitHub fine-grained token", 82, 0, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"glpat-", "GitLab personal token", 20, 300, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"npm_", "npm token", 36, 0, BASE62, BY_CRC, SEVERITY_CRITICAL},
    {"pypi-AgEIcHlwaS5vcmc", "PyPI token", 50, 400, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"pypi-AgENdGVzdC5weXBpLm9yZw", "TestPyPI token", 50, 400, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"hf_", "Hugging Face token", 34, 0, BASE62, BY_DISORDER, SEVERITY_CRITICAL},
    {"xoxb-", "Slack bot token", 30, 200, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"xoxp-", "Slack user token", 30, 200, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"xapp-", "Slack app token", 30, 200, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"AIza", "Google API key", 35, 0, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"GOCSPX-", "Google OAuth client secret", 28, 0, BASE64URL, BY_DISORDER, SEVERITY_HIGH},
    {"sk_live_", "Stripe live key", 24, 247, BASE62, BY_DISORDER, SEVERITY_CRITICAL},
    {"rk_live_", "Stripe restricted key", 24, 247, BASE62, BY_DISORDER, SEVERITY_CRITICAL},
    {"sk-ant-api03-", "Anthropic key", 80, 120, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"sk-proj-", "OpenAI project key", 40, 200, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"sk-", "OpenAI key", 48, 0, BASE62, BY_DISORDER, SEVERITY_CRITICAL},
    {"SG.", "SendGrid key", 22, 0, BASE64URL, BY_PREFIX, SEVERITY_HIGH},
    {"dop_v1_", "DigitalOcean token", 64, 0, HEX, BY_DISORDER, SEVERITY_CRITICAL},
    {"dckr_pat_", "Docker Hub token", 27, 0, BASE64URL, BY_DISORDER, SEVERITY_CRITICAL},
    {"dapi", "Databricks token", 32, 0, HEX, BY_DISORDER, SEVERITY_CRITICAL},
    {"shpat_", "Shopify token", 32, 0, HEX, BY_DISORDER, SEVERITY_HIGH},
    {"AGE-SECRET-KEY-1", "age private key", 58, 0, BASE62, BY_DISORDER, SEVERITY_CRITICAL},
};

typedef struct seeker {
    str member, text;
    report *report;
    uint32_t line;
    size_t counted_to; /* lines were counted up to here */
    size_t findings;
} seeker;

static bool say(seeker *s, size_t at, severity how_bad, const char *what, err *e)
{
    if (s->findings++ >= FINDINGS_MAX) return true;
    for (; s->counted_to < at; s->counted_to++) s->line += s->text.data[s->counted_to] == '\n';
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof(title), "%s in the file, readable by everybody who has it", what);
    finding f = {.code = "SRC-SEC-001",
                 .kind = FINDING_SECRET,
                 .severity = how_bad,
                 .title = {title, (size_t)len},
                 .member = s->member,
                 .line = s->line,
                 .advice = str_from_c(advice)};
    return report_add(s->report, &f, e);
}

/* --- disorder ------------------------------------------------------------------------------------------------------------------------ */

static bool is_of(alphabet a, int c)
{
    bool is_digit = c >= '0' && c <= '9', is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
    switch (a) {
    case BASE62: return is_digit || is_upper || is_lower;
    case BASE64URL: return is_digit || is_upper || is_lower || c == '-' || c == '_';
    case BASE32: return is_upper || (c >= '2' && c <= '7');
    case HEX: return is_digit || (c >= 'a' && c <= 'f');
    }
    return false;
}

static double bits_per_letter(str text)
{
    size_t counts[256] = {0};
    double bits = 0;
    for (size_t i = 0; i < text.len; i++) counts[(unsigned char)text.data[i]]++;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        if (counts[i])
            bits -= (double)counts[i] / (double)text.len * log2((double)counts[i] / (double)text.len);
    return bits;
}

/* What people write where a key would be. */
static bool is_placeholder(str text)
{
    static const char *const words[] = {
        "example",  "xxxx",     "your",   "changeme", "change_me", "placeholder", "dummy",  "sample",
        "test1234", "redacted", "abcdef", "12345678", "insert",    "replace",     "secret", "0000000",
        "fake",     "aaaaaa",   "token",  "<",        "${",        "{{",          "***",    "..."};
    char lower[256];
    size_t len = text.len < sizeof(lower) ? text.len : sizeof(lower);
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(text.data[i] | (text.data[i] >= 'A' && text.data[i] <= 'Z' ? 0x20 : 0));
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_contains((str){lower, len}, str_from_c(words[i]))) return true;
    return false;
}

/* Random letters of an alphabet come close to its bits; a word or a pattern does not. */
static bool is_random(str text, alphabet a)
{
    double wanted = a == HEX ? 2.8 : text.len >= 30 ? 3.6 : 2.9;
    return !is_placeholder(text) && bits_per_letter(text) >= wanted;
}

/* --- checksums ---------------------------------------------------------------------------------------------------------------------- */

static uint32_t crc32_of(str text)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned char)text.data[i];
        for (unsigned bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static int base62_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* The last six letters are the CRC of the others, in base 62: GitHub and npm. */
static bool has_checksum(str body)
{
    enum { SUM_LETTERS = 6 };
    if (body.len <= SUM_LETTERS) return false;
    uint64_t sum = 0;
    for (size_t i = body.len - SUM_LETTERS; i < body.len; i++) {
        int digit = base62_of(body.data[i]);
        if (digit < 0) return false;
        sum = sum * 62 + (uint64_t)digit;
    }
    return sum == crc32_of(str_slice(body, 0, body.len - SUM_LETTERS));
}

/* --- tokens --------------------------------------------------------------------------------------------------------------------------- */

static bool is_word_byte(int c)
{
    return is_of(BASE64URL, c);
}

static size_t run_of(alphabet a, str text)
{
    size_t len = 0;
    while (len < text.len && is_of(a, (unsigned char)text.data[len])) len++;
    return len;
}

static bool is_token(size_t shape, str rest, str *body)
{
    size_t run = run_of(shapes[shape].of, rest),
           most = shapes[shape].max ? shapes[shape].max : shapes[shape].len;
    if (run < shapes[shape].len || run > most) return false;
    /* A longer word of other letters is something else. */
    if (run < rest.len && is_word_byte((unsigned char)rest.data[run])) return false;
    *body = str_slice(rest, 0, run);
    switch (shapes[shape].proof) {
    case BY_CRC: return has_checksum(*body);
    case BY_PREFIX:
        return rest.len > run && rest.data[run] == '.' && run_of(BASE64URL, str_skip(rest, run + 1)) == 43;
    case BY_DISORDER: break;
    }
    return is_random(*body, shapes[shape].of);
}

static bool seek_token(seeker *s, size_t at, err *e)
{
    str rest = str_skip(s->text, at), body;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        str prefix = str_from_c(shapes[i].prefix);
        if (!str_starts_with(rest, prefix)) continue;
        if (is_token(i, str_skip(rest, prefix.len), &body))
            return say(s, at, shapes[i].severity, shapes[i].what, e);
    }
    return true;
}

/* --- private keys ---------------------------------------------------------------------------------------------------------------------- */

/* Base64 of something that begins as a key does: DER's sequence, OpenSSH's magic, or PGP. Documentation breaks off after a few dots. */
static bool is_key_body(str body)
{
    size_t letters = 0;
    str head = STR_NONE;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.data[i];
        if (c == '-') break;
        bool is_break = c == '\n' || c == '\r' || c == ' ' || c == '\\' ||
                        (c == 'n' && i && body.data[i - 1] == '\\') || c == '"';
        if (is_break) continue;
        if (!is_of(BASE62, (unsigned char)c) && c != '+' && c != '/' && c != '=') return false;
        if (letters++ == 0) head = str_skip(body, i);
    }
    bool is_der = str_starts_with(head, STR("M"));
    bool is_ssh = str_starts_with(head, STR("b3BlbnNzaC1rZXktdjE"));
    return letters >= 64 && (is_der || is_ssh) && !is_placeholder(str_slice(head, 0, 200));
}

static bool seek_key(seeker *s, size_t at, err *e)
{
    static const char *const kinds[] = {"", "RSA ", "EC ", "DSA ", "OPENSSH "};
    str rest = str_skip(s->text, at);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char head[64];
        int len = snprintf(head, sizeof(head), "-----BEGIN %sPRIVATE KEY-----", kinds[i]);
        if (!str_starts_with(rest, (str){head, (size_t)len})) continue;
        str body = str_slice(rest, (size_t)len, KEY_LINES_BYTES);
        /* One with a password is not readable, but anybody can try. */
        bool is_sealed = str_contains(str_slice(body, 0, 200), STR("ENCRYPTED"));
        if (is_sealed) return say(s, at, SEVERITY_MEDIUM, "A private key under a password", e);
        return !is_key_body(body) || say(s, at, SEVERITY_CRITICAL, "A private key", e);
    }
    return true;
}

/* --- names with values ------------------------------------------------------------------------------------------------------------------ */

/* aws_secret_access_key = <forty letters of base64>: no shape of its own but for its name. */
static bool seek_aws_secret(seeker *s, size_t at, err *e)
{
    enum { SECRET_LETTERS = 40 };
    str rest = str_slice(str_skip(s->text, at), 0, 128);
    if (!str_eq_nocase(str_slice(rest, 0, 17), STR("secret_access_key")) &&
        !str_eq_nocase(str_slice(rest, 0, 15), STR("secretaccesskey")))
        return true;
    size_t i = 15;
    while (i < rest.len && !strchr("=:", rest.data[i])) i++;
    while (i < rest.len && strchr("=: \"'\\\t", rest.data[i])) i++;
    str value = str_skip(rest, i);
    size_t run = 0;
    while (run < value.len && (is_of(BASE62, (unsigned char)value.data[run]) || value.data[run] == '+' ||
                               value.data[run] == '/'))
        run++;
    value.len = run;
    return run != SECRET_LETTERS || !is_random(value, BASE62) ||
           say(s, at, SEVERITY_CRITICAL, "An AWS secret key", e);
}

/* scheme://user:password@host */
static bool seek_address(seeker *s, size_t at, err *e)
{
    str rest = str_slice(str_skip(s->text, at + 3), 0, 300);
    size_t colon = 0, end = 0;
    for (; end < rest.len && !strchr("@/ \n\r\t\"'<>`", rest.data[end]); end++)
        if (rest.data[end] == ':' && !colon) colon = end;
    if (end == rest.len || rest.data[end] != '@' || colon == 0) return true;
    str password = str_slice(rest, colon + 1, end - colon - 1), user = str_slice(rest, 0, colon);
    bool is_variable = str_find(password, '$') >= 0 || str_find(password, '{') >= 0 ||
                       str_find(password, '%') == 0 || str_find(password, '*') >= 0;
    bool is_example = str_eq_nocase(password, user) || str_contains(password, STR("pass")) ||
                      str_contains(password, STR("PASS"));
    if (password.len < 8 || is_variable || is_example || is_placeholder(password) ||
        bits_per_letter(password) < 2.8)
        return true;
    return say(s, at, SEVERITY_HIGH, "A password within an address", e);
}

/* --- the text ----------------------------------------------------------------------------------------------------------------------------- */

static bool seek_at(seeker *s, size_t at, err *e)
{
    int c = (unsigned char)s->text.data[at], before = at ? (unsigned char)s->text.data[at - 1] : ' ';
    if (c == '-') return seek_key(s, at, e);
    if (c == ':' && str_starts_with(str_skip(s->text, at), STR("://"))) return seek_address(s, at, e);
    if ((c == 's' || c == 'S') && !seek_aws_secret(s, at, e)) return false;
    return is_of(BASE62, before) || before == '-' || before == '_' || seek_token(s, at, e);
}

bool secrets_read(str member, str text, report *r, err *e)
{
    static const char firsts[] = "AGSadghnprsx-:";
    bool is_first[256] = {false};
    for (size_t i = 0; firsts[i]; i++) is_first[(unsigned char)firsts[i]] = true;
    seeker s = {.member = member, .text = text, .report = r, .line = 1};
    for (size_t at = 0; at < text.len; at++)
        if (is_first[(unsigned char)text.data[at]] && !seek_at(&s, at, e)) return false;
    return true;
}
