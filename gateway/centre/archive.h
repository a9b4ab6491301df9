/* The file of JSON lines: every message once, also over restarts. */
#ifndef GATEWAY_CENTRE_ARCHIVE_H
#define GATEWAY_CENTRE_ARCHIVE_H

#include <stddef.h>
#include <stdio.h>

struct archive {
    FILE *stream; /* NULL = none */
    char path[512];
};

/* Called for each line the file already holds. */
struct archive_reader {
    void *ctx;
    void (*line)(void *ctx, const char *line, size_t size);
};

/* Opens `path` for appending ("-": standard output, nothing to read). A last line without end is what a crash left of a
 * message; it is cut off, for it would spoil the next one too. `text` gets the reason on error. */
int archive_open(struct archive *archive, const char *path, struct archive_reader reader, char *text, size_t text_size);

/* One line, handed to the operating system before it returns. Line ends inside are written as spaces: in JSON they can
 * stand between members only. */
int archive_write(struct archive *archive, const char *body, size_t size, char *text, size_t text_size);

void archive_close(struct archive *archive);

#endif
