/* Makes the configuration out of what libcyaml loaded: defaults filled in, policies laid over each other, names
 * resolved. A profile or subject nobody knows is reported and left NULL or CONFIG_NO_SUBJECT. */
#ifndef GATEWAY_CONFIG_CONFIG_BUILD_H
#define GATEWAY_CONFIG_CONFIG_BUILD_H

#include "config/config_document.h"
#include "config/config_schema.h"

#define CONFIG_NO_SUBJECT UINT32_MAX

/* NULL when memory is refused (reported). The result shares nothing with `raw`. */
struct gateway_config *config_build(const struct raw_config *raw, struct config_document *document,
                                    struct config_problems *problems);

#endif
