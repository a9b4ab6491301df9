#include "centre/board.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "centre/area_table.h"
#include "centre/topic_path.h"
#include "message/message.h"
#include "stillwater/error.h"

/* An officer sees the first thirty; what more there is has to be counted right. */
#define ALERTS_MAX    65536u
#define GATEWAYS_MAX  4096u
#define INCIDENTS_MAX 1024u

/* From here on there is room for one line an alert; below it takes two. */
#define WIDE_FROM 120u

#define INCIDENTS_SHOWN 5u

struct alert {
    uint32_t hash; /* of the id: most are told apart by it */
    struct message_alert_summary said;
    char by[SW_ALERT_ACTOR_SIZE]; /* who acknowledged or was dispatched; the last revision need not say it */
};

struct board {
    struct alert **alerts;
    size_t alert_count, alert_room;
    struct message_status_summary *gateways;
    size_t gateway_count;
    struct message_incident *incidents;
    size_t incident_count;
    struct area_table *areas;
};

struct board *board_new(void)
{
    struct board *board = calloc(1, sizeof *board);
    if (!board) return NULL;
    board->gateways = calloc(GATEWAYS_MAX, sizeof *board->gateways);
    board->incidents = calloc(INCIDENTS_MAX, sizeof *board->incidents);
    board->areas = area_table_new();
    if (board->gateways && board->incidents && board->areas) return board;
    board_free(board);
    return NULL;
}

static void forget_alerts(struct board *board)
{
    for (size_t i = 0; i < board->alert_count; i++)
        free(board->alerts[i]);
    board->alert_count = 0;
}

void board_free(struct board *board)
{
    if (!board) return;
    forget_alerts(board);
    free(board->alerts);
    free(board->gateways);
    free(board->incidents);
    area_table_free(board->areas);
    free(board);
}

void board_clear(struct board *board)
{
    forget_alerts(board);
    board->gateway_count = board->incident_count = 0;
    struct area_table *fresh = area_table_new();
    if (!fresh) return;
    area_table_free(board->areas);
    board->areas = fresh;
}

/* ---- alerts ---- */

static uint32_t hash_of(const char *id)
{
    uint32_t hash = 2166136261u;
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return hash;
}

/* Its place; alert_count when it is not there. */
static size_t place_of(const struct board *board, const struct message_alert_summary *said)
{
    uint32_t hash = hash_of(said->id);
    size_t place = 0;
    for (; place < board->alert_count; place++) {
        const struct alert *alert = board->alerts[place];
        if (alert->hash == hash && strcmp(alert->said.id, said->id) == 0 && strcmp(alert->said.city, said->city) == 0)
            break;
    }
    return place;
}

static void drop(struct board *board, size_t place)
{
    free(board->alerts[place]);
    board->alerts[place] = board->alerts[--board->alert_count];
}

static struct alert *add(struct board *board, const struct message_alert_summary *said)
{
    if (board->alert_count == ALERTS_MAX) return NULL;
    if (board->alert_count == board->alert_room) {
        size_t room = board->alert_room > 0 ? 2 * board->alert_room : 64;
        struct alert **more = realloc(board->alerts, room * sizeof(struct alert *));
        if (!more) return NULL;
        board->alerts = more;
        board->alert_room = room;
    }
    struct alert *alert = calloc(1, sizeof *alert);
    if (!alert) return NULL;
    alert->hash = hash_of(said->id);
    return board->alerts[board->alert_count++] = alert;
}

static bool is_taken_on(enum sw_alert_state state)
{
    return state == SW_ALERT_STATE_ACKNOWLEDGED || state == SW_ALERT_STATE_DISPATCHED;
}

/* What is not stored yet may become another thing under the same revision, so a stored one replaces it. */
static bool is_old(const struct alert *known, const struct message_alert_summary *said)
{
    if (said->revision == known->said.revision) return !known->said.unstored || said->unstored;
    return said->revision < known->said.revision;
}

