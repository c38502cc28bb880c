/*
 * The configuration file of `assay server` on any bytes.
 */
#include "src/cli/server_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    server_config config = {0};
    (void)!server_config_parse((str){(const char *)data, size}, "fuzz", &a, &config, NULL);
    return 0;
}
