/*
 * codec/sevenzip_data.c - unpacking one folder of a 7z: liblzma for the LZMA family and the filters in front of it, our own streams for the rest.
 */
#include "sevenzip_header.h"

#include "base/limits.h"

#include <lzma.h>
#include <stdlib.h>

enum { LZMA_MEMORY_BYTES = 320 * 1024 * 1024 };

struct sevenzip_source {
    unpack_budget *budget;
    bytes stored; /* the Copy coder: what is left of it */
    bool is_stored, is_lzma;
    lzma_stream lzma;
    unpack_stream *stream;
};

/* --- coders -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    uint64_t id;
    lzma_vli filter;
} filters[] = {
    {0x03, LZMA_FILTER_DELTA},          {0x04, LZMA_FILTER_X86},         {0x05, LZMA_FILTER_POWERPC},
    {0x06, LZMA_FILTER_IA64},           {0x07, LZMA_FILTER_ARM},         {0x08, LZMA_FILTER_ARMTHUMB},
    {0x09, LZMA_FILTER_SPARC},          {0x0a, LZMA_FILTER_ARM64},       {0x03030103, LZMA_FILTER_X86},
    {0x03030205, LZMA_FILTER_POWERPC},  {0x03030401, LZMA_FILTER_IA64},  {0x03030501, LZMA_FILTER_ARM},
    {0x03030701, LZMA_FILTER_ARMTHUMB}, {0x03030805, LZMA_FILTER_SPARC}, {0x21, LZMA_FILTER_LZMA2},
    {0x030101, LZMA_FILTER_LZMA1EXT},
};

static const struct {
    uint64_t id;
    packing packing;
} packings[] = {{0x040108, PACKING_DEFLATE},
                {0x040202, PACKING_BZIP2},
                {0x04f71101, PACKING_ZSTD},
                {0x04f71104, PACKING_LZ4}};

static bool unsupported(const sevenzip_coder *coder, err *e)
{
    return err_set(e, ERR_UNSUPPORTED, "it uses the coder %llx, which is not supported",
                   (unsigned long long)coder->id);
}

static bool find_filter(const sevenzip_coder *coder, lzma_vli *filter)
{
    for (size_t i = 0; i < COUNT_OF(filters); i++)
        if (filters[i].id == coder->id) {
            *filter = filters[i].filter;
            return true;
        }
    return false;
}

/* The properties of a 7z coder are those of the same filter in liblzma. LZMA has no end mark here, so its size has to be given. */
static bool make_filter(const sevenzip_coder *coder, uint64_t size_bytes, lzma_filter *out, err *e)
{
    if (!find_filter(coder, &out->id)) return unsupported(coder, e);
    bool is_lzma1 = out->id == LZMA_FILTER_LZMA1EXT;
    lzma_filter plain = {.id = is_lzma1 ? LZMA_FILTER_LZMA1 : out->id};
    lzma_ret code = lzma_properties_decode(&plain, NULL, coder->properties.data, coder->properties.len);
    if (code == LZMA_MEM_ERROR) return err_set(e, ERR_MEMORY, "no memory for a 7z decoder");
    if (code != LZMA_OK)
        return err_set(e, ERR_INVALID, "the properties of the coder %llx are damaged",
                       (unsigned long long)coder->id);
    out->options = plain.options;
    if (!is_lzma1) return true;
    lzma_options_lzma *options = plain.options;
    options->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
    lzma_set_ext_size(*options, size_bytes);
    return true;
}

static void free_filters(lzma_filter *chain)
{
    for (size_t i = 0; i < LZMA_FILTERS_MAX; i++) free(chain[i].options);
}

