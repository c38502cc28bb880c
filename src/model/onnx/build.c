/*
 * model/onnx/build.c - values, nodes and their attributes, as the messages of onnx.proto that they will be. Repeated numbers are packed, which every reader takes.
 */
#include "onnx/build.h"

#include "base/limits.h"
#include "onnx/proto.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { ROOM_AT_FIRST = 64 };

void onnx_build_init(onnx_build *b, arena *memory, bool is_double, err *e)
{
    *b = (onnx_build){.memory = memory, .e = e, .is_double = is_double, .value_count = 1};
    buf_init(&b->attributes, INT32_MAX);
    buf_init(&b->message, INT32_MAX);
    buf_init(&b->items, INT32_MAX);
}

void onnx_build_done(onnx_build *b)
{
    buf_done(&b->attributes);
    buf_done(&b->message);
    buf_done(&b->items);
}

void onnx_fail(onnx_build *b, err_code code, const char *format, ...)
{
    if (b->failed) return;
    b->failed = true;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(b->e, code, "%s", text);
}

void *onnx_alloc(onnx_build *b, size_t count, size_t item_bytes)
{
    if (b->failed) return NULL;
    void *memory = arena_alloc_array(b->memory, count ? count : 1, item_bytes);
    if (!memory) onnx_fail(b, ERR_MEMORY, "no memory for an ONNX graph");
    return memory;
}

static void *grown(onnx_build *b, void *old, size_t *room, size_t item_bytes)
{
    size_t more = *room ? *room * 2 : ROOM_AT_FIRST;
    char *all = onnx_alloc(b, more, item_bytes);
    if (all && *room) memcpy(all, old, *room * item_bytes);
    if (all) *room = more;
    return all;
}

/* `count` new values in a row; the first. */
static onnx_ref new_values(onnx_build *b, size_t count)
{
    while (onnx_ok(b) && b->value_count + count > b->value_room) {
        onnx_drawn_value *all = grown(b, b->values, &b->value_room, sizeof *all);
        if (all) b->values = all;
    }
    if (!onnx_ok(b)) return 0;
    b->value_count += count;
    return (onnx_ref)(b->value_count - count);
}

static bytes kept(onnx_build *b, const buf *from)
{
    bytes none = {0};
    if (from->failed) onnx_fail(b, ERR_TOO_LARGE, "the model does not fit into the 2 GiB of an ONNX file");
    if (!onnx_ok(b) || from->len == 0) return none;
    bytes copy = arena_copy_bytes(b->memory, buf_bytes(from));
    if (!copy.data) onnx_fail(b, ERR_MEMORY, "no memory for an ONNX graph");
    return copy;
}

/* --- constants ------------------------------------------------------------------------------------------------------------ */

/* TensorProto: dims, data_type, raw_data. */
static void put_tensor(buf *out, const int64_t *dims, size_t rank, onnx_type type, bytes raw)
{
    for (size_t i = 0; i < rank; i++) proto_int(out, 1, dims[i]);
    proto_int(out, 2, type);
    proto_bytes(out, 9, raw);
}

static onnx_ref constant(onnx_build *b, const int64_t *dims, size_t rank, onnx_type type, bytes raw)
{
    onnx_ref at = new_values(b, 1);
    if (!at) return 0;
    buf_reset(&b->message);
    put_tensor(&b->message, dims, rank, type, raw);
    b->values[at].constant = kept(b, &b->message);
    buf_reset(&b->message);
    return at;
}

static onnx_ref doubles(onnx_build *b, const double *numbers, const int64_t *dims, size_t rank)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++) count *= (size_t)dims[i];
    return constant(b, dims, rank, ONNX_DOUBLE, (bytes){(const uint8_t *)numbers, count * sizeof *numbers});
}

onnx_ref onnx_number(onnx_build *b, double number)
{
    return doubles(b, &number, NULL, 0);
}

onnx_ref onnx_vector(onnx_build *b, const double *numbers, size_t count)
{
    return doubles(b, numbers, (int64_t[]){(int64_t)count}, 1);
}

onnx_ref onnx_rows(onnx_build *b, const double *numbers, size_t rows, size_t columns)
{
    return doubles(b, numbers, (int64_t[]){(int64_t)rows, (int64_t)columns}, 2);
}

onnx_ref onnx_transposed(onnx_build *b, const double *numbers, size_t rows, size_t columns)
{
    double *turned = onnx_alloc(b, rows * columns, sizeof *turned);
    for (size_t i = 0; turned && i < rows * columns; i++)
        turned[i % columns * rows + i / columns] = numbers[i];
    return turned ? onnx_rows(b, turned, columns, rows) : 0;
}

