/*
 * format/report.h - what reading a file established: verdict, findings, facts.
 */
#ifndef FORMAT_REPORT_H
#define FORMAT_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef enum severity {
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL
} severity;
const char *severity_name(severity s); /* "info" ... "critical" */
bool severity_parse(str name, severity *s) MUST_USE;

/* Ordered by how bad: the verdict of a whole is the worst of its parts. */
typedef enum verdict {
    VERDICT_NOT_A_MODEL,
    VERDICT_CLEAN,
    VERDICT_SUSPICIOUS,
    VERDICT_UNPARSEABLE,
    VERDICT_UNSAFE
} verdict;
const char *verdict_name(verdict v); /* "not_a_model" "clean" "suspicious" "unparseable" "unsafe" */
bool verdict_parse(str name, verdict *v) MUST_USE;

typedef enum finding_kind {
    FINDING_MODEL_THREAT,
    FINDING_VULNERABILITY,
    FINDING_LICENSE,
    FINDING_SECRET,
    FINDING_MISCONFIGURATION
} finding_kind;
const char *finding_kind_name(finding_kind k);

typedef struct finding {
    const char *
        code; /* "MDL-PKL-001", see docs/model-threats.md; for vulnerabilities the advisory's id is in `advisory` */
    finding_kind kind;
    severity severity;
    str title;       /* one sentence for a person */
    str member;      /* path within the artifact: "archive.zip!data.pkl", empty for the file itself */
    uint64_t offset; /* byte offset within the member */
    bool has_offset;
    uint32_t line; /* of a text, from 1 on; 0: no line */
    str call;      /* "posix.system('id')" */
    str advice;
    bool is_mild; /* about age alone: what reads the file without loading it need not mind */
} finding;

typedef struct fact {
    str name,
        value; /* "framework" "scikit-learn", "class" "sklearn.ensemble._forest.RandomForestClassifier" */
} fact;

/* Numbers that are packed into blocks of a fixed size, each of which becomes so many float32. */
typedef struct tensor_blocks {
    uint32_t numbers, bytes; /* of one block */
    void (*unpack)(const uint8_t *block, float *into);
} tensor_blocks;

/* One array of numbers of a model: a weight, a bias, a table. */
typedef struct tensor_fact {
    str name; /* as the file has it: "layers.0.weight" */
    str dtype; /* in numpy's words where it has one: "float32", "int8", "bfloat16", else the format's own: "Q4_K" */
    const uint64_t *shape;
    size_t rank;    /* numbers of `shape`; 0: one number */
    uint64_t bytes; /* as stored */
    /* The numbers, for converters (report.keeps_numbers): empty where the file does not have them as plain numbers (packed into blocks, text, objects). */
    bytes numbers;
    const uint64_t *
        strides; /* rank of them, in numbers; NULL: row after row. Reaching within `numbers` is checked by report_tensor. */
    bool is_big_endian;
    const tensor_blocks *
        blocks; /* `numbers` are such blocks, one after the other, and dtype is float32; NULL: plain numbers */
} tensor_fact;

/* Grows in its arena. Adding beyond LIMIT_SCAN_FINDINGS counts instead of storing. */
typedef struct report {
    arena *arena;
    const char *format; /* "pickle", "joblib", ...; NULL: not recognised */
    verdict verdict;
    finding *findings;
    size_t finding_count, finding_capacity, findings_dropped;
    fact *facts;
    size_t fact_count, fact_capacity;
    tensor_fact *tensors; /* the first LIMIT_TENSORS_SHOWN, in the file's order */
    size_t tensor_kept, tensor_capacity;
    uint64_t tensor_count, parameter_count, tensor_bytes; /* of all of them; saturating */
    bool keeps_numbers;  /* asked for: all tensors, with their numbers row after row and little endian */
    bool has_neighbours; /* as format_input has it */
    bool is_brief;       /* asked for: what a pickle holds, and its calls beyond the first, may be left out */
    bytes whole;         /* with it: the file; numbers that lie in it so already are views, others copies */
    str *
        call_lines; /* the call graph as readable lines, in execution order, capped: "data.pkl:0x2d  posix.system('id')" */
    size_t call_line_count, call_line_capacity;
} report;

void report_init(report *r, arena *a);
bool report_add(report *r, const finding *f,
                err *e) MUST_USE; /* worsens the verdict as the kind and severity demand */
void report_worsen(report *r, verdict v);
/* What a finding alone makes of a file: model threats from high on are unsafe, low and medium suspicious, info nothing. */
verdict report_verdict_of(finding_kind kind, severity s);
bool report_fact(report *r, str name, str value, err *e) MUST_USE;
bool report_tensor(report *r, const tensor_fact *t, err *e) MUST_USE;
/* Numbers of one tensor of that type, in bytes; 0 for what has no fixed size. */
size_t tensor_item_bytes(str dtype);
/* Those of a part, named "member!name"; an array that has no name of its own gets the member's. */
bool report_tensors_of(report *r, const report *part, str member, err *e) MUST_USE;
bool report_call_line(report *r, str line, err *e) MUST_USE;
/* What a line of the call graph begins with: where the call stands, in the words of a finding's member and offset. */
void report_call_place(buf *line, str member, uint64_t offset);

#endif
