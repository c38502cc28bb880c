/*
 * The engine's ways against the plain walk: the same bits for trees and rows of every shape, with numbers at, just below and just above thresholds, missing,
 * infinite, and both zeros.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "tests/unit/test.h"

#include "model/predict.h"
#include "src/model/engine/engine.h"

enum { FEATURES_MAX = 1200, TREES_MAX = 21, NODES_MAX = 1204, ROWS_MAX = 200, WIDTH_MAX = 9, VALUES = 97 };

typedef struct sample {
    engine_node nodes[TREES_MAX][NODES_MAX];
    size_t counts[TREES_MAX];
    size_t tree_count, features, width, columns, rows;
    bool is_narrow, is_single;
    double x[ROWS_MAX * 8];
    float narrow[ROWS_MAX * 8];
    double close[ROWS_MAX * 8]; /* doubles that float32 rounds to `narrow` */
    double values[VALUES * WIDTH_MAX];
    uint64_t state;
} sample;

static uint32_t draw(sample *s, uint32_t below)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(s->state >> 33) % below;
}

/* Few different numbers, so that many are equal. */
static double draw_number(sample *s)
{
    static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_MIN, -1e-45};
    if (draw(s, 8) == 0) return odd[draw(s, COUNT_OF(odd))];
    double number = ((double)draw(s, 41) - 20) / 3;
    return s->is_narrow ? (double)(float)number : number;
}

static double draw_cell(sample *s)
{
    double number = draw_number(s);
    switch (draw(s, 6)) {
    case 0: return NAN;
    case 1: return s->is_narrow ? (double)nextafterf((float)number, INFINITY) : nextafter(number, INFINITY);
    case 2: return s->is_narrow ? (double)nextafterf((float)number, -INFINITY) : nextafter(number, -INFINITY);
    default: return number;
    }
}

/* Splits one leaf after the other: any of them, or always the newest, which makes a chain. */
static void grow_tree(sample *s, size_t number, size_t splits)
{
    engine_node *nodes = s->nodes[number];
    size_t count = 1;
    bool is_chain = draw(s, 3) == 0, has_weights = draw(s, 2) == 0;
    nodes[0] = (engine_node){.value = draw(s, VALUES)};
    for (size_t i = 0; i < splits; i++) {
        size_t at = is_chain ? count - 1 : draw(s, (uint32_t)count);
        while (nodes[at].left) at = draw(s, 2) ? nodes[at].left : nodes[at].right;
        nodes[at] = (engine_node){.threshold = draw_number(s),
                                  .feature = draw(s, (uint32_t)s->features),
                                  .left = (uint32_t)count,
                                  .right = (uint32_t)count + 1,
                                  .missing_left = draw(s, 2)};
        for (int side = 0; side < 2; side++) nodes[count++] = (engine_node){.value = draw(s, VALUES)};
    }
    static const float odd_weights[] = {NAN, INFINITY, -1, -INFINITY, FLT_MAX};
    for (size_t i = 0; i < count && has_weights; i++) nodes[i].weight = (float)(1 + draw(s, 9));
    if (draw(s, 4) == 0) nodes[count - 1].weight = odd_weights[draw(s, COUNT_OF(odd_weights))];
    /* Nodes that no way leads to are left alone, even where they lead nowhere. */
    if (draw(s, 4) == 0) nodes[count++] = (engine_node){.left = NODES_MAX, .right = NODES_MAX};
    s->counts[number] = count;
}

static size_t read_sample(const void *self, size_t number, engine_node *out)
{
    const sample *s = self;
    memcpy(out, s->nodes[number], s->counts[number] * sizeof *out);
    return s->counts[number];
}

static const engine_node *plain_walk(const engine_node *nodes, const double *row)
{
    const engine_node *n = nodes;
    while (n->left) {
        double x = row[n->feature];
        bool left = isnan(x) ? n->missing_left : x <= n->threshold;
        n = &nodes[left ? n->left : n->right];
    }
    return n;
}

static void plain_add(const sample *s, const double *values, double *out)
{
    size_t stride = s->columns ? s->columns : s->width;
    for (size_t r = 0; r < s->rows; r++)
        for (size_t t = 0; t < s->tree_count; t++) {
            const double *v =
                values + plain_walk(s->nodes[t], s->x + r * s->features)->value * (s->columns ? 1 : s->width);
            for (size_t i = 0; i < (s->columns ? 1 : s->width); i++) {
                double *sum = &out[r * stride + (s->columns ? t % s->columns : i)];
                *sum = s->is_single ? (double)((float)*sum + (float)v[i]) : *sum + v[i];
            }
        }
}

