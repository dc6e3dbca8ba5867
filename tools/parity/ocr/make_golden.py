#!/usr/bin/env python3
"""Writes what RapidOCR makes of probability maps, for the tests in src/analysis/ocr. (Its reading: tools/parity/models.)

    pip install -r requirements.txt
    ./make_golden.py

Probability maps and the regions that RapidOCR's own DBPostProcess finds in them, with its default settings. A map
is stored as a list of soft-edged bars, drawn here and by text_regions_golden_test.cc with the same few lines of
arithmetic in whole numbers: a map has too many numbers to store. The same seed gives the same file.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

TESTDATA = Path(__file__).resolve().parents[3] / "src/analysis/ocr/testdata"
MAPS = 60


def draw(bars: list[list[int]], width: int, height: int) -> np.ndarray:
    """Bars [cx, cy, ux, uy, half_length, half_height, peak]: (ux, uy) is the direction, times 1024; peak is in 1/1000.

    Whole numbers only until the last division, so that every language draws the very same map.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    drawn = np.zeros((height, width), dtype=np.int64)
    for cx, cy, ux, uy, half_length, half_height, peak in bars:
        along = np.abs((x - cx) * ux + (y - cy) * uy)
        across = np.abs((y - cy) * ux - (x - cx) * uy)
        outside = np.maximum(np.maximum(along - half_length * 1024, across - half_height * 1024), 0)
        drawn = np.maximum(drawn, peak - outside * 150 // 1024)
    return (drawn.astype(np.float32) / np.float32(1000)).astype(np.float32)


def random_bars(rng: random.Random, width: int, height: int) -> list[list[int]]:
    bars = []
    for _ in range(rng.randint(1, 9)):
        angle = rng.choice([0.0, 0.0, rng.uniform(-0.3, 0.3), rng.uniform(-1.6, 1.6)])
        bars.append([
            rng.randint(-5, width + 5),
            rng.randint(-5, height + 5),
            round(1024 * float(np.cos(angle))),
            round(1024 * float(np.sin(angle))),
            rng.randint(1, 70),
            rng.randint(0, 9),
            rng.choice([1000, 900, 750, 600, 500, 400, 250]),
        ])
    return bars


def maps() -> dict:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    rng = random.Random(736)
    cases = []
    for index in range(MAPS):
        width, height = rng.choice([(160, 96), (224, 160), (96, 224), (320, 64)])
        scale = rng.choice([1.0, 1.0, 0.61, 2.72])
        picture = [round(width * scale), round(height * scale * rng.choice([1.0, 0.97]))]
        options = {
            "threshold": 0.3,
            "box_threshold": 0.5,
            "unclip_ratio": rng.choice([1.6, 1.6, 2.0]),
            "dilation": index % 4 != 0,
        }
        bars = random_bars(rng, width, height)
        process = DBPostProcess(
            thresh=options["threshold"],
            box_thresh=options["box_threshold"],
            max_candidates=1000,
            unclip_ratio=options["unclip_ratio"],
            score_mode="fast",
            use_dilation=options["dilation"],
        )
        quads, scores = process(draw(bars, width, height)[None, None], (picture[1], picture[0]))
        regions = [
            {"quad": np.asarray(quad).astype(int).tolist(), "score": round(float(score), 4)}
            for quad, score in zip(quads, scores)
        ]
        cases.append({"map": [width, height], "picture": picture, "options": options, "bars": bars, "regions": regions})
    return {"cases": cases}


def write(name: str, golden: dict) -> None:
    cases = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in golden["cases"])
    TESTDATA.mkdir(parents=True, exist_ok=True)
    (TESTDATA / name).write_text(f'{{"cases": [\n{cases}\n]}}\n', encoding="utf-8")
    print(f"{len(golden['cases'])} cases in {TESTDATA / name}")


def main() -> None:
    write("regions_golden.json", maps())


if __name__ == "__main__":
    main()
