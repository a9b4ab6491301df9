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

/* The same from the gateway as it was before a reload, of all that it has, too; what is new comes out of the store,
 * from an earlier time perhaps. SW_ERROR_NO_SPACE. */
int subjects_take_over(struct gateway *gateway, const struct gateway *before);
/* The subject of the core that another gateway's is here; NO_SUBJECT: there is none of its domain and name. */
uint32_t subjects_same(const struct gateway *gateway, const struct gateway *before, uint32_t core_index);

void subjects_free(struct gateway *gateway);

/* Place of a subject of the core; NULL when it has none, and for NO_SUBJECT. */
const struct config_place *subjects_place(const struct gateway *gateway, uint32_t core_index);

#endif
