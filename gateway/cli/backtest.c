#include "cli/backtest.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/backtest_file.h"
#include "cli/replay.h"
#include "stillwater/error.h"

static const char usage[] =
    "Usage: stillwater backtest --set {daiad,weusedto,ampds2,floodnet,logan} --data DIR [--config FILE]...\n"
    "                           [--homes LIST] [--without-absences] [--cut-every HOURS] [--pulse-ml N]\n"
    "                           [--drip L_PER_DAY] [--drip-lot-ml N]\n"
    "                           [--csv FILE] [--json FILE] [--svg FILE]\n"
    "\n"
    "Runs the detectors over a published set of measurements and tells what they are worth, beside fixed rules.\n"
    "\n"
    "  --set NAME          the set\n"
    "  --data DIR          the folder that holds the sets (water_daiad, flood_floodnet, ...)\n"
    "  --config FILE       a policy; may be given several times; left out: the built-in city policy\n"
    "  --homes LIST        one (homes of one person; the default), all, half-a, half-b, or names parted\n"
    "                      by commas\n"
    "  --sensors LIST      the same for floodnet and logan\n"
    "  --without-absences  leave out stretches without use of 36 h and more\n"
    "  --cut-every HOURS   \"water stops\" after every so many observed hours (default 5)\n"
    "  --pulse-ml N        weusedto: what the made-up meter counts by (default 1000)\n"
    "  --drip L_PER_DAY    homes: a tap drips all the time, on top of the series\n"
    "  --drip-lot-ml N     and passes so much at once, as a cistern does that leaks and is filled up (default 1)\n"
    "  --csv, --json FILE  the table with every row; - is standard output\n"
    "  --svg FILE          a picture of it\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 all rows were used, 3 some rows were bad (each is described on standard error), 2 wrong usage or\n"
    "a file that cannot be used.\n";

struct backtest_set {
    const char *name;
    bool (*run)(struct backtest *backtest);
};

static const struct backtest_set sets[] = {{"daiad", backtest_daiad},
                                           {"weusedto", backtest_weusedto},
                                           {"ampds2", backtest_ampds2},
                                           {"floodnet", backtest_floodnet},
                                           {"logan", backtest_logan}};

bool backtest_out_of_memory(void)
{
    fputs("stillwater backtest: out of memory\n", stderr);
    return false;
}

/* The two halves of any set of subjects: which one a name is in depends on its letters only (FNV-1a). */
static bool in_first_half(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return (hash >> 16 & 1) == 0;
}

bool backtest_chosen(const struct backtest *backtest, const char *name, bool alone)
{
    const char *list = backtest->options.subjects;
    if (!list || strcmp(list, "one") == 0) return alone;
    if (strcmp(list, "all") == 0) return true;
    if (strcmp(list, "half-a") == 0 || strcmp(list, "half-b") == 0) return in_first_half(name) == (list[5] == 'a');
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
    return false;
}

/* A whole number of at least 1. */
static bool parse_count(const char *text, const char *option, int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number >= 1 && number <= 1000000) {
        *value = number;
        return true;
    }
    fprintf(stderr, "stillwater backtest: --%s: found \"%s\", expected a whole number from 1 to 1000000\n", option,
            text);
    return false;
}

static bool add_config(struct backtest_options *options, const char *file)
{
    if (options->config_count == BACKTEST_POLICIES_MAX) {
        fprintf(stderr, "stillwater backtest: more than %d configurations\n", BACKTEST_POLICIES_MAX);
        return false;
    }
    options->configs[options->config_count++] = file;
    return true;
}

static bool take_option(int option, struct backtest_options *options)
{
    const char **text = option == 's'   ? &options->set
                        : option == 'd' ? &options->data
                        : option == 'v' ? &options->csv
                        : option == 'g' ? &options->svg
                        : option == 'j' ? &options->json
                        : option == 'o' ? &options->subjects
                                        : NULL;
    if (text) {
        *text = optarg;
        return true;
    }
    if (option == 'c') return add_config(options, optarg);
    if (option == 'e') return parse_count(optarg, "cut-every", &options->cut_every_hours);
    if (option == 'p') return parse_count(optarg, "pulse-ml", &options->pulse_ml);
    if (option == 'r') return parse_count(optarg, "drip", &options->drip_l_day);
    if (option == 'l') return parse_count(optarg, "drip-lot-ml", &options->drip_lot_ml);
    if (option == 'w') options->without_absences = true;
    if (option == 'h') options->help = true;
    return option == 'w' || option == 'h';
}

