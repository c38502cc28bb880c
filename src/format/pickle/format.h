/*
 * format/pickle/format.h - pickles and joblib files as a model format.
 */
#ifndef FORMAT_PICKLE_FORMAT_H
#define FORMAT_PICKLE_FORMAT_H

#include "format/format.h"

extern const model_format format_pickle;

/* Does the content look like something a pickle loader would start on? Text that parses for a few opcodes does not. */
bool pickle_sniff(bytes head, bool is_whole, bool name_claims);
/* Would a loader of pickles do something with it, from the first byte on: a call, a known import, or an object? */
bool pickle_acts(bytes content);
/* ... only a call or a known import: for bytes of any content, of which some begin like a pickle of a number. */
bool pickle_calls(bytes content);
/* Every stream in `content`, one after the other, and what lies behind the last. `member` prefixes findings. */
bool pickle_scan(arena *a, bytes content, str member, report *r, err *e) MUST_USE;

#endif
