/*
 * format/source.h - text that lies beside a model: Python, Dockerfiles, and secrets in any text.
 *
 * None of it is a model, so nothing here changes a verdict: findings are of kind misconfiguration or secret, with the line they are in.
 * Pure; runs in the sandboxed child.
 */
#ifndef FORMAT_SOURCE_H
#define FORMAT_SOURCE_H

#include "format/format.h"

/* Look at one file, whatever it is: what is no text, too long (LIMIT_SOURCE_BYTES), or belongs to an installed package is passed over. */
bool source_read(const format_input *in, report *r, err *e) MUST_USE;

/* Where Python text stands, and what follows from it. */
typedef struct python_place {
    str member;
    uint32_t first_line; /* of the text within its file; 1 for a whole file */
    bool is_notebook; /* a person runs it cell by cell: commands and evaluation are findings at every place */
} python_place;

/* What a person wants to know of Python text as a whole, beside its findings. */
typedef struct python_summary {
    bool runs_commands, evaluates, connects, loads_pickles,
        hides; /* hides: runs what it decoded or fetched */
} python_summary;

/* Findings of Python text: unsafe loading, code that runs at import, hidden code. Broken text gives what stands before the break, and a finding. */
bool python_read(const python_place *place, str text, report *r, python_summary *summary, err *e) MUST_USE;
/* Cloud keys, private keys, tokens: by shape and checksum, placeholders left out. */
bool secrets_read(str member, str text, report *r, err *e) MUST_USE;
bool dockerfile_read(str member, str text, report *r, err *e) MUST_USE;

#endif
