/* stillwaterd: the gateway's daemon. Exit status 0: ended cleanly; 2: usage or configuration; 1: anything else. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "app/gateway.h"
#include "app/log.h"
#include "app/memory.h"
#include "app/notify.h"
#include "config/plan_table.h"
#include "ports/publisher.h"
#include "registry/people.h"
#include "registry/places.h"
#include "stillwater/error.h"

#define EXIT_USAGE 2

struct options {
    const char *config;
    bool check;
};

struct daemon {
    uv_loop_t loop;
    uv_signal_t signals[3];
    uv_timer_t watchdog;
    bool watchdog_runs;
    unsigned open_handles;
    struct gateway *gateway;
    struct gateway_config *config; /* NULL = another one is in force */
    struct duty_roster *roster;
};

static struct sw_wall wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Counts suspended time too: a gateway that slept has been away for that long. */
static struct sw_mono mono_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return sw_mono_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void usage(FILE *to)
{
    fputs("usage: stillwaterd --config FILE [--check]\n"
          "  --config FILE  the gateway's configuration (docs/configuration.md)\n"
          "  --check        only check the configuration, and show the plan of each line\n"
          "  --version      print the version\n",
          to);
}

/* Returns -1 to go on, else the exit status. */
static int parse(int count, char **arguments, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(count, arguments, "c:h", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'k':
            options->check = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("stillwaterd " STILLWATER_VERSION);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (options->config && optind == count) return -1;
    usage(stderr);
    return EXIT_USAGE;
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    if (line)
        fprintf(stderr, "%s:%u: %s%s%s\n", file, line, field, *field ? ": " : "", text);
    else
        fprintf(stderr, "%s: %s%s%s\n", file, field, *field ? ": " : "", text);
}

/* Not errors: a port may be plugged in later. */
static void warn_of_ports(const char *file, const struct gateway_config *config)
{
    for (uint32_t i = 0; i < config->line_count; i++)
        if (config->lines[i].port && access(config->lines[i].port, F_OK) != 0)
            printf("%s: warning: lines[%u].port: %s does not exist at the moment\n", file, i, config->lines[i].port);
}

static void warn_of_descriptors(const char *file, const struct gateway_config *config)
{
    char text[256];
    if (descriptors_are_few(config, text, sizeof text)) printf("%s: warning: lines: %s\n", file, text);
}

/* Somebody chose it; who reads the check may be another. */
static void warn_of_delivery(const char *file, const struct gateway_config *config)
{
    if (config->mqtt.done_on == CONFIG_DONE_ON_PUBACK)
        printf(
            "%s: warning: mqtt.done_on: puback: an alert that the broker takes and then loses reaches nobody, and is "
            "not sent again\n",
            file);
}

static void warn_of_gap(void *file, const char *text)
{
    printf("%s: warning: %s\n", (const char *)file, text);
}

/* Where a line cannot do what is asked of it, its table shows what takes the time. */
static int load_to_check(const char *file, struct config_report report, struct gateway_config **config)
{
    int error = config_load_to_check(file, report, config);
    if (!error || !*config) return error;
    plan_table_print_failing(*config, stdout);
    config_free(*config);
    return error;
}

static int check_places(const struct gateway_config *config, struct config_report report)
{
    struct places places;
    const char *file = config->registry.places;
    if (!file) return SW_OK;
    int error = places_load(file, report, &places);
    if (!error) printf("%s: good: %u places\n", file, places.count);
    places_free(&places);
    return error;
}

/* Not waiting for names that are still looked up, of which nobody wants the answer any more. */
static void on_handle_closed(uv_handle_t *handle)
{
    struct daemon *daemon = handle->data;
    if (--daemon->open_handles == 0) uv_stop(&daemon->loop);
}

static void close_handle(struct daemon *daemon, uv_handle_t *handle)
{
    handle->data = daemon;
    daemon->open_handles++;
    uv_close(handle, on_handle_closed);
}

static int check_broker(const char *file, const struct gateway_config *config)
{
    char text[512] = "";
    int error = publisher_check(config, text, sizeof text);
    if (error) fprintf(stderr, "%s: %s\n", file, text);
    return error;
}

static void on_stopped(void *ctx)
{
    struct daemon *daemon = ctx;
    daemon->gateway = NULL;
    for (size_t i = 0; i < sizeof daemon->signals / sizeof daemon->signals[0]; i++)
        close_handle(daemon, (uv_handle_t *)&daemon->signals[i]);
    if (daemon->watchdog_runs) close_handle(daemon, (uv_handle_t *)&daemon->watchdog);
}

static void free_config(struct daemon *daemon)
{
    people_free(daemon->roster);
    config_free(daemon->config);
    daemon->roster = NULL;
    daemon->config = NULL;
}

static void on_replaced(void *ctx)
{
    free_config(ctx);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;
    if (number == SIGHUP) {
        log_event(LOG_LEVEL_INFO, "daemon", "SIGHUP: reading the configuration");
        gateway_reload(daemon->gateway, "SIGHUP");
        return;
    }
    log_event(LOG_LEVEL_INFO, "daemon", "%s: stopping", number == SIGTERM ? "SIGTERM" : "SIGINT");
    notify_stopping();
    gateway_stop(daemon->gateway, on_stopped, daemon);
}

static void watch_signals(struct daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
    }
}

