#!/usr/bin/env python3
"""Compares our PDQ with the C reference inside the PyPI package pdqhash, on the same luma in the same session.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6 pdqhash==0.2.8
    VENV/bin/python bench/kernels/pdqhash_peer.py build/release/bench/kernels/kernels_bench [ROUNDS]

Calls the reference's own function in the package's library, so that neither Python nor the package's luma is measured. Each
round measures both, one after the other; prints the medians of the rounds.
"""

from __future__ import annotations

import ctypes
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pdqhash.bindings

SIDE = 512
RUNS = 60  # runs of the reference per round; the best counts
# pdqHash256FromFloatLuma(float*, float*, int, int, float (*)[64], float (*)[64], float (*)[16], Hash256&, int&)
REFERENCE = "_ZN8facebook3pdq7hashing23pdqHash256FromFloatLumaEPfS2_iiPA64_fS4_PA16_fRNS1_7Hash256ERi"


def make_luma() -> np.ndarray:
    """Smooth shapes and noise, rounded like the luma of bytes."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:SIDE, :SIDE]
    shapes = 90 * np.sin(x / 37 + y / 91) + 60 * np.cos(x * y / 9000)
    rgb = np.clip(120 + shapes[..., None] + random.normal(0, 12, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    return (rgb @ np.array([0.299, 0.587, 0.114])).astype(np.float32)


def reference(luma: np.ndarray) -> tuple[float, str, int]:
    """Returns the best time in seconds, the hash and the quality."""
    run = getattr(ctypes.CDLL(pdqhash.bindings.__file__), REFERENCE)
    run.restype = None
    floats = ctypes.POINTER(ctypes.c_float)
    other, grid, half, bands = (np.empty(n, np.float32) for n in (luma.size, 64 * 64, 16 * 64, 16 * 16))
    words, quality = (ctypes.c_uint16 * 16)(), ctypes.c_int()
    best = float("inf")
    for _ in range(RUNS):
        work = luma.copy()  # the reference blurs in place
        arrays = [array.ctypes.data_as(floats) for array in (work, other, grid, half, bands)]
        start = time.thread_time()
        run(arrays[0], arrays[1], SIDE, SIDE, *arrays[2:], ctypes.byref(words), ctypes.byref(quality))
        best = min(best, time.thread_time() - start)
    return best, "".join(f"{word:04x}" for word in reversed(words)), quality.value


def ours(bench: str, path: str) -> tuple[dict[str, float], dict[str, tuple[str, int]]]:
    """Returns hashes per second, hash and quality of each kernel."""
    text = subprocess.run([bench, "--luma", path], check=True, capture_output=True, text=True).stdout
    lines = [line.split("\t") for line in text.splitlines()]
    rates = {name.split(", ")[1]: float(value) for name, value, _ in lines if name.startswith("hashes of luma, ")}
    hashes = {n.split(", ")[1]: (h, int(q.split()[1])) for n, h, q in lines if n.startswith("hash, ")}
    return rates, hashes


def main() -> int:
    bench, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    luma = make_luma()
    ratios: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {"pdqhash": []}
    with tempfile.NamedTemporaryFile() as file:
        luma.tofile(file.name)
        for _ in range(rounds):
            seconds, expected, quality = reference(luma)
            rates["pdqhash"].append(1 / seconds)
            measured, hashes = ours(bench, file.name)
            for kernel, rate in measured.items():
                if hashes[kernel] != (expected, quality):
                    print(f"{kernel}: {hashes[kernel]}, the reference: {(expected, quality)}", file=sys.stderr)
                    return 1
                rates.setdefault(kernel, []).append(rate)
                ratios.setdefault(kernel, []).append(rate * seconds)
    print(f"hash {expected}, quality {quality}: all equal")
    for name, values in rates.items():
        ratio = f"\t{statistics.median(ratios[name]):.1f} times the reference" if name in ratios else ""
        print(f"{name}\t{statistics.median(values):.0f} hashes/s{ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
