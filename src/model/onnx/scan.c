/*
 * model/onnx/scan.c - Scan (opset 9 on): a graph that is run for each row of its inputs, and hands numbers on from row to row.
 *
 * What skl2onnx measures distances with. The body sees its own inputs and constants only, and goes forwards along the first axis.
 */
#include "onnx/graph.h"

#include "format/protobuf.h"

enum { ENDS_MAX = 64 };

typedef struct scan {
    onnx_graph body;
    size_t scanned; /* how many of the inputs, the last ones */
    size_t outputs[ENDS_MAX], output_count;
} scan;

static bool only_zeros(const onnx_source *s, const char *name, err *e)
{
    onnx_ints list;
    if (!onnx_attribute_ints(s, name, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++)
        if (list.at[i] != 0)
            return err_set(e, ERR_UNSUPPORTED, "'Scan' of the ONNX model with %s that are not zero", name);
    return true;
}

static bool read_scan(const onnx_source *s, void **state, err *e)
{
    scan *c = *state = onnx_state(s, sizeof *c, e);
    if (!c) return false;
    bytes content = onnx_attribute_graph(s, "body");
    int64_t scanned = onnx_attribute_int(s, "num_scan_inputs", 0);
    static const char *const zeros[] = {"scan_input_axes", "scan_input_directions", "scan_output_axes",
                                        "scan_output_directions"};
    for (size_t i = 0; i < COUNT_OF(zeros); i++)
        if (!only_zeros(s, zeros[i], e)) return false;
    if (!onnx_graph_read_within(s, content, &c->body, e)) return false;
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != 12 || f.wire != 2) continue;
        size_t at = onnx_graph_find(&c->body, pb_text(f.content, 1));
        if (at == ONNX_ABSENT || c->output_count == ENDS_MAX)
            return err_set(e, ERR_INVALID, "an output of a graph within the ONNX model is made by nothing");
        c->outputs[c->output_count++] = at;
    }
    c->scanned = (size_t)scanned;
    bool fits = scanned > 0 && (size_t)scanned <= c->body.input_count &&
                c->body.input_count - c->scanned <= c->output_count && c->output_count > 0;
    return fits || err_set(e, ERR_INVALID, "'Scan' of the ONNX model does not fit its graph");
}

/* Row `at` of a tensor. */
static onnx_value row_of(const onnx_value *x, size_t at)
{
    onnx_value row = *x;
    row.rank--;
    memmove(row.dims, x->dims + 1, row.rank * sizeof *row.dims);
    row.count = x->count / x->dims[0];
    if (row.texts) row.texts += at * row.count;
    if (row.numbers) row.numbers += at * row.count;
    return row;
}

/* What the body made for a row, below what it made for those before. */
static bool stack_row(onnx_run *run, const onnx_node *n, size_t k, const onnx_value *row, size_t at,
                      size_t rows)
{
    if (at == 0) {
        size_t dims[ONNX_RANK_MAX];
        if (row->rank == ONNX_RANK_MAX) return onnx_misfit(run, n);
        dims[0] = rows;
        memcpy(dims + 1, row->dims, row->rank * sizeof *dims);
        if (!onnx_out(run, n, k, row->type, dims, row->rank + 1)) return false;
    }
    if (k >= n->out_count || n->out[k] == ONNX_ABSENT) return true;
    onnx_value *all = &run->values[n->out[k]];
    if (all->type != row->type || row->count * rows != all->count) return onnx_misfit(run, n);
    if (row->texts) memcpy(all->texts + at * row->count, row->texts, row->count * sizeof *row->texts);
    if (row->numbers) memcpy(all->numbers + at * row->count, row->numbers, row->count * sizeof *row->numbers);
    return true;
}

static bool run_scan(onnx_run *run, const onnx_node *n)
{
    const scan *c = n->state;
    const onnx_graph *g = &c->body;
    size_t states = g->input_count - c->scanned, rows = 0;
    onnx_value kept[ENDS_MAX];
    if (n->in_count != g->input_count || states > ENDS_MAX) return onnx_misfit(run, n);
    for (size_t k = 0; k < g->input_count; k++) {
        const onnx_value *x = onnx_in(run, n, k);
        if (!x || (k >= states && (x->rank == 0 || x->dims[0] == 0 || (rows && x->dims[0] != rows))))
            return onnx_misfit(run, n);
        if (k >= states) rows = x->dims[0];
        if (k < states) kept[k] = *x;
    }
    for (size_t i = 0; i < rows; i++) {
        onnx_run inner = *run;
        inner.values = arena_alloc_array(run->memory, g->value_count, sizeof *inner.values);
        if (!inner.values) return err_set(run->e, ERR_MEMORY, "no memory for %zu rows", rows);
        memcpy(inner.values, g->values, g->value_count * sizeof *inner.values);
        for (size_t k = 0; k < g->input_count; k++)
            inner.values[g->inputs[k].value] = k < states ? kept[k] : row_of(onnx_in(run, n, k), i);
        bool ok = onnx_graph_run_nodes(g, &inner);
        run->steps_left = inner.steps_left;
        if (!ok) return false;
        for (size_t k = 0; k < c->output_count; k++) {
            const onnx_value *made = &inner.values[c->outputs[k]];
            if (made->type == ONNX_NONE) return onnx_misfit(run, n);
            if (k < states)
                kept[k] = *made;
            else if (!stack_row(run, n, k, made, i, rows))
                return false;
        }
    }
    for (size_t k = 0; k < states && k < n->out_count; k++)
        if (n->out[k] != ONNX_ABSENT) run->values[n->out[k]] = kept[k];
    return true;
}

const onnx_op onnx_scan_ops[] = {{"Scan", 1, read_scan, run_scan}, {NULL, 0, NULL, NULL}};
