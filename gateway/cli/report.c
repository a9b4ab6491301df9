#include "cli/report.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report_data.h"
#include "cli/report_html.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXIT_UNUSABLE 2
#define SCHEMA        "stillwater.report/1"

static const char usage[] =
    "Usage: stillwater report --config FILE --store FILE --from TIME --to TIME [--area PATH]\n"
    "                         [--html FILE] [--json]\n"
    "\n"
    "After a storm: what was raised and when, how high the water stood, how fast it was answered, what was false or\n"
    "missed, and which sensors saw nothing. Reads the store beside the running daemon and changes nothing. Homes have\n"
    "no part in it.\n"
    "\n"
    "  --config FILE  the gateway's configuration: places and bands\n"
    "  --store FILE   its store (store.path of the configuration)\n"
    "  --from, --to   RFC 3339 with an offset, as 2026-11-22T18:00:00+01:00\n"
    "  --area PATH    only what lies in this area, as northport/east\n"
    "  --html FILE    one page to read and to print\n"
    "  --json         one object of JSON on standard output instead of the summary\n"
    "  --help         this text\n";

struct options {
    const char *config, *store, *area, *html;
    struct sw_wall from, to;
    bool json, help;
};

static bool parse_time(const char *name, const char *text, struct sw_wall *time)
{
    if (message_time_parse(text, time) == SW_OK) return true;
    fprintf(stderr, "stillwater report: --%s: found \"%.40s\", expected a time as 2026-11-22T18:00:00+01:00\n", name,
            text);
    return false;
}

static bool take_option(struct options *options, int option)
{
    switch (option) {
    case 'c':
        options->config = optarg;
        return true;
    case 's':
        options->store = optarg;
        return true;
    case 'a':
        options->area = optarg;
        return true;
    case 'w':
        options->html = optarg;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'h':
        options->help = true;
        return true;
    case 'f':
        return parse_time("from", optarg, &options->from);
    case 't':
        return parse_time("to", optarg, &options->to);
    default:
        return false;
    }
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"store", required_argument, NULL, 's'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"to", required_argument, NULL, 't'},
                                          {"area", required_argument, NULL, 'a'},
                                          {"html", required_argument, NULL, 'w'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(options, option)) return false;
    if (options->help) return true;
    if (optind != argc || !options->config || !options->store || !sw_wall_known(options->from) ||
        !sw_wall_known(options->to))
        return false;
    if (options->from.ms < options->to.ms) return true;
    fprintf(stderr, "stillwater report: --to: expected a time after --from\n");
    return false;
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

/* ---- JSON ---- */

static void add_time(json_t *object, const char *name, struct sw_wall time)
{
    char text[MESSAGE_TIME_SIZE];
    if (!sw_wall_known(time)) return;
    message_time_format(time, text);
    json_object_set_new(object, name, json_string(text));
}

static void add_number(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer(value));
}

static void add_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0') json_object_set_new(object, name, json_string(text));
}

static json_t *sensor_of(const struct report *report, const struct report_sensor *sensor)
{
    json_t *object = json_object();
    add_text(object, "subject", sensor->subject->id);
    add_number(object, "coverage_pct", report_coverage_pct(report, sensor));
    add_number(object, "readings", (int64_t)sensor->readings);
    add_number(object, "good", (int64_t)sensor->good);
    add_number(object, "longest_gap_s", sensor->longest_gap_ms / 1000);
    add_time(object, "gap_from", sensor->gap_from);
    if (sensor->has_peak) {
        json_object_set_new(object, "peak_mm", json_real((double)sensor->peak_um / 1000));
        add_time(object, "peak_at", sensor->peak_at);
        json_object_set_new(object, "rise_mm_per_h", json_real((double)sensor->rise_um_per_h / 1000));
        add_text(object, "band", sw_colour_name(sensor->crossed));
        add_time(object, "band_at", sensor->crossed_at);
        json_object_set_new(object, "missed", json_boolean(sensor->missed));
    }
    return object;
}

static json_t *alert_of(const struct report_alert *alert)
{
    json_t *object = json_object();
    add_text(object, "alert", alert->id);
    add_text(object, "incident", alert->incident);
    add_text(object, "subject", alert->subject);
    add_text(object, "kind", sw_alert_kind_name(alert->kind));
    add_text(object, "peak_colour", sw_colour_name(alert->peak));
    add_text(object, "state", sw_alert_state_name(alert->state));
    add_time(object, "raised_at", alert->raised_at);
    add_time(object, "acknowledged_at", alert->acknowledged_at);
    add_text(object, "acknowledged_by", alert->acknowledged_by);
    add_time(object, "dispatched_at", alert->dispatched_at);
    add_time(object, "over_at", alert->over_at);
    add_number(object, "escalated", alert->escalated);
    if (alert->outcome != SW_OUTCOME_NONE) add_text(object, "outcome", sw_outcome_name(alert->outcome));
    return object;
}

static json_t *event_of(const struct report *report, const struct report_event *event)
{
    json_t *object = json_object();
    add_time(object, "time", event->time);
    add_text(object, "alert", report->alerts[event->alert].id);
    add_text(object, "what", event->worse ? "worsened" : sw_alert_state_name(event->state));
    add_text(object, "colour", sw_colour_name(event->colour));
    add_text(object, "by", event->actor);
    return object;
}

static const char *const step_names[REPORT_STEP_COUNT] = {"acknowledged", "dispatched", "over"};

