/* Sensor profiles out of files: what they become, and how a configuration uses an operator's own. That whatever is
 * wrong with a file is told by line and field is shown by tests/unit/profiles/schema.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/profile_file.h"
#include "config/profile_schema.h"
#include "stillwater/error.h"

/* ---- a folder of files ---- */

struct folder {
    char path[64];
    char files[4][128];
    size_t file_count;
};

static void folder_make(struct folder *folder)
{
    *folder = (struct folder){.path = "/tmp/stillwater-profiles-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
}

static const char *folder_add(struct folder *folder, const char *name, const char *text)
{
    char *path = folder->files[folder->file_count++];
    snprintf(path, sizeof folder->files[0], "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void folder_remove(struct folder *folder)
{
    for (size_t i = 0; i < folder->file_count; i++)
        assert_int_equal(unlink(folder->files[i]), 0);
    assert_int_equal(rmdir(folder->path), 0);
}

struct told {
    unsigned count;
    char text[4][512];
};

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    struct told *told = ctx;
    const char *base = strrchr(file, '/');
    if (told->count < 4)
        snprintf(told->text[told->count], sizeof told->text[0], "%s:%u: %s: %s", base ? base + 1 : file, line, field,
                 text);
    told->count++;
}

/* ---- files ---- */

static const char station[] =
    "schema: stillwater.profile/1\n"
    "name: station\n"
    "description: radar station\n"
    "source: the test\n"
    "line: {baud: 19200, parity: even, stop_bits: 2}\n"
    "timeout_ms: 450\n"
    "extra_gap_us: 1500\n"
    "function: 3\n"
    "merge_gap: 2\n"
    "identity: {address: 0x0100, count: 2, function: 4}\n"
    "points:\n"
    "  - {reading: level_mm, address: 8, type: I32, order: CDAB, scale: -0.1, offset: 5000, "
    "minimum: -100, maximum: 6000}\n"
    "  - {reading: battery_v, address: 2, function: 4, scale: 0.01, minimum: 0, maximum: 30}\n"
    "  - {reading: velocity_m_per_s, address: 3, type: F32, minimum: -9, maximum: 9}\n"
    "  - {reading: cover_open, address: 30, mask: 0x10, codes: [{raw: 1, value: 1}, "
    "{raw: 0, value: 0}]}\n"
    "guards:\n"
    "  - {address: 12, mask: 0x00f0, expected: 0x20, quality: bad, readings: [level_mm]}\n";

/* The caller frees it. */
static struct profile_file *load_good(const char *name, const char *text)
{
    struct folder folder;
    struct told told = {0};
    struct profile_file *made;
    folder_make(&folder);
    const char *path = folder_add(&folder, name, text);
    assert_int_equal(profile_file_load(path, PROFILE_OWN, (struct config_report){&told, on_problem}, &made), SW_OK);
    folder_remove(&folder);
    assert_int_equal(told.count, 0);
    return made;
}

static void a_file_becomes_what_it_says(void **state)
{
    (void)state;
    struct profile_file *made = load_good("station.yaml", station);
    const struct sw_profile *profile = &made->profile;
    assert_int_equal(profile->id, SW_PROFILE_NONE);
    assert_string_equal(profile->name, "station");
    assert_int_equal(profile->line.baud, 19200);
    assert_int_equal(profile->line.parity, 'E');
    assert_int_equal(profile->line.stop_bits, 2);
    assert_int_equal(profile->timeout_ms, 450);
    assert_int_equal(profile->extra_gap_us, 1500);
    assert_int_equal(profile->identity.function, 4);
    assert_int_equal(profile->identity.address, 0x100);
    assert_int_equal(profile->identity.count, 2);
    assert_int_equal(profile->point_count, 4);
    assert_int_equal(profile->points[0].kind, SW_READING_LEVEL);
    assert_int_equal(profile->points[0].order, SW_ORDER_CDAB);
    assert_true(profile->points[0].scale == -1 && profile->points[0].offset == 50000);
    assert_int_equal(profile->points[0].minimum, -1000);
    assert_int_equal(profile->points[3].mask, 0x10);
    assert_int_equal(profile->points[3].codes[0].value, 1);
    assert_int_equal(profile->guards[0].points, 1);
    assert_int_equal(profile->node_point_count, 0);
    free(made);
}

static uint16_t usual_answer_of(const char *key)
{
    static const char head[] = "schema: stillwater.profile/1\nname: one\ndescription: d\nsource: s\nfunction: 3\n"
                               "points: [{reading: level_mm, address: 0, minimum: 0, maximum: 9}]\n";
    char text[512];
    snprintf(text, sizeof text, "%s%s", head, key);
    struct profile_file *made = load_good("one.yaml", text);
    uint16_t usual_ms = made->profile.usual_answer_ms;
    free(made);
    return usual_ms;
}

static void the_usual_answer_is_assumed_where_the_file_is_silent(void **state)
{
    (void)state;
    assert_int_equal(usual_answer_of(""), 20);
    assert_int_equal(usual_answer_of("timeout_ms: 15\n"), 15);
    assert_int_equal(usual_answer_of("timeout_ms: 15\nusual_answer_ms: 3\n"), 3);
}

/* 5 to 7 are one register more than may be read along, 10 and 11 are not. */
static void neighbours_are_read_together(void **state)
{
    (void)state;
    static const struct sw_profile_block expected[] = {{3, 3, 2}, {3, 8, 5}, {3, 30, 1}, {4, 2, 1}};
    struct profile_file *made = load_good("station.yaml", station);
    assert_int_equal(made->profile.block_count, 4);
    assert_int_equal(made->profile.register_count, 9);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(made->profile.blocks[i].function, expected[i].function);
        assert_int_equal(made->profile.blocks[i].address, expected[i].address);
        assert_int_equal(made->profile.blocks[i].count, expected[i].count);
    }
    free(made);
}

/* ---- in a configuration ---- */

static int load_config(struct folder *folder, const char *sensors, struct told *told, struct gateway_config **config)
{
    char text[1024];
    snprintf(text, sizeof text,
             "schema: stillwater.gateway/1\ncity: suzhou\ngateway: gw\nstore: {path: gateway.db}\n"
             "mqtt: {host: localhost}\nprofiles: %s\nsubjects: [{id: site-1}]\n"
             "lines:\n  - id: line-1\n    port: /dev/ttyUSB0\n%s",
             folder->path, sensors);
    const char *path = folder_add(folder, "config.yml", text);
    return config_load(path, CONFIG_FOR_DAEMON, (struct config_report){told, on_problem}, config);
}

/* The profile stands in a file of this name. */
static int load_with_station(const char *name, const char *sensors, struct told *told, struct gateway_config **config)
{
    struct folder folder;
    folder_make(&folder);
    folder_add(&folder, name, station);
    int error = load_config(&folder, sensors, told, config);
    folder_remove(&folder);
    return error;
}

static void a_device_may_have_an_operators_own_profile(void **state)
{
    (void)state;
    struct told told = {0};
    struct gateway_config *config;
    int error = load_with_station(
        "station.yaml", "    devices: [{id: d, unit_id: 1, profile: station, subject: site-1}]\n", &told, &config);
    assert_int_equal(error, SW_OK);
    assert_string_equal(config->lines[0].devices[0].profile->description, "radar station");
    config_free(config);
}

static void a_node_knows_the_built_in_profiles_alone(void **state)
{
    (void)state;
    static const char sensors[] = "    nodes: [{id: n, unit_id: 1, slots: [{slot: 0, profile: station, unit_id: 2, "
                                  "subject: site-1}]}]\n";
    struct told told = {0};
    struct gateway_config *config;
    assert_int_equal(load_with_station("station.yaml", sensors, &told, &config), SW_ERROR_CONFIG);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.text[0], "config.yml:11: lines[0].nodes[0].slots[0].profile: no node can read station; "
                                      "expected a profile for nodes, or the sensor among devices");
}

