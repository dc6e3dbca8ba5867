"""Devices that fail: each fault of tests/faulty_provider under a scan, and what is asked for in the settings.

However the device fails, every photo is analysed, exactly once and as on the CPU, and the reason is kept.
"""

import collections
import json
import math
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import time
import unittest

from calotype import BINARY, SAMPLES, CalotypeTestCase, Library, long_run

FAULTY = pathlib.Path(BINARY).with_name("libfaulty_provider.so")
SANITIZED = any(name in BINARY for name in ("asan", "tsan"))

# Two faces of one person and one of another, text, things, nothing: each model has something to do.
PHOTOS = ["coffee_copy.jpg", "apple.jpg", "desk.jpg", "butterfly.jpg", "car_from_behind.jpg", "obama.jpg",
          "sign_copy_centre.jpg", "yellow_building.jpg"]
ANALYSES = {"decode", "facts", "objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"}
WITHOUT_MODEL = {"decode", "facts", "pdq"}
MODELS = {"centernet", "conse", "scrfd", "ppocr-detect", "ppocr-orient", "ppocr-recognise", "hse-face"}

# As in the program's agreement rule (src/inference/placement/agreement.h).
LEAST_OVERLAP = 0.9
MOST_SCORE_DIFFERENCE = 0.05

NO_KERNEL = "CUDA failure 209: no kernel image is available"
OUT_OF_MEMORY = "CUDA failure 2: out of memory"
# A model that is only loaded when the fault is on says it in the words of its probe.
NOT_FINITE = "returned numbers that are not finite|(answered|returned) a vector of length nan"

DONE = 2


def copy_with_comment(photo: pathlib.Path, to: pathlib.Path, comment: str) -> None:
    """A JPEG with the same picture that is a photo of its own, by a comment in the file."""
    data = photo.read_bytes()
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment.encode()
    to.write_bytes(data[:2] + segment + data[2:])


