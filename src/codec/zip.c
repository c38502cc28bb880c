/*
 * codec/zip.c - the two views of a ZIP file, and everything in which they differ (APPNOTE 6.3.10, section 4.3).
 *
 * Loaders disagree about which view counts: Python and PyTorch follow the central directory, stream readers the local headers. A file in
 * which the views differ can show a scanner one thing and a loader another, so each difference is named and the caller judges.
 */
#include "codec/zip.h"

#include "codec/member.h"
#include "codec/tar.h"

#include "base/limits.h"
#include "base/reader.h"
#include "zip_local.h"

#include <isa-l/crc.h>
#include <stdlib.h>

enum {
    SIGNATURE_CENTRAL = 0x02014b50,
    SIGNATURE_END = 0x06054b50,
    SIGNATURE_END64 = 0x06064b50,
    SIGNATURE_LOCATOR64 = 0x07064b50,
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR64_BYTES = 20,
    CENTRAL_BYTES = 46,
    COMMENT_MAX = 65535,
    COMMENT_HONEST_BYTES = 4096,
    TAR_HEAD_BYTES = 512,
};

static reader reader_from(bytes file, uint64_t at)
{
    reader r = reader_of(file);
    (void)reader_seek(&r, at);
    return r;
}

/* --- the end record ---------------------------------------------------------------------------------------------------------------- */

typedef struct end_record {
    uint64_t at;    /* of its own signature */
    uint64_t first; /* of the whole group: zip64 record, locator, end record */
    uint64_t end;   /* behind the comment */
    uint64_t count, directory_bytes, directory_offset;
    bytes comment, between; /* between: what stands between the 64-bit record and its locator */
    const char *disagreement;
} end_record;

/* The last signature whose comment fits in what follows it. */
static bool end_find(bytes file, uint64_t *at)
{
    if (file.len < END_BYTES) return false;
    size_t lowest = file.len - END_BYTES > COMMENT_MAX ? file.len - END_BYTES - COMMENT_MAX : 0;
    /* Asked of every file of a layer: only the bytes that may begin a signature are looked at. */
    str window = str_slice(bytes_str(file), lowest, file.len - END_BYTES + 1 - lowest);
    for (ptrdiff_t found; (found = str_find_last(window, 'P')) >= 0; window.len = (size_t)found) {
        reader r = reader_from(file, lowest + (size_t)found);
        if (reader_u32le(&r) != SIGNATURE_END) continue;
        (void)reader_skip(&r, 16);
        if (reader_u16le(&r) > reader_left(&r)) continue;
        *at = lowest + (size_t)found;
        return true;
    }
    return false;
}

bool zip_is(bytes file)
{
    uint64_t at;
    reader r = reader_of(file);
    if (reader_u32le(&r) == ZIP_SIGNATURE_LOCAL && !r.failed) return true;
    bool is_tar = file.len >= TAR_HEAD_BYTES && tar_is((bytes){file.data, TAR_HEAD_BYTES});
    return !is_tar && end_find(file, &at);
}

/* The 64-bit twin, if a locator in front of the end record points at one. */
static void end_read64(bytes file, end_record *end)
{
    if (end->at < LOCATOR64_BYTES) return;
    reader locator = reader_from(file, end->at - LOCATOR64_BYTES);
    if (reader_u32le(&locator) != SIGNATURE_LOCATOR64) return;
    (void)reader_skip(&locator, 4);
    uint64_t at = reader_u64le(&locator);
    reader r = reader_from(file, at);
    if (reader_u32le(&r) != SIGNATURE_END64 || r.failed) {
        /* Bytes in front of the archive shift every offset: then the record lies right before its locator. */
        if (end->at < LOCATOR64_BYTES + END64_BYTES) return;
        at = end->at - LOCATOR64_BYTES - END64_BYTES;
        r = reader_from(file, at);
        if (reader_u32le(&r) != SIGNATURE_END64) return;
    }
    (void)reader_skip(&r, 8 + 2 + 2 + 4 + 4 + 8);
    uint64_t count = reader_u64le(&r), directory_bytes = reader_u64le(&r), offset = reader_u64le(&r);
    if (r.failed || at > end->at) return;
    if ((end->count != UINT16_MAX && end->count != count) ||
        (end->directory_bytes != UINT32_MAX && end->directory_bytes != directory_bytes) ||
        (end->directory_offset != UINT32_MAX && end->directory_offset != offset))
        end->disagreement = "the 64-bit end record and the ordinary one say different things";
    end->count = count;
    end->directory_bytes = directory_bytes;
    end->directory_offset = offset;
    end->first = at;
    uint64_t locator_at = end->at - LOCATOR64_BYTES;
    if (at + END64_BYTES < locator_at)
        end->between = (bytes){file.data + at + END64_BYTES, (size_t)(locator_at - at - END64_BYTES)};
}

