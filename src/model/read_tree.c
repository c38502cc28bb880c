/*
 * model/read_tree.c - a `Tree` object: two arrays, whose every number is checked before anything walks them.
 *
 * scikit-learn itself does not check: a crafted child index reads outside its memory. Here a child lies after its parent and has one parent, so the
 * nodes are a tree and every walk ends.
 */
#include "read_parts.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

/* --- the node's layout, by name ------------------------------------------------------------------------------------------ */

typedef enum field_id {
    LEFT,
    RIGHT,
    FEATURE,
    THRESHOLD,
    IMPURITY,
    SAMPLES,
    WEIGHT,
    MISSING,
    FIELD_COUNT
} field_id;

static const struct {
    const char *name;
    const char *types; /* numpy kinds */
} field_specs[FIELD_COUNT] = {
    [LEFT] = {"left_child", "i"},
    [RIGHT] = {"right_child", "i"},
    [FEATURE] = {"feature", "i"},
    [THRESHOLD] = {"threshold", "f"},
    [IMPURITY] = {"impurity", "f"},
    [SAMPLES] = {"n_node_samples", "i"},
    [WEIGHT] = {"weighted_n_node_samples", "f"},
    [MISSING] = {"missing_go_to_left", "u"},
};

typedef struct field {
    bool present;
    char type;
    size_t item_bytes;
    uint64_t offset;
} field;

typedef struct layout {
    pickle_ndarray array;
    field fields[FIELD_COUNT];
} layout;

static const pickle_value *tuple_item(const pickle_value *v, size_t i)
{
    return v && v->kind == PICKLE_TUPLE && i < v->list.count ? v->list.items[i] : NULL;
}

static field_id field_of(str name)
{
    unsigned id = 0;
    while (id < FIELD_COUNT && !str_eq(name, str_from_c(field_specs[id].name))) id++;
    return (field_id)id;
}

/* `entry` is (dtype, offset). The dtype's code is "i8", "<f8", "u1". */
static bool read_field(const pickle_value *entry, str name, layout *l, err *e)
{
    field_id id = field_of(name);
    if (id == FIELD_COUNT)
        return err_set(e, ERR_UNSUPPORTED, "tree nodes have a field '%.*s' that is not understood",
                       STR_ARG(str_slice(name, 0, 60)));
    pickle_dtype dtype;
    const pickle_value *offset = tuple_item(entry, 1);
    if (!pickle_as_dtype(tuple_item(entry, 0), &dtype, e))
        return err_wrap(e, "field %s", field_specs[id].name);
    if (!offset || offset->kind != PICKLE_INT || offset->integer < 0)
        return err_set(e, ERR_INVALID, "field %s of the tree nodes has no offset", field_specs[id].name);

    field f = {.present = true,
               .type = dtype.type,
               .item_bytes = dtype.item_bytes,
               .offset = (uint64_t)offset->integer};
    size_t most = l->array.item_bytes;
    bool fits = f.offset <= most && f.item_bytes <= most - f.offset;
    bool usable = f.item_bytes <= 8 && strchr(field_specs[id].types, f.type) &&
                  (f.type != 'f' || f.item_bytes == 4 || f.item_bytes == 8);
    if (!fits || !usable || l->fields[id].present)
        return err_set(e, ERR_INVALID, "field %s of the tree nodes has another type, or does not fit",
                       field_specs[id].name);
    if (f.item_bytes > 1 && dtype.big_endian) l->array.big_endian = true;
    l->fields[id] = f;
    return true;
}

/* State of the structured dtype: (3, '|', None, names, {name: (dtype, offset)}, itemsize, alignment, flags). */
static bool read_layout(layout *l, err *e)
{
    const pickle_value *dtype = l->array.dtype;
    const pickle_value *state = dtype && dtype->kind == PICKLE_CALL && dtype->call.state_count
                                    ? dtype->call.states[dtype->call.state_count - 1]
                                    : NULL;
    const pickle_value *fields = tuple_item(state, 4);
    if (!fields || fields->kind != PICKLE_DICT || fields->list.count > 64)
        return err_set(e, ERR_INVALID, "tree nodes have no fields");
    for (size_t i = 0; i + 1 < fields->list.count; i += 2) {
        const pickle_value *name = fields->list.items[i];
        if (name->kind != PICKLE_STR) return err_set(e, ERR_INVALID, "a field of the tree nodes has no name");
        if (!read_field(fields->list.items[i + 1], name->text, l, e)) return false;
    }
    for (unsigned id = 0; id < MISSING; id++)
        if (!l->fields[id].present)
            return err_set(e, ERR_INVALID, "tree nodes lack the field %s", field_specs[id].name);
    return true;
}

