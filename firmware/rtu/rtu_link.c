#include "firmware/rtu/rtu_link.h"

#include <string.h>

#include "firmware/rtu/crc16.h"

/* The longest frame at 11 bits a character is 256 characters; twice that is noise that never pauses. */
#define BABBLE_CHARACTERS 512u

/* 256 characters at 1200 baud take 2.4 s. */
#define STUCK_US 5000000u

static void forget_received(struct rtu_link *link)
{
    link->received_size = 0;
    link->received_crc = CRC16_START;
    link->received_error = SW_OK;
    link->receiving = false;
}

int rtu_link_init(struct rtu_link *link, const struct port_uart *uart, const struct sw_line_settings *settings,
                  uint64_t now_us)
{
    memset(link, 0, sizeof *link);
    link->uart = uart;
    return rtu_link_configure(link, settings, now_us);
}

int rtu_link_configure(struct rtu_link *link, const struct sw_line_settings *settings, uint64_t now_us)
{
    if (rtu_link_transmitting(link)) return SW_ERROR_BUSY;
    if (settings->baud == 0) return SW_ERROR_INVALID_ARGUMENT;
    int error = link->uart->configure(link->uart->ctx, settings);
    if (error != SW_OK) return error;
    link->timing = rtu_timing_at(settings->baud);
    forget_received(link);
    link->next_byte_held = false;
    /* Nobody knows what the line carried a moment ago: the silence before the next frame starts here. */
    link->last_byte_us = now_us;
    link->sent_us = now_us;
    return SW_OK;
}

static bool whole(const struct rtu_link *link)
{
    return link->received_error == SW_OK && link->received_size >= RTU_FRAME_MIN && link->received_crc == 0;
}

static uint64_t silence_that_ends(const struct rtu_link *link)
{
    return (uint64_t)link->timing.t35_us + (whole(link) ? 0 : link->uart->silence_slack_us);
}

/* Silence on the wire before this byte: its stamp is its end, so its own length is not silence. */
static uint64_t silence_before(const struct rtu_link *link, const struct port_byte *byte)
{
    uint64_t between = byte->at_us > link->last_byte_us ? byte->at_us - link->last_byte_us : 0;
    return between > link->timing.character_us ? between - link->timing.character_us : 0;
}

static void take_byte(struct rtu_link *link, const struct port_byte *byte)
{
    if (link->receiving && silence_before(link, byte) > (uint64_t)link->timing.t15_us + link->uart->silence_slack_us)
        link->received_error = SW_ERROR_FRAME_GAP;
    if (byte->damaged) link->received_error = SW_ERROR_CRC;
    link->receiving = true;
    link->last_byte_us = byte->at_us;
    if (link->received_size == RTU_FRAME_MAX) {
        link->received_error = SW_ERROR_WRONG_LENGTH;
        return;
    }
    link->received[link->received_size++] = byte->value;
    link->received_crc = crc16_step(link->received_crc, byte->value);
}

