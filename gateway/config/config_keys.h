/* The table of configuration keys (config_keys.def): what each scalar may be. */
#ifndef GATEWAY_CONFIG_CONFIG_KEYS_H
#define GATEWAY_CONFIG_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum config_key_type {
    CONFIG_KEY_TEXT,
    CONFIG_KEY_ID,
    CONFIG_KEY_FILE,
    CONFIG_KEY_INTEGER,
    CONFIG_KEY_CODE,
    CONFIG_KEY_DECIMAL,
    CONFIG_KEY_BAND,
    CONFIG_KEY_COLOUR,
    CONFIG_KEY_COLOUR_OFF,
    CONFIG_KEY_PARITY,
    CONFIG_KEY_SWITCH,
    CONFIG_KEY_DONE_ON,
    CONFIG_KEY_TELEMETRY,
    CONFIG_KEY_TRANSPORT,
};

struct config_key {
    const char *path;
    enum config_key_type type;
    const char *unit;
    double minimum, maximum;
    const char *default_text;
    const char *meaning;
};

/* Whether this is the key of that path, which may have indices: "lines[3].port" is of "lines[].port". */
bool config_key_is(const struct config_key *key, const char *path);

/* The i-th key; NULL past the last. Static storage. */
const struct config_key *config_key_at(size_t index);

/* The key for a path with or without indices ("lines[3].port" and "lines[].port"); NULL when there is none. */
const struct config_key *config_key_find(const char *path);

#define CONFIG_EXPECTED_SIZE 160
/* "an integer from 1 to 247": for messages and the reference. */
void config_key_expected(const struct config_key *key, char text[CONFIG_EXPECTED_SIZE]);

/* Checks one plain or quoted scalar. False, and what was expected in `text`, when it does not fit. */
bool config_key_check(const struct config_key *key, const char *value, bool quoted, char text[CONFIG_EXPECTED_SIZE]);

#define CONFIG_KEY_ROW_SIZE 640
/* The key's row in the table of docs/configuration.md, without line end. */
void config_key_row(const struct config_key *key, char row[CONFIG_KEY_ROW_SIZE]);

#endif
