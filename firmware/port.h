/* What the node firmware needs from a board. Each port is a struct of function pointers with its own ctx;
 * boards/<name>/ fills them in. Unless said otherwise every function is called from the main loop only, returns at once
 * and never blocks. Interrupt handlers of a board only enqueue; they never call into the firmware. */
#ifndef FIRMWARE_PORT_H
#define FIRMWARE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/node_map.h"
#include "stillwater/sensor_profile.h"

/* One byte as it came in. */
struct port_byte {
    uint64_t at_us; /* time of arrival on port_time's scale */
    uint8_t value;
    bool damaged; /* parity, framing or overrun error: the frame it belongs to cannot be used */
};

/* A half-duplex RS-485 line. The driver-enable pin, where there is one, is the board's business. */
struct port_uart {
    void *ctx;
    /* Sets baud, parity and stop bits; drops what is being received. SW_OK or SW_ERROR_INVALID_ARGUMENT. */
    int (*configure)(void *ctx, const struct sw_line_settings *settings);
    /* Takes the oldest received byte; false when there is none. The receive ring holds at least 512 bytes. */
    bool (*receive)(void *ctx, struct port_byte *byte);
    /* Starts sending. `bytes` stays untouched by the caller until sending() is false. Must work with and without a
     * transmit interrupt: sending() may do the work. SW_ERROR_BUSY when still sending. */
    int (*send)(void *ctx, const uint8_t *bytes, size_t size);
    /* True until the last stop bit has left the line. */
    bool (*sending)(void *ctx);
    /* Added to every silence the framing waits for (T1.5, T3.5): 0 where bytes arrive when they arrive; more where a
     * host's scheduler or an emulator delivers them late. */
    uint32_t silence_slack_us;
};

struct port_time {
    void *ctx;
    /* Microseconds since start. From a free-running counter, never from counted ticks; never goes back. */
    uint64_t (*now_us)(void *ctx);
};

struct port_system {
    void *ctx;
    uint32_t serial;
    enum sw_board board;
    enum sw_reset_reason reset_reason;
    /* Memory that keeps its content over a reset, and over a power cut where the board can. Its content is not to be
     * trusted before it is checked. 8-byte aligned. */
    void *retained;
    size_t retained_size;
    /* mV; 0xffff = not measured. */
    uint16_t (*supply_mv)(void *ctx);
    /* Bytes of the main stack never used since start; 0xffff = not measured. */
    uint16_t (*stack_free)(void *ctx);
    /* Called once per pass of a main loop whose parts have all reported in. */
    void (*feed_watchdog)(void *ctx);
    /* Does not return on hardware; on native it ends the process so that its supervisor starts it again. */
    void (*restart)(void *ctx);
    /* Sleeps until `until_us` or an interrupt (a received byte), whichever comes first. May return early. */
    void (*sleep)(void *ctx, uint64_t until_us);
};

/* Everything the application is wired to. The structs and what they point to outlive the node. */
struct node_ports {
    const struct port_uart *sensors; /* towards the sensors: Modbus master */
    const struct port_uart *gateway; /* towards the gateway: Modbus server */
    const struct port_time *time;
    const struct port_system *system;
    uint8_t unit_id; /* towards the gateway */
    struct sw_line_settings gateway_line;
};

#endif
