"""compare [--mode classic,fast] [--photos 100] [--rounds 3] [--json FILE]

Runs bench/peers/python_stack.py and calotype in turn on the same 12-megapixel photos, each time with a new catalogue. Prints
photos per minute, peak memory and milliseconds per stage of both, and the ratios: of each round, and their median.

    classic    the same five models on both sides, in precisions that agree with fp32
    fast       calotype with D-FINE-N instead of DETR-R50

Before the clock starts, photos and models are made (once, in --work), `calotype doctor` measures the devices, and the Python
stack finds its fastest number of threads.
"""

from __future__ import annotations

import argparse
import datetime
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEER = "python"
# The names of the same stages on both sides; the rest of a photo's time is not split.
STAGES = (
    ("decode", "decode"), ("objects", "objects"), ("embedding", "embedding"), ("text", "text"),
    ("faces.detect", "faces.detect"), ("faces.recognise", "faces.recognise"), ("pdq", "pdq"),
)
FOUND = (("objects", "object"), ("text", "text_line"), ("faces", "face"))
SAMPLE_EVERY_S = 1.0  # reading /proc takes 5 ms, and the kernel records the peak of a single process itself
BUSY_LOAD = 0.3
TUNE_PHOTOS = 12


@dataclass
class Finished:
    seconds: float
    peak_bytes: int
    output: str


