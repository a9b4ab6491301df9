/* stillwater-profiles: makes include/stillwater/sensor_profile.def and docs/sensor-profiles.md out of profiles/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/profiles.h"
#include "stillwater/error.h"

static void print_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, field, text);
}

static int by_id(const void *a, const void *b)
{
    const struct profile_file *const *left = a, *const *right = b;
    return (int)(*left)->profile.id - (int)(*right)->profile.id;
}

int main(int argc, char **argv)
{
    struct profile_folder folder;
    bool table = argc == 3 && strcmp(argv[1], "table") == 0;
    if (!table && (argc != 3 || strcmp(argv[1], "page") != 0)) {
        fputs("usage: stillwater-profiles table|page FOLDER\n", stderr);
        return 64;
    }
    int error = profile_folder_load(argv[2], PROFILE_BUILT_IN, (struct config_report){NULL, print_problem}, &folder);
    if (!error) {
        qsort(folder.files, folder.count, sizeof *folder.files, by_id);
        (table ? print_table : print_page)(&folder);
        if (fflush(stdout) != 0) error = SW_ERROR_NO_SPACE;
    }
    profile_folder_free(&folder);
    return error ? 1 : 0;
}
