/*
 * format/catboost/catboost.c - "CBM1", a length, and a FlatBuffer of that length; parts that it names follow.
 *
 * A FlatBuffer is made of offsets. Each is followed here once, within the buffer, so that a reader which does not check (CatBoost does) would
 * not leave it either; then the lists of trees are held against one another. Fields by number, as the published schema declares them.
 */
#include "catboost/catboost.h"

#include "base/reader.h"
#include "flatbuffer.h"
#include "nested.h"

enum { CORE_VERSION = 0, CORE_TREES = 1, CORE_INFO = 2, CORE_PARTS = 3 };
enum {
    TREES_DIMENSION = 0,
    TREES_SPLITS = 1,
    TREES_SIZES = 2,
    TREES_STARTS = 3,
    TREES_CATEGORICAL = 4,
    TREES_FLOAT = 5,
    TREES_LEAVES = 8,
    TREES_WEIGHTS = 9,
    TREES_STEPS = 10,
    TREES_LEAF_IDS = 11,
    TREES_TEXT = 12,
};
enum { FEATURE_INDEX = 1, DEPTH_MAX = 16, INFO_MAX = 256, VALUE_BYTES_MAX = 512, HEAD_BYTES = 8 };

/* --- trees ------------------------------------------------------------------------------------------------------------------------- */

typedef struct model {
    report *report;
    flat_table core, trees;
    flat_vector splits, sizes, starts, leaves, steps, leaf_ids;
    int64_t dimension;
    uint64_t features;
} model;

static const char astray[] = "an offset leads out of it";

static int64_t integer_in(const flat_vector *v, uint64_t index)
{
    bool fits = true;
    return (int32_t)(uint32_t)flat_number(v->all, v->at + 4 * index, 4, &fits);
}

/* Symmetric trees have 2^depth leaves of `dimension` numbers each, one tree after the other. */
static const char *check_symmetric(const model *m)
{
    uint64_t splits = 0, leaves = 0;
    for (uint64_t i = 0; i < m->sizes.count; i++) {
        int64_t size = integer_in(&m->sizes, i);
        if (size < 0 || size > DEPTH_MAX) return "a tree has an impossible depth";
        if (m->starts.count && integer_in(&m->starts, i) != (int64_t)splits)
            return "a tree does not begin where the one before it ends";
        splits += (uint64_t)size;
        leaves += (1ull << size) * (uint64_t)m->dimension;
        if (splits > m->splits.count || leaves > m->leaves.count)
            return "it has more trees than splits or leaves";
    }
    return splits == m->splits.count && leaves == m->leaves.count ? NULL
                                                                  : "it has splits or leaves of no tree";
}

/* Other trees walk by steps: to the left and to the right so many nodes on, 0 where the path ends. A step leads forwards only, and stays within
 * its tree. */
static const char *check_steps(const model *m)
{
    uint64_t at = 0;
    if (m->steps.count != m->splits.count || m->leaf_ids.count != m->steps.count)
        return "it has not one step for each split";
    for (uint64_t i = 0; i < m->sizes.count; i++) {
        int64_t size = integer_in(&m->sizes, i);
        if (size < 1 || (uint64_t)size > m->steps.count - at) return "it has more trees than splits";
        if (m->starts.count && integer_in(&m->starts, i) != (int64_t)at)
            return "a tree does not begin where the one before it ends";
        for (uint64_t n = 0; n < (uint64_t)size; n++) {
            bool fits = true;
            uint64_t step = m->steps.at + 4 * (at + n);
            uint64_t left = flat_number(m->core.all, step, 2, &fits),
                     right = flat_number(m->core.all, step + 2, 2, &fits);
            if (left >= (uint64_t)size - n || right >= (uint64_t)size - n) return "a step leaves its tree";
            uint32_t leaf = (uint32_t)integer_in(&m->leaf_ids, at + n);
            bool ends = left == 0 || right == 0;
            if (ends && (uint64_t)leaf + (uint64_t)m->dimension > m->leaves.count)
                return "a path ends at a leaf that the model does not have";
        }
        at += (uint64_t)size;
    }
    return at == m->steps.count ? NULL : "it has steps of no tree";
}

