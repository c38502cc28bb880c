/*
 * format/format.h - model-file formats. Content decides the format, the name only adds suspicion.
 *
 * Pure; runs in the sandboxed child. A new format is src/format/<name>/ exporting one `const model_format`, plus its line in src/format/all.c.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include "codec/member.h"
#include "codec/unpack.h"
#include "codec/zip.h"
#include "format/report.h"

typedef struct format_input {
    str path;              /* as given, for names and suspicion only */
    bytes content;         /* the whole file */
    unpack_budget *budget; /* shared by everything nested */
    bool
        has_neighbours; /* whoever asks sees the files beside this one, and judges what it needs of them by its facts */
} format_input;

typedef struct model_format {
    const char *name;
    const char *title; /* for people: "Python pickle" */
    bool (*sniff)(const format_input *in);
    /* Read it to its end. Returns false only for our own trouble (memory); what the file does wrong is in the report. */
    bool (*read)(const format_input *in, report *r, err *e);
} model_format;

extern const model_format *const model_formats[]; /* NULL-terminated, in the order in which they are asked */

/* Sniff and read. r->format NULL and VERDICT_NOT_A_MODEL when no loader would take it and its name does not claim to be a model;
 * VERDICT_UNPARSEABLE when the name claims to be one. */
bool format_read(const format_input *in, report *r, err *e) MUST_USE;
bool format_name_claims_model(str path); /* .pkl .joblib .pt .h5 ... */
/* The code of the finding about such a member: "MDL-ZIP-001". */
const char *format_zip_code(zip_oddity oddity);
const char *format_tar_code(member_oddity oddity);

#endif
