/*
 * base/arena.h - memory that is dropped whole: one per request or scan, no frees in between.
 *
 * An arena has a ceiling; reaching it, or malloc failing, makes arena_alloc return NULL, which callers turn into
 * ERR_MEMORY. Memory is zeroed and aligned for any type.
 * Threads: an arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"
#include "base/str.h"

typedef struct arena_block arena_block;
typedef struct arena {
    arena_block *head;
    size_t used_bytes, ceiling_bytes;
} arena;

void arena_init(arena *a, size_t ceiling_bytes);
void arena_done(arena *a); /* frees everything; the arena may be used again with the same ceiling */
static inline void arena_done_p(arena *a)
{
    arena_done(a);
}
#define AUTO_ARENA __attribute__((cleanup(arena_done_p)))

void *arena_alloc(arena *a, size_t size_bytes) MUST_USE;
void *arena_alloc_array(arena *a, size_t count, size_t item_bytes) MUST_USE; /* overflow gives NULL */

/* Copies. On exhaustion the result's data is NULL (and len 0). */
str arena_copy(arena *a, str s);
bytes arena_copy_bytes(arena *a, bytes b);
str arena_printf(arena *a, const char *format, ...) PRINTF(2, 3);

/* A NUL-terminated copy for a library's edge; fails with ERR_INVALID on an embedded NUL. */
bool str_to_c(arena *a, str s, const char **c, err *e) MUST_USE;

#endif
