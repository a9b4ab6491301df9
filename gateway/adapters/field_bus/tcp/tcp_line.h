/* One line over TCP: its stations, its connection, and which of them is asked when. How requests and replies are framed
 * is its framing's. Everything runs on the loop; nothing is allocated once a line has begun but its connections. */
#ifndef FIELD_BUS_TCP_TCP_LINE_H
#define FIELD_BUS_TCP_TCP_LINE_H

#include "mbap.h"
#include "station.h"
#include "tcp_connection.h"
#include "tcp_link.h"
#include "tcp_schedule.h"

struct tcp_line;
struct tcp_pending;

/* Modbus TCP, or RTU frames over a stream. */
struct tcp_framing {
    /* Gives up what is overdue and asks who is due. Returns when it wants to be called next, unless the connection is
     * gone by then. */
    int64_t (*step)(struct tcp_line *line, int64_t now_us);
    void (*received)(struct tcp_line *line, const uint8_t *bytes, size_t size, int64_t now_us);
    /* Nobody waits for the reply to this any more. */
    void (*forget)(struct tcp_line *line, const struct tcp_pending *pending);
};

extern const struct tcp_framing tcp_framing_mbap, tcp_framing_rtu;

/* A request that waits for its reply. */
struct tcp_pending {
    struct station *station;
    struct field_request request;
    uint16_t transaction;
    uint32_t timeout_ms;
    int64_t sent_us, deadline_us;
    bool suspect; /* the station was one when it was asked */
};

/* What a line needs to go over to another configuration. */
struct tcp_line_change {
    const struct config_line *config;
    uint32_t index;
    uint32_t *from; /* places as they are now, see stations_new() */
    struct station **stations;
    struct node_order *orders;
};

struct tcp_line {
    struct tcp_schedule_item item;
    struct tcp_schedule *schedule;
    const struct tcp_framing *framing;
    struct line_context context;
    struct station **stations;
    uint32_t station_count;
    int64_t late_us;          /* by less than this any station may be asked late */
    int64_t suspects_from_us; /* no suspect is asked before; STATION_NEVER_US while one is */

    struct node_order *orders;
    bool has_orders;
    struct tcp_line_change *change; /* prepared and not yet committed */

    struct tcp_link link; /* of a line that dials; one that is dialled has none */
    struct tcp_connection *connection;
    bool link_known, link_up;
    bool answered;   /* over this connection, or while there is none over the one before */
    uint32_t silent; /* requests in a row that nobody answered; those of suspects while nobody is sound */

    struct tcp_pending *pending; /* room for config->outstanding */
    uint8_t pending_count;
    uint16_t transaction;

    /* RTU only. */
    int64_t last_byte_us;     /* sent or received */
    int64_t first_byte_us;    /* of the reply */
    int64_t quiet_until_us;   /* a reply nobody waits for any more may come until then */
    int64_t confirm_until_us; /* 0; else the reply is there and believed when no second one comes before */
    struct station *owing;    /* whose reply that is; NULL when it has come */

    /* The start of a frame. */
    uint16_t held_size;
    uint8_t held[MBAP_FRAME_SIZE_MAX];
};

/* What lines share. */
struct tcp_shared {
    struct tcp_schedule schedule;
    struct tcp_connection_pool pool;
    struct tcp_resolver resolver;
};

/* SW_OK or SW_ERROR_NO_SPACE, and nothing to undo. `config` and `shared` outlive the line. */
int tcp_line_init(struct tcp_line *line, const struct config_line *config, uint32_t index,
                  struct sw_wall (*wall_now)(void), struct field_sink sink, struct tcp_shared *shared);
/* Lets go of its connection; no event follows. tcp_line_free() after that, and not from within an event. */
void tcp_line_close(struct tcp_line *line);
void tcp_line_free(struct tcp_line *line);

void tcp_line_order_acknowledge(struct tcp_line *line, uint32_t node, uint16_t epoch, uint32_t sequence);
void tcp_line_order_open_log(struct tcp_line *line, uint32_t node, uint16_t epoch, uint32_t base);
void tcp_line_hurry(struct tcp_line *line, uint32_t interval_ms);

/* How often a poll is due, as the configuration and tcp_line_hurry() have it; to be called again after either. */
double tcp_line_pace(struct tcp_line *line);

/* Over the same connection. SW_OK or SW_ERROR_NO_SPACE and nothing has changed; then one of the other two. */
int tcp_line_prepare(struct tcp_line *line, const struct config_line *next, uint32_t index);
void tcp_line_commit(struct tcp_line *line);
void tcp_line_discard(struct tcp_line *line);

/* To be stepped at once, as when its name may be looked up now. */
void tcp_line_wake(struct tcp_line *line);

/* Of a line that is dialled: its unit has announced itself, over this descriptor, which is the line's from now on. An
 * earlier connection is replaced: the unit knows better than we whether that still lives. */
void tcp_line_adopt(struct tcp_line *line, int descriptor, const char *from);
/* And what keeps it from being dialled, unless it is connected or something was told before. */
void tcp_line_unreachable(struct tcp_line *line, const char *text);

/* ---- for framings ---- */

/* Room for one more, with the request of the station in it; the framing sets sent_us and deadline_us. */
struct tcp_pending *tcp_line_begin(struct tcp_line *line, struct station *station, int64_t now_us);

/* One comes to its end; the connection was kept from others until `until_us`. */
void tcp_line_end(struct tcp_line *line, struct tcp_pending *pending, int result, const struct exchange_reply *reply,
                  int64_t now_us, int64_t until_us);

/* The connection is of no use any more. */
void tcp_line_drop(struct tcp_line *line, const char *why);

/* Nobody has answered for so long that the connection may be at fault: drops it, and is true. */
bool tcp_line_drop_if_dead(struct tcp_line *line);

/* When the station that is due then gets its turn: a little later, for the sake of fewer wake-ups. */
int64_t tcp_line_turn(const struct tcp_line *line, int64_t due_us);

/* That nobody has answered is noticed by so much late. */
#define TCP_LINE_DEADLINE_LATE_US 20000

/* Due so soon that waiting for the next wake-up would only put it off. */
#define TCP_LINE_SLACK_US 2000

#endif
