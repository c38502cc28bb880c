/*
 * format/coreml/coreml.c - which code of the app does this model need, and which other files does it open?
 *
 * A message Model with exactly one kind of model in it. Custom models and layers are classes of the program that loads the file; a linked model is
 * another file; pipelines hold models again. Field numbers as the published Model.proto and NeuralNetwork.proto have them.
 */
#include "coreml/coreml.h"

#include "codec/json.h"
#include "json_text.h"
#include "nested.h"
#include "format/protobuf.h"

#include <stdarg.h>
#include <stdio.h>

enum { DEPTH_MAX = 16, TITLE_BYTES = 300, SHOWN_BYTES = 120, FINDINGS_MAX = 100, VERSION_MAX = 64 };

enum {
    MODEL_VERSION = 1,
    MODEL_DESCRIPTION = 2,
    MODEL_UPDATABLE = 10,
    PIPELINE_CLASSIFIER = 200,
    PIPELINE_REGRESSOR = 201,
    PIPELINE = 202,
    CLASSIFIER_NETWORK = 403,
    REGRESSOR_NETWORK = 303,
    NETWORK = 500,
    ML_PROGRAM = 502,
    CUSTOM_MODEL = 555,
    LINKED_MODEL = 556,
};

static const struct {
    uint32_t field;
    const char *name;
} kinds[] = {{PIPELINE_CLASSIFIER, "pipeline classifier"},
             {PIPELINE_REGRESSOR, "pipeline regressor"},
             {PIPELINE, "pipeline"},
             {300, "generalised linear regressor"},
             {301, "support vector regressor"},
             {302, "tree ensemble regressor"},
             {REGRESSOR_NETWORK, "neural network regressor"},
             {304, "Bayesian probit regressor"},
             {400, "generalised linear classifier"},
             {401, "support vector classifier"},
             {402, "tree ensemble classifier"},
             {CLASSIFIER_NETWORK, "neural network classifier"},
             {404, "nearest neighbours classifier"},
             {NETWORK, "neural network"},
             {501, "item similarity recommender"},
             {ML_PROGRAM, "ML program"},
             {CUSTOM_MODEL, "custom model"},
             {LINKED_MODEL, "linked model"},
             {560, "class confidence thresholding"},
             {600, "one-hot encoder"},
             {601, "imputer"},
             {602, "feature vectorizer"},
             {603, "dictionary vectorizer"},
             {604, "scaler"},
             {606, "categorical mapping"},
             {607, "normalizer"},
             {609, "array feature extractor"},
             {610, "non-maximum suppression"},
             {900, "identity"},
             {2000, "text classifier"},
             {2001, "word tagger"},
             {2002, "vision feature print"},
             {2003, "sound analysis preprocessing"},
             {2004, "gazetteer"},
             {2005, "word embedding"},
             {2006, "audio feature print"},
             {3000, "serialized model"}};

static const char advice[] = "Load it only in a program that knows the code and the files that it asks for.";

typedef struct coreml {
    report *report;
    size_t findings;
    uint64_t layers;
    bool is_broken;
} coreml;

PRINTF(5, 6) static bool say(coreml *c, const char *code, severity s, err *e, const char *format, ...)
{
    if (c->findings++ >= FINDINGS_MAX) return true;
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    str text = str_from_c(title);
    remark m = {.code = code, .severity = s, .advice = advice};
    return nested_say(c->report, &m,
                      str_is_utf8(text) ? text : STR("The model names something that is no text"), e);
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

static const char *kind_of(uint32_t field)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].field == field) return kinds[i].name;
    return NULL;
}

/* --- parts ----------------------------------------------------------------------------------------------------------------------------------- */

/* The whole message holds together; false marks the model as broken. */
static bool is_message(bytes m)
{
    reader r = reader_of(m);
    pb_field f;
    while (pb_next(&r, &f)) continue;
    return !r.failed;
}

/* NeuralNetwork.layers is 1; a layer's kind is one field, and 500 is the custom one, whose class name is 10. */
static bool read_network(coreml *c, bytes network, err *e)
{
    reader r = reader_of(network);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != 1 || f.wire != 2) continue;
        c->layers++;
        if (!is_message(f.content)) c->is_broken = true;
        bytes custom = pb_bytes(f.content, 500);
        if (custom.len == 0) continue;
        str class = pb_text(custom, 10);
        if (!say(c, "MDL-CML-001", SEVERITY_MEDIUM, e,
                 "A layer is code of the program that loads the model: class '%.*s'", STR_ARG(shown(class))))
            return false;
    }
    c->is_broken = c->is_broken || r.failed;
    return true;
}

/* LinkedModelFile: names of file (1) and search path (2), each a message with the default in 1. */
static bool read_linked(coreml *c, bytes linked, err *e)
{
    bytes file = pb_bytes(linked, 1);
    str name = pb_text(pb_bytes(file, 1), 1), path = pb_text(pb_bytes(file, 2), 1);
    bool is_inside = (name.len == 0 || path_stays_inside(name)) && (path.len == 0 || path_stays_inside(path));
    return say(c, "MDL-CML-002", is_inside ? SEVERITY_LOW : SEVERITY_HIGH, e,
               is_inside ? "The model is another file: '%.*s' in '%.*s'"
                         : "The model is a file outside of this folder: '%.*s' in '%.*s'",
               STR_ARG(shown(name)), STR_ARG(shown(path)));
}

static bool read_model(coreml *c, bytes model, unsigned depth_left, err *e);

/* Pipeline.models is 1; the other two kinds of pipelines hold one as their 1. */
static bool read_pipeline(coreml *c, bytes pipeline, unsigned depth_left, err *e)
{
    reader r = reader_of(pipeline);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == 1 && f.wire == 2 && !read_model(c, f.content, depth_left, e)) return false;
    c->is_broken = c->is_broken || r.failed;
    return true;
}

