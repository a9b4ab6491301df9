/* The node as a Linux process. Here ports are wired to the firmware and nothing is decided. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boards/native/monotonic.h"
#include "boards/native/options.h"
#include "boards/native/retained_file.h"
#include "boards/native/termios_uart.h"
#include "firmware/app/node.h"
#include "firmware/app/node_state.h"

/* EX_TEMPFAIL of sysexits.h: "start me again". */
#define EXIT_RESTART 75
#define EXIT_USAGE   64

static struct node node;
static struct termios_uart sensors, gateway;
static struct retained_file retained;
static volatile sig_atomic_t stop_requested;
static bool restart_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static uint64_t now_us(void *ctx)
{
    return monotonic_now_us() - *(const uint64_t *)ctx;
}

static uint16_t not_measured(void *ctx)
{
    (void)ctx;
    return 0xffff;
}

static void no_watchdog(void *ctx)
{
    (void)ctx;
}

static void restart(void *ctx)
{
    (void)ctx;
    retained_file_mark_command(&retained);
    restart_requested = true;
}

static void sleep_until(void *ctx, uint64_t until_us)
{
    uint64_t now = now_us(ctx);
    uint64_t left_us = until_us > now ? until_us - now : 0;
    struct timespec timeout = {(time_t)(left_us / 1000000u), (long)(left_us % 1000000u) * 1000};
    struct pollfd watched[2];
    termios_uart_watch(&sensors, &watched[0]);
    termios_uart_watch(&gateway, &watched[1]);
    sigset_t none, blocked;
    sigemptyset(&none);
    /* Signals are let in only here, so one that comes before the call still ends it. */
    if (ppoll(watched, 2, &timeout, &none) <= 0) return;
    /* A call that finds a line ready lets none in, and a line may be ready every time. */
    sigprocmask(SIG_SETMASK, &none, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int run(const struct options *options, uint64_t start_us)
{
    struct port_time time = {&start_us, now_us};
    struct port_system system = {
        .ctx = &start_us,
        .serial = options->serial,
        .board = SW_BOARD_NATIVE,
        .reset_reason = retained.reset_reason,
        .retained = retained.memory,
        .retained_size = retained.size,
        .supply_mv = not_measured,
        .stack_free = not_measured,
        .feed_watchdog = no_watchdog,
        .restart = restart,
        .sleep = sleep_until,
    };
    struct node_ports ports = {&sensors.port, &gateway.port, &time, &system, options->unit_id, options->gateway_line};
    int error = node_init(&node, &ports);
    if (error != SW_OK) {
        fprintf(stderr, "stillwater-node: %s\n", sw_error_text(error));
        return 1;
    }
    while (!stop_requested && !restart_requested)
        system.sleep(system.ctx, node_poll(&node));
    return restart_requested ? EXIT_RESTART : 0;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!options_parse(argc, argv, &options)) return EXIT_USAGE;
    if (options.help) {
        options_print_usage();
        return 0;
    }
    int error = retained_file_open(&retained, options.retained);
    if (error != SW_OK) {
        fprintf(stderr, "stillwater-node: %s: %s\n", options.retained,
                error == SW_ERROR_BUSY ? "in use by another node" : strerror(errno));
        return 1;
    }
    catch_signals();
    uint64_t start_us = monotonic_now_us();
    termios_uart_init(&sensors, options.sensors, start_us);
    termios_uart_init(&gateway, options.gateway, start_us);
    int status = run(&options, start_us);
    termios_uart_close(&sensors);
    termios_uart_close(&gateway);
    retained_file_close(&retained);
    return status;
}
