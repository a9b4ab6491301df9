/* One unit of a line, a node or a plain device, as a state machine without I/O: when it wants to be asked next, what it
 * is to be asked, and what comes of the answer. A transport takes the station that is due, begins, makes the exchange
 * and ends; a station has one exchange under way at most.
 *
 * Every *_us is a moment of CLOCK_MONOTONIC in microseconds (uv_hrtime() / 1000). Belongs to the thread that serves the
 * line; events go out through the line's sink, from within the calls below. */
#ifndef FIELD_BUS_STATION_H
#define FIELD_BUS_STATION_H

#include "field_frame.h"
#include "line_context.h"
#include "same_unit.h"
#include "unit_health.h"

/* "Not before something else happens." */
#define STATION_NEVER_US INT64_MAX

struct exchange {
    struct field_request request;
    uint32_t timeout_ms;   /* end of the request to start of the reply */
    uint32_t extra_gap_us; /* silence on a serial line on top of T3.5 before the request */
};

struct exchange_reply {
    uint16_t registers[FIELD_READ_MAX];
    int64_t sent_us;       /* request handed to the driver */
    int64_t first_byte_us; /* of the reply */
};

/* What the loop wants of one node; the latest one counts. */
struct node_order {
    bool acknowledge;
    uint16_t acknowledge_epoch;
    uint32_t acknowledge_sequence;
    bool open_log;
    uint16_t open_epoch;
    uint32_t open_base;
};

enum station_type { STATION_NODE, STATION_DEVICE };

/* First member of a node_session and of a device_poll. */
struct station {
    enum station_type type;
    uint32_t index; /* of the node or the device in its line's configuration */
    struct line_context *line;
    int64_t due_us;
    struct unit_health health;
    uint8_t unit_id;
    bool busy; /* begun and not yet ended */
    /* The transport's own note, false at first and after a reconnect: a request was given up and its reply may still
     * come. For lines whose frames do not say to which request they belong. */
    bool doubtful;
};

/* The stations of a line, its nodes in front of its devices, each in the order of the configuration: that is a
 * station's place. Their polls are spread over their intervals from now_us on. With `from` (may be NULL) only those are
 * made whose from[place] is NO_SUCH_UNIT; NULL is in the place of the others. NULL when memory is refused. The context
 * outlives the stations; it need not have its configuration yet. */
struct station **stations_new(struct line_context *line, const struct config_line *config, const uint32_t *from,
                              int64_t now_us);
void stations_free(struct station **stations, uint32_t count);
static inline uint32_t stations_count(const struct config_line *config)
{
    return config->node_count + config->device_count;
}

static inline int64_t station_due_us(const struct station *station)
{
    return station->due_us;
}

/* It did not answer last time: while others of its line do, it gets a small share of the line's time only. */
static inline bool station_is_suspect(const struct station *station)
{
    return station->health.failures > 0;
}

/* Somebody on the line is no suspect. */
bool stations_any_sound(struct station *const *stations, uint32_t count);

/* The one of a line that has waited longest past its time and has nothing under way. While anybody on the line is
 * sound, no suspect's turn comes before suspects_from_us. *turn_us: when it is due; STATION_NEVER_US and NULL when none
 * is. */
struct station *stations_next(struct station *const *stations, uint32_t count, int64_t suspects_from_us, int64_t now_us,
                              int64_t *turn_us);

/* The silence that exchange.extra_gap_us will ask for, for a transport that keeps it before it begins: a request may
 * carry the time of its own sending. */
uint32_t station_extra_gap_us(const struct station *station);

void station_begin(struct station *station, int64_t now_us, struct exchange *out);

/* result: SW_OK, or what went wrong with the exchange (error.def, transport and exceptions). `reply` is looked at after
 * SW_OK and exceptions; its registers after SW_OK only. May come without a begin: the line could not take a request.
 * When the line itself is lost in the middle there is no end, but a reconnect. */
void station_end(struct station *station, int result, const struct exchange_reply *reply, int64_t now_us);

/* The line has gone and come back: whoever answers now is to be recognised first. */
void station_reconnect(struct station *station, int64_t now_us);

/* A device that would wait for its time is asked now, too; its later times stay as they are. Not who did not answer
 * last time. A node is asked at once after a reconnect anyway. */
void station_ask_early(struct station *station, int64_t now_us);

/* The same unit at this place of another configuration of its line. */
void station_move(struct station *station, const struct config_line *config, uint32_t place);

/* Of a node. */
void station_order(struct station *station, const struct node_order *order, int64_t now_us);

/* Longest poll interval from now on; 0: as configured. Cheap when nothing changes. */
void station_hurry(struct station *station, uint32_t interval_ms, int64_t now_us);

#endif
