#include "cli/precision.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_precision.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXIT_UNUSABLE 2
#define SCHEMA        "stillwater.precision/1"

static const char usage[] =
    "Usage: stillwater precision --store FILE [--since TIME] [--json]\n"
    "\n"
    "What came of the alerts of a gateway, by kind and rule and by home, from the feedback of those who looked after\n"
    "them. Reads the store beside the running daemon and changes nothing.\n"
    "\n"
    "  --store FILE  the gateway's store (store.path of its configuration)\n"
    "  --since TIME  alerts raised at this time or later: 2026-11-01, or RFC 3339 with an offset\n"
    "  --json        one object of JSON instead of the tables\n"
    "  --help        this text\n"
    "\n"
    "Precision is (assisted + emergency) of those with feedback. Absences are shown apart: the home was still, as the\n"
    "alert said, and nobody had told the gateway why.\n";

struct options {
    const char *store;
    struct sw_wall since;
    bool json, help;
};

struct report {
    struct store_precision *rows;
    size_t count, capacity;
    bool out_of_memory;
};

static bool parse_since(const char *text, struct sw_wall *since)
{
    char day[32];
    if (message_time_parse(text, since) == SW_OK) return true;
    return (size_t)snprintf(day, sizeof day, "%.10sT00:00:00Z", text) < sizeof day && strlen(text) == 10 &&
           message_time_parse(day, since) == SW_OK;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"store", required_argument, NULL, 's'},
                                          {"since", required_argument, NULL, 't'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            options->store = optarg;
        else if (option == 'j')
            options->json = true;
        else if (option == 'h')
            options->help = true;
        else if (option != 't')
            return false;
        else if (!parse_since(optarg, &options->since)) {
            fprintf(stderr, "stillwater precision: --since: found \"%.40s\", expected a time as 2026-11-01\n", optarg);
            return false;
        }
    }
    return options->help || (optind == argc && options->store);
}

static void take_row(void *ctx, const struct store_precision *row)
{
    struct report *report = ctx;
    if (report->count == report->capacity) {
        size_t capacity = report->capacity ? 2 * report->capacity : 64;
        struct store_precision *larger = realloc(report->rows, capacity * sizeof *larger);
        report->out_of_memory |= larger == NULL;
        if (!larger) return;
        report->rows = larger;
        report->capacity = capacity;
    }
    report->rows[report->count++] = *row;
}

static bool is_of_home(const struct store_precision *row)
{
    return row->subject[0] != '\0';
}

/* Of what a home is watched for; a silent sensor or a flood says nothing of people. */
static bool is_about_home(enum sw_alert_kind kind)
{
    switch (kind) {
    case SW_ALERT_KIND_NO_USE:
    case SW_ALERT_KIND_QUIET:
    case SW_ALERT_KIND_LEAK:
    case SW_ALERT_KIND_BURST:
    case SW_ALERT_KIND_BACKFLOW:
    case SW_ALERT_KIND_METER_FAULT:
    case SW_ALERT_KIND_HIGH_USE:
    case SW_ALERT_KIND_SLOW_CHANGE:
    case SW_ALERT_KIND_FIRST_USE:
        return true;
    default:
        return false;
    }
}

static uint64_t helped(const struct store_precision *row)
{
    return row->outcomes[SW_OUTCOME_ASSISTED] + row->outcomes[SW_OUTCOME_EMERGENCY];
}

/* In thousandths, rounded to the nearest; only where there is feedback. */
static uint64_t precision_permille(const struct store_precision *row)
{
    return (helped(row) * 1000 + row->with_feedback / 2) / row->with_feedback;
}