/* --- nodes --------------------------------------------------------------------------------------------------------------- */

static int64_t integer_of(const layout *l, size_t node, field_id id)
{
    const field *f = &l->fields[id];
    return array_integer(&l->array, (uint64_t)node * l->array.item_bytes + f->offset, f->item_bytes, f->type);
}

static double float_of(const layout *l, size_t node, field_id id)
{
    const field *f = &l->fields[id];
    return array_float(&l->array, (uint64_t)node * l->array.item_bytes + f->offset, f->item_bytes);
}

/* A child lies after its parent and nobody else's. */
static bool claim_child(uint8_t *claimed, size_t parent, int64_t child, size_t count, err *e)
{
    if (child <= (int64_t)parent || (uint64_t)child >= count)
        return err_set(e, ERR_INVALID, "node %zu has the child %lld, in a tree of %zu nodes", parent,
                       (long long)child, count);
    if (claimed[child]) return err_set(e, ERR_INVALID, "node %lld has two parents", (long long)child);
    claimed[child] = 1;
    return true;
}

static bool read_split(const layout *l, const forest *f, size_t i, uint8_t *claimed, tree_node *n, err *e)
{
    int64_t left = integer_of(l, i, LEFT), right = integer_of(l, i, RIGHT),
            feature = integer_of(l, i, FEATURE);
    size_t count = (size_t)l->array.count;
    if (!claim_child(claimed, i, left, count, e) || !claim_child(claimed, i, right, count, e)) return false;
    if (feature < 0 || (uint64_t)feature >= f->feature_count)
        return err_set(e, ERR_INVALID, "node %zu asks for feature %lld of %zu", i, (long long)feature,
                       f->feature_count);
    if (isnan(n->threshold)) return err_set(e, ERR_INVALID, "the threshold of node %zu is not a number", i);
    n->left = (int32_t)left;
    n->right = (int32_t)right;
    n->feature = (int32_t)feature;
    return true;
}

static bool read_nodes(const layout *l, const forest *f, uint8_t *claimed, tree *t, err *e)
{
    for (size_t i = 0; i < t->node_count; i++) {
        if (i > 0 && !claimed[i]) return err_set(e, ERR_INVALID, "node %zu has no parent", i);
        tree_node *n = &t->nodes[i];
        *n = (tree_node){.threshold = float_of(l, i, THRESHOLD),
                         .impurity = float_of(l, i, IMPURITY),
                         .weight = float_of(l, i, WEIGHT),
                         .sample_count = integer_of(l, i, SAMPLES),
                         .left = NODE_LEAF,
                         .right = NODE_LEAF,
                         .feature = NODE_NO_FEATURE,
                         .missing_left = l->fields[MISSING].present && integer_of(l, i, MISSING) != 0};
        bool is_leaf = integer_of(l, i, LEFT) == NODE_LEAF && integer_of(l, i, RIGHT) == NODE_LEAF;
        if (!is_leaf && !read_split(l, f, i, claimed, n, e)) return false;
    }
    return true;
}

static bool read_node_array(arena *scratch, const pickle_value *v, const forest *f, tree *t, err *e)
{
    layout l = {0};
    if (!pickle_as_ndarray(scratch, v, &l.array, e)) return err_wrap(e, "nodes");
    if (l.array.type != 'V' || l.array.rank != 1 || l.array.count != t->node_count)
        return err_set(e, ERR_INVALID, "nodes is no array of %zu records", t->node_count);
    if (!read_layout(&l, e)) return false;
    uint8_t *claimed = calloc(t->node_count, 1);
    t->nodes = calloc(t->node_count, sizeof *t->nodes);
    bool ok = claimed && t->nodes
                  ? read_nodes(&l, f, claimed, t, e)
                  : err_set(e, ERR_MEMORY, "no memory for a tree of %zu nodes", t->node_count);
    free(claimed);
    return ok;
}

/* --- values -------------------------------------------------------------------------------------------------------------- */

