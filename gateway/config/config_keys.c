#include "config/config_keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/alert.h"
#include "stillwater/topics.h"

static const struct config_key keys[] = {
#define CONFIG_KEY(path, type, unit, minimum, maximum, default_text, meaning)                                          \
    {path, CONFIG_KEY_##type, unit, minimum, maximum, default_text, meaning},
#include "config/config_keys.def"
#undef CONFIG_KEY
};

const struct config_key *config_key_at(size_t index)
{
    return index < sizeof keys / sizeof keys[0] ? &keys[index] : NULL;
}

bool config_key_is(const struct config_key *key, const char *path)
{
    const char *pattern = key->path;
    while (*pattern != '\0' && *pattern == *path) {
        if (*pattern == '[') path += strspn(path + 1, "0123456789");
        pattern++;
        path++;
    }
    return *pattern == '\0' && *path == '\0';
}

/* The policies of groups and subjects have the keys of the city's. */
static const char *as_the_citys(const char *path)
{
    static const char policy[] = "].policy.";
    size_t list = strcspn(path, "[");
    if (strncmp(path, "groups[", list + 1) != 0 && strncmp(path, "subjects[", list + 1) != 0) return path;
    const char *rest = path + list + 1;
    rest += strspn(rest, "0123456789");
    return strncmp(rest, policy, sizeof policy - 1) == 0 ? rest + 2 : path;
}

const struct config_key *config_key_find(const char *path)
{
    const char *wanted = as_the_citys(path);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (config_key_is(&keys[i], wanted)) return &keys[i];
    return NULL;
}

void config_key_expected(const struct config_key *key, char text[CONFIG_EXPECTED_SIZE])
{
    switch (key->type) {
    case CONFIG_KEY_TEXT:
    case CONFIG_KEY_FILE:
        snprintf(text, CONFIG_EXPECTED_SIZE, "a text of %g to %g bytes", key->minimum, key->maximum);
        break;
    case CONFIG_KEY_ID:
        snprintf(text, CONFIG_EXPECTED_SIZE, "an id: 1 to %d of A-Z a-z 0-9 - _ and '.', the first a letter or digit",
                 SW_ID_LENGTH_MAX);
        break;
    case CONFIG_KEY_INTEGER:
        snprintf(text, CONFIG_EXPECTED_SIZE, "an integer from %.0f to %.0f", key->minimum, key->maximum);
        break;
    case CONFIG_KEY_CODE:
        snprintf(text, CONFIG_EXPECTED_SIZE, "an integer from %.0f to %.0f, decimal or as 0x%X", key->minimum,
                 key->maximum, (unsigned)key->maximum);
        break;
    case CONFIG_KEY_DECIMAL:
        snprintf(text, CONFIG_EXPECTED_SIZE, "a number from %.10g to %.10g", key->minimum, key->maximum);
        break;
    case CONFIG_KEY_BAND:
        snprintf(text, CONFIG_EXPECTED_SIZE, "a number from %.10g to %.10g, or off", key->minimum, key->maximum);
        break;
    case CONFIG_KEY_COLOUR:
        snprintf(text, CONFIG_EXPECTED_SIZE, "one of blue, yellow, orange, red");
        break;
    case CONFIG_KEY_COLOUR_OFF:
        snprintf(text, CONFIG_EXPECTED_SIZE, "one of blue, yellow, orange, red, or off");
        break;
    case CONFIG_KEY_PARITY:
        snprintf(text, CONFIG_EXPECTED_SIZE, "one of none, even, odd");
        break;
    case CONFIG_KEY_SWITCH:
        snprintf(text, CONFIG_EXPECTED_SIZE, "on or off");
        break;
    case CONFIG_KEY_DONE_ON:
        snprintf(text, CONFIG_EXPECTED_SIZE, "receipt or puback");
        break;
    case CONFIG_KEY_TELEMETRY:
        snprintf(text, CONFIG_EXPECTED_SIZE, "off, sites or all");
        break;
    case CONFIG_KEY_TRANSPORT:
        snprintf(text, CONFIG_EXPECTED_SIZE, "one of rtu, tcp, rtu_over_tcp, rtu_over_tcp_listen");
        break;
    }
}

/* Digits with at most one point between them and a sign before them: libcyaml would also take "2x" as 2, "1.5" as
 * the integer 1 and "010" as 8. */
static bool number_shaped(const char *value, bool decimal)
{
    if (*value == '-') value++;
    size_t whole = strspn(value, "0123456789");
    if (whole == 0 || (whole > 1 && value[0] == '0')) return false;
    value += whole;
    if (decimal && *value == '.') {
        size_t fraction = strspn(value + 1, "0123456789");
        if (fraction == 0) return false;
        value += 1 + fraction;
    }
    return *value == '\0';
}

static bool number_fits(const struct config_key *key, const char *value, bool quoted)
{
    if (quoted || !number_shaped(value, key->type != CONFIG_KEY_INTEGER && key->type != CONFIG_KEY_CODE)) return false;
    double number = strtod(value, NULL);
    return isfinite(number) && number >= key->minimum && number <= key->maximum;
}

static bool code_fits(const struct config_key *key, const char *value, bool quoted)
{
    if (strncmp(value, "0x", 2) != 0) return number_fits(key, value, quoted);
    size_t digits = strspn(value + 2, "0123456789abcdefABCDEF");
    if (quoted || digits == 0 || digits > 8 || value[2 + digits] != '\0') return false;
    double number = (double)strtoul(value, NULL, 16);
    return number >= key->minimum && number <= key->maximum;
}

static bool is_colour(const char *value)
{
    enum sw_colour colour = sw_colour_from_name(value);
    return colour != SW_COLOUR_GREEN && colour != SW_COLOUR_COUNT;
}

bool config_key_check(const struct config_key *key, const char *value, bool quoted, char text[CONFIG_EXPECTED_SIZE])
{
    bool fits = false;
    double length = (double)strlen(value);
    switch (key->type) {
    case CONFIG_KEY_TEXT:
    case CONFIG_KEY_FILE:
        fits = length >= key->minimum && length <= key->maximum;
        break;
    case CONFIG_KEY_ID:
        fits = sw_id_valid(value);
        break;
    case CONFIG_KEY_INTEGER:
    case CONFIG_KEY_DECIMAL:
        fits = number_fits(key, value, quoted);
        break;
    case CONFIG_KEY_CODE:
        fits = code_fits(key, value, quoted);
        break;
    case CONFIG_KEY_BAND:
        fits = strcmp(value, "off") == 0 || number_fits(key, value, quoted);
        break;
    case CONFIG_KEY_COLOUR:
        fits = is_colour(value);
        break;
    case CONFIG_KEY_COLOUR_OFF:
        fits = is_colour(value) || strcmp(value, "off") == 0;
        break;
    case CONFIG_KEY_PARITY:
        fits = strcmp(value, "none") == 0 || strcmp(value, "even") == 0 || strcmp(value, "odd") == 0;
        break;
    case CONFIG_KEY_SWITCH:
        fits = strcmp(value, "on") == 0 || strcmp(value, "off") == 0;
        break;
    case CONFIG_KEY_DONE_ON:
        fits = strcmp(value, "receipt") == 0 || strcmp(value, "puback") == 0;
        break;
    case CONFIG_KEY_TELEMETRY:
        fits = strcmp(value, "off") == 0 || strcmp(value, "sites") == 0 || strcmp(value, "all") == 0;
        break;
    case CONFIG_KEY_TRANSPORT:
        fits = strcmp(value, "rtu") == 0 || strcmp(value, "tcp") == 0 || strcmp(value, "rtu_over_tcp") == 0 ||
               strcmp(value, "rtu_over_tcp_listen") == 0;
        break;
    }
    if (!fits) config_key_expected(key, text);
    return fits;
}

void config_key_row(const struct config_key *key, char row[CONFIG_KEY_ROW_SIZE])
{
    char expected[CONFIG_EXPECTED_SIZE];
    config_key_expected(key, expected);
    if (key->type == CONFIG_KEY_ID) snprintf(expected, sizeof expected, "an id");
    snprintf(row, CONFIG_KEY_ROW_SIZE, "| `%s` | %s | %s | %s | %s |", key->path, key->unit, expected,
             key->default_text, key->meaning);
}
