"""An NVIDIA GPU for real: every model on it, its memory full, hidden, killed, and a runtime for another CUDA.

Runs where there is a GPU and CALOTYPE_GPU_RUNTIME names the folder of an ONNX Runtime for its CUDA (./check --gpu).
Whatever happens to the GPU, every photo is analysed, exactly once and as on the CPU, and the reason is kept.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from calotype import SAMPLES
from devices_test import ANALYSES, DONE, PHOTOS, WITHOUT_MODEL, DeviceTestCase, Results, copy_with_comment

RUNTIME = os.environ.get("CALOTYPE_GPU_RUNTIME", "")
WHEELS = os.environ.get("CALOTYPE_GPU_WHEELS", "")
# Each library says in words of its own that there is no memory, some only that they failed.
FULL = "out of memory|Failed to allocate memory|ALLOC_FAILED|NOT_INITIALIZED|CUDNN|CUBLAS"
PHOTOS_IN_A_LONG_SCAN = 120


def there_is_a_gpu() -> bool:
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def take_gpu_memory() -> None:
    """Takes all but a few megabytes of the first GPU's memory, says "full", and holds it until standard input ends."""
    driver = ctypes.CDLL("libcuda.so.1")

    def call(name: str, *arguments: object) -> None:
        if error := getattr(driver, name)(*arguments):
            raise SystemExit(f"{name} answers {error}")

    call("cuInit", 0)
    device, context = ctypes.c_int(), ctypes.c_void_p()
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)
    size, block = 1 << 32, ctypes.c_uint64()
    while size >= 1 << 21:
        if driver.cuMemAlloc_v2(ctypes.byref(block), ctypes.c_size_t(size)):
            size //= 2
    print("full", flush=True)
    sys.stdin.read()


