/*
 * model/native.c - writing and opening Assay's own form. The layout is in model/native.h.
 *
 * The file may come from anywhere: it is opened only after the sum was compared, and walked only after every node was checked.
 */
#include "model/native.h"

#include "base/limits.h"
#include "base/reader.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "describe.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum {
    NATIVE_VERSION = 1,
    SECTION_COUNT = 5,
    HEADER_BYTES = 64,
    SECTION_BYTES = 24,
    ALIGNMENT = 64,
    TREE_BYTES = 24
};
static const char magic[8] = {'A', 'S', 'S', 'A', 'Y', 'F', 'S', 'T'};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "nodes are used where they lie");
_Static_assert(sizeof(tree_node) == 48 && offsetof(tree_node, left) == 32 &&
                   offsetof(tree_node, missing_left) == 44,
               "nodes are used where they lie");

/* --- writing ------------------------------------------------------------------------------------------------------------- */

static void put_u32(buf *out, uint32_t number)
{
    buf_add(out, (bytes){(const uint8_t *)&number, sizeof number});
}

static void put_u64(buf *out, uint64_t number)
{
    buf_add(out, (bytes){(const uint8_t *)&number, sizeof number});
}

static void put_doubles(buf *out, const double *numbers, size_t count)
{
    buf_add(out, (bytes){(const uint8_t *)numbers, count * sizeof *numbers});
}

static void put_padding(buf *out)
{
    while (!out->failed && out->len % ALIGNMENT) buf_add_byte(out, 0);
}

static void put_trees(buf *out, const forest *f)
{
    uint64_t first = 0;
    for (size_t i = 0; i < f->tree_count; i++) {
        put_u64(out, first);
        put_u64(out, f->trees[i].node_count);
        put_u32(out, (uint32_t)f->trees[i].depth);
        put_u32(out, f->trees[i].seed);
        first += f->trees[i].node_count;
    }
}

/* Field by field into zeroed memory: no stray bytes of padding. */
static void put_nodes(buf *out, const forest *f)
{
    for (size_t i = 0; i < f->tree_count; i++) {
        for (size_t k = 0; k < f->trees[i].node_count; k++) {
            const tree_node *from = &f->trees[i].nodes[k];
            uint8_t *at = buf_reserve(out, sizeof(tree_node));
            if (!at) return;
            memset(at, 0, sizeof(tree_node));
            memcpy(at, &from->threshold, 8);
            memcpy(at + 8, &from->impurity, 8);
            memcpy(at + 16, &from->weight, 8);
            memcpy(at + 24, &from->sample_count, 8);
            memcpy(at + 32, &from->left, 4);
            memcpy(at + 36, &from->right, 4);
            memcpy(at + 40, &from->feature, 4);
            at[44] = from->missing_left;
            buf_advance(out, sizeof(tree_node));
        }
    }
}

static bool put_section(buf *out, const forest *f, const train_params *params, unsigned id, err *e)
{
    switch (id) {
    case 1: {
        AUTO(json_release) json_t *about = forest_describe(f, params);
        if (!about) return err_set(e, ERR_MEMORY, "no memory to describe a forest");
        return json_encode_exact(about, out, e);
    }
    case 2: put_trees(out, f); break;
    case 3: put_nodes(out, f); break;
    case 4:
        for (size_t i = 0; i < f->tree_count; i++)
            put_doubles(out, f->trees[i].values, f->trees[i].node_count * f->value_count);
        break;
    default:
        if (f->oob.values) {
            put_doubles(out, &f->oob.score, 1);
            put_doubles(out, f->oob.values, f->sample_count * f->value_count);
        }
        break;
    }
    return true;
}

