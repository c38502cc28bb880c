/*
 * codec/sevenzip_streams.c - StreamsInfo of a 7z header: which packed bytes, through which coders, give which files.
 *
 * Counts come from the file and are held against the bytes that are left to tell them, before any memory is taken.
 */
#include "sevenzip_header.h"

enum {
    ID_END = 0x00,
    ID_PACK_INFO = 0x06,
    ID_UNPACK_INFO = 0x07,
    ID_SUBSTREAMS = 0x08,
    ID_SIZE = 0x09,
    ID_CRC = 0x0a,
    ID_FOLDER = 0x0b,
    ID_UNPACK_SIZE = 0x0c,
    ID_COUNT = 0x0d,
    CODER_COMPLEX = 0x10,
    CODER_PROPERTIES = 0x20,
    CODER_RESERVED = 0xc0,
    STREAMS_MAX = 32, /* of one folder, as in 7-Zip */
};

static bool damaged(const reader *r, err *e)
{
    return err_set(e, ERR_INVALID, "the 7z header is damaged near its byte %zu", r->at);
}

/* The first byte tells by its leading ones how many bytes follow, and holds the highest bits. */
bool sevenzip_number(reader *r, uint64_t *out)
{
    uint8_t first = reader_u8(r);
    uint64_t value = 0;
    unsigned mask = 0x80;
    for (unsigned i = 0; i < 8; i++, mask >>= 1) {
        if (!(first & mask)) {
            value |= (uint64_t)(first & (mask - 1)) << (8 * i);
            break;
        }
        value |= (uint64_t)reader_u8(r) << (8 * i);
    }
    *out = value;
    return !r->failed;
}

bool sevenzip_bits(reader *r, size_t count, bool may_say_all, uint8_t *bits)
{
    if (may_say_all && reader_u8(r) != 0) {
        memset(bits, 1, count);
        return !r->failed;
    }
    bytes packed = reader_take(r, count / 8 + (count % 8 != 0));
    if (r->failed) return false;
    for (size_t i = 0; i < count; i++) bits[i] = packed.data[i / 8] >> (7 - i % 8) & 1;
    return true;
}

/* Something that takes at least one byte each in what is left of the header. */
static bool take_count(reader *r, size_t *out)
{
    uint64_t number;
    if (!sevenzip_number(r, &number) || number > reader_left(r)) return false;
    *out = (size_t)number;
    return true;
}

static void *array(arena *a, size_t count, size_t item_bytes, err *e)
{
    void *items = arena_alloc_array(a, count + 1, item_bytes);
    if (!items) (void)err_set(e, ERR_MEMORY, "no memory for %zu parts of a 7z archive", count);
    return items;
}

typedef struct digests {
    uint8_t *is_known;
    uint32_t *crc32;
} digests;

static bool read_digests(arena *a, reader *r, size_t count, digests *out, err *e)
{
    out->is_known = array(a, count, 1, e);
    out->crc32 = out->is_known ? array(a, count, sizeof(uint32_t), e) : NULL;
    if (!out->crc32) return false;
    if (!sevenzip_bits(r, count, true, out->is_known)) return damaged(r, e);
    for (size_t i = 0; i < count; i++)
        if (out->is_known[i]) out->crc32[i] = reader_u32le(r);
    return !r->failed || damaged(r, e);
}

/* --- packed streams ------------------------------------------------------------------------------------------------------------------ */

typedef struct pack_info {
    uint64_t from;
    uint64_t *sizes;
    size_t count;
} pack_info;

static bool read_pack_info(arena *a, reader *r, pack_info *out, err *e)
{
    uint64_t id;
    if (!sevenzip_number(r, &out->from) || !take_count(r, &out->count)) return damaged(r, e);
    out->sizes = array(a, out->count, sizeof(uint64_t), e);
    if (!out->sizes) return false;
    for (;;) {
        if (!sevenzip_number(r, &id)) return damaged(r, e);
        if (id == ID_END) return true;
        if (id == ID_SIZE) {
            for (size_t i = 0; i < out->count; i++)
                if (!sevenzip_number(r, &out->sizes[i])) return damaged(r, e);
        } else if (id == ID_CRC) {
            digests ignored;
            if (!read_digests(a, r, out->count, &ignored, e)) return false;
        } else {
            return damaged(r, e);
        }
    }
}

