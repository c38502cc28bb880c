/*
 * format/gguf/blocks.c - quantised tensors: blocks of 32 or 256 numbers with a common scale, as ggml packs them (ggml-quants.c, ggml-common.h).
 *
 * Each function turns one block into float32, with the operations in the order in which ggml does them, so that the numbers are the same to the last
 * bit. The types with tables of vectors (IQ1, IQ2, IQ3) are not here: their numbers stay packed.
 */
#include "gguf/gguf.h"

#include <math.h>
#include <string.h>

enum { SMALL = 32, LARGE = 256, HALF = 16 };

/* --- parts of a block ------------------------------------------------------------------------------------------------------------------ */

static uint16_t u16_at(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)u16_at(at) | (uint32_t)u16_at(at + 2) << 16;
}

/* IEEE 754 binary16. */
static float half_at(const uint8_t *at)
{
    uint16_t h = u16_at(at);
    unsigned exponent = h >> 10 & 31, fraction = h & 1023;
    float value = exponent == 0    ? ldexpf((float)fraction, -24)
                  : exponent == 31 ? (fraction ? NAN : INFINITY)
                                   : ldexpf((float)(fraction + 1024), (int)exponent - 25);
    return h & 0x8000 ? -value : value;
}

static float float_at(const uint8_t *at)
{
    uint32_t bits = u32_at(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int signed_at(const uint8_t *at)
{
    return (int8_t)*at;
}

/* --- 32 numbers: the low halves of 16 bytes, then the high ones ------------------------------------------------------------------------------ */

static void unpack_q4_0(const uint8_t *b, float *y)
{
    float d = half_at(b);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = (float)((b[2 + j] & 15) - 8) * d;
        y[j + HALF] = (float)((b[2 + j] >> 4) - 8) * d;
    }
}

static void unpack_q4_1(const uint8_t *b, float *y)
{
    float d = half_at(b), m = half_at(b + 2);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = (float)(b[4 + j] & 15) * d + m;
        y[j + HALF] = (float)(b[4 + j] >> 4) * d + m;
    }
}

/* The fifth bit of each number stands in a word of its own. */
static int fifth_bit(uint32_t high, unsigned number)
{
    return (int)(high >> number & 1) << 4;
}

static void unpack_q5_0(const uint8_t *b, float *y)
{
    float d = half_at(b);
    uint32_t high = u32_at(b + 2);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = (float)(((b[6 + j] & 15) | fifth_bit(high, j)) - 16) * d;
        y[j + HALF] = (float)(((b[6 + j] >> 4) | fifth_bit(high, j + HALF)) - 16) * d;
    }
}

static void unpack_q5_1(const uint8_t *b, float *y)
{
    float d = half_at(b), m = half_at(b + 2);
    uint32_t high = u32_at(b + 4);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = (float)((b[8 + j] & 15) | fifth_bit(high, j)) * d + m;
        y[j + HALF] = (float)((b[8 + j] >> 4) | fifth_bit(high, j + HALF)) * d + m;
    }
}

static void unpack_q8_0(const uint8_t *b, float *y)
{
    float d = half_at(b);
    for (unsigned j = 0; j < SMALL; j++) y[j] = (float)signed_at(b + 2 + j) * d;
}

static const int8_t nonlinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                     1,    13,   25,  38,  53,  69,  89,  113};

static void unpack_iq4_nl(const uint8_t *b, float *y)
{
    float d = half_at(b);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = d * (float)nonlinear[b[2 + j] & 15];
        y[j + HALF] = d * (float)nonlinear[b[2 + j] >> 4];
    }
}

/* The scale is a power of two; the numbers are doubled in the table, so it is halved. */
static void unpack_mxfp4(const uint8_t *b, float *y)
{
    static const int8_t values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    float d = ldexpf(1.0f, (int)b[0] - 128);
    for (unsigned j = 0; j < HALF; j++) {
        y[j] = (float)values[b[1 + j] & 15] * d;
        y[j + HALF] = (float)values[b[1 + j] >> 4] * d;
    }
}

