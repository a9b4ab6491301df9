/* The people file: what it says, and everything that can be wrong with it, with line, field, found and expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/local_time.h"
#include "registry/people.h"
#include "registry/people_schema.h"
#include "stillwater/error.h"

static const char good[] = "schema: stillwater.people/1\n"                                        /* 1 */
                           "people:\n"                                                            /* 2 */
                           "  - {id: officer-1}\n"                                                /* 3 */
                           "  - {id: officer-3, hours: [Mon-Sun 06:00-22:00]}\n"                  /* 4 */
                           "  - id: worker-7\n"                                                   /* 5 */
                           "    hours: [Mon-Fri 08:00-16:00, Sat 09:00-12:00]\n"                  /* 6 */
                           "    leave: [{from: 2026-12-20, until: 2027-01-03}]\n"                 /* 7 */
                           "    deputies: [worker-8]\n"                                           /* 8 */
                           "  - {id: worker-8, hours: [Sun 22:00-06:00], deputies: [worker-9]}\n" /* 9 */
                           "  - {id: worker-9, hours: [Mon-Fri 16:00-24:00]}\n"                   /* 10 */
                           "areas:\n"                                                             /* 11 */
                           "  - {grid: northport/east/mill-lane, responsible: worker-7}\n"        /* 12 */
                           "  - grid: northport\n"                                                /* 13 */
                           "    responsible: officer-1\n"                                         /* 14 */
                           "    dispatch_s: {red: 1800}\n"                                        /* 15 */
                           "  - grid: northport/east\n"                                           /* 16 */
                           "    responsible: officer-3\n"                                         /* 17 */
                           "    acknowledge_s: {red: 90.5, yellow: off}\n"                        /* 18 */
                           "  - {grid: northport/west}\n";                                        /* 19 */

struct seen {
    char file[64];
    char problems[2048];
};

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    struct seen *seen = ctx;
    size_t used = strlen(seen->problems);
    assert_string_equal(file, seen->file);
    (void)snprintf(seen->problems + used, sizeof seen->problems - used, "%u: %s: %s\n", line, field, text);
}

