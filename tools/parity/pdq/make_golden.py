#!/usr/bin/env python3
"""Writes src/analysis/pdq/testdata/golden.json: PDQ hashes by the PyPI package pdqhash (Meta's reference in C++).

The pixels come from integer formulas that are the same here and in pdq_test.cc, so that no image file and no decoder is
involved. Run in a virtual environment with requirements.txt:

    python3 tools/parity/pdq/make_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import numpy as np
import pdqhash

TARGET = Path(__file__).resolve().parents[3] / "src/analysis/pdq/testdata/golden.json"

# Sizes at which the algorithm behaves differently (5, 64, multiples of 128), wide and tall ones, and common ones.
SIZES = [
    (1, 1), (4, 9), (5, 5), (5, 4), (1, 700), (700, 5), (63, 64), (64, 64), (65, 64), (128, 128), (129, 127),
    (300, 200), (512, 512), (513, 511), (640, 480), (1030, 31),
]


def triangle(n: np.ndarray, period: int) -> np.ndarray:
    return np.abs(n % period * 2 - period) * 255 // period


def noise(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> np.ndarray:
    mixed = (x * 73856093 ^ y * 19349663 ^ c * 83492791) & 0xFFFFFFFF
    return (mixed * 2654435761 & 0xFFFFFFFF) >> 24


def waves(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (triangle(x * (c + 2), 197) + triangle(y * 3 + x, 131)) // 2


def edges(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (x // 37 * 91 + y // 23 * 57 + c * 29) % 256


def ramp(x: np.ndarray, y: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (x + y) % 256 + 0 * c


KINDS: list[Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = [noise, waves, edges, ramp]


def entry(kind: Callable, width: int, height: int) -> dict:
    y, x, c = np.mgrid[:height, :width, :3].astype(np.int64)
    bits, quality = pdqhash.compute(kind(x, y, c).astype(np.uint8))
    return {
        "kind": kind.__name__,
        "width": width,
        "height": height,
        "hash": np.packbits(bits.astype(np.uint8)).tobytes().hex(),
        "quality": int(quality),
    }


def main() -> None:
    entries = [entry(kind, width, height) for kind in KINDS for width, height in SIZES]
    lines = ",\n".join(json.dumps(item) for item in entries)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
