/*
 * Manifests: what is read from each kind, what is tolerated, what is refused.
 */
#include "src/api/oci_manifest.h"

#include "base/limits.h"
#include "tests/unit/test.h"

#define ZEROS "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define BLOB(type, name) "{\"mediaType\":\"" type "\",\"digest\":\"" name "\",\"size\":7}"

static bool read_as(const char *text, const char *content_type, arena *a, oci_manifest *m, err *e)
{
    return oci_manifest_read(str_bytes(str_from_c(text)), str_from_c(content_type), a, m, e);
}

static void refuses(const char *text, const char *content_type)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    oci_manifest m = {0};
    err e = {0};
    assert_false(read_as(text, content_type, &a, &m, &e));
    assert_int_equal(e.code, ERR_MANIFEST_INVALID);
    assert_null(m.document);
}

static void manifest_read_finds_what_an_image_refers_to(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    AUTO_OCI_MANIFEST oci_manifest m = {0};
    err e;
    assert_true(read_as(
        "{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_IMAGE
        "\",\"config\":" BLOB("x/config", ZEROS) ",\"layers\":[" BLOB("x/layer", ONES) "],\"subject\":" BLOB(
            "x/y", ONES) ",\"annotations\":{\"a\":\"b\"},\"unknown\":[1]}",
        OCI_TYPE_IMAGE "; charset=utf-8", &a, &m, &e));
    assert_false(m.is_index);
    assert_int_equal(m.blob_count, 2);
    assert_true(str_eq(m.blobs[1].digest, STR(ONES)));
    assert_int_equal(m.blobs[1].size_bytes, 7);
    assert_true(str_eq(m.subject, STR(ONES)));
    assert_true(str_eq(m.artifact_type, STR("x/config"))); /* without artifactType the config's type counts */
    assert_non_null(m.annotations);

    AUTO(json_release) json_t *descriptor = oci_manifest_descriptor(&m, STR(ZEROS), 99);
    assert_true(str_eq(json_text(descriptor, "artifactType"), STR("x/config")));
    assert_true(str_eq(json_text(descriptor, "mediaType"), STR(OCI_TYPE_IMAGE)));
    assert_int_equal(json_integer_value(json_object_get(descriptor, "size")), 99);
    assert_true(str_eq(json_text(json_object_get(descriptor, "annotations"), "a"), STR("b")));
}

static void manifest_read_leaves_out_layers_that_live_elsewhere(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    AUTO_OCI_MANIFEST oci_manifest m = {0};
    err e;
    assert_true(
        read_as("{\"schemaVersion\":2,\"config\":null,\"layers\":[" BLOB(
                    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                    ZEROS) "," BLOB("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                    ZEROS) ","
                                           "{\"mediaType\":\"x/y\",\"digest\":\"" ZEROS
                                           "\",\"size\":1,\"urls\":[\"https://elsewhere.example/\"]}," BLOB(
                                               "x/here", ONES) "]}",
                DOCKER_TYPE_IMAGE, &a, &m, &e));
    assert_int_equal(m.blob_count, 1);
    assert_true(str_eq(m.blobs[0].digest, STR(ONES)));
    assert_true(str_eq(m.media_type, STR(DOCKER_TYPE_IMAGE)));
}

static void manifest_read_finds_the_children_of_an_index(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    AUTO_OCI_MANIFEST oci_manifest m = {0};
    err e;
    assert_true(
        read_as("{\"schemaVersion\":2,\"manifests\":[" BLOB(OCI_TYPE_IMAGE, ONES) "]}", "", &a, &m, &e));
    assert_true(m.is_index);
    assert_true(str_eq(m.media_type, STR(OCI_TYPE_INDEX))); /* no type anywhere: the shape tells */
    assert_int_equal(m.child_count, 1);
    assert_int_equal(m.artifact_type.len, 0);
}

/* Each of these must be refused for what it shows, not for its version. */
#define V2 "\"schemaVersion\":2,"

static void manifest_read_takes_empty_lists(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    AUTO_OCI_MANIFEST oci_manifest image = {0}, index = {0};
    err e;
    assert_true(read_as("{" V2 "\"layers\":[]}", OCI_TYPE_IMAGE, &a, &image, &e));
    assert_true(read_as("{" V2 "\"manifests\":[]}", OCI_TYPE_INDEX, &a, &index, &e));
}

static void manifest_read_refuses_what_is_none(void **state UNUSED)
{
    refuses("", OCI_TYPE_IMAGE);
    refuses("[]", OCI_TYPE_IMAGE);
    refuses("{", OCI_TYPE_IMAGE);
    refuses("{\"a\":1,\"a\":2}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":{}}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":[1]}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":[{\"digest\":\"sha256:zz\",\"size\":1}]}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":[{\"digest\":\"" ZEROS "\"}]}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":[{\"digest\":\"" ZEROS "\",\"size\":-1}]}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"subject\":\"" ZEROS "\"}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"artifactType\":7}", OCI_TYPE_IMAGE);
    refuses("{}", "text/plain");
    refuses("{}", OCI_TYPE_IMAGE); /* no version */
    refuses("{}", OCI_TYPE_INDEX);
    refuses("{" V2 "\"mediaType\":\"" OCI_TYPE_INDEX "\"}", OCI_TYPE_IMAGE); /* header and body disagree */
    refuses("{\"schemaVersion\":1}", "application/vnd.docker.distribution.manifest.v1+prettyjws");
    refuses("{\"schemaVersion\":1,\"layers\":[]}", OCI_TYPE_IMAGE);
}

/* CVE-2021-41190: one document, two readings. */
static void manifest_read_refuses_a_document_that_is_both(void **state UNUSED)
{
    refuses("{" V2 "\"layers\":[],\"manifests\":[]}", OCI_TYPE_IMAGE);
    refuses("{" V2 "\"layers\":[],\"manifests\":[]}", OCI_TYPE_INDEX);
    refuses("{" V2 "\"config\":" BLOB("x/y", ZEROS) ",\"manifests\":[]}", DOCKER_TYPE_LIST);
}

static void manifest_read_bounds_the_list(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    buf_add_str(&text, STR("{" V2 "\"layers\":["));
    for (int i = 0; i <= LIMIT_IMAGE_DESCRIPTORS; i++) buf_printf(&text, "%s{}", i ? "," : "");
    buf_add_str(&text, STR("]}"));
    oci_manifest m;
    err e;
    assert_false(oci_manifest_read(buf_bytes(&text), STR(OCI_TYPE_IMAGE), &a, &m, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_read_finds_what_an_image_refers_to),
        cmocka_unit_test(manifest_read_leaves_out_layers_that_live_elsewhere),
        cmocka_unit_test(manifest_read_finds_the_children_of_an_index),
        cmocka_unit_test(manifest_read_takes_empty_lists),
        cmocka_unit_test(manifest_read_refuses_what_is_none),
        cmocka_unit_test(manifest_read_refuses_a_document_that_is_both),
        cmocka_unit_test(manifest_read_bounds_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
