/*
 * meta/test_scans.c - the scan queue, stored results, and the pages made of them; policies, watches and violations.
 */
#include "tests/unit/meta/fixture.h"

#include "db/db.h"
#include "meta/policies.h"
#include "meta/scans.h"

enum { VERSION = 3 };

static digest sha256_of(const char *content)
{
    digest d;
    assert_true(digest_of(DIGEST_SHA256, str_bytes(str_from_c(content)), &d, NULL));
    return d;
}

static meta_scan_state ask(fixture *f, const char *content, meta_scan_role role, int64_t now_ms)
{
    meta_scan_order order = {.sha256 = sha256_of(content),
                             .role = role,
                             .scanner_version = VERSION,
                             .now_ms = now_ms,
                             .path = str_from_c(content)};
    meta_scan_state state;
    err e = {0};
    if (!meta_scan_ask(f->m, &order, &state, &e)) fail_msg("%s", e.message);
    return state;
}

static bool take(fixture *f, meta_scan *out)
{
    bool found;
    err e = {0};
    if (!meta_scan_take(f->m, VERSION, &f->a, out, &found, &e)) fail_msg("%s", e.message);
    return found;
}

static int64_t put_node(fixture *f, const char *repository, const char *path, const char *content)
{
    meta_node node = {.repository = str_from_c(repository),
                      .path = str_from_c(path),
                      .sha256 = sha256_of(content),
                      .size_bytes = 3,
                      .mime = STR("a/b"),
                      .created_by = STR("ann"),
                      .modified_by = STR("ann")};
    int64_t id;
    err e = {0};
    if (!meta_node_put(f->m, &node, &id, &e)) fail_msg("%s", e.message);
    return id;
}

static void store(fixture *f, const char *content, unsigned verdict, const meta_finding *findings,
                  size_t count)
{
    meta_component numpy = {.eco = STR("pypi"), .name = STR("numpy"), .version = STR("1.0")};
    meta_scan_result r = {.sha256 = sha256_of(content),
                          .role = META_SCAN_ARTIFACT,
                          .verdict = verdict,
                          .format = STR("pickle"),
                          .advisories = STR("old"),
                          .report = STR("{\"r\":1}"),
                          .target = STR("{\"t\":1}"),
                          .components = &numpy,
                          .component_count = 1,
                          .findings = findings,
                          .finding_count = count};
    err e = {0};
    if (!meta_scan_store(f->m, &r, &e)) fail_msg("%s", e.message);
}

/* --- queue ----------------------------------------------------------------------------------------------------------------- */

static void scans_are_taken_in_order_and_once(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "first", META_SCAN_ARTIFACT, 10), META_SCAN_QUEUED);
    assert_int_equal(ask(f, "second", META_SCAN_ARTIFACT, 20), META_SCAN_QUEUED);
    assert_int_equal(ask(f, "first", META_SCAN_ARTIFACT, 30), META_SCAN_QUEUED);
    uint64_t place;
    assert_true(meta_scan_place(f->m, sha256_of("second"), &place, NULL));
    assert_int_equal(place, 2);

    meta_scan s;
    assert_true(take(f, &s));
    assert_true(digest_equal(s.sha256, sha256_of("first")));
    assert_int_equal(ask(f, "first", META_SCAN_ARTIFACT, 40), META_SCAN_RUNNING);
    assert_true(take(f, &s));
    assert_true(digest_equal(s.sha256, sha256_of("second")));
    assert_false(take(f, &s));
}

static void scans_that_a_stop_interrupted_are_taken_again(void **state)
{
    fixture *f = *state;
    ask(f, "a", META_SCAN_ARTIFACT, 1);
    meta_scan s;
    assert_true(take(f, &s));
    assert_true(meta_scan_requeue(f->m, VERSION, NULL));
    assert_true(take(f, &s));
    assert_true(meta_scan_finish(f->m, s.sha256, META_SCAN_ARTIFACT, META_SCAN_DONE, STR(""), 5, NULL));
    assert_true(meta_scan_requeue(f->m, VERSION, NULL));
    assert_false(take(f, &s));
    assert_true(meta_scan_requeue(f->m, VERSION + 1, NULL));
    assert_true(take(f, &s));
}