/* Python takes the last signature even when its comment does not fit, others search from the front: two that could both be meant are a
 * trick. Archives within archives lie in members, which end before `first`. */
static bool has_second_end(bytes file, const end_record *end)
{
    static const char magic[] = {'P', 'K', 5, 6};
    bytes behind = {file.data + end->at + 4, file.len - (size_t)end->at - 4};
    bytes front = {file.data, (size_t)(end->first - end->directory_bytes - end->directory_offset)};
    const uint8_t *directory = file.data + end->first - end->directory_bytes;
    uint64_t at;
    size_t directory_bytes = (size_t)(end->at - end->first + end->directory_bytes);
    return end_find(front, &at) || memmem(behind.data, behind.len, magic, sizeof(magic)) != NULL ||
           memmem(directory, directory_bytes, magic, sizeof(magic)) != NULL;
}

static bool end_read(bytes file, end_record *out, err *e)
{
    end_record end = {0};
    if (!end_find(file, &end.at)) return err_set(e, ERR_INVALID, "the ZIP archive has no end record");
    reader r = reader_from(file, end.at);
    (void)reader_skip(&r, 4 + 2 + 2 + 2);
    end.count = reader_u16le(&r);
    end.directory_bytes = reader_u32le(&r);
    end.directory_offset = reader_u32le(&r);
    end.comment = reader_take(&r, reader_u16le(&r));
    end.end = r.at;
    end.first = end.at;
    end_read64(file, &end);
    if (end.directory_bytes > end.first)
        return err_set(e, ERR_INVALID,
                       "the ZIP directory of %llu bytes does not fit in front of its end record",
                       (unsigned long long)end.directory_bytes);
    if (end.directory_offset > end.first - end.directory_bytes)
        return err_set(e, ERR_INVALID, "the ZIP directory lies at %llu, behind its end record",
                       (unsigned long long)end.directory_offset);
    if (!end.disagreement && has_second_end(file, &end)) end.disagreement = "it has more than one end record";
    *out = end;
    return true;
}

/* --- members ----------------------------------------------------------------------------------------------------------------------- */

/* The first disagreement stays, unless it was about flags alone: those hide nothing by themselves. */
static void disagree(zip_member *m, zip_oddity oddity, const char *what)
{
    if (m->disagreement && m->oddity < ZIP_FLAGS) return;
    if (m->disagreement && oddity >= m->oddity) return;
    m->oddity = oddity;
    m->disagreement = what;
}

static bool is_symlink(uint16_t made_by, uint32_t attributes)
{
    return made_by >> 8 == 3 && (attributes >> 16 & 0170000) == 0120000; /* 3: Unix */
}