/* Gives how often masks were used. */
static size_t assert_ways_agree(sample *s, const double *values)
{
    size_t masked = 0;
    static const engine_way ways[] = {ENGINE_CHOOSE, ENGINE_WALK, ENGINE_MASKS, ENGINE_MASKS_PORTABLE};
    size_t cells = s->rows * (s->columns ? s->columns : s->width);
    double *expected = calloc(cells, sizeof *expected), *got = calloc(cells, sizeof *got);
    assert_true(expected && got);
    plain_add(s, values, expected);
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        err e = {0};
        AUTO(engine_free) engine *g = NULL;
        engine_source source = {.self = s,
                                .tree_count = s->tree_count,
                                .node_count_max = NODES_MAX,
                                .features = s->features,
                                .is_narrow = s->is_narrow,
                                .way = ways[i],
                                .read = read_sample};
        assert_true(engine_new(&source, &g, &e));
        if (ways[i] == ENGINE_WALK) assert_int_equal(engine_way_of(g), ENGINE_WALK);
        masked += engine_way_of(g) == ENGINE_MASKS;
        engine_rows rows[] = {{.narrow = s->narrow, .count = s->rows}, {.wide = s->close, .count = s->rows}};
        if (!s->is_narrow) rows[0] = rows[1] = (engine_rows){.wide = s->x, .count = s->rows};
        engine_sums to = {values, s->width, s->columns, s->is_single, got};
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            memset(got, 0, cells * sizeof *got);
            assert_true(engine_add(g, &rows[k], &to, &e));
            assert_memory_equal(got, expected, cells * sizeof *got);
        }
    }
    free(expected);
    free(got);
    return masked;
}

static void draw_rows(sample *s)
{
    for (size_t i = 0; i < s->rows * s->features; i++) {
        s->x[i] = draw_cell(s);
        s->narrow[i] = (float)s->x[i];
        s->close[i] = s->x[i] * (1 + 1e-12);
    }
}

static void draw_sample(sample *s, size_t splits_max)
{
    s->is_narrow = draw(s, 2);
    s->is_single = draw(s, 4) == 0;
    s->tree_count = 1 + draw(s, TREES_MAX);
    s->features = 1 + draw(s, 8);
    s->width = 1 + draw(s, WIDTH_MAX);
    s->columns = draw(s, 3) ? 0 : 1 + draw(s, 11);
    s->rows = 1 + draw(s, ROWS_MAX);
    for (size_t t = 0; t < s->tree_count; t++) grow_tree(s, t, draw(s, (uint32_t)splits_max));
    draw_rows(s);
    for (size_t i = 0; i < VALUES * WIDTH_MAX; i++) {
        double value = 1.0 / (1 + draw(s, 1000));
        s->values[i] = s->is_single ? (double)(float)value : value;
    }
}

static void every_way_gives_the_bits_of_the_plain_walk(void **state)
{
    (void)state;
    sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    size_t masked = 0;
    static const size_t splits[] = {2, 8, 17, 40, 260, 600};
    for (uint64_t seed = 0; seed < 240; seed++) {
        s->state = seed;
        draw_sample(s, splits[seed % COUNT_OF(splits)]);
        masked += assert_ways_agree(s, s->values);
    }
    assert_in_range(masked, 300, 3 * 240 - 20); /* and the walk where trees are too large for them */
    free(s);
}

/* Leaves what others leave on the stack: keys as great as can be. */
static __attribute__((noinline)) void soil_stack(void)
{
    volatile uint8_t soiled[256 * 1024];
    for (size_t i = 0; i < sizeof soiled; i++) soiled[i] = 0xff;
}

/* Such a forest looks at no column, so there is no key to look at either. */
static void trees_of_one_leaf_need_no_keys(void **state)
{
    (void)state;
    sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->features = 4;
    s->width = 1;
    s->tree_count = 3;
    for (size_t t = 0; t < s->tree_count; t++) grow_tree(s, t, 0);
    for (size_t i = 0; i < VALUES; i++) s->values[i] = 0.5;
    for (s->rows = 1; s->rows <= 20; s->rows++) {
        err e = {0};
        AUTO(engine_free) engine *g = NULL;
        engine_source source = {.self = s,
                                .tree_count = s->tree_count,
                                .node_count_max = NODES_MAX,
                                .features = s->features,
                                .way = ENGINE_WALK,
                                .read = read_sample};
        assert_true(engine_new(&source, &g, &e));
        double got[20] = {0};
        engine_rows rows = {.wide = s->x, .count = s->rows};
        engine_sums to = {s->values, s->width, 0, false, got};
        soil_stack();
        assert_true(engine_add(g, &rows, &to, &e));
        for (size_t r = 0; r < s->rows; r++) assert_true(got[r] == 1.5);
    }
    free(s);
}

