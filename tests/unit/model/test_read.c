/*
 * Model files read without unpickling: real ones of four versions, our own, and our own with every byte broken.
 */
#include "cases.h"

#include "model/dataset.h"
#include "model/pickle_write.h"
#include "model/read.h"

/* --- real files ---------------------------------------------------------------------------------------------------------- */

static void read_and_compare(const char *folder, const json_t *entry)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, json_text(entry, "file").data) > 0);
    AUTO_BUF buf file;
    buf_init(&file, 64 * MIB);
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO(forest_free) forest *f = NULL;
    err e = {0};
    if (!file_read_all(path, &file, &e) || !forest_read(buf_bytes(&file), &f, &e))
        fail_msg("%s: %s", path, e.message);
    case_predictions(path, entry, f, &a);
    free(path);
}

static void read_expected(const char *path)
{
    AUTO(json_release) json_t *root = case_load(path);
    const json_t *files = json_is_array(root) ? root : json_object_get(root, "files");
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", (int)str_find_last(str_from_c(path), '/'), path);
    size_t i;
    json_t *entry;
    json_array_foreach(files, i, entry) read_and_compare(folder, entry);
    assert_true(json_array_size(files) >= 5);
}

static void read_predicts_as_scikit_learn_on_real_files(void **state)
{
    (void)state;
    if (!case_data_folder()) skip();
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/forests/pickles/expected.json", case_data_folder());
    read_expected(folder);
    snprintf(folder, sizeof folder, "%s/forests/pickles-other-versions", case_data_folder());
    assert_int_equal(case_each(folder, ".json", read_expected), 3);
}

/* --- our own ------------------------------------------------------------------------------------------------------------- */

typedef struct made {
    forest *forest;
    buf file;
} made;

static made make_model(estimator_kind kind, const char *version_text, int64_t trees)
{
    made m;
    sk_version version;
    train_params p;
    train_data data;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    err e = {0};
    assert_true(sk_version_parse(str_from_c(version_text), &version));
    assert_true(params_init(&p, kind, version, &e) && dataset_iris(&a, &data, &e));
    if (estimator_of(kind)->is_ensemble)
        p.values[PARAM_N_ESTIMATORS] = (param_value){.kind = PARAM_INT, .integer = trees};
    double y[150];
    for (size_t i = 0; i < data.rows; i++) y[i] = data.y_class[i] * 1.5;
    if (!estimator_of(kind)->is_classifier) {
        data.y_class = NULL;
        data.y_number = y;
    }
    str names[4] = {STR("a"), STR("b"), STR("\xc3\xa9"), STR("d")};
    data.names = names;
    train_options options = {.threads = 1, .drawn_seed = 1};
    if (!forest_fit(&p, &data, &options, &m.forest, &e)) fail_msg("%s", e.message);
    buf_init(&m.file, 16 * MIB);
    assert_true(forest_pickle(m.forest, &p, &m.file, &e));
    return m;
}

static void made_done(made *m)
{
    forest_free(m->forest);
    buf_done(&m->file);
}

static void assert_same_tree(const tree *a, const tree *b, size_t value_count)
{
    assert_int_equal(a->node_count, b->node_count);
    assert_int_equal(a->depth, b->depth);
    for (size_t i = 0; i < a->node_count; i++) {
        const tree_node *x = &a->nodes[i], *y = &b->nodes[i];
        assert_int_equal(x->left, y->left);
        assert_int_equal(x->right, y->right);
        assert_int_equal(x->feature, y->feature);
        assert_int_equal(x->sample_count, y->sample_count);
        assert_int_equal(x->missing_left, y->missing_left);
        assert_true(same_bits(x->threshold, y->threshold) && same_bits(x->impurity, y->impurity));
    }
    assert_memory_equal(a->values, b->values, a->node_count * value_count * sizeof(double));
}

