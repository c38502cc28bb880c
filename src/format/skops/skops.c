/*
 * format/skops/skops.c - which types would be imported and built, and does each node name what its loader really builds?
 *
 * skops.io.load asks its caller to trust the types that it does not know; what the file itself says of them counts for nothing here. The
 * allow-list of pickles decides, by exact pair. Loaders that build something else than they say were ways around that question
 * (CVE-2025-54412, CVE-2025-54413), so each loader is held to its own types.
 */
#include "skops/skops.h"

#include "base/limits.h"
#include "codec/json.h"
#include "nested.h"
#include "pickle/allow.h"

#include <stdarg.h>
#include <stdio.h>

enum { SNIFF_ARENA_BYTES = 16 << 20, TITLE_BYTES = 512, SHOWN_BYTES = 160, TYPES_MAX = 4096 };

static const char advice[] = "Load it only with skops.io.load(trusted=...) for types that you know, or ask "
                             "its author for a format of data only.";

typedef struct skops {
    const format_input *in;
    report *report;
    const json_t *told[TYPES_MAX]; /* class names that a finding was made for */
    size_t told_count;
} skops;

/* --- loaders ------------------------------------------------------------------------------------------------------------------------- */

typedef enum loader_kind {
    BUILDS_LISTED, /* these types, and none else */
    BUILDS_CLASS,  /* whatever class it names */
    BUILDS_DICT,   /* a dict, or a class like one */
    KEEPS_TYPE,    /* names it without building */
    KEEPS_FUNCTION,
    KEEPS_PARTIAL,
    KEEPS_METHOD,
    KEEPS_OPERATOR,
    BUILDS_NOTHING,
} loader_kind;

/* `types` for BUILDS_LISTED: "module name name;module name". */
static const struct {
    const char *name;
    loader_kind kind;
    const char *types;
} loaders[] = {
    {"DictNode", BUILDS_DICT, NULL},
    {"DefaultDictNode", BUILDS_LISTED, "collections defaultdict"},
    {"OrderedDictNode", BUILDS_LISTED, "collections OrderedDict"},
    {"ListNode", BUILDS_LISTED, "builtins list"},
    {"SetNode", BUILDS_LISTED, "builtins set frozenset"},
    {"TupleNode", BUILDS_LISTED, "builtins tuple"},
    {"JsonNode", BUILDS_NOTHING, NULL},
    {"CachedNode", BUILDS_NOTHING, NULL},
    {"SliceNode", BUILDS_LISTED, "builtins slice"},
    {"BytesNode", BUILDS_LISTED, "builtins bytes"},
    {"BytearrayNode", BUILDS_LISTED, "builtins bytearray"},
    {"MaskedArrayNode", BUILDS_LISTED, "numpy.ma MaskedArray;numpy.ma.core MaskedArray"},
    {"RandomStateNode", BUILDS_LISTED, "numpy.random.mtrand RandomState"},
    {"RandomGeneratorNode", BUILDS_LISTED, "numpy.random._generator Generator"},
    {"DTypeNode", BUILDS_LISTED, "numpy dtype"},
    {"NdArrayNode", BUILDS_CLASS, NULL},
    {"SparseMatrixNode", BUILDS_CLASS, NULL},
    {"TreeNode", BUILDS_LISTED, "sklearn.tree._tree Tree"},
    {"LossNode", BUILDS_CLASS, NULL},
    {"SGDNode", BUILDS_CLASS, NULL},
    {"QuantileForestNode", BUILDS_CLASS, NULL},
    {"ReduceNode", BUILDS_CLASS, NULL},
    {"ConstructorFromReduceNode", BUILDS_CLASS, NULL},
    {"ObjectNode", BUILDS_CLASS, NULL},
    {"TypeNode", KEEPS_TYPE, NULL},
    {"FunctionNode", KEEPS_FUNCTION, NULL},
    {"PartialNode", KEEPS_PARTIAL, NULL},
    {"MethodNode", KEEPS_METHOD, NULL},
    {"OperatorFuncNode", KEEPS_OPERATOR, NULL},
};

