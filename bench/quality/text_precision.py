#!/usr/bin/env python3
"""Measures what a lower precision of the text models costs: ./text_precision.py PHOTOS [--binary build/release/calotype]

PHOTOS is a folder of photos, such as bench/photos.py makes. Reads them, the sample photos with text (scene_text.tsv) and drawn
pages (rendered_text.py) with `calotype analyze --only text`: in fp32, with the detector, the recogniser or both in bf16, and, in
fp32, all of them saved as JPEG once more. Prints the share of characters that were recognised where the text is known, the bytes
and lines that differ from fp32's, and the CPU time for PHOTOS. Needs Pillow, NumPy and a CPU with bf16.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import rendered_text

F32 = {"detect": "onnxruntime:f32", "recognise": "onnxruntime:f32"}
BF16 = "openvino:bf16"
SAVED_QUALITY = 95
# As in src/inference/placement/agreement.h.
SAME_LINE = 0.5


@dataclass
class Difference:
    changed: int = 0  # bytes
    lost: int = 0  # lines
    new: int = 0

    def add(self, other: Difference) -> None:
        self.changed += other.changed
        self.lost += other.lost
        self.new += other.new


def bounds(line: dict) -> tuple[float, float, float, float]:
    xs, ys = zip(*line["quad"])
    return min(xs), min(ys), max(xs), max(ys)


def overlap(one: dict, other: dict) -> float:
    a, b = bounds(one), bounds(other)
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both) if both else 0


def compare(expected: list[dict], seen: list[dict]) -> Difference:
    left = list(seen)
    difference = Difference()
    for line in expected:
        again = max(left, key=lambda other: overlap(line, other), default=None)
        if again is not None and overlap(line, again) >= SAME_LINE:
            left.remove(again)
            difference.changed += rendered_text.edits(line["text"], again["text"])
        else:
            difference.lost += 1
            difference.changed += len(line["text"])
    difference.new = len(left)
    difference.changed += sum(len(line["text"]) for line in left)
    return difference


def read(binary: Path, devices: dict[str, str], photos: list[Path]) -> tuple[list[list[dict]], float]:
    """The lines of each photo, and the CPU seconds."""
    words = [str(binary)]
    for model, device in devices.items():
        words += ["--set", f"devices.ocr.{model}={device}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*words, "analyze", "--json", "--only", "text", *map(str, photos)], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answers = {answer["path"]: answer["text"] for answer in map(json.loads, done.stdout.splitlines())}
    return [answers[str(photo)] for photo in photos], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def save_again(photos: list[Path], folder: Path) -> list[Path]:
    folder.mkdir()
    saved = [folder / f"{number}.jpg" for number in range(len(photos))]
    for photo, path in zip(photos, saved):
        image = Image.open(photo)
        image.convert("RGB").save(path, "JPEG", quality=SAVED_QUALITY, exif=image.getexif().tobytes())
    return saved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--binary", type=Path, default=rendered_text.ROOT / "build/release/calotype")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        pages = rendered_text.pages(args.fonts, Path(name))
        scenes = {}
        for row in (Path(__file__).parent / "scene_text.tsv").read_text(encoding="utf-8").splitlines():
            photo, *lines = row.split("\t")
            scenes[rendered_text.ROOT / "samples" / photo] = tuple(lines)
        sets = {"photos": sorted(args.photos.resolve().glob("*.jpg")), "scenes": list(scenes), "pages": list(pages)}
        truth = {"scenes": list(scenes.values()), "pages": [lines for *_, lines in pages.values()]}
        saved = {key: save_again(photos, Path(name) / key) for key, photos in sets.items()}
        runs = {
            "fp32": (F32, sets),
            "fp32, saved as JPEG": (F32, saved),
            "detector bf16": ({**F32, "detect": BF16}, sets),
            "recogniser bf16": ({**F32, "recognise": BF16}, sets),
            "both bf16": ({"detect": BF16, "recognise": BF16}, sets),
        }
        reference: dict[str, list[list[dict]]] = {}
        print("| | characters right: pages | scenes | lines: pages, scenes, photos | bytes changed | lines lost | new | CPU s for the photos |")
        print("|---|---|---|---|---|---|---|---|")
        for title, (devices, photos) in runs.items():
            found, seconds = {}, {}
            for key, paths in photos.items():
                found[key], seconds[key] = read(args.binary, devices, paths)
            reference = reference or found
            shares = []
            for key, known in truth.items():
                right = sum(rendered_text.right(lines, [line["text"] for line in seen]) for lines, seen in zip(known, found[key]))
                shares.append(f"{100 * right / sum(len(''.join(line.split())) for lines in known for line in lines):.1f} %")
            total = Difference()
            for key in sets:
                for expected, seen in zip(reference[key], found[key]):
                    total.add(compare(expected, seen))
            counts = ", ".join(str(sum(len(lines) for lines in found[key])) for key in ("pages", "scenes", "photos"))
            print(f"| {title} | {shares[1]} | {shares[0]} | {counts} | {total.changed} | {total.lost} | {total.new} | {seconds['photos']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
