/*
 * http/mhd.h - libmicrohttpd, loaded when a server starts. Private to http.
 *
 * It brings GnuTLS and eight libraries more, whose loading and relocation were half of the time that every `assay scan` and every scan child took to start,
 * and none of them listens to anything. So only its header is needed to build, and server.c asks for the library before anything else.
 */
#ifndef HTTP_MHD_H
#define HTTP_MHD_H

#include "base/err.h"

#include <microhttpd.h>

#define MHD_FUNCTIONS(X)                   \
    X(start_daemon)                        \
    X(quiesce_daemon)                      \
    X(stop_daemon)                         \
    X(get_daemon_info)                     \
    X(suspend_connection)                  \
    X(resume_connection)                   \
    X(get_connection_info)                 \
    X(get_connection_values)               \
    X(set_connection_option)               \
    X(create_response_from_buffer)         \
    X(create_response_from_callback)       \
    X(create_response_from_fd_at_offset64) \
    X(add_response_header)                 \
    X(queue_response)                      \
    X(destroy_response)                    \
    X(get_reason_phrase_for)

typedef struct mhd_library {
#define X(name) __typeof__(MHD_##name) *name;
    MHD_FUNCTIONS(X)
#undef X
} mhd_library;

/* A global, as the functions of a linked library are: filled by mhd_load, the same for the life of the process. */
extern mhd_library mhd;
/* Before the first server of the process; later calls do nothing. Not for two threads at once. */
bool mhd_load(err *e) MUST_USE;

#endif
