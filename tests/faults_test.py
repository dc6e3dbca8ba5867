"""Files that fail (faulty_files/) under scans, backups, thumbnails, jobs and downloads; and rounds of kills and faults
(fault_rounds.py). CALOTYPE_TEST_ROUNDS says how many rounds (6), CALOTYPE_TEST_SEED which choices they make.
"""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time
import unittest

import made_photos
from calotype import CalotypeTestCase
from fault_rounds import FAULTY_FILES, findings, run_rounds
from models_test import ModelsTestCase
from server_process import ServerTestCase

SANITIZED = "CALOTYPE_TEST_SANITIZED" in os.environ  # sanitizers take these calls for themselves


class FaultsTestCase(CalotypeTestCase):
    def let_fail(self, folder: pathlib.Path, kinds: str, per_mille: int = 1000, seed: int = 1) -> None:
        """In what is started from now on."""
        preload = self.library.home / "preload"
        preload.mkdir(exist_ok=True)
        shutil.copy(FAULTY_FILES, preload)
        rules = f"seed={seed} per_mille={per_mille} kinds={kinds} folder={folder}\n"
        (preload / "faulty_files.so.faults").write_text(rules)
        self.library.environment["LD_PRELOAD"] = str(preload / "faulty_files.so")

    def work_again(self) -> int:
        """How many calls failed."""
        del self.library.environment["LD_PRELOAD"]
        count = self.library.home / "preload/faulty_files.so.count"
        return int.from_bytes(count.read_bytes(), "little")

    def add_photos(self, count: int, folder: str = "") -> None:
        (self.library.photos / folder).mkdir(exist_ok=True)
        for i in range(count):
            (self.library.photos / folder / f"{i}.jpg").write_bytes(made_photos.jpeg(64, 48, f"{folder} {i}"))

    def check_db(self) -> None:
        self.assertEqual(self.library.run("check-db").stdout, "the catalogue is intact\n")


@unittest.skipIf(SANITIZED, "sanitizers take these calls for themselves")
class FaultyFilesTest(FaultsTestCase):
    def test_short_and_interrupted_calls_change_nothing(self) -> None:
        self.add_photos(20)
        self.let_fail(self.library.home, "short,eintr", 300)
        self.scan("--only", "pdq")
        backup = self.library.home / "backup.db"
        self.assertEqual(self.library.run("backup", backup).returncode, 0)
        self.assertGreater(self.work_again(), 100)
        self.check_db()
        found = findings(self.library)
        self.assertEqual(len(found), 20)
        self.assertTrue(all("pdq" in facts for facts in found.values()))
        self.assertEqual(self.library.run("restore", backup).returncode, 0)
        self.assertEqual(findings(self.library), found)

    def test_a_photo_that_cannot_be_read_is_named_and_no_photo_is_missing(self) -> None:
        self.add_photos(10)
        self.add_photos(5, "bad")
        self.scan("--only", "pdq")
        self.add_photos(8, "bad")
        for error, told in (("eio", "Input/output error"), ("estale", "Stale file handle")):
            self.let_fail(self.library.photos / "bad", error)
            done = self.library.run("scan", self.library.photos, "--only", "pdq")
            self.assertGreater(self.work_again(), 0)
            self.assertEqual(done.returncode, 1)
            self.assertIn(told, done.stderr)
            self.assertIn("/bad", done.stderr)
            self.assertEqual(self.library.json("status", "--json")["photos"], {"total": 15, "missing": 0, "damaged": 0})
        self.scan("--only", "pdq")
        self.assertEqual(self.library.json("status", "--json")["analyses"]["pdq"]["done"], 18)
        self.check_db()

    def test_a_backup_that_fails_says_so_and_leaves_nothing(self) -> None:
        self.add_photos(10)
        self.scan("--only", "pdq")
        backups = self.library.home / "backups"
        backups.mkdir()
        for error, told in (("enospc", "No space left on device"), ("eio", "Input/output error")):
            self.let_fail(backups, error)
            done = self.library.run("backup", backups / "one.db")
            self.assertGreater(self.work_again(), 0)
            self.assertEqual(done.returncode, 1)
            self.assertIn(told, done.stderr)
            self.assertIn(str(backups), done.stderr)
            self.assertEqual(list(backups.iterdir()), [])
        self.assertEqual(self.library.run("backup", backups / "one.db").returncode, 0)

    def test_too_little_memory_is_told(self) -> None:
        self.add_photos(5)
        told = 0
        for megabytes in (30, 60, 100, 150, 200, 250, 300, 400, 600):
            limit = megabytes << 20

            def limited(size: int = limit) -> None:
                resource.setrlimit(resource.RLIMIT_AS, (size, size))

            done = subprocess.run(
                self.library.command("scan", self.library.photos, "--only", "pdq"), env=self.library.environment,
                capture_output=True, text=True, timeout=120, preexec_fn=limited,
            )  # fmt: skip
            # While ONNX Runtime is loaded and cannot register its operators, it says so and ends the process itself, which
            # nothing can catch. No other signal is allowed.
            if not (done.returncode == -signal.SIGABRT and "Schema error: std::bad_alloc" in done.stderr):
                self.assertGreaterEqual(done.returncode, 0, f"{megabytes} MB: {done.stderr}")
            if done.returncode != 0:
                self.assertRegex(done.stderr, "memory|cannot allocate|failed to map|bad_alloc|photo", f"{megabytes} MB")
                told += 1
        self.assertGreater(told, 1)
        self.check_db()

    def test_a_scan_whose_catalogue_cannot_be_written_says_so(self) -> None:
        self.add_photos(10)
        self.scan("--only", "pdq")
        self.add_photos(20, "more")
        self.let_fail(self.library.home / "home", "enospc")
        done = self.library.run("scan", self.library.photos, "--only", "pdq")
        self.work_again()
        self.assertEqual(done.returncode, 1)
        self.assertIn("disk full", done.stderr)
        self.scan("--only", "pdq")
        self.assertEqual(self.library.json("status", "--json")["analyses"]["pdq"]["done"], 30)
        self.check_db()


