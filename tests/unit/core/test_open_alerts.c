/* The register of open alerts, against a list that is kept plainly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/open_alerts.h"

#include "core_fixture.h"

#define SUBJECTS 40u
#define KINDS    4u

static struct sw_alert revision_of(uint32_t subject, enum sw_alert_kind kind, unsigned nth, uint32_t revision,
                                   enum sw_alert_state state)
{
    struct sw_alert alert = {.revision = revision, .kind = kind, .state = state, .updated_at.ms = revision};
    (void)snprintf(alert.id, sizeof alert.id, "gw.%d.s%u.%u", (int)kind, subject, nth);
    return alert;
}

struct register_under_test {
    void *memory;
    struct open_alerts *open;
};

static void world_open(struct register_under_test *world, uint32_t capacity)
{
    world->memory = calloc(1, open_alerts_size(capacity));
    assert_non_null(world->memory);
    world->open = open_alerts_init(world->memory, capacity);
}

static void an_alert_is_there_until_it_is_over(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, 4);
    struct sw_alert alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 1, SW_ALERT_STATE_RAISED);
    assert_null(open_alerts_find(world.open, 7, SW_ALERT_KIND_LEVEL));
    open_alerts_take(world.open, 7, &alert);
    alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 2, SW_ALERT_STATE_ACKNOWLEDGED);
    (void)snprintf(alert.actor, sizeof alert.actor, "officer-12");
    open_alerts_take(world.open, 7, &alert);
    const struct open_alert *found = open_alerts_find(world.open, 7, SW_ALERT_KIND_LEVEL);
    assert_non_null(found);
    assert_int_equal(found->state, SW_ALERT_STATE_ACKNOWLEDGED);
    assert_string_equal(found->actor, "officer-12");
    alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 2, SW_ALERT_STATE_ACKNOWLEDGED);
    open_alerts_take(world.open, 7, &alert);
    assert_string_equal(found->actor, "officer-12"); /* it has eased: he has it still */
    assert_string_equal(found->headline, "");
    char headline[OPEN_ALERT_HEADLINE_SIZE + 10];
    memset(headline, 'x', sizeof headline - 1);
    headline[sizeof headline - 1] = '\0';
    open_alerts_describe(world.open, 7, &alert, headline);
    struct sw_alert none = revision_of(7, SW_ALERT_KIND_COVER_OPEN, 1, 1, SW_ALERT_STATE_RAISED);
    open_alerts_describe(world.open, 7, &none, "of none");
    assert_int_equal(strlen(found->headline), OPEN_ALERT_HEADLINE_SIZE - 1);
    assert_int_equal(open_alerts_count(world.open), 1);
    assert_null(open_alerts_find(world.open, 7, SW_ALERT_KIND_COVER_OPEN));
    alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 3, SW_ALERT_STATE_CLEARED);
    open_alerts_take(world.open, 7, &alert);
    assert_null(open_alerts_find(world.open, 7, SW_ALERT_KIND_LEVEL));
    assert_int_equal(open_alerts_count(world.open), 0);
    free(world.memory);
}

static void who_had_it_has_it_no_more_when_it_is_raised_again(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, 4);
    struct sw_alert alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 1, SW_ALERT_STATE_ACKNOWLEDGED);
    (void)snprintf(alert.actor, sizeof alert.actor, "officer-12");
    open_alerts_take(world.open, 7, &alert);
    alert = revision_of(7, SW_ALERT_KIND_LEVEL, 1, 2, SW_ALERT_STATE_RAISED);
    open_alerts_take(world.open, 7, &alert);
    assert_string_equal(open_alerts_find(world.open, 7, SW_ALERT_KIND_LEVEL)->actor, "");
    free(world.memory);
}

static void what_comes_late_changes_nothing(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, 4);
    struct sw_alert late = revision_of(1, SW_ALERT_KIND_LEVEL, 1, 2, SW_ALERT_STATE_CLEARED);
    struct sw_alert alert = revision_of(1, SW_ALERT_KIND_LEVEL, 2, 3, SW_ALERT_STATE_RAISED);
    open_alerts_take(world.open, 1, &alert);
    open_alerts_take(world.open, 1, &late); /* the end of the alert before */
    assert_int_equal(open_alerts_count(world.open), 1);
    late = revision_of(1, SW_ALERT_KIND_LEVEL, 2, 2, SW_ALERT_STATE_ACKNOWLEDGED);
    open_alerts_take(world.open, 1, &late);
    assert_int_equal(open_alerts_find(world.open, 1, SW_ALERT_KIND_LEVEL)->state, SW_ALERT_STATE_RAISED);
    free(world.memory);
}

