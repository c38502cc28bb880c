/*
 * format/source/dockerfile.c - the recipe of an image: who runs it, on what, and where its parts come from.
 *
 * Read as the builder does: comments, continued lines, here-documents, stages. Only the last stage becomes the image, so the user is judged there.
 */
#include "source/dockerfile.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    TITLE_BYTES = 300,
    STAGES_MAX = 64,
    INSTRUCTION_BYTES = 64 * 1024,
    SHOWN_BYTES = 100,
    VARIABLES_MAX = 256,
    EXPANDED_BYTES = 4096,
};

typedef struct variable {
    str name, value;
} variable;

typedef struct recipe {
    str member;
    report *report;
    str stages[STAGES_MAX]; /* names of earlier stages */
    str stage_users[STAGES_MAX];
    variable variables[VARIABLES_MAX]; /* of ARG and ENV; those in front of the first FROM first */
    size_t stage_count, variable_count, global_count, instructions;
    char escape; /* what joins lines: a backslash, or what `# escape=` says */
    uint32_t from_line, user_line;
    str user;
    bool has_from, is_scratch, is_stage_named;
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

/* --- variables ---------------------------------------------------------------------------------------------------------------------------- */

static str value_of(const recipe *r, str name)
{
    for (size_t i = r->variable_count; i > 0; i--)
        if (str_eq(r->variables[i - 1].name, name)) return r->variables[i - 1].value;
    return STR_NONE;
}

static bool is_name_char(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ${NAME:-default} without its braces. */
static str value_of_braced(const recipe *r, str inside)
{
    size_t len = 0;
    while (len < inside.len && is_name_char(inside.data[len])) len++;
    str value = value_of(r, str_slice(inside, 0, len)), rest = str_skip(inside, len);
    bool has_default = str_starts_with(rest, STR(":-")) || str_starts_with(rest, STR("-"));
    if (value.len == 0 && has_default) return str_skip(rest, rest.data[0] == ':' ? 2 : 1);
    return value;
}

/* One reference at the front of `*rest`: what it stands for, or itself when nobody knows before the build. */
static str take_reference(const recipe *r, str *rest)
{
    str whole = *rest, value = STR_NONE;
    size_t len = 1;
    if (whole.len > 1 && whole.data[1] == '{') {
        ptrdiff_t end = str_find(whole, '}');
        len = end < 0 ? whole.len : (size_t)end + 1;
        if (end > 2) value = value_of_braced(r, str_slice(whole, 2, (size_t)end - 2));
    } else {
        while (len < whole.len && is_name_char(whole.data[len])) len++;
        value = value_of(r, str_slice(whole, 1, len - 1));
    }
    *rest = str_skip(whole, len);
    return value.len ? value : str_slice(whole, 0, len);
}

static str expand(const recipe *r, str text)
{
    if (str_find(text, '$') < 0) return text;
    AUTO_BUF buf out;
    buf_init(&out, EXPANDED_BYTES);
    str rest = text;
    while (rest.len) {
        ptrdiff_t at = str_find(rest, '$');
        buf_add_str(&out, at < 0 ? rest : str_slice(rest, 0, (size_t)at));
        rest = at < 0 ? STR_NONE : str_skip(rest, (size_t)at);
        if (rest.len) buf_add_str(&out, take_reference(r, &rest));
    }
    str kept = out.failed ? STR_NONE : arena_copy(r->report->arena, buf_str(&out));
    return kept.len ? kept : text;
}

static str without_quotes(str value)
{
    while (value.len && (value.data[0] == '"' || value.data[0] == '\'')) value = str_skip(value, 1);
    while (value.len && (value.data[value.len - 1] == '"' || value.data[value.len - 1] == '\'')) value.len--;
    return value;
}

static void remember(recipe *r, str name, str value)
{
    if (r->variable_count == VARIABLES_MAX) return;
    r->variables[r->variable_count++] = (variable){name, expand(r, without_quotes(value))};
    if (!r->has_from) r->global_count = r->variable_count;
}

/* --- bases -------------------------------------------------------------------------------------------------------------------------------- */

static bool is_stage(const recipe *r, str name)
{
    for (size_t i = 0; i < r->stage_count; i++)
        if (str_eq_nocase(r->stages[i], name)) return true;
    return false;
}

static str user_of_stage(const recipe *r, str name)
{
    for (size_t i = r->stage_count; i > 0; i--)
        if (str_eq_nocase(r->stages[i - 1], name)) return r->stage_users[i - 1];
    return STR_NONE;
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
    const char *end = dockerfile_end_of_life(image, tag);
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

/* The stage that ends here has this user, for those that build on it. */
static void end_stage(recipe *r)
{
    if (r->is_stage_named && r->stage_count) r->stage_users[r->stage_count - 1] = r->user;
}

static bool read_from(recipe *r, str rest, uint32_t line)
{
    end_stage(r);
    str image = next_word(&rest);
    while (str_starts_with(image, STR("--"))) image = next_word(&rest);
    image = expand(r, image);
    str as = next_word(&rest), name = next_word(&rest);
    r->has_from = true;
    r->from_line = line;
    r->variable_count = r->global_count; /* each stage has its own */
    bool is_own = is_stage(r, image);
    r->user = is_own ? user_of_stage(r, image) : STR_NONE;
    r->is_scratch = str_eq_nocase(image, STR("scratch"));
    bool is_fine = is_own || r->is_scratch || judge_base(r, image, line);
    r->is_stage_named = str_eq_nocase(as, STR("as")) && r->stage_count < STAGES_MAX;
    if (r->is_stage_named) r->stages[r->stage_count++] = name;
    return is_fine;
}

/* --- other instructions --------------------------------------------------------------------------------------------------------------- */

static bool read_add(recipe *r, str rest, uint32_t line)
{
    rest = expand(r, rest);
    bool is_checked = has_word(rest, "--checksum=");
    bool is_remote = has_word(rest, "http://") || has_word(rest, "https://") || has_word(rest, "ftp://") ||
                     has_word(rest, "git@");
    note n = {"SRC-DKR-004", FINDING_MISCONFIGURATION, SEVERITY_MEDIUM, line,
              "Give --checksum=sha256:..., or fetch it in a RUN that checks what it got."};
    return is_checked || !is_remote ||
           say(r, &n, "ADD takes a file from the network without checking it: %.*s", STR_ARG(shown(rest)));
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

/* COPY --from=image: what is not one of the stages is an image too. */
static bool read_copy(recipe *r, str rest, uint32_t line)
{
    for (str word = next_word(&rest); str_starts_with(word, STR("--")); word = next_word(&rest)) {
        if (!str_starts_with(word, STR("--from="))) continue;
        str image = expand(r, str_skip(word, 7));
        uint64_t number;
        if (image.len && !str_to_u64(image, &number) && !is_stage(r, image))
            return judge_base(r, image, line);
    }
    return true;
}

static bool read_run(recipe *r, str command, uint32_t line)
{
    fetched_run how = dockerfile_command(command);
    note n = {"SRC-DKR-005", FINDING_MISCONFIGURATION, how == RUN_UNSEEN ? SEVERITY_HIGH : SEVERITY_MEDIUM,
              line, "Download it, check its hash, and then run it."};
    if (how == RUN_UNSEEN && !say(r, &n, "RUN fetches a script from the network and runs it unseen"))
        return false;
    if (how == RUN_SAVED &&
        !say(r, &n, "RUN fetches a program from the network and runs it without a look at its checksum"))
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
    value = without_quotes(value);
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
    if (str_find(word, '=') < 0) {
        if (first.len) remember(r, word, first);
        return judge_variable(r, word, first, line);
    }
    while (rest.len) {
        str name, value;
        word = next_word(&rest);
        if (!str_cut(word, '=', &name, &value)) continue;
        remember(r, name, value);
        if (!judge_variable(r, name, value, line)) return false;
    }
    return true;
}

/* --- the whole -------------------------------------------------------------------------------------------------------------------------- */

/* What whoever builds on this image will run. */
static bool read_onbuild(recipe *r, str rest, uint32_t line)
{
    str word = next_word(&rest);
    if (str_eq_nocase(word, STR("RUN"))) return read_run(r, rest, line);
    if (str_eq_nocase(word, STR("ADD"))) return read_add(r, rest, line);
    if (str_eq_nocase(word, STR("COPY"))) return read_copy(r, rest, line);
    return true;
}

static bool instruction(recipe *r, str text, uint32_t line)
{
    str rest = text, word = next_word(&rest);
    if (word.len == 0) return true;
    r->instructions++;
    if (str_eq_nocase(word, STR("FROM"))) return read_from(r, rest, line);
    if (str_eq_nocase(word, STR("ADD"))) return read_add(r, rest, line);
    if (str_eq_nocase(word, STR("RUN"))) return read_run(r, rest, line);
    if (str_eq_nocase(word, STR("COPY"))) return read_copy(r, rest, line);
    if (str_eq_nocase(word, STR("ENV")) || str_eq_nocase(word, STR("ARG")))
        return read_variables(r, rest, line);
    if (str_eq_nocase(word, STR("ONBUILD"))) return read_onbuild(r, rest, line);
    if (str_eq_nocase(word, STR("USER"))) {
        r->user = expand(r, next_word(&rest));
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
        buf_add_byte(whole, '\n');
        buf_add_str(whole, each);
    }
}

/* `# escape=` counts in the comments at the very top only. */
static void read_directives(recipe *r, str text)
{
    str line, name, value;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts_with(line, STR("#")) || !str_cut(str_skip(line, 1), '=', &name, &value)) return;
        value = str_trim(value);
        if (str_eq_nocase(str_trim(name), STR("escape")) && value.len == 1) r->escape = value.data[0];
    }
}

bool dockerfile_read(str member, str text, report *r, err *e)
{
    recipe made = {.member = member, .report = r, .e = e, .escape = '\\'};
    uint32_t line = 0;
    if (str_starts_with(text, STR("\xef\xbb\xbf"))) text = str_skip(text, 3);
    read_directives(&made, text);
    while (text.len) {
        AUTO_BUF buf whole;
        buf_init(&whole, INSTRUCTION_BYTES);
        uint32_t first = line + 1;
        for (bool goes_on = true; goes_on && text.len;) {
            str each = take_line(&text);
            line++;
            if (str_starts_with(each, STR("#")) || (each.len == 0 && whole.len)) continue;
            goes_on = str_ends_with(each, (str){&made.escape, 1});
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
