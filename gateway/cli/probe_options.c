#include "cli/probe_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/reading.h"

const char probe_usage[] =
    "Usage: stillwater probe WAY --unit N [--function 3|4] [--address A] [--count N] [OPTIONS]\n"
    "\n"
    "Reads registers of a Modbus device and shows everything they may mean (docs/probe.md).\n"
    "\n"
    "  WAY is one of\n"
    "  --port DEVICE              serial port, with --baud N (9600), --parity none|even|odd (none), --stop-bits 1|2 "
    "(1)\n"
    "  --tcp HOST[:PORT]          Modbus TCP, port 502\n"
    "  --rtu-over-tcp HOST:PORT   RTU frames over TCP\n"
    "\n"
    "  --unit N           unit id\n"
    "  --function 3|4     holding registers (3) or input registers (4); 3\n"
    "  --address A        first register, 0-based as on the wire, decimal or 0x hexadecimal; 0\n"
    "  --count N          how many registers, 1 to 125; 1\n"
    "  --timeout MS       longest time the device takes to answer; 500\n"
    "  --watch S          reads again S seconds later and marks what has moved\n"
    "  --shown N[:READING]  a number that the device shows on its display, in the unit of the reading; marks what is\n"
    "                     the same but for the decimal point. May be given 16 times\n"
    "  --scan units       who answers: asks every unit id for the one register at --address\n"
    "  --scan registers   which of --count registers from --address on can be read\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0; 1 when the device does not give what it is asked for; 2 for usage.\n";

static bool wrong(const char *option, const char *found, const char *expected)
{
    fprintf(stderr, "stillwater probe: %s: found %s; expected %s\n", option, found, expected);
    return false;
}

static bool read_integer(const char *text, uint32_t least, uint32_t most, uint32_t *value)
{
    char *end;
    bool hexadecimal = strncmp(text, "0x", 2) == 0;
    unsigned long number = strtoul(text, &end, hexadecimal ? 16 : 10);
    *value = (uint32_t)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= least && number <= most;
}

static bool take_address(struct probe_way *way, const char *text, const char *service)
{
    const char *colon = strrchr(text, ':');
    uint32_t port;
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (!colon && !service) return false;
    if (colon) service = colon + 1;
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof way->host || !read_integer(service, 1, 65535, &port)) return false;
    snprintf(way->host, sizeof way->host, "%.*s", (int)length, text);
    snprintf(way->service, sizeof way->service, "%u", (unsigned)port);
    return true;
}

static bool take_parity(struct probe_way *way, const char *text)
{
    static const struct {
        const char *name;
        char letter;
    } known[] = {{"none", 'N'}, {"even", 'E'}, {"odd", 'O'}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(text, known[i].name) == 0) {
            way->settings.parity = known[i].letter;
            return true;
        }
    return false;
}

static bool take_shown(struct probe_options *options, const char *text)
{
    size_t i = options->wanted_count;
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (i == PROBE_SHOWN_MAX || length >= sizeof options->shown[0]) return false;
    snprintf(options->shown[i], sizeof options->shown[0], "%.*s", (int)length, text);
    struct probe_wanted *wanted = &options->wanted[i];
    *wanted = (struct probe_wanted){.text = options->shown[i]};
    if (!probe_shown_from(wanted->text, &wanted->shown)) return false;
    if (colon) {
        if (sw_reading_kind_from_name(colon + 1) == SW_READING_NONE) return false;
        wanted->reading = sw_reading_kind_info(sw_reading_kind_from_name(colon + 1))->name;
    }
    options->wanted_count++;
    return true;
}

static bool take_scan(struct probe_options *options, const char *text)
{
    if (strcmp(text, "units") == 0) options->scan = PROBE_SCAN_UNITS;
    if (strcmp(text, "registers") == 0) options->scan = PROBE_SCAN_REGISTERS;
    return options->scan != PROBE_SCAN_NOTHING;
}

static bool take_seconds(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value > 0 && *value <= 3600;
}

struct given {
    bool ways[3]; /* enum probe_transport */
    bool unit, count;
};

static void take_way(struct probe_options *options, struct given *given, enum probe_transport transport)
{
    options->way.transport = transport;
    given->ways[transport] = true;
}

