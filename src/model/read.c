/*
 * model/read.c - from the value graph of a pickle to a forest.
 *
 * Only paths that a fitted estimator has are followed, so cycles elsewhere in the graph do not matter.
 */
#include "model/read.h"

#include "base/buf.h"
#include "base/limits.h"
#include "codec/unpack.h"
#include "read_parts.h"

#include <math.h>
#include <stdlib.h>

bool read_integer(arena *a, const pickle_value *object, const char *name, int64_t *out, err *e)
{
    const pickle_value *v = pickle_get(object, name);
    if (!v) return err_set(e, ERR_INVALID, "the model has no %s: it was not fitted", name);
    if (v->kind == PICKLE_INT) {
        *out = v->integer;
        return true;
    }
    pickle_ndarray scalar;
    if (!pickle_as_ndarray(a, v, &scalar, NULL) || scalar.count != 1 ||
        (scalar.type != 'i' && scalar.type != 'u'))
        return err_set(e, ERR_INVALID, "%s of the model is no integer", name);
    *out = array_integer(&scalar, 0, scalar.item_bytes, scalar.type);
    return true;
}

/* --- what it is ---------------------------------------------------------------------------------------------------------- */

/* The present module, and the one before 0.22. */
static bool module_is(str module, bool is_ensemble)
{
    if (is_ensemble)
        return str_eq(module, STR("sklearn.ensemble._forest")) ||
               str_eq(module, STR("sklearn.ensemble.forest"));
    return str_eq(module, STR("sklearn.tree._classes")) || str_eq(module, STR("sklearn.tree.tree"));
}

static bool read_kind(const pickle_value *v, estimator_kind *kind, err *e)
{
    const pickle_value *class = pickle_class_of(v);
    if (!class || class->kind != PICKLE_GLOBAL)
        return err_set(e, ERR_UNSUPPORTED, "the file holds no scikit-learn estimator, but plain values");
    str module = class->global.module, name = class->global.name;
    if (estimator_parse(name, kind) && module_is(module, estimator_of(*kind)->is_ensemble)) return true;
    return err_set(e, ERR_UNSUPPORTED,
                   "the model is a %.*s.%.*s; forests and decision trees of scikit-learn are served",
                   STR_ARG(str_slice(module, 0, 100)), STR_ARG(str_slice(name, 0, 100)));
}

static bool read_version(const pickle_value *v, sk_version *version, err *e)
{
    const pickle_value *text = pickle_get(v, "_sklearn_version");
    if (!text || text->kind != PICKLE_STR || !sk_version_parse(text->text, version))
        return err_set(e, ERR_INVALID,
                       "the model does not say which scikit-learn made it (_sklearn_version)");
    if (version->major > 1 || (version->major == 1 && version->minor > 9))
        return err_set(e, ERR_UNSUPPORTED,
                       "the model was made by scikit-learn %s; files of up to 1.9 are understood",
                       version->text);
    return true;
}

static bool read_feature_count(arena *a, const pickle_value *v, forest *f, err *e)
{
    const char *name = pickle_get(v, "n_features_in_") ? "n_features_in_" : "n_features_";
    int64_t count, outputs;
    if (!read_integer(a, v, name, &count, e) || !read_integer(a, v, "n_outputs_", &outputs, e)) return false;
    if (count < 1 || count > (int64_t)LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_INVALID, "the model has %lld features (LIMIT_TABLE_COLUMNS allows %d)",
                       (long long)count, (int)LIMIT_TABLE_COLUMNS);
    if (outputs < 1 || outputs > (int64_t)LIMIT_FOREST_OUTPUTS)
        return err_set(e, ERR_INVALID, "the model has %lld outputs (LIMIT_FOREST_OUTPUTS allows %d)",
                       (long long)outputs, (int)LIMIT_FOREST_OUTPUTS);
    f->feature_count = (size_t)count;
    return forest_set_outputs(f, (size_t)outputs, e);
}

/* classes_ of one output is an array, of several a list of arrays. */
static bool read_classes(arena *a, const pickle_value *v, forest *f, err *e)
{
    const pickle_value *classes = pickle_get(v, "classes_");
    if (!classes) return err_set(e, ERR_INVALID, "the model has no classes_: it was not fitted");
    if (f->output_count == 1) return read_labels(a, classes, f, &f->outputs[0], e);
    if (classes->kind != PICKLE_LIST || classes->list.count != f->output_count)
        return err_set(e, ERR_INVALID, "classes_ is no list of %zu arrays, one per output", f->output_count);
    for (size_t k = 0; k < f->output_count; k++)
        if (!read_labels(a, classes->list.items[k], f, &f->outputs[k], e))
            return err_wrap(e, "output %zu", k + 1);
    return true;
}

static bool read_head(arena *a, const pickle_value *v, forest *f, err *e)
{
    if (!read_feature_count(a, v, f, e)) return false;
    const pickle_value *names = pickle_get(v, "feature_names_in_");
    if (names && !read_names(a, names, f, e)) return false;
    if (forest_classifies(f) && !read_classes(a, v, f, e)) return false;
    forest_settle_outputs(f);
    return true;
}

/* Its trees' seeds, for a warm start; a random_state that is no number (None, a generator) is of no use to it. */
static uint32_t read_seed(const pickle_value *member)
{
    const pickle_value *v = pickle_get(member, "random_state");
    bool number = v && v->kind == PICKLE_INT && v->integer >= 0 && v->integer <= UINT32_MAX;
    return number ? (uint32_t)v->integer : 0;
}

/* --- trees --------------------------------------------------------------------------------------------------------------- */

