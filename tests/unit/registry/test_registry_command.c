/* `stillwater registry`: what it says of a people file, and whom it names. */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/registry.h"

static const char people[] = "schema: stillwater.people/1\n"
                             "people:\n"
                             "  - {id: officer-1, hours: [Mon-Sun 06:00-24:00]}\n"
                             "  - {id: worker-7, hours: [Mon-Fri 08:00-16:00], deputies: [worker-8]}\n"
                             "  - {id: worker-8, hours: [Mon-Fri 16:00-24:00]}\n"
                             "areas:\n"
                             "  - {grid: northport, responsible: officer-1, acknowledge_s: {orange: 900}}\n"
                             "  - {grid: northport/east, responsible: worker-7, acknowledge_s: {yellow: off}}\n";

struct files {
    char folder[64], config[96], people[96], output[96];
    char said[8192];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int open_files(void **state)
{
    struct files *files = calloc(1, sizeof *files);
    char config[512];
    assert_non_null(files);
    (void)snprintf(files->folder, sizeof files->folder, "/tmp/stillwater-registry-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    (void)snprintf(files->config, sizeof files->config, "%s/gateway.yaml", files->folder);
    (void)snprintf(files->people, sizeof files->people, "%s/people.yaml", files->folder);
    (void)snprintf(files->output, sizeof files->output, "%s/output", files->folder);
    (void)snprintf(config, sizeof config,
                   "schema: stillwater.gateway/1\ncity: northport\ngateway: gw-1\nregistry: {people: %s}\n"
                   "policy: {utc_offset_min: 60}\n",
                   files->people);
    write_file(files->config, config);
    write_file(files->people, people);
    *state = files;
    return 0;
}

static int close_files(void **state)
{
    struct files *files = *state;
    (void)unlink(files->config);
    (void)unlink(files->people);
    (void)unlink(files->output);
    assert_int_equal(rmdir(files->folder), 0);
    free(files);
    return 0;
}

/* Runs it with what it says on both streams in files->said. */
static int command(struct files *files, const char *const options[])
{
    char *argv[8] = {(char[]){"registry"}};
    int argc = 1, kept[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    for (; options[argc - 1]; argc++)
        argv[argc] = strdup(options[argc - 1]);
    FILE *output = fopen(files->output, "w+");
    assert_non_null(output);
    (void)fflush(stdout);
    (void)dup2(fileno(output), STDOUT_FILENO);
    (void)dup2(fileno(output), STDERR_FILENO);
    optind = 0;
    int status = registry_main(argc, argv);
    (void)fflush(stdout);
    (void)dup2(kept[0], STDOUT_FILENO);
    (void)dup2(kept[1], STDERR_FILENO);
    (void)close(kept[0]);
    (void)close(kept[1]);
    rewind(output);
    files->said[fread(files->said, 1, sizeof files->said - 1, output)] = '\0';
    (void)fclose(output);
    while (argc > 1)
        free(argv[--argc]);
    return status;
}

#define COMMAND(files, ...) command(files, (const char *const[]){__VA_ARGS__, NULL})

static void a_good_file_is_told_with_its_gaps(void **state)
{
    struct files *files = *state;
    char expected[1024];
    assert_int_equal(COMMAND(files, "--config", files->config, "--check"), 0);
    (void)snprintf(expected, sizeof expected,
                   "%s: warning: northport: nobody on Mon 00:00-06:00, Tue 00:00-06:00, Wed 00:00-06:00, Thu "
                   "00:00-06:00, Fri 00:00-06:00, Sat 00:00-06:00, Sun 00:00-06:00; officer-1 is called all the same\n"
                   "%s: warning: northport/east: nobody on Tue 00:00-08:00, Wed 00:00-08:00, Thu 00:00-08:00, Fri "
                   "00:00-08:00, Sat 00:00-Mon 08:00; goes to northport\n"
                   "%s: good: 3 people, 2 areas\n",
                   files->people, files->people, files->people);
    assert_string_equal(files->said, expected);
}

static void a_bad_file_is_told_with_line_and_field(void **state)
{
    struct files *files = *state;
    char expected[512];
    write_file(files->people, "schema: stillwater.people/1\npeople: []\nareas:\n  - {grid: northport}\n");
    assert_int_equal(COMMAND(files, "--config", files->config), 2);
    (void)snprintf(expected, sizeof expected,
                   "%s:4: areas[0].responsible: key is missing; expected who answers for the whole city\n",
                   files->people);
    assert_string_equal(files->said, expected);
    (void)unlink(files->people);
    assert_int_equal(COMMAND(files, "--config", files->config), 2);
    assert_non_null(strstr(files->said, "cannot open the file: No such file or directory"));
    write_file(files->config, "schema: stillwater.gateway/1\ncity: northport\ngateway: gw-1\n");
    assert_int_equal(COMMAND(files, "--config", files->config), 2);
    assert_non_null(strstr(files->said, "registry.people: key is missing; expected the people file"));
}

static void everybody_an_alert_would_come_to_is_named(void **state)
{
    struct files *files = *state;
    const char *place = "northport/east/mill-lane/c7";
    assert_int_equal(COMMAND(files, "--config", files->config, "--who", place, "--at", "2026-11-24T16:30:00Z"), 0);
    assert_string_equal(
        files->said, "2026-11-24T16:30:00.000Z, a place in northport/east:\n"
                     "  level 0  northport/east  worker-8 for worker-7; goes up unless acknowledged: red 2 min, "
                     "orange 15 min\n"
                     "  level 1  northport  officer-1; goes up unless acknowledged: red 2 min, orange 15 min, yellow "
                     "1 h\n");
    assert_int_equal(COMMAND(files, "--config", files->config, "--who", place, "--at", "2026-11-24T03:30:00+01:00"), 0);
    assert_non_null(strstr(files->said, "\n  level 1  northport  officer-1, off duty; goes up"));
    assert_null(strstr(files->said, "level 0"));
}

static void wrong_usage_is_refused(void **state)
{
    struct files *files = *state;
    assert_int_equal(COMMAND(files, "--who", "northport"), 2);
    assert_int_equal(COMMAND(files, "--config", files->config, "--at", "2026-11-24T16:30:00Z"), 2);
    assert_int_equal(COMMAND(files, "--config", files->config, "--who", "northport", "--at", "noon"), 2);
    assert_non_null(strstr(files->said, "--at: found \"noon\", expected a time as 2026-11-22T03:40:00+01:00"));
    assert_int_equal(COMMAND(files, "--config", files->config, "--check", "--who", "northport"), 2);
    assert_int_equal(COMMAND(files, "--help"), 0);
    assert_non_null(strstr(files->said, "Usage: stillwater registry"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_file_is_told_with_its_gaps, open_files, close_files),
        cmocka_unit_test_setup_teardown(a_bad_file_is_told_with_line_and_field, open_files, close_files),
        cmocka_unit_test_setup_teardown(everybody_an_alert_would_come_to_is_named, open_files, close_files),
        cmocka_unit_test_setup_teardown(wrong_usage_is_refused, open_files, close_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
