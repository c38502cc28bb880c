/*
 * format/torch7/torch7.c - torch.save of Torch7 (File.lua): numbers, texts, tables and objects of classes, one after the other, in binary.
 *
 * A function is kept as bytecode of Lua, which loading hands to loadstring: code, whatever else the file holds. Values come in the order in which they
 * are read, so it is enough to count how many are still to come.
 */
#include "torch7/torch7.h"

#include "base/reader.h"
#include "nested.h"

enum {
    TYPE_NIL = 0,
    TYPE_NUMBER = 1,
    TYPE_STRING = 2,
    TYPE_TABLE = 3,
    TYPE_OBJECT = 4,
    TYPE_BOOLEAN = 5,
    TYPE_FUNCTION = 6,
    TYPE_FUNCTION_OLD = 7,
    TYPE_FUNCTION_SHARED = 8,
    CLASS_BYTES_MAX = 128,
    KEY_BYTES_MAX = 256,
    RANK_MAX = 32,
    FINDINGS_MAX = 32,
};

static const char advice[] = "Do not load this file: Torch7 runs the functions in it. Ask for the weights in "
                             "a format that holds only data.";

typedef struct walk {
    report *report;
    reader in;
    uint64_t pending, seen, functions;
    size_t findings;
    const char *trouble;
} walk;

/* --- what objects hold -------------------------------------------------------------------------------------------------------------------- */

static uint64_t storage_item(str class)
{
    static const struct {
        const char *name;
        unsigned item_bytes;
    } kinds[] = {{"Byte", 1},  {"Char", 1}, {"Short", 2},  {"Half", 2}, {"Int", 4},
                 {"Float", 4}, {"Long", 8}, {"Double", 8}, {"", 4}};
    str name = str_skip(class, 6); /* "torch." */
    if (!str_starts_with(class, STR("torch.")) || !str_ends_with(name, STR("Storage"))) return 0;
    name = str_slice(name, 0, name.len - 7);
    if (str_starts_with(name, STR("Cuda"))) name = str_skip(name, 4);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_eq(name, str_from_c(kinds[i].name))) return kinds[i].item_bytes;
    return 0;
}

static void take_storage(walk *w, uint64_t item_bytes)
{
    uint64_t count = reader_u64le(&w->in), size_bytes;
    if (__builtin_mul_overflow(count, item_bytes, &size_bytes)) w->in.failed = true;
    if (!w->in.failed) (void)reader_skip(&w->in, size_bytes);
}

/* Dimensions, their sizes and strides, where it begins, and then the storage as a value of its own. */
static void take_tensor(walk *w)
{
    uint32_t rank = reader_u32le(&w->in);
    if (rank > RANK_MAX) w->in.failed = true;
    if (!w->in.failed) (void)reader_skip(&w->in, 16ull * rank + 8);
    w->pending++;
}

static bool is_own_class(str class)
{
    static const char *const packages[] = {"torch.", "nn.", "cunn.", "cudnn.", "nngraph.", "graph."};
    for (size_t i = 0; i < COUNT_OF(packages); i++)
        if (str_starts_with(class, str_from_c(packages[i]))) return true;
    return false;
}

static str take_text(walk *w, uint64_t most)
{
    uint32_t len = reader_u32le(&w->in);
    if (len > most) w->in.failed = true;
    return w->in.failed ? STR_NONE : bytes_str(reader_take(&w->in, len));
}

static bool see_object(walk *w, uint64_t at, err *e)
{
    str class = take_text(w, CLASS_BYTES_MAX);
    if (str_starts_with(class, STR("V "))) class = take_text(w, CLASS_BYTES_MAX);
    if (w->in.failed) return true;
    uint64_t item_bytes = storage_item(class);
    if (item_bytes) {
        take_storage(w, item_bytes);
        return true;
    }
    if (str_starts_with(class, STR("torch.")) && str_ends_with(class, STR("Tensor"))) {
        take_tensor(w);
        return true;
    }
    w->pending++;
    if (is_own_class(class) || w->findings++ >= FINDINGS_MAX) return true;
    remark m = {.code = "MDL-T7-002",
                .severity = SEVERITY_MEDIUM,
                .offset = at,
                .has_offset = true,
                .advice = advice};
    str title =
        arena_printf(w->report->arena, "The file holds an object of a class that is not Torch7's own: %.*s",
                     STR_ARG(str_is_utf8(class) ? class : STR("(no text)")));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(w->report, &m, title, e);
}