/* --- folders ------------------------------------------------------------------------------------------------------------------------- */

typedef struct wiring {
    uint64_t in_count, out_count;
    bool is_simple; /* one stream in, one out: then a coder and its streams have the same number */
    size_t reads[SEVENZIP_CODERS_MAX]; /* 1 + the coder whose output it reads; 0: it reads the archive */
    bool is_read[SEVENZIP_CODERS_MAX]; /* its output goes to another coder */
} wiring;

static bool read_coder(reader *r, sevenzip_coder *coder, wiring *w)
{
    uint8_t flags = reader_u8(r);
    uint64_t in = 1, out = 1, property_bytes;
    *coder = (sevenzip_coder){0};
    if (flags & CODER_RESERVED || (flags & 15) > 8) return false;
    for (unsigned i = 0; i < (flags & 15u); i++) coder->id = coder->id << 8 | reader_u8(r);
    if ((flags & CODER_COMPLEX) && (!sevenzip_number(r, &in) || !sevenzip_number(r, &out))) return false;
    if (in > STREAMS_MAX || out != 1) return false;
    if (flags & CODER_PROPERTIES) {
        if (!sevenzip_number(r, &property_bytes)) return false;
        coder->properties = reader_take(r, property_bytes);
    }
    w->in_count += in;
    w->out_count += out;
    w->is_simple = w->is_simple && in == 1;
    return !r->failed;
}

static bool read_wiring(reader *r, wiring *w, size_t *packed_count)
{
    uint64_t pairs = w->out_count - 1, in, out;
    if (w->in_count < pairs) return false;
    for (uint64_t i = 0; i < pairs; i++) {
        if (!sevenzip_number(r, &in) || !sevenzip_number(r, &out)) return false;
        if (in >= w->in_count || out >= w->out_count) return false;
        if (in >= SEVENZIP_CODERS_MAX || out >= SEVENZIP_CODERS_MAX)
            continue; /* too many to be read anyway */
        w->reads[in] = (size_t)out + 1;
        w->is_read[out] = true;
    }
    *packed_count = (size_t)(w->in_count - pairs);
    for (size_t i = 0; *packed_count > 1 && i < *packed_count; i++)
        if (!sevenzip_number(r, &in)) return false;
    return true;
}

/* 7-Zip lists the last coder first, others the first: the order is in the wiring. False when it is no chain. */
static bool order_coders(sevenzip_folder *f, const wiring *w)
{
    size_t at = 0;
    while (at < f->coder_count && w->is_read[at]) at++;
    for (size_t i = 0; i < f->coder_count; i++) {
        if (at >= f->coder_count) return false;
        f->order[i] = at;
        bool is_last = i + 1 == f->coder_count;
        if (is_last != (w->reads[at] == 0)) return false;
        at = w->reads[at] - 1;
    }
    return true;
}

typedef struct folder_shape {
    size_t coder_count, packed_count;
} folder_shape;

static bool read_folder(reader *r, sevenzip_folder *f, folder_shape *shape)
{
    uint64_t count;
    wiring w = {.is_simple = true};
    if (!sevenzip_number(r, &count) || count == 0 || count > STREAMS_MAX) return false;
    for (uint64_t i = 0; i < count; i++) {
        sevenzip_coder coder;
        if (!read_coder(r, &coder, &w)) return false;
        if (i < SEVENZIP_CODERS_MAX) f->coders[i] = coder;
        if (coder.id == 0x06f10701) f->unsupported = "it is encrypted";
    }
    if (!read_wiring(r, &w, &shape->packed_count)) return false;
    shape->coder_count = (size_t)count;
    f->coder_count = count <= SEVENZIP_CODERS_MAX ? (size_t)count : 0;
    bool is_chain = w.is_simple && f->coder_count > 0 && order_coders(f, &w);
    if (!f->unsupported && !is_chain)
        f->unsupported = "it uses coders that are wired in a way that is not supported";
    return true;
}

