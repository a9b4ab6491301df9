#include "firmware/health/health.h"

void health_end_pass(struct health *health)
{
    if (health->reported == HEALTH_ALL) health->system->feed_watchdog(health->system->ctx);
    health->reported = 0;
}
