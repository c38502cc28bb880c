/*
 * serve/v2.c - POST /v2/models/NAME/infer: the Open Inference Protocol v2, as KServe, Triton and MLServer speak it.
 *
 * Either one input holds rows of all features, or there is an input per feature, named as the model names them. Outputs are scikit-learn's methods by name.
 */
#include "served.h"
#include "tensor.h"

#include "base/limits.h"
#include "model/number_text.h"

#include <math.h>

typedef struct wanted_output {
    model_output what;
    bool is_binary;
    datatype type;
    model_answers answers;
    size_t raw_bytes;
} wanted_output;

typedef struct inference {
    const served *served;
    arena *memory;
    str id;
    cells cells;
    wanted_output outputs[MODEL_OUTPUTS];
    size_t output_count;
    bool binary_by_default;
} inference;

/* --- the question ------------------------------------------------------------------------------------------------------------ */

static bool rows_of(const inference *in, const tensor *t, uint64_t *rows, err *e)
{
    size_t features = in->served->about->feature_count;
    if (t->rank == 1 && features == 1) return *rows = t->elements, true; /* texts, most often */
    uint64_t width = t->rank == 1 && t->elements == features ? features : t->shape[t->rank - 1];
    *rows = t->rank == 1 ? 1 : t->shape[0];
    if (t->rank <= 2 && width == features) return true;
    return err_set(e, ERR_UNPROCESSABLE,
                   "input '%.*s': its shape must be [rows, %zu], as the model takes %zu features",
                   STR_ARG(str_slice(t->name, 0, 80)), features, features);
}

static bool read_one(inference *in, const json_t *inputs, bytes *binary, err *e)
{
    tensor t;
    uint64_t rows;
    return tensor_read(json_array_get(inputs, 0), binary, &t, e) && rows_of(in, &t, &rows, e) &&
           cells_new(in->served, in->memory, rows, &in->cells, e) &&
           tensor_fill(&t, 0, in->served->about->feature_count, &in->cells, e);
}

static bool find_feature(const model_info *about, str name, size_t *feature)
{
    for (size_t i = 0; about->feature_names && i < about->feature_count; i++)
        if (str_eq(about->feature_names[i], name)) {
            *feature = i;
            return true;
        }
    return false;
}

/* A column per feature, [rows] or [rows, 1]. */
static bool read_columns(inference *in, const json_t *inputs, bytes *binary, err *e)
{
    const model_info *about = in->served->about;
    bool *seen = arena_alloc_array(in->memory, about->feature_count, sizeof *seen);
    if (!seen) return err_set(e, ERR_MEMORY, "no memory for the inputs of a request");
    for (size_t i = 0; i < about->feature_count; i++) {
        tensor t;
        size_t feature = i;
        if (!tensor_read(json_array_get(inputs, i), binary, &t, e)) return false;
        str name = str_slice(t.name, 0, 80);
        if (about->feature_names && !find_feature(about, t.name, &feature))
            return err_set(e, ERR_UNPROCESSABLE,
                           "input '%.*s' is no feature of the model; its metadata names them", STR_ARG(name));
        if (seen[feature]) return err_set(e, ERR_UNPROCESSABLE, "input '%.*s' is given twice", STR_ARG(name));
        seen[feature] = true;
        if (t.elements != t.shape[0] || (i > 0 && t.elements != in->cells.count))
            return err_set(e, ERR_UNPROCESSABLE,
                           "input '%.*s': each of several inputs must have the shape [rows] or [rows, 1]",
                           STR_ARG(name));
        if (i == 0 && !cells_new(in->served, in->memory, t.elements, &in->cells, e)) return false;
        if (!tensor_fill(&t, feature, 1, &in->cells, e)) return false;
    }
    return true;
}

static bool read_inputs(inference *in, const json_t *root, bytes binary, err *e)
{
    const json_t *inputs = json_object_get(root, "inputs");
    size_t count = json_array_size(inputs), features = in->served->about->feature_count;
    if (!json_is_array(inputs) || count == 0)
        return err_set(e, ERR_INVALID, "\"inputs\" is missing: it must be a list of tensors");
    bool ok;
    if (count == 1)
        ok = read_one(in, inputs, &binary, e);
    else if (count == features)
        ok = read_columns(in, inputs, &binary, e);
    else
        return err_set(e, ERR_UNPROCESSABLE,
                       "%zu inputs were given; the model takes one of [rows, %zu], or one per feature", count,
                       features);
    if (ok && binary.len)
        return err_set(e, ERR_INVALID, "%zu bytes of binary data belong to no input", binary.len);
    return ok;
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(json_object_get(object, "parameters"), key));
}

