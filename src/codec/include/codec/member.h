/*
 * codec/member.h - what is odd about the names of an archive's members, and about where its links lead. Child only.
 *
 * Assay unpacks nothing, but whoever does would write where the name says: the rules are those of careful unpackers.
 */
#ifndef CODEC_MEMBER_H
#define CODEC_MEMBER_H

#include "codec/tar.h"

/* The worst last. */
typedef enum member_oddity {
    MEMBER_PLAIN,
    MEMBER_LINK,     /* a link to another member */
    MEMBER_TWICE,    /* a file whose name another file has: some readers take the first, some the last */
    MEMBER_DEVICE,   /* a device or a pipe */
    MEMBER_LINK_OUT, /* a link that leads out of the archive */
    MEMBER_PATH,     /* a name that leads out of the archive */
    MEMBER_THROUGH,  /* a name that leads through a link of the archive */
} member_oddity;

/* Would a file of that name be written outside of the folder, or mean different things on different systems? */
bool member_path_escapes(str path);
/* "its path leads out of the archive" ... */
const char *member_oddity_words(member_oddity oddity);

/* The names that an archive had so far, by their hashes. */
typedef struct member_names {
    uint64_t *slots;
    size_t count, capacity;
} member_names;

typedef struct member_watch {
    member_names files, links;
} member_watch;

/* In the archive's order, each member once. Fails with ERR_MEMORY. */
bool member_watch_note(member_watch *w, const tar_member *m, member_oddity *oddity, err *e) MUST_USE;
void member_watch_done(member_watch *w);
#define AUTO_MEMBER_WATCH __attribute__((cleanup(member_watch_done)))

#endif