static int take_alert(struct board *board, const struct message_alert_summary *said)
{
    size_t place = place_of(board, said);
    struct alert *alert = place < board->alert_count ? board->alerts[place] : NULL;
    if (alert && is_old(alert, said)) return SW_OK;
    if (!sw_alert_state_is_open(said->state)) {
        if (alert) drop(board, place);
        return SW_OK;
    }
    if (!alert) alert = add(board, said);
    if (!alert) return SW_ERROR_NO_SPACE;
    alert->said = *said;
    if (!is_taken_on(said->state))
        alert->by[0] = '\0';
    else if (said->actor[0] != '\0')
        memcpy(alert->by, said->actor, sizeof alert->by);
    return SW_OK;
}

/* ---- states ---- */

struct state_list {
    uint32_t count;
    struct message_alert_summary alerts[MESSAGE_STATE_ALERTS_MAX];
};

static void list_alert(void *ctx, const struct message_alert_summary *alert)
{
    struct state_list *list = ctx;
    if (list->count < MESSAGE_STATE_ALERTS_MAX) list->alerts[list->count++] = *alert;
}

static bool is_listed(const struct state_list *list, const char *id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (strcmp(list->alerts[i].id, id) == 0) return true;
    return false;
}

/* Of this subject nothing is open but what is listed. An alert that its gateway cannot store is in no state; an alert
 * goes before the state that has it, so that none here is newer than the state. */
static void keep_listed(struct board *board, const struct topic_path *path, const char *subject,
                        const struct state_list *list)
{
    for (size_t i = board->alert_count; i-- > 0;) {
        const struct message_alert_summary *said = &board->alerts[i]->said;
        if (strcmp(said->subject, subject) == 0 && strcmp(said->gateway, path->gateway) == 0 &&
            strcmp(said->city, path->city) == 0 && !said->unstored && !(list && is_listed(list, said->id)))
            drop(board, i);
    }
}

static int take_state(struct board *board, const struct topic_path *path, const char *subject, const char *payload,
                      size_t size, char *text, size_t text_size)
{
    struct message_state_head head;
    if (size == 0) {
        keep_listed(board, path, subject, NULL);
        return SW_OK;
    }
    struct state_list *list = calloc(1, sizeof *list);
    if (!list) return SW_ERROR_NO_SPACE;
    int error = message_state_decode(payload, size, &head, list, list_alert, text, text_size);
    if (error == SW_OK && (strcmp(head.city, path->city) != 0 || strcmp(head.gateway, path->gateway) != 0 ||
                           strcmp(head.subject, subject) != 0)) {
        (void)snprintf(text, text_size, "the body is not of this topic");
        error = SW_ERROR_MESSAGE;
    }
    if (error == SW_OK) keep_listed(board, path, subject, list);
    for (uint32_t i = 0; error == SW_OK && i < list->count; i++)
        error = take_alert(board, &list->alerts[i]);
    free(list);
    return error;
}

/* ---- gateways, incidents, areas ---- */

static size_t gateway_place(const struct board *board, const char *city, const char *gateway)
{
    size_t place = 0;
    while (place < board->gateway_count &&
           (strcmp(board->gateways[place].gateway, gateway) != 0 || strcmp(board->gateways[place].city, city) != 0))
        place++;
    return place;
}

static int take_status(struct board *board, const struct message_status_summary *status)
{
    size_t place = gateway_place(board, status->city, status->gateway);
    if (place == GATEWAYS_MAX) return SW_ERROR_NO_SPACE;
    if (place == board->gateway_count) board->gateway_count++;
    board->gateways[place] = *status;
    return area_table_gateway(board->areas, status->city, status->gateway, status->state != MESSAGE_STATUS_ONLINE);
}

static size_t incident_place(const struct board *board, const char *city, const char *id)
{
    size_t place = 0;
    while (place < board->incident_count &&
           (strcmp(board->incidents[place].id, id) != 0 || strcmp(board->incidents[place].city, city) != 0))
        place++;
    return place;
}

static void drop_incident(struct board *board, const char *city, const char *id)
{
    size_t place = incident_place(board, city, id);
    if (place < board->incident_count) board->incidents[place] = board->incidents[--board->incident_count];
}

