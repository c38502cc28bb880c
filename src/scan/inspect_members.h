/*
 * scan/inspect_members.h - names and links of an archive's members, gathered while it is walked and told at its end.
 */
#ifndef SCAN_INSPECT_MEMBERS_H
#define SCAN_INSPECT_MEMBERS_H

#include "codec/member.h"
#include "codec/zip.h"
#include "inspect.h"

enum { ODD_MEMBERS_KEPT = 64 };

typedef struct odd_member {
    const char *code, *words;
    str path;
    bool is_system_usual; /* a packed file system has such members for good reasons */
} odd_member;

typedef struct archive_names {
    member_watch watch;
    odd_member kept[ODD_MEMBERS_KEPT];
    size_t count, models_before; /* of the part's list */
    bool has_model, is_system;
} archive_names;

/* `a` lasts as long as the archive is walked. */
bool archive_names_tar(archive_names *names, arena *a, const tar_member *m, err *e) MUST_USE;
bool archive_names_zip(archive_names *names, arena *a, const zip_member *m, err *e) MUST_USE;
bool archive_names_tell(inspection *in, archive_names *names, err *e) MUST_USE;
void archive_names_done(archive_names *names);

#endif