static void count_handle(uv_handle_t *handle, void *count)
{
    (void)handle;
    ++*(unsigned *)count;
}

/* exit() would wait for the threads of libuv, and a dead name server holds one for many seconds. */
static _Noreturn void leave_threads(int status)
{
    (void)fflush(NULL);
    _exit(status);
}

/* Takes the configuration and its people over. */
static int run(const char *file, struct gateway_config *config, struct duty_roster *roster)
{
    struct daemon daemon = {.config = config, .roster = roster};
    struct gateway_clock clock = {wall_now, mono_now};
    char text[512] = "";
    signal(SIGPIPE, SIG_IGN);
    descriptors_raise();
    if (descriptors_are_few(config, text, sizeof text)) log_event(LOG_LEVEL_WARNING, "daemon", "%s", text);
    if (uv_loop_init(&daemon.loop) != 0) {
        log_event(LOG_LEVEL_ERROR, "daemon", "the event loop cannot be made");
        return EXIT_FAILURE;
    }
    int error = gateway_start(&daemon.loop, config, clock, &daemon.gateway, text, sizeof text);
    if (error) {
        log_event(LOG_LEVEL_ERROR, "daemon", "%s", text);
    } else {
        gateway_reload_from(daemon.gateway, file, on_replaced, &daemon);
        watch_signals(&daemon);
        daemon.watchdog_runs = notify_watchdog_start(&daemon.loop, &daemon.watchdog);
        log_event(LOG_LEVEL_INFO, "daemon", "gateway %s of %s runs, store %s, broker %s, port %u", config->gateway,
                  config->city, config->store_path, config->mqtt.host, config->mqtt.port);
        memory_give_back();
        notify_ready();
    }
    uv_run(&daemon.loop, UV_RUN_DEFAULT);
    unsigned handles = 0;
    uv_walk(&daemon.loop, count_handle, &handles);
    if (handles > 0) log_event(LOG_LEVEL_ERROR, "daemon", "the event loop still has handles");
    if (!error) log_event(LOG_LEVEL_INFO, "daemon", "stopped");
    free_config(&daemon);
    int status = error || handles > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (error == SW_ERROR_CONFIG) status = EXIT_USAGE;
    if (uv_loop_close(&daemon.loop) != 0) leave_threads(status);
    return status;
}

int main(int count, char **arguments)
{
    struct options options = {NULL, false};
    struct gateway_config *config = NULL;
    struct config_report report = {NULL, on_problem};
    struct duty_roster *roster = NULL;
    memory_keep_heap_small();
    /* How homes live is nobody else's business. */
    (void)umask(S_IRWXG | S_IRWXO);
    /* Until it is ready for it; the file is about to be read in any case. */
    signal(SIGHUP, SIG_IGN);
    int status = parse(count, arguments, &options);
    if (status >= 0) return status;
    int error = options.check ? load_to_check(options.config, report, &config)
                              : config_load(options.config, CONFIG_FOR_DAEMON, report, &config);
    if (error) return EXIT_USAGE;
    if (people_load_of(config, report, &roster) != SW_OK) {
        config_free(config);
        return EXIT_USAGE;
    }
    config->duty = roster;
    if (!options.check) return run(options.config, config, roster);
    plan_table_print(config, stdout);
    warn_of_ports(options.config, config);
    warn_of_descriptors(options.config, config);
    warn_of_delivery(options.config, config);
    if (roster) people_each_gap(roster, config->registry.people, warn_of_gap);
    status = check_broker(options.config, config) == SW_OK ? EXIT_SUCCESS : EXIT_USAGE;
    if (status == EXIT_SUCCESS)
        printf("%s: good: %u subjects, %u lines\n", options.config, config->subject_count, config->line_count);
    if (check_places(config, report) != SW_OK) status = EXIT_USAGE;
    people_free(roster);
    config_free(config);
    return status;
}
