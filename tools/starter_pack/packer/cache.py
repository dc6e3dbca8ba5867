"""The folders kept between runs: `~/.cache/calotype`, or as XDG_CACHE_HOME and CALOTYPE_MODELS_FOLDER say."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOL = Path(__file__).resolve().parents[1]


def root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "calotype"


def models() -> Path:
    return Path(os.environ.get("CALOTYPE_MODELS_FOLDER") or root() / "models")


def packages() -> Path:
    return root() / "packages"


@contextmanager
def lock() -> Iterator[None]:
    """Makes a second build wait, because it would remove packages that the first one uses."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "starter-pack.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def python(requirements: str) -> Path:
    """Returns the Python of a virtual environment with exactly these requirements; creates it if necessary."""
    pins = TOOL / requirements
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(version.encode() + pins.read_bytes()).hexdigest()[:12]
    folder = root() / "venv" / f"starter-pack-{digest}"
    unfinished = folder.with_suffix(".unfinished")  # environments cannot be moved, so an unfinished one is marked
    if unfinished.exists() or not folder.is_dir():
        print(f"creating a virtual environment in {folder}", flush=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        shutil.rmtree(folder, ignore_errors=True)
        _make_environment(folder, pins)
        unfinished.unlink()
    return folder / "bin" / "python"


def _make_environment(folder: Path, pins: Path) -> None:
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=subprocess.DEVNULL)
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--only-binary", ":all:"]
        subprocess.run([folder / "bin" / "python", "-m", "pip", *install, "--require-hashes", "-r", pins], check=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(
            f"the virtual environment {folder} could not be made (exit {error.returncode}). "
            "On Debian and Ubuntu the package python3-venv is needed."
        ) from error
