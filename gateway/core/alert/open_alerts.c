#include "core/alert/open_alerts.h"

#include <string.h>

#include "core/layout.h"

/* A hash of (subject, kind, whether it is a drill) with linear probing over a dense list. */
struct open_alerts {
    uint32_t capacity, count;
    uint32_t bucket_count;   /* a power of two */
    uint32_t *buckets;       /* place + 1; 0 = empty */
    struct open_alert *list; /* where it was ever used, also beyond `count`, each entry has a slot of its own */
    uint32_t used;           /* entries that were */
};

static size_t buckets_at(void)
{
    return layout_rounded(sizeof(struct open_alerts));
}

static size_t list_at(uint32_t capacity)
{
    return buckets_at() + layout_rounded(layout_buckets(capacity) * sizeof(uint32_t));
}

size_t open_alerts_size(uint32_t capacity)
{
    return list_at(capacity) + (size_t)capacity * sizeof(struct open_alert);
}

struct open_alerts *open_alerts_init(void *memory, uint32_t capacity)
{
    unsigned char *bytes = memory;
    struct open_alerts *open = memory;
    open->capacity = capacity;
    open->bucket_count = layout_buckets(capacity);
    open->buckets = (uint32_t *)(bytes + buckets_at());
    open->list = (struct open_alert *)(bytes + list_at(capacity));
    return open;
}

static uint32_t home_of(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind, bool drill)
{
    uint64_t key = ((uint64_t)subject << 8 | (uint64_t)kind << 1 | drill) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(key >> 32) & (open->bucket_count - 1);
}

/* Its bucket, or the empty one where it would go. */
static uint32_t bucket_of(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind, bool drill)
{
    uint32_t bucket = home_of(open, subject, kind, drill);
    while (open->buckets[bucket] != 0) {
        const struct open_alert *alert = &open->list[open->buckets[bucket] - 1];
        if (alert->subject == subject && alert->kind == kind && alert->drill == drill) break;
        bucket = (bucket + 1) & (open->bucket_count - 1);
    }
    return bucket;
}

/* Closes the gap, so that no entry is cut off from its home. */
static void empty_bucket(struct open_alerts *open, uint32_t gap)
{
    uint32_t mask = open->bucket_count - 1;
    for (uint32_t at = (gap + 1) & mask; open->buckets[at] != 0; at = (at + 1) & mask) {
        const struct open_alert *alert = &open->list[open->buckets[at] - 1];
        uint32_t home = home_of(open, alert->subject, alert->kind, alert->drill);
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        open->buckets[gap] = open->buckets[at];
        gap = at;
    }
    open->buckets[gap] = 0;
}

/* The last of the list takes the place that has become free. */
static void drop(struct open_alerts *open, uint32_t bucket)
{
    uint32_t place = open->buckets[bucket] - 1;
    const struct open_alert *last = &open->list[open->count - 1];
    open->buckets[bucket_of(open, last->subject, last->kind, last->drill)] = place + 1;
    if (last != &open->list[place]) {
        uint32_t slot = open->list[place].slot;
        open->list[place] = *last;
        open->list[open->count - 1].slot = slot;
    }
    empty_bucket(open, bucket);
    open->count--;
}

static void write(struct open_alert *entry, uint32_t subject, const struct sw_alert *alert)
{
    char actor[SW_ALERT_ACTOR_SIZE];
    bool is_still = entry->state == alert->state && strcmp(entry->id, alert->id) == 0;
    memcpy(actor, is_still ? entry->actor : alert->actor, sizeof actor);
    *entry = (struct open_alert){.subject = subject,
                                 .slot = entry->slot,
                                 .drill = alert->drill,
                                 .kind = alert->kind,
                                 .state = alert->state,
                                 .colour = alert->colour,
                                 .peak = alert->peak,
                                 .rule = alert->evidence.rule,
                                 .revision = alert->revision,
                                 .onset = alert->onset,
                                 .raised_at = alert->raised_at,
                                 .updated_at = alert->updated_at};
    memcpy(entry->actor, actor, sizeof entry->actor);
    memcpy(entry->id, alert->id, sizeof entry->id);
}

void open_alerts_take(struct open_alerts *open, uint32_t subject, const struct sw_alert *alert)
{
    uint32_t bucket = bucket_of(open, subject, alert->kind, alert->drill);
    uint32_t known = open->buckets[bucket];
    bool is_same = known != 0 && strcmp(open->list[known - 1].id, alert->id) == 0;
    if (is_same && alert->revision < open->list[known - 1].revision) return;
    if (!sw_alert_state_is_open(alert->state)) {
        if (is_same) drop(open, bucket);
        return;
    }
    if (known == 0) {
        if (open->count == open->capacity) return;
        open->buckets[bucket] = known = ++open->count;
        if (open->used < open->count) {
            open->list[open->used].slot = open->used;
            open->used++;
        }
    }
    write(&open->list[known - 1], subject, alert);
}

void open_alerts_describe(struct open_alerts *open, uint32_t subject, const struct sw_alert *alert,
                          const char *headline)
{
    uint32_t known = open->buckets[bucket_of(open, subject, alert->kind, alert->drill)];
    if (known == 0) return;
    char *text = open->list[known - 1].headline;
    size_t length = strlen(headline);
    if (length >= OPEN_ALERT_HEADLINE_SIZE) length = OPEN_ALERT_HEADLINE_SIZE - 1;
    memcpy(text, headline, length);
    text[length] = '\0';
}

uint32_t open_alerts_count(const struct open_alerts *open)
{
    return open->count;
}

const struct open_alert *open_alerts_at(const struct open_alerts *open, uint32_t place)
{
    return &open->list[place];
}

static const struct open_alert *find(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind,
                                     bool drill)
{
    uint32_t known = open->buckets[bucket_of(open, subject, kind, drill)];
    return known == 0 ? NULL : &open->list[known - 1];
}

const struct open_alert *open_alerts_find(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind)
{
    return find(open, subject, kind, false);
}

const struct open_alert *open_alerts_find_drill(const struct open_alerts *open, uint32_t subject,
                                                enum sw_alert_kind kind)
{
    return find(open, subject, kind, true);
}

const struct open_alert *open_alerts_of(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind,
                                        const char *id)
{
    const struct open_alert *found = find(open, subject, kind, false);
    if (!found || strcmp(found->id, id) != 0) found = find(open, subject, kind, true);
    return found && strcmp(found->id, id) == 0 ? found : NULL;
}
