/* Laying the core out, its subjects and their names. */
#include <string.h>

#include "core/core_home.h"
#include "core/layout.h"

size_t core_size(uint32_t subject_capacity)
{
    return layout_rounded(sizeof(struct core)) + layout_rounded((size_t)subject_capacity * sizeof(struct subject)) +
           layout_rounded((size_t)subject_capacity * sizeof(int64_t)) +
           (size_t)layout_buckets(subject_capacity) * sizeof(uint32_t);
}

int core_init(void *memory, uint32_t subject_capacity, const char *gateway, struct core_sink sink, struct core **core)
{
    if (!sw_id_valid(gateway)) return SW_ERROR_INVALID_ARGUMENT;
    unsigned char *at = memory;
    struct core *made = memory;
    memset(made, 0, sizeof *made);
    memcpy(made->gateway, gateway, strlen(gateway) + 1);
    made->sink = sink;
    made->capacity = subject_capacity;
    made->bucket_count = layout_buckets(subject_capacity);
    made->next_due_ms = DEADLINE_NONE;
    at += layout_rounded(sizeof *made);
    made->subjects = (struct subject *)(void *)at;
    at += layout_rounded((size_t)subject_capacity * sizeof(struct subject));
    made->due_ms = (int64_t *)(void *)at;
    at += layout_rounded((size_t)subject_capacity * sizeof(int64_t));
    made->buckets = (uint32_t *)(void *)at;
    memset(made->buckets, 0, (size_t)made->bucket_count * sizeof(uint32_t));
    *core = made;
    return SW_OK;
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(enum subject_domain domain, const char *name)
{
    uint32_t hash = (UINT32_C(2166136261) ^ (uint32_t)domain) * UINT32_C(16777619);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
    return hash;
}

/* The bucket that holds the subject, or the empty one where it belongs. At most half of them are taken. */
static uint32_t *bucket_of(const struct core *core, enum subject_domain domain, const char *name)
{
    uint32_t at = hash_of(domain, name) & (core->bucket_count - 1);
    for (;; at = (at + 1) & (core->bucket_count - 1)) {
        if (core->buckets[at] == 0) break;
        const struct subject *subject = &core->subjects[core->buckets[at] - 1];
        if (subject->domain == domain && strcmp(subject->name, name) == 0) break;
    }
    return &core->buckets[at];
}

/* A manhole that has both a cover and a level in it is two subjects of one name. */
static void join_twin(struct core *core, uint32_t index)
{
    struct subject *subject = &core->subjects[index];
    uint32_t other = CORE_NO_PARENT;
    subject->twin = SUBJECT_NO_TWIN;
    if (subject->domain == SUBJECT_COVER) (void)core_find_subject(core, SUBJECT_LEVEL, subject->name, &other);
    if (subject->domain == SUBJECT_LEVEL) (void)core_find_subject(core, SUBJECT_COVER, subject->name, &other);
    if (other == CORE_NO_PARENT) return;
    subject->twin = other;
    core->subjects[other].twin = index;
}

int core_set_neighbours(struct core *core, uint32_t index, const uint32_t *neighbours, uint32_t count)
{
    struct subject *subject = &core->subjects[index];
    if (subject->domain != SUBJECT_LEVEL || count > CORE_NEIGHBOURS_MAX) return SW_ERROR_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < count; i++) {
        if (neighbours[i] >= core->count || neighbours[i] == index) return SW_ERROR_INVALID_ARGUMENT;
        enum subject_domain domain = core->subjects[neighbours[i]].domain;
        if (domain != SUBJECT_LEVEL && domain != SUBJECT_RAIN) return SW_ERROR_INVALID_ARGUMENT;
    }
    for (uint32_t i = 0; i < count; i++)
        subject->neighbours[i] = neighbours[i];
    subject->neighbour_count = (uint8_t)count;
    return SW_OK;
}

