#include "app/home_assistant.h"

#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "app/retained.h"
#include "app/states.h"
#include "message/message.h"

/* ---- which homes ---- */

static bool is_shown(const struct gateway *gateway, uint32_t core_index)
{
    uint32_t subject = gateway->config_subject[core_index];
    return core_subject_domain(gateway->core, core_index) == SUBJECT_HOME && subject != NO_SUBJECT &&
           gateway->config->subjects[subject].home_assistant;
}

static bool is_shown_by_name(const struct gateway *gateway, const char *name)
{
    uint32_t index;
    return core_find_subject(gateway->core, SUBJECT_HOME, name, &index) == SW_OK && is_shown(gateway, index);
}

int home_assistant_build(struct gateway *gateway)
{
    struct home_assistant *shown = &gateway->home_assistant;
    uint32_t count = core_subject_count(gateway->core);
    shown->homes = calloc(count + 1, sizeof *shown->homes);
    if (!shown->homes) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < count; i++)
        if (is_shown(gateway, i)) shown->homes[shown->count++].core = i;
    return SW_OK;
}

void home_assistant_free(struct gateway *gateway)
{
    free(gateway->home_assistant.homes);
}

/* ---- what is told ---- */

static void add_alerts(const struct gateway *gateway, uint32_t core_index, struct message_home *home)
{
    for (int i = 1; i < SW_ALERT_KIND_COUNT; i++) {
        enum sw_alert_kind kind = (enum sw_alert_kind)i;
        if (open_alerts_find_drill(gateway->open, core_index, kind)) home->drill = true;
        const struct open_alert *open = open_alerts_find(gateway->open, core_index, kind);
        if (!open || !sw_alert_kind_is_coloured(kind) || home->kind_count == MESSAGE_HOME_KINDS_MAX) continue;
        home->kinds[home->kind_count++] = kind;
        if (open->colour > home->colour) home->colour = open->colour;
    }
}

static enum message_home_state state_of(const struct subject_status *status, const struct message_home *home)
{
    for (uint32_t i = 0; i < home->kind_count; i++)
        if (home->kinds[i] == SW_ALERT_KIND_NO_USE) return MESSAGE_HOME_NO_USE;
    switch (status->condition) {
    case SUBJECT_NORMAL:
        return MESSAGE_HOME_USING;
    case SUBJECT_QUIET:
        return MESSAGE_HOME_QUIET;
    case SUBJECT_AWAY:
        return MESSAGE_HOME_AWAY;
    case SUBJECT_ALERT:
        return home->kind_count > 0 ? MESSAGE_HOME_ALERT : MESSAGE_HOME_QUIET;
    case SUBJECT_UNKNOWN:
        break;
    }
    return MESSAGE_HOME_UNKNOWN;
}

static struct message_home look_at(const struct gateway *gateway, uint32_t core_index)
{
    struct subject_status status = core_subject_status(gateway->core, core_index, gateway->clock.wall());
    struct message_home home = {.city = gateway->config->city,
                                .gateway = gateway->config->gateway,
                                .subject = core_subject_name(gateway->core, core_index),
                                .time = gateway->clock.wall(),
                                .last_use = status.last_use,
                                .coverage_permille = status.coverage_permille};
    add_alerts(gateway, core_index, &home);
    home.state = state_of(&status, &home);
    return home;
}

static bool is_the_same(const struct message_home *left, const struct message_home *right)
{
    return left->state == right->state && left->colour == right->colour && left->drill == right->drill &&
           left->kind_count == right->kind_count &&
           memcmp(left->kinds, right->kinds, left->kind_count * sizeof left->kinds[0]) == 0;
}

static bool has_the_same_figures(const struct message_home *left, const struct message_home *right)
{
    return left->last_use.ms == right->last_use.ms && left->coverage_permille == right->coverage_permille;
}

/* ---- publishing ---- */

/* SW_OK also when there is nothing new to tell, or it is not in the store yet. */
static int tell_state(struct gateway *gateway, struct shown_home *shown)
{
    if (!states_are_stored(gateway, shown->core)) return SW_OK;
    struct sw_mono now = gateway->clock.mono();
    struct message_home home = look_at(gateway, shown->core);
    bool rests = sw_mono_diff_ms(now, shown->told_at) < HOME_ASSISTANT_FIGURES_MS;
    if (shown->known && is_the_same(&home, &shown->told) && (rests || has_the_same_figures(&home, &shown->told)))
        return SW_OK;
    char topic[SW_TOPIC_SIZE];
    retained_topic(gateway, PUBLISHER_HOMES, home.subject, topic);
    char *body = message_home_encode(&home);
    int error = body ? retained_set(gateway, PUBLISHER_HOMES, topic, body) : SW_ERROR_NO_SPACE;
    free(body);
    if (error) return error;
    shown->known = true;
    shown->told = home;
    shown->told_at = now;
    return SW_OK;
}

