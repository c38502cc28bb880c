/*
 * format/torch/tar.c - the first form of torch.save (before 0.1.10): a plain tar with the members sys_info, pickle, storages and tensors.
 *
 * `storages` and `tensors` mix pickles with raw numbers, so their readers keep step with the loader's. weights_only does not hold for this form
 * before PyTorch 2.6 (CVE-2025-32434): whatever it imports beyond tensors would be imported.
 */
#include "torch/torch.h"

#include "codec/tar.h"
#include "nested.h"

static const char advice[] =
    "Do not load this file. Ask for its tensors as safetensors; PyTorch left this form in 2017.";

enum { MEMBERS = 4, SYS_INFO = 0, OBJECT = 1, STORAGES = 2, TENSORS = 3, RANK_MAX = 64 };
static const char *const names[MEMBERS] = {"sys_info", "pickle", "storages", "tensors"};

typedef struct tar_form {
    const format_input *in;
    report *report;
    bytes members[MEMBERS];
    bool is_there[MEMBERS];
    member_watch watch;
} tar_form;

/* --- members -------------------------------------------------------------------------------------------------------------------------- */

static bool wants(void *ctx, const tar_member *m)
{
    (void)ctx;
    return m->kind == TAR_FILE;
}

/* The tar is plain, so contents are views of the file and stay. */
static bool note(void *ctx, const tar_member *m, bytes content, err *e)
{
    tar_form *t = ctx;
    (void)e;
    for (size_t i = 0; i < MEMBERS; i++)
        if (str_eq(m->path, str_from_c(names[i]))) {
            t->members[i] = content;
            t->is_there[i] = true;
        }
    return true;
}

static bool gather(tar_form *t, unpack_budget *budget, err *e)
{
    tar_visitor v = {.ctx = t, .wants = wants, .member = note};
    return tar_walk(t->in->content, budget, &v, e);
}

static bool is_form(const tar_form *t)
{
    return t->is_there[OBJECT] && t->is_there[STORAGES] && t->is_there[TENSORS];
}

static bool sniff(const format_input *in)
{
    if (in->content.len < 512 || !tar_is((bytes){in->content.data, 512})) return false;
    unpack_budget own = unpack_budget_new(in->content.len);
    tar_form t = {.in = in};
    (void)!gather(&t, &own, NULL); /* a damaged tail does not make it another form */
    return is_form(&t);
}

/* --- words ------------------------------------------------------------------------------------------------------------------------------ */

static bool unreadable(tar_form *t, unsigned which, uint64_t at, const char *title, err *e)
{
    remark m = {.code = "MDL-TOR-006",
                .severity = SEVERITY_MEDIUM,
                .member = str_from_c(names[which]),
                .advice = advice,
                .offset = at,
                .has_offset = true,
                .is_unreadable = true};
    return nested_say(t->report, &m, str_from_c(title), e);
}

static bool say(tar_form *t, severity s, const char *title, err *e)
{
    remark m = {.code = "MDL-TOR-002", .severity = s, .advice = advice};
    return nested_say(t->report, &m, str_from_c(title), e);
}

/* --- pickles ---------------------------------------------------------------------------------------------------------------------------- */

/* Ids are numbers of tensors, as text or not, or stand for classes; those that do not are for the loader to refuse. */
static bool take_id(void *ctx, const pickle_value *id, uint64_t at, err *e)
{
    tar_form *t = ctx;
    if (id->kind == PICKLE_STR || id->kind == PICKLE_INT) return true;
    bool is_class =
        id->kind == PICKLE_TUPLE && id->list.count == 4 && id->list.items[1]->kind == PICKLE_GLOBAL;
    remark m = {.code = "MDL-PKL-016",
                .severity = is_class ? SEVERITY_MEDIUM : SEVERITY_HIGH,
                .member = STR("pickle"),
                .advice = advice,
                .offset = at,
                .has_offset = true};
    return nested_say(
        t->report, &m,
        is_class ? STR("The file carries the source text of a module beside its pickle")
                 : STR("A persistent id is computed while loading, or holds what no writer puts there"),
        e);
}

/* One pickle of a member; the reader goes on behind it. *result is NULL when it does not end, which was told. */
static bool read_pickle(tar_form *t, unsigned which, reader *r, const pickle_value **result, err *e)
{
    pickle_options options = {.member = str_from_c(names[which]),
                              .persistent_id = take_id,
                              .persistent_ctx = t,
                              .class_ids = which == OBJECT,
                              .tail = r->at > 0};
    pickle_stream stream;
    pickle_summary got;
    if (!pickle_run(t->report->arena, r->all, r->at, &options, t->report, &stream, &got, e)) return false;
    *result = stream.result;
    (void)reader_seek(r, stream.end);
    return true;
}

/* A count in front of so many records; *count 0 when it is none. */
static bool read_count(tar_form *t, unsigned which, reader *r, uint64_t *count, err *e)
{
    const pickle_value *v = NULL;
    *count = 0;
    if (!read_pickle(t, which, r, &v, e)) return false;
    bool is_count = v && v->kind == PICKLE_INT && v->integer >= 0;
    if (is_count) *count = (uint64_t)v->integer;
    return is_count || unreadable(t, which, r->at, "The member does not begin with a count", e);
}

/* (key, something, class) */
static const pickle_value *class_of(const pickle_value *record)
{
    bool is_record = record && record->kind == PICKLE_TUPLE && record->list.count == 3;
    return is_record && record->list.items[2]->kind == PICKLE_GLOBAL ? record->list.items[2] : NULL;
}

