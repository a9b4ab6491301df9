#include "cli/erase.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "adapters/store_sqlite/store_home.h"
#include "cli/replay.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

#define EXIT_REFUSED 1

static const char usage[] =
    "Usage: stillwater erase --store FILE --home ID --by WHO --why TEXT\n"
    "\n"
    "Takes everything that is stored of one home out of a gateway's store, for good: readings, alerts, feedback,\n"
    "reports, state, and what the trail says of it. While the daemon is stopped (docs/export.md).\n"
    "\n"
    "  --store FILE  the gateway's store (store.path of its configuration)\n"
    "  --home ID     the home, as the configuration calls it\n"
    "  --by WHO      who does it, for the trail\n"
    "  --why TEXT    why, for the trail; without the home's id or a name\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0; 1 when nothing was done: nothing is stored of it, or one of its alerts is open; 2 when the store\n"
    "cannot be used.\n";

struct options {
    const char *store;
    struct store_erasure erasure;
    bool help;
};

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"store", required_argument, NULL, 's'}, {"home", required_argument, NULL, 'm'},
        {"by", required_argument, NULL, 'b'},    {"why", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 's')
            options->store = optarg;
        else if (letter == 'm')
            options->erasure.home = optarg;
        else if (letter == 'b')
            options->erasure.by = optarg;
        else if (letter == 'w')
            options->erasure.why = optarg;
        else
            return options->help = letter == 'h';
    }
    const struct store_erasure *erasure = &options->erasure;
    return options->store && erasure->home && erasure->by && erasure->why && optind == argc &&
           sw_id_valid(erasure->home);
}

static void print(const char *home, const struct store_erased *erased)
{
    printf("%s is erased: %" PRId64 " readings, %" PRId64 " snapshots, %" PRId64 " alert revisions, %" PRId64
           " feedback, %" PRId64 " reports, %" PRId64 " not yet delivered; %" PRId64 " rows of the trail are emptied\n",
           home, erased->readings, erased->snapshots, erased->alerts, erased->feedback, erased->reports, erased->outbox,
           erased->trail);
}

int erase_main(int argc, char **argv)
{
    struct options options = {.help = false};
    struct store_erased erased;
    char text[512];
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_STATUS_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    int error = store_home_erase(options.store, &options.erasure, &erased, text, sizeof text);
    if (error == SW_OK) {
        print(options.erasure.home, &erased);
        return EXIT_STATUS_OK;
    }
    fprintf(stderr, "stillwater erase: %s\n", text);
    return error == SW_ERROR_NOT_FOUND || error == SW_ERROR_NOT_PERMITTED ? EXIT_REFUSED : EXIT_STATUS_UNUSABLE;
}
