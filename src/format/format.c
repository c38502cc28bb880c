/*
 * format/format.c - which format, which verdict, and findings in an order that is the same every time.
 */
#include "format/format.h"

#include "codec/archive.h"
#include "format/program.h"

#include <stdlib.h>

/* --- names ----------------------------------------------------------------------------------------------------------------------- */

/* Files that programs hand to a model loader. A packed model keeps its own suffix in front: model.pkl.gz, and frame.pkl.tar.gz of pandas. */
static const char *const model_suffixes[] = {
    ".pkl",         ".pickle",    ".joblib", ".pt",   ".pth",     ".pt2",      ".ptl",     ".mar",
    ".ckpt",        ".npy",       ".npz",    ".h5",   ".hdf5",    ".keras",    ".onnx",    ".gguf",
    ".safetensors", ".skops",     ".tflite", ".dill", ".mlmodel", ".nemo",     ".rds",     ".rda",
    ".rdata",       ".cbm",       ".ubj",    ".pmml", ".pte",     ".t7",       ".pdmodel", ".pdparams",
    ".pdopt",       ".pdiparams", ".engine", ".rknn", ".ggml",    ".llamafile"};
static const char *const packed_suffixes[] = {".gz", ".bz2", ".xz", ".lzma", ".z", ".zst", ".lz4"};
static const char *const archive_suffixes[] = {".tar", ".tgz", ".zip"};

static bool ends_in_one(str name, const char *const *suffixes, size_t count, size_t *suffix_bytes)
{
    for (size_t i = 0; i < count; i++) {
        str suffix = str_from_c(suffixes[i]);
        if (name.len <= suffix.len || !str_eq_nocase(str_skip(name, name.len - suffix.len), suffix)) continue;
        *suffix_bytes = suffix.len;
        return true;
    }
    return false;
}

/* Weights under a suffix that other things have too. */
static bool is_weights_name(str path)
{
    static const char *const names[] = {
        "pytorch_model",        "adapter_model",     "diffusion_pytorch_model", "flax_model",
        "diffusion_flax_model", "training_args.bin", "saved_model.pb",          "frozen_inference_graph.pb"};
    str base = str_skip(path, (size_t)(str_find_last(path, '/') + 1));
    if (!str_ends_with(base, STR(".bin")) && !str_ends_with(base, STR(".pb")) &&
        !str_ends_with(base, STR(".msgpack")))
        return false;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_starts_with(base, str_from_c(names[i]))) return true;
    return false;
}

/* "model.pkl" of "model.pkl.tar.gz". */
static str without_packing(str path, bool *is_packed, bool *is_archive)
{
    size_t suffix_bytes;
    *is_packed = ends_in_one(path, packed_suffixes, COUNT_OF(packed_suffixes), &suffix_bytes);
    if (*is_packed) path.len -= suffix_bytes;
    *is_archive = ends_in_one(path, archive_suffixes, COUNT_OF(archive_suffixes), &suffix_bytes);
    if (*is_archive) path.len -= suffix_bytes;
    return path;
}

bool format_name_claims_model(str path)
{
    size_t suffix_bytes;
    bool is_packed, is_archive;
    if (is_weights_name(path)) return true;
    path = without_packing(path, &is_packed, &is_archive);
    return ends_in_one(path, model_suffixes, COUNT_OF(model_suffixes), &suffix_bytes);
}

/* --- reading --------------------------------------------------------------------------------------------------------------------- */

static int compare_findings(const void *left, const void *right)
{
    const finding *a = left, *b = right;
    int order = str_compare(a->member, b->member);
    if (order) return order;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    order = strcmp(a->code, b->code);
    return order ? order : str_compare(a->title, b->title);
}

/* No loader of models opens 7z, but people are told to unpack one by hand, and scanners that know no 7z pass it on. */
static bool is_disguised(report *r, err *e)
{
    finding f = {.code = "MDL-7Z-001",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_MEDIUM,
                 .title = STR("The name says that this is a model, but it is a 7z archive"),
                 .advice = STR("Ask for the model itself; an archive under its name hides it from checks.")};
    return report_add(r, &f, e);
}

