/* stillwaterd without its main: one loop that wires field bus, core, store and publisher.
 *
 * Opaque to main; the parts of the application see inside through gateway_state.h. */
#ifndef GATEWAY_APP_GATEWAY_H
#define GATEWAY_APP_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "config/gateway_config.h"
#include "stillwater/time.h"

/* The clocks come as functions so that tests can set them. wall() is also called from the field bus's threads. */
struct gateway_clock {
    struct sw_wall (*wall)(void);
    struct sw_mono (*mono)(void);
};

struct gateway;

/* Opens the store, takes the last state out of it, starts publisher and field bus. SW_OK: gateway_stop is owed; the
 * loop then ends by itself. On error `text` names the file or port and the reason; handles that were opened are being
 * closed, so the loop is to be run once more until it ends. `config` outlives the gateway. */
int gateway_start(uv_loop_t *loop, const struct gateway_config *config, struct gateway_clock clock,
                  struct gateway **gateway, char *text, size_t text_size);

/* Makes gateway_reload() and the centre's command `reload` possible: `file` (copied) is where `config` came from.
 * replaced(ctx) says that the configuration of gateway_start() and its people are not needed any more; the gateway
 * frees what it reads itself. */
void gateway_reload_from(struct gateway *gateway, const char *file, void (*replaced)(void *ctx), void *ctx);

/* Reads the file anew, and goes over to what it says if that is right; what came of it is in the log. `by`: for the
 * trail. */
void gateway_reload(struct gateway *gateway, const char *by);

/* Passing of time: judges delays and silences, tries failed commits again, sends the status. Called by the gateway's
 * own timer once a second; tests call it themselves. */
void gateway_tick(struct gateway *gateway);

/* Stops polling, commits what is pending, gives the outbox two seconds, says goodbye, closes everything. stopped() is
 * the last call; the gateway is gone then. */
void gateway_stop(struct gateway *gateway, void (*stopped)(void *ctx), void *ctx);

#endif
