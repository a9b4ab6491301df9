/* Which incidents people have been told of, and how: so that a storm is one line, and another when it matters, and not
 * one for each of its alerts. A bounded table; when it is full the oldest entry makes room, and its alerts are told one
 * by one again. */
#ifndef GATEWAY_CENTRE_INCIDENT_LOG_H
#define GATEWAY_CENTRE_INCIDENT_LOG_H

#include <stdbool.h>

#include "message/message.h"

#define INCIDENT_LOG_MAX 1024u

struct incident_log;

struct incident_log *incident_log_new(void); /* NULL when memory is refused */
void incident_log_free(struct incident_log *log);

/* True when it is to be said: new, another colour, over, or twice as many alerts as when it was said last. */
bool incident_log_take(struct incident_log *log, const struct message_incident *incident);

/* An alert of this colour has been told with its incident. */
bool incident_log_covers(const struct incident_log *log, const char *city, const char *id, enum sw_colour colour);

/* "12 alerts at 9 sensors in northport/east, 8 not acknowledged: canal-3 red, cover-17 orange and 7 more". */
#define INCIDENT_SENTENCE_SIZE 768
void incident_log_describe(const struct message_incident *incident, char sentence[INCIDENT_SENTENCE_SIZE]);

#endif
