/*
 * format/safetensors/safetensors.c - the rules of the reference reader (safetensors 0.4 to 0.7), and what they keep out.
 *
 * Loading runs nothing, so all that can be wrong is the layout: bytes that belong to no tensor are a place for another file, and two readers
 * that disagree about a name give two models.
 */
#include "safetensors/safetensors.h"

#include "base/reader.h"
#include "codec/json.h"
#include "nested.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HEADER_BYTES_MAX = 100 * 1000 * 1000, /* the reference reader refuses more */
    LENGTH_BYTES = 8,
    TENSORS_USUAL_MAX = 1000 * 1000,
    RANK_MAX = 1024,
    HOLES_READ_MAX = 64, /* the file is unsafe after the first; more of them tell nothing new */
    FACTS_MAX = 64,
    FACT_BYTES_MAX = 512,
    TITLE_BYTES = 512,
};

static const char advice[] = "Do not use this file; write it again with the safetensors library.";

static const struct {
    const char *name, *word; /* the format's, and numpy's or what extends it */
    unsigned bits;
} dtypes[] = {{"BOOL", "bool", 8},
              {"U8", "uint8", 8},
              {"I8", "int8", 8},
              {"F8_E5M2", "float8_e5m2", 8},
              {"F8_E4M3", "float8_e4m3fn", 8},
              {"F8_E8M0", "float8_e8m0fnu", 8},
              {"F8_E4M3FNUZ", "float8_e4m3fnuz", 8},
              {"F8_E5M2FNUZ", "float8_e5m2fnuz", 8},
              {"F4", "float4_e2m1fn", 4},
              {"F6_E2M3", "float6_e2m3fn", 6},
              {"F6_E3M2", "float6_e3m2fn", 6},
              {"I16", "int16", 16},
              {"U16", "uint16", 16},
              {"F16", "float16", 16},
              {"BF16", "bfloat16", 16},
              {"I32", "int32", 32},
              {"U32", "uint32", 32},
              {"F32", "float32", 32},
              {"C64", "complex64", 64},
              {"F64", "float64", 64},
              {"I64", "int64", 64},
              {"U64", "uint64", 64}};

typedef struct tensor {
    str name;
    uint64_t begin, end;
    size_t dtype;
} tensor;

typedef struct layout {
    const format_input *in;
    report *report;
    bytes data; /* behind the header */
    uint64_t data_at;
    tensor *tensors;
    size_t count;
    uint64_t parameters, of_dtype[COUNT_OF(dtypes)];
    bool is_readable; /* every entry was understood: the tiling means something */
} layout;

/* --- findings ---------------------------------------------------------------------------------------------------------------------- */

/* The layout itself is an attack: two readings of one file, or a place for another. */
static bool hostile(report *r, str title, uint64_t at, err *e)
{
    remark m = {
        .code = "MDL-SFT-001", .severity = SEVERITY_HIGH, .advice = advice, .offset = at, .has_offset = true};
    return nested_say(r, &m, title, e);
}

static bool unreadable(report *r, str title, err *e)
{
    remark m = {.code = "MDL-SFT-002", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, title, e);
}

static bool bad_entry(layout *l, str name, const char *what, err *e)
{
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof(title), "The entry '%.*s' of the header %s",
                       (int)(name.len < 200 ? name.len : 200), name.data ? name.data : "", what);
    l->is_readable = false;
    return unreadable(l->report, (str){title, (size_t)len}, e);
}

/* --- entries of the header ----------------------------------------------------------------------------------------------------------- */

static bool find_dtype(str name, size_t *dtype)
{
    for (size_t i = 0; i < COUNT_OF(dtypes); i++)
        if (str_eq(name, str_from_c(dtypes[i].name))) {
            *dtype = i;
            return true;
        }
    return false;
}

static bool whole_number(const json_t *v, uint64_t *number)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
    *number = (uint64_t)json_integer_value(v);
    return true;
}

/* The product as the reference reader takes it: in order, so that an overflow is one even when a zero follows. */
static bool read_shape(const json_t *shape, uint64_t *elements)
{
    if (!json_is_array(shape) || json_array_size(shape) > RANK_MAX) return false;
    *elements = 1;
    for (size_t i = 0; i < json_array_size(shape); i++) {
        uint64_t n;
        if (!whole_number(json_array_get(shape, i), &n) || __builtin_mul_overflow(*elements, n, elements))
            return false;
    }
    return true;
}

static bool read_offsets(const json_t *offsets, tensor *t)
{
    return json_is_array(offsets) && json_array_size(offsets) == 2 &&
           whole_number(json_array_get(offsets, 0), &t->begin) &&
           whole_number(json_array_get(offsets, 1), &t->end) && t->begin <= t->end;
}

static bool size_fits(const tensor *t, uint64_t elements)
{
    uint64_t bits;
    return !__builtin_mul_overflow(elements, (uint64_t)dtypes[t->dtype].bits, &bits) && bits % 8 == 0 &&
           bits / 8 == t->end - t->begin;
}

