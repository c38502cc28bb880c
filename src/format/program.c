/*
 * format/program.c - programs by their first bytes: what a processor runs, and scripts of a shell.
 */
#include "format/program.h"

#include "base/reader.h"

/* "MZ", and where it says so the head of a program for Windows. */
static bool is_windows(bytes content)
{
    enum { HEAD_OFFSET_AT = 0x3c };
    if (!str_starts_with(bytes_str(content), STR("MZ"))) return false;
    if (str_starts_with(bytes_str(content), STR("MZqFpD")))
        return true; /* of all systems at once: llamafile */
    reader r = reader_of(content);
    if (!reader_seek(&r, HEAD_OFFSET_AT)) return false;
    uint32_t head_at = reader_u32le(&r);
    return reader_seek(&r, head_at) && str_eq(bytes_str(reader_take(&r, 4)), STR("PE\0\0"));
}

/* For one processor, or for several: there a class of Java has the same mark, and its version where the number of processors is. */
static bool is_macos(bytes content)
{
    static const char *const marks[] = {"\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xfe\xed\xfa\xcf",
                                        "\xfe\xed\xfa\xce"};
    enum { PROCESSORS_MAX = 30 };
    str text = bytes_str(content);
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts_with(text, (str){marks[i], 4})) return content.len > 16;
    reader r = reader_of(content);
    uint32_t mark = reader_u32be(&r), processors = reader_u32be(&r);
    return mark == 0xcafebabe && processors < PROCESSORS_MAX && !r.failed;
}

/* "#!" and a path that ends in "sh", with or without arguments: sh, bash, dash, zsh ... Python behind one is read as Python. */
static bool is_shell_script(bytes content)
{
    str text = bytes_str(content);
    if (!str_starts_with(text, STR("#!"))) return false;
    size_t end = 2;
    while (end < text.len && text.data[end] != '\n') end++;
    str line = {text.data, end};
    for (size_t i = 2; i + 2 <= line.len; i++) {
        bool ends = i + 2 == line.len || line.data[i + 2] == ' ' || line.data[i + 2] == '\r';
        if (line.data[i] == 's' && line.data[i + 1] == 'h' && ends) return true;
    }
    return false;
}

bool program_is_native(bytes content)
{
    return str_starts_with(bytes_str(content), STR("\177ELF")) || is_windows(content) || is_macos(content);
}

bool program_is(str path, bytes content)
{
    static const char *const suffixes[] = {".so", ".dll", ".dylib", ".exe", ".pyd", ".sh", ".bat", ".ps1"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends_with(path, str_from_c(suffixes[i]))) return true;
    return program_is_native(content) || is_shell_script(content);
}
