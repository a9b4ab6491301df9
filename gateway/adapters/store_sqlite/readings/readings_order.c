#include "adapters/store_sqlite/readings/readings_order.h"

#include <string.h>

static bool is_sorted(const struct series_reading *readings, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (readings[i].time_ms < readings[i - 1].time_ms) return false;
    return true;
}

void readings_sort(struct series_reading *readings, size_t count, struct series_reading *scratch)
{
    if (is_sorted(readings, count)) return;
    size_t middle = count / 2, a = 0, b = middle;
    readings_sort(readings, middle, scratch);
    readings_sort(readings + middle, count - middle, scratch);
    for (size_t i = 0; i < count; i++) {
        bool first = b == count || (a < middle && readings[a].time_ms <= readings[b].time_ms);
        scratch[i] = readings[first ? a++ : b++];
    }
    memcpy(readings, scratch, count * sizeof *readings);
}

/* Of the same time. A record that lies in a chunk is known by what it says only. */
static bool is_same(const struct series_reading *there, const struct series_reading *fresh)
{
    if (fresh->serial == 0) return true;
    if (there->serial == 0)
        return there->value_milli == fresh->value_milli && there->quality == fresh->quality &&
               there->reason == fresh->reason;
    return there->serial == fresh->serial && there->epoch == fresh->epoch && there->sequence == fresh->sequence;
}

static bool is_there(const struct series_reading *joined, size_t count, const struct series_reading *fresh)
{
    while (count > 0 && joined[count - 1].time_ms == fresh->time_ms)
        if (is_same(&joined[--count], fresh)) return true;
    return false;
}

size_t readings_join(const struct series_reading *base, size_t base_count, const struct series_reading *fresh,
                     size_t fresh_count, struct series_reading *joined)
{
    size_t count = 0, b = 0, f = 0;
    while (b < base_count || f < fresh_count) {
        if (b < base_count && (f == fresh_count || base[b].time_ms <= fresh[f].time_ms))
            joined[count++] = base[b++];
        else if (is_there(joined, count, &fresh[f]))
            f++;
        else
            joined[count++] = fresh[f++];
    }
    return count;
}
