/* The table of what the broker has not yet confirmed. */
#include "rig.h"

#include "adapters/publisher_mqtt/in_flight.h"

static void alerts_and_others_have_separate_limits(void **state)
{
    (void)state;
    struct in_flight table;
    assert_int_equal(in_flight_init(&table, 3), SW_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(in_flight_takes(&table, IN_FLIGHT_ALERT));
        in_flight_add(&table, (struct in_flight_entry){.message_id = i, .class = IN_FLIGHT_ALERT, .token = 100 + i});
    }
    assert_false(in_flight_takes(&table, IN_FLIGHT_ALERT));
    for (int i = 0; i < IN_FLIGHT_OTHERS_MAX; i++) {
        assert_true(in_flight_takes(&table, IN_FLIGHT_OTHER));
        in_flight_add(&table, (struct in_flight_entry){.message_id = 1000 + i});
    }
    assert_false(in_flight_takes(&table, IN_FLIGHT_OTHER));
    /* Each kind of what is retained, too: the table is full only when all classes are. */
    for (unsigned class = IN_FLIGHT_RETAINED; class < IN_FLIGHT_TELEMETRY; class ++) {
        for (int i = 0; i < IN_FLIGHT_RETAINED_MAX; i++) {
            assert_true(in_flight_takes(&table, class));
            in_flight_add(&table, (struct in_flight_entry){.message_id = 2000 + 100 * (int)class + i, .class = class});
        }
        assert_false(in_flight_takes(&table, class));
    }
    for (unsigned class = IN_FLIGHT_TELEMETRY; class < IN_FLIGHT_CLASS_COUNT; class ++) {
        assert_true(in_flight_takes(&table, class));
        in_flight_add(&table, (struct in_flight_entry){.message_id = 3000 + (int)class, .class = class});
        assert_false(in_flight_takes(&table, class));
    }
    assert_int_equal(table.count, 3 + IN_FLIGHT_BESIDE_MAX);
    struct in_flight_entry entry;
    assert_true(in_flight_take(&table, 1000, &entry));
    assert_false(in_flight_takes(&table, IN_FLIGHT_ALERT));
    assert_true(in_flight_takes(&table, IN_FLIGHT_OTHER));
    in_flight_close(&table);
}

static void an_entry_is_found_once_in_any_order(void **state)
{
    (void)state;
    struct in_flight table;
    struct in_flight_entry entry;
    assert_int_equal(in_flight_init(&table, 5), SW_OK);
    for (int i = 1; i <= 5; i++)
        in_flight_add(&table, (struct in_flight_entry){.message_id = i, .class = IN_FLIGHT_ALERT, .token = -i});
    const int order[] = {3, 1, 5, 2, 4};
    for (size_t i = 0; i < 5; i++) {
        assert_true(in_flight_take(&table, order[i], &entry));
        assert_int_equal(entry.token, -order[i]);
        assert_false(in_flight_take(&table, order[i], &entry));
    }
    assert_int_equal(table.count, 0);
    assert_int_equal(table.class_count[IN_FLIGHT_ALERT], 0);
    in_flight_close(&table);
}

static void a_lost_link_forgets_everything(void **state)
{
    (void)state;
    struct in_flight table;
    struct in_flight_entry entry;
    assert_int_equal(in_flight_init(&table, 1), SW_OK);
    in_flight_add(&table, (struct in_flight_entry){.message_id = 7, .class = IN_FLIGHT_ALERT});
    in_flight_forget_all(&table);
    assert_true(in_flight_takes(&table, IN_FLIGHT_ALERT));
    assert_false(in_flight_take(&table, 7, &entry));
    in_flight_close(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_and_others_have_separate_limits),
        cmocka_unit_test(an_entry_is_found_once_in_any_order),
        cmocka_unit_test(a_lost_link_forgets_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
