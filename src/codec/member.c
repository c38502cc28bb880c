/*
 * codec/member.c - names that lead out of an archive, links, devices, and names that stand twice.
 *
 * A set keeps hashes of 64 bits only: an archive may have as many members as its budget allows, and a name that happens to have another's
 * hash costs no more than a finding about it.
 */
#include "codec/member.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

/* --- names -------------------------------------------------------------------------------------------------------------------------- */

static bool has_component(str path, str wanted)
{
    str rest = path, part;
    while (str_next(&rest, '/', &part))
        if (str_eq(part, wanted)) return true;
    return false;
}

static bool has_drive(str path)
{
    char c = path.len >= 2 && path.data[1] == ':' ? path.data[0] : 0;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool member_path_escapes(str path)
{
    if (path.len == 0 || path.data[0] == '/' || str_find(path, '\\') >= 0 || has_drive(path)) return true;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.data[i] < 0x20 || path.data[i] == 0x7f) return true;
    return has_component(path, STR(".."));
}

/* Where does a link in that folder lead, step by step? */
static bool leaves(str folder, str target)
{
    size_t depth = 0;
    str part;
    while (str_next(&folder, '/', &part)) depth += part.len > 0 && !str_eq(part, STR("."));
    while (str_next(&target, '/', &part)) {
        if (part.len == 0 || str_eq(part, STR("."))) continue;
        bool is_up = str_eq(part, STR(".."));
        if (is_up && depth == 0) return true;
        depth = is_up ? depth - 1 : depth + 1;
    }
    return false;
}

static str folder_of(str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash < 0 ? STR_NONE : str_slice(path, 0, (size_t)slash);
}

static member_oddity link_oddity(const tar_member *m)
{
    bool is_absolute = m->is_link_absolute || str_starts_with(m->link, STR("/")) || has_drive(m->link) ||
                       str_find(m->link, '\\') >= 0;
    /* A hard link names a member from the archive's root, a symbolic one starts where it stands. */
    str from = m->kind == TAR_SYMLINK ? folder_of(m->path) : STR_NONE;
    return is_absolute || leaves(from, m->link) ? MEMBER_LINK_OUT : MEMBER_LINK;
}

const char *member_oddity_words(member_oddity oddity)
{
    switch (oddity) {
    case MEMBER_PLAIN: break;
    case MEMBER_LINK: return "it is a link to another member";
    case MEMBER_TWICE: return "two members have its name";
    case MEMBER_DEVICE: return "it is a device or a pipe, not a file";
    case MEMBER_LINK_OUT: return "it is a link that leads out of the archive";
    case MEMBER_PATH: return "its path leads out of the archive";
    case MEMBER_THROUGH: return "its path leads through a link of the archive";
    }
    return "nothing is odd about it";
}

/* --- sets --------------------------------------------------------------------------------------------------------------------------- */

/* FNV-1a; 0 is the empty slot. */
static uint64_t hash_of(str name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.len; i++) h = (h ^ (uint8_t)name.data[i]) * 0x100000001b3u;
    return h ? h : 1;
}

/* The slot that holds it, or the one in which it belongs. */
static size_t slot_of(const uint64_t *slots, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);
    while (slots[at] && slots[at] != hash) at = (at + 1) & (capacity - 1);
    return at;
}

static bool grow(member_names *names, err *e)
{
    size_t capacity = names->capacity ? names->capacity * 2 : FIRST_SLOTS;
    uint64_t *slots = calloc(capacity, sizeof(uint64_t));
    if (!slots) return err_set(e, ERR_MEMORY, "no memory for the names of an archive");
    for (size_t i = 0; i < names->capacity; i++)
        if (names->slots[i]) slots[slot_of(slots, capacity, names->slots[i])] = names->slots[i];
    free(names->slots);
    names->slots = slots;
    names->capacity = capacity;
    return true;
}

static bool has(const member_names *names, str name)
{
    if (names->count == 0) return false;
    uint64_t hash = hash_of(name);
    return names->slots[slot_of(names->slots, names->capacity, hash)] == hash;
}

static bool put(member_names *names, str name, bool *was_there, err *e)
{
    *was_there = has(names, name);
    if (*was_there) return true;
    if (names->count * 2 >= names->capacity && !grow(names, e)) return false;
    uint64_t hash = hash_of(name);
    names->slots[slot_of(names->slots, names->capacity, hash)] = hash;
    names->count++;
    return true;
}

/* --- the watch ------------------------------------------------------------------------------------------------------------------------ */

static bool leads_through_link(const member_watch *w, str path)
{
    for (size_t i = 1; w->links.count && i < path.len; i++)
        if (path.data[i] == '/' && has(&w->links, str_slice(path, 0, i))) return true;
    return false;
}

bool member_watch_note(member_watch *w, const tar_member *m, member_oddity *oddity, err *e)
{
    bool is_link = m->kind == TAR_SYMLINK || m->kind == TAR_HARDLINK, was_there = false;
    member_oddity odd = m->is_device ? MEMBER_DEVICE : is_link ? link_oddity(m) : MEMBER_PLAIN;
    if (is_link && !put(&w->links, m->path, &was_there, e)) return false;
    if (m->kind == TAR_FILE) {
        /* Writing to the name of a link writes to where it leads. */
        if (has(&w->links, m->path)) odd = MEMBER_THROUGH;
        if (!put(&w->files, m->path, &was_there, e)) return false;
        if (was_there) odd = MEMBER_TWICE;
    }
    bool is_unnamed = m->path.len == 0 || m->path.data[0] == '('; /* what a reader gave a name to */
    if (m->is_absolute || (!is_unnamed && member_path_escapes(m->path))) odd = MEMBER_PATH;
    if (leads_through_link(w, m->path)) odd = MEMBER_THROUGH;
    *oddity = odd;
    return true;
}

void member_watch_done(member_watch *w)
{
    free(w->files.slots);
    free(w->links.slots);
    *w = (member_watch){0};
}
