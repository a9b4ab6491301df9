#include "cli/registry.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/local_time.h"
#include "message/message.h"
#include "message/message_text.h"
#include "registry/people.h"
#include "stillwater/error.h"

#define EXIT_UNUSABLE 2

static const char usage[] =
    "Usage: stillwater registry --config FILE [--who AREA [--at TIME]]\n"
    "\n"
    "Checks the people file that a gateway's configuration names (docs/escalation.md), and tells of areas that nobody\n"
    "is on duty for at some hour.\n"
    "\n"
    "  --config FILE  the gateway's configuration\n"
    "  --check        only that; what happens without --who\n"
    "  --who AREA     whom an alert of this place goes to, and to whom then, level by level\n"
    "  --at TIME      at this time, RFC 3339; left out: now\n"
    "  --help         this text\n"
    "\n"
    "Exit status: 0, or 2 when a file cannot be used.\n";

struct options {
    const char *config, *who;
    struct sw_wall at;
    bool check, help;
};

static struct sw_wall wall_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"who", required_argument, NULL, 'w'},
        {"at", required_argument, NULL, 't'},     {"check", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'c')
            options->config = optarg;
        else if (option == 'w')
            options->who = optarg;
        else if (option == 'k')
            options->check = true;
        else if (option == 'h')
            options->help = true;
        else if (option != 't')
            return false;
        else if (message_time_parse(optarg, &options->at) != SW_OK) {
            fprintf(stderr,
                    "stillwater registry: --at: found \"%.40s\", expected a time as 2026-11-22T03:40:00+01:00\n",
                    optarg);
            return false;
        }
    }
    bool at_without_who = options->at.ms != 0 && !options->who;
    return options->help || (optind == argc && options->config && !at_without_who && !(options->check && options->who));
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    if (line)
        fprintf(stderr, "%s:%u: %s%s%s\n", file, line, field, *field ? ": " : "", text);
    else
        fprintf(stderr, "%s: %s%s%s\n", file, field, *field ? ": " : "", text);
}

static void warn_of_gap(void *file, const char *text)
{
    printf("%s: warning: %s\n", (const char *)file, text);
}

/* "red 2 min, orange 10 min, yellow 1 h"; "never" when there is none. */
static void describe_deadlines(const int64_t deadlines_ms[SW_COLOUR_COUNT], char *text, size_t size)
{
    struct message_line line = message_line_over(text, size);
    for (int colour = SW_COLOUR_RED; colour >= SW_COLOUR_BLUE; colour--) {
        if (deadlines_ms[colour] == 0) continue;
        message_line_add(&line, "%s%s ", line.length ? ", " : "", sw_colour_name((enum sw_colour)colour));
        message_line_add_duration(&line, deadlines_ms[colour]);
    }
    if (line.length == 0) message_line_add(&line, "never");
}

/* Everybody an alert of this place would come to if nobody answered before `at` is over. */
static void print_ladder(const struct duty_roster *roster, const char *place, struct sw_wall at)
{
    char time[MESSAGE_TIME_SIZE], deadlines[160];
    uint32_t own = duty_area_around(roster, place), area = own;
    message_time_format(at, time);
    printf("%s, a place in %s:\n", time, roster->areas[own].path);
    while (area != DUTY_NONE) {
        struct duty_call call = duty_find(roster, area, at);
        const struct duty_area *found = &roster->areas[call.area];
        describe_deadlines(found->acknowledge_ms, deadlines, sizeof deadlines);
        printf("  level %u  %s  %s", roster->areas[own].depth - found->depth, found->path,
               roster->people[call.person].id);
        if (call.deputy_of != DUTY_NONE) printf(" for %s", roster->people[call.deputy_of].id);
        if (call.off_duty) printf(", off duty");
        printf("; goes up unless acknowledged: %s\n", deadlines);
        area = found->parent;
    }
}

static int tell(const struct gateway_config *config, const struct duty_roster *roster, const struct options *options)
{
    if (options->who) {
        print_ladder(roster, options->who, options->at.ms != 0 ? options->at : wall_now());
        return EXIT_SUCCESS;
    }
    people_each_gap(roster, config->registry.people, warn_of_gap);
    printf("%s: good: %u people, %u areas\n", config->registry.people, roster->person_count, roster->area_count);
    return EXIT_SUCCESS;
}

int registry_main(int argc, char **argv)
{
    struct options options = {.check = false};
    struct gateway_config *config = NULL;
    struct duty_roster *roster = NULL;
    struct config_report report = {NULL, on_problem};
    int status = EXIT_UNUSABLE;
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    if (config_load(options.config, CONFIG_FOR_REPLAY, report, &config) == SW_OK &&
        people_load_of(config, report, &roster) == SW_OK) {
        if (roster)
            status = tell(config, roster, &options);
        else
            fprintf(stderr, "%s: registry.people: key is missing; expected the people file\n", options.config);
    }
    people_free(roster);
    config_free(config);
    return status;
}
