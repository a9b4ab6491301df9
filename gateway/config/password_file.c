#include "config/password_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stillwater/error.h"

int password_file_read(const char *setting, const char *file, char **password, char *text, size_t text_size)
{
    FILE *stream = fopen(file, "r");
    if (!stream) {
        (void)snprintf(text, text_size, "%s %s: %s", setting, file, strerror(errno));
        return SW_ERROR_CONFIG;
    }
    size_t size = 0;
    ssize_t length = getline(password, &size, stream);
    (void)fclose(stream);
    while (length > 0 && ((*password)[length - 1] == '\n' || (*password)[length - 1] == '\r'))
        (*password)[--length] = '\0';
    if (length > 0) return SW_OK;
    (void)snprintf(text, text_size, "%s %s: the first line is empty", setting, file);
    return SW_ERROR_CONFIG;
}
