"""What an operator uses: log lines and files, settings explained, pauses, a folder for models, checks of a broken set-up."""

import json
import os
import pathlib
import shutil
import signal
import time
import unittest

from calotype import CalotypeTestCase, long_run

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
CHECKS = ["configuration", "catalogue", "storage", "decoders", "sandbox", "engines", "gpu", "models", "devices", "photo"]


class LogTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.library.home / "calotype.log"

    def records(self, text: str) -> list[dict]:
        return [json.loads(line) for line in text.splitlines()]

    def test_each_model_tells_once_where_it_runs_and_why(self) -> None:
        self.library.add_samples("cat.png", "obama.jpg", "obama_speaking.jpg", "sign_no_parking.jpg")
        told = [line for line in self.scan().stderr.splitlines() if " loaded on " in line]
        self.assertGreaterEqual(len(told), 5, told)
        self.assertEqual(len(told), len({line.split("calotype: ")[1].split(" loaded on ")[0] for line in told}), told)
        for line in told:
            self.assertRegex(line, rf"^{TIME} calotype: \S+ .* loaded on CPU \(CPU mode\): ")
        self.assertRegex("\n".join(told), r"InsightFace detection loaded on CPU \(CPU mode\): ")
        # The reason once, with the setting; then a reference to it.
        reasons = [line.split("(CPU mode): ")[1].split(";")[0] for line in told]
        self.assertEqual(reasons[0], "devices.default is onnxruntime:cpu")
        self.assertEqual(set(reasons[1:]), {"for the same reason"})
        # Once per model and process: a scan with nothing to do loads none.
        self.assertNotIn(" loaded on ", self.scan().stderr)
        self.assertIn(" loaded on CPU (CPU mode): ",
                      self.library.run("analyze", self.library.photos / "cat.png", "--only", "objects").stderr)

    def test_a_file_gets_the_lines_with_the_time(self) -> None:
        self.library.add_samples("cat.png")
        (self.library.photos / "broken.jpg").write_text("no photo")
        self.log.write_text("an earlier line\n")
        done = self.scan("--only", "objects", "--log-file", self.log, expect=1)
        self.assertEqual(done.stderr, "")
        lines = self.log.read_text().splitlines()
        self.assertEqual(lines[0], "an earlier line")
        for line in lines[1:]:
            self.assertRegex(line, f"^{TIME} calotype: ")
        self.assertIn("broken.jpg: ", self.log.read_text())
        self.assertIn("warning: ", self.log.read_text())
        self.assertRegex(lines[-1], r"calotype: scanned 2 photos, 1 analysed, 1 failed in ")
        # Errors that end a command go to both.
        done = self.library.run("scan", "/no/such/folder", "--set", f"log.file={self.log}")
        self.assertIn("/no/such/folder does not exist", done.stderr)
        self.assertIn("calotype: error: /no/such/folder does not exist", self.log.read_text())

    def test_json_has_one_object_a_line(self) -> None:
        self.library.add_samples("cat.png")
        for name in ("b1.jpg", "b2.jpg"):
            (self.library.photos / name).write_text(f"no photo {name}")
        self.library.environment["CALOTYPE_LOG_FORMAT"] = "json"
        records = self.records(self.scan("--only", "objects", expect=1).stderr)
        for record in records:
            self.assertRegex(record["time"], f"^{TIME}$")
            self.assertIn(record["level"], ("notice", "warning", "error"))
            self.assertNotIn("\n", record["message"])
        failed = [record for record in records if "path" in record]
        self.assertEqual(sorted(pathlib.Path(record["path"]).name for record in failed), ["b1.jpg", "b2.jpg"])
        self.assertIn("not a photo", failed[0]["reason"])
        model = next(record for record in records if "model" in record)
        self.assertIn("onnxruntime", model["device"])
        self.assertIn("devices.default", model["reason"])

    def test_a_file_that_cannot_be_opened_is_named(self) -> None:
        done = self.library.run("status", "--log-file", "/no/such/folder/x.log")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot open the log file /no/such/folder/x.log (log.file)", done.stderr)
        done = self.library.run("status", "--log-format", "xml")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("log.format is 'xml'; it must be text or json", done.stderr)

    def test_a_reason_is_told_once(self) -> None:
        for i in range(20):
            (self.library.photos / f"{i:02}.jpg").write_text(f"no photo {i}")
        done = self.scan("--only", "pdq", expect=1)
        self.assertEqual(done.stderr.count("not a photo"), 1, done.stderr)
        self.assertRegex(done.stderr, r"19 more photos failed like \S+/\d\d\.jpg, such as \S+/\d\d\.jpg")
        self.assertEqual(self.library.run("status").stdout.count("not a photo"), 1)


