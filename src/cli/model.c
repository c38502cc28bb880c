/*
 * cli/model.c - what the model commands share.
 */
#include "cli/model.h"

#include "base/limits.h"
#include "os/file.h"

#include <stdio.h>
#include <unistd.h>

int cli_complain(const char *command, const err *e, int exit_code)
{
    fprintf(stderr, "assay model %s: %s\n", command, e->message);
    return exit_code;
}

bool cli_print_json(const json_t *value, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    return json_encode_exact(value, &text, e) && fd_write_all(STDOUT_FILENO, buf_bytes(&text), e);
}
