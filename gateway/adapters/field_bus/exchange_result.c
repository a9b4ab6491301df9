#include "exchange_result.h"

#include "stillwater/error.h"

static bool is_exception(int result)
{
    return result <= SW_ERROR_EXCEPTION_FUNCTION && result >= SW_ERROR_EXCEPTION_GATEWAY_TARGET;
}

bool exchange_is_answer(int result)
{
    return result == SW_OK || is_exception(result);
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
        if (is_exception(result)) counters->exceptions++;
        break;
    }
}
