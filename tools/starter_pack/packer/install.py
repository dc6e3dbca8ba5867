"""Writes files into a pack's folder."""

from __future__ import annotations

import os
from pathlib import Path

from .manifest import PACKS, Pack

MANIFEST = "pack.toml"


def place(content: bytes, path: Path) -> None:
    """Writes the file atomically: a reader finds the whole file or none, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def self_test_photos(test: dict) -> list[str]:
    """Returns all photos that a self-test needs."""
    return ([test["photo"]] if "photo" in test else []) + test.get("more_photos", [])


def place_manifest(pack: Pack, out: Path) -> None:
    """Writes the photos of the self-tests, then the manifest, which marks the pack as complete."""
    photos = sorted({photo for model in pack.models for photo in self_test_photos(model.table["self_test"])})
    for name, source in [*((photo, PACKS / photo) for photo in photos), (MANIFEST, PACKS / f"{pack.name}.toml")]:
        content = source.read_bytes()
        if not (out / name).is_file() or (out / name).read_bytes() != content:
            place(content, out / name)
