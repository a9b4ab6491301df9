#include "cli/probe.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/probe_options.h"
#include "cli/replay.h"
#include "stillwater/error.h"

#define EXIT_NO_ANSWER 1

/* A scan of registers begins with this many at once, and with half of them where the device says no. */
#define SCAN_REGISTERS 64

/* What a profile gives a device is some times what it took, in whole steps, and no less than most devices get. */
#define TIMEOUT_FACTOR   3
#define TIMEOUT_STEP_MS  100
#define TIMEOUT_LEAST_MS 300

static void say_error(const struct probe_options *options, const char *what, int error)
{
    const char *advice = probe_advice(&options->way, error);
    fprintf(stderr, "stillwater probe: %s: %s%s%s\n", what, sw_error_text(error), *advice ? "; " : "", advice);
}

static struct probe_ask ask_of(const struct probe_options *options)
{
    return (struct probe_ask){options->unit_id, options->function, (uint16_t)options->address,
                              (uint16_t)options->count};
}

static void wait_s(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static uint32_t timeout_for(const struct probe_line *line)
{
    uint32_t enough_ms = (uint32_t)(TIMEOUT_FACTOR * line->slowest_us / 1000);
    uint32_t rounded_ms = (enough_ms / TIMEOUT_STEP_MS + 1) * TIMEOUT_STEP_MS;
    return rounded_ms > TIMEOUT_LEAST_MS ? rounded_ms : TIMEOUT_LEAST_MS;
}

/* ---- the registers ---- */

static int show(const struct probe_options *options, struct probe_line *line)
{
    uint16_t first[PROBE_REGISTERS_MAX], second[PROBE_REGISTERS_MAX];
    struct probe_ask ask = ask_of(options);
    char what[64];
    snprintf(what, sizeof what, "unit %u, function %u, %u registers from %u", ask.unit_id, ask.function, ask.count,
             ask.address);
    int error = probe_line_read(line, &ask, first);
    if (error == SW_OK && options->watch_s > 0) {
        fprintf(stderr, "reading again in %g s\n", options->watch_s);
        wait_s(options->watch_s);
        error = probe_line_read(line, &ask, second);
    }
    if (error != SW_OK) {
        say_error(options, what, error);
        return EXIT_NO_ANSWER;
    }
    bool twice = options->watch_s > 0;
    struct probe_result result = {.way = &options->way,
                                  .ask = ask,
                                  .registers = twice ? second : first,
                                  .before = twice ? first : NULL,
                                  .wanted = options->wanted,
                                  .wanted_count = options->wanted_count,
                                  .timeout_ms = timeout_for(line)};
    printf("%s\n", what);
    probe_table_print(&result, stdout);
    printf("\nThe beginning of a profile (docs/profile-author.md):\n\n");
    probe_profile_print(&result, stdout);
    return EXIT_STATUS_OK;
}

/* ---- who is there ---- */

/* A gateway between TCP and a line says so of a unit that is not there. */
static bool is_nobody(int error)
{
    return error == SW_ERROR_TIMEOUT || error == SW_ERROR_EXCEPTION_GATEWAY_PATH ||
           error == SW_ERROR_EXCEPTION_GATEWAY_TARGET;
}

static int scan_units(const struct probe_options *options, struct probe_line *line)
{
    uint16_t value[PROBE_REGISTERS_MAX];
    unsigned there = 0, garbled = 0;
    for (unsigned unit = 1; unit <= 247; unit++) {
        struct probe_ask ask = ask_of(options);
        ask.unit_id = (uint8_t)unit;
        ask.count = 1;
        int error = probe_line_read(line, &ask, value);
        if (error == SW_ERROR_PORT) {
            say_error(options, "scan of units", error);
            return EXIT_NO_ANSWER;
        }
        if (is_nobody(error)) continue;
        bool answers = error == SW_OK || sw_error_is_exception(error);
        there += answers;
        garbled += !answers;
        if (error == SW_OK)
            printf("unit %u: register %u is 0x%04x\n", unit, ask.address, value[0]);
        else
            printf("unit %u: %s\n", unit, sw_error_text(error));
        fflush(stdout);
    }
    printf("%u units answer\n", there);
    if (garbled > 0) fprintf(stderr, "stillwater probe: %s\n", probe_advice(&options->way, SW_ERROR_CRC));
    return there > 0 ? EXIT_STATUS_OK : EXIT_NO_ANSWER;
}

/* ---- which registers there are ---- */

struct found {
    uint32_t first, next; /* readable registers in a row; first == next: none */
    unsigned total;
};

static void flush_found(struct found *found)
{
    if (found->next > found->first)
        printf("%u to %u (0x%04x to 0x%04x): %u registers\n", found->first, found->next - 1, found->first,
               found->next - 1, found->next - found->first);
    found->first = found->next;
}

static void note_found(struct found *found, uint32_t address, uint32_t count)
{
    if (address != found->next) {
        flush_found(found);
        found->first = address;
    }
    found->next = address + count;
    found->total += count;
}

/* Halves until the device says yes, or no to a single register. SW_OK, or the error that ends the scan. */
static int scan_block(const struct probe_options *options, struct probe_line *line, uint32_t address, uint32_t count,
                      struct found *found)
{
    uint16_t values[PROBE_REGISTERS_MAX];
    struct probe_ask ask = {options->unit_id, options->function, (uint16_t)address, (uint16_t)count};
    int error = probe_line_read(line, &ask, values);
    if (error == SW_OK) note_found(found, address, count);
    if (error == SW_OK || (sw_error_is_exception(error) && error != SW_ERROR_EXCEPTION_FUNCTION && count == 1))
        return SW_OK;
    if (!sw_error_is_exception(error) || error == SW_ERROR_EXCEPTION_FUNCTION) return error;
    uint32_t half = count / 2;
    error = scan_block(options, line, address, half, found);
    return error == SW_OK ? scan_block(options, line, address + half, count - half, found) : error;
}

static int scan_registers(const struct probe_options *options, struct probe_line *line)
{
    struct found found = {.first = options->address, .next = options->address};
    uint32_t end = options->address + options->count;
    int error = SW_OK;
    for (uint32_t at = options->address; error == SW_OK && at < end; at += SCAN_REGISTERS) {
        uint32_t left = end - at;
        error = scan_block(options, line, at, left < SCAN_REGISTERS ? left : SCAN_REGISTERS, &found);
    }
    flush_found(&found);
    if (error != SW_OK) say_error(options, "scan of registers", error);
    printf("%u registers can be read\n", found.total);
    return error == SW_OK && found.total > 0 ? EXIT_STATUS_OK : EXIT_NO_ANSWER;
}

int probe_main(int argc, char **argv)
{
    static int (*const runs[])(const struct probe_options *, struct probe_line *) = {
        [PROBE_SCAN_NOTHING] = show, [PROBE_SCAN_UNITS] = scan_units, [PROBE_SCAN_REGISTERS] = scan_registers};
    struct probe_options options;
    struct probe_line line;
    char text[320];
    if (!probe_options_parse(argc, argv, &options)) {
        fputs("stillwater probe --help tells more\n", stderr);
        return EXIT_STATUS_UNUSABLE;
    }
    if (options.help) return fputs(probe_usage, stdout) < 0;
    if (probe_line_open(&line, &options.way, text, sizeof text) != SW_OK) {
        fprintf(stderr, "stillwater probe: %s\n", text);
        return EXIT_NO_ANSWER;
    }
    int status = runs[options.scan](&options, &line);
    probe_line_close(&line);
    return fflush(stdout) == 0 ? status : EXIT_NO_ANSWER;
}
