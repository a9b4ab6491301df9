#include "cli/report_html.h"

#include <inttypes.h>
#include <string.h>

#include "message/message.h"

/* The drawing of one sensor, in units of the SVG. */
#define WIDTH  960
#define HEIGHT 150
#define LEFT   56
#define RIGHT  8
#define TOP    8
#define BOTTOM 20
#define PLOT_W (WIDTH - LEFT - RIGHT)
#define PLOT_H (HEIGHT - TOP - BOTTOM)

#define EVENTS_SHOWN_MAX 2000u

static const char *const fills[SW_COLOUR_COUNT] = {"#ffffff", "#dbe9f6", "#fff3c4", "#ffdfb8", "#f9cfcb"};
static const char *const strokes[SW_COLOUR_COUNT] = {"#4a8f4a", "#2f6fb0", "#b38600", "#d2691e", "#b3261e"};

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;max-width:1000px;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #ccc}"
    "h3{font-size:1rem;margin:1.2rem 0 .2rem}p{margin:.3rem 0}.quiet{color:#666}"
    ".cards{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}"
    ".card{border:1px solid #ddd;border-radius:6px;padding:.5rem .9rem;min-width:7.5rem}"
    ".card b{display:block;font-size:1.45rem}table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;padding:.22rem .6rem .22rem 0;border-bottom:1px solid #e6e6e6;vertical-align:top}"
    "td.n,th.n{text-align:right}svg{width:100%;height:auto;display:block}svg text{font:11px "
    "system-ui,sans-serif;fill:#555}"
    ".tag{display:inline-block;min-width:3.6rem;padding:0 .4rem;border-radius:3px;text-align:center;font-size:.82rem}"
    ".bad{color:#b3261e;font-weight:600}"
    "@media "
    "print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{margin:0;max-width:none;font-size:11px}h2{"
    "break-after:avoid}figure,tr{break-inside:avoid}}"
    "figure{margin:.4rem 0 1rem}";

void report_span(int64_t ms, char text[REPORT_SPAN_SIZE])
{
    int64_t minutes = ms / 60000;
    if (ms < 120000)
        (void)snprintf(text, REPORT_SPAN_SIZE, "%" PRId64 " s", ms / 1000);
    else if (minutes < 120)
        (void)snprintf(text, REPORT_SPAN_SIZE, "%" PRId64 " min", minutes);
    else
        (void)snprintf(text, REPORT_SPAN_SIZE, "%" PRId64 " h %02" PRId64 " min", minutes / 60, minutes % 60);
}

/* Ids are clean by their shape; a path of an area need not be. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            (void)fputs("&lt;", out);
        else if (*text == '&')
            (void)fputs("&amp;", out);
        else
            (void)fputc(*text, out);
    }
}

static void put_time(FILE *out, struct sw_wall time)
{
    char text[MESSAGE_TIME_SIZE];
    message_time_format(time, text);
    (void)fprintf(out, "%.10s %.8s", text, text + 11);
}

static void put_colour(FILE *out, enum sw_colour colour)
{
    (void)fprintf(out, "<span class=tag style='background:%s;border:1px solid %s'>%s</span>", fills[colour],
                  strokes[colour], sw_colour_name(colour));
}

/* ---- the drawing ---- */

struct scale {
    int64_t low_um, high_um;
};

static double y_of(const struct scale *scale, int64_t um)
{
    double part = (double)(um - scale->low_um) / (double)(scale->high_um - scale->low_um);
    return TOP + PLOT_H * (1 - (part < 0 ? 0 : part > 1 ? 1 : part));
}

static double x_of(const struct report *report, struct sw_wall time)
{
    double part = (double)(time.ms - report->from.ms) / (double)(report->to.ms - report->from.ms);
    return LEFT + PLOT_W * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static struct scale scale_of(const struct report_sensor *sensor)
{
    const struct level_policy *level = &sensor->subject->policy->level;
    struct scale scale = {0, sensor->has_peak ? sensor->peak_um : 0};
    for (int i = 0; i < REPORT_COLUMNS; i++)
        if (sensor->column_known[i] && sensor->column_um[i] < scale.low_um) scale.low_um = sensor->column_um[i];
    /* The next band above the peak is shown, so that one sees how near it was. */
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        if (level->band_um[colour] != LEVEL_BAND_OFF && level->band_um[colour] > scale.high_um) {
            scale.high_um = level->band_um[colour];
            break;
        }
    scale.high_um += (scale.high_um - scale.low_um) / 10 + 1000;
    return scale;
}

static void draw_bands(FILE *out, const struct report_sensor *sensor, const struct scale *scale)
{
    const struct level_policy *level = &sensor->subject->policy->level;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++) {
        int64_t from_um = level->band_um[colour], to_um = scale->high_um;
        if (from_um == LEVEL_BAND_OFF || from_um >= scale->high_um) continue;
        for (int above = colour + 1; above < SW_COLOUR_COUNT; above++)
            if (level->band_um[above] != LEVEL_BAND_OFF && level->band_um[above] < to_um) to_um = level->band_um[above];
        (void)fprintf(out,
                      "<rect x=%d y=%.1f width=%d height=%.1f fill='%s'/><text x=%d y=%.1f text-anchor=end>%.0f</text>",
                      LEFT, y_of(scale, to_um), PLOT_W, y_of(scale, from_um) - y_of(scale, to_um), fills[colour],
                      LEFT - 5, y_of(scale, from_um) + 4, (double)from_um / 1000);
    }
}

