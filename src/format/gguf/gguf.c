/*
 * format/gguf/gguf.c - the structure of GGUF 1 to 3, little and big endian (the specification beside ggml).
 *
 * Each rule here was a memory error in some reader: counts and lengths that do not fit the file, products that overflow, tensors that lie
 * outside of it or in one another. What breaks a rule is unsafe, because which readers stumble over it is not for us to know.
 */
#include "gguf/gguf.h"

#include "base/reader.h"
#include "nested.h"
#include "template.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEY_BYTES_MAX = 65535,
    NAME_BYTES_MAX = 64,
    RANK_MAX = 4,
    ALIGNMENT_USUAL = 32,
    HOLE_USUAL = 4096, /* padding up to a page is padding, whatever the alignment claims */
    FACT_BYTES_MAX = 256,
    TITLE_BYTES = 256,
};

enum { GGUF_STRING = 8, GGUF_ARRAY = 9 };

static const char advice[] =
    "Do not load this file; get it again from its source, or convert the model again with current tools.";

/* Bytes of a value by its type; 0: text, array or unknown. */
static const uint8_t value_bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

static const struct {
    const char *name;
    uint16_t block, block_bytes;
} tensor_types[] = {
    [0] = {"F32", 1, 4},           [1] = {"F16", 1, 2},           [2] = {"Q4_0", 32, 18},
    [3] = {"Q4_1", 32, 20},        [6] = {"Q5_0", 32, 22},        [7] = {"Q5_1", 32, 24},
    [8] = {"Q8_0", 32, 34},        [9] = {"Q8_1", 32, 36},        [10] = {"Q2_K", 256, 84},
    [11] = {"Q3_K", 256, 110},     [12] = {"Q4_K", 256, 144},     [13] = {"Q5_K", 256, 176},
    [14] = {"Q6_K", 256, 210},     [15] = {"Q8_K", 256, 292},     [16] = {"IQ2_XXS", 256, 66},
    [17] = {"IQ2_XS", 256, 74},    [18] = {"IQ3_XXS", 256, 98},   [19] = {"IQ1_S", 256, 50},
    [20] = {"IQ4_NL", 32, 18},     [21] = {"IQ3_S", 256, 110},    [22] = {"IQ2_S", 256, 82},
    [23] = {"IQ4_XS", 256, 136},   [24] = {"I8", 1, 1},           [25] = {"I16", 1, 2},
    [26] = {"I32", 1, 4},          [27] = {"I64", 1, 8},          [28] = {"F64", 1, 8},
    [29] = {"IQ1_M", 256, 56},     [30] = {"BF16", 1, 2},         [31] = {"Q4_0_4_4", 32, 18},
    [32] = {"Q4_0_4_8", 32, 18},   [33] = {"Q4_0_8_8", 32, 18},   [34] = {"TQ1_0", 256, 54},
    [35] = {"TQ2_0", 256, 66},     [36] = {"IQ4_NL_4_4", 32, 18}, [37] = {"IQ4_NL_4_8", 32, 18},
    [38] = {"IQ4_NL_8_8", 32, 18}, [39] = {"MXFP4", 32, 17},      [40] = {"NVFP4", 64, 36},
    [41] = {"Q1_0", 128, 18}};

typedef struct tensor {
    str name;
    uint64_t offset, size_bytes, elements, dims[RANK_MAX];
    uint32_t type, rank;
} tensor;

typedef struct gguf {
    const format_input *in;
    report *report;
    reader r;
    uint32_t version;
    bool is_big;
    bool is_hostile; /* a rule is broken: what follows means nothing */
    uint64_t alignment, parameters;
    str *keys;
    tensor *tensors;
    size_t key_count, tensor_count;
    uint64_t of_type[COUNT_OF(tensor_types)];
} gguf;

/* --- findings ------------------------------------------------------------------------------------------------------------------------ */

/* Stops the reading without failing: callers return what this returns and look at is_hostile. */
static bool hostile(gguf *g, const char *what, str name, err *e)
{
    char title[TITLE_BYTES];
    str shown = str_is_utf8(name) && name.len <= 100 ? name : STR_NONE;
    int len = snprintf(title, sizeof(title), shown.len ? "%s: '%.*s'" : "%s", what, STR_ARG(shown));
    g->is_hostile = true;
    remark m = {.code = "MDL-GUF-002",
                .severity = SEVERITY_HIGH,
                .advice = advice,
                .offset = g->r.at,
                .has_offset = true,
                .is_unreadable = true};
    return nested_say(g->report, &m, (str){title, (size_t)len}, e);
}

