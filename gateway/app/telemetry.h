/* Readings as they come, on MQTT: for whoever draws curves, and never in the way of an alert (docs/mqtt.md#telemetry).
 *
 * Nothing is kept for it. While the broker is away nothing is gathered; what the network does not take in time is
 * dropped and counted. */
#ifndef GATEWAY_APP_TELEMETRY_H
#define GATEWAY_APP_TELEMETRY_H

#include "app/gateway_state.h"

/* After the subjects are built. SW_OK or SW_ERROR_NO_SPACE. */
int telemetry_build(struct gateway *gateway);
void telemetry_free(struct gateway *gateway);

/* A reading of a subject of the configuration, as it has been judged. */
void telemetry_on_reading(struct gateway *gateway, uint32_t subject, const struct store_reading *reading);

/* What `next` has built takes the place of what there is, which `next` has then. */
void telemetry_change(struct gateway *gateway, struct gateway *next);

void telemetry_on_link(struct gateway *gateway, bool up);
void telemetry_on_done(struct gateway *gateway, enum publisher_telemetry of, bool taken);

/* "" = none */
const char *telemetry_trouble(const struct gateway *gateway);

#endif
