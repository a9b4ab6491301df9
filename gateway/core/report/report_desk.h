/* Where what people report is taken in: what has been heard before, who says too much, and how many say the same of an
 * alert. Pure and bounded; it is made anew after a restart from the reports in the store, handed in again in their
 * order. People, portals, reports and alerts are known by 64-bit hashes of their names. */
#ifndef GATEWAY_CORE_REPORT_REPORT_DESK_H
#define GATEWAY_CORE_REPORT_REPORT_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/report.h"

#define REPORT_SEEN_MAX      4096 /* reports that a repetition is told from */
#define REPORT_TALKERS_MAX   512  /* people and portals whose rate is counted; the one longest silent makes room */
#define REPORT_TALLIES_MAX   256  /* alerts that something was reported of */
#define REPORT_VOICES_MAX    12   /* that count on an alert; what more of them say changes nothing */
#define REPORT_HOUR_MS       3600000
#define REPORT_AHEAD_MOST_MS (INT64_C(5) * 60000) /* clocks of phones and gateways differ */

struct report_policy {
    uint32_t per_reporter, per_portal; /* an hour, at most */
    int64_t window_ms;                 /* a report older than this says nothing of now */
};

struct report_heard {
    uint64_t id, reporter;
    uint64_t portal; /* 0 = none: a worker, or a sensor's alert */
    enum sw_report_source source;
    enum sw_report_kind kind;
    enum sw_colour colour; /* a worker's word; green = none */
    int64_t time_ms;       /* by whoever reports */
};

/* How many have spoken of an alert. */
struct report_tally {
    uint64_t alert; /* 0 = free */
    uint8_t workers, citizens, sensors, disagree;
    uint8_t voice_count;
    enum sw_colour worker_colour; /* the worst a worker has said */
    int64_t last_ms;
    struct {
        uint64_t who;
        bool disagrees;
    } voices[REPORT_VOICES_MAX];
};

struct report_desk {
    uint64_t seen[REPORT_SEEN_MAX];
    uint32_t seen_next;
    struct {
        uint64_t who;
        int64_t from_ms; /* the hour that is counted begins here */
        uint32_t count;
    } talkers[REPORT_TALKERS_MAX];
    struct report_tally tallies[REPORT_TALLIES_MAX];
};

enum report_admission {
    REPORT_ADMITTED,
    REPORT_REPEATED, /* this id was taken before */
    REPORT_TOO_OLD,  /* window_ms and more */
    REPORT_AHEAD,    /* of our clock, by more than REPORT_AHEAD_MOST_MS */
    REPORT_REPORTER_TOO_MUCH,
    REPORT_PORTAL_TOO_MUCH,
};

/* FNV-1a, 64 bits, never 0. */
uint64_t report_hash(const char *text);

/* Notes the report when it is admitted; nothing has changed otherwise. */
enum report_admission report_desk_admit(struct report_desk *desk, const struct report_policy *policy,
                                        const struct report_heard *report, int64_t now_ms);

/* One that was admitted before a restart, in its place. */
void report_desk_recall(struct report_desk *desk, const struct report_heard *report, int64_t received_ms);

/* The tally of an alert, a new one where there is none; NULL when there is no room. */
struct report_tally *report_desk_tally(struct report_desk *desk, uint64_t alert);
/* NULL where there is none. */
const struct report_tally *report_desk_find(const struct report_desk *desk, uint64_t alert);
/* The alert is over. */
void report_desk_forget(struct report_desk *desk, uint64_t alert);

/* False when it tells nothing new: whoever it comes from has said the same of this alert, or enough others have. */
bool report_tally_take(struct report_tally *tally, const struct report_heard *report);

/* The colour of an alert that reports of this kind have opened: what workers say; else yellow at most until two
 * citizens, a sensor or a worker agree. */
enum sw_colour report_tally_colour(const struct report_tally *tally, enum sw_report_kind kind);

#endif
