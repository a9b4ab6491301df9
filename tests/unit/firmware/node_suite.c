/* The whole node, from simulated sensors to the gateway's end of the line. */
#include <string.h>

#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

#define SECOND_US UINT64_C(1000000)
#define EPOCH     40

/* A gateway that fetches until nothing is left and keeps what it got. */
struct gateway {
    uint32_t acknowledged;
    struct sw_record kept[400];
    size_t count;
};
static struct gateway gateway;

static struct bench *start(struct check *check)
{
    memset(&gateway, 0, sizeof gateway);
    struct bench *bench = bench_start();
    CHECK_EQUAL(bench_open_log(bench, EPOCH), 0);
    return bench;
}

static void drain(struct check *check, struct bench *bench)
{
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    do {
        if (!CHECK_EQUAL(bench_fetch(bench, EPOCH, gateway.acknowledged, &header, records), 0)) return;
        for (unsigned i = 0; i < header.count && gateway.count < 400; i++) {
            gateway.kept[gateway.count++] = records[i];
            gateway.acknowledged = records[i].sequence;
        }
    } while (header.count == SW_NODE_WINDOW_RECORDS);
}

static const struct sw_record *last_of(unsigned kind, unsigned slot)
{
    for (size_t i = gateway.count; i-- > 0;)
        if (gateway.kept[i].kind == kind && gateway.kept[i].slot == slot) return &gateway.kept[i];
    return NULL;
}

static void numbers_are_without_holes(struct check *check)
{
    for (size_t i = 1; i < gateway.count; i++)
        if (!CHECK_EQUAL(gateway.kept[i].sequence, gateway.kept[i - 1].sequence + 1)) return;
}

