"""Starts servers for the benchmarks, and reads how much memory they use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype"
BINARY = Path(os.environ.get("CALOTYPE_BINARY", ROOT / "build/release/calotype"))


def make_inputs(kind: str = "") -> Path:
    """The folder with models in Immich's layout and with previews, which are made if they are not there. `kind`: "small" for
    tiny models, "fixed" for graphs with a fixed batch size."""
    inputs = CACHE / "bench" / (f"serve-{kind}" if kind else "serve")
    script = Path(__file__).with_name("make_inputs.py")
    subprocess.run([sys.executable, script, inputs, *([f"--{kind}"] if kind else [])], check=True)
    return inputs


def resident_mb(process: int) -> float:
    """Resident memory in megabytes, without pages of files that the system could drop at any time."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return (int(fields["RssAnon"].split()[0]) + int(fields["RssShmem"].split()[0])) / 1000


def total_mb(process: int) -> float:
    """All resident memory in megabytes."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1000


class Calotype:
    """`calotype serve --immich` with models of Immich's cache folder. Use as a context manager."""

    def __init__(self, models: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="calotype-bench-"))
        self.environment = dict(
            os.environ,
            CALOTYPE_HOME=str(self.home / "home"),
            XDG_CACHE_HOME=str(self.home / "cache"),
            CALOTYPE_MODELS_FOLDER=str(CACHE / "models"),
            MACHINE_LEARNING_CACHE_FOLDER=str(models),
            **(environment or {}),
        )
        for name, folder in (("ONNXRUNTIME", "onnxruntime/lib"), ("OPENVINO", "openvino/libs")):
            if (CACHE / folder).exists():
                self.environment.setdefault(f"CALOTYPE_INFERENCE_{name}", str(CACHE / folder))
        command = [str(BINARY), "serve", "--listen", "127.0.0.1:0", "--immich", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.urls: list[str] = []
        for line in self.process.stdout:
            self.urls += re.findall(r"http://127\.0\.0\.1:\d+", line)
            if "Immich" in line:
                break
        else:
            raise SystemExit(f"calotype did not start: {self.process.stderr.read()}")
        self.api, self.url = self.urls[0], self.urls[-1]
        self.log: list[str] = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def run(self, *arguments: object) -> subprocess.CompletedProcess:
        """Another command on the same catalogue."""
        return subprocess.run(
            [str(BINARY), *map(str, arguments)], env=self.environment, check=True, capture_output=True, text=True
        )

    def __enter__(self) -> Calotype:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        shutil.rmtree(self.home, ignore_errors=True)


class Peer:
    """peer.py on a free port."""

    def __init__(self, models: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([sys.executable, str(Path(__file__).parent / "peer.py"), str(models), str(port)])
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/ping", timeout=1).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.process.kill()
        raise SystemExit("peer.py did not start")

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
