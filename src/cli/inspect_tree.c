/*
 * cli/inspect_tree.c - the tensors of a model as a tree.
 *
 * "encoder.layers.0.weight" stands under encoder, layers and 0. A name within an archive ("weights.h5!dense/kernel") continues the tree of its member.
 * Branches that do not fit the rows asked for stay folded: the widest levels go first, so the top of the tree is always seen whole.
 */
#include "inspect.h"

#include "base/arena.h"
#include "base/limits.h"
#include "scan.h"

#include <stdlib.h>

enum { NAME_SHOWN_BYTES = 120, LABEL_COLUMNS = 44, DEPTH_SHOWN = 12 };

typedef struct branch branch;
struct branch {
    str label;
    const json_t *tensor; /* of a leaf, else NULL */
    branch *first, *last, *next;
    uint64_t tensors, parameters, bytes;
};

typedef struct tree {
    arena memory;
    branch root;
    size_t depth_shown, rows;
} tree;

/* --- growing -------------------------------------------------------------------------------------------------------------- */

static size_t label_end(str name)
{
    size_t at = 0;
    while (at < name.len && name.data[at] != '.' && name.data[at] != '/' && name.data[at] != '!') at++;
    return at;
}

/* Names come in the file's order, so the wanted branch is nearly always the last one; others that look alike may stand twice. */
static branch *child_of(tree *t, branch *parent, str label, bool is_leaf)
{
    if (!is_leaf && parent->last && !parent->last->tensor && str_eq(parent->last->label, label))
        return parent->last;
    branch *b = arena_alloc(&t->memory, sizeof *b);
    if (!b) return NULL;
    *b = (branch){.label = label};
    if (parent->last)
        parent->last->next = b;
    else
        parent->first = b;
    parent->last = b;
    return b;
}

static uint64_t numbers_of(const json_t *tensor)
{
    const json_t *shape = json_object_get(tensor, "shape");
    uint64_t product = 1;
    for (size_t i = 0; i < json_array_size(shape); i++)
        if (__builtin_mul_overflow(product, (uint64_t)json_integer_value(json_array_get(shape, i)), &product))
            return UINT64_MAX;
    return product;
}

static void add_sums(branch *b, const json_t *tensor)
{
    uint64_t size = (uint64_t)json_integer_value(json_object_get(tensor, "bytes"));
    b->tensors++;
    if (__builtin_add_overflow(b->parameters, numbers_of(tensor), &b->parameters)) b->parameters = UINT64_MAX;
    if (__builtin_add_overflow(b->bytes, size, &b->bytes)) b->bytes = UINT64_MAX;
}

static bool add_tensor(tree *t, const json_t *tensor)
{
    branch *at = &t->root;
    str rest = json_text(tensor, "name");
    add_sums(at, tensor);
    for (size_t depth = 0; at; depth++) {
        size_t end = depth < DEPTH_SHOWN ? label_end(rest) : rest.len;
        bool is_leaf = end >= rest.len;
        at = child_of(t, at, str_slice(rest, 0, end), is_leaf);
        if (!at) return false;
        add_sums(at, tensor);
        if (is_leaf) break;
        rest = str_skip(rest, end + 1);
    }
    if (at) at->tensor = tensor;
    return at != NULL;
}

/* --- how deep to show --------------------------------------------------------------------------------------------------------- */

static size_t rows_at(const branch *b, size_t depth)
{
    size_t rows = 0;
    for (const branch *child = b->first; child; child = child->next)
        rows += 1 + (depth > 1 ? rows_at(child, depth - 1) : 0);
    return rows;
}

static size_t depth_that_fits(const branch *root, size_t rows_max)
{
    size_t depth = 1;
    while (depth < DEPTH_SHOWN + 1 && (rows_max == 0 || rows_at(root, depth + 1) <= rows_max)) depth++;
    return depth;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------------ */

static size_t columns_of(const buf *out, size_t from)
{
    size_t columns = 0;
    for (size_t i = from; i < out->len; i++) columns += (out->data[i] & 0xc0) != 0x80;
    return columns;
}

static void add_shape(const json_t *tensor, buf *out)
{
    const json_t *shape = json_object_get(tensor, "shape");
    scan_text_add(out, json_text(tensor, "dtype"), 24);
    for (size_t i = 0; i < json_array_size(shape); i++)
        buf_printf(out, "%s%lld", i ? " x " : "  ", (long long)json_integer_value(json_array_get(shape, i)));
}

static void add_row(const branch *b, str indent, bool is_last, buf *out)
{
    size_t start = out->len;
    buf_printf(out, "  %.*s%s ", STR_ARG(indent), is_last ? "└─" : "├─");
    scan_text_add(out, b->label.len ? b->label : STR("(no name)"), NAME_SHOWN_BYTES);
    for (size_t column = columns_of(out, start); column < LABEL_COLUMNS; column++) buf_add_byte(out, ' ');
    buf_add_str(out, STR("  "));
    if (b->tensor) {
        add_shape(b->tensor, out);
    } else {
        buf_printf(out, "%llu tensor%s, ", (unsigned long long)b->tensors, b->tensors == 1 ? "" : "s");
        inspect_add_count(out, b->parameters);
    }
    buf_add_str(out, STR("  "));
    inspect_add_bytes(out, b->bytes);
    buf_add_byte(out, '\n');
}

static bool draw(const tree *t, const branch *b, str indent, size_t depth, buf *out, err *e)
{
    for (const branch *child = b->first; child; child = child->next) {
        bool is_last = child->next == NULL;
        add_row(child, indent, is_last, out);
        if (depth <= 1 || !child->first) continue;
        AUTO_BUF buf deeper;
        buf_init(&deeper, KIB);
        buf_printf(&deeper, "%.*s%s", STR_ARG(indent), is_last ? "   " : "│  ");
        if (!buf_ok(&deeper, "the tree", e) || !draw(t, child, buf_str(&deeper), depth - 1, out, e))
            return false;
    }
    return true;
}

bool inspect_tree(const json_t *target, size_t rows_max, buf *out, err *e)
{
    const json_t *tensors = json_object_get(target, "tensors");
    tree t = {0};
    arena_init(&t.memory, LIMIT_SCAN_ARENA_BYTES);
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(tensors); i++)
        ok = add_tensor(&t, json_array_get(tensors, i));
    if (!ok) err_set(e, ERR_MEMORY, "no memory for the tree of tensors");
    size_t depth = ok ? depth_that_fits(&t.root, rows_max) : 0;
    ok = ok && draw(&t, &t.root, STR_NONE, depth, out, e);
    if (ok && depth <= DEPTH_SHOWN && rows_at(&t.root, depth + 1) > rows_at(&t.root, depth))
        buf_add_str(out, STR("  (folded to fit; --all shows every tensor)\n"));
    arena_done(&t.memory);
    return ok;
}
