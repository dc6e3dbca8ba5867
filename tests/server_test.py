"""calotype serve: the API on a scanned library, jobs, access, and clients that misbehave."""

import base64
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest
import urllib.parse
from collections.abc import Iterator

from calotype import ROOT, SAMPLES
from server_process import PHOTOS, Answer, ScannedTestCase, Server, ServerTestCase, make_certificate, violations

class ApiTest(ScannedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.document = self.server.get("/api/v1/openapi.json").json()

    def ask(self, path: str, /, expect: int = 200, method: str = "GET", body: object = None, **query: object) -> dict | None:
        """Asks, and compares the answer with the OpenAPI document."""
        full = path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
        answer = self.server.request(method, full, body)
        self.assertEqual(answer.status, expect, answer.body)
        self.check(method, path, answer)
        return answer.json() if answer.body and "json" in answer.type else None

    def check(self, method: str, path: str, answer: Answer) -> None:
        matching = [
            pattern for pattern in self.document["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path)
        ]
        self.assertTrue(matching, path)
        described = self.document["paths"][matching[0]][method.lower()]["responses"]
        self.assertIn(str(answer.status), described, path)
        content = described[str(answer.status)].get("content", {})
        kind = answer.type.split(";")[0]
        self.assertIn(kind, [name.split(";")[0] for name in content] or [""], path)
        schema = content.get(kind, {}).get("schema")
        if schema:
            self.assertEqual(violations(answer.json(), schema, self.document["components"]["schemas"]), [], path)

    def test_every_read_answers_as_documented(self) -> None:
        page = self.ask("/api/v1/photos")
        self.assertEqual({pathlib.Path(photo["path"]).name for photo in page["photos"]}, set(PHOTOS))
        number = page["photos"][0]["photo"]
        photo = self.ask(f"/api/v1/photos/{number}")
        self.assertEqual(photo["sha256"], page["photos"][0]["sha256"])
        self.assertTrue(all(12 <= len(base64.b64decode(one["thumb_hash"])) <= 24 for one in page["photos"]), page)
        self.assertTrue(photo["devices"])
        self.assertEqual(len(self.ask(f"/api/v1/photos/{number}/similar")["photos"]), len(PHOTOS) - 1)
        self.assertIn({"analysis": "pdq", "state": "done"}, [
            {key: one[key] for key in ("analysis", "state")} for one in photo["analyses"]
        ])
        for part in ("month", "day"):
            listed = []
            for bucket in self.ask("/api/v1/timeline", by=part)["buckets"]:
                photos = self.ask("/api/v1/photos", by=part, bucket=bucket["bucket"])["photos"]
                self.assertEqual(len(photos), bucket["photos"])
                listed += [one["photo"] for one in photos]
            self.assertEqual(listed, [one["photo"] for one in page["photos"]])
        hit = self.ask("/api/v1/search", q="name:cat")["hits"][0]
        row = next(one for one in page["photos"] if one["photo"] == hit["photo"])
        self.assertEqual({key: hit[key] for key in row}, row)
        self.assertEqual(self.ask("/api/v1/status")["photos"]["total"], len(PHOTOS))
        self.assertEqual(self.ask("/api/v1/folders")["folders"], [str(self.library.photos)])
        self.assertEqual(self.ask("/api/v1/duplicates")["groups"], [])
        self.assertTrue(any(pack["in_use"] for pack in self.ask("/api/v1/models")["packs"]))
        devices = self.ask("/api/v1/devices")
        self.assertEqual(devices["total"], 10)
        self.assertTrue(devices["models"])
        self.assertEqual(self.ask("/api/v1/jobs")["jobs"], [])
        people = self.ask("/api/v1/people", hidden="true")["people"]
        for person in people:
            faces = self.ask(f"/api/v1/people/{person['person']}/faces")["faces"]
            shown = self.ask(f"/api/v1/photos/{faces[0]['photo']}")["faces"]
            rounded = [round(value, 1) for value in faces[0]["box"]]
            self.assertIn((faces[0]["face"], rounded), [(one["face"], one["box"]) for one in shown])
        picture = self.server.get(f"/api/v1/faces/{faces[0]['face']}/thumbnail", format="jpeg")
        self.assertEqual((picture.status, picture.type), (200, "image/jpeg"))
        self.assertIn(b"\x08\x01\x00\x01\x00\x03", picture.body, "8 bits, 256 x 256, 3 channels")
        self.assertEqual(self.server.get("/api/v1/faces/9999/thumbnail").status, 404)
        self.assertEqual(self.server.get("/healthz").body, b"ok\n")
        self.assertEqual(self.server.get("/readyz").body, b"ready\n")
        metrics = self.server.get("/metrics").body.decode()
        self.assertIn('calotype_http_requests_total{operation="listJobs",status="200"} 1', metrics)
        self.assertIn("calotype_http_request_seconds_bucket", metrics)
        self.assertIn('calotype_jobs{state="queued"} 0', metrics)
        self.assertRegex(metrics, r"process_resident_memory_bytes [1-9]")

    def test_folders_to_scan_are_chosen_below_allowed_ones(self) -> None:
        photos = self.library.photos
        roots = self.ask("/api/v1/folders/browse")
        self.assertEqual((roots["path"], roots["parent"]), (None, None))
        self.assertIn({"path": str(photos), "name": photos.name, "scanned": True}, roots["folders"])
        self.assertEqual(pathlib.Path(roots["samples"]), SAMPLES)
        self.assertIn({"path": str(SAMPLES), "name": "samples", "scanned": False}, roots["folders"])
        for name in ("below/deeper", "below/.hidden", "with\u202e <b>"):
            (photos / name).mkdir(parents=True)
        for name in ("below", "with\u202e <b>"):
            self.addCleanup(shutil.rmtree, photos / name)
        below = self.ask("/api/v1/folders/browse", path=str(photos / "below"))
        self.assertEqual(below["parent"], str(photos))
        self.assertEqual([folder["name"] for folder in below["folders"]], ["deeper"])
        self.assertIn("with\u202e <b>", [
            folder["name"] for folder in self.ask("/api/v1/folders/browse", path=str(photos))["folders"]
        ])
        for path in ("/", str(photos.parent), f"{photos}/..", "below", f"{photos}/nothing"):
            self.ask("/api/v1/folders/browse", expect=403, path=path)

    def test_a_library_may_lose_all_its_folders(self) -> None:
        removed = self.server.request("DELETE", "/api/v1/folders?" + urllib.parse.urlencode({"path": str(self.library.photos)}))
        self.assertEqual(removed.status, 204, removed.body)
        self.assertEqual(self.ask("/api/v1/folders"), {"folders": [], "trash": []})
        self.assertEqual(self.ask("/api/v1/photos")["photos"], [])
        self.assertEqual(self.ask("/api/v1/timeline", by="month")["buckets"], [])
        self.assertEqual(self.ask("/api/v1/search", q="type:jpeg")["hits"], [])
        # Only a scan without folders says what is missing.
        job = self.ask("/api/v1/jobs", 202, "POST", {"kind": "scan"})["job"]
        for _ in range(600):
            scan = self.ask(f"/api/v1/jobs/{job}")
            if scan["state"] not in ("queued", "running"):
                break
            time.sleep(0.1)
        self.assertEqual(scan["state"], "failed")
        self.assertIn("all folders were removed from the library", scan["error"])

    def test_a_raw_and_its_jpeg_are_one_entry(self) -> None:
        more = self.library.home / "more"
        more.mkdir()
        for source, name in (("preview.dng", "shot.dng"), ("photo.jpg", "shot.jpg")):
            shutil.copy(ROOT / "src/photo/testdata" / source, more / name)
        photos = len(self.ask("/api/v1/photos")["photos"])
        self.scan_folder(more)
        listed = {pathlib.Path(photo["path"]).name: photo["photo"] for photo in self.ask("/api/v1/photos")["photos"]}
        self.assertEqual(len(listed), photos + 1)
        self.assertNotIn("shot.dng", listed)
        self.assertEqual(sum(bucket["photos"] for bucket in self.ask("/api/v1/timeline", by="day")["buckets"]), photos + 1)
        self.assertEqual([hit["photo"] for hit in self.ask("/api/v1/search", q="name:shot")["hits"]], [listed["shot.jpg"]])
        jpeg = self.ask(f"/api/v1/photos/{listed['shot.jpg']}")
        (raw,) = jpeg["with"]
        self.assertEqual((raw["path"], raw["kind"]), (str(more / "shot.dng"), "pair"))
        other = self.ask(f"/api/v1/photos/{raw['photo']}")
        self.assertEqual(other["format"], "RAW")
        self.assertEqual(other["with"], [{"path": str(more / "shot.jpg"), "kind": "pair", "photo": listed["shot.jpg"]}])
        original = self.server.get(f"/api/v1/photos/{raw['photo']}/original")
        self.assertEqual(original.body, (more / "shot.dng").read_bytes())

    def test_a_photo_finds_those_that_look_like_it(self) -> None:
        photo = (SAMPLES / "cat.png").read_bytes()
        found = self.server.request("POST", "/api/v1/similar?limit=2", photo)
        self.assertEqual(found.status, 200, found.body)
        self.check("POST", "/api/v1/similar", found)
        self.assertEqual(pathlib.Path(found.json()["photos"][0]["path"]).name, "cat.png")
        self.assertGreater(found.json()["photos"][0]["cosine"], 0.99)
        self.assertEqual(self.server.request("POST", "/api/v1/similar", b"no photo").status, 422)

    def test_an_application_follows_the_library(self) -> None:
        first = self.ask("/api/v1/changes", limit=3)
        self.assertEqual((len(first["changes"]), first["more"]), (3, True))
        rest = self.ask("/api/v1/changes", since=first["next"])
        self.assertEqual((len(rest["changes"]), rest["more"]), (1, False))
        names = {change["photo"]: pathlib.Path(change["path"]).name for change in first["changes"] + rest["changes"]}
        self.assertEqual(set(names.values()), set(PHOTOS))
        now = self.ask("/api/v1/changes", since="now")
        self.assertEqual((now["changes"], now["next"]), ([], rest["next"]))

        # A scan of another process, while the server runs.
        more = self.library.home / "more"
        more.mkdir()
        shutil.copy(SAMPLES / "flower.jpg", more)
        self.scan_folder(more)
        new = self.ask("/api/v1/changes", since=now["next"])
        self.assertEqual([pathlib.Path(change["path"]).name for change in new["changes"]], ["flower.jpg"])
        (more / "flower.jpg").unlink()
        self.scan_folder(more)
        gone = self.ask("/api/v1/changes", since=new["next"])
        self.assertEqual([(change["photo"], change["state"]) for change in gone["changes"]],
                         [(new["changes"][0]["photo"], "missing")])
        removed = self.server.request("DELETE", "/api/v1/folders?" + urllib.parse.urlencode({"path": str(more)}))
        self.assertEqual(removed.status, 204, removed.body)
        self.assertEqual(self.ask("/api/v1/changes", since=gone["next"])["changes"], [], "it is missing already")

        person = self.ask("/api/v1/people")["people"][0]["person"]
        self.ask(f"/api/v1/people/{person}", 200, "PATCH", {"name": "Ada"})
        named = self.ask("/api/v1/changes", since=gone["next"])
        faces = self.ask(f"/api/v1/people/{person}/faces")["faces"]
        self.assertEqual({change["photo"] for change in named["changes"]}, {face["photo"] for face in faces})

        # After a restart the cursor is still good; after a restore it is refused, not misunderstood.
        self.server.stop()
        copy = self.library.home / "copy.db"
        self.assertEqual(self.library.run("backup", copy).returncode, 0)
        self.server = self.serve()
        self.assertEqual(self.ask("/api/v1/changes", since=named["next"])["changes"], [])
        self.server.stop()
        self.assertEqual(self.library.run("restore", copy).returncode, 0)
        self.server = self.serve()
        refused = self.ask("/api/v1/changes", 409, since=named["next"])
        self.assertIn("from the start", refused["detail"])
        self.assertEqual(len(self.ask("/api/v1/changes")["changes"]), 5)

    def scan_folder(self, folder: pathlib.Path) -> None:
        done = self.library.run("scan", folder, "--only", "pdq", "--gone")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_search_finds_what_the_command_finds(self) -> None:
        for query in ("a cat", "object:person", "a bird"):
            hits = self.ask("/api/v1/search", q=query)["hits"]
            shown = self.library.lines("search", "--json", query)
            self.assertEqual([hit["path"] for hit in hits], [hit["path"] for hit in shown], query)
            self.assertEqual([hit["why"] for hit in hits], [hit["why"] for hit in shown], query)
        first = self.ask("/api/v1/search", q="type:jpeg", limit=2)
        self.assertEqual(first["total"], 3)
        rest = self.ask("/api/v1/search", q="type:jpeg", limit=2, cursor=first["next"])
        self.assertEqual(len({hit["photo"] for hit in first["hits"] + rest["hits"]}), 3)

    def test_queries_are_completed_with_what_the_library_has(self) -> None:
        def texts(query: str, **more: object) -> list[str]:
            return [one["text"] for one in self.ask("/api/v1/completions", q=query, **more)["completions"]]

        self.assertEqual(texts("a dog pers")[0], "person:")
        self.assertIn("object:person", texts("pers"))
        found = self.ask("/api/v1/completions", q="été -object:pe cat", at=14)
        self.assertEqual((found["start"], found["end"]), (4, 14))
        best = found["completions"][0]
        self.assertEqual((best["text"], best["value"], best["photos_is_minimum"]), ("-object:person", "person", False))
        self.assertEqual(best["photos"], len(self.ask("/api/v1/search", q="object:person")["hits"]))
        self.assertEqual(texts("type:jp"), ["type:jpeg", "type:jpg"])
        folder = self.library.photos.parent.name
        self.assertIn(f"in:{folder}", texts(f"in:{folder[:-2]}"))
        person = self.ask("/api/v1/people")["people"][0]["person"]
        self.ask(f"/api/v1/people/{person}", 200, "PATCH", {"name": "Zo\u00eb B"})
        self.assertEqual(texts("person:zoe"), ['person:"Zo\u00eb B"'])
        self.assertTrue(self.ask("/api/v1/search", q=texts("person:zoe")[0])["hits"])
        self.assertEqual(len(self.ask("/api/v1/completions", limit=50)["completions"]), 18)
        self.assertEqual(texts("nonsense:x"), [])

    def test_thumbnails_and_originals_are_files_a_browser_keeps(self) -> None:
        number = self.ask("/api/v1/photos")["photos"][0]["photo"]
        path = f"/api/v1/photos/{number}/thumbnail"
        small = self.server.get(path)
        self.check("GET", path, small)
        self.assertEqual(small.body[:4] + small.body[8:12], b"RIFFWEBP")
        self.assertIn("immutable", small.headers["cache-control"])
        again = self.server.get(path, headers={"If-None-Match": small.headers["etag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        for size in ("medium", "large"):
            self.assertGreater(len(self.server.get(path, size=size).body), len(small.body))
        self.assertEqual(self.server.get(path, format="jpeg").body[:2], b"\xff\xd8")
        avif = self.server.get(path, format="avif")
        self.assertIn(avif.status, (200, 501), avif.body)  # not every libvips can write it
        if avif.status == 200:
            self.assertEqual(avif.body[4:12], b"ftypavif")

        file = pathlib.Path(self.ask(f"/api/v1/photos/{number}")["path"]).read_bytes()
        path = f"/api/v1/photos/{number}/original"
        self.assertEqual(self.server.get(path).body, file)
        part = self.server.get(path, headers={"Range": "bytes=10-19"})
        self.assertEqual((part.status, part.body), (206, file[10:20]))
        self.assertEqual(self.server.get(path, headers={"Range": f"bytes={len(file)}-"}).status, 416)
        self.assertEqual(self.server.request("HEAD", path).headers["content-length"], str(len(file)))

    def test_a_photo_that_cannot_be_decoded_has_no_thumbnail(self) -> None:
        whole = (SAMPLES / "robin.jpg").read_bytes()
        broken = self.library.home / "broken"
        broken.mkdir()
        (broken / "broken.jpg").write_bytes(whole[:600])
        self.assertEqual(self.library.run("scan", broken, "--only", "pdq").returncode, 1)
        listed = [photo for photo in self.ask("/api/v1/photos")["photos"] if photo["path"].endswith("broken.jpg")]
        self.assertEqual(len(listed), 1)
        answer = self.server.get(f"/api/v1/photos/{listed[0]['photo']}/thumbnail")
        self.assertEqual(answer.status, 422, answer.body)

    def test_an_upload_is_analysed_and_not_stored(self) -> None:
        photo = (SAMPLES / "obama.jpg").read_bytes()
        answer = self.server.request("POST", "/api/v1/analyze?only=pdq&only=objects", photo)
        self.assertEqual(answer.status, 200, answer.body)
        self.check("POST", "/api/v1/analyze", answer)
        shown = self.library.json("show", self.library.photos / "obama.jpg", "--json")
        self.assertEqual(answer.json()["pdq"], shown["pdq"])
        self.assertEqual(answer.json()["objects"], shown["objects"])
        self.assertNotIn("text", answer.json())
        broken = self.server.request("POST", "/api/v1/analyze", b"not a photo")
        self.assertEqual(broken.status, 422)
        self.assertEqual(len(self.ask("/api/v1/photos")["photos"]), len(PHOTOS))

    def test_mistakes_are_explained(self) -> None:
        for path, status, detail in (
            ("/api/v1/photos/999999", 404, "photo"),
            ("/api/v1/photos/x", 400, "photo is 'x'"),
            ("/api/v1/photos?limit=0", 400, "limit is '0'; it can be 1 to 1000"),
            ("/api/v1/photos?cursor=zz", 400, "cursor"),
            ("/api/v1/changes?since=zz", 400, "`next`"),
            ("/api/v1/photos?what=1", 400, "'what' is unknown"),
            ("/api/v1/search", 400, "q is missing"),
            ("/api/v1/search?q=rating:x", 400, "rating"),
            ("/api/v1/nothing", 404, "nothing at"),
        ):
            answer = self.server.get(path)
            self.assertEqual(answer.status, status, path)
            self.assertEqual(answer.type, "application/problem+json")
            problem = answer.json()
            self.assertIn(detail, problem["detail"])
            self.assertEqual(problem["request_id"], answer.headers["x-request-id"])
        wrong = self.server.request("PUT", "/api/v1/photos")
        self.assertEqual((wrong.status, wrong.headers["allow"]), (405, "GET"))
        text = self.server.request("POST", "/api/v1/jobs", b"{}", {"Content-Type": "text/plain"})
        self.assertEqual(text.status, 415)

    def test_people_are_named_merged_and_corrected(self) -> None:
        people = self.ask("/api/v1/people")["people"]
        self.assertTrue(people)
        person = people[0]["person"]
        self.ask(f"/api/v1/people/{person}", 200, "PATCH", {"name": "Ana\u0301 <b>"})
        self.assertEqual(self.ask("/api/v1/people")["people"][0]["name"], "Ana\u0301 <b>")
        faces = [face["face"] for face in self.ask(f"/api/v1/people/{person}/faces")["faces"]]
        self.ask(f"/api/v1/people/{person}/confirm", 200, "POST", {"faces": faces[:1]})
        self.assertTrue(self.ask(f"/api/v1/people/{person}/faces")["faces"][0]["decided"])
        other = self.ask("/api/v1/faces/split", 200, "POST", {"faces": faces[:1]})["person"]
        self.ask(f"/api/v1/people/{other}/merge", 200, "POST", {"people": [person]} if len(faces) > 1 else {"people": [other]})
        self.ask(f"/api/v1/people/{other}", 200, "PATCH", {"hidden": True})
        self.assertNotIn(other, [one["person"] for one in self.ask("/api/v1/people")["people"]])
        self.ask("/api/v1/people/99999/confirm", 404, "POST", {"faces": faces[:1]})

    def test_numbers_of_merged_people_and_equal_names_are_refused(self) -> None:
        first, second = (one["person"] for one in self.ask("/api/v1/people")["people"][:2])
        self.ask(f"/api/v1/people/{first}", 200, "PATCH", {"name": "Zo\u00eb"})
        before = self.ask("/api/v1/people")
        refused = self.ask(f"/api/v1/people/{second}", 409, "PATCH", {"name": "ZOE", "hidden": True})
        self.assertIn(f"person {first} is also called Zo\u00eb; nothing was changed", refused["detail"])
        self.assertEqual(self.ask("/api/v1/people"), before)
        self.ask(f"/api/v1/people/{second}", 200, "PATCH", {"name": "ZOE", "same_name": True})
        self.assertEqual([one["name"] for one in self.ask("/api/v1/people")["people"]].count("ZOE"), 1)
        self.ask(f"/api/v1/people/{first}/merge", 200, "POST", {"people": [second]})
        faces = self.ask(f"/api/v1/people/{second}/faces")
        self.assertEqual(faces["person"], first)
        theirs = {"faces": [faces["faces"][0]["face"]]}
        before = self.ask("/api/v1/people")
        for path, method, body in (
            ("", "PATCH", {"name": "Joe"}), ("", "PATCH", {"hidden": True}), ("/merge", "POST", {"people": [first]}),
            ("/confirm", "POST", theirs), ("/reject", "POST", theirs),
        ):
            refused = self.ask(f"/api/v1/people/{second}{path}", 409, method, body)
            self.assertIn(f"{second} is now person {first}, Zo\u00eb; nothing was changed", refused["detail"])
        self.ask(f"/api/v1/people/{first}/merge", 409, "POST", {"people": [second]})
        self.assertEqual(self.ask("/api/v1/people"), before)
        self.ask("/api/v1/people/99999/faces", 404)

    def test_a_person_is_forgotten(self) -> None:
        person = self.ask("/api/v1/people")["people"][0]
        number = person["person"]
        self.ask(f"/api/v1/people/{number}", 200, "PATCH", {"name": "Forget Me"})
        forgotten = self.ask(f"/api/v1/people/{number}/forget", 200, "POST")
        self.assertEqual((forgotten["person"], forgotten["faces"], forgotten["not_erased"]), (number, person["faces"], None))
        self.assertNotIn(number, [one["person"] for one in self.ask("/api/v1/people", hidden="true")["people"]])
        self.assertNotIn("Forget Me", json.dumps(self.ask("/api/v1/decisions")))
        self.ask(f"/api/v1/people/{number}/forget", 404, "POST")

    def test_photos_are_marked(self) -> None:
        photos = sorted(photo["photo"] for photo in self.ask("/api/v1/photos")["photos"])
        self.assertEqual(self.ask("/api/v1/marks")["marks"], [{"mark": "delete", "photos": 0}, {"mark": "favourite", "photos": 0}])
        now = self.ask("/api/v1/changes", since="now")["next"]
        made = self.ask("/api/v1/marks", 200, "POST", {"photos": photos[:3], "mark": "delete"})["decision"]
        self.assertEqual(self.ask("/api/v1/marks")["marks"][0]["photos"], 3)
        page = self.ask("/api/v1/marks/photos", mark="delete", limit=2)
        rest = self.ask("/api/v1/marks/photos", mark="delete", cursor=page["next"])
        self.assertEqual([photo["photo"] for photo in page["photos"] + rest["photos"]], photos[:3])
        self.assertIsNone(rest["next"])
        self.assertEqual(sorted(hit["photo"] for hit in self.ask("/api/v1/search", q="marked:delete")["hits"]), photos[:3])
        self.assertEqual({change["photo"] for change in self.ask("/api/v1/changes", since=now)["changes"]}, set(photos[:3]))
        taken = self.ask("/api/v1/marks", 200, "POST", {"photos": photos[:1], "mark": "delete", "set": False})["decision"]
        self.assertEqual(self.ask("/api/v1/marks")["marks"][0]["photos"], 2)
        self.ask(f"/api/v1/decisions/{made}/undo", 409, "POST")
        for decision in (taken, made):
            self.ask(f"/api/v1/decisions/{decision}/undo", 200, "POST")
        self.assertEqual(self.ask("/api/v1/marks")["marks"][0]["photos"], 0)
        self.ask("/api/v1/marks", 404, "POST", {"photos": [99999], "mark": "delete"})
        self.ask("/api/v1/marks", 400, "POST", {"photos": photos[:1], "mark": "shred"})
        self.ask("/api/v1/marks/photos", 400, mark="shred")
        self.ask("/api/v1/marks/photos", 400)
        self.assertEqual({path.name for path in self.library.photos.iterdir()}, set(PHOTOS), "nothing is deleted")

    def test_files_are_moved_only_where_a_setting_allows_it(self) -> None:
        photo = self.ask("/api/v1/photos")["photos"][0]["photo"]
        self.assertEqual(self.ask("/api/v1/folders")["trash"], [])
        refused = self.ask("/api/v1/trash", 403, "POST", {"photos": [photo]})
        self.assertIn("server.trash_folders", refused["detail"])
        self.ask("/api/v1/trash", 400, "POST", {})
        self.ask("/api/v1/trash", 404, "POST", {"photos": [99999]})
        self.assertEqual({path.name for path in self.library.photos.iterdir()}, set(PHOTOS))

    def test_people_without_a_name_are_suggested(self) -> None:
        named, other = (one["person"] for one in self.ask("/api/v1/people")["people"][:2])
        self.ask(f"/api/v1/people/{named}", 200, "PATCH", {"name": "Ada"})
        self.assertEqual(self.ask("/api/v1/people/suggestions")["suggestions"], [])
        # Two people as a strict limit leaves them: with vectors that are alike.
        with contextlib.closing(sqlite3.connect(self.library.home / "catalog.db")) as database, database:
            database.execute("UPDATE face SET embedding = (SELECT embedding FROM face WHERE person_id = ?) WHERE person_id = ?", (named, other))
        (one,) = self.ask("/api/v1/people/suggestions", limit=1)["suggestions"]
        self.assertEqual((one["person"], one["faces"], one["suggested"], one["name"]), (other, 1, named, "Ada"))
        self.assertAlmostEqual(one["similarity"], 1, places=2)
        self.ask(f"/api/v1/people/{named}/reject", 200, "POST", {"faces": [face["face"] for face in one["shown"]]})
        self.assertEqual(self.ask("/api/v1/people/suggestions")["suggestions"], [])
        self.ask("/api/v1/people/suggestions", 400, limit=0)

    def test_decisions_are_listed_and_undone(self) -> None:
        first, second = (one["person"] for one in self.ask("/api/v1/people")["people"][:2])
        faces = [face["face"] for face in self.ask(f"/api/v1/people/{first}/faces")["faces"]]
        before = [self.ask("/api/v1/people"), self.ask(f"/api/v1/people/{first}/faces")]
        made = []
        for method, path, body in (
            ("PATCH", f"/people/{first}", {"name": "Zo\u00eb"}), ("PATCH", f"/people/{first}", {"hidden": True}),
            ("PATCH", f"/people/{first}", {"hidden": False, "name": "<b>"}), ("PATCH", f"/people/{first}", {"cover_face": faces[-1]}),
            ("POST", f"/people/{first}/confirm", {"faces": faces}), ("POST", f"/people/{first}/reject", {"faces": faces[:1]}),
            ("POST", "/faces/split", {"faces": faces[:1]}), ("POST", f"/people/{second}/merge", {"people": [first]}),
        ):
            made.append(self.ask("/api/v1" + path, 200, method, body)["decision"])
        self.assertEqual(made, sorted(set(made)))
        self.assertIsNone(self.ask(f"/api/v1/people/{second}/merge", 200, "POST", {"people": [second]})["decision"], "nothing changed")
        page = self.ask("/api/v1/decisions", limit=3)
        rest = self.ask("/api/v1/decisions", cursor=page["next"])
        listed = page["decisions"] + rest["decisions"]
        self.assertEqual([one["decision"] for one in listed], made[::-1])
        self.assertIsNone(rest["next"])
        self.assertEqual(
            [one["kind"] for one in listed], ["merge", "split", "reject", "confirm", "cover", "change", "hide", "name"]
        )
        self.assertEqual(listed[0]["text"], "Merged 1 person into <b>")
        self.assertEqual((listed[0]["can_undo"], listed[0]["obstacle"]), (True, None))
        self.assertFalse(listed[-1]["can_undo"])
        self.assertIn(f"decision {made[-1]} changed the same later", listed[-1]["obstacle"])
        refused = self.ask(f"/api/v1/decisions/{made[0]}/undo", 409, "POST")
        self.assertIn(listed[-1]["obstacle"], refused["detail"])
        now = self.ask("/api/v1/changes", since="now")["next"]
        for decision in made[::-1]:
            undone = self.ask(f"/api/v1/decisions/{decision}/undo", 200, "POST")
            self.assertGreaterEqual(undone["undone_at"], undone["made_at"])
        self.assertEqual([self.ask("/api/v1/people"), self.ask(f"/api/v1/people/{first}/faces")], before)
        self.assertTrue(self.ask("/api/v1/changes", since=now)["changes"], "followers learn of it")
        self.ask(f"/api/v1/decisions/{made[0]}/undo", 409, "POST")
        self.ask("/api/v1/decisions/99999/undo", 404, "POST")
        self.ask("/api/v1/decisions", 400, cursor="x")

    def test_the_page_is_served_and_allows_no_foreign_script(self) -> None:
        page = self.server.get("/")
        self.assertIn("text/html", page.type)
        policy = page.headers["content-security-policy"]
        self.assertIn("default-src 'none'; script-src 'self'; style-src 'self';", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(page.headers["cache-control"], "no-cache")
        self.assertEqual(page.headers["x-content-type-options"], "nosniff")
        # Relative, so that they are found below any path of a proxy.
        files = re.findall(r'(?:src|href)="\./([^"]+)"', page.body.decode())
        self.assertGreater(len(files), 4, page.body)
        for file in files:
            plain = self.server.get("/" + file)
            self.assertEqual(plain.status, 200, file)
            self.assertNotIn("content-encoding", plain.headers)
            packed = self.server.get("/" + file, {"Accept-Encoding": "br, gzip"})
            if "content-encoding" in packed.headers:
                self.assertEqual((gzip.decompress(packed.body), packed.headers["vary"]), (plain.body, "Accept-Encoding"))
            kept = "immutable" if file.startswith("assets/") else "max-age=86400"
            self.assertIn(kept, plain.headers["cache-control"], file)
        script = next(file for file in files if file.endswith(".js"))
        self.assertEqual(self.server.get("/" + script, {"Accept-Encoding": "gzip"}).headers["content-encoding"], "gzip")
        self.assertNotIn("content-encoding", self.server.get("/" + script, {"Accept-Encoding": "gzip;q=0"}).headers)
        for missing in ("/assets/nothing.js", "/page/MADE_FROM", "/assets/%2e%2e", "/MADE_FROM"):
            self.assertIn(self.server.get(missing).status, (400, 404), missing)


class JobTest(ServerTestCase):
    def ended(self, server: Server, job: int) -> dict:
        for _ in range(600):
            seen = server.get(f"/api/v1/jobs/{job}").json()
            if seen["state"] not in ("queued", "running"):
                return seen
            time.sleep(0.1)
        raise AssertionError(seen)

    def submit(self, server: Server, **request: object) -> dict:
        answer = server.request("POST", "/api/v1/jobs", request)
        self.assertEqual(answer.status, 202, answer.body)
        location = urllib.parse.urljoin("/api/v1/jobs", answer.headers["location"])
        self.assertEqual(location, f"/api/v1/jobs/{answer.json()['job']}")
        return answer.json()

    def test_a_library_that_nothing_was_scanned_into_is_empty(self) -> None:
        server = self.serve()
        status = server.get("/api/v1/status")
        self.assertEqual((status.status, status.json()["scanned"], status.json()["photos"]["total"]), (200, False, 0))
        for path, empty in {
            "photos": {"photos": [], "next": None},
            "timeline?by=day": {"buckets": []},
            "people": {"faces": 0, "people": []},
            "people/suggestions": {"suggestions": []},
            "decisions": {"decisions": [], "next": None},
            "marks": {"marks": [{"mark": "delete", "photos": 0}, {"mark": "favourite", "photos": 0}]},
            "marks/photos?mark=delete": {"photos": [], "next": None},
            "folders": {"folders": [], "trash": []},
            "duplicates": {"groups": [], "plain": 0, "changed": 0},
        }.items():
            with self.subTest(path=path):
                answer = server.get(f"/api/v1/{path}")
                self.assertEqual((answer.status, answer.json()), (200, empty))
        self.assertEqual(server.get("/api/v1/search?q=cat").json()["hits"], [])
        self.assertEqual(server.get("/api/v1/search?q=before:never").status, 400)
        # What changes something, or asks for one thing, is refused as ever.
        self.assertEqual(server.get("/api/v1/photos/1").status, 409)
        self.assertEqual(server.request("POST", "/api/v1/pause").status, 409)
        # The command line says the same about this library wherever it runs.
        for command in (["status"], ["people", "list"], ["people", "suggestions"], ["people", "history"], ["search", "cat"]):
            with self.subTest(command=command):
                for options in ([], ["--server", f"http://127.0.0.1:{server.port}"]):
                    answer = self.library.run(*command, *options)
                    self.assertEqual(answer.returncode, 1, answer.stdout)
                    self.assertIn("nothing was scanned yet", answer.stderr)

    def test_a_new_library_is_scanned_by_a_job_and_events_tell_of_it(self) -> None:
        self.library.add_samples("robin.jpg")
        server = self.serve("--set", f"server.folders={self.library.photos}")
        self.assertEqual(server.get("/api/v1/photos").json()["photos"], [])
        events: list[str] = []
        listening = threading.Event()

        def listen() -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as connection, contextlib.suppress(OSError):
                connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                while piece := connection.recv(65536):
                    events.append(piece.decode())
                    listening.set()

        threading.Thread(target=listen, daemon=True).start()
        self.assertTrue(listening.wait(10))
        scan = self.submit(server, kind="scan", folders=[str(self.library.photos)], only=["pdq"])
        backup = self.submit(server, kind="backup")
        done = self.ended(server, scan["job"])
        self.assertEqual((done["state"], done["counts"]["analysed"]), ("done", 1), done)
        self.assertTrue(pathlib.Path(self.ended(server, backup["job"])["file"]).exists())
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 1)
        self.wait_for(lambda: re.search(r'data: {"job":1,"kind":"scan","state":"done"', "".join(events)) is not None)
        text = "".join(events)
        self.assertIn("event: hello", text)
        self.assertRegex(text, r'event: job\r?\ndata: {"job":1,"kind":"scan","state":"done"')
        self.assertIn("event: scan.progress", text)

    def test_chosen_photos_are_exported_and_their_copies_found(self) -> None:
        self.library.add_samples("coffee.png", "coffee_copy.jpg", "robin.jpg")
        self.scan("--only", "pdq")
        server = self.serve()
        photos = {pathlib.Path(one["path"]).name: one["photo"] for one in server.get("/api/v1/photos").json()["photos"]}
        for name, copies in (("coffee.png", {"coffee.png", "coffee_copy.jpg"}), ("coffee_copy.jpg", {"coffee.png", "coffee_copy.jpg"}), ("robin.jpg", set())):
            groups = server.get(f"/api/v1/photos/{photos[name]}/copies").json()["groups"]
            self.assertEqual({pathlib.Path(one["path"]).name for group in groups for one in group["photos"]}, copies, name)
        self.assertEqual(server.get("/api/v1/photos/99999/copies").status, 404)

        chosen = [photos["robin.jpg"], photos["coffee.png"]]
        csv = server.request("POST", "/api/v1/photos/table", {"photos": chosen, "format": "csv"})
        self.assertEqual((csv.status, csv.type.split(";")[0]), (200, "text/csv"))
        rows = csv.body.decode().splitlines()
        self.assertEqual([rows[0].split(",")[0], len(rows)], ["path", 3])
        self.assertIn("robin.jpg", rows[1])
        lines = server.request("POST", "/api/v1/photos/table", {"photos": chosen, "format": "jsonl"}).body.decode().splitlines()
        self.assertEqual([pathlib.Path(json.loads(line)["path"]).name for line in lines], ["robin.jpg", "coffee.png"])
        self.assertEqual(server.request("POST", "/api/v1/photos/table", {"photos": [99999], "format": "csv"}).status, 404)

        # Sidecars need something to say.
        (self.library.photos / "robin.jpg.xmp").write_text(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
            "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:subject><rdf:Bag><rdf:li>bird"
            "</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
        )
        self.scan("--only", "pdq")
        done = self.ended(server, self.submit(server, kind="export", chosen=chosen)["job"])
        self.assertEqual((done["state"], sum(done["counts"].values())), ("done", 2), done)
        self.assertEqual(self.ended(server, self.submit(server, kind="export", chosen=[99999])["job"])["state"], "failed")

    def test_a_backup_is_not_restored_while_a_server_runs(self) -> None:
        self.library.add_samples("robin.jpg")
        self.scan("--only", "pdq")
        backup = self.library.home / "backup.db"
        self.library.run("backup", backup)
        server = self.serve()
        refused = self.library.run("restore", backup)
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, r"another server \(calotype serve\) of this catalogue is running \(process \d+\)")
        self.assertIn("calotype restore BACKUP --server URL", refused.stderr)
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 1)
        server.stop()
        self.assertEqual(self.library.run("restore", backup).returncode, 0)

    def test_a_server_restores_a_backup_while_it_serves(self) -> None:
        self.library.add_samples("robin.jpg")
        options = ("--set", f"server.folders={self.library.photos}")
        server = self.serve(*options)
        folder = [str(self.library.photos)]
        self.ended(server, self.submit(server, kind="scan", folders=folder, only=["pdq"])["job"])
        backup = self.ended(server, self.submit(server, kind="backup")["job"])["file"]
        self.library.add_samples("flower.jpg")
        self.ended(server, self.submit(server, kind="scan", only=["pdq"])["job"])
        cursor = server.get("/api/v1/changes", since="now").json()["next"]
        self.assertEqual(sum(one["photos"] for one in server.get("/api/v1/timeline").json()["buckets"]), 2)

        done = threading.Event()
        answers: list[tuple[int, int]] = []

        def ask() -> None:
            while not done.is_set():
                answer = server.get("/api/v1/search?q=name:jpg&sort=newest")
                answers.append((answer.status, len(answer.json().get("hits", []))))

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        restored = self.ended(server, self.submit(server, kind="restore", backup=pathlib.Path(backup).name)["job"])
        done.set()
        for asker in askers:
            asker.join()
        self.assertEqual(restored["state"], "done", restored)
        self.assertRegex(restored["file"], r"\.before-restore$")
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 1)
        self.assertEqual(sum(one["photos"] for one in server.get("/api/v1/timeline").json()["buckets"]), 1)
        self.assertEqual(server.get("/api/v1/changes", since=cursor).status, 409)

        # What is written afterwards is in the new catalogue.
        self.assertEqual(server.request("POST", "/api/v1/marks", {"photos": [1], "mark": "favourite"}).status, 200)
        self.ended(server, self.submit(server, kind="scan", only=["pdq"])["job"])
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 2)

        url = f"http://127.0.0.1:{server.port}"
        again = self.library.run("restore", backup, "--server", url)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertRegex(again.stdout, r"previous catalogue is now .*\.before-restore-2")
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 1)
        for name, status in (("/etc/passwd", 400), ("../x.db", 400), ("catalog.db", 400), ("nothing.db", 404), ("", 400)):
            with self.subTest(name=name):
                self.assertEqual(server.request("POST", "/api/v1/jobs", {"kind": "restore", "backup": name}).status, status)
        (pathlib.Path(backup).parent / "broken.db").write_text("no catalogue")
        failed = self.ended(server, self.submit(server, kind="restore", backup="broken.db")["job"])
        self.assertEqual(failed["state"], "failed")
        self.assertIn("nothing was changed", failed["error"])
        self.assertIn("nothing was changed", self.library.run("restore", "broken.db", "--server", url).stderr)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.library.run("check-db").returncode, 0)

    def test_only_allowed_folders_are_scanned(self) -> None:
        allowed = self.library.photos
        (self.library.home / "private").mkdir()
        server = self.serve("--set", f"server.folders={allowed}")
        os.symlink(self.library.home / "private", allowed / "link")
        for folder in ("/etc", str(self.library.home / "private"), str(allowed / "link"), f"{allowed}/../private", "photos",
                       "/no/such"):
            answer = server.request("POST", "/api/v1/jobs", {"kind": "scan", "folders": [folder]})
            self.assertEqual(answer.status, 403, folder)
            self.assertIn("server.folders", answer.json()["detail"])

    def test_a_killed_server_continues_its_scan(self) -> None:
        for index in range(30):
            shutil.copy(SAMPLES / "robin.jpg", self.library.photos / f"{index}.jpg")
            with (self.library.photos / f"{index}.jpg").open("ab") as file:
                file.write(bytes([index]))
        options = ("--set", f"server.folders={self.library.photos}")
        server = self.serve(*options)
        job = self.submit(server, kind="scan", folders=[str(self.library.photos)], only=["pdq", "embedding"])["job"]
        for _ in range(300):
            progress = server.get(f"/api/v1/jobs/{job}").json()["progress"]
            if progress and progress["analysed"] >= 3:
                break
            time.sleep(0.05)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        again = self.serve(*options)
        done = self.ended(again, job)
        self.assertEqual(done["state"], "done", done)
        self.assertLess(done["counts"]["analysed"], 30)
        self.assertEqual(again.get("/api/v1/status").json()["analyses"]["pdq"]["done"], 30)
        self.assertEqual(self.library.run("check-db").returncode, 0)

    def test_a_stopping_server_keeps_its_running_job(self) -> None:
        self.library.add_samples("robin.jpg")
        options = ("--set", f"server.folders={self.library.photos}")
        server = self.serve(*options)
        self.ended(server, self.submit(server, kind="scan", folders=[str(self.library.photos)], only=["pdq"])["job"])
        self.assertEqual(server.request("POST", "/api/v1/pause").status, 204)
        self.library.add_samples("flower.jpg")
        job = self.submit(server, kind="scan")["job"]
        self.submit(server, kind="scan")
        self.wait_for(lambda: server.get(f"/api/v1/jobs/{job}").json()["state"] == "running")
        self.assertEqual(server.stop(), 0)
        again = self.serve(*options)
        self.assertEqual(again.request("DELETE", f"/api/v1/jobs/{job + 1}").json()["state"], "cancelled")
        self.assertEqual(again.request("POST", "/api/v1/resume").status, 204)
        self.assertEqual(self.ended(again, job)["state"], "done")


