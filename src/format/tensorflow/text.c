/*
 * format/tensorflow/text.c - graphs as text (.pbtxt): the protocol buffers' text format, turned into the bytes of the same message.
 *
 * saved_model.pbtxt is loaded like saved_model.pb. Only the fields that are looked at are carried over, by a table of their numbers; others are read
 * and dropped. So there is one reader of graphs, and what it says of a text has no offset.
 */
#include "tensorflow/graph.h"

#include "base/limits.h"
#include "base/reader.h"
#include "nested.h"

enum { DEPTH_MAX = 64, LENGTH_BYTES = 5, TOKEN_BYTES = 1 << 16, SNIFF_BYTES = 4096 };

static const char advice[] = "Get the file again from its source, or export the model again.";

/* --- fields ---------------------------------------------------------------------------------------------------------------------------- */

typedef enum text_message {
    M_NONE, /* a number, a text or a name */
    M_SAVED,
    M_META,
    M_INFO,
    M_GRAPH,
    M_LIBRARY,
    M_FUNCTION,
    M_SIGNATURE_OF,
    M_NODE,
    M_ATTR_PAIR,
    M_ATTR,
    M_LIST,
    M_TENSOR,
    M_SHAPE,
    M_DIM,
    M_ASSET,
    M_TENSOR_INFO,
    M_SIGNATURE_PAIR,
    M_SIGNATURE,
    M_INFO_PAIR,
    M_DROPPED,
} text_message;

typedef struct text_field {
    text_message within;
    const char *name;
    uint32_t number;
    text_message message;
} text_field;

/* saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto, tensor.proto, function.proto */
static const text_field fields[] = {
    {M_SAVED, "saved_model_schema_version", 1, M_NONE},
    {M_SAVED, "meta_graphs", 2, M_META},
    {M_META, "meta_info_def", 1, M_INFO},
    {M_META, "graph_def", 2, M_GRAPH},
    {M_META, "signature_def", 5, M_SIGNATURE_PAIR},
    {M_META, "asset_file_def", 6, M_ASSET},
    {M_INFO, "tags", 4, M_NONE},
    {M_INFO, "tensorflow_version", 5, M_NONE},
    {M_INFO, "tensorflow_git_version", 6, M_NONE},
    {M_GRAPH, "node", 1, M_NODE},
    {M_GRAPH, "library", 2, M_LIBRARY},
    {M_LIBRARY, "function", 1, M_FUNCTION},
    {M_FUNCTION, "signature", 1, M_SIGNATURE_OF},
    {M_FUNCTION, "node_def", 3, M_NODE},
    {M_SIGNATURE_OF, "name", 1, M_NONE},
    {M_NODE, "name", 1, M_NONE},
    {M_NODE, "op", 2, M_NONE},
    {M_NODE, "input", 3, M_NONE},
    {M_NODE, "device", 4, M_NONE},
    {M_NODE, "attr", 5, M_ATTR_PAIR},
    {M_ATTR_PAIR, "key", 1, M_NONE},
    {M_ATTR_PAIR, "value", 2, M_ATTR},
    {M_ATTR, "list", 1, M_LIST},
    {M_ATTR, "s", 2, M_NONE},
    {M_ATTR, "tensor", 8, M_TENSOR},
    {M_LIST, "s", 2, M_NONE},
    {M_TENSOR, "dtype", 1, M_NONE},
    {M_TENSOR, "tensor_shape", 2, M_SHAPE},
    {M_TENSOR, "tensor_content", 4, M_NONE},
    {M_TENSOR, "string_val", 8, M_NONE},
    {M_SHAPE, "dim", 2, M_DIM},
    {M_DIM, "size", 1, M_NONE},
    {M_ASSET, "tensor_info", 1, M_TENSOR_INFO},
    {M_ASSET, "filename", 2, M_NONE},
    {M_TENSOR_INFO, "name", 1, M_NONE},
    {M_TENSOR_INFO, "dtype", 2, M_NONE},
    {M_TENSOR_INFO, "tensor_shape", 3, M_SHAPE},
    {M_SIGNATURE_PAIR, "key", 1, M_NONE},
    {M_SIGNATURE_PAIR, "value", 2, M_SIGNATURE},
    {M_SIGNATURE, "inputs", 1, M_INFO_PAIR},
    {M_SIGNATURE, "outputs", 2, M_INFO_PAIR},
    {M_SIGNATURE, "method_name", 3, M_NONE},
    {M_INFO_PAIR, "key", 1, M_NONE},
    {M_INFO_PAIR, "value", 2, M_TENSOR_INFO},
};