static bool tell_tensor(layout *l, const tensor *t, const json_t *shape, err *e)
{
    uint64_t lengths[RANK_MAX];
    tensor_fact told = {.name = t->name,
                        .dtype = str_from_c(dtypes[t->dtype].word),
                        .shape = lengths,
                        .rank = json_array_size(shape),
                        .bytes = t->end - t->begin,
                        .numbers = {l->data.data + t->begin, (size_t)(t->end - t->begin)}};
    for (size_t i = 0; i < told.rank; i++)
        if (!whole_number(json_array_get(shape, i), &lengths[i])) return true; /* not after read_shape */
    return report_tensor(l->report, &told, e);
}

static bool read_tensor(layout *l, str name, const json_t *entry, err *e)
{
    tensor t = {.name = name};
    uint64_t elements;
    if (!json_is_object(entry)) return bad_entry(l, name, "describes no tensor", e);
    if (!find_dtype(json_text(entry, "dtype"), &t.dtype))
        return bad_entry(l, name, "has a data type that the format does not know", e);
    if (!read_shape(json_object_get(entry, "shape"), &elements))
        return bad_entry(l, name, "has no usable shape", e);
    if (!read_offsets(json_object_get(entry, "data_offsets"), &t))
        return bad_entry(l, name, "has no usable offsets", e);
    if (!size_fits(&t, elements)) return bad_entry(l, name, "has a shape that does not fit its bytes", e);
    if (t.end > l->data.len) return bad_entry(l, name, "reaches beyond the end of the file", e);

    l->tensors[l->count++] = t;
    l->of_dtype[t.dtype]++;
    if (!tell_tensor(l, &t, json_object_get(entry, "shape"), e)) return false;
    return !__builtin_add_overflow(l->parameters, elements, &l->parameters) ||
           bad_entry(l, name, "is too large", e);
}

/* Three fields make a tensor; readers skip what else is there, so it is a place to hide in. */
static bool check_extra(layout *l, str name, const json_t *entry, err *e)
{
    if (json_object_size(entry) <= 3) return true;
    remark m = {.code = "MDL-SFT-002", .severity = SEVERITY_LOW, .advice = advice};
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof(title),
                       "The entry '%.*s' of the header has fields that the format does not know",
                       (int)(name.len < 200 ? name.len : 200), name.data);
    return nested_say(l->report, &m, (str){title, (size_t)len}, e);
}

static bool is_remarkable(str value)
{
    static const char *const signs[] = {"http://", "https://", "<script", "javascript:", "#!/"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_contains(value, str_from_c(signs[i]))) return true;
    return value.len > 64 * 1024;
}

static bool read_metadata(layout *l, json_t *metadata, err *e)
{
    if (!json_is_object(metadata)) return bad_entry(l, STR("__metadata__"), "is no object", e);
    const char *key;
    json_t *item;
    size_t shown = 0;
    bool is_remarked = false;
    json_object_foreach(metadata, key, item)
    {
        if (!json_is_string(item))
            return bad_entry(l, STR("__metadata__"), "holds something else than text", e);
        str value = {json_string_value(item), json_string_length(item)};
        remark m = {.code = "MDL-SFT-002",
                    .severity = SEVERITY_INFO,
                    .advice = "Look at it before a program acts on it."};
        if (!is_remarked && is_remarkable(value)) {
            is_remarked = true;
            if (!nested_say(l->report, &m, STR("The metadata hold an address, a script or a long text"), e))
                return false;
        }
        bool is_shown = value.len <= FACT_BYTES_MAX && strlen(key) <= 64 && shown < FACTS_MAX;
        str name = is_shown ? arena_printf(l->report->arena, "metadata.%s", key) : STR_NONE;
        if (is_shown && ++shown && !report_fact(l->report, name, value, e)) return false;
    }
    return true;
}

static bool read_entries(layout *l, json_t *header, err *e)
{
    size_t entries = json_object_size(header);
    l->tensors = arena_alloc_array(l->report->arena, entries + 1, sizeof(tensor));
    if (!l->tensors) return err_set(e, ERR_MEMORY, "no memory for %zu tensors", entries);
    remark many = {.code = "MDL-SFT-001", .severity = SEVERITY_MEDIUM, .advice = advice};
    if (entries > TENSORS_USUAL_MAX &&
        !nested_say(l->report, &many, STR("The header has more than a million entries"), e))
        return false;
    const char *key;
    json_t *entry;
    json_object_foreach(header, key, entry)
    {
        bool is_metadata = strcmp(key, "__metadata__") == 0;
        str name = str_from_c(key);
        if (is_metadata ? !read_metadata(l, entry, e)
                        : !read_tensor(l, name, entry, e) || !check_extra(l, name, entry, e))
            return false;
    }
    return true;
}

/* --- tiling ------------------------------------------------------------------------------------------------------------------------ */

