/* Laying the core out, its subjects and their names. */
#include <string.h>

#include "core/core_home.h"
#include "core/layout.h"

size_t core_state_size(enum subject_domain domain)
{
    switch (domain) {
    case SUBJECT_HOME:
        return sizeof(struct home);
    case SUBJECT_LEVEL:
        return sizeof(struct water);
    case SUBJECT_COVER:
        return sizeof(struct manhole);
    case SUBJECT_RAIN:
        return sizeof(struct rain);
    case SUBJECT_NODE:
    case SUBJECT_SOURCE:
        return sizeof(struct source);
    case SUBJECT_LINE:
        return sizeof(struct silence_line);
    case SUBJECT_STORE:
    case SUBJECT_PLACE: /* its alert is all there is of it */
        break;
    }
    return 0;
}

static size_t alerts_size(enum subject_domain domain)
{
    return (size_t)core_alert_count(domain) * sizeof(struct alert_life);
}

static uint32_t count_of(const struct core_capacity *capacity)
{
    uint32_t count = 0;
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        count += capacity->of[domain];
    return count;
}

size_t core_size(const struct core_capacity *capacity)
{
    size_t count = count_of(capacity);
    size_t size = layout_rounded(sizeof(struct core)) + layout_rounded(count * sizeof(struct subject)) +
                  layout_rounded(count * sizeof(int64_t)) + layout_rounded(count * sizeof(struct kin)) +
                  layout_rounded((size_t)layout_buckets((uint32_t)count) * sizeof(uint32_t));
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        size += capacity->of[domain] * (layout_rounded(core_state_size((enum subject_domain)domain)) +
                                        layout_rounded(alerts_size((enum subject_domain)domain)));
    return size;
}

static void *take_room(unsigned char **free, size_t size)
{
    void *room = *free;
    *free += layout_rounded(size);
    return room;
}

int core_init(void *memory, const struct core_capacity *capacity, const char *gateway, struct core_sink sink,
              struct core **core)
{
    if (!sw_id_valid(gateway)) return SW_ERROR_INVALID_ARGUMENT;
    uint32_t count = count_of(capacity);
    unsigned char *at = memory;
    struct core *made = take_room(&at, sizeof *made);
    memset(made, 0, sizeof *made);
    memcpy(made->gateway, gateway, strlen(gateway) + 1);
    made->sink = sink;
    made->left = *capacity;
    made->bucket_count = layout_buckets(count);
    made->next_due_ms = made->held_due_ms = made->expire_due_ms = DEADLINE_NONE;
    made->subjects = take_room(&at, count * sizeof *made->subjects);
    made->due_ms = take_room(&at, count * sizeof *made->due_ms);
    made->kin = take_room(&at, count * sizeof *made->kin);
    made->buckets = take_room(&at, made->bucket_count * sizeof *made->buckets);
    memset(made->buckets, 0, made->bucket_count * sizeof *made->buckets);
    made->free = at;
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

uint32_t core_circle(struct core *core, uint32_t index)
{
    struct kin *kin = core->kin;
    while (kin[index].circle != index) {
        kin[index].circle = kin[kin[index].circle].circle;
        index = kin[index].circle;
    }
    return index;
}

static void join_circles(struct core *core, uint32_t a, uint32_t b)
{
    core->kin[core_circle(core, a)].circle = core_circle(core, b);
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
    join_circles(core, index, other);
}

static bool may_ask(const struct core *core, uint32_t index, const uint32_t *others, uint32_t count, bool rain_too)
{
    if (core->subjects[index].domain != SUBJECT_LEVEL) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (others[i] >= core->count || others[i] == index) return false;
        uint8_t domain = core->subjects[others[i]].domain;
        if (domain != SUBJECT_LEVEL && !(rain_too && domain == SUBJECT_RAIN)) return false;
    }
    return true;
}

int core_set_neighbours(struct core *core, uint32_t index, const uint32_t *neighbours, uint32_t count)
{
    if (count > CORE_NEIGHBOURS_MAX || !may_ask(core, index, neighbours, count, true)) return SW_ERROR_INVALID_ARGUMENT;
    struct asked *asked = &core->subjects[index].state.water->asked;
    memcpy(asked->neighbours, neighbours, count * sizeof *neighbours);
    asked->neighbour_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        join_circles(core, index, neighbours[i]);
    return SW_OK;
}