static bool read_sizes(reader *r, sevenzip_streams *s, const folder_shape *shapes)
{
    for (size_t i = 0; i < s->folder_count; i++) {
        sevenzip_folder *f = &s->folders[i];
        for (size_t c = 0; c < shapes[i].coder_count; c++) {
            uint64_t size;
            if (!sevenzip_number(r, &size)) return false;
            if (c == f->order[0]) f->size_bytes = size;
            if (c < SEVENZIP_CODERS_MAX) f->coder_sizes[c] = size;
        }
    }
    return true;
}

static bool read_folder_digests(arena *a, reader *r, sevenzip_streams *s, err *e)
{
    digests d;
    if (!read_digests(a, r, s->folder_count, &d, e)) return false;
    for (size_t i = 0; i < s->folder_count; i++) {
        s->folders[i].has_crc = d.is_known[i];
        s->folders[i].crc32 = d.crc32[i];
    }
    return true;
}

static bool read_unpack_info(arena *a, reader *r, sevenzip_streams *s, folder_shape **shapes, err *e)
{
    uint64_t id;
    if (!sevenzip_number(r, &id) || id != ID_FOLDER || !take_count(r, &s->folder_count) || reader_u8(r) != 0)
        return damaged(r, e);
    s->folders = array(a, s->folder_count, sizeof(sevenzip_folder), e);
    *shapes = s->folders ? array(a, s->folder_count, sizeof(folder_shape), e) : NULL;
    if (!*shapes) return false;
    for (size_t i = 0; i < s->folder_count; i++) {
        s->folders[i].file_count = 1;
        if (!read_folder(r, &s->folders[i], &(*shapes)[i])) return damaged(r, e);
    }
    if (!sevenzip_number(r, &id) || id != ID_UNPACK_SIZE || !read_sizes(r, s, *shapes)) return damaged(r, e);
    if (!sevenzip_number(r, &id)) return damaged(r, e);
    if (id == ID_CRC && (!read_folder_digests(a, r, s, e) || !sevenzip_number(r, &id))) return damaged(r, e);
    return id == ID_END || damaged(r, e);
}

/* Each folder takes its packed streams in turn. */
static bool place_folders(bytes archive, const pack_info *pack, const folder_shape *shapes,
                          sevenzip_streams *s, err *e)
{
    uint64_t at, from;
    size_t stream = 0;
    if (__builtin_add_overflow(pack->from, (uint64_t)SEVENZIP_HEAD_BYTES, &at) || at > archive.len)
        return err_set(e, ERR_TRUNCATED, "the packed data of the 7z archive lie beyond its end");
    s->packed_from = at;
    for (size_t i = 0; i < s->folder_count; i++) {
        from = at;
        for (size_t k = 0; k < shapes[i].packed_count; k++, stream++) {
            if (stream >= pack->count || pack->sizes[stream] > archive.len - at)
                return err_set(e, ERR_TRUNCATED, "the packed data of the 7z archive reach beyond its end");
            at += pack->sizes[stream];
        }
        s->folders[i].packed = (bytes){archive.data + from, (size_t)(at - from)};
    }
    s->packed_end = at;
    return true;
}

/* --- files within folders ------------------------------------------------------------------------------------------------------------- */

static bool read_file_counts(reader *r, sevenzip_streams *s)
{
    for (size_t i = 0; i < s->folder_count; i++) {
        uint64_t *count = &s->folders[i].file_count;
        /* All but the last of a folder have a size of at least one byte in the header. */
        if (!sevenzip_number(r, count) || *count > reader_left(r) + 1) return false;
    }
    return true;
}

static bool make_files(arena *a, const reader *r, sevenzip_streams *s, err *e)
{
    size_t total = 0;
    for (size_t i = 0; i < s->folder_count; i++) total += (size_t)s->folders[i].file_count;
    if (total > r->all.len) return damaged(r, e);
    s->files = array(a, total, sizeof(sevenzip_file), e);
    s->file_count = total;
    return s->files != NULL;
}