/* What skops names otherwise than a pickle does, or builds where a pickle calls a function: looked at one by one, as the allow-list is. */
static const char more_types[] =
    "_loss CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
    "CyHalfPoissonLoss "
    "CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss;"
    "sklearn._loss._loss CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss "
    "CyHalfMultinomialLoss "
    "CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss "
    "CyPinballLoss;"
    "sklearn.utils._metadata_requests MetadataRequest MethodMetadataRequest MetadataRouter MethodMapping;"
    "numpy absolute add arccos arcsin arctan ceil cos cosh divide exp exp2 expm1 floor log log10 log1p log2 "
    "maximum minimum "
    "multiply negative power rint sign sin sinh sqrt square subtract tan tanh true_divide reciprocal cbrt "
    "deg2rad rad2deg;"
    "scipy.special expit logit";

static bool is_in(const char *types, str module, str name)
{
    str group, all = str_from_c(types);
    while (str_next(&all, ';', &group)) {
        str own, names, each;
        (void)str_cut(group, ' ', &own, &names);
        if (!str_eq(own, module)) continue;
        while (str_next(&names, ' ', &each))
            if (str_eq(each, name)) return true;
    }
    return false;
}

/* --- findings ------------------------------------------------------------------------------------------------------------------------ */

typedef struct pair {
    str module, name;
} pair;

PRINTF(5, 6) static bool say(skops *s, const char *code, severity how_bad, err *e, const char *format, ...)
{
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    for (char *c = title; *c; c++)
        if ((unsigned char)*c < 0x20) *c = '?';
    str shown = str_from_c(title);
    remark m = {.code = code, .severity = how_bad, .member = STR("schema.json"), .advice = advice};
    return nested_say(s->report, &m, str_is_utf8(shown) ? shown : STR("A node has a name that is no text"),
                      e);
}

/* A forest names its classes a hundred times; one finding for each is enough. */
static bool is_told(skops *s, const pair *p)
{
    for (size_t i = 0; i < s->told_count; i++)
        if (str_eq(json_text(s->told[i], "__class__"), p->name) &&
            str_eq(json_text(s->told[i], "__module__"), p->module))
            return true;
    return false;
}

