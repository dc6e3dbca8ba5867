"""A catalogue on a PostgreSQL server: scans, queries, copies, pgbouncer. Skipped where no server is installed."""

import json
import pathlib
import socket
import unittest

import postgres_server
import query_test
from postgres_server import PostgresServer
from server_process import ServerTestCase


@unittest.skipUnless(postgres_server.PROGRAMS, postgres_server.WHY_NOT)
class PostgresQueryTest(query_test.QueryTest):
    """Every row of queries.tsv has the same answer on a server."""

    server: PostgresServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = PostgresServer()
        cls.url = cls.server.new_database("queries")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        cls.server.close()

    @classmethod
    def prepare(cls) -> None:
        cls.library.environment["CALOTYPE_CATALOG_FILE"] = cls.url

    @classmethod
    def add_facts(cls) -> None:
        rows = cls.server.sql("queries", "SELECT photo_id, encode(path, 'escape') FROM file").splitlines()
        ids = {pathlib.Path(path).stem: photo for photo, path in (row.split("|") for row in rows)}
        cls.server.sql("queries", query_test.SQL.format(**ids))


@unittest.skipUnless(postgres_server.PROGRAMS, postgres_server.WHY_NOT)
class PostgresTest(ServerTestCase):
    PHOTOS = ("cat.png", "coffee.png", "coffee_copy.jpg", "sign_no_parking.jpg", "obama.jpg", "obama_speaking.jpg")

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = PostgresServer()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()

    def use(self, catalogue: str) -> None:
        self.library.environment["CALOTYPE_CATALOG_FILE"] = catalogue

    def answers(self) -> dict:
        """What the commands say about the library, without what depends on time."""
        commands = {
            "status": ["status", "--json"],
            "words": ["search", "coffee", "--json"],
            "text": ["search", "text:parking", "--json"],
            "person": ["search", "person:Barack", "--json"],
            "people": ["people", "list", "--json"],
            "copies": ["duplicates", "--json"],
            "history": ["people", "history", "--json"],
            "photo": ["show", str(self.library.photos / "obama.jpg"), "--json"],
        }
        found = {}
        for name, command in commands.items():
            done = self.library.run(*command)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
            found[name] = [json.loads(line) for line in done.stdout.splitlines()]
        # The news of the latest scan are this machine's.
        found["status"] = [{key: one[key] for key in ("photos", "analyses", "failures")} for one in found["status"]]
        found["export"] = self.library.run("export", "--to", "jsonl").stdout
        return found

    def fill(self) -> None:
        self.library.add_samples(*self.PHOTOS)
        done = self.library.run("scan", self.library.photos)
        self.assertEqual(done.returncode, 0, done.stderr)
        face = self.library.json("show", self.library.photos / "obama.jpg", "--json")["faces"][0]
        self.assertEqual(self.library.run("people", "name", face["person"], "Barack").returncode, 0)

    def test_a_catalogue_moves_to_a_server_and_back(self) -> None:
        file = self.library.home / "home/catalog.db"
        url = self.server.new_database("moved")
        self.fill()
        before = self.answers()
        done = self.library.run("catalog", "copy", file, url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("their hashes are equal", done.stdout)
        self.use(url)
        self.assertEqual(self.answers(), before)
        again = self.library.run("scan", self.library.photos)
        self.assertIn("0 analysed", again.stdout)
        self.assertEqual(self.library.run("check-db").returncode, 0)
        # Changed there, then back in a file.
        self.assertEqual(self.library.run("people", "undo").returncode, 0)
        changed = self.answers()
        self.assertNotEqual(changed["people"], before["people"])
        back = self.library.home / "back.db"
        done = self.library.run("catalog", "copy", url, back)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.use(str(back))
        self.assertEqual(self.answers(), changed)
        self.assertEqual(self.library.run("check-db").stdout, "the catalogue is intact\n")
        # A copy does not mix catalogues.
        done = self.library.run("catalog", "copy", back, url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not empty", done.stderr)
        nowhere = self.library.run("catalog", "copy", self.library.home / "nowhere.db", back)
        self.assertIn("there is no catalogue", nowhere.stderr)

    def test_servers_of_two_machines_share_it(self) -> None:
        self.use(self.server.new_database("served"))
        self.fill()
        elsewhere = {"CALOTYPE_HOME": str(self.library.home / "elsewhere")}
        one, two = self.serve(), self.serve(environment=elsewhere)
        for query in ("text:parking", "person:Barack", "coffee"):
            hits = one.get("/api/v1/search", q=query).json()["hits"]
            self.assertTrue(hits, query)
            self.assertEqual(two.get("/api/v1/search", q=query).json()["hits"], hits)
        person = one.get("/api/v1/people").json()["people"][0]["person"]
        self.assertEqual(one.request("PATCH", f"/api/v1/people/{person}", {"name": "Zo\u00eb"}).status, 200)
        self.assertEqual(two.get("/api/v1/people").json()["people"][0]["name"], "Zo\u00eb")
        decision = two.get("/api/v1/decisions").json()["decisions"][0]["decision"]
        self.assertEqual(two.request("POST", f"/api/v1/decisions/{decision}/undo").status, 200)
        self.assertEqual(one.get("/api/v1/people").json()["people"][0]["name"], "Barack")

    def test_a_server_that_moves_nothing_to_the_trash_leaves_the_moves_of_others_alone(self) -> None:
        self.use(self.server.new_database("moving"))
        self.library.add_samples("cat.png")
        self.assertEqual(self.library.run("scan", self.library.photos, "--only", "pdq").returncode, 0)
        # As another machine leaves it while it moves files that this one does not have.
        self.server.sql(
            "moving",
            "INSERT INTO decision(kind, text, made_at, moving) VALUES (12, 'moved', 1, 1);"
            " INSERT INTO trash_file(decision_id, path, trash_path) SELECT id, '/far/a.jpg', '/far/.trash/a.jpg' FROM decision",
        )
        moving = "SELECT moving FROM decision"
        self.serve().get("/healthz")
        self.assertEqual(self.server.sql("moving", moving).strip(), "1")
        self.serve(environment={"CALOTYPE_SERVER_TRASH_FOLDERS": str(self.library.photos)}).get("/healthz")
        self.assertEqual(self.server.sql("moving", moving).strip(), "0", "of this machine: it is taken back")

    @unittest.skipUnless(postgres_server.BOUNCER, "pgbouncer is not installed (tools/setup/install_packages cluster)")
    def test_pgbouncer_may_share_the_connections(self) -> None:
        self.server.new_database("shared")
        self.server.start_bouncer()
        self.use(self.server.url("shared", 6432))
        self.fill()
        through = self.answers()
        self.use(self.server.url("shared"))
        self.assertEqual(self.answers(), through)

    def test_messages_say_what_to_do_and_no_password(self) -> None:
        self.use(self.server.url("nowhere").replace("calotype@", "calotype:geheim@"))
        for command in (["status"], ["doctor"], ["scan", self.library.photos], ["backup", self.library.home / "copy"]):
            done = self.library.run(*command)
            self.assertNotEqual(done.returncode, 0, command)
            self.assertIn("createdb", done.stdout + done.stderr)
            self.assertNotIn("geheim", done.stdout + done.stderr)

    def test_the_doctor_names_what_is_wrong_with_the_server(self) -> None:
        def said(url: str) -> str:
            self.use(url)
            check = self.diagnose("catalogue")
            self.assertFalse(check["ok"], check)
            self.assertNotIn("geheim", check["detail"] + check["remedy"])
            self.assertEqual(self.diagnose("storage")["remedy"], "first correct what the check of the catalogue found")
            return check["detail"]

        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        self.assertRegex(said(f"postgresql://calotype:geheim@127.0.0.1:{port}/calotype"), "cannot be reached .*check that the server runs")
        self.assertRegex(said(self.server.url("nowhere")), "does not exist .*createdb")
        self.assertRegex(said(self.server.url("postgres").replace("calotype@", "nobody@")), "refuses access .*check the user")
        good = self.server.new_database("examined")
        self.server.sql("examined", "CREATE ROLE guest LOGIN PASSWORD 'geheim'")
        rules = self.server.folder / "data/pg_hba.conf"
        rules.write_text("local all guest scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
        self.server.sql("examined", "SELECT pg_reload_conf()")
        self.assertRegex(said(good.replace("calotype@", "guest:wrong@")), "refuses access .*password authentication failed.*pgpass")
        self.assertRegex(said(good.replace("calotype@", "guest:geheim@")), "refuses this to its user .*make them the owner")
        other = self.server.new_database("of_others")
        self.server.sql("of_others", "CREATE TABLE theirs (id bigint)")
        self.assertRegex(said(other), "tables of another program; name an empty database")

        self.use(good)
        self.library.add_samples("cat.png")
        self.assertEqual(self.library.run("scan", self.library.photos, "--only", "pdq").returncode, 0)
        self.assertIn("1 photo", self.diagnose("catalogue")["detail"])
        self.assertEqual(self.diagnose("storage")["detail"], "1 folder can be read")
        # An older program's tables are migrated, a newer one's refused.
        self.server.sql(
            "examined",
            "UPDATE calotype_schema SET version = 1; DROP TABLE process, chunk, claim;"
            " CREATE TABLE claim (photo_id bigint PRIMARY KEY, owner_id bigint NOT NULL)",
        )
        self.assertTrue(self.diagnose("catalogue")["ok"])
        self.assertNotEqual(self.server.sql("examined", "SELECT version FROM calotype_schema").strip(), "1")
        self.server.sql("examined", "UPDATE calotype_schema SET version = 99")
        self.assertRegex(said(good), "schema version 99, this program knows versions up to .*run the newer one")

    def test_an_old_primary_that_takes_writes_again_is_not_used(self) -> None:
        old = PostgresServer()
        self.addCleanup(old.close)
        self.use(old.new_database("library"))
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        old.crash()
        new = PostgresServer(data_of=old)
        self.addCleanup(new.close)
        new.sql("postgres", "SELECT pg_promote()")
        old.start()
        for hosts in (f"{old.folder},{new.folder}", f"{new.folder},{old.folder}"):
            self.use(f"postgresql:///library?user=calotype&host={hosts}&target_session_attrs=read-write")
            self.library.add_samples("coffee.png")
            self.scan("--only", "pdq")
            self.assertEqual([one.sql("library", "SELECT count(*) FROM photo").strip() for one in (old, new)], ["1", "2"])

    def test_a_backup_is_the_servers_business(self) -> None:
        self.use(self.server.new_database("kept"))
        done = self.library.run("backup", self.library.home / "copy")
        self.assertEqual(done.returncode, 1)
        self.assertIn("pg_dump", done.stderr)


if __name__ == "__main__":
    unittest.main()
