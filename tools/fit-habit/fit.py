#!/usr/bin/python3
"""Fits the model of gateway/core/habit/ to the homes of the DAIAD set and writes habit_model.c.

    tools/fit-habit/fit.py --data ../shared/data [--leave-out D01]... [--output FILE]

Needs Debian's python3-numpy. The same data give the same file. Homes of one to three people are fitted, those of
several with a quarter of the weight; the first fortnight of each is left out, for its tables are still empty."""

import argparse
import pathlib

import numpy as np

import daiad
import gaps

RIDGE = 3.0
PEOPLE_MOST, SEVERAL_WEIGHT = 3, 0.25
BEGIN_S = 14 * gaps.DAY_S
OBSERVED_LEAST_H = 5 * daiad.MONTH_H
GAP_MOST_H = 48.0
STEPS_MOST, STEP_LEAST = 25, 1e-6

HEAD = """/* Written by tools/fit-habit/fit.py; do not edit. From the hourly totals of {count} homes of one to {people} people,
 * {months:.0f} home-months and {gaps} gaps (DAIAD, github DAIAD/data @8cbbcdc, CC BY-SA 4.0){left_out}. */
#include "core/habit/habit_model.h"

"""


def logistic(features, figures):
    return 1 / (1 + np.exp(-np.clip(features @ figures, -20, 20)))


def fit_logistic(features, outcome, weights):
    """Newton's method, with a ridge."""
    figures = np.zeros(features.shape[1])
    for _ in range(STEPS_MOST):
        likely = logistic(features, figures)
        curve = weights * likely * (1 - likely)
        hessian = (features * curve[:, None]).T @ features + RIDGE * np.eye(len(figures))
        step = np.linalg.solve(hessian, features.T @ (weights * (outcome - likely)) - RIDGE * figures)
        figures += step
        if abs(step).max() < STEP_LEAST:
            break
    return figures


def fit_linear(features, outcome, weights):
    weighted = (features * weights[:, None]).T
    return np.linalg.solve(weighted @ features + RIDGE * np.eye(features.shape[1]), weighted @ outcome)


def read_homes(data):
    """name: (people, gaps, features, observed hours) of the homes that are fit to learn from."""
    homes = {}
    for name, people in sorted(daiad.households(data).items()):
        if people > PEOPLE_MOST or not pathlib.Path(data, "water_daiad", "homes", name + ".csv").exists():
            continue
        rows, observed_h = gaps.gaps_of(daiad.intervals(data, name), daiad.OBSERVED_GAP_S)
        if observed_h >= OBSERVED_LEAST_H:
            homes[name] = (people, rows, gaps.features_of(rows), observed_h)
    return homes


def fit(homes):
    """Figures by horizon, and those of the usual gap."""
    late = {name: home[1][:, gaps.AGE_S] > BEGIN_S for name, home in homes.items()}
    rows = np.vstack([home[1][late[name]] for name, home in homes.items()])
    features = np.vstack([home[2][late[name]] for name, home in homes.items()])
    weights = np.concatenate([np.full(late[name].sum(), 1.0 if home[0] == 1 else SEVERAL_WEIGHT)
                              for name, home in homes.items()])
    outcomes = gaps.reached(rows)
    reaches = np.array([fit_logistic(features, outcomes[:, i] * 1.0, weights) for i in range(outcomes.shape[1])])
    gap = fit_linear(features, np.log(np.minimum(rows[:, gaps.GAP_H], GAP_MOST_H) + 0.5), weights)
    return reaches, gap, len(rows)


def row_of(figures):
    return "{" + ", ".join(str(round(figure * 65536)) for figure in figures) + "}"


def write(file, homes, left_out, reaches, gap, count):
    months = sum(home[3] for home in homes.values()) / daiad.MONTH_H
    file.write(HEAD.format(count=len(homes), people=PEOPLE_MOST, months=months, gaps=count,
                           left_out=", without " + ", ".join(left_out) if left_out else ""))
    file.write("const uint8_t habit_model_hours[HABIT_HORIZONS] = {" + ", ".join(map(str, gaps.HORIZONS_H)) + "};\n\n")
    file.write("/* " + ", ".join(gaps.FEATURES) + " */\n")
    file.write("const int32_t habit_model_reaches[HABIT_HORIZONS][HABIT_FEATURES] = {\n")
    file.writelines("    " + row_of(figures) + ",\n" for figures in reaches)
    file.write("};\n\nconst int32_t habit_model_gap[HABIT_FEATURES] = " + row_of(gap) + ";\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder that holds water_daiad/")
    parser.add_argument("--leave-out", action="append", default=[], metavar="HOME", help="fit without this home")
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("--output", default=here.parent.parent / "gateway/core/habit/habit_model.c", type=pathlib.Path)
    options = parser.parse_args()
    homes = {name: home for name, home in read_homes(options.data).items() if name not in options.leave_out}
    reaches, gap, count = fit(homes)
    with open(options.output, "w") as file:
        write(file, homes, options.leave_out, reaches, gap, count)


if __name__ == "__main__":
    main()