static int end_frame(struct rtu_link *link, struct rtu_frame *frame)
{
    int error = link->received_error;
    if (error == SW_OK && link->received_size < RTU_FRAME_MIN) error = SW_ERROR_WRONG_LENGTH;
    if (error == SW_OK && link->received_crc != 0) error = SW_ERROR_CRC;
    size_t size = link->received_size;
    forget_received(link);
    if (error != SW_OK) return error;

    memcpy(link->frame, link->received, size);
    frame->unit = link->frame[0];
    frame->function = link->frame[1];
    frame->body = sw_reader_over(link->frame + 2, size - 2 - RTU_CRC_SIZE);
    frame->end_us = link->last_byte_us;
    return 1;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t transmit_from(const struct rtu_link *link)
{
    uint64_t quiet_since = later(link->last_byte_us, link->sent_us);
    return later(quiet_since + link->timing.t35_us + link->transmit_gap_us, link->transmit_since_us);
}

static void notice_end_of_transmission(struct rtu_link *link, uint64_t now_us)
{
    if (link->transmit_state != RTU_TRANSMIT_SENDING || link->uart->sending(link->uart->ctx)) return;
    link->transmit_state = RTU_TRANSMIT_IDLE;
    link->sent_us = now_us;
}

static void start_transmission(struct rtu_link *link, uint64_t now_us)
{
    bool free_line = !link->receiving && now_us >= transmit_from(link);
    if (link->transmit_state != RTU_TRANSMIT_WAITING || (!free_line && now_us < link->transmit_limit_us)) return;
    if (link->uart->send(link->uart->ctx, link->transmit, link->transmit_size) != SW_OK) return;
    /* Half duplex: what was coming in before cannot be part of what comes in afterwards. */
    forget_received(link);
    link->transmit_state = RTU_TRANSMIT_SENDING;
    notice_end_of_transmission(link, now_us);
}

int rtu_link_poll(struct rtu_link *link, uint64_t now_us, struct rtu_frame *frame)
{
    struct port_byte byte;
    notice_end_of_transmission(link, now_us);
    while (link->next_byte_held || link->uart->receive(link->uart->ctx, &byte)) {
        if (link->next_byte_held) byte = link->next_byte;
        link->next_byte_held = link->receiving && silence_before(link, &byte) >= silence_that_ends(link);
        if (link->next_byte_held) {
            link->next_byte = byte;
            return end_frame(link, frame);
        }
        take_byte(link, &byte);
    }
    if (link->receiving && now_us >= link->last_byte_us + silence_that_ends(link)) return end_frame(link, frame);
    start_transmission(link, now_us);
    return 0;
}

struct sw_writer rtu_link_compose(struct rtu_link *link)
{
    return sw_writer_over(link->transmit, sizeof link->transmit - RTU_CRC_SIZE);
}

int rtu_link_send(struct rtu_link *link, const struct sw_writer *composed, uint32_t extra_gap_us, uint64_t now_us)
{
    if (rtu_link_transmitting(link)) return SW_ERROR_BUSY;
    if (composed->failed || composed->start != link->transmit) return SW_ERROR_NO_SPACE;
    size_t size = sw_writer_size(composed);
    uint16_t crc = crc16_over(link->transmit, size);
    link->transmit[size++] = (uint8_t)crc;
    link->transmit[size++] = (uint8_t)(crc >> 8);
    link->transmit_size = (uint16_t)size;
    link->transmit_gap_us = extra_gap_us;
    link->transmit_since_us = now_us;
    link->transmit_limit_us = now_us + link->timing.t35_us + extra_gap_us + link->uart->silence_slack_us +
                              (uint64_t)BABBLE_CHARACTERS * link->timing.character_us;
    link->transmit_state = RTU_TRANSMIT_WAITING;
    start_transmission(link, now_us);
    return SW_OK;
}

bool rtu_link_stuck(const struct rtu_link *link, uint64_t now_us)
{
    return rtu_link_transmitting(link) && now_us > link->transmit_since_us + STUCK_US;
}

static uint64_t transmit_due(const struct rtu_link *link, uint64_t now_us)
{
    switch (link->transmit_state) {
    case RTU_TRANSMIT_WAITING:
        if (link->receiving || transmit_from(link) > link->transmit_limit_us) return link->transmit_limit_us;
        return transmit_from(link);
    case RTU_TRANSMIT_SENDING:
        /* A port without a transmit interrupt sends a byte each time it is asked whether it is still sending. */
        return now_us + link->timing.character_us;
    case RTU_TRANSMIT_IDLE:
        break;
    }
    return RTU_NEVER;
}

uint64_t rtu_link_due(const struct rtu_link *link, uint64_t now_us)
{
    if (link->next_byte_held) return now_us;
    uint64_t receive_due = link->receiving ? link->last_byte_us + silence_that_ends(link) : RTU_NEVER;
    uint64_t send_due = transmit_due(link, now_us);
    return receive_due < send_due ? receive_due : send_due;
}
