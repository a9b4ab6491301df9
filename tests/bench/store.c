/* What it costs to store readings and to read them back. Simulated meters report every quarter of an hour, all of them
 * within it; of their steps 15 in 100 are not zero.
 *
 *   store fill FOLDER SENSORS DAYS     all as fast as it goes, 20,000 readings a commit
 *   store steady FOLDER SENSORS HOURS  every sensor once a minute, two commits a second
 *   store rows FOLDER SENSORS DAYS     the naive way: a row each in SQLite, keyed by sensor and time
 *   store take FOLDER                  readings from standard input: series, milliseconds, thousandths
 *
 * Every commit is durable. One line a figure: metric, value, unit. */
#include <dirent.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "adapters/store_sqlite/readings/readings_file.h"
#include "adapters/store_sqlite/readings/readings_reader.h"
#include "stillwater/error.h"
#include "stillwater/time.h"

#define START_MS       INT64_C(1767225600000) /* 2026-01-01 */
#define QUARTER_MS     INT64_C(900000)
#define MINUTE_MS      INT64_C(60000)
#define DAY_QUARTERS   96
#define MONTH_QUARTERS (30 * DAY_QUARTERS)
#define BATCH          20000
#define MONTHS_READ    200

static uint64_t dice = 1;

static uint64_t roll(uint64_t end)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 33) % end;
}

static void run_meter(int64_t *index)
{
    if (roll(100) < 15) *index += 100 * (int64_t)(1 + roll(200));
}

static void must(int error, const char *text)
{
    if (!error) return;
    (void)fprintf(stderr, "%s: %s\n", text, sw_error_text(error));
    exit(1);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What this process has had written to disk. */
static double written_bytes(void)
{
    char line[128];
    double bytes = 0;
    FILE *file = fopen("/proc/self/io", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "write_bytes:", 12) == 0) bytes = strtod(line + 12, NULL);
    if (file) (void)fclose(file);
    return bytes;
}

/* Of all files in the folder. */
static double stored_bytes(const char *path)
{
    char name[4400];
    double bytes = 0;
    DIR *folder = opendir(path);
    struct dirent *entry;
    struct stat about;
    while (folder && (entry = readdir(folder)) != NULL) {
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && stat(name, &about) == 0) bytes += (double)about.st_size;
    }
    if (folder) (void)closedir(folder);
    return bytes;
}

static void tell(const char *metric, double value, const char *unit)
{
    printf("%s\t%.6g\t%s\n", metric, value, unit);
}

/* ---- ours ---- */

struct ours {
    char path[4200], text[READINGS_TEXT_SIZE];
    const char *folder;
    struct readings_file file;
    struct readings_series series;
    uint32_t stored_series;
    struct readings_block block;
    uint64_t readings, commits;
    double longest_step, longest_cpu, cpu, wall;
    double written;
};

static void open_ours(struct ours *ours, const char *folder)
{
    memset(ours, 0, sizeof *ours);
    ours->folder = folder;
    (void)snprintf(ours->path, sizeof ours->path, "%s/store-readings", folder);
    must(readings_file_open(&ours->file, ours->path, ours->text, sizeof ours->text), ours->text);
    ours->written = written_bytes();
    ours->cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    ours->wall = seconds_of(CLOCK_MONOTONIC);
}

static uint32_t sensor_series(struct ours *ours, uint32_t sensor)
{
    char name[32];
    (void)snprintf(name, sizeof name, "home-%05" PRIu32, sensor);
    return readings_series_number(&ours->series, name, SW_READING_WATER_INDEX);
}

/* Where their meters stand: free() it. */
static int64_t *open_sensors(struct ours *ours, const char *folder, uint32_t sensors)
{
    int64_t *index = calloc(sensors, sizeof *index);
    must(index ? SW_OK : SW_ERROR_NO_SPACE, "meters");
    open_ours(ours, folder);
    for (uint32_t s = 0; s < sensors; s++)
        (void)sensor_series(ours, s);
    return index;
}

static void step(struct ours *ours)
{
    bool more;
    double start = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    must(readings_file_step(&ours->file, &more, ours->text, sizeof ours->text), ours->text);
    double took = seconds_of(CLOCK_MONOTONIC) - start;
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (took > ours->longest_step) ours->longest_step = took;
    if (cpu > ours->longest_cpu) ours->longest_cpu = cpu;
}

static void commit(struct ours *ours)
{
    size_t size;
    uint8_t *bytes = readings_block_write(&ours->block, &ours->series, ours->stored_series, &size);
    must(bytes ? SW_OK : SW_ERROR_NO_SPACE, "block");
    must(readings_file_append(&ours->file, &ours->block, bytes, size, true, ours->text, sizeof ours->text), ours->text);
    free(bytes);
    ours->stored_series = ours->series.count;
    readings_block_clear(&ours->block);
    ours->commits++;
}

