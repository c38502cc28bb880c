/*
 * fuzz/mlflow.c - an MLmodel, and YAML of any shape.
 */
#include "fuzz/format.h"

#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.yaml", (bytes){data, size});
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    json_t *value = NULL;
    yaml_tags tags = {0};
    if (yaml_decode(&a, (bytes){data, size}, "it", &value, &tags, NULL)) json_decref(value);
    return 0;
}
