#!/usr/bin/env python3
"""Writes tests/golden: the results of Python for the photos in samples/, with the same ONNX files as the program.

    pip install -r requirements.txt
    ./make_golden.py

The models are those of the installed pack "starter" (in the cache, or in CALOTYPE_MODELS_FOLDER); their parameters are
those of packs/starter.toml. Vectors are base64 of little-endian float16. Run again, the same machine writes
the same file; another CPU may differ in the last digit, and the int8 text encoder by about 0.001 in the cosine.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import photos
import reference

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "tests/golden"
PHOTO_SUFFIXES = {".jpg", ".png"}
PACKAGES = ["numpy", "onnxruntime", "opencv-python-headless", "pdqhash", "pillow", "rapidocr", "tokenizers"]

QUERIES = [
    "flowers",
    "a rocket launch",
    "cat",
    "a photo of a cat",
    "A DOG",
    "a bird on a branch",
    "old men in suits, sitting for a group photograph",
    "traffic sign: no parking!",
    "coffee cup on a wooden table",
    "the moon",
    "street in an old town at night",
    "circuit board / electronics",
    "fruit",
    "two people playing basketball",
    "president giving a speech",
    "handwritten numbers 1234567890",
    "crème brûlée",
    "don't know what I'm looking for...",
    "東京タワー",
    "x",
    "a very long sentence about a butterfly that sits on a flower in a garden behind a house near a river on a sunny "
    "afternoon in the middle of the summer, while somewhere else a motorcycle stands in a garage",
]


def half(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")


def rounded(value: object, digits: int) -> object:
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    return round(value, digits)


def tidy(finding: dict) -> dict:
    """Rounds scores to four digits and pixels to two; more digits would be noise."""
    digits = {"score": 4, "box": 2, "landmarks": 2, "quad": 2}
    return {key: rounded(value, digits[key]) if key in digits else value for key, value in finding.items()}


def read_pack() -> tuple[Path, dict[str, dict]]:
    """Returns the folder of the installed pack and its models by task. Fails for a file that differs from the manifest."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype/models"
    folder = Path(os.environ.get("CALOTYPE_MODELS_FOLDER") or default) / "starter"
    manifest = tomllib.loads((ROOT / "packs/starter.toml").read_text(encoding="utf-8"))
    specs = {spec["task"]: spec for spec in manifest["model"]}
    for spec in specs.values():
        seen = hashlib.sha256((folder / spec["file"]).read_bytes()).hexdigest()
        if seen != spec["sha256"]:
            raise SystemExit(f"{folder / spec['file']} has SHA-256 {seen}, packs/starter.toml {spec['sha256']}")
    return folder, specs


class Reference:
    def __init__(self, folder: Path, specs: dict[str, dict]) -> None:
        self._models = {
            task: reference.Model(folder, specs[task])
            for task in ("objects", "faces.detect", "faces.recognise", "embed.image")
        }
        self._reader = reference.TextReader(folder, specs["ocr.detect"], specs["ocr.recognise"], specs["ocr.orient"])

    def look_at(self, path: Path) -> dict:
        photo = photos.load(path)
        vector, tags = reference.embedding(self._models["embed.image"], photo)
        return {
            "photo": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "objects": [tidy(found) for found in reference.objects(self._models["objects"], photo)],
            "faces": [self._with_vector(photo, face) for face in reference.faces(self._models["faces.detect"], photo)],
            "text": [tidy(line) for line in self._reader(photo)],
            "pdq": reference.pdq(photo),
            "embedding": half(vector),
            "tags": [tidy(tag) for tag in tags],
        }

    def _with_vector(self, photo: photos.Photo, face: dict) -> dict:
        vector = reference.face_vector(self._models["faces.recognise"], photo, face["landmarks"])
        return tidy(face) | {"embedding": half(vector)}


def write(file: Path, head: dict, key: str, cases: list[dict]) -> None:
    """Writes one case per line, so that a diff shows the changed cases."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'{start},\n"{key}":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(cases)} {key}: {file}, {file.stat().st_size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=TARGET)
    out = parser.parse_args().out
    folder, specs = read_pack()
    text_spec = specs.pop("embed.text")
    head = {"packages": {name: version(name) for name in PACKAGES}}

    models = Reference(folder, specs)
    names = sorted(path for path in (ROOT / "samples").iterdir() if path.suffix in PHOTO_SUFFIXES)
    hashes = {task: spec["sha256"] for task, spec in specs.items()}
    write(out / "samples.json", head | {"models": hashes}, "photos", [models.look_at(path) for path in names])

    encode = reference.TextEncoder(reference.Model(folder, text_spec))
    hashes = {"embed.text": text_spec["sha256"]}
    texts = [{"text": text, "vector": half(encode(text))} for text in QUERIES]
    write(out / "text_embeddings.json", head | {"models": hashes}, "texts", texts)


if __name__ == "__main__":
    main()
