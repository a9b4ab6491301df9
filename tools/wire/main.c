/* stillwater-wire: a serial line between programs. docs/simulators.md */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stillwater/error.h"
#include "wire/wire.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char usage[] =
    "stillwater-wire --link PATH --socket SOCKET [--baud N] [--bits 10|11] [--control PATH] [--counters]\n"
    "stillwater-wire --link PATH --link PATH     [--baud N] [--bits 10|11] [--control PATH] [--counters]\n"
    "\n"
    "Joins a pseudo-terminal with a UNIX stream socket (an emulator's serial port), or two pseudo-terminals.\n"
    "  --link PATH      makes a terminal and this link to it; removed at the end\n"
    "  --socket SOCKET  connects to it, again whenever it goes\n"
    "  --baud N         lets bytes take their time; without it they pass at once\n"
    "  --bits 10|11     bits of a byte on the line, default 10; 11 with parity or two stop bits\n"
    "  --control PATH   UNIX datagram socket that takes cut, join, drop-next N [a|b], corrupt-next N [a|b]\n"
    "  --stall-ms N     drops what a reader has not taken for so long, default 5000\n"
    "  --counters       prints at the end how many bytes passed\n";

struct arguments {
    const char *links[WIRE_ENDS];
    unsigned link_count;
    const char *socket;
    const char *control;
    unsigned long baud, bits, stall_ms;
    bool counters;
};

static bool read_number(const char *option, const char *text, unsigned long minimum, unsigned long maximum,
                        unsigned long *value)
{
    char *end;
    *value = strtoul(text, &end, 10);
    if (end != text && *end == '\0' && text[0] != '-' && *value >= minimum && *value <= maximum) return true;
    fprintf(stderr, "--%s: found \"%s\", expected a whole number from %lu to %lu\n", option, text, minimum, maximum);
    return false;
}

static bool add_link(struct arguments *arguments, const char *path)
{
    if (arguments->link_count == WIRE_ENDS) {
        fprintf(stderr, "--link: found a third one, expected at most two\n");
        return false;
    }
    arguments->links[arguments->link_count++] = path;
    return true;
}

static bool read_option(int option, struct arguments *arguments)
{
    switch (option) {
    case 'l':
        return add_link(arguments, optarg);
    case 's':
        arguments->socket = optarg;
        return true;
    case 'c':
        arguments->control = optarg;
        return true;
    case 'b':
        return read_number("baud", optarg, 1, 4000000, &arguments->baud);
    case 'n':
        return read_number("bits", optarg, 10, 11, &arguments->bits);
    case 't':
        return read_number("stall-ms", optarg, 1, 3600000, &arguments->stall_ms);
    case 'p':
        arguments->counters = true;
        return true;
    case 'h':
        fputs(usage, stdout);
        exit(0);
    default:
        return false;
    }
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"link", required_argument, NULL, 'l'},
                                            {"socket", required_argument, NULL, 's'},
                                            {"control", required_argument, NULL, 'c'},
                                            {"baud", required_argument, NULL, 'b'},
                                            {"bits", required_argument, NULL, 'n'},
                                            {"stall-ms", required_argument, NULL, 't'},
                                            {"counters", no_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(option, arguments)) return false;
    unsigned ends = arguments->link_count + (arguments->socket != NULL ? 1 : 0);
    bool complete = optind == argc && ends == WIRE_ENDS;
    if (!complete) fputs(usage, stderr);
    return complete;
}

/* Signals stay blocked but for the wait in wire_run, so that none gets lost between its check and its wait. */
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

static bool report(int error, const char *path)
{
    if (error == SW_OK) return true;
    const char *text = sw_error_text(error);
    if (error == SW_ERROR_SYSTEM) text = strerror(errno);
    if (error == SW_ERROR_NOT_PERMITTED) text = "is there already and is no link";
    if (error == SW_ERROR_INVALID_ARGUMENT) text = "too long for the path of a socket";
    fprintf(stderr, "%s: %s\n", path, text);
    return false;
}

/* Opens control and both ends. What was opened before a failure is closed again. */
static bool open_all(struct wire *wire, const struct arguments *arguments)
{
    unsigned opened = 0;
    const char *second = arguments->socket ? arguments->socket : arguments->links[WIRE_B];
    if (arguments->control && !report(wire_open_control(wire, arguments->control), arguments->control)) return false;
    if (report(wire_end_open_pty(&wire->end[WIRE_A], arguments->links[WIRE_A]), arguments->links[WIRE_A])) opened = 1;
    if (opened == 1 && report(arguments->socket ? wire_end_open_socket(&wire->end[WIRE_B], second)
                                                : wire_end_open_pty(&wire->end[WIRE_B], second),
                              second))
        return true;
    if (opened == 1) wire_end_close(&wire->end[WIRE_A]);
    wire_close_control(wire, arguments->control);
    return false;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.bits = 10, .stall_ms = 5000};
    if (!read_arguments(argc, argv, &arguments)) return 2;
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL) return 1;
    wire->control_fd = -1;
    wire->stall_us = arguments.stall_ms * 1000u;
    if (arguments.baud > 0) wire->byte_ns = arguments.bits * 1000000000u / arguments.baud;
    sigset_t waiting = catch_signals();
    bool opened = open_all(wire, &arguments);
    if (opened) {
        /* Byte times are shorter than what the kernel by default adds to a wait. */
        prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
        wire_run(wire, &stop, &waiting);
        if (arguments.counters) wire_print_counters(wire, stdout);
        for (unsigned i = 0; i < WIRE_ENDS; i++)
            wire_end_close(&wire->end[i]);
        wire_close_control(wire, arguments.control);
    }
    free(wire);
    return opened ? 0 : 1;
}
