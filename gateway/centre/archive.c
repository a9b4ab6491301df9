#include "centre/archive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* What an earlier run left. A pipe or a device has nothing to read and nothing to cut off. */
static int take_up(FILE *stream, struct archive_reader reader)
{
    rewind(stream);
    off_t whole = read_lines(stream, reader);
    /* C wants a seek between reading and writing. */
    if (fseeko(stream, 0, SEEK_END) != 0) return -1;
    return ftello(stream) > whole ? ftruncate(fileno(stream), whole) : 0;
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
    struct stat file;
    bool is_file = fstat(fileno(archive->stream), &file) == 0 && S_ISREG(file.st_mode);
    if (!is_file || take_up(archive->stream, reader) == 0) return SW_OK;
    int error = fail(archive, text, text_size);
    archive_close(archive);
    return error;
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
