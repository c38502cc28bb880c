/*
 * scan/scan_file.h - one child's work, before it is made a target.
 */
#ifndef SCAN_SCAN_FILE_H
#define SCAN_SCAN_FILE_H

#include "scan/scan.h"

#define SCAN_ROLE_BRIEF "brief" /* the last argument of the roles: scan_order.is_brief */
/* "scan-bundle FROM HOW": FROM is the place of the first record, HOW says when answers are told: gathered, or each at once for who wants to know which file
 * kills its child. */
#define SCAN_ROLE_GATHER "gather"
#define SCAN_ROLE_AT_ONCE "at-once"

/* The checked part of an open file; trouble of the child is in it. Fails only for memory and names that cannot be passed on. */
bool scan_part(spawner *s, const scan_order *order, json_t **part, err *e) MUST_USE;
/* As much of a name as a child is given: it is for suspicion and for people, and its end is what matters. */
str scan_name_shown(str path);

#endif
