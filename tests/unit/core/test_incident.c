/* Incidents: what is near becomes one, and stays one over merges, ends and restarts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/incident/incident.h"

#include "core_fixture.h"

#define MINUTE_MS  INT64_C(60000)
#define START_MS   INT64_C(1790000000000)
#define SUBJECTS   16u
#define WITHIN_MS  (120 * MINUTE_MS)
#define OFF_MS     (30 * MINUTE_MS)
#define DISTANCE_M 500

struct town {
    void *memory;
    struct incident_book *book;
    int64_t now_ms;
};

static struct town town_of(uint32_t subjects)
{
    struct incident_rules rules = {DISTANCE_M, WITHIN_MS, OFF_MS};
    struct town town = {.memory = calloc(1, incident_book_size(subjects)), .now_ms = START_MS};
    assert_non_null(town.memory);
    town.book = incident_book_init(town.memory, subjects, rules);
    return town;
}

#define METRES_PER_DEGREE 111195.0

static struct incident_place place_at(int32_t east_m, int32_t north_m)
{
    return (struct incident_place){.known = true,
                                   .at = globe_point(north_m / METRES_PER_DEGREE, east_m / METRES_PER_DEGREE)};
}

/* Subjects on a line, `apart_m` from one to the next. */
static struct town row_of(int32_t apart_m)
{
    struct town town = town_of(SUBJECTS);
    for (uint32_t i = 0; i < SUBJECTS; i++)
        incident_set_place(town.book, i, place_at((int32_t)i * apart_m, 0));
    return town;
}

static void say(struct town *town, uint32_t subject, enum sw_alert_kind kind, enum sw_alert_state state,
                enum sw_colour colour)
{
    uint32_t slot = incident_slot(subject, kind);
    bool known = incident_member_at(town->book, slot)->state != SW_ALERT_STATE_NONE &&
                 sw_alert_state_is_open(incident_member_at(town->book, slot)->state);
    int64_t onset_ms = known ? incident_member_at(town->book, slot)->onset.ms : town->now_ms;
    struct sw_alert alert = {.kind = kind,
                             .state = state,
                             .colour = colour,
                             .peak = colour,
                             .onset.ms = onset_ms,
                             .raised_at.ms = onset_ms,
                             .updated_at.ms = town->now_ms};
    incident_take(town->book, subject, &alert);
}

