#!/usr/bin/env python3
"""Draws the table of bench/compare: plot.py REPORT.json [OUT.svg] (default: docs/images/speed.svg). Python alone."""

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
# Read on a light and on a dark page alike.
STYLE = ("text{font:14px system-ui,sans-serif;fill:#1f2328}.small{font-size:12px;fill:#59636e}.head{font-weight:600}"
         "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}}")


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{html.escape(words)}</text>'


def block(top: float, title: str, values: dict[str, float], labels: dict[str, str]) -> tuple[list[str], float]:
    """Bars of one figure, one for each side, and where the next block begins."""
    parts = [text(0, top + 16, title, "head")]
    y = top + 28
    longest = max(values.values())
    for side, value in values.items():
        length = (WIDTH - LEFT - RIGHT) * value / longest
        parts += [text(LEFT - 10, y + 17, TITLES[side], anchor="end"),
                  f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" fill="{COLOURS[side]}"/>',
                  text(LEFT + length + 8, y + 17, labels[side])]
        y += BAR + GAP
    return parts, y - GAP + BLOCK - BAR


def draw(report: dict) -> str:
    sides = report["summary"]["sides"]
    ratios = report["summary"]["ratios"]
    speed = {side: one["photos_per_minute"] for side, one in sides.items()}
    memory = {side: one["peak_bytes"] / 2**30 for side, one in sides.items()}
    times = {side: f"{value:.0f}" + (f" ({ratios[side]['photos_per_minute']:.1f}x)" if side in ratios else "")
             for side, value in speed.items()}
    parts, y = block(0, "12-megapixel photos per minute, all five looks", speed, times)
    more, y = block(y, "peak memory, GiB", memory, {side: f"{value:.1f}" for side, value in memory.items()})
    seen = report["machine"]
    foot = f"{seen['cores']} cores of {seen['cpu']}, no GPU, {report['date']}; {report['photos']} photos, {len(report['rounds'])} rounds"
    parts += [*more, text(0, y + 6, foot, "small"), text(0, y + 24, report["command"], "small")]
    height = y + 32
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
            f'aria-label="Photos per minute and peak memory, beside the Python stack">\n<style>{STYLE}</style>\n'
            + "\n".join(parts) + "\n</svg>\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "docs/images/speed.svg")
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(draw(json.loads(args.report.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
