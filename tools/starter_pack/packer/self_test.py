"""The self-tests of the manifests: their photos, and the results of a simple run of each model.

`python -m packer.self_test PHOTOS` writes packs/self_test from a folder of photos and prints the answers for the
manifests; `prove` checks that manifests and models agree.

Each photo has the very size that its model reads, so that no program's way of resizing can change an answer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from . import cache, manifest, reference
from .reference import Runner

FOLDER = manifest.PACKS / "self_test"


@dataclass(frozen=True)
class Crop:
    source: str
    box: tuple[int, int, int, int]
    size: tuple[int, int]
    quality: int = 88


# Box in pixels of the original: left, top, right, bottom. It is black outside the original: the detector recognises
# this cat at a distance, but takes it for a dog at close range.
CROPS = {
    "objects.jpg": Crop("skimage_chelsea.png", (-159, -235, 611, 535), (512, 512)),
    "image.jpg": Crop("skimage_coffee.png", (110, 10, 490, 390), (256, 256)),
    "text_page.jpg": Crop("opencv_scenetext01.jpg", (180, 0, 492, 312), (736, 736), 38),
    "text_line.png": Crop("opencv_scenetext01.jpg", (268, 126, 436, 168), (192, 48)),
    "face_640.jpg": Crop("skimage_astronaut.png", (0, 0, 512, 512), (640, 640), 65),
    "face_256.jpg": Crop("skimage_astronaut.png", (100, 0, 356, 256), (256, 256)),
    # These have no expected result (more_photos). They are difficult, so a lower precision visibly changes the result.
    "hard_board.jpg": Crop("opencv_board.jpg", (0, 0, 640, 480), (640, 480), 30),
    "hard_sign.jpg": Crop("opencv_scenetext02.jpg", (360, 540, 960, 960), (600, 420), 60),
    "hard_line_1.png": Crop("opencv_scenetext02.jpg", (408, 668, 812, 782), (170, 48)),
    "hard_line_2.png": Crop("skimage_motorcycle_left.png", (396, 188, 450, 216), (93, 48)),
    "hard_line_3.png": Crop("skimage_page.png", (0, 61, 384, 88), (640, 45)),
    "hard_line_4.png": Crop("opencv_board.jpg", (72, 34, 236, 54), (394, 48)),
    "hard_objects.jpg": Crop("opencv_home.jpg", (0, 0, 512, 384), (512, 384), 50),
    "hard_faces.jpg": Crop("scrfd_solvay_conference_1927.jpg", (0, 300, 1200, 1500), (640, 640), 35),
}
CHIP = ("face_chip.jpg", "facerec_obama.jpg")


def make_photos(originals: Path, models: Path) -> None:
    for name, crop in CROPS.items():
        photo = Image.fromarray(reference.open_photo(originals / crop.source))
        _save(photo.crop(crop.box).resize(crop.size, Image.Resampling.LANCZOS), name, crop.quality)
    detector = Runner(manifest.load("starter"), "scrfd", models)
    photo = reference.open_photo(originals / CHIP[1])
    ((_, points),) = reference.faces(detector, photo)
    params = manifest.load("starter").model("hse-face").table["params"]
    chip = reference.cut_chip(photo, points, params["input_size"], params["template_padding"])
    _save(Image.fromarray(chip), CHIP[0], 88)


def _save(photo: Image.Image, name: str, quality: int) -> None:
    # Full-resolution colour, since decoders differ in how they enlarge subsampled colour.
    options = {"quality": quality, "subsampling": 0, "optimize": True} if name.endswith(".jpg") else {"optimize": True}
    photo.save(FOLDER / name, **options)


def answers(pack: manifest.Pack, folder: Path) -> dict[str, dict]:
    """Returns what the self-test of each model should expect."""
    return {model.name: _answer(pack, model, folder) for model in pack.models}


def _answer(pack: manifest.Pack, model: manifest.Model, folder: Path) -> dict:
    runner, test = Runner(pack, model.name, folder), model.table["self_test"]
    if "text" in test:
        return {"expect_vector": _first(reference.text_vector(runner, test["text"]))}
    return _ANSWERS[model.table["task"]](runner, reference.open_photo(manifest.PACKS / test["photo"]))


def _first(vector: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in vector[:16]]


_ANSWERS: dict[str, Callable[[Runner, np.ndarray], dict]] = {
    "objects": lambda runner, photo: {"expect_labels": sorted({f.label for f in reference.objects(runner, photo)})},
    "embed.image": lambda runner, photo: {"expect_vector": _first(reference.image_outputs(runner, photo)[0])},
    "faces.detect": lambda runner, photo: {"expect_faces": len(reference.faces(runner, photo))},
    "faces.recognise": lambda runner, photo: {"expect_vector": _first(reference.face_vector(runner, photo))},
    "ocr.detect": lambda runner, photo: {"expect_lines": reference.count_lines(runner, photo)},
    "ocr.recognise": lambda runner, photo: {"expect_text": [reference.read_line(runner, photo)[0]]},
    "ocr.orient": lambda runner, photo: {"expect_degrees": reference.degrees(runner, photo)},
}


def disagreements(pack: manifest.Pack, folder: Path) -> list[str]:
    """Returns where the manifest's and the model's results differ; vectors may differ by the test's tolerance."""
    found = []
    for name, answer in answers(pack, folder).items():
        test = pack.model(name).table["self_test"]
        for key, seen in answer.items():
            expected = test[key]
            near = key == "expect_vector" and np.abs(np.subtract(expected, seen)).max() <= test["tolerance"]
            if not near and expected != seen:
                found.append(f"{pack.name}, {name}: {key} = {expected}, but the model answers {seen}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="makes the self-test photos and prints the expected results")
    parser.add_argument("photos", type=Path, help="folder with the originals (packs/self_test/LICENCES.tsv names them)")
    parser.add_argument("--models", type=Path, default=cache.models(), help="folder of the built packs")
    options = parser.parse_args()
    make_photos(options.photos, options.models / "starter")
    for name in manifest.names():
        print(json.dumps({name: answers(manifest.load(name), options.models / name)}, indent=1))


if __name__ == "__main__":
    main()