static void raised(struct town *town, uint32_t subject)
{
    say(town, subject, SW_ALERT_KIND_LEVEL, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
}

static void cleared(struct town *town, uint32_t subject)
{
    say(town, subject, SW_ALERT_KIND_LEVEL, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
}

static void pass(struct town *town, int64_t ms)
{
    town->now_ms += ms;
    incident_tick(town->book, sw_wall_from_ms(town->now_ms));
}

static uint32_t of(const struct town *town, uint32_t subject)
{
    return incident_of(town->book, subject, SW_ALERT_KIND_LEVEL);
}

static void near_ones_make_one(void **state)
{
    (void)state;
    struct town town = row_of(400);
    raised(&town, 3);
    assert_int_equal(of(&town, 3), INCIDENT_NONE); /* alone it is an alert, no incident */
    pass(&town, MINUTE_MS);
    raised(&town, 4);
    raised(&town, 9);
    uint32_t slot = incident_slot(3, SW_ALERT_KIND_LEVEL);
    assert_int_equal(of(&town, 3), slot);
    assert_int_equal(of(&town, 4), slot);
    assert_int_equal(of(&town, 9), INCIDENT_NONE);
    const struct incident *incident = incident_at(town.book, slot);
    assert_int_equal(incident->since.ms, START_MS);
    assert_int_equal(incident->members, 2);
    assert_int_equal(incident->open_members, 2);
    assert_int_equal(incident->peak, SW_COLOUR_ORANGE);
    say(&town, 4, SW_ALERT_KIND_LEVEL, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    assert_int_equal(incident->peak, SW_COLOUR_RED);
    assert_int_equal(incident->members, 2);
    free(town.memory);
}

static void one_sensor_alone_is_no_incident(void **state)
{
    (void)state;
    struct town town = row_of(400);
    say(&town, 3, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    raised(&town, 3);
    assert_int_equal(of(&town, 3), INCIDENT_NONE);
    say(&town, 4, SW_ALERT_KIND_COVER_OPEN, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(of(&town, 3), incident_slot(3, SW_ALERT_KIND_LEVEL_SOON));
    assert_int_equal(incident_of(town.book, 3, SW_ALERT_KIND_NO_USE), INCIDENT_NONE);
    free(town.memory);
}

static void a_grid_parent_is_a_place(void **state)
{
    (void)state;
    struct town town = town_of(SUBJECTS);
    for (uint32_t i = 0; i < 3; i++)
        incident_set_place(town.book, i, (struct incident_place){.parent = i < 2 ? 7 : 8});
    for (uint32_t i = 0; i < 5; i++)
        raised(&town, i);
    assert_int_equal(of(&town, 1), incident_slot(0, SW_ALERT_KIND_LEVEL));
    assert_int_equal(of(&town, 2), INCIDENT_NONE);
    assert_int_equal(of(&town, 4), INCIDENT_NONE); /* two places unknown are not one place */
    free(town.memory);
}

static void what_stands_for_long_draws_nothing_in(void **state)
{
    (void)state;
    struct town town = row_of(400);
    raised(&town, 1);
    pass(&town, WITHIN_MS + 1);
    raised(&town, 2);
    assert_int_equal(of(&town, 2), INCIDENT_NONE);
    say(&town, 2, SW_ALERT_KIND_LEVEL, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    pass(&town, WITHIN_MS); /* an acknowledgement is nothing that the water does */
    say(&town, 2, SW_ALERT_KIND_LEVEL, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    pass(&town, WITHIN_MS);
    raised(&town, 3);
    assert_int_equal(of(&town, 3), incident_slot(2, SW_ALERT_KIND_LEVEL));
    free(town.memory);
}

static void the_older_takes_the_younger_in(void **state)
{
    (void)state;
    struct town town = row_of(400);
    raised(&town, 5);
    raised(&town, 6);
    pass(&town, MINUTE_MS);
    raised(&town, 1);
    raised(&town, 2);
    pass(&town, MINUTE_MS);
    uint32_t old = incident_slot(5, SW_ALERT_KIND_LEVEL), young = incident_slot(1, SW_ALERT_KIND_LEVEL);
    assert_int_equal(of(&town, 2), young);
    raised(&town, 3);
    assert_int_equal(of(&town, 3), young);
    raised(&town, 4);
    for (uint32_t subject = 1; subject <= 6; subject++)
        assert_int_equal(of(&town, subject), old);
    assert_int_equal(incident_at(town.book, old)->members, 6);
    assert_int_equal(incident_at(town.book, old)->subjects, 6);
    assert_int_equal(incident_at(town.book, young)->state, INCIDENT_MERGED);
    assert_int_equal(incident_at(town.book, young)->merged_into, old);
    assert_int_equal(incident_count(town.book), 2); /* the younger has yet to be told */
    incident_forget(town.book, young);
    assert_int_equal(incident_count(town.book), 1);
    free(town.memory);
}

/* The sensor that joins them has been in one before. */
static void what_comes_back_joins_two_as_well(void **state)
{
    (void)state;
    struct town town = row_of(400);
    raised(&town, 4);
    raised(&town, 5);
    raised(&town, 6);
    pass(&town, MINUTE_MS);
    cleared(&town, 4);
    pass(&town, WITHIN_MS + MINUTE_MS);
    raised(&town, 2);
    raised(&town, 3);
    uint32_t old = incident_slot(4, SW_ALERT_KIND_LEVEL), young = incident_slot(2, SW_ALERT_KIND_LEVEL);
    assert_int_equal(of(&town, 3), young);
    raised(&town, 4);
    for (uint32_t subject = 2; subject <= 6; subject++)
        assert_int_equal(of(&town, subject), old);
    assert_int_equal(incident_at(town.book, old)->members, 5);
    assert_int_equal(incident_at(town.book, old)->open_members, 5);
    assert_int_equal(incident_at(town.book, young)->merged_into, old);
    free(town.memory);
}

static void what_comes_back_is_taken_by_the_older(void **state)
{
    (void)state;
    struct town town = row_of(400);
    raised(&town, 1);
    raised(&town, 2);
    pass(&town, MINUTE_MS);
    raised(&town, 4);
    raised(&town, 5);
    cleared(&town, 4);
    incident_set_place(town.book, 4, place_at(1200, 0)); /* now between them */
    raised(&town, 4);
    uint32_t old = incident_slot(1, SW_ALERT_KIND_LEVEL);
    assert_int_equal(of(&town, 4), old);
    assert_int_equal(of(&town, 5), old);
    assert_int_equal(incident_at(town.book, old)->members, 4);
    assert_int_equal(incident_at(town.book, old)->open_members, 4);
    free(town.memory);
}

static void it_is_over_when_all_have_been_for_a_while(void **state)
{
    (void)state;
    struct town town = row_of(400);
    uint32_t slot = incident_slot(1, SW_ALERT_KIND_LEVEL);
    raised(&town, 1);
    raised(&town, 2);
    cleared(&town, 1);
    pass(&town, OFF_MS);
    assert_int_equal(incident_at(town.book, slot)->state, INCIDENT_OPEN);
    cleared(&town, 2);
    pass(&town, OFF_MS - 1);
    raised(&town, 1); /* the same incident goes on */
    pass(&town, OFF_MS);
    assert_int_equal(incident_at(town.book, slot)->state, INCIDENT_OPEN);
    assert_int_equal(incident_at(town.book, slot)->members, 2);
    cleared(&town, 1);
    pass(&town, -10 * MINUTE_MS); /* the clock is set back: the delay begins again */
    pass(&town, OFF_MS - 1);
    assert_int_equal(incident_at(town.book, slot)->state, INCIDENT_OPEN);
    pass(&town, 1);
    assert_int_equal(incident_at(town.book, slot)->state, INCIDENT_OVER);
    assert_int_equal(of(&town, 1), INCIDENT_NONE);
    raised(&town, 1);
    raised(&town, 2);
    assert_int_equal(incident_at(town.book, slot)->since.ms, town.now_ms);
    free(town.memory);
}

/* ---- against connected components ---- */

#define POINTS 400u

static uint32_t root_of(uint32_t *parents, uint32_t i)
{
    while (parents[i] != i)
        i = parents[i];
    return i;
}

static void incidents_are_the_connected_places(void **state)
{
    (void)state;
    struct town town = town_of(POINTS);
    struct incident_place places[POINTS];
    uint32_t parents[POINTS], order[POINTS];
    unsigned seed = 12;
    for (uint32_t i = 0; i < POINTS; i++) {
        seed = seed * 1103515245u + 12345u;
        int32_t east_m = (int32_t)(seed >> 8) % 10000;
        seed = seed * 1103515245u + 12345u;
        places[i] = place_at(east_m, (int32_t)(seed >> 8) % 10000);
        incident_set_place(town.book, i, places[i]);
        parents[i] = order[i] = i;
    }
    for (uint32_t i = 0; i < POINTS; i++)
        for (uint32_t j = 0; j < i; j++)
            if (globe_distance_m(&places[i].at, &places[j].at) <= DISTANCE_M)
                parents[root_of(parents, i)] = root_of(parents, j);
    for (uint32_t i = POINTS; i > 1; i--) {
        seed = seed * 1103515245u + 12345u;
        uint32_t other = (seed >> 8) % i, kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    for (uint32_t i = 0; i < POINTS; i++) {
        raised(&town, order[i]);
        pass(&town, 1);
    }
    uint32_t together = 0;
    for (uint32_t i = 0; i < POINTS; i++)
        for (uint32_t j = 0; j < i; j++) {
            bool same = of(&town, i) != INCIDENT_NONE && of(&town, i) == of(&town, j);
            assert_int_equal(same, root_of(parents, i) == root_of(parents, j));
            together += same;
        }
    assert_true(together > POINTS); /* the points were not too thin for anything to be shown */
    free(town.memory);
}

/* ---- against looking at every member ---- */

#define PLAIN_SUBJECTS 120u
#define PLAIN_KINDS    4u
#define PLAIN_SLOTS    (PLAIN_SUBJECTS * PLAIN_KINDS)

/* The rules, told as plainly as can be. */
struct plain {
    struct incident_place places[PLAIN_SUBJECTS];
    struct plain_member {
        bool is_member, is_open;
        int64_t changed_ms;
        uint32_t incident;
    } members[PLAIN_SLOTS];
    int64_t since_ms[PLAIN_SLOTS], quiet_ms[PLAIN_SLOTS];
};

static unsigned draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

static bool plain_near(const struct incident_place *a, const struct incident_place *b)
{
    if (a == b || (a->parent != 0 && a->parent == b->parent)) return true;
    return a->known && b->known && globe_distance_m(&a->at, &b->at) <= DISTANCE_M;
}

static uint32_t plain_incident(struct plain *plain, uint32_t slot, int64_t now_ms)
{
    bool touched[PLAIN_SLOTS] = {false};
    uint32_t oldest = INCIDENT_NONE;
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++) {
        const struct plain_member *other = &plain->members[i];
        if (!other->is_member || now_ms - other->changed_ms > WITHIN_MS ||
            !plain_near(&plain->places[slot / PLAIN_KINDS], &plain->places[i / PLAIN_KINDS]))
            continue;
        touched[other->incident] = true;
    }
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++)
        if (touched[i] && (oldest == INCIDENT_NONE || plain->since_ms[i] < plain->since_ms[oldest])) oldest = i;
    if (oldest == INCIDENT_NONE) {
        plain->since_ms[slot] = now_ms;
        return slot;
    }
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++)
        if (plain->members[i].is_member && touched[plain->members[i].incident]) plain->members[i].incident = oldest;
    return oldest;
}

static void plain_take(struct plain *plain, uint32_t slot, bool is_open, int64_t now_ms)
{
    struct plain_member *member = &plain->members[slot];
    if (is_open && !member->is_open) {
        member->changed_ms = now_ms; /* one that comes back is near its own incident */
        member->incident = plain_incident(plain, slot, now_ms);
    }
    *member = (struct plain_member){true, is_open, now_ms, member->incident};
    plain->quiet_ms[member->incident] = now_ms;
}

static void plain_tick(struct plain *plain, int64_t now_ms)
{
    bool goes_on[PLAIN_SLOTS] = {false};
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++)
        if (plain->members[i].is_open) goes_on[plain->members[i].incident] = true;
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++) {
        uint32_t incident = plain->members[i].incident;
        if (plain->members[i].is_member && !goes_on[incident] && now_ms - plain->quiet_ms[incident] >= OFF_MS)
            plain->members[i] = (struct plain_member){0};
    }
}

static void assert_same(const struct town *town, const struct plain *plain)
{
    for (uint32_t i = 0; i < PLAIN_SLOTS; i++) {
        const struct incident_member *found = incident_member_at(town->book, i);
        bool is_member = found->state != SW_ALERT_STATE_NONE;
        assert_int_equal(is_member, plain->members[i].is_member);
        if (is_member) assert_int_equal(found->incident, plain->members[i].incident);
    }
}

/* In a few cells and across their borders, or unknown; some have a grid parent. */
static struct incident_place draw_place(unsigned *seed)
{
    int32_t east_m = (int32_t)draw(seed, 8000) - 4000;
    struct incident_place place = place_at(east_m, (int32_t)draw(seed, 8000) - 4000);
    place.known = draw(seed, 4) > 0;
    place.parent = draw(seed, 3) == 0 ? 1 + draw(seed, 6) : 0;
    return place;
}

/* Raised, changed, over and somewhere else at random. */
static void members_are_found_as_by_looking_at_all(void **state)
{
    (void)state;
    uint32_t begun = 0, joined = 0, merged = 0;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct town town = town_of(PLAIN_SUBJECTS);
        struct plain plain = {0};
        unsigned drawn = seed;
        for (uint32_t i = 0; i < PLAIN_SUBJECTS; i++) {
            plain.places[i] = draw_place(&drawn);
            incident_set_place(town.book, i, plain.places[i]);
        }
        for (int step = 0; step < 1500; step++) {
            pass(&town, draw(&drawn, 4) * 5 * MINUTE_MS);
            plain_tick(&plain, town.now_ms);
            uint32_t slot = draw(&drawn, PLAIN_SLOTS), moved = draw(&drawn, 10 * PLAIN_SUBJECTS);
            if (moved < PLAIN_SUBJECTS) {
                plain.places[moved] = draw_place(&drawn);
                incident_set_place(town.book, moved, plain.places[moved]);
            }
            struct plain_member before = plain.members[slot];
            if (before.is_open && draw(&drawn, 3) == 0) {
                uint32_t colour = SW_COLOUR_BLUE + draw(&drawn, 4);
                bool is_other = (uint32_t)incident_member_at(town.book, slot)->colour != colour;
                say(&town, slot / PLAIN_KINDS, incident_slot_kind(slot), SW_ALERT_STATE_RAISED, (enum sw_colour)colour);
                if (is_other) plain_take(&plain, slot, true, town.now_ms);
            } else if (before.is_open) {
                say(&town, slot / PLAIN_KINDS, incident_slot_kind(slot), SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
                plain_take(&plain, slot, false, town.now_ms);
            } else {
                uint32_t count = incident_count(town.book);
                say(&town, slot / PLAIN_KINDS, incident_slot_kind(slot), SW_ALERT_STATE_RAISED, SW_COLOUR_BLUE);
                plain_take(&plain, slot, true, town.now_ms);
                begun += !before.is_member && plain.members[slot].incident == slot;
                joined += !before.is_member && plain.members[slot].incident != slot;
                merged += incident_count(town.book) < count;
            }
            assert_same(&town, &plain);
        }
        free(town.memory);
    }
    assert_true(begun > 100 && joined > 100 && merged > 100);
}

/* ---- over a restart ---- */

struct records {
    struct record {
        uint32_t incident;
        size_t size;
        uint8_t bytes[INCIDENT_RECORD_SIZE];
    } of[SUBJECTS * 4];
};

static void keep(void *ctx, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size)
{
    struct record *record = &((struct records *)ctx)->of[slot];
    record->incident = incident;
    record->size = size;
    memcpy(record->bytes, bytes, size);
}

static void restart(struct town *town, struct records *records)
{
    int64_t now_ms = town->now_ms;
    incident_save(town->book, records, keep);
    free(town->memory);
    *town = row_of(400);
    town->now_ms = now_ms;
    for (uint32_t slot = 0; slot < SUBJECTS * 4; slot++)
        if (records->of[slot].size > 0)
            assert_int_equal(incident_restore(town->book, slot, records->of[slot].incident, records->of[slot].bytes,
                                              records->of[slot].size),
                             SW_OK);
    incident_settle(town->book);
}

static void a_restart_changes_nothing(void **state)
{
    (void)state;
    struct town town = row_of(400);
    struct records records = {.of = {{0}}};
    uint32_t slot = incident_slot(5, SW_ALERT_KIND_LEVEL);
    raised(&town, 5);
    restart(&town, &records);
    raised(&town, 6);
    say(&town, 5, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    incident_tell(town.book, slot);
    restart(&town, &records);
    pass(&town, MINUTE_MS);
    raised(&town, 1);
    raised(&town, 2);
    raised(&town, 3);
    restart(&town, &records);
    raised(&town, 4);
    restart(&town, &records);
    const struct incident *incident = incident_at(town.book, slot);
    assert_int_equal(incident->since.ms, START_MS);
    assert_int_equal(incident->changed_at.ms, town.now_ms);
    /* A start tells what is open again, in any order. */
    int64_t now_ms = town.now_ms;
    town.now_ms = START_MS;
    raised(&town, 5);
    town.now_ms = now_ms;
    assert_int_equal(incident->changed_at.ms, now_ms);
    assert_int_equal(incident->revision, 1);
    assert_int_equal(incident->members, 7);
    assert_int_equal(incident->subjects, 6);
    assert_int_equal(incident->open_members, 7);
    assert_int_equal(incident->peak, SW_COLOUR_RED);
    assert_int_equal(incident_count(town.book), 1);
    for (uint32_t subject = 1; subject <= 6; subject++) {
        assert_int_equal(of(&town, subject), slot);
        cleared(&town, subject);
    }
    say(&town, 5, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    restart(&town, &records);
    pass(&town, OFF_MS);
    assert_int_equal(incident_at(town.book, slot)->state, INCIDENT_OVER);
    restart(&town, &records);
    for (uint32_t i = 0; i < SUBJECTS * 4; i++)
        assert_int_equal(records.of[i].size, 0);
    free(town.memory);
}

static void a_member_without_its_incident_is_none(void **state)
{
    (void)state;
    struct town town = row_of(400);
    struct records records = {.of = {{0}}};
    raised(&town, 5);
    raised(&town, 6);
    incident_save(town.book, &records, keep);
    records.of[incident_slot(5, SW_ALERT_KIND_LEVEL)].size = 0; /* its subject has left the configuration */
    restart(&town, &records);
    assert_int_equal(incident_count(town.book), 0);
    assert_int_equal(of(&town, 6), INCIDENT_NONE);
    incident_save(town.book, &records, keep);
    assert_int_equal(records.of[incident_slot(6, SW_ALERT_KIND_LEVEL)].size, 0);
    free(town.memory);
}

static void a_record_that_is_wrong_is_refused(void **state)
{
    (void)state;
    struct town town = row_of(400);
    struct records records = {.of = {{0}}};
    raised(&town, 5);
    incident_save(town.book, &records, keep);
    const struct record *good = &records.of[incident_slot(5, SW_ALERT_KIND_LEVEL)];
    uint8_t bytes[INCIDENT_RECORD_SIZE];
    for (size_t size = 0; size < good->size; size++)
        assert_int_equal(incident_restore(town.book, 1, 1, good->bytes, size), SW_ERROR_MALFORMED);
    for (size_t at = 0; at < 4; at++) {
        memcpy(bytes, good->bytes, good->size);
        bytes[at] = 0xff;
        assert_int_equal(incident_restore(town.book, 1, 1, bytes, good->size), SW_ERROR_MALFORMED);
    }
    assert_int_equal(incident_restore(town.book, 1, UINT32_MAX, good->bytes, good->size), SW_ERROR_MALFORMED);
    assert_int_equal(incident_member_at(town.book, 1)->state, SW_ALERT_STATE_NONE);
    free(town.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_ones_make_one),
        cmocka_unit_test(one_sensor_alone_is_no_incident),
        cmocka_unit_test(a_grid_parent_is_a_place),
        cmocka_unit_test(what_stands_for_long_draws_nothing_in),
        cmocka_unit_test(the_older_takes_the_younger_in),
        cmocka_unit_test(what_comes_back_joins_two_as_well),
        cmocka_unit_test(what_comes_back_is_taken_by_the_older),
        cmocka_unit_test(it_is_over_when_all_have_been_for_a_while),
        cmocka_unit_test(incidents_are_the_connected_places),
        cmocka_unit_test(members_are_found_as_by_looking_at_all),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(a_member_without_its_incident_is_none),
        cmocka_unit_test(a_record_that_is_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