def sample(document: dict, schema: dict) -> object:
    """A value that fits a schema of the OpenAPI document."""
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: sample(document, schema["properties"][name]) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [sample(document, schema["items"])]
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": False}.get(schema.get("type"), "a")


def hostile_requests(
    document: dict, path: str, operation: dict, texts: list[str]
) -> Iterator[tuple[str, str, list[tuple[str, object]]]]:
    """For each parameter: where it is, its name, and requests (target and body) with the texts in it and fitting values in the others."""
    if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
        return  # never ends
    parameters = operation.get("parameters", [])
    content = operation.get("requestBody", {}).get("content", {})
    if content and "application/json" not in content:
        return
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    fitting = sample(document, schema) if content else None

    def target(changed: str = "", text: str = "") -> str:
        result, query = path, {}
        for parameter in parameters:
            value = text if parameter["name"] == changed else str(sample(document, parameter["schema"]))
            if parameter["in"] == "path":
                result = result.replace("{" + parameter["name"] + "}", urllib.parse.quote(value, safe=""))
            elif parameter["in"] == "query" and (parameter.get("required") or parameter["name"] == changed):
                query[parameter["name"]] = value
        return result + ("?" + urllib.parse.urlencode(query) if query else "")

    for parameter in parameters:
        if parameter["in"] in ("path", "query"):
            yield parameter["in"], parameter["name"], [(target(parameter["name"], text), fitting) for text in texts]
    for name, member in schema.get("properties", {}).items():
        is_list = member.get("type") == "array"
        yield "body", name, [(target(), {**fitting, name: [text] if is_list else text}) for text in texts]