/* --- 256 numbers with scales for 16 or 32 of them each ----------------------------------------------------------------------------------------- */

static void unpack_q2_k(const uint8_t *b, float *y)
{
    const uint8_t *scales = b, *q = b + 16;
    float d = half_at(b + 80), least = half_at(b + 82);
    for (unsigned n = 0; n < LARGE; n += 128, q += 32)
        for (unsigned shift = 0; shift < 8; shift += 2)
            for (unsigned l = 0; l < 32; l++) {
                uint8_t scale = scales[n / 16 + shift + l / 16];
                *y++ = d * (float)(scale & 15) * (float)(q[l] >> shift & 3) - least * (float)(scale >> 4);
            }
}

/* Sixteen scales of six bits: four low ones of each in eight bytes, the two high ones in four more. */
static int q3_scale(const uint8_t *packed, unsigned i)
{
    int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    return (low | (packed[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) - 32;
}

static void unpack_q3_k(const uint8_t *b, float *y)
{
    const uint8_t *high = b, *q = b + 32, *scales = b + 96;
    float d = half_at(b + 108);
    for (unsigned n = 0, group = 0; n < 2; n++, q += 32)
        for (unsigned shift = 0; shift < 8; shift += 2, group++)
            for (unsigned l = 0; l < 32; l++) {
                float scale = d * (float)q3_scale(scales, 2 * group + l / 16);
                int value = (q[l] >> shift & 3) - (high[l] >> group & 1 ? 0 : 4);
                *y++ = scale * (float)value;
            }
}

typedef struct scale_and_least {
    float scale, least;
} scale_and_least;

/* Eight pairs of six bits in twelve bytes. */
static scale_and_least pair_of(const uint8_t *packed, unsigned j, float d, float least)
{
    unsigned s = j < 4 ? packed[j] & 63u : (packed[j + 4] & 15u) | (unsigned)packed[j - 4] >> 6 << 4;
    unsigned m = j < 4 ? packed[j + 4] & 63u : (unsigned)packed[j + 4] >> 4 | (unsigned)packed[j] >> 6 << 4;
    return (scale_and_least){d * (float)s, least * (float)m};
}

static void unpack_q4_k(const uint8_t *b, float *y)
{
    float d = half_at(b), least = half_at(b + 2);
    const uint8_t *q = b + 16;
    for (unsigned j = 0; j < 8; j++) {
        scale_and_least p = pair_of(b + 4, j, d, least);
        for (unsigned l = 0; l < 32; l++) *y++ = p.scale * (float)(j % 2 ? q[l] >> 4 : q[l] & 15) - p.least;
        if (j % 2) q += 32;
    }
}

static void unpack_q5_k(const uint8_t *b, float *y)
{
    float d = half_at(b), least = half_at(b + 2);
    const uint8_t *high = b + 16, *q = b + 48;
    for (unsigned j = 0; j < 8; j++) {
        scale_and_least p = pair_of(b + 4, j, d, least);
        for (unsigned l = 0; l < 32; l++) {
            int value = (j % 2 ? q[l] >> 4 : q[l] & 15) + (high[l] >> j & 1 ? 16 : 0);
            *y++ = p.scale * (float)value - p.least;
        }
        if (j % 2) q += 32;
    }
}

static void unpack_q6_k(const uint8_t *b, float *y)
{
    const uint8_t *low = b, *high = b + 128, *scales = b + 192;
    float d = half_at(b + 208);
    for (unsigned n = 0; n < 2; n++, low += 64, high += 32, scales += 8, y += 128)
        for (unsigned l = 0; l < 32; l++)
            for (unsigned part = 0; part < 4; part++) {
                uint8_t byte = low[l + 32 * (part % 2)];
                int value = ((part < 2 ? byte & 15 : byte >> 4) | (high[l] >> (2 * part) & 3) << 4) - 32;
                float scale = d * (float)signed_at(scales + l / 16 + 2 * part);
                y[l + 32 * part] = scale * (float)value;
            }
}

static void unpack_q8_k(const uint8_t *b, float *y)
{
    float d = float_at(b);
    for (unsigned j = 0; j < LARGE; j++) y[j] = d * (float)signed_at(b + 4 + j);
}

static void unpack_iq4_xs(const uint8_t *b, float *y)
{
    float d = half_at(b);
    unsigned high = u16_at(b + 2);
    const uint8_t *low = b + 4, *q = b + 8;
    for (unsigned g = 0; g < 8; g++, q += HALF, y += SMALL) {
        int scale = (low[g / 2] >> (4 * (g % 2)) & 15) | (int)(high >> (2 * g) & 3) << 4;
        float by = d * (float)(scale - 32);
        for (unsigned j = 0; j < HALF; j++) {
            y[j] = by * (float)nonlinear[q[j] & 15];
            y[j + HALF] = by * (float)nonlinear[q[j] >> 4];
        }
    }
}

static void unpack_tq2_0(const uint8_t *b, float *y)
{
    float d = half_at(b + 64);
    for (unsigned from = 0; from < 64; from += 32)
        for (unsigned shift = 0; shift < 8; shift += 2)
            for (unsigned l = 0; l < 32; l++) *y++ = (float)((b[from + l] >> shift & 3) - 1) * d;
}

/* Five numbers of three values in a byte, as digits of a fraction. */
static float ternary(uint8_t packed, unsigned digit, float d)
{
    static const uint8_t powers[] = {1, 3, 9, 27, 81};
    uint8_t shifted = (uint8_t)(packed * powers[digit]);
    return (float)(shifted * 3 / 256 - 1) * d;
}

static void unpack_tq1_0(const uint8_t *b, float *y)
{
    float d = half_at(b + 52);
    for (unsigned n = 0; n < 5; n++)
        for (unsigned m = 0; m < 32; m++) *y++ = ternary(b[m], n, d);
    for (unsigned n = 0; n < 5; n++)
        for (unsigned m = 0; m < 16; m++) *y++ = ternary(b[32 + m], n, d);
    for (unsigned n = 0; n < 4; n++)
        for (unsigned m = 0; m < 4; m++) *y++ = ternary(b[48 + m], n, d);
}

/* --- the table ------------------------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *type;
    tensor_blocks blocks;
} known[] = {{"Q4_0", {SMALL, 18, unpack_q4_0}},      {"Q4_1", {SMALL, 20, unpack_q4_1}},
             {"Q5_0", {SMALL, 22, unpack_q5_0}},      {"Q5_1", {SMALL, 24, unpack_q5_1}},
             {"Q8_0", {SMALL, 34, unpack_q8_0}},      {"Q2_K", {LARGE, 84, unpack_q2_k}},
             {"Q3_K", {LARGE, 110, unpack_q3_k}},     {"Q4_K", {LARGE, 144, unpack_q4_k}},
             {"Q5_K", {LARGE, 176, unpack_q5_k}},     {"Q6_K", {LARGE, 210, unpack_q6_k}},
             {"Q8_K", {LARGE, 292, unpack_q8_k}},     {"IQ4_NL", {SMALL, 18, unpack_iq4_nl}},
             {"IQ4_XS", {LARGE, 136, unpack_iq4_xs}}, {"TQ1_0", {LARGE, 54, unpack_tq1_0}},
             {"TQ2_0", {LARGE, 66, unpack_tq2_0}},    {"MXFP4", {SMALL, 17, unpack_mxfp4}}};

const tensor_blocks *gguf_blocks_of(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(known[i].type, type) == 0) return &known[i].blocks;
    return NULL;
}
