/*
 * base/secret.h - text that nothing can print: passwords, tokens, keys.
 *
 * There is no log field and no format for it; code that must see the text says secret_reveal, which is easy to search for.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

typedef struct secret {
    str hidden;
} secret;

static inline secret secret_of(str text)
{
    return (secret){text};
}
static inline str secret_reveal(secret s)
{
    return s.hidden;
}
bool secret_eq(secret a, secret b); /* time depends on the lengths only */

#endif
