"""The real thing without a GPU: onnxruntime-gpu of CUDA 12 and of CUDA 13, really loaded, on a machine that has no CUDA.

Runs where CALOTYPE_GPU_WHEELS names the folder that tools/setup/fetch_gpu_wheels filled (./check --gpu-wheels).
"""

import os
import pathlib
import unittest

from calotype import CalotypeTestCase

WHEELS = os.environ.get("CALOTYPE_GPU_WHEELS", "")
# Version, what its provider looks for first, the CUDA that this means, the driver that it needs.
VERSIONS = [
    ("1.23.2", "libcublasLt.so.12", "CUDA 12", "525.60.13"),
    ("1.31.1", "libcublasLt.so.13", "CUDA 13", "580.65.06"),
]


@unittest.skipUnless(WHEELS, "CALOTYPE_GPU_WHEELS names no folder: ./check --gpu-wheels")
class GpuWheelsTest(CalotypeTestCase):
    def use(self, version: str) -> None:
        folder = pathlib.Path(WHEELS) / version / "onnxruntime" / "capi"
        self.assertTrue((folder / "libonnxruntime_providers_cuda.so").exists(), folder)
        self.library.environment["CALOTYPE_INFERENCE_ONNXRUNTIME"] = str(folder)
        self.library.environment["CALOTYPE_DEVICES_DEFAULT"] = "cuda,cpu"

    def test_doctor_names_library_cuda_driver_and_remedy(self) -> None:
        for version, library, cuda, driver in VERSIONS:
            with self.subTest(version):
                self.use(version)
                models = self.library.json("doctor", "--json")["models"]
                self.assertTrue(models)
                for model in models:
                    self.assertEqual(model["device"].split()[-1].split(":")[-1], "cpu", model)
                    reasons = [one["reason"] for one in model["not_used"] if "cuda" in one["device"]]
                    self.assertEqual(len(reasons), 1, model)
                    for words in (
                        f"ONNX Runtime {version} was built for {cuda}",
                        f"{library} is not on this machine",
                        "nor is NVIDIA's driver (libcuda.so.1)",
                        f"driver {driver} or later",
                        "calotype models pull runtime-cuda",
                    ):
                        self.assertIn(words, reasons[0])

    def test_a_scan_ends_with_every_photo_analysed_on_the_cpu(self) -> None:
        self.library.add_samples("cat.png", "rocket.jpg", "obama.jpg", "sign_copy_centre.jpg")
        for version, *_ in VERSIONS:
            with self.subTest(version):
                self.use(version)
                (self.library.home / "home" / "catalog.db").unlink(missing_ok=True)
                done = self.scan()
                self.assertIn("scanned 4 photos, 4 analysed", done.stdout)
                status = self.library.json("status", "--json")
                self.assertEqual(status["failures"], [])
                for name, counts in status["analyses"].items():
                    self.assertEqual((counts["done"], counts["failed"]), (4, 0), name)


if __name__ == "__main__":
    unittest.main()