/* More columns, or more rows of values, than the compact node has room for. */
static void large_numbers_take_the_wide_forms(void **state)
{
    (void)state;
    sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    size_t values_count = 9000000;
    double *values = calloc(values_count, sizeof *values);
    assert_non_null(values);
    s->is_narrow = true;
    s->tree_count = 3;
    s->features = FEATURES_MAX;
    s->width = 1;
    s->rows = 1;
    for (size_t t = 0; t < s->tree_count; t++) grow_tree(s, t, 600);
    draw_rows(s);
    for (size_t i = 0; i < VALUES; i++) values[i] = 1.0 / (double)(i + 1);
    (void)assert_ways_agree(s, values);
    for (size_t t = 0; t < s->tree_count; t++)
        for (size_t i = 0; i < s->counts[t]; i++)
            s->nodes[t][i].value = (uint32_t)values_count - 1 - s->nodes[t][i].value;
    for (size_t i = 0; i < VALUES; i++) values[values_count - 1 - i] = 1.0 / (double)(i + 1);
    s->features = 8;
    for (size_t t = 0; t < s->tree_count; t++)
        for (size_t i = 0; i < s->counts[t]; i++) s->nodes[t][i].feature %= 8;
    s->rows = 100;
    draw_rows(s);
    (void)assert_ways_agree(s, values);
    free(values);
    free(s);
}

static void what_is_no_tree_is_refused(void **state)
{
    (void)state;
    sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->features = 2;
    s->tree_count = 2;
    s->counts[0] = 1;
    static const engine_node broken[][3] = {{{.left = 1, .right = 3}},
                                            {{.left = 1, .right = 2, .feature = 2}},
                                            {{.left = 1, .right = 2}, {.left = 1, .right = 2}},
                                            {{.left = 1, .right = 2}, {.left = 2, .right = 1}}};
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        err e = {0};
        AUTO(engine_free) engine *g = NULL;
        memcpy(s->nodes[1], broken[i], sizeof broken[i]);
        s->counts[1] = 3;
        engine_source source = {
            .self = s, .tree_count = 2, .node_count_max = 3, .features = 2, .read = read_sample};
        assert_false(engine_new(&source, &g, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.message, "tree 1 of the model has nodes that lead nowhere");
    }
    free(s);
}

/* --- forests ------------------------------------------------------------------------------------------------------------- */

/* Thresholds are doubles, between and beyond the numbers that float32 has; rows are float32. */
static void forests_compare_as_doubles(void **state)
{
    (void)state;
    static const double thresholds[] = {0.1, 1e300, -1e300, 1e-300, -0.0, 16777217, FLT_MAX, 0.30000001};
    static const float cells[] = {0.1f,     0.1f + 1e-8f, FLT_MAX, -FLT_MAX, 0.0f,   -0.0f,
                                  16777216, 16777218,     0.3f,    1e-45f,   -1e-45f};
    sk_version version;
    err e = {0};
    assert_true(sk_version_parse(STR("1.7.2"), &version));
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        tree_node nodes[] = {{.threshold = thresholds[i], .left = 1, .right = 2, .weight = 2},
                             {.left = NODE_LEAF, .right = NODE_LEAF, .weight = 1},
                             {.left = NODE_LEAF, .right = NODE_LEAF, .weight = 1}};
        double values[] = {0, 1, 2};
        tree t = {.nodes = nodes, .values = values, .node_count = 3};
        AUTO(forest_free) forest *f = NULL;
        AUTO(predictor_free) predictor *p = NULL;
        assert_true(forest_new(DECISION_TREE_REGRESSOR, version, &f, &e) && forest_set_outputs(f, 1, &e));
        forest_settle_outputs(f);
        f->feature_count = 1;
        f->borrowed = true;
        f->trees = malloc(sizeof t);
        assert_non_null(f->trees);
        f->trees[0] = t;
        f->tree_count = 1;
        double out[COUNT_OF(cells)];
        assert_true(predictor_new(f, &p, &e) && predictor_run(p, cells, COUNT_OF(cells), out, &e));
        for (size_t c = 0; c < COUNT_OF(cells); c++)
            assert_true(out[c] == ((double)cells[c] <= thresholds[i] ? 1 : 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_gives_the_bits_of_the_plain_walk),
        cmocka_unit_test(trees_of_one_leaf_need_no_keys),
        cmocka_unit_test(large_numbers_take_the_wide_forms),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(forests_compare_as_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
