"""POST /api/v1/trash: files of photos move to a trash folder and back; a killed server loses none of them."""

import contextlib
import http.client
import os
import pathlib
import unittest

from calotype import BINARY
from server_process import Server, ServerTestCase

KILLED_MOVE = pathlib.Path(BINARY).parent / "killed_move.so"
PHOTOS = ("cat.png", "robin.jpg", "flower.jpg")


class TrashTest(ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.library.add_samples(*PHOTOS)
        (self.library.photos / "robin.jpg.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        self.library.environment["CALOTYPE_SERVER_TRASH_FOLDERS"] = str(self.library.photos)
        self.scan("--only", "pdq")
        self.before = self.files()

    def files(self) -> dict[str, bytes]:
        """The content of all files in the folder of photos, by path."""
        return {
            str(path.relative_to(self.library.photos)): path.read_bytes()
            for path in self.library.photos.rglob("*") if path.is_file()
        }

    def numbers(self, server: Server, *names: str) -> list[int]:
        return [one["photo"] for one in server.get("/api/v1/photos").json()["photos"] if pathlib.Path(one["path"]).name in names]

    def move(self, server: Server, *names: str) -> dict:
        answer = server.request("POST", "/api/v1/trash", {"photos": self.numbers(server, *names)})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def undo(self, server: Server, decision: int) -> http.client.HTTPResponse:
        return server.request("POST", f"/api/v1/decisions/{decision}/undo")

    def test_a_photo_moves_with_its_sidecar_and_back(self) -> None:
        server = self.serve()
        self.assertEqual(server.get("/api/v1/folders").json()["trash"], [str(self.library.photos)])
        now = server.get("/api/v1/changes", since="now").json()["next"]
        (robin,) = self.numbers(server, "robin.jpg")
        moved = self.move(server, "robin.jpg")
        self.assertEqual((moved["photos"], moved["files"]), (1, 2))
        files = self.files()
        trashed = {pathlib.Path(path).name: content for path, content in files.items() if path.startswith(".calotype-trash/")}
        self.assertEqual(trashed, {name: self.before[name] for name in ("robin.jpg", "robin.jpg.xmp")})
        self.assertEqual(set(files) & set(self.before), {"cat.png", "flower.jpg"})
        changes = server.get("/api/v1/changes", since=now).json()["changes"]
        self.assertEqual([(one["photo"], one["state"]) for one in changes], [(robin, "missing")])
        self.scan("--only", "pdq")
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 2, "scans skip the trash")
        (decision,) = server.get("/api/v1/decisions").json()["decisions"]
        self.assertEqual((decision["kind"], decision["text"], decision["can_undo"]), ("trash", "Moved 1 photo to the trash", True))

        (self.library.photos / "robin.jpg").write_bytes(b"somebody else's")
        refused = self.undo(server, moved["decision"])
        self.assertEqual(refused.status, 409)
        self.assertIn("there is something at", refused.json()["detail"])
        self.assertEqual(len([path for path in self.files() if path.startswith(".calotype-trash/")]), 2)
        (self.library.photos / "robin.jpg").unlink()
        self.assertEqual(self.undo(server, moved["decision"]).status, 200)
        self.assertEqual(self.files(), self.before)
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 3)
        self.scan("--only", "pdq")
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 3)
        self.assertEqual(self.undo(server, moved["decision"]).status, 409)

    def test_only_what_is_as_it_was_scanned_moves(self) -> None:
        server = self.serve()
        robin, cat = self.library.photos / "robin.jpg", self.library.photos / "cat.png"
        robin.write_bytes(self.before["robin.jpg"] + b"more")
        cat.rename(self.library.home / "cat.png")
        cat.symlink_to(self.library.home / "cat.png")
        for name, words in (("robin.jpg", "was changed since it was scanned"), ("cat.png", "is a link")):
            answer = server.request("POST", "/api/v1/trash", {"photos": self.numbers(server, name, "flower.jpg")})
            self.assertEqual(answer.status, 409, answer.body)
            self.assertIn(words, answer.json()["detail"])
        self.assertEqual(set(self.files()), set(self.before), "nothing was moved, also not the flower")

    def test_the_last_file_of_a_picture_is_kept(self) -> None:
        copy = self.library.photos / "copy.jpg"
        copy.write_bytes(self.before["robin.jpg"])
        self.scan("--only", "pdq")
        server = self.serve()
        all_of_it = server.request("POST", "/api/v1/trash", {"photos": self.numbers(server, "copy.jpg"), "keep_one": True})
        self.assertEqual(all_of_it.status, 409, all_of_it.body)
        self.assertIn("is the last file of its picture", all_of_it.json()["detail"])
        one = server.request("POST", "/api/v1/trash", {"files": [str(copy)], "keep_one": True})
        self.assertEqual(one.status, 200, one.body)
        self.assertFalse(copy.exists())
        self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 3)

    def test_the_command_line_lists_the_trash_and_restores_from_it(self) -> None:
        self.assertIn("nothing is in the trash", self.library.run("trash", "list").stdout)
        server = self.serve()
        marked = server.request("POST", "/api/v1/marks", {"photos": self.numbers(server, "cat.png"), "mark": "delete"}).json()["decision"]
        first, second = (self.move(server, name)["decision"] for name in ("robin.jpg", "flower.jpg"))
        by_server = ("--server", f"http://127.0.0.1:{server.port}")
        for options in ((), by_server):
            (one, other) = self.library.lines("trash", "list", "--json", *options)
            self.assertEqual([one["decision"], other["decision"], one["kind"]], [second, first, "trash"])
        refused = self.library.run("trash", "restore", marked)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"the trash has no {marked}", refused.stderr)
        self.assertEqual(self.library.run("trash", "restore", second, *by_server).returncode, 0)
        server.stop()
        self.assertIn("undone: Moved 1 photo to the trash", self.library.run("trash", "restore", first).stdout)
        self.assertEqual(self.files(), self.before)
        self.assertEqual(self.library.lines("trash", "list", "--json"), [])
        self.assertEqual(self.library.run("trash", "restore", first).returncode, 1)

    def test_the_scope_is_admin(self) -> None:
        token = self.library.run("token", "create", "w", "--scope", "write").stdout.strip()
        admin = self.library.run("token", "create", "a", "--scope", "admin").stdout.strip()
        server = self.serve("--set", "server.require_token=true")
        may_write = {"Authorization": f"Bearer {token}"}
        answer = server.request("POST", "/api/v1/trash", {"photos": [1]}, may_write)
        self.assertEqual(answer.status, 403, answer.body)
        may_all = {"Authorization": f"Bearer {admin}"}
        moved = server.request("POST", "/api/v1/trash", {"photos": [1]}, may_all).json()["decision"]
        marked = server.request("POST", "/api/v1/marks", {"photos": [2], "mark": "favourite"}, may_write).json()["decision"]
        refused = server.request("POST", f"/api/v1/decisions/{moved}/undo", None, may_write)
        self.assertEqual(refused.status, 403, refused.body)
        self.assertNotEqual(self.files(), self.before)
        self.assertEqual(server.request("POST", f"/api/v1/decisions/{marked}/undo", None, may_write).status, 200)
        self.assertEqual(server.request("POST", f"/api/v1/decisions/{moved}/undo", None, may_all).status, 200)
        self.assertEqual(self.files(), self.before)

    def test_a_server_that_is_killed_in_a_move_loses_nothing(self) -> None:
        for kill_at in (1, 2, 3):
            with self.subTest(kill_at):
                server = Server(self.library, environment={"LD_PRELOAD": str(KILLED_MOVE), "CALOTYPE_TEST_KILLED_MOVE": str(kill_at)})
                with contextlib.suppress(OSError, http.client.HTTPException):
                    server.request("POST", "/api/v1/trash", {"photos": self.numbers(server, *PHOTOS)})
                self.assertEqual(server.stop(), -9)
                in_trash = [path for path in self.files() if path.startswith(".calotype-trash/")]
                self.assertEqual(len(in_trash), kill_at - 1, "killed just before this move")
                server = Server(self.library)
                self.assertEqual(self.files(), self.before)
                latest = server.get("/api/v1/decisions").json()["decisions"][0]
                self.assertIsNotNone(latest["undone_at"])
                self.assertEqual(len(server.get("/api/v1/photos").json()["photos"]), 3)
                server.stop()

    def test_a_server_that_is_killed_in_an_undo_goes_on_at_its_next_start(self) -> None:
        server = Server(self.library)
        moved = self.move(server, *PHOTOS)
        server.stop()
        server = Server(self.library, environment={"LD_PRELOAD": str(KILLED_MOVE), "CALOTYPE_TEST_KILLED_MOVE": "2"})
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.undo(server, moved["decision"])
        self.assertEqual(server.stop(), -9)
        self.assertNotEqual(self.files(), self.before)
        server = self.serve()
        self.assertEqual(self.files(), self.before)
        self.assertEqual(os.listdir(self.library.photos).count(".calotype-trash"), 0)


if __name__ == "__main__":
    unittest.main()