def descendants(root: int) -> list[int]:
    """The process and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def run(command: list[str], environment: dict[str, str], log: Path, accepted: tuple[int, ...] = (0,)) -> Finished:
    """Runs the command; stops the benchmark when its exit code is not accepted. Peak memory is the most that the process and
    its descendants held at once: the kernel's own record for the process (including mapped files), and samples of the sum
    when there are several."""
    with log.open("ab") as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)
        done, peaks = threading.Event(), [0]

        def watch() -> None:
            while not done.wait(SAMPLE_EVERY_S):
                peaks[0] = max(peaks[0], sum(map(resident, descendants(process.pid))))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            output = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
        except BaseException:
            process.kill()
            raise
        finally:
            done.set()
            watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        raise SystemExit(f"bench/compare: exit {process.returncode} of {shlex.join(command)}\n{output}see {log}")
    return Finished(seconds, max(peaks[0], usage.ru_maxrss * 1024), output)


class Bench:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.work = args.work
        self.photos = args.folder or self.work / f"photos-{args.photos}-{args.seed}"
        self.models = self.work / "models-made"
        self.log = self.work / "log.txt"
        self.work.mkdir(parents=True, exist_ok=True)
        self.lock = (self.work / "lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"bench/compare: another run uses {self.work}; wait for it, or choose another --work") from None
        self.log.write_bytes(b"")
        self.environment = dict(os.environ, CALOTYPE_HOME=str(self.work / "home"),
                                XDG_CACHE_HOME=str(self.work / "home"),
                                CALOTYPE_MODELS_FOLDER=str(self.models / "models"))
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype"
        for name, folder in (("ONNXRUNTIME", "onnxruntime/lib"), ("OPENVINO", "openvino/libs")):
            if (cache / folder).exists():
                self.environment.setdefault(f"CALOTYPE_INFERENCE_{name}", str(cache / folder))

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def script(self, name: str, *arguments: object) -> Finished:
        return run([sys.executable, str(ROOT / "bench" / name), *map(str, arguments)], dict(os.environ), self.log)

    def prepare(self) -> None:
        """Makes missing files and those made by another version of their script."""
        self.make_once("photos.py", self.photos, [self.photos, "--count", self.args.photos, "--seed", self.args.seed],
                       skip=self.args.folder is not None)
        self.make_once("graphs.py", self.models, [self.models])
        for path in sorted(self.photos.glob("*.jpg")):
            path.read_bytes()  # for both sides, the files are in the system's cache

    def make_once(self, script: str, folder: Path, arguments: list[object], skip: bool = False) -> None:
        wanted = hashlib.sha256((ROOT / "bench" / script).read_bytes()).hexdigest()
        stamp = folder / ".made"
        if skip or (stamp.exists() and stamp.read_text() == wanted):
            return
        self.say(f"making {folder} ...")
        shutil.rmtree(folder, ignore_errors=True)
        self.say(self.script(script, *arguments).output.strip())
        stamp.write_text(wanted)

    def calotype(self, mode: str, catalog: Path, *arguments: object, accepted: tuple[int, ...] = (0,)) -> Finished:
        environment = dict(self.environment, CALOTYPE_MODELS_PACK=f"bench-{mode}", CALOTYPE_CATALOG_FILE=str(catalog))
        settings = [word for setting in self.args.set for word in ("--set", setting)]
        return run([str(self.args.binary), *settings, *map(str, arguments)], environment, self.log, accepted)

    def measure_devices(self, mode: str) -> list[dict]:
        """Measures where each model runs, before the clock starts."""
        self.say(f"{mode}: calotype doctor measures the devices ...")
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            self.scan(mode, sorted(self.photos.glob("*.jpg"))[:2], Path(folder))  # fills the cache of compiled models
            # Exit code 1 means that any check failed, such as a format missing in libvips; only the models matter here.
            doctor = self.calotype(mode, Path(folder) / "doctor.db", "doctor", "--json", accepted=(0, 1))
            answer = json.loads(doctor.output)
        for model in answer["models"]:
            if model.get("problem"):
                raise SystemExit(f"bench/compare: {model['name']} runs on no device: {model['problem']}")
        return [{key: model[key] for key in ("name", "device", "precision", "ms", "agreement")} for model in answer["models"]]

    def scan(self, mode: str, what: list[Path], folder: Path) -> Finished:
        return self.calotype(mode, folder / "catalog.db", "scan", *what)

    def ours(self, mode: str) -> dict:
        with tempfile.TemporaryDirectory(dir=self.work) as name:
            finished = self.scan(mode, [self.photos], Path(name))
            database = sqlite3.connect(Path(name) / "catalog.db")
            states = dict(database.execute("SELECT state, count(*) FROM analysis GROUP BY state"))
            if set(states) != {2}:
                raise SystemExit(f"bench/compare: analyses by state are {states}; all must be done (2). See {self.log}")
            photos = database.execute("SELECT count(*) FROM photo").fetchone()[0]
            stages = dict(database.execute("SELECT analysis, avg(ms) FROM analysis GROUP BY analysis"))
            found = {key: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for key, table in FOUND}
            database.close()
        return {"photos": photos, "seconds": finished.seconds, "photos_per_minute": photos * 60 / finished.seconds,
                "peak_bytes": finished.peak_bytes, "stages_ms": stages, "found": found}

    def theirs(self, layout: str) -> dict:
        workers, threads = layout.split("x")
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            report = Path(folder) / "report.json"
            finished = self.script("peers/python_stack.py", self.photos, self.models, "--workers", workers,
                                   "--threads", threads, "--json", report)
            answer = json.loads(report.read_text())
        return answer | {"whole_seconds": finished.seconds, "peak_bytes": max(answer["peak_bytes"], finished.peak_bytes)}

    def tune(self) -> dict:
        if self.args.layout:
            return {"best": self.args.layout, "layouts": {}}
        self.say("measuring the fastest number of threads of the Python stack ...")
        return json.loads(self.script("peers/python_stack.py", self.photos, self.models, "--tune",
                                      "--count", min(TUNE_PHOTOS, self.args.photos)).output)

    def rounds(self, layout: str) -> list[dict]:
        """Runs each side once per round, every other round in reverse order, so that a drift of the machine favours no side."""
        sides = [PEER, *self.args.mode]
        rounds = []
        for index in range(self.args.rounds):
            results = {}
            for side in sides if index % 2 == 0 else reversed(sides):
                results[side] = self.theirs(layout) if side == PEER else self.ours(side)
                self.say(f"round {index + 1}, {side}: {results[side]['photos_per_minute']:.1f} photos a minute, "
                         f"{results[side]['peak_bytes'] / 2**30:.2f} GiB")
            rounds.append(results)
        return rounds


def machine() -> dict:
    info = Path("/proc/cpuinfo").read_text()
    values = {line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in info.splitlines() if ":" in line}
    flags = values.get("flags", values.get("Features", "")).split()
    wide = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8", "asimd") if flag in flags]
    return {"cpu": values.get("model name", os.uname().machine), "cores": len(os.sched_getaffinity(0)), "has": wide,
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "system": os.uname().release,
            "load_before": os.getloadavg()[0]}


def middle(rounds: list[dict], side: str, *keys: str) -> float | None:
    """The median over the rounds of one side's number; None when it does not have that number."""
    values = []
    for results in rounds:
        value = results[side]
        for key in keys:
            value = value.get(key) if value else None
        if value is not None:
            values.append(value)
    return statistics.median(values) if values else None


