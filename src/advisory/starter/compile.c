/*
 * advisory/starter/compile.c - build tool: advisories.jsonl to a C table that holds the index image.
 *
 *   compile advisories.jsonl starter_image.c
 */
#include "advisory/advisory.h"

#include <stdio.h>

enum { SOURCE_BYTES_MAX = 1 << 24 };

static bool read_source(const char *path, buf *out, err *e)
{
    FILE *file = fopen(path, "rb");
    if (!file) return err_set_errno(e, ERR_NOT_FOUND, "cannot open '%s'", path);
    for (size_t got = 1; got && !out->failed;) {
        uint8_t *into = buf_reserve(out, 1 << 16);
        got = into ? fread(into, 1, 1 << 16, file) : 0;
        buf_advance(out, got);
    }
    fclose(file);
    return buf_ok(out, path, e);
}

/* A source that is part of the project has no excuse: every record must be usable. */
static bool build_image(str source, buf *image, err *e)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    advisory_import_counts counts = {0};
    if (!advisory_builder_new(&b, e)) return false;
    str line;
    while (str_next(&source, '\n', &line))
        if (!advisory_builder_add_json(b, str_bytes(line), &counts, e)) return false;
    if (counts.skipped || counts.withdrawn || counts.ranges_skipped)
        return err_set(e, ERR_INVALID, "not every record can be used: %s", counts.first_problem);
    return advisory_builder_finish(b, STR_NONE, image, e);
}

static bool write_table(const char *path, bytes image, err *e)
{
    FILE *file = fopen(path, "wb");
    if (!file) return err_set_errno(e, ERR_STORAGE, "cannot write '%s'", path);
    fprintf(file, "/* Made by advisory/starter/compile.c. */\n#include \"starter/starter.h\"\n\nconst "
                  "uint8_t starter_image[] = {");
    for (size_t i = 0; i < image.len; i++) fprintf(file, "%s%u,", i % 24 ? "" : "\n    ", image.data[i]);
    fprintf(file, "\n};\nconst size_t starter_image_bytes = sizeof starter_image;\n");
    bool is_broken = ferror(file) != 0;
    return (fclose(file) == 0 && !is_broken) || err_set_errno(e, ERR_STORAGE, "cannot write '%s'", path);
}

int main(int argc, char **argv)
{
    err e = {0};
    AUTO_BUF buf source, image;
    buf_init(&source, SOURCE_BYTES_MAX);
    buf_init(&image, SOURCE_BYTES_MAX);
    if (argc != 3) {
        fputs("usage: compile advisories.jsonl starter_image.c\n", stderr);
        return 2;
    }
    if (read_source(argv[1], &source, &e) && build_image(buf_str(&source), &image, &e) &&
        write_table(argv[2], buf_bytes(&image), &e))
        return 0;
    fprintf(stderr, "compile: %s\n", e.message);
    return 1;
}
