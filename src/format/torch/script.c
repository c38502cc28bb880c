/*
 * format/torch/script.c - the code of TorchScript: a small language that looks like Python and is run by PyTorch's own interpreter.
 *
 * It reaches the outside only through operators, which it calls by dotted names; so the names are what is read. Texts and comments are skipped.
 */
#include "torch/torch.h"

#include "base/reader.h"
#include "nested.h"

#include <stdio.h>

enum { TITLE_BYTES = 256, NAME_BYTES_SHOWN = 120 };

static const char advice[] =
    "Look at the code below code/ before you run this model, or save its state_dict as safetensors instead.";

static bool is_name_byte(int c)
{
    return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* 'text' or "text" with escapes; one that is not closed takes the rest. */
static void skip_text(reader *r)
{
    int quote = reader_u8(r);
    while (reader_left(r)) {
        int c = reader_u8(r);
        if (c == quote) return;
        if (c == '\\') (void)reader_u8(r);
    }
}

static void skip_comment(reader *r)
{
    while (reader_left(r) && reader_peek(r) != '\n') (void)reader_u8(r);
}

/* The next dotted name, or nothing at the end. */
static str next_name(reader *r)
{
    while (reader_left(r)) {
        int c = reader_peek(r);
        if (c == '\'' || c == '"') {
            skip_text(r);
        } else if (c == '#') {
            skip_comment(r);
        } else if (is_name_byte(c)) {
            size_t from = r->at;
            while (reader_left(r) && is_name_byte(reader_peek(r))) (void)reader_u8(r);
            return str_slice(bytes_str(r->all), from, r->at - from);
        } else {
            (void)reader_u8(r);
        }
    }
    return STR_NONE;
}

static bool is_one_of(str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, str_from_c(words[i]))) return true;
    return false;
}

/* What a name reaches: NULL is nothing, *s how bad it is. */
static const char *reach_of(str name, severity *s)
{
    static const char *const files[] = {"from_file", "save", "load", "_load_from_bytes", "load_library"};
    static const char *const known[] = {"aten", "prim", "prims", "quantized", "torchvision"};
    str first, rest, space;
    if (!str_cut(name, '.', &first, &rest)) return NULL;
    if (str_eq(first, STR("torch")) && str_starts_with(rest, STR("ops."))) {
        first = STR("ops");
        rest = str_skip(rest, 4);
    }
    str last = str_skip(name, (size_t)(str_find_last(name, '.') + 1));
    bool is_operator = str_eq(first, STR("ops")) || str_eq(first, STR("torch")) || str_eq(first, STR("aten"));
    *s = SEVERITY_HIGH;
    if (is_operator && is_one_of(last, files, COUNT_OF(files))) return "reads or writes files";
    if (str_contains(name, STR("ops.loaded"))) return "loads a library";
    *s = SEVERITY_MEDIUM;
    (void)str_cut(rest, '.', &space, &rest);
    if (str_eq(first, STR("ops")) && !is_one_of(space, known, COUNT_OF(known)))
        return "is an operator that PyTorch itself does not have";
    return NULL;
}

bool torch_script_read(str member, bytes source, report *r, err *e)
{
    reader in = reader_of(source);
    for (str name = next_name(&in); name.len; name = next_name(&in)) {
        severity s;
        const char *reach = reach_of(name, &s);
        if (!reach) continue;
        char title[TITLE_BYTES];
        int len =
            snprintf(title, sizeof(title), "The code of the model uses %.*s, which %s",
                     (int)(name.len < NAME_BYTES_SHOWN ? name.len : NAME_BYTES_SHOWN), name.data, reach);
        remark m = {.code = "MDL-TOR-003",
                    .severity = s,
                    .member = member,
                    .advice = advice,
                    .offset = in.at - name.len,
                    .has_offset = true};
        if (!nested_say(r, &m, (str){title, (size_t)len}, e)) return false;
    }
    return true;
}
