/* How many descriptors the process may have open: a line over TCP has one each. */
#ifndef GATEWAY_APP_DESCRIPTORS_H
#define GATEWAY_APP_DESCRIPTORS_H

#include <stddef.h>

#include "config/gateway_config.h"

/* Takes as many as the system gives (the hard limit). */
void descriptors_raise(void);

/* Whether that is too few for the configuration; then what to say of it. */
bool descriptors_are_few(const struct gateway_config *config, char *text, size_t text_size);

#endif
