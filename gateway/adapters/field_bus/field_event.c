#include "field_event.h"

void field_event_deliver(const struct field_event *event, const struct field_bus_events *to)
{
    switch (event->type) {
    case FIELD_EVENT_BATCH:
        to->batch(to->ctx, &event->batch);
        break;
    case FIELD_EVENT_SAMPLE:
        to->sample(to->ctx, &event->sample);
        break;
    case FIELD_EVENT_NODE_LINK:
        to->node_link(to->ctx, event->line, event->node, event->up, event->error, event->text);
        break;
    case FIELD_EVENT_LINE_LINK:
        to->line_link(to->ctx, event->line, event->up, event->text);
        break;
    case FIELD_EVENT_LOG_UNOPENED:
        to->log_unopened(to->ctx, event->line, event->node, event->serial);
        break;
    case FIELD_EVENT_NOTICE:
        if (to->notice != NULL) to->notice(to->ctx, event->line, event->node, event->error, event->text);
        break;
    case FIELD_EVENT_CHANGED:
        break;
    case FIELD_EVENT_DEVICE_NOTICE:
        if (to->device_notice != NULL)
            to->device_notice(to->ctx, event->line, event->device, event->error, event->text);
        break;
    }
}
