#include "cli/reading_row.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "message/message.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

static const char *const column_names[ROW_COLUMN_COUNT] = {"time", "subject", "kind", "value"};

#define EXPECTED_HEADER  "a header line with the columns time, subject, kind and value, each once"
#define EXPECTED_TIME    "a time after RFC 3339 such as 2026-01-31T06:00:00Z or 2026-01-31T14:00:00.250+08:00"
#define EXPECTED_ID      "an id of 1 to 63 characters of A-Z a-z 0-9 - _ and '.', the first one a letter or digit"
#define EXPECTED_KIND    "a kind of reading (docs/replay.md), such as water_index_l, level_mm or rain_mm"
#define EXPECTED_DECIMAL "a decimal number such as 1234.5"
#define EXPECTED_SWITCH  "0, 1, true or false"
#define EXPECTED_FIELD   "a field for every column of the header line"

static int fail(struct row_problem *problem, enum row_column column, const char *found, const char *expected)
{
    *problem = (struct row_problem){column_names[column], found, expected};
    return SW_ERROR_MALFORMED;
}

int row_header_read(struct row_header *header, const struct csv *csv, struct row_problem *problem)
{
    for (int column = 0; column < ROW_COLUMN_COUNT; column++) {
        size_t count = 0;
        for (size_t i = 0; i < csv->field_count; i++) {
            if (strcmp(csv->fields[i], column_names[column]) != 0) continue;
            header->field[column] = i;
            count++;
        }
        if (count != 1)
            return fail(problem, (enum row_column)column, count == 0 ? NULL : column_names[column], EXPECTED_HEADER);
    }
    return SW_OK;
}

/* A number as digits and a power of ten. Digits past the 18th only count for their place. */
struct decimal {
    bool negative;
    bool any;
    int64_t digits;
    int exponent;
};

static void take_digits(const char **at, bool fraction, struct decimal *decimal)
{
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        decimal->any = true;
        bool fits = decimal->digits < 100000000000000000;
        if (fits) decimal->digits = decimal->digits * 10 + (**at - '0');
        if (fraction && fits) decimal->exponent--;
        if (!fraction && !fits) decimal->exponent++;
    }
}

static bool take_exponent(const char **at, struct decimal *decimal)
{
    if (**at != 'e' && **at != 'E') return true;
    (*at)++;
    bool negative = **at == '-';
    if (**at == '-' || **at == '+') (*at)++;
    if (**at < '0' || **at > '9') return false;
    int exponent = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (exponent < 10000) exponent = exponent * 10 + (**at - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return true;
}

/* digits x 10^exponent; false when it does not fit. */
static bool scale(const struct decimal *decimal, int64_t *value)
{
    int64_t scaled = decimal->digits;
    int exponent = decimal->exponent;
    for (; exponent > 0 && scaled != 0; exponent--) {
        if (scaled > INT64_MAX / 10) return false;
        scaled *= 10;
    }
    if (exponent < -18) scaled = 0;
    if (exponent < 0 && scaled != 0) {
        int64_t divisor = 1;
        for (; exponent < 0; exponent++)
            divisor *= 10;
        int64_t rest = scaled % divisor;
        scaled = scaled / divisor + (rest >= divisor - rest ? 1 : 0);
    }
    *value = decimal->negative ? -scaled : scaled;
    return true;
}

int decimal_parse_milli(const char *text, int64_t *milli)
{
    struct decimal decimal = {.exponent = 3};
    const char *at = text;
    decimal.negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    take_digits(&at, false, &decimal);
    if (*at == '.') {
        at++;
        take_digits(&at, true, &decimal);
    }
    if (!decimal.any || !take_exponent(&at, &decimal) || *at != '\0') return SW_ERROR_MALFORMED;
    return scale(&decimal, milli) ? SW_OK : SW_ERROR_MALFORMED;
}

static int read_switch(const char *text, int64_t *milli)
{
    if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) {
        *milli = strcasecmp(text, "true") == 0 ? 1000 : 0;
        return SW_OK;
    }
    if (decimal_parse_milli(text, milli) != SW_OK) return SW_ERROR_MALFORMED;
    return *milli == 0 || *milli == 1000 ? SW_OK : SW_ERROR_MALFORMED;
}

int reading_row_read(const struct row_header *header, const struct csv *csv, struct reading_row *row,
                     struct row_problem *problem)
{
    const char *text[ROW_COLUMN_COUNT];
    for (int column = 0; column < ROW_COLUMN_COUNT; column++) {
        if (header->field[column] >= csv->field_count)
            return fail(problem, (enum row_column)column, NULL, EXPECTED_FIELD);
        text[column] = csv->fields[header->field[column]];
    }
    /* Time 0 means "not known" all over the system, and negative times lie before there were readings to take. */
    if (message_time_parse(text[ROW_TIME], &row->time) != SW_OK || row->time.ms <= 0)
        return fail(problem, ROW_TIME, text[ROW_TIME], EXPECTED_TIME);
    if (!sw_id_valid(text[ROW_SUBJECT])) return fail(problem, ROW_SUBJECT, text[ROW_SUBJECT], EXPECTED_ID);
    row->subject = text[ROW_SUBJECT];
    row->kind = sw_reading_kind_from_name(text[ROW_KIND]);
    if (row->kind == SW_READING_NONE) return fail(problem, ROW_KIND, text[ROW_KIND], EXPECTED_KIND);
    bool is_switch = row->kind == SW_READING_COVER_OPEN || row->kind == SW_READING_COVER_FLOAT;
    int error = is_switch ? read_switch(text[ROW_VALUE], &row->value_milli)
                          : decimal_parse_milli(text[ROW_VALUE], &row->value_milli);
    return error == SW_OK ? SW_OK
                          : fail(problem, ROW_VALUE, text[ROW_VALUE], is_switch ? EXPECTED_SWITCH : EXPECTED_DECIMAL);
}
