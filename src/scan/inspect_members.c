/*
 * scan/inspect_members.c - members of plain archives whose names or links are odd.
 *
 * How bad that is depends on what else is there, so it is told when the archive's end was seen: in an archive that holds models it is a way to have
 * a loader read, or an unpacker write, elsewhere; a file system packed into a tar is full of links and devices.
 */
#include "inspect_members.h"

#include "format/format.h"

static const char advice[] = "Do not unpack this archive with a tool that trusts names; honest archives of "
                             "models have no need of such "
                             "members.";

/* --- seeing ------------------------------------------------------------------------------------------------------------------------- */

/* Trees that a package manager or an image made: their links lead to where they will be installed. */
static bool is_of_a_system(str path)
{
    return str_contains(path, STR("site-packages/")) || str_contains(path, STR("dist-packages/")) ||
           str_contains(path, STR(".wh.")) || str_contains(path, STR("node_modules/"));
}

static bool keep(archive_names *names, arena *a, str path, const odd_member *odd, err *e)
{
    if (names->count == ODD_MEMBERS_KEPT) return true; /* the first ones tell enough */
    odd_member *kept = &names->kept[names->count++];
    *kept = *odd;
    kept->path = arena_copy(a, path);
    return kept->path.data || path.len == 0 ||
           err_set(e, ERR_MEMORY, "no memory for the names of an archive");
}

bool archive_names_tar(archive_names *names, arena *a, const tar_member *m, err *e)
{
    member_oddity oddity;
    names->is_system |= is_of_a_system(m->path);
    names->has_model |= m->kind == TAR_FILE && format_name_claims_model(m->path);
    if (!member_watch_note(&names->watch, m, &oddity, e)) return false;
    if (oddity <= MEMBER_LINK) return true;
    /* Files that a system's links lead to others with are as usual as the links. */
    bool is_excused = oddity == MEMBER_DEVICE || oddity == MEMBER_LINK_OUT || oddity == MEMBER_THROUGH;
    /* Adding a file again is how a tar is brought up to date; only what a loader may take counts. */
    if (oddity == MEMBER_TWICE && !format_name_claims_model(m->path)) return true;
    odd_member odd = {
        .code = format_tar_code(oddity), .words = member_oddity_words(oddity), .is_system_usual = is_excused};
    return keep(names, a, m->path, &odd, e);
}

bool archive_names_zip(archive_names *names, arena *a, const zip_member *m, err *e)
{
    names->has_model |= format_name_claims_model(m->path);
    names->is_system |= is_of_a_system(m->path);
    if (m->oddity != ZIP_PATH) return true;
    odd_member odd = {.code = format_zip_code(ZIP_PATH), .words = m->disagreement};
    return keep(names, a, m->path, &odd, e);
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
    return true;
}

void archive_names_done(archive_names *names)
{
    member_watch_done(&names->watch);
}
