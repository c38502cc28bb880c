/* A file of Assay's own form, its sum put right: refused in words, or a forest that can be walked, described and written again. Also arrays of numpy. */
#include "base/limits.h"
#include "crypto/digest.h"
#include "model/dataset.h"
#include "model/native.h"
#include "model/npy.h"
#include "model/onnx_write.h"
#include "model/predict.h"

#include <stdlib.h>

static void walk(const forest *f)
{
    err e = {0};
    AUTO(predictor_free) predictor *p = NULL;
    AUTO_BUF buf again, onnx;
    buf_init(&again, 64 * MIB);
    buf_init(&onnx, 64 * MIB);
    float *row = calloc(f->feature_count, sizeof *row);
    double *out = calloc(f->value_count, sizeof *out);
    if (row && out && predictor_new(f, &p, &e) && !predictor_run(p, row, 1, out, &e)) __builtin_trap();
    free(row);
    free(out);
    (void)(forest_native_write(f, NULL, &again, &e) && forest_onnx_write(f, &onnx, &e));
}

static void try_array(bytes file)
{
    AUTO_ARENA arena a;
    arena_init(&a, 16 * MIB);
    err e = {0};
    npy_array array;
    train_data d;
    if (!npy_read(file, &array, &e)) return;
    npy_arrays arrays = {&array, &array, NULL};
    (void)dataset_from_arrays(&a, &arrays, true, &d, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* aligned, as a mapping is */
    if (!copy) return 0;
    memcpy(copy, data, size);
    digest sum;
    err e = {0};
    AUTO(forest_free) forest *f = NULL;
    if (size > 64 && digest_of(DIGEST_SHA256, (bytes){copy + 64, size - 64}, &sum, &e))
        memcpy(copy + 24, sum.value, 32);
    if (forest_native_open((bytes){copy, size}, &f, &e))
        walk(f);
    else if (e.code == ERR_NONE)
        __builtin_trap();
    forest_free(TAKE(f)); /* before what it lies in */
    free(copy);
    try_array((bytes){data, size});
    return 0;
}