@unittest.skipIf(SANITIZED, "sanitizers take these calls for themselves")
class FaultyServerTest(FaultsTestCase, ServerTestCase):
    def test_thumbnails_are_shown_while_their_disk_is_full(self) -> None:
        self.add_photos(3)
        self.scan("--only", "pdq")
        for error in ("enospc", "eio", "estale"):
            self.let_fail(self.library.cache / "thumbnails", error)
            server = self.serve()
            for photo in server.get("/api/v1/photos").json()["photos"]:
                answer = server.get(f"/api/v1/photos/{photo['photo']}/thumbnail", format="jpeg")
                self.assertEqual((answer.status, answer.type), (200, "image/jpeg"), answer.body)
                self.assertTrue(answer.body.startswith(b"\xff\xd8") and answer.body.endswith(b"\xff\xd9"))
            server.stop()
            self.assertGreater(self.work_again(), 0)
            self.assertEqual([path for path in self.library.cache.glob("thumbnails/**/*") if path.is_file()], [])

    def test_a_job_whose_catalogue_cannot_be_written_fails_and_the_server_goes_on(self) -> None:
        self.add_photos(3)
        self.scan("--only", "pdq")
        self.add_photos(9, "more")
        self.let_fail(self.library.home / "home", "enospc")
        server = self.serve("--set", f"server.folders={self.library.photos}")
        job = server.request("POST", "/api/v1/jobs", {"kind": "scan", "only": ["pdq"]}).json()["job"]
        end = time.monotonic() + 60
        while (ended := server.get(f"/api/v1/jobs/{job}").json())["state"] in ("queued", "running"):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.assertEqual(ended["state"], "failed")
        self.assertIn("disk full", ended["error"])
        self.assertEqual(server.get("/healthz").status, 200)
        # SQLite needs a little file beside the catalogue even to read.
        listed = server.get("/api/v1/photos")
        self.assertTrue(listed.status == 200 or "disk full" in listed.body.decode(), listed.body)
        server.stop()
        self.work_again()
        self.scan("--only", "pdq")
        self.check_db()


@unittest.skipIf(SANITIZED, "sanitizers take these calls for themselves")
class FaultyDownloadTest(ModelsTestCase, FaultsTestCase):
    def test_short_and_interrupted_calls_change_nothing(self) -> None:
        self.let_fail(self.models, "short,eintr", 300)
        self.pull()
        self.assertGreater(self.work_again(), 10)
        self.assert_whole("large.onnx")

    def test_a_disk_that_fails_is_told_and_the_next_pull_finishes(self) -> None:
        for seed in range(12):
            error = ("eio", "enospc", "estale")[seed % 3]
            shutil.rmtree(self.pack, ignore_errors=True)
            self.let_fail(self.models, error, (20, 100, 500, 1000)[seed % 4], seed)
            done = self.library.run("models", "pull", self.manifest, "--accept-licence", "Research-only")
            self.work_again()
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertTrue(done.returncode == 0 or done.stderr.startswith("calotype: "), done.stderr)
            self.assert_no_bad_file()
            self.pull()
            self.assert_whole("large.onnx")


@unittest.skipIf(SANITIZED, "sanitizers take these calls for themselves")
class RoundsTest(unittest.TestCase):
    def test_rounds_of_kills_and_faults_lose_nothing(self) -> None:
        rounds = int(os.environ.get("CALOTYPE_TEST_ROUNDS", "6"))
        self.assertEqual(run_rounds(rounds, int(os.environ.get("CALOTYPE_TEST_SEED", "1"))), [])


if __name__ == "__main__":
    unittest.main()