static int load(struct seen *seen, const char *text, struct duty_roster **roster)
{
    const struct time_zone zone = local_time_fixed(60);
    *seen = (struct seen){.file = "/tmp/stillwater-people-XXXXXX"};
    int descriptor = mkstemp(seen->file);
    assert_true(descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(descriptor);
    int error = people_load(seen->file, "northport", &zone, (struct config_report){seen, on_problem}, roster);
    (void)unlink(seen->file);
    return error;
}

static const struct duty_area *area_named(const struct duty_roster *roster, const char *path)
{
    const struct duty_area *area = &roster->areas[duty_area_around(roster, path)];
    assert_string_equal(area->path, path);
    return area;
}

static void areas_stand_in_a_tree_and_take_over_what_they_do_not_say(void **state)
{
    (void)state;
    struct seen seen;
    struct duty_roster *roster;
    if (load(&seen, good, &roster) != SW_OK) fail_msg("%s", seen.problems);
    assert_int_equal(roster->area_count, 4);
    const struct duty_area *city = area_named(roster, "northport"), *east = area_named(roster, "northport/east");
    const struct duty_area *street = area_named(roster, "northport/east/mill-lane");
    assert_int_equal(city->parent, DUTY_NONE);
    assert_ptr_equal(&roster->areas[street->parent], east);
    assert_int_equal(street->depth, 2);
    assert_int_equal(area_named(roster, "northport/west")->responsible, DUTY_NONE);
    assert_int_equal(city->acknowledge_ms[SW_COLOUR_RED], 120000);
    assert_int_equal(city->acknowledge_ms[SW_COLOUR_YELLOW], 3600000);
    assert_int_equal(city->acknowledge_ms[SW_COLOUR_BLUE], 0);
    assert_int_equal(city->acknowledge_ms[SW_COLOUR_GREEN], 0);
    assert_int_equal(street->acknowledge_ms[SW_COLOUR_RED], 90500);
    assert_int_equal(street->acknowledge_ms[SW_COLOUR_ORANGE], 600000);
    assert_int_equal(street->acknowledge_ms[SW_COLOUR_YELLOW], 0);
    assert_int_equal(street->dispatch_ms[SW_COLOUR_RED], 1800000);
    assert_int_equal(street->dispatch_ms[SW_COLOUR_ORANGE], 0);
    assert_int_equal(roster->zone.standard_min, 60);
    people_free(roster);
}

static void deputies_of_deputies_follow_them(void **state)
{
    (void)state;
    struct seen seen;
    struct duty_roster *roster;
    assert_int_equal(load(&seen, good, &roster), SW_OK);
    const struct duty_person *worker = &roster->people[2];
    assert_string_equal(worker->id, "worker-7");
    assert_int_equal(worker->deputy_count, 2);
    assert_string_equal(roster->people[worker->deputies[0]].id, "worker-8");
    assert_string_equal(roster->people[worker->deputies[1]].id, "worker-9");
    assert_int_equal(worker->hours_count, 6);
    assert_int_equal(worker->leave_count, 1);
    assert_int_equal(worker->leave[0].until_ms - worker->leave[0].from_ms, INT64_C(15) * 86400000);
    people_free(roster);
}

static void collect(void *ctx, const char *text)
{
    char *all = ctx;
    strcat(strcat(all, text), "\n");
}

static void hours_without_anybody_are_told(void **state)
{
    (void)state;
    struct seen seen;
    struct duty_roster *roster;
    char gaps[2048] = "";
    assert_int_equal(load(&seen, good, &roster), SW_OK);
    people_each_gap(roster, gaps, collect);
    people_free(roster);
    assert_string_equal(gaps,
                        "northport/east: nobody on Mon 22:00-Tue 06:00, Tue 22:00-Wed 06:00, Wed 22:00-Thu 06:00, "
                        "Thu 22:00-Fri 06:00, Fri 22:00-Sat 06:00, Sat 22:00-Sun 06:00, Sun 22:00-Mon 06:00; goes to "
                        "northport\n"
                        "northport/east/mill-lane: nobody on Mon 06:00-08:00, Tue 00:00-08:00, Wed 00:00-08:00, Thu "
                        "00:00-08:00, Fri 00:00-08:00, Sat 00:00-09:00, Sat 12:00-Sun 22:00; goes to northport/east\n");
}

struct bad {
    const char *replace, *with;
    const char *problems;
};

static const struct bad cases[] = {
    {"people/1", "people/2", "1: schema: found stillwater.people/2; expected stillwater.people/1\n"},
    {"{id: officer-1}", "{id: officer-1, phone: 4711}",
     "3: people[0].phone: unknown key at column 21; expected one of id, hours, leave, deputies\n"},
    {"id: officer-1}", "id: Ada Smith}",
     "3: people[0].id: found Ada Smith; expected an id: 1 to 63 of A-Z a-z 0-9 - _ and '.', the first a letter or "
     "digit\n"},
    {"{id: worker-9,", "{id: worker-8,",
     "9: people[3].deputies[0]: nobody is called worker-9; expected the id of an entry of people\n"
     "10: people[4].id: worker-8 is the id of people[3] already; expected an id used once\n"},
    {"Sat 09:00-12:00", "Saturday",
     "6: people[2].hours[1]: found Saturday; expected hours such as Mon-Fri 08:00-16:00\n"},
    {"Sat 09:00-12:00", "Wed 15:59-17:00",
     "6: people[2].hours[1]: found Wed 15:59-17:00, which overlaps with hours before it on Wed 15:59; expected hours "
     "apart\n"},
    {"from: 2026-12-20", "from: 20.12.2026",
     "7: people[2].leave[0].from: found 20.12.2026; expected a day such as 2026-12-20\n"},
    {"until: 2027-01-03", "until: 2026-12-19",
     "7: people[2].leave[0].until: found 2026-12-19; expected 2026-12-20 or a day after it\n"},
    {"2027-01-03}", "2027-01-03}, {from: 2027-01-03, until: 2027-01-04}",
     "7: people[2].leave[1].from: found 2027-01-03 to 2027-01-04, which overlaps with the leave before it; expected "
     "days apart\n"},
    {"[worker-8]", "[worker-8, worker-8]",
     "8: people[2].deputies[1]: worker-8 is named twice; expected each deputy once\n"},
    {"[worker-9]", "[worker-7]",
     "9: people[3].deputies[0]: leads back to worker-7, whose deputy it is; expected no circle\n"
     "8: people[2].deputies[0]: leads back to worker-8, whose deputy it is; expected no circle\n"},
    {"[worker-9]", "[worker-8]",
     "9: people[3].deputies[0]: leads back to worker-8, whose deputy it is; expected no circle\n"},
    {"responsible: worker-7", "responsible: worker-6",
     "12: areas[0].responsible: nobody is called worker-6; expected the id of an entry of people\n"},
    {"northport/west", "northport/east",
     "19: areas[3].grid: northport/east is areas[2] already; expected each area once\n"},
    {"northport/west", "northport/west/c1",
     "19: areas[3].grid: found northport/west/c1; expected an entry for northport/west too, with a responsible or "
     "without\n"},
    {"northport/west", "northport//c1",
     "19: areas[3].grid: found northport//c1; expected names joined by '/'\n"
     "19: areas[3].grid: found northport//c1; expected an entry for northport/ too, with a responsible or without\n"},
    {"northport/west", "northport-2",
     "19: areas[3].grid: found northport-2; expected the city, northport, or an area in it\n"},
    {"    responsible: officer-1\n", "",
     "13: areas[1].responsible: key is missing; expected who answers for the whole city\n"},
    {"grid: northport\n", "grid: northport/north\n",
     "11: areas: no entry for northport; expected the city itself, with a responsible\n"
     "16: areas[2].grid: found northport/east; expected an entry for northport too, with a responsible or without\n"
     "13: areas[1].grid: found northport/north; expected an entry for northport too, with a responsible or without\n"
     "19: areas[3].grid: found northport/west; expected an entry for northport too, with a responsible or without\n"},
    {"red: 1800", "red: 0", "15: areas[1].dispatch_s.red: found 0; expected a number from 1 to 2678400, or off\n"},
    {"red: 90.5", "red: soon",
     "18: areas[2].acknowledge_s.red: found soon; expected a number from 1 to 2678400, or off\n"},
    {"red: 90.5", "green: 5",
     "18: areas[2].acknowledge_s.green: unknown key at column 21; expected one of blue, yellow, orange, red\n"},
    {"schema: stillwater.people/1\n", "", "1: schema: key is missing; expected a text of 1 to 64 bytes\n"},
};

static void everything_that_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[sizeof good + 256];
        const char *at = strstr(good, cases[i].replace);
        struct seen seen;
        struct duty_roster *roster;
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, cases[i].with,
                       at + strlen(cases[i].replace));
        assert_int_equal(load(&seen, text, &roster), SW_ERROR_CONFIG);
        assert_null(roster);
        assert_string_equal(seen.problems, cases[i].problems);
    }
}