static void a_drill_stands_beside_the_real_one(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, 4);
    struct sw_alert drill = revision_of(1, SW_ALERT_KIND_LEVEL, 1, 1, SW_ALERT_STATE_RAISED);
    drill.drill = true;
    open_alerts_take(world.open, 1, &drill);
    assert_null(open_alerts_find(world.open, 1, SW_ALERT_KIND_LEVEL));
    struct sw_alert real = revision_of(1, SW_ALERT_KIND_LEVEL, 2, 1, SW_ALERT_STATE_RAISED);
    open_alerts_take(world.open, 1, &real);
    assert_int_equal(open_alerts_count(world.open), 2);
    assert_string_equal(open_alerts_find(world.open, 1, SW_ALERT_KIND_LEVEL)->id, real.id);
    drill.state = SW_ALERT_STATE_CLEARED;
    open_alerts_take(world.open, 1, &drill);
    assert_int_equal(open_alerts_count(world.open), 1);
    assert_false(open_alerts_at(world.open, 0)->drill);
    free(world.memory);
}

static void it_holds_what_a_plain_list_holds(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, SUBJECTS * KINDS);
    unsigned nth[SUBJECTS][KINDS] = {{0}}; /* 0 = not open; else which alert of it */
    unsigned seed = 1, made = 0, open = 0;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1103515245u + 12345u;
        uint32_t subject = (seed >> 16) % SUBJECTS, kind = (seed >> 24) % KINDS;
        unsigned *now = &nth[subject][kind];
        enum sw_alert_state next = *now ? SW_ALERT_STATE_CLEARED : SW_ALERT_STATE_RAISED;
        struct sw_alert alert =
            revision_of(subject, (enum sw_alert_kind)(kind + 1), *now ? *now : ++made, *now ? 2 : 1, next);
        open_alerts_take(world.open, subject, &alert);
        open = *now ? open - 1 : open + 1;
        *now = *now ? 0 : made;
        assert_int_equal(open_alerts_count(world.open), open);
    }
    for (uint32_t subject = 0; subject < SUBJECTS; subject++)
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            const struct open_alert *found = open_alerts_find(world.open, subject, (enum sw_alert_kind)(kind + 1));
            assert_int_equal(found != NULL, nth[subject][kind] != 0);
            if (!found) continue;
            struct sw_alert expected =
                revision_of(subject, (enum sw_alert_kind)(kind + 1), nth[subject][kind], 1, SW_ALERT_STATE_RAISED);
            assert_string_equal(found->id, expected.id);
        }
    free(world.memory);
}

/* What others keep by slot must stay with its alert, whatever moves in the register. */
static void an_alert_keeps_its_slot_and_shares_it_with_no_other(void **state)
{
    (void)state;
    struct register_under_test world;
    world_open(&world, SUBJECTS);
    uint32_t owner[SUBJECTS], slot_of[SUBJECTS]; /* UINT32_MAX: none */
    memset(owner, 0xff, sizeof owner);
    memset(slot_of, 0xff, sizeof slot_of);
    unsigned seed = 7;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1103515245u + 12345u;
        uint32_t subject = (seed >> 16) % SUBJECTS;
        bool ends = slot_of[subject] != UINT32_MAX;
        struct sw_alert alert = revision_of(subject, SW_ALERT_KIND_LEVEL, 1, 1 + (uint32_t)step,
                                            ends ? SW_ALERT_STATE_CLEARED : SW_ALERT_STATE_RAISED);
        if (ends) {
            assert_int_equal(open_alerts_of(world.open, subject, alert.kind, alert.id)->slot, slot_of[subject]);
            owner[slot_of[subject]] = UINT32_MAX;
            slot_of[subject] = UINT32_MAX;
        }
        open_alerts_take(world.open, subject, &alert);
        const struct open_alert *entry = open_alerts_of(world.open, subject, alert.kind, alert.id);
        assert_int_equal(entry == NULL, ends);
        if (ends) continue;
        assert_true(entry->slot < SUBJECTS && owner[entry->slot] == UINT32_MAX);
        owner[entry->slot] = subject;
        slot_of[subject] = entry->slot;
    }
    free(world.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_is_there_until_it_is_over),
        cmocka_unit_test(who_had_it_has_it_no_more_when_it_is_raised_again),
        cmocka_unit_test(what_comes_late_changes_nothing),
        cmocka_unit_test(a_drill_stands_beside_the_real_one),
        cmocka_unit_test(it_holds_what_a_plain_list_holds),
        cmocka_unit_test(an_alert_keeps_its_slot_and_shares_it_with_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
