#include "core/aggregate/rain.h"

/* Heaviest rain ever measured: 38 mm in a minute (Guadeloupe 1970, WMO). A step of more than a metre is no rain. */
#define STEP_MAX_UM 1000000

static void turn_span(struct rain *rain, int64_t time_ms)
{
    if (time_ms - rain->span_ms < RAIN_SPAN_MS) return;
    bool next = time_ms - rain->span_ms < 2 * RAIN_SPAN_MS;
    rain->former_um = next ? rain->present_um : 0;
    rain->present_um = 0;
    rain->span_ms = time_ms;
}

void rain_take(struct rain *rain, int64_t time_ms, int64_t total_um)
{
    int64_t step_um = total_um - rain->last_um;
    rain->known = rain->last_ms != 0;
    turn_span(rain, time_ms);
    if (rain->known && step_um > 0 && step_um <= STEP_MAX_UM) rain->present_um += step_um;
    rain->last_ms = time_ms;
    rain->last_um = total_um;
}

int64_t rain_fallen_um(const struct rain *rain)
{
    return rain->present_um + rain->former_um;
}

void rain_set_back(struct rain *rain, int64_t now_ms)
{
    if (rain->last_ms > now_ms) rain->last_ms = now_ms;
    if (rain->span_ms > now_ms) rain->span_ms = now_ms;
}
