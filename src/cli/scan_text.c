/*
 * cli/scan_text.c - names and calls come from hostile files: control characters and bytes that are no text never reach the terminal.
 */
#include "scan.h"

#include "os/file.h"

#include <unistd.h>

/* Never within a character. */
static str cut(str text, size_t bytes_max)
{
    if (text.len <= bytes_max) return text;
    text.len = bytes_max;
    while (text.len && ((unsigned char)text.data[text.len - 1] & 0xc0) == 0x80) text.len--;
    if (text.len && (unsigned char)text.data[text.len - 1] >= 0xc0) text.len--;
    return text;
}

void scan_text_add(buf *out, str text, size_t bytes_max)
{
    str shown = cut(text, bytes_max);
    bool is_text = str_is_utf8(shown);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.data[i];
        /* C1 controls are two bytes in UTF-8: c2 80 to c2 9f. */
        bool is_c1 = c == 0xc2 && i + 1 < shown.len && (unsigned char)shown.data[i + 1] < 0xa0;
        if (is_c1) i++;
        buf_add_byte(out, is_c1 || c < 0x20 || c == 0x7f || (c >= 0x80 && !is_text) ? '?' : c);
    }
    if (shown.len < text.len) buf_add_str(out, STR("..."));
}

void scan_text_warn(const char *text)
{
    enum { LINE_BYTES = 2048 };
    AUTO_BUF buf line;
    buf_init(&line, LINE_BYTES * 4);
    buf_add_str(&line, STR("assay scan: "));
    scan_text_add(&line, str_from_c(text), LINE_BYTES);
    buf_add_byte(&line, '\n');
    err ignored = {0};
    (void)!fd_write_all(STDERR_FILENO, buf_bytes(&line), &ignored);
}
