"""calotype models pull: what it says when something is missing. (The real thing is 1.6 GB: see docs/devices.md.)"""

import os
import unittest

from calotype import CalotypeTestCase


class PullTest(CalotypeTestCase):
    def pull(self, *arguments: object) -> tuple[int, str, str]:
        done = self.library.run("models", "pull", *arguments)
        return done.returncode, done.stdout, done.stderr

    def test_a_wrong_name_or_folder_is_told_before_anything_is_done(self) -> None:
        code, _, error = self.pull("nonsense")
        self.assertEqual((code, error), (1, "calotype: unknown pack 'nonsense'; known: standard, standard-free, classic, or the path of a manifest (.toml); runtime-cuda\n"))
        code, output, error = self.pull("runtime-cuda", "--wheels", "/no/such/folder")
        self.assertEqual((code, output), (1, ""))
        self.assertIn("--wheels /no/such/folder is not a folder", error)
        self.assertEqual(self.pull()[0], 2)

    def test_without_python_it_says_what_to_install_after_the_licences(self) -> None:
        self.library.environment["PATH"] = str(self.library.home)
        code, output, error = self.pull("runtime-cuda")
        self.assertEqual(code, 1)
        self.assertIn("NVIDIA's licences", output)
        self.assertIn("python3 was not found; install it", error)

    def test_without_venv_it_names_the_package(self) -> None:
        python = self.library.home / "python3"
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        self.library.environment["PATH"] = f"{self.library.home}{os.pathsep}/usr/bin{os.pathsep}/bin"
        code, _, error = self.pull("runtime-cuda")
        self.assertEqual(code, 1)
        self.assertIn("the package python3-venv is needed", error)

    def test_wheels_that_are_not_there_leave_nothing_half_installed(self) -> None:
        wheels = self.library.home / "wheels"
        wheels.mkdir()
        code, _, error = self.pull("runtime-cuda", "--wheels", wheels)
        self.assertEqual(code, 1)
        self.assertIn(f"pip could not install from {wheels}", error)
        self.assertFalse((self.library.cache / "runtime-cuda").exists())


if __name__ == "__main__":
    unittest.main()
