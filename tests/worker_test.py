"""Workers: processes that analyse what scans of a library have booked."""

import signal
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase


class WorkerTest(CalotypeTestCase):
    def book(self, count: int) -> None:
        """Photos in the catalogue, none of them analysed: a paused scan walks, and is stopped."""
        for path in sorted(SAMPLES.glob("*.jpg"))[:1]:
            self.library.add_samples(path.name)
        self.scan("--only", "pdq")
        self.assertEqual(self.library.run("pause").returncode, 0)
        for path in sorted(SAMPLES.glob("*.jpg"))[1 : count + 1]:
            self.library.add_samples(path.name)
        scan = self.library.start("scan", self.library.photos, "--only", "pdq")
        self.wait_for(lambda: self.pending() == count)
        scan.send_signal(signal.SIGTERM)
        scan.communicate(timeout=60)

    def pending(self) -> int:
        return self.library.json("status", "--json")["analyses"]["pdq"]["pending"]

    def wait_for(self, condition) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it takes too long")
            time.sleep(0.05)

    def test_two_workers_share_the_work_and_end_when_told_to(self) -> None:
        self.book(24)
        workers = [self.library.start("worker", "--only", "pdq") for _ in range(2)]
        self.addCleanup(lambda: [worker.kill() for worker in workers])
        time.sleep(1)
        self.assertEqual(self.pending(), 24, "the library is paused")
        self.library.run("resume")
        self.wait_for(lambda: self.pending() == 0)
        self.wait_for(lambda: self.library.json("status", "--json")["analyses"]["pdq"]["done"] == 25)
        # A scan has the library for itself beside them.
        self.assertIn("25 unchanged", self.scan("--only", "pdq").stdout)
        analysed = 0
        for worker in workers:
            self.assertIsNone(worker.poll(), "it waits for further work")
            worker.send_signal(signal.SIGTERM)
            out, err = worker.communicate(timeout=60)
            self.assertEqual(worker.returncode, 0, err)
            analysed += int(out.split("analysed ")[1].split()[0])
        self.assertEqual(analysed, 24, "each photo once")

    def test_a_wrong_request_is_refused_before_the_first_scan(self) -> None:
        done = self.library.run("worker", "--only", "nonsense")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nonsense", done.stderr)
        done = self.library.run("worker", "--only", "pdq", "--set", "models.pack=nonsense")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the model pack 'nonsense' is not installed", done.stderr)


if __name__ == "__main__":
    unittest.main()
