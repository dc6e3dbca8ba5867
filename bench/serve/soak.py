#!/usr/bin/env python3
"""Makes many requests of all kinds and checks that memory does not grow with them.

bench/serve/soak [--requests 100000] [--seed 1] [--at-once 4] [--small]

Of 100 requests, 40 are thumbnails, 25 lists of photos, 20 searches, 5 pages and statistics, and 10 analyses as Immich asks for
them (4 photos, 2 texts, 2 for faces, 2 for text in photos). Memory is that of the process without files that are mapped,
measured when nothing runs. It fails if a request failed, or if the memory after all requests is more than 5 % above that after
the first tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time

import aiohttp
from served import ROOT, Calotype, make_inputs, resident_mb, total_mb
from speed import ENTRIES, form

MOST_GROWTH = 0.05
QUERIES = ("dog", "a red car", "people at a table", "sunset", "type:jpg", "a sign with text", "cat -dog", "brick house")
MIX = {"thumbnail": 40, "list": 25, "search": 20, "page": 5, "visual": 4, "textual": 2, "faces": 2, "ocr": 2}


async def one(session: aiohttp.ClientSession, server: Calotype, kind: str, chance: random.Random, ids: list[int],
              photos: list[bytes]) -> str | None:
    """Makes a request; returns what went wrong."""
    number = chance.randrange(1 << 30)
    if kind in ENTRIES:
        request = session.post(server.url + "/predict", data=form(kind, photos[number % len(photos)], number))
    else:
        path, query = {
            "thumbnail": (f"/api/v1/photos/{ids[number % len(ids)]}/thumbnail",
                          {"size": chance.choice(["small", "medium", "large"])}),
            "list": ("/api/v1/photos", {"limit": str(1 + number % 50)}),
            "search": ("/api/v1/search", {"q": QUERIES[number % len(QUERIES)]}),
            "page": (chance.choice(["/", "/page.js", "/metrics", "/api/v1/status"]), {}),
        }[kind]
        request = session.get(server.api + path, params=query)
    async with request as response:
        body = await response.read()
        return None if response.status == 200 else f"{kind}: status {response.status}: {body[:200]!r}"


async def make(server: Calotype, kinds: list[str], at_once: int, chance: random.Random, ids: list[int],
               photos: list[bytes]) -> list[str]:
    failures: list[str] = []
    async with aiohttp.ClientSession() as session:

        async def client() -> None:
            while kinds:
                problem = await one(session, server, kinds.pop(), chance, ids, photos)
                if problem:
                    failures.append(problem)

        await asyncio.gather(*(client() for _ in range(at_once)))
    return failures


def settle(process: int) -> float:
    """Memory once it no longer shrinks."""
    last = resident_mb(process)
    while True:
        time.sleep(7)
        now = resident_mb(process)
        if now > last - 1:
            return now
        last = now


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--small", action="store_true", help="with the tiny models of the tests")
    parser.add_argument("--idle", action="store_true", help="also report the memory when the models are unloaded")
    options = parser.parse_args()
    inputs = make_inputs("small" if options.small else "")
    photos = [path.read_bytes() for path in sorted((inputs / "previews").iterdir())]
    chance = random.Random(options.seed)
    kinds = chance.choices(list(MIX), list(MIX.values()), k=options.requests)
    environment = {"CALOTYPE_DEVICES_DEFAULT": "onnxruntime:cpu"}
    if options.idle:
        environment |= {"CALOTYPE_CACHE_IDLE_S": "20"}
    failures: list[str] = []
    with Calotype(inputs / "models", environment=environment) as server:
        server.run("scan", ROOT / "samples")
        ids = asyncio.run(photo_ids(server))
        process = server.process.pid
        print(f"at the start: {resident_mb(process):.1f} MB, {total_mb(process):.1f} MB with mapped files", flush=True)
        memory = []
        for tenth in range(10):
            part = [kinds.pop() for _ in range(min(len(kinds), -(-options.requests // 10)))]
            start = time.monotonic()
            failures += asyncio.run(make(server, part, options.at_once, chance, ids, photos))
            spent = time.monotonic() - start
            if tenth in (0, 9):
                memory.append(settle(process))
            print(f"{(tenth + 1) * 10} %: {resident_mb(process):.1f} MB, {total_mb(process):.1f} MB with mapped files, "
                  f"{spent:.0f} s, {len(failures)} failures", flush=True)
        if options.idle:
            time.sleep(30)
            print(f"models unloaded: {resident_mb(process):.1f} MB, {total_mb(process):.1f} MB with mapped files")
    growth = memory[1] / memory[0] - 1
    print(json.dumps({"requests": options.requests, "first_mb": memory[0], "last_mb": memory[1], "growth": growth,
                      "failures": len(failures)}))
    for problem in failures[:10]:
        print("FAILED:", problem)
    if growth > MOST_GROWTH:
        print(f"FAILED: memory grew by {100 * growth:.1f} %; the limit is {100 * MOST_GROWTH:.0f} %")
    return 1 if failures or growth > MOST_GROWTH else 0


async def photo_ids(server: Calotype) -> list[int]:
    async with aiohttp.ClientSession() as session, session.get(server.api + "/api/v1/photos?limit=100") as response:
        return [photo["photo"] for photo in (await response.json())["photos"]]


if __name__ == "__main__":
    sys.exit(main())
