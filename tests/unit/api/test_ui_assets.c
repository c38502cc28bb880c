/*
 * The embedded UI's table: what it must hold in every build, and how addresses and encodings choose from it.
 */
#include "tests/unit/test.h"

#include "src/api/ui_assets.h"

static const ui_asset both = {
    .path = "x", .gzip = {(const uint8_t *)"g", 1}, .brotli = {(const uint8_t *)"b", 1}};
static const ui_asset neither = {.path = "y"};

static void ui_assets_hold_the_page(void **state UNUSED)
{
    const ui_asset *page = ui_asset_find(STR("index.html"));
    assert_non_null(page);
    assert_false(page->immutable);
    assert_true(str_starts_with(bytes_str(page->plain), STR("<!doctype html>")));
    assert_ptr_equal(ui_asset_find(STR("")), page);
}

static void ui_assets_answer_views_with_the_page(void **state UNUSED)
{
    const ui_asset *page = ui_asset_find(STR("index.html"));
    assert_ptr_equal(ui_asset_find(STR("vulnerabilities")), page);
    assert_ptr_equal(ui_asset_find(STR("artifacts/ml-models/model/1.0.0/model.pkl")), page);
    assert_ptr_equal(ui_asset_find(STR("apis")), page);
}

static void ui_assets_refuse_unknown_files_and_api_addresses(void **state UNUSED)
{
    assert_null(ui_asset_find(STR("assets/app-0000000000.js")));
    assert_null(ui_asset_find(STR("api")));
    assert_null(ui_asset_find(STR("api/nothing")));
}

static void ui_assets_have_every_file_under_its_own_name(void **state UNUSED)
{
    for (size_t i = 0; i < ui_asset_count; i++) {
        assert_ptr_equal(ui_asset_find(str_from_c(ui_assets[i].path)), &ui_assets[i]);
        assert_true(ui_assets[i].plain.len > 0);
        assert_int_equal(ui_assets[i].immutable,
                         str_starts_with(str_from_c(ui_assets[i].path), STR("assets/")));
    }
}

static void ui_assets_choose_the_best_encoding_that_is_taken(void **state UNUSED)
{
    assert_int_equal(ui_asset_encoding(&both, STR("gzip, deflate, br, zstd")), UI_BROTLI);
    assert_int_equal(ui_asset_encoding(&both, STR("GZIP")), UI_GZIP);
    assert_int_equal(ui_asset_encoding(&both, STR("br;q=0, gzip;q=0.5")), UI_GZIP);
    assert_int_equal(ui_asset_encoding(&both, STR("br ; q=0.000 , gzip ; Q=0")), UI_PLAIN);
    assert_int_equal(ui_asset_encoding(&both, STR("")), UI_PLAIN);
    assert_int_equal(ui_asset_encoding(&both, STR("*, brotli")), UI_PLAIN);
    assert_int_equal(ui_asset_encoding(&neither, STR("br, gzip")), UI_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ui_assets_hold_the_page),
        cmocka_unit_test(ui_assets_answer_views_with_the_page),
        cmocka_unit_test(ui_assets_refuse_unknown_files_and_api_addresses),
        cmocka_unit_test(ui_assets_have_every_file_under_its_own_name),
        cmocka_unit_test(ui_assets_choose_the_best_encoding_that_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
