/* stillwater-centre: the city's end of the alerts. */
#include <signal.h>
#include <stdio.h>

#include "centre/options.h"
#include "centre/run.h"
#include "stillwater/error.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

int main(int argc, char **argv)
{
    struct options options;
    char text[512];
    if (options_parse(argc, argv, &options, text, sizeof text) != SW_OK) {
        (void)fprintf(stderr, "%s\nstillwater-centre --help tells more\n", text);
        return EXIT_USAGE;
    }
    if (options.mode == OPTIONS_HELP) {
        (void)fputs(options_usage, stdout);
        return 0;
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    if (options.mode == OPTIONS_BOARD) return run_board(&options, &stop);
    if (options.mode == OPTIONS_MAP) return run_map(&options, &stop);
    if (options.mode == OPTIONS_COMMAND) return run_command(&options, &stop);
    if (options.mode == OPTIONS_WEATHER) return run_weather(&options, &stop);
    if (options.mode == OPTIONS_REPORT) return run_report(&options, &stop);
    return run_watch(&options, &stop);
}
