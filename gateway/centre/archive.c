#include "centre/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stillwater/error.h"

static int fail(const struct archive *archive, char *text, size_t text_size)
{
    (void)snprintf(text, text_size, "%s: %s", archive->path, strerror(errno));
    return errno == ENOSPC ? SW_ERROR_STORE_FULL : SW_ERROR_SYSTEM;
}

/* Returns the length of the file up to its last line end. */
static off_t read_lines(FILE *stream, struct archive_reader reader)
{
    char *line = NULL;
    size_t size = 0;
    off_t whole = 0;
    for (ssize_t length; (length = getline(&line, &size, stream)) > 0;) {
        if (line[length - 1] != '\n') break;
        whole += length;
        reader.line(reader.ctx, line, (size_t)length - 1);
    }
    free(line);
    return whole;
}

int archive_open(struct archive *archive, const char *path, struct archive_reader reader, char *text, size_t text_size)
{
    (void)snprintf(archive->path, sizeof archive->path, "%s", path);
    if (strcmp(path, "-") == 0) {
        archive->stream = stdout;
        return SW_OK;
    }
    archive->stream = fopen(path, "a+");
    if (!archive->stream) return fail(archive, text, text_size);
    rewind(archive->stream);
    off_t whole = read_lines(archive->stream, reader);
    /* A pipe or a device has nothing to read or to cut; a seek between reading and writing is what C wants. */
    if (fseeko(archive->stream, 0, SEEK_END) == 0 && ftello(archive->stream) > whole &&
        ftruncate(fileno(archive->stream), whole) != 0) {
        int error = fail(archive, text, text_size);
        archive_close(archive);
        return error;
    }
    clearerr(archive->stream);
    return SW_OK;
}

int archive_write(struct archive *archive, const char *body, size_t size, char *text, size_t text_size)
{
    if (!archive->stream) return SW_OK;
    for (size_t i = 0; i < size; i++) {
        char c = body[i] == '\n' || body[i] == '\r' ? ' ' : body[i];
        if (putc(c, archive->stream) == EOF) return fail(archive, text, text_size);
    }
    if (putc('\n', archive->stream) == EOF || fflush(archive->stream) != 0) return fail(archive, text, text_size);
    return SW_OK;
}

void archive_close(struct archive *archive)
{
    if (archive->stream && archive->stream != stdout) (void)fclose(archive->stream);
    archive->stream = NULL;
}
