#include "exchange_result.h"

#include "stillwater/error.h"

bool exchange_is_answer(int result)
{
    return result == SW_OK || sw_error_is_exception(result);
}

void exchange_count(struct field_bus_counters *counters, int result)
{
    switch (result) {
    case SW_OK:
        counters->replies++;
        break;
    case SW_ERROR_TIMEOUT:
        counters->timeouts++;
        break;
    case SW_ERROR_CRC:
    case SW_ERROR_FRAME_GAP:
        counters->crc_errors++;
        break;
    case SW_ERROR_WRONG_UNIT:
    case SW_ERROR_WRONG_FUNCTION:
    case SW_ERROR_WRONG_LENGTH:
        counters->wrong_replies++;
        break;
    default:
        if (sw_error_is_exception(result)) counters->exceptions++;
        break;
    }
}
