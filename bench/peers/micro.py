#!/usr/bin/env python3
"""Measures single steps in other libraries, to compare with Calotype's: micro.py PHOTOS MODELS [--peer NAME] [--json FILE]

    decode-pillow, decode-opencv, decode-vips    milliseconds to decode a JPEG file to --side pixels, on one core
    clip-torch, clip-onnxruntime                 photos per second through CLIP's image network, --batch at once, on all cores

Each figure is the best of --repeats passes over --count photos (random pixels for the last two), that is, what the machine can
do undisturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"  # read when libvips is loaded

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime as ort  # noqa: E402
import open_clip  # noqa: E402
import pyvips  # noqa: E402
import torch  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402


def best(call, items: list, repeats: int) -> float:
    """Seconds per item in the fastest pass."""
    call(items[0])  # warm up
    passes = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for item in items:
            call(item)
        passes.append((time.perf_counter() - begin) / len(items))
    return min(passes)


def decode_pillow(path: str, side: int) -> np.ndarray:
    with Image.open(path) as image:
        image.draft("RGB", (side, side))  # the smallest size of the decoder that is at least `side`
        image.thumbnail((side, side), Image.Resampling.BICUBIC)
        return np.asarray(ImageOps.exif_transpose(image))


def decode_opencv(path: str, side: int) -> np.ndarray:
    """At half the size where that is enough for a photo of 4000 pixels, as a programmer who knows the photos would do."""
    image = cv2.imread(path, cv2.IMREAD_REDUCED_COLOR_2 if side <= 2000 else cv2.IMREAD_COLOR)
    factor = side / max(image.shape[:2])
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else image


def decode_vips(path: str, side: int) -> bytes:
    return pyvips.Image.thumbnail(path, side).write_to_memory()


def photos(args: argparse.Namespace) -> list[str]:
    found = [str(path) for path in sorted(args.photos.glob("*.jpg"))[: args.count]]
    if not found:
        raise SystemExit(f"micro.py: {args.photos} has no *.jpg; make some with bench/photos.py")
    return found


def decode(call):
    def measure(args: argparse.Namespace) -> dict:
        one_core()
        return {"ms": 1000 * best(lambda path: call(path, args.side), photos(args), args.repeats), "side": args.side}
    return measure


def one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)


def batches(args: argparse.Namespace) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.standard_normal((args.batch, 3, 224, 224), np.float32) for _ in range(max(1, args.count // args.batch))]


def clip_torch(args: argparse.Namespace) -> dict:
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    network = open_clip.create_model("ViT-B-32", pretrained=None)
    network.load_state_dict(torch.load(args.models / "peer/clip.pt", weights_only=True))
    network.eval()
    inputs = [torch.from_numpy(batch) for batch in batches(args)]
    with torch.inference_mode():
        seconds = best(lambda batch: network.encode_image(batch, normalize=True), inputs, args.repeats)
    return {"per_second": args.batch / seconds, "batch": args.batch}


def clip_onnxruntime(args: argparse.Namespace) -> dict:
    options = ort.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    session = ort.InferenceSession(str(args.models / "graphs/clip_image.onnx"), options, providers=["CPUExecutionProvider"])
    seconds = best(lambda batch: session.run(None, {"image": batch}), batches(args), args.repeats)
    return {"per_second": args.batch / seconds, "batch": args.batch}


PEERS = {
    "decode-pillow": decode(decode_pillow), "decode-opencv": decode(decode_opencv), "decode-vips": decode(decode_vips),
    "clip-torch": clip_torch, "clip-onnxruntime": clip_onnxruntime,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", type=Path, help="output folder of bench/graphs.py")
    parser.add_argument("--peer", choices=PEERS, help="run only this one; default: each in its own process")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", type=int, default=2048, help="size to decode to (2048, as Calotype)")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    # One after the other, so that each process has all cores and the memory.
    answer = {args.peer: PEERS[args.peer](args)} if args.peer else {name: in_child(name, args) for name in PEERS}
    text = json.dumps(answer, indent=1) + "\n"
    if args.json:
        args.json.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def in_child(name: str, args: argparse.Namespace) -> dict:
    options = [f"--{key}={getattr(args, key)}" for key in ("count", "repeats", "side", "batch")]
    command = [sys.executable, __file__, str(args.photos), str(args.models), *options, "--peer", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)[name]


if __name__ == "__main__":
    main()
