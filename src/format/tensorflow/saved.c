/*
 * format/tensorflow/saved.c - the files that graphs come in. Protocol buffers have no magic: a file is one of them when its fields are, and its
 * first nodes name operators that TensorFlow has.
 */
#include "keras/keras.h"
#include "nested.h"
#include "format/protobuf.h"
#include "tensorflow/graph.h"

enum { SNIFF_NODES = 4096, FACT_BYTES_MAX = 160, ASSETS_TOLD = 64, SIGNATURES_TOLD = 64, SCHEMA_MAX = 16 };

/* --- which it is ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_identifier(str op)
{
    for (size_t i = 0; i < op.len; i++) {
        char c = op.data[i];
        bool fine = c == '_' || c == '>' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z');
        if (!fine) return false;
    }
    return op.len > 0 && op.len < 256;
}

static str base_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

/* Like pb_next, but what is cut off counts as far as it goes: a file that breaks off is no other kind of file. */
static bool next_of_cut(reader *r, pb_field *f)
{
    reader again = *r;
    if (pb_next(r, f)) return true;
    if (!r->failed || f->wire != 2 || reader_left(&again) == 0) return false;
    (void)pb_varint(&again);
    (void)pb_varint(&again);
    f->content = reader_take(&again, reader_left(&again));
    return !again.failed && f->content.len > 0;
}

/* Nodes at the front, of which one at least is TensorFlow's. The rest may be cut off: reading will say so. */
static bool is_graph(bytes graph, bool is_named)
{
    reader r = reader_of(graph);
    pb_field f;
    bool is_known = false;
    for (size_t i = 0; i < SNIFF_NODES && pb_next(&r, &f); i++) {
        bool is_number = f.number == 3 && f.wire == 0;
        bool is_foreign = !is_number && (f.wire != 2 || f.number > 5);
        if (is_foreign && !is_named)
            return false; /* readers pass over it, but then the name has to speak for the file */
        if (is_foreign || f.number != 1) continue;
        str op = pb_text(f.content, 2);
        if (!is_identifier(op) || pb_text(f.content, 1).len == 0) return false;
        is_known = is_known || is_named || tensorflow_is_op(op) || tensorflow_danger_of(op);
    }
    return is_known;
}

/* A meta graph, from the outside. The first graph in it decides, if it can be read that far. */
static bool is_meta(bytes meta, bool is_named)
{
    reader r = reader_of(meta);
    pb_field f;
    bool has_info = false;
    while (next_of_cut(&r, &f)) {
        bool is_foreign = f.wire != 2 || f.number > 7;
        if (is_foreign && !is_named) return false;
        if (is_foreign) continue;
        has_info |= f.number == 1;
        if (f.number == 2 && (is_graph(f.content, false) || (has_info && f.content.len == 0))) return true;
    }
    str version = pb_text(pb_bytes(meta, 1), 5);
    return has_info && version.len > 0 && version.data[0] >= '0' && version.data[0] <= '9';
}

static bool is_saved_model(bytes content)
{
    reader r = reader_of(content);
    pb_field f;
    bool has_schema = false;
    while (next_of_cut(&r, &f)) {
        if (f.number == 1 && f.wire == 0 && f.value < SCHEMA_MAX)
            has_schema = true;
        else if (f.number == 2 && f.wire == 2 && has_schema)
            return is_meta(f.content, true);
        else
            return false;
    }
    return false;
}

static bool is_keras_metadata(bytes content)
{
    reader r = reader_of(content);
    pb_field f;
    return pb_next(&r, &f) && f.number == 1 && f.wire == 2 &&
           str_starts_with(pb_text(f.content, 4), STR("_tf_keras_"));
}

static tensorflow_kind kind_of(const format_input *in)
{
    bytes c = in->content;
    str base = base_of(in->path);
    if (str_eq(base, STR("saved_model.pb"))) return TENSORFLOW_SAVED;
    if (str_eq(base, STR("keras_metadata.pb"))) return TENSORFLOW_KERAS;
    if (c.len < 4) return TENSORFLOW_NONE;
    if (is_saved_model(c)) return TENSORFLOW_SAVED;
    if (is_keras_metadata(c)) return TENSORFLOW_KERAS;
    if (is_meta(c, str_ends_with(base, STR(".meta")))) return TENSORFLOW_META;
    bool is_named = str_ends_with(base, STR(".pb")) || str_ends_with(base, STR(".graphdef"));
    return is_graph(c, is_named) ? TENSORFLOW_GRAPH : TENSORFLOW_NONE;
}

static bool sniff(const format_input *in)
{
    return kind_of(in) != TENSORFLOW_NONE;
}

/* --- Keras's metadata --------------------------------------------------------------------------------------------------------------------------- */

static bool see_keras_object(tensorflow_graph *g, str metadata, err *e)
{
    if (!str_starts_with(metadata, STR("{"))) return true;
    AUTO(json_release) json_t *value = NULL;
    err why = {0};
    if (!keras_json_decode(g->report->arena, str_bytes(metadata), &value, &why))
        return keras_config_read(g->report, STR_NONE, str_bytes(metadata), KERAS_REVIVES, e);
    return keras_config_walk(g->report, STR_NONE, value, KERAS_REVIVES, e);
}

