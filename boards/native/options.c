#include "boards/native/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code { SENSORS = 1, GATEWAY, SERIAL, UNIT_ID, BAUD, PARITY, STOP_BITS, RETAINED, HELP };

static const struct option known[] = {
    {"sensors", required_argument, NULL, SENSORS},
    {"gateway", required_argument, NULL, GATEWAY},
    {"serial", required_argument, NULL, SERIAL},
    {"unit-id", required_argument, NULL, UNIT_ID},
    {"baud", required_argument, NULL, BAUD},
    {"parity", required_argument, NULL, PARITY},
    {"stop-bits", required_argument, NULL, STOP_BITS},
    {"retained", required_argument, NULL, RETAINED},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

void options_print_usage(void)
{
    puts("usage: stillwater-node --sensors DEVICE --gateway DEVICE --serial N\n"
         "                       [--unit-id N] [--baud N] [--parity N|E|O] [--stop-bits N] [--retained FILE]\n"
         "\n"
         "The node firmware as a Linux process: Modbus RTU master to sensors on one serial device or pseudo-terminal,\n"
         "Modbus RTU server to a gateway on another.\n"
         "\n"
         "  --sensors DEVICE   line to the sensors; its settings come from the sensors' profiles\n"
         "  --gateway DEVICE   line to the gateway\n"
         "  --serial N         serial number, 1 and up: a gateway knows the node by it\n"
         "  --unit-id N        unit id on the gateway's line, 1..247 (default 1)\n"
         "  --baud N, --parity N|E|O, --stop-bits N\n"
         "                     settings of the gateway's line (default 115200 N 1)\n"
         "  --retained FILE    keep log and slot configuration in FILE over restarts\n"
         "\n"
         "Ends with status 75 when the gateway has ordered a restart: start it again.");
}

static bool parse_number(const char *name, const char *text, unsigned long minimum, unsigned long maximum,
                         unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 0);
    if (errno == 0 && end != text && *end == '\0' && text[0] != '-' && *number >= minimum && *number <= maximum)
        return true;
    fprintf(stderr, "stillwater-node: --%s: expected a number from %lu to %lu, got '%s'\n", name, minimum, maximum,
            text);
    return false;
}

static bool parse_parity(const char *text, char *parity)
{
    *parity = text[0];
    if (strlen(text) == 1 && strchr("NEO", text[0]) != NULL) return true;
    fprintf(stderr, "stillwater-node: --parity: expected N, E or O, got '%s'\n", text);
    return false;
}

static bool take_option(int code, const char *argument, struct options *options)
{
    unsigned long number;
    switch (code) {
    case SENSORS:
        options->sensors = argument;
        return true;
    case GATEWAY:
        options->gateway = argument;
        return true;
    case RETAINED:
        options->retained = argument;
        return true;
    case HELP:
        options->help = true;
        return true;
    case PARITY:
        return parse_parity(argument, &options->gateway_line.parity);
    case SERIAL:
        if (!parse_number("serial", argument, 1, UINT32_MAX, &number)) return false;
        options->serial = (uint32_t)number;
        return true;
    case UNIT_ID:
        if (!parse_number("unit-id", argument, 1, 247, &number)) return false;
        options->unit_id = (uint8_t)number;
        return true;
    case BAUD:
        if (!parse_number("baud", argument, 1200, 115200, &number)) return false;
        options->gateway_line.baud = (uint32_t)number;
        return true;
    case STOP_BITS:
        if (!parse_number("stop-bits", argument, 1, 2, &number)) return false;
        options->gateway_line.stop_bits = (uint8_t)number;
        return true;
    default:
        return false;
    }
}

bool options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.unit_id = 1, .gateway_line = {115200, 'N', 1}};
    int code;
    while ((code = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(code, optarg, options)) return false;
    if (options->help) return true;
    if (optind < argc) {
        fprintf(stderr, "stillwater-node: unexpected argument '%s'\n", argv[optind]);
        return false;
    }
    if (options->sensors && options->gateway && options->serial != 0) return true;
    fputs("stillwater-node: --sensors, --gateway and --serial are needed; see --help\n", stderr);
    return false;
}
