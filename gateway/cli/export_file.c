#include "cli/export_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "message/message.h"

#define BEGIN_TABLE                                                                                                    \
    "CREATE TABLE readings (time_ms INTEGER NOT NULL, time TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,"  \
    " unit TEXT NOT NULL, value REAL, quality TEXT NOT NULL, reason TEXT NOT NULL, clock TEXT NOT NULL) STRICT;"       \
    "BEGIN"
/* Made at the end: that is faster. */
#define END_TABLE      "CREATE INDEX readings_of ON readings (subject, kind, time_ms); COMMIT"
#define INSERT_READING "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

static const struct {
    const char *name, *ending;
} formats[EXPORT_FORMAT_COUNT] = {
    [EXPORT_CSV] = {"csv", ".csv"},
    [EXPORT_JSON_LINES] = {"jsonl", ".jsonl"},
    [EXPORT_SQLITE] = {"sqlite", ".sqlite"},
};

enum export_format export_format_named(const char *name)
{
    int format = 0;
    while (format < EXPORT_FORMAT_COUNT && strcmp(formats[format].name, name) != 0)
        format++;
    return (enum export_format)format;
}

enum export_format export_format_of(const char *path)
{
    const char *ending = strrchr(path, '.');
    for (int format = 0; ending && format < EXPORT_FORMAT_COUNT; format++)
        if (strcmp(ending, formats[format].ending) == 0) return (enum export_format)format;
    return EXPORT_CSV;
}

static bool open_text(struct export_file *file, char *text, size_t size)
{
    file->text = strcmp(file->path, "-") == 0 ? stdout : fopen(file->path, "w");
    if (!file->text) {
        snprintf(text, size, "%s: %s", file->path, strerror(errno));
        return false;
    }
    if (file->format == EXPORT_CSV) fputs("time,subject,kind,value,unit,quality,reason,clock\n", file->text);
    return true;
}

static bool open_sqlite(struct export_file *file, char *text, size_t size)
{
    if (strcmp(file->path, "-") == 0 || access(file->path, F_OK) == 0) {
        snprintf(text, size, "%s: expected the name of a file that is not there yet", file->path);
        return false;
    }
    if (sqlite3_open(file->path, &file->db) == SQLITE_OK &&
        sqlite3_exec(file->db, BEGIN_TABLE, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(file->db, INSERT_READING, -1, &file->insert, NULL) == SQLITE_OK)
        return true;
    snprintf(text, size, "%s: %s", file->path, sqlite3_errmsg(file->db));
    sqlite3_close(file->db);
    return false;
}

bool export_file_open(struct export_file *file, enum export_format format, const char *path, char *text, size_t size)
{
    *file = (struct export_file){.format = format, .path = path};
    return format == EXPORT_SQLITE ? open_sqlite(file, text, size) : open_text(file, text, size);
}

/* A reading in words, as it goes into every format. */
struct words {
    char time[MESSAGE_TIME_SIZE];
    char value[32]; /* "" where there is none */
    const char *kind, *unit, *quality, *reason, *clock;
};

static const char *or_empty(const char *name)
{
    return name ? name : "";
}

/* Digits as they are: nothing is rounded. */
static void format_milli(int64_t milli, char text[32])
{
    uint64_t digits = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
    int used = snprintf(text, 32, "%s%" PRIu64, milli < 0 ? "-" : "", digits / 1000);
    if (digits % 1000 == 0) return;
    used += snprintf(text + used, 32 - (size_t)used, ".%03u", (unsigned)(digits % 1000));
    while (text[used - 1] == '0')
        text[--used] = '\0';
}

static struct words words_of(const struct store_reading *reading)
{
    static const char *const clocks[] = {
        [SW_CLOCK_UNSET] = "unset", [SW_CLOCK_SET] = "set", [SW_CLOCK_HOLDOVER] = "holdover"};
    const struct sw_reading_kind_info *kind = sw_reading_kind_info(reading->kind);
    bool known_clock = reading->clock_quality < sizeof clocks / sizeof clocks[0];
    struct words words = {.kind = kind ? kind->name : "",
                          .unit = kind ? kind->unit : "",
                          .quality = or_empty(sw_quality_name(reading->quality)),
                          .reason = or_empty(sw_quality_reason_name(reading->reason)),
                          .clock = known_clock ? clocks[reading->clock_quality] : ""};
    message_time_format(reading->time, words.time);
    if (reading->quality <= SW_QUALITY_SUSPECT) format_milli(reading->value_milli, words.value);
    return words;
}

static void insert(struct export_file *file, const struct store_reading *reading, const struct words *words)
{
    const char *const texts[] = {words->time, reading->subject, words->kind, words->unit};
    const char *const notes[] = {words->quality, words->reason, words->clock};
    sqlite3_bind_int64(file->insert, 1, reading->time.ms);
    for (int i = 0; i < 4; i++)
        sqlite3_bind_text(file->insert, 2 + i, texts[i], -1, SQLITE_STATIC);
    if (words->value[0] != '\0')
        sqlite3_bind_double(file->insert, 6, (double)reading->value_milli / 1000);
    else
        sqlite3_bind_null(file->insert, 6);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_text(file->insert, 7 + i, notes[i], -1, SQLITE_STATIC);
    if (sqlite3_step(file->insert) != SQLITE_DONE) file->failed = true;
    sqlite3_reset(file->insert);
}

/* Ids and names have no characters that either format would want quoted. */
void export_file_write(struct export_file *file, const struct store_reading *reading)
{
    struct words words = words_of(reading);
    if (file->failed) return;
    if (file->format == EXPORT_SQLITE)
        insert(file, reading, &words);
    else if (file->format == EXPORT_CSV)
        file->failed = fprintf(file->text, "%s,%s,%s,%s,%s,%s,%s,%s\n", words.time, reading->subject, words.kind,
                               words.value, words.unit, words.quality, words.reason, words.clock) < 0;
    else
        file->failed = fprintf(file->text,
                               "{\"time\":\"%s\",\"subject\":\"%s\",\"kind\":\"%s\",\"value\":%s,\"unit\":\"%s\","
                               "\"quality\":\"%s\",\"reason\":\"%s\",\"clock\":\"%s\"}\n",
                               words.time, reading->subject, words.kind, words.value[0] ? words.value : "null",
                               words.unit, words.quality, words.reason, words.clock) < 0;
}

static bool close_sqlite(struct export_file *file, char *text, size_t size)
{
    bool good = !file->failed && sqlite3_exec(file->db, END_TABLE, NULL, NULL, NULL) == SQLITE_OK;
    if (!good) snprintf(text, size, "%s: %s", file->path, sqlite3_errmsg(file->db));
    sqlite3_finalize(file->insert);
    sqlite3_close(file->db);
    return good;
}

bool export_file_close(struct export_file *file, char *text, size_t size)
{
    if (file->format == EXPORT_SQLITE) return close_sqlite(file, text, size);
    bool good = fflush(file->text) == 0 && !ferror(file->text) && !file->failed;
    if (!good) snprintf(text, size, "%s: %s", file->path, strerror(errno));
    if (file->text != stdout && fclose(file->text) != 0 && good) {
        snprintf(text, size, "%s: %s", file->path, strerror(errno));
        good = false;
    }
    return good;
}