static void print_counts(const struct store_precision *row)
{
    printf(" %7" PRIu64 " %9" PRIu64 " %12" PRIu64 " %7" PRIu64 " %9" PRIu64 " %10" PRIu64, row->alerts,
           row->with_feedback, row->outcomes[SW_OUTCOME_FALSE_ALARM], row->outcomes[SW_OUTCOME_ABSENT],
           row->outcomes[SW_OUTCOME_ASSISTED], row->outcomes[SW_OUTCOME_EMERGENCY]);
    if (row->with_feedback == 0)
        printf(" %10s\n", "-");
    else
        printf(" %8" PRIu64 ".%" PRIu64 "%%\n", precision_permille(row) / 10, precision_permille(row) % 10);
}

static void print_heading(const char *first, const char *second)
{
    printf("%-24s %-16s %7s %9s %12s %7s %9s %10s %11s\n", first, second, "alerts", "feedback", "false_alarm", "absent",
           "assisted", "emergency", "precision");
}

static void print_tables(const struct report *report)
{
    print_heading("kind", "rule");
    for (size_t i = 0; i < report->count; i++) {
        if (is_of_home(&report->rows[i])) continue;
        printf("%-24s %-16s", sw_alert_kind_name(report->rows[i].kind), sw_alert_rule_name(report->rows[i].rule));
        print_counts(&report->rows[i]);
    }
    printf("\n");
    print_heading("home", "kind");
    for (size_t i = 0; i < report->count; i++) {
        if (!is_of_home(&report->rows[i]) || !is_about_home(report->rows[i].kind)) continue;
        printf("%-24s %-16s", report->rows[i].subject, sw_alert_kind_name(report->rows[i].kind));
        print_counts(&report->rows[i]);
    }
}

static json_t *counts_of(const struct store_precision *row)
{
    json_t *counts = json_object();
    if (is_of_home(row)) json_object_set_new(counts, "home", json_string(row->subject));
    json_object_set_new(counts, "kind", json_string(sw_alert_kind_name(row->kind)));
    if (!is_of_home(row)) json_object_set_new(counts, "rule", json_string(sw_alert_rule_name(row->rule)));
    json_object_set_new(counts, "alerts", json_integer((json_int_t)row->alerts));
    json_object_set_new(counts, "feedback", json_integer((json_int_t)row->with_feedback));
    for (int outcome = 1; outcome < SW_OUTCOME_COUNT; outcome++)
        json_object_set_new(counts, sw_outcome_name((enum sw_outcome)outcome),
                            json_integer((json_int_t)row->outcomes[outcome]));
    if (row->with_feedback > 0)
        json_object_set_new(counts, "precision_pct", json_real((double)precision_permille(row) / 10));
    return counts;
}

static bool print_json(const struct report *report, struct sw_wall since)
{
    char time[MESSAGE_TIME_SIZE];
    json_t *body = json_object(), *rules = json_array(), *homes = json_array();
    message_time_format(since, time);
    json_object_set_new(body, "schema", json_string(SCHEMA));
    if (sw_wall_known(since)) json_object_set_new(body, "since", json_string(time));
    for (size_t i = 0; i < report->count; i++) {
        const struct store_precision *row = &report->rows[i];
        if (!is_of_home(row))
            json_array_append_new(rules, counts_of(row));
        else if (is_about_home(row->kind))
            json_array_append_new(homes, counts_of(row));
    }
    json_object_set_new(body, "rules", rules);
    json_object_set_new(body, "homes", homes);
    char *line = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(5));
    bool printed = line && puts(line) >= 0;
    free(line);
    json_decref(body);
    return printed;
}

int precision_main(int argc, char **argv)
{
    struct options options = {.store = NULL};
    struct report report = {.rows = NULL};
    char text[512] = "out of memory";
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    int error = store_precision_read(options.store, options.since, &report, take_row, text, sizeof text);
    if (!error && report.out_of_memory) error = SW_ERROR_NO_SPACE;
    bool printed = !error;
    if (!error && options.json)
        printed = print_json(&report, options.since);
    else if (!error)
        print_tables(&report);
    free(report.rows);
    if (error) fprintf(stderr, "stillwater precision: %s\n", text);
    return printed && fflush(stdout) == 0 ? 0 : EXIT_UNUSABLE;
}
