#include "config/neighbours.h"

#include "core/near/globe.h"

struct nearest {
    uint32_t subject[CORE_NEIGHBOURS_MAX];
    double metres[CORE_NEIGHBOURS_MAX];
    uint32_t count;
};

static double distance_m(const struct config_place *a, const struct config_place *b)
{
    struct globe_point from = globe_point(a->latitude, a->longitude), to = globe_point(b->latitude, b->longitude);
    return globe_distance_m(&from, &to);
}

/* Keeps the list sorted; one more than it holds falls off its end. */
static void keep_if_near(struct nearest *nearest, uint32_t subject, double metres)
{
    uint32_t at = nearest->count;
    while (at > 0 && nearest->metres[at - 1] > metres)
        at--;
    if (at == CORE_NEIGHBOURS_MAX) return;
    uint32_t last = nearest->count < CORE_NEIGHBOURS_MAX ? nearest->count++ : CORE_NEIGHBOURS_MAX - 1;
    for (uint32_t i = last; i > at; i--) {
        nearest->metres[i] = nearest->metres[i - 1];
        nearest->subject[i] = nearest->subject[i - 1];
    }
    nearest->metres[at] = metres;
    nearest->subject[at] = subject;
}

/* 0 = not asked. */
static int32_t reach_m(const struct config_subject *here, enum subject_domain domain)
{
    const struct agreement_policy *policy = &here->policy->agreement;
    if (domain == SUBJECT_LEVEL) return policy->reach_m[AGREEMENT_NEIGHBOUR];
    return domain == SUBJECT_RAIN ? policy->reach_m[AGREEMENT_RAIN] : 0;
}

static bool is_upstream(const struct config_subject *subject, const struct config_subject *other)
{
    for (uint32_t i = 0; i < subject->upstream_count; i++)
        if (subject->upstream[i] == other) return true;
    return false;
}

static void link_near(struct core *core, uint32_t index,
                      const struct config_subject *(*subject_of)(void *ctx, uint32_t subject), void *ctx)
{
    const struct config_subject *here = subject_of(ctx, index);
    struct nearest nearest = {.count = 0};
    for (uint32_t i = 0; here->place.known && i < core_subject_count(core); i++) {
        const struct config_subject *there = subject_of(ctx, i);
        if (i == index || !there || !there->place.known || is_upstream(here, there)) continue;
        int32_t reach = reach_m(here, core_subject_domain(core, i));
        double metres = distance_m(&here->place, &there->place);
        if (reach > 0 && metres <= reach) keep_if_near(&nearest, i, metres);
    }
    (void)core_set_neighbours(core, index, nearest.subject, nearest.count);
}

/* One that has no level (yet) has nothing to say. */
static void link_upstream(struct core *core, uint32_t index, const struct config_subject *here)
{
    uint32_t upstream[CORE_UPSTREAM_MAX], count = 0;
    for (uint32_t i = 0; i < here->upstream_count; i++)
        if (core_find_subject(core, SUBJECT_LEVEL, here->upstream[i]->id, &upstream[count]) == SW_OK) count++;
    (void)core_set_upstream(core, index, upstream, count);
}

void neighbours_link(struct core *core, const struct config_subject *(*subject_of)(void *ctx, uint32_t subject),
                     void *ctx)
{
    for (uint32_t i = 0; i < core_subject_count(core); i++) {
        const struct config_subject *here = subject_of(ctx, i);
        if (core_subject_domain(core, i) != SUBJECT_LEVEL || !here) continue;
        link_near(core, i, subject_of, ctx);
        link_upstream(core, i, here);
    }
}
