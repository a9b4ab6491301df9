/* What the core keeps, shared by core.c and the core_*.c beside it. Of others only tests and benches look in here. */
#ifndef GATEWAY_CORE_CORE_STATE_H
#define GATEWAY_CORE_CORE_STATE_H

#include <assert.h>

#include "core/aggregate/day_rhythm.h"
#include "core/aggregate/rain.h"
#include "core/aggregate/use_start.h"
#include "core/aggregate/use_window.h"
#include "core/alert/flap.h"
#include "core/alert/life_cycle.h"
#include "core/core.h"
#include "core/detect/agreement.h"
#include "core/detect/backflow.h"
#include "core/detect/battery.h"
#include "core/detect/burst.h"
#include "core/detect/cover.h"
#include "core/detect/cover_mount.h"
#include "core/detect/day_volume.h"
#include "core/detect/float_switch.h"
#include "core/detect/leak.h"
#include "core/detect/level.h"
#include "core/detect/meter_fault.h"
#include "core/detect/rise.h"
#include "core/detect/silence.h"
#include "core/habit/habit.h"
#include "core/kept_time.h"
#include "core/normalise/level_quality.h"
#include "core/normalise/meter.h"

/* What the centre has said about a home's people. Times are 0 where nothing is set. */
struct absence {
    uint32_t since_s, until_s;
    uint32_t still_from_s; /* stillness counts from here: the end of the last absence; 0 = there was none */
    uint32_t used_s;       /* while away: real use was seen; it counts once it has paused */
    uint32_t over_s;       /* it has ended then, and that is still to be told: within the same call; 0 = nothing is */
    uint8_t away;          /* enum sw_away */
    uint8_t over;          /* enum sw_away: and was this */
    uint8_t over_by;       /* enum sw_alert_rule */
};

struct home {
    uint32_t look_s; /* readings before this that show no growth change nothing; see core_home_stays_still() */
    struct meter meter;
    struct absence absence;
    struct meter_fault meter_fault;
    struct backflow backflow;
    struct use_window window;
    struct use_start use_start;
    struct habit habit;
    struct leak leak;
    struct burst burst;
    struct day_volume day_volume;
    struct day_rhythm rhythm;
    uint8_t slow_change; /* enum sw_alert_rule: of the last note */
};
static_assert(sizeof(struct home) <= 1024, "a city has a million homes");

/* Who is asked whether they say the same: indices of subjects. */
struct asked {
    uint32_t neighbours[CORE_NEIGHBOURS_MAX];
    uint32_t upstream[CORE_UPSTREAM_MAX];
    uint8_t neighbour_count, upstream_count;
};

struct water {
    struct asked asked;
    struct level_quality quality;
    struct level level;
    struct rise rise;
    struct battery battery;
    int64_t doubt_ms; /* when the last sample was taken */
    uint8_t doubt;    /* enum sw_quality_reason: of that sample; NONE = it was good */
    bool quarantined;
};
static_assert(sizeof(struct water) <= 256, "and very many levels");

struct manhole {
    struct cover_mount mount;
    struct cover cover;
    struct float_switch floats;
    struct battery battery;
    int64_t heard_ms[2]; /* of the inputs that only a cover has */
};

/* A node, a plain device or a file. */
struct source {
    struct silence_source silence;
    int64_t restored_ms; /* last tick before the snapshot it was restored from; 0 = not restored, or resumed since */
};

/* What a subject may have alerts of, one of each at a time. The first two places are the same in every domain: what it
 * is watched for, and its silence; core_alert_kind() has the others. */
enum subject_alert {
    SUBJECT_ALERT_MAIN = 0,
    SUBJECT_ALERT_SILENCE = 1,

    HOME_ALERT_QUIET = 2,
    HOME_ALERT_LEAK,
    HOME_ALERT_BURST,
    HOME_ALERT_BACKFLOW,
    HOME_ALERT_METER_FAULT,
    HOME_ALERT_HIGH_USE,
    HOME_ALERT_SLOW_CHANGE,
    HOME_ALERT_FIRST_USE,
    HOME_ALERT_COUNT,

    SENSOR_ALERT_BATTERY = 2, /* levels and covers */

    LEVEL_ALERT_SOON = 3,
    LEVEL_ALERT_QUALITY,
    LEVEL_ALERT_COUNT,

    COVER_ALERT_FLOAT = 3, /* water stands at the cover: an alert of the level's kind */
    COVER_ALERT_COUNT,

    STORE_ALERT_DAMAGED = 2,

    SUBJECT_ALERT_COUNT = HOME_ALERT_COUNT /* the most there are */
};

/* So many alerts the domain has. */
int core_alert_count(enum subject_domain domain);

/* Kinds of readings that come to one subject. The first two places are there in every domain: a cover's switch, a
 * meter's reverse total and a level's battery have the second one. */