static int tell_device(struct gateway *gateway, struct shown_home *shown)
{
    if (!shown->device_due) return SW_OK;
    const struct gateway_config *config = gateway->config;
    const char *name = core_subject_name(gateway->core, shown->core);
    char topic[MESSAGE_DISCOVERY_TOPIC_SIZE];
    message_discovery_topic(config->mqtt.discovery_prefix, config->city, config->gateway, name, topic);
    char *body = message_discovery_encode(config->city, config->gateway, name);
    int error = body ? retained_set(gateway, PUBLISHER_DISCOVERY, topic, body) : SW_ERROR_NO_SPACE;
    free(body);
    if (!error) shown->device_due = false;
    return error;
}

/* As many as may go now, from *next on; what is wrong by now goes first. */
static void tell_from(struct gateway *gateway, enum publisher_retained kind, uint32_t *next,
                      int (*tell)(struct gateway *gateway, struct shown_home *shown))
{
    struct home_assistant *shown = &gateway->home_assistant;
    if (!retained_may_go(gateway, kind) || !retained_clear_stale(gateway, kind)) return;
    for (; *next < shown->count; ++*next) {
        int error = tell(gateway, &shown->homes[*next]);
        if (error == SW_ERROR_BUSY) return;
        if (error)
            log_event(LOG_LEVEL_WARNING, "home assistant", "a home cannot be published: %s", sw_error_text(error));
    }
}

void home_assistant_pump(struct gateway *gateway)
{
    struct home_assistant *shown = &gateway->home_assistant;
    tell_from(gateway, PUBLISHER_DISCOVERY, &shown->next_device, tell_device);
    tell_from(gateway, PUBLISHER_HOMES, &shown->next_state, tell_state);
}

void home_assistant_tick(struct gateway *gateway)
{
    struct home_assistant *shown = &gateway->home_assistant;
    if (shown->next_device == shown->count) shown->next_device = 0;
    if (shown->next_state == shown->count) shown->next_state = 0;
    home_assistant_pump(gateway);
}

/* ---- the link ---- */

void home_assistant_on_birth(struct gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->home_assistant.count; i++)
        gateway->home_assistant.homes[i].device_due = true;
    gateway->home_assistant.next_device = 0;
    home_assistant_pump(gateway);
}

void home_assistant_on_link(struct gateway *gateway, bool up)
{
    bool homes = retained_on_link(gateway, PUBLISHER_HOMES, up);
    bool devices = retained_on_link(gateway, PUBLISHER_DISCOVERY, up);
    if (!homes && !devices) return;
    /* What the broker holds of us may be of an earlier run, or nothing. */
    for (uint32_t i = 0; i < gateway->home_assistant.count; i++) {
        gateway->home_assistant.homes[i].known = false;
        gateway->home_assistant.homes[i].device_due = true;
    }
}

void home_assistant_leave(struct gateway *gateway, const struct gateway *before)
{
    const struct gateway_config *config = gateway->config, *former = before->config;
    bool is_elsewhere = strcmp(config->mqtt.discovery_prefix, former->mqtt.discovery_prefix) != 0;
    char topic[SW_TOPIC_SIZE], device[MESSAGE_DISCOVERY_TOPIC_SIZE];
    for (uint32_t i = 0; i < before->home_assistant.count; i++) {
        const char *name = core_subject_name(before->core, before->home_assistant.homes[i].core);
        bool is_gone = !is_shown_by_name(gateway, name);
        message_discovery_topic(former->mqtt.discovery_prefix, former->city, former->gateway, name, device);
        retained_topic(gateway, PUBLISHER_HOMES, name, topic);
        if (is_gone || is_elsewhere) retained_note_stale(gateway, PUBLISHER_DISCOVERY, device);
        if (is_gone) retained_note_stale(gateway, PUBLISHER_HOMES, topic);
    }
    for (uint32_t i = 0; i < gateway->home_assistant.count; i++)
        gateway->home_assistant.homes[i].device_due = true;
}

void home_assistant_on_kept(struct gateway *gateway, enum publisher_retained kind, const char *topic)
{
    char name[SW_ID_SIZE];
    const char *rest = kind == PUBLISHER_HOMES                  ? retained_rest(gateway, kind, topic)
                       : message_discovery_subject(topic, name) ? name
                                                                : "";
    if (!rest || !is_shown_by_name(gateway, rest)) retained_note_stale(gateway, kind, topic);
}
