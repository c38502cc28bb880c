/*
 * format/source/dockerfile.c - the recipe of an image: who runs it, on what, and where its parts come from.
 *
 * Read as the builder does: comments, continued lines, here-documents, stages. Only the last stage becomes the image, so the user is judged there.
 */
#include "format/source.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

enum { TITLE_BYTES = 300, STAGES_MAX = 64, INSTRUCTION_BYTES = 64 * 1024, SHOWN_BYTES = 100 };

typedef struct recipe {
    str member;
    report *report;
    str stages[STAGES_MAX]; /* names of earlier stages */
    size_t stage_count, instructions;
    uint32_t from_line, user_line;
    str user;
    bool has_from, is_scratch;
    err *e;
} recipe;

typedef struct note {
    const char *code;
    finding_kind kind;
    severity severity;
    uint32_t line;
    const char *advice;
} note;

PRINTF(3, 4) static bool say(recipe *r, const note *n, const char *format, ...)
{
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    str shown = str_from_c(title);
    finding f = {.code = n->code,
                 .kind = n->kind,
                 .severity = n->severity,
                 .title = str_is_utf8(shown) ? shown : STR("An instruction with a text that is none"),
                 .member = r->member,
                 .line = n->line,
                 .advice = str_from_c(n->advice)};
    return report_add(r->report, &f, r->e);
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

static bool has_word(str text, const char *word)
{
    return str_contains(text, str_from_c(word));
}

static str next_word(str *rest)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\t') len++;
    str word = str_slice(*rest, 0, len);
    *rest = str_trim(str_skip(*rest, len));
    return word;
}

/* --- bases -------------------------------------------------------------------------------------------------------------------------------- */

/* Releases whose maintainers no longer mend them, with the month in which that ended. `tag`: what a tag begins with, or a part between dashes. */
static const struct {
    const char *image, *tag, *end;
} ended[] = {
    {"python", "2", "2020-01"},      {"python", "3.4", "2019-03"},
    {"python", "3.5", "2020-09"},    {"python", "3.6", "2021-12"},
    {"python", "3.7", "2023-06"},    {"python", "3.8", "2024-10"},
    {"python", "3.9", "2025-10"},    {"debian", "wheezy", "2018-05"},
    {"debian", "7", "2018-05"},      {"debian", "jessie", "2020-06"},
    {"debian", "8", "2020-06"},      {"debian", "stretch", "2022-06"},
    {"debian", "9", "2022-06"},      {"debian", "buster", "2024-06"},
    {"debian", "10", "2024-06"},     {"ubuntu", "14.04", "2019-04"},
    {"ubuntu", "trusty", "2019-04"}, {"ubuntu", "16.04", "2021-04"},
    {"ubuntu", "xenial", "2021-04"}, {"ubuntu", "18.04", "2023-05"},
    {"ubuntu", "bionic", "2023-05"}, {"ubuntu", "20.04", "2025-05"},
    {"ubuntu", "focal", "2025-05"},  {"ubuntu", "22.10", "2023-07"},
    {"ubuntu", "23.04", "2024-01"},  {"ubuntu", "23.10", "2024-07"},
    {"ubuntu", "24.10", "2025-07"},  {"centos", "", "2024-06"},
    {"node", "8", "2019-12"},        {"node", "10", "2021-04"},
    {"node", "12", "2022-04"},       {"node", "14", "2023-04"},
    {"node", "16", "2023-09"},       {"node", "18", "2025-04"},
    {"fedora", "38", "2024-05"},     {"fedora", "39", "2024-11"},
    {"fedora", "40", "2025-05"},     {"opensuse/leap", "15.4", "2023-12"},
};
/* Distributions by the part of a tag that names them, whatever the image is: python:3.11-slim-buster. */
static const char *const distributions[] = {"wheezy", "jessie", "stretch", "buster",
                                            "trusty", "xenial", "bionic",  "focal"};

/* "3.9" is in "3.9", "3.9.18" and "3.9-slim", not in "3.90". */
static bool begins_version(str tag, str version)
{
    if (!str_starts_with(tag, version)) return false;
    return tag.len == version.len || tag.data[version.len] == '.' || tag.data[version.len] == '-';
}

static bool has_part(str tag, str part)
{
    str each, rest = tag;
    while (str_next(&rest, '-', &each))
        if (str_eq(each, part)) return true;
    return false;
}

static bool is_distribution(str tag)
{
    for (size_t i = 0; i < COUNT_OF(distributions); i++)
        if (str_eq(tag, str_from_c(distributions[i]))) return true;
    return false;
}