static void a_chain_of_deputies_without_end_is_refused(void **state)
{
    (void)state;
    char text[16384];
    size_t used = (size_t)snprintf(text, sizeof text, "schema: stillwater.people/1\npeople:\n");
    for (unsigned i = 0; i <= PEOPLE_DEPUTIES_MAX + 1; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 i <= PEOPLE_DEPUTIES_MAX ? "  - {id: w-%u, deputies: [w-%u]}\n" : "  - {id: w-%u}\n",
                                 i, i + 1);
    (void)snprintf(text + used, sizeof text - used, "areas:\n  - {grid: northport, responsible: w-0}\n");
    struct seen seen;
    struct duty_roster *roster;
    assert_int_equal(load(&seen, text, &roster), SW_ERROR_CONFIG);
    assert_string_equal(seen.problems, "103: people[100].deputies[0]: w-0 has more than 100 deputies and deputies of "
                                       "deputies; expected fewer\n");
}

static unsigned scalars;

static void walk(const cyaml_schema_value_t *value, const char *path)
{
    char below[256];
    if (value->type == CYAML_MAPPING) {
        for (const cyaml_schema_field_t *field = value->mapping.fields; field->key; field++) {
            (void)snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", field->key);
            walk(&field->value, below);
        }
    } else if (value->type == CYAML_SEQUENCE) {
        (void)snprintf(below, sizeof below, "%s[]", path);
        walk(value->sequence.entry, below);
    } else {
        if (!people_key_find(path)) fail_msg("%s is in the schema and not in people_keys.def", path);
        scalars++;
    }
}

static void schema_table_and_manual_have_the_same_keys(void **state)
{
    (void)state;
    static char text[65536];
    char row[CONFIG_KEY_ROW_SIZE];
    const struct config_key *key;
    size_t rows = 0;
    FILE *file = fopen(ESCALATION_DOC, "rb");
    assert_non_null(file);
    assert_in_range(fread(text, 1, sizeof text - 1, file), 1, sizeof text - 2);
    (void)fclose(file);
    for (; (key = people_key_at(rows)) != NULL; rows++) {
        config_key_row(key, row);
        if (!strstr(text, row)) fail_msg("docs/escalation.md lacks the row\n%s", row);
    }
    walk(&people_schema, "");
    assert_int_equal(scalars, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_stand_in_a_tree_and_take_over_what_they_do_not_say),
        cmocka_unit_test(deputies_of_deputies_follow_them),
        cmocka_unit_test(hours_without_anybody_are_told),
        cmocka_unit_test(everything_that_is_wrong_is_named),
        cmocka_unit_test(a_chain_of_deputies_without_end_is_refused),
        cmocka_unit_test(schema_table_and_manual_have_the_same_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
