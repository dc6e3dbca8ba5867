#!/usr/bin/env python3
"""Measures how well faces are sorted into people: the samples' portraits, altered in nine ways, among strangers.

    ./people.py [--calotype BINARY] [--pack starter] [--keep FOLDER]        needs Pillow

Cuts each face of the portraits, and each face found in the group photo of 1927, out with some margin and makes ten pictures of it:
unchanged, mirrored, dark, bright, small, grey, slightly and strongly blurred, rotated by a few degrees and shifted, and strongly
compressed (a grey photo gets no grey picture). Scans all pictures in a random order, in three scans, so that later faces meet
existing people. The identity is known only for the face in the centre of a picture; all pairs of those faces are judged. All
pictures of a face come from one photo, so this measures the effect of alterations, not of years. Prints which people were confused;
their pictures stay in FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parents[2]
# The person in each sample; None: everyone in it is a different person.
PHOTOS = {"obama.jpg": "obama", "obama_speaking.jpg": "obama", "biden.jpg": "biden", "astronaut.png": "collins", "solvay_1927.jpg": None}
ROOM = 0.8  # margin around a face, in multiples of its size
SCANS = 3


def small(face: Image.Image) -> Image.Image:
    """A fifth of the size on a grey background: a distant face."""
    shrunk = face.resize((max(1, face.width // 5), max(1, face.height // 5)), Image.Resampling.LANCZOS)
    field = Image.new("RGB", (face.width, face.height), (120, 120, 120))
    field.paste(shrunk, (face.width // 3, face.height // 3))
    return field


def moved(face: Image.Image) -> Image.Image:
    turned = face.rotate(7, Image.Resampling.BICUBIC, fillcolor=(120, 120, 120))
    return turned.crop((face.width // 12, face.height // 16, face.width, face.height))


def blurred(face: Image.Image, sigma: float) -> Image.Image:
    """Blurs by a fraction of the face's width, which is the picture's width without the margins."""
    return face.filter(ImageFilter.GaussianBlur(sigma * face.width / (1 + 2 * ROOM)))


ALTERED = {
    "as it is": lambda face: face,
    "mirrored": ImageOps.mirror,
    "dark": lambda face: ImageEnhance.Brightness(face).enhance(0.35),
    "bright": lambda face: ImageEnhance.Brightness(face).enhance(1.6),
    "small": small,
    "grey": lambda face: ImageOps.grayscale(face).convert("RGB"),
    "blurred": lambda face: blurred(face, 0.025),
    "very blurred": lambda face: blurred(face, 0.06),
    "moved": moved,
    "compressed": lambda face: face,
}
# The centre of the face after the alteration, as fractions of the picture; (1/2, 1/2) if not listed.
MIDDLE = {"small": (1 / 3 + 1 / 10, 1 / 3 + 1 / 10), "moved": (1 / 2 - 1 / 12, 1 / 2 - 1 / 16)}


class Program:
    def __init__(self, binary: str, home: Path, pack: str) -> None:
        cache = Path.home() / ".cache/calotype"
        self.binary = binary
        self.environment = {
            "CALOTYPE_INFERENCE_ONNXRUNTIME": str(cache / "onnxruntime/lib"),
            "CALOTYPE_MODELS_FOLDER": str(cache / "models"),
            **os.environ,
            "CALOTYPE_HOME": str(home),
            "XDG_CACHE_HOME": str(home),
            "CALOTYPE_MODELS_PACK": pack,
            "CALOTYPE_DEVICES_DEFAULT": "onnxruntime:cpu",
        }

    def __call__(self, *arguments: object) -> list[dict]:
        done = subprocess.run(
            [self.binary, *map(str, arguments)], env=self.environment, capture_output=True, text=True, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def portraits(program: Program) -> list[tuple[str, Image.Image]]:
    """The person, and the face with its margin."""
    found = []
    for name, who in PHOTOS.items():
        (photo,) = program("analyze", ROOT / "samples" / name, "--json", "--only", "faces")
        faces = sorted(photo["faces"], key=lambda face: -face["box"][2] * face["box"][3])
        picture = Image.open(ROOT / "samples" / name).convert("RGB")
        for i, face in enumerate(faces if who is None else faces[:1]):
            x, y, width, height = face["box"]
            box = (x - ROOM * width, y - ROOM * height, x + (1 + ROOM) * width, y + (1 + ROOM) * height)
            cut = picture.crop(tuple(round(v) for v in box))
            # All faces have one size, so that an alteration has the same effect on each.
            cut = cut.resize((400, round(400 * cut.height / cut.width)), Image.Resampling.LANCZOS)
            found.append((who or f"1927 {i}", cut))
    return found


class Picture(NamedTuple):
    who: str
    how: str
    middle: tuple[float, float]  # of the face
    image: Image.Image


def pictures(program: Program) -> list[Picture]:
    made = []
    for who, face in portraits(program):
        for how, alter in ALTERED.items():
            x, y = MIDDLE.get(how, (0.5, 0.5))
            altered = alter(face)
            if how == "as it is" or how == "compressed" or altered.tobytes() != face.tobytes():
                made.append(Picture(who, how, (x * face.width, y * face.height), altered))
    random.Random(1).shuffle(made)
    return made


def draw(program: Program, folder: Path) -> dict[str, Picture]:
    """Makes the pictures and scans them. Returns them by their paths."""
    made = pictures(program)
    truth = {}
    for scan in range(SCANS):
        for i in range(scan, len(made), SCANS):
            path = folder / f"{i:04}.jpg"
            made[i].image.save(path, "JPEG", quality=12 if made[i].how == "compressed" else 90)
            truth[str(path)] = made[i]
        program("scan", folder, "--only", "faces")
    return truth


def shows(face: dict, middle: tuple[float, float]) -> bool:
    """Whether the position lies in the inner half of the face's box."""
    x, y, width, height = face["box"]
    return abs(x + width / 2 - middle[0]) < width / 4 and abs(y + height / 2 - middle[1]) < height / 4