static bool central_read(reader *r, zip_member *m, err *e)
{
    uint32_t signature = reader_u32le(r);
    uint16_t made_by = reader_u16le(r);
    (void)reader_skip(r, 2);
    m->flags = reader_u16le(r);
    m->method = reader_u16le(r);
    (void)reader_skip(r, 4);
    m->crc32 = reader_u32le(r);
    m->packed_bytes = reader_u32le(r);
    m->size_bytes = reader_u32le(r);
    uint16_t name_bytes = reader_u16le(r), extra_bytes = reader_u16le(r), comment_bytes = reader_u16le(r);
    (void)reader_skip(r, 4);
    uint32_t attributes = reader_u32le(r);
    m->local_offset = reader_u32le(r);
    m->path = bytes_str(reader_take(r, name_bytes));
    bytes extra = reader_take(r, extra_bytes);
    (void)reader_skip(r, comment_bytes);
    if (r->failed || signature != SIGNATURE_CENTRAL)
        return err_set(e, ERR_INVALID, "the ZIP directory is damaged near byte %zu", r->at);
    zip_extra64(extra, &(zip_extra64_fields){&m->size_bytes, &m->packed_bytes, &m->local_offset});
    if (member_path_escapes(m->path)) disagree(m, ZIP_PATH, "its path leads out of the archive");
    if (is_symlink(made_by, attributes)) disagree(m, ZIP_PATH, "it is a symbolic link");
    m->is_encrypted = (m->flags & ZIP_FLAGS_ENCRYPTED) != 0;
    if (m->is_encrypted) disagree(m, ZIP_ENCRYPTED, "it is flagged as encrypted");
    if (m->flags & ~(ZIP_FLAGS_ENCRYPTED | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_UTF8 | ZIP_FLAGS_DEFLATE))
        disagree(m, ZIP_FLAGS, "it has reserved flags");
    return true;
}

/* What the local header says otherwise. A data descriptor moves sizes and CRC behind the data, and zeros stand here. */
static void local_compare(bytes file, uint64_t start, zip_member *m)
{
    zip_local local;
    uint64_t at;
    if (__builtin_add_overflow(start, m->local_offset, &at) || !zip_local_read(file, at, &local)) {
        m->data_offset = file.len;
        disagree(m, ZIP_MISMATCH, "the directory lists it, but no local header is there");
        return;
    }
    m->local_offset = at;
    m->data_offset = local.data_offset;
    m->is_encrypted |= (local.flags & ZIP_FLAGS_ENCRYPTED) != 0;
    if (m->packed_bytes > file.len - m->data_offset) {
        disagree(m, ZIP_MISMATCH, "its data reach beyond the file");
        return;
    }
    if (!str_eq(local.path, m->path)) disagree(m, ZIP_MISMATCH, "its local header has another name");
    if (local.method != m->method)
        disagree(m, ZIP_MISMATCH, "its local header has another compression method");
    if ((local.flags ^ m->flags) & (ZIP_FLAGS_ENCRYPTED | ZIP_FLAG_DESCRIPTOR))
        disagree(m, ZIP_MISMATCH, "its local header has other flags");
    if (!local.is_deferred && (local.crc32 != m->crc32 || local.packed_bytes != m->packed_bytes ||
                               local.size_bytes != m->size_bytes))
        disagree(m, ZIP_MISMATCH, "its local header has another size or checksum");
}

/* --- the archive as a whole --------------------------------------------------------------------------------------------------------- */

static int by_offset(const void *left, const void *right)
{
    const zip_member *a = *(zip_member *const *)left, *b = *(zip_member *const *)right;
    return a->local_offset < b->local_offset ? -1 : a->local_offset > b->local_offset;
}

static int by_path(const void *left, const void *right)
{
    const zip_member *a = *(zip_member *const *)left, *b = *(zip_member *const *)right;
    return str_compare(a->path, b->path);
}

static const char *find_overlap(bytes file, zip_member *const *sorted, size_t count, uint64_t directory_at)
{
    uint64_t at = 0;
    for (size_t i = 0; i <= count; i++) {
        uint64_t next = i < count ? sorted[i]->local_offset : directory_at;
        if (next < at) return "members overlap";
        if (i == count) break;
        if (sorted[i]->packed_bytes > file.len - sorted[i]->data_offset)
            return "members reach beyond the file";
        at = sorted[i]->data_offset + sorted[i]->packed_bytes;
    }
    return NULL;
}

static void find_duplicates(zip_member **sorted, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (str_eq(sorted[i - 1]->path, sorted[i]->path)) {
            disagree(sorted[i - 1], ZIP_DUPLICATE, "two members have its name");
            disagree(sorted[i], ZIP_DUPLICATE, "two members have its name");
        }
}

