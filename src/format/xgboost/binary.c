/*
 * format/xgboost/binary.c - the memory of a model as XGBoost wrote it until 2.0: records of fixed size, little endian, with room for more.
 *
 * In order: the learner's parameters, the names of objective and booster, the booster (trees of nodes and their statistics, or one list of
 * weights), attributes and metrics. Files of before 0.8 lack the "binf" in front; the two names right behind the parameters tell them.
 */
#include "xgboost/xgboost.h"

#include "base/limits.h"
#include "base/reader.h"
#include "booster.h"

#include <stdio.h>

enum {
    LEARNER_BYTES = 136,
    TREES_PARAM_BYTES = 160,
    TREE_PARAM_BYTES = 148,
    LINEAR_PARAM_BYTES = 136,
    NODE_BYTES = 20,
    STAT_BYTES = 16,
    NAME_BYTES_MAX = 64,
    FEATURES_MAX = 1 << 30,
};

typedef struct learner {
    uint32_t features, classes, has_attributes, has_metrics, major, minor;
} learner;

static bool broken(const reader *r, const char *what, err *e)
{
    if (r->failed) return err_set(e, ERR_TRUNCATED, "the XGBoost model ends early: %s", what);
    return err_set(e, ERR_INVALID, "the XGBoost model is damaged at offset %zu: %s", r->at, what);
}

/* --- parts ----------------------------------------------------------------------------------------------------------------------- */

static str take_string(reader *r)
{
    return bytes_str(reader_take(r, reader_u64le(r)));
}

static learner take_learner(reader *r)
{
    reader in = reader_of(reader_take(r, LEARNER_BYTES));
    learner l = {0};
    (void)reader_skip(&in, 4); /* base_score */
    l.features = reader_u32le(&in);
    l.classes = reader_u32le(&in);
    l.has_attributes = reader_u32le(&in);
    l.has_metrics = reader_u32le(&in);
    l.major = reader_u32le(&in);
    l.minor = reader_u32le(&in);
    return l;
}

static bool is_booster(str name)
{
    return str_eq(name, STR("gbtree")) || str_eq(name, STR("gblinear")) || str_eq(name, STR("dart"));
}

static bool is_plain(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < 0x21 || name.data[i] > 0x7e) return false;
    return name.len > 0 && name.len <= NAME_BYTES_MAX;
}

static void skip_magic(reader *r)
{
    if (str_starts_with(bytes_str(r->all), STR("binf"))) (void)reader_skip(r, 4);
}

bool xgboost_is_binary(bytes content)
{
    reader r = reader_of(content);
    bool is_marked = str_starts_with(bytes_str(content), STR("binf"));
    skip_magic(&r);
    (void)reader_skip(&r, LEARNER_BYTES);
    str objective = take_string(&r), booster = take_string(&r);
    return is_marked || (!r.failed && is_plain(objective) && is_booster(booster));
}

/* --- trees ------------------------------------------------------------------------------------------------------------------------- */

static int64_t as_link(uint32_t value)
{
    return value == UINT32_MAX ? BOOSTER_NO_NODE : (int64_t)(int32_t)value;
}

static bool take_nodes(reader *r, size_t count, uint64_t features, int64_t *children, err *e)
{
    for (size_t i = 0; i < count; i++) {
        (void)reader_skip(r, 4); /* parent, and which of its children this is: follows from the links */
        children[2 * i] = as_link(reader_u32le(r));
        children[2 * i + 1] = as_link(reader_u32le(r));
        uint32_t feature = reader_u32le(r) & 0x7fffffffu; /* the highest bit: where missing values go */
        (void)reader_skip(r, 4);                          /* the leaf's value, or the threshold */
        bool is_split = children[2 * i] != BOOSTER_NO_NODE;
        if (is_split && feature >= features)
            return broken(r, "a node asks for a feature that the model does not have", e);
    }
    return true;
}

