/*
 * codec/tar.c - reading tar archives block by block: ustar (POSIX 1003.1-1988), GNU and pax (POSIX 1003.1-2001).
 *
 * Our own reader rather than libarchive's: half a page of format against a library that guesses among twenty, every byte charged to one budget,
 * and the same decisions as the engines that will unpack the layer. Where readers differ we do as Docker's does (Go's archive/tar): links and
 * folders have no data whatever their size field says, a global pax header renames nothing, a lone zero block is an error.
 */
#include "codec/tar.h"

#include "base/limits.h"
#include "base/reader.h"

enum { BLOCK_BYTES = 512, SKIP_BYTES = 1 << 16 };

/* Field places of a header block. */
enum {
    NAME_AT = 0,
    NAME_BYTES = 100,
    MODE_AT = 100,
    SIZE_AT = 124,
    CHECKSUM_AT = 148,
    CHECKSUM_BYTES = 8,
    TYPE_AT = 156,
    LINK_AT = 157,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_BYTES = 155,
    SPARSE_MORE_AT = 482, /* GNU: more blocks of the sparse map follow */
    SPARSE_MORE_NEXT_AT = 504,
};

typedef struct tar_walker {
    unpack_stream *stream; /* NULL: the archive is plain and `plain` is read without a copy */
    reader plain;
    unpack_budget *budget;
    const tar_visitor *visitor;
    uint64_t at; /* bytes of the unpacked archive behind us */
    buf content, long_path, long_link, records;
    bool has_path, has_link, has_size, is_sparse; /* said by headers in front of the next member */
    uint64_t pax_size;
} tar_walker;

/* --- bytes ----------------------------------------------------------------------------------------------------------------- */

static bool cut_short(const tar_walker *w, err *e)
{
    return err_set(e, ERR_TRUNCATED, "the tar ends within a member, at byte %llu", (unsigned long long)w->at);
}

/* Up to `count` bytes into memory; fewer only at the end of the archive. */
static bool read_some(tar_walker *w, uint8_t *into, size_t count, size_t *got, err *e)
{
    *got = 0;
    if (!w->stream) {
        size_t left = reader_left(&w->plain), take = count < left ? count : left;
        bytes piece = reader_take(&w->plain, take);
        if (take) memcpy(into, piece.data, take);
        *got = take;
    }
    for (size_t step = 1; w->stream && *got < count && step; *got += step)
        if (!unpack_read(w->stream, into + *got, count - *got, &step, e)) return false;
    w->at += *got;
    return true;
}

static bool skip_bytes(tar_walker *w, uint64_t count, err *e)
{
    uint8_t scratch[SKIP_BYTES];
    if (!w->stream) {
        if (!reader_skip(&w->plain, count)) return cut_short(w, e);
        w->at += count;
        return true;
    }
    while (count) {
        size_t piece = count < SKIP_BYTES ? (size_t)count : SKIP_BYTES, got;
        if (!read_some(w, scratch, piece, &got, e)) return false;
        if (got < piece) return cut_short(w, e);
        count -= got;
    }
    return true;
}

/* Data fill whole blocks. */
static bool skip_padding(tar_walker *w, uint64_t size, err *e)
{
    return skip_bytes(w, (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES, e);
}

static bool read_into(tar_walker *w, uint64_t size, buf *out, err *e)
{
    buf_reset(out);
    while (out->len < size) {
        uint64_t left = size - out->len;
        size_t piece = left < SKIP_BYTES ? (size_t)left : SKIP_BYTES, got;
        uint8_t *into = buf_reserve(out, piece);
        if (!into) return buf_ok(out, "a member of a tar", e);
        if (!read_some(w, into, piece, &got, e)) return false;
        if (got < piece) return cut_short(w, e);
        buf_advance(out, got);
    }
    return skip_padding(w, size, e);
}

/* The member's data as a view: into the archive itself when it is plain. */
static bool take_content(tar_walker *w, uint64_t size, bytes *content, err *e)
{
    if (w->stream) {
        if (!read_into(w, size, &w->content, e)) return false;
        *content = buf_bytes(&w->content);
        return true;
    }
    *content = reader_take(&w->plain, size);
    if (w->plain.failed) return cut_short(w, e);
    w->at += size;
    return skip_padding(w, size, e);
}

/* --- header fields --------------------------------------------------------------------------------------------------------- */

static str text_field(const uint8_t *block, size_t at, size_t size)
{
    str field = {(const char *)block + at, size};
    ptrdiff_t end = str_find(field, '\0');
    return end < 0 ? field : str_slice(field, 0, (size_t)end);
}

/* Octal digits between blanks; or, with the top bit set, a binary number (GNU). */
static bool number_field(const uint8_t *block, size_t at, size_t size, uint64_t *out)
{
    uint64_t number = 0;
    if (block[at] & 0x80) {
        if (block[at] != 0x80) return false; /* negative, or beyond 64 bits */
        for (size_t i = 1; i < size; i++) {
            if (number >> 56) return false;
            number = number << 8 | block[at + i];
        }
        *out = number;
        return true;
    }
    str digits = str_trim(text_field(block, at, size));
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '7' || number >> 61) return false;
        number = number << 3 | (uint64_t)(digits.data[i] - '0');
    }
    *out = number;
    return true;
}

