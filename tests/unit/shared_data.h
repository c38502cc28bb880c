/*
 * tests/unit/shared_data.h - the larger test data that lies beside the project: $ASSAY_DATA, or shared/data in a folder above.
 *
 * A test that needs it calls shared_data_or_skip first: without the data it is skipped, and says so.
 */
#ifndef TESTS_UNIT_SHARED_DATA_H
#define TESTS_UNIT_SHARED_DATA_H

#include "base/buf.h"
#include "tests/unit/test.h"

#include <unistd.h>

static inline bool shared_data_path(const char *name, char *path, size_t path_bytes)
{
    const char *root = getenv("ASSAY_DATA");
    if (root) {
        snprintf(path, path_bytes, "%s/%s", root, name);
        return access(path, R_OK) == 0;
    }
    static const char *const above[] = {"..", "../..", "../../..", "../../../..", "../../../../.."};
    for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
        snprintf(path, path_bytes, "%s/shared/data/%s", above[i], name);
        if (access(path, R_OK) == 0) return true;
    }
    return false;
}

/* The file's content in `out`, which the caller releases with buf_done. */
static inline void shared_data_or_skip(const char *name, buf *out)
{
    char path[1024];
    if (!shared_data_path(name, path, sizeof path)) {
        print_message("skipped: '%s' is not here (set ASSAY_DATA to the folder of the shared data)\n", name);
        skip();
    }
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buf_init(out, 256u << 20);
    for (size_t got = 1; got;) {
        uint8_t *into = buf_reserve(out, 1 << 16);
        assert_non_null(into);
        got = fread(into, 1, 1 << 16, file);
        buf_advance(out, got);
    }
    fclose(file);
}

/* The next line that is no comment, cut at its tabs; the number of columns, 0 at the end. Empty lines are passed over. */
static inline size_t shared_data_row(str *rest, str *columns, size_t columns_max)
{
    str line;
    while (str_next(rest, '\n', &line)) {
        if (line.len == 0 || line.data[0] == '#') continue;
        size_t count = 0;
        while (count < columns_max && str_next(&line, '\t', &columns[count])) count++;
        return count;
    }
    return 0;
}

#endif
