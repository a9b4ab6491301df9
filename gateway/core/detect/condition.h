/* What a detector says of its subject now: the colour of the condition it watches for, green when it is over, and since
 * when it holds. The alert room makes revisions of it; the detector never sees alerts. */
#ifndef GATEWAY_CORE_DETECT_CONDITION_H
#define GATEWAY_CORE_DETECT_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/alert.h"

struct condition {
    bool decided; /* false: there is not enough to tell, what was said before stands */
    enum sw_colour colour;
    int64_t onset_ms;
    enum sw_alert_rule rule; /* that fired; of detectors with several rules, NONE elsewhere */
};

/* "No deadline": nothing changes by the mere passing of time. */
#define DEADLINE_NONE INT64_MAX

#endif
