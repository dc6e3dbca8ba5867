"""Workers and coordinators of a library: who leads, who takes over, how they stop, what they tell. On both databases."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import unittest
from collections.abc import Callable

import postgres_server
from calotype import SAMPLES, CalotypeTestCase
from postgres_server import PostgresServer

LEASE_S = 2


class Process:
    """A worker or coordinator with --health, whose output is in a file."""

    def __init__(self, test: "FleetTest", *arguments: object, **environment: str) -> None:
        self.log = test.library.home / f"output-{len(test.processes)}"
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                test.library.command(*arguments, "--health", "127.0.0.1:0"),
                env=dict(test.library.environment, **environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        test.processes.append(self)
        test.wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/healthz", self.output()) or self.popen.poll() is not None)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/healthz", self.output())
        test.assertTrue(found, self.output())
        self.port = int(found[1])

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The value of the line that begins with `name`."""
        return float(next(line for line in self.ask("/metrics")[1].splitlines() if line.startswith(name)).rsplit(" ", 1)[1])

    def leads(self) -> bool:
        return self.metric("calotype_leads") == 1

    def stop(self) -> int:
        self.popen.terminate()
        return self.popen.wait(timeout=60)


class FleetTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.processes: list[Process] = []
        self.addCleanup(self.kill_all)
        self.library.environment.update(
            CALOTYPE_FLEET_LEASE_S=str(LEASE_S), CALOTYPE_COORDINATE_WALK_S="1", CALOTYPE_COORDINATE_PEOPLE_S="1"
        )
        self.samples = sorted(path.name for path in SAMPLES.glob("*.jpg"))

    def kill_all(self) -> None:
        for process in self.processes:
            process.popen.kill()
            process.popen.wait()

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> float:
        """How many seconds it took."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                self.fail("it takes too long:\n" + "\n".join(process.output() for process in self.processes))
            time.sleep(0.05)
        return time.monotonic() - start

    def coordinate(self, **environment: str) -> Process:
        return Process(self, "coordinate", self.library.photos, "--only", "pdq", **environment)

    def sql(self, text: str) -> None:
        with contextlib.closing(sqlite3.connect(self.library.home / "home/catalog.db")) as database:
            database.execute(text)
            database.commit()

    def elsewhere(self) -> dict[str, str]:
        """The environment of another machine, as far as this one can be two."""
        return {}

    def status(self) -> dict:
        done = self.library.run("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else {"analyses": {}, "photos": {}, "processes": []}

    def pdq(self, state: str) -> int:
        return self.status()["analyses"].get("pdq", {}).get(state, 0)

    def test_a_coordinator_books_what_workers_analyse(self) -> None:
        self.library.add_samples(*self.samples[:3])
        coordinator = self.coordinate()
        self.wait_for(lambda: self.pdq("pending") == 3)
        time.sleep(0.5)
        self.assertEqual(self.pdq("done"), 0, "it analyses nothing")
        worker = Process(self, "worker", "--only", "pdq", **self.elsewhere())
        self.wait_for(lambda: self.pdq("done") == 3)
        self.library.add_samples(*self.samples[3:6])
        self.wait_for(lambda: self.pdq("done") == 6)

        self.wait_for(lambda: worker.metric('calotype_photos_total{result="analysed"}') == 6)
        self.assertEqual(worker.metric('calotype_photos_total{result="failed"}'), 0)
        self.assertEqual(worker.metric("calotype_photos_held"), 0)
        self.assertEqual(worker.metric("calotype_catalog_up"), 1)
        self.assertGreater(worker.metric("process_resident_memory_bytes"), 1e6)
        self.wait_for(lambda: coordinator.metric("calotype_last_walk_files") == 6)
        self.assertLess(abs(coordinator.metric("calotype_last_walk_timestamp_seconds") - time.time()), 60)
        self.assertTrue(coordinator.leads())
        for process in (coordinator, worker):
            self.assertEqual(process.ask("/healthz"), (200, "ok\n"))
            self.assertEqual(process.ask("/readyz"), (200, "ready\n"))
            self.assertEqual(process.ask("/api/v1/status")[0], 404)
            self.assertEqual(process.ask("/metrics", Origin="http://evil.example")[0], 403)

        listed = {one["role"]: one for one in self.status()["processes"]}
        self.assertEqual(listed["worker"]["process"], worker.popen.pid)
        self.assertEqual(listed["coordinator"]["process"], coordinator.popen.pid)
        self.assertEqual(listed["coordinator"]["host"], socket.gethostname())
        self.assertEqual((listed["worker"]["leads"], listed["coordinator"]["leads"]), (False, True))
        self.wait_for(lambda: any(one["analysed"] == 6 for one in self.status()["processes"]))
        text = self.library.run("status").stdout
        self.assertRegex(text, r"worker on \S+ \(process \d+\), for .*: 6 photos analysed")
        self.assertRegex(text, r"coordinator on \S+ \(process \d+\), for .*, leads; walked .* ago")

        # Its photos moved away: the next walk notices.
        (self.library.photos / self.samples[0]).unlink()
        self.wait_for(lambda: self.status()["photos"]["missing"] == 1)
        self.assertEqual([worker.stop(), coordinator.stop()], [0, 0])
        self.assertEqual(self.status()["processes"], [])
        self.assertIn("analysed 6 photos, 0 failed", worker.output())
        self.assertIn("walked 6 photos (3 new or changed)", coordinator.output())

    def test_a_worker_that_starts_first_waits_for_the_first_scan(self) -> None:
        self.library.add_samples(*self.samples[:3])
        workers = [Process(self, "worker", "--only", "pdq", **self.elsewhere()) for _ in range(2)]
        for worker in workers:
            self.wait_for(lambda: "nothing was scanned yet; waiting" in worker.output() or worker.popen.poll() is not None)
            self.assertIsNone(worker.popen.poll(), worker.output())
            self.wait_for(lambda: worker.ask("/readyz") == (200, "ready\n"))
        self.assertEqual(workers.pop().stop(), 0)
        coordinator = self.coordinate()
        self.wait_for(lambda: self.pdq("done") == 3)
        self.assertEqual(workers[0].output().count("nothing was scanned yet"), 1)
        self.assertEqual([workers[0].stop(), coordinator.stop()], [0, 0])
        self.assertIn("analysed 3 photos, 0 failed", workers[0].output())

    def test_new_faces_are_assigned_to_people(self) -> None:
        self.library.add_samples("obama.jpg", "obama_speaking.jpg")
        Process(self, "coordinate", self.library.photos, "--only", "faces.recognise")
        self.wait_for(lambda: self.status()["analyses"].get("faces.recognise", {}).get("pending") == 2)
        worker = Process(self, "worker", "--only", "faces.recognise")
        self.wait_for(lambda: [one["photos"] for one in self.library.json("people", "list", "--json")["people"]][:1] == [2], 120)
        self.assertIn("faces.recognise", worker.ask("/metrics")[1])

        def device() -> str:
            worker = next(one for one in self.status()["processes"] if one["role"] == "worker")
            return worker["devices"].get("faces.recognise", "")

        self.wait_for(device)  # with its next report
        self.assertIn("onnxruntime", device())

    def test_another_coordinator_takes_over_from_a_dead_one(self) -> None:
        first = self.coordinate()
        self.wait_for(first.leads)
        second = self.coordinate(**self.elsewhere())
        self.wait_for(lambda: "another coordinator leads" in second.output())
        self.assertFalse(second.leads())
        first.popen.kill()
        first.popen.wait()
        self.assertLess(self.wait_for(second.leads), LEASE_S + 1)
        self.library.add_samples(self.samples[0])
        self.wait_for(lambda: self.pdq("pending") == 1)
        third = self.coordinate(**self.elsewhere())
        self.assertEqual(second.stop(), 0)
        self.assertLess(self.wait_for(third.leads), LEASE_S, "it said that it ends")

    def test_a_leader_that_slept_past_its_lease_changes_nothing(self) -> None:
        first = self.coordinate()
        self.wait_for(lambda: first.leads() and first.metric("calotype_last_walk_timestamp_seconds") > 0)
        second = self.coordinate(**self.elsewhere())
        self.wait_for(lambda: second.ask("/readyz")[0] == 200)
        first.popen.send_signal(signal.SIGSTOP)
        self.wait_for(second.leads, 10 * LEASE_S)
        first.popen.send_signal(signal.SIGCONT)
        self.wait_for(lambda: not first.leads() and "does not lead any more" in first.output())
        self.assertTrue(second.leads())
        self.library.add_samples(*self.samples[:2])
        self.wait_for(lambda: self.pdq("pending") == 2)
        self.assertEqual(self.status()["photos"]["total"], 2)
        listed = [one for one in self.status()["processes"] if one["leads"]]
        self.assertEqual([one["process"] for one in listed], [second.popen.pid])

    def test_a_worker_gives_back_what_it_does_not_finish_in_time(self) -> None:
        for number in range(40):
            source = SAMPLES / self.samples[number % len(self.samples)]
            target = self.library.photos / f"{number}.jpg"
            shutil.copy(source, target)
            with target.open("ab") as photo:
                photo.write(b"\0" * (number + 1))  # another content
        coordinator = Process(self, "coordinate", self.library.photos)
        self.wait_for(lambda: self.pdq("pending") == 40)
        worker = Process(self, "worker", CALOTYPE_WORKER_DRAIN_S="0")
        self.wait_for(lambda: worker.metric("calotype_photos_held") > 0)
        self.assertEqual(worker.stop(), 0)
        counts = self.status()["analyses"]["pdq"]
        self.assertEqual(counts["running"], 0)
        self.assertEqual(counts["pending"] + counts["done"], 40)
        self.assertGreater(counts["pending"], 0)
        # With time, what is in work is finished; the rest is given back.
        worker = Process(self, "worker")
        self.wait_for(lambda: self.pdq("done") > counts["done"])
        self.assertEqual(worker.stop(), 0)
        self.assertNotIn("worker.drain_s", worker.output())
        counts = self.status()["analyses"]["pdq"]
        self.assertEqual((counts["running"], counts["pending"] + counts["done"]), (0, 40))
        self.assertEqual(coordinator.stop(), 0)

    def test_processes_without_the_librarys_models_say_so(self) -> None:
        self.library.add_samples(self.samples[0])
        coordinator = self.coordinate()
        self.wait_for(lambda: self.pdq("pending") == 1)
        worker = Process(self, "worker", "--only", "pdq")
        self.wait_for(lambda: self.pdq("done") == 1)
        self.sql("UPDATE library SET value = 'another' WHERE key = 'wanted.pack'")
        sentence = "the model pack 'another' is not installed"
        self.wait_for(lambda: worker.popen.poll() is not None)
        self.assertEqual(worker.popen.returncode, 1)
        self.assertIn(sentence, worker.output())
        # One that has led goes on with what it can do, and says why it does not walk.
        self.wait_for(lambda: sentence in coordinator.output())
        self.assertEqual(coordinator.stop(), 0)
        for command in (["coordinate", self.library.photos], ["worker"]):
            done = self.library.run(*command, "--only", "pdq", "--set", "models.pack=starter")
            self.assertEqual(done.returncode, 1)
            self.assertIn("the library is analysed with the pack another, this process has starter", done.stderr)

    def test_the_service_manager_is_told(self) -> None:
        path = self.library.home / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(60)
            coordinator = self.coordinate(NOTIFY_SOCKET=str(path))
            self.assertEqual(manager.recv(100), b"READY=1")
            self.wait_for(lambda: coordinator.metric("calotype_last_walk_timestamp_seconds") > 0)
            worker = Process(self, "worker", "--only", "pdq", NOTIFY_SOCKET=str(path))
            self.assertEqual(manager.recv(100), b"READY=1")
            for process in (worker, coordinator):
                self.assertEqual(process.stop(), 0)
                self.assertEqual(manager.recv(100), b"STOPPING=1")

    def test_what_cannot_be_is_said(self) -> None:
        done = self.library.run("coordinate", "--only", "pdq")
        self.assertEqual(done.returncode, 1)
        self.assertIn("name one: calotype coordinate FOLDER", done.stderr)
        done = self.library.run("coordinate", self.library.home / "nowhere", "--only", "pdq")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere does not exist", done.stderr)
        done = self.library.run("worker", "--only", "pdq", "--health", "9464")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--health: '9464' is no address", done.stderr)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = self.library.run("worker", "--only", "pdq", "--health", "127.0.0.1:{}".format(taken.getsockname()[1]))
            self.assertEqual(done.returncode, 1)
            self.assertIn("in use", done.stderr)


@unittest.skipUnless(postgres_server.PROGRAMS, postgres_server.WHY_NOT)
class PostgresFleetTest(FleetTest):
    """The same with a catalogue on a server."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self) -> None:
        super().setUp()
        self.database = f"fleet_{os.getpid()}_{time.monotonic_ns()}"
        self.library.environment["CALOTYPE_CATALOG_FILE"] = self.server.new_database(self.database)

    def sql(self, text: str) -> None:
        self.server.sql(self.database, text)

    def test_a_server_that_comes_back_is_used_again(self) -> None:
        self.library.add_samples(self.samples[0])
        coordinator = self.coordinate()
        self.wait_for(lambda: self.pdq("pending") == 1)
        worker = Process(self, "worker", "--only", "pdq", **self.elsewhere())
        self.wait_for(lambda: self.pdq("done") == 1)
        self.server.crash()
        for process in (coordinator, worker):
            self.wait_for(lambda: process.metric("calotype_catalog_up") == 0)
            status, body = process.ask("/readyz")
            self.assertEqual((status, "cannot be reached" in body or "ended" in body), (503, True), body)
            self.assertEqual(process.ask("/healthz")[0], 200)
        self.library.add_samples(self.samples[1])
        self.server.start()
        self.wait_for(lambda: self.pdq("done") == 2)
        self.wait_for(lambda: worker.ask("/readyz")[0] == coordinator.ask("/readyz")[0] == 200)
        self.assertEqual([worker.stop(), coordinator.stop()], [0, 0])

    def elsewhere(self) -> dict[str, str]:
        return {"CALOTYPE_HOME": str(self.library.home / "elsewhere")}


if __name__ == "__main__":
    unittest.main()
