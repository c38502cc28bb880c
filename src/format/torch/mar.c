/*
 * format/torch/mar.c - MAR-INF/MANIFEST.json of a TorchServe archive: which code serves the model.
 *
 * The handler is one of TorchServe's own, by name, or a Python file of the archive, which then runs in the server.
 */
#include "torch/torch.h"

#include "codec/json.h"
#include "nested.h"

static const char advice[] =
    "Serve the model with one of TorchServe's own handlers, or read the handler before it runs.";
static const char member[] = "MAR-INF/MANIFEST.json";

static bool say(report *r, severity s, bool is_unreadable, str title, err *e)
{
    remark m = {.code = is_unreadable ? "MDL-TOR-006" : "MDL-TOR-005",
                .severity = s,
                .member = str_from_c(member),
                .advice = advice,
                .is_unreadable = is_unreadable};
    return nested_say(r, &m, title, e);
}

static bool is_own_handler(str handler)
{
    static const char *const names[] = {"image_classifier", "image_segmenter", "object_detector",
                                        "text_classifier", "base_handler"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(handler, str_from_c(names[i]))) return true;
    return false;
}

static bool tell(report *r, const char *name, str value, err *e)
{
    bool is_shown = value.len > 0 && value.len <= 256 && str_is_utf8(value);
    return !is_shown || report_fact(r, str_from_c(name), value, e);
}

static bool judge_model(const json_t *model, report *r, err *e)
{
    str handler = json_text(model, "handler");
    if (!tell(r, "name", json_text(model, "modelName"), e) ||
        !tell(r, "version", json_text(model, "modelVersion"), e) || !tell(r, "handler", handler, e))
        return false;
    /* Python files of the archive are told one by one, as the code they are. */
    if (handler.len && !is_own_handler(handler) &&
        !say(r, SEVERITY_HIGH, false,
             STR("Serving the model runs a handler that is none of TorchServe's own"), e))
        return false;
    return json_text(model, "requirementsFile").len == 0 ||
           say(r, SEVERITY_MEDIUM, false,
               STR("Serving the model installs the packages that the archive asks for"), e);
}

bool torch_mar_read(bytes manifest, report *r, err *e)
{
    AUTO(json_release) json_t *value = NULL;
    err why = {0};
    if (json_decode(manifest, "manifest of the archive", &value, &why))
        return judge_model(json_object_get(value, "model"), r, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return say(r, SEVERITY_MEDIUM, true, str_from_c(why.message), e);
}
