"""calotype doctor: what it finds when all is well, and what it says of each thing that is not."""

import json
import pathlib
import shutil
import subprocess
import unittest

from calotype import CalotypeTestCase, Library, long_run, user_cache

CHECKS = ["configuration", "catalogue", "storage", "decoders", "sandbox", "engines", "gpu", "models", "devices", "photo"]
FORMATS = ["JPEG", "PNG", "WebP", "TIFF", "GIF", "HEIC", "AVIF", "JPEG XL", "RAW"]
NVIDIA = "0x10de"


def has_nvidia_gpu() -> bool:
    vendors = pathlib.Path("/sys/bus/pci/devices").glob("*/vendor")
    return any(vendor.read_text().strip() == NVIDIA for vendor in vendors)


class DoctorTest(CalotypeTestCase):
    library: Library

    @classmethod
    def setUpClass(cls) -> None:
        cls.library = Library()
        cls.models = pathlib.Path(cls.library.environment["CALOTYPE_MODELS_FOLDER"])
        openvino = user_cache() / "openvino" / "libs"
        if openvino.exists():
            cls.library.environment.setdefault("CALOTYPE_INFERENCE_OPENVINO", str(openvino))
        # Measures once; the tests below find it measured.
        cls.fresh = cls.library.run("doctor", "--json")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.library.close()

    def setUp(self) -> None:
        pass  # One library for all of them: nothing here changes it.

    def examine(self, *settings: str, expect: int, command: tuple[str, ...] = ("doctor", "--json")) -> dict:
        flags = [word for setting in settings for word in ("--set", setting)]
        done = self.library.run(*flags, *command)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return self.read(done)

    def read(self, done: subprocess.CompletedProcess) -> dict:
        """The answer, once its sums and its shape are right."""
        answer = json.loads(done.stdout)
        self.assertEqual([check["name"] for check in answer["checks"]], CHECKS)
        self.assertEqual(answer["passed"], sum(check["ok"] for check in answer["checks"]))
        self.assertEqual(answer["total"], len(CHECKS))
        self.assertEqual(done.returncode, 0 if answer["passed"] == answer["total"] else 1)
        for check in answer["checks"]:
            self.assertTrue(check["detail"], check)
            self.assertEqual(check["ok"], check["remedy"] == "", check)
        return answer

    def check(self, answer: dict, name: str) -> dict:
        return next(check for check in answer["checks"] if check["name"] == name)

    def failed(self, answer: dict) -> set[str]:
        return {check["name"] for check in answer["checks"] if not check["ok"]}

    def copy_of_pack(self, name: str) -> pathlib.Path:
        """The installed starter pack under another folder."""
        folder = pathlib.Path(self.library.home) / name / "starter"
        shutil.copytree(self.models / "starter", folder)
        return folder

    def test_all_is_well_on_a_fresh_home(self) -> None:
        answer = self.read(self.fresh)
        # A GPU that this ONNX Runtime cannot use is rightly complained of.
        self.assertLessEqual(self.failed(answer), {"gpu"} if has_nvidia_gpu() else set(), answer["checks"])
        for name in FORMATS:
            self.assertIn(name, self.check(answer, "decoders")["detail"])
        self.assertIn("nothing was scanned yet", self.check(answer, "catalogue")["detail"])

    def test_every_model_says_where_it_runs_and_why_nowhere_else(self) -> None:
        answer = self.read(self.fresh)
        self.assertEqual(len(answer["models"]), 8)
        for model in answer["models"]:
            self.assertRegex(model["device"], r"^(onnxruntime|openvino) \w+$")
            self.assertIn(model["precision"], ("f32", "bf16", "f16"))
            self.assertGreater(model["ms"], 0)
            self.assertTrue(model["agreement"])
            for other in model["not_used"]:
                self.assertNotEqual(other["device"], f"{model['device']} {model['precision']}")
                self.assertTrue(other["reason"], other)

    def test_validate_is_another_name_for_it(self) -> None:
        done = self.library.run("validate", "--json")
        self.assertEqual(self.read(done)["passed"], self.read(self.fresh)["passed"])

    def test_text_is_for_people(self) -> None:
        done = self.library.run("doctor")
        self.assertIn("ok    configuration", done.stdout)
        self.assertRegex(done.stdout, r"\n\d+/10 checks passed\n$")
        self.assertNotIn("\033", done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")

    @long_run
    def test_a_device_is_obeyed(self) -> None:
        answer = self.examine("devices.default=onnxruntime:cpu", expect=int(has_nvidia_gpu()))
        for model in answer["models"]:
            self.assertEqual((model["device"], model["precision"]), ("onnxruntime cpu", "f32"))

    @unittest.skipIf(has_nvidia_gpu(), "the GPU may work")
    def test_a_gpu_that_is_asked_for_and_not_there(self) -> None:
        answer = self.examine("devices.default=cuda,cpu", expect=1)
        self.assertEqual(self.failed(answer), {"gpu"})
        self.assertIn("devices.default asks for cuda", self.check(answer, "gpu")["detail"])
        self.assertIn("calotype models pull runtime-cuda", self.check(answer, "gpu")["remedy"])
        for model in answer["models"]:
            self.assertEqual(model["device"].split()[-1], "cpu")
            reasons = [other["reason"] for other in model["not_used"] if "cuda" in other["device"]]
            self.assertEqual(len(reasons), 1, model)
            self.assertIn("calotype models pull runtime-cuda", reasons[0])

    def test_a_device_that_does_not_exist(self) -> None:
        done = self.library.run("--set", "devices.faces.detect=quantum", "doctor")
        self.assertEqual(done.returncode, 1)
        for words in ("devices.faces.detect", "quantum", "cuda", "openvino:cpu:bf16"):
            self.assertIn(words, done.stdout)

    def test_a_runtime_that_is_not_there(self) -> None:
        answer = self.examine("inference.onnxruntime=/nowhere", expect=1)
        self.assertLessEqual({"engines", "devices", "photo"}, self.failed(answer))
        for words in ("inference.onnxruntime", "/nowhere"):
            self.assertIn(words, self.check(answer, "engines")["detail"])
        self.assertTrue(self.check(answer, "decoders")["ok"])
        self.assertTrue(self.check(answer, "models")["ok"])
        self.assertEqual(answer["models"], [])

    def test_a_pack_that_is_not_there(self) -> None:
        answer = self.examine("models.pack=nothing", expect=1)
        self.assertIn("'nothing' is not installed", self.check(answer, "models")["detail"])
        self.assertTrue(self.check(answer, "engines")["ok"])

    def test_a_model_file_that_is_missing(self) -> None:
        folder = self.copy_of_pack("missing")
        (folder / "scrfd.onnx").unlink()
        answer = self.examine(f"models.folder={folder.parent}", expect=1)
        self.assertLessEqual({"models", "devices", "photo"}, self.failed(answer))
        self.assertIn("scrfd.onnx", self.check(answer, "models")["detail"])
        models = {model["name"]: model for model in answer["models"]}
        self.assertIsNone(models["scrfd"]["device"])
        self.assertIn("scrfd.onnx", models["scrfd"]["problem"])
        self.assertTrue(models["conse"]["device"])

    def test_a_model_file_that_is_not_what_it_was(self) -> None:
        folder = self.copy_of_pack("broken")
        file = folder / "centernet.onnx"
        file.unlink()
        data = bytearray((self.models / "starter" / "centernet.onnx").read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        answer = self.examine(f"models.folder={folder.parent}", expect=1)
        self.assertIn("models", self.failed(answer))
        for words in ("centernet.onnx", "SHA-256"):
            self.assertIn(words, self.check(answer, "models")["detail"])
        self.assertIn("--fix", self.check(answer, "models")["remedy"])
        for name in ("configuration", "catalogue", "decoders", "engines"):
            self.assertTrue(self.check(answer, name)["ok"], name)

    def test_a_folder_that_cannot_be_written(self) -> None:
        answer = self.examine("catalog.file=/proc/calotype/catalog.db", expect=1)
        self.assertIn("configuration", self.failed(answer))
        self.assertIn("/proc", self.check(answer, "configuration")["detail"])

    def test_a_catalogue_that_is_none(self) -> None:
        file = pathlib.Path(self.library.home) / "garbage.db"
        file.write_bytes(b"no database at all, however long one looks at it" * 100)
        answer = self.examine(f"catalog.file={file}", expect=1)
        self.assertIn("catalogue", self.failed(answer))
        self.assertIn(str(file), self.check(answer, "catalogue")["remedy"])

    @long_run
    def test_fix_measures_again_and_says_what_it_cannot_build(self) -> None:
        folder = self.copy_of_pack("own")
        own = folder.rename(folder.parent / "own")
        (own / "scrfd.onnx").unlink()
        kept = self.library.environment["XDG_CACHE_HOME"]
        self.addCleanup(self.library.environment.update, XDG_CACHE_HOME=kept)
        cache = pathlib.Path(self.library.home) / "fix"
        self.library.environment["XDG_CACHE_HOME"] = str(cache)
        (cache / "calotype").mkdir(parents=True)
        (cache / "calotype/devices.json").write_text("{}")
        answer = self.examine(
            f"models.folder={own.parent}", "models.pack=own", "devices.default=onnxruntime:cpu",
            expect=1, command=("doctor", "--json", "--fix"),
        )
        self.assertEqual(len(answer["fixed"]), 2)
        self.assertIn("measurements", answer["fixed"][0])
        self.assertIn("'own' cannot be built on this machine", answer["fixed"][1])


if __name__ == "__main__":
    unittest.main()
