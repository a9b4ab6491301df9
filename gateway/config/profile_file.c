#include "config/profile_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "config/profile_build.h"
#include "stillwater/error.h"

struct load {
    enum profile_use use;
    struct profile_file *file;
};

static void make(void *ctx, const void *raw, struct config_document *document, struct config_problems *problems)
{
    struct load *load = ctx;
    profile_build(load->file, load->use, raw, document, problems);
}

static int out_of_memory(struct config_report report, const char *file)
{
    report.problem(report.ctx, file, 0, "", "no memory for the sensor profiles");
    return SW_ERROR_CONFIG;
}

int profile_file_load(const char *file, enum profile_use use, struct config_report report, struct profile_file **made)
{
    struct load load = {use, calloc(1, sizeof *load.file)};
    *made = NULL;
    if (!load.file) return out_of_memory(report, file);
    int error = config_file_load(file, (struct config_maker){{&profile_schema, profile_key_find}, &load, make}, report);
    if (error)
        free(load.file);
    else
        *made = load.file;
    return error;
}

/* ---- folders ---- */

static int is_profile(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* The same name is the same file; an id could be given twice. */
static int check_id(const struct profile_folder *loaded, const struct profile_file *file, const char *path,
                    struct config_report report)
{
    char text[128];
    if (file->profile.id == SW_PROFILE_NONE) return SW_OK;
    for (size_t i = 0; i < loaded->count; i++) {
        if (loaded->files[i]->profile.id != file->profile.id) continue;
        snprintf(text, sizeof text, "found %u, the id of %s; expected a number of its own", file->profile.id,
                 loaded->files[i]->name);
        report.problem(report.ctx, path, 0, "id", text);
        return SW_ERROR_CONFIG;
    }
    return SW_OK;
}

static int add(struct profile_folder *loaded, const char *folder, const char *name, enum profile_use use,
               struct config_report report)
{
    char path[4096];
    struct profile_file *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int error = profile_file_load(path, use, report, &file);
    if (error) return error;
    error = check_id(loaded, file, path, report);
    loaded->files[loaded->count++] = file;
    return error;
}

int profile_folder_load(const char *folder, enum profile_use use, struct config_report report,
                        struct profile_folder *loaded)
{
    struct dirent **entries;
    char text[256];
    *loaded = (struct profile_folder){.path = strdup(folder)};
    if (!loaded->path) return out_of_memory(report, folder);
    int found = scandir(folder, &entries, is_profile, alphasort);
    if (found < 0) {
        snprintf(text, sizeof text, "cannot read the folder: %s; expected a folder of sensor profiles",
                 strerror(errno));
        report.problem(report.ctx, folder, 0, "", text);
        return SW_ERROR_CONFIG;
    }
    int result = SW_OK;
    loaded->files = calloc((size_t)found + 1, sizeof *loaded->files);
    if (!loaded->files) result = out_of_memory(report, folder);
    for (int i = 0; i < found; i++) {
        if (loaded->files && add(loaded, folder, entries[i]->d_name, use, report) != SW_OK) result = SW_ERROR_CONFIG;
        free(entries[i]);
    }
    free(entries);
    return result;
}

void profile_folder_free(struct profile_folder *loaded)
{
    for (size_t i = 0; i < loaded->count; i++)
        free(loaded->files[i]);
    free(loaded->files);
    free(loaded->path);
}

const struct sw_profile *profile_folder_named(const struct profile_folder *loaded, const char *name)
{
    for (size_t i = 0; i < loaded->count; i++)
        if (strcmp(loaded->files[i]->name, name) == 0) return &loaded->files[i]->profile;
    return NULL;
}
