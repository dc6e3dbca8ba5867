#!/usr/bin/env python3
"""Writes the results of Pillow's resize() for small pictures of noise, for src/analysis/resample_test.cc.

    pip install -r requirements.txt
    ./make_golden.py

The same generator draws the pictures here and in the test; only the SHA-256 of each result is stored. The same seed gives
the same file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).resolve().parents[3] / "src/analysis/testdata/resample_golden.json"
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# Smaller, larger, both, only one side, one pixel, by a large factor.
SIZES = [
    ((97, 61), (31, 20)),
    ((97, 61), (224, 141)),
    ((97, 61), (97, 30)),
    ((97, 61), (40, 61)),
    ((97, 61), (97, 61)),
    ((97, 61), (20, 200)),
    ((61, 97), (1, 1)),
    ((1, 1), (7, 5)),
    ((3, 500), (32, 32)),
    ((500, 333), (336, 224)),
    ((500, 333), (640, 640)),
]


def noise(width: int, height: int) -> Image.Image:
    """Bytes of a linear congruential generator. Every third pixel is black or white, so that clipping is tested too."""
    state = width * 1000 + height
    values = bytearray()
    for index in range(width * height):
        for _ in range(3):
            state = (state * 1664525 + 1013904223) % 2**32
            value = state >> 24
            values.append((255 if value > 127 else 0) if index % 3 == 0 else value)
    return Image.frombytes("RGB", (width, height), bytes(values))


def main() -> None:
    cases = []
    for source, target in SIZES:
        picture = noise(*source)
        for name, resample in FILTERS.items():
            scaled = picture.resize(target, resample)
            digest = hashlib.sha256(scaled.tobytes()).hexdigest()
            cases.append({"from": source, "to": target, "filter": name, "sha256": digest})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(cases)} cases in {TARGET}")


if __name__ == "__main__":
    main()
