/*
 * codec/sevenzip.c - a 7z archive from its first header to its members.
 *
 * 32 bytes at the front point at the header at the end, which mostly is packed itself. The files' bytes follow each other in common streams, so
 * all are unpacked in their order, and none is skipped unseen. Our own reader: the format is small, and what it claims has to be held against
 * limits before memory is taken for it.
 */
#include "codec/sevenzip.h"

#include "base/limits.h"
#include "sevenzip_header.h"

#include <isa-l/crc.h>
#include <stdlib.h>

enum {
    ID_END = 0x00,
    ID_HEADER = 0x01,
    ID_PROPERTIES = 0x02,
    ID_MORE_STREAMS = 0x03,
    ID_STREAMS = 0x04,
    ID_FILES = 0x05,
    ID_EMPTY_STREAM = 0x0e,
    ID_EMPTY_FILE = 0x0f,
    ID_NAMES = 0x11,
    ID_ATTRIBUTES = 0x15,
    ID_ENCODED_HEADER = 0x17,
    HEADER_LEVELS_MAX = 4,
    SKIP_BYTES = 1 << 16,
    ATTRIBUTE_FOLDER = 0x10,
    ATTRIBUTE_UNIX = 0x8000,
};

static const char magic[] = {'7', 'z', '\xbc', '\xaf', 0x27, 0x1c};

bool sevenzip_is(bytes content)
{
    return str_starts_with(bytes_str(content), (str){magic, sizeof(magic)});
}

static bool damaged(const reader *r, err *e)
{
    return err_set(e, ERR_INVALID, "the 7z header is damaged near its byte %zu", r->at);
}

static uint32_t crc_of(bytes b)
{
    return b.len ? crc32_gzip_refl(0, b.data, b.len) : 0;
}

/* --- the list of files ------------------------------------------------------------------------------------------------------------------ */

static void add_utf8(buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_add_byte(b, (uint8_t)c);
    } else if (c < 0x800) {
        buf_add_byte(b, (uint8_t)(0xc0 | c >> 6));
        buf_add_byte(b, (uint8_t)(0x80 | (c & 63)));
    } else if (c < 0x10000) {
        buf_add_byte(b, (uint8_t)(0xe0 | c >> 12));
        buf_add_byte(b, (uint8_t)(0x80 | (c >> 6 & 63)));
        buf_add_byte(b, (uint8_t)(0x80 | (c & 63)));
    } else {
        buf_add_byte(b, (uint8_t)(0xf0 | c >> 18));
        buf_add_byte(b, (uint8_t)(0x80 | (c >> 12 & 63)));
        buf_add_byte(b, (uint8_t)(0x80 | (c >> 6 & 63)));
        buf_add_byte(b, (uint8_t)(0x80 | (c & 63)));
    }
}

/* UTF-16, little endian, to its zero. A lone surrogate becomes U+FFFD. */
static bool read_name(reader *r, buf *name)
{
    buf_reset(name);
    for (;;) {
        uint32_t c = reader_u16le(r);
        if (r->failed) return false;
        if (c == 0) return true;
        if (c >= 0xd800 && c < 0xe000) {
            reader ahead = *r;
            uint32_t low = reader_u16le(&ahead);
            bool is_pair = c < 0xdc00 && !ahead.failed && low >= 0xdc00 && low < 0xe000;
            if (is_pair) *r = ahead;
            c = is_pair ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        }
        add_utf8(name, c);
    }
}

static bool read_names(arena *a, reader *r, sevenzip_header *h, err *e)
{
    AUTO_BUF buf name;
    buf_init(&name, LIMIT_TAR_HEADER_BYTES);
    if (reader_u8(r) != 0) return err_set(e, ERR_UNSUPPORTED, "the names of the 7z archive lie elsewhere");
    for (size_t i = 0; i < h->entry_count; i++) {
        if (!read_name(r, &name)) return damaged(r, e);
        if (!buf_ok(&name, "a name of a 7z archive", e)) return false;
        h->entries[i].path = arena_copy(a, buf_str(&name));
        if (!h->entries[i].path.data)
            return err_set(e, ERR_MEMORY, "no memory for the names of a 7z archive");
    }
    return true;
}

static bool read_empty_files(reader *r, sevenzip_header *h, uint8_t *bits)
{
    size_t empty = 0, next = 0;
    for (size_t i = 0; i < h->entry_count; i++) empty += !h->entries[i].has_stream;
    if (!sevenzip_bits(r, empty, false, bits)) return false;
    for (size_t i = 0; i < h->entry_count; i++)
        if (!h->entries[i].has_stream) h->entries[i].is_empty_file = bits[next++];
    return true;
}

