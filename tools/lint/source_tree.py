"""The folders under src/ in their order, and what each file includes: shared by check_includes and check_links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# The order in which a photo travels: a folder may use only itself and the folders before it.
FOLDERS = "base photo inference models storage analysis catalog pipeline search app server cli".split()

INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')

# The path of a file from src/, and what it includes: the number of the line, and the name as it is written.
Includes = dict[str, list[tuple[int, str]]]


def includes_of(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = ((number, INCLUDE.match(line)) for number, line in enumerate(lines, start=1))
    return [(number, match[1] or match[2]) for number, match in found if match]


def read_includes(src: Path) -> Includes:
    """What all headers and sources in the folders of `src` include."""
    paths = sorted(path for folder in FOLDERS for kind in ("*.h", "*.cc") for path in (src / folder).rglob(kind))
    return {path.relative_to(src).as_posix(): includes_of(path) for path in paths}


def with_headers(files: Includes, roots: Iterable[str]) -> set[str]:
    """`roots`, and all headers of src/ that they include, directly or through others."""
    seen: set[str] = set()
    waiting = [root for root in roots if root in files]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [name for _, name in files[file] if name in files]
    return seen


def program_files(files: Includes) -> set[str]:
    """Without tests, and without headers that only tests include."""
    return with_headers(files, (file for file in files if file.endswith(".cc") and not file.endswith("_test.cc")))
