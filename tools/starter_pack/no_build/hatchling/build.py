"""A stand-in for a build backend: pip needs the name and version of a source archive before it saves the archive.

The real backend would read them out of the package, with code that pip would have to fetch and run. Here they come from
PKG-INFO, which every source archive carries.
"""

from __future__ import annotations

import re
from pathlib import Path


def get_requires_for_build_wheel(config_settings: dict | None = None) -> list[str]:
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: dict | None = None) -> str:
    """pip runs this in the folder of the unpacked archive."""
    metadata = Path("PKG-INFO").read_text(encoding="utf-8")
    name, version = (re.search(rf"^{field}: *(\S+)", metadata, re.MULTILINE)[1] for field in ("Name", "Version"))
    folder = Path(metadata_directory) / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    return folder.name