static bool want(inference *in, model_output what, bool is_binary, err *e)
{
    for (size_t i = 0; i < in->output_count; i++)
        if (in->outputs[i].what == what)
            return err_set(e, ERR_INVALID, "output '%s' is asked for twice", model_output_name(what));
    in->outputs[in->output_count++] = (wanted_output){.what = what, .is_binary = is_binary};
    return true;
}

static bool read_outputs(inference *in, const json_t *root, err *e)
{
    const json_t *outputs = json_object_get(root, "outputs");
    in->binary_by_default = is_true(root, "binary_data_output");
    if (!outputs || (json_is_array(outputs) && json_array_size(outputs) == 0))
        return want(in, served_main_output(in->served), in->binary_by_default, e);
    if (!json_is_array(outputs)) return err_set(e, ERR_INVALID, "\"outputs\" must be a list");
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *output = json_array_get(outputs, i);
        str name = json_text(output, "name");
        model_output what;
        if (!model_output_parse(name, &what) || !in->served->about->gives[what])
            return err_set(e, ERR_UNPROCESSABLE, "the model has no output '%.*s'; its metadata names them",
                           STR_ARG(str_slice(name, 0, 80)));
        const json_t *parameters = json_object_get(output, "parameters");
        if (json_object_get(parameters, "classification"))
            return err_set(e, ERR_UNSUPPORTED,
                           "the classification extension is not spoken: ask for predict_proba");
        bool says = json_object_get(parameters, "binary_data") != NULL;
        if (!want(in, what, says ? is_true(output, "binary_data") : in->binary_by_default, e)) return false;
    }
    return true;
}

/* --- the answer -------------------------------------------------------------------------------------------------------------- */

static datatype label_type(label_kind kind)
{
    switch (kind) {
    case LABEL_INT: return TYPE_INT64;
    case LABEL_BOOL: return TYPE_BOOL;
    case LABEL_FLOAT: return TYPE_FP64;
    case LABEL_TEXT: break;
    }
    return TYPE_BYTES;
}

/* Labels of one kind have its type; of several kinds they are text. */
static datatype predicted_type(const model_info *about)
{
    if (!about->classes || about->classes[0].count == 0) return about->gives_indices ? TYPE_INT64 : TYPE_FP64;
    label_kind kind = about->classes[0].labels[0].kind;
    for (size_t t = 0; t < about->target_count; t++)
        for (size_t i = 0; i < about->classes[t].count; i++)
            if (about->classes[t].labels[i].kind != kind) return TYPE_BYTES;
    return label_type(kind);
}

datatype v2_output_type(const model_info *about, model_output what)
{
    return what == OUTPUT_PREDICT ? predicted_type(about) : TYPE_FP64;
}

/* The label that a prediction's number names; NULL where the number is the prediction. */
static const label *label_of(const inference *in, const wanted_output *o, size_t at)
{
    const model_info *about = in->served->about;
    if (o->what != OUTPUT_PREDICT || !about->classes) return NULL;
    const model_classes *classes = &about->classes[at % o->answers.columns];
    return classes->count ? &classes->labels[(size_t)o->answers.numbers[at]] : NULL;
}

static void add_le(uint64_t bits, size_t count, buf *out)
{
    for (size_t i = 0; i < count; i++) buf_add_byte(out, (uint8_t)(bits >> (8 * i)));
}

static void add_double(double number, buf *out)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    add_le(bits, sizeof bits, out);
}

/* Whatever it is as text: labels of several kinds, and numbers in a table with text. */
static str element_text(const inference *in, const wanted_output *o, size_t at)
{
    const label *l = label_of(in, o, at);
    if (l && l->kind == LABEL_TEXT) return l->text;
    if (l) return in->served->labels[at % o->answers.columns][(size_t)o->answers.numbers[at]];
    if (o->answers.texts && o->answers.texts[at].data) return o->answers.texts[at];
    double number = o->answers.numbers[at];
    return isfinite(number) ? arena_printf(in->memory, "%s", number_repr(number).text) : STR("nan");
}

static void add_raw_element(const inference *in, const wanted_output *o, size_t at, buf *out)
{
    const label *l = label_of(in, o, at);
    double number = o->answers.numbers[at];
    switch (o->type) {
    case TYPE_INT64: add_le((uint64_t)(l ? l->integer : (int64_t)number), 8, out); break;
    case TYPE_BOOL: add_le(l && l->integer, 1, out); break;
    case TYPE_BYTES: {
        str text = element_text(in, o, at);
        add_le(text.len, 4, out);
        buf_add_str(out, text);
        break;
    }
    default: add_double(l ? l->number : number, out);
    }
}

