/*
 * cli/model_inspect.c - `assay model inspect`: what a model file is, read by the sandboxed child and never loaded. The verdict comes first.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"
#include "inspect.h"
#include "scan.h"

#include "base/limits.h"
#include "os/file.h"
#include "scan/scan.h"

#include <stdio.h>
#include <unistd.h>

enum { TREE_ROWS = 40, VALUE_SHOWN_BYTES = 300, LABEL_WIDTH = 24 };

typedef struct inspect_args {
    const char *file;
    bool json, all;
} inspect_args;

/* --- numbers for people --------------------------------------------------------------------------------------------------- */

typedef struct scale {
    double unit;
    const char *word;
} scale;

static void add_scaled(buf *out, uint64_t number, const scale *scales, size_t count, const char *plain)
{
    for (size_t i = 0; i < count; i++)
        if ((double)number >= scales[i].unit) {
            buf_printf(out, "%.1f %s", (double)number / scales[i].unit, scales[i].word);
            return;
        }
    buf_printf(out, "%llu%s", (unsigned long long)number, plain);
}

void inspect_add_count(buf *out, uint64_t count)
{
    static const scale scales[] = {{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}};
    add_scaled(out, count, scales, COUNT_OF(scales), "");
}

void inspect_add_bytes(buf *out, uint64_t number)
{
    static const scale scales[] = {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}};
    add_scaled(out, number, scales, COUNT_OF(scales), " bytes");
}

/* --- the page ------------------------------------------------------------------------------------------------------------- */

static void add_line(buf *out, const char *label, str value)
{
    if (value.len == 0) return;
    buf_printf(out, "  %-*s  ", LABEL_WIDTH, label);
    scan_text_add(out, value, VALUE_SHOWN_BYTES);
    buf_add_byte(out, '\n');
}

static str fact_of(const json_t *target, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(target, "facts"), i,
                       item) if (str_eq(json_text(item, "name"), str_from_c(name))) return json_text(item,
                                                                                                     "value");
    return STR_NONE;
}

static void add_verdict(const json_t *target, buf *out)
{
    size_t findings = json_array_size(json_object_get(target, "findings"));
    str judged = json_text(target, "verdict");
    scan_text_add(out, judged, 32);
    buf_add_str(out, STR("  "));
    scan_text_add(out, json_text(target, "path"), VALUE_SHOWN_BYTES);
    if (findings)
        buf_printf(out, "  (%zu finding%s; `assay scan --explain` tells)", findings,
                   findings == 1 ? "" : "s");
    buf_add_str(out, STR("\n\n"));
}

static void add_head(const json_t *target, buf *out)
{
    static const struct {
        const char *fact, *label;
    } lines[] = {
        {"class", "class"},       {"framework", "framework"},         {"framework_version", "version"},
        {"features", "features"}, {"feature_names", "feature names"}, {"classes", "classes"},
        {"license", "licence"}};
    add_line(out, "format", json_text(target, "format"));
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        add_line(out, lines[i].label, fact_of(target, lines[i].fact));
    str hash = json_text(target, "sha256");
    add_line(out, "sha256", hash);
}

static bool is_told_already(str name)
{
    static const char *const told[] = {
        "class", "framework", "framework_version", "features", "feature_names", "classes", "license"};
    for (size_t i = 0; i < COUNT_OF(told); i++)
        if (str_eq(name, str_from_c(told[i]))) return true;
    return false;
}

/* "param.max_depth" belongs to the section "param"; a name without a dot to the one that is called by none. */
static bool is_of(str name, const char *section)
{
    static const char *const sections[] = {"param.", "step.", "input.", "output.", "item."};
    if (section) return str_starts_with(name, str_from_c(section));
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (str_starts_with(name, str_from_c(sections[i]))) return false;
    return !is_told_already(name);
}