static void a_bad_profile_refuses_the_configuration(void **state)
{
    (void)state;
    struct told told = {0};
    struct gateway_config *config;
    int error = load_with_station("other.yaml", "    devices: [{id: d, unit_id: 1, profile: other, subject: site-1}]\n",
                                  &told, &config);
    assert_int_equal(error, SW_ERROR_CONFIG);
    assert_int_equal(told.count, 2);
    assert_string_equal(told.text[0], "other.yaml:2: name: found station; expected the file's own name, other");
    assert_non_null(strstr(told.text[1], "config.yml:6: profiles: found /tmp/stillwater-profiles-"));
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct told told = {0};
    struct profile_folder loaded;
    struct config_report report = {&told, on_problem};
    assert_int_equal(profile_folder_load("/nowhere/profiles", PROFILE_OWN, report, &loaded), SW_ERROR_CONFIG);
    profile_folder_free(&loaded);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.text[0], "profiles:0: : cannot read the folder: No such file or directory; expected a "
                                      "folder of sensor profiles");
}

static void an_id_is_given_once(void **state)
{
    (void)state;
    static const char head[] =
        "schema: stillwater.profile/1\nid: 77\nname: %s\ndescription: d\nsource: s\nfunction: 3\n"
        "points: [{reading: level_mm, address: 0, minimum: 0, maximum: 9}]\n";
    struct folder folder;
    struct told told = {0};
    struct profile_folder loaded;
    char text[512];
    folder_make(&folder);
    snprintf(text, sizeof text, head, "one");
    folder_add(&folder, "one.yaml", text);
    snprintf(text, sizeof text, head, "two");
    folder_add(&folder, "two.yaml", text);
    struct config_report report = {&told, on_problem};
    assert_int_equal(profile_folder_load(folder.path, PROFILE_BUILT_IN, report, &loaded), SW_ERROR_CONFIG);
    profile_folder_free(&loaded);
    folder_remove(&folder);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.text[0], "two.yaml:0: id: found 77, the id of one; expected a number of its own");
}

