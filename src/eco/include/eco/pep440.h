/*
 * eco/pep440.h - Python version numbers: PEP 440, "Version Identification", in full.
 *
 * Numbers are unbounded (20240101123000 is a version): they are compared as digit strings, so nothing can overflow.
 */
#ifndef ECO_PEP440_H
#define ECO_PEP440_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum pep440_pre { PEP440_NOT_PRE, PEP440_ALPHA, PEP440_BETA, PEP440_RC } pep440_pre;

/* Views into the text that was parsed. Digits may have leading zeros; a number that was left out is empty and counts as 0. */
typedef struct pep440 {
    str epoch;
    str release; /* "1.0.2": digits and dots */
    pep440_pre pre;
    str pre_number;
    bool is_post;
    str post_number;
    bool is_dev;
    str dev_number;
    str local;           /* after the '+', empty when there is none */
    bool is_pre_release; /* alpha, beta, candidate or development */
} pep440;

bool pep440_parse(str text,
                  pep440 *out) MUST_USE; /* white space around and any case allowed; false: not a version */
bool pep440_is_valid(str text);
/* -1, 0, 1. What is no version sorts below every version, among itself by bytes. */
int pep440_compare(str a, str b);
int pep440_order(const pep440 *a, const pep440 *b);
int pep440_order_release(const pep440 *a, const pep440 *b); /* epoch and release numbers alone */
/* The version without its local part ("+cu118"). */
str pep440_public(str text);
/* The canonical spelling. data NULL: not a version, or no memory. */
str pep440_normalise(arena *a, str text);

/* Does a list of specifiers (">=1.4,<2,!=1.5.*") admit the version? Pre-releases are admitted when `with_pre_releases`, or when a
 * specifier itself names one. ERR_INVALID for what is no list of specifiers; an invalid version is admitted by '===' alone. */
bool pep440_specifiers_admit(str specifiers, str version, bool with_pre_releases, bool *admitted,
                             err *e) MUST_USE;

#endif
