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

/* A device a message: its index is the topic's last level, and the numbers of the payload are its registers. */
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

void scan_message(struct board *board, const char *topic, size_t topic_size, const char *payload, size_t size,
                  int64_t now_us)
{
    const struct cursor text = {payload, payload + size};
    const char *level = topic + topic_size;
    while (level > topic && level[-1] != '/')
        level--;
    registers(board, (struct cursor){level, topic + topic_size}, text, now_us);
}
