#include "app/storm.h"

#include <stdio.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/status.h"

#define NAME "storm"

/* Homes have no part in it. */
static enum sw_colour worst_alert(const struct gateway *gateway)
{
    enum sw_colour worst = SW_COLOUR_GREEN;
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        if (!open->drill && incident_takes(open->kind, open->rule) && open->colour > worst) worst = open->colour;
    }
    return worst;
}

static enum sw_colour weather(const struct gateway *gateway)
{
    return core_weather(gateway->core, gateway->clock.wall());
}

static void keep(struct gateway *gateway)
{
    uint8_t bytes[STORM_RECORD_SIZE];
    journal_snapshot(gateway, STORE_SNAPSHOT_STORM, NAME, bytes, storm_save(&gateway->storm.state, bytes));
}

void storm_hurry(struct gateway *gateway)
{
    bool on = gateway->storm.state.cause != STORM_NONE;
    if (gateway->bus) field_bus_hurry(gateway->bus, on ? gateway->config->storm.poll_interval_ms : 0);
}

/* What it is now, to everybody who has to know. */
static void tell(struct gateway *gateway)
{
    const struct storm *storm = &gateway->storm.state;
    bool on = storm->cause != STORM_NONE;
    log_event(LOG_LEVEL_WARNING, "storm", "storm watch is %s%s%s", on ? "on: " : "off",
              on ? storm_cause_name(storm->cause) : "", on ? ", polling faster" : "");
    storm_hurry(gateway);
    status_soon(gateway);
}

void storm_begin(struct gateway *gateway)
{
    uint8_t bytes[STORM_RECORD_SIZE];
    size_t size = store_load_snapshot(gateway->store, STORE_SNAPSHOT_STORM, NAME, bytes, sizeof bytes, NULL);
    if (size > 0 && storm_restore(&gateway->storm.state, bytes, size) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "storm", "the stored state is not used; storm watch is off");
}

void storm_tick(struct gateway *gateway)
{
    struct storm before = gateway->storm.state;
    struct storm *storm = &gateway->storm.state;
    bool changed = storm_follow(storm, &gateway->config->storm.rules, worst_alert(gateway), weather(gateway),
                                gateway->clock.wall());
    bool first = !gateway->storm.told;
    gateway->storm.told = true;
    if (changed || storm->cause != before.cause || storm->quiet_from.ms != before.quiet_from.ms ||
        storm->refused != before.refused)
        keep(gateway);
    if (changed || storm->cause != before.cause || (first && storm->cause != STORM_NONE)) tell(gateway);
}

int storm_command(struct gateway *gateway, const struct message_command *command)
{
    struct storm *storm = &gateway->storm.state;
    int error = command->verb == MESSAGE_VERB_STORM ? storm_on(storm, command->until, gateway->clock.wall())
                                                    : storm_off(storm, worst_alert(gateway), weather(gateway));
    if (error) return error;
    keep(gateway);
    tell(gateway);
    return SW_OK;
}

struct message_storm storm_message(const struct gateway *gateway)
{
    const struct storm *storm = &gateway->storm.state;
    if (storm->cause == STORM_NONE) return (struct message_storm){.why = ""};
    struct message_storm message = {.since = storm->since};
    if (storm->cause == STORM_BY_HAND) message.until = storm->until;
    snprintf(message.why, sizeof message.why, "%s", storm_cause_name(storm->cause));
    return message;
}
