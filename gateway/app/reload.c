#include "app/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/alerts.h"
#include "app/areas.h"
#include "app/commands.h"
#include "app/escalations.h"
#include "app/home_assistant.h"
#include "app/incidents.h"
#include "app/journal.h"
#include "app/log.h"
#include "app/memory.h"
#include "app/outbox.h"
#include "app/reports.h"
#include "app/retired.h"
#include "app/space.h"
#include "app/states.h"
#include "app/status.h"
#include "app/storm.h"
#include "app/subjects.h"
#include "app/telemetry.h"
#include "config/profile_file.h"
#include "registry/people.h"

#define PROBLEMS_MAX 20u

/* One pass over the files, on a thread of the pool: it touches nothing but this. */
struct reading {
    uv_work_t work;
    struct gateway *gateway;
    const char *file;
    struct loaded loaded;
    struct gateway *next; /* all that follows from them, to take the place of what there is */
    int error;
    char problems[PROBLEMS_MAX][512];
    uint32_t problem_count; /* those beyond PROBLEMS_MAX are only counted */
};

/* ---- reading, on the thread pool ---- */

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    struct reading *reading = ctx;
    uint32_t place = reading->problem_count++;
    if (place >= PROBLEMS_MAX) return;
    char *problem = reading->problems[place];
    size_t size = sizeof reading->problems[place];
    if (line > 0)
        snprintf(problem, size, "%s:%u: %s%s%s", file, line, field, *field ? ": " : "", text);
    else
        snprintf(problem, size, "%s: %s%s%s", file, field, *field ? ": " : "", text);
}

/* FNV-1a, 64 bits, over one file after the other. */
static uint64_t hash_file(uint64_t hash, const char *file)
{
    unsigned char bytes[4096];
    FILE *stream = file ? fopen(file, "rb") : NULL;
    if (!stream) return hash;
    for (size_t size; (size = fread(bytes, 1, sizeof bytes, stream)) > 0;)
        for (size_t i = 0; i < size; i++)
            hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    fclose(stream);
    return hash;
}

static void hash_files(const char *file, const struct gateway_config *config, char text[17])
{
    uint64_t hash = hash_file(UINT64_C(14695981039346656037), file);
    hash = hash_file(hash, config->registry.people);
    hash = hash_file(hash, config->registry.places);
    for (size_t i = 0; i < config->profiles.count; i++) {
        char profile[4096];
        snprintf(profile, sizeof profile, "%s/%s.yaml", config->profiles.path, config->profiles.files[i]->name);
        hash = hash_file(hash, profile);
    }
    snprintf(text, 17, "%016llx", (unsigned long long)hash);
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    alerts_on_revision(ctx, subject, alert);
}

/* Of all that is made anew what takes long: with 10,000 sensors a tenth of a second. */
static int build_subjects(struct reading *reading)
{
    struct gateway *next = reading->next;
    struct core_sink sink = {reading->gateway, on_alert};
    char text[256] = "";
    next->config = reading->loaded.config;
    next->places = reading->loaded.places;
    int error = subjects_build(next, sink, text, sizeof text);
    if (error) on_problem(reading, reading->file, 0, "", text);
    return error;
}

static void read_files(uv_work_t *work)
{
    struct reading *reading = work->data;
    struct loaded *loaded = &reading->loaded;
    struct config_report report = {reading, on_problem};
    reading->error = config_load(reading->file, CONFIG_FOR_DAEMON, report, &loaded->config);
    if (!reading->error) reading->error = people_load_of(loaded->config, report, &loaded->roster);
    if (!reading->error && loaded->config->registry.places)
        reading->error = places_load(loaded->config->registry.places, report, &loaded->places);
    if (reading->error) return;
    loaded->config->duty = loaded->roster;
    hash_files(reading->file, loaded->config, loaded->hash);
    reading->error = build_subjects(reading);
}

