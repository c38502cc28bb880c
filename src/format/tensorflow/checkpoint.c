/*
 * format/tensorflow/checkpoint.c - the index of a checkpoint: names, types and shapes of the tensors whose numbers lie in .data files beside it.
 *
 * Sources: tensor_bundle.proto, and the table format that TensorFlow took over from LevelDB (table_format.txt): blocks of entries in the order of their keys,
 * each key without what it shares with the one before; behind a block how it is compressed and its checksum; the footer says where the block of blocks is.
 * TensorFlow writes it uncompressed and always looks at the checksums, so a changed byte is refused by it as well as here.
 */
#include "tensorflow/graph.h"

#include "base/buf.h"
#include "format/protobuf.h"
#include "nested.h"

enum {
    FOOTER_BYTES = 48,
    TRAILER_BYTES = 5, /* compression, checksum */
    KEY_BYTES_MAX = 4096,
    RANK_MAX = 254 /* of TensorFlow's shapes */
};
static const uint64_t footer_magic = 0xdb4775248b80fb57;

typedef struct checkpoint {
    report *report;
    bytes file;
    const char *trouble;
    uint64_t shards, end;          /* of the blocks so far, which lie one behind the other */
    uint8_t before[KEY_BYTES_MAX]; /* the last key */
    size_t before_len;
} checkpoint;

/* --- tables ------------------------------------------------------------------------------------------------------------------------------ */

