/*
 * Properties in addresses, and the base64 of credentials: what is accepted is bounded, UTF-8 and free of control bytes.
 */
#include "src/api/properties.h"

#include "base/limits.h"
#include "crypto/base64.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(str text)
{
    assert(str_is_utf8(text));
    for (size_t i = 0; i < text.len; i++) assert((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
}

static void check_place(str raw, properties_place place)
{
    AUTO_ARENA arena a;
    arena_init(&a, 16 * MIB);
    meta_property *items;
    size_t count;
    err e;
    if (!properties_parse(raw, place, &a, &items, &count, &e)) return;
    assert(count <= LIMIT_PROPERTIES);
    for (size_t i = 0; i < count; i++) {
        assert(items[i].name.len > 0 && items[i].name.len <= LIMIT_NAME_BYTES);
        check_text(items[i].name);
        check_text(items[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str raw = {(const char *)data, size}, *names;
    size_t count;
    err e;
    AUTO_ARENA arena a;
    AUTO_BUF buf plain;
    arena_init(&a, 16 * MIB);
    buf_init(&plain, 64 * KIB);
    check_place(raw, PROPERTIES_MATRIX);
    check_place(raw, PROPERTIES_QUERY);
    if (properties_parse_names(raw, &a, &names, &count, &e))
        for (size_t i = 0; i < count; i++) check_text(names[i]);
    if (base64_decode(raw, &plain, &e)) assert(plain.len <= size / 4 * 3 + 2);
    return 0;
}