static bool take_tree(reader *r, uint64_t features, err *e)
{
    reader param = reader_of(reader_take(r, TREE_PARAM_BYTES));
    (void)reader_skip(&param, 4);
    uint32_t nodes = reader_u32le(&param);
    if (r->failed) return broken(r, "a tree's parameters", e);
    if (nodes == 0 || nodes > reader_left(r) / (NODE_BYTES + STAT_BYTES))
        return broken(r, "a tree has more nodes than follow", e);
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    int64_t *children = arena_alloc_array(&scratch, 2 * (size_t)nodes, sizeof *children);
    if (!children) return err_set(e, ERR_MEMORY, "no memory for a tree of %u nodes", nodes);
    if (!take_nodes(r, nodes, features, children, e)) return false;
    (void)reader_skip(r, (uint64_t)nodes * STAT_BYTES);
    const char *fault;
    if (!booster_check_links(&scratch, children, nodes, &fault, e)) return false;
    return !fault || broken(r, fault, e);
}

static bool take_trees(reader *r, bool is_dart, xgboost_facts *facts, err *e)
{
    reader param = reader_of(reader_take(r, TREES_PARAM_BYTES));
    uint32_t trees = reader_u32le(&param);
    if (r->failed || trees > reader_left(r) / TREE_PARAM_BYTES)
        return broken(r, "it has more trees than follow", e);
    for (uint32_t i = 0; i < trees; i++)
        if (!take_tree(r, facts->features, e)) return false;
    (void)reader_skip(r, (uint64_t)trees * 4); /* of which class each is */
    facts->trees = trees;
    if (!is_dart || trees == 0) return !r->failed || broken(r, "the classes of its trees", e);
    uint64_t weights = reader_u64le(r);
    if (r->failed || weights != trees) return broken(r, "it has not one weight for each tree", e);
    return reader_skip(r, weights * 4) || broken(r, "the weights of its trees", e);
}

static bool take_weights(reader *r, const xgboost_facts *facts, err *e)
{
    (void)reader_skip(r, LINEAR_PARAM_BYTES);
    uint64_t weights = reader_u64le(r), groups = facts->classes > 1 ? facts->classes : 1, wanted;
    if (__builtin_mul_overflow(facts->features + 1, groups, &wanted) || weights != wanted)
        return broken(r, "its weights do not fit its features", e);
    return (weights <= reader_left(r) / 4 && reader_skip(r, weights * 4)) || broken(r, "its weights", e);
}

/* --- the whole ----------------------------------------------------------------------------------------------------------------------- */

static bool take_texts(reader *r, unsigned of_each, err *e)
{
    uint64_t count = reader_u64le(r);
    if (count > reader_left(r) / 8) return broken(r, "it has more attributes than follow", e);
    for (uint64_t i = 0; i < count * of_each && !r->failed; i++) (void)take_string(r);
    return !r->failed || broken(r, "its attributes", e);
}

/* The file's last part differs between versions; each has its own sign in the parameters or the objective. */
static bool take_rest(reader *r, const learner *l, str objective, err *e)
{
    if (l->has_attributes && !take_texts(r, 2, e)) return false;
    if (l->major == 0 && str_eq(objective, STR("count:poisson")) && reader_left(r)) (void)take_string(r);
    if (l->has_metrics && reader_left(r) && !take_texts(r, 1, e)) return false;
    if (r->failed) return broken(r, "its last part", e);
    return reader_left(r) == 0 || broken(r, "bytes follow that belong to nothing", e);
}

bool xgboost_binary_read(arena *a, bytes content, xgboost_facts *facts, err *e)
{
    reader r = reader_of(content);
    skip_magic(&r);
    learner l = take_learner(&r);
    str objective = take_string(&r), booster = take_string(&r);
    if (r.failed) return broken(&r, "its parameters", e);
    if (!is_plain(objective) || !is_booster(booster))
        return broken(&r, "its booster is none that XGBoost has", e);
    if (l.features > FEATURES_MAX || l.classes > FEATURES_MAX)
        return broken(&r, "it has an impossible number of features or classes", e);
    xgboost_facts f = {
        .objective = objective, .booster = booster, .features = l.features, .classes = l.classes};
    f.version = l.major ? arena_printf(a, "%u.%u", l.major, l.minor) : STR_NONE;
    bool is_linear = str_eq(booster, STR("gblinear"));
    bool ok = is_linear ? take_weights(&r, &f, e) : take_trees(&r, str_eq(booster, STR("dart")), &f, e);
    if (!ok || !take_rest(&r, &l, objective, e)) return false;
    *facts = f;
    return true;
}
