/*
 * tests/unit/sample.h - seeds of fuzz/corpus as tests: what a file's name promises, and the file cut and changed.
 *
 * "unsafe.MDL-SFT-001.overlap.safetensors": the verdict, the finding that must be told ("none": nothing above info), and a title.
 */
#ifndef TESTS_UNIT_SAMPLE_H
#define TESTS_UNIT_SAMPLE_H

#include "tests/unit/test.h"

#include "base/str.h"

#include <dirent.h>

enum { SAMPLE_BYTES_MAX = 64 * 1024, SAMPLE_WHOLE_BYTES = 1024, SAMPLE_PLACES = 256 };

typedef struct sample {
    char verdict[16], code[24];
    const char *name;
    uint8_t data[SAMPLE_BYTES_MAX];
    size_t len;
} sample;

/* Reads the bytes as the file of that name. Memory is exact, so that a sanitizer sees a read beyond. */
typedef void sample_reader(const sample *s, bytes exact);

static inline void sample_load(const char *folder, const char *name, sample *s)
{
    str wanted, rest, code;
    assert_true(str_cut(str_from_c(name), '.', &wanted, &rest) && str_cut(rest, '.', &code, &rest));
    snprintf(s->verdict, sizeof(s->verdict), "%.*s", STR_ARG(wanted));
    snprintf(s->code, sizeof(s->code), "%.*s", STR_ARG(code));
    s->name = name;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    s->len = fread(s->data, 1, sizeof(s->data), f);
    assert_true(s->len < sizeof(s->data));
    fclose(f);
}

/* Every seed of a folder below FUZZ_CORPUS; how many there are. */
static inline size_t sample_each(const char *kind, void (*check)(sample *s))
{
    const char *corpus = getenv("FUZZ_CORPUS");
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/%s", corpus ? corpus : "", kind);
    DIR *dir = opendir(folder);
    if (!dir) fail_msg("%s is no folder", folder);
    size_t count = 0;
    static sample s;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        sample_load(folder, entry->d_name, &s);
        check(&s);
        count++;
    }
    closedir(dir);
    return count;
}

static inline void sample_read(const sample *s, size_t len, sample_reader *read)
{
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, s->data, len);
    read(s, (bytes){exact, len});
    free(exact);
}

/* DAMAGE=all in the environment, for a person who has an hour: nothing is left out. */
static inline bool sample_is_exhaustive(void)
{
    const char *wish = getenv("DAMAGE");
    return wish && strcmp(wish, "all") == 0;
}

static inline void sample_change(sample *s, size_t at, uint8_t changed, sample_reader *read)
{
    uint8_t original = s->data[at];
    if (changed == original) return;
    s->data[at] = changed;
    sample_read(s, s->len, read);
    s->data[at] = original;
}

/*
 * Every prefix, and every byte changed, each in another way than the one before it; of seeds larger than a kilobyte at SAMPLE_PLACES places, evenly
 * spread, so that the directory at the end of an archive has its share. Exhaustive: every prefix, and every bit of every byte. A sanitizer takes every
 * DAMAGE_STRIDE-th of what is left.
 */
static inline void sample_damage(sample *s, sample_reader *read)
{
    static const uint8_t others[] = {0x00, 0xff, 0x80, '"', '{', '.'};
    bool is_whole = s->len <= SAMPLE_WHOLE_BYTES;
    size_t step = is_whole ? DAMAGE_STRIDE : (s->len / SAMPLE_PLACES + 1) * DAMAGE_STRIDE;
    if (sample_is_exhaustive()) step = 1;
    for (size_t at = 0, place = 0; at < s->len; at += step, place++) {
        sample_read(s, at, read);
        uint8_t other = others[place / 2 % COUNT_OF(others)];
        bool is_bit = place % 2 || other == s->data[at];
        sample_change(s, at, is_bit ? (uint8_t)(s->data[at] ^ 1u << place / 2 % 8) : other, read);
        for (size_t bit = at % DAMAGE_STRIDE; sample_is_exhaustive() && bit < 8; bit += DAMAGE_STRIDE)
            sample_change(s, at, (uint8_t)(s->data[at] ^ 1u << bit), read);
    }
}

#endif
