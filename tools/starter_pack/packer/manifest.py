"""A pack's manifest, `packs/NAME.toml`: its files, the packages they are made from, and the SHA-256 of each."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

PACKS = Path(__file__).resolve().parents[3] / "packs"


@dataclass(frozen=True)
class PinnedFile:
    path: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """A package of a registry and the files that are used from it."""

    registry: str
    package: str
    version: str
    licence: str
    notice: str
    files: tuple[PinnedFile, ...]


@dataclass(frozen=True)
class Model:
    name: str
    licence: str
    notice: str
    bytes: int
    files: tuple[PinnedFile, ...]  # the model first, then its labels or vocabulary
    table: dict  # its whole table in the manifest


@dataclass(frozen=True)
class Pack:
    name: str
    summary: str
    sources: tuple[Source, ...]
    models: tuple[Model, ...]

    def files(self) -> dict[str, str]:
        """Returns every file of the pack with its SHA-256, once even if several models use it."""
        return {file.path: file.sha256 for model in self.models for file in model.files}

    def source(self, package: str) -> Source:
        return next(source for source in self.sources if source.package == package)

    def model(self, name: str) -> Model:
        return next(model for model in self.models if model.name == name)


def names() -> list[str]:
    return sorted(path.stem for path in PACKS.glob("starter*.toml"))


def load(name: str) -> Pack:
    table = tomllib.loads((PACKS / f"{name}.toml").read_text(encoding="utf-8"))
    return Pack(
        name=table["name"],
        summary=table["summary"],
        sources=tuple(_source(entry) for entry in table["source"]),
        models=tuple(_model(entry) for entry in table["model"]),
    )


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def missing_files(files: dict[str, str], folder: Path) -> list[str]:
    """Returns the names of the files that are missing in `folder` or do not have the pinned content."""
    return [name for name, pinned in files.items() if not (folder / name).is_file() or sha256(folder / name) != pinned]


def _source(entry: dict) -> Source:
    files = tuple(PinnedFile(**file) for file in entry["files"])
    return Source(**{key: entry[key] for key in ("registry", "package", "version", "licence", "notice")}, files=files)


def _model(entry: dict) -> Model:
    extra = [PinnedFile(**file) for file in entry.get("extra_files", [])]
    return Model(
        name=entry["name"],
        licence=entry["licence"],
        notice=entry["notice"],
        bytes=entry["bytes"],
        files=(PinnedFile(entry["file"], entry["sha256"]), *extra),
        table=entry,
    )
