"""What the per-photo function of a Python worker becomes: no models, no image library, one request."""

import os
import sys
from typing import Any

from calotype_client import Client

client = Client(os.environ.get("PHOTOS_URL", "http://127.0.0.1:4280"))  # with the token in CALOTYPE_TOKEN


def process_photo(path: str) -> dict[str, Any]:
    found = client.analyze(path, vectors=True)
    return {
        "objects": [(one["label"], one["score"], one["box"]) for one in found.get("objects", [])],  # DETR and its like
        "embedding": found["embedding"]["vector"],  # CLIP
        "text": [line["text"] for line in found.get("text", [])],  # OCR
        "faces": [(face["box"], face["embedding"]) for face in found.get("faces", [])],
        "pdq": found["pdq"]["hash"],
    }


if __name__ == "__main__":
    for photo in sys.argv[1:]:
        print(photo, {name: len(value) for name, value in process_photo(photo).items()})
