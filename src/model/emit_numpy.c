/*
 * model/emit_numpy.c - `_reconstruct(ndarray, (0,), b'b')` and its state (1, shape, dtype, is_fortran, bytes).
 *
 * The module is numpy.core.multiarray on purpose: numpy 2 keeps that name for unpickling, numpy 1 has no other.
 */
#include "emit_numpy.h"

#include <assert.h>
#include <stdio.h>

/* --- dtypes -------------------------------------------------------------------------------------------------------------- */

static void dtype_call(emitter *w, str code)
{
    if (!emit_recall(w, "\0dtype")) {
        emit_global(w, "numpy", "dtype");
        emit_remember(w, "\0dtype");
    }
    emit_text(w, code);
    emit_bool(w, false);
    emit_bool(w, true);
    emit_op(w, '\x87'); /* TUPLE3 */
    emit_op(w, 'R');
}

/* State of a plain dtype: (3, byte order, None, None, None, itemsize, alignment, flags). */
static void dtype_state(emitter *w, str order, int64_t item_bytes, int64_t alignment, int64_t flags)
{
    emit_op(w, '(');
    emit_int(w, 3);
    emit_text(w, order);
    emit_none(w);
    emit_none(w);
    emit_none(w);
    emit_int(w, item_bytes);
    emit_int(w, alignment);
    emit_int(w, flags);
    emit_op(w, 't');
    emit_op(w, 'b');
}

static void dtype_f8(emitter *w)
{
    if (emit_recall(w, "\0f8")) return;
    dtype_call(w, STR("f8"));
    dtype_state(w, STR("<"), -1, -1, 0);
    emit_remember(w, "\0f8");
}

static void dtype_i8(emitter *w)
{
    if (emit_recall(w, "\0i8")) return;
    dtype_call(w, STR("i8"));
    dtype_state(w, STR("<"), -1, -1, 0);
    emit_remember(w, "\0i8");
}

static void dtype_byte(emitter *w, str code)
{
    dtype_call(w, code);
    dtype_state(w, STR("|"), -1, -1, 0);
}

static void dtype_object(emitter *w)
{
    dtype_call(w, STR("O8"));
    dtype_state(w, STR("|"), -1, -1, 63);
}

/* --- arrays -------------------------------------------------------------------------------------------------------------- */

/* Everything before the shape. */
static void array_open(emitter *w)
{
    if (!emit_recall(w, "\0reconstruct")) {
        emit_global(w, "numpy.core.multiarray", "_reconstruct");
        emit_remember(w, "\0reconstruct");
    }
    if (!emit_recall(w, "\0ndarray")) {
        emit_global(w, "numpy", "ndarray");
        emit_remember(w, "\0ndarray");
    }
    emit_int(w, 0);
    emit_op(w, '\x85'); /* TUPLE1 */
    emit_bytes(w, str_bytes(STR("b")));
    emit_op(w, '\x87');
    emit_op(w, 'R');
    emit_op(w, '(');
    emit_int(w, 1);
}

static void shape1(emitter *w, size_t count)
{
    emit_int(w, (int64_t)count);
    emit_op(w, '\x85');
}

static void array_close(emitter *w, bytes data)
{
    emit_bool(w, false);
    emit_bytes(w, data);
    emit_op(w, 't');
    emit_op(w, 'b');
}

static bytes data_of(const void *items, size_t size_bytes)
{
    return (bytes){items, size_bytes};
}

void emit_array_counting(emitter *w, size_t count)
{
    AUTO_BUF buf cells;
    buf_init(&cells, w->out->ceiling_bytes);
    for (size_t i = 0; i < count; i++) {
        double number = (double)i;
        buf_add(&cells, data_of(&number, sizeof number));
    }
    array_open(w);
    shape1(w, count);
    dtype_f8(w);
    if (cells.failed) w->out->failed = true;
    array_close(w, buf_bytes(&cells));
}

