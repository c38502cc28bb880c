/*
 * tests/unit/test.h - cmocka with the headers it wants, in the order it wants them.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Tests that break each byte in many ways take every way in the plain build, and every DAMAGE_STRIDE-th, another at each byte, under a
 * sanitizer, where each costs several times as much.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DAMAGE_STRIDE 3
#elif __has_feature(thread_sanitizer)
#define DAMAGE_STRIDE 40 /* readers have no threads: a few are enough to see that */
#endif
#endif
#ifndef DAMAGE_STRIDE
#define DAMAGE_STRIDE 1
#endif

#endif
