/* A scatter plot as SVG 1.1: series of points, joined or not, on linear or logarithmic axes. */
#ifndef GATEWAY_CLI_BACKTEST_SVG_H
#define GATEWAY_CLI_BACKTEST_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PLOT_SERIES_MAX 4
#define PLOT_POINTS_MAX 64
#define PLOT_LABEL_SIZE 48

struct plot_point {
    double x, y;
    double x_high; /* a whisker ends here; NAN = none */
    char label[PLOT_LABEL_SIZE];
};

struct plot_series {
    const char *name;
    bool joined;
    struct plot_point points[PLOT_POINTS_MAX];
    size_t count;
};

struct plot {
    const char *title, *x_title, *y_title;
    bool log_y; /* what is not above PLOT_LOG_LEAST is drawn there */
    struct plot_series series[PLOT_SERIES_MAX];
    size_t series_count;
};

#define PLOT_LOG_LEAST 0.1

struct plot_series *plot_add_series(struct plot *plot, const char *name, bool joined);
/* Points that are no numbers or do not fit are left out. */
void plot_add_point(struct plot_series *series, double x, double x_high, double y, const char *label);
void plot_write_svg(const struct plot *plot, FILE *out);

#endif