static const char *compare_whole(bytes file, const end_record *end, const zip_directory *zip)
{
    static const char magic[] = {'P', 'K'};
    if (zip->start > 0) return "bytes lie in front of it";
    if (zip->end < file.len) return "bytes follow its end";
    if (end->comment.len && memmem(end->comment.data, end->comment.len, magic, sizeof(magic)))
        return "its comment looks like part of another archive";
    return end->comment.len > COMMENT_HONEST_BYTES ? "its comment is longer than honest ones" : NULL;
}

/* Everything around members and directory: another loader may be meant by it. */
static bool keep_outside(arena *a, bytes file, const end_record *end, zip_directory *zip, err *e)
{
    const zip_leftover around[] = {
        {"(in front of the archive)", {file.data, (size_t)zip->start}},
        {"(comment of the archive)", end->comment},
        {"(within the end record)", end->between},
        {"(behind the archive)", {file.data + zip->end, file.len - (size_t)zip->end}},
    };
    for (size_t i = 0; i < COUNT_OF(around); i++)
        if (around[i].content.len && !zip_keep_leftover(a, zip, around[i].where, around[i].content, e))
            return false;
    return true;
}

static bool read_members(arena *a, bytes file, const end_record *end, zip_directory *zip, err *e)
{
    reader r = reader_of((bytes){file.data, (size_t)end->first});
    (void)reader_seek(&r, end->first - end->directory_bytes);
    for (size_t i = 0; i < zip->count; i++) {
        if (!central_read(&r, &zip->members[i], e)) return false;
        local_compare(file, zip->start, &zip->members[i]);
    }
    if (reader_left(&r) == 0) return true;
    if (!zip->disagreement) zip->disagreement = "its directory is longer than its members";
    return zip_keep_leftover(a, zip, "(within the directory)", reader_take(&r, reader_left(&r)), e);
}

static bool compare_members(arena *a, bytes file, const end_record *end, zip_directory *zip, err *e)
{
    zip_member **sorted = arena_alloc_array(a, zip->count + 1, sizeof(zip_member *));
    if (!sorted) return err_set(e, ERR_MEMORY, "no memory for %zu ZIP members", zip->count);
    for (size_t i = 0; i < zip->count; i++) sorted[i] = &zip->members[i];
    qsort(sorted, zip->count, sizeof(*sorted), by_path);
    find_duplicates(sorted, zip->count);
    qsort(sorted, zip->count, sizeof(*sorted), by_offset);
    uint64_t directory_at = end->first - end->directory_bytes;
    const char *grave = find_overlap(file, sorted, zip->count, directory_at);
    if (!grave) grave = end->disagreement;
    zip_walk walk = {
        .arena = a, .file = file, .sorted = sorted, .count = zip->count, .directory_at = directory_at};
    if (!zip_walk_local(&walk, zip, e)) return false;
    zip->is_grave = grave && !zip->hides_member;
    if (zip->is_grave) zip->disagreement = grave;
    return true;
}

bool zip_read(arena *a, bytes file, unpack_budget *budget, zip_directory *out, err *e)
{
    end_record end = {0};
    if (!end_read(file, &end, e)) return false;
    if (end.count > end.directory_bytes / CENTRAL_BYTES)
        return err_set(e, ERR_INVALID, "a ZIP directory of %llu bytes cannot list %llu members",
                       (unsigned long long)end.directory_bytes, (unsigned long long)end.count);
    if (end.count > budget->members_left)
        return err_set(e, ERR_TOO_LARGE, "the archive has more members than LIMIT_ARCHIVE_MEMBERS (%llu)",
                       (unsigned long long)LIMIT_ARCHIVE_MEMBERS);

    zip_directory zip = {.count = (size_t)end.count, .end = end.end};
    zip.start = end.first - end.directory_bytes - end.directory_offset;
    zip.disagreement = compare_whole(file, &end, &zip);
    zip.members = arena_alloc_array(a, zip.count + 1, sizeof(zip_member));
    if (!zip.members) return err_set(e, ERR_MEMORY, "no memory for %zu ZIP members", zip.count);
    if (!read_members(a, file, &end, &zip, e) || !compare_members(a, file, &end, &zip, e) ||
        !keep_outside(a, file, &end, &zip, e))
        return false;
    if (zip.count + zip.shadow_count > budget->members_left)
        return err_set(e, ERR_TOO_LARGE, "the archive has more members than LIMIT_ARCHIVE_MEMBERS (%llu)",
                       (unsigned long long)LIMIT_ARCHIVE_MEMBERS);
    budget->members_left -= zip.count + zip.shadow_count;
    *out = zip;
    return true;
}