static void note_told(skops *s, const json_t *node)
{
    if (s->told_count < TYPES_MAX) s->told[s->told_count++] = node;
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

static bool say_type(skops *s, const json_t *node, const pair *p, const char *what, err *e)
{
    if (is_told(s, p)) return true;
    note_told(s, node);
    const danger *known = danger_find(p->module, p->name);
    if (known)
        return say(s, "MDL-SKO-001", SEVERITY_CRITICAL, e, "Loading this file %s %.*s.%.*s, which %s", what,
                   STR_ARG(shown(p->module)), STR_ARG(shown(p->name)), known->what);
    return say(s, "MDL-SKO-001", SEVERITY_MEDIUM, e,
               "Loading this file %s %.*s.%.*s, which is not on the allow-list", what,
               STR_ARG(shown(p->module)), STR_ARG(shown(p->name)));
}

static bool say_node(skops *s, const char *loader, const pair *p, err *e)
{
    return say(s, "MDL-SKO-002", SEVERITY_CRITICAL, e,
               "A %s claims to build %.*s.%.*s, which such a node never does: a way around the question whom "
               "to trust",
               loader, STR_ARG(shown(p->module)), STR_ARG(shown(p->name)));
}

/* --- nodes --------------------------------------------------------------------------------------------------------------------------- */

static pair pair_of(const json_t *node)
{
    return (pair){json_text(node, "__module__"), json_text(node, "__class__")};
}

static bool is_allowed(const pair *p, unsigned roles)
{
    const allow_row *row = allow_find(p->module, p->name, NULL);
    return (row && (row->rule->roles & roles)) || is_in(more_types, p->module, p->name);
}

/* Classes of which skops has an own loader may be built by that alone; all others only when they are on the list. */
static bool judge_class(skops *s, const json_t *node, const pair *p, err *e)
{
    return is_allowed(p, ALLOW_NEW | ALLOW_DATA) || say_type(s, node, p, "builds an object of", e);
}

static bool judge_dict(skops *s, const json_t *node, const pair *p, err *e)
{
    const allow_row *row = allow_find(p->module, p->name, NULL);
    bool is_dict = is_in("builtins dict;collections OrderedDict", p->module, p->name) ||
                   (row && row->rule->like == ALLOW_LIKE_DICT);
    return is_dict || say_type(s, node, p, "calls", e);
}

/* Protocol 0 kept the function's name in the content. */
static bool judge_function(skops *s, const json_t *node, const pair *p, err *e)
{
    const json_t *content = json_object_get(node, "content");
    pair old = {json_text(content, "module_path"), json_text(content, "function")};
    const pair *named = old.name.len ? &old : p;
    return is_allowed(named, ALLOW_DATA) || say_type(s, node, named, "keeps the function", e);
}

/* A method is taken from an object, which must be of the class that the node itself tells the user about. */
static bool judge_method(skops *s, const json_t *node, const pair *p, err *e)
{
    const json_t *content = json_object_get(node, "content");
    pair of_object = pair_of(json_object_get(content, "obj"));
    if (!str_eq(of_object.module, p->module) || !str_eq(of_object.name, p->name))
        return say_node(s, "MethodNode", p, e);
    str method = json_text(content, "func");
    return say(s, "MDL-SKO-002", SEVERITY_MEDIUM, e,
               "The file keeps the method %.*s of %.*s.%.*s, which runs when the model is used",
               STR_ARG(shown(method)), STR_ARG(shown(p->module)), STR_ARG(shown(p->name)));
}

static bool judge_kind(skops *s, const json_t *node, size_t loader, err *e)
{
    pair p = pair_of(node);
    const char *name = loaders[loader].name;
    switch (loaders[loader].kind) {
    case BUILDS_NOTHING: return true;
    case BUILDS_LISTED: return is_in(loaders[loader].types, p.module, p.name) || say_node(s, name, &p, e);
    case BUILDS_CLASS: return judge_class(s, node, &p, e);
    case BUILDS_DICT: return judge_dict(s, node, &p, e);
    case KEEPS_TYPE:
        return is_allowed(&p, ALLOW_NEW | ALLOW_DATA) || say_type(s, node, &p, "keeps the type", e);
    case KEEPS_FUNCTION: return judge_function(s, node, &p, e);
    case KEEPS_METHOD: return judge_method(s, node, &p, e);
    case KEEPS_PARTIAL:
        if (!is_in("functools partial", p.module, p.name)) return say_node(s, name, &p, e);
        return say(s, "MDL-SKO-002", SEVERITY_MEDIUM, e,
                   "The file keeps a partial function, which runs when the model is used");
    case KEEPS_OPERATOR:
        if (!is_in("operator attrgetter itemgetter methodcaller", p.module, p.name))
            return say_node(s, name, &p, e);
        return say(s, "MDL-SKO-002", SEVERITY_MEDIUM, e,
                   "The file keeps operator.%.*s, which runs when the model is used", STR_ARG(shown(p.name)));
    }
    return true;
}

static bool judge_node(skops *s, const json_t *node, err *e)
{
    str loader = json_text(node, "__loader__");
    for (size_t i = 0; i < COUNT_OF(loaders); i++)
        if (str_eq(loader, str_from_c(loaders[i].name))) return judge_kind(s, node, i, e);
    return say(s, "MDL-SKO-002", SEVERITY_CRITICAL, e,
               "A node wants a loader that skops does not have: '%.*s'", STR_ARG(shown(loader)));
}

/* Every object with a loader is a node, wherever it stands. Depth: the decoder's LIMIT_MODEL_JSON_DEPTH. */
static bool walk(skops *s, const json_t *value, err *e)
{
    if (json_is_object(value) && json_object_get(value, "__loader__") && !judge_node(s, value, e))
        return false;
    size_t i;
    const char *key;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)value, key, each) if (!walk(s, each, e)) return false;
    json_array_foreach(value, i, each) if (!walk(s, each, e)) return false;
    return true;
}

