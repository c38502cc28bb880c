/*
 * base/arena.c - a list of blocks that grow; allocation is a bump of the newest one.
 *
 * A request that does not fit the newest block gets a block of its own, so nothing moves and at most one block's tail is lost.
 */
#include "base/arena.h"

#include "base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
    arena_block *next;
    size_t used, capacity;
    _Alignas(max_align_t) uint8_t data[];
};

enum { ARENA_ALIGN = _Alignof(max_align_t), ARENA_BLOCK_MIN = 4096, ARENA_BLOCK_MAX = 1 << 20 };

void arena_init(arena *a, size_t ceiling_bytes)
{
    *a = (arena){.ceiling_bytes = ceiling_bytes};
}

void arena_done(arena *a)
{
    for (arena_block *block = a->head; block;) {
        arena_block *next = block->next;
        free(block);
        block = next;
    }
    *a = (arena){.ceiling_bytes = a->ceiling_bytes};
}

static arena_block *arena_grow(arena *a, size_t need)
{
    size_t capacity = a->head ? a->head->capacity * 2 : ARENA_BLOCK_MIN;
    if (capacity > ARENA_BLOCK_MAX) capacity = ARENA_BLOCK_MAX;
    if (capacity < need) capacity = need;

    if (fault_hit(FAULT_MEMORY)) return NULL;
    arena_block *block = malloc(sizeof(*block) + capacity);
    if (!block) return NULL;
    *block = (arena_block){.next = a->head, .capacity = capacity};
    a->head = block;
    return block;
}

/* Most are small, and calling memset for them takes longer than clearing them. `need` is a multiple of ARENA_ALIGN. */
static void *cleared(uint8_t *memory, size_t need)
{
    if (need > 4 * ARENA_ALIGN) return memset(memory, 0, need);
    memset(memory, 0, ARENA_ALIGN);
    if (need > ARENA_ALIGN) memset(memory + ARENA_ALIGN, 0, ARENA_ALIGN);
    if (need > 2 * ARENA_ALIGN) memset(memory + 2 * ARENA_ALIGN, 0, ARENA_ALIGN);
    if (need > 3 * ARENA_ALIGN) memset(memory + 3 * ARENA_ALIGN, 0, ARENA_ALIGN);
    return memory;
}

void *arena_alloc(arena *a, size_t size_bytes)
{
    size_t room = a->ceiling_bytes - a->used_bytes;
    if (size_bytes > room || size_bytes > SIZE_MAX / 2) return NULL;
    size_t need = (size_bytes + ARENA_ALIGN - !!size_bytes) & ~(size_t)(ARENA_ALIGN - 1);

    arena_block *block = a->head;
    if (!block || need > block->capacity - block->used) block = arena_grow(a, need);
    if (!block) return NULL;

    uint8_t *memory = block->data + block->used;
    block->used += need;
    a->used_bytes = need <= room ? a->used_bytes + need : a->ceiling_bytes;
    return cleared(memory, need);
}

void *arena_alloc_array(arena *a, size_t count, size_t item_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, item_bytes, &total)) return NULL;
    return arena_alloc(a, total);
}

bytes arena_copy_bytes(arena *a, bytes b)
{
    uint8_t *copy = arena_alloc(a, b.len);
    if (!copy) return BYTES_NONE;
    if (b.len) memcpy(copy, b.data, b.len);
    return (bytes){copy, b.len};
}

str arena_copy(arena *a, str s)
{
    return bytes_str(arena_copy_bytes(a, str_bytes(s)));
}

str arena_printf(arena *a, const char *format, ...)
{
    char small[256]; /* most texts are formatted once */
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (len < 0) return STR_NONE;

    char *text = arena_alloc(a, (size_t)len + 1);
    if (!text) return STR_NONE;
    if ((size_t)len < sizeof(small)) {
        memcpy(text, small, (size_t)len + 1);
        return (str){text, (size_t)len};
    }
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (str){text, (size_t)len};
}

bool str_to_c(arena *a, str s, const char **c, err *e)
{
    if (str_find(s, '\0') >= 0) return err_set(e, ERR_INVALID, "text with a NUL byte cannot be used here");
    char *copy = arena_alloc(a, s.len + 1);
    if (!copy) return err_set(e, ERR_MEMORY, "no memory for %zu bytes of text", s.len);
    if (s.len) memcpy(copy, s.data, s.len);
    *c = copy;
    return true;
}
