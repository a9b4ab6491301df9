#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "centre/board.h"
#include "centre/run.h"
#include "stillwater/error.h"

#define SLICE_MS 100
/* What the broker has retained comes at once; a broker far away has been seen to pause within it. */
#define QUIET_S       1.0
#define REDRAW_S      1.0
#define PAUSE_MS      1000
#define WIDTH_DEFAULT 140u

struct screen {
    const struct options *options;
    const volatile sig_atomic_t *stop;
    struct connection *connection;
    struct board *board;
    bool is_terminal;
    bool changed; /* since it was drawn */
    double drawn_s;
    char problem[512];
};

static struct board_view view_now(const struct screen *screen)
{
    struct timespec now;
    struct winsize size = {.ws_col = 0};
    const char *columns = getenv("COLUMNS");
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct board_view view = {.now = sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000),
                              .width = columns ? (unsigned)strtoul(columns, NULL, 10) : WIDTH_DEFAULT,
                              .colourful = screen->is_terminal,
                              .problem = screen->problem[0] != '\0' ? screen->problem : NULL};
    if (screen->is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        view.width = size.ws_col;
        view.lines = screen->options->once ? 0 : size.ws_row;
    }
    if (view.width < BOARD_WIDTH_MIN) view.width = BOARD_WIDTH_MIN;
    return view;
}

/* A terminal is drawn over, line by line, so that it does not flicker. Elsewhere a board follows the one before. */
static void draw(struct screen *screen)
{
    char *text = NULL;
    size_t size = 0;
    struct board_view view = view_now(screen);
    FILE *out = open_memstream(&text, &size);
    if (!out) return;
    board_print(screen->board, &view, out);
    (void)fclose(out);
    bool over = screen->is_terminal && !screen->options->once;
    if (over) (void)fputs("\033[H", stdout);
    for (char *line = text, *end; line && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        (void)fwrite(line, 1, (size_t)(end - line), stdout);
        (void)fputs(over ? "\033[K\n" : "\n", stdout);
    }
    if (over) (void)fputs("\033[J", stdout);
    if (!over && !screen->options->once) (void)fputc('\n', stdout);
    (void)fflush(stdout);
    free(text);
    screen->changed = false;
    screen->drawn_s = monotonic_s();
}

/* A terminal's ages go on; elsewhere only what has changed is worth a board. */
static void draw_when_due(struct screen *screen)
{
    if ((screen->changed || screen->is_terminal) && monotonic_s() - screen->drawn_s >= REDRAW_S) draw(screen);
}

static void note_problem(struct screen *screen, const char *text)
{
    if (strcmp(screen->problem, text) == 0) return;
    (void)snprintf(screen->problem, sizeof screen->problem, "%s", text);
    if (!screen->is_terminal || screen->options->once) (void)fprintf(stderr, "%s\n", text);
    screen->changed = true;
}

static void take(struct screen *screen, const struct connection_message *message)
{
    char reason[256], text[512];
    int error = board_take(screen->board, message->topic, message->payload, message->size, reason, sizeof reason);
    screen->changed = true;
    if (error == SW_OK) return;
    (void)snprintf(text, sizeof text, "%.200s: %s", message->topic, reason);
    note_problem(screen, text);
}

/* QoS 0, as the map of a watching centre: what is retained comes at each connect. A branch that the broker does not
 * permit leaves the others. */
static void subscribe(struct screen *screen)
{
    static const char *const branches[] = {SW_TOPIC_STATE "/#", SW_TOPIC_ALERT "/#", SW_TOPIC_INCIDENT "/+",
                                           SW_TOPIC_AREA "/#"};
    const struct options *options = screen->options;
    const char *city = options->city ? options->city : "+";
    size_t count = options->gateway_count > 0 ? options->gateway_count : 1;
    char topic[SW_TOPIC_SIZE], text[512];
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < sizeof branches / sizeof branches[0]; b++) {
            const char *gateway = options->gateway_count > 0 ? options->gateways[i] : "+";
            (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%.63s/%.63s/%s", city, gateway, branches[b]);
            if (connection_subscribe_live(screen->connection, topic, text, sizeof text) != SW_OK)
                note_problem(screen, text);
        }
}

