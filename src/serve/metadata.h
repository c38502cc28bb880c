/*
 * serve/metadata.h - what is told about a served model: the Open Inference Protocol's metadata. Private to serve.
 */
#ifndef SERVE_METADATA_H
#define SERVE_METADATA_H

#include "server.h"

/* All three own what they give; NULL when memory is gone. */
json_t *metadata_of_model(const model_server_config *config, size_t which);
json_t *metadata_of_repository(const model_server_config *config, bool ready);
json_t *metadata_of_server(void);
json_t *metadata_names(const model_server_config *config); /* each name once */

#endif