/* CRC-32C (RFC 3720, B.4), four bits at a time. */
static uint32_t crc32c(bytes data)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < data.len; i++) {
        crc ^= data.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* Stored checksums are turned and moved, so that a checksum of checksums is none of zeros. */
static uint32_t masked(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

typedef struct entries {
    reader at;
    uint8_t key[KEY_BYTES_MAX];
    size_t key_len;
    bytes value;
} entries;

/* The entries of the block at a handle: offset and size. Behind them, which of them share nothing, and how many those are. The next block begins behind it. */
static bool open_block(checkpoint *c, reader *handle, entries *out)
{
    reader file = reader_of(c->file);
    uint64_t offset = pb_varint(handle), size = pb_varint(handle);
    if (handle->failed || !reader_seek(&file, offset))
        return c->trouble = "A block lies outside of the file", false;
    bytes block = reader_take(&file, size), kind = reader_take(&file, 1);
    uint32_t sum = reader_u32le(&file);
    if (file.failed || block.len < 4) return c->trouble = "A block lies outside of the file", false;
    if (kind.data[0] != 0) return c->trouble = "A block is compressed, which TensorFlow does not do", false;
    if (masked(crc32c((bytes){block.data, block.len + 1})) != sum)
        return c->trouble = "The checksum of a block is wrong", false;
    if (offset != c->end) return c->trouble = "Bytes lie between the blocks", false;
    c->end = file.at;
    reader tail = reader_of(block);
    (void)reader_seek(&tail, block.len - 4);
    uint64_t starts = (uint64_t)reader_u32le(&tail) * 4 + 4;
    if (starts > block.len) return c->trouble = "A block is shorter than its own list", false;
    *out = (entries){.at = reader_of((bytes){block.data, block.len - (size_t)starts})};
    return true;
}

/* False at the end, and when it is broken: then at.failed. */
static bool next_entry(entries *b)
{
    if (b->at.failed || reader_left(&b->at) == 0) return false;
    uint64_t shared = pb_varint(&b->at), own = pb_varint(&b->at), value = pb_varint(&b->at);
    bytes rest = reader_take(&b->at, own);
    b->value = reader_take(&b->at, value);
    if (shared > b->key_len || own > KEY_BYTES_MAX - shared) b->at.failed = true;
    if (b->at.failed) return false;
    if (rest.len) memcpy(b->key + shared, rest.data, rest.len);
    b->key_len = (size_t)(shared + own);
    return true;
}

/* --- tensors ----------------------------------------------------------------------------------------------------------------------------- */

/* TensorShapeProto: dim 2 {size 1}. False: no shape of a tensor that is stored. */
static bool take_shape(bytes shape, uint64_t *dims, size_t *rank, uint64_t *count)
{
    reader r = reader_of(shape);
    pb_field f;
    *rank = 0;
    *count = 1;
    while (pb_next(&r, &f)) {
        if (f.number != 2 || f.wire != 2) continue;
        uint64_t size = pb_number(f.content, 1);
        if (*rank == RANK_MAX || (int64_t)size < 0 || __builtin_mul_overflow(*count, size, count))
            return false;
        dims[(*rank)++] = size;
    }
    return !r.failed;
}

/* After the one before, byte by byte. */
static bool follows(checkpoint *c, const entries *b)
{
    size_t common = b->key_len < c->before_len ? b->key_len : c->before_len;
    int order = memcmp(b->key, c->before, common);
    bool rises = order > 0 || (order == 0 && b->key_len > c->before_len);
    memcpy(c->before, b->key, b->key_len);
    c->before_len = b->key_len;
    return rises;
}

/* BundleEntryProto: dtype 1, shape 2, shard 3, offset 4, size 5, slices 7 (the numbers are in entries of their own, whose keys are no text). */
static bool tell_entry(checkpoint *c, const entries *b, err *e)
{
    const str key = {(const char *)b->key, b->key_len}, variable = STR("/.ATTRIBUTES/VARIABLE_VALUE");
    uint64_t dims[RANK_MAX], count;
    tensor_fact t = {.shape = dims, .name = key, .bytes = pb_number(b->value, 5)};
    if (str_ends_with(key, variable)) t.name.len -= variable.len;
    if (!follows(c, b)) return c->trouble = "The names are not in order", true;
    if (!str_is_utf8(key) || (uint8_t)key.data[0] < ' ' || str_eq(key, STR("_CHECKPOINTABLE_OBJECT_GRAPH")))
        return true;
    t.dtype = str_from_c(tensorflow_type_name(pb_number(b->value, 1)));
    if (!take_shape(pb_bytes(b->value, 2), dims, &t.rank, &count) || pb_number(b->value, 3) >= c->shards)
        return c->trouble = "A tensor's entry is broken", true;
    uint64_t item = tensor_item_bytes(t.dtype), wanted = 0;
    bool is_whole = item && pb_bytes(b->value, 7).len == 0;
    if (is_whole && (__builtin_mul_overflow(count, item, &wanted) || wanted != t.bytes))
        return c->trouble = "A tensor has another size than its shape", true;
    return report_tensor(c->report, &t, e);
}

/* BundleHeaderProto, under the empty key: the number of .data files 1. */
static bool tell_block(checkpoint *c, entries *b, bool is_first, err *e)
{
    if (is_first) {
        if (!next_entry(b) || b->key_len) return c->trouble = "The first entry is not the header", true;
        c->shards = pb_number(b->value, 1);
        if (!nested_fact_number(c->report, STR("shards"), c->shards, e)) return false;
    }
    while (!c->trouble && next_entry(b))
        if (!tell_entry(c, b, e)) return false;
    if (b->at.failed) c->trouble = "A block ends within an entry";
    return true;
}

/* The blocks, a block about the table (which is empty), the block of blocks, the footer. */
static bool tell_blocks(checkpoint *c, err *e)
{
    reader footer = reader_of((bytes){c->file.data + c->file.len - FOOTER_BYTES, FOOTER_BYTES - 8}),
           about = footer;
    entries *blocks = arena_alloc_array(c->report->arena, 2, sizeof *blocks);
    if (!blocks) return err_set(e, ERR_MEMORY, "no memory for the blocks of a checkpoint");
    (void)pb_varint(&footer);
    (void)pb_varint(&footer);
    reader again = footer, handle = footer;
    c->end = pb_varint(&handle);
    if (!open_block(c, &footer, &blocks[0])) return true;
    if (c->end != c->file.len - FOOTER_BYTES) c->trouble = "Bytes lie between the blocks";
    c->end = 0;
    bool is_first = true;
    while (!c->trouble && next_entry(&blocks[0])) {
        handle = reader_of(blocks[0].value);
        if (open_block(c, &handle, &blocks[1]) && !tell_block(c, &blocks[1], is_first, e)) return false;
        is_first = false;
    }
    if (c->trouble) return true;
    if (blocks[0].at.failed || is_first)
        c->trouble = "The list of blocks is broken";
    else if (open_block(c, &about, &blocks[1]))
        (void)open_block(c, &again, &blocks[1]);
    return true;
}

/* --- the format -------------------------------------------------------------------------------------------------------------------------- */

/* Other tables of this kind do not begin with an empty key and a number of files. */
static bool sniff(const format_input *in)
{
    bytes file = in->content;
    if (file.len < FOOTER_BYTES + TRAILER_BYTES + 4) return false;
    reader tail = reader_of((bytes){file.data + file.len - 8, 8});
    return reader_u64le(&tail) == footer_magic && file.data[0] == 0 && file.data[1] == 0 &&
           file.data[3] == 0x08;
}

static bool read(const format_input *in, report *r, err *e)
{
    checkpoint *c = arena_alloc(r->arena, sizeof *c);
    if (!c) return err_set(e, ERR_MEMORY, "no memory for the index of a checkpoint");
    *c = (checkpoint){.report = r, .file = in->content};
    if (!report_fact(r, STR("framework"), STR("tensorflow"), e) || !tell_blocks(c, e)) return false;
    remark m = {.code = "MDL-TF-004",
                .severity = SEVERITY_MEDIUM,
                .advice = "Get the file again from its source.",
                .is_unreadable = true};
    return !c->trouble || nested_say(r, &m, str_from_c(c->trouble), e);
}

const model_format format_tensorflow_checkpoint = {
    .name = "tensorflow_checkpoint", .title = "TensorFlow checkpoint", .sniff = sniff, .read = read};
