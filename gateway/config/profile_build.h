/* A profile out of its file: defaults, plausibility, and which blocks are read for its points. */
#ifndef GATEWAY_CONFIG_PROFILE_BUILD_H
#define GATEWAY_CONFIG_PROFILE_BUILD_H

#include "config/config_document.h"
#include "config/profile_file.h"
#include "config/profile_schema.h"

/* Fills in *file and reports what is wrong. */
void profile_build(struct profile_file *file, enum profile_use use, const struct raw_profile *raw,
                   struct config_document *document, struct config_problems *problems);

#endif