static void free_loaded(struct loaded *loaded)
{
    places_free(&loaded->places);
    people_free(loaded->roster);
    config_free(loaded->config);
    *loaded = (struct loaded){.config = NULL};
}

/* ---- what came of it ---- */

static void forget_answer(struct reload_answer *answer)
{
    free(answer->response_topic);
    free(answer->correlation);
    *answer = (struct reload_answer){.wanted = false};
}

static struct publisher_command answer_to(const struct reload_answer *answer)
{
    return (struct publisher_command){.response_topic = answer->response_topic,
                                      .correlation = answer->correlation,
                                      .correlation_size = answer->correlation_size};
}

static void refuse(struct gateway *gateway, int error, const char *text)
{
    struct reload *reload = &gateway->reload;
    gateway->counters.reloads_refused++;
    log_event(LOG_LEVEL_ERROR, "reload", "%s; the configuration before goes on", text);
    if (reload->answer.wanted) {
        struct publisher_command to = answer_to(&reload->answer);
        gateway->counters.commands_refused++;
        commands_answer(gateway, &to, error, text);
    }
    forget_answer(&reload->answer);
}

static void refuse_files(struct gateway *gateway, const struct reading *reading)
{
    for (uint32_t i = 1; i < reading->problem_count && i < PROBLEMS_MAX; i++)
        log_event(LOG_LEVEL_ERROR, "reload", "%s", reading->problems[i]);
    refuse(gateway, reading->error,
           reading->problem_count > 0 ? reading->problems[0] : "the configuration cannot be read");
}

static void tell_done(struct gateway *gateway)
{
    struct reload *reload = &gateway->reload;
    struct store_command row = {.time = gateway->clock.wall()};
    snprintf(row.about, sizeof row.about, "%s", gateway->config->gateway);
    snprintf(row.text, sizeof row.text, "configuration %s", reload->configuration.hash);
    snprintf(row.by, sizeof row.by, "%s", reload->by);
    snprintf(row.note, sizeof row.note, "%s", reload->note);
    journal_command(gateway, &row);
    if (reload->answer.wanted) {
        struct publisher_command to = answer_to(&reload->answer);
        commands_answer_later(gateway, &to, "", 0, row.text);
    }
    forget_answer(&reload->answer);
    gateway->counters.reloads++;
    status_soon(gateway);
}

/* ---- the new beside the old ---- */

/* NULL, or the key that only a start can change. */
static const char *find_fixed(const struct gateway_config *config, const struct gateway_config *before)
{
    if (strcmp(config->city, before->city) != 0) return "city";
    if (strcmp(config->gateway, before->gateway) != 0) return "gateway";
    return strcmp(config->store_path, before->store_path) != 0 ? "store.path" : NULL;
}

/* All else that follows from the configuration; what it knows is what `gateway` knows. */
static int build(struct gateway *next, struct gateway *gateway)
{
    int error = subjects_take_over(next, gateway);
    if (!error) error = alerts_build(next);
    if (!error) error = reports_build(next);
    if (!error) error = states_build(next);
    if (!error) error = escalations_build(next);
    if (!error) error = home_assistant_build(next);
    if (error) return error;
    alerts_take_over(next, gateway);
    escalations_take_over(next, gateway);
    reports_take_over(next, gateway);
    error = areas_build(next);
    if (!error) error = incidents_take_over(next, gateway);
    if (!error) error = telemetry_build(next);
    if (!error) states_take_over(next, gateway);
    return error;
}

static void free_built(struct gateway *next)
{
    areas_free(next);
    incidents_free(next);
    states_free(next);
    home_assistant_free(next);
    escalations_free(next);
    telemetry_free(next);
    alerts_free(next);
    reports_free(next);
    subjects_free(next);
}

#define EXCHANGE(type, member)                                                                                         \
    do {                                                                                                               \
        type kept = gateway->member;                                                                                   \
        gateway->member = next->member;                                                                                \
        next->member = kept;                                                                                           \
    } while (0)