static bool read_kind(coreml *c, const pb_field *f, unsigned depth_left, err *e)
{
    switch (f->number) {
    case NETWORK:
    case REGRESSOR_NETWORK:
    case CLASSIFIER_NETWORK: return read_network(c, f->content, e);
    case PIPELINE: return read_pipeline(c, f->content, depth_left, e);
    case PIPELINE_CLASSIFIER:
    case PIPELINE_REGRESSOR: return read_pipeline(c, pb_bytes(f->content, 1), depth_left, e);
    case LINKED_MODEL: return read_linked(c, f->content, e);
    case CUSTOM_MODEL:
        return say(c, "MDL-CML-001", SEVERITY_MEDIUM, e,
                   "The model is code of the program that loads it: class '%.*s'",
                   STR_ARG(shown(pb_text(f->content, 10))));
    default:
        if (!is_message(f->content)) c->is_broken = true;
        return true;
    }
}

static bool read_model(coreml *c, bytes model, unsigned depth_left, err *e)
{
    reader r = reader_of(model);
    pb_field f;
    size_t found = 0;
    if (depth_left == 0) {
        c->is_broken = true;
        return true;
    }
    while (pb_next(&r, &f)) {
        const char *kind = kind_of(f.number);
        if (!kind) continue;
        if (f.wire != 2) c->is_broken = true;
        if (found++ == 0 && depth_left == DEPTH_MAX &&
            !report_fact(c->report, STR("class"), str_from_c(kind), e))
            return false;
        if (f.wire == 2 && !read_kind(c, &f, depth_left - 1, e)) return false;
    }
    c->is_broken = c->is_broken || r.failed || found == 0;
    return true;
}

/* --- the file -------------------------------------------------------------------------------------------------------------------------------- */

/* A small version, a description, and one kind of model: no other message of that shape is known. */
static bool sniff(const format_input *in)
{
    reader r = reader_of(in->content);
    pb_field f;
    bool has_version = false, has_kind = false;
    if (in->content.len < 4 || in->content.data[0] != 0x08) return false;
    while (pb_next(&r, &f)) {
        if (f.number == MODEL_VERSION && f.wire == 0) has_version = f.value > 0 && f.value <= VERSION_MAX;
        if (kind_of(f.number) && f.wire == 2) has_kind = true;
        bool is_known = f.number == MODEL_VERSION || f.number == MODEL_DESCRIPTION ||
                        f.number == MODEL_UPDATABLE || kind_of(f.number);
        if (!is_known) return false;
    }
    bool is_named = str_ends_with(in->path, STR(".mlmodel"));
    return has_version && (has_kind || is_named) && (!r.failed || is_named || has_kind);
}

static bool tell(const coreml *c, bytes model, err *e)
{
    /* ModelDescription.metadata is 100: author 3, license 4, and the converter's words under userDefined 100. */
    bytes metadata = pb_bytes(pb_bytes(model, MODEL_DESCRIPTION), 100);
    str author = pb_text(metadata, 3), license = pb_text(metadata, 4);
    return nested_fact_number(c->report, STR("specification_version"), pb_number(model, MODEL_VERSION), e) &&
           (c->layers == 0 || nested_fact_number(c->report, STR("layers"), c->layers, e)) &&
           (author.len == 0 || author.len > 200 || !str_is_utf8(author) ||
            report_fact(c->report, STR("author"), author, e)) &&
           (license.len == 0 || license.len > 200 || !str_is_utf8(license) ||
            report_fact(c->report, STR("license"), license, e));
}

static bool read(const format_input *in, report *r, err *e)
{
    coreml c = {.report = r};
    if (!nested_also_pickle(in, r, "MDL-CML-003", e)) return false;
    if (!read_model(&c, in->content, DEPTH_MAX, e) || !tell(&c, in->content, e)) return false;
    if (!c.is_broken) return true;
    remark m = {.code = "MDL-CML-003",
                .severity = SEVERITY_MEDIUM,
                .is_unreadable = true,
                .advice = "Get the model again from its source."};
    return nested_say(r, &m, STR("The file is no whole message of Core ML, or holds no model"), e);
}

const model_format format_coreml = {.name = "coreml", .title = "Core ML model", .sniff = sniff, .read = read};

/* --- packages ---------------------------------------------------------------------------------------------------------------------------------- */

/* Manifest.json of an .mlpackage: items by id, each with a path below Data/. */
static bool sniff_package(const format_input *in)
{
    return json_text_is_object(in->content) && json_text_has(in->content, "itemInfoEntries") &&
           json_text_has(in->content, "fileFormatVersion");
}

static bool read_package(const format_input *in, report *r, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    coreml c = {.report = r};
    err why = {0};
    if (!json_decode_model(in->content, "the manifest", &root, &why)) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        remark m = {.code = "MDL-CML-003",
                    .severity = SEVERITY_MEDIUM,
                    .is_unreadable = true,
                    .advice = "Get the model again from its source."};
        return nested_say(r, &m, str_from_c(why.message), e);
    }
    const char *id;
    json_t *item;
    json_object_foreach(json_object_get(root, "itemInfoEntries"), id, item)
    {
        str path = json_text(item, "path");
        if (!path_stays_inside(path) &&
            !say(&c, "MDL-CML-002", SEVERITY_HIGH, e, "The package has a part outside of its folder: '%.*s'",
                 STR_ARG(shown(path))))
            return false;
    }
    return true;
}

const model_format format_mlpackage = {
    .name = "mlpackage", .title = "Core ML package", .sniff = sniff_package, .read = read_package};