void emit_array_i8(emitter *w, const int64_t *items, size_t count)
{
    array_open(w);
    shape1(w, count);
    dtype_i8(w);
    array_close(w, data_of(items, count * sizeof *items));
}

void emit_array_f8(emitter *w, const double *items, const size_t *shape, size_t rank)
{
    static const char tuples[] = {'\x85', '\x86', '\x87'};
    assert(rank >= 1 && rank <= 3);
    size_t count = 1;
    array_open(w);
    for (size_t i = 0; i < rank; i++) {
        emit_int(w, (int64_t)shape[i]);
        count *= shape[i];
    }
    emit_op(w, tuples[rank - 1]);
    dtype_f8(w);
    array_close(w, data_of(items, count * sizeof *items));
}

void emit_values(emitter *w, const tree *t, const forest *f)
{
    size_t shape[] = {t->node_count, f->output_count, f->slot_count};
    emit_array_f8(w, t->values, shape, 3);
}

/* --- labels and names ---------------------------------------------------------------------------------------------------- */

/* UTF-8 that was checked when it was read; one code point as four bytes. */
static uint32_t next_code_point(str text, size_t *at)
{
    uint8_t first = (uint8_t)text.data[*at];
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t point = more == 3 ? first & 7u : more == 2 ? first & 15u : more == 1 ? first & 31u : first;
    for ((*at)++; more && *at < text.len; more--, (*at)++)
        point = point << 6 | ((uint8_t)text.data[*at] & 63u);
    return point;
}

static size_t code_points(str text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) next_code_point(text, &at);
    return count;
}

/* "<U10": every label padded with zeros to the longest. */
static void emit_text_labels(emitter *w, const label *labels, size_t count)
{
    size_t longest = 1;
    for (size_t i = 0; i < count; i++) {
        size_t points = code_points(labels[i].text);
        if (points > longest) longest = points;
    }
    AUTO_BUF buf cells;
    buf_init(&cells, w->out->ceiling_bytes);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        for (size_t k = 0; k < longest; k++) {
            uint32_t point = at < labels[i].text.len ? next_code_point(labels[i].text, &at) : 0;
            buf_add(&cells, data_of(&point, sizeof point));
        }
    }
    char code[32];
    int len = snprintf(code, sizeof code, "U%zu", longest);
    array_open(w);
    shape1(w, count);
    if (!emit_recall(w, "\0dtype")) {
        emit_global(w, "numpy", "dtype");
        emit_remember(w, "\0dtype");
    }
    emit_op(w, 'X'); /* not remembered: the code's memory is this function's */
    uint8_t le[4] = {(uint8_t)len, 0, 0, 0};
    buf_add(w->out, data_of(le, sizeof le));
    buf_add_str(w->out, (str){code, (size_t)len});
    emit_bool(w, false);
    emit_bool(w, true);
    emit_op(w, '\x87');
    emit_op(w, 'R');
    dtype_state(w, STR("<"), (int64_t)(4 * longest), 4, 8);
    if (cells.failed) w->out->failed = true;
    array_close(w, buf_bytes(&cells));
}

void emit_labels(emitter *w, const label *labels, size_t count)
{
    if (count && labels[0].kind == LABEL_TEXT) {
        emit_text_labels(w, labels, count);
        return;
    }
    array_open(w);
    shape1(w, count);
    AUTO_BUF buf cells;
    buf_init(&cells, w->out->ceiling_bytes);
    for (size_t i = 0; i < count; i++) {
        if (labels[0].kind == LABEL_BOOL)
            buf_add_byte(&cells, labels[i].integer != 0);
        else if (labels[0].kind == LABEL_INT)
            buf_add(&cells, data_of(&labels[i].integer, sizeof labels[i].integer));
        else
            buf_add(&cells, data_of(&labels[i].number, sizeof labels[i].number));
    }
    if (count && labels[0].kind == LABEL_BOOL)
        dtype_byte(w, STR("b1"));
    else if (count && labels[0].kind == LABEL_INT)
        dtype_i8(w);
    else
        dtype_f8(w);
    if (cells.failed) w->out->failed = true;
    array_close(w, buf_bytes(&cells));
}

