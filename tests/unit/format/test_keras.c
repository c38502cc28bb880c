/*
 * Keras, HDF5, TensorFlow and TensorFlow Lite: what a cut file is called, how code is shown, and what becomes a fact.
 */
#include "tests/unit/test.h"

#include "format/format.h"
#include "keras/keras.h"
#include "tensorflow/tensorflow.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

static size_t load(const char *folder, const char *name, uint8_t *data)
{
    const char *corpus = getenv("FUZZ_CORPUS");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", corpus ? corpus : "", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    size_t len = fread(data, 1, FILE_BYTES_MAX, f);
    fclose(f);
    return len;
}

static void read_as(const char *name, bytes content, arena *a, report *r)
{
    arena_init(a, 64 << 20);
    report_init(r, a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(name), .content = content, .budget = &budget};
    err e;
    if (!format_read(&in, r, &e)) fail_msg("%s: %s", name, e.message);
}

/* Memory is exact, so that a sanitizer sees a read beyond. */
static verdict verdict_of_cut(const char *name, const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, data, len);
    AUTO_ARENA arena a;
    report r;
    read_as(name, (bytes){exact, len}, &a, &r);
    free(exact);
    return r.verdict;
}

/* Every place in small files; of larger ones every seventh and the last hundred. */
static void cut_everywhere(const char *folder, const char *name)
{
    static uint8_t data[FILE_BYTES_MAX];
    size_t len = load(folder, name, data), step = len > 8192 ? 7 : 1;
    for (size_t cut = 0; cut<len; cut += cut + 100> len ? 1 : step) {
        verdict v = verdict_of_cut(name, data, cut);
        if (v == VERDICT_CLEAN || v == VERDICT_NOT_A_MODEL)
            fail_msg("%s is %s when cut at %zu of %zu", name, verdict_name(v), cut, len);
    }
}

static void each_prefix_is_not_clean(void **state)
{
    (void)state;
    cut_everywhere("hdf5", "clean.none.model_old.h5");
    cut_everywhere("hdf5", "clean.none.model_new.h5");
    cut_everywhere("hdf5", "clean.none.stored_dense_huge.h5");
    cut_everywhere("hdf5", "clean.none.many_links_new.h5");
    cut_everywhere("hdf5", "clean.none.user_block.h5");
    cut_everywhere("keras", "clean.none.deflated.keras");
    cut_everywhere("hdf5", "unsafe.MDL-KER-001.dense_new.h5");
}

/* Bits of the whole file, not of its front alone: structures of HDF5 lie anywhere. */
static void flip_everywhere(const char *folder, const char *name)
{
    static uint8_t data[FILE_BYTES_MAX];
    size_t len = load(folder, name, data);
    for (size_t at = 0; at < len; at++) {
        uint8_t original = data[at];
        if (original == 0 && at % 16) continue; /* unused space, mostly */
        data[at] = (uint8_t)(original ^ (1u << at % 8));
        (void)verdict_of_cut(name, data, len);
        data[at] = 0xff;
        (void)verdict_of_cut(name, data, len);
        data[at] = original;
    }
}

static void no_changed_byte_breaks_the_reader(void **state)
{
    (void)state;
    flip_everywhere("hdf5", "unsafe.MDL-KER-001.plain_old.h5");
    flip_everywhere("hdf5", "unsafe.MDL-KER-001.ordered_dense.h5");
    flip_everywhere("hdf5", "unsafe.MDL-KER-001.shared_messages_dense.h5");
    flip_everywhere("hdf5", "clean.none.kinds_new.h5");
    flip_everywhere("keras", "unsafe.MDL-KER-001.two_configs.keras");
    flip_everywhere("keras", "clean.none.deflated.keras");
    flip_everywhere("tflite", "clean.none.real_conv.tflite");
    flip_everywhere("tflite", "clean.none.two_operators.tflite");
    flip_everywhere("tensorflow", "unsafe.MDL-TF-002.path_by_identity.pb");
}

static void code_is_shown_and_never_run(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    bool is_dangerous = false;
    /* "\xda\x02os\xda\x06system" and a text, as marshal writes them. */
    str names = keras_code_names(&a, STR("2gJvc9oGc3lzdGVt+gJpZA=="), &is_dangerous);
    assert_true(is_dangerous);
    assert_true(str_eq(names, STR("os system id")));
    is_dangerous = false;
    names = keras_code_names(&a, STR("2gZjb3Ntb3M="), &is_dangerous); /* cosmos */
    assert_false(is_dangerous);
    assert_true(str_eq(names, STR("cosmos")));
    names = keras_code_names(&a, STR("no base64: \xff\xfe"), &is_dangerous);
    assert_false(is_dangerous);
}

static bool has_fact(const report *r, const char *name, const char *value)
{
    for (size_t i = 0; i < r->fact_count; i++)
        if (str_eq(r->facts[i].name, str_from_c(name)) && str_eq(r->facts[i].value, str_from_c(value)))
            return true;
    return false;
}