static int take_incident(struct board *board, const struct message_incident *incident)
{
    if (incident->state != MESSAGE_INCIDENT_OPEN) {
        drop_incident(board, incident->city, incident->id);
        return SW_OK;
    }
    size_t place = incident_place(board, incident->city, incident->id);
    if (place == INCIDENTS_MAX) return SW_ERROR_NO_SPACE;
    if (place == board->incident_count) board->incident_count++;
    board->incidents[place] = *incident;
    return SW_OK;
}

/* ---- messages ---- */

static bool is_of(const struct topic_path *path, const char *city, const char *gateway)
{
    return strcmp(path->city, city) == 0 && strcmp(path->gateway, gateway) == 0;
}

static int take_body(struct board *board, const struct topic_path *path, const char *payload, size_t size, char *text,
                     size_t text_size)
{
    union {
        struct message_alert_summary alert;
        struct message_status_summary status;
        struct message_incident incident;
        struct message_area area;
    } body;
    int error;
    bool fits;
    switch (path->branch) {
    case TOPIC_ALERT:
        error = message_alert_decode(payload, size, &body.alert, text, text_size);
        fits = is_of(path, body.alert.city, body.alert.gateway) && strcmp(path->alert_id, body.alert.id) == 0;
        if (error == SW_OK && fits) return take_alert(board, &body.alert);
        break;
    case TOPIC_STATUS:
        error = message_status_decode(payload, size, &body.status, text, text_size);
        fits = is_of(path, body.status.city, body.status.gateway);
        if (error == SW_OK && fits) return take_status(board, &body.status);
        break;
    case TOPIC_INCIDENT:
        error = message_incident_decode(payload, size, &body.incident, text, text_size);
        fits = is_of(path, body.incident.city, body.incident.gateway) && strcmp(path->alert_id, body.incident.id) == 0;
        if (error == SW_OK && fits) return take_incident(board, &body.incident);
        break;
    default:
        error = message_area_decode(payload, size, &body.area, text, text_size);
        fits = is_of(path, body.area.city, body.area.gateway) && strcmp(path->area, body.area.area) == 0;
        if (error == SW_OK && fits) {
            error = area_table_take(board->areas, &body.area, false);
            return error == SW_ERROR_STALE ? SW_OK : error;
        }
        break;
    }
    if (error == SW_OK) (void)snprintf(text, text_size, "the body is not of this topic");
    return SW_ERROR_MESSAGE;
}

int board_take(struct board *board, const char *topic, const char *payload, size_t size, char *text, size_t text_size)
{
    struct topic_path path = topic_path_parse(topic);
    (void)snprintf(text, text_size, "%s", sw_error_text(SW_ERROR_NO_SPACE));
    switch (path.branch) {
    case TOPIC_STATE:
        return take_state(board, &path, strrchr(topic, '/') + 1, payload, size, text, text_size);
    case TOPIC_ALERT:
    case TOPIC_STATUS:
    case TOPIC_INCIDENT:
    case TOPIC_AREA:
        if (size > 0) return take_body(board, &path, payload, size, text, text_size);
        break;
    case TOPIC_CENTRE_RESULT:
    case TOPIC_OTHER:
        (void)snprintf(text, text_size, "not a topic of a gateway");
        return SW_ERROR_MESSAGE;
    }
    /* An empty message takes what was retained away. */
    if (path.branch == TOPIC_INCIDENT) drop_incident(board, path.city, path.alert_id);
    if (path.branch == TOPIC_AREA) area_table_drop(board->areas, path.city, path.gateway, path.area);
    size_t place = path.branch == TOPIC_STATUS ? gateway_place(board, path.city, path.gateway) : board->gateway_count;
    if (place < board->gateway_count) board->gateways[place] = board->gateways[--board->gateway_count];
    return SW_OK;
}

/* ---- printing ---- */

/* One line of the screen, cut at its width. Bodies are clean when they come here, topics are not: no byte of them
 * steers the terminal. */
struct line {
    FILE *out;
    unsigned used, width;
};

/* Bytes of the character at `at`: of UTF-8 that was checked as it came in. */
static size_t character_size(const char *at)
{
    size_t size = 1;
    while (((unsigned char)at[size] & 0xC0) == 0x80)
        size++;
    return size;
}