def pairs(counts: Counter) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calotype", default=str(ROOT / "build/release/calotype"))
    parser.add_argument("--pack", default="starter")
    parser.add_argument("--keep", type=Path, help="a new folder for the pictures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        photos = arguments.keep or home / "photos"
        photos.mkdir()
        program = Program(arguments.calotype, home / "home", arguments.pack)
        truth = draw(program, photos.resolve())
        (listed,) = program("people", "list", "--json")
        person = {}
        for one in listed["people"]:
            for face in program("people", "show", one["id"], "--json"):
                if shows(face, truth[face["path"]].middle):
                    person[face["path"]] = one["id"]
    who = {path: picture.who for path, picture in truth.items()}
    both = pairs(Counter((who[path], number) for path, number in person.items()))
    print(f"{len(set(who.values()))} people, {len(truth)} pictures; {len(person)} have a person, {len(listed['people'])} people were found")
    print(f"pairwise precision {both / pairs(Counter(person.values())):.3f}, recall {both / pairs(Counter(who.values())):.3f}")
    largest = {name: Counter(person.get(path) for path in who if who[path] == name and path in person) for name in who.values()}
    for how in ALTERED:
        of_it = [path for path, picture in truth.items() if picture.how == how]
        without = sum(path not in person for path in of_it)
        right = sum(path in person and person[path] == largest[who[path]].most_common(1)[0][0] for path in of_it)
        print(f"{how}: {right} of {len(of_it)} in the cluster with most of their person, {without} without a person")
    for number in sorted(set(person.values())):
        theirs = sorted(path for path, one in person.items() if one == number)
        if len({who[path] for path in theirs}) > 1:
            print(f"person {number}: " + ", ".join(f"{who[path]} {truth[path].how} ({Path(path).name})" for path in theirs))


if __name__ == "__main__":
    main()
