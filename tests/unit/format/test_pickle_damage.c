/*
 * The seeds of fuzz/pickle, cut at every length and with every single bit and byte changed: nothing crashes, nothing hangs, and whatever is
 * clean has no finding. Memory is exact, so that a sanitizer sees a read beyond.
 */
#include "tests/unit/test.h"

#include "format/format.h"

#include <dirent.h>

static void read_exactly(bytes content)
{
    uint8_t *exact = malloc(content.len ? content.len : 1);
    memcpy(exact, content.data, content.len);
    AUTO_ARENA arena a;
    arena_init(&a, 8 << 20);
    report r;
    report_init(&r, &a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = STR("model.pkl"), .content = {exact, content.len}, .budget = &budget};
    if (format_read(&in, &r, NULL)) {
        assert_true(r.verdict != VERDICT_NOT_A_MODEL); /* the name claims a model */
        for (size_t i = 0; i < r.finding_count; i++)
            if (r.verdict == VERDICT_CLEAN) assert_int_equal(r.findings[i].severity, SEVERITY_INFO);
    }
    free(exact);
}

static void damage(uint8_t *data, size_t len)
{
    for (size_t cut = 0; cut <= len; cut++) read_exactly((bytes){data, cut});
    for (size_t at = 0; at < len; at++) {
        uint8_t original = data[at];
        for (size_t bit = at % DAMAGE_STRIDE; bit < 8; bit += DAMAGE_STRIDE) {
            data[at] = (uint8_t)(original ^ 1u << bit);
            read_exactly((bytes){data, len});
        }
        static const uint8_t opcodes[] = {'.', 'R', 'b', '(', 't', '0', 0x93, 0x94, 0xff};
        for (size_t i = at % DAMAGE_STRIDE; i < COUNT_OF(opcodes); i += DAMAGE_STRIDE) {
            data[at] = opcodes[i];
            read_exactly((bytes){data, len});
        }
        data[at] = original;
    }
}

static void damaged_pickles_never_crash(void **state)
{
    (void)state;
    const char *folder = getenv("PICKLE_SEEDS");
    DIR *dir = folder ? opendir(folder) : NULL;
    if (!dir) fail_msg("PICKLE_SEEDS='%s' is no folder", folder ? folder : "");
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *f = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!f) continue;
        uint8_t data[1024];
        size_t len = fread(data, 1, sizeof(data), f);
        fclose(f);
        damage(data, len);
        count++;
    }
    closedir(dir);
    assert_true(count > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_pickles_never_crash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
