/*
 * Rows in the order that scikit-learn's steps leave them in: the quick ways beside the plain ones, over random values with many equals.
 */
#include "src/model/ordered.h"
#include "src/model/parting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROWS = 700, ROUNDS = 60 };

static uint32_t draw(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Values of few to many kinds, zeros of both signs among them. */
static size_t draw_pairs(uint32_t *state, uint64_t *pairs)
{
    static const uint32_t kinds[] = {1, 2, 7, 60, 5000};
    uint32_t kind = kinds[draw(state) % 5];
    size_t count = 1 + draw(state) % ROWS;
    for (uint32_t i = 0; i < count; i++) {
        float value = (float)(draw(state) % kind) - (float)(kind / 2);
        pairs[i] = pair_of(draw(state) & 1 && value == 0 ? -0.0F : value, i);
    }
    return count;
}

static void equals_stand_where_the_plain_steps_leave_them(void **unused)
{
    (void)unused;
    static const sort_kind sorts[] = {SORT_INTRO, SORT_INTRO_NATURAL, SORT_INTRO_INSERTION, SORT_QUICK};
    uint32_t state = 1;
    err e = {0};
    ordered o;
    assert_true(ordered_init(&o, ROWS, &e));
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t plain[ROWS];
        size_t count = draw_pairs(&state, plain);
        memcpy(o.exact, plain, count * sizeof *plain);
        sort_kind kind = sorts[round % COUNT_OF(sorts)];
        pairsort(plain, count, (sorted_part){0}, kind);
        assert_memory_equal(ordered_anew(&o, count, kind), plain, count * sizeof *plain);
    }
    ordered_done(&o);
}

static size_t two_pointers(uint32_t *rows, uint8_t *left, size_t count)
{
    size_t start = 0, end = count;
    while (start < end) {
        if (left[start]) {
            start++;
            continue;
        }
        end--;
        uint32_t row = rows[start];
        uint8_t side = left[start];
        rows[start] = rows[end];
        left[start] = left[end];
        rows[end] = row;
        left[end] = side;
    }
    return end;
}

static void rows_are_parted_as_by_two_pointers(void **unused)
{
    (void)unused;
    uint32_t state = 2;
    err e = {0};
    parting p;
    assert_true(parting_init(&p, ROWS, &e));
    for (unsigned round = 0; round < 20 * ROUNDS; round++) {
        uint32_t rows[ROWS], plain[ROWS];
        uint8_t left[ROWS];
        size_t count = 1 + draw(&state) % (round % 2 ? 6 : ROWS);
        uint32_t share = draw(&state) % 5;
        for (uint32_t i = 0; i < count; i++) {
            rows[i] = plain[i] = i;
            p.left[i] = left[i] = draw(&state) % 4 < share;
        }
        size_t want = two_pointers(plain, left, count);
        assert_int_equal(parting_apply(&p, rows, count), want);
        assert_memory_equal(rows, plain, count * sizeof *rows);
    }
    parting_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_stand_where_the_plain_steps_leave_them),
        cmocka_unit_test(rows_are_parted_as_by_two_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
