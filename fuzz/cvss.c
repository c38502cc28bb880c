/*
 * CVSS vectors: a score is between 0 and 10 with one decimal, or there is none.
 */
#include "advisory/advisory.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double score = -1;
    if (!cvss_score((str){(const char *)data, size}, &score)) return 0;
    assert(score >= 0 && score <= 10);
    assert(fabs(score * 10 - round(score * 10)) < 1e-6);
    return 0;
}
