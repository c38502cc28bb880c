/*
 * model/sk/tokens.h - the regular expressions that cut a text into tokens: Python's re, as far as token patterns go.
 *
 * Understood are sequences of single characters, classes and escapes (\w \d \s \b and their opposites), counted greedily, with alternatives at the top: all that
 * r"(?u)\b\w\w+\b" and its like need. Groups, lazy counts and look-around are refused by name.
 */
#ifndef MODEL_SK_TOKENS_H
#define MODEL_SK_TOKENS_H

#include "sk/characters.h"

typedef struct token_pattern token_pattern;

/* In the arena. Fails with ERR_UNSUPPORTED, naming what is not understood. */
bool token_pattern_read(str text, arena *a, token_pattern **out, err *e) MUST_USE;

/* The next match at or behind *at; *at is moved behind it. False: there is none, or (e is set) it took too many steps. */
bool token_pattern_next(const token_pattern *p, const characters *text, size_t *at, size_t *first,
                        size_t *steps_left, err *e);

#endif
