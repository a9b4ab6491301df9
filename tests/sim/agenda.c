#include "sim/agenda.h"

#include <stdlib.h>

#include "sim/sim.h"

struct entry {
    int64_t at_us;
    uint64_t order;
    agenda_act *act;
    void *ctx;
    uint64_t number;
    void (*drop)(void *ctx); /* NULL = not owned */
};

/* A binary heap, the next entry first. */
static struct {
    struct entry *entries;
    size_t count, capacity;
    uint64_t orders;
} agenda;

static bool before(const struct entry *a, const struct entry *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void sink(size_t at)
{
    struct entry moved = agenda.entries[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda.count) break;
        if (child + 1 < agenda.count && before(&agenda.entries[child + 1], &agenda.entries[child])) child++;
        if (!before(&agenda.entries[child], &moved)) break;
        agenda.entries[at] = agenda.entries[child];
        at = child;
    }
    agenda.entries[at] = moved;
}

void agenda_add(int64_t at_us, agenda_act *act, void *ctx, uint64_t number)
{
    agenda_add_owned(at_us, act, ctx, number, NULL);
}

void agenda_add_owned(int64_t at_us, agenda_act *act, void *ctx, uint64_t number, void (*drop)(void *ctx))
{
    if (agenda.count == agenda.capacity) {
        agenda.capacity = agenda.capacity ? 2 * agenda.capacity : 256;
        agenda.entries = sim_grown(agenda.entries, agenda.capacity, sizeof *agenda.entries);
    }
    struct entry entry = {at_us > sim.now_us ? at_us : sim.now_us, agenda.orders++, act, ctx, number, drop};
    size_t at = agenda.count++;
    for (; at > 0 && before(&entry, &agenda.entries[(at - 1) / 2]); at = (at - 1) / 2)
        agenda.entries[at] = agenda.entries[(at - 1) / 2];
    agenda.entries[at] = entry;
}

bool agenda_step(int64_t until_us)
{
    if (agenda.count == 0 || agenda.entries[0].at_us > until_us) {
        sim.now_us = until_us;
        return false;
    }
    struct entry next = agenda.entries[0];
    agenda.entries[0] = agenda.entries[--agenda.count];
    if (agenda.count > 0) sink(0);
    sim.now_us = next.at_us;
    next.act(next.ctx, next.number);
    return true;
}

void agenda_free(void)
{
    for (size_t i = 0; i < agenda.count; i++)
        if (agenda.entries[i].drop) agenda.entries[i].drop(agenda.entries[i].ctx);
    free(agenda.entries);
}
