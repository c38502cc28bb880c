/*
 * format/nested.h - files within files, for the formats that are containers: each part is read as a file of its own, under its member's name.
 */
#ifndef FORMAT_NESTED_H
#define FORMAT_NESTED_H

#include "codec/member.h"
#include "codec/zip.h"
#include "format/format.h"

typedef struct remark {
    const char *code;
    severity severity;
    str member;
    const char *advice;
    uint64_t offset;
    bool has_offset;
    uint32_t line;      /* of a text, from 1 on; 0: no line */
    bool is_unreadable; /* what it tells of makes the file unparseable as well */
} remark;

/* One finding of kind model_threat. */
bool nested_say(report *r, const remark *m, str title, err *e) MUST_USE;
bool nested_fact_number(report *r, str name, uint64_t number, err *e) MUST_USE;

/* Read `content` through all formats, as `path`, and if it is of none but an archive, each of its members. What was found is added under that
 * path, its tensors too; facts are not. */
bool nested_read(const format_input *in, str path, bytes content, report *r, err *e) MUST_USE;

/* ... as a member of an archive that is a model: a program in it has no business there (MDL-REP-004). */
bool nested_member(const format_input *in, str path, bytes content, report *r, err *e) MUST_USE;

/* Has the nesting used up its budget? Then that was reported. */
bool nested_too_deep(const format_input *in, str path, report *r, bool *is_too_deep, err *e) MUST_USE;
/* Content that no format took: when it is an archive (zip, tar, 7z, packed), its members are read; one that cannot be read makes the
 * report unparseable. Anything else is left alone (nested_archive.c). */
bool nested_archive(const format_input *in, report *r, err *e) MUST_USE;

/* What the name of a tar's or 7z's member is suspected of, from `least` on: MDL-TAR-001 about names, MDL-TAR-002 about links and devices. */
bool nested_tar_member(member_watch *watch, const tar_member *m, member_oddity least, report *r,
                       err *e) MUST_USE;

/* Open the archive: what its two views disagree about, members that only one of them has, and bytes that none has, go into the report.
 * *is_open false: it could not be read, which was reported. */
bool nested_zip_open(const format_input *in, report *r, zip_directory *zip, bool *is_open, err *e) MUST_USE;
/* What is wrong with the member's headers, without reading it. */
bool nested_zip_headers(const zip_member *m, report *r, err *e) MUST_USE;
/* The member's bytes. Damage is reported; `content` has what a loader would have got before it noticed. */
bool nested_zip_bytes(const format_input *in, const zip_member *m, report *r, buf *content, err *e) MUST_USE;
/* Every member through all formats. */
bool nested_zip_members(const format_input *in, const zip_directory *zip, report *r, err *e) MUST_USE;
/* A stored member is a view of the archive, so it can be looked at without being copied. Empty when packed or out of bounds. */
bytes nested_zip_stored(bytes file, const zip_member *m);

/* A file of another format that a pickle loader would act on as well: it reads from the first byte and has a call or a known import.
 * Then the pickle is judged too, and the file is unsafe for being two things. */
bool nested_also_pickle(const format_input *in, report *r, const char *code, err *e) MUST_USE;

#endif