static bool see_function(walk *w, uint64_t at, err *e)
{
    uint32_t size_bytes = reader_u32le(&w->in);
    (void)reader_skip(&w->in, size_bytes);
    w->pending++; /* the values that it has from outside */
    w->functions++;
    if (w->findings++ >= FINDINGS_MAX) return true;
    remark m = {
        .code = "MDL-T7-001", .severity = SEVERITY_HIGH, .offset = at, .has_offset = true, .advice = advice};
    return nested_say(w->report, &m,
                      STR("The file carries a Lua function as code, which loading turns into one that runs"),
                      e);
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------------------ */

/* Writers number what they have written; a number that was there stands for the same thing once more. */
static bool is_new(walk *w)
{
    uint32_t index = reader_u32le(&w->in);
    if (index == w->seen + 1) {
        w->seen++;
        return true;
    }
    if (index == 0 || index > w->seen) w->in.failed = true;
    return false;
}

static bool see_table(walk *w)
{
    uint32_t pairs = reader_u32le(&w->in);
    w->pending += 2ull * pairs;
    if (2ull * pairs > reader_left(&w->in) / 4) w->in.failed = true;
    return true;
}

static bool see_value(walk *w, err *e)
{
    uint64_t at = w->in.at;
    uint32_t type = reader_u32le(&w->in);
    switch (w->in.failed ? UINT32_MAX : type) {
    case TYPE_NIL: return true;
    case TYPE_NUMBER: (void)reader_skip(&w->in, 8); return true;
    case TYPE_STRING: (void)take_text(w, UINT32_MAX); return true;
    case TYPE_BOOLEAN: (void)reader_skip(&w->in, 4); return true;
    case TYPE_FUNCTION: return see_function(w, at, e);
    case TYPE_TABLE: return !is_new(w) || see_table(w);
    case TYPE_OBJECT: return !is_new(w) || see_object(w, at, e);
    case TYPE_FUNCTION_OLD:
    case TYPE_FUNCTION_SHARED: return !is_new(w) || see_function(w, at, e);
    default: w->in.failed = true; return true;
    }
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_word(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] < 0x20 || (unsigned char)s.data[i] > 0x7e) return false;
    return s.len > 0;
}

static bool is_text_form(bytes content)
{
    return str_starts_with(bytes_str(content), STR("4\n1\n3\nV 1\n"));
}

/* The first value is an object, a function, or a table whose first key is a word or the number 1. */
static bool sniff(const format_input *in)
{
    static const uint8_t one[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
    walk w = {.in = reader_of(in->content)};
    if (is_text_form(in->content)) return true;
    uint32_t type = reader_u32le(&w.in), index = reader_u32le(&w.in);
    if (w.in.failed || index != 1) return false;
    if (type == TYPE_FUNCTION_OLD || type == TYPE_FUNCTION_SHARED)
        return reader_u32le(&w.in) > 4 && str_eq(bytes_str(reader_take(&w.in, 2)), STR("\x1bL"));
    if (type == TYPE_OBJECT) {
        str version = take_text(&w, 8), class = take_text(&w, CLASS_BYTES_MAX);
        return str_starts_with(version, STR("V ")) && is_word(class) && str_find(class, '.') > 0;
    }
    uint32_t pairs = reader_u32le(&w.in), key = reader_u32le(&w.in);
    if (type != TYPE_TABLE || w.in.failed || pairs == 0 || pairs > reader_left(&w.in) / 8) return false;
    if (key == TYPE_STRING) return is_word(take_text(&w, KEY_BYTES_MAX));
    bytes number = reader_take(&w.in, 8);
    return key == TYPE_NUMBER && number.len == 8 && memcmp(number.data, one, 8) == 0;
}

static bool unreadable(report *r, const char *title, err *e)
{
    remark m = {.code = "MDL-T7-003", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, str_from_c(title), e);
}

static bool read(const format_input *in, report *r, err *e)
{
    walk w = {.report = r, .in = reader_of(in->content), .pending = 1};
    if (!report_fact(r, STR("framework"), STR("torch7"), e) || !nested_also_pickle(in, r, "MDL-T7-003", e))
        return false;
    if (is_text_form(in->content))
        return unreadable(r, "This is Torch7's form as text, which Assay does not read", e);
    for (; w.pending && !w.in.failed; w.pending--)
        if (!see_value(&w, e)) return false;
    if (w.in.failed) return unreadable(r, "The file ends within a value, or holds one of an unknown kind", e);
    bytes rest = {in->content.data + w.in.at, reader_left(&w.in)};
    return !rest.len || (unreadable(r, "Bytes follow the file's value", e) &&
                         nested_read(in, STR("(behind the value)"), rest, r, e));
}

const model_format format_torch7 = {.name = "torch7", .title = "Torch7 file", .sniff = sniff, .read = read};
