/*
 * cli/advisories_report.c - what the advisories commands tell, to people and as JSON.
 */
#include "advisories.h"

#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>

int advisories_fail(const char *command, const err *e, int exit_code)
{
    fprintf(stderr, "assay advisories %s: %s\n", command, e->message);
    return exit_code;
}

json_t *advisories_index_json(const advisories_store *s)
{
    const advisory_index *index = &s->index;
    json_t *json = json_object();
    json_set_str(json, "origin", index->is_starter ? STR("starter") : STR("imported"));
    if (!index->is_starter) json_set_str(json, "path", str_from_c(s->path));
    json_object_set_new(json, "advisories", json_integer((json_int_t)index->advisory_count));
    json_object_set_new(json, "ranges", json_integer((json_int_t)index->range_count));
    json_object_set_new(json, "size_bytes", json_integer((json_int_t)index->image.len));
    json_set_str(json, "newest_modified", index->newest_modified);
    if (index->imported_at.len) json_set_str(json, "imported_at", index->imported_at);
    return json;
}

void advisories_print_index(const advisories_store *s)
{
    const advisory_index *index = &s->index;
    printf("%" PRIu64 " advisories, %" PRIu64 " version ranges, the newest of %.*s\n", index->advisory_count,
           index->range_count, STR_ARG(index->newest_modified));
    if (index->is_starter)
        printf("the starter set of this program: nothing was imported yet ('assay advisories update' fetches "
               "all)\n");
    else
        printf("imported %.*s into %s (%.1f MB)\n", STR_ARG(index->imported_at), s->path,
               (double)index->image.len / 1e6);
}

static void print_skipped(const advisory_import_counts *c)
{
    if (c->skipped)
        printf("    skipped %" PRIu64 ": %" PRIu64 " of ecosystems not read yet, %" PRIu64
               " without a package, %" PRIu64 " unreadable (first: %s)\n",
               c->skipped, c->skipped_foreign, c->skipped_nameless, c->skipped_malformed, c->first_problem);
    if (c->ranges_skipped)
        printf("    %" PRIu64 " version ranges cannot be ordered and were left out\n", c->ranges_skipped);
}

void advisories_print_sources(const advisories_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const advisory_import_counts *c = &sources[i].counts;
        if (sources[i].is_unchanged) {
            printf("%s: unchanged\n", sources[i].name);
            continue;
        }
        printf("%s: %" PRIu64 " records, %" PRIu64 " packages affected, %" PRIu64 " withdrawn\n",
               sources[i].name, c->records, c->affected, c->withdrawn);
        print_skipped(c);
    }
}

static json_t *source_json(const advisories_source *source)
{
    const advisory_import_counts *c = &source->counts;
    json_t *json = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "unchanged",
                             (int)source->is_unchanged, "records", (json_int_t)c->records, "affected",
                             (json_int_t)c->affected, "withdrawn", (json_int_t)c->withdrawn, "skipped",
                             (json_int_t)c->skipped, "skipped_foreign", (json_int_t)c->skipped_foreign,
                             "skipped_nameless", (json_int_t)c->skipped_nameless, "skipped_malformed",
                             (json_int_t)c->skipped_malformed, "ranges_skipped",
                             (json_int_t)c->ranges_skipped, "size_bytes", (json_int_t)source->packed_bytes,
                             "resumed_bytes", (json_int_t)source->resumed_bytes);
    if (!json) return NULL;
    json_set_str(json, "name", str_from_c(source->name));
    if (c->first_problem[0]) json_set_str(json, "first_problem", str_from_c(c->first_problem));
    return json;
}

bool advisories_print_json(const advisories_store *s, const advisories_source *sources, size_t count,
                           int64_t duration_us, err *e)
{
    AUTO(json_release) json_t *json = json_object();
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    json_object_set_new(json, "index", advisories_index_json(s));
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, source_json(&sources[i]));
    json_object_set_new(json, "sources", list);
    json_object_set_new(json, "duration_ms", json_integer(duration_us / 1000));
    if (!json_encode_pretty(json, &text, e)) return false;
    fwrite(text.data, 1, text.len, stdout);
    return true;
}
