#include "centre/incident_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 3u

struct entry {
    char city[SW_ID_SIZE], id[SW_ALERT_ID_SIZE];
    enum message_incident_state state;
    enum sw_colour colour;
    uint32_t alerts; /* when it was said last */
};

struct incident_log {
    struct entry entries[INCIDENT_LOG_MAX];
    uint32_t count, next; /* next: of the ring */
};

struct incident_log *incident_log_new(void)
{
    return calloc(1, sizeof(struct incident_log));
}

void incident_log_free(struct incident_log *log)
{
    free(log);
}

/* NULL when it is not known. */
static const struct entry *find(const struct incident_log *log, const char *city, const char *id)
{
    for (uint32_t i = 0; i < log->count; i++)
        if (strcmp(log->entries[i].id, id) == 0 && strcmp(log->entries[i].city, city) == 0) return &log->entries[i];
    return NULL;
}

static uint32_t place_of(struct incident_log *log, const struct message_incident *incident)
{
    const struct entry *known = find(log, incident->city, incident->id);
    if (known) return (uint32_t)(known - log->entries);
    uint32_t place = log->next;
    log->next = (log->next + 1) % INCIDENT_LOG_MAX;
    if (log->count < INCIDENT_LOG_MAX) log->count++;
    log->entries[place] = (struct entry){.state = MESSAGE_INCIDENT_OVER};
    memcpy(log->entries[place].city, incident->city, sizeof incident->city);
    memcpy(log->entries[place].id, incident->id, sizeof incident->id);
    return place;
}

bool incident_log_take(struct incident_log *log, const struct message_incident *incident)
{
    struct entry *entry = &log->entries[place_of(log, incident)];
    bool said =
        entry->state != incident->state || entry->colour != incident->colour || incident->alerts >= 2 * entry->alerts;
    if (!said) return false;
    entry->state = incident->state;
    entry->colour = incident->colour;
    entry->alerts = incident->alerts;
    return true;
}

bool incident_log_covers(const struct incident_log *log, const char *city, const char *id, enum sw_colour colour)
{
    const struct entry *entry = id[0] != '\0' ? find(log, city, id) : NULL;
    return entry && entry->state == MESSAGE_INCIDENT_OPEN && entry->colour >= colour;
}

__attribute__((format(printf, 3, 4))) static void add(char *sentence, size_t *used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence + *used, INCIDENT_SENTENCE_SIZE - *used, format, arguments);
    va_end(arguments);
    if (length > 0) *used += (size_t)length;
    if (*used >= INCIDENT_SENTENCE_SIZE) *used = INCIDENT_SENTENCE_SIZE - 1;
}

void incident_log_describe(const struct message_incident *incident, char sentence[INCIDENT_SENTENCE_SIZE])
{
    size_t used = 0;
    sentence[0] = '\0';
    add(sentence, &used, "%u alerts at %u sensors", incident->alerts, incident->subjects);
    if (incident->area[0] != '\0') add(sentence, &used, " in %s", incident->area);
    if (incident->state == MESSAGE_INCIDENT_MERGED) add(sentence, &used, ", now part of %s", incident->merged_into);
    if (incident->state == MESSAGE_INCIDENT_OVER) add(sentence, &used, ", %s at worst", sw_colour_name(incident->peak));
    if (incident->state != MESSAGE_INCIDENT_OPEN) return;
    add(sentence, &used, ", %u open, %u not acknowledged", incident->open, incident->unacknowledged);
    uint32_t named = incident->member_count < NAMED_MAX ? incident->member_count : NAMED_MAX;
    for (uint32_t i = 0; i < named; i++)
        add(sentence, &used, "%s %s %s %s", i == 0 ? ":" : ",", incident->members[i].subject,
            sw_alert_kind_name(incident->members[i].kind), sw_colour_name(incident->members[i].colour));
    if (incident->open > named) add(sentence, &used, " and %u more", incident->open - named);
}
