#include "core/poll/exchange_time.h"

#define FIXED_SILENCE_BAUD 19200
#define FIXED_SILENCE_US   1750
#define STANDARD_BITS      11

/* Around a PDU: unit id and CRC of RTU; the MBAP header, which has the unit id in it, of TCP. */
#define RTU_FRAME_BYTES 3
#define TCP_FRAME_BYTES 7

int64_t poll_character_ns(const struct sw_line_settings *settings)
{
    int64_t bits = 1 + 8 + (settings->parity == 'N' ? 0 : 1) + settings->stop_bits;
    return bits * 1000000000 / settings->baud;
}

int64_t poll_silence_us(const struct sw_line_settings *settings)
{
    if (settings->baud > FIXED_SILENCE_BAUD) return FIXED_SILENCE_US;
    return INT64_C(3500000) * STANDARD_BITS / settings->baud;
}

int64_t poll_characters_us(const struct sw_line_settings *settings, size_t count)
{
    return (int64_t)count * STANDARD_BITS * 1000000 / settings->baud;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct exchange_time exchange_time_of(const struct poll_line *line, const struct exchange_need *need)
{
    bool framed_as_rtu = line->medium != POLL_TCP;
    uint32_t frame = framed_as_rtu ? RTU_FRAME_BYTES : TCP_FRAME_BYTES;
    struct exchange_time time = {.exchanges = 1,
                                 .request_bytes = need->request_size + frame,
                                 .reply_bytes = need->reply_size + frame,
                                 .usual_answer_us = need->usual_answer_us,
                                 .longest_answer_us = need->answer_us};
    if (framed_as_rtu) {
        int64_t character_ns = poll_character_ns(&line->settings);
        time.gap_us = poll_silence_us(&line->settings) + need->extra_gap_us;
        time.request_us = (time.request_bytes * character_ns + 999) / 1000;
        time.reply_us = (time.reply_bytes * character_ns + 999) / 1000;
    }
    if (line->medium != POLL_SERIAL) time.usual_answer_us += line->trip_us;
    time.usual_answer_us = smaller(time.usual_answer_us, time.longest_answer_us);
    int64_t besides_us = POLL_HOST_US + time.gap_us + time.request_us;
    time.usual_us = besides_us + time.usual_answer_us + time.reply_us;
    time.longest_us = besides_us + time.longest_answer_us + time.reply_us;
    time.silent_us = besides_us + need->give_up_us + need->quiet_us;
    return time;
}

void exchange_time_add(struct exchange_time *poll, const struct exchange_time *next)
{
    int64_t silent_us = poll->exchanges > 0 ? poll->silent_us : next->silent_us;
    poll->exchanges += next->exchanges;
    poll->request_bytes += next->request_bytes;
    poll->reply_bytes += next->reply_bytes;
    poll->gap_us += next->gap_us;
    poll->request_us += next->request_us;
    poll->reply_us += next->reply_us;
    poll->usual_answer_us += next->usual_answer_us;
    poll->longest_answer_us += next->longest_answer_us;
    poll->usual_us += next->usual_us;
    poll->longest_us += next->longest_us;
    poll->silent_us = silent_us;
}
