/* Silence of sensors, nodes and lines. Each is judged by what stands above it: a sensor by how far its source's data
 * reach, a node by whether its line's port works, a line by its port. What is above being down makes what is below
 * unknown, not silent. */
#ifndef GATEWAY_CORE_DETECT_SILENCE_H
#define GATEWAY_CORE_DETECT_SILENCE_H

#include "core/detect/condition.h"
#include "core/policy.h"

/* A line's port. Starts zeroed: nothing has been said of it, and it is taken for working. */
struct silence_line {
    bool down;
    int64_t down_since_ms; /* the wait for the alert counts from here */
    int64_t up_since_ms;   /* 0 = never said */
    int64_t heard_ms;      /* something on it answered */
    bool mute;             /* its port works, and nobody on it answers */
};

/* A node, or a plain device or file. Starts zeroed. Times are 0 where it never was. */
struct silence_source {
    int64_t last_alive_ms;    /* last answer */
    int64_t seen_until_ms;    /* every reading up to here has been handed in */
    int64_t came_back_ms;     /* first answer, or the first one after it was away */
    int64_t waiting_since_ms; /* the wait for an answer counts from here */
};

/* Something on the line answered. True when it had been mute: those that hang on it have their full limit again. */
bool silence_line_hear(struct silence_line *line, int64_t now_ms);
/* One on it is about to be told silent after `limit_ms`: has nothing else answered for half that time? Then it is the
 * line that is silent, and takes the blame for all that hang on it. */
bool silence_line_is_quiet(const struct silence_line *line, int64_t limit_ms, int64_t now_ms);

void silence_line_take(struct silence_line *line, bool port_ok, int64_t now_ms);
struct condition silence_line_judge(const struct silence_line *line, const struct silence_policy *policy,
                                    int64_t now_ms);

/* An answer at now_ms. `line` may be NULL. */
void silence_source_take(struct silence_source *source, const struct silence_policy *policy,
                         const struct silence_line *line, int64_t now_ms);
/* Undecided while the line is down; green is never said here: an answer ends the silence, not time. */
struct condition silence_source_judge(struct silence_source *source, const struct silence_policy *policy,
                                      const struct silence_line *line, int64_t now_ms);

/* How far the data of a source reach at now_ms; 0 = nothing known. A source on a line that keeps no backlog (a plain
 * device, `live`) reaches to now while its port works: what it has not said by now, it will not say. */
int64_t silence_horizon_ms(const struct silence_source *source, const struct silence_line *line, bool live,
                           int64_t now_ms);

/* The moment a sensor's silence counts from; 0 when its source has never been seen. */
int64_t silence_sensor_since_ms(const struct silence_source *source, const struct silence_line *line,
                                int64_t last_good_ms);

#endif