/* A line through what is known; where nothing is, hatching says so rather than a line that was never measured. */
static void draw_level(FILE *out, const struct report *report, const struct report_sensor *sensor,
                       const struct scale *scale)
{
    int64_t column_ms = (report->to.ms - report->from.ms) / REPORT_COLUMNS + 1;
    int64_t usual_ms = 3 * sensor->expected_ms > 300000 ? 3 * sensor->expected_ms : 300000;
    int gap_max = (int)(usual_ms / column_ms) + 1, last = -1;
    (void)fputs("<path fill=none stroke='#174a7c' stroke-width=1.6 d='", out);
    for (int i = 0; i < REPORT_COLUMNS; i++) {
        if (!sensor->column_known[i]) continue;
        bool joined = last >= 0 && i - last <= gap_max;
        (void)fprintf(out, "%c%.1f %.1f", joined ? 'L' : 'M', LEFT + (i + 0.5) * PLOT_W / REPORT_COLUMNS,
                      y_of(scale, sensor->column_um[i]));
        last = i;
    }
    (void)fputs("'/>", out);
    last = -1;
    for (int i = 0; i <= REPORT_COLUMNS; i++) {
        if (i < REPORT_COLUMNS && !sensor->column_known[i]) continue;
        if (i - last > gap_max)
            (void)fprintf(
                out, "<rect x=%.1f y=%d width=%.1f height=%d fill='url(#nodata)'><title>no data</title></rect>",
                LEFT + (last + 1.0) * PLOT_W / REPORT_COLUMNS, TOP, (i - last - 1.0) * PLOT_W / REPORT_COLUMNS, PLOT_H);
        last = i;
    }
}

static void draw_alerts(FILE *out, const struct report *report, const struct report_sensor *sensor)
{
    for (uint32_t i = 0; i < report->event_count; i++) {
        const struct report_event *event = &report->events[i];
        const struct report_alert *alert = &report->alerts[event->alert];
        if (strcmp(alert->subject, sensor->subject->id) != 0) continue;
        double x = x_of(report, event->time);
        (void)fprintf(
            out,
            "<line x1=%.1f x2=%.1f y1=%d y2=%d stroke='%s' stroke-dasharray='%s'/><circle cx=%.1f cy=%d r=3.5 "
            "fill='%s'><title>%s %s</title></circle>",
            x, x, TOP, TOP + PLOT_H, strokes[event->colour], alert->kind == SW_ALERT_KIND_LEVEL ? "none" : "3 3", x,
            TOP + 3, strokes[event->colour], sw_alert_kind_name(alert->kind), sw_alert_state_name(event->state));
    }
}

static void draw_times(FILE *out, const struct report *report)
{
    for (int i = 0; i <= 4; i++) {
        struct sw_wall time = {report->from.ms + (report->to.ms - report->from.ms) * i / 4};
        char text[MESSAGE_TIME_SIZE];
        message_time_format(time, text);
        (void)fprintf(out, "<text x=%d y=%d text-anchor=%s>%.5s %.5s</text>", LEFT + PLOT_W * i / 4, HEIGHT - 5,
                      i == 0   ? "start"
                      : i == 4 ? "end"
                               : "middle",
                      text + 5, text + 11);
    }
}