/* Old writers summed signed bytes. */
static bool checksum_is_right(const uint8_t *block)
{
    uint64_t stored;
    int64_t plain = 0, of_signed = 0;
    if (!number_field(block, CHECKSUM_AT, CHECKSUM_BYTES, &stored)) return false;
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        bool is_blank = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
        plain += is_blank ? ' ' : block[i];
        of_signed += is_blank ? ' ' : (int8_t)block[i];
    }
    return (int64_t)stored == plain || (int64_t)stored == of_signed;
}

static bool is_zero(const uint8_t *block)
{
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        if (block[i]) return false;
    return true;
}

bool tar_is(bytes head)
{
    return head.len >= BLOCK_BYTES && checksum_is_right(head.data) && !is_zero(head.data);
}

/* --- headers about the next header -------------------------------------------------------------------------------------------- */

static bool read_record_text(str value, buf *into, bool *is_set, err *e)
{
    if (str_find(value, '\0') >= 0) return err_set(e, ERR_INVALID, "a pax header has a NUL in a path");
    buf_reset(into);
    buf_add_str(into, value);
    *is_set = true;
    return buf_ok(into, "a path of a tar", e);
}

static bool apply_record(tar_walker *w, str key, str value, err *e)
{
    if (str_eq(key, STR("path"))) return read_record_text(value, &w->long_path, &w->has_path, e);
    if (str_eq(key, STR("linkpath"))) return read_record_text(value, &w->long_link, &w->has_link, e);
    if (str_starts_with(key, STR("GNU.sparse."))) w->is_sparse = true;
    if (str_eq(key, STR("GNU.sparse.name"))) return read_record_text(value, &w->long_path, &w->has_path, e);
    if (!str_eq(key, STR("size"))) return true;
    w->has_size = str_to_u64(value, &w->pax_size);
    return w->has_size ||
           err_set(e, ERR_INVALID, "a pax header has the size '%.*s'", STR_ARG(str_slice(value, 0, 40)));
}

/* "<length> <key>=<value>\n", the length counting all of it. */
static bool apply_records(tar_walker *w, str rest, err *e)
{
    while (rest.len) {
        str digits, after, record, key, value;
        uint64_t length;
        bool is_sound = str_cut(rest, ' ', &digits, &after) && str_to_u64(digits, &length) &&
                        length > digits.len + 1 && length <= rest.len && rest.data[length - 1] == '\n';
        if (!is_sound)
            return err_set(e, ERR_INVALID, "a pax header is damaged, at byte %llu",
                           (unsigned long long)w->at);
        record = str_slice(rest, digits.len + 1, (size_t)length - digits.len - 2);
        if (!str_cut(record, '=', &key, &value))
            return err_set(e, ERR_INVALID, "a pax header has a record without '='");
        if (!apply_record(w, key, value, e)) return false;
        rest = str_skip(rest, (size_t)length);
    }
    return true;
}

static bool too_long(const tar_walker *w, uint64_t size, err *e)
{
    return err_set(e, ERR_TOO_LARGE,
                   "a header of %llu bytes at byte %llu, LIMIT_TAR_HEADER_BYTES allows less",
                   (unsigned long long)size, (unsigned long long)w->at);
}

/* A name that does not fit into the header comes in front of it, as data (GNU). */
static bool read_long_text(tar_walker *w, uint64_t size, buf *into, bool *is_set, err *e)
{
    if (size > LIMIT_TAR_HEADER_BYTES) return too_long(w, size, e);
    if (!read_into(w, size, into, e)) return false;
    ptrdiff_t end = str_find(buf_str(into), '\0');
    if (end >= 0) into->len = (size_t)end;
    *is_set = true;
    return true;
}

