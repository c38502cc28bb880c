/*
 * format/nemo/nemo.c - the tar: the configuration, and every other member as a file of its own (the checkpoint is a PyTorch file, CVE-2026-24157).
 */
#include "nemo/nemo.h"

#include "base/limits.h"
#include "codec/archive.h"
#include "nested.h"

enum { HEAD_BYTES = 64 * 1024 };

static const char advice[] = "Get the file again from its source; what cannot be read cannot be called safe.";
static const char config_name[] = "model_config.yaml";

static str base_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

/* --- recognising ------------------------------------------------------------------------------------------------------------------------ */

static bool wants_nothing(void *ctx, const tar_member *m)
{
    (void)ctx;
    (void)m;
    return false;
}

static bool find_config(void *ctx, const tar_member *m, bytes content, err *e)
{
    (void)content;
    (void)e;
    bool *is_found = ctx;
    *is_found = *is_found || str_eq(m->path, str_from_c(config_name));
    return true;
}

/* The configuration is a small file in the front; of what is packed only the front is unpacked to look for it. */
static bool has_config(bytes content)
{
    uint8_t head[HEAD_BYTES];
    unpack_budget own = unpack_budget_new(content.len);
    AUTO(unpack_close) unpack_stream *stream = NULL;
    bool is_found = false;
    tar_visitor v = {.ctx = &is_found, .wants = wants_nothing, .member = find_config};
    packing p = packing_sniff(content);
    if (p != PACKING_NONE && !tar_is(content)) {
        size_t have = 0;
        if (!unpack_open(p, content, &own, &stream, NULL)) return false;
        for (size_t got = 1; have < sizeof(head) && got > 0; have += got)
            if (!unpack_read(stream, head + have, sizeof(head) - have, &got, NULL)) break;
        content = (bytes){head, have};
    }
    if (!tar_is(content)) return false;
    (void)!tar_walk(content, &own, &v, NULL); /* it mostly ends within a member */
    return is_found;
}

static bool sniff(const format_input *in)
{
    if (archive_sniff(in->content) != ARCHIVE_TAR) return false;
    return str_ends_with(in->path, STR(".nemo")) || has_config(in->content);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct reading {
    const format_input *in;
    report *report;
    member_watch watch;
    bool has_config;
} reading;

static bool wants(void *ctx, const tar_member *m)
{
    (void)ctx;
    return m->kind == TAR_FILE;
}

static bool unreadable(reading *rd, str member, str title, err *e)
{
    remark m = {.code = "MDL-NEM-002",
                .severity = SEVERITY_MEDIUM,
                .member = member,
                .advice = advice,
                .is_unreadable = true};
    return nested_say(rd->report, &m, title, e);
}

static bool see(void *ctx, const tar_member *m, bytes content, err *e)
{
    reading *rd = ctx;
    /* A link to another member is one too many here: a loader follows it to wherever that leads. */
    if (!nested_tar_member(&rd->watch, m, MEMBER_LINK, rd->report, e)) return false;
    if (m->kind != TAR_FILE || m->size_bytes == 0) return true;
    if (content.len == 0)
        return unreadable(rd, m->path, STR("The member is sparse, or larger than LIMIT_ARCHIVE_MEMBER_BYTES"),
                          e);
    bool is_yaml = str_ends_with(m->path, STR(".yaml")) || str_ends_with(m->path, STR(".yml"));
    rd->has_config |= str_eq(base_of(m->path), str_from_c(config_name));
    if (is_yaml && !nemo_config_read(m->path, content, rd->report, e)) return false;
    return nested_member(rd->in, m->path, content, rd->report, e);
}

static bool read_members(reading *rd, err *e)
{
    const format_input *in = rd->in;
    tar_visitor v = {.ctx = rd, .wants = wants, .member = see};
    err why = {0};
    if (archive_walk(ARCHIVE_TAR, in->path, in->content, in->budget, &v, &why)) {
        str missing = STR("The archive has no model_config.yaml, so NeMo does not restore it");
        return rd->has_config || unreadable(rd, STR_NONE, missing, e);
    }
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return unreadable(rd, STR_NONE, str_from_c(why.message), e);
}

static bool read(const format_input *in, report *r, err *e)
{
    reading rd = {.in = in, .report = r};
    bool done = report_fact(r, STR("framework"), STR("nemo"), e) && read_members(&rd, e);
    member_watch_done(&rd.watch);
    return done;
}

const model_format format_nemo = {.name = "nemo", .title = "NeMo archive", .sniff = sniff, .read = read};