static void scans_of_a_layer_serve_every_image_once(void **state)
{
    fixture *f = *state;
    meta_scan_order layer = {
        .sha256 = sha256_of("layer"), .role = META_SCAN_PART, .scanner_version = VERSION};
    bool taken;
    meta_scan_state now;
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_true(taken);
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_false(taken);
    assert_int_equal(now, META_SCAN_RUNNING);
    assert_true(meta_scan_finish(f->m, layer.sha256, META_SCAN_PART, META_SCAN_DONE, STR(""), 5, NULL));
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_false(taken);
    assert_int_equal(now, META_SCAN_DONE);
    /* The image is to be scanned again: the layer is, once. */
    assert_true(meta_scan_forget_part(f->m, layer.sha256, NULL));
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_true(taken);
    assert_true(meta_scan_finish(f->m, layer.sha256, META_SCAN_PART, META_SCAN_DONE, STR(""), 6, NULL));
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_false(taken);
    /* Deployed as an artifact of its own, it is queued again, for its vulnerabilities. */
    assert_int_equal(ask(f, "layer", META_SCAN_ARTIFACT, 9), META_SCAN_QUEUED);
}

static void scans_of_an_artifact_are_not_ended_by_a_layers(void **state)
{
    fixture *f = *state;
    meta_scan_order layer = {.sha256 = sha256_of("x"), .role = META_SCAN_PART, .scanner_version = VERSION};
    bool taken;
    meta_scan_state now;
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_true(taken);
    /* Deployed while it is read as a layer: queued for itself, and the layer's end changes nothing. */
    assert_int_equal(ask(f, "x", META_SCAN_ARTIFACT, 1), META_SCAN_QUEUED);
    meta_scan_result part = {.sha256 = layer.sha256, .report = STR("{}")};
    assert_true(meta_scan_store(f->m, &part, NULL));
    assert_true(meta_scan_finish(f->m, layer.sha256, META_SCAN_PART, META_SCAN_DONE, STR(""), 5, NULL));
    meta_scan s;
    assert_true(meta_scan_find(f->m, layer.sha256, &f->a, &s, NULL));
    assert_int_equal(s.state, META_SCAN_QUEUED);
    /* An image that needs it now must not take it from the queue. */
    assert_true(meta_scan_take_part(f->m, &layer, &taken, &now, NULL));
    assert_false(taken);
    assert_int_equal(now, META_SCAN_QUEUED);
    assert_true(take(f, &s));
    assert_int_equal(s.role, META_SCAN_ARTIFACT);
}

static void scans_of_a_file_do_not_stand_for_an_images(void **state)
{
    fixture *f = *state;
    /* A manifest's bytes, uploaded as a mere file first, are scanned again when they are pushed as an image. */
    assert_int_equal(ask(f, "m", META_SCAN_ARTIFACT, 1), META_SCAN_QUEUED);
    meta_scan s;
    assert_true(take(f, &s));
    assert_int_equal(ask(f, "m", META_SCAN_IMAGE, 2), META_SCAN_QUEUED);
    assert_true(meta_scan_finish(f->m, s.sha256, s.role, META_SCAN_DONE, STR(""), 5, NULL));
    assert_true(take(f, &s));
    assert_int_equal(s.role, META_SCAN_IMAGE);
    assert_true(meta_scan_finish(f->m, s.sha256, s.role, META_SCAN_DONE, STR(""), 5, NULL));
    assert_int_equal(ask(f, "m", META_SCAN_ARTIFACT, 3), META_SCAN_DONE);
    assert_int_equal(ask(f, "m", META_SCAN_IMAGE, 4), META_SCAN_DONE);
}