static bool is_control(const char *at)
{
    unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];
    return first < 0x20 || first == 0x7f || (first == 0xC2 && second >= 0x80 && second < 0xA0);
}

static void put(struct line *line, const char *text, unsigned most)
{
    for (unsigned used = 0; *text != '\0' && used < most && line->used < line->width; used++, line->used++) {
        size_t size = character_size(text);
        if (is_control(text))
            (void)fputc('?', line->out);
        else
            (void)fwrite(text, 1, size, line->out);
        text += size;
    }
}

/* Fills up to this column. */
static void pad(struct line *line, unsigned column)
{
    for (; line->used < column && line->used < line->width; line->used++)
        (void)fputc(' ', line->out);
}

/* A cell of the table, and a space behind it. */
static void cell(struct line *line, const char *text, unsigned width)
{
    unsigned end = line->used + width;
    put(line, text, width);
    pad(line, end + 1);
}

__attribute__((format(printf, 2, 3))) static void say(struct line *line, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(line, text, line->width);
}

/* What follows in the colour. */
static void paint(const struct board_view *view, FILE *out, enum sw_colour colour)
{
    if (view->colourful) (void)fprintf(out, "\033[%dm", area_paint(colour));
}

static void unpaint(const struct board_view *view, FILE *out)
{
    if (view->colourful) (void)fputs("\033[0m", out);
}

/* "12 s", "7 min", "3h05", "4d02h": for how long, in few columns. */
static void format_age(int64_t ms, char out[24])
{
    long long s = ms > 0 ? (long long)(ms / 1000) : 0;
    if (s < 60)
        (void)snprintf(out, 24, "%lld s", s);
    else if (s < 3600)
        (void)snprintf(out, 24, "%lld min", s / 60);
    else if (s < 86400)
        (void)snprintf(out, 24, "%lldh%02lld", s / 3600, s % 3600 / 60);
    else
        (void)snprintf(out, 24, "%lldd%02lldh", s / 86400, s % 86400 / 3600);
}

/* The hour and minute, and the day where it is not today's. */
static void format_clock(struct sw_wall time, struct sw_wall now, char out[24])
{
    char text[MESSAGE_TIME_SIZE], today[MESSAGE_TIME_SIZE];
    message_time_format(time, text);
    message_time_format(now, today);
    if (strncmp(text, today, 10) == 0)
        (void)snprintf(out, 24, "%.5s", text + 11);
    else
        (void)snprintf(out, 24, "%.5s %.5s", text + 5, text + 11);
}

static const struct message_status_summary *gateway_of(const struct board *board, const char *city, const char *name)
{
    size_t place = gateway_place(board, city, name);
    return place < board->gateway_count ? &board->gateways[place] : NULL;
}

/* Drills last, then by colour; of one colour who waits for an answer is first, and who waits longest of these. */
static int by_urgency(const void *a, const void *b)
{
    const struct message_alert_summary *left = &(*(struct alert *const *)a)->said;
    const struct message_alert_summary *right = &(*(struct alert *const *)b)->said;
    if (left->drill != right->drill) return left->drill ? 1 : -1;
    if (left->colour != right->colour) return left->colour > right->colour ? -1 : 1;
    bool left_waits = left->state == SW_ALERT_STATE_RAISED, right_waits = right->state == SW_ALERT_STATE_RAISED;
    if (left_waits != right_waits) return left_waits ? -1 : 1;
    if (left->raised_at.ms != right->raised_at.ms) return left->raised_at.ms < right->raised_at.ms ? -1 : 1;
    return strcmp(left->id, right->id);
}

static int by_colour_of_incident(const void *a, const void *b)
{
    const struct message_incident *left = *(const struct message_incident *const *)a;
    const struct message_incident *right = *(const struct message_incident *const *)b;
    if (left->colour != right->colour) return left->colour > right->colour ? -1 : 1;
    if (left->since.ms != right->since.ms) return left->since.ms < right->since.ms ? -1 : 1;
    return strcmp(left->id, right->id);
}