static void add(struct ours *ours, uint32_t series, int64_t time_ms, int64_t value_milli)
{
    struct log_reading stored = {
        .series = series,
        .reading = {.time_ms = time_ms, .value_milli = value_milli, .clock_quality = SW_CLOCK_SET},
        .taken_ms = time_ms};
    must(readings_block_add(&ours->block, &stored), "reading");
    ours->readings++;
}

static void tell_in(struct ours *ours)
{
    double n = (double)ours->readings;
    tell("readings a second, durable", n / (seconds_of(CLOCK_MONOTONIC) - ours->wall), "1/s");
    tell("CPU a reading", (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - ours->cpu) / n * 1e9, "ns");
    tell("written to disk a reading", (written_bytes() - ours->written) / n, "B");
    tell("commits", (double)ours->commits, "");
    tell("longest step of moving", ours->longest_step * 1e3, "ms");
    tell("longest step of moving, CPU", ours->longest_cpu * 1e3, "ms");
}

/* Everything into chunks; then what the files take. */
static void tell_compacted(struct ours *ours)
{
    bool more = true;
    while (more)
        must(readings_file_step(&ours->file, &more, ours->text, sizeof ours->text), ours->text);
    must(readings_file_move_now(&ours->file, ours->text, sizeof ours->text), ours->text);
    for (more = true; more;)
        must(readings_file_step(&ours->file, &more, ours->text, sizeof ours->text), ours->text);
    double pages = (double)readings_file_bytes(&ours->file);
    readings_file_close(&ours->file);
    tell("a reading, compacted", pages / (double)ours->readings, "B");
    tell("a reading, compacted, with free pages", stored_bytes(ours->folder) / (double)ours->readings, "B");
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static void tell_months(const struct ours *ours, uint32_t sensors, uint64_t quarters)
{
    struct readings_reader *reader;
    char text[READINGS_TEXT_SIZE];
    static double cold[MONTHS_READ], warm[MONTHS_READ];
    uint64_t read = 0;
    must(readings_reader_open(ours->path, &reader, text, sizeof text), text);
    for (int i = 0; i < MONTHS_READ; i++) {
        uint32_t sensor = (uint32_t)roll(sensors);
        uint64_t month = quarters > MONTH_QUARTERS ? roll(quarters - MONTH_QUARTERS) : 0;
        int64_t from = START_MS + (int64_t)month * QUARTER_MS, to = from + MONTH_QUARTERS * QUARTER_MS - 1;
        const struct series_reading *readings;
        size_t count;
        for (int turn = 0; turn < 2; turn++) {
            double start = seconds_of(CLOCK_MONOTONIC);
            must(readings_reader_read(reader, sensor, from, to, &readings, &count), "read");
            (turn ? warm : cold)[i] = seconds_of(CLOCK_MONOTONIC) - start;
        }
        read += count;
    }
    readings_reader_close(reader);
    tell("readings in a month of one sensor", (double)read / MONTHS_READ, "");
    tell("a month of one sensor, first time", median(cold, MONTHS_READ) * 1e3, "ms");
    tell("a month of one sensor", median(warm, MONTHS_READ) * 1e3, "ms");
}

static int fill(const char *folder, uint32_t sensors, uint64_t days)
{
    static struct ours ours;
    int64_t *index = open_sensors(&ours, folder, sensors);
    for (uint64_t quarter = 0; quarter < days * DAY_QUARTERS; quarter++)
        for (uint32_t s = 0; s < sensors; s++) {
            run_meter(&index[s]);
            add(&ours, s, START_MS + (int64_t)quarter * QUARTER_MS + (int64_t)s * QUARTER_MS / sensors, index[s]);
            if (ours.block.count < BATCH) continue;
            commit(&ours);
            step(&ours);
        }
    commit(&ours);
    tell_in(&ours);
    tell_months(&ours, sensors, days * DAY_QUARTERS);
    tell_compacted(&ours);
    free(index);
    return 0;
}

static int steady(const char *folder, uint32_t sensors, uint64_t hours)
{
    static struct ours ours;
    int64_t *index = open_sensors(&ours, folder, sensors);
    for (uint64_t half = 0; half < hours * 7200; half++) {
        uint32_t first = (uint32_t)(half % 120 * sensors / 120), end = (uint32_t)((half % 120 + 1) * sensors / 120);
        for (uint32_t s = first; s < end; s++) {
            run_meter(&index[s]);
            add(&ours, s, START_MS + (int64_t)(half / 120) * MINUTE_MS + (int64_t)s * MINUTE_MS / sensors, index[s]);
        }
        commit(&ours);
        step(&ours);
    }
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - ours.cpu;
    tell("CPU at one reading a sensor and minute", cpu / ((double)hours * 3600) * 100, "%");
    tell("written a reading at one a minute", (written_bytes() - ours.written) / (double)ours.readings, "B");
    tell("fsyncs of the log a second", (double)ours.file.counters.syncs / ((double)hours * 3600), "1/s");
    readings_file_close(&ours.file);
    free(index);
    return 0;
}

static int take(const char *folder)
{
    static struct ours ours;
    uint32_t series;
    int64_t time_ms, value_milli;
    open_ours(&ours, folder);
    while (scanf("%" SCNu32 " %" SCNd64 " %" SCNd64, &series, &time_ms, &value_milli) == 3) {
        while (ours.series.count <= series)
            (void)sensor_series(&ours, ours.series.count);
        add(&ours, series, time_ms, value_milli);
        if (ours.block.count < 100) continue;
        commit(&ours);
        step(&ours);
    }
    commit(&ours);
    tell("household readings", (double)ours.readings, "");
    tell("repeated among them", (double)ours.file.counters.repeated, "");
    tell_compacted(&ours);
    return 0;
}

/* ---- the naive way ---- */

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    (void)fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
    exit(1);
}

