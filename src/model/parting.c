/*
 * model/parting.c - what two pointers that meet would do, without a branch that is mistaken for every other row.
 *
 * scikit-learn looks at the first row; one that goes right changes places with the last, which is looked at next. So the first misplaced row ends up last, the
 * rows of the tail that go right move down by one, and a row of the tail that goes left fills the gap in front and lets the next misplaced row follow.
 */
#include "parting.h"

#include <stdlib.h>

bool parting_init(parting *p, size_t rows, err *e)
{
    *p = (parting){.left = calloc(rows + 1, 1), .places = calloc(2 * rows + 2, sizeof *p->places)};
    if (!p->left || !p->places) return err_set(e, ERR_MEMORY, "no memory to part %zu rows", rows);
    p->right = p->places + rows + 1;
    return true;
}

void parting_done(parting *p)
{
    free(p->left);
    free(p->places);
    *p = (parting){0};
}

size_t parting_apply(parting *p, uint32_t *rows, size_t count)
{
    const uint8_t *left = p->left;
    uint32_t *places = p->places, *right = p->right;
    size_t left_count = 0, misplaced = 0, next = 0;
    for (size_t i = 0; i < count; i++) left_count += left[i];
    if (left_count == count) return count;

    for (size_t i = 0; i < left_count; i++) {
        places[misplaced] = (uint32_t)i;
        misplaced += 1 - left[i];
    }
    places[misplaced] = (uint32_t)left_count; /* then the tail's own first row is in the way */

    right[count - 1] = rows[places[0]];
    for (size_t i = count - 1; i > left_count; i--) {
        uint32_t row = rows[i], gap = places[next];
        next += left[i];
        right[i - 1] = left[i] ? rows[places[next]] : row;
        rows[gap] = row; /* for good only if it goes left; what stood there is in `right` already */
    }
    if (left[left_count]) rows[places[next]] = rows[left_count];
    memcpy(rows + left_count, right + left_count, (count - left_count) * sizeof *rows);
    return left_count;
}
