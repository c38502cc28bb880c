/*
 * cli/scan_rules.h - what each finding code means, generated from docs/model-threats.md (scripts/rules-table.py). Private to cli.
 */
#ifndef CLI_SCAN_RULES_H
#define CLI_SCAN_RULES_H

#include <stddef.h>

typedef struct scan_rule {
    const char *code, *meaning; /* one sentence */
} scan_rule;
extern const scan_rule scan_rules[]; /* ends with NULL */

#endif