class GpuMemoryTaken:
    """While it lasts, the GPU's memory is another program's."""

    def __enter__(self) -> "GpuMemoryTaken":
        self.process = subprocess.Popen([sys.executable, "-B", __file__, "take"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "full\n":
            raise RuntimeError(f"the GPU's memory could not be taken (exit {self.process.wait()})")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


@unittest.skipUnless(RUNTIME, "CALOTYPE_GPU_RUNTIME names no folder: ./check --gpu")
class GpuTest(DeviceTestCase):
    LEAST_COSINE = 0.98  # the agreement rule's: another processor rounds otherwise

    @classmethod
    def setUpClass(cls) -> None:
        if not there_is_a_gpu():
            raise unittest.SkipTest("no GPU answers here")
        cls.clean = Results(cls.scanned("onnxruntime:cpu"))
        library = cls.scanned("cuda,onnxruntime:cpu")
        cls.on_gpu = Results(library)
        cls.measured = library.cache / "devices.json"

    def use(self, devices: str, runtime: str = RUNTIME) -> None:
        self.configure(inference_onnxruntime=runtime, inference_openvino="none", devices_default=devices)

    def setUp(self) -> None:
        super().setUp()
        self.use("cuda,onnxruntime:cpu")

    def remember_measurements(self) -> None:
        """As on a machine that was measured when nothing failed."""
        self.library.cache.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.measured, self.library.cache)

    def ran_on_gpu(self, results: Results) -> int:
        return sum(" cuda " in (device or "") for *_, device in results.outcomes)

    def check_done(self, results: Results, photos: int = len(PHOTOS), source=lambda name: name) -> None:
        self.check_once_each(results, photos, ANALYSES)
        self.check_like(self.clean, results, source)

    def add_many(self, count: int = PHOTOS_IN_A_LONG_SCAN) -> None:
        for i in range(count):
            name = PHOTOS[i % len(PHOTOS)]
            copy_with_comment(SAMPLES / name, self.library.photos / f"{i}-{name}", str(i))

    def wait_until_some_are_done(self, scan: subprocess.Popen, least: int) -> None:
        while scan.poll() is None:
            status = self.library.run("status", "--json")
            counts = json.loads(status.stdout)["analyses"] if status.returncode == 0 else {}
            if counts.get("objects", {}).get("done", 0) >= least:
                return
            time.sleep(0.05)
        self.fail("the scan ended too early: " + scan.communicate()[1])

    def test_every_model_runs_on_it_and_finds_the_same(self) -> None:
        self.check_done(self.on_gpu)
        for analysis in ANALYSES - WITHOUT_MODEL:
            self.assertIn(" cuda f32", " ".join(self.on_gpu.devices(analysis)), analysis)

    def test_doctor_tells_of_the_gpu_and_of_every_model_on_it(self) -> None:
        self.use("auto")
        answer = self.library.json("doctor", "--json")
        gpu = next(check for check in answer["checks"] if check["name"] == "gpu")
        self.assertTrue(gpu["ok"], gpu)
        self.assertRegex(gpu["detail"], "NVIDIA")
        for model in answer["models"]:
            if "cuda" not in model["device"]:
                reasons = [one["reason"] for one in model["not_used"] if "cuda" in one["device"]]
                self.assertEqual(len(reasons), 1, model)
                self.assertRegex(reasons[0], r"slower|differs|same|cosine| ms", model)

    def test_its_memory_is_full_before_a_scan(self) -> None:
        self.library.add_samples(*PHOTOS)
        for measured in (False, True):
            with self.subTest(measured=measured):
                shutil.rmtree(self.library.home / "home", ignore_errors=True)
                shutil.rmtree(self.library.cache, ignore_errors=True)
                if measured:
                    self.remember_measurements()
                with GpuMemoryTaken():
                    done = self.scan()
                results = Results(self.library)
                self.check_done(results)
                self.check_told_once(done.stderr)
                self.assertEqual(self.ran_on_gpu(results), 0)
                for failure in self.kept()["failures"].values():
                    self.assertRegex(failure["reason"], FULL)

    def test_its_memory_is_taken_in_the_middle_of_a_scan(self) -> None:
        self.remember_measurements()
        self.add_many()
        scan = self.library.start("scan", self.library.photos)
        self.wait_until_some_are_done(scan, 10)
        with GpuMemoryTaken():
            errors = scan.communicate()[1]
        self.assertEqual(scan.returncode, 0, errors)
        results = Results(self.library)
        self.check_done(results, PHOTOS_IN_A_LONG_SCAN, lambda name: name.split("-", 1)[1])
        self.check_told_once(errors)
        self.assertGreater(self.ran_on_gpu(results), 0)

    def test_a_scan_on_it_is_killed_and_gone_on_with(self) -> None:
        self.remember_measurements()
        self.add_many()
        scan = self.library.start("scan", self.library.photos)
        self.wait_until_some_are_done(scan, 10)
        scan.send_signal(signal.SIGKILL)
        scan.communicate()
        self.scan()
        results = Results(self.library)
        self.assertEqual(len(results.names), PHOTOS_IN_A_LONG_SCAN)
        self.assertEqual({state for _, _, state, *_ in results.outcomes}, {DONE})
        self.check_like(self.clean, results, lambda name: name.split("-", 1)[1])

    def test_it_is_hidden(self) -> None:
        self.library.add_samples(*PHOTOS)
        self.library.environment["CUDA_VISIBLE_DEVICES"] = ""
        self.scan()
        results = Results(self.library)
        self.check_done(results)
        self.assertEqual(self.ran_on_gpu(results), 0)
        gpu = next(check for check in self.library.json("doctor", "--json")["checks"] if check["name"] == "gpu")
        self.assertIn("CUDA_VISIBLE_DEVICES", gpu["detail"] + gpu["remedy"])

    @unittest.skipUnless(WHEELS, "CALOTYPE_GPU_WHEELS names no folder")
    def test_a_runtime_for_cuda_12(self) -> None:
        self.use("cuda,onnxruntime:cpu", str(pathlib.Path(WHEELS) / "1.23.2/onnxruntime/capi"))
        self.library.add_samples(*PHOTOS)
        self.scan()
        results = Results(self.library)
        self.check_done(results)
        reasons = {one["reason"] for model in self.library.json("doctor", "--json")["models"]
                   for one in model["not_used"] if "cuda" in one["device"]}
        self.assertTrue(reasons)
        for reason in reasons:
            self.assertIn("ONNX Runtime 1.23.2 was built for CUDA 12", reason)


if __name__ == "__main__":
    if sys.argv[1:] == ["take"]:
        take_gpu_memory()
    else:
        unittest.main()
