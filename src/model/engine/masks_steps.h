/*
 * model/engine/masks_steps.h - find_leaves with vectors of VECTOR_BYTES, for the processors of TARGET. Included by masks.c, once for each.
 */
typedef int16_t STEP(lanes) __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t STEP(unsigned_lanes) __attribute__((vector_size(VECTOR_BYTES)));
typedef int16_t STEP(lanes_in_memory) __attribute__((vector_size(VECTOR_BYTES), aligned(2), may_alias));
enum { STEP(LANES) = VECTOR_BYTES / 2, STEP(VECTORS) = MASK_ROWS / STEP(LANES) };

/* How many bits each lane has. */
TARGET static inline __attribute__((always_inline)) void STEP(count_bits)(STEP(unsigned_lanes) * x)
{
    STEP(unsigned_lanes) v = *x;
    v -= v >> 1 & 0x5555;
    v = (v & 0x3333) + (v >> 2 & 0x3333);
    v = (v + (v >> 4)) & 0x0f0f;
    *x = (v + (v >> 8)) & 0x1f;
}

/* Four vectors at a time: of a tree's words the first that has a bit left, and in it the lowest bit. */
TARGET static inline __attribute__((always_inline)) void STEP(find_four)(const engine_masks *m,
                                                                         const mask_tree *t,
                                                                         const int16_t *ranks,
                                                                         uint16_t *found)
{
    STEP(lanes) leaf[4] = {0};
    for (uint32_t word = t->words; word-- > 0;) {
        const size_t *bounds = &m->word_ops[t->first_word + word];
        STEP(lanes) bits[4];
        for (int i = 0; i < 4; i++) bits[i] = (STEP(lanes)){0} - 1;
        for (const mask_op *op = m->ops + bounds[0], *end = m->ops + bounds[1]; op < end; op++) {
            const STEP(lanes_in_memory) *x =
                (const STEP(lanes_in_memory) *)(const void *)(ranks + (size_t)op->column * MASK_ROWS);
            STEP(lanes) limit = (STEP(lanes)){0} + op->limit, keep = (STEP(lanes)){0} + (int16_t)op->keep;
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) bits[i] &= (STEP(lanes))(limit > x[i]) | keep;
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            STEP(unsigned_lanes) left = (STEP(unsigned_lanes))bits[i], below = (left & -left) - 1;
            STEP(count_bits)(&below);
            STEP(lanes) has = (STEP(lanes))(bits[i] != 0);
            leaf[i] = (has & ((STEP(lanes))below + (int16_t)(word * WORD_BITS))) | (leaf[i] & ~has);
        }
    }
    memcpy(found, leaf, sizeof leaf);
}

TARGET static void STEP(find_leaves)(const engine_masks *m, const mask_tree *t, const int16_t *ranks,
                                     uint16_t *found)
{
    for (int i = 0; i < STEP(VECTORS); i += 4)
        STEP(find_four)(m, t, ranks + i * STEP(LANES), found + i * STEP(LANES));
}
