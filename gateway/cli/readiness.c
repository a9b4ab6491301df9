#include "cli/readiness.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adapters/store_sqlite/store_history.h"
#include "cli/readiness_sensor.h"
#include "config/gateway_config.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXIT_READY     0
#define EXIT_NOT_READY 1
#define EXIT_UNUSABLE  2
#define SCHEMA         "stillwater.readiness/1"
#define DAY_MS         INT64_C(86400000)

static const char usage[] =
    "Usage: stillwater readiness --config FILE --store FILE [--days N] [--json]\n"
    "\n"
    "Before the season: looks at every sensor of a gateway's configuration in what its store holds of the last days,\n"
    "and says of each whether it is ready, doubtful or missing, why, and what to do. Reads the store beside the "
    "running\n"
    "daemon and changes nothing.\n"
    "\n"
    "  --config FILE  the gateway's configuration\n"
    "  --store FILE   its store (store.path of the configuration)\n"
    "  --days N       so many days are looked at, 1 to 366 (7)\n"
    "  --json         one object of JSON instead of the tables\n"
    "  --help         this text\n"
    "\n"
    "Exit status: 0 all is ready, 1 something is not, 2 it could not be found out.\n";

struct options {
    const char *config, *store;
    int days;
    bool json, help;
};

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"store", required_argument, NULL, 's'},
        {"days", required_argument, NULL, 'd'},   {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    char *end;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'c')
            options->config = optarg;
        else if (option == 's')
            options->store = optarg;
        else if (option == 'j')
            options->json = true;
        else if (option == 'h')
            options->help = true;
        else if (option != 'd')
            return false;
        else {
            long days = strtol(optarg, &end, 10);
            if (*end != '\0' || days < 1 || days > 366) {
                fprintf(stderr, "stillwater readiness: --days: found \"%.40s\", expected 1 to 366\n", optarg);
                return false;
            }
            options->days = (int)days;
        }
    }
    return options->help || (optind == argc && options->config && options->store);
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

/* ---- places: is there anything left to see a flood with ---- */

struct place {
    char path[SW_AREA_PATH_SIZE];
    uint32_t watching, ready;
};

struct places {
    struct place *list;
    uint32_t count;
};

static void count_place(struct places *places, const char *path, bool ready)
{
    uint32_t i = 0;
    while (i < places->count && strcmp(places->list[i].path, path) != 0)
        i++;
    if (i == places->count) snprintf(places->list[places->count++].path, SW_AREA_PATH_SIZE, "%s", path);
    places->list[i].watching++;
    places->list[i].ready += ready;
}

/* One for each cell; levels above have at least as many. NULL: no memory. */
static struct place *count_places(const struct readiness *readiness, uint32_t *count)
{
    struct places places = {calloc(readiness->sensor_count + 1, sizeof *places.list), 0};
    for (uint32_t i = 0; places.list && i < readiness->sensor_count; i++) {
        const struct readiness_sensor *sensor = &readiness->sensors[i];
        const char *grid = sensor->subject->place.grid;
        if (!sensor->is_home && grid[0] != '\0') count_place(&places, grid, sensor->verdict == READINESS_READY);
    }
    *count = places.count;
    return places.list;
}

/* ---- telling ---- */

static const char *const verdicts[] = {
    [READINESS_READY] = "ready", [READINESS_DOUBTFUL] = "doubtful", [READINESS_MISSING] = "missing"};

/* Maintenance is told with its sensor. */
static bool is_silence_in_force(const struct readiness *readiness, const struct hold *hold)
{
    return hold->reason == HOLD_SILENCE && hold->until.ms > readiness->to.ms;
}

static void print_silences(const struct readiness *readiness)
{
    for (uint32_t i = 0; i < readiness->holds.count; i++) {
        const struct hold *hold = &readiness->holds.list[i];
        char until[MESSAGE_TIME_SIZE];
        if (!is_silence_in_force(readiness, hold)) continue;
        message_time_format(hold->until, until);
        printf("silenced  %-20s %s up to %s until %s, by %s: %s\n", hold->area[0] ? hold->area : hold->subject,
               hold->kind ? sw_alert_kind_name(hold->kind) : "all kinds", sw_colour_name(hold->most), until, hold->by,
               hold->note);
    }
}

