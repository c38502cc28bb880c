/*
 * http/stream.h - an answer of unknown length, pulled from its source on a worker. Private to http.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "exchange.h"

struct MHD_Response *stream_response(http_request *req); /* NULL: no memory */

#endif
