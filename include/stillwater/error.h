/* Error numbers shared by node, gateway and centre. Functions return int: SW_OK or one of these. */
#ifndef STILLWATER_ERROR_H
#define STILLWATER_ERROR_H

#include <stdbool.h>

enum sw_error {
    SW_OK = 0,
#define SW_ERROR(number, name, text) SW_ERROR_##name = (number),
#include "stillwater/error.def"
#undef SW_ERROR
};

/* "CRC" for SW_ERROR_CRC, "OK" for SW_OK, "UNKNOWN" for a number not in the table. Static storage. */
static inline const char *sw_error_name(int error)
{
    switch (error) {
    case SW_OK:
        return "OK";
#define SW_ERROR(number, name, text)                                                                                   \
    case (number):                                                                                                     \
        return #name;
#include "stillwater/error.def"
#undef SW_ERROR
    default:
        return "UNKNOWN";
    }
}

/* A sentence without final stop. Static storage. */
static inline const char *sw_error_text(int error)
{
    switch (error) {
    case SW_OK:
        return "success";
#define SW_ERROR(number, name, text)                                                                                   \
    case (number):                                                                                                     \
        return text;
#include "stillwater/error.def"
#undef SW_ERROR
    default:
        return "unknown error";
    }
}

/* The error for an exception code of a Modbus reply (1..11, without the gaps in the standard's table);
 * SW_ERROR_EXCEPTION_FAILURE for a code the standard does not define. */
static inline int sw_error_from_modbus_exception(unsigned code)
{
    return (code >= 1 && code <= 11 && code != 7 && code != 9) ? -100 - (int)code : SW_ERROR_EXCEPTION_FAILURE;
}

/* A Modbus exception: somebody has answered. */
static inline bool sw_error_is_exception(int error)
{
    return error <= SW_ERROR_EXCEPTION_FUNCTION && error >= SW_ERROR_EXCEPTION_GATEWAY_TARGET;
}

#endif