static bool add_json_data(const inference *in, const wanted_output *o, buf *out, err *e)
{
    size_t total = o->answers.count * o->answers.columns;
    buf_add_byte(out, '[');
    for (size_t at = 0; at < total; at++) {
        if (at) buf_add_byte(out, ',');
        double number = o->answers.numbers[at];
        if (o->type == TYPE_BYTES) {
            if (!write_text(element_text(in, o, at), out, e)) return false;
        } else if (label_of(in, o, at)) {
            buf_add_str(out, in->served->labels[at % o->answers.columns][(size_t)number]);
        } else if (o->type == TYPE_INT64) {
            buf_printf(out, "%.0f", number);
        } else {
            write_number(number, out);
        }
    }
    buf_add_byte(out, ']');
    return buf_ok(out, "an answer", e);
}

static bool add_output(const inference *in, const wanted_output *o, buf *out, err *e)
{
    bool is_flat =
        (o->what == OUTPUT_PREDICT || o->what == OUTPUT_DECISION_FUNCTION) && o->answers.columns == 1;
    buf_printf(out, "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%zu", model_output_name(o->what),
               datatype_name(o->type), o->answers.count);
    if (!is_flat) buf_printf(out, ",%zu", o->answers.columns);
    buf_add_byte(out, ']');
    if (o->is_binary) {
        buf_printf(out, ",\"parameters\":{\"binary_data_size\":%zu}}", o->raw_bytes);
        return true;
    }
    buf_add_str(out, STR(",\"data\":"));
    if (!add_json_data(in, o, out, e)) return false;
    buf_add_byte(out, '}');
    return true;
}

static bool add_head(const inference *in, buf *out, err *e)
{
    buf_add_str(out, STR("{\"model_name\":"));
    if (!write_text(in->served->as.name, out, e)) return false;
    buf_add_str(out, STR(",\"model_version\":"));
    if (!write_text(in->served->as.version, out, e)) return false;
    if (in->id.data) {
        buf_add_str(out, STR(",\"id\":"));
        if (!write_text(in->id, out, e)) return false;
    }
    buf_add_str(out, STR(",\"outputs\":["));
    return true;
}

static bool write_all(inference *in, reply *r, err *e)
{
    AUTO_BUF buf raw;
    buf_init(&raw, LIMIT_PREDICT_ANSWER_BYTES);
    bool is_binary = false;
    for (size_t i = 0; i < in->output_count; i++) {
        wanted_output *o = &in->outputs[i];
        size_t before = raw.len;
        for (size_t at = 0; o->is_binary && at < o->answers.count * o->answers.columns; at++)
            add_raw_element(in, o, at, &raw);
        o->raw_bytes = raw.len - before;
        is_binary |= o->is_binary;
    }
    if (!buf_ok(&raw, "the binary part of an answer", e) || !add_head(in, &r->body, e)) return false;
    for (size_t i = 0; i < in->output_count; i++) {
        if (i) buf_add_byte(&r->body, ',');
        if (!add_output(in, &in->outputs[i], &r->body, e)) return false;
    }
    buf_add_str(&r->body, STR("]}"));
    r->json_bytes = is_binary ? r->body.len : 0;
    buf_add(&r->body, buf_bytes(&raw));
    return buf_ok(&r->body, "an answer", e);
}

static bool infer(inference *in, reply *r, err *e)
{
    model_rows rows = cells_rows(&in->cells);
    for (size_t i = 0; i < in->output_count; i++) {
        wanted_output *o = &in->outputs[i];
        if (!model_answer(in->served->model, o->what, &rows, in->memory, &o->answers, e)) return false;
        o->type = o->answers.texts && o->what != OUTPUT_PREDICT ? TYPE_BYTES
                                                                : v2_output_type(in->served->about, o->what);
    }
    r->rows = rows;
    return write_all(in, r, e);
}

bool answer_v2(const served *s, arena *a, bytes body, uint64_t json_bytes, reply *r, err *e)
{
    if (json_bytes > body.len)
        return err_set(e, ERR_INVALID, "Inference-Header-Content-Length says %llu bytes, the body has %zu",
                       (unsigned long long)json_bytes, body.len);
    AUTO(json_release) json_t *root = NULL;
    if (!json_decode_large((bytes){body.data, (size_t)json_bytes}, LIMIT_JSON_DOC_BYTES, "the request", &root,
                           e))
        return false;
    if (!json_is_object(root)) return err_set(e, ERR_INVALID, "the request is no JSON object");
    inference in = {.served = s, .memory = a};
    const json_t *id = json_object_get(root, "id");
    if (id && !json_is_string(id)) return err_set(e, ERR_INVALID, "\"id\" must be a string");
    if (id) in.id = (str){json_string_value(id), json_string_length(id)};
    bytes binary = {body.data + json_bytes, body.len - (size_t)json_bytes};
    return read_inputs(&in, root, binary, e) && read_outputs(&in, root, e) && infer(&in, r, e);
}