static const char *read_trees(model *m)
{
    bool fits = true;
    m->trees = flat_table_of(&m->core, CORE_TREES, &fits);
    if (!fits || !m->trees.is_there) return "it has no trees";
    const flat_table *t = &m->trees;
    m->dimension = 1;
    if (flat_has(t, TREES_DIMENSION, &fits))
        m->dimension = (int32_t)(uint32_t)flat_scalar(t, TREES_DIMENSION, 4, &fits);
    m->splits = flat_vector_of(t, TREES_SPLITS, 4, &fits);
    m->sizes = flat_vector_of(t, TREES_SIZES, 4, &fits);
    m->starts = flat_vector_of(t, TREES_STARTS, 4, &fits);
    m->leaves = flat_vector_of(t, TREES_LEAVES, 8, &fits);
    (void)flat_vector_of(t, TREES_WEIGHTS, 8, &fits);
    m->steps = flat_vector_of(t, TREES_STEPS, 4, &fits);
    m->leaf_ids = flat_vector_of(t, TREES_LEAF_IDS, 4, &fits);
    if (!fits) return astray;
    if (m->dimension < 1 || m->dimension > 1 << 20) return "it predicts an impossible number of values";
    if (m->starts.count && m->starts.count != m->sizes.count) return "it has not one beginning for each tree";
    return m->steps.count ? check_steps(m) : check_symmetric(m);
}

/* --- features and facts ------------------------------------------------------------------------------------------------------------ */

static const char *count_features(model *m)
{
    static const unsigned kinds[] = {TREES_CATEGORICAL, TREES_FLOAT, TREES_TEXT};
    bool fits = true;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        flat_vector features = flat_vector_of(&m->trees, kinds[i], 4, &fits);
        if (!fits) return astray;
        for (uint64_t n = 0; fits && n < features.count; n++) (void)flat_item(&features, n, &fits);
        if (!fits) return "a feature is not in it";
        m->features += features.count;
    }
    return NULL;
}

/* "params" is the JSON of everything that training was told, written by CatBoost without spaces. Only one name is wanted of it, and it has integers
 * that JSON readers of 64 bits with a sign refuse, so it is looked for as text. */
static bool tell_objective(const model *m, str params, err *e)
{
    static const char mark[] = "\"loss_function\":{\"type\":\"";
    const char *found = params.len ? memmem(params.data, params.len, mark, sizeof(mark) - 1) : NULL;
    if (!found) return true;
    str name, rest = str_skip(params, (size_t)(found - params.data) + sizeof(mark) - 1);
    if (!str_cut(rest, '"', &name, &rest) || name.len == 0 || name.len > 200) return true;
    return report_fact(m->report, STR("objective"), name, e);
}

static bool tell_info(const model *m, str key, str value, err *e)
{
    if (str_eq(key, STR("params"))) return tell_objective(m, value, e);
    if (value.len > VALUE_BYTES_MAX && !str_eq(key, STR("catboost_version_info"))) return true;
    if (str_eq(key, STR("train_finish_time"))) return report_fact(m->report, STR("trained_at"), value, e);
    if (str_eq(key, STR("model_guid"))) return report_fact(m->report, STR("model_id"), value, e);
    static const char mark[] = "CatBoost release ";
    const char *found = value.len ? memmem(value.data, value.len, mark, sizeof(mark) - 1) : NULL;
    if (!str_eq(key, STR("catboost_version_info")) || !found) return true;
    str rest = str_skip(value, (size_t)(found - value.data) + sizeof(mark) - 1);
    size_t len = 0;
    while (len < rest.len && len < 20 &&
           (rest.data[len] == '.' || (rest.data[len] >= '0' && rest.data[len] <= '9')))
        len++;
    while (len && rest.data[len - 1] == '.') len--;
    return report_fact(m->report, STR("framework_version"), str_slice(rest, 0, len), e);
}

