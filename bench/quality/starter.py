#!/usr/bin/env python3
"""Measures how well the starter pack detects objects and faces and searches by meaning, on the forty samples.

    ./starter.py [--calotype BINARY]

starter_truth.tsv and queries.tsv contain what a person sees in the photos. The photos get meaningless names, so that only their
content can be found. An object counts as found when its class is named; boxes are not compared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THRESHOLDS = (0.35, 0.40, 0.50)


def rows(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


class Library:
    """Scans the samples under other names."""

    def __init__(self, binary: Path, home: Path) -> None:
        self.binary = binary
        self.folder = home / "photos"
        self.folder.mkdir()
        self.names = {}
        models = os.environ.get("CALOTYPE_MODELS_FOLDER", str(Path.home() / ".cache/calotype/models"))
        cache = Path.home() / ".cache/calotype"
        self.environment = {
            "CALOTYPE_INFERENCE_ONNXRUNTIME": str(cache / "onnxruntime/lib"), **os.environ, "CALOTYPE_HOME": str(home / "home"),
            "XDG_CACHE_HOME": str(home / "home"),
            "CALOTYPE_MODELS_FOLDER": models, "CALOTYPE_MODELS_PACK": "starter", "CALOTYPE_DEVICES_DEFAULT": "onnxruntime:cpu",
        }
        for i, (name, *_) in enumerate(rows("starter_truth.tsv")):
            target = self.folder / f"{i:02}{Path(name).suffix}"
            shutil.copy(ROOT / "samples" / name, target)
            self.names[str(target)] = name
        self.run("scan", self.folder)

    def run(self, *arguments: object) -> list[dict]:
        done = subprocess.run([self.binary, *map(str, arguments)], env=self.environment, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def name(self, path: str) -> str:
        """The sample's name of a file in the library."""
        return self.names[path]

    def use_real_names(self) -> None:
        """Renames the files as in samples/. Their bytes are known, so nothing is analysed again."""
        for path, name in list(self.names.items()):
            target = Path(path).rename(self.folder / name)
            self.names[str(target)] = name
        self.run("scan", "--gone", self.folder)


def objects_and_faces(library: Library) -> None:
    truth = {name: (int(faces), set(filter(None, objects.split(",")))) for name, faces, objects in rows("starter_truth.tsv")}
    counts = {threshold: [0, 0, 0] for threshold in THRESHOLDS}  # correct, named, existing
    faces = [0, 0, 0]  # correct, found, existing
    for path, name in library.names.items():
        shown = library.run("show", path, "--json")[0]
        there, wanted = truth[name]
        for threshold, count in counts.items():
            named = {found["label"] for found in shown["objects"] if found["score"] >= threshold}
            count[0] += len(named & wanted)
            count[1] += len(named)
            count[2] += len(wanted)
        found = len(shown["faces"])
        faces[0] += min(found, there)
        faces[1] += found
        faces[2] += there
    print("| objects, from a score of | precision | recall |\n|---|---|---|")
    for threshold, (right, named, there) in counts.items():
        print(f"| {threshold:.2f} | {right / max(named, 1):.2f} | {right / there:.2f} |")
    print(f"\nFaces: {faces[1]} found, {faces[2]} exist, at most {faces[0]} of the found ones are correct.\n")


def retrieval(library: Library) -> None:
    first, third, precision, queries = 0, 0, 0.0, rows("queries.tsv")
    for query, right in queries:
        wanted = set(right.split(","))
        order = [library.name(hit["path"]) for hit in library.run("search", query, "--json", "--limit", 40)]
        first += order[:1] != [] and order[0] in wanted
        third += bool(wanted & set(order[:3]))
        found = 0
        for rank, name in enumerate(order, 1):
            if name in wanted:
                found += 1
                precision += found / rank / len(wanted)
    count = len(queries)
    print(f"Search, {count} queries: the right photo first for {100 * first / count:.0f} %, among three for "
          f"{100 * third / count:.0f} %, mean average precision {precision / count:.2f}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calotype", type=Path, default=ROOT / "build/release/calotype")
    with tempfile.TemporaryDirectory() as home:
        library = Library(parser.parse_args().calotype, Path(home))
        objects_and_faces(library)
        retrieval(library)


if __name__ == "__main__":
    main()
