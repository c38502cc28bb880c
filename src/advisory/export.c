/*
 * advisory/export.c - a bulk export: a flat zip of <id>.json, one record each, read one at a time.
 */
#include "advisory/advisory.h"

#include "base/limits.h"
#include "codec/zip.h"

#include <stdio.h>

static void note_member(advisory_import_counts *counts, str path, const char *problem)
{
    counts->records++;
    counts->skipped++;
    counts->skipped_malformed++;
    if (counts->first_problem[0]) return;
    snprintf(counts->first_problem, sizeof counts->first_problem, "%.*s: %.160s",
             (int)(path.len < 80 ? path.len : 80), path.data ? path.data : "", problem);
}

/* One member. What cannot be unpacked is counted like any other record that cannot be used. */
static bool add_member(advisory_builder *b, bytes zip, const zip_member *member, unpack_budget *budget,
                       buf *text, advisory_import_counts *counts, err *e)
{
    err trouble = {0};
    if (!str_ends_with(member->path, STR(".json"))) return true;
    if (member->size_bytes > LIMIT_ADVISORY_JSON_BYTES) {
        note_member(counts, member->path, "larger than LIMIT_ADVISORY_JSON_BYTES");
        return true;
    }
    buf_reset(text);
    if (!zip_member_bytes(zip, member, budget, text, &trouble)) {
        if (trouble.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", trouble.message);
        note_member(counts, member->path, trouble.message);
        text->failed = false;
        return true;
    }
    return advisory_builder_add_json(b, buf_bytes(text), counts, e);
}

bool advisory_builder_add_zip(advisory_builder *b, bytes zip,
                              void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                              advisory_import_counts *counts, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    unpack_budget budget = unpack_budget_new(zip.len);
    zip_directory directory;
    if (!zip_read(&a, zip, &budget, &directory, e)) return false;

    AUTO_BUF buf text;
    buf_init(&text, LIMIT_ADVISORY_JSON_BYTES);
    for (size_t i = 0; i < directory.count; i++) {
        if (progress) progress(ctx, i, directory.count);
        if (!add_member(b, zip, &directory.members[i], &budget, &text, counts, e)) return false;
    }
    if (progress) progress(ctx, directory.count, directory.count);
    return true;
}
