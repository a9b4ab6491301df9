/* A password kept in a file of its own, so that it stands in no configuration and on no command line. Used by the
 * gateway's publisher and by the city's subscriber. */
#ifndef GATEWAY_CONFIG_PASSWORD_FILE_H
#define GATEWAY_CONFIG_PASSWORD_FILE_H

#include <stddef.h>

/* Puts the first line of `file`, without its line end, into *password (from malloc, the caller frees it, on error too;
 * NULL before the call). SW_ERROR_CONFIG when the file cannot be read or the line is empty: `text` then names
 * `setting` (as its user knows it), the file and the reason. */
int password_file_read(const char *setting, const char *file, char **password, char *text, size_t text_size);

#endif
