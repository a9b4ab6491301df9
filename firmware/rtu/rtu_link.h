/* RTU framing over one UART, for both roles: finds frames by silences and CRC, sends frames after the silence they
 * need. Knows nothing of functions or registers.
 *
 * When a frame ends. Silence is measured between the time stamps of bytes. A silence above T1.5 inside a frame spoils
 * it; a silence of T3.5 ends it. Where a port delivers bytes late (port silence_slack_us) both limits grow by the
 * slack, with one exception: a frame whose CRC fits ends after the plain T3.5. No byte of it is missing, so there is
 * nothing to give extra time to, and an answer does not pay for the slack (docs/decisions/0002-framing-slack.md). */
#ifndef FIRMWARE_RTU_LINK_H
#define FIRMWARE_RTU_LINK_H

#include "firmware/port.h"
#include "firmware/rtu/rtu_timing.h"
#include "stillwater/byte_cursor.h"

#define RTU_FRAME_MAX 256u
#define RTU_FRAME_MIN 4u
#define RTU_CRC_SIZE  2u

/* No due time: nothing to do until a byte comes. */
#define RTU_NEVER UINT64_MAX

/* A frame whose CRC fitted. The bytes stay valid until the next rtu_link_poll. */
struct rtu_frame {
    uint8_t unit;
    uint8_t function;
    struct sw_reader body; /* what follows the function code, without CRC */
    uint64_t end_us;       /* arrival of the last byte */
};

enum rtu_transmit { RTU_TRANSMIT_IDLE, RTU_TRANSMIT_WAITING, RTU_TRANSMIT_SENDING };

struct rtu_link {
    const struct port_uart *uart;
    struct rtu_timing timing;

    uint8_t received[RTU_FRAME_MAX];
    uint16_t received_size;
    uint16_t received_crc;
    bool receiving;
    int received_error; /* SW_OK, or why the frame being received is thrown away */
    uint64_t last_byte_us;
    struct port_byte next_byte; /* first byte of the next frame, when it ended this one */
    bool next_byte_held;
    uint8_t frame[RTU_FRAME_MAX]; /* the last whole frame: reception goes on while it is being answered */

    uint8_t transmit[RTU_FRAME_MAX];
    uint16_t transmit_size;
    enum rtu_transmit transmit_state;
    uint64_t transmit_since_us;
    uint64_t transmit_limit_us; /* a babbling line keeps a frame waiting no longer than this */
    uint32_t transmit_gap_us;
    uint64_t sent_us; /* end of the last transmission */
};

/* Configures the port. SW_OK or the port's error. */
int rtu_link_init(struct rtu_link *link, const struct port_uart *uart, const struct sw_line_settings *settings,
                  uint64_t now_us);

/* Changes the line settings; drops what was being received. Not while transmitting (SW_ERROR_BUSY). */
int rtu_link_configure(struct rtu_link *link, const struct sw_line_settings *settings, uint64_t now_us);

/* Moves reception and transmission on. `now_us` must have been read before the call: a byte that comes meanwhile is
 * then never mistaken for silence.
 *   1                       *frame is a frame; call again, there may be another
 *   0                       nothing
 *   SW_ERROR_CRC, SW_ERROR_FRAME_GAP, SW_ERROR_WRONG_LENGTH (shorter than 4 or longer than 256 bytes)
 *                           a frame has been thrown away; call again */
int rtu_link_poll(struct rtu_link *link, uint64_t now_us, struct rtu_frame *frame);

/* A writer over the next frame, from the unit id on, with room kept for the CRC. Only while idle. */
struct sw_writer rtu_link_compose(struct rtu_link *link);

/* Adds the CRC and sends as soon as the line has been silent for T3.5 + extra_gap_us. SW_OK; SW_ERROR_BUSY while
 * another frame is on its way; SW_ERROR_NO_SPACE when the writer overflowed. */
int rtu_link_send(struct rtu_link *link, const struct sw_writer *composed, uint32_t extra_gap_us, uint64_t now_us);

static inline bool rtu_link_transmitting(const struct rtu_link *link)
{
    return link->transmit_state != RTU_TRANSMIT_IDLE;
}

/* True while a frame is coming in that has not ended. */
static inline bool rtu_link_receiving(const struct rtu_link *link)
{
    return link->receiving;
}

/* True when a transmission has been going on for longer than any wire could take: the port hangs. */
bool rtu_link_stuck(const struct rtu_link *link, uint64_t now_us);

/* When rtu_link_poll has to be called next, RTU_NEVER when only a byte can change anything. */
uint64_t rtu_link_due(const struct rtu_link *link, uint64_t now_us);

#endif
