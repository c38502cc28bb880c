/*
 * advisory/starter.c - the set of advisories that is part of the binary.
 */
#include "advisory/advisory.h"
#include "starter/starter.h"

bytes advisory_starter_image(void)
{
    return (bytes){starter_image, starter_image_bytes};
}
