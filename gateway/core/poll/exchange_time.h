/* How long one exchange takes: bytes at the speed of the line, the silences around them, the time the unit needs.
 * Pure. All figures are for planning; a line keeps its own deadlines. */
#ifndef GATEWAY_CORE_POLL_EXCHANGE_TIME_H
#define GATEWAY_CORE_POLL_EXCHANGE_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "stillwater/sensor_profile.h"

/* What the frames go over. */
enum poll_medium {
    POLL_SERIAL,       /* Modbus RTU on a serial line */
    POLL_TCP,          /* Modbus TCP */
    POLL_RTU_OVER_TCP, /* RTU frames on a TCP connection, a serial line behind it */
};

/* What the gateway itself takes for an exchange: threads that wake up, bytes that lie with the driver. Measured on four
 * cores: 1 ms, and 3 ms at a load of twelve (tests/bench/plan.py). */
#define POLL_HOST_US 4000

struct poll_line {
    enum poll_medium medium;
    struct sw_line_settings settings; /* of the serial line; not used for POLL_TCP */
    uint32_t trip_us;                 /* there and back over the network; not used for POLL_SERIAL */
};

/* Sizes are those of the PDU: function code and data. */
struct exchange_need {
    uint32_t request_size, reply_size;
    uint32_t extra_gap_us;    /* silence on top of T3.5 before the request */
    uint32_t usual_answer_us; /* end of the request to the start of the reply, without the way over the network */
    uint32_t answer_us;       /* the same at the latest, and with it */
    uint32_t give_up_us;      /* from the end of the request, when nothing has come */
    uint32_t quiet_us;        /* kept free afterwards for an answer that is late */
};

struct exchange_time {
    uint32_t exchanges;
    uint32_t request_bytes, reply_bytes; /* on the wire */
    int64_t gap_us;                      /* silence before the request */
    int64_t request_us, reply_us;        /* the bytes */
    int64_t usual_answer_us, longest_answer_us;
    int64_t usual_us, longest_us; /* the whole, with the one answer or the other */
    int64_t silent_us;            /* the whole, when nothing answers */
};

/* One character on the wire, in nanoseconds: start bit, 8 data bits, parity, stop bits. */
int64_t poll_character_ns(const struct sw_line_settings *settings);
/* T3.5 as the lines keep it: of characters of 11 bits, and fixed above 19200 baud (Modbus over serial line V1.02
 * §2.5.1.1). */
int64_t poll_silence_us(const struct sw_line_settings *settings);
/* So many characters of 11 bits, which is what the standard counts with and the most that one has: for deadlines. */
int64_t poll_characters_us(const struct sw_line_settings *settings, size_t count);

struct exchange_time exchange_time_of(const struct poll_line *line, const struct exchange_need *need);

/* A poll of several exchanges, one after the other. Who does not answer the first is not asked for the rest. */
void exchange_time_add(struct exchange_time *poll, const struct exchange_time *next);

#endif
