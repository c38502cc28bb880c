/*
 * The samples of fuzz/corpus/make_nests.py: archives within archives and archives that hide something. Each file's name says which verdict the
 * scan child must give and which finding it must tell. Then each is cut and changed: nothing crashes.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "src/scan/inspect.h"

#include <dirent.h>

enum { SAMPLE_BYTES_MAX = 64 * 1024, DAMAGED_PLACES = 160, ARENA_BYTES = 64 << 20 };

typedef struct sample {
    char verdict[16], code[24];
    const char *name;
    uint8_t data[SAMPLE_BYTES_MAX];
    size_t len;
} sample;

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

/* Memory is exact, so that a sanitizer sees a read beyond. */
static void read_damaged(const sample *s, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, s->data, len);
    AUTO_ARENA arena a;
    arena_init(&a, ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    (void)!inspect(&a, str_from_c(s->name), (bytes){exact, len}, &part, NULL);
    free(exact);
}

static void damage(sample *s)
{
    if (strstr(s->name, "bomb")) return; /* each takes as long as it unpacks */
    size_t step = (s->len / DAMAGED_PLACES + 1) * DAMAGE_STRIDE;
    for (size_t cut = 0; cut < s->len; cut += step) read_damaged(s, cut);
    for (size_t at = 0; at < s->len; at += step) {
        uint8_t original = s->data[at];
        static const uint8_t others[] = {0x00, 0xff};
        for (size_t i = 0; i < COUNT_OF(others); i++) {
            s->data[at] = others[i];
            read_damaged(s, s->len);
        }
        s->data[at] = (uint8_t)(original ^ 1u);
        read_damaged(s, s->len);
        s->data[at] = original;
    }
}

/* "unsafe.MDL-ZIP-003.hidden_text.zip" */
static bool load(const char *folder, const char *name, sample *s)
{
    if (name[0] == '.') return false;
    str wanted, rest, code;
    assert_true(str_cut(str_from_c(name), '.', &wanted, &rest) && str_cut(rest, '.', &code, &rest));
    snprintf(s->verdict, sizeof(s->verdict), "%.*s", STR_ARG(wanted));
    snprintf(s->code, sizeof(s->code), "%.*s", STR_ARG(code));
    s->name = name;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    s->len = fread(s->data, 1, sizeof(s->data), f);
    assert_true(s->len < sizeof(s->data));
    fclose(f);
    return true;
}

static size_t each_sample(const char *kind)
{
    const char *corpus = getenv("FUZZ_CORPUS");
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/%s", corpus ? corpus : "", kind);
    DIR *dir = opendir(folder);
    if (!dir) fail_msg("%s is no folder", folder);
    size_t count = 0;
    static sample s;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!load(folder, entry->d_name, &s)) continue;
        check_sample(&s);
        damage(&s);
        count++;
    }
    closedir(dir);
    return count;
}

static void samples_of_archives_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("archive") >= 95);
}

static void samples_of_r_data_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("rdata") >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_of_archives_get_their_verdicts),
                                       cmocka_unit_test(samples_of_r_data_get_their_verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
