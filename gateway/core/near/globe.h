/* Distance and direction on the globe. A point is a vector of length 1 from the globe's middle, which has no seam at
 * 180 degrees and no poles, and is compared with another one without trigonometry. */
#ifndef GATEWAY_CORE_NEAR_GLOBE_H
#define GATEWAY_CORE_NEAR_GLOBE_H

struct globe_point {
    double axis[3];
};

/* WGS 84 degrees, taken for those of a sphere. */
struct globe_point globe_point(double latitude, double longitude);

/* Square of the straight line between two points, in radii. */
double globe_chord_squared(const struct globe_point *a, const struct globe_point *b);
double globe_chord_squared_of(double distance_m);

/* Great-circle distance, 2 R asin(chord / 2): the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
 * Telescope 68 (1984), 159), whose sine of half the angle is half the chord. R is the mean radius of the ellipsoid,
 * 6371008.8 m (H. Moritz, "Geodetic Reference System 1980", Journal of Geodesy 74 (2000), 128). Within 0.6 % of the
 * ellipsoid's. */
double globe_distance_m(const struct globe_point *a, const struct globe_point *b);

/* Where `to` lies, seen from `from`: degrees clockwise from north, 0 to below 360; 0 at a pole. */
double globe_bearing_deg(const struct globe_point *from, const struct globe_point *to);

#endif
