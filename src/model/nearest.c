/*
 * model/nearest.c - Levenshtein distance, for messages that name what was probably meant.
 */
#include "nearest.h"

#include <ctype.h>

enum { NAME_MAX_LEN = 40 };

/* Levenshtein distance; names longer than any of ours are infinitely far. */
size_t name_distance(str a, str b)
{
    size_t row[NAME_MAX_LEN + 1];
    if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN) return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++) row[j] = j;
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.len; j++) {
            size_t changed = diagonal + (a.data[i] != b.data[j]);
            diagonal = row[j + 1];
            size_t shorter = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            row[j + 1] = changed < shorter ? changed : shorter;
        }
    }
    return row[b.len];
}

size_t name_slips(str a, str b)
{
    char low_a[NAME_MAX_LEN], low_b[NAME_MAX_LEN];
    if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN) return SIZE_MAX;
    for (size_t i = 0; i < a.len; i++) low_a[i] = (char)tolower((unsigned char)a.data[i]);
    for (size_t i = 0; i < b.len; i++) low_b[i] = (char)tolower((unsigned char)b.data[i]);
    size_t longer = a.len > b.len ? a.len : b.len;
    size_t distance = name_distance((str){low_a, a.len}, (str){low_b, b.len});
    return distance <= (longer + 2) / 4 ? distance : SIZE_MAX;
}
