/*
 * http/patience.h - clients that take their time. Private to http.
 *
 * The library's timeout starts anew with every byte, so a client that sends one now and then holds a connection for good. Here the clock runs until a whole head,
 * or a whole small body, is there; and faster when few connections are left. Who is too slow for a body is told (408), and closed.
 *
 * Threads: one of its own; everything else may be called by any thread.
 */
#ifndef HTTP_PATIENCE_H
#define HTTP_PATIENCE_H

#include "base/err.h"

#include <microhttpd.h>

typedef struct patience patience;

bool patience_start(bool is_encrypted, patience **out, err *e) MUST_USE;
void patience_stop(patience *p); /* when no connection is left: after the daemon */

/* MHD_OPTION_NOTIFY_CONNECTION; cls is the patience. */
void patience_on_connection(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode what);
/* What the connection waits for now: a head; a body of so many bytes; or nothing that is the client's to bring. */
void patience_for_head(struct MHD_Connection *connection);
void patience_for_body(struct MHD_Connection *connection, uint64_t size_bytes);
void patience_for_nothing(struct MHD_Connection *connection);

#endif
