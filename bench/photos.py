#!/usr/bin/env python3
"""Makes 12-megapixel photos for the benchmark: ./photos.py FOLDER [--count 100] [--seed 7]

Each photo is composed from samples/: a scene that fills the frame, people in about a third of the photos, text in about a
third, plus sharp detail, sensor-like grain, EXIF, and JPEG with a camera's settings (4000 x 3000, 4:2:0, 2 to 5 MB). One in
five is in portrait format. The same seed, count and versions of Pillow and NumPy give the same bytes. The licences of the
pictures are those of samples/LICENCES.tsv.
"""

from __future__ import annotations

import argparse
import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SIZE = (4000, 3000)
QUALITY = 90
ORIENTATION = 0x0112
EXIF_IFD = 0x8769

# Samples without faces and without text.
SCENES = (
    "aerial_view.jpg", "aloe.jpg", "apple.jpg", "baboon.jpg", "brick_house.png", "building.jpg", "butterfly.jpg", "cat.png",
    "coffee.png", "dog.png", "flower.jpg", "fruits.jpg", "galaxies.jpg", "moon.png", "motorcycle.png", "old_town.jpg",
    "pagoda.jpg", "plant.jpg", "robin.jpg", "rocket.jpg", "toys.png", "yellow_building.jpg",
)
# A person or a group: the crop (left, top, right, bottom, as shares of the sample) and its height in the frame.
PEOPLE = (
    ("astronaut.png", (0.15, 0.00, 0.75, 0.75), (0.35, 0.9)),
    ("biden.jpg", (0.00, 0.00, 1.00, 0.45), (0.35, 0.9)),
    ("obama.jpg", (0.00, 0.00, 1.00, 1.00), (0.4, 1.0)),
    ("obama_speaking.jpg", (0.00, 0.00, 1.00, 0.60), (0.4, 1.0)),
    ("solvay_1927.jpg", (0.00, 0.30, 0.50, 0.85), (0.5, 0.9)),
    ("solvay_1927.jpg", (0.50, 0.30, 1.00, 0.85), (0.5, 0.9)),
    ("solvay_1927.jpg", (0.25, 0.30, 0.55, 0.75), (0.5, 0.9)),
)
SIGNS = (
    ("sign_copy_centre.jpg", (0.4, 1.0)),
    ("sign_no_parking.jpg", (0.4, 1.0)),
    ("sign_sports_centre.jpg", (0.5, 1.0)),
    ("page.png", (0.3, 0.6)),
    ("car_from_behind.jpg", (0.4, 0.8)),
)
WORDS = (
    "OPEN DAILY 9-17", "Platform 4", "Main Street", "Bakery & Coffee", "Please keep off the grass", "EXIT", "No entry",
    "Fresh bread every morning", "Car park 200 m", "Museum of the Sea", "Tickets", "Summer festival 2019", "Room 12",
    "Departures 14:35", "Mind the step", "Library", "Do not feed the birds", "Harbour tours", "Gate B27", "Sale 50 %",
    "Town hall", "Emergency exit only", "Coffee 2.80", "Soup of the day", "Welcome to Riverside", "Speed limit 30",
)
CAMERAS = (("Bench Optics", "BO-12"), ("Bench Optics", "BO-12 mini"), ("Sample Works", "Phone 5"))


@dataclass
class Plan:
    """The content of photo `index`; decided before the pixels are drawn, so that the shares are exact."""

    index: int
    people: bool
    writing: bool
    upright: bool


def plans(count: int, seed: int) -> list[Plan]:
    """Of nine photos, two have people, two have text, one has both and four have neither; one in five is in portrait format."""
    kinds = [(True, False)] * 2 + [(False, True)] * 2 + [(True, True)] + [(False, False)] * 4
    rng = np.random.default_rng([seed, 0])
    order = rng.permutation(count)
    upright = rng.permutation(count)
    return [Plan(i, *kinds[order[i] % len(kinds)], upright[i] % 5 == 0) for i in range(count)]


