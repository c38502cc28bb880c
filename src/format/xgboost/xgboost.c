/*
 * format/xgboost/xgboost.c - XGBoost models: nothing in them runs, so they are clean when their structure holds.
 */
#include "xgboost/xgboost.h"

#include "booster.h"
#include "format/xgboost.h"
#include "nested.h"

static bool sniff(const format_input *in)
{
    return xgboost_is_document(in->content) || xgboost_is_binary(in->content);
}

static bool tell(const xgboost_facts *f, report *r, err *e)
{
    return report_fact(r, STR("framework"), STR("xgboost"), e) &&
           (f->version.len == 0 || report_fact(r, STR("framework_version"), f->version, e)) &&
           report_fact(r, STR("booster"), f->booster, e) &&
           report_fact(r, STR("objective"), f->objective, e) &&
           (f->trees == 0 || nested_fact_number(r, STR("trees"), f->trees, e)) &&
           nested_fact_number(r, STR("features"), f->features, e) &&
           (f->classes < 2 || nested_fact_number(r, STR("classes"), f->classes, e));
}

/* "version": [2, 1, 4] */
static str version_of(arena *a, const ubjson_value *root)
{
    const ubjson_value *list = ubjson_get(root, "version");
    int64_t major, minor, patch;
    if (!ubjson_integer_at(list, 0, &major) || !ubjson_integer_at(list, 1, &minor) ||
        !ubjson_integer_at(list, 2, &patch))
        return STR_NONE;
    return arena_printf(a, "%lld.%lld.%lld", (long long)major, (long long)minor, (long long)patch);
}

static bool tell_names(const xgboost_document *d, report *r, err *e)
{
    name_list names = {0};
    const ubjson_value *list = ubjson_get(d->learner, "feature_names");
    for (size_t i = 0; list && list->kind == UBJSON_LIST && i < list->list.count; i++)
        name_list_add(&names, ubjson_text(&list->list.items[i]));
    str best = ubjson_text(ubjson_get(ubjson_get(d->learner, "attributes"), "best_iteration"));
    return name_list_tell(&names, r, STR("feature_names"), e) &&
           (best.len == 0 || best.len > 32 || report_fact(r, STR("best_iteration"), best, e));
}

static bool read_document(const format_input *in, report *r, err *why, err *e)
{
    static const char *const boosters[] = {"gbtree", "dart", "gblinear"};
    xgboost_document d;
    if (!xgboost_document_read(r->arena, in->content, &d, why)) return true;
    xgboost_facts f = {.version = version_of(r->arena, &d.root), .trees = d.trees, .features = d.features};
    f.classes = d.classes;
    f.booster = str_from_c(boosters[d.booster]);
    f.objective = str_slice(ubjson_text(ubjson_get(ubjson_get(d.learner, "objective"), "name")), 0, 200);
    return tell(&f, r, e) && tell_names(&d, r, e);
}

static bool read_binary(const format_input *in, report *r, err *why, err *e)
{
    xgboost_facts f;
    return !xgboost_binary_read(r->arena, in->content, &f, why) || tell(&f, r, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    err why = {0};
    bool ok = xgboost_is_document(in->content) ? read_document(in, r, &why, e) : read_binary(in, r, &why, e);
    if (!ok || why.code == ERR_NONE) return ok;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    remark m = {.code = "MDL-XGB-001",
                .severity = SEVERITY_MEDIUM,
                .advice = "Do not load this model; write it again with XGBoost's save_model.",
                .is_unreadable = true};
    return nested_say(r, &m, str_from_c(why.message), e);
}

const model_format format_xgboost = {
    .name = "xgboost", .title = "XGBoost model", .sniff = sniff, .read = read};
