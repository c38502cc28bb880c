/*
 * scan/siblings.h - what a file needs of the files beside it: tensors of an ONNX model, arrays of an old joblib pickle, code that settings name.
 *
 * A file's own facts say what it needs (external_file, external_bytes, companion_file, code_file) and what a Python text reaches for (python). Whoever
 * sees the neighbours (a folder, an archive) asks here what follows. Pure.
 */
#ifndef SCAN_SIBLINGS_H
#define SCAN_SIBLINGS_H

#include "base/arena.h"
#include "format/report.h"

typedef enum sibling_kind { SIBLING_NONE, SIBLING_TENSORS, SIBLING_ARRAY, SIBLING_CODE } sibling_kind;

typedef struct sibling_need {
    sibling_kind kind;
    str path;       /* beside the file that needs it */
    uint64_t bytes; /* at least; 0: not said */
} sibling_need;

/* What is known of a neighbour. */
typedef struct sibling {
    bool is_there, is_link, is_judged;
    uint64_t bytes;
    verdict verdict; /* when it is judged */
    str reaches;     /* of Python: what its fact says */
} sibling;

/* What a fact says that a file needs; false for all other facts. */
bool sibling_need_of(str name, str value, sibling_need *need);
/* What the neighbour makes of the file that needs it: a finding about that file, without its member. False: nothing. The title lives in the arena;
 * its data is NULL when memory is gone. */
bool sibling_judge(arena *a, const sibling_need *need, const sibling *s, finding *f);

#endif
