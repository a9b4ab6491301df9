#include "app/log.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_SIZE 1024

void log_event(enum log_level level, const char *area, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info"};
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    fprintf(stderr, "%s: %s: %s\n", names[level], area, text);
}