/* An incident is called after the sensor it began with: "gw-1.incident.canal-3.20261122T034000000Z". */
static void name_incident(const char *id, char name[SW_ALERT_ID_SIZE])
{
    const char *mark = strstr(id, ".incident.");
    (void)snprintf(name, SW_ALERT_ID_SIZE, "%s", mark ? mark + strlen(".incident.") : id);
    char *end = strrchr(name, '.');
    if (mark && end) *end = '\0';
}

/* The screen: lines that may still be printed. */
struct screen {
    const struct board *board;
    const struct board_view *view;
    FILE *out;
    unsigned left; /* lines */
};

static struct line begin(const struct screen *screen)
{
    return (struct line){screen->out, 0, screen->view->width};
}

static void end(struct screen *screen)
{
    (void)fputc('\n', screen->out);
    if (screen->left > 0) screen->left--;
}

static void print_gateways(struct screen *screen, struct line *line)
{
    const struct board *board = screen->board;
    unsigned count[] = {[MESSAGE_STATUS_ONLINE] = 0, [MESSAGE_STATUS_OFFLINE] = 0, [MESSAGE_STATUS_STOPPED] = 0};
    for (size_t i = 0; i < board->gateway_count; i++)
        count[board->gateways[i].state]++;
    say(line, "  gateways: %u online", count[MESSAGE_STATUS_ONLINE]);
    if (count[MESSAGE_STATUS_STOPPED] > 0) say(line, ", %u stopped", count[MESSAGE_STATUS_STOPPED]);
    if (count[MESSAGE_STATUS_OFFLINE] > 0) say(line, ", %u LOST", count[MESSAGE_STATUS_OFFLINE]);
}

static void print_open(struct screen *screen)
{
    const struct board *board = screen->board;
    unsigned count[SW_COLOUR_COUNT] = {0}, waiting = 0, drills = 0;
    for (size_t i = 0; i < board->alert_count; i++) {
        const struct message_alert_summary *said = &board->alerts[i]->said;
        drills += said->drill;
        if (said->drill) continue;
        count[said->colour]++;
        waiting += said->state == SW_ALERT_STATE_RAISED && said->colour != SW_COLOUR_GREEN;
    }
    struct line line = begin(screen);
    say(&line, "open:");
    for (int colour = SW_COLOUR_COUNT - 1; colour > SW_COLOUR_GREEN; colour--) {
        if (count[colour] > 0) paint(screen->view, screen->out, (enum sw_colour)colour);
        say(&line, " %u %s", count[colour], sw_colour_name((enum sw_colour)colour));
        if (count[colour] > 0) unpaint(screen->view, screen->out);
    }
    if (count[SW_COLOUR_GREEN] > 0) say(&line, " %u notes", count[SW_COLOUR_GREEN]);
    say(&line, "; %u not acknowledged", waiting);
    if (drills > 0) say(&line, "; %u drills", drills);
    end(screen);
}

struct area_counts {
    unsigned colours[SW_COLOUR_COUNT], unknown;
};

static void count_area(void *ctx, const struct area_merged *merged)
{
    struct area_counts *counts = ctx;
    counts->colours[merged->area.colour]++;
    counts->unknown += merged->area.unknown;
}

static void print_areas(struct screen *screen)
{
    struct area_counts counts = {{0}, 0};
    area_table_each(screen->board->areas, &counts, count_area);
    unsigned all = 0;
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        all += counts.colours[colour];
    if (all == 0) return;
    struct line line = begin(screen);
    say(&line, "areas:");
    for (int colour = SW_COLOUR_COUNT - 1; colour >= 0; colour--)
        if (counts.colours[colour] > 0)
            say(&line, " %u %s", counts.colours[colour], sw_colour_name((enum sw_colour)colour));
    if (counts.unknown > 0) say(&line, "; %u not fully known", counts.unknown);
    end(screen);
}

