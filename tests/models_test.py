"""calotype models pull, list, verify, import: on the real binary, against a local server that speaks the hub's protocol
and misbehaves on demand. Whatever happens, no file in its place is a bad one."""

import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import tomllib
import unittest

from calotype import ROOT, CalotypeTestCase, limit_file_size, user_cache
from hub_server import COMMIT, HubServer

KB = 1000
REVISION = "f" * 40
LICENCE = "Research-only"

# The shape of packs/standard.toml: task, choice, repository, path, size; extra files below.
MODELS = {
    "small": ("objects", "fast", "ada/small", "onnx/model.onnx", 300 * KB),
    "large": ("objects", "accurate", "ada/large", "onnx/model.onnx", 900 * KB),
    "image": ("embed.image", None, "ada/clip", "visual/model.onnx", 1500 * KB),
    "text": ("embed.text", None, "ada/clip", "textual/model.onnx", 700 * KB),
    "read": ("ocr.recognise", None, "ada/ocr", "inference.onnx", 200 * KB),
    "face": ("faces.detect", None, "ada/faces", "detection/model.onnx", 250 * KB),
}
EXTRA = {"text": ["textual/vocab.json", "textual/merges.txt"], "read": ["inference.yml"]}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class ModelsTestCase(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.hub = HubServer()
        self.addCleanup(self.hub.close)
        self.models = self.library.home / "models"
        self.pack = self.models / "tiny"
        environment = self.library.environment
        for name in [name for name in environment if name.lower().endswith("_proxy")]:
            del environment[name]
        environment.pop("HF_TOKEN", None)
        environment["HF_ENDPOINT"] = self.hub.endpoint
        environment["CALOTYPE_MODELS_FOLDER"] = str(self.models)
        environment["CALOTYPE_MODELS_RETRY_DELAY_MS"] = "20"
        self.manifest = self.library.home / "tiny.toml"
        self.content = self.add_files()
        self.write_manifest()

    def add_files(self) -> dict[str, bytes]:
        """Arbitrary bytes on the server; by the names that they get in the pack."""
        random.seed(5)
        content = {}
        for name, (_, _, repository, path, size) in MODELS.items():
            content[f"{name}.onnx"] = random.randbytes(size)
            self.hub.add(repository, path, content[f"{name}.onnx"])
            for extra in EXTRA.get(name, []):
                file = pathlib.PurePath(extra).name
                content[file] = random.randbytes(30 * KB)
                self.hub.add(repository, extra, content[file], direct=True)
        return content

    def hub_entry(self, name: str, path: str, pinned: bool) -> str:
        data = self.content[name]
        pin = f'sha256 = "{sha256(data)}"\nbytes = {len(data)}\n' if pinned else ""
        repository = next(model[2] for model in MODELS.values() if f"{model[2]}/{path}" in self.hub.files)
        if path == "onnx/model.onnx":
            repository = f"ada/{name.removesuffix('.onnx')}"
        revision = REVISION if pinned else "main"
        return f'hub = {{repository = "{repository}", revision = "{revision}", path = "{path}"}}\n{pin}'

    def write_manifest(self, unpinned: tuple[str, ...] = ()) -> None:
        text = 'format = 1\nname = "tiny"\nsummary = "small files"\n[default_choice]\nobjects = "fast"\n'
        for name, (task, choice, _, path, _) in MODELS.items():
            text += f'\n[[model]]\nname = "{name}"\ntask = "{task}"\nfamily = "any"\nfile = "{name}.onnx"\n'
            text += self.hub_entry(f"{name}.onnx", path, name not in unpinned)
            text += f'choice = "{choice}"\n' if choice else ""
            if name == "face":
                text += f'licence = "{LICENCE}"\nlicence_terms = "Not for money."\n'
            else:
                text += 'licence = "MIT"\n'
            for extra in EXTRA.get(name, []):
                file = pathlib.PurePath(extra).name
                text += f'[[model.extra_files]]\npath = "{file}"\n' + self.hub_entry(file, extra, name not in unpinned)
            if name == "small":
                text += '[model.self_test]\nphoto = "self_test/objects.jpg"\n'
        self.manifest.write_text(text)

    def pull(self, *arguments: object, accept: bool = True, expect: int = 0, pack: object = None) -> str:
        """What it said on standard error, or, when all went well, on standard output."""
        licence = ["--accept-licence", LICENCE] if accept else []
        done = self.library.run("models", "pull", pack or self.manifest, *licence, *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        self.assert_no_bad_file()
        return done.stdout if expect == 0 else done.stderr

    def assert_no_bad_file(self) -> None:
        for path in self.pack.glob("**/*"):
            if path.name in self.content:
                self.assertEqual(sha256(path.read_bytes()), sha256(self.content[path.name]), path)

    def installed(self) -> set[str]:
        return {path.name for path in self.pack.glob("*.*") if path.name in self.content}

    def assert_whole(self, *without: str) -> None:
        self.assertEqual(self.installed(), set(self.content) - set(without))
        self.assertTrue((self.pack / "pack.toml").exists())
        self.assertEqual([path.name for path in self.pack.glob("**/*.partial*")], [])

    def manifest_of_pack(self) -> dict:
        return tomllib.loads((self.pack / "pack.toml").read_text())


class PullTest(ModelsTestCase):
    def test_a_pull_installs_the_chosen_models_and_does_nothing_when_run_again(self) -> None:
        output = self.pull()
        self.assertIn("8 of 8 files fetched", output)
        self.assertIn("fetched small.onnx  0.3 MB", output)
        self.assertIn("To use it: calotype models use tiny\n", output)
        self.assert_whole("large.onnx")
        photo = (ROOT / "packs/self_test/objects.jpg").read_bytes()
        self.assertEqual((self.pack / "self_test/objects.jpg").read_bytes(), photo)
        names = [model["name"] for model in self.manifest_of_pack()["model"]]
        self.assertEqual(names, ["small", "image", "text", "read", "face"])
        asked, before = len(self.hub.log), (self.pack / "pack.toml").stat().st_mtime_ns
        self.assertIn("every SHA-256 is right", self.pull(accept=False))
        self.assertEqual(len(self.hub.log), asked)
        self.assertEqual((self.pack / "pack.toml").stat().st_mtime_ns, before)

    def test_another_choice_joins_what_is_there_and_does_not_take_its_place(self) -> None:
        self.pull("--choice", "objects=accurate")
        self.assert_whole("small.onnx")
        self.assertEqual(self.manifest_of_pack()["default_choice"]["objects"], "accurate")
        output = self.pull()
        self.assertIn("To use it: calotype models use tiny --choice objects=fast\n", output)
        self.assert_whole()
        self.assertEqual(len(self.hub.requests("cdn", "ada/large")), 1)
        listed = {line["pack"]: line for line in self.library.lines("--set", "models.pack=tiny", "models", "list", "--json")}
        self.assertTrue(listed["tiny"]["in_use"])
        chosen = {model["name"] for model in listed["tiny"]["models"] if model["chosen"] and model["task"] == "objects"}
        self.assertEqual(chosen, {"large"})
        error = self.pull("--choice", "objects=best", expect=1)
        self.assertIn("no model 'best' for objects; it has fast, accurate", error)

    def test_all_choices(self) -> None:
        self.pull("--all")
        self.assert_whole()

    def test_the_setting_chooses(self) -> None:
        self.library.environment["CALOTYPE_MODELS_CHOICE_OBJECTS"] = "accurate"
        self.pull()
        self.assert_whole("small.onnx")

    def test_what_the_hub_says_of_a_file_without_a_pin_is_recorded_and_holds(self) -> None:
        self.write_manifest(unpinned=("small", "read"))
        self.pull()
        models = {model["name"]: model for model in self.manifest_of_pack()["model"]}
        self.assertEqual(models["small"]["sha256"], sha256(self.content["small.onnx"]))
        self.assertEqual(models["small"]["bytes"], 300 * KB)
        self.assertEqual(models["small"]["hub"]["commit"], COMMIT)
        self.assertEqual(models["read"]["extra_files"][0]["sha256"], sha256(self.content["inference.yml"]))
        (self.pack / "small.onnx").unlink()
        self.hub.files["ada/small/onnx/model.onnx"].data = random.randbytes(300 * KB)
        error = self.pull(expect=1)
        self.assertIn("it was not downloaded", error)

    def test_a_pack_that_is_installed_stays_whole_until_its_successor_is(self) -> None:
        self.pull()
        before = dict(self.content)
        new = random.randbytes(400 * KB)
        self.hub.files["ada/small/onnx/model.onnx"].data = self.content["small.onnx"] = new
        self.write_manifest()
        self.content["small.onnx"] = before["small.onnx"]
        del self.hub.files["ada/ocr/inference.onnx"]
        (self.pack / "read.onnx").unlink()
        self.pull(expect=1)
        self.assertEqual(sha256((self.pack / "small.onnx").read_bytes()), sha256(before["small.onnx"]))
        self.hub.add("ada/ocr", "inference.onnx", self.content["read.onnx"])
        self.content["small.onnx"] = new
        done = self.library.run("models", "pull", self.manifest)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_whole("large.onnx")

    def test_files_of_other_packs_are_not_fetched_again(self) -> None:
        self.pull()
        self.manifest.write_text(self.manifest.read_text().replace('name = "tiny"', 'name = "twin"'))
        asked = len(self.hub.log)
        self.pull()
        self.assertEqual(len(self.hub.log), asked)
        self.assertTrue((self.models / "twin/image.onnx").samefile(self.pack / "image.onnx"))


class FaultTest(ModelsTestCase):
    def test_a_cut_connection_goes_on_where_it_was_cut(self) -> None:
        self.hub.faults.cut = 3
        self.pull()
        self.assert_whole("large.onnx")
        ranges = [request.headers["range"] for request in self.hub.requests("cdn") if "range" in request.headers]
        self.assertTrue(ranges)  # A reset may take with it what had come: then there is nothing to go on from.
        self.assertTrue(all(int(first.removeprefix("bytes=").rstrip("-")) > 0 for first in ranges))

    def test_without_ranges_it_starts_anew(self) -> None:
        self.hub.faults.cut, self.hub.faults.no_ranges = 2, True
        self.pull()
        self.assert_whole("large.onnx")

    def test_a_server_that_always_cuts_is_given_up_and_the_part_is_kept(self) -> None:
        self.hub.faults.cut, self.hub.faults.no_ranges = 1000, True
        error = self.pull(expect=1)
        self.assertIn("gave up after 6 tries", error)
        self.assertTrue(list(self.pack.glob("*.partial")))
        self.assertFalse((self.pack / "pack.toml").exists())

    def test_a_corrupted_byte_is_seen_and_the_file_deleted(self) -> None:
        self.hub.faults.corrupt = 1
        error = self.pull("--set", "models.connections=1", expect=1)
        data = self.content["small.onnx"]
        self.assertIn(f"expected SHA-256 {sha256(data)}, got {sha256(data[:-1] + bytes([data[-1] ^ 1]))}", error)
        self.assertFalse(list(self.pack.glob("small.onnx*")))
        self.assertFalse((self.pack / "pack.toml").exists())
        self.pull()
        self.assert_whole("large.onnx")

    def test_a_corrupted_byte_is_seen_without_a_pin_too(self) -> None:
        self.write_manifest(unpinned=("small",))
        self.hub.faults.corrupt = 1
        self.assertIn("the file was deleted", self.pull("--set", "models.connections=1", expect=1))

    def test_a_wrong_pin_is_told_before_anything_is_fetched(self) -> None:
        self.hub.files["ada/clip/visual/model.onnx"].data = random.randbytes(1500 * KB)
        error = self.pull(expect=1)
        self.assertIn(f"expected {sha256(self.content['image.onnx'])}; it was not downloaded", error)
        self.assertEqual(self.hub.requests("cdn", "visual"), [])

    def test_busy_servers_are_asked_again(self) -> None:
        self.hub.faults.status = [429, 503, 500, 502]
        self.pull()
        self.assert_whole("large.onnx")

    def test_retry_after_is_heeded(self) -> None:
        self.hub.faults.status, self.hub.faults.retry_after = [429], "1"
        start = time.monotonic()
        self.pull()
        self.assertGreater(time.monotonic() - start, 1)

    def test_a_file_that_changes_between_two_tries_starts_anew(self) -> None:
        name = "ada/small/onnx/model.onnx"
        new = random.randbytes(310 * KB)
        self.write_manifest(unpinned=("small",))
        self.hub.faults.cut, self.hub.faults.change_on_range = 1, {name: new}
        self.content["small.onnx"] = new
        # What the hub said before the change no longer holds: told, and the next pull gets it right.
        done = self.library.run("models", "pull", self.manifest, "--accept-licence", LICENCE, "--set", "models.connections=1")
        self.assert_no_bad_file()
        if done.returncode != 0:
            self.pull()
        self.assert_whole("large.onnx")

    def test_an_address_that_has_expired_is_asked_for_again(self) -> None:
        self.hub.faults.expired = 2
        self.pull()
        self.assert_whole("large.onnx")

    def test_redirects_without_end_are_told(self) -> None:
        self.hub.faults.loop = True
        self.assertIn("more than 8 redirects", self.pull(expect=1))

    def test_the_token_goes_to_the_endpoint_alone(self) -> None:
        self.hub.faults.token = "hf_secret"
        error = self.pull(expect=1)
        self.assertIn("answers 401: Repository not found", error)
        self.assertIn("set HF_TOKEN to an access token", error)
        self.library.environment["HF_TOKEN"] = "hf_wrong"
        self.assertIn("the token in HF_TOKEN is not valid", self.pull(expect=1))
        self.library.environment["HF_TOKEN"] = "hf_secret\n"
        self.pull()
        self.assertTrue(self.hub.requests("cdn"))
        for request in self.hub.requests("cdn"):
            self.assertNotIn("authorization", request.headers)

    def test_gated_and_missing_files_are_told_apart(self) -> None:
        self.hub.faults.status = [403] * 4
        self.assertIn(f"its owner requires consent at {self.hub.endpoint}/ada/", self.pull(expect=1))
        self.hub.faults.status = []
        del self.hub.files["ada/ocr/inference.onnx"]
        error = self.pull(expect=1)
        self.assertIn(f"ada/ocr@{REVISION}/inference.onnx", error)
        self.assertIn("the hub has no such file", error)

    def test_nobody_listens(self) -> None:
        self.hub.close()
        start = time.monotonic()
        self.assertIn("gave up after 6 tries", self.pull(expect=1))
        done = self.library.run("models", "pull", "standard", "--probe")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertLess(time.monotonic() - start, 20)

    def test_an_endpoint_that_is_no_url(self) -> None:
        self.library.environment["HF_ENDPOINT"] = "ftp://somewhere"
        self.assertIn("'ftp://somewhere' (models.hub, HF_ENDPOINT) is not an http or https URL", self.pull(expect=1))

    def test_a_disk_that_fills_up(self) -> None:
        limit = 1000 * KB
        done = subprocess.run(
            self.library.command("models", "pull", self.manifest, "--accept-licence", LICENCE),
            env=self.library.environment,
            capture_output=True,
            text=True,
            preexec_fn=lambda: limit_file_size(limit),
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"no space for {self.pack}/image.onnx.partial", done.stderr)
        self.assertIn("the downloaded part is kept", done.stderr)
        self.assert_no_bad_file()
        self.assertFalse((self.pack / "pack.toml").exists())
        self.pull()
        self.assert_whole("large.onnx")
        self.assertTrue(any("range" in request.headers for request in self.hub.requests("cdn", "visual")))

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_file_system_that_is_too_small_is_told_beforehand(self) -> None:
        self.models.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", self.models], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed")
        self.addCleanup(subprocess.run, ["umount", self.models], check=True)
        error = self.pull(expect=1)
        self.assertRegex(error, r"has 2\.\d MB free, but \d+\.\d MB are needed")
        self.assertEqual(self.hub.log, [])

    def start_slow(self) -> subprocess.Popen:
        self.hub.faults.slow = 0.05
        process = self.library.start("models", "pull", self.manifest, "--accept-licence", LICENCE)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            partial = self.pack / "image.onnx.partial"
            if partial.exists() and partial.stat().st_size > 100 * KB:
                return process
            time.sleep(0.02)
        self.fail("nothing was fetched")

    def test_killed_in_the_middle_it_goes_on(self) -> None:
        process = self.start_slow()
        process.kill()
        process.communicate()
        self.assert_no_bad_file()
        self.assertFalse((self.pack / "pack.toml").exists())
        self.hub.faults.slow = 0
        asked = len(self.hub.log)
        self.pull()
        self.assert_whole("large.onnx")
        ranges = [request.headers["range"] for request in self.hub.log[asked:] if "range" in request.headers]
        self.assertTrue(ranges)

    def test_ctrl_c_keeps_the_part(self) -> None:
        process = self.start_slow()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertIn("stopping: what was fetched is kept", error)
        self.assertGreater((self.pack / "image.onnx.partial").stat().st_size, 100 * KB)
        self.hub.faults.slow = 0
        self.pull()
        self.assert_whole("large.onnx")

    def test_one_pull_of_a_pack_at_a_time(self) -> None:
        process = self.start_slow()
        error = self.pull(expect=1)
        self.assertIn(f"another pull of this pack is running (process {process.pid})", error)
        self.hub.faults.slow = 0
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_whole("large.onnx")


class FolderTest(ModelsTestCase):
    """Machines without a network."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.library.home / "carried"
        self.library.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"

    def lay(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def test_by_repository_by_hash_and_as_the_hubs_own_cache(self) -> None:
        for number, (name, file) in enumerate(sorted(self.hub.files.items())):
            owner, repository, path = name.split("/", 2)
            cached = f"models--{owner}--{repository}"
            places = [name, file.sha256, f"{cached}/snapshots/{REVISION}/{path}", f"{cached}/blobs/{file.sha256}"]
            self.lay(places[number % 4], file.data)
        self.pull("--from", self.folder)
        self.assert_whole("large.onnx")

    def test_what_is_missing_or_wrong_is_named(self) -> None:
        self.assertIn("is not a folder", self.pull("--from", self.folder, expect=1))
        for name, file in self.hub.files.items():
            self.lay(name, file.data)
        self.lay("ada/clip/visual/model.onnx", b"x" * 1500 * KB)
        error = self.pull("--from", self.folder, expect=1)
        self.assertIn(f"expected SHA-256 {sha256(self.content['image.onnx'])}", error)
        (self.folder / "ada/clip/visual/model.onnx").unlink()
        error = self.pull("--from", self.folder, expect=1)
        self.assertIn("neither as ada/clip/visual/model.onnx nor under the name of its SHA-256", error)


class LicenceTest(ModelsTestCase):
    def test_what_forbids_something_must_be_accepted_and_is_recorded(self) -> None:
        error = self.pull(accept=False, expect=1)
        self.assertIn(f"--accept-licence {LICENCE}", error)
        self.assertEqual(self.hub.log, [])
        self.pull()
        accepted = tomllib.loads((self.pack / "licences.toml").read_text())["accepted"]
        self.assertEqual([(entry["licence"], entry["models"]) for entry in accepted], [(LICENCE, ["face"])])
        self.assertRegex(accepted[0]["date"], r"^\d{4}-\d\d-\d\d$")
        # Other terms under the same name are another matter.
        self.manifest.write_text(self.manifest.read_text().replace("Not for money.", "Not at all."))
        self.pull(accept=False, expect=1)

    def test_a_known_pack_says_what_to_type(self) -> None:
        error = self.pull(pack="standard", accept=False, expect=1)
        self.assertIn("calotype models pull standard --accept-licence InsightFace-non-commercial", error)
        self.assertIn("calotype models pull standard-free", error)

    def test_a_terminal_is_asked(self) -> None:
        for answer, expected in ((b"n\n", 1), (b"y\n", 0)):
            master, slave = self.open_terminal()
            process = subprocess.Popen(
                self.library.command("models", "pull", self.manifest),
                env=self.library.environment, stdin=slave, stdout=slave, stderr=subprocess.PIPE,
            )  # fmt: skip
            os.close(slave)
            os.write(master, answer)
            output = b""
            while True:
                try:
                    block = os.read(master, 4096)
                except OSError:  # Linux's word for the end of a terminal
                    break
                output += block
            process.communicate(timeout=60)
            os.close(master)
            self.assertEqual(process.returncode, expected, output)
            self.assertIn(b"Not for money.", output)
        self.assert_whole("large.onnx")


class KnownPackTest(ModelsTestCase):
    def test_probe(self) -> None:
        first = tomllib.loads((ROOT / "packs/standard.toml").read_text())["model"][1]
        self.hub.add(first["hub"]["repository"], first["hub"]["path"], b"x")
        done = self.library.run("models", "pull", "standard", "--probe")
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.hub.endpoint} answers\n"))
        self.hub.faults.status = [200]  # a page that says that one must log in
        done = self.library.run("models", "pull", "standard", "--probe")
        self.assertEqual(done.returncode, 1)
        self.assertIn("but it is not a model hub", done.stderr)

    def test_they_are_listed_with_sizes_licences_and_choices(self) -> None:
        listed = {line["pack"]: line for line in self.library.lines("models", "list", "--json")}
        self.assertEqual(set(listed), {"standard", "standard-free", "classic"})
        objects = [model for model in listed["standard"]["models"] if model["task"] == "objects"]
        self.assertEqual([model["choice"] for model in objects], ["fast", "balanced", "accurate", "most"])
        self.assertFalse(any(model["licence_terms"] for model in listed["standard-free"]["models"]))
        text = self.library.run("models", "list").stdout
        self.assertIn("not installed: calotype models pull standard-free", text)
        self.assertIn("objects (balanced*)", text)
        self.assertRegex(text, r"faces\.recognise \(accurate\*\) +buffalo-l-recognise")
        self.assertRegex(text, r"faces\.recognise \(fast\) +buffalo-s-recognise +\? ")
        self.assertIn("InsightFace-non-commercial", text)

    def test_a_wrong_name_says_what_there_is(self) -> None:
        error = self.pull(pack="nonsense", expect=1)
        self.assertEqual(
            error,
            "calotype: unknown pack 'nonsense'; known: standard, standard-free, classic, or the path of a manifest "
            "(.toml); runtime-cuda\n",
        )


class LayoutTest(CalotypeTestCase):
    """Graphs of the layouts that people run, with random weights, pulled from the hub and put to work."""

    testdata = ROOT / "src/analysis"
    starter = user_cache() / "models/starter"
    detectors = {"d_fine": "d-fine", "answers": "rt-detr", "detr": "detr", "conditional_detr": "conditional-detr", "rf_detr": "rf-detr",
                 "deformable_detr": "deformable-detr", "rt_detr": "rt-detr", "rt_detr_v2": "rt-detr",
                 "yolos": "yolos"}  # fmt: skip
    preprocessing = {"size": [64, 64], "mean": [0.48145466, 0.4578275, 0.40821073],
                     "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic"}  # fmt: skip

    def setUp(self) -> None:
        super().setUp()
        self.hub = HubServer()
        self.addCleanup(self.hub.close)
        environment = self.library.environment
        for name in [name for name in environment if name.lower().endswith("_proxy")]:
            del environment[name]
        environment["HF_ENDPOINT"] = self.hub.endpoint
        environment["CALOTYPE_MODELS_FOLDER"] = str(self.library.home / "models")
        environment["CALOTYPE_MODELS_PACK"] = "layouts"
        self.text = 'format = 1\nname = "layouts"\n'

    def serve(self, name: str, data: bytes) -> str:
        """The keys that say where the file is fetched from, and its pin."""
        repository = f"layouts/{pathlib.PurePath(name).stem}"
        self.hub.add(repository, name, data)
        hub = f'hub = {{repository = "{repository}", revision = "{REVISION}", path = "{name}"}}'
        return f'{hub}\nsha256 = "{sha256(data)}"\nbytes = {len(data)}\n'

    def add(self, name: str, task: str, family: str, graph: pathlib.Path, *, choice: str = "", params: dict | None = None,
            extra: dict[str, bytes] | None = None, self_test: dict | None = None, folder: str = "") -> None:  # fmt: skip
        file = f"{folder}{name}.onnx"
        self.text += f'[[model]]\nname = "{name}"\ntask = "{task}"\nfamily = "{family}"\nfile = "{file}"\n'
        self.text += self.serve(file, graph.read_bytes()) + 'licence = "MIT"\n'
        self.text += f'choice = "{choice}"\n' if choice else ""
        for file, data in (extra or {}).items():
            self.text += f'[[model.extra_files]]\npath = "{file}"\n' + self.serve(file, data)
        for table, values in (("params", params), ("self_test", self_test)):
            self.text += f"[model.{table}]\n" if values else ""
            # What JSON makes of these values is TOML as well.
            self.text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in (values or {}).items())

    def add_from_starter(self, task: str) -> None:
        models = tomllib.loads((self.starter / "pack.toml").read_text())["model"]
        model = next(model for model in models if model["task"] == task)
        self.add(model["name"], task, model["family"], self.starter / model["file"], params=model["params"])

    def add_encoders(self) -> None:
        graphs = self.testdata / "embed/testdata/contrastive"
        tokenizer_folder = self.testdata / "embed/testdata/tokenizers"
        tokenizer = tokenizer_folder / "clip"
        photos = {"photo": "self_test/image.jpg", "more_photos": ["self_test/objects.jpg"]}
        words = {"text": "a photo of a cat"}
        self.add("clip-image", "embed.image", "clip", graphs / "immich_visual.onnx", params={"space": "random"},
                 extra={"preprocess_cfg.json": json.dumps(self.preprocessing).encode()}, choice="clip",
                 self_test=photos)  # fmt: skip
        files = {name: (tokenizer / name).read_bytes() for name in ("vocab.json", "merges.txt")}
        self.add("clip-text", "embed.text", "clip", graphs / "immich_textual.onnx", params={"space": "random"},
                 extra=files, choice="clip", self_test=words)  # fmt: skip
        # What lies beside a graph is its own: two models with files of one name have a folder each.
        for name, tokenizer, padding in (("siglip", "siglip.json", "</s>"), ("siglip2", "gemma.json", "<pad>")):
            files = {f"{name}/tokenizer.json": (tokenizer_folder / tokenizer).read_bytes(),
                     f"{name}/tokenizer_config.json": json.dumps({"pad_token": padding}).encode()}  # fmt: skip
            self.add(f"{name}-image", "embed.image", "siglip", graphs / "siglip_vision.onnx", params={"space": name},
                     choice=name, self_test=photos, folder=f"{name}/")  # fmt: skip
            self.add(f"{name}-text", "embed.text", "siglip", graphs / f"{name}_text.onnx", params={"space": name},
                     extra=files, choice=name, self_test=words, folder=f"{name}/")  # fmt: skip

    def add_faces(self) -> None:
        faces = self.testdata / "faces/testdata"
        for name in ("scrfd", "scrfd_five", "retinaface", "yunet"):
            self.add(name, "faces.detect", name.removesuffix("_five"), faces / f"{name}.onnx", choice=name,
                     self_test={"photo": "self_test/face_640.jpg"})  # fmt: skip
        for family in ("arcface", "sface"):
            self.add(family, "faces.recognise", family, faces / f"{family}.onnx", choice=family,
                     self_test={"photo": "self_test/face_chip.jpg"})  # fmt: skip

    def pull(self) -> None:
        manifest = self.library.home / "layouts.toml"
        manifest.write_text(self.text)
        self.hub.faults.cut = 2
        done = self.library.run("models", "pull", manifest, "--all")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_pack_of_all_layouts_is_pulled_and_scans_the_samples(self) -> None:
        for detector, family in self.detectors.items():
            self.add(detector, "objects", family, self.testdata / f"detect/testdata/{detector}.onnx", choice=detector,
                     self_test={"photo": "self_test/objects.jpg"})  # fmt: skip
        self.add_encoders()
        self.add_faces()
        for task in ("ocr.detect", "ocr.recognise"):
            self.add_from_starter(task)
        self.pull()
        self.assertEqual(self.library.run("models", "verify").returncode, 0)
        samples = sorted((ROOT / "samples").glob("*.[jp]*"))
        done = self.library.run("scan", ROOT / "samples")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"scanned {len(samples)} photos, {len(samples)} analysed", done.stdout)
        status = self.library.json("status", "--json")
        self.assertEqual(status["failures"], [])
        for name, counts in status["analyses"].items():
            self.assertEqual((counts["done"], counts["failed"]), (len(samples), 0), name)
        hits = self.library.lines("search", "a photo of a cat", "--limit", 5, "--json")
        self.assertEqual(len(hits), 5)
        others = [("objects", "objects", name) for name in self.detectors]
        others += [("faces.detect", "faces", name) for name in ("scrfd_five", "retinaface", "yunet")]
        others += [("faces.recognise", "faces", "sface")]
        for task, analysis, choice in others:
            setting = f"models.choice.{task}={choice}"
            done = self.library.run("--set", setting, "analyze", ROOT / "samples/desk.jpg", "--json", "--only", analysis)
            answer = json.loads(done.stdout)
            self.assertEqual(answer["errors"], {}, choice)
            self.assertIn(analysis, answer, choice)
        for name in ("siglip", "siglip2"):
            choices = [f"{task}={name}" for task in ("embed.image", "embed.text")]
            done = self.library.run("models", "use", "layouts", "--choice", ",".join(choices), "--wait")
            self.assertEqual(done.returncode, 0, done.stderr)
            hits = self.library.lines("search", "a photo of a cat", "--limit", 5, "--json")
            self.assertEqual(len(hits), 5, name)


class VerifyTest(ModelsTestCase):
    def test_every_file_is_looked_at(self) -> None:
        self.pull()
        done = self.library.run("models", "verify")
        self.assertEqual((done.returncode, done.stdout.count("ok  ")), (0, 8))
        (self.pack / "vocab.json").write_bytes(b"x" * 30 * KB)
        done = self.library.run("models", "verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn("BAD     tiny/text  vocab.json", done.stdout)
        self.assertIn("its manifest says", done.stderr)
        # And is mended, without what is right.
        asked = len(self.hub.log)
        self.assertIn("1 of 8 files fetched", self.pull())
        self.assertEqual({request.path.split("/")[-1] for request in self.hub.log[asked:]}, {"vocab.json"})


class ImportTest(ModelsTestCase):
    starter = user_cache() / "models/starter"

    def run_import(self, *arguments: object, expect: int = 0) -> str:
        done = self.library.run("models", "import", *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def test_a_model_joins_a_pack_once_it_was_loaded(self) -> None:
        params = ["input_size=640", "mean=127.5", "std=128", "score_threshold=0.5", "nms_iou=0.4"]
        flags = [word for param in params for word in ("--param", param)]
        model = self.starter / "scrfd.onnx"
        output = self.run_import(model, "--task", "faces.detect", "--family", "scrfd", "--name", "mine", *flags)
        self.assertIn("mine is now a model of the pack local", output)
        self.assertRegex(output, r"input +\S+ +float32 \[1, 3, 640, 640\]")
        photo = ROOT / "samples/astronaut.png"
        done = self.library.run("--set", "models.pack=local", "analyze", photo, "--json")
        self.assertEqual(len(json.loads(done.stdout)["faces"]), 1, done.stderr)
        # A second one for the task needs a name of its own.
        again = [model, "--task", "faces.detect", "--family", "scrfd", *flags]
        error = self.run_import(*again, "--name", "other", expect=1)
        self.assertIn("another model already has the choice 'default' for faces.detect", error)
        self.assertFalse((self.models / "local/other.onnx").exists())
        self.run_import(*again, "--name", "other", "--choice", "second")
        self.assertEqual(self.library.run("models", "verify").returncode, 0)

    def test_what_cannot_be_driven_leaves_nothing(self) -> None:
        model = self.starter / "scrfd.onnx"
        cases = [
            ([model, "--task", "faces", "--family", "scrfd"], "tasks are objects"),
            ([model, "--task", "faces.detect"], "--family is missing"),
            ([model, "--task", "faces.detect", "--family", "nonsense"], "nonsense"),
            ([self.manifest, "--task", "ocr.orient", "--family", "orient"], ""),
            ([self.library.home / "nothing.onnx", "--task", "ocr.orient", "--family", "orient"], "nothing.onnx"),
            ([model, "--task", "ocr.orient", "--family", "orient", "--into", "../x"], "cannot be the name of a file"),
        ]
        for arguments, message in cases:
            self.assertIn(message, self.run_import(*arguments, expect=1))
            self.assertFalse((self.models / "local").exists(), arguments)


if __name__ == "__main__":
    unittest.main()
