"""Downloads the needed files of packages to the cache with pip and npm, and verifies all of them.

No code of a package is run: wheels and archives are only opened, and only for the files that the manifest names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .cache import TOOL
from .manifest import Source, missing_files

_PYPI_PINS = TOOL / "pins" / "pypi.txt"
_NPM_PINS = TOOL / "pins" / "npm.json"
# Runs the npm on the PATH, or one from PyPI.
_NPM = TOOL.parent / "setup" / "npm"


class FetchError(RuntimeError):
    pass


class Packages:
    """The downloaded files, by package and by path within it."""

    def __init__(self, sources: Sequence[Source], folder: Path) -> None:
        self._sources = {source.package: source for source in sources}
        self._folder = folder

    def path(self, package: str, file: str) -> Path:
        return self._home(self._sources[package]) / file

    def fetch(self, wanted: Sequence[str]) -> None:
        for package in wanted:
            source = self._sources[package]
            pinned = {file.path: file.sha256 for file in source.files}
            if not missing_files(pinned, self._home(source)):
                continue
            print(f"  downloading {package} {source.version} from {source.registry}", flush=True)
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=_made(self._folder)) as temporary:
                archive = _DOWNLOADS[source.registry](source.package, Path(temporary))
                extract(archive, self._home(source), pinned.__contains__)
            if wrong := missing_files(pinned, self._home(source)):
                raise FetchError(f"{package} {source.version}: not the SHA-256 in the manifest: {', '.join(wrong)}")

    def _home(self, source: Source) -> Path:
        return self._folder / source.registry / source.package.replace("/", "+") / source.version


def pip_pin(package: str) -> str:
    """Returns the line of pins/pypi.txt for a package: the exact version and the hashes of its archives."""
    for line in _PYPI_PINS.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{package}=="):
            return line
    raise FetchError(f"{_PYPI_PINS.name} has no pin for {package}")


def download_from_pypi(package: str, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(pip_pin(package) + "\n", encoding="utf-8")
    # Even to download a source archive, pip asks the package's build backend for metadata, which would download and run
    # more code. The backend in no_build/ only returns the name and version.
    environment = os.environ | {"PYTHONPATH": str(TOOL / "no_build"), "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["--no-deps", "--no-build-isolation", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--require-hashes", "-r", str(requirements)]
    _run([*command, "-d", str(folder / "archive")], environment)
    return _only_file(folder / "archive")


def download_from_npm(package: str, folder: Path) -> Path:
    pin = json.loads(_NPM_PINS.read_text(encoding="utf-8"))[package]
    archive_folder = _made(folder / "archive")
    folders = [f"--cache={folder / 'npm-cache'}", f"--pack-destination={archive_folder}"]
    # `npm pack` downloads one archive; `npm ci` would also download the package's dependencies, which are not needed.
    command = [str(_NPM), "pack", f"{package}@{pin['version']}", "--ignore-scripts", "--silent", *folders]
    _run(command, dict(os.environ), cwd=folder)
    archive = _only_file(archive_folder)
    with archive.open("rb") as stream:
        seen = "sha512-" + base64.b64encode(hashlib.file_digest(stream, "sha512").digest()).decode()
    if seen != pin["integrity"]:
        raise FetchError(f"{package}@{pin['version']}: integrity {seen}, expected {pin['integrity']}")
    return archive


_DOWNLOADS: dict[str, Callable[[str, Path], Path]] = {"pypi": download_from_pypi, "npm": download_from_npm}


def node() -> str:
    """Returns the Node.js that npm uses."""
    return _run([str(_NPM), "exec", "--offline", "-c", "which node"], dict(os.environ)).strip()


def extract(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Unpacks the wanted files. Ignores the top-level folder of an npm or source archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for member in wheel.infolist():
                if not member.is_dir() and wanted(member.filename):
                    _write(folder / member.filename, wheel.open(member))
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.partition("/")[2]
            if member.isfile() and wanted(name):
                _write(folder / name, tar.extractfile(member))


def _write(path: Path, content) -> None:
    if ".." in path.parts:
        raise FetchError(f"an archive contains a path outside its folder: {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("wb") as target:
        shutil.copyfileobj(content, target)


def _run(command: list[str], environment: dict[str, str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def _only_file(folder: Path) -> Path:
    files = list(folder.iterdir())
    if len(files) != 1:
        raise FetchError(f"expected one archive in {folder}, found {len(files)}")
    return files[0]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
