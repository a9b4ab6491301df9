#include "cli/replay.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/replay_world.h"
#include "stillwater/error.h"

static const char usage[] =
    "Usage: stillwater replay [--config FILE] --readings FILE.csv --alerts OUT.jsonl\n"
    "\n"
    "Runs the detectors over a history of readings and writes each alert revision as one line of JSON.\n"
    "\n"
    "  --config FILE    the gateway's configuration; left out: the built-in city policy for every subject\n"
    "  --readings FILE  CSV with a header line: time,subject,kind,value; rows in time order; - is standard input\n"
    "  --alerts FILE    where alerts go; - is standard output\n"
    "  --help           this text\n"
    "\n"
    "Exit status: 0 all rows were used, 3 some rows were bad (each is described on standard error), 2 wrong usage or\n"
    "a file that cannot be used.\n";

struct options {
    const char *config, *readings, *alerts;
    bool help;
};

struct replay {
    const char *name; /* of the file of readings, for messages */
    FILE *readings, *alerts;
    struct gateway_config *config;
    struct replay_world *world;
    struct csv *csv;
    uint64_t rows, bad_rows;
};

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"readings", required_argument, NULL, 'r'},
                                          {"alerts", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'c')
            options->config = optarg;
        else if (option == 'r')
            options->readings = optarg;
        else if (option == 'a')
            options->alerts = optarg;
        else if (option == 'h')
            options->help = true;
        else
            return false;
    }
    return options->help || (optind == argc && options->readings && options->alerts);
}

static void print_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

static FILE *open_file(const char *name, const char *mode, FILE *standard)
{
    if (strcmp(name, "-") == 0) return standard;
    FILE *file = fopen(name, mode);
    if (!file) fprintf(stderr, "stillwater replay: cannot open %s: %s\n", name, strerror(errno));
    return file;
}

static bool load_config(struct replay *replay, const char *file)
{
    struct config_report report = {.ctx = NULL, .problem = print_problem};
    if (file) return config_load(file, CONFIG_FOR_REPLAY, report, &replay->config) == SW_OK;
    replay->config = config_built_in();
    return replay->config != NULL;
}

static bool out_of_memory(void)
{
    fputs("stillwater replay: out of memory\n", stderr);
    return false;
}

static bool open_all(struct replay *replay, const struct options *options)
{
    if (!load_config(replay, options->config)) return false;
    replay->name = strcmp(options->readings, "-") == 0 ? "standard input" : options->readings;
    if (!(replay->readings = open_file(options->readings, "r", stdin))) return false;
    if (!(replay->alerts = open_file(options->alerts, "w", stdout))) return false;
    replay->csv = malloc(sizeof *replay->csv);
    replay->world = replay_world_new(replay->config, replay->alerts);
    if (!replay->csv || !replay->world) return out_of_memory();
    csv_open(replay->csv, replay->readings);
    return true;
}

static void count_bad_row(struct replay *replay, const struct row_problem *problem)
{
    row_problem_tell(problem, replay->name, replay->csv->line, &replay->bad_rows);
}

static bool read_header(struct replay *replay, struct row_header *header)
{
    enum csv_result result = csv_next(replay->csv);
    struct row_problem problem = {NULL, NULL, NULL};
    if (result == CSV_READ_ERROR) {
        fprintf(stderr, "stillwater replay: cannot read %s: %s\n", replay->name, strerror(errno));
        return false;
    }
    if (result == CSV_RECORD && row_header_read(header, replay->csv, &problem) == SW_OK) return true;
    const char *column = problem.column ? problem.column : "time";
    fprintf(stderr,
            "%s:%" PRIu64 ": column %s is %s, expected a header line with the columns time, subject, kind and "
            "value, each once\n",
            replay->name, replay->csv->line ? replay->csv->line : 1, column, problem.found ? "there twice" : "missing");
    return false;
}