static void scans_keep_documents_and_counts(void **state)
{
    fixture *f = *state;
    ask(f, "a", META_SCAN_ARTIFACT, 1);
    meta_scan s;
    assert_true(take(f, &s));
    meta_finding found[] = {
        {.code = STR("X"), .kind = STR("model_threat"), .severity = 4, .title = STR("bad")},
        {.code = STR("Y"), .kind = STR("secret"), .severity = 1}};
    store(f, "a", 4, found, 2);
    assert_true(meta_scan_find(f->m, sha256_of("a"), &f->a, &s, NULL));
    assert_int_equal(s.state, META_SCAN_RUNNING);
    assert_int_equal(s.counts[4], 1);
    assert_int_equal(s.counts[1], 1);
    str report, target;
    assert_true(meta_scan_documents(f->m, sha256_of("a"), &f->a, &report, &target, NULL));
    assert_true(str_eq(report, STR("{\"r\":1}")));
    err e = {0};
    assert_false(meta_scan_documents(f->m, sha256_of("b"), &f->a, &report, &target, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);

    assert_true(meta_scan_finish(f->m, s.sha256, META_SCAN_ARTIFACT, META_SCAN_DONE, STR(""), 5, NULL));
    digest *stale;
    size_t count;
    assert_true(meta_scan_stale(f->m, STR("new"), (digest){0}, 10, &f->a, &stale, &count, NULL));
    assert_int_equal(count, 1);
    assert_true(meta_scan_stale(f->m, STR("new"), stale[0], 10, &f->a, &stale, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(meta_scan_stale(f->m, STR("old"), (digest){0}, 10, &f->a, &stale, &count, NULL));
    assert_int_equal(count, 0);
}

/* --- pages ----------------------------------------------------------------------------------------------------------------- */

static meta_finding vulnerability(unsigned severity, const char *component, const char *advisory,
                                  const char *fixed)
{
    return (meta_finding){.code = STR("vulnerable_component"),
                          .kind = STR("vulnerability"),
                          .severity = severity,
                          .component = str_from_c(component),
                          .version = STR("1.0"),
                          .advisory = str_from_c(advisory),
                          .fixed = str_from_c(fixed),
                          .title = STR("100% bad")};
}

static void scan_with(fixture *f, const char *content, unsigned verdict, const meta_finding *findings,
                      size_t count)
{
    ask(f, content, META_SCAN_ARTIFACT, 1);
    meta_scan s;
    assert_true(take(f, &s));
    store(f, content, verdict, findings, count);
    assert_true(meta_scan_finish(f->m, s.sha256, META_SCAN_ARTIFACT, META_SCAN_DONE, STR(""), 5, NULL));
}

static void vulnerabilities_page_worst_first_under_filters(void **state)
{
    fixture *f = *state;
    put_node(f, "ml-models", "a/x", "x");
    put_node(f, "docker-local", "b/x", "x");
    meta_finding found[] = {vulnerability(2, "numpy", "PYSEC-1", "1.1"),
                            vulnerability(4, "Joblib", "PYSEC-2", ""),
                            vulnerability(3, "numpy", "PYSEC-3", "2.0")};
    scan_with(f, "x", 0, found, 3);

    str after = STR(""), seen = STR("");
    size_t pages = 0;
    do {
        meta_vulnerability_filter filter = {.after = after, .limit = 2};
        meta_vulnerability_row *rows;
        size_t count;
        err e = {0};
        if (!meta_vulnerability_list(f->m, &filter, &f->a, &rows, &count, &after, &e))
            fail_msg("%s", e.message);
        for (size_t i = 0; i < count; i++)
            seen = arena_printf(&f->a, "%.*s%u", STR_ARG(seen), rows[i].finding.severity);
        pages++;
    } while (after.len && pages < 10);
    assert_true(str_eq(seen, STR("443322")));
    assert_int_equal(pages, 3);

    const struct {
        meta_vulnerability_filter filter;
        size_t want;
    } cases[] = {{{.repository = STR("ml-models")}, 3},
                 {{.severity_mask = 1u << 4 | 1u << 3}, 4},
                 {{.fix = META_FIX_NO}, 2},
                 {{.fix = META_FIX_YES}, 4},
                 {{.words = STR("joBLib")}, 2},
                 {{.words = STR("pysec-3")}, 2},
                 {{.words = STR("100%")}, 6},
                 {{.words = STR("1_0%")}, 0},
                 {{.repository = STR("ml-models"), .words = STR("numpy"), .fix = META_FIX_NO}, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        meta_vulnerability_row *rows;
        size_t count;
        assert_true(meta_vulnerability_list(f->m, &cases[i].filter, &f->a, &rows, &count, &after, NULL));
        if (count != cases[i].want) fail_msg("case %zu gave %zu rows", i, count);
    }
    uint64_t totals[META_SEVERITIES];
    assert_true(meta_vulnerability_totals(f->m, &cases[0].filter, totals, NULL));
    assert_int_equal(totals[4], 1);
    assert_int_equal(totals[2], 1);

    meta_vulnerability_filter forged = {.after = STR("1.2")};
    meta_vulnerability_row *rows;
    size_t count;
    err e = {0};
    assert_false(meta_vulnerability_list(f->m, &forged, &f->a, &rows, &count, &after, &e));
    assert_int_equal(e.code, ERR_INVALID);
}

static void threats_page_worst_first(void **state)
{
    fixture *f = *state;
    put_node(f, "ml-models", "evil", "evil");
    put_node(f, "ml-models", "odd", "odd");
    put_node(f, "ml-models", "fine", "fine");
    meta_finding threat = {.kind = STR("model_threat"), .severity = 4, .title = STR("calls system")};
    scan_with(f, "odd", 2, NULL, 0);
    scan_with(f, "evil", 4, &threat, 1);
    scan_with(f, "fine", 1, NULL, 0);
    meta_threat_row *rows;
    size_t count;
    str next;
    assert_true(meta_threat_list(f->m, 2, STR(""), STR(""), 1, &f->a, &rows, &count, &next, NULL));
    assert_int_equal(count, 1);
    assert_true(str_eq(rows[0].path, STR("evil")) && str_eq(rows[0].title, STR("calls system")));
    assert_true(meta_threat_list(f->m, 2, STR("ml-models"), next, 1, &f->a, &rows, &count, &next, NULL));
    assert_true(count == 1 && str_eq(rows[0].path, STR("odd")));
    assert_int_equal(next.len, 0);
    meta_scan_totals totals;
    assert_true(meta_scan_totals_read(f->m, 2, &totals, NULL));
    assert_int_equal(totals.artifacts, 3);
    assert_int_equal(totals.components, 3);
    assert_int_equal(totals.threats, 2);
}

/* --- policies and violations ------------------------------------------------------------------------------------------------ */

static void rules_are_unique_by_name(void **state)
{
    fixture *f = *state;
    meta_rule_document d = {.name = STR("gate"), .json = STR("{}"), .modified_ms = 5};
    err e = {0};
    assert_false(meta_rule_put(f->m, META_RULE_POLICY, &d, false, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(meta_rule_put(f->m, META_RULE_POLICY, &d, true, NULL));
    assert_false(meta_rule_put(f->m, META_RULE_POLICY, &d, true, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_non_null(strstr(e.message, "'gate' exists"));
    d.json = STR("{\"a\":1}");
    d.modified_ms = 9;
    assert_true(meta_rule_put(f->m, META_RULE_POLICY, &d, false, NULL));
    meta_rule_document *list;
    size_t count;
    assert_true(meta_rule_list(f->m, META_RULE_POLICY, &f->a, &list, &count, NULL));
    assert_int_equal(count, 1);
    assert_true(str_eq(list[0].json, d.json) && list[0].created_ms == 5 && list[0].modified_ms == 9);
    assert_true(meta_rule_list(f->m, META_RULE_WATCH, &f->a, &list, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(meta_rule_delete(f->m, META_RULE_POLICY, d.name, NULL));
    assert_false(meta_rule_delete(f->m, META_RULE_POLICY, d.name, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void violations_keep_their_number_while_they_last(void **state)
{
    fixture *f = *state;
    int64_t node = put_node(f, "ml-models", "a/x", "x");
    meta_violation v[] = {{.sha256 = sha256_of("x"),
                           .watch = STR("w"),
                           .policy = STR("p"),
                           .rule = STR("r"),
                           .severity = 3,
                           .blocks = true,
                           .finding = STR("one")},
                          {.sha256 = sha256_of("x"),
                           .watch = STR("w"),
                           .policy = STR("p"),
                           .rule = STR("r"),
                           .severity = 4,
                           .blocks = true,
                           .finding = STR("two")}};
    assert_true(meta_violation_sync(f->m, node, v, 2, 100, NULL));
    meta_violation worst;
    uint64_t count;
    assert_true(meta_violation_blocking(f->m, node, sha256_of("x"), &f->a, &worst, &count, NULL));
    assert_int_equal(count, 2);
    assert_true(str_eq(worst.finding, STR("two")) && str_eq(worst.path, STR("a/x")));
    int64_t id = worst.id;
    v[1].severity = 2;
    v[1].blocks = false;
    assert_true(meta_violation_sync(f->m, node, &v[1], 1, 200, NULL));
    assert_true(meta_violation_find(f->m, id, &f->a, &worst, NULL));
    assert_int_equal(worst.severity, 2);
    assert_int_equal(worst.created_ms, 100);
    assert_true(meta_violation_blocking(f->m, node, sha256_of("x"), &f->a, &worst, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(meta_violation_count(f->m, &count, NULL));
    assert_int_equal(count, 1);
    uint64_t removed;
    assert_true(meta_node_delete(f->m, STR("ml-models"), STR("a/x"), &removed, NULL));
    err e = {0};
    assert_false(meta_violation_find(f->m, id, &f->a, &worst, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scans_are_taken_in_order_and_once, setup, teardown),
        cmocka_unit_test_setup_teardown(scans_that_a_stop_interrupted_are_taken_again, setup, teardown),
        cmocka_unit_test_setup_teardown(scans_of_a_layer_serve_every_image_once, setup, teardown),
        cmocka_unit_test_setup_teardown(scans_of_an_artifact_are_not_ended_by_a_layers, setup, teardown),
        cmocka_unit_test_setup_teardown(scans_of_a_file_do_not_stand_for_an_images, setup, teardown),
        cmocka_unit_test_setup_teardown(scans_keep_documents_and_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(vulnerabilities_page_worst_first_under_filters, setup, teardown),
        cmocka_unit_test_setup_teardown(threats_page_worst_first, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_are_unique_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(violations_keep_their_number_while_they_last, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