int core_add_subject(struct core *core, enum subject_domain domain, const char *name, uint32_t parent,
                     const struct policy *policy, uint32_t *index)
{
    bool parent_exists = parent == CORE_NO_PARENT || parent < core->count;
    if (domain < SUBJECT_HOME || domain > SUBJECT_SOURCE || !sw_id_valid(name) || !parent_exists)
        return SW_ERROR_INVALID_ARGUMENT;
    uint32_t *bucket = bucket_of(core, domain, name);
    if (*bucket != 0) return SW_ERROR_NOT_PERMITTED;
    if (core->count == core->capacity) return SW_ERROR_NO_SPACE;

    struct subject *subject = &core->subjects[core->count];
    memset(subject, 0, sizeof *subject);
    subject->domain = domain;
    subject->parent = parent;
    subject->policy = policy;
    memcpy(subject->name, name, strlen(name) + 1);
    *index = core->count++;
    *bucket = core->count;
    join_twin(core, *index);
    core->due_ms[*index] = DEADLINE_NONE;
    core_reschedule(core, *index, core->last_tick_ms);
    return SW_OK;
}

int core_find_subject(const struct core *core, enum subject_domain domain, const char *name, uint32_t *index)
{
    uint32_t found = *bucket_of(core, domain, name);
    if (found == 0) return SW_ERROR_NOT_FOUND;
    *index = found - 1;
    return SW_OK;
}

uint32_t core_subject_count(const struct core *core)
{
    return core->count;
}

const char *core_subject_name(const struct core *core, uint32_t index)
{
    return core->subjects[index].name;
}

enum subject_domain core_subject_domain(const struct core *core, uint32_t index)
{
    return core->subjects[index].domain;
}

static bool is_silent(const struct subject *subject, struct sw_wall now)
{
    int64_t limit_ms = core_silence_limit_ms(subject);
    return limit_ms > 0 && now.ms - subject->last_good_ms >= limit_ms;
}

static enum subject_condition condition_of_home(const struct subject *subject)
{
    const struct use_window *window = &subject->state.home.window;
    const struct no_use_policy *policy = &subject->policy->no_use;
    if (use_window_coverage_permille(window, policy) < policy->coverage_permille) return SUBJECT_UNKNOWN;
    bool little = window->volume_ml < policy->volume_ml;
    bool long_ago = window->last_good_ms - window->last_use_ms > policy->window_ms / 2;
    return little || long_ago ? SUBJECT_QUIET : SUBJECT_NORMAL;
}

/* The worst of its open alerts; notes have none. */
static enum sw_colour colour_of(const struct subject *subject)
{
    enum sw_colour worst = SW_COLOUR_GREEN;
    for (int which = 0; which < SUBJECT_ALERT_COUNT; which++)
        if (subject->alerts[which].colour > (uint8_t)worst &&
            sw_alert_kind_is_coloured(core_alert_kind(subject->domain, (enum subject_alert)which)))
            worst = (enum sw_colour)subject->alerts[which].colour;
    return worst;
}

static enum subject_condition condition_of(const struct subject *subject, struct sw_wall now)
{
    if (colour_of(subject) != SW_COLOUR_GREEN) return SUBJECT_ALERT;
    if (core_home_is_away(subject)) return SUBJECT_AWAY;
    switch (subject->domain) {
    case SUBJECT_NODE:
    case SUBJECT_SOURCE:
        return subject->state.source.last_alive_ms ? SUBJECT_NORMAL : SUBJECT_UNKNOWN;
    case SUBJECT_LINE:
        return subject->state.line.up_since_ms && !subject->state.line.down ? SUBJECT_NORMAL : SUBJECT_UNKNOWN;
    case SUBJECT_HOME:
    case SUBJECT_LEVEL:
    case SUBJECT_COVER:
    case SUBJECT_RAIN:
        break;
    }
    if (subject->last_good_ms == 0 || is_silent(subject, now)) return SUBJECT_UNKNOWN;
    return subject->domain == SUBJECT_HOME ? condition_of_home(subject) : SUBJECT_NORMAL;
}

struct subject_status core_subject_status(const struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    bool carries = subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_SOURCE;
    struct subject_status status = {
        .condition = condition_of(subject, now),
        .colour = colour_of(subject),
        .last_good = {carries ? subject->state.source.last_alive_ms : subject->last_good_ms},
        .coverage_permille = -1,
        .readings = subject->readings,
        .rejected = subject->rejected,
    };
    if (subject->domain == SUBJECT_HOME) {
        status.last_use.ms = core_home_last_use_ms(subject);
        status.coverage_permille = use_window_coverage_permille(&subject->state.home.window, &subject->policy->no_use);
    }
    return status;
}
