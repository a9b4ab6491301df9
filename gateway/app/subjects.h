/* Who is watched: the configuration's subjects, nodes, devices and lines as subjects of the core. */
#ifndef GATEWAY_APP_SUBJECTS_H
#define GATEWAY_APP_SUBJECTS_H

#include "app/gateway_state.h"

/* Makes core, lines, nodes and devices. SW_OK, or an error with a reason in `text`; either way subjects_free is owed.
 */
int subjects_build(struct gateway *gateway, struct core_sink sink, char *text, size_t text_size);

/* Takes the last state of every subject out of the store. One that cannot be used is told in the log; that subject
 * starts fresh. */
void subjects_restore(struct gateway *gateway);

void subjects_free(struct gateway *gateway);

/* Place of a subject of the core; NULL when it has none, and for NO_SUBJECT. */
const struct config_place *subjects_place(const struct gateway *gateway, uint32_t core_index);

#endif
