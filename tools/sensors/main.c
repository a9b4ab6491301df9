/* stillwater-sensors: simulated sensors on one RS-485 line. docs/simulators.md */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/sensor_line.h"
#include "stillwater/error.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char usage[] =
    "stillwater-sensors --port DEVICE --scenario FILE [--control SOCKET] [--speed X] [--duration S]\n"
    "                   [--baud N] [--parity N|E|O] [--profiles FOLDER] [--quiet]\n"
    "stillwater-sensors --scenario FILE [--profiles FOLDER] --check\n"
    "\n"
    "Plays the sensors of a scenario as Modbus RTU servers on a serial port.\n"
    "  --port DEVICE     serial device or pseudo-terminal; opened again whenever it goes\n"
    "  --scenario FILE   sensors and events, YAML (docs/simulators.md)\n"
    "  --control SOCKET  UNIX datagram socket that takes events at run time: {sensor: cover, open: true}\n"
    "  --profiles FOLDER sensor profiles of your own (docs/profile-author.md), beside the built-in ones\n"
    "  --speed X         scenario seconds in one real second, default 1\n"
    "  --duration S      stop at this scenario time\n"
    "  --baud N          default 9600\n"
    "  --parity N|E|O    default N\n"
    "  --check           read the scenario, report what is wrong, do nothing\n"
    "  --quiet           no line per event, no counters at the end\n";

struct arguments {
    const char *scenario, *profiles;
    bool check;
    struct sensor_line_options line;
};

static bool read_number(const char *option, const char *text, double minimum, double maximum, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end != text && *end == '\0' && *value >= minimum && *value <= maximum) return true;
    fprintf(stderr, "--%s: found \"%s\", expected a number from %g to %g\n", option, text, minimum, maximum);
    return false;
}

static bool read_baud(const char *text, uint32_t *baud)
{
    static const uint32_t known[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    for (size_t i = 0; i < sizeof known / sizeof known[0] && end != text && *end == '\0'; i++)
        if (known[i] == value) {
            *baud = known[i];
            return true;
        }
    fprintf(stderr, "--baud: found \"%s\", expected 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200\n", text);
    return false;
}

static bool read_parity(const char *text, char *parity)
{
    *parity = text[0];
    if (strlen(text) == 1 && strchr("NEO", text[0]) != NULL) return true;
    fprintf(stderr, "--parity: found \"%s\", expected N, E or O\n", text);
    return false;
}

enum { PORT = 1, SCENARIO, CONTROL, SPEED, DURATION, BAUD, PARITY, CHECK, PROFILES, QUIET, HELP };

static bool read_option(int option, struct arguments *arguments)
{
    switch (option) {
    case PORT:
        arguments->line.port = optarg;
        return true;
    case SCENARIO:
        arguments->scenario = optarg;
        return true;
    case CONTROL:
        arguments->line.control = optarg;
        return true;
    case SPEED:
        return read_number("speed", optarg, 0.001, 1e6, &arguments->line.speed);
    case DURATION:
        return read_number("duration", optarg, 0, 1e9, &arguments->line.duration_s);
    case BAUD:
        return read_baud(optarg, &arguments->line.settings.baud);
    case PARITY:
        return read_parity(optarg, &arguments->line.settings.parity);
    case CHECK:
        arguments->check = true;
        return true;
    case PROFILES:
        arguments->profiles = optarg;
        return true;
    case QUIET:
        arguments->line.out = NULL;
        return true;
    case HELP:
        fputs(usage, stdout);
        exit(0);
    default:
        return false;
    }
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"port", required_argument, NULL, PORT},
                                            {"scenario", required_argument, NULL, SCENARIO},
                                            {"control", required_argument, NULL, CONTROL},
                                            {"speed", required_argument, NULL, SPEED},
                                            {"duration", required_argument, NULL, DURATION},
                                            {"baud", required_argument, NULL, BAUD},
                                            {"parity", required_argument, NULL, PARITY},
                                            {"check", no_argument, NULL, CHECK},
                                            {"profiles", required_argument, NULL, PROFILES},
                                            {"quiet", no_argument, NULL, QUIET},
                                            {"help", no_argument, NULL, HELP},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(option, arguments)) return false;
    if (optind < argc) fprintf(stderr, "found \"%s\", expected options only\n", argv[optind]);
    bool complete = optind == argc && arguments->scenario && (arguments->line.port || arguments->check);
    if (!complete) fputs(usage, stderr);
    return complete;
}

/* Signals stay blocked but for the wait in the loop: see sensor_line_run. */
static sigset_t catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, waiting;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &waiting);
    sigdelset(&waiting, SIGTERM);
    sigdelset(&waiting, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    return waiting;
}

static int play(const struct arguments *arguments, struct scenario *scenario)
{
    struct sensor_line line;
    sigset_t waiting = catch_signals();
    int error = sensor_line_open(&line, &arguments->line, scenario);
    if (error != SW_OK) return 1;
    sensor_line_run(&line, &stop, &waiting);
    if (arguments->line.out != NULL) sensor_line_print_counters(&line, arguments->line.out);
    sensor_line_close(&line);
    return 0;
}

/* Exit status. */
static int load_and_play(const struct arguments *arguments)
{
    const struct config_report profile_report = {NULL, sensor_line_print_problem};
    const struct yaml_report report = {NULL, sensor_line_print_problem};
    struct profile_folder own = {.count = 0};
    struct scenario scenario;
    int status = 2;
    if ((arguments->profiles == NULL ||
         profile_folder_load(arguments->profiles, PROFILE_OWN, profile_report, &own) == SW_OK) &&
        scenario_load(arguments->scenario, &own, report, &scenario) == SW_OK) {
        status = arguments->check ? 0 : play(arguments, &scenario);
        scenario_free(&scenario);
    }
    profile_folder_free(&own);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .line = {.settings = {9600, 'N', 1}, .speed = 1, .duration_s = INFINITY, .out = stdout}};
    return read_arguments(argc, argv, &arguments) ? load_and_play(&arguments) : 2;
}