static void readings_flow_to_the_gateway_with_the_right_values(struct check *check)
{
    struct bench *bench = start(check);
    struct bench_sensor *meter = bench_add_sensor(bench, 1, SW_PROFILE_XINTAI);
    struct bench_sensor *probe = bench_add_sensor(bench, 2, SW_PROFILE_QDY30A);
    const struct slot_config meter_config = {SW_PROFILE_XINTAI, 1, 10, 0, 60};
    const struct slot_config probe_config = {SW_PROFILE_QDY30A, 2, 10, 0, 60};
    bench_put_float(&meter->registers[0], 123.4567f, SW_ORDER_DCBA);
    bench_put_float(&meter->registers[25], 3.61f, SW_ORDER_DCBA);
    probe->registers[0] = 18;
    probe->registers[2] = 742;
    CHECK_EQUAL(bench_configure_slot(bench, 0, &meter_config), 0);
    CHECK_EQUAL(bench_configure_slot(bench, 1, &probe_config), 0);
    bench_run(bench, 5 * SECOND_US);
    drain(check, bench);
    numbers_are_without_holes(check);
    CHECK_EQUAL(gateway.kept[0].kind, SW_RECORD_EVENT_BOOT);
    const struct sw_record *index = last_of(SW_READING_WATER_INDEX, 0);
    const struct sw_record *battery = last_of(SW_READING_BATTERY, 0);
    const struct sw_record *level = last_of(SW_READING_LEVEL, 1);
    if (!CHECK(index && battery && level)) return;
    CHECK_EQUAL(index->value, 1234567);
    CHECK_EQUAL(battery->value, 3610);
    CHECK_EQUAL(level->value, 7420);
    CHECK_EQUAL(level->quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(bench_input(bench, SW_NODE_SLOT_STATUS_BASE + SW_NODE_SLOT_STATUS_VALUE, 2), 1234567);
    CHECK_EQUAL(bench_input(bench, SW_NODE_SLOT_STATUS_BASE + SW_NODE_SLOT_STATUS_STATE, 1), SW_SLOT_OK);
    CHECK(bench_input(bench, SW_NODE_SLOT_BUS_BASE, 2) >= 5);
}

static void sensor_that_dies_reaches_the_gateway_as_missing(struct check *check)
{
    struct bench *bench = start(check);
    struct bench_sensor *cover = bench_add_sensor(bench, 5, SW_PROFILE_MANHOLE);
    const struct slot_config config = {SW_PROFILE_MANHOLE, 5, 5, 10, 60};
    CHECK_EQUAL(bench_configure_slot(bench, 2, &config), 0);
    bench_run(bench, 3 * SECOND_US);
    cover->manner = SENSOR_DEAD;
    bench_run(bench, 6 * SECOND_US);
    drain(check, bench);
    const struct sw_record *open = last_of(SW_READING_COVER_OPEN, 2);
    if (!CHECK(open != NULL)) return;
    CHECK_EQUAL(open->quality, SW_QUALITY_MISSING);
    CHECK_EQUAL(open->reason, SW_REASON_TIMEOUT);
    CHECK_EQUAL(bench_input(bench, SW_NODE_SLOT_STATUS_BASE + 2 * SW_NODE_SLOT_STATUS_STRIDE, 1), SW_SLOT_SILENT);
}

static void opened_cover_is_at_the_gateway_within_a_second(struct check *check)
{
    struct bench *bench = start(check);
    struct bench_sensor *cover = bench_add_sensor(bench, 5, SW_PROFILE_MANHOLE);
    struct bench_sensor *dead = bench_add_sensor(bench, 6, SW_PROFILE_GEOLUX_LX80);
    const struct slot_config config = {SW_PROFILE_MANHOLE, 5, 5, 10, 60};
    const struct slot_config other = {SW_PROFILE_GEOLUX_LX80, 6, 5, 10, 60};
    dead->manner = SENSOR_DEAD;
    CHECK_EQUAL(bench_configure_slot(bench, 0, &config), 0);
    CHECK_EQUAL(bench_configure_slot(bench, 1, &other), 0);
    bench_run(bench, 20 * SECOND_US);
    drain(check, bench);
    cover->registers[1] = 1;
    bench_run(bench, SECOND_US);
    drain(check, bench);
    const struct sw_record *open = last_of(SW_READING_COVER_OPEN, 0);
    CHECK(open != NULL && open->value == 1);
}

static void node_without_a_gateway_keeps_its_backlog(struct check *check)
{
    struct bench *bench = start(check);
    struct bench_sensor *probe = bench_add_sensor(bench, 2, SW_PROFILE_GEOLUX_LX80);
    const struct slot_config config = {SW_PROFILE_GEOLUX_LX80, 2, 10, 0, 60};
    CHECK_EQUAL(bench_configure_slot(bench, 0, &config), 0);
    for (unsigned i = 0; i < 60; i++) {
        probe->registers[0] = (uint16_t)i;
        bench_run(bench, SECOND_US);
    }
    drain(check, bench);
    numbers_are_without_holes(check);
    CHECK(gateway.count >= 60);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_LOST, 2), 0);
}

/* How many of the kept records are of this kind, and the sum of their values. */
static uint32_t kept_of(unsigned kind, uint32_t *sum)
{
    uint32_t count = 0;
    *sum = 0;
    for (size_t i = 0; i < gateway.count; i++) {
        if (gateway.kept[i].kind != kind) continue;
        *sum += (uint32_t)gateway.kept[i].value;
        count++;
    }
    return count;
}

/* Numbers ascend, and none is left out once the first level reading that was kept has come: what is gone is older. */
static void only_the_oldest_telemetry_is_gone(struct check *check)
{
    bool level_seen = false;
    for (size_t i = 1; i < gateway.count; i++) {
        level_seen = level_seen || gateway.kept[i - 1].kind == SW_READING_LEVEL;
        uint32_t step = gateway.kept[i].sequence - gateway.kept[i - 1].sequence;
        if (!CHECK(step >= 1 && step < 1000) || !CHECK(step == 1 || !level_seen)) return;
    }
}

