#!/usr/bin/env python3
"""Draws the report of bench/compare or bench/scale.py: plot.py REPORT.json [OUT.svg]. Default output: docs/images/speed.svg
or docs/images/scale.svg. Needs only Python."""

from __future__ import annotations

import argparse
import html
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH, LEFT, RIGHT = 760, 190, 90
BAR, GAP, BLOCK = 24, 8, 44
PEER = "python"
TITLES = {PEER: "Python stack", "classic": "calotype, classic", "fast": "calotype, fast", "balanced": "calotype, balanced"}
COLOURS = {PEER: "#9aa0a6", "classic": "#2f6db5", "fast": "#e07b39", "balanced": "#4f9d69"}
USUAL = COLOURS["classic"]
# Readable on light and dark pages.
STYLE = ("text{font:14px system-ui,sans-serif;fill:#1f2328}.small{font-size:12px;fill:#59636e}.head{font-weight:600}"
         "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}}")


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{html.escape(words)}</text>'


def block(top: float, title: str, values: dict[str, float], labels: dict[str, str]) -> tuple[list[str], float]:
    """Draws the bars of one figure, one per side (or size). Returns the bars and where the next block begins."""
    parts = [text(0, top + 16, title, "head")]
    y = top + 28
    longest = max(values.values())
    for side, value in values.items():
        length = (WIDTH - LEFT - RIGHT) * value / longest
        parts += [text(LEFT - 10, y + 17, TITLES.get(side, side), anchor="end"),
                  f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{COLOURS.get(side, USUAL)}"/>',
                  text(LEFT + length + 8, y + 17, labels[side])]
        y += BAR + GAP
    return parts, y - GAP + BLOCK - BAR


def picture(parts: list[str], y: float, report: dict, what: str, label: str) -> str:
    """The parts, and below them, from `y` on, where and how they were measured."""
    seen = report["machine"]
    foot = f"{seen['cores']} cores of {seen['cpu']}, no GPU, {report['date']}; {what}"
    parts = [*parts, text(0, y + 6, foot, "small"), text(0, y + 24, report["command"], "small")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 32:.0f}" role="img" '
            f'aria-label="{html.escape(label)}">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n")


def draw_comparison(report: dict) -> str:
    sides = report["summary"]["sides"]
    ratios = report["summary"]["ratios"]
    speed = {side: one["photos_per_minute"] for side, one in sides.items()}
    memory = {side: one["peak_bytes"] / 2**30 for side, one in sides.items()}
    times = {side: f"{value:.0f}" + (f" ({ratios[side]['photos_per_minute']:.1f}x)" if side in ratios else "")
             for side, value in speed.items()}
    parts, y = block(0, "12-megapixel photos per minute, all five analyses", speed, times)
    more, y = block(y, "peak memory, GiB", memory, {side: f"{value:.1f}" for side, value in memory.items()})
    what = f"{report['photos']} photos, {len(report['rounds'])} rounds"
    return picture(parts + more, y, report, what, "Photos per minute and peak memory, beside the Python stack")


def draw_scale(report: dict) -> str:
    parts, y = [], 0.0
    for title, key in (("photos per minute", "photos_per_minute"), ("peak memory, MB", "peak_mb")):
        for rows, name in ((report["sizes"], lambda row: f"{row['photos']:,} photos"),
                           (report["workers"], lambda row: "1 worker" if row["workers"] == 1 else f"{row['workers']} workers")):
            if rows:
                values = {name(row): float(row[key]) for row in rows}
                heading = title if rows is report["sizes"] else f"{title}, {rows[0]['photos']:,} photos"
                more, y = block(y, heading, values, {side: f"{value:,.0f}" for side, value in values.items()})
                parts += more
    what = f"640 x 480, {report['only'] or 'all five analyses'}"
    return picture(parts, y, report, what, "Photos per minute and peak memory as the library grows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    args = parser.parse_args()
    report = json.loads(args.report.read_text(encoding="utf-8"))
    is_scale = "sizes" in report
    out = args.out or ROOT / "docs/images" / ("scale.svg" if is_scale else "speed.svg")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text((draw_scale if is_scale else draw_comparison)(report), encoding="utf-8")


if __name__ == "__main__":
    main()
