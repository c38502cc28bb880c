/*
 * codec/archive.c - telling containers apart by their content, and walking them.
 */
#include "codec/archive.h"

#include "base/limits.h"
#include "codec/sevenzip.h"
#include "codec/zip.h"

enum { TAR_HEAD_BYTES = 512 };

/* --- recognising ------------------------------------------------------------------------------------------------------------------ */

/* The first block of what is packed tells whether a tar is inside; its first byte, whether the magic meant anything. */
static archive_kind sniff_packed(packing p, bytes content)
{
    unpack_budget budget = unpack_budget_new(content.len);
    AUTO(unpack_close) unpack_stream *stream = NULL;
    uint8_t head[TAR_HEAD_BYTES];
    size_t have = 0;
    bool is_sound = unpack_open(p, content, &budget, &stream, NULL);
    for (size_t got = 1; is_sound && have < sizeof(head) && got > 0; have += got)
        is_sound = unpack_read(stream, head + have, sizeof(head) - have, &got, NULL);
    if (have == sizeof(head) && tar_is((bytes){head, sizeof(head)})) return ARCHIVE_TAR;
    bool is_weak = p == PACKING_ZLIB || p == PACKING_LZMA; /* two bytes that anything may begin with */
    return is_weak && have == 0 ? ARCHIVE_NONE : ARCHIVE_PACKED;
}

static bool is_plain_tar(bytes content)
{
    return content.len >= TAR_HEAD_BYTES && tar_is((bytes){content.data, TAR_HEAD_BYTES});
}

static const char *foreign_name(bytes content)
{
    static const struct {
        const char *magic;
        size_t len;
        const char *name;
    } known[] = {{"Rar!\x1a\x07", 6, "RAR"}, {"LZIP\x01", 5, "lzip"}, {"\x02\x21\x4c\x18", 4, "old lz4"}};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_starts_with(bytes_str(content), (str){known[i].magic, known[i].len})) return known[i].name;
    return NULL;
}

archive_kind archive_sniff(bytes content)
{
    /* Before ZIP, which may stand at the end of anything: a 7z or tar that is one as well is judged as both by what lies behind. */
    if (sevenzip_is(content)) return ARCHIVE_7Z;
    if (is_plain_tar(content)) return ARCHIVE_TAR;
    if (zip_is(content)) return ARCHIVE_ZIP;
    if (foreign_name(content)) return ARCHIVE_FOREIGN;
    packing p = packing_sniff(content);
    return p == PACKING_NONE ? ARCHIVE_NONE : sniff_packed(p, content);
}

const char *archive_name(archive_kind kind, bytes content)
{
    switch (kind) {
    case ARCHIVE_ZIP: return "zip";
    case ARCHIVE_TAR: return "tar";
    case ARCHIVE_7Z: return "7z";
    case ARCHIVE_PACKED: return packing_name(packing_sniff(content));
    case ARCHIVE_FOREIGN: return foreign_name(content);
    case ARCHIVE_NONE: break;
    }
    return "none";
}

/* --- one file, compressed ----------------------------------------------------------------------------------------------------------- */

static str name_inside(str path)
{
    static const char *const suffixes[] = {".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".z"};
    str name = str_skip(path, (size_t)(str_find_last(path, '/') + 1));
    /* The side file of an old joblib pickle: bare numbers, though its name has .npy in it. */
    if (str_ends_with(name, STR(".npy.z"))) return STR("(array)");
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends_with(name, str_from_c(suffixes[i])) && name.len > strlen(suffixes[i]))
            return str_slice(name, 0, name.len - strlen(suffixes[i]));
    return name.len ? name : STR("(unpacked)");
}

static bool visit_bytes(const tar_visitor *v, str name, bytes content, err *e)
{
    tar_member m = {.path = name, .kind = TAR_FILE, .size_bytes = content.len};
    return content.len == 0 || !v->wants(v->ctx, &m) || v->member(v->ctx, &m, content, e);
}

static bool walk_packed(str path, bytes content, unpack_budget *budget, const tar_visitor *v, err *e)
{
    AUTO_BUF buf plain;
    buf_init(&plain, LIMIT_ARCHIVE_MEMBER_BYTES);
    size_t used = content.len;
    err trouble = {0};
    bool is_whole = unpack_all(packing_sniff(content), content, budget, &plain, &used, &trouble);
    if (!is_whole && trouble.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", trouble.message);
    if (!visit_bytes(v, name_inside(path), buf_bytes(&plain), e)) return false;
    if (!is_whole) return err_set(e, trouble.code, "%s", trouble.message);
    return visit_bytes(v, STR("(behind the compressed data)"),
                       (bytes){content.data + used, content.len - used}, e);
}

bool archive_walk(archive_kind kind, str path, bytes content, unpack_budget *budget,
                  const tar_visitor *visitor, err *e)
{
    switch (kind) {
    case ARCHIVE_TAR: return tar_walk(content, budget, visitor, e);
    case ARCHIVE_7Z: return sevenzip_walk(content, budget, visitor, e);
    case ARCHIVE_PACKED: return walk_packed(path, content, budget, visitor, e);
    default:
        return err_set(e, ERR_UNSUPPORTED, "archives of the kind %s are not read",
                       archive_name(kind, content));
    }
}
