/* A model file of any bytes: refused in words, or something that answers a row with numbers or with words, and that is written as ONNX or refused in words. */
#include "base/limits.h"
#include "model/model.h"
#include "model/onnx_write.h"

#include <stdlib.h>

static void ask(const model *m)
{
    const model_info *about = model_about(m);
    size_t columns = about->feature_count ? about->feature_count : 2;
    for (unsigned what = 0; what < MODEL_OUTPUTS; what++) {
        AUTO_ARENA arena a;
        arena_init(&a, 256 * MIB);
        double *numbers = arena_alloc_array(&a, columns, sizeof *numbers);
        if (!numbers || !about->gives[what]) continue;
        for (size_t j = 0; j < columns; j++) numbers[j] = (double)j / 2;
        model_rows rows = {.count = 1, .columns = columns, .numbers = numbers};
        model_answers out;
        err e = {0};
        if (!model_answer(m, (model_output)what, &rows, &a, &out, &e)) {
            if (e.code == ERR_NONE) __builtin_trap();
            continue;
        }
        for (size_t k = 0; what == OUTPUT_PREDICT && about->classes && k < out.columns; k++)
            if (about->classes[k].count &&
                !(out.numbers[k] >= 0 && out.numbers[k] < (double)about->classes[k].count))
                __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(model_free) model *m = NULL;
    err e = {0};
    if (!model_read((bytes){data, size}, &m, &e)) {
        if (e.code == ERR_NONE) __builtin_trap();
        return 0;
    }
    ask(m);
    AUTO_BUF buf onnx;
    buf_init(&onnx, 256 * MIB);
    if (!model_onnx_write(m, size % 2 == 0, &onnx, &e) && e.code == ERR_NONE) __builtin_trap();
    return 0;
}
