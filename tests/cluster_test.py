"""A fleet of machines: two databases, two coordinators, four workers and a storage, each in a network of its own
(cluster_machines.py). They fail in all ways at once, and afterwards the library is as if one process had made it.

    CALOTYPE_TEST_CLUSTER_PHOTOS  photos with every analysis (24; for the long run 300)
    CALOTYPE_TEST_CLUSTER_SMALL   small photos with embedding and pdq alone (300; 5000)
    CALOTYPE_TEST_CLUSTER_CUT_S   seconds for which a network is cut (20; 60)
    CALOTYPE_TEST_CLUSTER_DOWN_S  seconds for which the storage is down (10; 30)
    CALOTYPE_TEST_SEED            which photos are taken and who fails (1)
"""

import atexit
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from collections.abc import Callable

import cluster_machines
from calotype import BINARY, SAMPLES, CalotypeTestCase
from cluster_machines import Machine, Network, Server, Storage

WHY_NOT = cluster_machines.why_not()
PHOTOS = int(os.environ.get("CALOTYPE_TEST_CLUSTER_PHOTOS", "24"))
SMALL = int(os.environ.get("CALOTYPE_TEST_CLUSTER_SMALL", "300"))
CUT_S = float(os.environ.get("CALOTYPE_TEST_CLUSTER_CUT_S", "20"))
DOWN_S = float(os.environ.get("CALOTYPE_TEST_CLUSTER_DOWN_S", "10"))
SEED = int(os.environ.get("CALOTYPE_TEST_SEED", "1"))
LEASE_S = 5  # of members of the fleet
WORK_LEASE_S = 60  # of photos (src/catalog/work_source.h)
FAULTS_S = 130 + CUT_S + DOWN_S  # about as long as run_with_faults() has faults

# What was found, without the numbers that are given in the order of arrival.
FINDINGS = {
    "states": "analysis, version, state, reason FROM analysis AS found",
    "facts": "bytes, format, width, height, taken_at, camera, lens, latitude, city, title, md5(thumb_hash)"
    " FROM (SELECT id AS photo_id, photo.* FROM photo) AS found",
    "objects": "name, score, x, y, width, height FROM object AS found JOIN label ON label.id = label_id",
    "tags": "name, score FROM tag AS found JOIN label ON label.id = label_id",
    "embeddings": "space, version, md5(vector) FROM embedding AS found",
    "faces": "position, score, x, y, width, height, md5(landmarks), md5(embedding), sharpness FROM face AS found",
    "texts": "position, text, score, md5(quad), page FROM text_line AS found",
    "hashes": "md5(hash), quality FROM pdq AS found",
    "keywords": "name FROM keyword AS found",
}
PHOTO = "(SELECT encode(sha256, 'hex') FROM photo WHERE photo.id = found.photo_id)"


