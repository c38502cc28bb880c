/*
 * os/sandbox_parts.h - the walls of the sandbox one by one, so that tests can lean on each of them alone.
 */
#ifndef OS_SANDBOX_PARTS_H
#define OS_SANDBOX_PARTS_H

#include "os/sandbox.h"

/* Resource limits and no_new_privs: what the later walls stand on. */
bool sandbox_limit(sandbox_profile profile, sandbox_limits limits, err *e) MUST_USE;
/* Landlock: no file, no TCP address, no foreign signal or abstract socket can be reached. *active is false on kernels without it. */
bool sandbox_landlock(bool *active, err *e) MUST_USE;
/* The system-call filter. */
bool sandbox_filter(sandbox_profile profile, err *e) MUST_USE;

#endif