static bool read_pax(tar_walker *w, uint64_t size, err *e)
{
    if (size > LIMIT_TAR_HEADER_BYTES) return too_long(w, size, e);
    return read_into(w, size, &w->records, e) && apply_records(w, buf_str(&w->records), e);
}

static void forget_headers(tar_walker *w)
{
    w->has_path = w->has_link = w->has_size = w->is_sparse = false;
}

/* --- members --------------------------------------------------------------------------------------------------------------- */

static str clean_path(str path)
{
    for (;;) {
        if (str_starts_with(path, STR("./")))
            path = str_skip(path, 2);
        else if (str_starts_with(path, STR("/")))
            path = str_skip(path, 1);
        else
            break;
    }
    while (str_ends_with(path, STR("/"))) path.len--;
    return str_eq(path, STR(".")) ? STR_NONE : path;
}

/* The path of the header itself; POSIX splits a long one in two. GNU keeps other things in that place. */
static bool header_path(tar_walker *w, const uint8_t *block, err *e)
{
    str name = text_field(block, NAME_AT, NAME_BYTES), prefix = STR_NONE;
    if (memcmp(block + MAGIC_AT, "ustar\0", 6) == 0) prefix = text_field(block, PREFIX_AT, PREFIX_BYTES);
    buf_reset(&w->long_path);
    if (prefix.len) {
        buf_add_str(&w->long_path, prefix);
        buf_add_byte(&w->long_path, '/');
    }
    buf_add_str(&w->long_path, name);
    return buf_ok(&w->long_path, "a path of a tar", e);
}

/* A letter that nobody knows is a file (POSIX: "shall be treated as a regular file"), to Python's tarfile too. */
static tar_kind kind_of(uint8_t type, str stored_path)
{
    switch (type) {
    case '\0': return str_ends_with(stored_path, STR("/")) ? TAR_DIR : TAR_FILE; /* as before ustar */
    case '1': return TAR_HARDLINK;
    case '2': return TAR_SYMLINK;
    case '3':
    case '4':
    case '6': return TAR_OTHER;
    case '5': return TAR_DIR;
    default: return TAR_FILE;
    }
}

/* The map of a sparse file may go on in blocks of its own. */
static bool skip_sparse_map(tar_walker *w, const uint8_t *header, err *e)
{
    uint8_t block[BLOCK_BYTES];
    bool goes_on = header[SPARSE_MORE_AT] != 0;
    while (goes_on) {
        size_t got;
        if (!read_some(w, block, BLOCK_BYTES, &got, e)) return false;
        if (got < BLOCK_BYTES) return cut_short(w, e);
        goes_on = block[SPARSE_MORE_NEXT_AT] != 0;
    }
    return true;
}

static bool visit(tar_walker *w, const tar_member *member, uint64_t stored, err *e)
{
    const tar_visitor *v = w->visitor;
    bytes content = BYTES_NONE;
    /* A sparse file's data are not its content: it is shown like one that is too large to hold. */
    bool fits =
        !w->stream || stored <= LIMIT_ARCHIVE_MEMBER_BYTES; /* a view into a plain archive costs no memory */
    bool is_given = stored && !w->is_sparse && fits && v->wants(v->ctx, member);
    if (is_given) {
        if (!take_content(w, stored, &content, e)) return false;
    } else if (!skip_bytes(w, stored, e) || !skip_padding(w, stored, e)) {
        return false;
    }
    return v->member(v->ctx, member, content, e);
}

static bool read_member(tar_walker *w, const uint8_t *block, uint64_t size, err *e)
{
    uint64_t mode = 0;
    uint8_t type = block[TYPE_AT];
    if (!w->has_path && !header_path(w, block, e)) return false;
    if (w->has_size) size = w->pax_size;
    (void)number_field(block, MODE_AT, 8, &mode); /* shown, never relied on */
    if (type == 'S') w->is_sparse = true;

    tar_member member = {.kind = kind_of(type, buf_str(&w->long_path)),
                         .path = clean_path(buf_str(&w->long_path)),
                         .mode = (unsigned)(mode & 07777)};
    member.link = w->has_link ? buf_str(&w->long_link) : text_field(block, LINK_AT, NAME_BYTES);
    if (member.kind != TAR_SYMLINK && member.kind != TAR_HARDLINK) member.link = STR_NONE;
    member.is_absolute = str_starts_with(buf_str(&w->long_path), STR("/"));
    member.is_link_absolute = str_starts_with(member.link, STR("/"));
    member.is_device = type == '3' || type == '4' || type == '6';
    member.is_sparse = w->is_sparse;
    if (member.kind == TAR_HARDLINK) member.link = clean_path(member.link);
    uint64_t stored = member.kind == TAR_FILE ? size : 0; /* links, folders and devices are a header only */
    member.size_bytes = stored;
    if (type == 'S' && !skip_sparse_map(w, block, e)) return false;
    if (w->budget->members_left == 0)
        return err_set(e, ERR_TOO_LARGE, "the archive has more members than LIMIT_ARCHIVE_MEMBERS");
    w->budget->members_left--;
    bool done = visit(w, &member, stored, e);
    forget_headers(w);
    return done;
}

