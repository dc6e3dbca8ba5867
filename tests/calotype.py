"""Drives the real binary for the end-to-end tests: a library of its own for each test, the user's models."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
CASES = ROOT / "tests/cases"
BINARY = os.environ.get("CALOTYPE_BINARY", str(ROOT / "build/release/calotype"))

# Root may read everything; without its capabilities it may not.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


# Marks what takes long and whose parts have unit tests: only `./check long` runs it.
long_run = unittest.skipUnless(os.environ.get("CALOTYPE_TEST_LONG"), "a longer run: ./check long")

def limit_file_size(size: int) -> None:
    """What a test without privileges has for a full disk, in a process to be. Those that read photos take it back for
    themselves: they pass pixels on in files in memory."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


# Variables that are for the tests and not for the program, which would warn that it does not know them.
VARIABLES_OF_TESTS = ("CALOTYPE_BINARY", "CALOTYPE_TEST", "CALOTYPE_BENCH", "CALOTYPE_GPU")


def user_cache() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "calotype"


class Library:
    """A catalogue and a folder of photos in a temporary folder."""

    def __init__(self) -> None:
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="calotype-test-"))
        self.photos = self.home / "photos"
        self.photos.mkdir()
        # What is measured and made stays here, too; models and runtimes are the user's.
        self.cache = self.home / "cache/calotype"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES_OF_TESTS)}
        self.environment = dict(inherited, CALOTYPE_HOME=str(self.home / "home"), XDG_CACHE_HOME=str(self.cache.parent))
        self.environment.setdefault("CALOTYPE_MODELS_FOLDER", str(user_cache() / "models"))
        for name, folder in (("ONNXRUNTIME", "onnxruntime/lib"), ("OPENVINO", "openvino/libs")):
            if (user_cache() / folder).exists():
                self.environment.setdefault(f"CALOTYPE_INFERENCE_{name}", str(user_cache() / folder))
        # Nothing is compared with other devices, and answers are those of fp32 on every machine.
        self.environment["CALOTYPE_DEVICES_DEFAULT"] = "onnxruntime:cpu"

    def close(self) -> None:
        shutil.rmtree(self.home)

    def add_samples(self, *names: str) -> None:
        for name in names:
            shutil.copy(SAMPLES / name, self.photos)

    def command(self, *arguments: object) -> list[str]:
        return [BINARY, *map(str, arguments)]

    def run(self, *arguments: object, unprivileged: bool = False) -> subprocess.CompletedProcess:
        command = (UNPRIVILEGED if unprivileged else []) + self.command(*arguments)
        return subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500
        )

    def start(self, *arguments: object) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def json(self, *arguments: object) -> dict:
        """The one JSON object that the command prints."""
        return json.loads(self.run(*arguments).stdout)

    def lines(self, *arguments: object) -> list[dict]:
        """The JSON objects that the command prints, one a line."""
        return [json.loads(line) for line in self.run(*arguments).stdout.splitlines()]


class CalotypeTestCase(unittest.TestCase):
    """Gives each test its `library` and asserts about the program's answers."""

    def setUp(self) -> None:
        self.library = Library()
        self.addCleanup(self.library.close)

    def diagnose(self, check: str) -> dict:
        """What the doctor says of one check; without models, which would take seconds."""
        environment = dict(self.library.environment, CALOTYPE_MODELS_FOLDER=str(self.library.home / "no-models"))
        done = subprocess.run(self.library.command("doctor", "--json"), env=environment, capture_output=True, text=True, timeout=500)
        return next(one for one in json.loads(done.stdout)["checks"] if one["name"] == check)

    def open_terminal(self) -> tuple[int, int]:
        """The ends of a new terminal: where a person types and reads, and what the program has."""
        try:
            return os.openpty()
        except OSError as error:
            self.skipTest(f"this system gives no terminals: {error}")

    def scan(self, *arguments: object, expect: int = 0) -> subprocess.CompletedProcess:
        done = self.library.run("scan", self.library.photos, *arguments)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done


def names(hits: list[dict]) -> list[str]:
    """The file names of search hits, in their order."""
    return [pathlib.Path(hit["path"]).name for hit in hits]