/* SavedMetadata.nodes: identifier 4, metadata 5. */
static bool read_keras(tensorflow_graph *g, bytes content, err *e)
{
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == 1 && f.wire == 2 && !see_keras_object(g, pb_text(f.content, 5), e)) return false;
    return !r.failed || tensorflow_graph_broken(g, "The metadata are no whole message", e);
}

/* Before TensorFlow 2.5 the same texts were in the graph of objects: SavedObject.user_object 4, its metadata 3. */
static bool read_objects(tensorflow_graph *g, bytes objects, err *e)
{
    reader r = reader_of(objects);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == 1 && f.wire == 2 && !see_keras_object(g, pb_text(pb_bytes(f.content, 4), 3), e))
            return false;
    return true;
}

/* --- meta graphs ------------------------------------------------------------------------------------------------------------------------------------ */

static bool fact_text(tensorflow_graph *g, const char *name, str value, err *e)
{
    bool is_shown = value.len && value.len <= FACT_BYTES_MAX && str_is_utf8(value);
    return !is_shown || report_fact(g->report, str_from_c(name), value, e);
}

static bool see_asset(tensorflow_graph *g, bytes asset, err *e)
{
    str name = pb_text(asset, 2), rest = name, part;
    bool leads_out = str_starts_with(name, STR("/")) || str_find(name, '\\') >= 0 || str_find(name, ':') >= 0;
    while (str_next(&rest, '/', &part)) leads_out |= str_eq(part, STR(".."));
    if (!leads_out) return fact_text(g, "asset", name, e);
    remark m = {.code = "MDL-TF-002",
                .severity = SEVERITY_HIGH,
                .advice = "Do not load this model: its assets have to lie in its own folder."};
    str shown = str_is_utf8(str_slice(name, 0, 200)) ? str_slice(name, 0, 200) : STR("(no text)");
    str title =
        arena_printf(g->report->arena, "An asset of the model lies outside of it: '%.*s'", STR_ARG(shown));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(g->report, &m, title, e);
}

static bool tell_meta(tensorflow_graph *g, bytes info, err *e)
{
    return fact_text(g, "tensorflow_version", pb_text(info, 5), e) &&
           fact_text(g, "tensorflow_git_version", pb_text(info, 6), e) &&
           fact_text(g, "tag", pb_text(info, 4), e);
}

static bool read_meta(tensorflow_graph *g, bytes meta, err *e)
{
    reader r = reader_of(meta);
    pb_field f;
    size_t assets = 0, signatures = 0;
    g->meta = meta;
    while (pb_next(&r, &f)) {
        if (f.wire != 2) continue;
        bool fine = true;
        switch (f.number) {
        case 1: fine = tell_meta(g, f.content, e); break;
        case 2: fine = tensorflow_graph_read(g, f.content, e); break;
        case 5: fine = ++signatures > SIGNATURES_TOLD || tensorflow_tell_signature(g, f.content, e); break;
        case 6: fine = ++assets > ASSETS_TOLD || see_asset(g, f.content, e); break;
        case 7: fine = read_objects(g, f.content, e); break;
        default: break;
        }
        if (!fine) return false;
    }
    return !r.failed || tensorflow_graph_broken(g, "A meta graph is no whole message", e);
}

static bool read_saved_model(tensorflow_graph *g, bytes content, err *e)
{
    reader r = reader_of(content);
    pb_field f;
    size_t graphs = 0;
    while (pb_next(&r, &f))
        if (f.number == 2 && f.wire == 2 && (++graphs, !read_meta(g, f.content, e))) return false;
    if (!r.failed && graphs) return true;
    return tensorflow_graph_broken(
        g, graphs || r.failed ? "The file is no whole message" : "The file holds no graph", e);
}

static bool read_kind(tensorflow_graph *g, tensorflow_kind kind, bytes content, err *e)
{
    switch (kind) {
    case TENSORFLOW_SAVED: return read_saved_model(g, content, e);
    case TENSORFLOW_META: return read_meta(g, content, e);
    case TENSORFLOW_KERAS: return read_keras(g, content, e);
    default: return tensorflow_graph_read(g, content, e);
    }
}

bool tensorflow_read_as(tensorflow_kind kind, bytes content, report *r, err *e)
{
    tensorflow_graph *g = arena_alloc(r->arena, sizeof *g);
    if (!g) return err_set(e, ERR_MEMORY, "no memory for a graph");
    *g = (tensorflow_graph){.report = r, .file = content};
    g->uses = arena_alloc_array(r->arena, tensorflow_op_count, sizeof *g->uses);
    if (!g->uses) return err_set(e, ERR_MEMORY, "no memory for a graph");
    if (!report_fact(r, STR("framework"), STR("tensorflow"), e) || !read_kind(g, kind, content, e))
        return false;
    return g->nodes == 0 ||
           (nested_fact_number(r, STR("operators"), g->nodes, e) &&
            nested_fact_number(r, STR("functions"), g->functions, e) && tensorflow_tell_operators(g, e));
}

static bool read(const format_input *in, report *r, err *e)
{
    return nested_also_pickle(in, r, "MDL-TF-004", e) && tensorflow_read_as(kind_of(in), in->content, r, e);
}

const model_format format_tensorflow = {
    .name = "tensorflow", .title = "TensorFlow graph", .sniff = sniff, .read = read};