static void put_sensor(FILE *out, const struct report *report, const struct report_sensor *sensor)
{
    struct scale scale = scale_of(sensor);
    char gap[REPORT_SPAN_SIZE];
    report_span(sensor->longest_gap_ms, gap);
    (void)fprintf(out, "<figure><h3>%s</h3><p>", sensor->subject->id);
    if (sensor->has_peak) {
        (void)fprintf(out, "peak <b>%.0f mm</b> at ", (double)sensor->peak_um / 1000);
        put_time(out, sensor->peak_at);
        (void)fputs(" ", out);
        put_colour(out, sensor->crossed);
        (void)fputs("; ", out);
    }
    if (sensor->rise_um_per_h > 0) (void)fprintf(out, "fastest rise %.0f mm/h; ", (double)sensor->rise_um_per_h / 1000);
    (void)fprintf(out, "observed %u %% of the time, longest gap %s", report_coverage_pct(report, sensor), gap);
    if (sensor->missed) (void)fputs("; <span class=bad>no alert was open when it reached that band</span>", out);
    (void)fputs("</p>", out);
    if (sensor->is_level) {
        (void)fprintf(out, "<svg viewBox='0 0 %d %d' role=img aria-label='level of %s'>", WIDTH, HEIGHT,
                      sensor->subject->id);
        draw_bands(out, sensor, &scale);
        draw_level(out, report, sensor, &scale);
        draw_alerts(out, report, sensor);
        draw_times(out, report);
        (void)fprintf(out, "<rect x=%d y=%d width=%d height=%d fill=none stroke='#999'/></svg>", LEFT, TOP, PLOT_W,
                      PLOT_H);
    }
    (void)fputs("</figure>\n", out);
}

/* ---- tables ---- */

static void put_span_cell(FILE *out, bool known, int64_t ms)
{
    char text[REPORT_SPAN_SIZE] = "-";
    if (known) report_span(ms, text);
    (void)fprintf(out, "<td class=n>%s</td>", text);
}

static void put_times(FILE *out, const struct report *report)
{
    static const char *const names[REPORT_STEP_COUNT] = {"acknowledged", "dispatched", "over"};
    (void)fputs("<table><tr><th>raised until</th><th>peak</th><th class=n>alerts</th><th class=n>done</th>"
                "<th class=n>median</th><th class=n>9 of 10</th><th class=n>worst</th></tr>\n",
                out);
    for (int step = 0; step < REPORT_STEP_COUNT; step++)
        for (int colour = SW_COLOUR_COUNT; colour > SW_COLOUR_GREEN; colour--) {
            struct report_times times = report_times_of(report, (enum report_step)step, (enum sw_colour)colour);
            if (times.alerts == 0) continue;
            (void)fprintf(out, "<tr><td>%s</td><td>", names[step]);
            if (colour == SW_COLOUR_COUNT)
                (void)fputs("all", out);
            else
                put_colour(out, (enum sw_colour)colour);
            (void)fprintf(out, "</td><td class=n>%u</td><td class=n>%u</td>", times.alerts, times.done);
            put_span_cell(out, times.done > 0, times.median_ms);
            put_span_cell(out, times.done > 0, times.p90_ms);
            put_span_cell(out, times.done > 0, times.worst_ms);
            (void)fputs("</tr>\n", out);
        }
    (void)fputs("</table>\n", out);
}

static void put_alerts(FILE *out, const struct report *report)
{
    (void)fputs("<table><tr><th>raised</th><th>sensor</th><th>alert</th><th>peak</th><th>acknowledged</th><th>over</th>"
                "<th class=n>escalated</th><th>came of it</th></tr>\n",
                out);
    for (uint32_t i = 0; i < report->alert_count; i++) {
        const struct report_alert *alert = &report->alerts[i];
        char took[REPORT_SPAN_SIZE] = "never", over[REPORT_SPAN_SIZE] = "still open";
        if (sw_wall_known(alert->acknowledged_at)) report_span(alert->acknowledged_at.ms - alert->raised_at.ms, took);
        if (sw_wall_known(alert->over_at)) report_span(alert->over_at.ms - alert->raised_at.ms, over);
        (void)fputs("<tr><td>", out);
        put_time(out, alert->raised_at);
        (void)fprintf(out, "</td><td>%s</td><td>%s</td><td>", alert->subject, sw_alert_kind_name(alert->kind));
        put_colour(out, alert->peak);
        (void)fprintf(out, "</td><td>%s%s%s</td><td>%s %s</td><td class=n>%u</td><td>%s</td></tr>\n", took,
                      alert->acknowledged_by[0] != '\0' ? ", " : "", alert->acknowledged_by,
                      sw_wall_known(alert->over_at) ? sw_alert_state_name(alert->state) : "", over, alert->escalated,
                      alert->outcome == SW_OUTCOME_NONE ? "" : sw_outcome_name(alert->outcome));
    }
    (void)fputs("</table>\n", out);
}