/* types.proto */
static const struct {
    const char *name;
    uint64_t value;
} types[] = {{"DT_FLOAT", 1},     {"DT_DOUBLE", 2},    {"DT_INT32", 3},   {"DT_UINT8", 4},
             {"DT_INT16", 5},     {"DT_INT8", 6},      {"DT_STRING", 7},  {"DT_COMPLEX64", 8},
             {"DT_INT64", 9},     {"DT_BOOL", 10},     {"DT_QINT8", 11},  {"DT_QUINT8", 12},
             {"DT_QINT32", 13},   {"DT_BFLOAT16", 14}, {"DT_UINT16", 17}, {"DT_HALF", 19},
             {"DT_RESOURCE", 20}, {"DT_VARIANT", 21},  {"DT_UINT32", 22}, {"DT_UINT64", 23}};

static const text_field *field_of(text_message within, str name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].within == within && str_eq(name, str_from_c(fields[i].name))) return &fields[i];
    return NULL;
}

/* --- tokens ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct text_reader {
    reader r;
    buf *out;
    buf text; /* of the value being read */
    uint64_t line;
} text_reader;

static bool refused(const text_reader *t, const char *what, err *e)
{
    return err_set(e, ERR_INVALID, "line %llu: %s", (unsigned long long)t->line, what);
}

static int peek(text_reader *t)
{
    while (reader_left(&t->r)) {
        int c = reader_peek(&t->r);
        if (c == '#')
            while (reader_left(&t->r) && reader_peek(&t->r) != '\n') (void)reader_u8(&t->r);
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v')
            t->line += reader_u8(&t->r) == '\n';
        else
            return c;
    }
    return -1;
}

static bool take(text_reader *t, char wanted)
{
    if (peek(t) != wanted) return false;
    (void)reader_u8(&t->r);
    return true;
}

static bool is_word(int c)
{
    return c == '_' || c == '.' || c == '-' || c == '+' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* A name, a number, or an extension in brackets. */
static str take_word(text_reader *t)
{
    int c = peek(t);
    size_t from = t->r.at;
    if (c == '[') {
        while (reader_left(&t->r) && reader_u8(&t->r) != ']') continue;
    } else {
        while (reader_left(&t->r) && is_word(reader_peek(&t->r))) (void)reader_u8(&t->r);
    }
    return str_slice(bytes_str(t->r.all), from, t->r.at - from);
}

static int digit_of(int c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < base ? value : -1;
}

/* Up to `digits` of them, and the ones that are there. */
static uint32_t take_digits(text_reader *t, int base, unsigned digits)
{
    uint32_t value = 0;
    for (; digits && reader_left(&t->r) && digit_of(reader_peek(&t->r), base) >= 0; digits--)
        value = value * (uint32_t)base + (uint32_t)digit_of(reader_u8(&t->r), base);
    return value;
}

static void take_escape(text_reader *t)
{
    static const char plain[] = "n\nt\tr\ra\ab\bf\fv\v";
    int c = reader_left(&t->r) ? reader_peek(&t->r) : 0;
    if (digit_of(c, 8) >= 0) {
        buf_add_byte(&t->text, (uint8_t)take_digits(t, 8, 3));
        return;
    }
    (void)reader_u8(&t->r);
    if (c == 'x' || c == 'X') {
        buf_add_byte(&t->text, (uint8_t)take_digits(t, 16, 2));
        return;
    }
    if (c == 'u' || c == 'U') {
        uint32_t code = take_digits(t, 16, c == 'u' ? 4 : 8);
        buf_add_byte(&t->text,
                     code < 0x80 ? (uint8_t)code : '?'); /* no name of an operator or file needs more */
        return;
    }
    for (size_t i = 0; plain[i]; i += 2)
        if (plain[i] == c) c = (unsigned char)plain[i + 1];
    buf_add_byte(&t->text, (uint8_t)c);
}

/* Neighbours are one text. */
static bool take_text(text_reader *t, err *e)
{
    buf_reset(&t->text);
    for (int quote = peek(t); quote == '"' || quote == '\''; quote = peek(t)) {
        (void)reader_u8(&t->r);
        for (;;) {
            if (!reader_left(&t->r) || reader_peek(&t->r) == '\n')
                return refused(t, "a text is not closed", e);
            int c = reader_u8(&t->r);
            if (c == quote) break;
            if (c == '\\')
                take_escape(t);
            else
                buf_add_byte(&t->text, (uint8_t)c);
        }
    }
    return buf_ok(&t->text, "a text of a graph", e);
}

/* --- the message's bytes -------------------------------------------------------------------------------------------------------------------- */

static void put_varint(buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) buf_add_byte(out, (uint8_t)(value | 0x80));
    buf_add_byte(out, (uint8_t)value);
}