static bool odd(gguf *g, severity s, const char *title, uint64_t at, err *e)
{
    remark m = {.code = "MDL-GUF-002", .severity = s, .advice = advice, .offset = at, .has_offset = true};
    return nested_say(g->report, &m, str_from_c(title), e);
}

/* --- numbers and texts ------------------------------------------------------------------------------------------------------------------ */

static uint32_t take_u32(gguf *g)
{
    return g->is_big ? reader_u32be(&g->r) : reader_u32le(&g->r);
}

static uint64_t take_u64(gguf *g)
{
    return g->is_big ? reader_u64be(&g->r) : reader_u64le(&g->r);
}

/* Counts, lengths and dimensions: 32 bits in version 1, 64 since. */
static uint64_t take_count(gguf *g)
{
    return g->version == 1 ? take_u32(g) : take_u64(g);
}

static str take_text(gguf *g)
{
    return bytes_str(reader_take(&g->r, take_count(g)));
}

static unsigned count_bytes(const gguf *g)
{
    return g->version == 1 ? 4 : 8;
}

/* --- keys and values -------------------------------------------------------------------------------------------------------------------- */

static bool starts_key(str key, const char *prefix)
{
    return str_starts_with(key, str_from_c(prefix));
}

static bool is_told_text(str key)
{
    static const char *const keys[] = {"general.architecture", "general.name",         "general.author",
                                       "general.version",      "general.organization", "general.basename",
                                       "general.size_label",   "general.license",      "general.source.url",
                                       "general.quantized_by", "tokenizer.ggml.model"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_eq(key, str_from_c(keys[i]))) return true;
    return false;
}

/* tokenizer.chat_template, its relatives by name, and whatever else calls itself one. */
static bool is_template(str key)
{
    return starts_key(key, "tokenizer.chat_template") || str_ends_with(key, STR(".template"));
}

static bool is_told_number(str key)
{
    static const char *const ends[] = {
        ".context_length", ".embedding_length", ".block_count",      ".head_count",
        ".head_count_kv",  ".vocab_size",       "general.file_type", "general.quantization_version"};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_ends_with(key, str_from_c(ends[i]))) return str_is_utf8(key) && key.len <= 100;
    return false;
}

static bool read_string(gguf *g, str key, err *e)
{
    str value = take_text(g);
    if (g->r.failed) return hostile(g, "A text reaches beyond the end of the file", key, e);
    if (is_template(key) && !chat_template_read(key, value, g->report, e)) return false;
    bool is_shown = is_told_text(key) && value.len <= FACT_BYTES_MAX && str_is_utf8(value);
    return !is_shown || report_fact(g->report, key, value, e);
}

static bool read_array(gguf *g, str key, err *e)
{
    uint32_t type = take_u32(g);
    uint64_t count = take_count(g), total;
    if (g->r.failed) return hostile(g, "The file ends within an array", key, e);
    if (type == GGUF_ARRAY || type >= COUNT_OF(value_bytes))
        return hostile(g, "An array holds arrays, or a type that does not exist", key, e);
    unsigned item_bytes = type == GGUF_STRING ? count_bytes(g) : value_bytes[type];
    if (__builtin_mul_overflow(count, (uint64_t)item_bytes, &total) || total > reader_left(&g->r))
        return hostile(g, "An array has more items than the file has bytes", key, e);
    if (str_eq(key, STR("tokenizer.ggml.tokens")) &&
        !nested_fact_number(g->report, STR("vocabulary"), count, e))
        return false;
    if (type != GGUF_STRING) return reader_skip(&g->r, total);
    for (uint64_t i = 0; i < count && !g->r.failed; i++) {
        str item = take_text(g);
        /* Templates by name in a list, as some converters write them. */
        if (is_template(key) && !chat_template_read(key, item, g->report, e)) return false;
    }
    return !g->r.failed || hostile(g, "A text of an array reaches beyond the end of the file", key, e);
}