static bool read_member(arena *a, const pickle_value *v, forest *f, size_t i, uint64_t *nodes_left, err *e)
{
    estimator_kind kind;
    if (!read_kind(v, &kind, e)) return false;
    const estimator_info *info = estimator_of(kind);
    if (info->is_ensemble || info->is_classifier != estimator_of(f->kind)->is_classifier)
        return err_set(e, ERR_INVALID, "a %s among the trees of a %s", info->name,
                       estimator_of(f->kind)->name);
    const pickle_value *tree_object = pickle_get(v, "tree_");
    if (!tree_object) return err_set(e, ERR_INVALID, "no tree_: it was not fitted");
    f->trees[i].seed = read_seed(v);
    return read_tree(a, tree_object, f, &f->trees[i], nodes_left, e);
}

static bool read_members(arena *a, const pickle_value *v, forest *f, err *e)
{
    const pickle_value *list = v;
    const pickle_value *const *items = &list;
    size_t count = 1;
    if (estimator_of(f->kind)->is_ensemble) {
        list = pickle_get(v, "estimators_");
        if (!list || list->kind != PICKLE_LIST || list->list.count == 0)
            return err_set(e, ERR_INVALID, "the model has no estimators_: it was not fitted");
        items = (const pickle_value *const *)list->list.items;
        count = list->list.count;
    }
    if (count > LIMIT_FOREST_TREES)
        return err_set(e, ERR_TOO_LARGE, "the forest has %zu trees, LIMIT_FOREST_TREES allows %d", count,
                       (int)LIMIT_FOREST_TREES);
    f->trees = calloc(count, sizeof *f->trees);
    if (!f->trees) return err_set(e, ERR_MEMORY, "no memory for %zu trees", count);
    f->tree_count = count;
    uint64_t nodes_left = LIMIT_FOREST_NODES;
    for (size_t i = 0; i < count; i++)
        if (!read_member(a, items[i], f, i, &nodes_left, e)) return err_wrap(e, "tree %zu", i);
    return true;
}

/* Counts live on in files that a newer version loaded and wrote again; a row of fractions sums to one. */
static bool rows_are_counts(const forest *f)
{
    if (!forest_classifies(f)) return false;
    if (!sk_version_at_least(f->version, 1, 4)) return true;
    for (size_t t = 0; t < f->tree_count; t++) {
        double sum = 0;
        for (size_t c = 0; c < f->slot_count; c++) sum += f->trees[t].values[c];
        if (fabs(sum - 1) > 1e-6) return true;
    }
    return false;
}

bool forest_of_value(arena *a, const pickle_value *v, forest **out, err *e)
{
    estimator_kind kind;
    sk_version version;
    AUTO(forest_free) forest *f = NULL;
    if (!read_kind(v, &kind, e) || !read_version(v, &version, e) || !forest_new(kind, version, &f, e))
        return false;
    if (!read_head(a, v, f, e) || !read_members(a, v, f, e)) return false;
    f->values_are_counts = rows_are_counts(f);
    *out = TAKE(f);
    return true;
}

/* --- the file ------------------------------------------------------------------------------------------------------------ */

/* The worst of what the pickle machine found, in its own words. */
static bool refuse_findings(const report *r, err *e)
{
    const finding *worst = NULL;
    for (size_t i = 0; i < r->finding_count; i++)
        if (!worst || r->findings[i].severity > worst->severity) worst = &r->findings[i];
    err_code code = r->verdict == VERDICT_UNPARSEABLE ? ERR_INVALID : ERR_BLOCKED;
    str title = worst ? worst->title : STR("no reason was given");
    str call = worst ? str_slice(worst->call, 0, 200) : STR_NONE;
    return err_set(e, code, "the file is %s: %.*s%s%.*s", verdict_name(r->verdict), STR_ARG(title),
                   call.len ? ": " : "", STR_ARG(call));
}

/* Nothing worse than that today's library would not know the classes: what is read here is not loaded. */
static bool is_merely_old(const report *r)
{
    bool old = r->verdict == VERDICT_SUSPICIOUS && r->findings_dropped == 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        const finding *f = &r->findings[i];
        old &= f->is_mild || report_verdict_of(f->kind, f->severity) == VERDICT_CLEAN;
    }
    return old;
}

static bool unpack_file(bytes file, buf *unpacked, bytes *content, err *e)
{
    *content = file;
    packing p = packing_sniff(file);
    if (p == PACKING_NONE) return true;
    unpack_budget budget = unpack_budget_new(file.len);
    size_t used;
    if (!unpack_all(p, file, &budget, unpacked, &used, e))
        return err_wrap(e, "unpacking %s", packing_name(p));
    if (used != file.len)
        return err_set(e, ERR_INVALID, "%zu bytes follow the packed model and belong to nothing",
                       file.len - used);
    *content = buf_bytes(unpacked);
    return true;
}

bool read_pickled(arena *a, bytes file, buf *unpacked, const pickle_value **out, err *e)
{
    bytes content;
    if (!unpack_file(file, unpacked, &content, e)) return false;
    report r;
    report_init(&r, a);
    pickle_stream stream = {0};
    if (!pickle_execute(a, content, 0, true, STR_NONE, &r, &stream, e)) return false;
    if (!stream.result || (r.verdict > VERDICT_CLEAN && !is_merely_old(&r))) return refuse_findings(&r, e);
    if (stream.end != content.len)
        return err_set(e, ERR_INVALID, "%llu bytes follow the model and belong to nothing",
                       (unsigned long long)(content.len - stream.end));
    *out = stream.result;
    return true;
}

bool forest_read(bytes file, forest **out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO_BUF buf unpacked;
    buf_init(&unpacked, LIMIT_MODEL_BYTES);
    const pickle_value *v = NULL;
    return read_pickled(&a, file, &unpacked, &v, e) && forest_of_value(&a, v, out, e);
}