/* A record, then a count of 64 bits and the numbers. */
static bool read_storage(tar_form *t, reader *r, bool *is_whole, err *e)
{
    const pickle_value *record = NULL;
    *is_whole = false;
    if (!read_pickle(t, STORAGES, r, &record, e)) return false;
    torch_storage s = {0};
    if (!torch_storage_class(class_of(record), &s.item_bytes))
        return unreadable(t, STORAGES, r->at, "A record of the storages names no class of storages", e);
    s.elements = reader_u64le(r);
    if (r->failed || !reader_skip(r, torch_storage_bytes(&s)))
        return unreadable(t, STORAGES, r->at, "A storage ends early", e);
    *is_whole = true;
    return true;
}

/* A record, then the rank, four bytes of padding, shape, stride, and the offset. */
static bool read_tensor(tar_form *t, reader *r, bool *is_whole, err *e)
{
    const pickle_value *record = NULL;
    *is_whole = false;
    if (!read_pickle(t, TENSORS, r, &record, e)) return false;
    if (!class_of(record)) return unreadable(t, TENSORS, r->at, "A record of the tensors names no class", e);
    uint32_t rank = reader_u32le(r);
    (void)reader_skip(r, 4);
    if (r->failed || rank > RANK_MAX || !reader_skip(r, (uint64_t)rank * 16 + 8))
        return unreadable(t, TENSORS, r->at,
                          "A tensor ends early, or has more dimensions than PyTorch allows", e);
    *is_whole = true;
    return true;
}

static bool end_of(tar_form *t, unsigned which, reader *r, err *e)
{
    if (reader_left(r) == 0) return true;
    bytes rest = reader_take(r, reader_left(r));
    remark m = {.code = "MDL-PKL-013",
                .severity = SEVERITY_LOW,
                .member = str_from_c(names[which]),
                .advice = advice};
    return nested_say(t->report, &m, STR("Bytes follow the last record and belong to nothing"), e) &&
           nested_read(t->in, STR("(behind the records)"), rest, t->report, e);
}

static bool read_storages(tar_form *t, err *e)
{
    reader r = reader_of(t->members[STORAGES]);
    uint64_t count;
    bool is_whole = true;
    if (!read_count(t, STORAGES, &r, &count, e)) return false;
    for (uint64_t i = 0; i < count && is_whole; i++)
        if (!read_storage(t, &r, &is_whole, e)) return false;
    if (!is_whole || reader_left(&r) == 0) return true;
    const pickle_value *views = NULL; /* of storages into others */
    return read_pickle(t, STORAGES, &r, &views, e) && (!views || end_of(t, STORAGES, &r, e));
}

static bool read_tensors(tar_form *t, err *e)
{
    reader r = reader_of(t->members[TENSORS]);
    uint64_t count;
    bool is_whole = true;
    if (!read_count(t, TENSORS, &r, &count, e)) return false;
    for (uint64_t i = 0; i < count && is_whole; i++)
        if (!read_tensor(t, &r, &is_whole, e)) return false;
    return !is_whole || end_of(t, TENSORS, &r, e);
}

static bool read_whole_pickle(tar_form *t, unsigned which, err *e)
{
    const pickle_value *result = NULL;
    reader r = reader_of(t->members[which]);
    return read_pickle(t, which, &r, &result, e) && (!result || end_of(t, which, &r, e));
}

/* --- the file --------------------------------------------------------------------------------------------------------------------------- */

/* Members that the loader does not know may be for another one. */
static bool see_other(void *ctx, const tar_member *m, bytes content, err *e)
{
    tar_form *t = ctx;
    if (!nested_tar_member(&t->watch, m, MEMBER_LINK, t->report, e)) return false;
    for (size_t i = 0; i < MEMBERS; i++)
        if (str_eq(m->path, str_from_c(names[i]))) return true;
    return content.len == 0 || nested_member(t->in, m->path, content, t->report, e);
}

static bool read_others(tar_form *t, err *e)
{
    tar_visitor v = {.ctx = t, .wants = wants, .member = see_other};
    err why = {0};
    bool is_read = tar_walk(t->in->content, t->in->budget, &v, &why);
    member_watch_done(&t->watch);
    if (is_read) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return unreadable(t, OBJECT, 0, why.message, e);
}

static bool has_foreign(const report *r, size_t from)
{
    for (size_t i = from; i < r->finding_count; i++)
        if (r->findings[i].severity >= SEVERITY_MEDIUM) return true;
    return false;
}

static bool read(const format_input *in, report *r, err *e)
{
    tar_form t = {.in = in, .report = r};
    unpack_budget names_only = *in->budget;
    (void)!gather(&t, &names_only, NULL); /* damage is told when the others are read */
    if (!report_fact(r, STR("framework"), STR("torch"), e) ||
        !say(&t, SEVERITY_MEDIUM,
             "The file has the first form of PyTorch files, which only old programs write", e))
        return false;
    size_t before = r->finding_count;
    if (!read_storages(&t, e) || !read_tensors(&t, e) || !read_whole_pickle(&t, OBJECT, e) ||
        (t.is_there[SYS_INFO] && !read_whole_pickle(&t, SYS_INFO, e)))
        return false;
    bool is_foreign = has_foreign(r, before) && r->verdict >= VERDICT_UNSAFE;
    if (is_foreign &&
        !say(&t, SEVERITY_CRITICAL,
             "Loading only weights does not protect from this file before PyTorch 2.6 (CVE-2025-32434)", e))
        return false;
    return read_others(&t, e);
}

const model_format format_torch_tar = {
    .name = "torch-tar", .title = "PyTorch file (before 0.1.10)", .sniff = sniff, .read = read};