static void overflow_while_the_gateway_is_away_is_counted_and_told(struct check *check)
{
    struct bench *bench = start(check);
    struct bench_sensor *probe = bench_add_sensor(bench, 2, SW_PROFILE_GEOLUX_LX80);
    struct bench_sensor *cover = bench_add_sensor(bench, 5, SW_PROFILE_MANHOLE);
    const struct slot_config probe_config = {SW_PROFILE_GEOLUX_LX80, 2, 10, 0, 60};
    const struct slot_config cover_config = {SW_PROFILE_MANHOLE, 5, 50, 10, 36000};
    CHECK_EQUAL(bench_configure_slot(bench, 0, &probe_config), 0);
    CHECK_EQUAL(bench_configure_slot(bench, 1, &cover_config), 0);
    for (unsigned second = 0; second < 300; second++) {
        probe->registers[0] = (uint16_t)second;
        cover->registers[1] = second >= 20;
        bench_run(bench, SECOND_US);
    }
    uint32_t lost = bench_input(bench, SW_NODE_INPUT_LOG_LOST, 2);
    CHECK(lost > 100 && lost < 300);
    drain(check, bench);
    CHECK_EQUAL(gateway.acknowledged, bench_input(bench, SW_NODE_INPUT_LOG_NEWEST, 2));
    CHECK_EQUAL(gateway.acknowledged - gateway.count, lost);
    only_the_oldest_telemetry_is_gone(check);

    uint32_t told, opened, reason;
    CHECK(kept_of(SW_RECORD_EVENT_LOG_GAP, &told) > 0);
    CHECK_EQUAL(told, lost);
    CHECK_EQUAL(kept_of(SW_READING_COVER_OPEN, &opened), 2);
    CHECK_EQUAL(opened, 1);
    CHECK_EQUAL(kept_of(SW_RECORD_EVENT_BOOT, &reason), 1);
    const struct sw_record *level = last_of(SW_READING_LEVEL, 0);
    CHECK(level != NULL && level->value >= 2980);

    /* With room again nothing more is given up. */
    bench_run(bench, 10 * SECOND_US);
    drain(check, bench);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_LOST, 2), lost);
}

static void reset_in_between_repeats_nothing_acknowledged_and_skips_nothing(struct check *check)
{
    struct bench *bench = start(check);
    (void)bench_add_sensor(bench, 2, SW_PROFILE_GEOLUX_LX80);
    const struct slot_config config = {SW_PROFILE_GEOLUX_LX80, 2, 10, 0, 60};
    CHECK_EQUAL(bench_configure_slot(bench, 0, &config), 0);
    bench_run(bench, 10 * SECOND_US);
    drain(check, bench);
    bench_run(bench, 10 * SECOND_US);
    CHECK_EQUAL(bench_restart_node(bench, SW_RESET_WATCHDOG), SW_OK);
    bench_run(bench, 10 * SECOND_US);
    drain(check, bench);
    numbers_are_without_holes(check);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_BOOT_COUNT, 2), 2);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_RESET_REASON, 1), SW_RESET_WATCHDOG);
    const struct sw_record *boot = last_of(SW_RECORD_EVENT_BOOT, SW_RECORD_NO_SLOT);
    CHECK(boot != NULL && boot->value == SW_RESET_WATCHDOG && boot->boot == 2);
}

static void lost_answer_repeats_records_and_skips_none(struct check *check)
{
    struct bench *bench = start(check);
    (void)bench_add_sensor(bench, 2, SW_PROFILE_GEOLUX_LX80);
    const struct slot_config config = {SW_PROFILE_GEOLUX_LX80, 2, 10, 0, 60};
    CHECK_EQUAL(bench_configure_slot(bench, 0, &config), 0);
    bench_run(bench, 5 * SECOND_US);
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    bench->node_gateway.cut = true;
    CHECK_EQUAL(bench_fetch(bench, EPOCH, 0, &header, records), -1);
    bench->node_gateway.cut = false;
    drain(check, bench);
    CHECK_EQUAL(gateway.kept[0].sequence, 1);
    numbers_are_without_holes(check);
}