static bool parse_options(int argc, char **argv, struct backtest_options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"set", required_argument, NULL, 's'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"csv", required_argument, NULL, 'v'},
                                          {"svg", required_argument, NULL, 'g'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"homes", required_argument, NULL, 'o'},
                                          {"sensors", required_argument, NULL, 'o'},
                                          {"cut-every", required_argument, NULL, 'e'},
                                          {"pulse-ml", required_argument, NULL, 'p'},
                                          {"drip", required_argument, NULL, 'r'},
                                          {"drip-lot-ml", required_argument, NULL, 'l'},
                                          {"without-absences", no_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *options = (struct backtest_options){.cut_every_hours = 5, .pulse_ml = 1000, .drip_lot_ml = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(option, options)) return false;
    return options->help || (optind == argc && options->set && options->data);
}

static const struct backtest_set *find_set(const char *name)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (strcmp(sets[i].name, name) == 0) return &sets[i];
    fprintf(stderr, "stillwater backtest: --set: found \"%s\", expected daiad, weusedto, ampds2, floodnet or logan\n",
            name);
    return NULL;
}

static void print_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

/* The file's name without folder and ending. */
static void name_policy(struct backtest_policy *policy, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *start = slash ? slash + 1 : file;
    const char *dot = strrchr(start, '.');
    int length = (int)(dot && dot != start ? (size_t)(dot - start) : strlen(start));
    (void)snprintf(policy->name, sizeof policy->name, "%.*s", length, start);
}

static bool load_policies(struct backtest *backtest)
{
    const struct backtest_options *options = &backtest->options;
    struct config_report report = {.ctx = NULL, .problem = print_problem};
    for (size_t i = 0; i < options->config_count; i++) {
        struct backtest_policy *policy = &backtest->policies[i];
        if (config_load(options->configs[i], CONFIG_FOR_REPLAY, report, &policy->config) != SW_OK) return false;
        name_policy(policy, options->configs[i]);
        backtest->policy_count++;
    }
    if (backtest->policy_count > 0) return true;
    (void)snprintf(backtest->policies[0].name, sizeof backtest->policies[0].name, "built-in policy");
    backtest->policies[0].config = config_built_in();
    backtest->policy_count = 1;
    return backtest->policies[0].config || backtest_out_of_memory();
}

typedef bool (*write_function)(const struct backtest *backtest, FILE *out);

static bool write_csv(const struct backtest *backtest, FILE *out)
{
    table_write_csv(&backtest->table, out);
    return true;
}

static bool write_json(const struct backtest *backtest, FILE *out)
{
    return table_write_json(&backtest->table, backtest->options.set, out);
}

static bool write_svg(const struct backtest *backtest, FILE *out)
{
    plot_write_svg(&backtest->plot, out);
    return true;
}

/* `name` NULL: not asked for. */
static bool write_file(const struct backtest *backtest, const char *name, write_function write)
{
    if (!name) return true;
    bool standard = strcmp(name, "-") == 0;
    FILE *out = standard ? stdout : fopen(name, "w");
    if (!out) {
        fprintf(stderr, "stillwater backtest: cannot open %s: %s\n", name, strerror(errno));
        return false;
    }
    bool done = write(backtest, out);
    if (fflush(out) != 0 || ferror(out)) {
        fprintf(stderr, "stillwater backtest: cannot write %s: %s\n", name, strerror(errno));
        done = false;
    }
    if (!standard) (void)fclose(out);
    return done;
}

/* The printed table gives way to a file that goes to standard output. */
static bool write_results(const struct backtest *backtest)
{
    const struct backtest_options *options = &backtest->options;
    bool taken = (options->csv && strcmp(options->csv, "-") == 0) || (options->json && strcmp(options->json, "-") == 0);
    if (!taken) table_print(&backtest->table, stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) return false;
    return write_file(backtest, options->csv, write_csv) && write_file(backtest, options->json, write_json) &&
           write_file(backtest, options->svg, write_svg);
}

static void print_cost(const struct backtest *backtest, const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
    fprintf(stderr, "%" PRIu64 " bad rows. It took %.2f seconds.\n", backtest->bad_rows, seconds);
}

static void close_all(struct backtest *backtest)
{
    for (size_t i = 0; i < BACKTEST_POLICIES_MAX; i++)
        config_free(backtest->policies[i].config);
    table_free(&backtest->table);
    free(backtest);
}

int backtest_main(int argc, char **argv)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct backtest *backtest = calloc(1, sizeof *backtest);
    int status = EXIT_STATUS_UNUSABLE;
    if (!backtest) {
        backtest_out_of_memory();
        return status;
    }
    if (!parse_options(argc, argv, &backtest->options)) {
        fputs(usage, stderr);
        goto cleanup;
    }
    if (backtest->options.help) {
        fputs(usage, stdout);
        status = EXIT_STATUS_OK;
        goto cleanup;
    }
    const struct backtest_set *set = find_set(backtest->options.set);
    if (!set || !load_policies(backtest) || !set->run(backtest) || !write_results(backtest)) goto cleanup;
    print_cost(backtest, &start);
    status = backtest->bad_rows ? EXIT_STATUS_BAD_ROWS : EXIT_STATUS_OK;
cleanup:
    close_all(backtest);
    return status;
}
