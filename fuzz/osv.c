/*
 * OSV records, one a line: whatever they say, the index made of them opens, takes over into a second one unchanged, and can be matched.
 */
#include "advisory/advisory.h"
#include "base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match_some(const advisory_index *index)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    component c = {.eco = ecosystem_find(STR("pypi")),
                   .name = STR("a"),
                   .version = STR("1.0"),
                   .version_is_known = true};
    advisory_match *matches;
    size_t count;
    err e = {0};
    assert(advisory_match_component(index, &c, &a, &matches, &count, &e));
    for (size_t i = 0; i < count; i++) assert(matches[i].id.len && matches[i].cvss_score <= 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    AUTO(advisory_builder_free) advisory_builder *second = NULL;
    advisory_import_counts counts = {0};
    err e = {0};
    assert(advisory_builder_new(&b, &e) && advisory_builder_new(&second, &e));
    str rest = {(const char *)data, size}, line;
    while (str_next(&rest, '\n', &line)) assert(advisory_builder_add_json(b, str_bytes(line), &counts, &e));

    AUTO_BUF buf image, again;
    buf_init(&image, 64 * MIB);
    buf_init(&again, 64 * MIB);
    advisory_index index, copy;
    assert(advisory_builder_finish(b, STR("2026-01-01T00:00:00Z"), &image, &e));
    assert(advisory_index_open(buf_bytes(&image), &index, &e));
    match_some(&index);
    assert(advisory_builder_add_index(second, &index, &e) &&
           advisory_builder_finish(second, STR("2026-01-01T00:00:00Z"), &again, &e));
    assert(advisory_index_open(buf_bytes(&again), &copy, &e));
    assert(copy.advisory_count == index.advisory_count && copy.range_count == index.range_count);
    return 0;
}
