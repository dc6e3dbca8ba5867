#!/usr/bin/env python3
"""Measures the share of characters that Calotype and RapidOCR recognise in the sample photos with text, with the same models.

    ./scene_text.py

scene_text.tsv has the text of each photo as a person reads it: the photo, then its lines.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import rendered_text

SAMPLES = rendered_text.ROOT / "samples"


def main() -> None:
    truth = {}
    for row in (Path(__file__).parent / "scene_text.tsv").read_text(encoding="utf-8").splitlines():
        name, *lines = row.split("\t")
        truth[SAMPLES / name] = tuple(lines)
    with tempfile.TemporaryDirectory() as folder:
        ours = rendered_text.read_ours(list(truth), Path(folder))
        theirs = rendered_text.read_rapid(list(truth), Path(folder))
    print("| | characters | Calotype | RapidOCR |\n|---|---|---|---|")
    totals = [0, 0, 0]
    for path, lines in truth.items():
        wanted = sum(len("".join(line.split())) for line in lines)
        counts = [wanted, rendered_text.right(lines, ours[path]), rendered_text.right(lines, theirs[path])]
        totals = [total + count for total, count in zip(totals, counts)]
        print(f"| {path.name} | {wanted} | {100 * counts[1] / wanted:.1f} % | {100 * counts[2] / wanted:.1f} % |")
    print(f"| all | {totals[0]} | {100 * totals[1] / totals[0]:.1f} % | {100 * totals[2] / totals[0]:.1f} % |")


if __name__ == "__main__":
    main()
