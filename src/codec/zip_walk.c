/*
 * codec/zip_walk.c - a ZIP as it looks to who reads it from the front: one local header behind the other, the directory unread.
 *
 * What this view has and the directory has not goes to the caller as members of their own, to be judged like the others; and so does every byte
 * that neither view owns.
 */
#include "zip_local.h"

#include "base/reader.h"

#include <string.h>

static const char magic[] = {'P', 'K', 3, 4};

void zip_extra64(bytes extra, const zip_extra64_fields *fields)
{
    reader r = reader_of(extra);
    while (reader_left(&r) >= 4) {
        uint16_t id = reader_u16le(&r);
        bytes body = reader_take(&r, reader_u16le(&r));
        if (r.failed) return;
        if (id != 1) continue;
        reader values = reader_of(body);
        uint64_t *targets[] = {fields->size_bytes, fields->packed_bytes, fields->local_offset};
        for (size_t i = 0; i < COUNT_OF(targets); i++) {
            if (!targets[i] || *targets[i] != UINT32_MAX) continue;
            uint64_t value = reader_u64le(&values);
            if (values.failed) return;
            *targets[i] = value;
        }
        return;
    }
}

bool zip_local_read(bytes file, uint64_t at, zip_local *out)
{
    reader r = reader_of(file);
    if (!reader_seek(&r, at) || reader_u32le(&r) != ZIP_SIGNATURE_LOCAL) return false;
    zip_local l = {0};
    (void)reader_skip(&r, 2);
    l.flags = reader_u16le(&r);
    l.method = reader_u16le(&r);
    (void)reader_skip(&r, 4);
    l.crc32 = reader_u32le(&r);
    l.packed_bytes = reader_u32le(&r);
    l.size_bytes = reader_u32le(&r);
    uint16_t name_bytes = reader_u16le(&r), extra_bytes = reader_u16le(&r);
    l.path = bytes_str(reader_take(&r, name_bytes));
    bytes extra = reader_take(&r, extra_bytes);
    if (r.failed) return false;
    l.is_deferred = (l.flags & ZIP_FLAG_DESCRIPTOR) && l.crc32 == 0 &&
                    (l.packed_bytes == 0 || l.packed_bytes == UINT32_MAX);
    l.data_offset = r.at;
    zip_extra64(extra, &(zip_extra64_fields){&l.size_bytes, &l.packed_bytes, NULL});
    *out = l;
    return true;
}

/* --- what is found ------------------------------------------------------------------------------------------------------------------ */

static bool grow(arena *a, void **items, size_t *capacity, size_t count, size_t item_bytes, err *e)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *larger = arena_alloc_array(a, wanted, item_bytes);
    if (!larger) return err_set(e, ERR_MEMORY, "no memory for %zu parts of a ZIP archive", wanted);
    if (count) memcpy(larger, *items, count * item_bytes);
    *items = larger;
    *capacity = wanted;
    return true;
}

bool zip_keep_leftover(arena *a, zip_directory *zip, const char *where, bytes content, err *e)
{
    void *items = zip->leftovers;
    if (!grow(a, &items, &zip->leftover_capacity, zip->leftover_count, sizeof(zip_leftover), e)) return false;
    zip->leftovers = items;
    zip->leftovers[zip->leftover_count++] = (zip_leftover){where, content};
    return true;
}

