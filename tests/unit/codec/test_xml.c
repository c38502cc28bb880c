/*
 * XML: elements in order, nothing of the outside, and an end to everything that grows.
 */
#include "tests/unit/test.h"

#include "base/buf.h"
#include "codec/xml.h"

typedef struct seen {
    char text[1024];
    size_t len;
} seen;

static void note(seen *s, const char *kind, str what)
{
    int added = snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s%s:%.*s", s->len ? " " : "", kind,
                         STR_ARG(what));
    s->len += (size_t)added;
}

static bool on_open(void *ctx, const char *name, const char **attributes, unsigned depth, uint32_t line,
                    err *e)
{
    (void)depth, (void)line;
    note(ctx, "open", str_from_c(name));
    for (size_t i = 0; attributes[i]; i += 2) note(ctx, attributes[i], str_from_c(attributes[i + 1]));
    return strcmp(name, "stop") != 0 || err_set(e, ERR_CONFLICT, "stopped");
}

static bool on_outside(void *ctx, str name, str address, uint32_t line, err *e)
{
    (void)name, (void)line, (void)e;
    note(ctx, "outside", address);
    return true;
}

static bool walk(const char *text, seen *s, err *e)
{
    *s = (seen){0};
    xml_visitor visitor = {.ctx = s, .open = on_open, .outside = on_outside};
    return xml_walk(str_bytes(str_from_c(text)), "it", &visitor, e);
}

static void xml_walk_tells_elements(void **state)
{
    (void)state;
    seen s;
    assert_true(walk("<?xml version='1.0'?><a x='1'><n:b xmlns:n='u'/><!-- c --></a>", &s, NULL));
    assert_string_equal(s.text, "open:a x:1 open:b xmlns:n:u");
}

static void xml_walk_reads_nothing_of_the_outside(void **state)
{
    (void)state;
    seen s;
    assert_true(walk("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", &s, NULL));
    assert_string_equal(s.text, "outside:file:///etc/passwd open:a");
    assert_true(walk("<!DOCTYPE a SYSTEM 'http://x/y.dtd'><a/>", &s, NULL));
    assert_string_equal(s.text, "outside:http://x/y.dtd open:a");
}

static void xml_walk_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "<a>", "<a></b>", "text", "<a x=1/>", "<a/><b/>", "<a>&x;</a>"};
    seen s;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        err e = {0};
        if (walk(wrong[i], &s, &e)) fail_msg("case %zu was taken", i);
        assert_true(e.code == ERR_INVALID && e.message[0]);
    }
    err e = {0};
    assert_false(walk("<a><stop/><b/></a>", &s, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_string_equal(s.text, "open:a open:stop");
}

static void xml_walk_is_bounded(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    static seen s;
    xml_visitor visitor = {.ctx = &s, .open = on_open, .outside = on_outside};
    err e = {0};
    buf_add_str(&text, STR("<!DOCTYPE a [<!ENTITY b0 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>"));
    for (int i = 1; i < 12; i++)
        buf_printf(&text, "<!ENTITY b%d '&b%d;&b%d;&b%d;&b%d;&b%d;&b%d;&b%d;&b%d;&b%d;&b%d;'>", i, i - 1,
                   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    buf_add_str(&text, STR("]><a>&b11;</a>"));
    assert_false(xml_walk(buf_bytes(&text), "it", &visitor, &e));
    assert_int_equal(e.code, ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xml_walk_tells_elements), cmocka_unit_test(xml_walk_reads_nothing_of_the_outside),
        cmocka_unit_test(xml_walk_refuses), cmocka_unit_test(xml_walk_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