onnx_ref onnx_cube(onnx_build *b, const double *numbers, size_t planes, size_t rows, size_t columns)
{
    return doubles(b, numbers, (int64_t[]){(int64_t)planes, (int64_t)rows, (int64_t)columns}, 3);
}

onnx_ref onnx_integers(onnx_build *b, const int64_t *numbers, size_t count)
{
    return constant(b, (int64_t[]){(int64_t)count}, 1, ONNX_INT64,
                    (bytes){(const uint8_t *)numbers, count * sizeof *numbers});
}

onnx_ref onnx_columns_of(onnx_build *b, const size_t *columns, size_t count)
{
    int64_t *all = onnx_alloc(b, count, sizeof *all);
    for (size_t i = 0; all && i < count; i++) all[i] = (int64_t)columns[i];
    return all ? onnx_integers(b, all, count) : 0;
}

/* --- labels --------------------------------------------------------------------------------------------------------------- */

static bool is_whole(const label *l)
{
    return l->kind != LABEL_FLOAT || (l->number == floor(l->number) && fabs(l->number) < 9e15);
}

onnx_type onnx_label_type(const model_classes *classes)
{
    onnx_type type = ONNX_INT64;
    for (size_t i = 0; i < classes->count; i++) {
        if (classes->labels[i].kind == LABEL_TEXT) return ONNX_STRING;
        if (!is_whole(&classes->labels[i])) type = ONNX_DOUBLE;
    }
    return type;
}

/* Whole numbers (booleans are 0 and 1), numbers, or text. */
onnx_ref onnx_label_tensor(onnx_build *b, const model_classes *classes)
{
    onnx_type type = onnx_label_type(classes);
    onnx_ref at = new_values(b, 1);
    if (!at) return 0;
    buf_reset(&b->message);
    buf_reset(&b->items);
    proto_int(&b->message, 1, (int64_t)classes->count);
    proto_int(&b->message, 2, type);
    for (size_t i = 0; i < classes->count; i++) {
        const label *l = &classes->labels[i];
        double number = l->kind == LABEL_FLOAT ? l->number : (double)l->integer;
        if (type == ONNX_STRING && l->kind != LABEL_TEXT)
            onnx_fail(b, ERR_UNSUPPORTED, "labels that are text and numbers have no form in ONNX");
        else if (type == ONNX_STRING)
            proto_bytes(&b->message, 6, str_bytes(l->text));
        else if (type == ONNX_DOUBLE)
            buf_add(&b->items, (bytes){(const uint8_t *)&number, sizeof number});
        else
            proto_varint(&b->items, (uint64_t)(l->kind == LABEL_FLOAT ? (int64_t)l->number : l->integer));
    }
    if (type != ONNX_STRING) proto_bytes(&b->message, type == ONNX_DOUBLE ? 10 : 7, buf_bytes(&b->items));
    buf_reset(&b->items);
    b->values[at].constant = kept(b, &b->message);
    buf_reset(&b->message);
    return at;
}

/* --- nodes ---------------------------------------------------------------------------------------------------------------- */

void onnx_take(onnx_build *b, onnx_ref x)
{
    if (!onnx_ok(b)) return;
    if (b->taken_count == b->taken_room) {
        onnx_ref *all = grown(b, b->taken, &b->taken_room, sizeof *all);
        if (!all) return;
        b->taken = all;
    }
    assert(x != 0);
    b->taken[b->taken_count++] = x;
}

/* AttributeProto: what is in `message`, which starts with its content, gets its name and type. */
static void close_attribute(onnx_build *b, const char *name, int64_t type)
{
    proto_text(&b->message, 1, name);
    proto_int(&b->message, 20, type);
    proto_message(&b->attributes, 5, &b->message);
}

void onnx_set_int(onnx_build *b, const char *name, int64_t number)
{
    proto_int(&b->message, 3, number);
    close_attribute(b, name, 2);
}

void onnx_set_text(onnx_build *b, const char *name, const char *text)
{
    proto_text(&b->message, 4, text);
    close_attribute(b, name, 3);
}

void onnx_set_ints(onnx_build *b, const char *name, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) proto_varint(&b->items, (uint64_t)numbers[i]);
    proto_message(&b->message, 8, &b->items);
    close_attribute(b, name, 7);
}

void onnx_set_floats(onnx_build *b, const char *name, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float number = (float)numbers[i];
        buf_add(&b->items, (bytes){(const uint8_t *)&number, sizeof number});
    }
    proto_message(&b->message, 7, &b->items);
    close_attribute(b, name, 6);
}

void onnx_set_doubles(onnx_build *b, const char *name, const double *numbers, size_t count)
{
    put_tensor(&b->items, (int64_t[]){(int64_t)count}, 1, ONNX_DOUBLE,
               (bytes){(const uint8_t *)numbers, count * sizeof *numbers});
    proto_text(&b->items, 8, name);
    proto_message(&b->message, 5, &b->items);
    close_attribute(b, name, 4);
}

