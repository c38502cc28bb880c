/* A model file of any bytes: refused in words, or a forest that can be walked. */
#include "base/limits.h"
#include "model/predict.h"
#include "model/read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(forest_free) forest *f = NULL;
    err e = {0};
    if (!forest_read((bytes){data, size}, &f, &e)) {
        if (e.code == ERR_NONE) __builtin_trap();
        return 0;
    }
    AUTO(predictor_free) predictor *p = NULL;
    float *row = calloc(f->feature_count, sizeof *row);
    double *out = calloc(f->value_count, sizeof *out);
    if (row && out && predictor_new(f, &p, &e) && !predictor_run(p, row, 1, out, &e)) __builtin_trap();
    free(row);
    free(out);
    return 0;
}
