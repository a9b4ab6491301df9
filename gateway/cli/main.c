/* The command `stillwater`: one subcommand a file. */
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/backtest.h"
#include "cli/erase.h"
#include "cli/export.h"
#include "cli/near.h"
#include "cli/precision.h"
#include "cli/probe.h"
#include "cli/profile.h"
#include "cli/query.h"
#include "cli/readiness.h"
#include "cli/registry.h"
#include "cli/replay.h"
#include "cli/report.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"replay", replay_main, "run the detectors over a history of readings"},
    {"backtest", backtest_main, "measure the detectors on published data"},
    {"precision", precision_main, "what came of the alerts, from feedback"},
    {"audit", audit_main, "who did what to an alert, and proof of it"},
    {"registry", registry_main, "who answers for an area at an hour"},
    {"readiness", readiness_main, "before the season: is every sensor fit, and what is missing"},
    {"report", report_main, "after a storm: levels, alerts, how fast they were answered, what was missed"},
    {"profile", profile_main, "check sensor profiles of your own"},
    {"query", query_main, "SQL over a gateway's store and its readings"},
    {"near", near_main, "what is near a point, from the registry of places"},
    {"probe", probe_main, "what the registers of an unknown Modbus device may mean"},
    {"export", export_main, "readings for analysts, or all that is stored of a home"},
    {"erase", erase_main, "take all that is stored of a home out of the store"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int print_usage(FILE *to)
{
    fputs("Usage: stillwater COMMAND [OPTIONS]\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
    return fputs("  --version  print the version\n"
                 "  --help     this text; COMMAND --help tells more\n",
                 to) < 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc >= 2 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) return printf("stillwater %s\n", STILLWATER_VERSION) < 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return print_usage(stdout);
    if (argc >= 2) fprintf(stderr, "stillwater: \"%s\" is not a command\n", argv[1]);
    (void)print_usage(stderr);
    return EXIT_STATUS_UNUSABLE;
}