int core_set_upstream(struct core *core, uint32_t index, const uint32_t *upstream, uint32_t count)
{
    if (count > CORE_UPSTREAM_MAX || !may_ask(core, index, upstream, count, false)) return SW_ERROR_INVALID_ARGUMENT;
    struct asked *asked = &core->subjects[index].state.water->asked;
    memcpy(asked->upstream, upstream, count * sizeof *upstream);
    asked->upstream_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        join_circles(core, index, upstream[i]);
    return SW_OK;
}

int core_add_subject(struct core *core, enum subject_domain domain, const char *name, uint32_t parent,
                     const struct policy *policy, uint32_t *index)
{
    bool parent_exists = parent == CORE_NO_PARENT || parent < core->count;
    if (domain < SUBJECT_HOME || domain >= SUBJECT_DOMAIN_COUNT || !sw_id_valid(name) || !parent_exists)
        return SW_ERROR_INVALID_ARGUMENT;
    uint32_t *bucket = bucket_of(core, domain, name);
    if (*bucket != 0) return SW_ERROR_NOT_PERMITTED;
    if (core->left.of[domain] == 0) return SW_ERROR_NO_SPACE;

    struct subject *subject = &core->subjects[core->count];
    *subject = (struct subject){.name = name, .policy = policy, .parent = parent, .domain = (uint8_t)domain};
    subject->state.home = take_room(&core->free, core_state_size(domain));
    subject->alerts = take_room(&core->free, alerts_size(domain));
    memset(subject->state.home, 0, core_state_size(domain));
    memset(subject->alerts, 0, alerts_size(domain));
    core->left.of[domain]--;
    *index = core->count++;
    *bucket = core->count;
    core->kin[*index] = (struct kin){.circle = *index};
    join_twin(core, *index);
    if (parent != CORE_NO_PARENT) {
        core->kin[*index].sibling = core->kin[parent].child;
        core->kin[parent].child = core->count;
    }
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
    return (enum subject_domain)core->subjects[index].domain;
}

static bool is_silent(const struct subject *subject, struct sw_wall now)
{
    int64_t limit_ms = core_silence_limit_ms(subject);
    return limit_ms > 0 && now.ms - subject->last_good_ms >= limit_ms;
}

static enum subject_condition condition_of_home(const struct subject *subject)
{
    const struct use_window *window = &subject->state.home->window;
    const struct no_use_policy *policy = &subject->policy->no_use;
    if (use_window_coverage_permille(window, policy) < policy->coverage_permille) return SUBJECT_UNKNOWN;
    bool little = window->volume_ml < policy->volume_ml;
    bool long_ago = window->last_good_ms - kept_ms(window->last_use_s) > policy->window_ms / 2;
    return little || long_ago ? SUBJECT_QUIET : SUBJECT_NORMAL;
}

/* The worst of its open alerts; notes have none. */
static enum sw_colour colour_of(const struct subject *subject)
{
    enum sw_colour worst = SW_COLOUR_GREEN;
    for (int which = 0; subject->standing >> which != 0; which++)
        if (alert_life_is_open(&subject->alerts[which]) && subject->alerts[which].colour > worst &&
            sw_alert_kind_is_coloured(core_alert_kind((enum subject_domain)subject->domain, (enum subject_alert)which)))
            worst = (enum sw_colour)subject->alerts[which].colour;
    return worst;
}

static enum subject_condition condition_of(const struct subject *subject, struct sw_wall now)
{
    if (colour_of(subject) != SW_COLOUR_GREEN) return SUBJECT_ALERT;
    if (subject->is_maintained) return SUBJECT_UNKNOWN;
    if (core_home_is_away(subject)) return SUBJECT_AWAY;
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_NODE:
    case SUBJECT_SOURCE:
        return subject->state.source->silence.last_alive_ms ? SUBJECT_NORMAL : SUBJECT_UNKNOWN;
    case SUBJECT_LINE:
        return subject->state.line->up_since_ms && !subject->state.line->down ? SUBJECT_NORMAL : SUBJECT_UNKNOWN;
    case SUBJECT_PLACE:
        return SUBJECT_NORMAL;
    case SUBJECT_HOME:
    case SUBJECT_LEVEL:
    case SUBJECT_COVER:
    case SUBJECT_RAIN:
        break;
    case SUBJECT_STORE:
        return SUBJECT_NORMAL;
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
        .last_good = {carries ? subject->state.source->silence.last_alive_ms : subject->last_good_ms},
        .coverage_permille = -1,
        .readings = subject->readings,
        .rejected = subject->rejected,
    };
    if (subject->domain == SUBJECT_HOME) {
        status.last_use.ms = core_home_last_use_ms(subject);
        status.coverage_permille = use_window_coverage_permille(&subject->state.home->window, &subject->policy->no_use);
    }
    return status;
}
