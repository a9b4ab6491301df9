/* Who answers for which area of the city's grid, and when: a tree of areas, and people with working hours, leave and
 * deputies. Read at start (registry/people.h), the same for as long as the gateway runs. */
#ifndef GATEWAY_CORE_ESCALATION_DUTY_H
#define GATEWAY_CORE_ESCALATION_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"
#include "stillwater/time.h"
#include "stillwater/topics.h"

#define DUTY_NONE     UINT32_MAX
#define DUTY_WEEK_MIN (7 * 24 * 60)

/* Minutes of the week by local clocks, from Monday 00:00; `until` is the first that does not belong to it. */
struct duty_hours {
    uint16_t from_min, until_min;
};

/* As local clocks show (local_time.h); `until` does not belong to it. */
struct duty_leave {
    int64_t from_ms, until_ms;
};

struct duty_person {
    char id[SW_ID_SIZE];
    struct duty_hours *hours; /* apart from each other */
    uint32_t hours_count;     /* 0 = at all hours */
    struct duty_leave *leave;
    uint32_t leave_count;
    uint32_t *deputies; /* in the order they are asked, the deputies of deputies among them, each once */
    uint32_t deputy_count;
};

struct duty_area {
    char path[SW_AREA_PATH_SIZE];
    uint32_t parent;                         /* DUTY_NONE: it is the root */
    uint32_t depth;                          /* of the root: 0 */
    uint32_t responsible;                    /* DUTY_NONE: nobody of its own, its parent answers */
    int64_t acknowledge_ms[SW_COLOUR_COUNT]; /* raised to acknowledged; 0 = no deadline */
    int64_t dispatch_ms[SW_COLOUR_COUNT];    /* acknowledged to dispatched */
};

struct duty_roster {
    struct time_zone zone;
    struct duty_person *people;
    uint32_t person_count;
    struct duty_area *areas; /* by their paths, as strcmp() has it; the first is the root and has a responsible */
    uint32_t area_count;
};

/* The area itself, or the nearest around it that the roster knows; the root for a path that lies in none. */
uint32_t duty_area_around(const struct duty_roster *roster, const char *path);

struct duty_call {
    uint32_t area; /* the one asked for, or the first above it with somebody on duty */
    uint32_t person;
    uint32_t deputy_of; /* the responsible that the person stands in for; DUTY_NONE: it is the responsible */
    bool off_duty;      /* nobody is on duty up to the root: its responsible, all the same */
};
struct duty_call duty_find(const struct duty_roster *roster, uint32_t area, struct sw_wall now);

/* The first stretch of the week from minute *from_min on at which neither the area's responsible nor a deputy works,
 * leave aside. False when there is none up to the end of the week. */
bool duty_next_gap(const struct duty_roster *roster, uint32_t area, uint16_t *from_min, uint16_t *until_min);

#endif