/* What a gateway has to say beside its alerts: each in a line of its own, for each is somebody's work. */
static void print_statuses(struct screen *screen)
{
    for (size_t i = 0; i < screen->board->gateway_count; i++) {
        const struct message_status_summary *gateway = &screen->board->gateways[i];
        char time[24];
        struct line line = begin(screen);
        if (gateway->state == MESSAGE_STATUS_OFFLINE) {
            say(&line, "LOST: %s: nothing is known from it, what it said last is marked ?", gateway->gateway);
            end(screen);
            continue;
        }
        if (gateway->state == MESSAGE_STATUS_STOPPED) continue;
        if (sw_wall_known(gateway->storm.since)) {
            format_clock(gateway->storm.since, screen->view->now, time);
            say(&line, "STORM WATCH: %s: since %s, %s", gateway->gateway, time,
                strcmp(gateway->storm.why, "by_hand") == 0           ? "by hand"
                : strcmp(gateway->storm.why, "weather_warning") == 0 ? "for a weather warning"
                                                                     : "for an alert");
            format_clock(gateway->storm.until, screen->view->now, time);
            if (sw_wall_known(gateway->storm.until)) say(&line, ", until %s", time);
            end(screen);
        }
        if (gateway->trouble[0] != '\0') {
            line = begin(screen);
            say(&line, "TROUBLE: %s: %s", gateway->gateway, gateway->trouble);
            end(screen);
        }
    }
}

static void print_incidents(struct screen *screen)
{
    const struct board *board = screen->board;
    static const struct message_incident *sorted[INCIDENTS_MAX];
    for (size_t i = 0; i < board->incident_count; i++)
        sorted[i] = &board->incidents[i];
    qsort(sorted, board->incident_count, sizeof sorted[0], by_colour_of_incident);
    for (size_t i = 0; i < board->incident_count && i < INCIDENTS_SHOWN; i++) {
        char name[SW_ALERT_ID_SIZE];
        struct line line = begin(screen);
        name_incident(sorted[i]->id, name);
        say(&line, "INCIDENT: %s: ", name);
        paint(screen->view, screen->out, sorted[i]->colour);
        say(&line, "%s", sw_colour_name(sorted[i]->colour));
        unpaint(screen->view, screen->out);
        if (sorted[i]->area[0] != '\0') say(&line, ", %s", sorted[i]->area);
        say(&line, ": %u open, %u not acknowledged, %u sensors", sorted[i]->open, sorted[i]->unacknowledged,
            sorted[i]->subjects);
        end(screen);
    }
    if (board->incident_count <= INCIDENTS_SHOWN) return;
    struct line line = begin(screen);
    say(&line, "and %zu more incidents", board->incident_count - INCIDENTS_SHOWN);
    end(screen);
}

/* ---- the table ---- */

enum {
    COLOUR_WIDTH = 7,
    WHAT_WIDTH = 14,
    WHERE_WIDTH = 32,
    SINCE_WIDTH = 6,
    WHO_WIDTH = 20,
    BY_WIDTH = 10,
    INCIDENT_WIDTH = 12
};

static bool is_wide(const struct board_view *view)
{
    return view->width >= WIDE_FROM;
}

static void print_heading(struct screen *screen)
{
    struct line line = begin(screen);
    cell(&line, "COLOUR", COLOUR_WIDTH);
    cell(&line, "WHAT", WHAT_WIDTH);
    cell(&line, "WHERE", WHERE_WIDTH);
    cell(&line, "SINCE", SINCE_WIDTH);
    if (is_wide(screen->view)) {
        cell(&line, "TO ANSWER UNTIL", WHO_WIDTH);
        cell(&line, "TAKEN BY", BY_WIDTH);
        cell(&line, "INCIDENT", INCIDENT_WIDTH);
        put(&line, "VALUE, FORECAST", line.width);
    } else {
        put(&line, "TAKEN BY", line.width);
    }
    end(screen);
}

/* What the headline says behind the subject's name, which has a column of its own. */
static const char *figures_of(const struct message_alert_summary *said)
{
    const char *at = said->headline;
    if (said->drill && strncmp(at, "DRILL: ", strlen("DRILL: ")) == 0) at += strlen("DRILL: ");
    const char *colon = strstr(at, ": ");
    return colon ? colon + 2 : at;
}

static void write_where(const struct message_alert_summary *said, bool lost, char where[512])
{
    const char *rest = strchr(said->area, '/'); /* the city is everywhere the same */
    (void)snprintf(where, 512, "%s%s%s%s", lost ? "? " : "", said->subject, said->area[0] != '\0' ? " " : "",
                   rest ? rest + 1 : said->area);
}

