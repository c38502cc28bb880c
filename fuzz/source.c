/*
 * fuzz/source.c - text beside a model: the first byte chooses whether it is Python, a Dockerfile or just text.
 */
#include "format/source.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.py", "Dockerfile", "a.txt"};
    if (size == 0) return 0;
    AUTO_ARENA arena a;
    arena_init(&a, 64 << 20);
    report r;
    report_init(&r, &a);
    bytes content = {data + 1, size - 1};
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {
        .path = str_from_c(names[data[0] % COUNT_OF(names)]), .content = content, .budget = &budget};
    if (source_read(&in, &r, NULL) && r.verdict != VERDICT_NOT_A_MODEL) abort(); /* text is no model */
    python_place place = {.first_line = 1, .is_notebook = true};
    python_summary summary = {0};
    if (!python_read(&place, bytes_str(content), &r, &summary, NULL) ||
        !dockerfile_read(STR_NONE, bytes_str(content), &r, NULL))
        return 0;
    (void)!secrets_read(STR_NONE, bytes_str(content), &r, NULL);
    return 0;
}