/* Whoever trusts the name, or makes the file executable as its text says, starts it. */
static bool is_program(report *r, err *e)
{
    report_worsen(r, VERDICT_UNPARSEABLE);
    finding f = {.code = "MDL-REP-004",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_HIGH,
                 .title = STR("The name says that this is a model, but it is a program"),
                 .advice =
                     STR("Do not start it. Ask for the model alone, in a format that holds only data.")};
    return report_add(r, &f, e);
}

static bool not_a_known_model(const format_input *in, report *r, err *e)
{
    if (!format_name_claims_model(in->path)) return true;
    bool is_packed, is_archive;
    (void)without_packing(in->path, &is_packed, &is_archive);
    archive_kind kind = archive_sniff(in->content);
    if (kind == ARCHIVE_7Z) return is_disguised(r, e);
    if (program_is(STR_NONE, in->content)) return is_program(r, e);
    bool is_as_named =
        (kind == ARCHIVE_PACKED && is_packed) || ((kind == ARCHIVE_TAR || kind == ARCHIVE_ZIP) && is_archive);
    if (is_as_named) return true; /* what is inside has the name, and is judged */
    report_worsen(r, VERDICT_UNPARSEABLE);
    finding f = {
        .code = "MDL-REP-006",
        .kind = FINDING_MODEL_THREAT,
        .severity = SEVERITY_MEDIUM,
        .title =
            STR("The name says that this is a model, but its content is of no model format that Assay reads"),
        .advice = STR("Get the file again from its source, or rename it if it is no model.")};
    return report_add(r, &f, e);
}

/* Names of formats whose loaders run nothing. Under such a name people expect no code, and tools that go by names pass the file on. */
static const char *const harmless_suffixes[] = {".safetensors", ".gguf", ".onnx", ".tflite"};
static const char *const running_formats[] = {"pickle",    "joblib", "torch", "torch-legacy",
                                              "torch-tar", "npz",    "dill"};

static bool is_disguise(str path, const char *format)
{
    size_t suffix_bytes;
    if (!ends_in_one(path, harmless_suffixes, COUNT_OF(harmless_suffixes), &suffix_bytes)) return false;
    for (size_t i = 0; i < COUNT_OF(running_formats); i++)
        if (strcmp(format, running_formats[i]) == 0) return true;
    return false;
}

static bool say_disguise(report *r, err *e)
{
    bool calls = r->call_line_count > 0;
    finding f = {
        .code = "MDL-REP-005",
        .kind = FINDING_MODEL_THREAT,
        .severity = calls ? SEVERITY_HIGH : SEVERITY_MEDIUM,
        .title =
            calls ? STR("The name promises a format that runs nothing, and the content is a program for "
                        "another loader")
                  : STR("The name promises a format that runs nothing, and the content is of one that may"),
        .advice =
            STR("Do not load this file under another name; ask for the format that it is named after.")};
    return report_add(r, &f, e);
}

bool format_read(const format_input *in, report *r, err *e)
{
    r->has_neighbours = in->has_neighbours;
    for (size_t i = 0; model_formats[i]; i++) {
        const model_format *format = model_formats[i];
        if (!format->sniff(in)) continue;
        r->format = format->name;
        report_worsen(r, VERDICT_CLEAN);
        if (!format->read(in, r, e)) return false;
        if (is_disguise(in->path, r->format) && !say_disguise(r, e)) return false;
        if (r->finding_count) qsort(r->findings, r->finding_count, sizeof(finding), compare_findings);
        return true;
    }
    return not_a_known_model(in, r, e);
}

const char *format_zip_code(zip_oddity oddity)
{
    switch (oddity) {
    case ZIP_DUPLICATE: return "MDL-ZIP-002";
    case ZIP_PATH: return "MDL-ZIP-007";
    case ZIP_FLAGS:
    case ZIP_ENCRYPTED: return "MDL-ZIP-005";
    default: return "MDL-ZIP-001";
    }
}

const char *format_tar_code(member_oddity oddity)
{
    switch (oddity) {
    case MEMBER_LINK:
    case MEMBER_LINK_OUT:
    case MEMBER_DEVICE: return "MDL-TAR-002";
    default: return "MDL-TAR-001";
    }
}