static bool read_attributes(reader *r, sevenzip_header *h, uint8_t *bits)
{
    if (!sevenzip_bits(r, h->entry_count, true, bits) || reader_u8(r) != 0) return false;
    for (size_t i = 0; i < h->entry_count; i++)
        if (bits[i]) h->entries[i].attributes = reader_u32le(r);
    return !r->failed;
}

static bool read_property(arena *a, uint64_t id, bytes body, sevenzip_header *h, uint8_t *bits, err *e)
{
    reader r = reader_of(body);
    switch (id) {
    case ID_NAMES: return read_names(a, &r, h, e);
    case ID_EMPTY_STREAM:
        if (!sevenzip_bits(&r, h->entry_count, false, bits)) return damaged(&r, e);
        for (size_t i = 0; i < h->entry_count; i++) h->entries[i].has_stream = !bits[i];
        return true;
    case ID_EMPTY_FILE: return read_empty_files(&r, h, bits) || damaged(&r, e);
    case ID_ATTRIBUTES: return read_attributes(&r, h, bits) || damaged(&r, e);
    default: return true; /* times, padding */
    }
}

static bool read_files(arena *a, reader *r, sevenzip_header *h, err *e)
{
    uint64_t count, id, size;
    if (!sevenzip_number(r, &count) || count > reader_left(r)) return damaged(r, e);
    h->entry_count = (size_t)count;
    h->entries = arena_alloc_array(a, h->entry_count + 1, sizeof(sevenzip_entry));
    uint8_t *bits = arena_alloc(a, h->entry_count + 1);
    if (!h->entries || !bits) return err_set(e, ERR_MEMORY, "no memory for the members of a 7z archive");
    for (size_t i = 0; i < h->entry_count; i++) h->entries[i].has_stream = true;
    for (;;) {
        if (!sevenzip_number(r, &id)) return damaged(r, e);
        if (id == ID_END) return true;
        if (!sevenzip_number(r, &size)) return damaged(r, e);
        bytes body = reader_take(r, size);
        if (r->failed) return damaged(r, e);
        if (!read_property(a, id, body, h, bits, e)) return false;
    }
}

static bool skip_properties(reader *r)
{
    uint64_t id, size;
    while (sevenzip_number(r, &id)) {
        if (id == ID_END) return true;
        if (!sevenzip_number(r, &size) || !reader_skip(r, size)) return false;
    }
    return false;
}

bool sevenzip_header_read(arena *a, bytes archive, reader *r, sevenzip_header *out, err *e)
{
    uint64_t id;
    sevenzip_header h = {0};
    h.streams.packed_from = h.streams.packed_end = SEVENZIP_HEAD_BYTES;
    for (;;) {
        if (!sevenzip_number(r, &id)) return damaged(r, e);
        if (id == ID_END) break;
        sevenzip_streams ignored;
        bool ok = id == ID_STREAMS        ? sevenzip_streams_read(a, archive, r, &h.streams, e)
                  : id == ID_MORE_STREAMS ? sevenzip_streams_read(a, archive, r, &ignored, e)
                  : id == ID_FILES        ? read_files(a, r, &h, e)
                                          : (id == ID_PROPERTIES && skip_properties(r)) || damaged(r, e);
        if (!ok) return false;
    }
    *out = h;
    return true;
}

/* --- finding the header ---------------------------------------------------------------------------------------------------------------- */

typedef struct walker {
    arena *arena;
    bytes archive;
    unpack_budget *budget;
    const tar_visitor *visitor;
    sevenzip_header header;
    uint64_t header_from, header_end;   /* of the header as it lies in the archive */
    uint64_t encoded_from, encoded_end; /* packed headers; equal: none */
    err trouble;                        /* the first damage; the walk goes on behind it where it can */
} walker;

static bool find_header(walker *w, bytes *header, err *e)
{
    reader r = reader_of(w->archive);
    (void)reader_skip(&r, 6 + 2 + 4);
    uint64_t offset = reader_u64le(&r), size = reader_u64le(&r);
    uint32_t crc = reader_u32le(&r);
    if (r.failed) return err_set(e, ERR_TRUNCATED, "the 7z archive ends within its first header");
    if (!reader_skip(&r, offset))
        return err_set(e, ERR_TRUNCATED, "the header of the 7z archive lies beyond its end");
    w->header_from = r.at;
    *header = reader_take(&r, size);
    w->header_end = r.at;
    if (r.failed) return err_set(e, ERR_TRUNCATED, "the header of the 7z archive reaches beyond its end");
    return crc_of(*header) == crc ||
           err_set(e, ERR_DIGEST_MISMATCH, "the header of the 7z archive has a wrong checksum");
}

