/*
 * format/catboost/catboost.c - "CBM1", a length, and a FlatBuffer of that length; parts that it names follow.
 *
 * A FlatBuffer is made of offsets. Each is followed here once, within the buffer, so that a reader which does not check (CatBoost does) would
 * not leave it either; then the lists of trees are held against one another. Fields by number, as the published schema declares them.
 */
#include "catboost/catboost.h"

#include "base/reader.h"
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

/* A table within the buffer, found broken or not. */
typedef struct table {
    bytes all;
    uint64_t at, fields_at;
    uint32_t fields;
} table;

typedef struct list {
    bytes all;
    uint64_t at; /* of the first item */
    uint64_t count;
} list;

/* --- FlatBuffers ------------------------------------------------------------------------------------------------------------------- */

static bool u32_at(bytes all, uint64_t at, uint32_t *value)
{
    reader r = reader_of(all);
    *value = reader_seek(&r, at) ? reader_u32le(&r) : 0;
    return !r.failed;
}

static bool u16_at(bytes all, uint64_t at, uint16_t *value)
{
    reader r = reader_of(all);
    *value = reader_seek(&r, at) ? reader_u16le(&r) : 0;
    return !r.failed;
}

/* The table begins with the distance back to the list of its fields. */
static bool table_at(bytes all, uint64_t at, table *t)
{
    uint32_t back;
    uint16_t bytes_of_list;
    if (!u32_at(all, at, &back)) return false;
    int64_t fields_at = (int64_t)at - (int32_t)back;
    if (fields_at < 0 || !u16_at(all, (uint64_t)fields_at, &bytes_of_list) || bytes_of_list < 4 ||
        bytes_of_list % 2 || (uint64_t)fields_at + bytes_of_list > all.len)
        return false;
    *t = (table){.all = all, .at = at, .fields_at = (uint64_t)fields_at, .fields = (bytes_of_list - 4u) / 2};
    return true;
}

/* Where the field lies; 0 when the table does not have it. */
static uint64_t field_at(const table *t, uint32_t number)
{
    uint16_t offset;
    if (number >= t->fields || !u16_at(t->all, t->fields_at + 4 + 2 * (uint64_t)number, &offset) ||
        offset == 0)
        return 0;
    return t->at + offset;
}

static bool follow(const table *t, uint32_t number, uint64_t *at)
{
    uint64_t field = field_at(t, number);
    uint32_t offset;
    if (!field || !u32_at(t->all, field, &offset) || offset == 0) return false;
    *at = field + offset;
    return *at < t->all.len;
}

/* Absent: an empty list, and true. */
static bool list_of(const table *t, uint32_t number, uint64_t item_bytes, list *l)
{
    *l = (list){.all = t->all};
    if (!field_at(t, number)) return true;
    uint64_t at;
    uint32_t count;
    if (!follow(t, number, &at) || !u32_at(t->all, at, &count)) return false;
    *l = (list){.all = t->all, .at = at + 4, .count = count};
    return count <= (t->all.len - l->at) / item_bytes;
}

static bool text_of(const table *t, uint32_t number, str *text)
{
    list l;
    if (!list_of(t, number, 1, &l)) return false;
    *text = bytes_str((bytes){l.count ? t->all.data + l.at : NULL, (size_t)l.count});
    return true;
}

static bool table_in(const list *l, uint64_t index, table *t)
{
    uint32_t offset;
    uint64_t at = l->at + 4 * index;
    return u32_at(l->all, at, &offset) && offset && table_at(l->all, at + offset, t);
}

static int64_t integer_in(const list *l, uint64_t index)
{
    uint32_t value;
    return u32_at(l->all, l->at + 4 * index, &value) ? (int32_t)value : -1;
}

/* --- trees ------------------------------------------------------------------------------------------------------------------------- */

