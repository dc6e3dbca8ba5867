#!/usr/bin/env python3
"""Measures how many requests a second Calotype answers, beside a FastAPI service that works as Immich's (peer.py).

bench/serve/speed [--seconds 20] [--rounds 2] [--clients 1,4,16,64] [--tasks visual,textual,faces,ocr] [--json FILE]

Both services run all the time, and one of them is asked at a time, in turn. Each client sends a request as soon as its last
one is answered. The clients use cores of the same machine, the same ones for both services. A ratio belongs to one round; the table
has medians. Devices are chosen as usual (--precise: f32 on the CPU only, as the peer).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import aiohttp
from served import Calotype, Peer, make_inputs, resident_mb

PEER_PORT = 39033
ENTRIES = {
    "visual": {"clip": {"visual": {"modelName": "ViT-B-32__openai"}}},
    "textual": {"clip": {"textual": {"modelName": "ViT-B-32__openai"}}},
    "faces": {"facial-recognition": {"detection": {"modelName": "buffalo_l", "options": {"minScore": 0.7}},
                                     "recognition": {"modelName": "buffalo_l"}}},
    "ocr": {"ocr": {"detection": {"modelName": "PP-OCRv6_small", "options": {"minScore": 0.5, "maxResolution": 736}},
                    "recognition": {"modelName": "PP-OCRv6_small", "options": {"minScore": 0.8}}}},
}


def form(task: str, photo: bytes, number: int) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("entries", json.dumps(ENTRIES[task]))
    if task == "textual":
        data.add_field("text", f"a photo of {number} dogs on the beach")
    else:
        data.add_field("image", photo, filename="blob", content_type="application/octet-stream")
    return data


async def ask(url: str, task: str, clients: int, seconds: float, photos: list[bytes]) -> dict[str, float]:
    """Asks for `seconds`, but at least until each client has one answer."""
    took: list[float] = []
    failures = 0
    number = 0
    start = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def client() -> None:
            nonlocal number, failures
            while True:
                number += 1
                begin = time.monotonic()
                async with session.post(url + "/predict", data=form(task, photos[number % len(photos)], number)) as response:
                    await response.read()
                    failures += response.status != 200
                took.append(time.monotonic() - begin)
                if time.monotonic() - start > seconds:
                    return

        await asyncio.gather(*(client() for _ in range(clients)))
    spent = time.monotonic() - start
    took.sort()
    return {"per_second": len(took) / spent, "p50_ms": 1000 * took[len(took) // 2],
            "p99_ms": 1000 * took[min(len(took) - 1, int(0.99 * len(took)))], "requests": len(took), "failures": failures}


def median(rounds: list[dict], name: str, key: str) -> float:
    return statistics.median(one[name][key] for one in rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--clients", default="1,4,16,64")
    parser.add_argument("--tasks", default=",".join(ENTRIES))
    parser.add_argument("--precise", action="store_true")
    parser.add_argument("--fixed", action="store_true", help="CLIP with a fixed batch size of 1")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    inputs = make_inputs("fixed" if options.fixed else "")
    photos = [path.read_bytes() for path in sorted((inputs / "previews").iterdir())]
    environment = {"CALOTYPE_DEVICES_DEFAULT": "onnxruntime:cpu"} if options.precise else {}
    report: list[dict] = []
    failures = 0
    with Calotype(inputs / "models", environment=environment) as calotype, Peer(inputs / "models", PEER_PORT) as peer:
        servers = {"calotype": calotype, "peer": peer}
        print("| task | clients | requests/s | peer | ratio | p50 ms | peer | p99 ms | peer |")
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for task in options.tasks.split(","):
            for server in servers.values():  # models are loaded and measured, and both have seen every photo
                asyncio.run(ask(server.url, task, 2, 1, photos))
                asyncio.run(ask(server.url, task, 8, min(options.seconds, 5), photos))
            for clients in map(int, options.clients.split(",")):
                rounds = []
                for turn in range(options.rounds):
                    order = list(servers) if turn % 2 == 0 else list(reversed(servers))
                    rounds.append({name: asyncio.run(ask(servers[name].url, task, clients, options.seconds, photos))
                                   for name in order})
                failures += sum(one["failures"] for both in rounds for one in both.values())
                report.append({"task": task, "clients": clients, "rounds": rounds})
                ratio = statistics.median(one["calotype"]["per_second"] / one["peer"]["per_second"] for one in rounds)
                cells = [task, clients]
                cells += [f"{median(rounds, name, 'per_second'):.2f}" for name in servers]
                cells.append(f"{ratio:.2f}")
                cells += [f"{median(rounds, name, key):.0f}" for key in ("p50_ms", "p99_ms") for name in servers]
                print("|", " | ".join(map(str, cells)), "|", flush=True)
        print(f"memory: calotype {resident_mb(calotype.process.pid):.0f} MB, peer {resident_mb(peer.process.pid):.0f} MB; "
              f"{failures} failures")
    if options.json:
        options.json.write_text(json.dumps({"options": {key: str(value) for key, value in vars(options).items()},
                                            "results": report}, indent=1))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
