/* A roster of four people and four areas, one in another, for the tests of who is called. */
#ifndef TESTS_UNIT_CORE_SMALL_CITY_H
#define TESTS_UNIT_CORE_SMALL_CITY_H

#include "core/escalation/duty.h"
#include "core_fixture.h"

enum { CHIEF, OFFICER, WORKER, STAND_IN, PEOPLE };
enum { CITY, EAST, STREET, CELL, AREAS };

#define MONDAY (T0 + 4 * DAY) /* 2026-01-05T00:00:00Z */

#define WEEKDAYS_8_TO_16                                                                                               \
    {480, 960}, {1440 + 480, 1440 + 960}, {2880 + 480, 2880 + 960}, {4320 + 480, 4320 + 960},                          \
    {                                                                                                                  \
        5760 + 480, 5760 + 960                                                                                         \
    }

struct small_city {
    struct duty_hours day[5], evening[1];
    struct duty_leave leave[1];
    uint32_t deputies[1];
    struct duty_person people[PEOPLE];
    struct duty_area areas[AREAS];
    struct duty_roster roster;
};

/* The worker of the street is there on weekdays from 8 to 16, the stand-in on Monday from 16 to 20, the others always;
 * the cell has nobody of its own. Red: 2 min, orange: 10 min, yellow: 1 h, blue: no deadline. */
static inline void small_city_make(struct small_city *city)
{
    *city = (struct small_city){
        .day = {WEEKDAYS_8_TO_16},
        .evening = {{960, 1200}},
        .deputies = {STAND_IN},
        .people = {{.id = "officer-1"}, {.id = "officer-3"}, {.id = "worker-7"}, {.id = "worker-8"}},
        .areas = {{.path = "northport", .parent = DUTY_NONE, .depth = 0, .responsible = CHIEF},
                  {.path = "northport/east", .parent = CITY, .depth = 1, .responsible = OFFICER},
                  {.path = "northport/east/mill-lane", .parent = EAST, .depth = 2, .responsible = WORKER},
                  {.path = "northport/east/mill-lane/c7", .parent = STREET, .depth = 3, .responsible = DUTY_NONE}}};
    city->people[WORKER].hours = city->day;
    city->people[WORKER].hours_count = 5;
    city->people[WORKER].deputies = city->deputies;
    city->people[WORKER].deputy_count = 1;
    city->people[STAND_IN].hours = city->evening;
    city->people[STAND_IN].hours_count = 1;
    for (int i = 0; i < AREAS; i++) {
        city->areas[i].acknowledge_ms[SW_COLOUR_RED] = 2 * MINUTE;
        city->areas[i].acknowledge_ms[SW_COLOUR_ORANGE] = 10 * MINUTE;
        city->areas[i].acknowledge_ms[SW_COLOUR_YELLOW] = HOUR;
    }
    city->roster =
        (struct duty_roster){.people = city->people, .person_count = PEOPLE, .areas = city->areas, .area_count = AREAS};
}

#endif
