/* What happens when: a queue of calls in the order of their times, and of their making where times are equal. */
#ifndef TESTS_SIM_AGENDA_H
#define TESTS_SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

typedef void agenda_act(void *ctx, uint64_t number);

void agenda_add(int64_t at_us, agenda_act *act, void *ctx, uint64_t number);
/* `ctx` belongs to the entry: act() gives it up, and drop() does when the world ends before. */
void agenda_add_owned(int64_t at_us, agenda_act *act, void *ctx, uint64_t number, void (*drop)(void *ctx));

/* Sets the time to that of the next entry and calls it. False when there is none up to `until_us`; then that is the
 * time. */
bool agenda_step(int64_t until_us);

void agenda_free(void);

#endif
