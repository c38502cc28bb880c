/*
 * api/ui_files.h - the routes of the web UI's own files: /, /ui and everything below /ui/ that no other table claims.
 *
 * The rows of /ui/api must stand before these, because the last row matches every address below /ui/.
 */
#ifndef API_UI_FILES_H
#define API_UI_FILES_H

#include "http/http.h"

extern const http_route ui_file_routes[];
extern const size_t ui_file_route_count;

#endif
