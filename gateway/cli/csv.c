#include "cli/csv.h"

#include <string.h>

void csv_open(struct csv *csv, FILE *file)
{
    csv->file = file;
    csv->line = 0;
    csv->start = csv->end = 0;
    csv->at_end = false;
    csv->field_count = 0;
}

/* Moves what is left to the front and reads behind it. False when the file cannot be read. */
static bool refill(struct csv *csv)
{
    memmove(csv->buffer, csv->buffer + csv->start, csv->end - csv->start);
    csv->end -= csv->start;
    csv->start = 0;
    size_t room = sizeof csv->buffer - 1 - csv->end;
    size_t got = fread(csv->buffer + csv->end, 1, room, csv->file);
    csv->end += got;
    if (got < room) {
        if (ferror(csv->file)) return false;
        csv->at_end = true;
    }
    return true;
}

/* Drops bytes up to and with the next line end. */
static enum csv_result skip_line(struct csv *csv)
{
    for (;;) {
        char *newline = memchr(csv->buffer + csv->start, '\n', csv->end - csv->start);
        if (newline) {
            csv->start = (size_t)(newline - csv->buffer) + 1;
            return CSV_LINE_TOO_LONG;
        }
        csv->start = csv->end;
        if (csv->at_end) return CSV_LINE_TOO_LONG;
        if (!refill(csv)) return CSV_READ_ERROR;
    }
}

/* Finds the next line and cuts its end off. */
static enum csv_result next_line(struct csv *csv, char **line, size_t *length)
{
    char *newline = memchr(csv->buffer + csv->start, '\n', csv->end - csv->start);
    if (!newline && !csv->at_end) {
        if (!refill(csv)) return CSV_READ_ERROR;
        newline = memchr(csv->buffer + csv->start, '\n', csv->end - csv->start);
    }
    if (!newline && csv->start == csv->end) return CSV_END;
    csv->line++;
    *line = csv->buffer + csv->start;
    *length = newline ? (size_t)(newline - *line) : csv->end - csv->start;
    if (*length > CSV_LINE_MAX) return skip_line(csv);
    csv->start += *length + (newline ? 1 : 0);
    (*line)[*length] = '\0';
    if (memchr(*line, '\0', *length)) return CSV_NUL;
    if (*length > 0 && (*line)[*length - 1] == '\r') (*line)[--*length] = '\0';
    return CSV_RECORD;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Unquotes the field that starts at the quote; *end is set behind its closing quote. False when there is none. */
static bool unquote(char *quote, char **end)
{
    char *out = quote;
    for (char *in = quote + 1; *in != '\0'; in++) {
        if (*in == '"' && in[1] != '"') {
            *out = '\0';
            *end = in + 1;
            return true;
        }
        if (*in == '"') in++;
        *out++ = *in;
    }
    return false;
}

/* Takes one field off; *at moves behind its comma, or becomes NULL at the end of the line. */
static bool take_field(char **at, char **field)
{
    char *start = *at;
    while (is_blank(*start))
        start++;
    *field = start;
    if (*start == '"') {
        char *end;
        if (!unquote(start, &end)) return false;
        while (is_blank(*end))
            end++;
        if (*end != ',' && *end != '\0') return false;
        *at = *end == ',' ? end + 1 : NULL;
        return true;
    }
    char *comma = strchr(start, ',');
    char *end = comma ? comma : start + strlen(start);
    *at = comma ? comma + 1 : NULL;
    while (end > start && is_blank(end[-1]))
        end--;
    *end = '\0';
    return true;
}

static enum csv_result split(struct csv *csv, char *line)
{
    csv->field_count = 0;
    for (char *at = line; at;) {
        if (csv->field_count == CSV_FIELDS_MAX) return CSV_TOO_MANY_FIELDS;
        if (!take_field(&at, &csv->fields[csv->field_count])) return CSV_QUOTE_OPEN;
        csv->field_count++;
    }
    return CSV_RECORD;
}

/* Spaces alone are what editors and exports leave at the end of a file, no record. */
static bool is_blank_line(const char *line)
{
    while (is_blank(*line))
        line++;
    return *line == '\0';
}

enum csv_result csv_next(struct csv *csv)
{
    for (;;) {
        char *line = NULL;
        size_t length = 0;
        enum csv_result result = next_line(csv, &line, &length);
        if (result != CSV_RECORD) return result;
        if (csv->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) line += 3;
        if (!is_blank_line(line)) return split(csv, line);
    }
}
