/*
 * format/keras/code.c - Python code in a configuration: base64 of what marshal wrote. It is never loaded; only the names and texts in it are
 * read, because every one of them lies there in plain letters behind its length.
 */
#include "keras/keras.h"

#include "base/buf.h"
#include "base/reader.h"

enum { CODE_BYTES_MAX = 1024 * 1024, SHOWN_BYTES_MAX = 300, WORD_BYTES_MIN = 2, WORD_BYTES_MAX = 80 };

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

/* As lenient as Python's: what is no letter of the alphabet is skipped. */
static void decode_base64(str text, buf *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < text.len && !out->failed; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0) continue;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        buf_add_byte(out, (uint8_t)(bits >> have));
    }
}

static bool is_word_byte(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static bool is_name_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_dangerous_name(str name)
{
    static const char *const names[] = {
        "os",      "subprocess",   "eval",     "exec",        "__import__",   "open",           "socket",
        "pickle",  "base64",       "system",   "popen",       "Popen",        "builtins",       "importlib",
        "ctypes",  "shutil",       "requests", "urllib",      "sys",          "posix",          "pty",
        "marshal", "compile",      "getattr",  "__globals__", "__builtins__", "__subclasses__", "urlopen",
        "runpy",   "check_output", "execv",    "spawn",       "getenv",       "environ"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(name, str_from_c(names[i]))) return true;
    return false;
}

/* A text constant may hold a whole program, so each identifier in it is looked at. */
static bool holds_danger(str word)
{
    for (size_t from = 0, at = 0; at <= word.len; at++) {
        if (at < word.len && is_name_byte(word.data[at])) continue;
        if (at > from && is_dangerous_name(str_slice(word, from, at - from))) return true;
        from = at + 1;
    }
    return false;
}

static void add_word(buf *shown, str word)
{
    if (word.len > WORD_BYTES_MAX) word.len = WORD_BYTES_MAX;
    if (shown->len + word.len + 2 > SHOWN_BYTES_MAX) return;
    if (shown->len) buf_add_str(shown, STR(" "));
    buf_add_str(shown, word);
}

str keras_code_names(arena *a, str base64, bool *is_dangerous)
{
    AUTO_BUF buf code;
    AUTO_BUF buf shown;
    buf_init(&code, CODE_BYTES_MAX);
    buf_init(&shown, SHOWN_BYTES_MAX);
    decode_base64(base64, &code);
    str all = buf_str(&code);
    for (size_t from = 0, at = 0; at <= all.len; at++) {
        if (at < all.len && is_word_byte((uint8_t)all.data[at])) continue;
        str word = str_slice(all, from, at - from);
        from = at + 1;
        if (word.len < WORD_BYTES_MIN) continue;
        *is_dangerous = *is_dangerous || holds_danger(word);
        add_word(&shown, word);
    }
    return arena_copy(a, buf_str(&shown));
}
