#!/usr/bin/env python3
"""Measures how well copies of photos are found, and that pictures which only look alike are not called copies.

    ./copies [--calotype BINARY] [--pack starter] [--half tune|held-out] [--seed 7] [--keep FOLDER] [--without czkawka]

Makes pictures from samples/ and draws documents, in two halves that share no source: nothing is tuned on the half "held-out".
Each photo gets copies: resized, recompressed, brighter or darker, cropped, rotated, with a caption. The near misses are bursts (the
camera and something in the picture move), pictures with exchanged colours, and documents of one layout with other words: forms,
invoices, pages, chats, shirts. The same seed and versions of Pillow and NumPy give the same pictures.

Runs Calotype, czkawka and imagededup on them and prints for each kind how many copies are in a group with their original (for
imagededup: are a match of it), and how many near misses are called a copy of another picture. Precision is the share of right pairs
among all pairs that a program claims; recall is the share of the copies that are found. A picture with a caption shows something that
its original does not show, so finding it may be right or wrong: it counts in neither.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageStat

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
LEFT_OUT = {"coffee_copy.jpg"}  # a copy of another sample
COPIES = ("resized", "recompressed", "brightened", "cropped", "rotated", "captioned")
COUNTED = COPIES[:-1]
NEAR_MISSES = ("burst", "colours", "form", "invoice", "page", "chat", "shirt")
BURSTS, COLOURS, DOCUMENTS = 3, 3, 6  # per half
SIDE = 1200  # of drawn documents
WORDS = (
    "market garden winter station letter harbour window river mountain summer village bread paper music evening morning bridge "
    "teacher doctor meeting ticket flower kitchen journey answer question forest island weather number office street"
).split()
NAMES = "Anna Bernd Carla David Elena Farid Greta Hamid Ines Jonas Katja Liam Mona Nadim Olga Pavel".split()

Pair = frozenset[str]


def crop_of(image: Image.Image, rng: random.Random) -> Image.Image:
    """30 to 90 % of the picture, with nearly its proportions."""
    share, ratio = rng.uniform(0.3, 0.9) ** 0.5, rng.uniform(0.9, 1.1)
    width, height = round(image.width * min(1, share * ratio)), round(image.height * min(1, share / ratio))
    x, y = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((x, y, x + width, y + height))


def captioned(image: Image.Image, rng: random.Random) -> Image.Image:
    image = image.copy()
    size = max(14, image.height // 14)
    text = f"{rng.choice(NAMES)}, {rng.choice(WORDS)} {rng.randint(1990, 2025)}"
    pen = ImageDraw.Draw(image)
    pen.text((size, image.height - 2 * size), text, font=ImageFont.load_default(size), fill="white", stroke_width=2, stroke_fill="black")
    return image


def copy_of(image: Image.Image, kind: str, rng: random.Random) -> tuple[Image.Image, int]:
    """The changed picture, and the quality with which it is saved as JPEG."""
    if kind == "resized":
        scale = rng.uniform(0.3, 0.8)
        return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS), 88
    if kind == "recompressed":
        return image, rng.randint(20, 60)
    if kind == "brightened":
        return ImageEnhance.Brightness(image).enhance(rng.choice((rng.uniform(0.7, 0.85), rng.uniform(1.15, 1.3)))), 88
    if kind == "cropped":
        return crop_of(image, rng), 88
    if kind == "rotated":
        turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
        return image.transpose(rng.choice(turns)), 88
    return captioned(image, rng), 88


def burst(image: Image.Image, thing: Image.Image, rng: random.Random) -> list[Image.Image]:
    """Three frames of one size: the camera moves by a few percent, and so does a small thing in the picture."""
    width, height = round(image.width * 0.88), round(image.height * 0.88)
    thing = thing.resize((width // 6, width // 6))
    frames = []
    for i in range(3):
        x, y = round(image.width * (0.02 + 0.04 * i)), round(image.height * rng.uniform(0.01, 0.11))
        frame = image.crop((x, y, x + width, y + height))
        frame.paste(thing, (width // 3 + i * width // 12, height // 2))
        frames.append(frame)
    return frames


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words)).capitalize()


def document(kind: str, rng: random.Random) -> Image.Image:
    width, height = round(SIDE * 0.72), SIDE
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    write = lambda x, y, text, size=24, fill="black": pen.text((x, y), text, font=ImageFont.load_default(size), fill=fill)  # noqa: E731
    if kind == "form":
        write(60, 60, "REGISTRATION FORM", 40)
        for row, label in enumerate(("Name", "Date of birth", "Street", "Town", "Telephone", "Signature")):
            y = 160 + 150 * row
            write(60, y, label)
            pen.rectangle((60, y + 40, width - 60, y + 100), outline="black", width=2)
            values = (rng.choice(NAMES), f"{rng.randint(1, 28)}.{rng.randint(1, 12)}.{rng.randint(1940, 2005)}", rng.choice(WORDS))
            write(80, y + 52, (*values, rng.choice(WORDS), str(rng.randint(10**8, 10**9)), rng.choice(NAMES))[row], 30, "navy")
    elif kind == "invoice":
        write(60, 60, "INVOICE", 48)
        write(60, 140, f"No. {rng.randint(10000, 99999)}    Date {rng.randint(1, 28)}.{rng.randint(1, 12)}.2024")
        write(60, 190, f"{rng.choice(NAMES)} {rng.choice(NAMES)}")
        for row in range(12):
            y = 280 + 60 * row
            write(60, y, sentence(rng, 2))
            write(width - 200, y, f"{rng.uniform(1, 900):.2f}")
            pen.line((60, y + 40, width - 60, y + 40), fill="grey")
        write(width - 330, 1060, f"Total {rng.uniform(100, 5000):.2f}", 34)
    elif kind == "page":
        write(width // 2 - 100, 50, f"Chapter {rng.randint(1, 30)}", 34)
        for row in range(30):
            write(70, 140 + 34 * row, sentence(rng, 8)[:58], 21)
    elif kind == "chat":
        sheet.paste("#e8e0d5", (0, 0, width, height))
        pen.rectangle((0, 0, width, 100), fill="#075e54")
        write(110, 30, rng.choice(NAMES), 34, "white")
        y = 130
        while y < height - 140:
            mine = rng.random() < 0.5
            x = width - 520 if mine else 30
            pen.rounded_rectangle((x, y, x + 490, y + 90), 14, fill="#dcf8c6" if mine else "white")
            write(x + 20, y + 14, sentence(rng, rng.randint(2, 5))[:34])
            write(x + 400, y + 60, f"{rng.randint(8, 22)}:{rng.randint(10, 59)}", 18, "grey")
            y += 115
    else:
        colour = tuple(rng.randint(20, 235) for _ in range(3))
        body = ((250, 250), (width - 250, 250), (width - 30, 420), (width - 110, 560), (width - 210, 480), (width - 210, 1050),
                (210, 1050), (210, 480), (110, 560), (30, 420))  # fmt: skip
        pen.polygon(body, fill=colour, outline="black")
        pen.ellipse((width // 2 - 90, 200, width // 2 + 90, 300), fill="white", outline="black")
        write(width // 2 - 90, 600, rng.choice(WORDS).upper(), 50, "white" if sum(colour) < 380 else "black")
    return sheet


class Pictures:
    """Writes the pictures of one half and knows what each shows."""

    def __init__(self, folder: Path, half: str, seed: int) -> None:
        self.folder = folder
        self.rng = random.Random(f"{seed} {half}")
        self.shows: dict[str, str] = {}  # pictures with the same value are copies of each other
        self.kinds: dict[str, str] = {}
        names = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".png") and path.name not in LEFT_OUT)
        random.Random(seed).shuffle(names)
        self.sources = names[::2] if half == "tune" else names[1::2]

    def add(self, name: str, shows: str, kind: str, image: Image.Image, quality: int = 92) -> None:
        image.save(self.folder / name, "JPEG", quality=quality)
        self.shows[name], self.kinds[name] = shows, kind

    def make(self) -> None:
        images = {name: Image.open(SAMPLES / name).convert("RGB") for name in self.sources}
        # Without colours, nothing is exchanged.
        coloured = [name for name, image in images.items() if ImageStat.Stat(image.convert("HSV")).mean[1] > 60][:COLOURS]
        names = [name for name in images if name not in coloured]
        for i, name in enumerate(names[:BURSTS]):
            for j, frame in enumerate(burst(images[name], images[names[-1 - i]], self.rng)):
                self.add(f"{Path(name).stem}_burst{j}.jpg", f"{name} {j}", "burst", frame)
        for name in coloured:
            red, green, blue = images[name].split()
            for j, bands in enumerate(((red, green, blue), (blue, green, red), (green, blue, red))):
                self.add(f"{Path(name).stem}_colours{j}.jpg", f"{name} {j}", "colours", Image.merge("RGB", bands))
        for name in names[BURSTS:]:
            stem = Path(name).stem
            self.add(f"{stem}.jpg", name, "original", images[name], 95)
            for kind in COPIES:
                self.add(f"{stem}_{kind}.jpg", name, kind, *copy_of(images[name], kind, self.rng))
        for kind in NEAR_MISSES[2:]:
            for i in range(DOCUMENTS):
                self.add(f"{kind}{i}.jpg", f"{kind} {i}", kind, document(kind, self.rng))


def pairs_of(groups: Iterable[Iterable[str]]) -> set[Pair]:
    return {frozenset(pair) for group in groups for pair in itertools.combinations({Path(path).name for path in group}, 2)}


class Calotype:
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

    def duplicates(self, *options: str) -> set[Pair]:
        """A copy is measured from the keeper of its group; the pairs of copies follow from that."""
        groups = self("duplicates", "--json", *options)
        return pairs_of([one["path"] for one in group["photos"] + group.get("crops", [])] for group in groups)


def czkawka(binary: str, folder: Path, *options: str) -> set[Pair]:
    with tempfile.TemporaryDirectory() as temporary:
        answer = Path(temporary) / "answer.json"
        subprocess.run(
            [binary, "image", "--directories", folder, "--minimal-file-size", "1", "--disable-cache", "--ignore-error-code-on-found",
             "--compact-file-to-save", answer, *options],
            env={**os.environ, "HOME": temporary}, capture_output=True, check=True,
        )  # fmt: skip
        groups = json.loads(answer.read_text())
    return pairs_of([one["path"] for one in group] for group in groups)


def imagededup(method: str, folder: Path) -> set[Pair]:
    # The package imports its neural network and its plots, too, which need PyTorch (5 GB) and Matplotlib.
    for name, content in (("methods.cnn", "CNN"), ("utils.plotter", "plot_duplicates"), ("utils.models", "CustomModel")):
        module = types.ModuleType(f"imagededup.{name}")
        setattr(module, content, None)
        sys.modules.setdefault(module.__name__, module)
    from imagededup import methods

    found = getattr(methods, method)(verbose=False).find_duplicates(image_dir=str(folder), num_enc_workers=0)
    return {frozenset((name, other)) for name, others in found.items() for other in others}


def cells(pictures: Pictures, claimed: set[Pair]) -> list[str]:
    shows, kinds = pictures.shows, pictures.kinds
    original = {shows[name]: name for name, kind in kinds.items() if kind == "original"}
    found = Counter(kind for name, kind in kinds.items() if kind in COPIES and frozenset((name, original[shows[name]])) in claimed)
    wrong = {pair for pair in claimed if len({shows[name] for name in pair}) > 1}
    mistaken = Counter(kinds[name] for name in {name for pair in wrong for name in pair})
    all_of = Counter(kinds.values())
    counted = [pair for pair in claimed if not any(kinds[name] == "captioned" for name in pair)]
    right = sum(pair not in wrong for pair in counted)
    return [
        *(f"{found[kind]}/{all_of[kind]}" for kind in COPIES),
        f"{sum(found[kind] for kind in COUNTED) / sum(all_of[kind] for kind in COUNTED):.2f}",
        *(f"{mistaken[kind]}/{all_of[kind]}" for kind in NEAR_MISSES),
        f"{mistaken['original'] + sum(mistaken[kind] for kind in COPIES)}",
        f"{right / len(counted):.2f}" if counted else "",
    ]


def measure(arguments: argparse.Namespace, half: str, folder: Path, home: Path) -> None:
    pictures = Pictures(folder, half, arguments.seed)
    pictures.make()
    program = Calotype(arguments.calotype, home, arguments.pack)
    program("scan", folder, "--only", "embedding,pdq,text")
    columns: dict[str, Callable[[], set[Pair]]] = {
        "Calotype": lambda: program.duplicates(),
        "Calotype `--turned`": lambda: program.duplicates("--turned"),
    }
    if "czkawka" not in arguments.without:
        columns["czkawka"] = lambda: czkawka(arguments.czkawka, folder)
        columns["czkawka, difference 20, turned"] = lambda: czkawka(
            arguments.czkawka, folder, "--max-difference", "20", "--geometric-invariance", "mirror-flip-rotate90"
        )
    if "imagededup" not in arguments.without:
        columns["imagededup PHash"] = lambda: imagededup("PHash", folder)
        columns["imagededup DHash"] = lambda: imagededup("DHash", folder)
    answers, seconds = {}, {}
    for name, run in columns.items():
        start = time.monotonic()
        answers[name] = cells(pictures, run())
        seconds[name] = time.monotonic() - start
    rows = [*(f"{kind}, found" for kind in COPIES), "**recall**", *(f"{kind}, false" for kind in NEAR_MISSES),
            "other photos, false", "**precision**"]  # fmt: skip
    print(f"\n{half}, {len(pictures.kinds)} pictures, seed {arguments.seed}\n")
    print("| | " + " | ".join(columns) + " |\n|---" * 1 + "|---" * len(columns) + "|")
    for i, row in enumerate(rows):
        print(f"| {row} | " + " | ".join(answer[i] for answer in answers.values()) + " |")
    print("| seconds, after Calotype's scan | " + " | ".join(f"{value:.1f}" for value in seconds.values()) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calotype", default=str(ROOT / "build/release/calotype"))
    parser.add_argument("--czkawka", default=os.environ.get("CALOTYPE_BENCH_CZKAWKA", "czkawka_cli"), help="the program czkawka_cli")
    parser.add_argument("--pack", default="starter")
    parser.add_argument("--half", choices=("tune", "held-out"), help="only this half (default: both)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a new folder for the pictures")
    parser.add_argument("--without", nargs="*", default=[], choices=("czkawka", "imagededup"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for half in (arguments.half,) if arguments.half else ("tune", "held-out"):
            folder = (arguments.keep or Path(temporary)) / half
            folder.mkdir(parents=True)
            measure(arguments, half, folder.resolve(), Path(temporary) / f"home {half}")


if __name__ == "__main__":
    main()
