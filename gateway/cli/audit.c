#include "cli/audit.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_audit.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXIT_WHOLE    0
#define EXIT_BROKEN   1
#define EXIT_UNUSABLE 2

static const char usage[] =
    "Usage: stillwater audit verify --store FILE [--head SEQUENCE:HASH]\n"
    "       stillwater audit show --store FILE --alert ID\n"
    "\n"
    "The trail of a gateway: who did what to an alert, when and why. Reads the store beside the running daemon and\n"
    "changes nothing.\n"
    "\n"
    "  verify               is the trail, and what it speaks for, as it was written? Exit status 0: yes; 1: no, the "
    "first\n"
    "                       break is printed; 2: it could not be checked\n"
    "  show                 the steps of one alert; a home's id shows the commands about it\n"
    "  --store FILE         the gateway's store (store.path of its configuration)\n"
    "  --head SEQUENCE:HASH a row as it was told before, member trail of the gateway's status: shows also a trail "
    "that\n"
    "                       was cut off or written anew\n"
    "  --alert ID           the alert\n"
    "  --help               this text\n";

struct options {
    bool verify, help, has_head;
    const char *store, *alert;
    struct store_trail_head head;
};

static bool parse_head(const char *text, struct store_trail_head *head)
{
    char *colon;
    head->sequence = strtoll(text, &colon, 10);
    if (head->sequence < 1 || *colon != ':' || strlen(colon + 1) != STORE_HASH_SIZE - 1 ||
        strspn(colon + 1, "0123456789abcdef") != STORE_HASH_SIZE - 1)
        return false;
    memcpy(head->hash, colon + 1, sizeof head->hash);
    return true;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"store", required_argument, NULL, 's'},
                                          {"head", required_argument, NULL, 'd'},
                                          {"alert", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            options->store = optarg;
        else if (option == 'a')
            options->alert = optarg;
        else if (option == 'h')
            options->help = true;
        else if (option != 'd')
            return false;
        else if (options->has_head = parse_head(optarg, &options->head), !options->has_head) {
            fprintf(stderr,
                    "stillwater audit: --head: found \"%.100s\", expected a row's number, a colon and 64 digits\n",
                    optarg);
            return false;
        }
    }
    if (options->help) return true;
    if (optind + 1 != argc || !options->store) return false;
    options->verify = strcmp(argv[optind], "verify") == 0;
    if (options->verify) return !options->alert;
    return strcmp(argv[optind], "show") == 0 && options->alert && !options->has_head;
}

static int unusable(const char *text)
{
    fprintf(stderr, "stillwater audit: %s\n", text);
    return EXIT_UNUSABLE;
}

static int verify(const struct options *options)
{
    struct store_audit audit;
    char text[512] = "out of memory", first[MESSAGE_TIME_SIZE], last[MESSAGE_TIME_SIZE];
    if (store_audit_verify(options->store, options->has_head ? &options->head : NULL, &audit, text, sizeof text))
        return unusable(text);
    message_time_format(audit.first, first);
    message_time_format(audit.last, last);
    printf("rows     %" PRId64 "\n", audit.rows);
    if (audit.rows > 0)
        printf("first    %s\nlast     %s\nhead     %" PRId64 ":%s\n", first, last, audit.head.sequence,
               audit.head.hash);
    printf("before   %" PRId64 " revisions and feedback older than the trail\n", audit.before);
    if (audit.broken)
        printf("BROKEN   row %" PRId64 ", %s\n  expected  %s\n  found     %s\n", audit.fault.sequence, audit.fault.what,
               audit.fault.expected, audit.fault.found);
    else
        printf("whole%s\n", options->has_head ? ", and the row that was told is in it" : "");
    if (fflush(stdout) != 0) return EXIT_UNUSABLE;
    return audit.broken ? EXIT_BROKEN : EXIT_WHOLE;
}

static void show_row(void *ctx, const struct trail_row *row)
{
    char time[MESSAGE_TIME_SIZE];
    *(bool *)ctx = true;
    message_time_format(sw_wall_from_ms(row->time_ms), time);
    printf("%s  %-16s  ", time, row->who[0] != '\0' ? row->who : "the gateway");
    if (trail_event_from_name(row->event) == TRAIL_ALERT)
        printf("revision %" PRId64 ": %s%s%s", row->number, row->was, row->was[0] != '\0' ? " -> " : "", row->became);
    else
        printf("%s: %s", row->event, row->became);
    printf("%s%s\n", row->why[0] != '\0' ? "; " : "", row->why);
}

static int show(const struct options *options)
{
    bool any = false;
    char text[512] = "out of memory";
    if (store_audit_each(options->store, options->alert, &any, show_row, text, sizeof text)) return unusable(text);
    if (fflush(stdout) != 0) return EXIT_UNUSABLE;
    if (any) return EXIT_WHOLE;
    fprintf(stderr, "stillwater audit: %s: the trail says nothing of %s\n", options->store, options->alert);
    return EXIT_BROKEN;
}

int audit_main(int argc, char **argv)
{
    struct options options = {.store = NULL};
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    return options.verify ? verify(&options) : show(&options);
}
