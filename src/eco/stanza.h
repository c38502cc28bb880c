/*
 * eco/stanza.h - "Name: value" fields with folded lines (RFC 822), as dpkg and Python's metadata use them. Private to eco.
 */
#ifndef ECO_STANZA_H
#define ECO_STANZA_H

#include "base/str.h"

typedef enum stanza_step {
    STANZA_FIELD, /* name and value are set */
    STANZA_BLANK, /* an empty line: the stanza, or the head, ends here */
    STANZA_END,   /* nothing is left */
} stanza_step;

/* Take the next field off the front of `rest`. Values are trimmed; a folded value keeps its line ends. Lines without a colon are
 * passed over. */
stanza_step stanza_next(str *rest, str *name, str *value);
/* Up to the first line end, trimmed. */
str stanza_first_line(str value);

#endif
