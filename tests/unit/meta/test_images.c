/*
 * meta/test_images.c - links resolve within their image only; places live and die with their artifacts; listings page in byte order.
 */
#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "base/limits.h"
#include "meta/images.h"

typedef struct fixture {
    test_folder folder;
    meta *m;
    arena a;
    meta_image app;
    str replaced; /* by the last manifest_put */
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    f->app = (meta_image){STR("docker-local"), STR("team/app")};
    arena_init(&f->a, 64 * MIB);
    err e = {0};
    assert_true(meta_open(f->folder.path, &f->m, &e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    meta_close(f->m);
    arena_done(&f->a);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

static digest sha256_of(const char *content)
{
    digest d;
    err e;
    assert_true(digest_of(DIGEST_SHA256, str_bytes(str_from_c(content)), &d, &e));
    return d;
}

static str address_of(fixture *f, const char *content)
{
    return arena_copy(&f->a, str_from_c(digest_text(sha256_of(content)).text));
}

static void link_put(fixture *f, meta_image image, meta_image_kind kind, const char *content,
                     const char *subject)
{
    err e = {0};
    meta_image_link link = {.image = image,
                            .kind = kind,
                            .digest = address_of(f, content),
                            .sha256 = sha256_of(content),
                            .media_type = kind == META_IMAGE_MANIFEST ? STR("x/manifest") : STR_NONE,
                            .size_bytes = strlen(content),
                            .subject = str_from_c(subject),
                            .artifact_type = subject ? STR("x/type") : STR_NONE,
                            .descriptor = subject ? STR("{}") : STR_NONE};
    if (!meta_image_link_put(f->m, &link, &e)) fail_msg("%s", e.message);
}

/* The artifact, the link and the place: what a push of a manifest makes. */
static void manifest_put(fixture *f, const char *tag, const char *content, const char *subject)
{
    err e = {0};
    int64_t id = 0;
    str name = tag ? str_from_c(tag) : address_of(f, content);
    meta_node node = {.repository = f->app.repository,
                      .path = arena_printf(&f->a, "team/app/%.*s/manifest.json", STR_ARG(name)),
                      .mime = STR("x/manifest"),
                      .modified_by = STR("alice"),
                      .size_bytes = strlen(content),
                      .sha256 = sha256_of(content)};
    link_put(f, f->app, META_IMAGE_MANIFEST, content, subject);
    if (!meta_node_put(f->m, &node, &id, &e)) fail_msg("%s", e.message);
    if (!meta_image_place_put(f->m, &f->app, id, str_from_c(tag), address_of(f, content), &f->a, &f->replaced,
                              &e))
        fail_msg("%s", e.message);
}

static void blob_is_found_in_its_image_only(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_link link;
    meta_image other = {STR("docker-local"), STR("other")};
    link_put(f, f->app, META_IMAGE_BLOB, "layer", NULL);

    assert_true(meta_image_blob_find(f->m, &f->app, address_of(f, "layer"), &f->a, &link, &e));
    assert_int_equal(link.size_bytes, 5);
    assert_true(digest_equal(link.sha256, sha256_of("layer")));
    assert_false(meta_image_blob_find(f->m, &other, address_of(f, "layer"), &f->a, &link, &e));
    assert_int_equal(e.code, ERR_BLOB_UNKNOWN);

    meta_image_link *holders;
    size_t count;
    link_put(f, other, META_IMAGE_BLOB, "layer", NULL);
    assert_true(meta_image_blob_holders(f->m, address_of(f, "layer"), 10, &f->a, &holders, &count, &e));
    assert_int_equal(count, 2);
    assert_true(str_eq(holders[0].image.name, STR("other")) &&
                str_eq(holders[1].image.name, STR("team/app")));
}

static void a_manifest_is_no_blob(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_link link;
    manifest_put(f, "1.0", "manifest", NULL);
    assert_false(meta_image_blob_find(f->m, &f->app, address_of(f, "manifest"), &f->a, &link, &e));
}

static void address_of_any_algorithm_names_bytes(void **state)
{
    fixture *f = *state;
    err e = {0};
    digest sha512, found;
    assert_true(digest_of(DIGEST_SHA512, str_bytes(STR("layer")), &sha512, &e));
    meta_image_link link = {.image = f->app,
                            .kind = META_IMAGE_BLOB,
                            .digest = arena_copy(&f->a, str_from_c(digest_text(sha512).text)),
                            .sha256 = sha256_of("layer"),
                            .size_bytes = 5};
    assert_false(meta_image_bytes_of(f->m, link.digest, &found, &e));
    assert_int_equal(e.code, ERR_BLOB_UNKNOWN);
    assert_true(meta_image_link_put(f->m, &link, &e));
    assert_true(meta_image_bytes_of(f->m, link.digest, &found, &e));
    assert_true(digest_equal(found, sha256_of("layer")));
    assert_true(meta_image_bytes_of(f->m, address_of(f, "x"), &found, &e)); /* sha256 needs no link */
    assert_true(digest_equal(found, sha256_of("x")));
    assert_false(meta_image_bytes_of(f->m, STR("md5:0"), &found, &e));
    assert_int_equal(e.code, ERR_DIGEST_INVALID);
}

static void link_delete_tells_whether_it_was_there(void **state)
{
    fixture *f = *state;
    err e = {0};
    bool was_there = false;
    link_put(f, f->app, META_IMAGE_BLOB, "layer", NULL);
    assert_true(
        meta_image_link_delete(f->m, &f->app, META_IMAGE_BLOB, address_of(f, "layer"), &was_there, &e));
    assert_true(was_there);
    assert_true(
        meta_image_link_delete(f->m, &f->app, META_IMAGE_BLOB, address_of(f, "layer"), &was_there, &e));
    assert_false(was_there);
}

static void tag_resolves_until_its_artifact_goes(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_place place;
    uint64_t removed;
    manifest_put(f, "1.0", "manifest", NULL);
    assert_true(meta_image_tag_find(f->m, &f->app, STR("1.0"), &f->a, &place, &e));
    assert_true(str_eq(place.link.digest, address_of(f, "manifest")));
    assert_true(str_eq(place.path, STR("team/app/1.0/manifest.json")));

    assert_true(meta_node_delete(f->m, f->app.repository, STR("team/app/1.0/manifest.json"), &removed, &e));
    assert_false(meta_image_tag_find(f->m, &f->app, STR("1.0"), &f->a, &place, &e));
    assert_int_equal(e.code, ERR_MANIFEST_UNKNOWN);
}

static void tag_does_not_resolve_to_bytes_of_others(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_place place;
    manifest_put(f, "1.0", "manifest", NULL);
    meta_node node = {.repository = f->app.repository,
                      .path = STR("team/app/1.0/manifest.json"),
                      .mime = STR("text/plain"),
                      .modified_by = STR("mallory"),
                      .sha256 = sha256_of("something else")};
    assert_true(meta_node_put(f->m, &node, NULL, &e));
    assert_false(meta_image_tag_find(f->m, &f->app, STR("1.0"), &f->a, &place, &e));
}

static void places_of_a_manifest_start_with_its_tags(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_place *places;
    size_t count;
    manifest_put(f, NULL, "manifest", NULL);
    manifest_put(f, "b", "manifest", NULL);
    manifest_put(f, "a", "manifest", NULL);
    assert_true(meta_image_places(f->m, &f->app, address_of(f, "manifest"), 10, &f->a, &places, &count, &e));
    assert_int_equal(count, 3);
    assert_true(str_eq(places[0].tag, STR("a")) && str_eq(places[1].tag, STR("b")) && places[2].tag.len == 0);
}

static void a_tag_that_moves_leaves_the_old_manifest(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_place place, *places;
    size_t count;
    manifest_put(f, "latest", "old", NULL);
    assert_int_equal(f->replaced.len, 0);
    manifest_put(f, "latest", "new", NULL);
    assert_true(str_eq(f->replaced, address_of(f, "old")));
    manifest_put(f, "latest", "new", NULL);
    assert_int_equal(f->replaced.len, 0);
    assert_true(meta_image_tag_find(f->m, &f->app, STR("latest"), &f->a, &place, &e));
    assert_true(str_eq(place.link.digest, address_of(f, "new")));
    assert_false(meta_image_places(f->m, &f->app, address_of(f, "old"), 10, &f->a, &places, &count, &e));
    meta_image_link link;
    assert_true(meta_image_manifest_find(f->m, &f->app, address_of(f, "old"), &f->a, &link, &e));
}

static void tags_come_in_byte_order_and_pages(void **state)
{
    fixture *f = *state;
    err e = {0};
    str *tags;
    size_t count;
    static const char *const all[] = {"b", "B", "a-1", "a.1", "_"};
    for (size_t i = 0; i < COUNT_OF(all); i++) manifest_put(f, all[i], "manifest", NULL);
    manifest_put(f, NULL, "manifest", NULL); /* the place under the digest is no tag */

    static const char *const sorted[] = {"B", "_", "a-1", "a.1", "b"};
    assert_true(meta_image_tags(f->m, &f->app, STR(""), 10, &f->a, &tags, &count, &e));
    assert_int_equal(count, COUNT_OF(sorted));
    for (size_t i = 0; i < count; i++) assert_true(str_eq(tags[i], str_from_c(sorted[i])));

    assert_true(meta_image_tags(f->m, &f->app, STR("a"), 1, &f->a, &tags, &count,
                                &e)); /* "a" itself does not exist */
    assert_int_equal(count, 1);
    assert_true(str_eq(tags[0], STR("a-1")));
    assert_true(meta_image_tags(f->m, &f->app, STR(""), 0, &f->a, &tags, &count, &e));
    assert_int_equal(count, 0);
}

static void catalog_names_each_image_once(void **state)
{
    fixture *f = *state;
    err e = {0};
    str *names;
    size_t count;
    manifest_put(f, "1", "manifest", NULL);
    manifest_put(f, "2", "manifest", NULL);
    assert_true(meta_image_catalog(f->m, STR(""), 10, &f->a, &names, &count, &e));
    assert_int_equal(count, 1);
    assert_true(str_eq(names[0], STR("docker-local/team/app")));
    assert_true(meta_image_catalog(f->m, names[0], 10, &f->a, &names, &count, &e));
    assert_int_equal(count, 0);
}

static void referrers_are_found_by_subject_and_type(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_image_referrer *found;
    size_t count;
    str subject = address_of(f, "subject");
    manifest_put(f, NULL, "signature", subject.data);
    assert_true(
        meta_image_referrers(f->m, &f->app, subject, STR_NONE, STR_NONE, 10, &f->a, &found, &count, &e));
    assert_int_equal(count, 1);
    assert_true(str_eq(found[0].digest, address_of(f, "signature")));
    assert_true(
        meta_image_referrers(f->m, &f->app, subject, STR("x/type"), STR_NONE, 10, &f->a, &found, &count, &e));
    assert_int_equal(count, 1);
    assert_true(
        meta_image_referrers(f->m, &f->app, subject, STR("y/type"), STR_NONE, 10, &f->a, &found, &count, &e));
    assert_int_equal(count, 0);
    assert_true(
        meta_image_referrers(f->m, &f->app, STR(""), STR_NONE, STR_NONE, 10, &f->a, &found, &count, &e));
    assert_int_equal(count, 0);
}

static void folder_is_pruned_only_when_empty(void **state)
{
    fixture *f = *state;
    err e = {0};
    bool was_empty = true;
    uint64_t removed;
    manifest_put(f, "1.0", "manifest", NULL);
    assert_true(meta_image_folder_prune(f->m, f->app.repository, STR("team/app/1.0"), &was_empty, &e));
    assert_false(was_empty);
    assert_true(meta_node_delete(f->m, f->app.repository, STR("team/app/1.0/manifest.json"), &removed, &e));
    assert_true(meta_image_folder_prune(f->m, f->app.repository, STR("team/app/1.0"), &was_empty, &e));
    assert_true(was_empty);
    meta_node node;
    assert_false(meta_node_find(f->m, f->app.repository, STR("team/app/1.0"), &f->a, &node, &e));
    assert_true(meta_node_find(f->m, f->app.repository, STR("team/app"), &f->a, &node, &e));
}

static void everything_goes_with_its_repository(void **state)
{
    fixture *f = *state;
    err e = {0};
    bool exists = true;
    manifest_put(f, "1.0", "manifest", NULL);
    assert_true(meta_image_exists(f->m, &f->app, &exists, &e));
    assert_true(exists);
    if (!meta_repository_delete(f->m, f->app.repository, &e)) fail_msg("%s", e.message);
    assert_true(meta_image_exists(f->m, &f->app, &exists, &e));
    assert_false(exists);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(blob_is_found_in_its_image_only),
        WITH_STORE(a_manifest_is_no_blob),
        WITH_STORE(address_of_any_algorithm_names_bytes),
        WITH_STORE(link_delete_tells_whether_it_was_there),
        WITH_STORE(tag_resolves_until_its_artifact_goes),
        WITH_STORE(tag_does_not_resolve_to_bytes_of_others),
        WITH_STORE(places_of_a_manifest_start_with_its_tags),
        WITH_STORE(a_tag_that_moves_leaves_the_old_manifest),
        WITH_STORE(tags_come_in_byte_order_and_pages),
        WITH_STORE(catalog_names_each_image_once),
        WITH_STORE(referrers_are_found_by_subject_and_type),
        WITH_STORE(folder_is_pruned_only_when_empty),
        WITH_STORE(everything_goes_with_its_repository),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