/* Alpine's releases live two years: those up to 3.19 are over. */
static const char *end_of_alpine(str tag)
{
    uint64_t minor = 0;
    if (str_starts_with(tag, STR("alpine"))) tag = str_skip(tag, 6);
    if (!str_starts_with(tag, STR("3."))) return NULL;
    size_t len = 2;
    while (len < tag.len && tag.data[len] >= '0' && tag.data[len] <= '9') len++;
    return str_to_u64(str_slice(tag, 2, len - 2), &minor) && minor <= 19 ? "2025-11 or earlier" : NULL;
}

/* The last part of the name: docker.io/library/python is python. */
static str short_name(str image)
{
    if (str_ends_with(image, STR("opensuse/leap"))) return STR("opensuse/leap");
    return str_skip(image, (size_t)(str_find_last(image, '/') + 1));
}

static const char *end_of_life(str image, str tag)
{
    str name = short_name(image), each, rest = tag;
    if (str_eq(name, STR("alpine")) && end_of_alpine(tag)) return end_of_alpine(tag);
    while (str_next(&rest, '-', &each))
        if (str_starts_with(each, STR("alpine3.")) && end_of_alpine(each)) return end_of_alpine(each);
    for (size_t i = 0; i < COUNT_OF(ended); i++) {
        str wanted = str_from_c(ended[i].tag);
        bool is_image = str_eq(name, str_from_c(ended[i].image));
        if (is_image && (wanted.len == 0 || begins_version(tag, wanted))) return ended[i].end;
        if (is_distribution(wanted) && has_part(tag, wanted)) return ended[i].end;
    }
    return NULL;
}

static bool is_stage(const recipe *r, str name)
{
    for (size_t i = 0; i < r->stage_count; i++)
        if (str_eq_nocase(r->stages[i], name)) return true;
    return false;
}

/* registry:5000/name:tag@digest */
static void cut_image(str whole, str *image, str *tag, bool *is_pinned)
{
    str digest;
    *is_pinned = str_cut(whole, '@', image, &digest);
    ptrdiff_t colon = str_find_last(*image, ':'), slash = str_find_last(*image, '/');
    *tag = STR_NONE;
    if (colon <= slash) return;
    *tag = str_skip(*image, (size_t)colon + 1);
    *image = str_slice(*image, 0, (size_t)colon);
}

static bool judge_base(recipe *r, str whole, uint32_t line)
{
    str image, tag;
    bool is_pinned;
    cut_image(whole, &image, &tag, &is_pinned);
    const char *end = end_of_life(image, tag);
    note old = {"SRC-DKR-002", FINDING_MISCONFIGURATION, SEVERITY_MEDIUM, line,
                "Take a release that still gets security updates, and rebuild."};
    if (end &&
        !say(r, &old, "The base image %.*s is past its end of life (%s): its flaws are no longer mended",
             STR_ARG(shown(whole)), end))
        return false;
    bool is_variable = str_find(whole, '$') >= 0;
    bool is_moving = !is_pinned && !is_variable && (tag.len == 0 || str_eq(tag, STR("latest")));
    note loose = {"SRC-DKR-003", FINDING_MISCONFIGURATION, SEVERITY_MEDIUM, line,
                  "Name a version, best with its digest: FROM python:3.12-slim@sha256:..."};
    return !is_moving ||
           say(r, &loose, "The base image %.*s has no fixed version: each build may get another one",
               STR_ARG(shown(whole)));
}

static bool read_from(recipe *r, str rest, uint32_t line)
{
    str image = next_word(&rest);
    while (str_starts_with(image, STR("--"))) image = next_word(&rest);
    str as = next_word(&rest), name = next_word(&rest);
    r->has_from = true;
    r->from_line = line;
    bool is_own = is_stage(r, image);
    if (!is_own) r->user = STR_NONE;
    r->is_scratch = str_eq_nocase(image, STR("scratch"));
    bool is_fine = is_own || r->is_scratch || judge_base(r, image, line);
    if (str_eq_nocase(as, STR("as")) && r->stage_count < STAGES_MAX) r->stages[r->stage_count++] = name;
    return is_fine;
}

/* --- other instructions --------------------------------------------------------------------------------------------------------------- */

static bool read_add(recipe *r, str rest, uint32_t line)
{
    bool is_checked = has_word(rest, "--checksum=");
    bool is_remote = has_word(rest, "http://") || has_word(rest, "https://") || has_word(rest, "ftp://");
    note n = {"SRC-DKR-004", FINDING_MISCONFIGURATION, SEVERITY_MEDIUM, line,
              "Give --checksum=sha256:..., or fetch it in a RUN that checks what it got."};
    return is_checked || !is_remote ||
           say(r, &n, "ADD takes a file from the network without checking it: %.*s", STR_ARG(shown(rest)));
}

