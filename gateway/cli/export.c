#include "cli/export.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/store_sqlite/store_history.h"
#include "adapters/store_sqlite/store_home.h"
#include "cli/export_file.h"
#include "cli/replay.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXIT_NOTHING 1
#define WANTED_MAX   64

static const char usage[] =
    "Usage: stillwater export --store FILE --out FILE [--format csv|jsonl|sqlite] [--subject ID]... [--kind NAME]...\n"
    "                         [--from TIME] [--to TIME] [--usable]\n"
    "       stillwater export --store FILE --out FILE --home ID\n"
    "\n"
    "Readings for analysts, or everything that is stored of one home. Reads beside the running daemon and changes\n"
    "nothing (docs/export.md).\n"
    "\n"
    "  --store FILE   the gateway's store (store.path of its configuration)\n"
    "  --out FILE     where it goes; - is standard output\n"
    "  --format       left out: by the end of the file's name, .jsonl or .sqlite, else CSV\n"
    "  --subject ID   only of these homes, sites and covers\n"
    "  --kind NAME    only these kinds of readings, such as level_mm\n"
    "  --from, --to   only of this time, both included, RFC 3339\n"
    "  --usable       only readings that are good or suspect, which `stillwater replay` takes\n"
    "  --home ID      readings, alerts, feedback, reports, trail and state of this home, as JSON lines\n"
    "  --help         this text\n"
    "\n"
    "Exit status: 0; 1 when there is nothing of the kind; 2 when a file cannot be read or written.\n";

struct options {
    const char *store, *out, *home;
    enum export_format format;
    const char *subjects[WANTED_MAX];
    size_t subject_count;
    enum sw_reading_kind kinds[WANTED_MAX];
    size_t kind_count;
    struct sw_wall from, to;
    bool usable, help;
};

static bool wrong(const char *option, const char *found, const char *expected)
{
    fprintf(stderr, "stillwater export: %s: found \"%.100s\"; expected %s\n", option, found, expected);
    return false;
}

static bool take_kind(struct options *options, const char *name)
{
    enum sw_reading_kind kind = sw_reading_kind_from_name(name);
    if (kind == SW_READING_NONE) return wrong("--kind", name, "a kind of reading (docs/sensor-profiles.md)");
    if (options->kind_count == WANTED_MAX) return wrong("--kind", name, "64 of them at most");
    options->kinds[options->kind_count++] = kind;
    return true;
}

static bool take_subject(struct options *options, const char *id)
{
    if (options->subject_count == WANTED_MAX) return wrong("--subject", id, "64 of them at most");
    options->subjects[options->subject_count++] = id;
    return true;
}

static bool take_time(const char *option, const char *text, struct sw_wall *time)
{
    return message_time_parse(text, time) == SW_OK || wrong(option, text, "a time such as 2026-11-22T08:00:00Z");
}