static void put_events(FILE *out, const struct report *report)
{
    (void)fputs("<table><tr><th>time (UTC)</th><th>sensor</th><th>what</th><th>colour</th><th>by</th></tr>\n", out);
    for (uint32_t i = 0; i < report->event_count && i < EVENTS_SHOWN_MAX; i++) {
        const struct report_event *event = &report->events[i];
        const struct report_alert *alert = &report->alerts[event->alert];
        (void)fputs("<tr><td>", out);
        put_time(out, event->time);
        (void)fprintf(out, "</td><td>%s</td><td>%s %s</td><td>", alert->subject, sw_alert_kind_name(alert->kind),
                      event->worse ? "worsened" : sw_alert_state_name(event->state));
        put_colour(out, event->colour);
        (void)fprintf(out, "</td><td>%s</td></tr>\n", event->actor);
    }
    (void)fputs("</table>\n", out);
    if (report->event_count > EVENTS_SHOWN_MAX)
        (void)fprintf(out, "<p class=quiet>%u more; all of them are in the JSON.</p>\n",
                      report->event_count - EVENTS_SHOWN_MAX);
}

static void put_cards(FILE *out, const struct report *report)
{
    struct report_times answered = report_times_of(report, REPORT_ACKNOWLEDGED, SW_COLOUR_COUNT);
    uint32_t red = 0, missed = 0, blind = 0, wrong = 0;
    char median[REPORT_SPAN_SIZE] = "-";
    for (uint32_t i = 0; i < report->alert_count; i++) {
        red += report->alerts[i].peak == SW_COLOUR_RED;
        wrong += report->alerts[i].outcome == SW_OUTCOME_FALSE_ALARM;
    }
    for (uint32_t i = 0; i < report->sensor_count; i++) {
        missed += report->sensors[i].missed;
        blind += report_coverage_pct(report, &report->sensors[i]) < 80;
    }
    if (answered.done > 0) report_span(answered.median_ms, median);
    (void)fprintf(out,
                  "<div class=cards><div class=card><b>%u</b>alerts</div><div class=card><b>%u</b>of them red</div>"
                  "<div class=card><b>%s</b>until acknowledged, median</div>"
                  "<div class=card><b>%u</b>never acknowledged</div><div class=card><b>%u</b>said to be false</div>"
                  "<div class=card><b>%u</b>bands reached without an alert</div>"
                  "<div class=card><b>%u</b>reported by people, and no sensor told of it</div>"
                  "<div class=card><b>%u of %u</b>sensors observed less than 80 %% of the time</div></div>\n",
                  report->alert_count, red, median, answered.alerts - answered.done, wrong, missed,
                  report->unseen_count, blind, report->sensor_count);
}

static void put_unseen(FILE *out, const struct report *report)
{
    if (report->unseen_count == 0) return;
    (void)fputs("<h2>What no sensor told of</h2>\n<table><tr><th>Since<th>Where<th>What<th>Alert</tr>\n", out);
    for (uint32_t i = 0; i < report->unseen_count; i++) {
        const struct report_unseen *unseen = &report->unseen[i];
        (void)fputs("<tr><td>", out);
        put_time(out, unseen->raised_at);
        (void)fputs("<td>", out);
        put_text(out, unseen->area);
        (void)fprintf(out, "<td>%s<td>", sw_alert_rule_description(unseen->rule));
        put_text(out, unseen->id);
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</table>\n", out);
}

bool report_html_write(FILE *out, const struct report *report, const struct gateway_config *config)
{
    (void)fprintf(
        out, "<!doctype html>\n<html lang=en><meta charset=utf-8><title>Storm report, %s</title><style>%s</style>\n",
        config->city, style);
    (void)fprintf(out,
                  "<svg width=0 height=0 style='position:absolute'><defs><pattern id=nodata width=6 height=6 "
                  "patternUnits=userSpaceOnUse patternTransform='rotate(45)'><rect width=6 height=6 fill='#f2f2f2'/>"
                  "<line x1=0 x2=0 y1=0 y2=6 stroke='#bbb' stroke-width=2 /></pattern></defs></svg>\n");
    (void)fprintf(out, "<h1>Storm report: %s, gateway %s</h1><p class=quiet>", config->city, config->gateway);
    put_time(out, report->from);
    (void)fputs(" to ", out);
    put_time(out, report->to);
    (void)fputs(" UTC", out);
    if (report->area) {
        (void)fputs(", ", out);
        put_text(out, report->area);
    }
    (void)fputs("</p>\n", out);
    put_cards(out, report);
    (void)fputs("<h2>How fast it was answered</h2>\n", out);
    put_times(out, report);
    (void)fputs(
        "<h2>Sensors</h2><p class=quiet>Bands are shaded, in mm; hatched: no data. A mark for each step of an alert, "
        "dashed where the alert is not of the level itself.</p>\n",
        out);
    for (uint32_t i = 0; i < report->sensor_count; i++)
        put_sensor(out, report, &report->sensors[i]);
    (void)fputs("<h2>Alerts</h2>\n", out);
    put_alerts(out, report);
    put_unseen(out, report);
    (void)fputs("<h2>Time line</h2>\n", out);
    put_events(out, report);
    (void)fputs("</html>\n", out);
    return fflush(out) == 0 && !ferror(out);
}
