#include "config/config_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

/* Far above any real configuration; keeps a wrong path (a disk, a database) from being read whole. */
#define FILE_SIZE_MAX (8u * 1024 * 1024)

static uint8_t *read_file(const char *file, size_t *size, struct config_problems *problems)
{
    uint8_t *bytes = NULL;
    FILE *stream = fopen(file, "rb");
    if (!stream) {
        config_problem(problems, 0, "", "cannot open the file: %s; expected a readable YAML file", strerror(errno));
        return NULL;
    }
    bytes = malloc(FILE_SIZE_MAX + 1);
    if (!bytes) {
        config_problem(problems, 0, "", "no memory to read the file");
    } else {
        *size = fread(bytes, 1, FILE_SIZE_MAX + 1, stream);
        if (ferror(stream))
            config_problem(problems, 0, "", "cannot read the file: %s; expected a readable YAML file", strerror(errno));
        else if (*size > FILE_SIZE_MAX)
            config_problem(problems, 0, "", "the file is larger than %u bytes; expected a configuration",
                           FILE_SIZE_MAX);
    }
    fclose(stream);
    if (problems->count == 0) return bytes;
    free(bytes);
    return NULL;
}

/* libcyaml says what is wrong in its first message at error level and where in a later one. */
struct cyaml_text {
    char first[256];
};

__attribute__((format(printf, 3, 0))) static void keep_first(cyaml_log_t level, void *ctx, const char *format,
                                                             va_list arguments)
{
    struct cyaml_text *text = ctx;
    if (level < CYAML_LOG_ERROR || text->first[0] != '\0') return;
    vsnprintf(text->first, sizeof text->first, format, arguments);
    text->first[strcspn(text->first, "\n")] = '\0';
}

static void make_checked(const uint8_t *bytes, size_t size, struct config_document *document,
                         const struct config_maker *maker, struct config_problems *problems)
{
    struct cyaml_text text = {""};
    const cyaml_config_t settings = {.log_fn = keep_first,
                                     .log_ctx = &text,
                                     .mem_fn = cyaml_mem,
                                     .log_level = CYAML_LOG_ERROR,
                                     .flags = CYAML_CFG_NO_ALIAS};
    cyaml_data_t *loaded = NULL;
    cyaml_err_t error = cyaml_load_data(bytes, size, &settings, maker->shape.schema, &loaded, NULL);
    if (error != CYAML_OK) {
        config_problem(problems, 0, "", "%s: %s", cyaml_strerror(error), text.first);
        return;
    }
    maker->make(maker->ctx, loaded, document, problems);
    cyaml_free(&settings, maker->shape.schema, loaded, 0);
}

int config_file_load(const char *file, struct config_maker maker, struct config_report report)
{
    struct config_problems problems = {report, file, 0};
    struct config_document document;
    size_t size = 0;
    uint8_t *bytes = read_file(file, &size, &problems);
    if (!bytes) return SW_ERROR_CONFIG;
    if (config_document_parse(&document, bytes, size, &problems) == SW_OK) {
        if (config_shape_check(&document, &maker.shape, &problems) == SW_OK)
            make_checked(bytes, size, &document, &maker, &problems);
        config_document_free(&document);
    }
    free(bytes);
    return problems.count > 0 ? SW_ERROR_CONFIG : SW_OK;
}
