/*
 * codec/zip.c - the two views of a ZIP file, and everything in which they differ (APPNOTE 6.3.10, section 4.3).
 *
 * Loaders disagree about which view counts: Python and PyTorch follow the central directory, stream readers the local headers. A file in
 * which the views differ can show a scanner one thing and a loader another, so each difference is named and the caller judges.
 */
#include "codec/zip.h"

#include "base/limits.h"
#include "base/reader.h"

#include <isa-l/crc.h>
#include <stdlib.h>

enum {
    SIGNATURE_LOCAL = 0x04034b50,
    SIGNATURE_CENTRAL = 0x02014b50,
    SIGNATURE_END = 0x06054b50,
    SIGNATURE_END64 = 0x06064b50,
    SIGNATURE_LOCATOR64 = 0x07064b50,
    END_BYTES = 22,
    LOCATOR64_BYTES = 20,
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    COMMENT_MAX = 65535,
    FLAG_ENCRYPTED = 1 << 0,
    FLAG_DESCRIPTOR = 1 << 3,
    FLAG_UTF8 = 1 << 11,
    FLAG_DEFLATE_OPTIONS = 1 << 1 | 1 << 2,
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
    bytes comment;
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
    return (reader_u32le(&r) == SIGNATURE_LOCAL && !r.failed) || end_find(file, &at);
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
        if (end->at < LOCATOR64_BYTES + 56) return;
        at = end->at - LOCATOR64_BYTES - 56;
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
    *out = end;
    return true;
}

/* --- members ----------------------------------------------------------------------------------------------------------------------- */

typedef struct extra64 {
    uint64_t *size_bytes, *packed_bytes, *local_offset;
} extra64;

/* Extra field 0001: a 64-bit value for each 32-bit field that is all ones, in this order. */
static void read_extra64(bytes extra, const extra64 *fields)
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

static void disagree(zip_member *m, const char *what)
{
    if (!m->disagreement) m->disagreement = what;
}

/* Would extracting it write outside of the folder, or mean different things on different systems? */
static bool path_escapes(str path)
{
    if (path.len == 0 || path.data[0] == '/' || str_find(path, '\\') >= 0) return true;
    if (path.len >= 2 && path.data[1] == ':') return true;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.data[i] < 0x20 || path.data[i] == 0x7f) return true;
    str rest = path, part;
    while (str_next(&rest, '/', &part))
        if (str_eq(part, STR(".."))) return true;
    return false;
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
    read_extra64(extra, &(extra64){&m->size_bytes, &m->packed_bytes, &m->local_offset});
    if (path_escapes(m->path)) disagree(m, "its path leads out of the archive");
    if (is_symlink(made_by, attributes)) disagree(m, "it is a symbolic link");
    if (m->flags & FLAG_ENCRYPTED) disagree(m, "it is flagged as encrypted");
    if (m->flags & ~(FLAG_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_UTF8 | FLAG_DEFLATE_OPTIONS))
        disagree(m, "it has reserved flags");
    return true;
}

/* What the local header says otherwise. A data descriptor moves sizes and CRC behind the data, and zeros stand here. */
static void local_compare(bytes file, uint64_t start, zip_member *m)
{
    reader r = reader_from(file, 0);
    uint64_t at;
    if (__builtin_add_overflow(start, m->local_offset, &at) || !reader_seek(&r, at) ||
        reader_u32le(&r) != SIGNATURE_LOCAL) {
        m->data_offset = file.len;
        disagree(m, "the directory lists it, but no local header is there");
        return;
    }
    m->local_offset = at;
    (void)reader_skip(&r, 2);
    uint16_t flags = reader_u16le(&r), method = reader_u16le(&r);
    (void)reader_skip(&r, 4);
    uint32_t crc = reader_u32le(&r);
    uint64_t packed_bytes = reader_u32le(&r), size_bytes = reader_u32le(&r);
    uint16_t name_bytes = reader_u16le(&r), extra_bytes = reader_u16le(&r);
    str name = bytes_str(reader_take(&r, name_bytes));
    bytes extra = reader_take(&r, extra_bytes);
    m->data_offset = r.failed ? file.len : r.at;
    if (r.failed || m->packed_bytes > file.len - m->data_offset) {
        disagree(m, "its data reach beyond the file");
        return;
    }
    read_extra64(extra, &(extra64){&size_bytes, &packed_bytes, NULL});
    if (!str_eq(name, m->path)) disagree(m, "its local header has another name");
    if (method != m->method) disagree(m, "its local header has another compression method");
    if ((flags ^ m->flags) & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR))
        disagree(m, "its local header has other flags");
    bool is_deferred =
        (flags & FLAG_DESCRIPTOR) && crc == 0 && (packed_bytes == 0 || packed_bytes == UINT32_MAX);
    if (!is_deferred && (crc != m->crc32 || packed_bytes != m->packed_bytes || size_bytes != m->size_bytes))
        disagree(m, "its local header has another size or checksum");
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

/* A descriptor follows the data of members that announce one: with or without signature, with sizes of 4 or 8 bytes. */
static bool is_descriptor(const zip_member *m, uint64_t gap)
{
    return (m->flags & FLAG_DESCRIPTOR) && (gap == 12 || gap == 16 || gap == 20 || gap == 24);
}