static void exchange(struct gateway *gateway, struct gateway *next)
{
    EXCHANGE(const struct gateway_config *, config);
    EXCHANGE(void *, core_memory);
    EXCHANGE(struct core *, core);
    EXCHANGE(int64_t *, positions);
    EXCHANGE(uint32_t *, config_subject);
    EXCHANGE(struct line_state *, lines);
    EXCHANGE(void *, open_memory);
    EXCHANGE(struct open_alerts *, open);
    EXCHANGE(struct report_room, reports);
    EXCHANGE(struct places, places);
    EXCHANGE(uint32_t, space.core);
    EXCHANGE(struct home_assistant, home_assistant);
    EXCHANGE(struct area_pump, areas);
    EXCHANGE(struct incidents, incidents);
    EXCHANGE(struct state_pump, states);
    EXCHANGE(struct escalation_pump, escalations);
    telemetry_change(gateway, next);
}

/* `before` has what was in force. */
static void settle_in(struct gateway *gateway, struct gateway *before)
{
    journal_checkpoint(gateway);
    retired_resolve_of(gateway, before->core);
    escalations_resume(gateway);
    areas_leave(gateway, before);
    incidents_leave(gateway, before);
    states_leave(gateway, before);
    home_assistant_leave(gateway, before);
    space_set_limits(gateway);
    storm_hurry(gateway);
    core_tick(gateway->core, gateway->clock.wall());
}

static uint32_t count_missing(const struct gateway *gateway, const struct gateway *among)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++)
        count += subjects_same(among, gateway, i) == NO_SUBJECT;
    return count;
}

/* ---- the old one's end ---- */

static void on_settled(void *ctx)
{
    struct gateway *gateway = ctx;
    struct reload *reload = &gateway->reload;
    free_loaded(&reload->former);
    if (reload->replaced) reload->replaced(reload->replaced_ctx);
    reload->replaced = NULL;
    /* What was read on the threads of the pool: each keeps what it has freed, else. */
    memory_give_back();
    reload->settling = false;
    if (!reload->again) return;
    reload->again = false;
    gateway_reload(gateway, reload->by);
}

static int change(struct gateway *gateway, struct gateway *next, struct loaded *loaded, char *text, size_t text_size)
{
    struct reload *reload = &gateway->reload;
    int error = build(next, gateway);
    if (!error) error = publisher_apply(gateway->publisher, next->config, text, text_size);
    if (error) return error;
    error = field_bus_apply(gateway->bus, next->config, on_settled, gateway);
    if (error) {
        (void)publisher_apply(gateway->publisher, gateway->config, text, text_size);
        snprintf(text, text_size, "the field bus cannot go over: %s", sw_error_text(error));
        return error;
    }
    reload->settling = true;
    exchange(gateway, next);
    log_event(LOG_LEVEL_INFO, "reload", "configuration %s by %s: %u subjects, lines and units are new, %u are gone",
              loaded->hash, reload->by, count_missing(gateway, next), count_missing(next, gateway));
    /* The bus lets go of the configuration before later; nobody else looks at it then. */
    reload->former = reload->present;
    reload->present = *loaded;
    reload->present.places = (struct places){.count = 0};
    *loaded = (struct loaded){.places = next->places};
    memcpy(reload->configuration.hash, reload->present.hash, sizeof reload->configuration.hash);
    reload->configuration.since = gateway->clock.wall();
    settle_in(gateway, next);
    return SW_OK;
}

static void apply(struct gateway *gateway, struct reading *reading)
{
    char text[512] = "";
    const char *fixed = find_fixed(reading->loaded.config, gateway->config);
    if (fixed) {
        snprintf(text, sizeof text, "%s: another one needs a restart", fixed);
        refuse(gateway, SW_ERROR_NOT_PERMITTED, text);
        return;
    }
    int error = change(gateway, reading->next, &reading->loaded, text, sizeof text);
    if (error) {
        refuse(gateway, error, text[0] != '\0' ? text : sw_error_text(error));
        return;
    }
    tell_done(gateway);
    journal_flush(gateway);
    outbox_wake(gateway);
    states_pump(gateway);
}