static bool read_number(gguf *g, str key, uint32_t type, err *e)
{
    bool is_short = value_bytes[type] == 4;
    if (!is_short || type == 6)
        return reader_skip(&g->r, value_bytes[type]) || hostile(g, "The file ends within a value", key, e);
    uint32_t value = take_u32(g);
    if (g->r.failed) return hostile(g, "The file ends within a value", key, e);
    if (str_eq(key, STR("general.alignment"))) {
        if (value < 8 || (value & (value - 1)) != 0)
            return hostile(g, "The alignment is no power of two from 8 on", STR_NONE, e);
        g->alignment = value;
    }
    return !is_told_number(key) || nested_fact_number(g->report, key, value, e);
}

static bool read_pair(gguf *g, err *e)
{
    str key = take_text(g);
    if (g->r.failed || key.len > KEY_BYTES_MAX)
        return hostile(g, "A key is too long, or reaches beyond the end of the file", STR_NONE, e);
    uint32_t type = take_u32(g);
    g->keys[g->key_count++] = key;
    if (g->r.failed) return hostile(g, "The file ends within a key", key, e);
    if (type == GGUF_STRING) return read_string(g, key, e);
    if (type == GGUF_ARRAY) return read_array(g, key, e);
    if (type >= COUNT_OF(value_bytes)) return hostile(g, "A value has a type that does not exist", key, e);
    return read_number(g, key, type, e);
}

static int by_text(const void *left, const void *right)
{
    const str *a = left, *b = right;
    return str_compare(*a, *b);
}

static bool check_twice(gguf *g, str *names, size_t count, const char *what, err *e)
{
    if (count) qsort(names, count, sizeof(str), by_text);
    for (size_t i = 1; i < count; i++)
        if (str_eq(names[i], names[i - 1])) return hostile(g, what, names[i], e);
    return true;
}

/* --- tensors ------------------------------------------------------------------------------------------------------------------------------ */

static bool tensor_size(gguf *g, tensor *t, const uint64_t *dims, err *e)
{
    if (t->type >= COUNT_OF(tensor_types) || !tensor_types[t->type].name)
        return hostile(g, "A tensor has a type that does not exist", t->name, e);
    uint64_t block = tensor_types[t->type].block, blocks;
    t->elements = 1;
    for (unsigned i = 0; i < RANK_MAX; i++)
        if (dims[i] == 0) return hostile(g, "A tensor has a dimension of no length", t->name, e);
    for (unsigned i = 0; i < RANK_MAX; i++)
        if (dims[i] > INT64_MAX || __builtin_mul_overflow(t->elements, dims[i], &t->elements) ||
            t->elements > INT64_MAX)
            return hostile(g, "The size of a tensor overflows", t->name, e);
    if (dims[0] % block != 0) return hostile(g, "The rows of a tensor are no whole blocks", t->name, e);
    blocks = t->elements / block;
    if (__builtin_mul_overflow(blocks, (uint64_t)tensor_types[t->type].block_bytes, &t->size_bytes))
        return hostile(g, "The size of a tensor overflows", t->name, e);
    return true;
}

static bool read_tensor(gguf *g, err *e)
{
    tensor t = {.name = take_text(g)};
    uint64_t dims[RANK_MAX] = {1, 1, 1, 1};
    uint32_t rank = take_u32(g);
    if (g->r.failed || t.name.len > NAME_BYTES_MAX)
        return hostile(g, "The name of a tensor is too long, or reaches beyond the end of the file", t.name,
                       e);
    if (rank > RANK_MAX) return hostile(g, "A tensor has more than four dimensions", t.name, e);
    for (uint32_t i = 0; i < rank; i++) dims[i] = t.dims[i] = take_count(g);
    t.rank = rank;
    t.type = take_u32(g);
    t.offset = take_u64(g);
    if (g->r.failed) return hostile(g, "The file ends within the table of tensors", t.name, e);
    if (!tensor_size(g, &t, dims, e)) return false;
    if (g->is_hostile) return true;
    g->tensors[g->tensor_count++] = t;
    g->of_type[t.type]++;
    if (__builtin_add_overflow(g->parameters, t.elements, &g->parameters))
        return hostile(g, "The sizes of the tensors overflow", t.name, e);
    return true;
}

