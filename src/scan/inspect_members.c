/*
 * scan/inspect_members.c - members of plain archives whose names or links are odd.
 *
 * How bad that is depends on what else is there, so it is told when the archive's end was seen: in an archive that holds models it is a way to have
 * a loader read, or an unpacker write, elsewhere; a file system packed into a tar is full of links and devices.
 */
#include "inspect_members.h"

#include "format/format.h"
#include "format/program.h"

#include <stdlib.h>

static const char advice[] = "Do not unpack this archive with a tool that trusts names; honest archives of "
                             "models have no need of such "
                             "members.";

/* --- neighbours --------------------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(str path)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < path.len; i++) h = (h ^ (uint8_t)path.data[i]) * 0x100000001b3u;
    return h ? h : 1;
}

static struct member_seen *slot_of(struct member_seen *seen, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);
    while (seen[at].hash && seen[at].hash != hash) at = (at + 1) & (capacity - 1);
    return &seen[at];
}

static bool grow_seen(archive_names *names, err *e)
{
    size_t capacity = names->seen_capacity ? names->seen_capacity * 2 : 64;
    struct member_seen *larger = calloc(capacity, sizeof *larger);
    if (!larger) return err_set(e, ERR_MEMORY, "no memory for the names of an archive");
    for (size_t i = 0; i < names->seen_capacity; i++)
        if (names->seen[i].hash) *slot_of(larger, capacity, names->seen[i].hash) = names->seen[i];
    free(names->seen);
    names->seen = larger;
    names->seen_capacity = capacity;
    return true;
}

static bool put_seen(archive_names *names, str path, struct member_seen what, err *e)
{
    if (names->seen_count * 2 >= names->seen_capacity && !grow_seen(names, e)) return false;
    what.hash = hash_of(path);
    struct member_seen *slot = slot_of(names->seen, names->seen_capacity, what.hash);
    names->seen_count += slot->hash == 0;
    if (what.verdict < slot->verdict)
        what.verdict = slot->verdict; /* two members of one name: the worse counts */
    *slot = what;
    return true;
}

static bool add_need(archive_names *names, str member, const sibling_need *need, err *e)
{
    if (names->need_count == NEEDS_KEPT) return true; /* the first ones tell enough */
    struct member_need *kept = &names->needs[names->need_count++];
    *kept = (struct member_need){.need = *need, .member = arena_copy(names->keep, member)};
    kept->need.path = arena_copy(names->keep, need->path);
    return (kept->member.data && kept->need.path.data) ||
           err_set(e, ERR_MEMORY, "no memory for the names of an archive");
}

static bool note_words(archive_names *names, str words, struct member_seen *what, err *e)
{
    if (names->word_count == REACHES_KEPT) {
        what->reaches = REACHES_KEPT; /* some of it: that it reaches out is what counts */
        return true;
    }
    names->words[names->word_count] = arena_copy(names->keep, words);
    what->reaches = (uint8_t)++names->word_count;
    return names->words[names->word_count - 1].data ||
           err_set(e, ERR_MEMORY, "no memory for the names of an archive");
}

bool archive_names_seen(inspection *in, str member, size_t size_bytes, const report *r, const report *source,
                        err *e)
{
    archive_names *names = in->names;
    sibling_need need;
    struct member_seen what = {.bytes = size_bytes, .verdict = (uint8_t)r->verdict};
    if (!names) return true;
    for (size_t i = 0; i < r->fact_count; i++)
        if (sibling_need_of(r->facts[i].name, r->facts[i].value, &need) && !add_need(names, member, &need, e))
            return false;
    for (size_t i = 0; source && i < source->fact_count; i++)
        if (str_eq(source->facts[i].name, STR("python")) &&
            !note_words(names, source->facts[i].value, &what, e))
            return false;
    return put_seen(names, member, what, e);
}

static sibling neighbour_of(const archive_names *names, str path)
{
    if (names->seen_count == 0) return (sibling){0};
    const struct member_seen *s = slot_of(names->seen, names->seen_capacity, hash_of(path));
    if (!s->hash) return (sibling){0};
    return (sibling){.is_there = true,
                     .is_link = s->is_link,
                     .is_judged = true,
                     .bytes = s->bytes,
                     .verdict = (verdict)s->verdict,
                     .reaches = s->reaches ? names->words[s->reaches - 1] : STR_NONE};
}

static bool tell_need(inspection *in, const archive_names *names, const struct member_need *n, err *e)
{
    finding f;
    str folder = str_slice(n->member, 0, (size_t)(str_find_last(n->member, '/') + 1));
    str path = arena_printf(in->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(n->need.path));
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for the scan report");
    sibling s = neighbour_of(names, path);
    if (!sibling_judge(in->arena, &n->need, &s, &f)) return true;
    if (!f.title.data) return err_set(e, ERR_MEMORY, "no memory for the scan report");
    f.member = n->member;
    verdict v = report_verdict_of(f.kind, f.severity);
    if (v > in->verdict) in->verdict = v;
    return inspect_add_finding(in, &f, e);
}

/* --- seeing ------------------------------------------------------------------------------------------------------------------------- */

