/* Hours of the week and days of the year as people write them. */
#ifndef GATEWAY_REGISTRY_PEOPLE_HOURS_H
#define GATEWAY_REGISTRY_PEOPLE_HOURS_H

#include "core/escalation/duty.h"

#define PEOPLE_HOURS_EXPECTED "hours such as Mon-Fri 08:00-16:00"
#define PEOPLE_DAY_EXPECTED   "a day such as 2026-12-20"

/* "Mon-Fri 08:00-16:00", "Sun 22:00-06:00" (until Monday): a stretch for each day, two where one goes past the end of
 * the week. Returns how many; 0 when it is not so written. */
#define PEOPLE_HOURS_EACH_MAX 8
int people_hours_parse(const char *text, struct duty_hours hours[PEOPLE_HOURS_EACH_MAX]);

/* "2026-12-20": its beginning by local clocks. False when there is no such day. */
bool people_day_parse(const char *text, int64_t *local_ms);

/* "Mon 08:00"; the end of the week is "Sun 24:00". */
#define PEOPLE_MINUTE_SIZE 16
void people_minute_format(uint16_t minute, bool is_end, char out[PEOPLE_MINUTE_SIZE]);

#endif
