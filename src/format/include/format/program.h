/*
 * format/program.h - is a file, or a member of an archive, a program? A model has no use for one.
 */
#ifndef FORMAT_PROGRAM_H
#define FORMAT_PROGRAM_H

#include "base/str.h"

/* Starts when it is started, or is loaded as machine code: of Linux (ELF), Windows, macOS, a shell script, or called like one. */
bool program_is(str path, bytes content);
/* ... for a processor, by its first bytes; a script of a shell is none. */
bool program_is_native(bytes content);

#endif
