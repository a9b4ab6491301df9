"""The figures of a run as one HTML file with pictures in it: no network, no script."""

import html
import pathlib

WIDTH, BAR, LABEL, ROOM = 760, 22, 260, 150
OURS = "stillwaterd"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #1a2733 }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .2em .8em; border-bottom: 1px solid #d5dde4; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums } svg { display: block; margin: .4em 0 1.6em }
svg text { font: 13px system-ui, sans-serif; fill: #1a2733 } h3 { margin: 1.2em 0 0; font-size: 1em }
"""


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def name_of(figure):
    return figure["peer"] or OURS


def svg(height, parts):
    return f'<svg width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def bars(figures):
    """One bar a contender, ours dark."""
    most = max(f["value"] for f in figures) or 1
    parts = []
    for row, figure in enumerate(figures):
        y = row * BAR
        width = max(1, figure["value"] / most * (WIDTH - LABEL - ROOM))
        colour = "#9fb3c4" if figure["peer"] else "#14608f"
        parts.append(f'<text x="0" y="{y + 15}">{html.escape(name_of(figure))}</text>')
        parts.append(f'<rect x="{LABEL}" y="{y + 3}" width="{width:.1f}" height="{BAR - 6}" fill="{colour}"/>')
        parts.append(f'<text x="{LABEL + width + 6:.1f}" y="{y + 15}">{number(figure["value"])} {html.escape(figure["unit"])}</text>')
    return svg(len(figures) * BAR, parts)


def curve(points, unit):
    """A line over points (x, y) from 0, for what should stay flat."""
    height, left, bottom = 200, 60, 30
    most_x, most_y = max(x for x, _ in points), (max(y for _, y in points) or 1) * 1.15

    def place(x, y):
        return left + x / most_x * (WIDTH - left - 40), (height - bottom) * (1 - y / most_y) + 5

    parts = [f'<line x1="{left}" y1="{height - bottom + 5}" x2="{WIDTH - 20}" y2="{height - bottom + 5}" stroke="#9fb3c4"/>']
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*p) for p in points))
    parts.append(f'<polyline points="{path}" fill="none" stroke="#14608f" stroke-width="2"/>')
    for x, y in points:
        px, py = place(x, y)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="#14608f"/>')
        parts.append(f'<text x="{px - 20:.1f}" y="{py - 8:.1f}">{number(y)} {html.escape(unit)}</text>')
        parts.append(f'<text x="{px - 14:.1f}" y="{height - 6}">{number(x)}</text>')
    return svg(height, parts)


def table(figures):
    rows = "".join(
        f'<tr><td>{html.escape(f["metric"])}</td><td>{html.escape(name_of(f))}</td>'
        f'<td class="number">{number(f["value"])}</td><td>{html.escape(f["unit"])}</td></tr>'
        for f in figures
    )
    return f"<table><tr><th>metric</th><th>of</th><th>value</th><th>unit</th></tr>{rows}</table>"


def curves_of(figures):
    """What was measured of ours at three loads or more whose names differ in their first number: (title, points, unit)."""
    found = {}
    for figure in figures:
        first, _, rest = figure["metric"].partition(" ")
        if not figure["peer"] and first.replace(",", "").isdigit() and not rest.endswith(", spread"):
            found.setdefault((rest, figure["unit"]), []).append((int(first.replace(",", "")), figure["value"]))
    return [(rest, sorted(points), unit) for (rest, unit), points in found.items() if len(points) > 2]


def section(bench, figures):
    """A picture of what there are peers of, the curves, and all of it as a table."""
    parts = [f"<h2>{html.escape(bench)}</h2>"]
    metrics = dict.fromkeys(f["metric"] for f in figures if not f["metric"].endswith(", spread"))
    for metric in metrics:
        of_this = [f for f in figures if f["metric"] == metric]
        if len(of_this) > 1 and any(f["value"] for f in of_this):
            parts.append(f"<h3>{html.escape(metric)}</h3>{bars(of_this)}")
    for title, points, unit in curves_of(figures):
        parts.append(f"<h3>by devices, {html.escape(title)}</h3>{curve(points, unit)}")
    parts.append(f"<details><summary>all figures</summary>{table(figures)}</details>")
    return "".join(parts)


def write(folder, machine, figures):
    benches = dict.fromkeys(f["bench"] for f in figures)
    body = "".join(section(b, [f for f in figures if f["bench"] == b]) for b in benches)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Stillwater: benchmarks</title><style>{STYLE}</style>'
        f"<h1>Stillwater: benchmarks</h1><p>{html.escape(machine)}. Ours and its peers were measured in one run: compare the "
        f"ratio, not the figure.</p>{body}</html>\n"
    )
