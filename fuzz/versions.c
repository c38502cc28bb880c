/*
 * Two version numbers, separated by a line end: the order is the same from both sides, equal to itself, and a canonical spelling is equal to
 * what it was made from and stays as it is. Two PEP 440 versions that are equal are spelled alike but for trailing zeros.
 */
#include "base/limits.h"
#include "eco/eco.h"
#include "eco/pep440.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spelling(arena *a, str version)
{
    pep440 parts;
    if (!pep440_parse(version, &parts)) return;
    assert(parts.release.len > 0);
    str normal = pep440_normalise(a, version);
    assert(normal.data && pep440_compare(version, normal) == 0);
    assert(str_eq(pep440_normalise(a, normal), normal));
    assert(pep440_is_valid(pep440_public(version)));
    bool admitted = false;
    str pin = arena_printf(a, "==%.*s", STR_ARG(normal));
    assert(pep440_specifiers_admit(pin, version, true, &admitted, NULL) && admitted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    str left, right;
    str_cut((str){(const char *)data, size}, '\n', &left, &right);
    for (size_t i = 0; ecosystems[i]; i++) {
        int order = ecosystems[i]->version_compare(left, right);
        assert(order >= -1 && order <= 1);
        assert(ecosystems[i]->version_compare(right, left) == -order);
        assert(ecosystems[i]->version_compare(left, left) == 0);
    }
    check_spelling(&a, left);
    check_spelling(&a, right);
    bool ignored;
    err e = {0};
    if (!pep440_specifiers_admit(left, right, false, &ignored, &e)) assert(e.code == ERR_INVALID);
    return 0;
}
