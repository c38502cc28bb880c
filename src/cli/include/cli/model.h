/*
 * cli/model.h - the model commands, and what they share.
 */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "codec/json.h"

int cli_model_train(int argc, char **argv);
int cli_model_predict(int argc, char **argv);
int cli_model_serve(int argc, char **argv);
int cli_model_inspect(int argc, char **argv);
int cli_model_convert(int argc, char **argv);

/* "assay model train: <sentence>" on stderr; gives back the exit code. */
int cli_complain(const char *command, const err *e, int exit_code);
bool cli_print_json(const json_t *value, err *e) MUST_USE; /* readable, on stdout */

#endif
