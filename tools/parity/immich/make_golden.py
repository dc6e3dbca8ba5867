#!/usr/bin/env python3
"""Writes src/app/testdata/predict_golden.json: what Immich's service answers for photos and texts, by reference.py.

    pip install -r requirements.txt
    ./make_golden.py [FOLDER_OF_THE_STARTER_PACK]

Embeddings and faces are those of the graphs with random weights of src/analysis (tools/parity/embed and faces make them).
Text is read with the starter pack's PP-OCRv6_small (default: ~/.cache/calotype/models/starter).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import reference

ROOT = Path(__file__).resolve().parents[3]
EMBED = ROOT / "src/analysis/embed/testdata"
FACES = ROOT / "src/analysis/faces/testdata"
OUT = ROOT / "src/app/testdata/predict_golden.json"
STARTER = Path.home() / ".cache/calotype/models/starter"

PREPROCESSING = {"size": [64, 64], "mode": "RGB", "mean": [0.48145466, 0.4578275, 0.40821073],
                 "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic", "resize_mode": "shortest"}
# Besides samples: rotated by EXIF, with a colour profile, transparent, animated, of two grey levels.
PHOTOS = ["samples/biden.jpg", "samples/astronaut.png", "samples/cameraman.png", "samples/page.png", "samples/aloe.jpg",
          "samples/solvay_1927.jpg", "src/analysis/embed/testdata/contrastive/rotated.jpg",
          "src/analysis/embed/testdata/contrastive/tiny.png", "src/analysis/embed/testdata/contrastive/panoramic.png",
          "src/photo/testdata/display_p3.jpg", "src/photo/testdata/orientation_6.jpg", "src/photo/testdata/alpha.png",
          "src/photo/testdata/alpha.webp", "src/photo/testdata/grey.jpg", "src/photo/testdata/animated.webp"]
FACE_PHOTOS = {"samples/biden.jpg": 0.5, "samples/astronaut.png": 0.5, "samples/solvay_1927.jpg": 0.6,
               "src/analysis/embed/testdata/contrastive/rotated.jpg": 0.5}
TEXT_PHOTOS = {"samples/page.png": 736, "samples/sign_no_parking.jpg": 736, "samples/sign_sports_centre.jpg": 736,
               "samples/sign_copy_centre.jpg": 736, "samples/obama_speaking.jpg": 736, "samples/graffiti.png": 320,
               "samples/sign_no_parking.jpg#320": 320}
VECTORS = 5  # of each photo, to keep the file small
TEXTS = ["a photo of a cat", "A DOG,  on the\tbeach!\n", " crème brûlée ", "東京タワー\u3000と\u00a0富士山", "sunset " * 60,
         "don't know what I'm looking for...", "🚀"]


def layout(folder: Path) -> None:
    """The cache folder of Immich's service."""
    for name, parts in {
        "clip/clip/visual": {"model.onnx": EMBED / "contrastive/immich_visual.onnx"},
        "clip/clip/textual": {"model.onnx": EMBED / "contrastive/immich_textual.onnx",
                              "tokenizer.json": EMBED / "tokenizers/clip.json"},
        "clip/canonical/textual": {"model.onnx": EMBED / "contrastive/immich_textual.onnx",
                                   "tokenizer.json": EMBED / "tokenizers/clip.json"},
        "facial-recognition/buffalo_l/detection": {"model.onnx": FACES / "scrfd.onnx"},
        "facial-recognition/buffalo_l/recognition": {"model.onnx": FACES / "arcface.onnx"},
    }.items():
        (folder / name).mkdir(parents=True)
        for file, source in parts.items():
            shutil.copy(source, folder / name / file)
    for name, config in CONFIGS.items():
        (folder / name).write_text(json.dumps(config), encoding="utf-8")


CONFIGS = {
    "clip/clip/visual/preprocess_cfg.json": PREPROCESSING,
    "clip/clip/config.json": {"embed_dim": 16, "text_cfg": {"context_length": 77}},
    "clip/clip/textual/tokenizer_config.json": {"pad_token": "<|endoftext|>"},
    "clip/canonical/config.json": {"text_cfg": {"context_length": 77, "tokenizer_kwargs": {"clean": "canonicalize"}}},
    "clip/canonical/textual/tokenizer_config.json": {"pad_token": "<|endoftext|>"},
}


def rounded(value):
    """Seven digits, to keep the file small."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    starter = Path(sys.argv[1]) if len(sys.argv) > 1 else STARTER
    golden: dict = {"configs": CONFIGS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        layout(folder)
        encoder = reference.ImageEncoder(folder / "clip/clip/visual")
        images = {name: reference.decode(ROOT / name) for name in PHOTOS}
        golden["photos"] = [
            {"photo": name, "width": image.width, "height": image.height, "embedding": encoder(image).tolist()}
            for name, image in images.items()
        ]
        golden["texts"] = []
        for model in ("clip", "canonical"):
            encode = reference.TextEncoder(folder / f"clip/{model}/textual")
            golden["texts"] += [{"model": model, "text": text, "embedding": encode(text).tolist()} for text in TEXTS]
        find = reference.Faces(folder / "facial-recognition/buffalo_l")
        golden["faces"] = [
            {"photo": name, "minScore": least, "faces": find(reference.decode(ROOT / name), least)}
            for name, least in FACE_PHOTOS.items()
        ]
        for one in golden["faces"]:
            for face in one["faces"][VECTORS:]:
                del face["embedding"]
    read = reference.Text(starter / "ocr_detect.onnx", starter / "ocr_recognise.onnx")
    golden["lines"] = [
        {"photo": name.split("#")[0], "maxResolution": resolution,
         "lines": read(reference.decode(ROOT / name.split("#")[0]), resolution, 0.5, 0.8)}
        for name, resolution in TEXT_PHOTOS.items()
    ]
    lists = ",\n".join(
        f'{json.dumps(key)}: ' + (json.dumps(value) if isinstance(value, dict) else
                                  "[\n" + ",\n".join(json.dumps(rounded(one), ensure_ascii=False, separators=(",", ":"))
                                                     for one in value) + "\n]")
        for key, value in golden.items()
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("{\n" + lists + "\n}\n", encoding="utf-8")
    for key in ("faces", "lines"):
        print(key, [(one["photo"], len(one[key])) for one in golden[key]])


if __name__ == "__main__":
    main()
