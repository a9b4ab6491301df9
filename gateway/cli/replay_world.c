#include "cli/replay_world.h"

#include <stdlib.h>
#include <string.h>

#include "config/neighbours.h"
#include "message/message.h"
#include "stillwater/error.h"

#define FIRST_CAPACITY 16   /* subjects of a domain */
#define TICK_LEAST_MS  1000 /* the daemon ticks once a second; a replay never more often */

struct replay_subject {
    char *name;                         /* the core points to it */
    const struct config_subject *known; /* NULL = not in the configuration */
};

struct replay_world {
    const struct gateway_config *config;
    FILE *alerts;
    struct core *core;
    struct core_capacity capacity;
    struct replay_subject *subjects; /* by index in the core, room for all of `capacity` */
    uint32_t file;                   /* the source all data come through */
    struct policy file_policy;
    int64_t now_ms; /* time of the last tick; 0 = none yet */
    bool out_of_memory;
    struct replay_counts counts;
    /* The subject of the last row: rows of one subject often follow each other. */
    char last_name[SW_ID_SIZE];
    enum subject_domain last_domain;
    uint32_t last_index;
};

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    struct replay_world *world = ctx;
    const struct config_subject *known = world->subjects[subject].known;
    struct message_alert_about about = {
        .city = world->config->city, .gateway = world->config->gateway, .place = known ? &known->place : NULL};
    char *line = message_alert_encode(alert, &about);
    if (!line) {
        world->out_of_memory = true;
        return;
    }
    /* A failed write stays on the stream; the caller looks at it when it closes the file. */
    (void)fputs(line, world->alerts);
    (void)fputc('\n', world->alerts);
    free(line);
    world->counts.revisions++;
    if (alert->revision == 1) world->counts.raised[alert->kind]++;
}

static uint32_t room_of(const struct core_capacity *capacity)
{
    uint32_t count = 0;
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        count += capacity->of[domain];
    return count;
}

static struct core *new_core(struct replay_world *world, const struct core_capacity *capacity)
{
    struct core_sink sink = {.ctx = world, .alert = on_alert};
    struct core *core = NULL;
    void *memory = malloc(core_size(capacity));
    if (memory && core_init(memory, capacity, world->config->gateway, sink, &core) != SW_OK) free(memory);
    return core;
}

/* The file is complete: a sensor of which it has nothing was silent, so no pause of the file counts as one. */
static int add_file(struct replay_world *world)
{
    world->file_policy = world->config->policy;
    world->file_policy.silence.node_ms = 0;
    return core_add_subject(world->core, SUBJECT_SOURCE, "file", CORE_NO_PARENT, &world->file_policy, &world->file);
}

struct replay_world *replay_world_new(const struct gateway_config *config, FILE *alerts)
{
    struct replay_world *world = calloc(1, sizeof *world);
    if (!world) return NULL;
    world->config = config;
    world->alerts = alerts;
    const enum subject_domain from_files[] = {SUBJECT_HOME, SUBJECT_LEVEL, SUBJECT_COVER, SUBJECT_RAIN};
    world->capacity.of[SUBJECT_SOURCE] = 1;
    for (size_t i = 0; i < sizeof from_files / sizeof from_files[0]; i++)
        world->capacity.of[from_files[i]] = FIRST_CAPACITY;
    world->subjects = calloc(room_of(&world->capacity), sizeof *world->subjects);
    world->core = new_core(world, &world->capacity);
    if (world->subjects && world->core && add_file(world) == SW_OK) return world;
    replay_world_free(world);
    return NULL;
}

void replay_world_free(struct replay_world *world)
{
    if (!world) return;
    for (uint32_t i = 0; world->core && world->subjects && i < core_subject_count(world->core); i++)
        free(world->subjects[i].name);
    free(world->subjects);
    free(world->core); /* the core begins at the start of its memory */
    free(world);
}

/* Moves every subject with its state into a core twice as large; indices stay as they are. */
static int copy_subjects(struct replay_world *world, struct core *larger)
{
    for (uint32_t i = 0; i < core_subject_count(world->core); i++) {
        uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
        const char *name = core_subject_name(world->core, i); /* stays where it is */
        bool is_file = i == world->file;
        const struct policy *policy = is_file ? &world->file_policy : config_policy_of(world->config, name);
        uint32_t index;
        int error = core_add_subject(larger, core_subject_domain(world->core, i), name,
                                     is_file ? CORE_NO_PARENT : world->file, policy, &index);
        if (error != SW_OK) return error;
        size_t size = core_snapshot(world->core, i, bytes, sizeof bytes);
        error = core_restore(larger, index, bytes, size);
        if (error != SW_OK) return error;
    }
    return SW_OK;
}

static const struct config_subject *subject_of(void *ctx, uint32_t index)
{
    const struct replay_world *world = ctx;
    return index == world->file ? NULL : world->subjects[index].known;
}

