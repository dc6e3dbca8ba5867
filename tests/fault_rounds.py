"""Rounds of kills and faults on one library: python3 -B tests/fault_rounds.py [--rounds N] [--seed S]

In each round, photos come and go, and a scan or a server is disturbed: killed, its decoders killed, its files failing
(faulty_files/), its memory limited, its clock wrong, its catalogue read-only. It may fail, but with a message and not by a crash of
its own, and within minutes. After each round the catalogue is checked; then an undisturbed scan must find what a library that was
never disturbed has. The same seed makes the same choices; what a kill meets depends on the machine.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import http.client
import os
import pathlib
import random
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable

import made_photos
from calotype import BINARY, ROOT, UNPRIVILEGED, Library
from server_process import Server

FAULTY_FILES = pathlib.Path(BINARY).parent / "faulty_files.so"
WRONG_CLOCK = pathlib.Path(BINARY).parent / "wrong_clock.so"
ZOO = ROOT / "src/photo/testdata/zoo"
KINDS = ("short", "eintr", "eio", "enospc", "estale", "slow")
PHOTOS = 60
LONGEST_S = 240  # of anything that is disturbed
SCAN = ("--only", "pdq")
YEAR_S = 31_536_000
# Of the table photo, what depends on when and in which order photos were added.
NOT_COMPARED = {"id", "added_at", "change", "changed_at"}
SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{rating}"/></rdf:RDF></x:xmpmeta>
"""


class Wrong(Exception):
    """What must not happen."""


def children_of(process: int) -> list[int]:
    listed = pathlib.Path(f"/proc/{process}/task/{process}/children")
    with contextlib.suppress(OSError):
        return [int(one) for one in listed.read_text().split()]
    return []


