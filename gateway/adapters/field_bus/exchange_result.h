/* What came of an exchange, as every transport counts it. Pure. */
#ifndef FIELD_BUS_EXCHANGE_RESULT_H
#define FIELD_BUS_EXCHANGE_RESULT_H

#include <stdbool.h>

#include "ports/field_bus.h"

/* The unit asked has answered, if only with an exception. */
bool exchange_is_answer(int result);

void exchange_count(struct field_bus_counters *counters, int result);

#endif