bool forest_native_write(const forest *f, const train_params *params, buf *out, err *e)
{
    size_t start = out->len;
    assert(start % ALIGNMENT == 0);
    size_t head = HEADER_BYTES + (size_t)SECTION_COUNT * SECTION_BYTES;
    for (size_t i = 0; i < head; i++) buf_add_byte(out, 0);
    uint64_t places[SECTION_COUNT][2];
    for (unsigned id = 1; id <= SECTION_COUNT; id++) {
        put_padding(out);
        places[id - 1][0] = out->len - start;
        if (!put_section(out, f, params, id, e)) return false;
        places[id - 1][1] = out->len - start - places[id - 1][0];
    }
    put_padding(out);
    if (!buf_ok(out, "a model file", e)) return false;

    uint8_t *file = out->data + start;
    uint64_t size = out->len - start;
    uint32_t numbers[2] = {NATIVE_VERSION, SECTION_COUNT};
    memcpy(file, magic, sizeof magic);
    memcpy(file + 8, numbers, sizeof numbers);
    memcpy(file + 16, &size, sizeof size);
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        uint8_t *record = file + HEADER_BYTES + i * SECTION_BYTES;
        uint32_t id = i + 1;
        memcpy(record, &id, sizeof id);
        memcpy(record + 8, places[i], sizeof places[i]);
    }
    digest sum;
    if (!digest_of(DIGEST_SHA256, (bytes){file + HEADER_BYTES, (size_t)size - HEADER_BYTES}, &sum, e))
        return false;
    memcpy(file + 24, sum.value, 32);
    return true;
}

/* --- opening ------------------------------------------------------------------------------------------------------------- */

bool forest_native_sniff(bytes file)
{
    return file.len >= sizeof magic && memcmp(file.data, magic, sizeof magic) == 0;
}

static bool broken(const char *what, err *e)
{
    return err_set(e, ERR_INVALID, "the Assay model is broken: %s", what);
}

static bool read_sections(bytes file, bytes *sections, err *e)
{
    reader r = reader_of(file);
    reader_skip(&r, sizeof magic);
    uint32_t version = reader_u32le(&r), count = reader_u32le(&r);
    uint64_t size = reader_u64le(&r);
    bytes want = reader_take(&r, 32);
    uint64_t nothing = reader_u64le(&r);
    if (r.failed || nothing != 0 || !forest_native_sniff(file)) return broken("its head is missing", e);
    if (version != NATIVE_VERSION)
        return err_set(e, ERR_UNSUPPORTED, "the Assay model has version %u; version %d is understood",
                       version, (int)NATIVE_VERSION);
    if (count != SECTION_COUNT || size != file.len) return broken("it is not as long as it says", e);
    digest sum;
    if (!digest_of(DIGEST_SHA256, (bytes){file.data + HEADER_BYTES, file.len - HEADER_BYTES}, &sum, e))
        return false;
    if (memcmp(sum.value, want.data, 32) != 0) return broken("its bytes do not match their sum", e);

    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        uint32_t id = reader_u32le(&r), zero = reader_u32le(&r);
        uint64_t offset = reader_u64le(&r), length = reader_u64le(&r);
        if (r.failed || id != i + 1 || zero != 0 || offset % ALIGNMENT || offset > file.len ||
            length > file.len - offset)
            return broken("a section lies outside", e);
        sections[i] = (bytes){file.data + offset, (size_t)length};
    }
    return true;
}

static bool check_node(const forest *f, const tree *t, size_t i, uint8_t *claimed)
{
    const tree_node *n = &t->nodes[i];
    uint8_t side; /* as a byte: a bool of another value must not be read as one */
    memcpy(&side, (const uint8_t *)n + offsetof(tree_node, missing_left), 1);
    if (side > 1 || (i > 0 && !claimed[i])) return false;
    if (n->left == NODE_LEAF && n->right == NODE_LEAF) return true;
    int32_t children[2] = {n->left, n->right};
    for (size_t k = 0; k < 2; k++) {
        if (children[k] <= (int64_t)i || (uint64_t)children[k] >= t->node_count || claimed[children[k]])
            return false;
        claimed[children[k]] = 1;
    }
    return n->feature >= 0 && (size_t)n->feature < f->feature_count && !isnan(n->threshold);
}

