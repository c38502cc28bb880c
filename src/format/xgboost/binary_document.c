/*
 * format/xgboost/binary_document.c - a binary model in the shape of a document, so that whoever reads the one reads the other.
 *
 * The file was walked before (binary.c): its parts fit together, and links make trees. Only what a prediction needs is told.
 */
#include "format/xgboost.h"
#include "xgboost/xgboost.h"

#include "base/limits.h"
#include "base/reader.h"

#include <math.h>

enum {
    LEARNER_BYTES = 136,
    TREES_PARAM_BYTES = 160,
    TREE_PARAM_BYTES = 148,
    LINEAR_PARAM_BYTES = 136,
    STAT_BYTES = 16
};

typedef struct maker {
    arena *a;
    err *e;
    bool failed;
} maker;

static void *room(maker *m, size_t count, size_t item_bytes)
{
    void *memory = m->failed ? NULL : arena_alloc_array(m->a, count ? count : 1, item_bytes);
    if (!memory && !m->failed) {
        m->failed = true;
        (void)err_set(m->e, ERR_MEMORY, "no memory for an XGBoost model");
    }
    return memory;
}

static ubjson_value object(maker *m, const ubjson_member *members, size_t count)
{
    ubjson_value v = {.kind = UBJSON_OBJECT};
    v.object.members = room(m, count, sizeof *members);
    if (v.object.members) memcpy(v.object.members, members, count * sizeof *members);
    v.object.count = v.object.members ? count : 0;
    return v;
}

static ubjson_value list(maker *m, size_t count)
{
    ubjson_value v = {.kind = UBJSON_LIST};
    v.list.items = room(m, count, sizeof *v.list.items);
    v.list.count = v.list.items ? count : 0;
    return v;
}

static ubjson_value whole(int64_t number)
{
    return (ubjson_value){.kind = UBJSON_INTEGER, .integer = number};
}

static ubjson_value real(double number)
{
    return (ubjson_value){.kind = UBJSON_REAL, .real = number};
}

static ubjson_value text(str t)
{
    return (ubjson_value){.kind = UBJSON_TEXT, .text = t};
}

