#include "adapters/publisher_mqtt/in_flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

int in_flight_init(struct in_flight *table, uint32_t alert_limit)
{
    *table = (struct in_flight){.alert_limit = alert_limit};
    table->entries = calloc(2 * (size_t)alert_limit + IN_FLIGHT_BESIDE_MAX, sizeof *table->entries);
    return table->entries ? SW_OK : SW_ERROR_NO_SPACE;
}

void in_flight_close(struct in_flight *table)
{
    free(table->entries);
    table->entries = NULL;
}

bool in_flight_takes(const struct in_flight *table, unsigned class)
{
    uint32_t limit = class == IN_FLIGHT_ALERT || class == IN_FLIGHT_CAP ? table->alert_limit
                     : class == IN_FLIGHT_OTHER                         ? IN_FLIGHT_OTHERS_MAX
                     : class >= IN_FLIGHT_TELEMETRY                     ? 1
                                                                        : IN_FLIGHT_RETAINED_MAX;
    return table->class_count[class] < limit;
}

void in_flight_add(struct in_flight *table, struct in_flight_entry entry)
{
    bool room = in_flight_takes(table, entry.class);
    assert(room);
    (void)room;
    table->entries[table->count++] = entry;
    table->class_count[entry.class]++;
}

bool in_flight_take(struct in_flight *table, int message_id, struct in_flight_entry *entry)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->entries[i].message_id != message_id) continue;
        *entry = table->entries[i];
        table->entries[i] = table->entries[--table->count];
        table->class_count[entry->class]--;
        return true;
    }
    return false;
}

void in_flight_forget_all(struct in_flight *table)
{
    table->count = 0;
    memset(table->class_count, 0, sizeof table->class_count);
}