/* --- the file -------------------------------------------------------------------------------------------------------------------------- */

static bool unreadable(report *r, str title, err *e)
{
    remark m = {.code = "MDL-SKO-002",
                .severity = SEVERITY_MEDIUM,
                .member = STR("schema.json"),
                .is_unreadable = true,
                .advice = "Do not load this file; write it again with skops.io.dump."};
    return nested_say(r, &m, title, e);
}

static bool tell(const json_t *root, report *r, err *e)
{
    pair p = pair_of(root);
    str version = json_text(root, "_skops_version");
    str class = arena_printf(r->arena, "%.*s.%.*s", STR_ARG(shown(p.module)), STR_ARG(shown(p.name)));
    if (!class.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    json_int_t protocol = json_integer_value(json_object_get(root, "protocol"));
    return (!str_is_utf8(class) || report_fact(r, STR("class"), class, e)) &&
           (version.len == 0 || version.len > 64 || report_fact(r, STR("skops_version"), version, e)) &&
           (protocol < 0 || nested_fact_number(r, STR("protocol"), (uint64_t)protocol, e));
}

static bool read_schema(skops *s, bytes text, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    if (!json_decode_model(text, "schema.json", &root, &why)) {
        if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
        return unreadable(s->report, str_from_c(why.message), e);
    }
    if (json_text(root, "__loader__").len == 0)
        return unreadable(s->report, STR("schema.json describes no object of skops"), e);
    return tell(root, s->report, e) && walk(s, root, e);
}

static bool read_member(skops *s, const zip_member *m, err *e)
{
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_UNPACKED_BYTES);
    if (!nested_zip_headers(m, s->report, e) || !nested_zip_bytes(s->in, m, s->report, &content, e))
        return false;
    if (str_eq(m->path, STR("schema.json"))) return read_schema(s, buf_bytes(&content), e);
    return content.len == 0 || nested_member(s->in, m->path, buf_bytes(&content), s->report, e);
}

static bool is_named(const format_input *in)
{
    return str_ends_with(in->path, STR(".skops"));
}

/* Other archives have a schema.json too; the name of a node's loader is in one of skops only. Small ones are unpacked to look. */
static bool has_schema(const format_input *in, const zip_member *m, unpack_budget *budget)
{
    static const char mark[] = "\"__loader__\"";
    if (!str_eq(m->path, STR("schema.json"))) return false;
    AUTO_BUF buf content;
    buf_init(&content, LIMIT_MODEL_JSON_BYTES);
    /* Damage is for the reader to tell; what came before it is enough here. */
    bool is_whole = zip_member_bytes(in->content, m, budget, &content, NULL);
    return (is_whole || content.len) && memmem(content.data, content.len, mark, sizeof(mark) - 1);
}

static bool sniff(const format_input *in)
{
    if (!zip_is(in->content)) return false;
    if (is_named(in)) return true;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, SNIFF_ARENA_BYTES);
    unpack_budget own = unpack_budget_new(in->content.len);
    zip_directory zip;
    if (!zip_read(&scratch, in->content, &own, &zip, NULL)) return false;
    for (size_t i = 0; i < zip.count; i++)
        if (has_schema(in, &zip.members[i], &own)) return true;
    return false;
}

static bool read(const format_input *in, report *r, err *e)
{
    skops *s = arena_alloc(r->arena, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a report");
    *s = (skops){.in = in, .report = r};
    zip_directory zip;
    bool is_open, has_one = false;
    if (!nested_zip_open(in, r, &zip, &is_open, e)) return false;
    for (size_t i = 0; is_open && i < zip.count; i++) {
        has_one = has_one || str_eq(zip.members[i].path, STR("schema.json"));
        if (!read_member(s, &zip.members[i], e)) return false;
    }
    return has_one || !is_open || unreadable(r, STR("the archive has no schema.json"), e);
}

const model_format format_skops = {.name = "skops", .title = "skops estimator", .sniff = sniff, .read = read};