/* False when the run cannot go on. */
static bool take_row(struct replay *replay, const struct row_header *header)
{
    struct reading_row row;
    struct row_problem problem;
    if (reading_row_read(header, replay->csv, &row, &problem) != SW_OK) {
        count_bad_row(replay, &problem);
        return true;
    }
    int error = replay_world_take(replay->world, &row);
    if (error == SW_ERROR_STALE) {
        problem = (struct row_problem){"time", replay->csv->fields[header->field[ROW_TIME]],
                                       "a time not before that of the last good row"};
        count_bad_row(replay, &problem);
        return true;
    }
    if (error == SW_OK) return true;
    fprintf(stderr, "stillwater replay: %s:%" PRIu64 ": %s\n", replay->name, replay->csv->line, sw_error_text(error));
    return false;
}

static bool take_rows(struct replay *replay)
{
    struct row_header header;
    if (!read_header(replay, &header)) return false;
    for (;;) {
        enum csv_result result = csv_next(replay->csv);
        if (result == CSV_END) break;
        if (result == CSV_READ_ERROR) {
            fprintf(stderr, "stillwater replay: cannot read %s: %s\n", replay->name, strerror(errno));
            return false;
        }
        replay->rows++;
        if (result != CSV_RECORD) {
            struct row_problem problem = row_problem_of_line(result);
            count_bad_row(replay, &problem);
        } else if (!take_row(replay, &header)) {
            return false;
        }
    }
    return replay_world_finish(replay->world) == SW_OK || out_of_memory();
}

/* Writes out what is buffered: the disk may be full. */
static bool flush_alerts(struct replay *replay, const char *name)
{
    if (fflush(replay->alerts) == 0 && !ferror(replay->alerts)) return true;
    fprintf(stderr, "stillwater replay: cannot write %s: %s\n", name, strerror(errno));
    return false;
}

static void print_summary(const struct replay *replay, double seconds)
{
    const struct replay_counts *counts = replay_world_counts(replay->world);
    uint32_t subjects = replay_world_subject_count(replay->world);
    fprintf(stderr,
            "%" PRIu64 " rows, %" PRIu64 " of them bad; %" PRIu32 " subject%s; %" PRIu64
            " readings not used by the detectors (repeated or not plausible).\n",
            replay->rows, replay->bad_rows, subjects, subjects == 1 ? "" : "s", counts->not_used);
    fputs("Alerts raised:", stderr);
    bool any = false;
    for (int kind = 1; kind < SW_ALERT_KIND_COUNT; kind++) {
        if (counts->raised[kind] == 0) continue;
        fprintf(stderr, "%s %" PRIu64 " %s", any ? "," : "", counts->raised[kind],
                sw_alert_kind_name((enum sw_alert_kind)kind));
        any = true;
    }
    fprintf(stderr, "%s; %" PRIu64 " revisions in all.\n", any ? "" : " none", counts->revisions);
    fprintf(stderr, "It took %.2f seconds", seconds);
    if (seconds > 0) fprintf(stderr, ", %.0f rows a second", (double)replay->rows / seconds);
    fputs(".\n", stderr);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void close_all(struct replay *replay)
{
    replay_world_free(replay->world);
    free(replay->csv);
    config_free(replay->config);
    if (replay->readings && replay->readings != stdin) (void)fclose(replay->readings);
    if (replay->alerts && replay->alerts != stdout) (void)fclose(replay->alerts);
}

int replay_main(int argc, char **argv)
{
    struct options options = {0};
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_STATUS_UNUSABLE;
    }
    if (options.help) {
        fputs(usage, stdout);
        return EXIT_STATUS_OK;
    }
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct replay replay = {0};
    int status = EXIT_STATUS_UNUSABLE;
    if (!open_all(&replay, &options)) goto cleanup;
    bool done = take_rows(&replay);
    if (!flush_alerts(&replay, options.alerts) || !done) goto cleanup;
    print_summary(&replay, seconds_since(&start));
    status = replay.bad_rows ? EXIT_STATUS_BAD_ROWS : EXIT_STATUS_OK;
cleanup:
    close_all(&replay);
    return status;
}