def load(name: str) -> Image.Image:
    with Image.open(SAMPLES / name) as image:
        return image.convert("RGB")


def scene(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A crop of at least two thirds of a sample, scaled to `size`; half of them are mirrored."""
    source = load(SCENES[rng.integers(len(SCENES))])
    ratio = size[0] / size[1]
    width = min(source.width, source.height * ratio) * rng.uniform(0.65, 1.0)
    height = width / ratio
    left, top = rng.uniform(0, source.width - width), rng.uniform(0, source.height - height)
    image = source.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image


def paste(canvas: Image.Image, piece: Image.Image, rng: np.random.Generator, slot: int, slots: int) -> None:
    """Pastes a piece into its own part of the frame, from left to right, so that pieces do not overlap; with a soft edge."""
    room = canvas.width // slots
    if piece.width > room:
        piece = piece.resize((room, max(1, piece.height * room // piece.width)), Image.Resampling.LANCZOS)
    left = slot * room + int(rng.integers(room - piece.width + 1))
    top = int(rng.integers(canvas.height - piece.height + 1))
    rim = 12
    mask = Image.new("L", piece.size, 0)
    ImageDraw.Draw(mask).rectangle((rim, rim, piece.width - rim, piece.height - rim), fill=255)
    canvas.paste(piece, (left, top), mask.filter(ImageFilter.GaussianBlur(rim / 2)))


def scaled(piece: Image.Image, rng: np.random.Generator, share: tuple[float, float], frame: tuple[int, int]) -> Image.Image:
    """A random share of the frame's height within the limits, not wider than the frame."""
    height = rng.uniform(*share) * frame[1]
    factor = min(height / piece.height, frame[0] / piece.width)
    return piece.resize((int(piece.width * factor), int(piece.height * factor)), Image.Resampling.LANCZOS)


def person(rng: np.random.Generator, frame: tuple[int, int]) -> Image.Image:
    name, (left, top, right, bottom), share = PEOPLE[rng.integers(len(PEOPLE))]
    source = load(name)
    box = (left * source.width, top * source.height, right * source.width, bottom * source.height)
    piece = source.crop(tuple(map(int, box)))
    if rng.random() < 0.5:
        piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return scaled(piece, rng, share, frame)


def board(rng: np.random.Generator, frame: tuple[int, int]) -> Image.Image:
    """Adds a sign with one to four lines of text."""
    lines = rng.choice(WORDS, size=rng.integers(1, 5), replace=False)
    size = int(rng.integers(60, 220))
    font = ImageFont.load_default(size)
    width = int(max(font.getlength(line) for line in lines)) + 2 * size
    dark = tuple(int(value) for value in rng.integers(0, 90, 3))
    light = tuple(int(value) for value in rng.integers(190, 256, 3))
    paper, ink = (light, dark) if rng.random() < 0.6 else (dark, light)
    image = Image.new("RGB", (width, int(size * (1.5 * len(lines) + 1))), paper)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((size, int(size * (0.7 + 1.5 * row))), line, font=font, fill=ink)
    if image.width > frame[0]:
        image = image.resize((frame[0], image.height * frame[0] // image.width), Image.Resampling.LANCZOS)
    return image.filter(ImageFilter.GaussianBlur(1.2))


def writing(rng: np.random.Generator, frame: tuple[int, int]) -> Image.Image:
    if rng.random() < 0.5:
        return board(rng, frame)
    name, share = SIGNS[rng.integers(len(SIGNS))]
    return scaled(load(name), rng, share, frame)


def compose(plan: Plan, rng: np.random.Generator) -> Image.Image:
    frame = SIZE[::-1] if plan.upright else SIZE
    canvas = scene(rng, frame)
    pieces = [person(rng, frame) for _ in range(rng.integers(1, 3) if plan.people else 0)]
    pieces += [writing(rng, frame) for _ in range(rng.integers(1, 3) if plan.writing else 0)]
    for slot, index in enumerate(rng.permutation(len(pieces))):
        paste(canvas, pieces[index], rng, slot, len(pieces))
    return canvas


def texture(rng: np.random.Generator) -> np.ndarray:
    """The detail that enlarged samples lack, as brightness with a standard deviation of one: surfaces at two scales, and a
    sensor's grain, which is correlated between neighbouring pixels because cameras interpolate colours and sharpen."""
    total = np.zeros(SIZE[::-1], np.float32)
    for cell, share in ((6, 0.5), (3, 0.5)):
        coarse = rng.standard_normal((SIZE[1] // cell + 1, SIZE[0] // cell + 1), np.float32)
        big = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
        total += np.float32(share) * np.asarray(big)
    total += np.float32(0.7) * rng.standard_normal(total.shape, np.float32)
    return total / total.std()


class Grain:
    """One texture for all photos, shifted and scaled for each: making one takes longer than everything else."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self.bright = texture(rng)
        self.colour = rng.standard_normal((SIZE[1] // 4, SIZE[0] // 4), np.float32)

    def add(self, image: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Stronger in dark areas than in bright ones, like photon noise; as strong as in a phone camera."""
        strength = rng.uniform(2.8, 5.2)
        shift = tuple(int(value) for value in rng.integers(0, 3000, 2))
        y, cb, cr = image.convert("YCbCr").split()
        gain = Image.fromarray(np.float32(1.25 - np.arange(256) / 512)[np.asarray(y)])
        bright = np.roll(self.bright, shift, (0, 1)) if image.size == SIZE else np.roll(self.bright.T, shift, (0, 1))
        values = np.asarray(y, np.float32) + strength * np.asarray(gain) * bright
        planes = [Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))]
        for index, plane in enumerate((cb, cr)):
            noise = Image.fromarray(np.roll(self.colour, shift[index], index)).resize(image.size, Image.Resampling.BILINEAR)
            values = np.asarray(plane, np.float32) + 0.5 * strength * np.asarray(noise)
            planes.append(Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)))
        return Image.merge("YCbCr", planes)


def exif(plan: Plan, rng: np.random.Generator, turned: bool) -> Image.Exif:
    data = Image.Exif()
    data[0x010F], data[0x0110] = CAMERAS[rng.integers(len(CAMERAS))]
    data[ORIENTATION] = 6 if turned else 1
    taken = datetime.datetime(2019, 5, 1) + datetime.timedelta(hours=int(rng.integers(7, 30)) + 31 * plan.index)
    text = taken.strftime("%Y:%m:%d %H:%M:%S")
    data[0x0132] = text
    data.get_ifd(EXIF_IFD).update({0x9003: text, 0x8827: int(rng.integers(1, 9) * 100)})
    return data


def make(plan: Plan, seed: int, grain: Grain, folder: Path) -> dict:
    rng = np.random.default_rng([seed, 2, plan.index])
    image = grain.add(compose(plan, rng), rng)
    # Phones store the sensor's rows with an orientation tag; camera software rotates the pixels.
    turned = plan.upright and bool(rng.random() < 0.5)
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
    path = folder / f"bench_{plan.index:04}.jpg"
    image.save(path, "JPEG", quality=QUALITY, subsampling="4:2:0", exif=exif(plan, rng, turned))
    return {"photo": path.name, "people": plan.people, "writing": plan.writing, "bytes": path.stat().st_size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    if args.count < 1:
        parser.error(f"--count is {args.count}; it must be at least 1")
    args.folder.mkdir(parents=True, exist_ok=True)
    grain = Grain(args.seed)
    made = [make(plan, args.seed, grain, args.folder) for plan in plans(args.count, args.seed)]
    (args.folder / "photos.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    sizes = np.array([one["bytes"] for one in made]) / 1e6
    print(f"{len(made)} photos of {SIZE[0]} x {SIZE[1]} in {args.folder}: {sizes.min():.1f} to {sizes.max():.1f} MB, "
          f"{sum(one['people'] for one in made)} with people, {sum(one['writing'] for one in made)} with writing")


if __name__ == "__main__":
    main()
