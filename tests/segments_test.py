"""The vector index that machines share through object storage: written by one process, fetched and searched by servers."""

import re
import subprocess
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase, names
from s3_server import S3Server
from server_process import Server

SEGMENTS = ("--set", "search.segments=s3://index/calotype")


class SegmentsTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.s3 = S3Server()
        self.s3.__enter__()
        self.addCleanup(self.s3.__exit__)
        self.addCleanup(self.s3.stall.clear)
        self.samples = sorted(path.name for path in SAMPLES.glob("*.jpg"))[:12]
        self.library.add_samples(*self.samples[:10])
        self.scan("--only", "embedding,pdq")
        self.alone = self.answers_without_segments()
        self.library.environment.update(self.s3.variables, CALOTYPE_STORAGE_TRIES="2")

    def photo(self, number: int):
        return self.library.photos / self.samples[number]

    def answers_without_segments(self) -> list[list]:
        server = Server(self.library)
        try:
            return self.answers(server)
        finally:
            server.stop()

    def answers(self, server: Server) -> list[list]:
        """Photos and scores, best first."""
        asked = [server.get("/api/v1/search", q=query).json() for query in ("a dog", "a person", f"like:{self.photo(3)}")]
        return [[(names([hit])[0], hit["score"]) for hit in answer["hits"]] for answer in asked]

    def write(self) -> str:
        done = self.library.run("catalog", "segments", *SEGMENTS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def serve(self) -> Server:
        server = Server(self.library, *SEGMENTS)
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        return server

    def gauge(self, server: Server, name: str, state: str) -> int:
        found = re.search(rf'^{name}{{state="{state}"}} (\d+)', server.get("/metrics").body.decode(), re.MULTILINE)
        return int(found[1]) if found else 0

    def wait_until_complete(self, server: Server, segments: int, photos: int) -> None:
        for _ in range(600):
            here = [self.gauge(server, f"calotype_index_{what}", state) for what in ("segments", "photos") for state in ("here", "all")]
            if here == [segments, segments, photos, photos]:
                return
            time.sleep(0.05)
        self.fail(f"{here}")

    def expect_the_same(self, server: Server) -> None:
        self.assertGreater(len(self.alone[2]), 2)
        self.assertEqual(self.answers(server), self.alone)

    def test_a_server_searches_segments_that_another_process_wrote(self) -> None:
        server = self.serve()
        self.expect_the_same(server)
        self.assertIn("wrote 10 photos", self.write())
        self.assertIn("nothing to write", self.write())
        self.wait_until_complete(server, 1, 10)
        self.expect_the_same(server)
        # What came later is found, too.
        self.library.add_samples(*self.samples[10:])
        self.scan("--only", "embedding,pdq")
        self.alone = self.answers_without_segments()
        self.expect_the_same(server)
        # Without the storage, a new server says what it lacks, and answers all the same.
        server.stop()
        self.s3.down = True
        for file in self.library.cache.glob("segments/*/*/vectors"):
            file.unlink()
        server = self.serve()
        self.expect_the_same(server)
        self.assertEqual(self.gauge(server, "calotype_index_segments", "here"), 0)
        self.wait_for_warning(server)
        self.s3.down = False
        self.wait_until_complete(server, 1, 10)
        self.expect_the_same(server)

    def wait_for_warning(self, server: Server) -> None:
        for _ in range(600):
            if "index segments: s3://index/calotype/" in "".join(server.errors):
                return
            time.sleep(0.05)
        self.fail("".join(server.errors))

    def test_a_killed_server_fetches_what_is_missing(self) -> None:
        self.write()
        self.s3.stall.set()
        server = self.serve()
        self.assertTrue(self.s3.stalled.wait(60))
        self.expect_the_same(server)
        part = self.wait_for_part()
        server.process.kill()
        server.stop()
        self.s3.stall.clear()
        self.s3.ranges.clear()
        server = self.serve()
        self.wait_until_complete(server, 1, 10)
        self.assertIn(part, self.s3.ranges, "it continued")
        self.expect_the_same(server)

    def wait_for_part(self) -> int:
        for _ in range(200):
            for part in self.library.cache.glob("segments/*/*/*.part"):
                if part.stat().st_size >= 50_000:
                    return part.stat().st_size
            time.sleep(0.05)
        self.fail("nothing arrived")

    def test_a_coordinator_writes_them(self) -> None:
        server = self.serve()
        coordinator = subprocess.Popen(
            self.library.command("coordinate", self.library.photos, "--only", "embedding,pdq", *SEGMENTS),
            env=self.library.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(coordinator.wait)
        self.addCleanup(coordinator.kill)
        self.wait_until_complete(server, 1, 10)
        self.expect_the_same(server)

    def test_it_must_be_set(self) -> None:
        done = self.library.run("catalog", "segments")
        self.assertEqual(done.returncode, 1)
        self.assertIn("search.segments is empty", done.stderr)


if __name__ == "__main__":
    unittest.main()
