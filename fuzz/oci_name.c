/*
 * Names under /v2/ and scopes of tokens: parts that are accepted make up the whole again, and are safe in headers and paths.
 */
#include "src/api/oci_name.h"
#include "src/api/oci_scope.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(str text)
{
    str repository, image;
    err e;
    if (!oci_name_split(text, &repository, &image, &e)) return;
    assert(repository.len > 0 && image.len > 0 && repository.len + 1 + image.len == text.len);
    for (size_t i = 0; i < text.len; i++) assert(text.data[i] > ' ' && text.data[i] < 0x7f);
    assert(!str_contains(text, STR("..")) && !str_contains(text, STR("//")));
}

static void check_grant(str text)
{
    oci_grant grant;
    if (!oci_grant_parse(text, &grant)) return;
    assert(grant.type.len + grant.name.len <= text.len);
    grant.pull = grant.push = grant.remove = true;
    (void)oci_scope_has(text, &grant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {(const char *)data, size};
    check_name(text);
    check_grant(text);
    if (oci_tag_is_valid(text)) assert(size <= 128 && str_find(text, '/') < 0);
    return 0;
}
