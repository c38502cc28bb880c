/*
 * format/tensorflow/danger.c - operators that reach out of a graph: Python, files, other machines.
 *
 * Savers, checkpoints, assertions, prints to the console and decoders of images are in every honest graph and are no finding.
 */
#include "tensorflow/tensorflow.h"

#include "base/str.h"
#include "nested.h"

#include <stdio.h>

enum { TITLE_BYTES = 512, SHOWN_BYTES = 200 };

static const char advice[] =
    "Run this graph only in a sandbox, or export the model again without these operators.";

static const tensorflow_danger python = {
    "MDL-TF-001", "The graph calls Python code that the program registered", SEVERITY_CRITICAL, false};
static const tensorflow_danger file = {"MDL-TF-002", "The graph reads or writes files", SEVERITY_HIGH, false};
static const tensorflow_danger outside_file = {
    "MDL-TF-002", "The graph reads a file from outside of the model", SEVERITY_HIGH, true};
static const tensorflow_danger remote = {"MDL-TF-002", "The graph talks to other programs or machines",
                                         SEVERITY_HIGH, false};
static const tensorflow_danger library = {"MDL-TF-002", "The graph loads a native library", SEVERITY_HIGH,
                                          false};
static const tensorflow_danger mapped = {"MDL-TF-002", "The graph takes numbers from a file of the machine",
                                         SEVERITY_MEDIUM, false};

static const struct {
    const char *name; /* with a star: and whatever follows */
    const tensorflow_danger *danger;
} rows[] = {
    {"PyFunc", &python},
    {"PyFuncStateless", &python},
    {"EagerPyFunc", &python},
    {"WriteFile", &file},
    {"ReadFile", &file},
    {"MatchingFiles*", &file},
    {"ExperimentalMatchingFiles*", &file},
    {"SaveDataset*", &file},
    {"LoadDataset*", &file},
    {"DistributedSave", &file},
    {"Snapshot*", &file},
    {"ListSnapshotChunksDataset", &file},
    {"DatasetToTFRecord", &file},
    {"ExperimentalDatasetToTFRecord", &file},
    {"CreateSummaryFileWriter", &file},
    {"CreateSummaryDbWriter", &file},
    {"WriteAudioSummary", &file},
    {"WriteGraphSummary", &file},
    {"WriteHistogramSummary", &file},
    {"WriteImageSummary", &file},
    {"WriteRawProtoSummary", &file},
    {"WriteScalarSummary", &file},
    {"WriteSummary", &file},
    {"ImportEvent", &file},
    {"WholeFileReader*", &file},
    {"FixedLengthRecord*", &file},
    {"TextLine*", &file},
    {"TFRecord*", &file},
    {"LMDB*", &file},
    {"ExperimentalLMDB*", &file},
    {"SqlDataset", &file},
    {"ExperimentalSqlDataset", &file},
    {"CSVDataset*", &file},
    {"ExperimentalCSVDataset", &file},
    {"RecordInput", &file},
    {"FileSystemSetConfiguration", &file},
    {"DumpTensor", &file},
    {"InitializeTableFromTextFile*", &outside_file},
    {"LookupTableImport*", &outside_file},
    {"RemoteCall", &remote},
    {"Rpc*", &remote},
    {"TryRpc", &remote},
    {"XlaHostCompute", &remote},
    {"_XlaHostComputeMlir", &remote},
    {"DataServiceDataset*", &remote},
    {"RegisterDataset*", &remote},
    {"LoadLibrary", &library},
    {"ShellExecute*", &library},
    {"ImmutableConst", &mapped},
    {"LoadAndRemapMatrix", &mapped},
    {"GenerateVocabRemapping", &mapped},
};

static bool matches(const char *pattern, str op)
{
    str p = str_from_c(pattern);
    if (!str_ends_with(p, STR("*"))) return str_eq(op, p);
    p.len--;
    return str_starts_with(op, p);
}

const tensorflow_danger *tensorflow_danger_of(str op)
{
    /* "Snapshot" alone copies a tensor. */
    if (str_eq(op, STR("Snapshot"))) return NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (matches(rows[i].name, op)) return rows[i].danger;
    return NULL;
}

static bool leads_out(str path)
{
    /* Texts of other kinds, such as the list of objects that a saver is given, are no paths. */
    for (size_t i = 0; i < path.len; i++)
        if ((uint8_t)path.data[i] < 0x20) return false;
    str rest = path, part;
    while (str_next(&rest, '/', &part))
        if (str_eq(part, STR(".."))) return true;
    return str_starts_with(path, STR("/")) || str_starts_with(path, STR("~")) ||
           str_contains(path, STR("://")) || str_find(path, '\\') >= 0;
}

static bool tell(report *r, const remark *m, const char *title, str op, str path, err *e)
{
    char text[TITLE_BYTES], shown[TITLE_BYTES];
    str path_shown = str_slice(path, 0, SHOWN_BYTES), op_shown = str_slice(op, 0, SHOWN_BYTES);
    if (!str_is_utf8(path_shown)) path_shown = STR("(no text)");
    if (!str_is_utf8(op_shown)) op_shown = STR("(no text)");
    int title_len = snprintf(text, sizeof text, "%s: '%.*s'", title, STR_ARG(op_shown));
    int call_len = 0;
    if (path.len)
        call_len = snprintf(shown, sizeof shown, "%.*s('%.*s')", STR_ARG(op_shown), STR_ARG(path_shown));
    else
        call_len = snprintf(shown, sizeof shown, "%.*s()", STR_ARG(op_shown));
    finding f = {.code = m->code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = m->severity,
                 .title = {text, (size_t)title_len},
                 .member = m->member,
                 .offset = m->offset,
                 .has_offset = m->has_offset,
                 .call = {shown, (size_t)call_len},
                 .advice = str_from_c(advice)};
    return report_call_line(r, f.call, e) && report_add(r, &f, e);
}

bool tensorflow_see_op(report *r, str member, str op, uint64_t offset, str path, err *e)
{
    remark m = {.member = member, .offset = offset, .has_offset = offset > 0};
    const tensorflow_danger *d = tensorflow_danger_of(op);
    if (!d && tensorflow_is_op(op)) return true;
    m.code = "MDL-TF-003";
    m.severity = SEVERITY_MEDIUM;
    if (!d) return tell(r, &m, "The graph needs an operator that is not TensorFlow's", op, path, e);
    if (d->only_outside && !leads_out(path)) return true;
    m.code = d->code;
    m.severity = d->severity;
    /* A path that is written into the graph and leads somewhere else is one degree worse. */
    if (path.len && !d->only_outside && leads_out(path) && m.severity < SEVERITY_CRITICAL)
        m.severity = (severity)(m.severity + 1);
    return tell(r, &m, d->title, op, path, e);
}
