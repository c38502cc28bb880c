/*
 * fuzz/xml.c - XML of any shape.
 */
#include "codec/xml.h"

static bool on_open(void *ctx, const char *name, const char **attributes, unsigned depth, uint32_t line,
                    err *e)
{
    (void)ctx, (void)name, (void)attributes, (void)depth, (void)line, (void)e;
    return true;
}

static bool on_outside(void *ctx, str name, str address, uint32_t line, err *e)
{
    (void)ctx, (void)name, (void)address, (void)line, (void)e;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    xml_visitor visitor = {.open = on_open, .outside = on_outside};
    (void)!xml_walk((bytes){data, size}, "it", &visitor, NULL);
    return 0;
}
