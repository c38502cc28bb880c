/*
 * format/source/dockerfile_command.c - shell commands that fetch a program and run it.
 *
 * No shell is parsed: a command line is cut at its operators, and of each piece the first word that is no prefix (sudo, env, VAR=x) is the program.
 * That finds what people write; whoever hides a command from this hides it from every reader.
 */
#include "source/dockerfile.h"

enum { SAVED_MAX = 16, DEPTH_MAX = 4 };

static bool has(str text, const char *part)
{
    return str_contains(text, str_from_c(part));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static str trim_quotes(str word)
{
    while (word.len && strchr("\"'`,[](){}", word.data[0])) word = str_skip(word, 1);
    while (word.len && strchr("\"'`,[](){}", word.data[word.len - 1])) word.len--;
    return word;
}

static str next_word(str *rest)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && !is_blank(rest->data[len])) len++;
    str word = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len);
    return word;
}

static str base_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

static bool is_interpreter(str program)
{
    static const char *const names[] = {"sh",   "bash", "dash", "ash", "zsh",    "ksh", "python",
                                        "perl", "ruby", "node", "php", "source", ".",   "eval"};
    program = base_of(trim_quotes(program));
    if (str_starts_with(program, STR("python"))) return true;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(program, str_from_c(names[i]))) return true;
    return false;
}

/* The program of a piece, behind what may stand in front of one. */
static str program_of(str *piece)
{
    static const char *const prefixes[] = {"sudo", "env", "exec", "command", "nohup", "time",
                                           "then", "do",  "if",   "!",       "else",  "while"};
    for (;;) {
        str word = next_word(piece), plain = base_of(trim_quotes(word));
        bool is_prefix = str_starts_with(word, STR("-")) || str_find(word, '=') > 0;
        for (size_t i = 0; i < COUNT_OF(prefixes); i++) is_prefix |= str_eq(plain, str_from_c(prefixes[i]));
        if (word.len == 0 || !is_prefix) return plain;
    }
}

static bool is_fetching(str piece)
{
    str program = program_of(&piece);
    return str_eq(program, STR("curl")) || str_eq(program, STR("wget"));
}

/* Up to ';', '&', '|' or a line's end: *ended_by gets what ended it. Operators within quotes are kept with the text. */
static str next_piece(str *rest, char *ended_by)
{
    char quote = 0;
    size_t at = 0;
    for (; at < rest->len; at++) {
        char c = rest->data[at];
        if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? 0 : c;
        if (!quote && strchr(";&|\n", c)) break;
    }
    str piece = str_slice(*rest, 0, at);
    *ended_by = at < rest->len ? rest->data[at] : 0;
    *rest = str_skip(*rest, at + 1);
    if (*ended_by == '|' && str_starts_with(*rest, STR("|"))) {
        *rest = str_skip(*rest, 1);
        *ended_by = ';';
    }
    return piece;
}

/* sh -c "$(curl ...)", bash <(curl ...), eval "`wget ...`" */
static bool runs_substitution(str piece)
{
    bool fetches = has(piece, "$(curl") || has(piece, "$(wget") || has(piece, "<(curl") ||
                   has(piece, "<(wget") || has(piece, "`curl") || has(piece, "`wget");
    return fetches && is_interpreter(program_of(&piece));
}

/* Where curl or wget put what they got: -o FILE, -O FILE, > FILE; else the last part of the address. */
static str saved_as(str piece)
{
    str program = program_of(&piece), saved = STR_NONE, address = STR_NONE;
    bool is_wget = str_eq(program, STR("wget")), uses_name = is_wget;
    for (str word = next_word(&piece); word.len; word = next_word(&piece)) {
        bool is_named = str_eq(word, STR("-o")) || str_eq(word, STR("--output")) || str_eq(word, STR(">")) ||
                        (is_wget && (str_eq(word, STR("-O")) || str_eq(word, STR("--output-document"))));
        if (is_named) saved = trim_quotes(next_word(&piece));
        if (!is_wget && (str_eq(word, STR("-O")) || str_eq(word, STR("-LO")) || str_eq(word, STR("-sSLO"))))
            uses_name = true;
        if (has(word, "://")) address = trim_quotes(word);
    }
    return saved.len ? saved : uses_name ? base_of(address) : STR_NONE;
}

static bool runs_saved(str piece, const str *saved, size_t count)
{
    str program = str_trim(piece), rest = piece;
    bool is_interpreted = is_interpreter(program_of(&rest));
    for (size_t i = 0; i < count; i++) {
        str base = base_of(saved[i]), words = is_interpreted ? rest : program;
        for (str word = next_word(&words); word.len; word = next_word(&words)) {
            if (str_eq(base_of(trim_quotes(word)), base)) return true;
            if (!is_interpreted) break; /* only the program itself runs */
        }
    }
    return false;
}

static fetched_run judge(str command, unsigned depth);

/* ["sh", "-c", "..."] and sh -c '...': commands within a text. */
static bool runs_quoted(str piece, unsigned depth)
{
    for (size_t from = 0; from < piece.len; from++) {
        char quote = piece.data[from];
        if (quote != '"' && quote != '\'') continue;
        size_t end = from + 1;
        while (end < piece.len && piece.data[end] != quote) end++;
        if (judge(str_slice(piece, from + 1, end - from - 1), depth + 1) == RUN_UNSEEN) return true;
        from = end;
    }
    return false;
}

static fetched_run judge(str command, unsigned depth)
{
    str saved[SAVED_MAX], rest = command;
    size_t count = 0;
    bool is_piped = false, is_checked = has(command, "sha256sum") || has(command, "sha512sum") ||
                                        has(command, "shasum") || has(command, "gpg ");
    fetched_run worst = RUN_NOTHING;
    char ended_by = 0;
    do {
        str piece = next_piece(&rest, &ended_by), words = piece, program = program_of(&words);
        bool is_into = is_piped && is_interpreter(program);
        if (is_into || runs_substitution(piece)) return RUN_UNSEEN;
        if (is_interpreter(program) && depth < DEPTH_MAX && runs_quoted(piece, depth)) return RUN_UNSEEN;
        is_piped = ended_by == '|' && (is_piped || is_fetching(piece));
        if (runs_saved(piece, saved, count) && !is_checked) worst = RUN_SAVED;
        str name = is_fetching(piece) ? saved_as(piece) : STR_NONE;
        if (name.len && count < SAVED_MAX) saved[count++] = name;
    } while (ended_by);
    return worst;
}

fetched_run dockerfile_command(str command)
{
    bool is_list = str_starts_with(str_trim(command), STR("["));
    if (is_list && runs_quoted(command, 0)) return RUN_UNSEEN;
    return judge(command, 0);
}
