/*
 * format/rdata/rdata.c - .rds and .rda files: unpack, read the head, walk the objects.
 */
#include "rdata/rdata.h"

#include "base/limits.h"
#include "nested.h"

#include <stdio.h>

enum { SNIFF_BYTES = 32, NATIVE_NAME_BYTES_MAX = 256 };

static const char advice[] = "Get the file again from its source, or write it again with R's saveRDS.";

/* --- recognising ------------------------------------------------------------------------------------------------------------------------ */

/* "X\n" and the version 2 or 3; in a workspace "RDX3\n" stands in front. */
static bool find_stream(bytes head, rdata_coding *coding, size_t *at)
{
    static const struct {
        const char *magic;
        size_t len;
        rdata_coding coding;
    } starts[] = {{"X\n\0\0\0\2", 6, RDATA_XDR},    {"X\n\0\0\0\3", 6, RDATA_XDR},
                  {"A\n2\n", 4, RDATA_TEXT},        {"A\n3\n", 4, RDATA_TEXT},
                  {"B\n\2\0\0\0", 6, RDATA_NATIVE}, {"B\n\3\0\0\0", 6, RDATA_NATIVE}};
    str text = bytes_str(head);
    static const char *const workspaces[] = {"RDX2\n", "RDX3\n", "RDA2\n", "RDA3\n", "RDB2\n", "RDB3\n"};
    *at = 0;
    for (size_t i = 0; i < COUNT_OF(workspaces); i++)
        if (str_starts_with(text, str_from_c(workspaces[i]))) *at = 5;
    text = str_skip(text, *at);
    for (size_t i = 0; i < COUNT_OF(starts); i++)
        if (str_starts_with(text, (str){starts[i].magic, starts[i].len})) {
            *coding = starts[i].coding;
            *at += 2;
            return true;
        }
    return false;
}

static bool sniff(const format_input *in)
{
    rdata_coding coding;
    size_t at, have = 0;
    packing p = packing_sniff(in->content);
    if (p == PACKING_NONE) return find_stream(in->content, &coding, &at);
    uint8_t head[SNIFF_BYTES];
    unpack_budget own = unpack_budget_new(in->content.len);
    AUTO(unpack_close) unpack_stream *stream = NULL;
    if (!unpack_open(p, in->content, &own, &stream, NULL)) return false;
    for (size_t got = 1; have < sizeof(head) && got > 0; have += got)
        if (!unpack_read(stream, head + have, sizeof(head) - have, &got, NULL)) break;
    return find_stream((bytes){head, have}, &coding, &at);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------- */

static bool unreadable(report *r, const char *code, str title, err *e)
{
    remark m = {.code = code, .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, title, e);
}

/* Version of the format, of the writer, of the oldest reader; in version 3 the encoding that texts are in. */
static bool read_head(rdata_input *in, report *r, bool *is_sound, err *e)
{
    int32_t version = rdata_int(in), writer = rdata_int(in);
    (void)rdata_int(in);
    *is_sound = false;
    if (version == 3) {
        int32_t length = rdata_int(in);
        if (length < 0 || length > NATIVE_NAME_BYTES_MAX)
            in->r.failed = true;
        else
            (void)rdata_text(in, (uint64_t)length);
    }
    if (in->r.failed || version < 2 || version > 3)
        return unreadable(r, "MDL-R-003", STR("The head of the R file is damaged, or of an unknown version"),
                          e);
    *is_sound = true;
    char text[32];
    int len =
        snprintf(text, sizeof(text), "%d.%d.%d", writer >> 16 & 0xff, writer >> 8 & 0xff, writer & 0xff);
    return report_fact(r, STR("framework"), STR("R"), e) &&
           report_fact(r, STR("r_version"), (str){text, (size_t)len}, e);
}

static bool tell(const rdata_facts *facts, report *r, err *e)
{
    return nested_fact_number(r, STR("objects"), facts->objects, e) &&
           (facts->class.len == 0 || report_fact(r, STR("class"), facts->class, e)) &&
           (!facts->closures || nested_fact_number(r, STR("functions"), facts->closures, e));
}

static bool read_behind(const format_input *in, rdata_input *input, report *r, err *e)
{
    bytes rest = reader_take(&input->r, reader_left(&input->r));
    str trimmed = input->coding == RDATA_TEXT ? str_trim(bytes_str(rest)) : bytes_str(rest);
    if (trimmed.len == 0) return true;
    remark m = {.code = "MDL-PKL-013", .severity = SEVERITY_LOW, .advice = advice};
    return nested_say(r, &m, STR("Bytes follow the object and belong to nothing"), e) &&
           nested_read(in, STR("(behind the object)"), rest, r, e);
}

static bool read_plain(const format_input *in, bytes plain, report *r, err *e)
{
    rdata_input input = {.r = reader_of(plain)};
    size_t at = 0;
    if (!find_stream(plain, &input.coding, &at))
        return unreadable(r, "MDL-R-003", STR("The R file ends within its head"), e);
    (void)reader_seek(&input.r, at);
    buf_init(&input.text, LIMIT_MODEL_UNPACKED_BYTES);
    rdata_facts facts = {0};
    bool is_sound = false, is_whole = false;
    bool ok = read_head(&input, r, &is_sound, e) &&
              (!is_sound || rdata_walk(&input, r, &facts, &is_whole, e)) &&
              (!is_sound || tell(&facts, r, e)) && (!is_whole || read_behind(in, &input, r, e));
    buf_done(&input.text);
    return ok;
}

static bool read(const format_input *in, report *r, err *e)
{
    packing p = packing_sniff(in->content);
    if (p == PACKING_NONE) return read_plain(in, in->content, r, e);
    AUTO_BUF buf plain;
    buf_init(&plain, LIMIT_MODEL_UNPACKED_BYTES);
    size_t used = in->content.len;
    err trouble = {0};
    bool is_unpacked = unpack_all(p, in->content, in->budget, &plain, &used, &trouble);
    if (!is_unpacked && trouble.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", trouble.message);
    if (!report_fact(r, STR("compression"), str_from_c(packing_name(p)), e) ||
        !read_plain(in, buf_bytes(&plain), r, e))
        return false;
    if (!is_unpacked) return unreadable(r, "MDL-CMP-002", str_from_c(trouble.message), e);
    bytes rest = {in->content.data + used, in->content.len - used};
    remark m = {.code = "MDL-CMP-001", .severity = SEVERITY_MEDIUM, .advice = advice};
    return rest.len == 0 ||
           (nested_say(r, &m, STR("Bytes follow the compressed data and belong to nothing"), e) &&
            nested_read(in, STR("(behind the compressed data)"), rest, r, e));
}

const model_format format_rdata = {.name = "rdata", .title = "R data", .sniff = sniff, .read = read};
