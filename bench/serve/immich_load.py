#!/usr/bin/env python3
"""Serves Calotype to a client that behaves like Immich's server, and judges what it saw.

bench/serve/immich_load [--requests 2000] [--seed 1] [--small] [--no-compare]

Fails if a request failed, an answer had another shape, /ping once took 100 ms or more, or an answer differs from what
tools/parity/immich/reference.py computes with the same files. Models are unloaded after two idle seconds, so they are also
loaded while others work.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
from served import Calotype, make_inputs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MOST_PING_MS = 100
LEAST_COSINE = {"visual": 0.999, "textual": 0.9999, "face": 0.995}
# Of lines and faces, which a pixel can move over a threshold.
LEAST_EQUAL = 0.97


def load_reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools/parity/immich/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cosine(one: list[float], other: list[float]) -> float:
    a, b = np.array(one), np.array(other)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def differences(samples: dict[str, str], inputs: Path) -> list[str]:
    """How the answers differ from the reference's."""
    reference = load_reference()
    models = inputs / "models"
    clip = models / "clip/ViT-B-32__openai"
    encode, embed = reference.ImageEncoder(clip / "visual"), reference.TextEncoder(clip / "textual")
    find = reference.Faces(models / "facial-recognition/buffalo_l")
    read = reference.Text(*(models / "ocr/PP-OCRv6_small" / kind / "model.onnx" for kind in ("detection", "recognition")))
    found: list[str] = []
    faces, equal_faces, lines, equal_lines = 0, 0, 0, 0
    for question, text in sorted(samples.items()):
        task, subject = question.split(" ", 1)
        answer = json.loads(text)
        if task in ("visual", "textual"):
            wanted = embed(subject) if task == "textual" else encode(reference.decode(inputs / "previews" / subject))
            likeness = cosine(json.loads(answer["clip"]), wanted.tolist())
            if likeness < LEAST_COSINE[task]:
                found.append(f"{question}: cosine {likeness:.5f}")
            continue
        photo = reference.decode(inputs / "previews" / subject)
        if task == "faces":
            seen = [list(face["boundingBox"].values()) for face in answer["facial-recognition"]]
            wanted = find(photo, 0.7)
            faces += max(len(wanted), len(seen))
            for face, own in zip(wanted, answer["facial-recognition"]):
                near = np.abs(np.array(face["box"]) - list(own["boundingBox"].values())).max() <= 2
                equal_faces += near and cosine(face["embedding"], json.loads(own["embedding"])) >= LEAST_COSINE["face"]
        else:
            wanted = [line["text"] for line in read(photo, 736, 0.5, 0.8)]
            seen = answer["ocr"]["text"]
            lines += max(len(wanted), len(seen))
            equal_lines += sum(one == other for one, other in zip(wanted, seen))
    print(f"against the reference: {len(samples)} answers, {equal_faces} of {faces} faces and {equal_lines} of {lines} lines equal")
    if equal_faces < LEAST_EQUAL * faces:
        found.append(f"{equal_faces} of {faces} faces are equal")
    if equal_lines < LEAST_EQUAL * lines:
        found.append(f"{equal_lines} of {lines} lines are equal")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="with the tiny models of the tests")
    parser.add_argument("--no-compare", action="store_true", help="do not compute the answers with Python, too")
    options = parser.parse_args()
    inputs = make_inputs("small" if options.small else "")
    # The answers must be those of f32, as the reference's are.
    environment = {"CALOTYPE_DEVICES_DEFAULT": "onnxruntime:cpu", "MACHINE_LEARNING_MODEL_TTL": "2"}
    with Calotype(inputs / "models", environment=environment) as server:
        client = subprocess.run(
            [os.environ.get("CALOTYPE_NODE", "node"), HERE / "immich_client.mjs", server.url, inputs / "previews",
             str(options.requests), str(options.seed)],
            check=False, stdout=subprocess.PIPE, text=True,
        )
        if client.returncode != 0:
            print("the client failed", *server.log[-20:], sep="\n")
            return 1
        seen = json.loads(client.stdout)
        with urllib.request.urlopen(server.api + "/metrics") as answer:
            counts = re.findall(r"^calotype_model_load_seconds_count\S* (\d+)", answer.read().decode(), re.MULTILINE)
        loads = sum(map(int, counts))
    print(f"{options.requests} requests, seed {options.seed}: {seen['answers']}, {len(seen['failures'])} failures, "
          f"{seen['requests_per_second']:.2f} requests/s, p50 {seen['p50_ms']:.0f} ms, p99 {seen['p99_ms']:.0f} ms")
    print(f"/ping: {seen['pings']} times, at most {seen['worst_ping_ms']:.1f} ms; models were loaded {loads} times")
    problems = seen["failures"][:10]
    if seen["worst_ping_ms"] >= MOST_PING_MS:
        problems.append(f"/ping took {seen['worst_ping_ms']:.1f} ms; the limit is {MOST_PING_MS} ms")
    if not options.no_compare:
        problems += differences(seen["samples"], inputs)
    for problem in problems:
        print("FAILED:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
