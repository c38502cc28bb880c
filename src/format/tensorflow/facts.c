/*
 * format/tensorflow/facts.c - what a graph is: signatures with their types and shapes, operators and how often, constants that are weights.
 */
#include "tensorflow/graph.h"

#include "base/buf.h"
#include "base/limits.h"
#include "format/protobuf.h"

enum {
    SIGNATURE_BYTES_MAX = 512,
    NAME_SHOWN = 80,
    DIMENSIONS_MAX = 16,
    OPERATORS_TOLD = 100,
    WEIGHT_BYTES_MIN = 8, /* shorter constants are numbers of the graph's own */
    REFERENCE_TYPES = 100 /* DT_FLOAT_REF and its like */
};

/* types.proto, in numpy's words. */
static const char *const types[] = {"unknown",    "float32", "float64",   "int32",   "uint8",   "int16",
                                    "int8",       "text",    "complex64", "int64",   "bool",    "qint8",
                                    "quint8",     "qint32",  "bfloat16",  "qint16",  "quint16", "uint16",
                                    "complex128", "float16", "resource",  "variant", "uint32",  "uint64"};

const char *tensorflow_type_name(uint64_t type)
{
    if (type > REFERENCE_TYPES) type -= REFERENCE_TYPES;
    return type < COUNT_OF(types) ? types[type] : "other";
}

/* --- signatures ------------------------------------------------------------------------------------------------------------------------------ */

/* TensorShapeProto: dim 2 {size 1}; -1, written as ten bytes, is open. */
static void add_shape(buf *out, bytes shape)
{
    reader r = reader_of(shape);
    pb_field f;
    bool is_first = true;
    buf_add_str(out, STR(" ["));
    while (pb_next(&r, &f)) {
        if (f.number != 2 || f.wire != 2) continue;
        int64_t size = (int64_t)pb_number(f.content, 1);
        buf_printf(out, size < 0 ? "%s?" : "%s%lld", is_first ? "" : ", ", (long long)size);
        is_first = false;
    }
    buf_add_str(out, STR("]"));
}

/* A map of TensorInfo {name 1, dtype 2, shape 3}. */
static void add_tensors(buf *out, bytes signature, uint32_t number)
{
    reader r = reader_of(signature);
    pb_field f;
    bool is_first = true;
    while (pb_next(&r, &f)) {
        if (f.number != number || f.wire != 2) continue;
        bytes info = pb_bytes(f.content, 2);
        buf_add_str(out, is_first ? STR("") : STR(", "));
        buf_add_str(out, str_slice(pb_text(f.content, 1), 0, NAME_SHOWN));
        buf_printf(out, " %s", tensorflow_type_name(pb_number(info, 2)));
        add_shape(out, pb_bytes(info, 3));
        is_first = false;
    }
}

bool tensorflow_tell_signature(tensorflow_graph *g, bytes entry, err *e)
{
    bytes signature = pb_bytes(entry, 2);
    AUTO_BUF buf line;
    buf_init(&line, SIGNATURE_BYTES_MAX);
    buf_add_str(&line, str_slice(pb_text(entry, 1), 0, NAME_SHOWN));
    buf_add_str(&line, STR(": "));
    add_tensors(&line, signature, 1);
    buf_add_str(&line, STR(" -> "));
    add_tensors(&line, signature, 2);
    str shown = line.failed ? str_slice(pb_text(entry, 1), 0, NAME_SHOWN) : buf_str(&line);
    return shown.len == 0 || !str_is_utf8(shown) || report_fact(g->report, STR("signature"), shown, e);
}

/* --- operators ------------------------------------------------------------------------------------------------------------------------------- */

bool tensorflow_tell_operators(tensorflow_graph *g, err *e)
{
    size_t told = 0;
    for (size_t i = 0; i < tensorflow_op_count && told < OPERATORS_TOLD; i++) {
        if (g->uses[i] == 0) continue;
        str value =
            arena_printf(g->report->arena, "%s (%llu)", tensorflow_ops[i], (unsigned long long)g->uses[i]);
        if (!value.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
        if (!report_fact(g->report, STR("operator"), value, e)) return false;
        told++;
    }
    return true;
}

/* --- weights ----------------------------------------------------------------------------------------------------------------------------------- */

/* TensorProto: dtype 1, shape 2, content 4. A frozen graph has its weights in constants. */
bool tensorflow_tell_constant(tensorflow_graph *g, bytes node, bytes tensor, err *e)
{
    bytes content = pb_bytes(tensor, 4), shape = pb_bytes(tensor, 2);
    str name = pb_text(node, 1);
    if (content.len < WEIGHT_BYTES_MIN || !str_is_utf8(name)) return true;
    uint64_t sizes[DIMENSIONS_MAX];
    size_t rank = 0;
    reader r = reader_of(shape);
    pb_field f;
    while (rank < DIMENSIONS_MAX && pb_next(&r, &f))
        if (f.number == 2 && f.wire == 2) sizes[rank++] = pb_number(f.content, 1);
    tensor_fact told = {.name = name,
                        .dtype = str_from_c(tensorflow_type_name(pb_number(tensor, 1))),
                        .shape = sizes,
                        .rank = rank,
                        .bytes = content.len,
                        .numbers = content};
    return report_tensor(g->report, &told, e);
}