/* A packed header is a folder of one file, which is the header. */
static bool decode_header(walker *w, reader *r, bytes *header, err *e)
{
    sevenzip_streams s;
    if (!sevenzip_streams_read(w->arena, w->archive, r, &s, e)) return false;
    if (s.folder_count != 1) return damaged(r, e);
    const sevenzip_folder *f = &s.folders[0];
    if (f->size_bytes > LIMIT_ARCHIVE_MEMBER_BYTES)
        return err_set(e, ERR_TOO_LARGE,
                       "the header of the 7z archive is larger than LIMIT_ARCHIVE_MEMBER_BYTES");
    AUTO(sevenzip_close) sevenzip_source *source = NULL;
    if (!sevenzip_open(f, w->budget, &source, e)) return err_wrap(e, "the header of the 7z archive");
    uint8_t *content = arena_alloc(w->arena, (size_t)f->size_bytes + 1);
    if (!content) return err_set(e, ERR_MEMORY, "no memory for the header of a 7z archive");
    size_t got;
    if (!sevenzip_take(source, content, (size_t)f->size_bytes, &got, e)) return false;
    *header = (bytes){content, got};
    w->encoded_from = s.packed_from;
    w->encoded_end = s.packed_end;
    return !f->has_crc || crc_of(*header) == f->crc32 ||
           err_set(e, ERR_DIGEST_MISMATCH, "the header of the 7z archive has a wrong checksum");
}

static bool read_header(walker *w, err *e)
{
    bytes header = BYTES_NONE;
    if (!find_header(w, &header, e)) return false;
    for (unsigned level = 0; header.len; level++) {
        reader r = reader_of(header);
        uint64_t id;
        if (!sevenzip_number(&r, &id)) return damaged(&r, e);
        if (id == ID_HEADER) return sevenzip_header_read(w->arena, w->archive, &r, &w->header, e);
        if (id != ID_ENCODED_HEADER || level >= HEADER_LEVELS_MAX) return damaged(&r, e);
        if (!decode_header(w, &r, &header, e)) return false;
    }
    w->header.streams.packed_from = w->header.streams.packed_end = SEVENZIP_HEAD_BYTES;
    return true; /* an empty archive */
}

/* --- members --------------------------------------------------------------------------------------------------------------------------- */

static str clean_path(str path)
{
    while (str_starts_with(path, STR("./"))) path = str_skip(path, 2);
    while (str_starts_with(path, STR("/"))) path = str_skip(path, 1);
    return path.len ? path : STR("(unnamed)");
}

static tar_member member_of(const sevenzip_entry *entry, uint64_t size_bytes)
{
    unsigned mode = entry->attributes & ATTRIBUTE_UNIX ? entry->attributes >> 16 : 0;
    bool is_folder = (entry->attributes & ATTRIBUTE_FOLDER) || (!entry->has_stream && !entry->is_empty_file);
    tar_member m = {.path = clean_path(entry->path), .size_bytes = size_bytes, .mode = mode & 07777};
    m.is_absolute = str_starts_with(entry->path, STR("/"));
    m.kind = (mode & 0170000) == 0120000 ? TAR_SYMLINK : is_folder && !size_bytes ? TAR_DIR : TAR_FILE;
    return m;
}

/* Bytes of a member that nobody wants, or that is too large to hold: unpacked and dropped. */
static bool drop(sevenzip_source *s, uint64_t count, err *e)
{
    uint8_t scratch[SKIP_BYTES];
    while (count) {
        size_t piece = count < SKIP_BYTES ? (size_t)count : SKIP_BYTES, got;
        if (!sevenzip_take(s, scratch, piece, &got, e)) return false;
        count -= got;
    }
    return true;
}

static bool take_content(sevenzip_source *s, uint64_t size, buf *content, err *e)
{
    while (content->len < size) {
        uint64_t left = size - content->len;
        size_t piece = left < SKIP_BYTES ? (size_t)left : SKIP_BYTES, got = 0;
        uint8_t *into = buf_reserve(content, piece);
        if (!into) return buf_ok(content, "a member of a 7z archive", e);
        bool ok = sevenzip_take(s, into, piece, &got, e);
        buf_advance(content, got);
        if (!ok) return false;
    }
    return true;
}