static const char hidden_member[] = "it holds a member that the directory does not list";

static const char *gap_words(bytes file, uint64_t from, uint64_t to)
{
    static const char magic[] = {'P', 'K', 3, 4};
    bool has_member = memmem(file.data + from, to - from, magic, sizeof(magic)) != NULL;
    return has_member ? hidden_member : "bytes lie between its members";
}

static const char *find_gaps(bytes file, zip_member *const *sorted, size_t count, const zip_directory *zip,
                             uint64_t directory_at)
{
    uint64_t at = zip->start;
    const zip_member *before = NULL;
    for (size_t i = 0; i <= count; i++) {
        uint64_t next = i < count ? sorted[i]->local_offset : directory_at;
        if (next < at) return "members overlap";
        uint64_t gap = next - at;
        if (gap && !(before && is_descriptor(before, gap)) && next <= file.len)
            return gap_words(file, at, next);
        if (i == count) break;
        before = sorted[i];
        if (before->packed_bytes > file.len - before->data_offset) return "members reach beyond the file";
        at = before->data_offset + before->packed_bytes;
    }
    return NULL;
}

static void find_duplicates(zip_member **sorted, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (str_eq(sorted[i - 1]->path, sorted[i]->path)) {
            disagree(sorted[i - 1], "two members have its name");
            disagree(sorted[i], "two members have its name");
        }
}

static const char *compare_whole(bytes file, const end_record *end, const zip_directory *zip)
{
    static const char magic[] = {'P', 'K'};
    if (end->disagreement) return end->disagreement;
    if (zip->start > 0) return "bytes lie in front of it";
    if (zip->end < file.len) return "bytes follow its end";
    if (end->comment.len && memmem(end->comment.data, end->comment.len, magic, sizeof(magic)))
        return "its comment looks like part of another archive";
    return NULL;
}

static bool read_members(bytes file, const end_record *end, zip_directory *zip, err *e)
{
    reader r = reader_of((bytes){file.data, (size_t)end->first});
    (void)reader_seek(&r, end->first - end->directory_bytes);
    for (size_t i = 0; i < zip->count; i++) {
        if (!central_read(&r, &zip->members[i], e)) return false;
        local_compare(file, zip->start, &zip->members[i]);
    }
    if (reader_left(&r) && !zip->disagreement) zip->disagreement = "its directory is longer than its members";
    return true;
}

static bool compare_members(arena *a, bytes file, const end_record *end, zip_directory *zip, err *e)
{
    zip_member **sorted = arena_alloc_array(a, zip->count + 1, sizeof(zip_member *));
    if (!sorted) return err_set(e, ERR_MEMORY, "no memory for %zu ZIP members", zip->count);
    for (size_t i = 0; i < zip->count; i++) sorted[i] = &zip->members[i];
    qsort(sorted, zip->count, sizeof(*sorted), by_path);
    find_duplicates(sorted, zip->count);
    qsort(sorted, zip->count, sizeof(*sorted), by_offset);
    const char *gaps = find_gaps(file, sorted, zip->count, zip, end->first - end->directory_bytes);
    zip->hides_member = gaps == hidden_member;
    if (!zip->disagreement || zip->hides_member) zip->disagreement = gaps;
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
    if (!read_members(file, &end, &zip, e) || !compare_members(a, file, &end, &zip, e)) return false;
    budget->members_left -= zip.count;
    *out = zip;
    return true;
}

/* --- content ------------------------------------------------------------------------------------------------------------------------ */

static bool unpack_member(const zip_member *m, bytes packed, unpack_budget *budget, buf *out, err *e)
{
    static const struct {
        uint16_t method;
        packing packing;
    } methods[] = {{8, PACKING_DEFLATE}, {12, PACKING_BZIP2}, {93, PACKING_ZSTD}};
    if (m->method == 0) {
        if (!unpack_charge(budget, packed.len, e)) return false;
        buf_add(out, packed);
        return buf_ok(out, "a ZIP member", e);
    }
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        size_t used;
        if (methods[i].method == m->method)
            return unpack_all(methods[i].packing, packed, budget, out, &used, e);
    }
    return err_set(e, ERR_UNSUPPORTED, "ZIP compression method %u is not supported", m->method);
}

bool zip_member_bytes(bytes file, const zip_member *m, unpack_budget *budget, buf *out, err *e)
{
    if (m->data_offset > file.len || m->packed_bytes > file.len - m->data_offset)
        return err_set(e, ERR_TRUNCATED, "the data of '%.*s' reach beyond the archive", STR_ARG(m->path));
    size_t before = out->len;
    bytes packed = {file.data + m->data_offset, (size_t)m->packed_bytes};
    if (!unpack_member(m, packed, budget, out, e)) return err_wrap(e, "'%.*s'", STR_ARG(m->path));

    size_t len = out->len - before;
    uint32_t crc = len ? crc32_gzip_refl(0, out->data + before, len) : 0;
    if (len == m->size_bytes && crc == m->crc32) return true;
    return err_set(e, ERR_DIGEST_MISMATCH,
                   "'%.*s' has %zu bytes with CRC %08x, the directory says %llu with %08x", STR_ARG(m->path),
                   len, crc, (unsigned long long)m->size_bytes, m->crc32);
}
