#include "farm/scan.h"

#include <string.h>

struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next number; what follows a decimal point is skipped. False: there is none. */
static bool number(struct cursor *text, uint32_t *value)
{
    while (text->at < text->end && !is_digit(*text->at))
        text->at++;
    if (text->at == text->end) return false;
    for (*value = 0; text->at < text->end && is_digit(*text->at); text->at++)
        *value = *value * 10 + (uint32_t)(*text->at - '0');
    if (text->at < text->end && *text->at == '.')
        for (text->at++; text->at < text->end && is_digit(*text->at);)
            text->at++;
    return true;
}

/* Goes behind the next `word`. False: there is none. */
static bool skip(struct cursor *text, const char *word)
{
    size_t size = strlen(word);
    const char *found = memmem(text->at, (size_t)(text->end - text->at), word, size);
    if (!found) return false;
    text->at = found + size;
    return true;
}

/* A device a message, as the peers publish: its index is the topic's last level, and the numbers of the payload are its
 * registers. */
static void registers(struct board *board, struct cursor topic, struct cursor payload, int64_t now_us)
{
    uint32_t device, value;
    if (!number(&topic, &device) || device >= board->device_count) {
        board->counters.foreign++;
        return;
    }
    while (number(&payload, &value))
        board_heard(board, device, value, now_us);
}

/* The readings of one poll. The level is the number the device told (profiles/farm-station.yaml); what is with it in a
 * sample came in the same reply, and a sample without it is the rest of one that did not fit a message. */
static void sample(struct board *board, struct cursor text, int64_t now_us)
{
    uint32_t device, value;
    if (!number(&text, &device) || device >= board->device_count) {
        board->counters.foreign++;
        return;
    }
    const struct board_device *of = &board->devices[device];
    uint32_t told = 0;
    while (skip(&text, "\"kind\":\"")) {
        bool is_level = (size_t)(text.end - text.at) > 8 && memcmp(text.at, "level_mm", 8) == 0;
        if (!skip(&text, "\"value\":") || !number(&text, &value)) break;
        if (is_level) told = value;
        if (told > 0 || of->seen_values < board->points) board_heard(board, device, told > 0 ? told : of->seen, now_us);
    }
}

/* Many devices a message, as docs/schema/telemetry.schema.json has it; subjects are named site-INDEX. */
static void samples(struct board *board, struct cursor text, int64_t now_us)
{
    static const char begin[] = "{\"subject\":\"";
    bool more = skip(&text, begin);
    while (more) {
        struct cursor one = text;
        more = skip(&text, begin);
        if (more) one.end = text.at;
        sample(board, one, now_us);
    }
}

void scan_message(struct board *board, const char *topic, size_t topic_size, const char *payload, size_t size,
                  int64_t now_us)
{
    struct cursor text = {payload, payload + size};
    const char *level = topic + topic_size;
    while (level > topic && level[-1] != '/')
        level--;
    if (size > 0 && payload[0] == '{')
        samples(board, text, now_us);
    else
        registers(board, (struct cursor){level, topic + topic_size}, text, now_us);
}
