/* The bounded set of what was seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "centre/seen.h"

static void a_pair_is_new_once(void **state)
{
    (void)state;
    struct seen *seen = seen_new(8);
    assert_true(seen_add(seen, "northport/a", 1));
    assert_false(seen_add(seen, "northport/a", 1));
    assert_true(seen_add(seen, "northport/a", 2));
    assert_true(seen_add(seen, "southport/a", 1));
    assert_false(seen_add(seen, "northport/a", 2));
    seen_free(seen);
}

static void the_oldest_makes_room(void **state)
{
    (void)state;
    struct seen *seen = seen_new(3);
    for (uint32_t i = 1; i <= 3; i++)
        assert_true(seen_add(seen, "a", i));
    /* Meeting an old one again does not make it young. */
    assert_false(seen_add(seen, "a", 1));
    assert_true(seen_add(seen, "a", 4));
    assert_false(seen_add(seen, "a", 2));
    assert_false(seen_add(seen, "a", 3));
    assert_false(seen_add(seen, "a", 4));
    assert_true(seen_add(seen, "a", 1));
    assert_true(seen_add(seen, "a", 2));
    seen_free(seen);
}

/* Against the plainest thing that could work: a list of the last `capacity` numbers. */
static void it_agrees_with_a_plain_list(void **state)
{
    (void)state;
    enum { CAPACITY = 100, STEPS = 200000 };
    struct seen *seen = seen_new(CAPACITY);
    uint32_t list[CAPACITY], count = 0, oldest = 0;
    uint64_t dice = 7;
    for (int step = 0; step < STEPS; step++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t number = (uint32_t)(dice >> 40) % 180;
        bool known = false;
        for (uint32_t i = 0; i < count; i++)
            known = known || list[i] == number;
        if (!known) {
            if (count < CAPACITY) {
                list[count++] = number;
            } else {
                list[oldest] = number;
                oldest = (oldest + 1) % CAPACITY;
            }
        }
        char key[16];
        (void)snprintf(key, sizeof key, "k%u", number / 3);
        assert_int_equal(seen_add(seen, key, number), !known);
    }
    seen_free(seen);
}

static void a_key_longer_than_any_alert_id_does_no_harm(void **state)
{
    (void)state;
    struct seen *seen = seen_new(2);
    char key[1000];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    assert_true(seen_add(seen, key, 1));
    assert_false(seen_add(seen, key, 1));
    seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_new_once),
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(it_agrees_with_a_plain_list),
        cmocka_unit_test(a_key_longer_than_any_alert_id_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