static bool read_header(tar_walker *w, const uint8_t *block, err *e)
{
    uint64_t size;
    if (!checksum_is_right(block) || !number_field(block, SIZE_AT, 12, &size))
        return err_set(e, ERR_INVALID, "there is no tar header at byte %llu",
                       (unsigned long long)(w->at - BLOCK_BYTES));
    switch (block[TYPE_AT]) {
    case 'L': return read_long_text(w, size, &w->long_path, &w->has_path, e);
    case 'K': return read_long_text(w, size, &w->long_link, &w->has_link, e);
    case 'x': return read_pax(w, size, e);
    case 'g': return skip_bytes(w, size, e) && skip_padding(w, size, e);
    default: return read_member(w, block, size, e);
    }
}

/* Behind the end there is padding. Anything else is another archive to those who read on, or a file for another loader. */
static bool visit_rest(tar_walker *w, err *e)
{
    enum { PIECE_BYTES = 1 << 16 };
    const tar_visitor *v = w->visitor;
    size_t got = 1;
    bool is_kept = true;
    buf_reset(&w->content);
    while (got) {
        uint8_t piece[PIECE_BYTES];
        if (!read_some(w, piece, sizeof(piece), &got, e)) return false;
        size_t from = 0;
        while (w->content.len == 0 && from < got && piece[from] == 0) from++;
        is_kept = is_kept && got - from <= w->content.ceiling_bytes - w->content.len;
        if (is_kept && got > from) buf_add(&w->content, (bytes){piece + from, got - from});
    }
    if (w->content.len == 0) return true;
    if (!buf_ok(&w->content, "what lies behind a tar", e)) return false;
    tar_member m = {.path = STR("(behind the archive)"), .kind = TAR_FILE, .size_bytes = w->content.len};
    return !v->wants(v->ctx, &m) || v->member(v->ctx, &m, is_kept ? buf_bytes(&w->content) : BYTES_NONE, e);
}

/* Two zero blocks end the archive; so does the end of its bytes. */
static bool walk_blocks(tar_walker *w, err *e)
{
    uint8_t block[BLOCK_BYTES];
    bool was_zero = false;
    for (;;) {
        size_t got;
        if (!read_some(w, block, BLOCK_BYTES, &got, e)) return false;
        if (got == 0) return true;
        if (got < BLOCK_BYTES) return cut_short(w, e);
        bool zero = is_zero(block);
        if (zero && was_zero) return visit_rest(w, e);
        if (was_zero)
            return err_set(e, ERR_INVALID, "the tar has a lone zero block before byte %llu",
                           (unsigned long long)(w->at - BLOCK_BYTES));
        was_zero = zero;
        if (!zero && !read_header(w, block, e)) return false;
    }
}

bool tar_walk(bytes archive, unpack_budget *budget, const tar_visitor *visitor, err *e)
{
    AUTO(unpack_close) unpack_stream *stream = NULL;
    packing p = packing_sniff(archive);
    /* A plain tar may begin with bytes that look packed (a member's name); its checksum tells. */
    bool is_plain = p == PACKING_NONE || tar_is(archive);
    if (!is_plain && !unpack_open(p, archive, budget, &stream, e)) return false;

    tar_walker w = {.stream = stream, .plain = reader_of(archive), .budget = budget, .visitor = visitor};
    buf_init(&w.content, LIMIT_ARCHIVE_MEMBER_BYTES);
    buf *small[] = {&w.long_path, &w.long_link, &w.records};
    for (size_t i = 0; i < COUNT_OF(small); i++) buf_init(small[i], LIMIT_TAR_HEADER_BYTES);
    bool done = walk_blocks(&w, e);
    buf_done(&w.content);
    for (size_t i = 0; i < COUNT_OF(small); i++) buf_done(small[i]);
    return done;
}