static json_t *times_of(const struct report *report)
{
    json_t *list = json_array();
    for (int step = 0; step < REPORT_STEP_COUNT; step++)
        for (int colour = SW_COLOUR_COUNT; colour > SW_COLOUR_GREEN; colour--) {
            struct report_times times = report_times_of(report, (enum report_step)step, (enum sw_colour)colour);
            if (times.alerts == 0) continue;
            json_t *object = json_object();
            add_text(object, "until", step_names[step]);
            add_text(object, "peak_colour", colour == SW_COLOUR_COUNT ? "all" : sw_colour_name((enum sw_colour)colour));
            add_number(object, "alerts", times.alerts);
            add_number(object, "done", times.done);
            if (times.done > 0) {
                json_object_set_new(object, "median_s", json_real((double)times.median_ms / 1000));
                json_object_set_new(object, "p90_s", json_real((double)times.p90_ms / 1000));
                json_object_set_new(object, "worst_s", json_real((double)times.worst_ms / 1000));
            }
            json_array_append_new(list, object);
        }
    return list;
}

static json_t *unseen_of(const struct report_unseen *unseen)
{
    json_t *object = json_object();
    add_text(object, "alert", unseen->id);
    add_text(object, "what", sw_alert_rule_name(unseen->rule));
    add_text(object, "area", unseen->area);
    add_text(object, "state", sw_alert_state_name(unseen->state));
    add_time(object, "raised_at", unseen->raised_at);
    return object;
}

static bool print_json(const struct report *report)
{
    json_t *body = json_object(), *sensors = json_array(), *alerts = json_array(), *events = json_array(),
           *unseen = json_array();
    add_text(body, "schema", SCHEMA);
    add_time(body, "from", report->from);
    add_time(body, "to", report->to);
    if (report->area) add_text(body, "area", report->area);
    for (uint32_t i = 0; i < report->sensor_count; i++)
        json_array_append_new(sensors, sensor_of(report, &report->sensors[i]));
    for (uint32_t i = 0; i < report->alert_count; i++)
        json_array_append_new(alerts, alert_of(&report->alerts[i]));
    for (uint32_t i = 0; i < report->event_count; i++)
        json_array_append_new(events, event_of(report, &report->events[i]));
    for (uint32_t i = 0; i < report->unseen_count; i++)
        json_array_append_new(unseen, unseen_of(&report->unseen[i]));
    json_object_set_new(body, "times", times_of(report));
    json_object_set_new(body, "sensors", sensors);
    json_object_set_new(body, "alerts", alerts);
    json_object_set_new(body, "events", events);
    json_object_set_new(body, "unseen", unseen);
    char *line = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(9));
    bool printed = line && puts(line) >= 0;
    free(line);
    json_decref(body);
    return printed;
}

/* ---- words ---- */

static bool print_summary(const struct report *report)
{
    for (int step = 0; step < REPORT_STEP_COUNT; step++) {
        struct report_times times = report_times_of(report, (enum report_step)step, SW_COLOUR_COUNT);
        char median[REPORT_SPAN_SIZE] = "-", p90[REPORT_SPAN_SIZE] = "-", worst[REPORT_SPAN_SIZE] = "-";
        if (times.done > 0) {
            report_span(times.median_ms, median);
            report_span(times.p90_ms, p90);
            report_span(times.worst_ms, worst);
        }
        printf("%u of %u alerts %s: median %s, 9 of 10 within %s, worst %s\n", times.done, times.alerts,
               step_names[step], median, p90, worst);
    }
    for (uint32_t i = 0; i < report->sensor_count; i++) {
        const struct report_sensor *sensor = &report->sensors[i];
        printf("%-20s observed %3u%%", sensor->subject->id, report_coverage_pct(report, sensor));
        if (sensor->has_peak)
            printf("  peak %6.0f mm, %-6s  rise %.0f mm/h", (double)sensor->peak_um / 1000,
                   sw_colour_name(sensor->crossed), (double)sensor->rise_um_per_h / 1000);
        printf("%s\n", sensor->missed ? "  MISSED: no alert was open" : "");
    }
    for (uint32_t i = 0; i < report->unseen_count; i++)
        printf("%-20s MISSED: no sensor told of it; %s (%s)\n", report->unseen[i].area,
               sw_alert_rule_description(report->unseen[i].rule), report->unseen[i].id);
    return fflush(stdout) == 0;
}

static int write_html(const char *path, const struct report *report, const struct gateway_config *config)
{
    FILE *out = fopen(path, "w");
    bool written = out && report_html_write(out, report, config);
    if (out && fclose(out) != 0) written = false;
    if (!written) fprintf(stderr, "stillwater report: %s: %s\n", path, strerror(errno));
    return written ? 0 : EXIT_UNUSABLE;
}

int report_main(int argc, char **argv)
{
    struct options options = {.config = NULL};
    struct config_report problems = {NULL, on_problem};
    struct gateway_config *config = NULL;
    char text[512] = "no memory";
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    if (config_load(options.config, CONFIG_FOR_DAEMON, problems, &config) != SW_OK) return EXIT_UNUSABLE;
    struct report report = {.from = options.from, .to = options.to, .area = options.area};
    int status = EXIT_UNUSABLE;
    if (report_read(&report, config, options.store, text, sizeof text) != SW_OK)
        fprintf(stderr, "stillwater report: %s\n", text);
    else if (options.json ? print_json(&report) : print_summary(&report))
        status = options.html ? write_html(options.html, &report, config) : 0;
    report_free(&report);
    config_free(config);
    return status;
}