enum subject_input {
    SUBJECT_INPUT_MAIN,
    SUBJECT_INPUT_SECOND,
    SUBJECT_INPUT_SHARED, /* so many are kept in struct subject, */

    COVER_INPUT_BATTERY = SUBJECT_INPUT_SHARED, /* the others with the cover */
    COVER_INPUT_FLOAT,
    COVER_INPUT_COUNT
};

#define SUBJECT_NO_TWIN UINT32_MAX

/* What all have in common; what only a domain has, and the lives of its alerts, are behind pointers, so that each takes
 * no more room than it needs. */
struct subject {
    const char *name;
    const char *grid; /* path of its place; NULL = nowhere */
    const struct policy *policy;
    union {
        struct home *home;
        struct water *water;
        struct manhole *manhole;
        struct rain *rain;
        struct source *source; /* node or source */
        struct silence_line *line;
    } state;
    struct alert_life *alerts; /* core_alert_count() of them */
    uint32_t parent;
    uint32_t twin;   /* a cover's level of the same name, and the other way round; SUBJECT_NO_TWIN */
    uint8_t domain;  /* enum subject_domain */
    bool dirty;      /* changed since its last snapshot */
    bool must_save;  /* and by more than readings and answers: core_replay() would not bring it back */
    bool circle_due; /* of a circle's first: one of them must be saved, so all that are dirty must */
    bool is_maintained;
    uint16_t standing;   /* bit `which`: that alert is open, pending or muted */
    uint16_t remembered; /* bit `which`: core->flaps knows of it */
    uint32_t readings;
    uint32_t rejected;
    int64_t heard_ms[SUBJECT_INPUT_SHARED]; /* time of the last reading of any quality */
    int64_t last_good_ms;
    int64_t estimated_ms;    /* last good reading whose time is only estimated */
    int64_t watched_from_ms; /* end of its last maintenance */
};

/* An exercise that goes on. */
struct drill {
    char name[SW_ID_SIZE];
    uint32_t subject; /* CORE_NO_SUBJECT: there is none of that name any more */
    uint8_t domain;   /* enum subject_domain */
    uint8_t kind;     /* enum sw_alert_kind */
    int64_t until_ms;
    struct alert_life life;
};

/* What hangs on a subject, the newest first: index + 1; 0 = none. And of those that look at one another's state while
 * they take a reading, the next one on the way to the one that stands for them all, which names itself. */
struct kin {
    uint32_t child, sibling;
    uint32_t circle;
};

struct core {
    char gateway[SW_ID_SIZE];
    struct core_sink sink;
    struct core_capacity left; /* room for so many more */
    uint32_t count;
    uint32_t bucket_count; /* a power of two */
    bool resumed;          /* no tick yet since a snapshot was taken back, or core_resume() */
    int64_t last_tick_ms;  /* 0 = none yet */
    int64_t next_due_ms;   /* no subject is due before this */
    struct core_verdict verdict;
    enum sw_colour weather;
    int64_t weather_until_ms; /* 0 = never said */
    uint32_t drill_count;
    bool drills_dirty; /* changed since the last snapshot of them */
    struct drill drills[CORE_DRILLS_MAX];
    struct holds holds;
    bool held_dirty; /* holds or flaps changed since the last snapshot of them */
    struct flaps flaps;
    int64_t held_due_ms;   /* the first end of a hold or a delay */
    int64_t expire_due_ms; /* no alert expires before this */
    int64_t *due_ms;       /* per subject: a tick before this changes nothing */
    struct kin *kin;       /* per subject */
    uint32_t *buckets;     /* index + 1 of the subject; 0 = empty */
    struct subject *subjects;
    unsigned char *free; /* what lies behind the subjects' pointers comes from here */
};

static inline void core_must_save(struct subject *subject)
{
    subject->dirty = subject->must_save = true;
}

/* core_subject.c */

/* Of its circle, the subject that stands for all. */
uint32_t core_circle(struct core *core, uint32_t index);

/* Bytes behind subject->state. */
size_t core_state_size(enum subject_domain domain);

/* core_alert.c */

/* Brings the alert in line with the condition and sends the revision that makes, if any. */
void core_take_condition(struct core *core, uint32_t index, enum subject_alert which, const struct condition *condition,
                         struct sw_wall now);

/* The same. Nearly always there is nothing, and was nothing. */
static inline void core_follow(struct core *core, uint32_t index, enum subject_alert which,
                               const struct condition *condition, struct sw_wall now)
{
    bool stands = (core->subjects[index].standing >> which & 1) != 0;
    if (condition->decided && (stands || condition->colour != SW_COLOUR_GREEN))
        core_take_condition(core, index, which, condition, now);
}

