/* The city's weather warning, from its retained topic to the core. One that is wrong changes nothing: it is counted,
 * logged, and told to the centre on command/result. */
#ifndef GATEWAY_APP_WEATHER_H
#define GATEWAY_APP_WEATHER_H

#include "app/gateway_state.h"

/* `payload` need not be terminated; size 0: the warning has been taken back. */
void weather_on_message(struct gateway *gateway, const char *payload, size_t size);

#endif