static float float_of(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* --- trees ----------------------------------------------------------------------------------------------------------------- */

static ubjson_value take_tree(maker *m, reader *r)
{
    reader param = reader_of(reader_take(r, TREE_PARAM_BYTES));
    (void)reader_skip(&param, 4);
    uint32_t nodes = reader_u32le(&param);
    ubjson_value left = list(m, nodes), right = list(m, nodes), feature = list(m, nodes),
                 condition = list(m, nodes), default_left = list(m, nodes);
    for (uint32_t i = 0; i < nodes && !m->failed; i++) {
        (void)reader_skip(r, 4);
        left.list.items[i] = whole((int32_t)reader_u32le(r));
        right.list.items[i] = whole((int32_t)reader_u32le(r));
        uint32_t split = reader_u32le(r);
        bool is_leaf = left.list.items[i].integer < 0;
        feature.list.items[i] = whole(is_leaf ? 0 : split & 0x7fffffffu);
        default_left.list.items[i] = whole(split >> 31);
        condition.list.items[i] = real((double)float_of(reader_u32le(r)));
    }
    (void)reader_skip(r, (uint64_t)nodes * STAT_BYTES);
    ubjson_member of_param[] = {{STR("num_nodes"), whole(nodes)}};
    ubjson_member members[] = {{STR("tree_param"), object(m, of_param, COUNT_OF(of_param))},
                               {STR("left_children"), left},
                               {STR("right_children"), right},
                               {STR("split_indices"), feature},
                               {STR("split_conditions"), condition},
                               {STR("default_left"), default_left}};
    return object(m, members, COUNT_OF(members));
}

static ubjson_value take_trees(maker *m, reader *r)
{
    reader param = reader_of(reader_take(r, TREES_PARAM_BYTES));
    uint32_t count = reader_u32le(&param), parallel = reader_u32le(&param); /* before 1.6 another number, 1 */
    ubjson_value trees = list(m, count), info = list(m, count);
    for (uint32_t i = 0; i < count && !m->failed; i++) trees.list.items[i] = take_tree(m, r);
    for (uint32_t i = 0; i < count && !m->failed; i++) info.list.items[i] = whole((int32_t)reader_u32le(r));
    ubjson_member of_param[] = {{STR("num_trees"), whole(count)},
                                {STR("num_parallel_tree"), whole(parallel)}};
    ubjson_member members[] = {{STR("gbtree_model_param"), object(m, of_param, COUNT_OF(of_param))},
                               {STR("trees"), trees},
                               {STR("tree_info"), info}};
    return object(m, members, COUNT_OF(members));
}

static ubjson_value take_floats(maker *m, reader *r)
{
    uint64_t count = reader_u64le(r);
    ubjson_value numbers = list(m, (size_t)(count <= reader_left(r) / 4 ? count : 0));
    for (size_t i = 0; i < numbers.list.count; i++)
        numbers.list.items[i] = real((double)float_of(reader_u32le(r)));
    return numbers;
}

static ubjson_value take_booster(maker *m, reader *r, str name)
{
    if (str_eq(name, STR("gblinear"))) {
        (void)reader_skip(r, LINEAR_PARAM_BYTES);
        ubjson_member weights[] = {{STR("weights"), take_floats(m, r)}};
        ubjson_member members[] = {{STR("name"), text(name)}, {STR("model"), object(m, weights, 1)}};
        return object(m, members, COUNT_OF(members));
    }
    ubjson_member model[] = {{STR("model"), take_trees(m, r)}};
    bool is_dart = str_eq(name, STR("dart"));
    ubjson_member members[] = {
        {STR("name"), text(name)}, model[0], {STR("weight_drop"), {.kind = UBJSON_NULL}}};
    if (!is_dart) return object(m, members, 2);
    members[1] = (ubjson_member){STR("gbtree"), object(m, model, 1)};
    members[2].value = model[0].value.object.count ? take_floats(m, r) : members[2].value;
    return object(m, members, COUNT_OF(members));
}

/* --- the whole --------------------------------------------------------------------------------------------------------------- */

static str take_text(reader *r)
{
    return bytes_str(reader_take(r, reader_u64le(r)));
}

static ubjson_value take_attributes(maker *m, reader *r, bool are_there)
{
    uint64_t count = are_there ? reader_u64le(r) : 0;
    if (count > reader_left(r) / 16) count = 0;
    ubjson_member *members = room(m, (size_t)count, sizeof *members);
    for (uint64_t i = 0; members && i < count; i++) {
        members[i].name = take_text(r);
        members[i].value = text(take_text(r));
    }
    return members ? object(m, members, (size_t)count) : (ubjson_value){.kind = UBJSON_NULL};
}

/* Before 1.0 the start was stored as the sum that it is; later as what the objective makes of it. */
static ubjson_member start_of(maker *m, float score, uint32_t major)
{
    str said = arena_printf(m->a, "%.9g", (double)score);
    return (ubjson_member){major ? STR("base_score") : STR("base_margin"),
                           major ? text(said) : real((double)score)};
}

bool xgboost_is_binary_file(bytes content)
{
    return xgboost_is_binary(content);
}

bool xgboost_binary_document(arena *a, bytes content, ubjson_value *out, err *e)
{
    xgboost_facts facts;
    maker m = {.a = a, .e = e};
    if (!xgboost_binary_read(a, content, &facts, e)) return false;
    reader r = reader_of(content);
    if (str_starts_with(bytes_str(content), STR("binf"))) (void)reader_skip(&r, 4);
    reader in = reader_of(reader_take(&r, LEARNER_BYTES));
    float score = float_of(reader_u32le(&in));
    uint32_t features = reader_u32le(&in), classes = reader_u32le(&in), has_attributes = reader_u32le(&in);
    (void)reader_skip(&in, 4);
    uint32_t major = reader_u32le(&in), minor = reader_u32le(&in);
    str objective = take_text(&r), booster = take_text(&r);
    if (!isfinite(score)) return err_set(e, ERR_INVALID, "the XGBoost model starts at no number");
    ubjson_value grown = take_booster(&m, &r, booster),
                 attributes = take_attributes(&m, &r, has_attributes != 0);
    ubjson_member of_params[] = {{STR("num_feature"), whole(features)},
                                 {STR("num_class"), whole(classes)},
                                 start_of(&m, score, major)};
    ubjson_member of_objective[] = {{STR("name"), text(objective)}};
    ubjson_member of_learner[] = {{STR("learner_model_param"), object(&m, of_params, COUNT_OF(of_params))},
                                  {STR("objective"), object(&m, of_objective, 1)},
                                  {STR("gradient_booster"), grown},
                                  {STR("attributes"), attributes}};
    ubjson_value version = list(&m, major ? 3 : 0);
    for (size_t i = 0; i < version.list.count; i++)
        version.list.items[i] = whole(i == 0 ? major : i == 1 ? minor : 0);
    ubjson_member of_root[] = {{STR("learner"), object(&m, of_learner, COUNT_OF(of_learner))},
                               {STR("version"), version}};
    *out = object(&m, of_root, COUNT_OF(of_root));
    return !m.failed;
}