class Watch(threading.Thread):
    """Counts finished photos again and again."""

    def __init__(self, ask: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.ask = ask
        self.seen: list[tuple[float, int]] = []
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(0.5):
            try:
                self.seen.append((time.monotonic(), self.ask()))
            except (AssertionError, ValueError):
                pass  # the database is down

    def stop(self) -> None:
        self.ended.set()
        self.join()

    def longest_pause(self, begin: float, end: float) -> float:
        """The most seconds between `begin` and `end` in which no photo was finished."""
        pause, last, most = 0.0, begin, 0
        for when, count in self.seen:
            if count > most and when > begin:
                pause = max(pause, min(when, end) - last)
                last = min(when, end)
            most = max(most, count)
        return max(pause, end - last)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class ClusterTest(CalotypeTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="calotype-cluster-")))
        cls.folder.chmod(0o755)  # the servers run as another user
        cls.network = Network()
        cls.addClassCleanup(cls.network.close)
        atexit.register(cls.network.close)  # an interrupted test does not clean up
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
        cls.workers = [cls.network.machine(f"worker{number}") for number in range(1, 5)]
        cls.coordinators = [cls.network.machine(f"coordinator{number}") for number in range(1, 3)]
        cls.primary, cls.standby = (Server(cls.network.machine(f"db{number}"), cls.folder) for number in (1, 2))
        cls.desk = cls.network.machine("desk")
        cls.random = random.Random(SEED)
        cls.make_photos()
        cls.storage = Storage(cls.network.machine("storage"), cls.folder / "buckets")
        cls.storage.start()
        cls.primary.create()
        cls.primary.start()
        cls.standby.follow(cls.primary)

    @classmethod
    def make_photos(cls) -> None:
        """Each with bytes of its own behind the picture."""
        everything = sorted(SAMPLES.glob("*.jpg"))
        small = sorted(everything, key=lambda path: path.stat().st_size)[:8]
        for bucket, count, samples in (("all", PHOTOS, everything), ("small", SMALL, small)):
            folder = cls.folder / "buckets" / bucket
            folder.mkdir(parents=True)
            for number in range(count):
                source = samples[number] if number < len(samples) else cls.random.choice(samples)
                (folder / f"{number:05}-{source.name}").write_bytes(source.read_bytes() + b"\0" * (number + 1))
        broken = cls.folder / "buckets/broken"
        broken.mkdir()
        (broken / "broken.jpg").write_bytes(everything[0].read_bytes()[:200])

    def setUp(self) -> None:
        super().setUp()
        self.started: dict[str, subprocess.Popen] = {}
        self.addCleanup(self.end_all)
        self.primary.sql("postgres", f"CREATE DATABASE {self.database} TEMPLATE template0")
        self.library.environment.update(
            self.storage.variables,
            CALOTYPE_FLEET_LEASE_S=str(LEASE_S),
            CALOTYPE_COORDINATE_WALK_S="5",
            CALOTYPE_COORDINATE_PEOPLE_S="2",
            CALOTYPE_CATALOG_FILE=self.url(self.database),
        )

    @property
    def database(self) -> str:
        return self._testMethodName.removeprefix("test_")[:40]

    def url(self, database: str) -> str:
        hosts = f"{self.primary.machine.address},{self.standby.machine.address}"
        return f"postgresql://calotype@{hosts}/{database}?target_session_attrs=read-write"

    def end_all(self) -> None:
        for machine in [*self.workers, *self.coordinators, self.desk]:
            machine.connect(True)
            machine.kill()

    # Processes

    def environment(self, machine: Machine) -> dict[str, str]:
        return dict(self.library.environment, CALOTYPE_HOME=str(self.library.home / machine.name))

    def start(self, machine: Machine, *arguments: object) -> None:
        with (self.library.home / f"{machine.name}.log").open("ab") as log:
            self.started[machine.name] = machine.start(BINARY, *arguments, env=self.environment(machine), stdout=log, stderr=log)

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(self.library.home.glob("*.log")))

    def signal(self, machine: Machine, number: int) -> None:
        """To the program on a machine; killing it ends its decoders, too."""
        outer = self.started[machine.name].pid
        child = pathlib.Path(f"/proc/{outer}/task/{outer}/children").read_text(encoding="utf-8").split()[0]
        os.kill(int(child), number)

    def stop(self, machine: Machine) -> None:
        self.signal(machine, signal.SIGTERM)
        self.assertEqual(self.started[machine.name].wait(timeout=90), 0, self.logs())

    def calotype(self, *arguments: object, catalog: str = "") -> subprocess.CompletedProcess:
        environment = self.environment(self.desk)
        if catalog:
            environment["CALOTYPE_CATALOG_FILE"] = self.url(catalog)
        done = self.desk.run(BINARY, *arguments, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def status(self) -> dict:
        return json.loads(self.calotype("status", "--json").stdout)

    # Looking

    def finished(self) -> int:
        return int(
            self.primary.sql(
                self.database,
                "SELECT (SELECT count(*) FROM photo) - (SELECT count(DISTINCT photo_id) FROM analysis WHERE state = 0)",
            )
        )

    def wait_for(self, condition: Callable[[], object], seconds: float = 300) -> object:
        """What `condition` returns when it is true."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if met := condition():
                    return met
            except AssertionError:
                pass  # a database that is down
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds:.0f} s\n{self.logs()}")
            time.sleep(0.2)

    def leader(self) -> Machine | None:
        leads = [one["host"] for one in self.status()["processes"] if one["leads"]]
        return next((machine for machine in self.coordinators if machine.name in leads), None)

    def say(self, text: str) -> None:
        print(f"    {text}", flush=True)

    def findings(self, database: str) -> dict[str, list[str]]:
        found = {
            name: sorted(self.primary.sql(database, f"SELECT {PHOTO}, {query}").splitlines()) for name, query in FINDINGS.items()
        }
        people = self.primary.sql(
            database,
            "SELECT string_agg(encode(sha256, 'hex') || ' ' || position, ',' ORDER BY sha256, position) FROM face"
            " JOIN photo ON photo.id = photo_id WHERE person_id IS NOT NULL GROUP BY person_id",
        )
        found["people"] = sorted(people.splitlines())
        return found

    def scan_with_one_process(self, bucket: str, *arguments: object) -> str:
        """The name of the database that it writes."""
        database = self.database + "_alone"
        self.primary.sql("postgres", f"CREATE DATABASE {database} TEMPLATE template0")
        began = time.monotonic()
        self.calotype("scan", f"s3://{bucket}", *arguments, catalog=database)
        self.say(f"one process took {time.monotonic() - began:.0f} s")
        return database

    # Tests

    def test_every_analysis(self) -> None:
        self.restore_the_standby()
        self.run_with_faults("all", PHOTOS)

    def test_many_small_photos(self) -> None:
        self.restore_the_standby()
        self.run_with_faults("small", SMALL, "--only", "embedding,pdq")

    def restore_the_standby(self) -> None:
        """The old primary becomes the standby of the new one, as docs/runbook.md says."""
        if self.primary.sql("postgres", "SELECT count(*) FROM pg_stat_replication") == "1":
            return
        self.standby.machine.kill()
        shutil.rmtree(self.standby.data)
        self.standby.follow(self.primary)

    def run_with_faults(self, bucket: str, photos: int, *only: str) -> None:
        alone = self.scan_with_one_process(bucket, *only)
        reads_before = len(self.storage.reads())
        for machine in self.coordinators:
            self.start(machine, "coordinate", f"s3://{bucket}", *only)
        self.storage.slow_down(FAULTS_S / photos)
        self.wait_for(lambda: self.primary.sql(self.database, "SELECT count(*) > 0 FROM analysis") == "t")
        for machine in self.workers:
            self.start(machine, "worker", *only)
        began = time.monotonic()
        watch = Watch(self.finished)
        self.addCleanup(watch.stop)
        faults: list[tuple[str, float]] = []

        def fault(what: str) -> None:
            faults.append((what, time.monotonic()))

        def progress() -> None:
            """Something more was finished."""
            count = self.finished()
            self.wait_for(lambda: self.finished() > count)

        self.wait_for(lambda: self.finished() > photos // 10)
        asleep, killed, other, cut = self.random.sample(self.workers, 4)
        self.put_to_sleep(asleep)
        fault(f"{asleep.name} sleeps, {'with' if self.clients(self.primary, asleep) else 'without'} the lock of writers")
        slept_at = time.monotonic()
        fault(f"{killed.name} and {other.name} are killed")
        self.signal(killed, signal.SIGKILL)
        self.signal(other, signal.SIGKILL)
        progress()
        # While a worker that sleeps has the lock of writers, nobody can report that they lead.
        leader = self.wait_for(self.leader)
        fault(f"{leader.name}, which leads, is killed")
        self.signal(leader, signal.SIGKILL)
        self.wait_for(lambda: self.leader() not in (leader, None))
        took_over = time.monotonic() - faults[-1][1]
        fault(f"{self.primary.machine.name}, the primary, loses its power")
        self.primary.lose_power()
        old = self.primary
        type(self).primary, type(self).standby = self.standby, old
        self.primary.sql("postgres", "SELECT pg_promote()")
        progress()
        # It comes back and takes writes, and it is the first in the address of all.
        old.machine.connect(True)
        old.start()
        self.assertEqual(old.sql("postgres", "SELECT pg_is_in_recovery()"), "f")
        before = self.history(old)
        fault(f"{old.machine.name} comes back and takes writes; {killed.name}, {other.name} and {leader.name} start again")
        for machine in (killed, other):
            self.start(machine, "worker", *only)
        self.start(leader, "coordinate", f"s3://{bucket}", *only)
        progress()
        fault(f"the network of {cut.name} is cut for {CUT_S:.0f} s")
        cut.connect(False)
        time.sleep(CUT_S)
        cut.connect(True)
        progress()
        fault(f"the storage is down for {DOWN_S:.0f} s")
        self.storage.stop()
        time.sleep(DOWN_S)
        self.storage.start()
        progress()
        time.sleep(max(0.0, slept_at + WORK_LEASE_S + 5 - time.monotonic()))
        held = self.held_by(asleep)
        fault(f"{asleep.name} wakes")
        self.signal(asleep, signal.SIGCONT)
        self.assertEqual(held, 0, "its photos were given to others")
        self.storage.slow_down(0)
        self.wait_for(lambda: self.finished() == photos, 600 + photos)
        # A photo that could not be read while the storage was down is tried again after a minute or more.
        to_retry = "SELECT count(*) FROM analysis WHERE state = 3 AND retry_at > 0"
        self.wait_for(lambda: self.primary.sql(self.database, to_retry) == "0", 600)
        took = time.monotonic() - began
        time.sleep(2)  # for results that come too late
        self.say(f"{photos} photos with faults took {took:.0f} s; another coordinator led after {took_over:.1f} s")
        ends = [at for _, at in faults[1:]] + [began + took]
        for (what, at), end in zip(faults, ends):
            self.say(f"{at - began:6.1f} s: {what}; the longest pause until the next fault: {watch.longest_pause(at, end):.1f} s")
        reads = self.storage.reads()[reads_before:]
        workers = {machine.address for machine in self.workers}
        analysed = sum(reader in workers for reader, _ in reads)
        self.say(f"workers read {analysed} objects, {analysed - photos} again; coordinators {len(reads) - analysed}, "
                 f"{len(reads) - analysed - photos} again")
        for name in ("attempts", "kills", "crashes"):
            self.say(f"{name}: " + self.primary.sql(self.database, f"SELECT sum({name}) FROM analysis"))

        # The old primary was not used.
        self.assertEqual(self.history(old), before, "nobody wrote to the old primary")
        self.assertEqual(self.clients(old), "", "nobody is connected to the old primary")
        old.machine.kill()
        status = self.status()
        self.assertEqual((status["photos"]["total"], status["photos"]["missing"]), (photos, 0))
        for name, counts in status["analyses"].items():
            self.assertEqual(counts["pending"] + counts["running"] + counts["failed"], 0, f"{name}: {counts}")
        for machine in [*self.workers, *self.coordinators]:
            self.stop(machine)
        self.assertEqual(self.primary.sql(self.database, "SELECT count(*) FROM claim"), "0")
        expected, found = self.findings(alone), self.findings(self.database)
        for name, rows in expected.items():
            if name != "people":
                self.assertGreater(len(rows) + (name in ("tags", "keywords")) + bool(only), 0, name)
                self.assertEqual(found[name], rows, name)
        self.assertEqual(found["people"], expected["people"])
        self.calotype("check-db")

    def history(self, server: Server) -> str:
        """Changes when anybody writes."""
        return server.sql(self.database, "SELECT count(*), sum(attempts), max(updated_at) FROM analysis") + server.sql(
            self.database, "SELECT count(*), max(number) FROM photo_change"
        ) + server.sql(self.database, "SELECT count(*) FROM file") + server.sql(self.database, "SELECT count(*), max(id) FROM chunk")

    def put_to_sleep(self, machine: Machine) -> None:
        """Within a transaction, if that can be met."""
        for _ in range(30):
            self.signal(machine, signal.SIGSTOP)
            if self.clients(self.primary, machine):
                return
            self.signal(machine, signal.SIGCONT)
            time.sleep(self.random.uniform(0, 0.1))
        self.signal(machine, signal.SIGSTOP)

    def clients(self, server: Server, in_transaction: Machine | None = None) -> str:
        """The connections from other machines; those of a machine that are between two statements of a transaction."""
        condition = f"client_addr = '{in_transaction.address}' AND state = 'idle in transaction'" if in_transaction else "true"
        return server.sql(
            "postgres",
            "SELECT client_addr, state, wait_event, left(query, 60) FROM pg_stat_activity"
            f" WHERE client_addr IS NOT NULL AND {condition}",
        )

    def held_by(self, machine: Machine) -> int:
        return int(self.primary.sql(
            self.database,
            f"SELECT count(*) FROM claim JOIN chunk ON chunk.id = chunk_id JOIN work_owner ON work_owner.id = owner_id"
            f" WHERE host LIKE '% {machine.name}'",
        ))

    def test_a_photo_is_analysed_again_each_time_that_somebody_asks(self) -> None:
        self.restore_the_standby()
        coordinator, worker = self.coordinators[0], self.workers[0]
        self.start(coordinator, "coordinate", "s3://broken", "--only", "pdq")
        self.wait_for(lambda: self.finished() == 0 and self.primary.sql(self.database, "SELECT count(*) FROM photo") == "1")
        self.start(worker, "worker", "--only", "pdq")
        self.wait_for(lambda: self.finished() == 1)
        for _ in range(3):
            reads = len(self.storage.reads())
            self.desk.run(BINARY, "retry", "--only", "pdq", "s3://broken/broken.jpg", env=self.environment(self.desk))
            self.wait_for(lambda: self.finished() == 1)
            self.assertGreater(len(self.storage.reads()), reads, "read again, by the worker or by retry itself")

    def test_throughput(self) -> None:
        self.restore_the_standby()
        self.start(self.coordinators[0], "coordinate", "s3://small", "--only", "embedding,pdq")
        self.wait_for(lambda: self.status()["analyses"].get("pdq", {}).get("pending") == SMALL, 600)
        self.stop(self.coordinators[0])
        self.primary.sql("postgres", f"CREATE DATABASE booked TEMPLATE {self.database}")
        for count in (1, 2, 4):
            self.primary.sql("postgres", f"DROP DATABASE {self.database} WITH (FORCE)")
            self.primary.sql("postgres", f"CREATE DATABASE {self.database} TEMPLATE booked")
            self.start(self.coordinators[0], "coordinate", "s3://small", "--only", "embedding,pdq")
            self.wait_for(lambda: self.coordinators[0] is self.leader())
            self.calotype("pause")
            for machine in self.workers[:count]:
                self.start(machine, "worker", "--only", "embedding,pdq")
            self.wait_for(lambda: len(self.status()["processes"]) == count + 1)
            databases = [self.primary.machine, self.standby.machine]
            before = [machine.cpu_seconds() for machine in [*databases, self.coordinators[0]]]
            self.calotype("resume")
            began = time.monotonic()
            self.wait_for(lambda: self.finished() == SMALL, 600)
            took = time.monotonic() - began
            used = [machine.cpu_seconds() - start for machine, start in zip([*databases, self.coordinators[0]], before)]
            self.say(f"{count} workers: {SMALL / took:.1f} photos/s; CPU for each photo: primary {1000 * used[0] / SMALL:.2f} ms, "
                     f"standby {1000 * used[1] / SMALL:.2f} ms, coordinator {1000 * used[2] / SMALL:.2f} ms")
            for machine in [*self.workers[:count], self.coordinators[0]]:
                self.stop(machine)


if __name__ == "__main__":
    unittest.main()
