#include "app/weather.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/log.h"
#include "message/message.h"

static void refuse(struct gateway *gateway, int error, const char *reason)
{
    char text[MESSAGE_RESULT_TEXT_SIZE];
    struct publisher_command nobody = {.payload = ""}; /* it was for all gateways: no response topic */
    gateway->counters.weather_refused++;
    snprintf(text, sizeof text, "weather: %.240s", reason);
    log_event(LOG_LEVEL_WARNING, "weather", "refused, %s: %s", sw_error_name(error), reason);
    struct message_command_result result = {"", 0, error, text, NULL};
    char *body = message_command_result_encode(&result, gateway->clock.wall());
    if (!body || publisher_reply(gateway->publisher, &nobody, body) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "weather", "the refusal could not be sent");
    free(body);
}

void weather_on_message(struct gateway *gateway, const char *payload, size_t size)
{
    struct message_weather weather = {.colour = SW_COLOUR_GREEN};
    struct sw_wall now = gateway->clock.wall();
    char text[MESSAGE_RESULT_TEXT_SIZE] = "", until[MESSAGE_TIME_SIZE];
    int error = size > 0 ? message_weather_decode(payload, size, &weather, text, sizeof text) : SW_OK;
    if (!error && weather.until.ms - now.ms > MESSAGE_WEATHER_MAX_MS) {
        error = SW_ERROR_INVALID_ARGUMENT;
        snprintf(text, sizeof text, "until: expected at most 31 days ahead");
    }
    if (error) {
        refuse(gateway, error, text);
        return;
    }
    /* One that has run out is no mistake: it stays on its topic until somebody takes it away. */
    core_set_weather(gateway->core, weather.colour, weather.until);
    message_time_format(weather.until, until);
    enum sw_colour colour = core_weather(gateway->core, now);
    log_event(LOG_LEVEL_INFO, "weather", "%s%s%s", sw_colour_name(colour), colour == SW_COLOUR_GREEN ? "" : " until ",
              colour == SW_COLOUR_GREEN ? "" : until);
}