void emit_names(emitter *w, const str *names, size_t count)
{
    array_open(w);
    shape1(w, count);
    dtype_object(w);
    emit_bool(w, false);
    emit_op(w, ']');
    emit_op(w, '(');
    for (size_t i = 0; i < count; i++) emit_text(w, names[i]);
    emit_op(w, 'e');
    emit_op(w, 't');
    emit_op(w, 'b');
}

/* --- nodes --------------------------------------------------------------------------------------------------------------- */

typedef struct node_field {
    const char *name;
    bool is_float;
} node_field;
static const node_field node_fields[] = {
    {"left_child", false},
    {"right_child", false},
    {"feature", false},
    {"threshold", true},
    {"impurity", true},
    {"n_node_samples", false},
    {"weighted_n_node_samples", true},
};

/* Makes (dtype, offset) of the dtype that was just written. */
static void close_field(emitter *w, int64_t offset)
{
    emit_int(w, offset);
    emit_op(w, '\x86'); /* TUPLE2 */
}

/* (3, '|', None, names, {name: (dtype, offset)}, itemsize, alignment, flags) */
static void dtype_node(emitter *w, bool with_missing)
{
    if (emit_recall(w, "\0node")) return;
    int64_t item_bytes = with_missing ? 64 : 56;
    dtype_call(w, with_missing ? STR("V64") : STR("V56"));
    emit_op(w, '(');
    emit_int(w, 3);
    emit_text(w, STR("|"));
    emit_none(w);
    emit_op(w, '(');
    for (size_t i = 0; i < COUNT_OF(node_fields); i++) emit_key(w, node_fields[i].name);
    if (with_missing) emit_key(w, "missing_go_to_left");
    emit_op(w, 't');
    emit_op(w, '}');
    emit_op(w, '(');
    for (size_t i = 0; i < COUNT_OF(node_fields); i++) {
        emit_key(w, node_fields[i].name);
        if (node_fields[i].is_float)
            dtype_f8(w);
        else
            dtype_i8(w);
        close_field(w, (int64_t)(8 * i));
    }
    if (with_missing) {
        emit_key(w, "missing_go_to_left");
        dtype_byte(w, STR("u1"));
        close_field(w, 56);
    }
    emit_op(w, 'u');
    emit_int(w, item_bytes);
    emit_int(w, 1);
    emit_int(w, 16);
    emit_op(w, 't');
    emit_op(w, 'b');
    emit_remember(w, "\0node");
}

static void add_node(buf *out, const tree_node *n, bool with_missing)
{
    int64_t left = n->left, right = n->right, feature = n->feature;
    buf_add(out, data_of(&left, 8));
    buf_add(out, data_of(&right, 8));
    buf_add(out, data_of(&feature, 8));
    buf_add(out, data_of(&n->threshold, 8));
    buf_add(out, data_of(&n->impurity, 8));
    buf_add(out, data_of(&n->sample_count, 8));
    buf_add(out, data_of(&n->weight, 8));
    uint64_t missing = n->missing_left;
    if (with_missing) buf_add(out, data_of(&missing, 8));
}

void emit_nodes(emitter *w, const tree *t, bool with_missing)
{
    AUTO_BUF buf cells;
    buf_init(&cells, w->out->ceiling_bytes);
    for (size_t i = 0; i < t->node_count; i++) add_node(&cells, &t->nodes[i], with_missing);
    array_open(w);
    shape1(w, t->node_count);
    dtype_node(w, with_missing);
    if (cells.failed) w->out->failed = true;
    array_close(w, buf_bytes(&cells));
}