static void free_reading(struct reading *reading)
{
    if (reading->next) free_built(reading->next);
    free(reading->next);
    free_loaded(&reading->loaded);
    free(reading);
}

static void on_read(uv_work_t *work, int status)
{
    struct reading *reading = work->data;
    struct gateway *gateway = reading->gateway;
    (void)status;
    gateway->reload.under_way = false;
    if (gateway->phase != PHASE_RUNNING)
        forget_answer(&gateway->reload.answer);
    else if (reading->error)
        refuse_files(gateway, reading);
    else
        apply(gateway, reading);
    free_reading(reading);
    gateway_release(gateway);
}

static int start(struct gateway *gateway)
{
    struct reload *reload = &gateway->reload;
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading) return SW_ERROR_NO_SPACE;
    reading->work.data = reading;
    reading->gateway = gateway;
    reading->file = reload->file;
    reading->next = calloc(1, sizeof *reading->next);
    if (reading->next) {
        reading->next->loop = gateway->loop;
        reading->next->clock = gateway->clock;
        reading->next->store = gateway->store;
    }
    if (!reading->next || uv_queue_work(gateway->loop, &reading->work, read_files, on_read) != 0) {
        free_reading(reading);
        return SW_ERROR_SYSTEM;
    }
    reload->under_way = true;
    gateway->open_handles++;
    return SW_OK;
}

/* ---- who asks ---- */

void gateway_reload_from(struct gateway *gateway, const char *file, void (*replaced)(void *ctx), void *ctx)
{
    struct reload *reload = &gateway->reload;
    reload->file = strdup(file);
    reload->replaced = replaced;
    reload->replaced_ctx = ctx;
    hash_files(file, gateway->config, reload->configuration.hash);
    reload->configuration.since = gateway->since;
    status_soon(gateway);
}

void gateway_reload(struct gateway *gateway, const char *by)
{
    struct reload *reload = &gateway->reload;
    if (gateway->phase != PHASE_RUNNING || !reload->file) return;
    if (reload->under_way || reload->settling) {
        reload->again = true;
        return;
    }
    memmove(reload->by, by, strlen(by) + 1);
    reload->note[0] = '\0';
    int error = start(gateway);
    if (error) refuse(gateway, error, sw_error_text(error));
}

static int take_command(struct gateway *gateway, const struct publisher_command *from,
                        const struct message_command *command)
{
    struct reload *reload = &gateway->reload;
    struct reload_answer answer = {.wanted = true};
    if (!reload->file) return SW_ERROR_NOT_PERMITTED;
    if (reload->under_way || reload->settling) return SW_ERROR_BUSY;
    if (from->response_topic) answer.response_topic = strdup(from->response_topic);
    if (from->correlation) {
        answer.correlation = malloc(from->correlation_size + 1);
        if (answer.correlation) memcpy(answer.correlation, from->correlation, from->correlation_size);
        answer.correlation_size = answer.correlation ? from->correlation_size : 0;
    }
    int error = start(gateway);
    if (error) {
        forget_answer(&answer);
        return error;
    }
    reload->answer = answer;
    memcpy(reload->by, command->by, sizeof reload->by);
    memcpy(reload->note, command->note, sizeof reload->note);
    return SW_OK;
}

void reload_on_command(struct gateway *gateway, const struct publisher_command *from,
                       const struct message_command *command)
{
    int error = take_command(gateway, from, command);
    if (!error) return;
    gateway->counters.commands_refused++;
    commands_answer(gateway, from, error,
                    error == SW_ERROR_BUSY ? "the configuration is being read already; try again"
                                           : sw_error_text(error));
}

void reload_free(struct gateway *gateway)
{
    struct reload *reload = &gateway->reload;
    forget_answer(&reload->answer);
    free_loaded(&reload->former);
    free_loaded(&reload->present);
    free(reload->file);
}