bool zip_read_front(arena *a, bytes file, unpack_budget *budget, zip_directory *out, err *e)
{
    zip_directory zip = {.end = file.len};
    zip_walk walk = {.arena = a, .file = file, .directory_at = file.len};
    if (!zip_walk_local(&walk, &zip, e)) return false;
    if (zip.shadow_count > budget->members_left)
        return err_set(e, ERR_TOO_LARGE, "the archive has more members than LIMIT_ARCHIVE_MEMBERS (%llu)",
                       (unsigned long long)LIMIT_ARCHIVE_MEMBERS);
    budget->members_left -= zip.shadow_count;
    if (zip.shadow_count == 0)
        zip.leftover_count = 0; /* no archive at all, and the bytes are the file's own */
    zip.hides_member = false;   /* there is no directory to hide them from */
    zip.disagreement = NULL;
    *out = zip;
    return true;
}

/* --- content ------------------------------------------------------------------------------------------------------------------------ */

static bool unpack_member(const zip_member *m, bytes packed, unpack_budget *budget, buf *out, err *e)
{
    static const struct {
        uint16_t method;
        packing packing;
    } methods[] = {{8, PACKING_DEFLATE}, {12, PACKING_BZIP2}, {93, PACKING_ZSTD}, {95, PACKING_XZ}};
    if (m->method == 0) {
        if (!unpack_charge(budget, packed.len, e)) return false;
        buf_add(out, packed);
        return buf_ok(out, "a ZIP member", e);
    }
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        size_t used;
        if (methods[i].method != m->method) continue;
        if (!unpack_all(methods[i].packing, packed, budget, out, &used, e)) return false;
        /* A reader of the stream goes on where the compressed data end, and would meet what hides behind them. */
        if (used == packed.len || m->is_deferred) return true;
        return err_set(e, ERR_DIGEST_MISMATCH, "%zu bytes hide behind its compressed data",
                       packed.len - used);
    }
    return err_set(e, ERR_UNSUPPORTED, "ZIP compression method %u is not supported", m->method);
}

bool zip_member_bytes(bytes file, const zip_member *m, unpack_budget *budget, buf *out, err *e)
{
    if (m->data_offset > file.len || m->packed_bytes > file.len - m->data_offset)
        return err_set(e, ERR_TRUNCATED, "the data of '%.*s' reach beyond the archive", STR_ARG(m->path));
    size_t before = out->len;
    bytes packed = {file.data + m->data_offset, (size_t)m->packed_bytes};
    err why = {0};
    bool is_unpacked = unpack_member(m, packed, budget, out, &why);
    size_t len = out->len - before;
    uint32_t crc = len ? crc32_gzip_refl(0, out->data + before, len) : 0;
    bool is_right = is_unpacked && (m->is_deferred || (len == m->size_bytes && crc == m->crc32));
    if (is_right) return true;
    if (m->is_encrypted && why.code != ERR_MEMORY && why.code != ERR_TOO_LARGE)
        return err_set(e, ERR_UNSUPPORTED, "'%.*s' is encrypted", STR_ARG(m->path));
    if (!is_unpacked) return err_set(e, why.code, "'%.*s': %s", STR_ARG(m->path), why.message);
    return err_set(e, ERR_DIGEST_MISMATCH,
                   "'%.*s' has %zu bytes with CRC %08x, the directory says %llu with %08x", STR_ARG(m->path),
                   len, crc, (unsigned long long)m->size_bytes, m->crc32);
}
