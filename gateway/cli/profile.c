#include "cli/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/profile_file.h"

#define EXIT_UNUSABLE 2

static const char usage[] = "Usage: stillwater profile FILE...\n"
                            "\n"
                            "Checks sensor profiles for the folder that a gateway's configuration names\n"
                            "(docs/profile-author.md), and says what is read.\n"
                            "\n"
                            "Exit status: 0, or 2 when a file cannot be used.\n";

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

static void print_profile(const struct sw_profile *profile)
{
    printf("%s: %u reading%s in %u request%s\n", profile->name, profile->point_count,
           profile->point_count == 1 ? "" : "s", profile->block_count, profile->block_count == 1 ? "" : "s");
    for (size_t i = 0; i < profile->block_count; i++)
        printf("  function code %02u, %u register%s from 0x%04x\n", profile->blocks[i].function,
               profile->blocks[i].count, profile->blocks[i].count == 1 ? "" : "s", profile->blocks[i].address);
    for (size_t i = 0; i < profile->point_count; i++)
        printf("  %s from 0x%04x\n", sw_reading_kind_info(profile->points[i].kind)->name,
               profile->points[i].at.address);
}

int profile_main(int argc, char **argv)
{
    int status = 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
    if (argc < 2 || argv[1][0] == '-') {
        fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    for (int i = 1; i < argc; i++) {
        struct profile_file *file;
        if (profile_file_load(argv[i], PROFILE_OWN, (struct config_report){NULL, on_problem}, &file) != 0) {
            status = EXIT_UNUSABLE;
            continue;
        }
        print_profile(&file->profile);
        free(file);
    }
    return fflush(stdout) == 0 ? status : 1;
}