static void put_text(buf *out, uint32_t number, str text)
{
    put_varint(out, (uint64_t)number << 3 | 2);
    put_varint(out, text.len);
    buf_add_str(out, text);
}

/* A length that is known later takes its five bytes now. */
static size_t open_message(buf *out, uint32_t number)
{
    static const uint8_t room[LENGTH_BYTES] = {0x80, 0x80, 0x80, 0x80, 0};
    put_varint(out, (uint64_t)number << 3 | 2);
    buf_add(out, (bytes){room, sizeof(room)});
    return out->len;
}

static void close_message(buf *out, size_t from)
{
    if (out->failed) return;
    uint64_t len = out->len - from;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        out->data[from - LENGTH_BYTES + i] =
            (uint8_t)((len >> (7 * i) & 0x7f) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
}

/* A word as a number: decimal, or the name of a type. What is neither is dropped: nobody looks at it. */
static void put_word(buf *out, uint32_t number, str word)
{
    int64_t value = 0;
    bool is_known = str_to_i64(word, &value);
    for (size_t i = 0; i < COUNT_OF(types) && !is_known; i++)
        if (str_eq(word, str_from_c(types[i].name))) {
            value = (int64_t)types[i].value;
            is_known = true;
        }
    if (!is_known) return;
    put_varint(out, (uint64_t)number << 3);
    put_varint(out, (uint64_t)value);
}

/* --- the text --------------------------------------------------------------------------------------------------------------------------------- */

static bool read_fields(text_reader *t, text_message within, char end, unsigned depth, err *e);

static bool read_scalar(text_reader *t, const text_field *f, err *e)
{
    int c = peek(t);
    if (c == '"' || c == '\'') {
        if (!take_text(t, e)) return false;
        if (f && f->message == M_NONE) put_text(t->out, f->number, buf_str(&t->text));
        return true;
    }
    str word = take_word(t);
    if (word.len == 0) return refused(t, "a value is missing", e);
    if (f && f->message == M_NONE) put_word(t->out, f->number, word);
    return true;
}

static bool read_message(text_reader *t, const text_field *f, char end, unsigned depth, err *e)
{
    if (depth == DEPTH_MAX)
        return refused(t, "messages within messages beyond any that TensorFlow writes", e);
    bool is_kept = f && f->message != M_NONE;
    size_t from = is_kept ? open_message(t->out, f->number) : 0;
    /* A message that breaks off is closed all the same, so that what it has is looked at. */
    bool is_whole = read_fields(t, is_kept ? f->message : M_DROPPED, end, depth + 1, e);
    if (is_kept) close_message(t->out, from);
    return is_whole;
}

static bool read_value(text_reader *t, const text_field *f, unsigned depth, err *e)
{
    if (take(t, '{')) return read_message(t, f, '}', depth, e);
    if (take(t, '<')) return read_message(t, f, '>', depth, e);
    return read_scalar(t, f, e);
}

static bool read_list(text_reader *t, const text_field *f, unsigned depth, err *e)
{
    while (!take(t, ']')) {
        if (peek(t) < 0) return refused(t, "a list is not closed", e);
        if (!read_value(t, f, depth, e)) return false;
        (void)take(t, ',');
    }
    return true;
}

static bool read_field(text_reader *t, text_message within, unsigned depth, err *e)
{
    str name = take_word(t);
    if (name.len == 0) return refused(t, "there is something that is no field", e);
    const text_field *f = field_of(within, name);
    bool has_colon = take(t, ':');
    bool fine = has_colon && take(t, '[') ? read_list(t, f, depth, e) : read_value(t, f, depth, e);
    while (take(t, ',') || take(t, ';')) continue;
    return fine;
}

/* end 0: to the end of the file */
static bool read_fields(text_reader *t, text_message within, char end, unsigned depth, err *e)
{
    for (;;) {
        int c = peek(t);
        if (c < 0) return end == 0 || refused(t, "the text ends within a message", e);
        if (end && c == end) return take(t, end);
        if (!read_field(t, within, depth, e)) return false;
        if (t->out->failed) return buf_ok(t->out, "a graph", e);
    }
}

/* --- the file ----------------------------------------------------------------------------------------------------------------------------------- */

static text_message root_of(const format_input *in)
{
    text_reader t = {.r = reader_of(in->content)};
    if (in->content.len < 8 ||
        memchr(in->content.data, 0, in->content.len < SNIFF_BYTES ? in->content.len : SNIFF_BYTES))
        return M_NONE;
    str word = take_word(&t), front = str_slice(bytes_str(in->content), 0, SNIFF_BYTES);
    int next = peek(&t);
    if (str_ends_with(in->path, STR("saved_model.pbtxt"))) return M_SAVED; /* loaders go by the name */
    if (next != '{' && next != ':' && next != '<') return M_NONE;
    bool is_named = str_ends_with(in->path, STR(".pbtxt"));
    if (str_eq(word, STR("saved_model_schema_version")) || str_eq(word, STR("meta_graphs"))) return M_SAVED;
    if (str_eq(word, STR("meta_info_def")) || str_eq(word, STR("graph_def"))) return M_META;
    bool has_op = str_contains(front, STR("op:")) || str_contains(front, STR("op "));
    if (str_eq(word, STR("node")) && has_op) return M_GRAPH;
    return is_named && (str_eq(word, STR("library")) || str_eq(word, STR("versions"))) ? M_GRAPH : M_NONE;
}

static bool sniff(const format_input *in)
{
    return root_of(in) != M_NONE;
}

static bool unreadable(report *r, const err *why, err *e)
{
    if (why->code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why->message);
    remark m = {.code = "MDL-TF-004", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    str title = arena_printf(r->arena, "The graph's text cannot be read to its end: %s", why->message);
    return nested_say(r, &m, title, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_MODEL_UNPACKED_BYTES);
    text_message root = root_of(in);
    text_reader t = {.r = reader_of(in->content), .out = &out, .line = 1};
    buf_init(&t.text, in->content.len + TOKEN_BYTES);
    err why = {0};
    bool is_whole = read_fields(&t, root, 0, 0, &why);
    buf_done(&t.text);
    if (!is_whole && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    bytes copy = arena_copy_bytes(r->arena, buf_bytes(&out));
    if (!copy.data && out.len) return err_set(e, ERR_MEMORY, "no memory for a graph");
    tensorflow_kind kind = root == M_SAVED  ? TENSORFLOW_SAVED
                           : root == M_META ? TENSORFLOW_META
                                            : TENSORFLOW_GRAPH;
    size_t before = r->finding_count;
    if (!tensorflow_read_as(kind, copy, r, e)) return false;
    for (size_t i = before; i < r->finding_count; i++) r->findings[i].has_offset = false;
    return is_whole || unreadable(r, &why, e);
}

const model_format format_tensorflow_text = {
    .name = "tensorflow", .title = "TensorFlow graph as text", .sniff = sniff, .read = read};