def add_pool(folder: pathlib.Path, chance: random.Random) -> None:
    """Photos of all formats, some broken, some with sidecars."""
    folder.mkdir()
    animals = sorted(path for path in ZOO.iterdir() if path.suffix not in (".ppm", ".tsv"))
    for path in chance.sample(animals, PHOTOS - 10):
        data = path.read_bytes()
        if chance.randrange(10) == 0:
            data = data[: len(data) // 3]
        (folder / path.name).write_bytes(data)
    for number in range(10):
        name = f"made_{number}.jpg"
        (folder / name).write_bytes(made_photos.jpeg(640, 480, name))
        if number % 2:
            (folder / f"made_{number}.xmp").write_text(SIDECAR.format(rating=number % 5))


def findings(library: Library) -> dict[str, dict[str, object]]:
    """What is known of each photo, by the name of its file."""
    with contextlib.closing(sqlite3.connect(library.home / "home/catalog.db")) as database:
        database.row_factory = sqlite3.Row
        known: dict[str, dict[str, object]] = {}
        for row in database.execute("SELECT file.path, file.missing, photo.* FROM file JOIN photo ON photo.id = photo_id"):
            if row["missing"]:
                continue
            facts = {name: row[name] for name in row.keys() if name not in {"path", "missing", *NOT_COMPARED}}
            for analysis in database.execute("SELECT analysis, state, reason FROM analysis WHERE photo_id = ?", [row["id"]]):
                facts[f"analysis {analysis['analysis']}"] = (analysis["state"], analysis["reason"])
            for hashed in database.execute("SELECT hash, quality FROM pdq WHERE photo_id = ?", [row["id"]]):
                facts["pdq"] = tuple(hashed)
            known[pathlib.Path(row["path"]).name] = facts
        for path, reason in database.execute("SELECT path, reason FROM problem"):
            known[pathlib.Path(path).name] = {"problem": reason}
        return known


def differences(found: dict, wanted: dict) -> list[str]:
    lines = [f"{name} is not known" for name in wanted if name not in found]
    lines += [f"{name} is not there" for name in found if name not in wanted]
    for name in found.keys() & wanted.keys():
        lines += [
            f"{name}: {key} is {found[name].get(key)!r}, not {wanted[name].get(key)!r}"
            for key in found[name].keys() | wanted[name].keys()
            if found[name].get(key) != wanted[name].get(key)
        ]
    return lines


class Rounds:
    def __init__(self, library: Library, seed: int) -> None:
        self.library = library
        self.chance = random.Random(seed)
        self.pool = library.home / "pool"
        add_pool(self.pool, self.chance)
        self.preload = library.home / "preload"
        self.preload.mkdir()
        self.catalogue = library.home / "home/catalog.db"
        self.backups = library.home / "backups"
        self.backups.mkdir()
        self.ways: dict[str, Callable[[], None]] = {
            "scan killed": self.kill_scan,
            "decoders killed": self.kill_decoders,
            "scan with faulty files": self.scan_faulty,
            "backup with faulty files": self.back_up_faulty,
            "little memory": self.scan_with_little_memory,
            "wrong clock": self.scan_with_wrong_clock,
            "read-only catalogue": self.scan_read_only,
            "server killed": self.kill_server,
            "server with faulty files": self.serve_faulty,
        }
        self.counts: collections.Counter[str] = collections.Counter()
        self.failed_calls = 0
        self.span = 1.0
        self.wanted = self.undisturbed()

    # ---- What is compared with --------------------------------------------------------------------------------------

    def undisturbed(self) -> dict[str, dict[str, object]]:
        """The findings of all photos of the pool, in a library of its own."""
        with contextlib.closing(Library()) as other:
            shutil.copytree(self.pool, other.photos, dirs_exist_ok=True)
            start = time.monotonic()
            done = other.run("scan", other.photos, *SCAN)
            self.span = time.monotonic() - start
            if done.returncode not in (0, 1):
                raise Wrong(f"an undisturbed scan: exit {done.returncode}: {done.stderr}")
            return findings(other)

    def photos_come_and_go(self) -> None:
        there = {path.name for path in self.library.photos.iterdir()}
        for path in sorted(self.pool.iterdir()):
            if path.suffix == ".xmp":
                continue
            share = 0.2 if path.name in there else 0.6
            if self.chance.random() < share:
                sidecar = path.with_suffix(".xmp")
                for one in (path, sidecar):
                    target = self.library.photos / one.name
                    if path.name in there:
                        target.unlink(missing_ok=True)
                    elif one.exists():
                        shutil.copy2(one, target)

    # ---- Disturbances -----------------------------------------------------------------------------------------------

    def start(self, *arguments: object, **more: object) -> subprocess.Popen:
        environment = more.pop("environment", self.library.environment)
        return subprocess.Popen(
            [*more.pop("before", []), *self.library.command(*arguments)], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **more,
        )  # fmt: skip

    def end(self, process: subprocess.Popen, *, killed: bool = False) -> str:
        """Waits for the end, which is the process's own, or the kill."""
        try:
            output, _ = process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Wrong(f"it did not end within {LONGEST_S} s: {process.communicate()[0]}") from None
        if process.returncode < 0 and not (killed and process.returncode == -signal.SIGKILL):
            raise Wrong(f"it ended by {signal.Signals(-process.returncode).name}: {output}")
        if process.returncode > 0 and not output.strip():
            raise Wrong(f"exit {process.returncode} without a message")
        return output

    def scan_arguments(self) -> tuple[object, ...]:
        return ("scan", self.library.photos, *SCAN)

    def kill_scan(self) -> None:
        scan = self.start(*self.scan_arguments())
        time.sleep(self.chance.uniform(0, self.span))
        scan.kill()
        self.end(scan, killed=True)

    def kill_decoders(self) -> None:
        # A stopped decoder answers nothing until its deadline.
        scan = self.start(*self.scan_arguments(), environment=dict(self.library.environment, CALOTYPE_LIMITS_DECODE_S="3"))
        for _ in range(self.chance.randrange(1, 6)):
            time.sleep(self.chance.uniform(0, self.span / 3))
            for child in children_of(scan.pid):
                with contextlib.suppress(OSError):
                    os.kill(child, self.chance.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP)))
        self.end(scan)

    def faulty(self) -> dict[str, str]:
        """The environment of a process whose files fail. Decides how."""
        library = self.preload / "faulty_files.so"
        shutil.copy(FAULTY_FILES, library)
        self.add_up_failed_calls()
        kinds = self.chance.sample(KINDS, self.chance.randrange(1, 4))
        per_mille = self.chance.choice((1, 5, 20, 100, 300))
        folder = self.chance.choice((self.library.photos, self.library.home / "home", self.library.home))
        rules = f"seed={self.chance.randrange(1 << 32)} per_mille={per_mille} kinds={','.join(kinds)} folder={folder}\n"
        pathlib.Path(f"{library}.faults").write_text(rules)
        print(f"  {rules.strip()}", flush=True)
        return dict(self.library.environment, LD_PRELOAD=str(library))

    def add_up_failed_calls(self) -> None:
        count = self.preload / "faulty_files.so.count"
        if count.exists():
            self.failed_calls += struct.unpack("=Q", count.read_bytes())[0]
            count.unlink()

    def scan_faulty(self) -> None:
        self.end(self.start(*self.scan_arguments(), environment=self.faulty()))

    def back_up_faulty(self) -> None:
        if not self.catalogue.exists():
            return
        target = self.backups / f"{len(list(self.backups.iterdir()))}.db"
        backup = self.start("backup", target, environment=self.faulty())
        self.end(backup)
        if backup.returncode == 0:
            self.check_backup(target)

    def check_backup(self, file: pathlib.Path) -> None:
        with contextlib.closing(sqlite3.connect(file)) as database:
            answer = database.execute("PRAGMA integrity_check").fetchone()[0]
            photos = database.execute("SELECT count(*) FROM photo").fetchone()[0]
        with contextlib.closing(sqlite3.connect(self.catalogue)) as database:
            wanted = database.execute("SELECT count(*) FROM photo").fetchone()[0]
        if (answer, photos) != ("ok", wanted):
            raise Wrong(f"the backup {file.name} says {answer} and has {photos} photos of {wanted}")

    def scan_with_little_memory(self) -> None:
        limit = self.chance.choice((100, 150, 200, 300, 400, 600, 1000, 2000)) << 20
        print(f"  {limit >> 20} MB", flush=True)
        self.end(self.start(*self.scan_arguments(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))))

    def scan_with_wrong_clock(self) -> None:
        offset = self.chance.choice((-10 * YEAR_S, -YEAR_S, -86_400, -60, 60, 86_400, YEAR_S, 10 * YEAR_S))
        environment = dict(self.library.environment, LD_PRELOAD=str(WRONG_CLOCK), CALOTYPE_TEST_CLOCK_S=str(offset))
        scan = self.start(*self.scan_arguments(), environment=environment)
        killed = self.chance.randrange(2) == 0
        if killed:
            time.sleep(self.chance.uniform(0, self.span))
            scan.kill()
        self.end(scan, killed=killed)

    def scan_read_only(self) -> None:
        if not self.catalogue.exists():
            return
        home = self.catalogue.parent
        modes = {path: path.stat().st_mode for path in (home, *home.glob("catalog.db*"))}
        try:
            for path, mode in modes.items():
                path.chmod(mode & 0o555)
            scan = self.start(*self.scan_arguments(), before=UNPRIVILEGED)
            self.end(scan)
            if scan.returncode == 0:
                raise Wrong("a scan with a read-only catalogue said that all is well")
        finally:
            for path, mode in modes.items():
                if path.exists():
                    path.chmod(mode)

    # ---- The server -------------------------------------------------------------------------------------------------

    def serve(self, environment: dict[str, str] | None = None) -> Server:
        return Server(self.library, "--set", f"server.folders={self.library.photos}", environment=environment)

    def use(self, server: Server) -> None:
        """Submits jobs and asks for pictures; any answer will do."""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            server.request("POST", "/api/v1/jobs", {"kind": "scan", "folders": [str(self.library.photos)], "only": ["pdq"]})
            server.request("POST", "/api/v1/jobs", {"kind": "backup"})
            for photo in server.get("/api/v1/photos").json().get("photos", [])[:8]:
                answer = server.get(f"/api/v1/photos/{photo['photo']}/thumbnail", format="jpeg")
                if answer.status == 200 and not (answer.body.startswith(b"\xff\xd8") and answer.body.endswith(b"\xff\xd9")):
                    raise Wrong(f"a thumbnail of {len(answer.body)} bytes is no whole JPEG")
            time.sleep(self.chance.uniform(0, self.span))

    def close(self, server: Server, *, kill: bool) -> None:
        if kill:
            for child in children_of(server.process.pid) if self.chance.randrange(2) else []:
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGKILL)
            server.process.kill()
        else:
            server.process.terminate()
        try:
            code = server.process.wait(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            server.process.kill()
            raise Wrong(f"the server did not end within {LONGEST_S} s") from None
        server.reader.join()
        server.process.stdout.close()
        server.process.stderr.close()
        if code < 0 and not (kill and code == -signal.SIGKILL):
            raise Wrong(f"the server ended by {signal.Signals(-code).name}: {''.join(server.errors)}")

    def kill_server(self) -> None:
        server = self.serve()
        self.use(server)
        self.close(server, kill=True)
        self.finish_jobs()

    def serve_faulty(self) -> None:
        try:
            server = self.serve(self.faulty())
        except AssertionError as refused:  # it may say at once that it cannot start
            if "Error" not in str(refused) and "calotype" not in str(refused):
                raise Wrong(f"the server started without a word: {refused}") from None
        else:
            self.use(server)
            self.close(server, kill=self.chance.randrange(3) == 0)
        self.finish_jobs()

    def finish_jobs(self) -> None:
        """The jobs that were running or waiting end in a server that is not disturbed."""
        server = self.serve()
        end = time.monotonic() + LONGEST_S
        jobs = []
        while time.monotonic() < end:
            jobs = server.get("/api/v1/jobs").json()["jobs"]
            if all(job["state"] in ("done", "failed", "cancelled") for job in jobs):
                break
            time.sleep(0.1)
        else:
            raise Wrong(f"jobs do not end: {jobs}")
        for photo in server.get("/api/v1/photos").json().get("photos", [])[:8]:
            query = urllib.parse.urlencode({"format": "jpeg"})
            answer = server.get(f"/api/v1/photos/{photo['photo']}/thumbnail?{query}")
            if answer.status == 200 and not (answer.body.startswith(b"\xff\xd8") and answer.body.endswith(b"\xff\xd9")):
                raise Wrong(f"a kept thumbnail of {len(answer.body)} bytes is no whole JPEG")
        self.close(server, kill=False)

    # ---- Rounds -----------------------------------------------------------------------------------------------------

    def check(self, when: str) -> None:
        if not self.catalogue.exists():
            return
        done = self.library.run("check-db")
        if done.returncode != 0 or done.stdout != "the catalogue is intact\n":
            raise Wrong(f"{when}, check-db: {done.stdout}{done.stderr}")

    def settle(self) -> None:
        """Scans in peace, and compares."""
        self.scan_in_peace()
        # What `calotype retry` does, which would also run all analyses that need models.
        with contextlib.closing(sqlite3.connect(self.catalogue)) as database, database:
            database.execute("UPDATE analysis SET state = 0, retry_at = 0, crashes = 0, kills = 0 WHERE state = 3")
        self.scan_in_peace()
        there = {path.name for path in self.library.photos.iterdir()}
        wanted = {name: facts for name, facts in self.wanted.items() if name in there}
        if found := differences(findings(self.library), wanted):
            raise Wrong("the findings differ: " + "; ".join(found[:10]))

    def scan_in_peace(self) -> None:
        done = self.library.run(*self.scan_arguments())
        if done.returncode not in (0, 1):
            raise Wrong(f"in peace: exit {done.returncode}: {done.stderr}")

    def run(self, number: int) -> None:
        if self.chance.randrange(10) == 0:
            shutil.rmtree(self.library.home / "home", ignore_errors=True)
        self.photos_come_and_go()
        way = self.chance.choice(list(self.ways))
        print(f"round {number}: {way}", flush=True)
        self.counts[way] += 1
        self.ways[way]()
        self.check("after the disturbance")
        self.settle()
        self.check("in peace")


def run_rounds(rounds: int, seed: int, seconds: float = 1e9) -> list[str]:
    """What was wrong. No round begins after so many seconds."""
    wrong = []
    start = time.monotonic()
    with contextlib.closing(Library()) as library:
        all_rounds = Rounds(library, seed)
        for number in range(rounds):
            if time.monotonic() - start > seconds:
                break
            try:
                all_rounds.run(number)
            except Wrong as told:
                wrong.append(f"round {number} of seed {seed}: {told}")
                print(f"WRONG: {wrong[-1]}", flush=True)
                shutil.rmtree(library.home / "home", ignore_errors=True)  # the next one begins anew
        all_rounds.add_up_failed_calls()
        counts = ", ".join(f"{count} {way}" for way, count in sorted(all_rounds.counts.items()))
        print(f"{sum(all_rounds.counts.values())} rounds of seed {seed} in {time.monotonic() - start:.0f} s ({counts}); {all_rounds.failed_calls:,} calls of "
              f"files failed or were slow; {len(wrong)} rounds went wrong", flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no further round after so long")
    options = parser.parse_args()
    return 1 if run_rounds(options.rounds, options.seed, options.seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
