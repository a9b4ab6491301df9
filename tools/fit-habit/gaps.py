"""The habit of a home in floating point: what gateway/core/habit/habit.c does in integers, for fitting its model.

habit.c has the reasons for each figure; the names are the same."""

import math

import numpy as np

HORIZONS_H = (8, 9, 11, 13, 15, 24, 36, 48)
FEATURES = ("one", "own_9", "own_15", "own_hours", "all_9", "all_15", "all_hours", "weekend", "friday", "hole")
EARLY_MOST_S = 360
HOURLY_S = 2700
GAP_9_H, GAP_15_H = 9.5, 15.5
GAPS_MOST = 16
HOUR_WEIGHTS = ((-2, 5), (-1, 12), (0, 20), (1, 12), (2, 5))
PRIOR = 3.0
FORGET_HALF_H, FORGET_MOST_H = 60 * 24, 48
CERTAIN_LESS = 0.99
HOUR_S, DAY_S = 3600, 86400

# Columns of a home's gaps.
HOUR, WEEKDAY, HOLE, BY_USE, STILL_S, GAP_H, EARLY_S, FROM_S, AGE_S, LENGTH_S = range(10)


def gaps_of(intervals, observed_gap_s):
    """One row for each gap of a home, and the hours observed. `intervals`: (from_s, to_s, use) on local time."""
    rows, observed_s, first_s = [], 0, None
    from_s, half_s, still_s, hole, by_use = 0, 0, 0, True, False

    def end(to_s, interval_s, use):
        middle_s = from_s - half_s
        gap_h = max(1.0, (still_s + half_s + interval_s // 2) / HOUR_S)
        early_s = min(interval_s // 10, EARLY_MOST_S)
        rows.append((middle_s // HOUR_S % 24, (middle_s // DAY_S + 3) % 7, hole, use, still_s, gap_h, early_s, from_s,
                     from_s - first_s, to_s - from_s))

    last_s = None
    for a_s, b_s, use in intervals:
        if first_s is None:
            first_s = from_s = a_s
        interval_s = b_s - a_s
        last_s = b_s
        if interval_s > observed_gap_s:
            end(a_s, 0, False)
            from_s, half_s, still_s, hole, by_use = b_s, 0, 0, True, use
            continue
        observed_s += interval_s
        if not use:
            still_s = b_s - from_s
            continue
        same_hour = (b_s - interval_s // 2) // HOUR_S == (from_s - half_s) // HOUR_S
        if not (by_use and not hole and interval_s < HOURLY_S and same_hour):
            end(b_s, interval_s, True)
        from_s, half_s, still_s, hole, by_use = b_s, interval_s // 2, 0, False, True
    end(last_s, 0, False)
    return np.array(rows, dtype=float), observed_s / HOUR_S


def features_of(gaps):
    """What the model asks at the beginning of each gap, knowing only those before."""
    counts = np.ones((2, 24))
    means = np.tile(np.array([82 / 4095, 20 / 4095, 2.0])[:, None, None], (1, 2, 24))
    weights = np.zeros((24, 24))
    for hour in range(24):
        for offset, weight in HOUR_WEIGHTS:
            weights[hour, (hour + offset) % 24] = weight
    out = np.zeros((len(gaps), len(FEATURES)))
    for i, gap in enumerate(gaps):
        hour, own = int(gap[HOUR]), int(gap[WEEKDAY] >= 5)
        count = counts @ weights[hour]
        sums = (means * counts) @ weights[hour]
        of_own, of_all = sums[:, own] / count[own], sums.sum(1) / count.sum()
        out[i] = (1, math.log(of_own[0] + .01), math.log(of_own[1] + .01), math.log(of_own[2]),
                  math.log(of_all[0] + .01), math.log(of_all[1] + .01), math.log(of_all[2]),
                  own, gap[WEEKDAY] == 4, gap[HOLE])
        if not gap[BY_USE] and gap[GAP_H] < GAP_9_H:
            continue
        counts[own, hour] = min(GAPS_MOST, counts[own, hour] + 1)
        values = (gap[GAP_H] >= GAP_9_H, gap[GAP_H] >= GAP_15_H, min(gap[GAP_H], 24.0))
        means[:, own, hour] += (np.array(values) - means[:, own, hour]) / counts[own, hour]
    return out


def reached(gaps):
    """Whether each gap reached each horizon."""
    still_h = (gaps[:, STILL_S] + gaps[:, EARLY_S]) / HOUR_S
    return still_h[:, None] >= np.array(HORIZONS_H)[None, :]


def corrected(gaps, likely):
    """The model's word after what came of it in this home."""
    hits, expected, forget_h = np.zeros(likely.shape[1]), np.zeros(likely.shape[1]), 0
    out, outcome = np.zeros_like(likely), reached(gaps)
    for i, gap in enumerate(gaps):
        out[i] = np.minimum(CERTAIN_LESS, likely[i] * (hits + PRIOR) / (expected + PRIOR))
        expected = expected + likely[i]
        forget_h += int(min(gap[GAP_H], FORGET_MOST_H) + .5)
        if forget_h >= 24:
            kept = .5 ** (forget_h / FORGET_HALF_H)
            hits, expected, forget_h = hits * kept, expected * kept, 0
        hits = hits + outcome[i]
    return out


def cheapest(likely, gap_h, levels):
    """Hours to wait; `levels`: (hours, price in millionths)."""
    costs = [likely[:, HORIZONS_H.index(hours)] + price * 1e-6 * gap_h for hours, price in levels]
    return np.array([hours for hours, _ in levels])[np.argmin(np.stack(costs), axis=0)]
