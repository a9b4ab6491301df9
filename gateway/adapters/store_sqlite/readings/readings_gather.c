#include "adapters/store_sqlite/readings/readings_gather.h"

#include <stdlib.h>
#include <string.h>

void readings_gather_free(struct readings_gather *gather)
{
    free(gather->items);
    free(gather->newest);
    *gather = (struct readings_gather){0};
}

void readings_gather_begin(struct readings_gather *gather, uint32_t first, uint32_t end)
{
    gather->first = first;
    gather->end = end;
    gather->count = 0;
    gather->no_memory = false;
    if (gather->newest_count > 0) memset(gather->newest, 0, gather->newest_count * sizeof *gather->newest);
}

static bool have_room(struct readings_gather *gather, uint32_t at)
{
    if (at >= gather->newest_count) {
        uint32_t wanted = at + at / 2 + 64;
        uint32_t *larger = realloc(gather->newest, wanted * sizeof *larger);
        if (!larger) return false;
        memset(larger + gather->newest_count, 0, (wanted - gather->newest_count) * sizeof *larger);
        gather->newest = larger;
        gather->newest_count = wanted;
    }
    if (gather->count == gather->capacity) {
        uint32_t wanted = gather->capacity + gather->capacity / 2 + 1024;
        struct gathered *larger = realloc(gather->items, wanted * sizeof *larger);
        if (!larger) return false;
        gather->items = larger;
        gather->capacity = wanted;
    }
    return true;
}

void readings_gather_add(void *ctx, int64_t position, const struct log_reading *reading)
{
    struct readings_gather *gather = ctx;
    uint32_t series = reading->series;
    (void)position;
    if (series < gather->first || series >= gather->end || gather->no_memory) return;
    if (!have_room(gather, series - gather->first)) {
        gather->no_memory = true;
        return;
    }
    uint32_t *newest = &gather->newest[series - gather->first];
    gather->items[gather->count] = (struct gathered){reading->reading, *newest};
    *newest = ++gather->count;
}

uint32_t readings_gather_take(const struct readings_gather *gather, uint32_t series, struct series_reading *out)
{
    uint32_t count = 0;
    if (series < gather->first || series - gather->first >= gather->newest_count) return 0;
    uint32_t newest = gather->newest[series - gather->first];
    for (uint32_t at = newest; at > 0; at = gather->items[at - 1].before)
        count++;
    for (uint32_t at = newest, place = count; out && at > 0; at = gather->items[at - 1].before)
        out[--place] = gather->items[at - 1].reading;
    return count;
}
