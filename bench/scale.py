#!/usr/bin/env python3
"""Does the cost grow as the work does? scale.py [--photos 10,100,1000] [--only LOOKS] [--workers 1,2] [--json FILE]

Makes libraries of so many different photos (640 x 480, cut out of samples/ at seeded places, in ~/.cache/calotype/bench), scans each
into a new catalogue with `calotype scan`, and prints photos a minute, seconds and the peak of resident memory: both should stay flat
as the library grows. --workers does the same for the first library of a hundred photos or more (else the largest) with so many workers.
Devices are measured before. plot.py draws FILE. Needs Pillow (~/.cache/calotype/venv/bench has it).
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
    """A folder of `count` photos; the first of a larger one are those of a smaller one."""
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
    """Devices are measured for so many workers, once."""
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
