/*
 * The samples of fuzz/corpus/make_nests.py: archives within archives and archives that hide something. Each file's name says which verdict the
 * scan child must give and which finding it must tell. Then each is cut and changed: nothing crashes.
 */
#include "tests/unit/sample.h"

#include "base/limits.h"
#include "src/scan/inspect.h"

enum { ARENA_BYTES = 64 << 20 };

static bool is_told(const json_t *part, const char *code)
{
    size_t i;
    json_t *f;
    bool has_any = false, has_code = false;
    json_array_foreach(json_object_get(part, "findings"), i, f)
    {
        has_any |= strcmp(json_string_value(json_object_get(f, "severity")), "info") != 0;
        has_code |= strcmp(json_string_value(json_object_get(f, "code")), code) == 0;
    }
    return strcmp(code, "none") == 0 ? !has_any : has_code;
}

static void check_sample(const sample *s)
{
    AUTO_ARENA arena a;
    arena_init(&a, ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    err e = {0};
    if (!inspect(&a, str_from_c(s->name), (bytes){s->data, s->len}, &part, &e))
        fail_msg("%s: %s", s->name, e.message);
    const char *got = json_string_value(json_object_get(part, "verdict"));
    if (strcmp(got, s->verdict) == 0 && is_told(part, s->code)) return;
    char *text = json_dumps(json_object_get(part, "findings"), JSON_INDENT(1));
    print_message("%s\n", text ? text : "no finding");
    free(text);
    fail_msg("%s is %s", s->name, got);
}

static void read_damaged(const sample *s, bytes exact)
{
    AUTO_ARENA arena a;
    arena_init(&a, ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    (void)!inspect(&a, str_from_c(s->name), exact, &part, NULL);
}

static void check_both(sample *s)
{
    check_sample(s);
    bool is_bomb = strstr(s->name, "bomb"); /* each takes as long as it unpacks */
    if (!is_bomb) sample_damage(s, read_damaged);
}

static void samples_of_archives_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("archive", check_both) >= 95);
}

static void samples_of_r_data_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("rdata", check_both) >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_of_archives_get_their_verdicts),
                                       cmocka_unit_test(samples_of_r_data_get_their_verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