static const tensor_fact *tensor_named(const report *r, const char *name)
{
    for (size_t i = 0; i < r->tensor_kept; i++)
        if (str_eq(r->tensors[i].name, str_from_c(name))) return &r->tensors[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static void an_archive_tells_its_model_and_tensors(void **state)
{
    (void)state;
    static uint8_t data[FILE_BYTES_MAX];
    size_t len = load("keras", "clean.none.plain.keras", data);
    AUTO_ARENA arena a;
    report r;
    read_as("m.keras", (bytes){data, len}, &a, &r);
    assert_true(has_fact(&r, "framework", "keras"));
    assert_true(has_fact(&r, "keras_version", "3.15.1"));
    assert_true(has_fact(&r, "class", "keras.Sequential"));
    assert_true(has_fact(&r, "layers", "1"));
    assert_true(has_fact(&r, "layer", "Dense dense units=4 activation=relu"));
    const tensor_fact *kernel = tensor_named(&r, "model_weights/dense/kernel:0");
    assert_true(str_eq(kernel->dtype, STR("float32")));
    assert_int_equal(kernel->rank, 2);
    assert_int_equal(kernel->shape[0], 3);
    assert_int_equal(kernel->shape[1], 2);
    assert_int_equal(kernel->bytes, 24);
    assert_int_equal(r.tensor_count, 2);
    assert_int_equal(r.parameter_count, 8);
}

static void a_checkpoint_tells_its_tensors(void **state)
{
    (void)state;
    static uint8_t data[FILE_BYTES_MAX];
    size_t len = load("tensorflow", "clean.none.real_checkpoint.index", data);
    AUTO_ARENA arena a;
    report r;
    read_as("variables.index", (bytes){data, len}, &a, &r);
    assert_true(has_fact(&r, "framework", "tensorflow") && has_fact(&r, "shards", "1"));
    const tensor_fact *w = tensor_named(&r, "w");
    assert_true(w->rank == 2 && w->shape[0] == 3 && w->shape[1] == 4 && w->bytes == 48);
    assert_true(str_eq(tensor_named(&r, "h")->dtype, STR("bfloat16")));
    assert_true(str_eq(tensor_named(&r, "t")->dtype, STR("text")));
    assert_int_equal(r.tensor_count, 5); /* not the graph of objects */
    /* TensorFlow looks at the checksums, so no changed bit is let through. */
    for (size_t at = 4; at < len - 48; at++) {
        AUTO_ARENA arena again;
        data[at] ^= (uint8_t)(1u << at % 8);
        read_as("variables.index", (bytes){data, len}, &again, &r);
        assert_int_equal(r.verdict, VERDICT_UNPARSEABLE);
        data[at] ^= (uint8_t)(1u << at % 8);
    }
}

static void types_have_the_names_of_numpy(void **state)
{
    (void)state;
    static uint8_t data[FILE_BYTES_MAX];
    size_t len = load("hdf5", "clean.none.kinds_old.h5", data);
    AUTO_ARENA arena a;
    report r;
    read_as("m.h5", (bytes){data, len}, &a, &r);
    assert_true(str_eq(tensor_named(&r, "again")->dtype, STR("float16")));
    assert_true(str_eq(tensor_named(&r, "big_endian")->dtype, STR("int32")));
    assert_true(str_eq(tensor_named(&r, "bool")->dtype, STR("bool")));
    assert_true(str_eq(tensor_named(&r, "record")->dtype, STR("compound")));
    assert_true(str_eq(tensor_named(&r, "text")->dtype, STR("text")));
    assert_int_equal(tensor_named(&r, "packed")->bytes, 3200);
    /* "half" is a second link to "again": one object, told once. */
    assert_int_equal(r.tensor_count, 9);
}

static void tables_of_names_are_searched_to_their_ends(void **state)
{
    (void)state;
    assert_true(tensorflow_is_op(STR("Abort")) && tensorflow_is_op(STR("ZipDataset")) &&
                tensorflow_is_op(STR("_Send")));
    assert_false(tensorflow_is_op(STR("Zzz")) || tensorflow_is_op(STR("")) || tensorflow_is_op(STR("Ad")));
    assert_true(keras_is_class(STR("AUC")) && keras_is_class(STR("Zeros")) &&
                keras_is_class(STR("ZeroPadding3D")));
    assert_false(keras_is_class(STR("Lambda")) || keras_is_class(STR("TFSMLayer")));
    assert_true(keras_is_function(STR("relu")) && keras_is_python_module(STR("os")) &&
                keras_is_python_module(STR("zoneinfo")));
    assert_null(tensorflow_danger_of(STR("Snapshot")));
    assert_non_null(tensorflow_danger_of(STR("SnapshotDatasetV2")));
    assert_null(tensorflow_danger_of(STR("SaveV2")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_prefix_is_not_clean),
                                       cmocka_unit_test(no_changed_byte_breaks_the_reader),
                                       cmocka_unit_test(code_is_shown_and_never_run),
                                       cmocka_unit_test(an_archive_tells_its_model_and_tensors),
                                       cmocka_unit_test(a_checkpoint_tells_its_tensors),
                                       cmocka_unit_test(types_have_the_names_of_numpy),
                                       cmocka_unit_test(tables_of_names_are_searched_to_their_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