static void write_answer(const struct message_alert_summary *said, struct sw_wall now, char answer[256])
{
    const struct message_escalation *escalation = &said->escalation;
    char time[24] = "";
    if (sw_wall_known(escalation->deadline)) format_clock(escalation->deadline, now, time);
    bool late = sw_wall_known(escalation->deadline) && escalation->deadline.ms <= now.ms;
    (void)snprintf(answer, 256, "%s%s%s%s", escalation->responsible, time[0] != '\0' ? " " : "", time,
                   late ? " LATE" : "");
}

static void print_alert(struct screen *screen, const struct alert *alert)
{
    const struct board_view *view = screen->view;
    const struct message_alert_summary *said = &alert->said;
    const struct message_status_summary *gateway = gateway_of(screen->board, said->city, said->gateway);
    char where[512], since[24], answer[256], incident[SW_ALERT_ID_SIZE];
    write_where(said, gateway && gateway->state != MESSAGE_STATUS_ONLINE, where);
    format_age(sw_wall_diff_ms(view->now, said->raised_at), since);
    write_answer(said, view->now, answer);
    name_incident(said->incident, incident);
    const char *by = alert->by[0] != '\0' ? alert->by : is_taken_on(said->state) ? "somebody" : "";

    struct line line = begin(screen);
    paint(view, screen->out, said->colour);
    cell(&line, sw_colour_name(said->colour), COLOUR_WIDTH);
    unpaint(view, screen->out);
    cell(&line, sw_alert_kind_name(said->kind), WHAT_WIDTH);
    cell(&line, where, WHERE_WIDTH);
    cell(&line, since, SINCE_WIDTH);
    if (is_wide(view)) {
        cell(&line, answer, WHO_WIDTH);
        cell(&line, by, BY_WIDTH);
        cell(&line, incident, INCIDENT_WIDTH);
        say(&line, "%s%s", said->unstored ? "NOT STORED; " : "", figures_of(said));
        end(screen);
        return;
    }
    put(&line, by, line.width);
    end(screen);
    line = begin(screen);
    pad(&line, COLOUR_WIDTH + 1);
    if (answer[0] != '\0') say(&line, "%s; ", answer);
    if (incident[0] != '\0') say(&line, "incident %s; ", incident);
    say(&line, "%s%s", said->unstored ? "NOT STORED; " : "", figures_of(said));
    end(screen);
}

static void print_alerts(struct screen *screen)
{
    const struct board *board = screen->board;
    bool limited = screen->view->lines > 0;
    unsigned each = is_wide(screen->view) ? 1 : 2;
    if (board->alert_count > 1) qsort(board->alerts, board->alert_count, sizeof board->alerts[0], by_urgency);
    for (size_t i = 0; i < board->alert_count; i++) {
        bool starts_drills = board->alerts[i]->said.drill && (i == 0 || !board->alerts[i - 1]->said.drill);
        struct line line = begin(screen);
        /* One line is left for the count, and one for the cursor. */
        if (limited && screen->left < each + starts_drills + 2) {
            say(&line, "and %zu more", board->alert_count - i);
            end(screen);
            return;
        }
        if (starts_drills) {
            say(&line, "-- DRILLS: exercises, nothing of this has happened --");
            end(screen);
        }
        print_alert(screen, board->alerts[i]);
    }
}

void board_print(const struct board *board, const struct board_view *view, FILE *out)
{
    struct screen screen = {board, view, out, view->lines};
    char time[MESSAGE_TIME_SIZE];
    message_time_format(view->now, time);
    struct line line = begin(&screen);
    say(&line, "%.10s %.8s UTC", time, time + 11);
    print_gateways(&screen, &line);
    if (view->problem) say(&line, "; %s", view->problem);
    end(&screen);
    print_open(&screen);
    print_areas(&screen);
    print_statuses(&screen);
    print_incidents(&screen);
    if (board->alert_count == 0) {
        line = begin(&screen);
        say(&line, "nothing is open");
        end(&screen);
        return;
    }
    print_heading(&screen);
    print_alerts(&screen);
}