static bool keep_shadow(const zip_walk *w, zip_directory *zip, const zip_member *m, err *e)
{
    void *items = zip->shadows;
    if (!grow(w->arena, &items, &zip->shadow_capacity, zip->shadow_count, sizeof(zip_member), e))
        return false;
    zip->shadows = items;
    zip->shadows[zip->shadow_count++] = *m;
    return true;
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------------ */

/* The next signature of a local header in [from, to), or `to`. */
static uint64_t next_signature(bytes file, uint64_t from, uint64_t to)
{
    if (from >= to) return to;
    const uint8_t *found = memmem(file.data + from, (size_t)(to - from), magic, sizeof(magic));
    return found ? (uint64_t)(found - file.data) : to;
}

/* A descriptor follows the data of members that announce one: with or without signature, with sizes of 4 or 8 bytes. */
static bool is_descriptor(bool is_announced, uint64_t gap)
{
    return is_announced && (gap == 12 || gap == 16 || gap == 20 || gap == 24);
}

typedef struct walk_state {
    uint64_t at;
    size_t next;         /* the first listed member that is not behind us */
    bool has_descriptor; /* the member before announced one */
} walk_state;

static uint64_t next_listed(const zip_walk *w, size_t from)
{
    bool is_before = from < w->count && w->sorted[from]->local_offset < w->directory_at;
    return is_before ? w->sorted[from]->local_offset : w->directory_at;
}

static bool step_gap(const zip_walk *w, walk_state *s, zip_directory *zip, err *e)
{
    uint64_t listed = next_listed(w, s->next);
    if (listed == s->at) { /* listed, but no header is there: said of the member */
        s->next++;
        listed = next_listed(w, s->next);
    }
    uint64_t end = next_signature(w->file, s->at + 1, listed);
    bytes gap = {w->file.data + s->at, (size_t)(end - s->at)};
    bool is_expected = is_descriptor(s->has_descriptor, gap.len);
    s->at = end;
    s->has_descriptor = false;
    if (is_expected || gap.len == 0) return true;
    if (!zip->disagreement) zip->disagreement = "bytes lie between its members";
    return zip_keep_leftover(w->arena, zip, "(between the members)", gap, e);
}

static bool is_same_view(const zip_local *l, const zip_member *m)
{
    return l->method == m->method && (l->is_deferred || l->packed_bytes == m->packed_bytes);
}

/* A member as the local header alone tells it. Without a size it goes on to the next header. */
static bool step_shadow(const zip_walk *w, walk_state *s, const zip_local *l, bool is_listed,
                        zip_directory *zip, err *e)
{
    uint64_t room = l->data_offset < w->directory_at ? w->directory_at - l->data_offset : 0;
    zip_member m = {.path = l->path,
                    .packed_bytes = l->packed_bytes < room ? l->packed_bytes : room,
                    .size_bytes = l->size_bytes,
                    .local_offset = s->at,
                    .data_offset = l->data_offset,
                    .crc32 = l->crc32,
                    .method = l->method,
                    .flags = l->flags,
                    .is_deferred = l->is_deferred,
                    .is_encrypted = (l->flags & ZIP_FLAGS_ENCRYPTED) != 0};
    if (l->is_deferred) {
        uint64_t listed = next_listed(w, s->next + is_listed);
        m.packed_bytes =
            listed > l->data_offset ? next_signature(w->file, l->data_offset, listed) - l->data_offset : 0;
    }
    if (!is_listed) {
        zip->hides_member = true;
        zip->disagreement = "it holds a member that the directory does not list";
    }
    s->at = m.data_offset + m.packed_bytes;
    s->has_descriptor = (l->flags & ZIP_FLAG_DESCRIPTOR) != 0;
    return keep_shadow(w, zip, &m, e);
}

bool zip_walk_local(const zip_walk *w, zip_directory *zip, err *e)
{
    walk_state s = {.at = zip->start};
    while (s.at < w->directory_at) {
        while (s.next < w->count && w->sorted[s.next]->local_offset < s.at) s.next++;
        zip_local l;
        if (!zip_local_read(w->file, s.at, &l)) {
            if (!step_gap(w, &s, zip, e)) return false;
            continue;
        }
        const zip_member *m = s.next < w->count ? w->sorted[s.next] : NULL;
        bool is_listed = m && m->local_offset == s.at;
        if (!is_listed || !is_same_view(&l, m)) {
            if (!step_shadow(w, &s, &l, is_listed, zip, e)) return false;
            continue;
        }
        bool is_inside = m->packed_bytes <= w->file.len - m->data_offset;
        s.at = is_inside ? m->data_offset + m->packed_bytes : m->data_offset;
        s.has_descriptor = (m->flags & ZIP_FLAG_DESCRIPTOR) != 0;
        s.next++;
    }
    return true;
}