static int connect_to_board(struct screen *screen, char *text, size_t text_size)
{
    const struct options *options = screen->options;
    static char topics[OPTIONS_GATEWAYS_MAX][SW_TOPIC_SIZE];
    const char *pointers[OPTIONS_GATEWAYS_MAX];
    size_t count = options->gateway_count > 0 ? options->gateway_count : 1;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(topics[i], SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%.63s/%.63s/" SW_TOPIC_STATUS,
                       options->city ? options->city : "+", options->gateway_count > 0 ? options->gateways[i] : "+");
        pointers[i] = topics[i];
    }
    int error = connection_connect(screen->connection, pointers, count, text, text_size);
    if (error != SW_OK) return error;
    board_clear(screen->board);
    screen->problem[0] = '\0';
    screen->changed = true;
    subscribe(screen);
    return SW_OK;
}

/* `quiet_s` after the last message; 0 = until told to stop. SW_ERROR_BROKER: the connection is lost. */
static int receive(struct screen *screen, double quiet_s, double end_s)
{
    double last_s = monotonic_s();
    while (!*screen->stop) {
        double now_s = monotonic_s();
        if (quiet_s > 0 && (now_s - last_s >= quiet_s || now_s >= end_s)) return SW_OK;
        struct connection_message message;
        int got = connection_receive(screen->connection, SLICE_MS, &message);
        if (got < 0) return got;
        if (got > 0) {
            take(screen, &message);
            last_s = monotonic_s();
        }
        connection_release(&message);
        if (quiet_s == 0) draw_when_due(screen);
    }
    return SW_OK;
}

static int print_once(struct screen *screen)
{
    char text[512];
    double end_s = monotonic_s() + screen->options->timeout_s;
    int error = connect_to_board(screen, text, sizeof text);
    if (error == SW_OK) {
        error = receive(screen, QUIET_S, end_s);
        (void)snprintf(text, sizeof text, "%s: the connection was lost", screen->options->broker.uri);
    }
    if (error != SW_OK) {
        (void)fprintf(stderr, "%s\n", text);
        return EXIT_NO_ANSWER;
    }
    draw(screen);
    return 0;
}

/* What it shows while the broker is away is what it knew, and says so. */
static void keep_up(struct screen *screen)
{
    char text[512];
    while (!*screen->stop) {
        if (connect_to_board(screen, text, sizeof text) == SW_OK) {
            /* Not a board that is half there. */
            int error = receive(screen, QUIET_S, monotonic_s() + screen->options->timeout_s);
            if (error == SW_OK) error = receive(screen, 0, 0);
            if (error == SW_OK) return;
            (void)snprintf(text, sizeof text, "%s: the connection was lost", screen->options->broker.uri);
        }
        note_problem(screen, text);
        draw_when_due(screen);
        struct timespec pause = {PAUSE_MS / 1000, 0};
        if (!*screen->stop) (void)nanosleep(&pause, NULL);
    }
}

int run_board(const struct options *options, const volatile sig_atomic_t *stop)
{
    struct screen screen = {
        .options = options, .stop = stop, .is_terminal = isatty(STDOUT_FILENO) == 1, .drawn_s = -REDRAW_S};
    char token[CONNECTION_CORRELATION_SIZE], client_id[SW_ID_SIZE], text[512] = "no memory";
    random_token(token);
    (void)snprintf(client_id, sizeof client_id, "board-%s", token);
    screen.board = board_new();
    if (screen.board)
        screen.connection = connection_new(&options->broker, options->client_id ? options->client_id : client_id, false,
                                           text, sizeof text);
    int status = screen.connection ? 0 : EXIT_USAGE;
    if (!screen.connection) {
        (void)fprintf(stderr, "%s\n", text);
    } else if (options->once) {
        status = print_once(&screen);
    } else {
        /* On the other screen of the terminal, without its cursor; both come back at the end. */
        if (screen.is_terminal) (void)fputs("\033[?1049h\033[?25l", stdout);
        keep_up(&screen);
        if (screen.is_terminal) (void)fputs("\033[?25h\033[?1049l", stdout);
    }
    connection_free(screen.connection);
    board_free(screen.board);
    return status;
}