static bool open_chain(const sevenzip_folder *f, sevenzip_source *s, lzma_filter *chain, err *e)
{
    for (size_t i = 0; i < f->coder_count; i++)
        if (!make_filter(&f->coders[f->order[i]], f->coder_sizes[f->order[i]], &chain[i], e)) return false;
    chain[f->coder_count].id = LZMA_VLI_UNKNOWN;
    uint64_t memory = lzma_raw_decoder_memusage(chain);
    if (memory == UINT64_MAX) return err_set(e, ERR_UNSUPPORTED, "its coders do not go together");
    if (memory > LZMA_MEMORY_BYTES)
        return err_set(e, ERR_TOO_LARGE, "its dictionary is larger than the 320 MiB that may be used");
    s->lzma = (lzma_stream)LZMA_STREAM_INIT;
    lzma_ret code = lzma_raw_decoder(&s->lzma, chain);
    if (code == LZMA_MEM_ERROR) return err_set(e, ERR_MEMORY, "no memory for a 7z decoder");
    if (code != LZMA_OK) return err_set(e, ERR_UNSUPPORTED, "its coders do not go together");
    s->is_lzma = true;
    s->lzma.next_in = f->packed.data;
    s->lzma.avail_in = f->packed.len;
    return true;
}

static bool open_single(const sevenzip_folder *f, sevenzip_source *s, bool *is_open, err *e)
{
    *is_open = true;
    if (f->coders[0].id == 0) {
        s->is_stored = true;
        s->stored = f->packed;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(packings); i++)
        if (packings[i].id == f->coders[0].id)
            return unpack_open(packings[i].packing, f->packed, s->budget, &s->stream, e);
    *is_open = false;
    return true;
}

bool sevenzip_open(const sevenzip_folder *f, unpack_budget *budget, sevenzip_source **out, err *e)
{
    if (f->unsupported) return err_set(e, ERR_UNSUPPORTED, "%s", f->unsupported);
    AUTO(sevenzip_close) sevenzip_source *s = calloc(1, sizeof(*s));
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a 7z decoder");
    s->budget = budget;
    bool is_open = false;
    if (f->coder_count == 1 && !open_single(f, s, &is_open, e)) return false;
    if (!is_open) {
        lzma_filter chain[LZMA_FILTERS_MAX + 1] = {{0}};
        bool ok = open_chain(f, s, chain, e);
        free_filters(chain);
        if (!ok) return false;
    }
    *out = TAKE(s);
    return true;
}

void sevenzip_close(sevenzip_source *s)
{
    if (!s) return;
    if (s->is_lzma) lzma_end(&s->lzma);
    unpack_close(s->stream);
    free(s);
}

/* --- bytes --------------------------------------------------------------------------------------------------------------------------- */

static bool take_stored(sevenzip_source *s, uint8_t *into, size_t count, size_t *got, err *e)
{
    size_t piece = count < s->stored.len ? count : s->stored.len;
    if (!unpack_charge(s->budget, piece, e)) return false;
    if (piece) memcpy(into, s->stored.data, piece);
    s->stored = (bytes){s->stored.data + piece, s->stored.len - piece};
    *got = piece;
    return true;
}

static bool take_lzma(sevenzip_source *s, uint8_t *into, size_t count, size_t *got, err *e)
{
    s->lzma.next_out = into;
    s->lzma.avail_out = count;
    lzma_ret code = LZMA_OK;
    while (s->lzma.avail_out > 0 && code == LZMA_OK) code = lzma_code(&s->lzma, LZMA_RUN);
    *got = count - s->lzma.avail_out;
    if (!unpack_charge(s->budget, *got, e)) return false;
    if (code == LZMA_MEM_ERROR) return err_set(e, ERR_MEMORY, "no memory for a 7z decoder");
    bool is_sound = code == LZMA_OK || code == LZMA_STREAM_END || code == LZMA_BUF_ERROR;
    return is_sound || err_set(e, ERR_INVALID, "the packed data of the 7z archive are damaged");
}

static bool take_stream(sevenzip_source *s, uint8_t *into, size_t count, size_t *got, err *e)
{
    for (size_t step = 1; *got < count && step; *got += step)
        if (!unpack_read(s->stream, into + *got, count - *got, &step, e)) return false;
    return true;
}

bool sevenzip_take(sevenzip_source *s, uint8_t *into, size_t count, size_t *got, err *e)
{
    *got = 0;
    bool ok = s->is_stored ? take_stored(s, into, count, got, e)
              : s->is_lzma ? take_lzma(s, into, count, got, e)
                           : take_stream(s, into, count, got, e);
    if (!ok) return false;
    return *got == count || err_set(e, ERR_TRUNCATED, "the packed data of the 7z archive end early");
}