static bool pipes_into_shell(str command)
{
    static const char *const shells[] = {"| sh",
                                         "|sh",
                                         "| bash",
                                         "|bash",
                                         "| sudo sh",
                                         "| sudo bash",
                                         "| sudo -E bash",
                                         "| python",
                                         "|python",
                                         "| /bin/sh",
                                         "| /bin/bash",
                                         "sh -c \"$(curl",
                                         "bash -c \"$(curl",
                                         "sh <(curl",
                                         "bash <(curl",
                                         "$(wget"};
    if (!has_word(command, "curl") && !has_word(command, "wget")) return false;
    for (size_t i = 0; i < COUNT_OF(shells); i++)
        if (has_word(command, shells[i])) return true;
    return false;
}

/* A package of `pip install` without a version; -r, -e, files and addresses name theirs elsewhere. */
static bool is_loose_package(str word)
{
    bool is_option = word.len == 0 || word.data[0] == '-' || word.data[0] == '.' || word.data[0] == '/' ||
                     word.data[0] == '$';
    static const char *const marks[] = {"==", "===", "@", "://", ".whl", ".txt", ".tar", "~=", "<", ">", "/"};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (has_word(word, marks[i])) return false;
    return !is_option;
}

static bool ends_command(str word)
{
    return str_eq(word, STR("&&")) || str_eq(word, STR("||")) || str_eq(word, STR("|")) ||
           str_eq(word, STR(";"));
}

static bool judge_pip(recipe *r, str command, uint32_t line)
{
    str rest = command, before = STR_NONE, word = next_word(&rest);
    bool is_install = false, takes_value = false;
    for (; word.len; before = word, word = next_word(&rest)) {
        if (ends_command(word)) is_install = false;
        bool ends = str_ends_with(word, STR(";"));
        str name = ends ? str_slice(word, 0, word.len - 1) : word;
        if (str_eq(word, STR("install")) &&
            (str_starts_with(before, STR("pip")) || str_ends_with(before, STR("/pip")))) {
            is_install = true;
            continue;
        }
        bool is_value = takes_value;
        takes_value = str_eq(word, STR("-r")) || str_eq(word, STR("-c")) || str_eq(word, STR("-i")) ||
                      str_eq(word, STR("-e")) || str_eq(word, STR("-t")) ||
                      str_eq(word, STR("--index-url")) || str_eq(word, STR("--extra-index-url")) ||
                      str_eq(word, STR("--trusted-host")) || str_eq(word, STR("--target")) ||
                      str_eq(word, STR("--requirement"));
        note n = {"SRC-DKR-007", FINDING_MISCONFIGURATION, SEVERITY_INFO, line,
                  "Name versions (name==1.2.3) or use a requirements file with hashes."};
        if (is_install && !is_value && is_loose_package(name))
            return say(r, &n, "pip installs %.*s in whatever version is newest", STR_ARG(shown(name)));
        if (ends) is_install = false;
    }
    return true;
}

static bool read_run(recipe *r, str command, uint32_t line)
{
    note n = {"SRC-DKR-005", FINDING_MISCONFIGURATION, SEVERITY_HIGH, line,
              "Download it, check its hash, and then run it."};
    if (pipes_into_shell(command) && !say(r, &n, "RUN fetches a script from the network and runs it unseen"))
        return false;
    return judge_pip(r, command, line);
}

/* A name of a secret with a value that is one. Values that come from outside, or are plainly placeholders, are fine. */
static bool is_secret_name(str name)
{
    static const char *const words[] = {"PASSWORD", "PASSWD",      "SECRET",     "TOKEN",     "API_KEY",
                                        "APIKEY",   "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL"};
    static const char *const fine[] = {"_FILE", "_PATH",      "_URL",    "_NAME", "_ID",
                                       "_DIR",  "TOKENIZERS", "_LENGTH", "_TTL"};
    char upper[128];
    size_t len = name.len < sizeof(upper) ? name.len : sizeof(upper);
    for (size_t i = 0; i < len; i++)
        upper[i] = (char)(name.data[i] >= 'a' && name.data[i] <= 'z' ? name.data[i] - 32 : name.data[i]);
    str whole = {upper, len};
    for (size_t i = 0; i < COUNT_OF(fine); i++)
        if (has_word(whole, fine[i])) return false;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (has_word(whole, words[i])) return true;
    return false;
}

