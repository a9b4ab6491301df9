#include "cli/backtest_svg.h"

#include <assert.h>
#include <math.h>

#define WIDTH  860
#define HEIGHT 560
#define LEFT   80
#define RIGHT  30
#define TOP    60
#define BOTTOM 70

static const char *const colours[PLOT_SERIES_MAX] = {"#666666", "#b8860b", "#c0392b", "#1f618d"};

struct axis {
    double least, most;
    bool log;
    double start, length; /* on the picture; length may be negative */
};

struct plot_series *plot_add_series(struct plot *plot, const char *name, bool joined)
{
    assert(plot->series_count < PLOT_SERIES_MAX);
    struct plot_series *series = &plot->series[plot->series_count++];
    series->name = name;
    series->joined = joined;
    series->count = 0;
    return series;
}

void plot_add_point(struct plot_series *series, double x, double x_high, double y, const char *label)
{
    if (series->count == PLOT_POINTS_MAX || isnan(x) || isnan(y)) return;
    struct plot_point *point = &series->points[series->count++];
    *point = (struct plot_point){.x = x, .y = y, .x_high = x_high};
    (void)snprintf(point->label, sizeof point->label, "%s", label);
}

static double position(const struct axis *axis, double value)
{
    if (axis->log && value < axis->least) value = axis->least;
    double share = axis->log ? log(value / axis->least) / log(axis->most / axis->least)
                             : (value - axis->least) / (axis->most - axis->least);
    return axis->start + share * axis->length;
}

/* The smallest of 1, 2 and 5 times a power of ten that is not below. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    for (int i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (value <= steps[i] * power * 1.0000001) return steps[i] * power;
    }
    return 10 * power;
}

static void find_ranges(const struct plot *plot, struct axis *x, struct axis *y)
{
    double x_most = 0, y_most = 0;
    for (size_t s = 0; s < plot->series_count; s++) {
        for (size_t i = 0; i < plot->series[s].count; i++) {
            const struct plot_point *point = &plot->series[s].points[i];
            x_most = fmax(x_most, isnan(point->x_high) ? point->x : point->x_high);
            y_most = fmax(y_most, point->y);
        }
    }
    *x = (struct axis){0, x_most > 0 ? x_most * 1.08 : 1, false, LEFT, WIDTH - LEFT - RIGHT};
    double least = plot->log_y ? PLOT_LOG_LEAST : 0;
    double most = y_most > least ? y_most : (plot->log_y ? 1 : y_most + 1);
    *y = (struct axis){least, plot->log_y ? round_up(most) : most * 1.08, plot->log_y, HEIGHT - BOTTOM,
                       -(HEIGHT - TOP - BOTTOM)};
}

static void write_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

static void write_label(FILE *out, double x, double y, const char *attributes, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    write_text(out, text);
    fputs("</text>\n", out);
}

static void write_tick(FILE *out, const struct axis *axis, bool vertical, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%g", value);
    double at = position(axis, value);
    if (vertical) {
        fprintf(out, "<path d=\"M%d %.1fH%d\" class=\"grid\"/>\n", LEFT, at, WIDTH - RIGHT);
        write_label(out, LEFT - 8, at + 4, "text-anchor=\"end\"", text);
    } else {
        fprintf(out, "<path d=\"M%.1f %dV%d\" class=\"grid\"/>\n", at, TOP, HEIGHT - BOTTOM);
        write_label(out, at, HEIGHT - BOTTOM + 18, "text-anchor=\"middle\"", text);
    }
}

static void write_axis(FILE *out, const struct axis *axis, bool vertical)
{
    if (axis->log) {
        for (double value = axis->least; value <= axis->most * 1.0000001; value *= 10)
            write_tick(out, axis, vertical, value);
        return;
    }
    double step = round_up((axis->most - axis->least) / 8);
    for (int i = 0; axis->least + i * step <= axis->most; i++)
        write_tick(out, axis, vertical, axis->least + i * step);
}

/* Where a point's label stands: each series has its own side, so that labels of points close together can be read. */
static const struct {
    double x, y;
    const char *attributes;
} label_places[PLOT_SERIES_MAX] = {{-7, 16, "stroke=\"none\" text-anchor=\"end\""},
                                   {-7, -8, "stroke=\"none\" text-anchor=\"end\""},
                                   {9, 4, "stroke=\"none\""},
                                   {9, 16, "stroke=\"none\""}};

static void write_series(FILE *out, const struct plot *plot, size_t index, const struct axis *x, const struct axis *y)
{
    const struct plot_series *series = &plot->series[index];
    const char *colour = colours[index];
    fprintf(out, "<g stroke=\"%s\" fill=\"%s\">\n", colour, colour);
    if (series->joined && series->count > 1) {
        fputs("<polyline fill=\"none\" points=\"", out);
        for (size_t i = 0; i < series->count; i++)
            fprintf(out, "%s%.1f,%.1f", i ? " " : "", position(x, series->points[i].x),
                    position(y, series->points[i].y));
        fputs("\"/>\n", out);
    }
    for (size_t i = 0; i < series->count; i++) {
        const struct plot_point *point = &series->points[i];
        double at_x = position(x, point->x), at_y = position(y, point->y);
        if (!isnan(point->x_high))
            fprintf(out, "<path d=\"M%.1f %.1fH%.1fm0 -4v8\" fill=\"none\" opacity=\"0.5\"/>\n", at_x, at_y,
                    position(x, point->x_high));
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", at_x, at_y);
        write_label(out, at_x + label_places[index].x, at_y + label_places[index].y, label_places[index].attributes,
                    point->label);
    }
    fputs("</g>\n", out);
}

static void write_legend(FILE *out, const struct plot *plot)
{
    double at = LEFT;
    for (size_t s = 0; s < plot->series_count; s++) {
        fprintf(out, "<circle cx=\"%.1f\" cy=\"46\" r=\"4\" fill=\"%s\"/>\n", at + 4, colours[s]);
        write_label(out, at + 12, 50, "", plot->series[s].name);
        at += 260;
    }
}

void plot_write_svg(const struct plot *plot, FILE *out)
{
    struct axis x, y;
    find_ranges(plot, &x, &y);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"12\">\n<style>.grid{stroke:#dddddd;fill:none}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    write_label(out, LEFT, 26, "font-size=\"16\"", plot->title);
    write_axis(out, &x, false);
    write_axis(out, &y, true);
    write_label(out, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 20, "text-anchor=\"middle\"", plot->x_title);
    fprintf(out, "<g transform=\"rotate(-90 22 %d)\">", (TOP + HEIGHT - BOTTOM) / 2);
    write_label(out, 22, (TOP + HEIGHT - BOTTOM) / 2.0, "text-anchor=\"middle\"", plot->y_title);
    fputs("</g>\n", out);
    for (size_t s = 0; s < plot->series_count; s++)
        write_series(out, plot, s, &x, &y);
    write_legend(out, plot);
    fputs("</svg>\n", out);
}