def unpack(vector: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(vector) // 2}e", vector)


def cosine(a: bytes, b: bytes) -> float:
    x, y = unpack(a), unpack(b)
    return sum(p * q for p, q in zip(x, y, strict=True)) / math.hypot(*x) / math.hypot(*y)


def overlap(a: tuple, b: tuple) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


class Results:
    """What a catalogue holds of each photo, by file name, read straight from the file."""

    def __init__(self, library: Library) -> None:
        with sqlite3.connect(f"file:{library.home / 'home/catalog.db'}?mode=ro", uri=True) as database:
            name = {photo: os.path.basename(os.fsdecode(path))
                    for path, photo in database.execute("SELECT CAST(path AS BLOB), photo_id FROM file")}
            self.names = sorted(name.values())
            self.outcomes = [(name[photo], *rest) for photo, *rest in database.execute(
                "SELECT photo_id, analysis, state, attempts, device FROM analysis")]
            self.boxes = collections.defaultdict(list)  # label, score, box; a face has no label
            for photo, *box in database.execute(
                "SELECT photo_id, label.name, score, x, y, width, height FROM object JOIN label ON label.id = label_id "
                "UNION ALL SELECT photo_id, NULL, score, x, y, width, height FROM face"
            ):
                self.boxes[name[photo]].append(tuple(box))
            self.text = collections.defaultdict(list)
            for photo, line in database.execute("SELECT photo_id, text FROM text_line"):
                self.text[name[photo]].append(line)
            self.vectors = collections.defaultdict(list)
            for photo, vector in database.execute("SELECT photo_id, vector FROM embedding"):
                self.vectors[name[photo]].append(vector)

    def devices(self, analysis: str) -> set[str]:
        """Where it ran; photos in which its model had nothing to do (no face to recognise) may come without one."""
        return {device for _, name, _, _, device in self.outcomes if name == analysis and device}

    def ran_on_faulty(self) -> int:
        """How many analyses."""
        return sum(" faulty " in device for *_, device in self.outcomes)


class DeviceTestCase(CalotypeTestCase):
    # Closer than in the agreement rule: what is compared was computed on the CPU in 32-bit floats both times.
    LEAST_COSINE = 0.999

    @classmethod
    def scanned(cls, devices: str) -> Library:
        """A library whose photos were looked at on `devices`, without a fault."""
        case = cls()
        case.library = Library()
        cls.addClassCleanup(case.library.close)
        case.use(devices)
        case.library.add_samples(*PHOTOS)
        case.scan()
        return case.library

    def configure(self, **variables: object) -> None:
        """Settings by the names of their variables: devices_default="faulty,cpu"."""
        for name, value in variables.items():
            self.library.environment[f"CALOTYPE_{name.upper()}"] = str(value)

    def use(self, devices: str) -> None:
        """These devices, of which one may be the faulty one."""
        # Without OpenVINO there is less to measure; who is faster is not the question here.
        self.configure(inference_providers=f"faulty={FAULTY}", devices_default=devices, inference_openvino="none")

    def kept(self) -> dict:
        """What the program remembers of devices: trials and failures, by "model hash | engine device precision | ..."."""
        return json.loads((self.library.cache / "devices.json").read_text(encoding="utf-8"))

    def failures(self) -> dict[str, dict]:
        """By model, those of the faulty device."""
        return {key.split()[0]: value for key, value in self.kept()["failures"].items() if " faulty " in key}

    def check_once_each(self, results: Results, photos: int, analyses: set[str]) -> None:
        """Every analysis of every photo is done, and was begun once."""
        self.assertEqual(len(results.names), photos)
        outcomes = collections.Counter((name, analysis) for name, analysis, *_ in results.outcomes)
        self.assertEqual(len(outcomes), photos * len(analyses))
        self.assertEqual(set(outcomes.values()), {1})
        self.assertEqual({analysis for _, analysis in outcomes}, analyses)
        self.assertEqual({row[2:4] for row in results.outcomes}, {(DONE, 1)}, "state and attempts")

    def check_like(self, clean: Results, results: Results, source=lambda name: name) -> None:
        """Findings agree with the clean scan's of the photo that `source` names."""
        for name in results.names:
            original = source(name)
            boxes = list(results.boxes[name])
            self.assertEqual(sorted(str(box[0]) for box in boxes), sorted(str(box[0]) for box in clean.boxes[original]))
            for box in clean.boxes[original]:
                twin = max((other for other in boxes if other[0] == box[0]), key=lambda other: overlap(box[2:], other[2:]))
                self.assertGreaterEqual(overlap(box[2:], twin[2:]), LEAST_OVERLAP, (name, box, twin))
                self.assertLessEqual(abs(box[1] - twin[1]), MOST_SCORE_DIFFERENCE, (name, box, twin))
                boxes.remove(twin)
            self.assertEqual(sorted(results.text[name]), sorted(clean.text[original]), name)
            self.assertEqual(len(results.vectors[name]), 1, name)
            self.assertGreaterEqual(cosine(results.vectors[name][0], clean.vectors[original][0]), self.LEAST_COSINE, name)

    def check_told_once(self, errors: str) -> None:
        """Of each model at most one line on standard error, however many photos there were."""
        told = re.findall(r"warning: model (\S+)", errors)
        self.assertEqual(len(told), len(set(told)), errors)


class FaultTest(DeviceTestCase):
    """A few photos, all analyses, one fault at a time."""

    clean: Results
    healthy: Results
    measured: pathlib.Path  # devices.json after a scan on the faulty device that did not fail

    @classmethod
    def setUpClass(cls) -> None:
        cls.clean = Results(cls.scanned("onnxruntime:cpu"))
        library = cls.scanned("faulty,onnxruntime:cpu")
        cls.healthy = Results(library)
        cls.measured = library.cache / "devices.json"

    def setUp(self) -> None:
        super().setUp()
        self.use("faulty,onnxruntime:cpu")
        self.library.add_samples(*PHOTOS)

    def scan_with(self, fault: str, measured: bool = True) -> tuple[Results, str]:
        """Scans with the fault on, on a machine that was measured when nothing failed, or never."""
        if measured:
            self.library.cache.mkdir(parents=True)
            shutil.copy(self.measured, self.library.cache)
        done = self.scan_fault(fault)
        results = Results(self.library)
        self.check_once_each(results, len(PHOTOS), ANALYSES)
        self.check_like(self.clean, results)
        self.check_told_once(done.stderr)
        counts = self.library.json("status", "--json")["analyses"]
        self.assertEqual({(one["done"], one["failed"]) for one in counts.values()}, {(len(PHOTOS), 0)})
        return results, done.stderr

    def scan_fault(self, fault: str):
        self.configure(fault=fault)
        return self.scan()

    def test_a_plug_in_that_works_is_used_for_every_model(self) -> None:
        self.check_once_each(self.healthy, len(PHOTOS), ANALYSES)
        self.check_like(self.clean, self.healthy)
        self.assertEqual(self.clean.ran_on_faulty(), 0)
        for analysis in ANALYSES - WITHOUT_MODEL:
            self.assertIn(" faulty f32", " ".join(self.healthy.devices(analysis)), analysis)

    def check_never_used(self, results: Results) -> None:
        self.assertEqual(results.ran_on_faulty(), 0)
        for analysis in ANALYSES - WITHOUT_MODEL:
            self.assertRegex(" ".join(results.devices(analysis)), r"^onnxruntime \S+ cpu f32$", analysis)

    def check_kept(self, reason: str) -> None:
        """Why the faulty device was left, for every model."""
        failures = self.failures()
        self.assertEqual(set(failures), MODELS)
        for model, failure in failures.items():
            self.assertRegex(failure["reason"], reason, model)

    @long_run
    def test_it_cannot_be_registered(self) -> None:
        for fault in ("register", "absent"):
            with self.subTest(fault):
                self.setUp()
                self.check_never_used(self.scan_with(fault)[0])

    @long_run
    def test_no_session_can_be_made(self) -> None:
        for fault, reason, measured in (
            ("create=no_kernel", NO_KERNEL, False), ("compile=oom", OUT_OF_MEMORY, True),
        ):
            with self.subTest(fault):
                self.setUp()
                self.check_never_used(self.scan_with(fault, measured)[0])
                self.check_kept(reason)

    def check_left(self, fault: str, reason: str, in_scan: bool, measured: bool = True) -> None:
        results, errors = self.scan_with(fault, measured)
        self.check_kept(reason)
        for analysis in ANALYSES - WITHOUT_MODEL:
            self.assertIn(" cpu f32", " ".join(results.devices(analysis)), analysis)
        self.assertEqual(results.ran_on_faulty() > 0, in_scan)
        self.assertEqual("failed on onnxruntime" in errors, in_scan, errors)
        if in_scan:
            self.assertRegex(errors, reason)

    def test_runs_fail_in_the_middle_of_a_scan(self) -> None:
        for kind, reason in (
            ("cudnn", "CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED"),
            ("nan", NOT_FINITE),
        ):
            with self.subTest(kind):
                self.setUp()
                self.check_left(f"run:30={kind}", reason, in_scan=True)

    @long_run
    def test_runs_fail_while_models_load(self) -> None:
        self.check_left("run:1=no_kernel", NO_KERNEL, in_scan=False)

    def test_runs_fail_while_devices_are_measured(self) -> None:
        self.check_left("run:3=oom", OUT_OF_MEMORY, in_scan=False, measured=False)

    @long_run
    def test_a_run_ends_the_program_while_devices_are_measured(self) -> None:
        """A crash cannot be caught: the next start tries once more, the one after it leaves the device alone."""
        self.library.environment["CALOTYPE_FAULT"] = "run:3=crash"
        for _ in range(2):
            done = self.library.run("scan", self.library.photos)
            self.assertNotIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(self.failures(), {})
        results, errors = self.scan_with("run:3=crash", measured=False)
        self.check_never_used(results)
        self.assertIn("the program ended 2 times while it tried a model there", errors)
        self.assertLessEqual(set(MODELS), set(self.failures()))

    @long_run
    def test_runs_hang(self) -> None:
        self.configure(inference_device_timeout_s=20 if SANITIZED else 5)
        start = time.monotonic()
        self.check_left("run:30=hang", "did not return within", in_scan=True)
        self.assertLess(time.monotonic() - start, 300, "the scan did not wait for the runs that hang")

    @long_run
    def test_wrong_answers_are_noticed_before_they_are_used(self) -> None:
        self.use("auto")
        results, _ = self.scan_with("run=wrong:2", measured=False)
        self.check_never_used(results)
        trials = {key.split()[0]: trial["agrees"] for key, trial in self.kept()["trials"].items() if " faulty " in key}
        trusted = {model for model in MODELS if model not in self.failures() and trials[model]}
        # Upright or upside down: that much error does not change the answer.
        self.assertLessEqual(trusted, {"ppocr-orient"})


class RandomFaultTest(DeviceTestCase):
    """Many photos, faults at random runs, second chances: nothing is lost, nothing is done twice."""

    ANALYSES = {"decode", "facts", "objects", "embedding"}
    SOURCES = ["coffee_copy.jpg", "apple.jpg", "desk.jpg", "butterfly.jpg", "car_from_behind.jpg", "yellow_building.jpg",
               "robin.jpg", "sign_copy_centre.jpg", "aerial_view.jpg", "building.jpg"]
    SCANS = 10
    PHOTOS_PER_SCAN = int(os.environ.get("CALOTYPE_TEST_PHOTOS_PER_SCAN", 30))
    # Of a fault in one run: each scan analyses some photos first, and then meets a few faults.
    PROBABILITY = 0.03 if PHOTOS_PER_SCAN >= 100 else 0.1

    def add_photos(self, scan: int) -> None:
        for i in range(self.PHOTOS_PER_SCAN):
            name = self.SOURCES[i % len(self.SOURCES)]
            copy_with_comment(SAMPLES / name, self.library.photos / f"{scan}-{i}-{name}", f"{scan} {i}")

    def end_waits(self) -> None:
        """As if the time had passed after which failed devices are tried again."""
        file = self.library.cache / "devices.json"
        kept = self.kept()
        for failure in kept["failures"].values():
            failure["next_try"] = 0
        file.write_text(json.dumps(kept), encoding="utf-8")

    @long_run
    def test_nothing_is_lost_or_doubled(self) -> None:
        only = ("--only", "objects,embedding")
        self.use("onnxruntime:cpu")
        self.library.add_samples(*self.SOURCES)
        self.scan(*only)
        clean = Results(self.library)
        for path in (self.library.home / "home").glob("catalog.db*"):
            path.unlink()
        for name in self.SOURCES:
            (self.library.photos / name).unlink()

        self.configure(devices_default="faulty,onnxruntime:cpu")
        demotions = 0
        for scan in range(self.SCANS):
            self.add_photos(scan)
            self.configure(fault=f"random:{self.PROBABILITY}:{scan}=no_kernel|oom|nan" if scan > 0 else "")
            done = self.scan(*only)
            self.assertIn(f", {self.PHOTOS_PER_SCAN} analysed", done.stdout)
            self.check_told_once(done.stderr)
            demotions += done.stderr.count("no result was lost")
            self.end_waits()
        results = Results(self.library)
        total = self.SCANS * self.PHOTOS_PER_SCAN
        self.check_once_each(results, total, self.ANALYSES)
        self.check_like(clean, results, lambda name: name.split("-", 2)[2])
        self.assertGreaterEqual(demotions, self.SCANS // 2, "second chances were given, and taken back")
        on_faulty = results.ran_on_faulty()
        self.assertGreater(on_faulty, self.PHOTOS_PER_SCAN)
        self.assertLess(on_faulty, 2 * total)


class PolicyTest(DeviceTestCase):
    """What the settings ask for is done, or refused with the key, the value and what is allowed."""

    def setUp(self) -> None:
        super().setUp()
        self.library.add_samples("cat.png")

    def device_of(self, analysis: str) -> str:
        self.scan("--only", "objects,embedding")
        return Results(self.library).devices(analysis).pop()

    def test_cpu(self) -> None:
        self.configure(devices_default="cpu")
        self.assertIn(" cpu ", self.device_of("objects"))

    def test_one_model_has_its_own(self) -> None:
        self.use("onnxruntime:cpu")
        self.configure(devices_objects="faulty,cpu")
        self.assertRegex(self.device_of("objects"), r"^onnxruntime \S+ faulty f32$")
        self.assertEqual(len(Results(self.library).devices("embedding")), 1)
        self.assertRegex(Results(self.library).devices("embedding").pop(), r"^onnxruntime \S+ cpu f32$")

    def test_openvino_f32(self) -> None:
        if "CALOTYPE_INFERENCE_OPENVINO" not in self.library.environment:
            self.skipTest("OpenVINO was not fetched")
        self.configure(devices_default="openvino:f32")
        self.assertRegex(self.device_of("objects"), r"^openvino \S+ cpu f32$")

    def test_cuda_then_cpu(self) -> None:
        if pathlib.Path("/dev/nvidia0").exists():
            self.skipTest("there is a GPU")
        self.configure(devices_default="cuda,onnxruntime:cpu")
        told = [line for line in self.scan("--only", "objects,embedding").stderr.splitlines() if "cuda" in line]
        self.assertEqual(Results(self.library).devices("objects").pop().split()[2:], ["cpu", "f32"])
        self.assertEqual(len(told), 1, told)
        self.assertRegex(told[0], "cuda f32 is not used: .*CUDA")

    def test_cuda_alone_without_a_gpu_is_an_error_that_says_why(self) -> None:
        if pathlib.Path("/dev/nvidia0").exists():
            self.skipTest("there is a GPU")
        self.configure(devices_objects="cuda")
        error = self.scan("--only", "objects", expect=1).stderr
        self.assertIn("is limited to cuda (devices.objects), which does not work here", error)

    def test_what_cannot_be_obeyed_is_refused(self) -> None:
        allowed = 'Allowed: "auto", or a list'
        for setting, words in (
            ("devices.default=warp", ['devices.default is ["warp"]', '"warp" is unknown', allowed]),
            ("devices.text=cpu", ["unknown setting 'devices.text'", "devices.ocr.detect"]),
            ("devices.objects=cuda,cuda", ['devices.objects is ["cuda", "cuda"]', "twice", allowed]),
            ("devices.default=auto,cpu", ['devices.default is ["auto", "cpu"]', '"auto" cannot be combined with others', allowed]),
            ("devices.default=openvino:cuda", ["openvino has no cuda; only onnxruntime has", allowed]),
            ("devices.default=", ["devices.default is", "an empty list allows no device", allowed]),
            ("inference.providers=faulty", ["inference.providers has 'faulty'", "NAME=LIBRARY is needed"]),
            ("inference.device_timeout_s=0", ["inference.device_timeout_s is 0", "it must be 1 to 86400"]),
            ("inference.onnxruntime=/no/such/folder", ["inference.onnxruntime", "/no/such/folder"]),
            ("inference.openvino=/no/such/folder", ["inference.openvino", "/no/such/folder"]),
        ):
            with self.subTest(setting):
                done = self.library.run("--set", setting, "scan", self.library.photos)
                self.assertNotEqual(done.returncode, 0, done.stdout)
                for word in words:
                    self.assertIn(word, done.stderr)

    def test_a_scan_without_models_opens_no_runtime(self) -> None:
        self.library.add_samples("cat.png")
        nowhere = ("--set", "inference.onnxruntime=/nowhere", "--set", "inference.openvino=/nowhere")
        done = self.library.run(*nowhere, "scan", self.library.photos, "--only", "pdq")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 analysed", done.stdout)
        for only in (["--only", "pdq,embedding"], []):
            self.assertIn("/nowhere", self.library.run(*nowhere, "scan", self.library.photos, *only).stderr)

    def test_a_plug_in_file_that_is_not_there_is_named(self) -> None:
        self.configure(inference_providers="mine=/no/such/plugin.so", devices_default="mine,onnxruntime:cpu")
        self.assertRegex(self.device_of("objects"), r"^onnxruntime \S+ cpu f32$")
        self.configure(devices_default="mine")
        self.library.add_samples("coffee_copy.jpg")
        error = self.scan("--only", "objects", expect=1).stderr
        self.assertIn("is limited to mine", error)
        self.assertIn("/no/such/plugin.so", error)


if __name__ == "__main__":
    unittest.main()
