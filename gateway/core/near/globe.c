#include "core/near/globe.h"

#include <math.h>

#define RADIUS_M           6371008.8
#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180)

struct globe_point globe_point(double latitude, double longitude)
{
    double phi = latitude * RADIANS_PER_DEGREE;
    double lambda = longitude * RADIANS_PER_DEGREE;
    return (struct globe_point){{cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi)}};
}

double globe_chord_squared(const struct globe_point *a, const struct globe_point *b)
{
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += (a->axis[i] - b->axis[i]) * (a->axis[i] - b->axis[i]);
    return sum;
}

double globe_chord_squared_of(double distance_m)
{
    double half = sin(distance_m / RADIUS_M / 2);
    return 4 * half * half;
}

double globe_distance_m(const struct globe_point *a, const struct globe_point *b)
{
    double half = sqrt(globe_chord_squared(a, b)) / 2;
    return 2 * RADIUS_M * asin(half < 1 ? half : 1);
}

/* The other point's part along the directions east and north of the first one. */
double globe_bearing_deg(const struct globe_point *from, const struct globe_point *to)
{
    const double *f = from->axis, *t = to->axis;
    double flat = sqrt(f[0] * f[0] + f[1] * f[1]);
    if (flat <= 0) return 0;
    double east = (f[0] * t[1] - f[1] * t[0]) / flat;
    double north = flat * t[2] - f[2] * (f[0] * t[0] + f[1] * t[1]) / flat;
    double degrees = atan2(east, north) / RADIANS_PER_DEGREE;
    return degrees < 0 ? degrees + 360 : degrees;
}
