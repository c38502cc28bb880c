/* CSV text to a table, and its cells to numbers and labels. */
#include "base/limits.h"
#include "model/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    if (size == 0) return 0;
    bool has_header = data[0] & 1, classifies = data[0] & 2;
    table t;
    train_data d;
    err e;
    if (!table_read_csv(&a, (bytes){data + 1, size - 1}, has_header, &t, &e)) return 0;
    if (t.cells[t.rows * t.columns - 1].len > size) __builtin_trap();
    size_t last = t.columns - 1;
    dataset_columns columns = {.targets = &last, .target_count = 1};
    if (dataset_from_table(&a, &t, &columns, classifies, &d, &e) && d.rows != t.rows) __builtin_trap();
    return 0;
}
