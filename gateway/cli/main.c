/* The command `stillwater`: one subcommand a file. */
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/backtest.h"
#include "cli/precision.h"
#include "cli/replay.h"

static const char usage[] = "Usage: stillwater COMMAND [OPTIONS]\n"
                            "\n"
                            "  replay     run the detectors over a history of readings (stillwater replay --help)\n"
                            "  backtest   measure the detectors on published data (stillwater backtest --help)\n"
                            "  precision  what came of the alerts, from feedback (stillwater precision --help)\n"
                            "  audit      who did what to an alert, and proof of it (stillwater audit --help)\n"
                            "  --version  print the version\n"
                            "  --help     this text\n";

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "replay") == 0) return replay_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "backtest") == 0) return backtest_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "precision") == 0) return precision_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "audit") == 0) return audit_main(argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) return printf("stillwater %s\n", STILLWATER_VERSION) < 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
    if (argc >= 2) fprintf(stderr, "stillwater: \"%s\" is not a command\n", argv[1]);
    fputs(usage, stderr);
    return EXIT_STATUS_UNUSABLE;
}
