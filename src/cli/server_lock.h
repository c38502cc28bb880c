/*
 * cli/server_lock.h - one server per data folder.
 */
#ifndef CLI_SERVER_LOCK_H
#define CLI_SERVER_LOCK_H

#include "base/err.h"

/* Lock <folder>/assay.lock for as long as the descriptor is open. ERR_CONFLICT names the folder and the process that has it. */
bool server_lock_take(const char *folder, int *fd, err *e) MUST_USE;

#endif