static bool take_option(struct probe_options *options, struct given *given, int letter, const char *text)
{
    struct probe_way *way = &options->way;
    uint32_t number = 0;
    switch (letter) {
    case 'p':
        take_way(options, given, PROBE_SERIAL);
        way->port = text;
        return true;
    case 't':
        take_way(options, given, PROBE_TCP);
        return take_address(way, text, "502") || wrong("--tcp", text, "HOST or HOST:PORT");
    case 'r':
        take_way(options, given, PROBE_RTU_OVER_TCP);
        return take_address(way, text, NULL) || wrong("--rtu-over-tcp", text, "HOST:PORT");
    case 'b':
        return read_integer(text, 300, 921600, &way->settings.baud) || wrong("--baud", text, "300 to 921600");
    case 'y':
        return take_parity(way, text) || wrong("--parity", text, "none, even or odd");
    case 's':
        if (!read_integer(text, 1, 2, &number)) return wrong("--stop-bits", text, "1 or 2");
        way->settings.stop_bits = (uint8_t)number;
        return true;
    case 'u':
        if (!read_integer(text, 0, 255, &number)) return wrong("--unit", text, "0 to 255");
        options->unit_id = (uint8_t)number;
        return given->unit = true;
    case 'f':
        if (!read_integer(text, 3, 4, &number)) return wrong("--function", text, "3 or 4");
        options->function = (uint8_t)number;
        return true;
    case 'a':
        return read_integer(text, 0, 65535, &options->address) ||
               wrong("--address", text, "0 to 65535, or 0x0 to 0xffff");
    case 'c':
        given->count = true;
        return read_integer(text, 1, 65536, &options->count) || wrong("--count", text, "a number of registers");
    case 'm':
        return read_integer(text, 10, 60000, &way->timeout_ms) || wrong("--timeout", text, "10 to 60000");
    case 'w':
        return take_seconds(text, &options->watch_s) || wrong("--watch", text, "seconds, up to 3600");
    case 'v':
        return take_shown(options, text) ||
               wrong("--shown", text, "a number but 0, and after ':' a reading, 16 times at most");
    case 'n':
        return take_scan(options, text) || wrong("--scan", text, "units or registers");
    default:
        options->help = letter == 'h';
        return options->help;
    }
}

static bool check(struct probe_options *options, const struct given *given)
{
    uint32_t most = options->scan == PROBE_SCAN_REGISTERS ? 65536 : PROBE_REGISTERS_MAX;
    char found[16];
    if (given->ways[0] + given->ways[1] + given->ways[2] != 1)
        return wrong("WAY", "none, or several", "one of --port, --tcp and --rtu-over-tcp");
    if (!given->unit && options->scan != PROBE_SCAN_UNITS) return wrong("--unit", "nothing", "the device's unit id");
    if (options->scan == PROBE_SCAN_REGISTERS && !given->count) options->count = 65536 - options->address;
    if (options->address + options->count > 65536) most = 65536 - options->address;
    snprintf(found, sizeof found, "%u", (unsigned)options->count);
    if (options->count <= most) return true;
    return wrong("--count", found, most == PROBE_REGISTERS_MAX ? "1 to 125" : "registers up to 65535 at the most");
}

bool probe_options_parse(int argc, char **argv, struct probe_options *options)
{
    static const struct option known[] = {{"port", required_argument, NULL, 'p'},
                                          {"tcp", required_argument, NULL, 't'},
                                          {"rtu-over-tcp", required_argument, NULL, 'r'},
                                          {"baud", required_argument, NULL, 'b'},
                                          {"parity", required_argument, NULL, 'y'},
                                          {"stop-bits", required_argument, NULL, 's'},
                                          {"unit", required_argument, NULL, 'u'},
                                          {"function", required_argument, NULL, 'f'},
                                          {"address", required_argument, NULL, 'a'},
                                          {"count", required_argument, NULL, 'c'},
                                          {"timeout", required_argument, NULL, 'm'},
                                          {"watch", required_argument, NULL, 'w'},
                                          {"shown", required_argument, NULL, 'v'},
                                          {"scan", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct given given = {.unit = false};
    int letter;
    *options =
        (struct probe_options){.way = {.settings = {9600, 'N', 1}, .timeout_ms = 500}, .function = 3, .count = 1};
    while (!options->help && (letter = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(options, &given, letter, optarg)) return false;
    if (options->help) return true;
    if (optind < argc) return wrong("command line", argv[optind], "options only");
    return check(options, &given);
}