/* (node_count, outputs, classes or 1) doubles, in either order. */
static bool read_values(arena *scratch, const pickle_value *v, const forest *f, tree *t, err *e)
{
    pickle_ndarray array;
    if (!pickle_as_ndarray(scratch, v, &array, e)) return err_wrap(e, "values");
    bool shaped = array.rank == 3 && array.shape[0] == t->node_count && array.shape[1] == f->output_count &&
                  array.shape[2] == f->slot_count;
    if (array.type != 'f' || array.item_bytes != 8 || !shaped)
        return err_set(e, ERR_INVALID, "values is no array of %zu x %zu x %zu doubles", t->node_count,
                       f->output_count, f->slot_count);
    size_t count;
    if (__builtin_mul_overflow(t->node_count, f->value_count, &count) || count > LIMIT_FOREST_VALUES)
        return err_set(e, ERR_TOO_LARGE, "a tree of %zu x %zu values (LIMIT_FOREST_VALUES allows %llu)",
                       t->node_count, f->value_count, (unsigned long long)LIMIT_FOREST_VALUES);
    t->values = calloc(count, sizeof *t->values);
    if (!t->values) return err_set(e, ERR_MEMORY, "no memory for %zu values", count);
    for (size_t i = 0; i < count; i++) {
        size_t node = i / f->value_count, at = i % f->value_count;
        size_t output = at / f->slot_count, slot = at % f->slot_count;
        size_t stored = array.fortran_order ? (slot * f->output_count + output) * t->node_count + node : i;
        double value = array_float(&array, (uint64_t)stored * 8, 8);
        if (!isfinite(value) || (f->class_count && value < 0))
            return err_set(e, ERR_INVALID, "value %zu of node %zu is %g", at, node, value);
        t->values[i] = value;
    }
    return true;
}

/* --- the object ---------------------------------------------------------------------------------------------------------- */

/* Classes of an output, 1 for a regressor. */
static int64_t output_classes(const forest *f, size_t output)
{
    return f->outputs[output].class_count ? (int64_t)f->outputs[output].class_count : 1;
}

/* Tree(n_features, n_classes array, n_outputs) must say the same as the estimator around it. */
static bool arguments_agree(arena *scratch, const pickle_value *v, const forest *f, err *e)
{
    const pickle_value *args = v->call.args;
    const pickle_value *features = tuple_item(args, 0), *outputs = tuple_item(args, 2);
    pickle_ndarray classes;
    if (!features || features->kind != PICKLE_INT || !outputs || outputs->kind != PICKLE_INT ||
        !pickle_as_ndarray(scratch, tuple_item(args, 1), &classes, NULL) || classes.rank != 1 ||
        classes.type != 'i')
        return err_set(e, ERR_INVALID, "Tree() is called with other arguments than scikit-learn's");
    if (features->integer != (int64_t)f->feature_count || outputs->integer != (int64_t)f->output_count ||
        classes.count != f->output_count)
        return err_set(e, ERR_INVALID, "Tree() has %lld features and %lld outputs, the model has %zu and %zu",
                       (long long)features->integer, (long long)outputs->integer, f->feature_count,
                       f->output_count);
    for (size_t k = 0; k < f->output_count; k++) {
        int64_t count = array_integer(&classes, (uint64_t)k * classes.item_bytes, classes.item_bytes, 'i');
        if (count != output_classes(f, k))
            return err_set(e, ERR_INVALID, "Tree() has %lld classes in output %zu, the model has %lld",
                           (long long)count, k + 1, (long long)output_classes(f, k));
    }
    return true;
}

bool read_tree(arena *scratch, const pickle_value *v, const forest *f, tree *out, uint64_t *nodes_left,
               err *e)
{
    if (!pickle_is_global(pickle_class_of(v), "sklearn.tree._tree", "Tree") || v->kind != PICKLE_CALL)
        return err_set(e, ERR_INVALID, "tree_ is no sklearn.tree._tree.Tree");
    int64_t node_count, depth;
    if (!arguments_agree(scratch, v, f, e) || !read_integer(scratch, v, "node_count", &node_count, e) ||
        !read_integer(scratch, v, "max_depth", &depth, e))
        return false;
    if (node_count < 1 || (uint64_t)node_count > *nodes_left || node_count > INT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "a tree of %lld nodes; LIMIT_FOREST_NODES allows %d in all",
                       (long long)node_count, (int)LIMIT_FOREST_NODES);
    *nodes_left -= (uint64_t)node_count;
    out->node_count = (size_t)node_count;
    out->depth = depth > 0 ? (size_t)depth : 0;
    return read_node_array(scratch, pickle_get(v, "nodes"), f, out, e) &&
           read_values(scratch, pickle_get(v, "values"), f, out, e);
}