static void add_section(const json_t *target, const char *title, const char *section, buf *out)
{
    size_t i, told = 0;
    const json_t *item;
    json_array_foreach(json_object_get(target, "facts"), i, item)
    {
        str name = json_text(item, "name");
        if (!is_of(name, section)) continue;
        if (told++ == 0) buf_printf(out, "\n%s\n", title);
        AUTO_BUF buf label;
        buf_init(&label, KIB);
        scan_text_add(&label, section ? str_skip(name, strlen(section)) : name, 60);
        buf_add_byte(&label, 0);
        if (!label.failed) add_line(out, (const char *)label.data, json_text(item, "value"));
    }
}

static bool add_tensors(const json_t *target, bool all, buf *out, err *e)
{
    json_int_t count = json_integer_value(json_object_get(target, "tensor_count"));
    if (count == 0) return true;
    buf_printf(out, "\nTensors  %lld, ", (long long)count);
    inspect_add_count(out, (uint64_t)json_integer_value(json_object_get(target, "parameter_count")));
    buf_add_str(out, STR(" numbers, "));
    inspect_add_bytes(out, (uint64_t)json_integer_value(json_object_get(target, "tensor_bytes")));
    buf_add_byte(out, '\n');
    return inspect_tree(target, all ? 0 : TREE_ROWS, out, e);
}

static bool print_page(const json_t *target, bool all, err *e)
{
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_SCAN_REPORT_BYTES);
    add_verdict(target, &out);
    add_head(target, &out);
    add_section(target, "Steps", "step.", &out);
    add_section(target, "Parameters", "param.", &out);
    add_section(target, "Inputs", "input.", &out);
    add_section(target, "Outputs", "output.", &out);
    add_section(target, "Contents", "item.", &out);
    add_section(target, "More", NULL, &out);
    return add_tensors(target, all, &out, e) && buf_ok(&out, "the page", e) &&
           fd_write_all(STDOUT_FILENO, buf_bytes(&out), e);
}

/* --- the command ---------------------------------------------------------------------------------------------------------- */

static bool inspect_file(const inspect_args *args, json_t **target, err *e)
{
    AUTO(spawner_stop) spawner *s = NULL;
    AUTO(fd_close) int fd = -1;
    return file_open_read(args->file, &fd, e) && spawner_start(&s, e) &&
           scan_file(s, fd, str_from_c(args->file), target, e);
}

/* The codes of `assay scan`: who inspects in a script wants to know as well. */
static int code_of(const json_t *target)
{
    verdict v;
    if (!verdict_parse(json_text(target, "verdict"), &v)) v = VERDICT_UNPARSEABLE;
    return v == VERDICT_UNSAFE || v == VERDICT_SUSPICIOUS ? CLI_FAILED_POLICY
           : v == VERDICT_UNPARSEABLE                     ? CLI_UNFINISHED
                                                          : CLI_DONE;
}

int cli_model_inspect(int argc, char **argv)
{
    inspect_args args = {0};
    const cli_option options[] = {
        {"--json", NULL, "write the target of the scan document (assay.scan/1)", NULL, &args.json, NULL},
        {"--all", NULL, "show every tensor, however many there are", NULL, &args.all, NULL},
    };
    const cli_usage usage = {
        "assay model inspect FILE [OPTIONS]",
        "Tells what a model file is, without loading it: verdict, framework and version, class, parameters,\n"
        "what it was fitted on, inputs and outputs, tensors. Any format that `assay scan` knows.",
        "assay model inspect model.pkl", options, COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("inspect", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (rest.count != 1) {
        err_set(&e, ERR_INVALID, "give one model file; see --help");
        return cli_complain("inspect", &e, CLI_USAGE);
    }
    args.file = rest.items[0];
    AUTO(json_release) json_t *target = NULL;
    if (!inspect_file(&args, &target, &e))
        return cli_complain("inspect", &e, e.code == ERR_NOT_FOUND ? CLI_USAGE : CLI_UNFINISHED);
    bool told = args.json ? cli_print_json(target, &e) : print_page(target, args.all, &e);
    return told ? code_of(target) : cli_complain("inspect", &e, CLI_UNFINISHED);
}