def summary(rounds: list[dict], modes: list[str]) -> dict:
    sides = {}
    for side in (PEER, *modes):
        sides[side] = {
            "photos_per_minute": middle(rounds, side, "photos_per_minute"),
            "peak_bytes": middle(rounds, side, "peak_bytes"),
            "stages_ms": {name: middle(rounds, side, "stages_ms", name) for name, _ in STAGES},
            "found": {name: middle(rounds, side, "found", name) for name, _ in FOUND},
        }
    ratios = {}
    for mode in modes:
        ratios[mode] = {
            key: statistics.median(results[mode][key] / results[PEER][key] for results in rounds)
            for key in ("photos_per_minute", "peak_bytes")
        }
        ratios[mode]["every_round"] = [results[mode]["photos_per_minute"] / results[PEER]["photos_per_minute"]
                                       for results in rounds]
    return {"sides": sides, "ratios": ratios}


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def table(report: dict) -> str:
    """A Markdown table with a column per side."""
    modes = report["modes"]
    sides, ratios = report["summary"]["sides"], report["summary"]["ratios"]
    names = [PEER, *modes]
    rows = [["", "Python stack", *(f"calotype, {mode}" for mode in modes)], ["---"] * (len(names) + 1)]

    def row(title: str, cells) -> None:
        rows.append([title, *cells])

    row("**photos per minute**", [number(sides[name]["photos_per_minute"], 1) for name in names])
    row("against the Python stack", ["1", *(f"**{ratios[mode]['photos_per_minute']:.1f} times**" for mode in modes)])
    row("peak memory, MiB", [number(sides[name]["peak_bytes"] / 2**20) for name in names])
    row("against the Python stack", ["1", *(f"{ratios[mode]['peak_bytes']:.2f}" for mode in modes)])
    for stage, _ in STAGES:
        row(f"{stage}, ms a photo", [number(sides[name]["stages_ms"].get(stage), 1) for name in names])
    for name, _ in FOUND:
        row(f"{name} found", [number(sides[side]["found"].get(name)) for side in names])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def heading(report: dict) -> str:
    seen = report["machine"]
    lines = [
        f"{seen['cores']} cores of {seen['cpu']} ({', '.join(seen['has'])}), {report['date']}, {report['version']}",
        f"`{report['command']}`: {report['photos']} photos, {len(report['rounds'])} rounds, medians; "
        f"Python stack: workers x threads {report['layout']['best']}",
        "Milliseconds are those of a thread while others run; devices were measured before the clock ran.",
    ]
    if seen["load_before"] > BUSY_LOAD:
        lines.append(f"THE MACHINE WAS BUSY (load {seen['load_before']:.1f} at the start): do not quote these figures.")
    for mode, models in report["devices"].items():
        places = [f"{model['name']} {model['device']} {model['precision']}" for model in models]
        lines.append(f"{mode} runs on: {', '.join(places)}")
    return "\n".join(lines)


def parse() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype"
    parser = argparse.ArgumentParser(prog="bench/compare", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--mode", default="classic,fast", help="classic, fast, balanced (D-FINE-S); separate several by commas")
    parser.add_argument("--photos", type=int, default=100, help="number of photos to make (100)")
    parser.add_argument("--folder", type=Path, help="use these JPEGs instead")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds (3)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the photos (7)")
    parser.add_argument("--layout", help="workers x threads of the Python stack, such as 4x1; default: the fastest")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a setting of calotype")
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/calotype")
    parser.add_argument("--work", type=Path, default=cache / "bench", help="folder for photos and models")
    parser.add_argument("--json", type=Path, help="write all figures of all rounds to this file")
    args = parser.parse_args()
    args.mode = args.mode.split(",")
    for mode in args.mode:
        if mode not in ("classic", "fast", "balanced"):
            parser.error(f"--mode has '{mode}'; known: classic, fast, balanced")
    if args.photos < 1 or args.rounds < 1:
        parser.error(f"--photos is {args.photos}, --rounds {args.rounds}; each must be at least 1")
    if not args.binary.exists():
        parser.error(f"{args.binary} does not exist; build it (./quickstart) or choose another with --binary")
    args.binary, args.work = args.binary.resolve(), args.work.resolve()
    return args


def main() -> None:
    args = parse()
    before = machine()
    bench = Bench(args)
    bench.prepare()
    devices = {mode: bench.measure_devices(mode) for mode in args.mode}
    layout = bench.tune()
    rounds = bench.rounds(layout["best"])
    report = {
        "date": datetime.date.today().isoformat(),
        "command": os.environ.get("CALOTYPE_BENCH_COMMAND", "bench/compare"),
        "version": subprocess.run([str(args.binary), "--version"], capture_output=True, text=True, check=False).stdout.strip(),
        "machine": before, "modes": args.mode, "photos": rounds[0][PEER]["photos"], "devices": devices, "layout": layout,
        "rounds": rounds, "summary": summary(rounds, args.mode),
    }
    print(f"{heading(report)}\n\n{table(report)}")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
