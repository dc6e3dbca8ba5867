"""calotype models quantise: int8 forms of the starter pack's models, and what becomes of answers."""

import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase, Library, limit_file_size
from server_process import Server

INT8 = "onnxruntime cpu int8"


def cosine(a: list[float], b: list[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


class QuantiseTest(CalotypeTestCase):
    library: Library

    @classmethod
    def setUpClass(cls) -> None:
        """One library with photos, one model of which an int8 form is made."""
        cls.library = Library()
        cls.library.environment["CALOTYPE_INFERENCE_OPENVINO"] = "none"
        for sample in SAMPLES.glob("*.jpg"):
            shutil.copy(sample, cls.library.photos)
        cls.scanned = cls.library.run("scan", cls.library.photos, "--only", "embedding")
        cls.before = cls.library.json("status", "--json")
        cls.made = cls.library.run("models", "quantise", "embed.image", "--photos", "8", "--json")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.library.close()

    def setUp(self) -> None:
        pass  # One library for all: nothing below changes what others look at.

    def forms(self, library: Library) -> list[pathlib.Path]:
        return sorted((library.cache / "quantised").glob("*"))

    def analyze(self, device: str) -> list[dict]:
        photos = sorted(self.library.photos.iterdir())[:3]
        done = self.library.run(
            "--set", f"devices.embed.image={device}", "analyze", *photos, "--only", "embedding", "--vectors"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_tells_what_was_made(self) -> None:
        self.assertEqual(self.made.returncode, 0, self.made.stderr)
        (model,) = [json.loads(line) for line in self.made.stdout.splitlines()]
        self.assertEqual((model["task"], model["name"]), ("embed.image", "conse"))
        self.assertEqual(model["runs"], min(8, len(list(self.library.photos.iterdir()))))
        self.assertLess(model["int8_bytes"], 0.4 * model["bytes"])
        self.assertGreater(model["layers"], model["layers_in_float"])
        self.assertTrue(model["agreement"])
        self.assertEqual(model["used"], model["why_not"] == "")
        (form,) = self.forms(self.library)
        self.assertEqual(form.stat().st_size, model["int8_bytes"])

    def test_a_server_makes_them_in_a_job(self) -> None:
        server = Server(self.library)
        self.addCleanup(server.stop)

        def submit(**request: object) -> int:
            answer = server.request("POST", "/api/v1/jobs", {"kind": "quantise", **request})
            self.assertEqual(answer.status, 202, answer.body)
            return answer.json()["job"]

        def ended(job: int) -> dict:
            while not (seen := server.get(f"/api/v1/jobs/{job}").json())["ended"]:
                time.sleep(0.1)
            return seen

        before = self.forms(self.library)
        cancelled = submit(tasks=["embed.image"], photos=1000)
        refused = submit(tasks=["embed.text"])
        while not (seen := server.get(f"/api/v1/jobs/{cancelled}").json())["step"]:
            self.assertNotEqual(seen["state"], "failed", seen)
            time.sleep(0.02)
        self.assertRegex(seen["step"], "embed.image: photo|conse: ")
        self.assertEqual(server.request("DELETE", f"/api/v1/jobs/{cancelled}").status, 202)
        self.assertEqual(ended(cancelled)["state"], "cancelled")
        self.assertEqual(self.forms(self.library), before, "the form that was there stays")
        failed = ended(refused)
        self.assertEqual(failed["state"], "failed")
        self.assertIn("embed.text", failed["error"])
        done = ended(submit(tasks=["faces.recognise"], photos=1))
        self.assertEqual((done["state"], done["counts"]["models"]), ("done", 1), done)

    def test_doctor_shows_it(self) -> None:
        done = self.library.run("doctor", "--json")
        models = {model["name"]: model for model in json.loads(done.stdout)["models"]}
        conse = models["conse"]
        reasons = [other["reason"] for other in conse["not_used"] if other["device"] == INT8]
        self.assertEqual(len(reasons), 0 if conse["precision"] == "int8" else 1, conse)
        for name, model in models.items():
            if name != "conse":  # no form, and no word of it
                self.assertEqual([other for other in model["not_used"] if other["device"] == INT8], [], name)

    def test_answers_agree_with_those_of_fp32(self) -> None:
        for exact, rounded in zip(self.analyze("cpu:f32"), self.analyze("cpu:int8"), strict=True):
            self.assertIn(" f32", exact["devices"]["embedding"])
            self.assertIn(" int8", rounded["devices"]["embedding"])
            self.assertNotEqual(exact["embedding"]["vector"], rounded["embedding"]["vector"])
            self.assertGreater(cosine(exact["embedding"]["vector"], rounded["embedding"]["vector"]), 0.9)

    def test_nothing_is_looked_at_again(self) -> None:
        again = self.library.run("scan", self.library.photos, "--only", "embedding")
        self.assertEqual(again.returncode, 0, again.stderr)
        after = self.library.json("status", "--json")
        self.assertEqual(after["analyses"], self.before["analyses"])
        self.assertEqual(after["runs"], self.before["runs"])

    def test_a_model_that_changes_loses_its_form(self) -> None:
        library = Library()
        self.addCleanup(library.close)
        models = pathlib.Path(library.environment["CALOTYPE_MODELS_FOLDER"])
        copy = library.home / "models"
        shutil.copytree(models / "starter", copy / "starter")
        library.environment |= {"CALOTYPE_MODELS_FOLDER": str(copy), "CALOTYPE_INFERENCE_OPENVINO": "none"}
        done = library.run("models", "quantise", "embed.image")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the library has no photos yet", done.stderr)
        self.assertIn("embed.image", done.stdout)
        (form,) = self.forms(library)
        os.utime(copy / "starter" / "image.onnx", (1, 1))
        asked = library.run(
            "--set", "devices.embed.image=cpu:int8", "analyze", SAMPLES / "apple.jpg", "--only", "embedding"
        )
        told = asked.stdout + asked.stderr
        self.assertIn("there is no int8 form of this model", told)
        self.assertIn("calotype models quantise embed.image", told)
        library.run("models", "quantise", "embed.image")
        (new_form,) = self.forms(library)
        self.assertNotEqual(form, new_form)

    def test_ctrl_c_leaves_nothing_half(self) -> None:
        library = Library()
        self.addCleanup(library.close)
        process = library.start("models", "quantise")
        folder = library.cache / "quantised"
        deadline = time.monotonic() + 120
        while not list(folder.glob("part-*/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=200)
        self.assertEqual(process.returncode, 130)
        self.assertIn("stopped", told)
        self.assertEqual(list(folder.glob("part-*")), [])

    def test_a_disk_that_fills_up_is_told_and_leaves_nothing(self) -> None:
        library = Library()
        self.addCleanup(library.close)
        limit = 1_000_000
        command = ["env", "--ignore-signal=XFSZ", *library.command("models", "quantise", "embed.image", "--photos", "1")]
        done = subprocess.run(
            command, env=library.environment, capture_output=True, text=True, timeout=500,
            preexec_fn=lambda: limit_file_size(limit),
        )
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout + done.stderr, r"write \S+/quantised/part-")
        self.assertEqual(self.forms(library), [])

    def test_says_what_cannot_be_calibrated(self) -> None:
        for task, words in (("embed.text", "a text encoder is given words"), ("cats", "objects, embed.image")):
            done = self.library.run("models", "quantise", task)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"'{task}' cannot be calibrated with photos", done.stderr)
            self.assertIn(words, done.stderr)
        self.assertEqual(self.library.run("models", "quantise", "--photos", "0").returncode, 2)


if __name__ == "__main__":
    unittest.main()