class ConfigTest(CalotypeTestCase):
    def test_a_setting_is_explained(self) -> None:
        config = self.library.home / "home/config.toml"
        config.parent.mkdir(exist_ok=True)
        config.write_text("[scan]\nworkers = 3\n")
        told = self.library.run("config", "explain", "scan.workers").stdout
        self.assertEqual(told.splitlines()[0], "scan.workers = 3")
        self.assertIn(f"set by    {config}, line 2\n", told)
        self.assertRegex(told, r"default   \d+\n")
        self.assertIn("allowed   a whole number from 0 to 256\n", told)
        self.assertIn("variable  CALOTYPE_SCAN_WORKERS\n", told)
        self.library.environment["CALOTYPE_SCAN_WORKERS"] = "2"
        self.assertIn("set by    CALOTYPE_SCAN_WORKERS\n", self.library.run("config", "explain", "scan.workers").stdout)
        told = self.library.run("--set", "scan.workers=1", "config", "explain", "scan.workers").stdout
        self.assertIn("set by    the command line\n", told)
        self.assertIn("set by    the default\n", self.library.run("config", "explain", "scan.nice").stdout)
        self.assertIn("allowed   text or json\n", self.library.run("config", "explain", "log.format").stdout)

    def test_json_has_every_setting(self) -> None:
        settings = {line["key"]: line for line in self.library.lines("config", "--json")}
        names = [line.split()[0] for line in self.library.run("config").stdout.splitlines() if not line.startswith("#")]
        self.assertEqual(list(settings), names)
        self.assertEqual(settings["devices.default"]["value"], ["onnxruntime:cpu"])
        self.assertEqual(settings["devices.default"]["source"], "CALOTYPE_DEVICES_DEFAULT")
        self.assertEqual(settings["devices.default"]["default"], '["auto"]')
        self.assertIs(settings["scan.follow_links"]["value"], False)
        self.assertEqual(self.library.json("config", "explain", "scan.nice", "--json"), settings["scan.nice"])

    def test_an_unknown_setting_suggests_the_nearest(self) -> None:
        done = self.library.run("config", "explain", "scan.worker")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown setting 'scan.worker'; did you mean 'scan.workers'?", done.stderr)
        done = self.library.run("config", "explian", "scan.workers")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'explain'?", done.stderr)

    def test_the_doctor_reports_a_broken_configuration(self) -> None:
        config = self.library.home / "home/config.toml"
        config.parent.mkdir(exist_ok=True)
        for text, words in (("[scan]\nworkerz = 3\n", "scan.workerz"), ("[scan\n", "config.toml:1"),
                            ("[models]\npack = 'a/b'\n", "models.pack is 'a/b'")):
            config.write_text(text)
            done = self.library.run("doctor", "--json")
            self.assertEqual(done.returncode, 1, done.stderr)
            report = json.loads(done.stdout)
            self.assertEqual((report["passed"], report["total"]), (0, 10))
            self.assertEqual([check["name"] for check in report["checks"]], CHECKS)
            self.assertIn(words, report["checks"][0]["detail"])
            self.assertTrue(all(check["remedy"] for check in report["checks"]))
            self.assertIn("FAIL  configuration", self.library.run("doctor").stdout)
            # What the remedy names works.
            self.assertIn("scan.nice = 0", self.library.run("config", "explain", "scan.nice").stdout)
            self.assertEqual(self.library.run("status").returncode, 1)

    def test_the_doctor_tells_a_reason_once(self) -> None:
        if pathlib.Path("/dev/nvidia0").exists():
            self.skipTest("there is a GPU")
        done = self.library.run("--set", "devices.default=cuda", "doctor")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("which does not work here"), 1, done.stdout)

    @long_run
    def test_models_may_be_in_another_folder(self) -> None:
        self.library.add_samples("cat.png")
        folder = self.library.home / "other-models"
        shutil.copytree(self.library.environment["CALOTYPE_MODELS_FOLDER"], folder)
        self.library.environment["CALOTYPE_MODELS_FOLDER"] = "/no/such/folder"
        self.assertIn("/no/such/folder", self.library.run("scan", self.library.photos).stderr)
        self.library.environment["CALOTYPE_MODELS_FOLDER"] = str(folder)
        self.scan("--only", "objects")
        report = self.library.json("doctor", "--json")
        self.assertTrue(report["checks"][CHECKS.index("models")]["ok"], report)
        packs = self.library.lines("models", "list", "--json")
        self.assertTrue(any(pack["folder"].startswith(str(folder)) for pack in packs if pack["installed"]))


class PauseTest(CalotypeTestCase):
    def test_a_pause_takes_effect_within_a_photo_and_status_begins_with_it(self) -> None:
        self.library.add_samples(*(name for name in os.listdir(pathlib.Path(__file__).parent.parent / "samples")
                                   if name.endswith((".jpg", ".png"))))
        workers = 2
        scan = self.library.start("scan", self.library.photos, "--set", f"scan.workers={workers}")
        self.addCleanup(scan.kill)
        deadline = time.monotonic() + 300

        def done() -> int:
            status = self.library.run("status", "--json")
            analyses = json.loads(status.stdout)["analyses"] if status.returncode == 0 else {}
            return analyses["pdq"]["done"] if "pdq" in analyses else 0

        while done() < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.library.run("pause")
        at_pause = done()
        before, after = -1, at_pause
        while before != after:  # until the photos in progress are done
            time.sleep(8)
            before, after = after, done()
        print(f"done when paused: {at_pause}, at rest: {after}")
        self.assertLessEqual(after - at_pause, 2 * workers, "each worker finishes one photo; results are stored in batches")
        status = self.library.run("status").stdout
        self.assertTrue(status.startswith("Scans of this library are paused"), status)
        self.assertIs(self.library.json("status", "--json")["paused"], True)
        self.library.run("resume")
        while done() == after:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        scan.send_signal(signal.SIGINT)
        _, err = scan.communicate(timeout=500)
        self.assertEqual(scan.returncode, 130, err)
        self.assertFalse(self.library.run("status").stdout.startswith("Scans of"))


if __name__ == "__main__":
    unittest.main()