static bool is_real_value(str value)
{
    while (value.len && (value.data[0] == '"' || value.data[0] == '\'')) value = str_skip(value, 1);
    while (value.len && (value.data[value.len - 1] == '"' || value.data[value.len - 1] == '\'')) value.len--;
    static const char *const none[] = {"",    "changeme", "none",   "null",     "true",        "false",
                                       "xxx", "example",  "secret", "password", "placeholder", "your-token",
                                       "0",   "1"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        if (str_eq_nocase(value, str_from_c(none[i]))) return false;
    bool is_reference = value.data[0] == '$' || value.data[0] == '<' || value.data[0] == '/';
    return !is_reference && value.len >= 6;
}

static bool judge_variable(recipe *r, str name, str value, uint32_t line)
{
    note n = {"SRC-DKR-006", FINDING_SECRET, SEVERITY_HIGH, line,
              "Use RUN --mount=type=secret, or hand it over when the container starts; then make a new one."};
    if (!is_secret_name(name) || !is_real_value(value)) return true;
    return say(r, &n, "%.*s has a secret as its value, which stays in the image's history",
               STR_ARG(shown(name)));
}

/* ENV a=b c="d e", and the old ENV a b. */
static bool read_variables(recipe *r, str rest, uint32_t line)
{
    str first = rest, word = next_word(&first);
    if (str_find(word, '=') < 0) return judge_variable(r, word, first, line);
    while (rest.len) {
        str name, value;
        word = next_word(&rest);
        if (str_cut(word, '=', &name, &value) && !judge_variable(r, name, value, line)) return false;
    }
    return true;
}

/* --- the whole -------------------------------------------------------------------------------------------------------------------------- */

static bool instruction(recipe *r, str text, uint32_t line)
{
    str rest = text, word = next_word(&rest);
    if (word.len == 0) return true;
    r->instructions++;
    if (str_eq_nocase(word, STR("FROM"))) return read_from(r, rest, line);
    if (str_eq_nocase(word, STR("ADD"))) return read_add(r, rest, line);
    if (str_eq_nocase(word, STR("RUN"))) return read_run(r, rest, line);
    if (str_eq_nocase(word, STR("ENV")) || str_eq_nocase(word, STR("ARG")))
        return read_variables(r, rest, line);
    if (str_eq_nocase(word, STR("USER"))) {
        r->user = next_word(&rest);
        r->user_line = line;
    }
    return true;
}

static bool judge_user(recipe *r)
{
    str name, group;
    (void)str_cut(r->user, ':', &name, &group);
    bool is_root = name.len == 0 || str_eq(name, STR("root")) || str_eq(name, STR("0"));
    note n = {"SRC-DKR-001", FINDING_MISCONFIGURATION, SEVERITY_MEDIUM,
              name.len ? r->user_line : r->from_line,
              "Add `USER` with an ordinary account at the end of the last stage."};
    return !r->has_from || !is_root || say(r, &n, "The image's processes run as root");
}

static str take_line(str *rest)
{
    str line = STR_NONE;
    (void)str_next(rest, '\n', &line);
    return str_trim(line);
}

/* RUN <<EOF: the lines up to EOF belong to it. */
static void take_heredoc(str first, str *rest, buf *whole, uint32_t *line)
{
    ptrdiff_t at = str_find(first, '<');
    if (at < 0 || !str_starts_with(str_skip(first, (size_t)at), STR("<<"))) return;
    str word = str_skip(first, (size_t)at + 2);
    while (word.len && strchr("-\"'", word.data[0])) word = str_skip(word, 1);
    size_t len = 0;
    while (len < word.len && ((word.data[len] >= 'A' && word.data[len] <= 'Z') || word.data[len] == '_'))
        len++;
    word.len = len;
    while (len && rest->len) {
        str each = take_line(rest);
        ++*line;
        if (str_eq(each, word)) return;
        buf_add_byte(whole, ' ');
        buf_add_str(whole, each);
    }
}

bool dockerfile_read(str member, str text, report *r, err *e)
{
    recipe made = {.member = member, .report = r, .e = e};
    uint32_t line = 0;
    while (text.len) {
        AUTO_BUF buf whole;
        buf_init(&whole, INSTRUCTION_BYTES);
        uint32_t first = line + 1;
        for (bool goes_on = true; goes_on && text.len;) {
            str each = take_line(&text);
            line++;
            if (str_starts_with(each, STR("#")) || (each.len == 0 && whole.len)) continue;
            goes_on = str_ends_with(each, STR("\\"));
            if (goes_on) each.len--;
            buf_add_str(&whole, each);
            buf_add_byte(&whole, ' ');
            if (!goes_on) take_heredoc(each, &text, &whole, &line);
        }
        /* An instruction longer than any real one is judged by what fits. Its words live in the arena: stages and users are kept. */
        str kept = arena_copy(r->arena, buf_str(&whole));
        if (whole.len && !kept.data) return err_set(e, ERR_MEMORY, "no memory for a Dockerfile");
        if (!instruction(&made, kept, first)) return false;
    }
    return judge_user(&made);
}
