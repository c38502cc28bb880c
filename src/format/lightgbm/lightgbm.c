/*
 * format/lightgbm/lightgbm.c - LightGBM models: text, and clean when its numbers fit together.
 */
#include "lightgbm/lightgbm.h"

#include "booster.h"
#include "format/lightgbm.h"
#include "nested.h"

static bool sniff(const format_input *in)
{
    return lightgbm_is(in->content);
}

static bool fact_of(const lightgbm_model *m, const char *name, str shown, report *r, err *e)
{
    str value = lightgbm_value(&m->head, name);
    return value.len == 0 || value.len > 200 || report_fact(r, shown, value, e);
}

static bool tell(const lightgbm_model *m, report *r, err *e)
{
    name_list names = {0};
    str rest = lightgbm_value(&m->head, "feature_names"), name;
    while (str_next(&rest, ' ', &name)) name_list_add(&names, name);
    return report_fact(r, STR("framework"), STR("lightgbm"), e) &&
           fact_of(m, "version", STR("file_version"), r, e) &&
           fact_of(m, "objective", STR("objective"), r, e) &&
           nested_fact_number(r, STR("trees"), m->tree_count, e) &&
           nested_fact_number(r, STR("features"), m->features, e) &&
           (m->classes < 2 || nested_fact_number(r, STR("classes"), m->classes, e)) &&
           name_list_tell(&names, r, STR("feature_names"), e);
}

static bool read(const format_input *in, report *r, err *e)
{
    err why = {0};
    lightgbm_model m;
    if (lightgbm_read(r->arena, in->content, &m, &why)) return tell(&m, r, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    remark remarked = {.code = "MDL-LGB-001",
                       .severity = SEVERITY_MEDIUM,
                       .advice = "Do not load this model; write it again with LightGBM's save_model.",
                       .is_unreadable = true};
    return nested_say(r, &remarked, str_from_c(why.message), e);
}

const model_format format_lightgbm = {
    .name = "lightgbm", .title = "LightGBM model", .sniff = sniff, .read = read};