static int by_offset(const void *left, const void *right)
{
    const tensor *a = left, *b = right;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return a->size_bytes < b->size_bytes ? -1 : a->size_bytes > b->size_bytes;
}

static bool is_all_zero(bytes b)
{
    return b.len == 0 || (b.data[0] == 0 && memcmp(b.data, b.data + 1, b.len - 1) == 0);
}

/* Up to the alignment it is padding; beyond it, and not zero, it is a place for something else. */
static bool check_hole(gguf *g, bytes hole, uint64_t at, err *e)
{
    uint64_t usual = g->alignment < HOLE_USUAL ? g->alignment : HOLE_USUAL;
    if (hole.len < usual || is_all_zero(hole)) return true;
    return odd(g, SEVERITY_MEDIUM, "Bytes of the file belong to no tensor", at, e) &&
           nested_read(g->in, STR("(bytes of no tensor)"), hole, g->report, e);
}

/* In numpy's words where it has one. The first dimension of the file is the innermost, numpy's is the last. */
static bool tell_tensor(const gguf *g, const tensor *t, bytes numbers, err *e)
{
    static const struct {
        const char *type, *word;
    } words[] = {{"F32", "float32"}, {"F16", "float16"}, {"BF16", "bfloat16"}, {"F64", "float64"},
                 {"I8", "int8"},     {"I16", "int16"},   {"I32", "int32"},     {"I64", "int64"}};
    const char *dtype = tensor_types[t->type].name;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(dtype, words[i].type) == 0) {
            dtype = words[i].word;
            break;
        }
    /* A converter unpacks them; everybody else is told how they are packed. */
    const tensor_blocks *blocks = g->report->keeps_numbers && !g->is_big ? gguf_blocks_of(dtype) : NULL;
    if (blocks) dtype = "float32";
    uint64_t shape[RANK_MAX];
    for (uint32_t i = 0; i < t->rank; i++) shape[i] = t->dims[t->rank - 1 - i];
    tensor_fact told = {.name = t->name,
                        .dtype = str_from_c(dtype),
                        .shape = shape,
                        .rank = t->rank,
                        .bytes = t->size_bytes,
                        .numbers = numbers,
                        .is_big_endian = g->is_big,
                        .blocks = blocks};
    return report_tensor(g->report, &told, e);
}

static bool check_places(gguf *g, err *e)
{
    uint64_t start = (g->r.at + g->alignment - 1) & ~(g->alignment - 1);
    if (g->tensor_count == 0) start = g->r.at;
    if (start > g->in->content.len)
        return hostile(g, "The tensors start beyond the end of the file", STR_NONE, e);
    bytes data = {g->in->content.data + start, g->in->content.len - (size_t)start};
    if (!check_hole(g, (bytes){g->in->content.data + g->r.at, (size_t)(start - g->r.at)}, g->r.at, e))
        return false;
    if (g->tensor_count) qsort(g->tensors, g->tensor_count, sizeof(tensor), by_offset);
    uint64_t at = 0;
    for (size_t i = 0; i < g->tensor_count; i++) {
        const tensor *t = &g->tensors[i];
        if (t->offset % g->alignment != 0)
            return hostile(g, "A tensor does not lie at the alignment", t->name, e);
        if (t->offset > data.len || t->size_bytes > data.len - t->offset)
            return hostile(g, "A tensor reaches beyond the end of the file", t->name, e);
        if (t->offset < at) return hostile(g, "Tensors overlap", t->name, e);
        bytes numbers = {data.data + t->offset, (size_t)t->size_bytes};
        if (!tell_tensor(g, t, numbers, e)) return false;
        if (!check_hole(g, (bytes){data.data + at, (size_t)(t->offset - at)}, start + at, e)) return false;
        at = t->offset + t->size_bytes;
    }
    return check_hole(g, (bytes){data.data + at, data.len - (size_t)at}, start + at, e);
}

