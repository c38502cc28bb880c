/*
 * model/sk/classes.c - which reader reads which class, and reading estimators within estimators.
 *
 * The modules are those of today and those of before 0.22, when most had no underscore.
 */
#include "sk/reduce.h"

#include "base/limits.h"
#include "booster/booster.h"
#include "read_parts.h"

#include <stdio.h>
#include <stdlib.h>

static const sk_class *const subjects[] = {
    sk_linear_classes, sk_scale_classes,     sk_compose_classes,  sk_boosting_classes,  sk_hist_classes,
    sk_svm_classes,    sk_neighbors_classes, sk_cluster_classes,  sk_leaves_classes,    sk_dict_classes,
    sk_spline_classes, sk_bayes_classes,     sk_network_classes,  sk_encode_classes,    sk_impute_classes,
    sk_shape_classes,  sk_select_classes,    sk_ensemble_classes, sk_isolation_classes, sk_dummy_classes,
    sk_text_classes,   sk_calibrate_classes, sk_stack_classes,    sk_chain_classes,     sk_choose_classes,
    sk_fill_classes,   sk_target_classes,    sk_density_classes,  sk_function_classes,  sk_kernels_classes,
    sk_reduce_classes,
};

static bool module_is(str module, const char *name)
{
    return name && str_starts_with(module, STR("sklearn.")) &&
           str_eq(str_skip(module, sizeof "sklearn." - 1), str_from_c(name));
}

static const sk_class *find_class(str module, str name)
{
    for (size_t i = 0; i < COUNT_OF(subjects); i++)
        for (const sk_class *c = subjects[i]; c->name; c++)
            if (str_eq(name, str_from_c(c->name)) &&
                (module_is(module, c->module) || module_is(module, c->old_module)))
                return c;
    return NULL;
}

/* What was fitted by a meta-estimator of another library has no version: then it is as old as what it is in. */
static void read_version(sk *s)
{
    const pickle_value *text = pickle_get(s->v, "_sklearn_version");
    if (!text && s->version.major + s->version.minor > 0) return;
    if (!text || text->kind != PICKLE_STR || !sk_version_parse(text->text, &s->version))
        sk_fail(s, ERR_INVALID, "it does not say which scikit-learn made it (_sklearn_version)");
    else if (s->version.major > 1 || (s->version.major == 1 && s->version.minor > 9))
        sk_fail(s, ERR_UNSUPPORTED, "it was made by scikit-learn %s; files of up to 1.9 are understood",
                s->version.text);
}

static void describe(sk *s, str name)
{
    model_info *info = &s->m->info;
    info->library = STR("scikit-learn");
    info->version = arena_copy(&s->m->memory, str_from_c(s->version.text));
    info->name = arena_copy(&s->m->memory, name);
    info->summary = arena_printf(&s->m->memory, "%zu feature%s", info->feature_count,
                                 info->feature_count == 1 ? "" : "s");
    if (!info->version.data || !info->name.data || !info->summary.data)
        sk_fail(s, ERR_MEMORY, "no memory for a model");
}

static const model_kind unread_kind = {0};

static bool read_known(sk_file *file, const pickle_value *v, const sk_class *class, sk_version outer,
                       model **out, err *e)
{
    AUTO(model_free) model *m = NULL;
    if (!model_new(&unread_kind, &m, e)) return false;
    sk s = {.file = file, .v = v, .m = m, .version = outer, .e = e};
    read_version(&s);
    if (sk_ok(&s)) class->read(&s);
    if (sk_ok(&s)) describe(&s, str_from_c(class->name));
    if (!sk_ok(&s)) return err_wrap(e, "%s", class->name);
    *out = TAKE(m);
    return true;
}

/* A class of another library describes itself. */
static bool read_foreign(sk_file *file, const pickle_value *v, const sk_class *class, sk_version outer,
                         model **out, err *e)
{
    AUTO(model_free) model *m = NULL;
    if (!model_new(&unread_kind, &m, e)) return false;
    sk s = {.file = file, .v = v, .m = m, .version = outer, .e = e};
    class->read(&s);
    if (sk_ok(&s)) m->info.name = str_from_c(class->name);
    if (!sk_ok(&s)) return err_wrap(e, "%s", class->name);
    *out = TAKE(m);
    return true;
}

static bool read_any(sk_file *file, const pickle_value *v, sk_version outer, model **out, err *e)
{
    const pickle_value *class = pickle_class_of(v);
    if (!class || class->kind != PICKLE_GLOBAL)
        return err_set(e, ERR_UNSUPPORTED, "the file holds no scikit-learn estimator, but plain values");
    str module = class->global.module, name = class->global.name;
    estimator_kind kind;
    if (estimator_parse(name, &kind) && str_starts_with(module, STR("sklearn.")))
        return forest_model_read(file->scratch, v, out, e);
    const sk_class *known = find_class(module, name);
    if (known) return read_known(file, v, known, outer, out, e);
    const sk_class *foreign = booster_class_find(module, name);
    if (foreign) return read_foreign(file, v, foreign, outer, out, e);
    return err_set(e, ERR_UNSUPPORTED, "%.*s.%.*s is not an estimator that is understood",
                   STR_ARG(str_slice(module, 0, 100)), STR_ARG(str_slice(name, 0, 100)));
}

/* A hostile pipeline may be a step of itself, or hold one step a thousand times at each of many levels. */
static bool read_within(sk_file *file, const pickle_value *v, sk_version outer, model **out, err *e)
{
    if (file->depth >= LIMIT_MODEL_DEPTH)
        return err_set(e, ERR_TOO_LARGE, "estimators lie deeper than LIMIT_MODEL_DEPTH (%d) in each other",
                       (int)LIMIT_MODEL_DEPTH);
    if (file->models_left == 0)
        return err_set(e, ERR_TOO_LARGE, "the model has more estimators than LIMIT_MODEL_PARTS (%d) allows",
                       (int)LIMIT_MODEL_PARTS);
    file->models_left--;
    file->depth++;
    bool ok = read_any(file, v, outer, out, e);
    file->depth--;
    return ok;
}

bool sk_model_read(arena *scratch, const pickle_value *v, model **out, err *e)
{
    sk_file file = {
        .scratch = scratch, .models_left = LIMIT_MODEL_PARTS, .numbers_left = LIMIT_MODEL_NUMBERS};
    return read_within(&file, v, (sk_version){0}, out, e);
}

const model *sk_part(sk *s, const pickle_value *v, const char *what)
{
    if (s->failed || !v) return NULL;
    AUTO(model_free) model *part = NULL;
    if (!read_within(s->file, v, s->version, &part, s->e)) {
        s->failed = true;
        err_wrap(s->e, "%s", what);
        return NULL;
    }
    if (!model_adopt(s->m, part, s->e)) {
        s->failed = true;
        return NULL;
    }
    return TAKE(part);
}
