/*
 * The seeds of fuzz/pickle, cut at every length and with every single bit and byte changed: nothing crashes, nothing hangs, and whatever is
 * clean has no finding. Memory is exact, so that a sanitizer sees a read beyond.
 */
#include "tests/unit/sample.h"

#include "format/format.h"

static void read_damaged(const sample *s, bytes exact)
{
    (void)s;
    AUTO_ARENA arena a;
    arena_init(&a, 8 << 20);
    report r;
    report_init(&r, &a);
    unpack_budget budget = unpack_budget_new(exact.len);
    format_input in = {.path = STR("model.pkl"), .content = exact, .budget = &budget};
    if (!format_read(&in, &r, NULL)) return;
    assert_true(r.verdict != VERDICT_NOT_A_MODEL); /* the name claims a model */
    for (size_t i = 0; i < r.finding_count; i++)
        if (r.verdict == VERDICT_CLEAN) assert_int_equal(r.findings[i].severity, SEVERITY_INFO);
}

static void damage(sample *s)
{
    static const uint8_t opcodes[] = {'.', 'R', 'b', '(', 't', '0', 0x93, 0x94, 0xff};
    for (size_t cut = 0; cut <= s->len; cut++) sample_read(s, cut, read_damaged);
    for (size_t at = 0; at < s->len; at++) {
        for (size_t bit = at % DAMAGE_STRIDE; bit < 8; bit += DAMAGE_STRIDE)
            sample_change(s, at, (uint8_t)(s->data[at] ^ 1u << bit), read_damaged);
        for (size_t i = at % DAMAGE_STRIDE; i < COUNT_OF(opcodes); i += DAMAGE_STRIDE)
            sample_change(s, at, opcodes[i], read_damaged);
    }
}

static void damaged_pickles_never_crash(void **state)
{
    (void)state;
    assert_true(sample_each("pickle", damage) > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_pickles_never_crash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
