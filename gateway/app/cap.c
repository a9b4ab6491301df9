#include "app/cap.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/log.h"
#include "message/message.h"

_Static_assert(MESSAGE_CAP_EARLIER_MAX >= STORE_EARLIER_MAX, "all that the store remembers can be named");

/* NULL: nothing is to be sent, or it cannot be made. */
static char *encode(const struct store_outbox_row *row)
{
    struct message_cap_earlier earlier[STORE_EARLIER_MAX];
    char *cap = NULL;
    for (uint32_t i = 0; i < row->earlier_count; i++)
        earlier[i] = (struct message_cap_earlier){row->earlier[i].revision, row->earlier[i].updated_at};
    int error = message_cap_encode(row->payload, earlier, row->earlier_count, &cap);
    if (error)
        log_event(LOG_LEVEL_ERROR, "cap", "%s revision %u goes without: %s", row->alert_id, row->revision,
                  sw_error_text(error));
    return cap;
}

bool cap_send(struct gateway *gateway, const struct store_outbox_row *row, bool replayed)
{
    struct permission *permission = &gateway->cap;
    if (!gateway->config->mqtt.cap || permission->off) return true;
    if (permission->probing) return false;
    char topic[SW_TOPIC_SIZE];
    snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_CAP "/%s", gateway->config->city,
             gateway->config->gateway, row->alert_id);
    char *body = encode(row);
    int error = body ? publisher_send_cap(gateway->publisher, topic, body, row->payload, replayed) : SW_OK;
    if (body && !error) permission_on_sent(permission);
    free(body);
    if (error && error != SW_ERROR_BUSY)
        log_event(LOG_LEVEL_ERROR, "cap", "%s revision %u goes without: %s", row->alert_id, row->revision,
                  sw_error_text(error));
    return error != SW_ERROR_BUSY;
}

void cap_on_link(struct gateway *gateway, bool up)
{
    permission_on_link(&gateway->cap, up, "cap");
}

void cap_on_done(struct gateway *gateway, bool taken)
{
    permission_on_done(&gateway->cap, taken, "cap");
}

const char *cap_trouble(const struct gateway *gateway)
{
    return gateway->cap.off ? "CAP is not published: the broker does not permit it" : "";
}