void onnx_set_texts(onnx_build *b, const char *name, const str *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) proto_bytes(&b->message, 9, str_bytes(texts[i]));
    close_attribute(b, name, 8);
}

onnx_ref onnx_give(onnx_build *b, const char *op, const char *domain, size_t outputs)
{
    onnx_ref out = new_values(b, outputs);
    bytes attributes = kept(b, &b->attributes);
    buf_reset(&b->attributes);
    onnx_ref *in = onnx_alloc(b, b->taken_count, sizeof *in);
    if (onnx_ok(b) && b->node_count == b->node_room) {
        onnx_drawn_node *all = grown(b, b->nodes, &b->node_room, sizeof *all);
        if (all) b->nodes = all;
    }
    size_t taken = b->taken_count;
    b->taken_count = 0;
    if (!onnx_ok(b)) return 0;
    memcpy(in, b->taken, taken * sizeof *in);
    b->nodes[b->node_count++] = (onnx_drawn_node){.op = op,
                                                  .domain = domain,
                                                  .in = in,
                                                  .in_count = taken,
                                                  .out = out,
                                                  .out_count = (onnx_ref)outputs,
                                                  .attributes = attributes};
    for (size_t i = 0; i < outputs; i++) b->values[out + i].node = (uint32_t)b->node_count;
    return out;
}

onnx_ref onnx_op1(onnx_build *b, const char *op, onnx_ref x)
{
    onnx_take(b, x);
    return onnx_give(b, op, NULL, 1);
}

onnx_ref onnx_op2(onnx_build *b, const char *op, onnx_ref x, onnx_ref y)
{
    onnx_take(b, x);
    onnx_take(b, y);
    return onnx_give(b, op, NULL, 1);
}

onnx_ref onnx_op3(onnx_build *b, const char *op, onnx_ref x, onnx_ref y, onnx_ref z)
{
    onnx_take(b, x);
    onnx_take(b, y);
    onnx_take(b, z);
    return onnx_give(b, op, NULL, 1);
}

onnx_ref onnx_with(onnx_build *b, const char *op, onnx_ref x, double number)
{
    return onnx_op2(b, op, x, onnx_number(b, number));
}

onnx_ref onnx_cast(onnx_build *b, onnx_ref x, onnx_type to)
{
    onnx_set_int(b, "to", to);
    return onnx_op1(b, "Cast", x);
}

onnx_ref onnx_argmax(onnx_build *b, onnx_ref x)
{
    onnx_set_int(b, "axis", 1);
    onnx_set_int(b, "keepdims", 0);
    return onnx_op1(b, "ArgMax", x);
}

onnx_ref onnx_argmin(onnx_build *b, onnx_ref x)
{
    onnx_set_int(b, "axis", 1);
    onnx_set_int(b, "keepdims", 0);
    return onnx_op1(b, "ArgMin", x);
}

onnx_ref onnx_smallest(onnx_build *b, onnx_ref x, size_t count)
{
    onnx_ref k = onnx_integers(b, (int64_t[]){(int64_t)count}, 1);
    onnx_set_int(b, "largest", 0);
    onnx_set_int(b, "axis", 1);
    onnx_take(b, x);
    onnx_take(b, k);
    return onnx_give(b, "TopK", NULL, 2);
}

onnx_ref onnx_softmax(onnx_build *b, onnx_ref x)
{
    onnx_set_int(b, "axis", -1);
    return onnx_op1(b, "Softmax", x);
}

onnx_ref onnx_sum(onnx_build *b, onnx_ref x, int64_t axis, bool keeps)
{
    onnx_ref axes = onnx_integers(b, &axis, 1);
    onnx_set_int(b, "keepdims", keeps);
    return onnx_op2(b, "ReduceSum", x, axes);
}

/* Up to opset 17 its axes are an attribute. */
onnx_ref onnx_largest_of(onnx_build *b, onnx_ref x, int64_t axis, bool keeps)
{
    onnx_set_ints(b, "axes", &axis, 1);
    onnx_set_int(b, "keepdims", keeps);
    return onnx_op1(b, "ReduceMax", x);
}

onnx_ref onnx_concat(onnx_build *b, const onnx_ref *parts, size_t count, int64_t axis)
{
    if (count == 1) return parts[0];
    for (size_t i = 0; i < count; i++) onnx_take(b, parts[i]);
    onnx_set_int(b, "axis", axis);
    return onnx_give(b, "Concat", NULL, 1);
}

onnx_ref onnx_gather(onnx_build *b, onnx_ref from, onnx_ref which, int64_t axis)
{
    onnx_set_int(b, "axis", axis);
    return onnx_op2(b, "Gather", from, which);
}

