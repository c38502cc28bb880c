/*
 * Assay's own form: what was written is what is opened, where it lies; every flipped byte and every shorter file is refused.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/dataset.h"
#include "model/native.h"
#include "model/train.h"

#include <stdlib.h>

static forest *fit_iris(train_params *p, arena *a)
{
    train_data d;
    sk_version v;
    err e = {0};
    forest *f = NULL;
    train_options options = {.threads = 1};
    assert_true(sk_version_parse(STR("1.4.2"), &v) && params_init(p, RANDOM_FOREST_CLASSIFIER, v, &e));
    assert_true(params_set_text(p, a, STR("n_estimators"), STR("3"), &e) &&
                params_set_text(p, a, STR("random_state"), STR("7"), &e) &&
                params_set_text(p, a, STR("oob_score"), STR("True"), &e));
    if (!dataset_iris(a, &d, &e) || !forest_fit(p, &d, &options, &f, &e)) fail_msg("%s", e.message);
    return f;
}

static void native_opens_what_was_written(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    train_params p;
    AUTO(forest_free) forest *f = fit_iris(&p, &a);
    AUTO(forest_free) forest *again = NULL;
    AUTO_BUF buf file;
    buf_init(&file, 16 * MIB);
    err e = {0};
    if (!forest_native_write(f, &p, &file, &e) || !forest_native_open(buf_bytes(&file), &again, &e))
        fail_msg("%s", e.message);
    assert_int_equal(again->tree_count, 3);
    assert_int_equal(again->feature_count, 4);
    assert_int_equal(again->class_count, 3);
    assert_int_equal(again->classes[2].integer, 2);
    assert_string_equal(again->version.text, "1.4.2");
    for (size_t i = 0; i < 3; i++) {
        const tree *x = &f->trees[i], *y = &again->trees[i];
        assert_int_equal(x->node_count, y->node_count);
        assert_true(x->seed == y->seed && x->depth == y->depth);
        assert_memory_equal(x->values, y->values, x->node_count * f->value_count * sizeof(double));
        for (size_t n = 0; n < x->node_count; n++)
            assert_true(x->nodes[n].threshold == y->nodes[n].threshold &&
                        x->nodes[n].left == y->nodes[n].left && x->nodes[n].feature == y->nodes[n].feature &&
                        x->nodes[n].impurity == y->nodes[n].impurity);
        const uint8_t *at = (const uint8_t *)y->nodes; /* not copied */
        assert_true(at > file.data && at < file.data + file.len);
    }
    assert_true(again->oob.score == f->oob.score);
    assert_memory_equal(again->oob.values, f->oob.values, 150 * 3 * sizeof(double));
}

static void native_refuses_every_damage(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    train_params p;
    AUTO(forest_free) forest *f = fit_iris(&p, &a);
    AUTO_BUF buf file;
    buf_init(&file, 16 * MIB);
    err e = {0};
    assert_true(forest_native_write(f, &p, &file, &e));
    for (size_t i = 0; i < file.len; i += i < 512 ? 1 : 37) {
        forest *broken = NULL;
        file.data[i] ^= 0x11;
        if (forest_native_open(buf_bytes(&file), &broken, &e)) fail_msg("byte %zu changed", i);
        forest_free(broken);
        broken = NULL;
        file.data[i] ^= 0x11;
        assert_false(forest_native_open((bytes){file.data, i}, &broken, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(native_opens_what_was_written),
        cmocka_unit_test(native_refuses_every_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