static void read_gives_back_what_was_written(void **state)
{
    (void)state;
    static const char *const versions[] = {"0.23.2", "1.2.1", "1.4.2", "1.9.0"};
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        for (unsigned kind = 0; kind < ESTIMATOR_KINDS; kind++) {
            made m = make_model((estimator_kind)kind, versions[v], 3);
            AUTO(forest_free) forest *f = NULL;
            err e = {0};
            if (!forest_read(buf_bytes(&m.file), &f, &e)) fail_msg("%s %u: %s", versions[v], kind, e.message);
            assert_int_equal(f->kind, kind);
            assert_string_equal(f->version.text, versions[v]);
            assert_int_equal(f->tree_count, m.forest->tree_count);
            assert_int_equal(f->class_count, m.forest->class_count);
            if (v > 0) assert_true(f->feature_names && str_eq(f->feature_names[2], STR("\xc3\xa9")));
            for (size_t i = 0; i < f->tree_count; i++)
                assert_same_tree(&f->trees[i], &m.forest->trees[i], f->value_count);
            made_done(&m);
        }
    }
}

/* Whatever the bytes: an answer without a crash, and a forest that can be walked when it is one. */
static bool survives(bytes file)
{
    AUTO(forest_free) forest *f = NULL;
    err e = {0};
    if (!forest_read(file, &f, &e)) {
        assert_true(e.code != ERR_NONE && e.message[0]);
        return false;
    }
    AUTO(predictor_free) predictor *p = NULL;
    float *row = calloc(f->feature_count, sizeof *row);
    double *out = calloc(f->value_count, sizeof *out);
    assert_true(row && out && predictor_new(f, &p, &e) && predictor_run(p, row, 1, out, &e));
    free(row);
    free(out);
    return true;
}

static void read_refuses_every_truncation(void **state)
{
    (void)state;
    made m = make_model(DECISION_TREE_CLASSIFIER, "1.9.0", 1);
    for (size_t len = 0; len < m.file.len; len++) assert_false(survives((bytes){m.file.data, len}));
    assert_true(survives(buf_bytes(&m.file)));
    made_done(&m);
}

static void read_survives_every_flipped_byte(void **state)
{
    (void)state;
    made m = make_model(DECISION_TREE_CLASSIFIER, "1.4.2", 1);
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < m.file.len; i++) {
        for (size_t k = 0; k < COUNT_OF(masks); k++) {
            m.file.data[i] ^= masks[k];
            survives(buf_bytes(&m.file));
            m.file.data[i] ^= masks[k];
        }
    }
    made_done(&m);
}

static void read_names_what_it_refuses(void **state)
{
    (void)state;
    static const struct {
        str file;
        const char *says;
    } cases[] = {
        {STR("cos\nsystem\n(S'id'\ntR."), "system"},
        {STR("\x80\x03K\x01."), "plain values"},
        {STR("\x80\x03"
             "csklearn.cluster._kmeans\nKMeans\n)\x81}b."),
         "KMeans"},
        {STR("no pickle at all"), ""},
        {STR(""), ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        forest *f = NULL;
        err e = {0};
        assert_false(forest_read(str_bytes(cases[i].file), &f, &e));
        if (!strstr(e.message, cases[i].says)) fail_msg("'%s' does not name '%s'", e.message, cases[i].says);
    }
}

/* A node array whose children point backwards, at each other or outside would send scikit-learn into other memory. */
static void read_refuses_trees_that_are_none(void **state)
{
    (void)state;
    made m = make_model(DECISION_TREE_CLASSIFIER, "1.4.2", 1);
    const tree *t = &m.forest->trees[0];
    uint8_t first[24];
    int64_t root[3] = {t->nodes[0].left, t->nodes[0].right, t->nodes[0].feature};
    memcpy(first, root, sizeof first);
    uint8_t *at = memmem(m.file.data, m.file.len, first, sizeof first);
    assert_non_null(at);
    static const int64_t bad[][3] = {{0, 2, 2}, {1, 1, 2},  {-5, 2, 2},        {1, 1000000, 2},
                                     {1, 2, 4}, {1, 2, -1}, {1, INT64_MAX, 0}, {-1, 2, 0}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        memcpy(at, bad[i], sizeof bad[i]);
        forest *f = NULL;
        err e = {0};
        assert_false(forest_read(buf_bytes(&m.file), &f, &e));
        assert_non_null(strstr(e.message, "node"));
    }
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_predicts_as_scikit_learn_on_real_files),
        cmocka_unit_test(read_gives_back_what_was_written),
        cmocka_unit_test(read_refuses_every_truncation),
        cmocka_unit_test(read_survives_every_flipped_byte),
        cmocka_unit_test(read_names_what_it_refuses),
        cmocka_unit_test(read_refuses_trees_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
