/*
 * format/torch/export.c - what torch.export writes (.pt2): the graph as JSON, a node for each call of an operator.
 *
 * The loader finds a node's target by walking attributes from the module that its first word names (torch, operator, math), so a target is an import: only
 * operators of PyTorch's own and plain arithmetic are what an exporter writes.
 */
#include "torch/torch.h"

#include "codec/json.h"
#include "json_text.h"
#include "nested.h"

enum { SHOWN_BYTES = 120, FINDINGS_MAX = 50, FACT_BYTES = 64 };

static const char advice[] =
    "Look at what the graph calls before you load it, or take the weights alone, as safetensors.";

typedef struct export_reading {
    report *report;
    str member;
    uint64_t nodes, told;
} export_reading;

/* --- names ----------------------------------------------------------------------------------------------------------------------------- */

static bool is_one_of(str word, const char *words)
{
    str each, rest = str_from_c(words);
    while (str_next(&rest, ' ', &each))
        if (str_eq(each, word)) return true;
    return false;
}

static const char own_spaces[] =
    "aten prim prims quantized quantized_decomposed torchvision higher_order inductor _inductor_test "
    "_c10d_functional c10d_functional rngprims mkldnn mkldnn_prepacked mkl sparse fbgemm onednn "
    "profiler debugprims inference cuda xnnpack export torchao torch_tensorrt image static_runtime symm_mem "
    "_quantized cudnn mtia metal vulkan nested";
static const char arithmetic[] =
    "add sub mul truediv floordiv mod pow neg pos abs eq ne lt le gt ge and_ or_ xor not_ invert "
    "lshift rshift matmul index getitem is_ is_not contains concat truth";
static const char file_operators[] = "from_file save load load_library _load_from_bytes read_file write_file";

/* Behind "torch.": an operator, or one of the few functions about sizes. */
static const char *reach_of_torch(str rest, severity *s)
{
    str first, space, operator, overload;
    (void)str_cut(rest, '.', &first, &rest);
    if (str_starts_with(first, STR("sym_")) || str_starts_with(first, STR("_sym_")) ||
        str_eq(first, STR("_check")))
        return NULL;
    if (!str_eq(first, STR("ops"))) {
        *s = SEVERITY_HIGH;
        return "is a function of PyTorch's Python part, which is none of its operators";
    }
    (void)str_cut(rest, '.', &space, &rest);
    (void)str_cut(rest, '.', &operator, & overload);
    *s = SEVERITY_HIGH;
    if (is_one_of(operator, file_operators)) return "reads or writes files";
    if (str_find(overload, '.') >= 0 || str_starts_with(operator, STR("__")))
        return "is no name of an operator";
    *s = SEVERITY_MEDIUM;
    return is_one_of(space, own_spaces) ? NULL : "is an operator that PyTorch itself does not have";
}

/* NULL: what an exporter writes. */
static const char *reach_of(str target, severity *s)
{
    str first, rest;
    (void)str_cut(target, '.', &first, &rest);
    *s = SEVERITY_MEDIUM;
    if (str_eq(first, STR("torch"))) return reach_of_torch(rest, s);
    if (str_eq(first, STR("_operator"))) {
        if (is_one_of(rest, arithmetic)) return NULL;
        *s = SEVERITY_HIGH;
        return "is no arithmetic: it fetches or calls something";
    }
    if (str_eq(first, STR("math"))) return str_find(rest, '.') < 0 ? NULL : "is no function of numbers";
    if (str_starts_with(target, STR("#")))
        return "is read by a handler that the loading program has to bring";
    return "is no operator of PyTorch";
}

/* --- the graph --------------------------------------------------------------------------------------------------------------------------- */

static bool judge_target(export_reading *rd, str target, err *e)
{
    severity s;
    rd->nodes++;
    if (target.len == 0) return true;
    const char *reach = reach_of(target, &s);
    if (!reach || rd->told++ >= FINDINGS_MAX) return true;
    str shown = str_slice(target, 0, SHOWN_BYTES);
    str title = arena_printf(rd->report->arena, "The graph calls %.*s, which %s", STR_ARG(shown), reach);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    remark m = {.code = "MDL-TOR-003", .severity = s, .member = rd->member, .advice = advice};
    return nested_say(rd->report, &m, title, e);
}

/* Lists of nodes stand at any depth: branches and loops are graphs within the arguments of a node. The document's depth has a limit. */
static bool walk(export_reading *rd, const json_t *value, err *e)
{
    const char *key;
    json_t *child;
    size_t i;
    if (json_is_array(value)) {
        json_array_foreach(value, i, child) if (!walk(rd, child, e)) return false;
        return true;
    }
    const json_t *nodes = json_object_get(value, "nodes");
    json_array_foreach(nodes, i, child) if (!judge_target(rd, json_text(child, "target"), e)) return false;
    json_object_foreach((json_t *)value, key, child) if (!walk(rd, child, e)) return false;
    return true;
}

static bool tell(export_reading *rd, const json_t *root, err *e)
{
    str version = json_text(root, "torch_version");
    bool is_shown = version.len > 0 && version.len <= FACT_BYTES && str_is_utf8(version);
    json_int_t opset = json_integer_value(json_object_get(json_object_get(root, "opset_version"), "aten"));
    return (!is_shown || report_fact(rd->report, STR("torch_version"), version, e)) &&
           (opset < 1 || nested_fact_number(rd->report, STR("opset"), (uint64_t)opset, e)) &&
           nested_fact_number(rd->report, STR("nodes"), rd->nodes, e);
}

bool torch_export_is(str path, bytes content)
{
    return str_ends_with(path, STR(".json")) && json_text_is_object(content) &&
           json_text_has(content, "graph_module");
}

bool torch_export_read(str member, bytes content, report *r, err *e)
{
    export_reading rd = {.report = r, .member = member};
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    if (json_decode_model(content, "the exported graph", &root, &why))
        return walk(&rd, root, e) && tell(&rd, root, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    remark m = {.code = "MDL-TOR-006",
                .severity = SEVERITY_MEDIUM,
                .member = member,
                .advice = advice,
                .is_unreadable = true};
    return nested_say(r, &m, str_from_c(why.message), e);
}
