/*
 * advisory/starter/starter.h - the embedded index image. Private to advisory.
 */
#ifndef ADVISORY_STARTER_STARTER_H
#define ADVISORY_STARTER_STARTER_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t starter_image[];
extern const size_t starter_image_bytes;

#endif