/* ---- the guide ---- */

static void every_key_and_reading_is_in_the_guide(void **state)
{
    (void)state;
    static char text[65536];
    FILE *file = fopen(PROFILE_GUIDE, "rb");
    assert_non_null(file);
    assert_in_range(fread(text, 1, sizeof text - 1, file), 1, sizeof text - 2);
    fclose(file);
    const struct config_key *key;
    char row[CONFIG_KEY_ROW_SIZE];
    size_t rows = 0;
    for (; (key = profile_key_at(rows)) != NULL; rows++) {
        config_key_row(key, row);
        if (!strstr(text, row)) fail_msg("docs/profile-author.md lacks the row\n%s", row);
    }
    for (unsigned code = 1; sw_reading_kind_info(code); code++, rows++) {
        const struct sw_reading_kind_info *info = sw_reading_kind_info(code);
        snprintf(row, sizeof row, "\n| `%s` | %s |", info->name, info->unit);
        if (!strstr(text, row)) fail_msg("docs/profile-author.md lacks the row%s", row);
    }
    for (const char *at = text; (at = strstr(at, "\n| `")) != NULL; at++)
        rows--;
    assert_int_equal(rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_what_it_says),
        cmocka_unit_test(the_usual_answer_is_assumed_where_the_file_is_silent),
        cmocka_unit_test(neighbours_are_read_together),
        cmocka_unit_test(a_device_may_have_an_operators_own_profile),
        cmocka_unit_test(a_node_knows_the_built_in_profiles_alone),
        cmocka_unit_test(a_bad_profile_refuses_the_configuration),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
        cmocka_unit_test(an_id_is_given_once),
        cmocka_unit_test(every_key_and_reading_is_in_the_guide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