static void tell_rows_months(sqlite3 *db, uint32_t sensors)
{
    sqlite3_stmt *select;
    static double warm[MONTHS_READ];
    int64_t sum = 0;
    (void)sqlite3_prepare_v2(db, "SELECT time_ms, value FROM readings WHERE sensor = ? AND time_ms BETWEEN ? AND ?", -1,
                             &select, NULL);
    for (int i = 0; i < MONTHS_READ; i++) {
        uint32_t sensor = (uint32_t)roll(sensors);
        for (int turn = 0; turn < 2; turn++) {
            double start = seconds_of(CLOCK_MONOTONIC);
            (void)sqlite3_bind_int64(select, 1, sensor);
            (void)sqlite3_bind_int64(select, 2, START_MS);
            (void)sqlite3_bind_int64(select, 3, START_MS + MONTH_QUARTERS * QUARTER_MS - 1);
            while (sqlite3_step(select) == SQLITE_ROW)
                sum += sqlite3_column_int64(select, 0) + sqlite3_column_int64(select, 1);
            (void)sqlite3_reset(select);
            if (turn) warm[i] = seconds_of(CLOCK_MONOTONIC) - start;
        }
    }
    (void)sqlite3_finalize(select);
    if (sum > 0) tell("a month of one sensor", median(warm, MONTHS_READ) * 1e3, "ms");
}

static int rows(const char *folder, uint32_t sensors, uint64_t days)
{
    char path[4200];
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t readings = 0;
    int64_t *index = calloc(sensors, sizeof *index);
    if (!index) return 1;
    (void)snprintf(path, sizeof path, "%s/rows", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK) return 1;
    run(db, "PRAGMA journal_mode = WAL");
    run(db, "PRAGMA synchronous = FULL");
    run(db, "CREATE TABLE readings (sensor INTEGER, time_ms INTEGER, value INTEGER, PRIMARY KEY (sensor, time_ms))"
            " WITHOUT ROWID");
    (void)sqlite3_prepare_v2(db, "INSERT INTO readings VALUES (?, ?, ?)", -1, &insert, NULL);
    double start = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), before = written_bytes();
    run(db, "BEGIN");
    for (uint64_t quarter = 0; quarter < days * DAY_QUARTERS; quarter++)
        for (uint32_t s = 0; s < sensors; s++) {
            run_meter(&index[s]);
            (void)sqlite3_bind_int64(insert, 1, s);
            (void)sqlite3_bind_int64(insert, 2,
                                     START_MS + (int64_t)quarter * QUARTER_MS + (int64_t)s * QUARTER_MS / sensors);
            (void)sqlite3_bind_int64(insert, 3, index[s]);
            if (sqlite3_step(insert) != SQLITE_DONE) return 1;
            (void)sqlite3_reset(insert);
            if (++readings % BATCH != 0) continue;
            run(db, "COMMIT");
            run(db, "BEGIN");
        }
    run(db, "COMMIT");
    double n = (double)readings;
    tell("readings a second, durable", n / (seconds_of(CLOCK_MONOTONIC) - start), "1/s");
    tell("CPU a reading", (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / n * 1e9, "ns");
    tell("written to disk a reading", (written_bytes() - before) / n, "B");
    tell_rows_months(db, sensors);
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    tell("a reading, compacted", stored_bytes(folder) / n, "B");
    free(index);
    return 0;
}

int main(int argc, char **argv)
{
    uint32_t sensors = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    uint64_t length = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    if (argc == 3 && strcmp(argv[1], "take") == 0) return take(argv[2]);
    if (argc != 5 || sensors == 0 || length == 0) return 2;
    if (strcmp(argv[1], "fill") == 0) return fill(argv[2], sensors, length);
    if (strcmp(argv[1], "steady") == 0) return steady(argv[2], sensors, length);
    if (strcmp(argv[1], "rows") == 0) return rows(argv[2], sensors, length);
    return 2;
}