static void lost_memory_is_a_new_log_that_no_old_acknowledgement_can_release(struct check *check)
{
    struct bench *bench = start(check);
    drain(check, bench);
    memset(bench->retained, 0x5a, sizeof bench->retained);
    CHECK_EQUAL(bench_restart_node(bench, SW_RESET_POWER_ON), SW_OK);
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    CHECK_EQUAL(bench_fetch(bench, EPOCH, gateway.acknowledged, &header, records), 3);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_EPOCH, 1), 0);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_COUNT, 2), 1);
    const uint16_t open[] = {EPOCH + 1, 0, (uint16_t)gateway.acknowledged};
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3, open), 0);
    CHECK_EQUAL(bench_fetch(bench, EPOCH + 1, gateway.acknowledged, &header, records), 0);
    CHECK_EQUAL(header.count, 1);
    CHECK_EQUAL(records[0].sequence, gateway.acknowledged + 1);
}

static void records_before_the_clock_was_set_carry_uptime(struct check *check)
{
    struct bench *bench = start(check);
    const uint16_t clock[] = {0x6800, 0, 0};
    bench_run(bench, 3 * SECOND_US);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_CLOCK_SECONDS, 3, clock), 0);
    drain(check, bench);
    CHECK_EQUAL(gateway.kept[0].clock_quality, SW_CLOCK_UNSET);
    CHECK_EQUAL(gateway.kept[0].seconds, 0);
    const struct sw_record *set = last_of(SW_RECORD_EVENT_CLOCK_SET, SW_RECORD_NO_SLOT);
    if (!CHECK(set != NULL)) return;
    CHECK_EQUAL(set->clock_quality, SW_CLOCK_SET);
    CHECK_EQUAL(set->seconds, 0x68000000);
}

static void idle_node_sleeps(struct check *check)
{
    struct bench *bench = start(check);
    bench_run(bench, SECOND_US);
    uint32_t polls = bench->node_polls;
    bench_run(bench, 100 * SECOND_US);
    CHECK(bench->node_polls - polls <= 410);
}

static void memory_too_small_for_a_log_is_refused(struct check *check)
{
    struct bench *bench = bench_start();
    bench->system.port.retained_size = 256;
    CHECK_EQUAL(bench_restart_node(bench, SW_RESET_POWER_ON), SW_ERROR_NO_SPACE);
}

static const struct check_case cases[] = {
    {"readings flow to the gateway with the right values", readings_flow_to_the_gateway_with_the_right_values},
    {"a sensor that dies reaches the gateway as missing", sensor_that_dies_reaches_the_gateway_as_missing},
    {"an opened cover is at the gateway within a second", opened_cover_is_at_the_gateway_within_a_second},
    {"a node without a gateway keeps its backlog", node_without_a_gateway_keeps_its_backlog},
    {"an overflow while the gateway is away is counted and told",
     overflow_while_the_gateway_is_away_is_counted_and_told},
    {"a reset in between repeats nothing acknowledged and skips nothing",
     reset_in_between_repeats_nothing_acknowledged_and_skips_nothing},
    {"a lost answer repeats records and skips none", lost_answer_repeats_records_and_skips_none},
    {"lost memory is a new log that no old acknowledgement can release",
     lost_memory_is_a_new_log_that_no_old_acknowledgement_can_release},
    {"records before the clock was set carry uptime", records_before_the_clock_was_set_carry_uptime},
    {"an idle node sleeps", idle_node_sleeps},
    {"memory too small for a log is refused", memory_too_small_for_a_log_is_refused},
};

const struct check_suite node_suite = CHECK_SUITE("node", cases);
