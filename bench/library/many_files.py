#!/usr/bin/env python3
"""Makes a folder of small photos with different contents: ./many_files.py FOLDER [COUNT] (100,000 by default; needs Pillow).

    ./many_files.py FOLDER && calotype scan FOLDER --only pdq && time calotype scan --only pdq
"""

import io
import sys
from pathlib import Path

from PIL import Image


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    photo = io.BytesIO()
    Image.new("RGB", (48, 36), (90, 120, 60)).save(photo, "JPEG", quality=60)
    for i in range(count):
        below = folder / f"{i // 1000:03}"
        below.mkdir(parents=True, exist_ok=True)
        # Bytes after the end of a JPEG change the file, but not the picture.
        (below / f"{i:06}.jpg").write_bytes(photo.getvalue() + i.to_bytes(4, "little"))


if __name__ == "__main__":
    main()
