#include "config/config_problems.h"

#include <stdarg.h>
#include <stdio.h>

void config_problem(struct config_problems *problems, unsigned line, const char *field, const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problems->count++;
    if (problems->report.problem) problems->report.problem(problems->report.ctx, problems->file, line, field, text);
}