class AccessTest(ServerTestCase):
    def test_tokens_have_scopes(self) -> None:
        self.library.add_samples("robin.jpg")
        self.scan("--only", "pdq")
        tokens = {
            scope: self.library.run("token", "create", scope, "--scope", scope).stdout.strip()
            for scope in ("read", "write", "admin")
        }
        server = self.serve("--set", "server.require_token=true")
        self.assertIn("#code=", server.process.stdout.readline() + server.process.stdout.readline())

        def status(method: str, path: str, scope: str | None, body: object = None) -> int:
            headers = {"Authorization": f"Bearer {tokens[scope]}"} if scope else {}
            return server.request(method, path, body, headers).status

        self.assertEqual(status("GET", "/api/v1/photos", None), 401)
        self.assertEqual(status("GET", "/metrics", None), 401)
        self.assertEqual(status("GET", "/healthz", None), 200)
        self.assertEqual(status("GET", "/api/v1/photos", "read"), 200)
        self.assertEqual(status("POST", "/api/v1/pause", "read"), 403)
        self.assertEqual(status("POST", "/api/v1/pause", "write"), 204)
        self.assertEqual(status("DELETE", "/api/v1/folders?path=/x", "write"), 403)
        self.assertEqual(status("DELETE", "/api/v1/folders?path=/x", "admin"), 404)
        self.assertEqual(status("POST", "/api/v1/jobs", "write", {"kind": "backup"}), 403)
        self.assertEqual(self.library.run("token", "remove", "read").returncode, 0)
        self.wait_for(lambda: status("GET", "/api/v1/photos", "read") == 401)
        self.assertNotIn(tokens["admin"][9:], (self.library.home / "home/data/tokens.json").read_text()
                         if (self.library.home / "home/data/tokens.json").exists() else "")

    def test_a_login_link_opens_a_session(self) -> None:
        server = self.serve("--set", "server.require_token=true")
        server.process.stdout.readline()
        code = re.search("#code=(.*)", server.process.stdout.readline())[1]
        wrong = server.request("POST", "/api/v1/session", {"code": "0" * 64})
        self.assertEqual(wrong.status, 401)
        login = server.request("POST", "/api/v1/session", {"code": code})
        self.assertEqual(login.status, 204)
        cookie = login.headers["set-cookie"].split(";")[0]
        self.assertEqual(server.get("/api/v1/jobs", {"Cookie": cookie}).status, 200)
        self.assertEqual(server.get("/api/v1/jobs").status, 401)
        self.assertEqual(server.request("POST", "/api/v1/session", {"code": code}).status, 401)
        foreign = {"Cookie": cookie, "Origin": "http://evil.example"}
        self.assertEqual(server.request("POST", "/api/v1/pause", headers=foreign).status, 403)

    def test_other_names_of_this_machine_are_refused(self) -> None:
        server = self.serve()
        rebound = server.get("/api/v1/jobs", {"Host": f"evil.example:{server.port}"})
        self.assertEqual(rebound.status, 421)
        self.assertIn("server.hosts", rebound.json()["detail"])

    def test_paths_do_not_leave_the_library(self) -> None:
        server = self.serve()
        for path in ("/../../etc/passwd", "/%2e%2e/etc/passwd", "/api/v1/photos/..%2f..%2fetc%2fpasswd/original",
                     "/assets/../../etc/passwd", "//etc/passwd", "/api/v1/photos/1%00/original"):
            answer = server.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(answer, rb"^HTTP/1.1 4\d\d ", path)
            self.assertNotIn(b"root:", answer)

    def test_no_parameter_leads_out_of_the_library(self) -> None:
        self.library.add_samples("robin.jpg")
        self.scan("--only", "pdq")
        outside = self.library.home / "outside"
        outside.mkdir()
        (outside / "secret.jpg").write_bytes(b"root: not for clients")
        server = self.serve()
        folders = server.get("/api/v1/folders").json()
        names = [f"{outside}/secret.jpg", f"../../../../../..{outside}/secret.jpg", str(outside), "/etc/passwd", "..\\..\\etc\\passwd",
                 "file:///etc/passwd", "1/../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "1\0/etc/passwd"]
        document = server.get("/api/v1/openapi.json").json()
        tried = set()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                for place, name, requests in hostile_requests(document, path, operation, names):
                    tried.add((path, method, place, name))
                    for target, body in requests:
                        answer = server.request(method.upper(), target, body)
                        with self.subTest(method=method, target=target, body=body):
                            self.assertLess(answer.status, 500, answer.body)
                            self.assertNotIn(b"root:", answer.body)
        self.assertGreater(len(tried), 60)
        self.wait_for(lambda: all(job["state"] not in ("queued", "running") for job in server.get("/api/v1/jobs").json()["jobs"]), 120)
        self.assertEqual(server.get("/api/v1/folders").json(), folders)
        self.assertEqual([file.name for file in outside.iterdir()], ["secret.jpg"])

    def test_headers_cannot_be_injected(self) -> None:
        server = self.serve()
        answer = server.raw(b"GET /api/v1/photos/1%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertNotIn(b"Set-Cookie", answer.split(b"\r\n\r\n")[0])


class MisuseTest(ServerTestCase):
    def test_a_large_upload_is_refused_before_it_is_sent(self) -> None:
        server = self.serve("--set", "server.upload_mb=1")
        answer = server.raw(
            b"POST /api/v1/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4294967296\r\nExpect: 100-continue\r\n\r\n"
        )
        self.assertIn(b"413", answer.splitlines()[0])
        self.assertIn(b"server.upload_mb", answer)
        self.assertEqual(server.get("/healthz").status, 200)

    def test_many_idle_connections_leave_the_server_usable(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(10_000, hard - 500)
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 400, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        server = self.serve()
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            start = time.monotonic()
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertLess(time.monotonic() - start, 20)
            status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
            self.assertLess(int(re.search(r"VmRSS:\s+(\d+)", status)[1]), 400_000, "kilobytes")

    def test_a_second_server_on_the_same_port_is_refused(self) -> None:
        server = self.serve()
        second = self.library.run("serve", "--listen", f"127.0.0.1:{server.port}")
        self.assertEqual(second.returncode, 1)
        self.assertIn("in use", second.stderr)

    def test_wrong_settings_are_named(self) -> None:
        for option, words in (
            ("server.listen=nowhere", "HOST:PORT"),
            ("server.base_path=photos", "server.base_path"),
            ("server.trusted_proxies=me", "server.trusted_proxies"),
            ("server.tls_key=/x", "server.tls_certificate"),
        ):
            done = self.library.run("serve", "--set", option)
            self.assertEqual(done.returncode, 1, option)
            self.assertIn(words, done.stderr)


class ServiceTest(ServerTestCase):
    def test_it_speaks_tls(self) -> None:
        key, certificate = make_certificate(self.library.home)
        server = self.serve("--set", f"server.tls_certificate={certificate}", "--set", f"server.tls_key={key}")
        self.assertIn("https://127.0.0.1", server.output)
        context = ssl.create_default_context(cafile=certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
        self.addCleanup(connection.close)
        for _ in range(2):  # on one connection
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b"ok\n")
        plain = server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertNotIn(b"ok", plain)

    def test_a_proxy_may_put_it_below_a_path(self) -> None:
        server = self.serve("--set", "server.base_path=/photos")
        self.assertIn("text/html", server.get("/photos/").type)
        self.assertEqual(server.get("/photos/api/v1/jobs").json(), {"jobs": []})
        self.assertEqual(server.get("/photos/api/v1/openapi.json").json()["servers"][0]["url"], "/photos")

    def test_systemd_may_open_the_socket(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            # systemd passes sockets from 3 on, and names the process that they are for.
            command = ["bash", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&"$SOCKET"', "bash", *self.library.command("serve")]
            process = subprocess.Popen(
                command, env=dict(self.library.environment, SOCKET=str(listener.fileno())), pass_fds=[listener.fileno()],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertIn(f":{port};", process.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().read(), b"ok\n")
        connection.request("GET", "/api/v1/jobs")
        self.assertEqual(connection.getresponse().status, 401, "who can reach this socket is not known")

    def test_systemd_hears_when_it_is_ready_and_when_it_stops(self) -> None:
        path = self.library.home / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(10)
            server = self.serve(environment={"NOTIFY_SOCKET": str(path)})
            self.assertEqual(listener.recv(100), b"READY=1")
            server.process.terminate()
            self.assertEqual(listener.recv(100), b"STOPPING=1")

    def test_the_log_is_opened_again_at_sighup(self) -> None:
        log = self.library.home / "serve.log"
        server = self.serve("--verbose", "--log-file", log)
        server.get("/healthz")
        self.wait_for(lambda: "/healthz 200" in log.read_text())  # a request is logged after its answer
        log.rename(self.library.home / "old.log")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for(log.exists)
        server.get("/api/v1/jobs")
        self.wait_for(lambda: "/api/v1/jobs 200" in log.read_text())

    def test_settings_that_can_change_are_reloaded_at_sighup(self) -> None:
        home = pathlib.Path(self.library.environment["CALOTYPE_HOME"])
        home.mkdir(parents=True, exist_ok=True)
        config = home / "config.toml"
        config.write_text('[server]\nhosts = ["old.example"]\n')
        path = self.library.home / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(10)
            server = self.serve(environment={"NOTIFY_SOCKET": str(path)})
            self.assertEqual(listener.recv(100), b"READY=1")
            self.assertEqual(server.get("/healthz", {"Host": "new.example"}).status, 421)
            config.write_text('[server]\nhosts = ["new.example"]\nthreads = 7\n')
            server.process.send_signal(signal.SIGHUP)
            self.assertRegex(listener.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(listener.recv(100), b"READY=1")
            self.assertEqual(server.get("/healthz", {"Host": "new.example"}).status, 200)
            self.assertEqual(server.get("/healthz", {"Host": "old.example"}).status, 421)
            config.write_text('[server]\nhosts = "new.example"\nthreads = "many"\n')
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(lambda: "config.toml" in "".join(server.errors))
            self.assertEqual(server.get("/healthz", {"Host": "new.example"}).status, 200, "nothing changed")
        self.assertIn("the setting server.threads changed; it takes effect with the next start", "".join(server.errors))

    def test_a_new_certificate_is_used_after_sighup(self) -> None:
        key, certificate = make_certificate(self.library.home)
        server = self.serve("--set", f"server.tls_certificate={certificate}", "--set", f"server.tls_key={key}")
        before = ssl.get_server_certificate(("127.0.0.1", server.port))
        make_certificate(self.library.home)
        self.assertEqual(ssl.get_server_certificate(("127.0.0.1", server.port)), before)
        server.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "the settings were reloaded" in "".join(server.errors))
        self.assertEqual(ssl.get_server_certificate(("127.0.0.1", server.port)), certificate.read_text())

    def test_a_backup_is_made_while_it_serves(self) -> None:
        self.library.add_samples("robin.jpg")
        self.scan("--only", "pdq")
        server = self.serve()
        self.assertEqual(server.get("/api/v1/photos").status, 200)
        target = self.library.home / "copy.db"
        self.assertEqual(self.library.run("backup", target).returncode, 0)
        with contextlib.closing(sqlite3.connect(target)) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM photo").fetchone(), (1,))


if __name__ == "__main__":
    unittest.main()
