/*
 * fuzz/format.h - what the targets of the model formats share: read the file, and hold the report to its promise.
 */
#ifndef FUZZ_FORMAT_H
#define FUZZ_FORMAT_H

#include "format/format.h"

#include <stdlib.h>
#include <string.h>

/* As a converter reads it: with the numbers of its tensors, all of which lie in memory that is there. */
static inline void fuzz_numbers(const char *name, bytes content)
{
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    report r;
    report_init(&r, &a);
    r.keeps_numbers = true;
    r.whole = content;
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(name), .content = content, .budget = &budget};
    if (!format_read(&in, &r, NULL)) return;
    for (size_t i = 0; i < r.tensor_kept; i++) {
        bytes numbers = r.tensors[i].numbers;
        uint8_t *copy = malloc(numbers.len + 1); /* a copy reads each of them */
        if (copy && numbers.len) memcpy(copy, numbers.data, numbers.len);
        free(copy);
    }
}

static inline void fuzz_format(const char *name, bytes content)
{
    fuzz_numbers(name, content);
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    report r;
    report_init(&r, &a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(name), .content = content, .budget = &budget};
    if (!format_read(&in, &r, NULL) || r.verdict != VERDICT_CLEAN) return;
    for (size_t i = 0; i < r.finding_count; i++)
        if (r.findings[i].kind == FINDING_MODEL_THREAT && r.findings[i].severity > SEVERITY_INFO)
            abort(); /* clean, and yet there is something to say */
}

#endif