static void print_line(const struct readiness_sensor *sensor)
{
    char time[MESSAGE_TIME_SIZE] = "never", good[16] = "-", battery[16] = "-";
    if (sw_wall_known(sensor->last)) message_time_format(sensor->last, time);
    if (strlen(time) > 19) memcpy(&time[16], "Z", 2);
    if (sensor->readings > 0)
        snprintf(good, sizeof good, "%.1f%%", 100.0 * (double)sensor->good / (double)sensor->readings);
    if (sensor->battery_mv > 0) snprintf(battery, sizeof battery, "%.2f V", (double)sensor->battery_mv / 1000);
    printf("%-9s %-20s %-22s %-18s %7s %8s", verdicts[sensor->verdict], sensor->subject->id, sensor->name, time, good,
           battery);
    for (uint32_t i = 0; i < sensor->finding_count; i++)
        printf("%s%s", i == 0 ? "  " : "; ", sensor->findings[i]);
    printf("\n");
}

static void print_tables(const struct readiness *readiness, const struct place *places, uint32_t place_count)
{
    printf("%-9s %-20s %-22s %-18s %7s %8s  %s\n", "verdict", "subject", "sensor", "last good", "good", "battery",
           "why");
    for (int verdict = READINESS_MISSING; verdict >= READINESS_READY; verdict--)
        for (uint32_t i = 0; i < readiness->sensor_count; i++)
            if ((int)readiness->sensors[i].verdict == verdict) print_line(&readiness->sensors[i]);
    for (uint32_t i = 0; i < readiness->node_count; i++) {
        const struct readiness_node *node = &readiness->nodes[i];
        if (node->finding[0] != '\0')
            printf("%-9s %-20s %s\n", verdicts[node->verdict], node->config->id, node->finding);
    }
    for (uint32_t i = 0; i < place_count; i++)
        if (places[i].ready == 0)
            printf("blind     %-20s none of its %u water sensors and covers is ready\n", places[i].path,
                   places[i].watching);
    print_silences(readiness);
    printf("\n%u ready, %u doubtful, %u missing\n", readiness->counts[READINESS_READY],
           readiness->counts[READINESS_DOUBTFUL], readiness->counts[READINESS_MISSING]);
}

static void add_time(json_t *object, const char *name, struct sw_wall time)
{
    char text[MESSAGE_TIME_SIZE];
    if (!sw_wall_known(time)) return;
    message_time_format(time, text);
    json_object_set_new(object, name, json_string(text));
}

static json_t *sensor_of(const struct readiness_sensor *sensor)
{
    json_t *object = json_object(), *findings = json_array();
    json_object_set_new(object, "subject", json_string(sensor->subject->id));
    json_object_set_new(object, "sensor", json_string(sensor->name));
    json_object_set_new(object, "profile", json_string(sensor->profile->name));
    json_object_set_new(object, "verdict", json_string(verdicts[sensor->verdict]));
    add_time(object, "last_good", sensor->last);
    json_object_set_new(object, "readings", json_integer((json_int_t)sensor->readings));
    if (sensor->readings > 0) {
        json_object_set_new(object, "good_pct", json_real(100.0 * (double)sensor->good / (double)sensor->readings));
        json_object_set_new(object, "longest_gap_s", json_integer(sensor->longest_gap_ms / 1000));
    }
    if (sensor->battery_mv > 0) json_object_set_new(object, "battery_v", json_real((double)sensor->battery_mv / 1000));
    for (uint32_t i = 0; i < sensor->finding_count; i++)
        json_array_append_new(findings, json_string(sensor->findings[i]));
    json_object_set_new(object, "findings", findings);
    return object;
}

