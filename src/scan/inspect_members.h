/*
 * scan/inspect_members.h - names and links of an archive's members, gathered while it is walked and told at its end.
 */
#ifndef SCAN_INSPECT_MEMBERS_H
#define SCAN_INSPECT_MEMBERS_H

#include "codec/member.h"
#include "codec/zip.h"
#include "inspect.h"
#include "scan/siblings.h"

enum { ODD_MEMBERS_KEPT = 64, NEEDS_KEPT = 256, REACHES_KEPT = 32 };

typedef struct odd_member {
    const char *code, *words;
    str path;
    bool is_system_usual; /* a packed file system has such members for good reasons */
} odd_member;

struct archive_names {
    member_watch watch;
    arena *keep; /* lasts as long as the archive is walked */
    odd_member kept[ODD_MEMBERS_KEPT];
    size_t count, models_before; /* of the part's list */
    struct member_need {
        sibling_need need;
        str member; /* that needs it */
    } needs[NEEDS_KEPT];
    struct member_seen {
        uint64_t hash; /* of its path; 0: an empty slot */
        uint64_t bytes;
        uint8_t verdict, reaches; /* reaches: 1 + place in `words` */
        bool is_link;
    } * seen;
    size_t need_count, seen_count, seen_capacity;
    str words[REACHES_KEPT];
    size_t word_count;
    bool has_model, is_system;
    str native, script; /* the first program and the first script of a shell */
    str sparse;         /* the first member whose bytes are spread over a map, which is not read */
};

bool archive_names_tar(archive_names *names, const tar_member *m, err *e) MUST_USE;
bool archive_names_zip(archive_names *names, const zip_member *m, err *e) MUST_USE;
/* What was found out about a member, and what it needs of others. `source` is what its text told, or NULL. */
bool archive_names_seen(inspection *in, str member, size_t size_bytes, const report *r, const report *source,
                        err *e) MUST_USE;
/* Is it a program? */
bool archive_names_program(archive_names *names, str member, bytes content, err *e) MUST_USE;
bool archive_names_tell(inspection *in, archive_names *names, err *e) MUST_USE;
void archive_names_done(archive_names *names);

#endif
