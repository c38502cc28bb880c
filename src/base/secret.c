/*
 * base/secret.c - comparison that tells nothing by its duration.
 */
#include "base/secret.h"

bool secret_eq(secret a, secret b)
{
    str x = a.hidden, y = b.hidden;
    if (x.len != y.len) return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < x.len; i++)
        difference = (unsigned char)(difference | ((unsigned char)x.data[i] ^ (unsigned char)y.data[i]));
    return difference == 0;
}
