#include "boards/cortex-m/node_ports.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/boot_marker.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/cortex-m/linker_symbols.h"
#include "boards/cortex-m/monotonic.h"
#include "boards/cortex-m/node_config.h"
#include "boards/cortex-m/stack_paint.h"
#include "stillwater/error.h"

_Static_assert(BOARD_LINE_COUNT == 2, "struct cortex_m_ports has room for two lines");

static uint64_t now_us(void *ctx)
{
    (void)ctx;
    return monotonic_now_us();
}

/* None of the boards has its supply wired to a converter. */
static uint16_t supply_mv(void *ctx)
{
    (void)ctx;
    return 0xffff;
}

static uint16_t stack_free(void *ctx)
{
    (void)ctx;
    return stack_paint_free();
}

static void feed_watchdog(void *ctx)
{
    (void)ctx;
    board_watchdog_feed();
}

static void restart(void *ctx)
{
    (void)ctx;
    boot_marker_write(SW_RESET_COMMAND);
    cm_reset_system();
}

/* How long the core may sleep from now; 0 when there is something to do already. */
static uint64_t sleep_limit_us(uint64_t until_us)
{
    uint64_t now = monotonic_now_us();
    if (until_us <= now) return 0;
    uint64_t limit_us = until_us - now;
    for (unsigned line = 0; line < BOARD_LINE_COUNT; line++) {
        if (board_line_pending((enum board_line)line)) return 0;
        uint32_t character_us = board_line_sending_us((enum board_line)line);
        if (character_us > 0 && character_us < limit_us) limit_us = character_us;
    }
    return limit_us;
}

/* SysTick as a one-shot alarm: there is no periodic tick, and no time is kept by it. */
static void sleep_for(uint64_t duration_us)
{
    struct board_alarm_clock clock = board_alarm_clock();
    uint64_t longest_us = (uint64_t)CM_SYST_RVR_MAX * 1000000u / clock.hz;
    uint64_t bounded_us = duration_us < longest_us ? duration_us : longest_us;
    uint32_t counts = (uint32_t)(bounded_us * clock.hz / 1000000u);
    *CM_SYST_RVR = counts > 1 ? counts : 1;
    *CM_SYST_CVR = 0;
    *CM_SYST_CSR = CM_SYST_CSR_ENABLE | CM_SYST_CSR_TICKINT | (clock.processor_clock ? CM_SYST_CSR_CLKSOURCE : 0);
    cm_wait_for_interrupt();
    *CM_SYST_CSR = 0;
}

static void sleep(void *ctx, uint64_t until_us)
{
    (void)ctx;
    /* Masked from the look at the rings to the sleep: a byte that comes in between wakes the core at once, and its
     * handler runs when the mask goes. */
    uint32_t primask = cm_mask_interrupts();
    uint64_t duration_us = sleep_limit_us(until_us);
    if (duration_us > 0) sleep_for(duration_us);
    cm_restore_interrupts(primask);
}

static enum sw_reset_reason reset_reason(void)
{
    enum sw_reset_reason marked = boot_marker_exchange();
    enum sw_reset_reason recorded = board_reset_reason();
    /* The hardware knows a software reset, but not whether a command or a fault asked for it. */
    if (recorded == SW_RESET_UNKNOWN || recorded == SW_RESET_COMMAND) return marked;
    return recorded;
}

static void open_lines(struct cortex_m_ports *ports, uint32_t slack_us)
{
    for (unsigned line = 0; line < BOARD_LINE_COUNT; line++) {
        board_line_open((enum board_line)line, &ports->lines[line]);
        ports->lines[line].silence_slack_us = slack_us;
    }
}

struct sw_line_settings cortex_m_gateway_line(const struct port_uart *line, const struct sw_line_settings *wanted)
{
    if (line->configure(line->ctx, wanted) == SW_OK) return *wanted;
    return node_config_default().gateway_line;
}

void cortex_m_ports_open(struct cortex_m_ports *ports)
{
    board_start();
    struct node_config config = node_config_default();
    /* Without a usable page the defaults stand: a node that still answers can be told apart and repaired. */
    (void)node_config_read(board_config_page(), &config);
    open_lines(ports, config.line_slack_us);
    ports->time = (struct port_time){.now_us = now_us};
    ports->system = (struct port_system){
        .serial = config.serial != 0 ? config.serial : board_serial(),
        .board = board_identity(),
        .reset_reason = reset_reason(),
        .retained = __retained_start,
        .retained_size = (size_t)(__retained_end - __retained_start),
        .supply_mv = supply_mv,
        .stack_free = stack_free,
        .feed_watchdog = feed_watchdog,
        .restart = restart,
        .sleep = sleep,
    };
    ports->node = (struct node_ports){
        .sensors = &ports->lines[BOARD_LINE_SENSORS],
        .gateway = &ports->lines[BOARD_LINE_GATEWAY],
        .time = &ports->time,
        .system = &ports->system,
        .unit_id = config.unit_id,
        .gateway_line = cortex_m_gateway_line(&ports->lines[BOARD_LINE_GATEWAY], &config.gateway_line),
    };
}
