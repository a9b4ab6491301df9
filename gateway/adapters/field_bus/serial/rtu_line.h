/* One serial line: libmodbus for port settings, framing and CRC; here the silences, deadlines and the quarantine that
 * libmodbus does not keep. Used by one thread. Blocks, but every wait ends early when the line is told to stop. */
#ifndef FIELD_BUS_RTU_LINE_H
#define FIELD_BUS_RTU_LINE_H

#include <modbus/modbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailbox.h"
#include "station.h"

/* Result of a wait that was ended because the line is to stop. Positive, so that it is not in error.def. */
#define RTU_STOPPED 1

struct rtu_line {
    const char *path;
    struct sw_line_settings settings;
    struct field_mailbox *mailbox; /* wakes the waits, says when to stop */
    modbus_t *modbus;              /* NULL while closed */
    int fd;                        /* owned by modbus */
    bool echoes;                   /* the port hears what it sends, as some RS-485 adapters do */
    int64_t last_byte_us;          /* when a byte was last sent or received */
    struct field_bus_counters *counters;
};

/* Monotonic microseconds, the scale of every *_us here. */
int64_t rtu_now_us(void);

/* Nothing is opened yet. `path` and `counters` outlive the line. */
void rtu_line_init(struct rtu_line *line, const char *path, struct sw_line_settings settings,
                   struct field_mailbox *mailbox, struct field_bus_counters *counters);

/* SW_OK; SW_ERROR_PORT with a text that names the port and the reason. */
int rtu_line_open(struct rtu_line *line, char *text, size_t text_size);
void rtu_line_close(struct rtu_line *line);

/* Waits until `until_us` or until the mailbox wakes the thread. What comes over the line meanwhile is thrown away and
 * counted. Works on a closed line too. SW_OK, RTU_STOPPED, or SW_ERROR_PORT when the port has gone. */
int rtu_line_wait(struct rtu_line *line, int64_t until_us);

/* Throws away what is in the receive buffer and waits for the silence that precedes a request: T3.5 and extra_gap_us.
 * SW_OK, RTU_STOPPED, SW_ERROR_PORT; SW_ERROR_LATE_FRAME when something on the line never stops sending. */
int rtu_line_settle(struct rtu_line *line, uint32_t timeout_ms, uint32_t extra_gap_us);

/* Settles, sends, and waits for the reply. `*doubtful` is the unit's own memory (false at first): a request of it was
 * given up and its reply may still come. While set, a reply is believed only when no second one follows it within
 * another timeout; else the first one was the late one, both are thrown away and SW_ERROR_LATE_FRAME is returned.
 * Further results: SW_OK, RTU_STOPPED, and every transport and exception error of error.def. */
int rtu_line_exchange(struct rtu_line *line, const struct exchange *exchange, bool *doubtful,
                      struct exchange_reply *reply);

#endif