/* The last size of a folder is what is left of it. */
static bool read_file_sizes(reader *r, sevenzip_streams *s, bool are_given)
{
    size_t at = 0;
    for (size_t i = 0; i < s->folder_count; i++) {
        const sevenzip_folder *f = &s->folders[i];
        uint64_t left = f->size_bytes;
        for (uint64_t k = 0; k < f->file_count; k++, at++) {
            uint64_t size = left;
            if (k + 1 < f->file_count && (!are_given || !sevenzip_number(r, &size) || size > left))
                return false;
            s->files[at].size_bytes = size;
            left -= size;
        }
    }
    return true;
}

static bool has_own_crc(const sevenzip_folder *f)
{
    return f->file_count == 1 && f->has_crc;
}

/* Checksums are listed for those files whose folder does not give theirs already. */
static bool read_file_digests(arena *a, reader *r, sevenzip_streams *s, err *e)
{
    size_t unknown = 0, at = 0, next = 0;
    for (size_t i = 0; i < s->folder_count; i++)
        if (!has_own_crc(&s->folders[i])) unknown += (size_t)s->folders[i].file_count;
    digests d;
    if (!read_digests(a, r, unknown, &d, e)) return false;
    for (size_t i = 0; i < s->folder_count; i++)
        for (uint64_t k = 0; k < s->folders[i].file_count; k++, at++) {
            if (has_own_crc(&s->folders[i])) continue;
            s->files[at].has_crc = d.is_known[next];
            s->files[at].crc32 = d.crc32[next++];
        }
    return true;
}

static void inherit_digests(sevenzip_streams *s)
{
    size_t at = 0;
    for (size_t i = 0; i < s->folder_count; i++) {
        if (has_own_crc(&s->folders[i])) {
            s->files[at].has_crc = true;
            s->files[at].crc32 = s->folders[i].crc32;
        }
        at += (size_t)s->folders[i].file_count;
    }
}

/* `id` is what stands where SubStreamsInfo may. Without it each folder is one file. */
static bool read_substreams(arena *a, reader *r, sevenzip_streams *s, uint64_t *id, err *e)
{
    bool is_there = *id == ID_SUBSTREAMS;
    if (is_there && !sevenzip_number(r, id)) return damaged(r, e);
    if (is_there && *id == ID_COUNT && (!read_file_counts(r, s) || !sevenzip_number(r, id)))
        return damaged(r, e);
    if (!make_files(a, r, s, e)) return false;
    bool are_given = is_there && *id == ID_SIZE;
    if (!read_file_sizes(r, s, are_given)) return damaged(r, e);
    inherit_digests(s);
    if (!is_there) return true;
    if (are_given && !sevenzip_number(r, id)) return damaged(r, e);
    if (*id == ID_CRC) {
        if (!read_file_digests(a, r, s, e)) return false;
        if (!sevenzip_number(r, id)) return damaged(r, e);
    }
    return (*id == ID_END && sevenzip_number(r, id)) || damaged(r, e);
}

bool sevenzip_streams_read(arena *a, bytes archive, reader *r, sevenzip_streams *out, err *e)
{
    uint64_t id;
    pack_info pack = {0};
    folder_shape *shapes = NULL;
    sevenzip_streams s = {0};
    if (!sevenzip_number(r, &id)) return damaged(r, e);
    if (id == ID_PACK_INFO) {
        if (!read_pack_info(a, r, &pack, e)) return false;
        if (!sevenzip_number(r, &id)) return damaged(r, e);
    }
    if (id == ID_UNPACK_INFO) {
        if (!read_unpack_info(a, r, &s, &shapes, e)) return false;
        if (!sevenzip_number(r, &id)) return damaged(r, e);
    }
    if (!read_substreams(a, r, &s, &id, e)) return false;
    if (id != ID_END) return damaged(r, e);
    if (!place_folders(archive, &pack, shapes, &s, e)) return false;
    *out = s;
    return true;
}