/* Trees that a package manager or an image made: their links lead to where they will be installed, and programs are what they are for. */
static bool is_of_a_system(str path)
{
    static const char *const marks[] = {".dist-info/",         ".egg-info/", "META-INF/",
                                        "AndroidManifest.xml", "usr/lib/",   "conda-meta/"};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_contains(path, str_from_c(marks[i]))) return true;
    return str_contains(path, STR("site-packages/")) || str_contains(path, STR("dist-packages/")) ||
           str_contains(path, STR(".wh.")) || str_contains(path, STR("node_modules/"));
}

static bool keep(archive_names *names, str path, const odd_member *odd, err *e)
{
    if (names->count == ODD_MEMBERS_KEPT) return true; /* the first ones tell enough */
    odd_member *kept = &names->kept[names->count++];
    *kept = *odd;
    kept->path = arena_copy(names->keep, path);
    return kept->path.data || path.len == 0 ||
           err_set(e, ERR_MEMORY, "no memory for the names of an archive");
}

bool archive_names_tar(archive_names *names, const tar_member *m, err *e)
{
    member_oddity oddity;
    names->is_system |= is_of_a_system(m->path);
    names->has_model |= m->kind == TAR_FILE && format_name_claims_model(m->path);
    if (!member_watch_note(&names->watch, m, &oddity, e)) return false;
    if (m->is_sparse && m->size_bytes && !names->sparse.data) {
        names->sparse = arena_copy(names->keep, m->path);
        if (!names->sparse.data) return err_set(e, ERR_MEMORY, "no memory for the names of an archive");
    }
    bool is_link = m->kind == TAR_SYMLINK;
    if (is_link && !put_seen(names, m->path, (struct member_seen){.is_link = true}, e)) return false;
    if (oddity <= MEMBER_LINK) return true;
    /* Files that a system's links lead to others with are as usual as the links. */
    bool is_excused = oddity == MEMBER_DEVICE || oddity == MEMBER_LINK_OUT || oddity == MEMBER_THROUGH;
    /* Adding a file again is how a tar is brought up to date; only what a loader may take counts. */
    if (oddity == MEMBER_TWICE && !format_name_claims_model(m->path)) return true;
    odd_member odd = {
        .code = format_tar_code(oddity), .words = member_oddity_words(oddity), .is_system_usual = is_excused};
    return keep(names, m->path, &odd, e);
}

bool archive_names_zip(archive_names *names, const zip_member *m, err *e)
{
    names->has_model |= format_name_claims_model(m->path);
    names->is_system |= is_of_a_system(m->path);
    if (m->oddity != ZIP_PATH) return true;
    odd_member odd = {.code = format_zip_code(ZIP_PATH), .words = m->disagreement};
    return keep(names, m->path, &odd, e);
}

bool archive_names_program(archive_names *names, str member, bytes content, err *e)
{
    if (!names || !program_is(member, content)) return true;
    bool is_native = program_is_native(content);
    str *kept = is_native ? &names->native : &names->script;
    if (kept->data) return true;
    *kept = arena_copy(names->keep, member);
    return kept->data || member.len == 0 || err_set(e, ERR_MEMORY, "no memory for the names of an archive");
}

/* --- telling ------------------------------------------------------------------------------------------------------------------------- */

static bool tell(inspection *in, const odd_member *odd, severity s, err *e)
{
    verdict v = report_verdict_of(FINDING_MODEL_THREAT, s);
    if (v > in->verdict) in->verdict = v;
    str title =
        arena_printf(in->arena, "A member of the archive is no plain file at a plain place: %s", odd->words);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for the scan report");
    finding f = {.code = odd->code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = title,
                 .member = odd->path,
                 .advice = str_from_c(advice)};
    return inspect_add_finding(in, &f, e);
}

/* A model has no use for a program; whoever unpacks both may start it. */
static bool tell_program(inspection *in, str member, severity s, const char *what, err *e)
{
    if (!member.data) return true;
    verdict v = report_verdict_of(FINDING_MODEL_THREAT, s);
    if (v > in->verdict) in->verdict = v;
    finding f = {.code = "MDL-REP-004",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = str_from_c(what),
                 .member = member,
                 .advice =
                     STR("Do not start it. Take the model out of the archive, or ask for one without it.")};
    return inspect_add_finding(in, &f, e);
}

bool archive_names_tell(inspection *in, archive_names *names, err *e)
{
    bool has_model =
        names->has_model || json_array_size(json_object_get(in->part, "models")) > names->models_before;
    bool is_system = names->is_system || json_object_get(in->part, "os");
    for (size_t i = 0; i < names->count; i++) {
        const odd_member *odd = &names->kept[i];
        if (odd->is_system_usual && (is_system || !has_model)) continue;
        if (!has_model && in->prefix.len) continue;
        if (!tell(in, odd, has_model ? SEVERITY_HIGH : SEVERITY_INFO, e)) return false;
    }
    bool is_bundle = has_model && !is_system;
    if (is_bundle &&
        (!tell_program(in, names->native, SEVERITY_HIGH, "The archive of models holds a program", e) ||
         !tell_program(in, names->script, SEVERITY_MEDIUM, "The archive of models holds a script of a shell",
                       e)))
        return false;
    if (names->sparse.data && has_model && !is_system &&
        !inspect_add_trouble(in, names->sparse, "the member is sparse, and its bytes are not read", e))
        return false;
    for (size_t i = 0; i < names->need_count; i++)
        if (!tell_need(in, names, &names->needs[i], e)) return false;
    return true;
}

void archive_names_done(archive_names *names)
{
    free(names->seen);
    member_watch_done(&names->watch);
}
