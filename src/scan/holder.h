/*
 * scan/holder.h - the advisory index in use: the embedded starter set, or <data>/advisories.idx, taken anew when that file changes.
 *
 * Threads: shared. A borrowed index stays valid until it is given back, also when a newer one took its place.
 */
#ifndef SCAN_HOLDER_H
#define SCAN_HOLDER_H

#include "advisory/advisory.h"

typedef struct advisory_holder advisory_holder;
typedef struct held_index {
    advisory_index index;
    str id; /* changes when the advisories do; stored with what was matched */
} held_index;

bool holder_open(const char *folder, advisory_holder **out, err *e) MUST_USE;
void holder_close(advisory_holder *h);
/* Look at the file; *changed tells that another index is in use now. A file that cannot be used is an error, and the index stays. */
bool holder_refresh(advisory_holder *h, bool *changed, err *e) MUST_USE;
const held_index *holder_borrow(advisory_holder *h);
void holder_give_back(advisory_holder *h, const held_index *held);

#endif
