/*
 * base/log.c - one line, one write, so that lines of threads and processes do not mix.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { LOG_LINE_BYTES = 16384 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* JSON string body; control bytes and bytes that are not UTF-8 become escapes, so a hostile name cannot forge a line. */
static void add_escaped(buf *line, str text)
{
    bool utf8 = str_is_utf8(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
            buf_printf(line, "\\u%04x", c);
        else
            buf_add_byte(line, c);
    }
}

static void add_value(buf *line, const log_field *field)
{
    switch (field->kind) {
    case LOG_FIELD_STR:
        buf_add_byte(line, '"');
        add_escaped(line, str_slice(field->text, 0, LOG_LINE_BYTES / 8));
        buf_add_byte(line, '"');
        break;
    case LOG_FIELD_U64: buf_printf(line, "%llu", (unsigned long long)field->number); break;
    case LOG_FIELD_I64: buf_printf(line, "%lld", (long long)field->number); break;
    case LOG_FIELD_BOOL: buf_add_str(line, field->number ? STR("true") : STR("false")); break;
    }
}

void log_write(const logger *log, log_level level, const char *event, const log_field *fields, size_t count)
{
    if (!log || log->fd < 0 || level < log->level_min) return;

    AUTO_BUF buf line;
    buf_init(&line, LOG_LINE_BYTES);
    clock_text now = clock_iso8601(clock_wall_ms());
    if (log->for_people)
        buf_printf(&line, "%.8s %-5s %s", now.text + 11, level_names[level], event);
    else
        buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now.text, level_names[level],
                   event);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, log->for_people ? "  %s=" : ",\"%s\":", fields[i].name);
        add_value(&line, &fields[i]);
    }
    buf_add_str(&line, log->for_people ? STR("\n") : STR("}\n"));

    /* Nobody is left to tell when the log itself cannot be written. */
    if (!line.failed && write(log->fd, line.data, line.len) < 0) return;
}
