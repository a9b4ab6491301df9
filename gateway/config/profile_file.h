/* Sensor profiles as files: one YAML file a device (docs/profile-author.md). */
#ifndef GATEWAY_CONFIG_PROFILE_FILE_H
#define GATEWAY_CONFIG_PROFILE_FILE_H

#include "config/gateway_config.h"
#include "stillwater/sensor_profile.h"

enum profile_use {
    PROFILE_BUILT_IN, /* has an id; nodes may know it */
    PROFILE_OWN,      /* an operator's: for the gateway's own lines, beside the built-in ones */
};

#define PROFILE_GUARDS_MAX 16
#define PROFILE_UNITS_MAX  32 /* of all points together */
#define PROFILE_CODES_MAX  32
#define PROFILE_CHECKS_MAX 8

/* The profile, and what its lists point at; so it does not move. */
struct profile_file {
    struct sw_profile profile;
    char name[SW_ID_SIZE];
    char description[128];
    char source[512];
    char checks[PROFILE_CHECKS_MAX][256];
    size_t check_count;
    struct sw_profile_block blocks[SW_PROFILE_BLOCKS_MAX];
    struct sw_profile_point points[SW_PROFILE_POINTS_MAX];
    struct sw_profile_guard guards[PROFILE_GUARDS_MAX];
    struct sw_profile_unit units[PROFILE_UNITS_MAX];
    struct sw_profile_code codes[PROFILE_CODES_MAX];
    size_t unit_count, code_count;
};

/* SW_OK: release with free(). SW_ERROR_CONFIG after at least one problem was reported: *made is NULL. */
int profile_file_load(const char *file, enum profile_use use, struct config_report report, struct profile_file **made);

/* All files *.yaml of a folder. SW_OK, or SW_ERROR_CONFIG after at least one problem was reported; either way release
 * with profile_folder_free(). */
int profile_folder_load(const char *folder, enum profile_use use, struct config_report report,
                        struct profile_folder *loaded);
void profile_folder_free(struct profile_folder *loaded);

/* NULL when none has this name. */
const struct sw_profile *profile_folder_named(const struct profile_folder *loaded, const char *name);

#endif
