/* What the gateway has to do with one node: recognise it, configure it, set its clock, open its log, take its records.
 * One exchange a step, so that a node that needs much does not keep its line. */
#ifndef FIELD_BUS_NODE_SESSION_H
#define FIELD_BUS_NODE_SESSION_H

#include "record_time.h"
#include "station.h"

enum node_state {
    NODE_IDENTIFY,     /* read identity */
    NODE_HEALTH,       /* read boot count, epoch, clock quality */
    NODE_SLOT_READ,    /* compare one slot's configuration */
    NODE_SLOT_UNLOCK,  /* it differs */
    NODE_SLOT_WRITE,   /* after the unlock */
    NODE_CLOCK,        /* set the clock */
    NODE_LOG_UNOPENED, /* waiting for field_bus_open_log() */
    NODE_LOG_OPEN,     /* write the epoch */
    NODE_POLL,         /* acknowledge and take records */
};

enum node_link { NODE_LINK_UNKNOWN, NODE_LINK_UP, NODE_LINK_DOWN };

struct node_session {
    struct station station;
    const struct config_node *config;
    enum node_state state;
    enum node_link link;
    int64_t now_us; /* of the call that is being made */

    bool known; /* the rest of this group is valid */
    uint32_t serial;
    uint16_t boot;
    uint16_t epoch;
    uint16_t slot_count;

    bool configured;
    uint8_t slot;

    bool clock_wanted;
    int64_t clock_set_us; /* last time the clock was set */
    int64_t clock_not_before_us;
    int64_t round_trip_us; /* of the last good exchange, to the first byte of the reply */
    struct record_time time;

    uint32_t acknowledged; /* what the gateway has told us to tell the node */
    bool awaiting;         /* a batch is with the loop */
    bool more;             /* the node held more than that batch */
    uint32_t last_sequence;
    int64_t poll_due_us;
    bool open_ordered;
    uint16_t open_epoch;
    uint32_t open_base;
};

void node_session_init(struct node_session *session, struct line_context *line, const struct config_line *config,
                       uint32_t index, int64_t due_us);

/* See station.h. An error of the node is handled here and told to the loop. */
void node_session_begin(struct node_session *session, int64_t now_us, struct exchange *out);
void node_session_end(struct node_session *session, int result, const struct exchange_reply *reply, int64_t now_us);
void node_session_reconnect(struct node_session *session, int64_t now_us);
void node_session_order(struct node_session *session, const struct node_order *order, int64_t now_us);

#endif
