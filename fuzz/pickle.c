/*
 * fuzz/pickle.c - whole files through the format reader, and the values of the first stream through the array reader.
 */
#include "format/format.h"
#include "format/pickle.h"

#include <stdlib.h>

static void look(arena *a, const pickle_value *v)
{
    pickle_ndarray array;
    if (pickle_as_ndarray(a, v, &array, NULL) && array.type != 'O' &&
        array.data.len != array.count * array.item_bytes)
        abort(); /* the promise that readers of arrays rely on */
    (void)pickle_class_of(v);
    (void)pickle_get(v, "nodes");
    size_t count =
        v->kind == PICKLE_LIST || v->kind == PICKLE_TUPLE || v->kind == PICKLE_DICT ? v->list.count : 0;
    for (size_t i = 0; i < count && i < 32; i++)
        if (pickle_as_ndarray(a, v->list.items[i], &array, NULL) && array.type != 'O' &&
            array.data.len != array.count * array.item_bytes)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes content = {data, size};
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    report r;
    report_init(&r, &a);
    unpack_budget budget = unpack_budget_new(size);
    format_input in = {.path = STR("model.pkl"), .content = content, .budget = &budget};
    if (format_read(&in, &r, NULL) && r.verdict == VERDICT_CLEAN && r.finding_count > 0)
        for (size_t i = 0; i < r.finding_count; i++)
            if (r.findings[i].severity > SEVERITY_INFO)
                abort(); /* clean, and yet there is something to say */

    pickle_stream stream;
    if (pickle_execute(&a, content, 0, true, STR_NONE, &r, &stream, NULL) && stream.result)
        look(&a, stream.result);
    return 0;
}
