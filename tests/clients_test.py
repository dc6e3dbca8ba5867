"""Programs that use calotype serve: assistants (MCP), calotype --server, and the Python client."""

import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from calotype import ROOT, SAMPLES, Library
from server_process import PHOTOS, Answer, ScannedTestCase, ServerTestCase, make_certificate, violations

CLIENT = ROOT / "clients/python"
sys.path.insert(0, str(CLIENT))
import calotype_client  # noqa: E402


class McpTest(ScannedTestCase):
    def post(self, message: object, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.request("POST", "/mcp", message, {"Content-Type": "application/json", **named})

    def call(self, method: str, **params: object) -> dict:
        answer = self.post({"jsonrpc": "2.0", "id": "one", "method": method, "params": params})
        self.assertEqual((answer.status, answer.type), (200, "application/json"), answer.body)
        self.assertEqual((answer.json()["jsonrpc"], answer.json()["id"]), ("2.0", "one"))
        return answer.json()

    def use(self, tool: str, expect_error: bool = False, **arguments: object) -> dict | str:
        """What a tool answers: its JSON, or the text of its error."""
        result = self.call("tools/call", name=tool, arguments=arguments)["result"]
        self.assertEqual(result["isError"], expect_error, result)
        (content,) = result["content"]
        return content["text"] if expect_error else json.loads(content["text"]) if content["type"] == "text" else content

    def test_client_and_server_agree_on_a_version(self) -> None:
        for wanted, agreed in (("2025-06-18",) * 2, ("2025-03-26",) * 2, ("2024-11-05", "2025-06-18")):
            result = self.call("initialize", protocolVersion=wanted, capabilities={}, clientInfo={"name": "t", "version": "1"})["result"]
            self.assertEqual(result["protocolVersion"], agreed)
            self.assertEqual(result["capabilities"], {"tools": {}})
            self.assertRegex(result["serverInfo"]["version"], r"^\d+\.\d+")
        self.assertEqual(self.call("ping")["result"], {})
        started = self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, MCP_Protocol_Version="2025-06-18")
        self.assertEqual((started.status, started.body), (202, b""))
        for method in ("GET", "DELETE"):
            refused = self.server.request(method, "/mcp")
            self.assertEqual((refused.status, refused.headers["allow"]), (405, "POST"))

    def test_an_assistant_finds_describes_and_sees_photos(self) -> None:
        tools = self.call("tools/list")["result"]["tools"]
        self.assertEqual(
            {tool["name"] for tool in tools}, {"search_photos", "describe_photo", "list_people", "get_thumbnail"}
        )
        for tool in tools:
            self.assertIs(tool["inputSchema"]["additionalProperties"], False)
            self.assertTrue(tool["annotations"]["readOnlyHint"])
        found = self.use("search_photos", q="a cat", limit=1)
        answer = self.server.get("/api/v1/search", q="a cat", limit=1).json()
        # What only a page needs, such as the blurred picture, is left out.
        answer["hits"] = [{key: hit[key] for key in found["hits"][0]} for hit in answer["hits"]]
        self.assertEqual(found, answer)
        photo = found["hits"][0]["photo"]
        described = self.use("describe_photo", photo=photo)
        self.assertEqual(pathlib.Path(described["path"]).name, "cat.png")
        self.assertEqual(described["objects"].get("cat"), 1, described)
        self.assertNotIn("embedding", described)

        people = self.use("list_people")
        self.assertTrue(people["people"])
        person = people["people"][0]["person"]
        self.assertEqual(self.server.request("PATCH", f"/api/v1/people/{person}", {"name": "Ada"}).status, 200)
        hits = self.use("search_photos", q="person:Ada")["hits"]
        self.assertTrue(hits)
        described = self.use("describe_photo", photo=hits[0]["photo"])
        self.assertIn({"person": person, "name": "Ada"}, described["people"])

        seen = self.use("get_thumbnail", photo=photo, size="small")
        self.assertEqual((seen["type"], seen["mimeType"]), ("image", "image/jpeg"))
        thumbnail = self.server.get(f"/api/v1/photos/{photo}/thumbnail", format="jpeg")
        self.assertEqual(base64.b64decode(seen["data"], validate=True), thumbnail.body)

    def test_mistakes_are_explained_to_assistants(self) -> None:
        for tool, arguments, words in (
            ("search_photos", {}, "q is missing"),
            ("search_photos", {"q": "cat", "limit": 101}, "1 to 100"),
            ("search_photos", {"q": "rating:x"}, "rating"),
            ("describe_photo", {"photo": 1, "all": True}, "'all' is unknown"),
            ("describe_photo", {"photo": 99999}, "99999"),
            ("get_thumbnail", {"photo": "1"}, "whole number"),
        ):
            self.assertIn(words, self.use(tool, expect_error=True, **arguments))
        self.assertEqual(self.call("tools/call", name="delete_photos")["error"]["code"], -32602)
        self.assertEqual(self.call("resources/list")["error"]["code"], -32601)
        for body, words in (
            (b"{", "not JSON"),
            (b"[" * 100_000 + b"]" * 100_000, "64 levels"),
            ({"id": 1, "method": "ping"}, "jsonrpc"),
            ({"jsonrpc": "2.0", "id": None, "method": "ping"}, "id must be"),
        ):
            answer = self.post(body)
            self.assertEqual((answer.status, answer.type), (400, "application/problem+json"), body)
            self.assertIn(words, answer.json()["detail"])
        self.assertEqual(self.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, MCP_Protocol_Version="1").status, 400)

    def test_batches_are_answered_in_the_version_that_has_them(self) -> None:
        batch = [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/initialized"},
                 {"jsonrpc": "2.0", "id": 2, "method": "nothing"}]
        answer = self.post(batch)
        self.assertEqual([one["id"] for one in answer.json()], [1, 2])
        document = self.server.get("/api/v1/openapi.json").json()
        schema = document["paths"]["/mcp"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.assertEqual(violations(answer.json(), schema, document["components"]["schemas"]), [])
        self.assertEqual(self.post(batch, MCP_Protocol_Version="2025-06-18").status, 400)
        self.assertEqual(self.post(batch * 7).status, 400)

    def test_an_assistant_needs_a_token_and_no_other_page_reaches_it(self) -> None:
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(self.post(ping, Origin="http://evil.example").status, 403)
        self.assertEqual(self.post(ping, Host="evil.example").status, 421)
        token = self.library.run("token", "create", "assistant", "--scope", "read").stdout.strip()
        self.server = self.serve("--set", "server.require_token=true")
        refused = self.post(ping)
        self.assertEqual(refused.status, 401)
        self.assertIn("Bearer", refused.headers["www-authenticate"])
        self.assertEqual(self.post(ping, Authorization=f"Bearer {token}").status, 200)


class RemoteTest(ScannedTestCase):
    """calotype --server prints what the command prints on the server's machine."""

    def setUp(self) -> None:
        super().setUp()
        self.elsewhere = Library()  # without a catalogue
        self.addCleanup(self.elsewhere.close)

    def remote(self, *arguments: object) -> subprocess.CompletedProcess:
        return self.elsewhere.run(*arguments, "--server", f"http://127.0.0.1:{self.server.port}")

    def both(self, *arguments: object) -> str:
        """Runs a command in both ways, compares them, and returns its output."""
        here, there = self.library.run(*arguments), self.remote(*arguments)
        self.assertEqual((there.returncode, there.stdout, there.stderr), (here.returncode, here.stdout, here.stderr), arguments)
        return there.stdout + there.stderr

    def test_commands_print_the_same(self) -> None:
        self.assertIn("cat.png", self.both("search", "a cat"))
        self.assertIn("confident", self.both("search", "--json", "-n", "3", "a cat"))
        self.assertIn('"next"', self.both("search", "--json", "-n", "2", "--sort", "newest", "type:jpeg"))
        self.assertIn("robin.jpg", self.both("search", "--paths", "type:jpeg"))
        self.assertIn("nobody", self.both("search", "person:Nobody").lower())
        self.assertIn("rating", self.both("search", "rating:x"))
        self.assertIn("4 photos", self.both("status"))
        self.assertIn('"died":null', self.both("status", "--json"))
        self.assertIn("no scan is running", self.both("status", "--watch"))
        person = json.loads(self.both("people", "list", "--json"))["people"][0]["id"]
        self.both("people", "list", "--hidden")
        self.assertIn("face", self.both("people", "show", person))
        self.assertIn('"box"', self.both("people", "show", person, "--json"))
        self.both("people", "show", 99999)
        self.both("people", "merge", person, "x")

    def test_people_are_changed_on_the_server(self) -> None:
        people = json.loads(self.both("people", "list", "--json"))["people"]
        first, second = people[0]["id"], people[1]["id"]
        self.assertEqual(self.remote("people", "name", first, "Zo\u00eb").returncode, 0)
        again = self.remote("people", "name", second, "ZOE")
        self.assertIn(f"person {first} is also called Zo\u00eb; if they are the same person: calotype people merge", again.stderr)
        self.assertIn("ZOE", self.both("people", "list"))
        self.assertEqual(self.remote("people", "hide", second).returncode, 0)
        self.assertNotIn("ZOE", self.both("people", "list"))
        self.assertEqual(self.remote("people", "unhide", second).returncode, 0)
        merged = self.remote("people", "merge", first, second)
        self.assertEqual(merged.stdout, f"merged into person {first}; the old numbers point to it\n")
        self.assertIn("nothing was changed", self.both("people", "name", second, "Joe"))
        self.assertIn("is now person", self.both("people", "show", second))
        face = json.loads(self.library.run("people", "show", first, "--json").stdout.splitlines()[0])["face"]
        self.assertEqual(self.remote("people", "cover", first, face).returncode, 0)
        self.assertEqual(self.remote("people", "assign", first, face).returncode, 0)
        self.assertIn("set by you", self.both("people", "show", first))
        self.assertRegex(self.remote("people", "split", face).stdout, r"now belong to person \d+")
        self.assertIn("are never assigned", self.remote("people", "not", first, face).stdout)
        self.both("people", "list", "--json")

    def test_decisions_are_undone_on_the_server(self) -> None:
        self.assertIn("no suggestions", self.both("people", "suggestions"))
        self.assertEqual(self.both("people", "history"), "no decisions yet\n")
        self.assertIn("no decision that could be undone", self.both("people", "undo"))
        person = json.loads(self.both("people", "list", "--json"))["people"][0]["id"]
        for name in ("Ada", "Eve"):
            self.assertEqual(self.remote("people", "name", person, name).returncode, 0)
        history = self.both("people", "history")
        self.assertRegex(history, rf"2  \d{{4}}-\d\d-\d\d \d\d:\d\d  Renamed Ada to Eve\n +1 .*Named person {person} Ada  \(cannot be undone: decision 2")
        self.assertEqual(len(self.both("people", "history", "-n", "1", "--json").splitlines()), 1)
        self.assertIn("decision 1 cannot be undone: decision 2 changed the same later", self.both("people", "undo", "1"))
        self.assertIn("'x' is not the number of a decision", self.both("people", "undo", "x"))
        self.assertEqual(self.remote("people", "undo").stdout, "undone: Renamed Ada to Eve\n")
        self.assertEqual(self.library.run("people", "undo").stdout, f"undone: Named person {person} Ada\n")
        self.assertIn("no decision that could be undone", self.both("people", "undo"))
        self.assertEqual(self.both("people", "history").count("(undone)"), 2)

    def test_a_person_is_forgotten_on_the_server(self) -> None:
        first, second = (person["id"] for person in json.loads(self.both("people", "list", "--json"))["people"][:2])
        self.assertIn("add --yes", self.both("people", "forget", first))
        told = json.loads(self.remote("people", "forget", first, "--yes", "--json").stdout)
        self.assertEqual((told["person"], told["faces"], told["backups"]), (first, 1, []))
        self.assertIn(f"there is no person {first}", self.both("people", "forget", first, "--yes"))
        # Another program reads the catalogue: its file cannot be written anew yet.
        catalogue = self.library.home / "catalog.db"
        with contextlib.closing(sqlite3.connect(catalogue)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM face").fetchone()
            delayed = self.remote("people", "forget", second, "--yes")
        self.assertEqual(delayed.returncode, 1)
        self.assertIn(f"forgot person {second}", delayed.stdout)
        self.assertIn(f"run calotype people forget {second} --yes again", delayed.stderr)
        self.assertIn("now erased", self.remote("people", "forget", second, "--yes").stdout)
        self.assertIn("no people yet", self.both("people", "list"))

    def test_what_a_server_cannot_do_is_refused(self) -> None:
        for arguments, status, words in (
            (("show", "/a.jpg"), 2, "leave out --server"),
            (("people", "show", 1, "--sheet", "/tmp/a.jpg"), 2, "--sheet"),
            (("scan", "photos"), 2, "not absolute"),
            (("scan", "--watch"), 2, "--watch"),
            (("scan", "/etc"), 1, "server.folders"),
        ):
            done = self.remote(*arguments)
            self.assertEqual(done.returncode, status, done)
            self.assertIn(words, done.stderr)

    def test_failures_say_what_to_do(self) -> None:
        tokens = {scope: self.library.run("token", "create", scope, "--scope", scope).stdout.strip() for scope in ("read", "write")}
        key, certificate = make_certificate(self.library.home)
        self.server = self.serve("--set", "server.require_token=true", "--set", f"server.tls_certificate={certificate}",
                                 "--set", f"server.tls_key={key}")
        url = f"https://127.0.0.1:{self.server.port}"
        trusted = ("--set", f"client.certificates={certificate}")
        no_token = self.elsewhere.run("--server", url, *trusted, "people", "list")
        self.assertEqual(no_token.returncode, 1)
        self.assertIn("needs a token; put a token into CALOTYPE_TOKEN", no_token.stderr)
        self.elsewhere.environment["CALOTYPE_TOKEN"] = "calotype_0"
        self.assertIn("does not know this token", self.elsewhere.run("--server", url, *trusted, "status").stderr)
        self.elsewhere.environment["CALOTYPE_TOKEN"] = tokens["read"]
        self.assertIn("not trusted", self.elsewhere.run("--server", url, "status").stderr)
        self.assertEqual(self.elsewhere.run("--server", url, *trusted, "status").returncode, 0)
        refused = self.elsewhere.run("--server", url, *trusted, "people", "name", "1", "Ada")
        self.assertEqual((refused.returncode, refused.stderr), (1, "calotype: this needs the scope write; the token has read\n"))
        del self.elsewhere.environment["CALOTYPE_TOKEN"]
        file = self.elsewhere.home / "token"
        file.write_text(tokens["write"] + "\n")
        named = self.elsewhere.run("--server", url, *trusted, "--set", f"client.token_file={file}", "people", "name", "1", "Ada")
        self.assertEqual(named.returncode, 0, named.stderr)
        gone = self.elsewhere.run("status", "--server", "http://127.0.0.1:1")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("is calotype serve running?", gone.stderr)
        self.assertIn("must be a URL", self.elsewhere.run("status", "--server", "localhost:1").stderr)


class RemoteScanTest(ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.library.add_samples("robin.jpg")
        self.server = self.serve("--set", f"server.folders={self.library.photos}")
        self.url = f"http://127.0.0.1:{self.server.port}"

    def test_a_scan_is_followed_to_its_end(self) -> None:
        other = Library()
        self.addCleanup(other.close)
        (self.library.photos / "broken.jpg").write_bytes((SAMPLES / "robin.jpg").read_bytes()[:600])
        (self.library.photos / "notes.pdf").write_bytes(b"%PDF-1.4\n")
        here = other.run("scan", self.library.photos, "--only", "pdq")
        there = other.run("scan", self.library.photos, "--only", "pdq", "--server", self.url)
        self.assertEqual(there.returncode, here.returncode, there.stderr)

        def without_time(text: str) -> str:
            return re.sub(r"^\S+T\S+ | in \d.*", "", text, flags=re.MULTILINE)

        self.assertEqual(without_time(there.stdout), without_time(here.stdout))
        self.assertEqual(without_time(there.stderr), without_time(here.stderr))
        self.assertIn("broken.jpg", there.stderr)
        self.assertEqual(self.library.json("status", "--json")["analyses"]["pdq"]["done"], 1)
        again = other.run("scan", "--only", "pdq", "--server", self.url)
        self.assertIn("unchanged", again.stdout, again.stderr)

    def test_ctrl_c_cancels_the_job(self) -> None:
        self.assertEqual(self.library.run("scan", self.library.photos, "--only", "pdq").returncode, 0)
        self.library.add_samples("flower.jpg")
        self.assertEqual(self.server.request("POST", "/api/v1/pause").status, 204)
        scan = self.library.start("scan", "--only", "pdq", "--server", self.url)
        self.addCleanup(scan.communicate)
        self.addCleanup(scan.kill)
        for _ in range(600):
            jobs = self.server.get("/api/v1/jobs").json()["jobs"]
            if jobs and jobs[0]["state"] == "running":
                break
            time.sleep(0.05)
        scan.send_signal(signal.SIGINT)
        self.assertEqual(scan.wait(timeout=60), 130)
        self.assertEqual(self.server.get("/api/v1/jobs").json()["jobs"][0]["state"], "cancelled")


class PythonClientTest(ScannedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = calotype_client.Client(f"http://127.0.0.1:{self.server.port}")
        self.addCleanup(self.client.close)

    def test_the_generated_code_is_that_of_this_api(self) -> None:
        document = self.library.home / "openapi.json"
        document.write_bytes(self.server.get("/api/v1/openapi.json").body)
        made = subprocess.run([sys.executable, "-B", ROOT / "tools/python_client/generate", document],
                              check=True, capture_output=True, text=True).stdout
        self.assertEqual((CLIENT / "calotype_client/generated.py").read_text(), made,
                         "run tools/python_client/generate (clients/python/README.md)")

    def test_the_types_of_the_web_page_are_those_of_this_api(self) -> None:
        document = self.library.home / "openapi.json"
        document.write_bytes(self.server.get("/api/v1/openapi.json").body)
        made = subprocess.run([sys.executable, "-B", ROOT / "tools/web/api_types", document],
                              check=True, capture_output=True, text=True).stdout
        self.assertEqual((ROOT / "web/src/api/generated.ts").read_text(), made, "run tools/web/api_types")

    def test_lists_are_read_page_by_page(self) -> None:
        photos = list(self.client.iter_photos(page=3))
        self.assertEqual({pathlib.Path(photo["path"]).name for photo in photos}, set(PHOTOS))
        hits = list(self.client.iter_search("type:jpeg", page=2))
        self.assertEqual([hit["photo"] for hit in hits], [hit["photo"] for hit in self.client.search("type:jpeg")["hits"]])
        self.assertEqual(self.client.get_thumbnail(photos[0]["photo"], format="jpeg")[:2], b"\xff\xd8")
        self.assertEqual(self.client.get_status()["photos"]["total"], len(PHOTOS))
        changed = {change["path"] for change, _ in self.client.iter_changes(page=3)}
        self.assertEqual({pathlib.Path(path).name for path in changed}, set(PHOTOS))
        person = self.client.list_people()["people"][0]["person"]
        self.assertIsInstance(self.client.change_person(person, name="Ada")["decision"], int)
        self.assertEqual(self.client.get_person(person)["name"], "Ada")
        self.assertIsNone(self.client.pause_scans())
        self.assertIsNone(self.client.resume_scans())

    def test_a_photo_is_analysed_as_the_command_does(self) -> None:
        shown = self.library.json("show", self.library.photos / "obama.jpg", "--json")
        found = self.client.analyze(self.library.photos / "obama.jpg", only=["pdq", "objects"])
        self.assertEqual((found["pdq"], found["objects"]), (shown["pdq"], shown["objects"]))
        self.assertNotIn("text", found)
        worker = subprocess.run([sys.executable, "-B", CLIENT / "examples/worker.py", self.library.photos / "obama.jpg"],
                                capture_output=True, text=True, cwd=CLIENT,
                                env=dict(os.environ, PYTHONPATH=str(CLIENT), PHOTOS_URL=f"http://127.0.0.1:{self.server.port}"))
        self.assertEqual(worker.returncode, 0, worker.stderr)
        self.assertIn("'faces': 1", worker.stdout)

    def test_errors_are_typed(self) -> None:
        with self.assertRaises(calotype_client.NotFound) as missing:
            self.client.get_photo(99999)
        self.assertTrue(missing.exception.request_id)
        with self.assertRaises(calotype_client.Unreadable):
            self.client.analyze(b"no photo")
        with self.assertRaisesRegex(calotype_client.BadRequest, "rating"):
            self.client.search("rating:x")
        with self.assertRaises(calotype_client.ConnectionFailed):
            calotype_client.Client("http://127.0.0.1:1").get_status()
        strict = self.serve("--set", "server.require_token=true")
        with self.assertRaises(calotype_client.Unauthorized):
            calotype_client.Client(f"http://127.0.0.1:{strict.port}", token="").get_status()

    def test_a_job_is_followed_to_its_end(self) -> None:
        states: list[str] = []
        done = self.client.follow_job(lambda: self.client.submit_job("scan", only=["pdq"]), lambda job: states.append(job["state"]))
        self.assertEqual((done["state"], done["counts"]["unchanged"]), ("done", len(PHOTOS)))
        self.assertEqual(states[-1], "done")


if __name__ == "__main__":
    unittest.main()
