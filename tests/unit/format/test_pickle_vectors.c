/*
 * The self-test vectors of docs/model-threats.md: whole pickles in hex, and the verdict each must get.
 */
#include "tests/unit/test.h"

#include "format/format.h"

typedef struct vector {
    const char *name, *hex;
    verdict want;
    const char *code; /* of a finding that must be there, or NULL */
    const char *call; /* readable call of that finding, or NULL */
} vector;

static const vector vectors[] = {
    {"int", "80044b012e", VERDICT_CLEAN, NULL, NULL},
    {"odict", "800263636f6c6c656374696f6e730a4f726465726564446963740a2952285501614b01752e", VERDICT_CLEAN,
     NULL, NULL},
    {"date",
     "8002636461746574696d650a646174650a7100635f636f646563730a656e636f64650a7101580500000007c3a80501710258060"
     "000006c6174696e3171"
     "038671045271058571065271072e",
     VERDICT_CLEAN, NULL, NULL},
    {"array",
     "8004958c000000000000008c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f6e73747275637494939"
     "48c056e756d7079948c"
     "076e6461727261799493944b0085944301629487945294284b014b02859468038c0564747970659493948c02693294898887945"
     "294284b038c013c944e"
     "4e4e4affffffff4affffffff4b0074946289430400000100947494622e",
     VERDICT_CLEAN, NULL, NULL},
    {"text call", "636f730a6765746377640a29522e", VERDICT_UNSAFE, "MDL-PKL-001", "os.getcwd()"},
    {"inst", "28696f730a6765746377640a2e", VERDICT_UNSAFE, "MDL-PKL-001", "os.getcwd()"},
    {"stack global", "80048c026f73948c0667657463776494939429522e", VERDICT_UNSAFE, "MDL-PKL-001",
     "os.getcwd()"},
    {"memo names", "80048c026f737107308c06676574637764710830680768089329522e", VERDICT_UNSAFE, "MDL-PKL-001",
     "os.getcwd()"},
    {"escape", "800453276f5c783733270a5667657463775c75303036340a9329522e", VERDICT_UNSAFE, "MDL-PKL-001",
     "os.getcwd()"},
    {"computed",
     "80048c086275696c74696e738c0562797465739385308c086275696c74696e738c03737472932842020000006f738c056173636"
     "96974528c0667657463"
     "77649329522e",
     VERDICT_UNSAFE, NULL, NULL},
    {"planted setstate",
     "80048c0b636f6c6c656374696f6e738c0b4f726465726564446963749329527d288c0c5f5f73657473746174655f5f8c0862756"
     "96c74696e738c057072"
     "696e749375628c0178622e",
     VERDICT_UNSAFE, "MDL-PKL-006", NULL},
    {"iterator",
     "80048c086275696c74696e738c057475706c65938c086275696c74696e738c036d6170938c086275696c74696e738c057072696"
     "e74935d284a01000000"
     "65868185812e",
     VERDICT_UNSAFE, "MDL-PKL-001", NULL},
    {"then broken", "80048c026f738c0667657463776493295230fe", VERDICT_UNSAFE, "MDL-PKL-001", "os.getcwd()"},
    {"dotted", "80048c046a736f6e8c15636f646563732e6275696c74696e732e7072696e749329522e", VERDICT_UNSAFE, NULL,
     NULL},
    {"ext", "8002820529522e", VERDICT_UNSAFE, "MDL-PKL-007", NULL},
    {"py2", "800263636f6d6d616e64730a6765747374617475730a29522e", VERDICT_UNSAFE, "MDL-PKL-001", NULL},
    {"second stream", "80044e2e80048c026f738c066765746377649329522e", VERDICT_UNSAFE, "MDL-PKL-001",
     "os.getcwd()"},
    {"data only", "80048c0d636f730a73797374656d0a28532e", VERDICT_CLEAN, NULL, NULL},
    {"mark alone, before the stack exists", "28742e", VERDICT_CLEAN, NULL, NULL},
    {"truncated", "80048c056162", VERDICT_UNPARSEABLE, "MDL-PKL-014", NULL},
    {"unlisted class", "80048c0c6d795f706b672e6d6f64656c8c034e65749329812e", VERDICT_UNSAFE, "MDL-PKL-002",
     "my_pkg.model.Net()"},
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return len;
}

static const finding *find_code(const report *r, const char *code)
{
    for (size_t i = 0; i < r->finding_count; i++)
        if (strcmp(r->findings[i].code, code) == 0) return &r->findings[i];
    return NULL;
}

static void check(const vector *v)
{
    uint8_t data[1024];
    bytes content = {data, from_hex(v->hex, data)};
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = STR("m.pkl"), .content = content, .budget = &budget};
    AUTO_ARENA arena a;
    arena_init(&a, 16 << 20);
    report r;
    report_init(&r, &a);
    err e = {0};
    assert_true(format_read(&in, &r, &e));
    if (r.verdict != v->want)
        fail_msg("%s: %s, want %s", v->name, verdict_name(r.verdict), verdict_name(v->want));
    if (!v->code) return;
    const finding *f = find_code(&r, v->code);
    if (!f) fail_msg("%s: no finding %s", v->name, v->code);
    if (v->call && !str_eq(f->call, str_from_c(v->call)))
        fail_msg("%s: call is %.*s", v->name, STR_ARG(f->call));
}

static void vectors_get_their_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) check(&vectors[i]);
}

static void a_vector_cut_anywhere_is_never_clean_and_never_crashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t data[1024];
        size_t len = from_hex(vectors[i].hex, data);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *exact = malloc(cut + 1); /* so that a sanitizer sees every read beyond */
            memcpy(exact, data, cut);
            unpack_budget budget = unpack_budget_new(cut);
            format_input in = {.path = STR("m.pkl"), .content = {exact, cut}, .budget = &budget};
            AUTO_ARENA arena a;
            arena_init(&a, 16 << 20);
            report r;
            report_init(&r, &a);
            assert_true(format_read(&in, &r, NULL));
            bool whole_stream = strcmp(vectors[i].name, "second stream") == 0 && cut >= 4;
            if (!whole_stream) assert_true(r.verdict >= VERDICT_SUSPICIOUS);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_get_their_verdicts),
        cmocka_unit_test(a_vector_cut_anywhere_is_never_clean_and_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