static const char *tell(const model *m, bool *is_told, err *e)
{
    bool fits = true;
    *is_told = report_fact(m->report, STR("framework"), STR("catboost"), e) &&
               nested_fact_number(m->report, STR("trees"), m->sizes.count, e) &&
               nested_fact_number(m->report, STR("features"), m->features, e) &&
               (m->dimension < 2 || nested_fact_number(m->report, STR("outputs"), (uint64_t)m->dimension, e));
    flat_vector info = flat_vector_of(&m->core, CORE_INFO, 4, &fits);
    if (!fits) return astray;
    for (uint64_t i = 0; *is_told && i < info.count; i++) {
        flat_table pair = flat_item(&info, i, &fits);
        str key = flat_text(&pair, 0, &fits), value = flat_text(&pair, 1, &fits);
        if (!fits) return "what it tells of itself is not in it";
        if (i < INFO_MAX) *is_told = tell_info(m, key, value, e);
    }
    return NULL;
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------ */

static bool sniff(const format_input *in)
{
    return str_starts_with(bytes_str(in->content), STR("CBM1"));
}

/* Tables of categories: how many, then each with its size in front. */
static bool skip_categories(reader *r)
{
    uint32_t tables = reader_u32le(r);
    for (uint32_t i = 0; i < tables && !r->failed; i++) (void)reader_skip(r, reader_u32le(r));
    return !r->failed;
}

/* Tokenizers, dictionaries and calculators of texts, of which only the ends are known: a mark at the front, another behind the last of them. */
static bool skip_texts(reader *r)
{
    str text = bytes_str(reader_take(r, reader_left(r)));
    return str_starts_with(text, STR("text_process_v")) && str_ends_with(text, STR("___ILLEGAL_GUID\0"));
}

/* The parts behind the core are for text and categories; without a name for them there is no reason for bytes. */
static const char *check_rest(const model *m, bytes rest)
{
    bool fits = true;
    flat_vector parts = flat_vector_of(&m->core, CORE_PARTS, 4, &fits);
    reader r = reader_of(rest);
    for (uint64_t i = 0; fits && i < parts.count; i++) {
        str name = flat_item_text(&parts, i, &fits);
        if (reader_left(&r) == 0) return "a part that it names is missing";
        bool is_whole = str_eq(name, STR("static_provider_v1")) ? skip_categories(&r) : skip_texts(&r);
        if (fits && !is_whole) return "a part of it ends early, or is of no kind that is known";
    }
    if (!fits) return astray;
    return reader_left(&r) ? "bytes follow it that belong to nothing" : NULL;
}

static const char *read_core(model *m, bytes core)
{
    bool fits = true;
    m->core = flat_root(core, &fits);
    str version = flat_text(&m->core, CORE_VERSION, &fits);
    if (!fits) return astray;
    if (!str_eq(version, STR("FlabuffersModel_v1"))) return "it is of no version that is known";
    return NULL;
}

bool catboost_broken(report *r, const char *what, err *e)
{
    str title = arena_printf(r->arena, "the CatBoost model is damaged: %s", what);
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    remark m = {.code = "MDL-CAT-001",
                .severity = SEVERITY_MEDIUM,
                .advice = "Do not load this model; write it again with CatBoost's save_model.",
                .is_unreadable = true};
    return nested_say(r, &m, title, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    model m = {.report = r};
    reader file = reader_of(in->content);
    (void)reader_skip(&file, 4);
    bytes core = reader_take(&file, reader_u32le(&file));
    if (file.failed) return catboost_broken(r, "it is shorter than it says", e);
    bytes rest = {in->content.data + file.at, in->content.len - file.at};
    bool is_told = true;
    const char *fault = read_core(&m, core);
    if (!fault) fault = read_trees(&m);
    if (!fault) fault = count_features(&m);
    if (!fault) fault = check_rest(&m, rest);
    if (!fault) fault = tell(&m, &is_told, e);
    if (!is_told) return false;
    if (fault && !catboost_broken(r, fault, e)) return false;
    return rest.len == 0 || nested_read(in, STR("(behind the core)"), rest, r, e);
}

const model_format format_catboost = {
    .name = "catboost", .title = "CatBoost model", .sniff = sniff, .read = read};