typedef struct model {
    report *report;
    table core, trees;
    list splits, sizes, starts, leaves, steps, leaf_ids;
    int64_t dimension;
    uint64_t features;
} model;

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
            uint16_t left, right;
            uint64_t step = m->steps.at + 4 * (at + n);
            if (!u16_at(m->core.all, step, &left) || !u16_at(m->core.all, step + 2, &right) ||
                left >= (uint64_t)size - n || right >= (uint64_t)size - n)
                return "a step leaves its tree";
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
    uint64_t at;
    list weights;
    if (!follow(&m->core, CORE_TREES, &at) || !table_at(m->core.all, at, &m->trees)) return "it has no trees";
    const table *t = &m->trees;
    uint64_t dimension = field_at(t, TREES_DIMENSION);
    uint32_t value = 1;
    if (dimension && !u32_at(t->all, dimension, &value)) return "an offset leads out of it";
    m->dimension = (int32_t)value;
    if (m->dimension < 1 || m->dimension > 1 << 20) return "it predicts an impossible number of values";
    if (!list_of(t, TREES_SPLITS, 4, &m->splits) || !list_of(t, TREES_SIZES, 4, &m->sizes) ||
        !list_of(t, TREES_STARTS, 4, &m->starts) || !list_of(t, TREES_LEAVES, 8, &m->leaves) ||
        !list_of(t, TREES_WEIGHTS, 8, &weights) || !list_of(t, TREES_STEPS, 4, &m->steps) ||
        !list_of(t, TREES_LEAF_IDS, 4, &m->leaf_ids))
        return "an offset leads out of it";
    if (m->starts.count && m->starts.count != m->sizes.count) return "it has not one beginning for each tree";
    return m->steps.count ? check_steps(m) : check_symmetric(m);
}

/* --- features and facts ------------------------------------------------------------------------------------------------------------ */

static const char *count_features(model *m)
{
    static const uint32_t kinds[] = {TREES_CATEGORICAL, TREES_FLOAT, TREES_TEXT};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        list features;
        table one;
        if (!list_of(&m->trees, kinds[i], 4, &features)) return "an offset leads out of it";
        for (uint64_t n = 0; n < features.count; n++)
            if (!table_in(&features, n, &one)) return "a feature is not in it";
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
    list info;
    *is_told = report_fact(m->report, STR("framework"), STR("catboost"), e) &&
               nested_fact_number(m->report, STR("trees"), m->sizes.count, e) &&
               nested_fact_number(m->report, STR("features"), m->features, e) &&
               (m->dimension < 2 || nested_fact_number(m->report, STR("outputs"), (uint64_t)m->dimension, e));
    if (!list_of(&m->core, CORE_INFO, 4, &info)) return "an offset leads out of it";
    for (uint64_t i = 0; *is_told && i < info.count; i++) {
        table pair;
        str key, value;
        if (!table_in(&info, i, &pair) || !text_of(&pair, 0, &key) || !text_of(&pair, 1, &value))
            return "what it tells of itself is not in it";
        if (i < INFO_MAX) *is_told = tell_info(m, key, value, e);
    }
    return NULL;
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------ */

static bool sniff(const format_input *in)
{
    return str_starts_with(bytes_str(in->content), STR("CBM1"));
}

/* The parts behind the core are for text and categories; without a name for them there is no reason for bytes. */
static const char *check_rest(const model *m, bytes rest)
{
    list parts;
    if (!list_of(&m->core, CORE_PARTS, 4, &parts)) return "an offset leads out of it";
    if (parts.count == 0 && rest.len) return "bytes follow it that belong to nothing";
    return parts.count && rest.len == 0 ? "a part that it names is missing" : NULL;
}

static const char *read_core(model *m, bytes core)
{
    uint32_t root;
    str version;
    if (!u32_at(core, 0, &root) || !table_at(core, root, &m->core)) return "an offset leads out of it";
    if (!text_of(&m->core, CORE_VERSION, &version)) return "an offset leads out of it";
    if (!str_eq(version, STR("FlabuffersModel_v1"))) return "it is of no version that is known";
    return NULL;
}

static bool broken(report *r, const char *what, err *e)
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
    if (file.failed) return broken(r, "it is shorter than it says", e);
    bytes rest = {in->content.data + file.at, in->content.len - file.at};
    bool is_told = true;
    const char *fault = read_core(&m, core);
    if (!fault) fault = read_trees(&m);
    if (!fault) fault = count_features(&m);
    if (!fault) fault = check_rest(&m, rest);
    if (!fault) fault = tell(&m, &is_told, e);
    if (!is_told) return false;
    if (fault && !broken(r, fault, e)) return false;
    return rest.len == 0 || nested_read(in, STR("(behind the core)"), rest, r, e);
}

const model_format format_catboost = {
    .name = "catboost", .title = "CatBoost model", .sniff = sniff, .read = read};
