#include "adapters/publisher_mqtt/in_flight.h"

#include <assert.h>
#include <stdlib.h>

#include "stillwater/error.h"

int in_flight_init(struct in_flight *table, uint32_t alert_limit)
{
    *table = (struct in_flight){.alert_limit = alert_limit};
    table->entries = calloc((size_t)alert_limit + IN_FLIGHT_AREAS_MAX + IN_FLIGHT_OTHERS_MAX, sizeof *table->entries);
    return table->entries ? SW_OK : SW_ERROR_NO_SPACE;
}

void in_flight_close(struct in_flight *table)
{
    free(table->entries);
    table->entries = NULL;
}

bool in_flight_takes_alert(const struct in_flight *table)
{
    return table->alert_count < table->alert_limit;
}

bool in_flight_takes_area(const struct in_flight *table)
{
    return table->area_count < IN_FLIGHT_AREAS_MAX;
}

bool in_flight_takes_other(const struct in_flight *table)
{
    return table->count - table->alert_count - table->area_count < IN_FLIGHT_OTHERS_MAX;
}

static bool takes(const struct in_flight *table, struct in_flight_entry entry)
{
    if (entry.is_alert) return in_flight_takes_alert(table);
    return entry.is_area ? in_flight_takes_area(table) : in_flight_takes_other(table);
}

void in_flight_add(struct in_flight *table, struct in_flight_entry entry)
{
    bool room = takes(table, entry);
    assert(room);
    (void)room;
    table->entries[table->count++] = entry;
    if (entry.is_alert) table->alert_count++;
    if (entry.is_area) table->area_count++;
}

bool in_flight_take(struct in_flight *table, int message_id, struct in_flight_entry *entry)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->entries[i].message_id != message_id) continue;
        *entry = table->entries[i];
        table->entries[i] = table->entries[--table->count];
        if (entry->is_alert) table->alert_count--;
        if (entry->is_area) table->area_count--;
        return true;
    }
    return false;
}

void in_flight_forget_all(struct in_flight *table)
{
    table->count = 0;
    table->alert_count = 0;
    table->area_count = 0;
}