/* Makes room for twice as many of the domain. */
static int grow(struct replay_world *world, enum subject_domain domain)
{
    struct core_capacity capacity = world->capacity;
    if (room_of(&capacity) > UINT32_MAX / 4) return SW_ERROR_NO_SPACE;
    capacity.of[domain] *= 2;
    struct replay_subject *subjects = realloc(world->subjects, room_of(&capacity) * sizeof *subjects);
    if (!subjects) return SW_ERROR_NO_SPACE;
    world->subjects = subjects;
    struct core *larger = new_core(world, &capacity);
    if (!larger) return SW_ERROR_NO_SPACE;
    int error = copy_subjects(world, larger);
    if (error != SW_OK) {
        free(larger);
        return error;
    }
    free(world->core);
    world->core = larger;
    world->capacity = capacity;
    return neighbours_link(world->core, subject_of, world);
}

static int add_named(struct replay_world *world, enum subject_domain domain, char *name, uint32_t *index)
{
    const struct policy *policy = config_policy_of(world->config, name);
    int error = core_add_subject(world->core, domain, name, world->file, policy, index);
    if (error != SW_ERROR_NO_SPACE) return error;
    error = grow(world, domain);
    return error == SW_OK ? core_add_subject(world->core, domain, name, world->file, policy, index) : error;
}

static int add_subject(struct replay_world *world, enum subject_domain domain, const char *name, uint32_t *index)
{
    char *kept = strdup(name);
    int error = kept ? add_named(world, domain, kept, index) : SW_ERROR_NO_SPACE;
    if (error != SW_OK) {
        free(kept);
        return error;
    }
    const struct config_subject *known = config_subject_named(world->config, name);
    world->subjects[*index] = (struct replay_subject){.name = kept, .known = known};
    bool asked = domain == SUBJECT_LEVEL || domain == SUBJECT_RAIN;
    return asked && known ? neighbours_link(world->core, subject_of, world) : SW_OK;
}

static int resolve(struct replay_world *world, enum subject_domain domain, const char *name, uint32_t *index)
{
    if (domain == world->last_domain && strcmp(name, world->last_name) == 0) {
        *index = world->last_index;
        return SW_OK;
    }
    int error = core_find_subject(world->core, domain, name, index);
    if (error == SW_ERROR_NOT_FOUND) error = add_subject(world, domain, name, index);
    if (error != SW_OK) return error;
    world->last_domain = domain;
    world->last_index = *index;
    memcpy(world->last_name, name, strlen(name) + 1);
    return SW_OK;
}

static void tick(struct replay_world *world, int64_t seen_until_ms, int64_t now_ms)
{
    struct sw_wall now = sw_wall_from_ms(now_ms);
    core_on_source_seen(world->core, world->file, sw_wall_from_ms(seen_until_ms), now);
    core_tick(world->core, now);
    world->now_ms = now_ms;
}

/* Lets time pass up to a row. A pause is crossed from deadline to deadline: in between ticks would change nothing. What
 * the file holds is known to be all up to the row, but not with it. */
static void advance(struct replay_world *world, int64_t row_ms)
{
    while (world->now_ms != 0) {
        int64_t next_ms = core_next_deadline(world->core).ms;
        if (next_ms < world->now_ms + TICK_LEAST_MS) next_ms = world->now_ms + TICK_LEAST_MS;
        if (next_ms >= row_ms) break;
        tick(world, next_ms, next_ms);
    }
    if (row_ms > world->now_ms) tick(world, row_ms - 1, row_ms);
}

/* A battery belongs to the cover or the level of its name; before the first reading of either to none. */
static enum subject_domain domain_of(const struct replay_world *world, const struct reading_row *row)
{
    uint32_t index;
    if (row->kind != SW_READING_BATTERY) return subject_domain_of(row->kind);
    if (core_find_subject(world->core, SUBJECT_COVER, row->subject, &index) == SW_OK) return SUBJECT_COVER;
    if (core_find_subject(world->core, SUBJECT_LEVEL, row->subject, &index) == SW_OK) return SUBJECT_LEVEL;
    return (enum subject_domain)0;
}

int replay_world_take(struct replay_world *world, const struct reading_row *row)
{
    if (row->time.ms < world->now_ms) return SW_ERROR_STALE;
    advance(world, row->time.ms);
    world->counts.readings++;
    enum subject_domain domain = domain_of(world, row);
    if (domain == 0) return SW_OK;
    struct core_reading reading = {.kind = row->kind,
                                   .value_milli = row->value_milli,
                                   .quality = SW_QUALITY_GOOD,
                                   .time = row->time,
                                   .clock_quality = SW_CLOCK_SET};
    int error = resolve(world, domain, row->subject, &reading.subject);
    if (error != SW_OK) return error;
    core_on_reading(world->core, &reading, row->time);
    struct core_verdict verdict = core_last_verdict(world->core);
    if (verdict.ignored || verdict.quality != SW_QUALITY_GOOD) world->counts.not_used++;
    return world->out_of_memory ? SW_ERROR_NO_SPACE : SW_OK;
}

int replay_world_finish(struct replay_world *world)
{
    if (world->now_ms != 0) tick(world, world->now_ms, world->now_ms);
    return world->out_of_memory ? SW_ERROR_NO_SPACE : SW_OK;
}

uint32_t replay_world_subject_count(const struct replay_world *world)
{
    return core_subject_count(world->core) - 1; /* without the file */
}

const struct replay_counts *replay_world_counts(const struct replay_world *world)
{
    return &world->counts;
}