static int by_place(const void *left, const void *right)
{
    const tensor *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* Bytes of no tensor: say so, and look at what they are. */
static bool unclaimed(layout *l, uint64_t from, uint64_t to, const char *where, err *e)
{
    str title = arena_printf(l->report->arena, "%llu bytes %s belong to no tensor",
                             (unsigned long long)(to - from), where);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    if (!hostile(l->report, title, l->data_at + from, e)) return false;
    bytes hole = {l->data.data + from, (size_t)(to - from)};
    return nested_read(l->in, STR("(bytes of no tensor)"), hole, l->report, e);
}

static bool check_tiling(layout *l, err *e)
{
    uint64_t at = 0;
    size_t holes = 0;
    bool has_overlap = false;
    if (l->count) qsort(l->tensors, l->count, sizeof(tensor), by_place);
    for (size_t i = 0; i < l->count; i++) {
        const tensor *t = &l->tensors[i];
        if (t->begin < at && !has_overlap) {
            has_overlap = true;
            if (!hostile(l->report, STR("Tensors overlap: one and the same bytes are of two tensors"),
                         l->data_at + t->begin, e))
                return false;
        }
        if (t->begin > at && holes++ < HOLES_READ_MAX &&
            !unclaimed(l, at, t->begin, "between the tensors", e))
            return false;
        if (t->end > at) at = t->end;
    }
    return at == l->data.len || unclaimed(l, at, l->data.len, "behind the last tensor", e);
}

/* --- facts ------------------------------------------------------------------------------------------------------------------------- */

static bool tell_facts(const layout *l, err *e)
{
    AUTO_BUF buf kinds;
    buf_init(&kinds, FACT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(dtypes); i++)
        if (l->of_dtype[i])
            buf_printf(&kinds, "%s%s (%llu)", kinds.len ? ", " : "", dtypes[i].name,
                       (unsigned long long)l->of_dtype[i]);
    return nested_fact_number(l->report, STR("tensors"), l->count, e) &&
           nested_fact_number(l->report, STR("parameters"), l->parameters, e) &&
           nested_fact_number(l->report, STR("tensor_bytes"), l->data.len, e) &&
           (kinds.failed || kinds.len == 0 || report_fact(l->report, STR("dtypes"), buf_str(&kinds), e));
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------ */

/* A length, and an object right behind it. A name alone is no proof, or a pickle would be spared for being called .safetensors. */
static bool sniff(const format_input *in)
{
    reader r = reader_of(in->content);
    uint64_t header_bytes = reader_u64le(&r);
    if (r.failed || reader_peek(&r) != '{') return false;
    (void)reader_u8(&r);
    while (reader_peek(&r) == ' ' || reader_peek(&r) == '\n' || reader_peek(&r) == '\t') (void)reader_u8(&r);
    bool is_object = reader_peek(&r) == '"' || reader_peek(&r) == '}';
    bool fits = header_bytes >= 2 && header_bytes <= in->content.len - LENGTH_BYTES;
    return is_object && (fits || str_ends_with(in->path, STR(".safetensors")));
}

static bool broken_header(report *r, const err *why, err *e)
{
    bool is_duplicate = str_contains(str_from_c(why->message), STR("duplicate object key"));
    if (!is_duplicate) return unreadable(r, str_from_c(why->message), e);
    report_worsen(r, VERDICT_UNPARSEABLE);
    return hostile(r,
                   STR("The header names a tensor or field twice: readers disagree about which one counts"),
                   LENGTH_BYTES, e);
}

static bool read_header(layout *l, bytes text, err *e)
{
    str trimmed = bytes_str(text);
    while (trimmed.len && trimmed.data[trimmed.len - 1] == ' ') trimmed.len--;
    if (!str_starts_with(trimmed, STR("{")) || !str_ends_with(trimmed, STR("}")))
        return unreadable(l->report, STR("The header is no JSON object padded with spaces"), e);
    AUTO(json_release) json_t *header = NULL;
    err why = {0};
    if (!json_decode_large(str_bytes(trimmed), HEADER_BYTES_MAX, "the header", &header, &why)) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        return broken_header(l->report, &why, e);
    }
    /* The names are the header's, which ends here; what lies behind it is only looked at when nothing was misunderstood. */
    return read_entries(l, header, e) && (!l->is_readable || check_tiling(l, e)) && tell_facts(l, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    reader file = reader_of(in->content);
    uint64_t header_bytes = reader_u64le(&file);
    if (!nested_also_pickle(in, r, "MDL-SFT-001", e)) return false;
    if (header_bytes > HEADER_BYTES_MAX) {
        report_worsen(r, VERDICT_UNPARSEABLE);
        return hostile(r, STR("The header claims more than the 100 MB that readers accept"), 0, e);
    }
    bytes text = reader_take(&file, header_bytes);
    if (file.failed) return unreadable(r, STR("The header reaches beyond the end of the file"), e);
    layout l = {.in = in, .report = r, .data_at = file.at, .is_readable = true};
    l.data = (bytes){in->content.data + file.at, in->content.len - file.at};
    return read_header(&l, text, e);
}

const model_format format_safetensors = {
    .name = "safetensors", .title = "Safetensors", .sniff = sniff, .read = read};
