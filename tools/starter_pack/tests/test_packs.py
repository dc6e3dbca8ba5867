"""Tests that manifests, pins and recipes agree, and tests archives and downloads."""

import contextlib
import hashlib
import importlib.util
import io
import json
import re
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from packer import cache, fetch, install, make, manifest, recipes

TASKS = "embed.image embed.text faces.detect faces.recognise objects ocr.detect ocr.orient ocr.recognise".split()


class ManifestTest(unittest.TestCase):
    def setUp(self):
        self.packs = [manifest.load(name) for name in manifest.names()]

    def test_every_pack_serves_every_task_once(self):
        self.assertEqual([pack.name for pack in self.packs], ["starter", "starter-free"])
        for pack in self.packs:
            self.assertEqual(sorted(model.table["task"] for model in pack.models), TASKS, pack.name)

    def test_every_file_has_a_recipe_from_sources_of_the_pack(self):
        for pack in self.packs:
            sources = {source.package for source in pack.sources}
            used = {package for name in pack.files() for package in recipes.RECIPES[name].packages}
            self.assertEqual(used, sources, pack.name)

    def test_versions_are_those_of_the_pins(self):
        npm = json.loads((cache.TOOL / "pins" / "npm.json").read_text())
        for source in (source for pack in self.packs for source in pack.sources):
            if source.registry == "npm":
                self.assertEqual(npm[source.package]["version"], source.version)
            else:
                pattern = rf"{re.escape(source.package)}=={re.escape(source.version)}( --hash=sha256:[0-9a-f]{{64}})+"
                self.assertRegex(fetch.pip_pin(source.package), f"^{pattern}$")

    def test_the_doubtful_weights_are_named_and_kept_out_of_the_free_pack(self):
        starter, free = self.packs
        self.assertIn("non-commercial", starter.source("scrfd").notice)
        self.assertIn("non-commercial", starter.model("scrfd").notice)
        self.assertNotIn("scrfd", [source.package for source in free.sources])

    def test_self_test_photos_are_there_small_and_licensed(self):
        rows = (manifest.PACKS / "self_test" / "LICENCES.tsv").read_text().splitlines()[1:]
        licensed = {row.split("\t")[0]: row.split("\t")[4] for row in rows}
        tests = [model.table["self_test"] for pack in self.packs for model in pack.models]
        photos = {manifest.PACKS / photo for test in tests for photo in install.self_test_photos(test)}
        self.assertEqual(licensed, {photo.name: manifest.sha256(photo) for photo in photos})
        self.assertLess(max(photo.stat().st_size for photo in photos), 60_000)


class MakeTest(unittest.TestCase):
    def _pack(self, **files: bytes) -> manifest.Pack:
        pins = tuple(manifest.PinnedFile(name, hashlib.sha256(content).hexdigest()) for name, content in files.items())
        return manifest.Pack("test", "", (), (manifest.Model("m", "", "", 0, pins, {}),))

    def _make(self, pack: manifest.Pack, out: Path, **contents: bytes) -> None:
        made = {name: recipes.Recipe((), lambda _, content=content: content) for name, content in contents.items()}
        with mock.patch.dict(make.RECIPES, made), mock.patch("builtins.print"):
            make.make(pack, out)

    def test_makes_what_is_missing_or_damaged_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "pack"
            pack = self._pack(a=b"1", b=b"2")
            self._make(pack, out, a=b"1", b=b"2")
            (out / "b").write_bytes(b"damaged")
            self.assertEqual(manifest.missing_files(pack.files(), out), ["b"])
            self._make(pack, out, b=b"2")
            self.assertEqual(sorted(path.name for path in out.iterdir()), ["a", "b"])
            self.assertEqual(manifest.missing_files(pack.files(), out), [])

    def test_a_file_that_is_not_as_pinned_never_appears(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            with self.assertRaisesRegex(make.PinError, "a: made with sha256 .*, but the manifest pins"):
                self._make(self._pack(a=b"1"), out, a=b"other")
            self.assertEqual(list(out.iterdir()), [])


class InstallTest(unittest.TestCase):
    def test_places_photos_and_manifest_once(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            pack = manifest.load("starter")
            install.place_manifest(pack, out)
            self.assertEqual((out / "pack.toml").read_bytes(), (manifest.PACKS / "starter.toml").read_bytes())
            self.assertTrue((out / "self_test" / "objects.jpg").is_file())
            self.assertFalse((out / "self_test" / "face_256.jpg").exists())  # belongs to the other detector
            with mock.patch.object(install, "place", side_effect=AssertionError("placed again")):
                install.place_manifest(pack, out)


class StandInBackendTest(unittest.TestCase):
    def test_answers_with_name_and_version_and_runs_nothing(self):
        path = cache.TOOL / "no_build" / "hatchling" / "build.py"
        spec = importlib.util.spec_from_file_location("stand_in", path)
        backend = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(backend)
        with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
            Path("PKG-INFO").write_text("Metadata-Version: 2.4\nName: some-package\nVersion: 0.3.0\nSummary: x\n")
            folder = backend.prepare_metadata_for_build_wheel(temporary)
            self.assertEqual(folder, "some_package-0.3.0.dist-info")
            self.assertIn("Name: some-package\nVersion: 0.3.0\n", Path(folder, "METADATA").read_text())


class ExtractTest(unittest.TestCase):
    def _archive(self, folder: Path, name: str, files: dict[str, bytes]) -> Path:
        path = folder / name
        if name.endswith(".whl"):
            with zipfile.ZipFile(path, "w") as wheel:
                wheel.mkdir("models")
                for inside, content in files.items():
                    wheel.writestr(inside, content)
            return path
        with tarfile.open(path, "w:gz") as tar:
            for inside, content in files.items():
                info = tarfile.TarInfo(f"package-1.0/{inside}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    def test_takes_the_wanted_files_alone(self):
        files = {"models/a.bin": b"a", "setup.py": b"import os"}
        for name in ("p.whl", "p.tgz", "p.tar.gz"):
            with self.subTest(name), tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                archive = self._archive(folder, name, files)
                fetch.extract(archive, folder / "out", lambda path: path.startswith("models/"))
                found = [path for path in (folder / "out").rglob("*") if path.is_file()]
                self.assertEqual(found, [folder / "out/models/a.bin"])

    def test_refuses_a_path_that_leaves_the_folder(self):
        with tempfile.TemporaryDirectory() as temporary:
            archive = self._archive(Path(temporary), "p.tgz", {"../evil": b""})
            with self.assertRaisesRegex(fetch.FetchError, "outside its folder"):
                fetch.extract(archive, Path(temporary) / "out", lambda path: True)


if __name__ == "__main__":
    unittest.main()