static bool check_tensor_names(gguf *g, err *e)
{
    str *names = arena_alloc_array(g->report->arena, g->tensor_count + 1, sizeof(str));
    if (!names) return err_set(e, ERR_MEMORY, "no memory for the names of tensors");
    for (size_t i = 0; i < g->tensor_count; i++) names[i] = g->tensors[i].name;
    return check_twice(g, names, g->tensor_count, "Two tensors have the same name", e);
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------------ */

static bool tell_facts(gguf *g, err *e)
{
    AUTO_BUF buf kinds;
    buf_init(&kinds, 1024);
    for (size_t i = 0; i < COUNT_OF(tensor_types); i++)
        if (g->of_type[i])
            buf_printf(&kinds, "%s%s (%llu)", kinds.len ? ", " : "", tensor_types[i].name,
                       (unsigned long long)g->of_type[i]);
    return nested_fact_number(g->report, STR("gguf_version"), g->version, e) &&
           nested_fact_number(g->report, STR("tensors"), g->tensor_count, e) &&
           nested_fact_number(g->report, STR("parameters"), g->parameters, e) &&
           (kinds.failed || kinds.len == 0 || report_fact(g->report, STR("dtypes"), buf_str(&kinds), e));
}

static bool read_tables(gguf *g, uint64_t tensors, uint64_t pairs, err *e)
{
    g->keys = arena_alloc_array(g->report->arena, (size_t)pairs + 1, sizeof(str));
    g->tensors = arena_alloc_array(g->report->arena, (size_t)tensors + 1, sizeof(tensor));
    if (!g->keys || !g->tensors)
        return err_set(e, ERR_MEMORY, "no memory for %llu tensors", (unsigned long long)tensors);
    for (uint64_t i = 0; i < pairs && !g->is_hostile; i++)
        if (!read_pair(g, e)) return false;
    for (uint64_t i = 0; i < tensors && !g->is_hostile; i++)
        if (!read_tensor(g, e)) return false;
    if (!check_twice(g, g->keys, g->key_count, "A key stands twice", e) || !check_tensor_names(g, e))
        return false;
    return (g->is_hostile || check_places(g, e)) && tell_facts(g, e);
}

static bool read_gguf(gguf *g, err *e)
{
    (void)reader_skip(&g->r, 4);
    g->version = reader_u32le(&g->r);
    g->is_big = g->version != 0 && (g->version & 0xffff) == 0;
    if (g->is_big) g->version = __builtin_bswap32(g->version);
    if (g->r.failed || g->version < 1 || g->version > 3) {
        report_worsen(g->report, VERDICT_UNPARSEABLE);
        return odd(g, SEVERITY_MEDIUM, "The file is of a version of GGUF that is not known", 4, e);
    }
    if (g->is_big &&
        !odd(g, SEVERITY_INFO, "The file is for machines of the other byte order (big endian)", 4, e))
        return false;
    uint64_t tensors = take_count(g), pairs = take_count(g), wanted_tensors, wanted_pairs;
    unsigned c = count_bytes(g);
    bool overflows = __builtin_mul_overflow(tensors, (uint64_t)c + 16, &wanted_tensors) ||
                     __builtin_mul_overflow(pairs, (uint64_t)c + 5, &wanted_pairs) ||
                     __builtin_add_overflow(wanted_tensors, wanted_pairs, &wanted_pairs);
    if (g->r.failed || overflows || wanted_pairs > reader_left(&g->r))
        return hostile(g, "The file counts more keys and tensors than it has bytes", STR_NONE, e);
    return read_tables(g, tensors, pairs, e);
}

static bool is_obsolete(bytes content)
{
    static const char *const magics[] = {"lmgg", "fmgg", "tjgg", "algg"};
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (content.len >= 8 && str_starts_with(bytes_str(content), str_from_c(magics[i])) &&
            content.data[6] == 0 && content.data[7] == 0)
            return true;
    return false;
}

static bool sniff(const format_input *in)
{
    return str_starts_with(bytes_str(in->content), STR("GGUF")) || is_obsolete(in->content);
}

static bool read(const format_input *in, report *r, err *e)
{
    gguf g = {.in = in, .report = r, .r = reader_of(in->content), .alignment = ALIGNMENT_USUAL};
    if (!nested_also_pickle(in, r, "MDL-GUF-002", e)) return false;
    if (!is_obsolete(in->content)) return read_gguf(&g, e);
    r->format = "ggml";
    report_worsen(r, VERDICT_UNPARSEABLE);
    return odd(&g, SEVERITY_MEDIUM, "The file is of a format before GGUF, which is obsolete and not read", 0,
               e);
}

const model_format format_gguf = {.name = "gguf", .title = "GGUF (llama.cpp)", .sniff = sniff, .read = read};
