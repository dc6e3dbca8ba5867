#!/usr/bin/env python3
"""Fills a catalogue with photos that are only rows: make_library CATALOGUE [COUNT]

CATALOGUE is one that a scan made; COUNT (1,000,000) photos are added, over 20 years with holidays and quiet weeks. Their
files do not exist: measure.mjs answers requests for thumbnails itself.
"""

import hashlib
import os
import random
import sqlite3
import sys
import time
from datetime import datetime, timedelta

SHAPES = [(4032, 3024)] * 6 + [(3024, 4032)] * 3 + [(6000, 4000)] * 2 + [(4000, 6000), (1920, 1080), (3000, 3000)]


def times(count: int, rng: random.Random):
    """Capture times, newest first: most days have a few photos, some have hundreds."""
    day = datetime(2026, 6, 1)
    made = 0
    mean = count / (20 * 365)
    while made < count:
        photos = min(count - made, int(rng.expovariate(1 / mean)) if rng.random() < 0.93 else int(mean * rng.uniform(3, 8)))
        for moment in sorted((rng.randrange(7 * 3600, 22 * 3600) for _ in range(photos)), reverse=True):
            yield (day + timedelta(seconds=moment)).isoformat()
        made += photos
        day -= timedelta(days=1)


def main() -> None:
    catalogue, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    rng = random.Random(7)
    db = sqlite3.connect(catalogue)
    db.execute("PRAGMA synchronous = OFF")
    hashes = [row[0] for row in db.execute("SELECT thumb_hash FROM photo WHERE thumb_hash IS NOT NULL")]
    first = db.execute("SELECT max(id) FROM photo").fetchone()[0] + 1
    folder = os.path.dirname(db.execute("SELECT path FROM file LIMIT 1").fetchone()[0])
    now = int(time.time())
    # What keeps lists of changes and values up to date for programs that follow the library is left out: it is not measured.
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    photos, files = [], []
    for number, taken in enumerate(times(count, rng), start=first):
        width, height = rng.choice(SHAPES)
        digest = hashlib.sha256(str(number).encode()).digest()
        photos.append((number, digest, 4_000_000, 1, width, height, taken, "", "", 1, now, rng.choice(hashes)))
        files.append((f"{folder}/made/{taken[:7]}/IMG_{number:07}.jpg", number, 4_000_000, 0, 0))
    db.executemany(
        "INSERT INTO photo (id, sha256, bytes, format, width, height, taken_at, camera, lens, orientation, added_at, thumb_hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", photos)
    db.executemany("INSERT INTO file (path, photo_id, size, mtime_ns, missing) VALUES (?, ?, ?, ?, ?)", files)
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.execute("ANALYZE")
    print(f"{len(photos)} photos, {photos[-1][6][:10]} to {photos[0][6][:10]}")


if __name__ == "__main__":
    main()