static json_t *silences_of(const struct readiness *readiness)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < readiness->holds.count; i++) {
        const struct hold *hold = &readiness->holds.list[i];
        if (!is_silence_in_force(readiness, hold)) continue;
        json_t *object = json_pack("{s:s, s:s, s:s, s:s}", hold->area[0] ? "area" : "subject",
                                   hold->area[0] ? hold->area : hold->subject, "colour", sw_colour_name(hold->most),
                                   "by", hold->by, "note", hold->note);
        if (hold->kind) json_object_set_new(object, "kind", json_string(sw_alert_kind_name(hold->kind)));
        add_time(object, "until", hold->until);
        json_array_append_new(list, object);
    }
    return list;
}

static bool print_json(const struct readiness *readiness, const struct place *places, uint32_t place_count)
{
    json_t *body = json_object(), *sensors = json_array(), *nodes = json_array(), *blind = json_array();
    json_object_set_new(body, "schema", json_string(SCHEMA));
    add_time(body, "from", readiness->from);
    add_time(body, "to", readiness->to);
    for (int verdict = READINESS_READY; verdict <= READINESS_MISSING; verdict++)
        json_object_set_new(body, verdicts[verdict], json_integer(readiness->counts[verdict]));
    for (uint32_t i = 0; i < readiness->sensor_count; i++)
        json_array_append_new(sensors, sensor_of(&readiness->sensors[i]));
    for (uint32_t i = 0; i < readiness->node_count; i++) {
        const struct readiness_node *node = &readiness->nodes[i];
        json_t *object = json_pack("{s:s, s:s, s:I}", "node", node->config->id, "verdict", verdicts[node->verdict],
                                   "restarts", (json_int_t)node->boots);
        add_time(object, "last_seen", node->alive);
        if (node->finding[0] != '\0') json_object_set_new(object, "finding", json_string(node->finding));
        json_array_append_new(nodes, object);
    }
    for (uint32_t i = 0; i < place_count; i++)
        if (places[i].ready == 0)
            json_array_append_new(
                blind, json_pack("{s:s, s:I}", "area", places[i].path, "sensors", (json_int_t)places[i].watching));
    json_object_set_new(body, "sensors", sensors);
    json_object_set_new(body, "nodes", nodes);
    json_object_set_new(body, "blind", blind);
    json_object_set_new(body, "silences", silences_of(readiness));
    char *line = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(4));
    bool printed = line && puts(line) >= 0;
    free(line);
    json_decref(body);
    return printed;
}

static int tell(const struct options *options, const struct readiness *readiness)
{
    uint32_t place_count = 0;
    struct place *places = count_places(readiness, &place_count);
    if (!places) return EXIT_UNUSABLE;
    bool ready = readiness->counts[READINESS_DOUBTFUL] + readiness->counts[READINESS_MISSING] == 0;
    bool printed = true;
    if (options->json)
        printed = print_json(readiness, places, place_count);
    else
        print_tables(readiness, places, place_count);
    free(places);
    if (!printed || fflush(stdout) != 0) return EXIT_UNUSABLE;
    return ready ? EXIT_READY : EXIT_NOT_READY;
}

int readiness_main(int argc, char **argv)
{
    struct options options = {.days = 7};
    struct config_report report = {NULL, on_problem};
    struct gateway_config *config = NULL;
    struct readiness readiness = {.sensors = NULL};
    struct timespec now;
    char text[512] = "no memory";
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    if (config_load(options.config, CONFIG_FOR_DAEMON, report, &config) != SW_OK) return EXIT_UNUSABLE;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    readiness.to = sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    readiness.from.ms = readiness.to.ms - options.days * DAY_MS;
    int status = EXIT_UNUSABLE;
    if (readiness_read(&readiness, config, options.store, text, sizeof text) == SW_OK)
        status = tell(&options, &readiness);
    else
        fprintf(stderr, "stillwater readiness: %s\n", text);
    readiness_free(&readiness);
    config_free(config);
    return status;
}