/* What came before the damage is shown: a loader would have seen it too. */
static bool walk_member(walker *w, sevenzip_source *source, const sevenzip_entry *entry,
                        const sevenzip_file *file, err *e)
{
    const tar_visitor *v = w->visitor;
    tar_member m = member_of(entry, file->size_bytes);
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_ARCHIVE_MEMBER_BYTES);
    if (m.kind == TAR_FILE && file->size_bytes > LIMIT_ARCHIVE_MEMBER_BYTES)
        return drop(source, file->size_bytes, e) && v->member(v->ctx, &m, BYTES_NONE, e);
    err why = {0};
    bool is_whole = take_content(source, file->size_bytes, &content, &why);
    if (!is_whole && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    if (m.kind == TAR_SYMLINK) m.link = buf_str(&content);
    if (m.kind != TAR_FILE || v->wants(v->ctx, &m))
        if (!v->member(v->ctx, &m, m.kind == TAR_FILE ? buf_bytes(&content) : BYTES_NONE, e)) return false;
    if (!is_whole) return err_set(e, why.code, "%s", why.message);
    if (file->has_crc && crc_of(buf_bytes(&content)) != file->crc32 && w->trouble.code == 0)
        (void)err_set(&w->trouble, ERR_DIGEST_MISMATCH, "a member of the 7z archive has a wrong checksum");
    return true;
}

static sevenzip_entry *next_with_stream(walker *w, size_t *at)
{
    while (*at < w->header.entry_count && !w->header.entries[*at].has_stream) (*at)++;
    return *at < w->header.entry_count ? &w->header.entries[(*at)++] : NULL;
}

static bool walk_folder(walker *w, const sevenzip_folder *f, const sevenzip_file *files, size_t *entry,
                        err *e)
{
    static const sevenzip_entry unlisted = {.path = {"(not listed)", 12}, .has_stream = true};
    AUTO(sevenzip_close) sevenzip_source *source = NULL;
    if (!sevenzip_open(f, w->budget, &source, e)) return false;
    for (uint64_t i = 0; i < f->file_count; i++) {
        const sevenzip_entry *listed = next_with_stream(w, entry);
        if (!walk_member(w, source, listed ? listed : &unlisted, &files[i], e)) return false;
    }
    return true;
}

static bool walk_folders(walker *w, err *e)
{
    const sevenzip_streams *s = &w->header.streams;
    size_t entry = 0, file = 0;
    for (size_t i = 0; i < s->folder_count; i++) {
        if (!walk_folder(w, &s->folders[i], s->files + file, &entry, e)) return false;
        file += (size_t)s->folders[i].file_count;
    }
    return next_with_stream(w, &entry) == NULL ||
           err_set(e, ERR_INVALID, "the 7z archive lists more members than it holds");
}

/* --- bytes that belong to nothing ------------------------------------------------------------------------------------------------------- */

static bool visit_leftover(walker *w, uint64_t from, uint64_t to, err *e)
{
    if (from >= to) return true;
    tar_member m = {
        .path = STR("(outside of the archive's streams)"), .kind = TAR_FILE, .size_bytes = to - from};
    bytes content = {w->archive.data + from, (size_t)(to - from)};
    return !w->visitor->wants(w->visitor->ctx, &m) || w->visitor->member(w->visitor->ctx, &m, content, e);
}

/* Streams, packed header and header follow each other; what lies between or behind is nobody's. */
static bool visit_leftovers(walker *w, err *e)
{
    const sevenzip_streams *s = &w->header.streams;
    uint64_t at = SEVENZIP_HEAD_BYTES;
    const uint64_t owned[][2] = {
        {s->packed_from, s->packed_end}, {w->encoded_from, w->encoded_end}, {w->header_from, w->header_end}};
    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        if (owned[i][0] == owned[i][1]) continue;
        if (!visit_leftover(w, at, owned[i][0], e)) return false;
        if (owned[i][1] > at) at = owned[i][1];
    }
    return visit_leftover(w, at, w->archive.len, e);
}

bool sevenzip_walk(bytes archive, unpack_budget *budget, const tar_visitor *visitor, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    walker w = {.arena = &a, .archive = archive, .budget = budget, .visitor = visitor};
    if (!read_header(&w, e)) return false;
    if (w.header.entry_count > budget->members_left)
        return err_set(e, ERR_TOO_LARGE, "the archive has more members than LIMIT_ARCHIVE_MEMBERS");
    budget->members_left -= w.header.entry_count;
    if (!walk_folders(&w, e) || !visit_leftovers(&w, e)) return false;
    return w.trouble.code == 0 || err_set(e, w.trouble.code, "%s", w.trouble.message);
}