onnx_ref onnx_shaped(onnx_build *b, onnx_ref x, const int64_t *shape, size_t rank)
{
    return onnx_op2(b, "Reshape", x, onnx_integers(b, shape, rank));
}

onnx_ref onnx_flat(onnx_build *b, onnx_ref x)
{
    return onnx_shaped(b, x, (int64_t[]){-1}, 1);
}

onnx_ref onnx_upright(onnx_build *b, onnx_ref x)
{
    return onnx_shaped(b, x, (int64_t[]){-1, 1}, 2);
}

onnx_ref onnx_as_float(onnx_build *b, onnx_ref x)
{
    return onnx_cast(b, onnx_cast(b, x, ONNX_FLOAT), ONNX_DOUBLE);
}

onnx_ref onnx_squashed(onnx_build *b, onnx_ref x)
{
    return onnx_op1(b, "Sigmoid", x);
}

onnx_ref onnx_both(onnx_build *b, onnx_ref second)
{
    onnx_ref first = onnx_op2(b, "Sub", onnx_number(b, 1), second);
    return onnx_concat(b, (onnx_ref[]){first, second}, 2, 1);
}

onnx_ref onnx_shares(onnx_build *b, onnx_ref x)
{
    return onnx_op2(b, "Div", x, onnx_sum(b, x, 1, true));
}

onnx_ref onnx_pick(onnx_build *b, onnx_ref x, size_t column)
{
    return onnx_gather(b, x, onnx_columns_of(b, &column, 1), 1);
}

onnx_ref onnx_filled(onnx_build *b, onnx_ref x, const double *numbers, size_t count)
{
    onnx_ref first = onnx_pick(b, x, 0), row = onnx_vector(b, numbers, count);
    return onnx_op3(b, "Where", onnx_op2(b, "Equal", first, first), row, row);
}

/* --- tables --------------------------------------------------------------------------------------------------------------- */

onnx_table onnx_table_of(onnx_ref matrix, size_t columns)
{
    return (onnx_table){.count = columns, .matrix = matrix};
}

onnx_ref onnx_matrix(onnx_build *b, const onnx_table *t)
{
    if (!t->columns && !t->matrix)
        onnx_fail(b, ERR_UNSUPPORTED, "one of its parts has no columns that ONNX has a form for");
    if (!t->columns) return t->matrix;
    onnx_ref *parts = onnx_alloc(b, t->count, sizeof *parts);
    for (size_t j = 0; parts && j < t->count; j++) {
        if (t->columns[j].is_text)
            onnx_fail(b, ERR_UNSUPPORTED, "column %zu is text where numbers are needed", j + 1);
        parts[j] = t->columns[j].at;
    }
    return onnx_ok(b) ? onnx_concat(b, parts, t->count, 1) : 0;
}

onnx_column onnx_column_of(onnx_build *b, const onnx_table *t, size_t column)
{
    if (t->columns) return t->columns[column];
    return (onnx_column){.at = onnx_gather(b, onnx_matrix(b, t), onnx_columns_of(b, &column, 1), 1)};
}

onnx_table onnx_table_pick(onnx_build *b, const onnx_table *t, const size_t *columns, size_t count)
{
    onnx_table out = {.count = count};
    bool all = count == t->count;
    for (size_t j = 0; all && j < count; j++) all = columns[j] == j;
    if (all) return *t;
    if (!t->columns) {
        out.matrix = onnx_gather(b, onnx_matrix(b, t), onnx_columns_of(b, columns, count), 1);
        return out;
    }
    bool has_text = false;
    out.columns = onnx_alloc(b, count, sizeof *out.columns);
    for (size_t j = 0; out.columns && j < count; j++) {
        out.columns[j] = t->columns[columns[j]];
        has_text |= out.columns[j].is_text;
    }
    if (!onnx_ok(b) || has_text) return out;
    return onnx_table_of(onnx_matrix(b, &out), count);
}

onnx_table onnx_table_join(onnx_build *b, const onnx_table *tables, size_t count)
{
    onnx_table out = {0};
    bool has_text = false;
    for (size_t k = 0; k < count; k++) {
        out.count += tables[k].count;
        has_text |= tables[k].columns != NULL;
    }
    if (!has_text) {
        onnx_ref *parts = onnx_alloc(b, count, sizeof *parts);
        for (size_t k = 0; parts && k < count; k++) parts[k] = onnx_matrix(b, &tables[k]);
        if (onnx_ok(b)) out.matrix = onnx_concat(b, parts, count, 1);
        return out;
    }
    size_t at = 0;
    out.columns = onnx_alloc(b, out.count, sizeof *out.columns);
    for (size_t k = 0; out.columns && k < count; k++)
        for (size_t j = 0; j < tables[k].count; j++) out.columns[at++] = onnx_column_of(b, &tables[k], j);
    return out;
}
