/* Ids of alerts: <gateway>.<kind>.<subject>.<onset as YYYYMMDDTHHMMSSmmmZ>, and .drill behind that of an exercise. */
#ifndef GATEWAY_CORE_ALERT_ALERT_ID_H
#define GATEWAY_CORE_ALERT_ALERT_ID_H

#include <stdbool.h>

#include "stillwater/alert.h"

/* The core takes times from 1970 up to here (the last millisecond of the year 9999), so that ids keep their shape. */
#define ALERT_TIME_MAX_MS 253402300799999LL

void alert_id_write(char out[SW_ALERT_ID_SIZE], const char *gateway, enum sw_alert_kind kind, const char *subject,
                    int64_t onset_ms);

/* Of an exercise: it ends with .drill, as no other id does. */
void alert_id_write_drill(char out[SW_ALERT_ID_SIZE], const char *gateway, enum sw_alert_kind kind, const char *subject,
                          int64_t onset_ms);

/* The same with another word in the kind's place. */
void alert_id_write_word(char out[SW_ALERT_ID_SIZE], const char *gateway, const char *word, const char *subject,
                         int64_t onset_ms);

/* Takes an id of this gateway apart: its kind, and its subject (SW_ID_SIZE bytes). False when it has another shape. */
bool alert_id_parse(const char *id, const char *gateway, enum sw_alert_kind *kind, char subject[SW_ID_SIZE]);

#endif
