/*
 * format/source/dockerfile.h - shared by the reader of Dockerfiles and what it asks.
 */
#ifndef FORMAT_SOURCE_DOCKERFILE_H
#define FORMAT_SOURCE_DOCKERFILE_H

#include "format/source.h"

/* The month in which the image's release ended, "2025-10", or NULL while it lives or is not known. */
const char *dockerfile_end_of_life(str image, str tag);

typedef enum fetched_run {
    RUN_NOTHING,
    RUN_UNSEEN, /* a script of the network goes into an interpreter */
    RUN_SAVED,  /* a file is fetched, and run without a look at its checksum */
} fetched_run;

/* What a shell command does with what it fetches. */
fetched_run dockerfile_command(str command);

#endif