static bool take_option(struct options *options, int letter, const char *text)
{
    switch (letter) {
    case 's':
        options->store = text;
        return true;
    case 'o':
        options->out = text;
        return true;
    case 'm':
        options->home = text;
        return true;
    case 'r':
        options->format = export_format_named(text);
        return options->format != EXPORT_FORMAT_COUNT || wrong("--format", text, "csv, jsonl or sqlite");
    case 'u':
        return take_subject(options, text);
    case 'k':
        return take_kind(options, text);
    case 'f':
        return take_time("--from", text, &options->from);
    case 't':
        return take_time("--to", text, &options->to);
    case 'g':
        options->usable = true;
        return true;
    default:
        options->help = letter == 'h';
        return options->help;
    }
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"store", required_argument, NULL, 's'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"home", required_argument, NULL, 'm'},
                                          {"format", required_argument, NULL, 'r'},
                                          {"subject", required_argument, NULL, 'u'},
                                          {"kind", required_argument, NULL, 'k'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"to", required_argument, NULL, 't'},
                                          {"usable", no_argument, NULL, 'g'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;
    *options = (struct options){
        .format = EXPORT_FORMAT_COUNT, .from = sw_wall_from_ms(INT64_MIN), .to = sw_wall_from_ms(INT64_MAX)};
    while (!options->help && (letter = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(options, letter, optarg)) return false;
    if (options->help) return true;
    if (!options->store || !options->out || optind != argc)
        return wrong("command line", optind < argc ? argv[optind] : "", "--store FILE --out FILE");
    bool filters = options->subject_count > 0 || options->kind_count > 0 || options->usable ||
                   options->from.ms != INT64_MIN || options->to.ms != INT64_MAX;
    if (options->home && (filters || (options->format != EXPORT_FORMAT_COUNT && options->format != EXPORT_JSON_LINES)))
        return wrong("--home", options->home, "it without filters, as JSON lines: all there is");
    const char *end = strrchr(options->out, '.');
    enum export_format named = end ? export_format_named(end + 1) : EXPORT_FORMAT_COUNT;
    if (options->home && named != EXPORT_FORMAT_COUNT && named != EXPORT_JSON_LINES)
        return wrong("--out", options->out, "a name that does not end as another format does: a home is JSON lines");
    if (options->format == EXPORT_FORMAT_COUNT) options->format = export_format_of(options->out);
    if (options->home) options->format = EXPORT_JSON_LINES;
    return true;
}

/* ---- readings ---- */

struct export
{
    const struct options *options;
    struct export_file file;
    uint64_t written;
};

static bool is_wanted(const struct options *options, const struct store_reading *reading)
{
    bool subject = options->subject_count == 0, kind = options->kind_count == 0;
    /* Events of a node itself have none. */
    if (reading->subject[0] == '\0') return false;
    if (options->home && strcmp(reading->subject, options->home) != 0) return false;
    if (options->usable && reading->quality > SW_QUALITY_SUSPECT) return false;
    for (size_t i = 0; !subject && i < options->subject_count; i++)
        subject = strcmp(options->subjects[i], reading->subject) == 0;
    for (size_t i = 0; !kind && i < options->kind_count; i++)
        kind = options->kinds[i] == reading->kind;
    return subject && kind;
}

static void on_reading(void *ctx, const struct store_reading *reading)
{
    struct export *export = ctx;
    if (!is_wanted(export->options, reading)) return;
    export_file_write(&export->file, reading);
    export->written++;
}

static bool export_readings(struct export *export, char *text, size_t size)
{
    struct store_history *history;
    const struct options *options = export->options;
    if (store_history_open(options->store, &history, text, size) != SW_OK) return false;
    int error = store_history_readings(history, options->from, options->to, export, on_reading);
    if (error) store_history_text(history, text, size);
    store_history_close(history);
    return error == SW_OK;
}

/* ---- one home ---- */

/* Bytes as hexadecimal digits. */
static json_t *hex_of(const uint8_t *bytes, size_t size)
{
    char *text = malloc(2 * size + 1);
    if (!text) return NULL;
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    json_t *hex = json_stringn(text, 2 * size);
    free(text);
    return hex;
}

static json_t *value_of(sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(row, column));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(row, column));
    case SQLITE_BLOB:
        return hex_of(sqlite3_column_blob(row, column), (size_t)sqlite3_column_bytes(row, column));
    default:
        return json_null();
    }
}

/* The row as it is stored, under the name of its table. */
static void on_row(void *ctx, const char *table, sqlite3_stmt *row)
{
    struct export *export = ctx;
    json_t *object = json_object();
    bool good = json_object_set_new(object, "table", json_string(table)) == 0;
    for (int i = 0; good && i < sqlite3_column_count(row); i++)
        good = json_object_set_new(object, sqlite3_column_name(row, i), value_of(row, i)) == 0;
    good = good && json_dumpf(object, export->file.text, JSON_COMPACT) == 0 && fputc('\n', export->file.text) != EOF;
    if (!good) export->file.failed = true;
    json_decref(object);
    export->written++;
}

static int run(const struct options *options, char *text, size_t size)
{
    struct export export = {.options = options};
    if (!export_file_open(&export.file, options->format, options->out, text, size)) return EXIT_STATUS_UNUSABLE;
    bool read = export_readings(&export, text, size);
    uint64_t readings = export.written;
    if (read && options->home)
        read = store_home_each(options->store, options->home, &export, on_row, text, size) == SW_OK;
    char close_text[512];
    bool whole = export_file_close(&export.file, close_text, sizeof close_text);
    if (read && !whole) snprintf(text, size, "%s", close_text);
    if (!read || !whole) return EXIT_STATUS_UNUSABLE;
    fprintf(stderr, "%" PRIu64 " readings", readings);
    if (options->home) fprintf(stderr, " and %" PRIu64 " other rows of %s", export.written - readings, options->home);
    fputc('\n', stderr);
    return export.written > 0 ? EXIT_STATUS_OK : EXIT_NOTHING;
}

int export_main(int argc, char **argv)
{
    struct options options;
    char text[512] = "";
    if (!parse_options(argc, argv, &options)) {
        fputs("stillwater export --help tells more\n", stderr);
        return EXIT_STATUS_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    /* How homes live is nobody else's business. */
    (void)umask(S_IRWXG | S_IRWXO);
    int status = run(&options, text, sizeof text);
    if (status == EXIT_STATUS_UNUSABLE) fprintf(stderr, "stillwater export: %s\n", text);
    return status;
}
