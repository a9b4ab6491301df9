/* Real water levels for tests: FloodNet's flood events and Logan's river stages, read from the folder in
 * STILLWATER_DATA, else ../shared/data beside the repository. They are no part of the repository: a test that gets NULL
 * skips. */
#ifndef TESTS_UNIT_CORE_FLOOD_DATA_H
#define TESTS_UNIT_CORE_FLOOD_DATA_H

#include <stdbool.h>
#include <stdint.h>

struct flood_sample {
    int64_t time_ms;
    int32_t level_um;
    int32_t label; /* Logan: 1 = the technician's qualifier is set; see `qualifier` */
    int32_t qualifier;
};

struct flood_event {
    char sensor[64];
    char id[16];
    int32_t held_out; /* 1: not for tuning. Sensors in order of their floods above 250 mm are dealt out in turn */
    int32_t count;
    int32_t peak_um;
    struct flood_sample *samples;
};

struct flood_data {
    int32_t count;
    struct flood_event *events; /* in order of their first sample */
    struct flood_sample *samples;
};

/* NULL when the folder is not there. To be freed with flood_data_free(). */
struct flood_data *flood_data_floodnet(void);

/* One site-year as one event; samples without a raw value are left out. */
struct flood_data *flood_data_logan(const char *file);

void flood_data_free(struct flood_data *data);

#endif
