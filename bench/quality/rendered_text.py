#!/usr/bin/env python3
"""Measures the share of characters that Calotype and RapidOCR recognise in drawn text, with the same model files.

    ./rendered_text.py [--fonts FOLDER] [--keep FOLDER]

The models are those of the package rapidocr, which the starter pack also uses.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]

DEJAVU = ("dejavu/DejaVuSans.ttf", "dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSansMono.ttf")
# Article 1 of the Universal Declaration of Human Rights.
SCRIPTS = {
    "Latin": (DEJAVU, ("All human beings are born free and", "equal in dignity and rights.", "Tous les êtres humains naissent",
                       "libres et égaux en dignité.", "Alle Menschen sind frei und", "gleich an Würde und Rechten.")),
    "Greek": (DEJAVU, ("Όλοι οι άνθρωποι γεννιούνται", "ελεύθεροι και ίσοι στην", "αξιοπρέπεια και τα δικαιώματα.")),
    "Cyrillic": (DEJAVU, ("Все люди рождаются свободными", "и равными в своём достоинстве", "и правах.")),
    "Chinese": (("wqy/wqy-zenhei.ttc",), ("人人生而自由", "在尊严和权利上一律平等", "他们赋有理性和良心")),
}
SIZES = (14, 24, 48)  # pixels, of the font
ROTATIONS = (0, 5, 90, 180)  # degrees, counterclockwise
MARGIN = 40


def draw(font: ImageFont.FreeTypeFont, lines: tuple[str, ...], rotation: int) -> Image.Image:
    """Black on a slightly yellow page."""
    step = font.size * 2
    width = int(max(font.getlength(line) for line in lines)) + 2 * MARGIN
    page = Image.new("RGB", (width, step * len(lines) + 2 * MARGIN), (250, 248, 238))
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + row * step), line, font=font, fill=(20, 20, 24))
    return page.rotate(rotation, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=(250, 248, 238))


def edits(one: str, other: str) -> int:
    """The Levenshtein distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def right(lines: tuple[str, ...], read: list[str]) -> int:
    """The number of characters of `lines` that were recognised. Ignores spaces, since word boundaries are ambiguous."""
    plain = ["".join(text.split()) for text in read]
    count = 0
    for line in ("".join(line.split()) for line in lines):
        count += max((max(0, len(line) - edits(line, text)) for text in plain), default=0)
    return count


def pages(fonts: Path, folder: Path) -> dict[Path, tuple[str, int, int, tuple[str, ...]]]:
    made = {}
    for script, (names, lines) in SCRIPTS.items():
        for name in names:
            for size in SIZES:
                for rotation in ROTATIONS:
                    path = folder / f"{script}_{Path(name).stem}_{size}_{rotation}.png"
                    draw(ImageFont.truetype(str(fonts / name), size), lines, rotation).save(path)
                    made[path] = (script, size, rotation, lines)
    return made


def parity():
    """tools/parity/ocr/compare.py, which needs RapidOCR. Imported late, because not all who use this file have it."""
    sys.path.insert(0, str(ROOT / "tools/parity/ocr"))
    return importlib.import_module("compare")


def models() -> tuple[Path, Path, Path]:
    folder = Path(importlib.util.find_spec("rapidocr").origin).parent / "models"
    return tuple(folder / name for name in ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx",
                                            "ch_ppocr_mobile_v2.0_cls_mobile.onnx"))


def read_ours(names: list[Path], work: Path) -> dict[Path, list[str]]:
    pack = work / "models/ocr"
    pack.mkdir(parents=True)
    compare = parity()
    detect, recognise, orient = models()
    compare.manifest(pack, {"ocr.detect": ("db", detect), "ocr.recognise": ("ctc", recognise), "ocr.orient": ("orient", orient)},
                     {"ocr.recognise": f"score_threshold = {compare.SCORE}\n"})
    answers = compare.ours(pack, work / "home", names)
    return {path: [line["text"] for line in answers[str(path)]] for path in names}


def read_rapid(names: list[Path], work: Path) -> dict[Path, list[str]]:
    detect, recognise, orient = models()
    reader = parity().rapid(argparse.Namespace(detect=detect, recognise=recognise, orient=orient, characters=None), work)
    read = {}
    for path in names:
        pixels = np.asarray(Image.open(path).convert("RGB"))[..., ::-1]
        read[path] = list(reader(np.ascontiguousarray(pixels)).txts or ())
    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype"))
    parser.add_argument("--keep", type=Path, help="a folder for the pictures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.keep or Path(name) / "pages"
        folder.mkdir(parents=True, exist_ok=True)
        made = pages(args.fonts, folder)
        readers = {"Calotype": read_ours(list(made), Path(name)), "RapidOCR": read_rapid(list(made), Path(name))}
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for path, (script, size, rotation, lines) in made.items():
        for reader, read in readers.items():
            count, wanted = right(lines, read[path]), sum(len("".join(line.split())) for line in lines)
            for key in (script, f"{size} px", f"{rotation} degrees", "all"):
                totals[key, reader][0] += count
                totals[key, reader][1] += wanted
    print(f"{len(made)} pictures\n\n| | Calotype | RapidOCR |\n|---|---|---|")
    groups = [*SCRIPTS, *(f"{size} px" for size in SIZES), *(f"{rotation} degrees" for rotation in ROTATIONS), "all"]
    for key in groups:
        shares = [f"{100 * totals[key, reader][0] / totals[key, reader][1]:.1f} %" for reader in readers]
        print(f"| {key} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