enum sw_alert_kind core_alert_kind(enum subject_domain domain, enum subject_alert which);
/* SUBJECT_ALERT_COUNT: the domain has no such alerts. */
enum subject_alert core_alert_of_kind(enum subject_domain domain, enum sw_alert_kind kind);
/* Call after every change to an alert's life. */
void core_note_standing(struct subject *subject, enum subject_alert which);
/* Clears it by a person's doing, whatever its condition; nothing when it is not open. */
void core_clear(struct core *core, uint32_t index, enum subject_alert which, const char *actor, const char *note,
                struct sw_wall now);

/* Tells of something that is over as it is told: one revision, nothing to remember. */
void core_note(const struct core *core, uint32_t index, enum sw_alert_kind kind, enum sw_alert_rule rule,
               int64_t onset_ms, const char *note, struct sw_wall now);

/* Who caused a revision, and what they said; NULL: the gateway itself. */
struct cause {
    const char *actor, *note;
};

/* Completes an alert that has been described, and hands it to the sink. */
void core_send_alert(const struct core *core, uint32_t index, const char *name, struct sw_alert *alert,
                     const struct sw_evidence *evidence, struct cause cause, struct sw_wall now);

/* Takes the step and sends the revision that makes; none of what is pending. */
void core_take_step(struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_action step,
                    const struct condition *condition, struct cause cause, struct sw_wall now);

/* core_hold.c */

/* What is done instead of a step: HOLD, a change of what is pending, or nothing. */
enum sw_alert_action core_hold_back(struct core *core, uint32_t index, enum subject_alert which,
                                    enum sw_alert_action step, const struct condition *condition, struct sw_wall now);
/* Call with every step that is taken. */
void core_note_step(struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_action step,
                    const struct condition *condition, int64_t now_ms);
/* Open, although its condition is over. */
bool core_is_held_open(const struct core *core, const struct subject *subject, enum subject_alert which);
/* How often it was raised lately; 0: it does not flap. */
uint16_t core_flaps(struct core *core, uint32_t index, enum subject_alert which, int64_t now_ms);
/* Ends holds and delays whose time is over. Call before core->resumed is reset. */
void core_tick_held(struct core *core, struct sw_wall now);
void core_held_set_back(struct core *core, int64_t now_ms);
/* Once holds and flaps have been taken back. */
void core_held_restored(struct core *core);

/* core_expire.c */

/* Ends open alerts that nothing can clear any more. */
void core_tick_expiry(struct core *core, struct sw_wall now);

/* core_drill.c */

/* Its place in core->drills; drill_count: none has this id. */
uint32_t core_find_drill(const struct core *core, const char *alert_id);
/* As core_on_action. */
int core_act_on_drill(struct core *core, uint32_t place, uint32_t revision, enum sw_alert_action action,
                      struct cause cause, struct sw_wall now);
/* Ends those whose time is over; when the next one's is. */
void core_tick_drills(struct core *core, struct sw_wall now);
int64_t core_drills_due_ms(const struct core *core);

/* core_people.c */

/* A home's maintenance is over. */
void core_home_serviced(struct core *core, uint32_t index, int64_t end_ms);

/* What use_start_take said of a home's flow. */
void core_people_take(struct subject *subject, const struct flow *flow, const struct use_start_verdict *use);
/* Tells that an absence has ended, by use or by its time, once. */
void core_people_tell(struct core *core, uint32_t index, struct sw_wall now);
/* Of homes: a setting ends by its time; when; what a clock that is set back does to it. */
void core_people_pass_time(struct subject *subject, int64_t now_ms);
int64_t core_people_due_ms(const struct subject *subject);
void core_people_set_back(struct subject *subject, int64_t now_ms);
/* What is left of a condition once people have been heard: undecided where stillness is explained. */
struct condition core_people_judge(const struct subject *subject, enum subject_alert which, struct condition condition);
/* Set away or in hospital. */
bool core_home_is_away(const struct subject *subject);
/* False while anything is set: neither an empty home nor a visitor shows the habit of who lives there. */
bool core_home_is_learning(const struct subject *subject);
/* The later of the last use and the end of the last absence: what stillness is counted from. */
int64_t core_home_still_from_ms(const struct subject *subject, int64_t last_use_ms);

/* core_watch.c */

/* A node or line has been told silent: clears what was told of those that hang on it because of that. */
void core_inhibit_children(struct core *core, uint32_t index, struct sw_wall now);
const struct subject *core_parent(const struct core *core, const struct subject *subject);
const struct silence_line *core_line_above(const struct core *core, const struct subject *subject);
int64_t core_silence_limit_ms(const struct subject *subject);
bool core_is_sensor(enum subject_domain domain);

/* Time of the last reading of such a kind, of any quality. */
int64_t *core_heard_ms(struct subject *subject, enum subject_input input);
/* So many of them the domain has. */
int core_input_count(enum subject_domain domain);

/* Works out anew when the subject is due. Call after every change to it. */
void core_reschedule(struct core *core, uint32_t index, int64_t now_ms);
void core_reschedule_children(struct core *core, uint32_t parent, int64_t now_ms);

#endif