static bool check_trees(const forest *f, size_t largest, err *e)
{
    uint8_t *claimed = calloc(largest, 1);
    if (!claimed) return err_set(e, ERR_MEMORY, "no memory to check a tree of %zu nodes", largest);
    bool ok = true;
    for (size_t k = 0; ok && k < f->tree_count; k++) {
        const tree *t = &f->trees[k];
        memset(claimed, 0, t->node_count);
        for (size_t i = 0; ok && i < t->node_count; i++) ok = check_node(f, t, i, claimed);
        for (size_t i = 0; ok && i < t->node_count * f->value_count; i++)
            ok = isfinite(t->values[i]) && (!f->class_count || t->values[i] >= 0);
        if (!ok) err_set(e, ERR_INVALID, "the Assay model is broken: tree %zu is no tree", k);
    }
    free(claimed);
    return ok;
}

/* Trees point into the sections. */
static bool place_trees(forest *f, const bytes *sections, err *e)
{
    size_t count = sections[1].len / TREE_BYTES, nodes = sections[2].len / sizeof(tree_node), largest = 1;
    if (sections[1].len % TREE_BYTES || count == 0 || count > LIMIT_FOREST_TREES)
        return broken("its trees", e);
    if (sections[2].len % sizeof(tree_node) || nodes > LIMIT_FOREST_NODES ||
        sections[3].len != nodes * f->value_count * sizeof(double))
        return broken("its nodes and values are not as many", e);
    f->trees = calloc(count, sizeof *f->trees);
    if (!f->trees) return err_set(e, ERR_MEMORY, "no memory for %zu trees", count);
    reader r = reader_of(sections[1]);
    uint64_t next = 0;
    for (size_t i = 0; i < count; i++) {
        tree *t = &f->trees[i];
        uint64_t first = reader_u64le(&r), own = reader_u64le(&r);
        t->depth = reader_u32le(&r);
        t->seed = reader_u32le(&r);
        if (first != next || own == 0 || own > nodes - next || own > INT32_MAX)
            return broken("a tree's extent", e);
        t->nodes = (tree_node *)(uintptr_t)sections[2].data + first;
        t->values = (double *)(uintptr_t)sections[3].data + first * f->value_count;
        t->node_count = (size_t)own;
        next += own;
        if (own > largest) largest = (size_t)own;
    }
    f->tree_count = count;
    if (next != nodes) return broken("nodes without a tree", e);
    return check_trees(f, largest, e);
}

static bool take_oob(forest *f, bytes section, err *e)
{
    if (section.len == 0) return true;
    size_t rows = f->sample_count;
    if (section.len / sizeof(double) == 0 || (section.len / sizeof(double) - 1) / f->value_count != rows ||
        section.len != (rows * f->value_count + 1) * sizeof(double))
        return broken("its out-of-bag values", e);
    const double *numbers = (const double *)(const void *)section.data;
    f->oob = (forest_oob){.score = numbers[0], .values = (double *)(uintptr_t)(numbers + 1)};
    return true;
}

bool forest_native_open(bytes file, forest **out, err *e)
{
    bytes sections[SECTION_COUNT];
    if ((uintptr_t)file.data % _Alignof(tree_node))
        return err_set(e, ERR_INVALID, "the Assay model must be aligned in memory");
    if (!read_sections(file, sections, e)) return false;
    AUTO(json_release) json_t *about = NULL;
    AUTO(forest_free) forest *f = NULL;
    if (!json_decode_large(sections[0], LIMIT_MODEL_BYTES, "the description of the Assay model", &about, e) ||
        !forest_from_description(about, &f, e))
        return false;
    f->borrowed = true;
    if (!place_trees(f, sections, e) || !take_oob(f, sections[4], e)) return false;
    *out = TAKE(f);
    return true;
}
