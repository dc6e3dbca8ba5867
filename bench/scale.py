#!/usr/bin/env python3
"""Measures how time and memory grow with the library: scale.py [--photos 10,100,1000] [--only ANALYSES] [--workers 1,2] [--json FILE]

Makes libraries with these numbers of different photos (640 x 480, cut from samples/ at seeded positions, in ~/.cache/calotype/bench).
Scans each into a new catalogue with `calotype scan` and prints photos per minute, seconds and peak resident memory; the speed and
the memory should not change with the size. --workers repeats this for the first library of at least a hundred photos (else the
largest) with these numbers of workers. Devices are measured before. plot.py draws FILE. Needs Pillow (in ~/.cache/calotype/venv/bench).
"""

import argparse
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import machine

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "calotype"
SIZE = (640, 480)


def make_photos(count):
    """Makes a folder of `count` photos. A larger folder begins with the photos of a smaller one."""
    from PIL import Image

    folder = CACHE / "bench" / f"small-{count}"
    if (folder / ".made").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    samples = [Image.open(path).convert("RGB") for path in sorted((ROOT / "samples").iterdir())
               if path.suffix in (".jpg", ".png")]
    generator = random.Random(1)
    for number in range(count):
        sample = generator.choice(samples)
        width = generator.uniform(0.4, 1) * min(sample.width, sample.height * SIZE[0] / SIZE[1])
        height = width * SIZE[1] / SIZE[0]
        left = generator.uniform(0, sample.width - width)
        top = generator.uniform(0, sample.height - height)
        part = sample.resize(SIZE, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
        part.save(folder / f"{number:05}.jpg", quality=88)
    (folder / ".made").touch()
    return folder


def settings(workers):
    return ["--set", f"scan.workers={workers}"] if workers else []


def measure(binary, workers):
    """Measures the devices once for this number of workers."""
    subprocess.run([str(binary), *settings(workers), "doctor"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def scan(binary, folder, count, only, workers):
    home = Path(tempfile.mkdtemp(prefix="calotype-scale-"))
    words = [str(binary), "--set", f"catalog.file={home / 'catalog.db'}", *settings(workers), "scan", str(folder)]
    words += ["--only", only] if only else []
    started = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    shutil.rmtree(home, ignore_errors=True)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"scale: the scan of {folder} failed: {output}{process.stderr.read()}")
    return {"photos": count, "only": only, "workers": workers, "seconds": round(seconds, 1),
            "photos_per_minute": round(count * 60 / seconds), "peak_mb": round(usage.ru_maxrss / 1024),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1)}


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "calotype")
    parser.add_argument("--photos", type=numbers, default=[10, 100, 1000])
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=numbers, default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    report = {"date": datetime.date.today().isoformat(), "command": "bench/" + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
              "machine": machine(), "only": arguments.only, "sizes": [], "workers": []}
    several = min((count for count in arguments.photos if count >= 100), default=max(arguments.photos))
    runs = [("sizes", count, 0) for count in arguments.photos] + [("workers", several, workers) for workers in arguments.workers]
    print("photos  workers  seconds  photos/min  peak MB  CPU s")
    for kind, count, workers in runs:
        measure(arguments.binary, workers)
        row = scan(arguments.binary, make_photos(count), count, arguments.only, workers)
        report[kind].append(row)
        print(f"{count:6}  {workers or 'auto':>7}  {row['seconds']:7}  {row['photos_per_minute']:10}  {row['peak_mb']:7}  "
              f"{row['cpu_seconds']:5}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
