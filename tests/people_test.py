"""calotype people: numbers of merged people, equal names, pictures, forgotten people."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import unittest

from calotype import CalotypeTestCase, Library


def read_all(descriptor: int) -> str:
    """What comes out of a pseudo-terminal until all programs have closed it."""
    text = b""
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # Linux says EIO when nobody has it open any more
            part = b""
        if not part:
            return text.decode().replace("\r\n", "\n")
        text += part


class PeopleTest(CalotypeTestCase):
    """One scan for all tests; each test gets the catalogue and the photos as they were after it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.scanned = Library()
        cls.addClassCleanup(cls.scanned.close)
        cls.scanned.add_samples("obama.jpg", "obama_speaking.jpg", "biden.jpg", "astronaut.png")
        done = cls.scanned.run("scan", cls.scanned.photos, "--only", "faces")
        assert done.returncode == 0, done.stderr
        for name in ("home", "photos"):
            shutil.copytree(cls.scanned.home / name, cls.scanned.home / "kept" / name)

    def setUp(self) -> None:
        self.library = self.scanned
        for name in ("home", "photos"):
            shutil.rmtree(self.library.home / name)
            shutil.copytree(self.library.home / "kept" / name, self.library.home / name)

    def succeed(self, *arguments: object) -> subprocess.CompletedProcess:
        done = self.library.run("people", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def answer(self, reply: str, *arguments: object) -> tuple[int, str]:
        """Runs the command on a terminal where somebody types the reply. The exit status, and what the terminal shows."""
        terminal, program = self.open_terminal()
        with subprocess.Popen(
            self.library.command("people", *arguments),
            env=self.library.environment, stdin=program, stdout=program, stderr=program,
        ) as started:
            os.close(program)
            os.write(terminal, f"{reply}\n".encode())
            shown = read_all(terminal)
        os.close(terminal)
        return started.returncode, shown

    def people(self) -> dict[str, dict]:
        """All people, by the name of the photo of their cover without its extension."""
        listed = self.library.json("people", "list", "--hidden", "--json")["people"]
        return {pathlib.Path(person["cover"]).stem: person for person in listed}

    def number(self, photo: str) -> int:
        """The number of the person whom the photo shows."""
        return self.library.json("show", self.library.photos / photo, "--json")["faces"][0]["person"]

    def names(self) -> set[str]:
        return {person["name"] for person in self.people().values()}


class NumbersTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.obama, self.biden = self.number("obama.jpg"), self.number("biden.jpg")
        self.astronaut = self.number("astronaut.png")
        self.succeed("name", self.obama, "Barack Obama")
        self.succeed("merge", self.obama, self.biden)
        self.says = f"{self.biden} is now person {self.obama}, Barack Obama"

    def test_a_merged_number_changes_nobody_without_a_yes(self) -> None:
        face = self.library.lines("people", "show", self.obama, "--json")[0]["face"]
        for arguments in (
            ("name", self.biden, "Joe"), ("hide", self.biden), ("unhide", self.biden), ("cover", self.biden, face),
            ("assign", self.biden, face), ("not", self.biden, face), ("merge", self.biden, self.astronaut),
            ("merge", self.astronaut, self.biden),
        ):
            with self.subTest(arguments):
                before = self.people()
                done = self.library.run("people", *arguments)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, "")
                self.assertIn(f"{self.says}; nothing was changed. To change this person, use the number {self.obama}", done.stderr)
                self.assertEqual(self.people(), before)

    def test_on_a_terminal_it_asks(self) -> None:
        status, shown = self.answer("n", "name", self.biden, "Joe")
        self.assertEqual(status, 1)
        self.assertIn(f"{self.says}. Change this person? [y/N]", shown)
        self.assertIn("nothing was changed", shown)
        self.assertIn("Barack Obama", self.names())
        status, shown = self.answer("y", "name", self.biden, "Joe")
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.names(), {"Joe", ""})

    def test_show_says_whom_it_shows(self) -> None:
        done = self.succeed("show", self.biden)
        self.assertIn(self.says, done.stderr)
        self.assertIn("biden.jpg", done.stdout)
        self.assertEqual(done.stdout, self.succeed("show", self.obama).stdout)


class EqualNamesTest(PeopleTest):
    def test_a_warning_names_the_command_that_merges(self) -> None:
        obama, biden, astronaut = (self.number(photo) for photo in ("obama.jpg", "biden.jpg", "astronaut.png"))
        self.assertEqual(self.succeed("name", obama, "Zoë").stderr, "")
        self.assertEqual(self.succeed("name", obama, "Zoë").stderr, "", "they are no other person")
        warning = self.succeed("name", biden, "ZOE").stderr
        command = f"people merge {obama} {biden}"
        self.assertIn(f"person {obama} is also called Zoë; if they are the same person: calotype {command}", warning)
        self.assertEqual(len(self.people()), 3, "only a warning")
        self.assertIn(f"people {min(obama, biden)}, {max(obama, biden)} are also called", self.succeed("name", astronaut, "zoe").stderr)
        self.succeed(*command.split()[1:])
        self.assertEqual(len(self.people()), 2)

    def test_on_a_terminal_it_offers_to_merge(self) -> None:
        obama, biden = self.number("obama.jpg"), self.number("biden.jpg")
        self.succeed("name", obama, "Ada")
        question = f"person {obama} is also called Ada. Are they the same person? Merge {biden} into {obama}? [y/N]"
        status, shown = self.answer("", "name", biden, "Ada")
        self.assertEqual((status, len(self.people())), (0, 3), shown)
        self.assertIn(question, shown)
        status, shown = self.answer("y", "name", biden, "Ada")
        self.assertEqual((status, len(self.people())), (0, 2), shown)
        self.assertIn(f"merged into person {obama}", shown)
        self.assertEqual(self.number("biden.jpg"), obama)


class UndoTest(PeopleTest):
    def history(self) -> list[dict]:
        return self.library.lines("people", "history", "--json")

    def test_each_decision_is_undone(self) -> None:
        obama, biden = self.number("obama.jpg"), self.number("biden.jpg")
        theirs = self.library.lines("people", "show", obama, "--json")
        for arguments, text in (
            (("name", obama, "Barack"), f"Named person {obama} Barack"), (("hide", obama), f"Hid person {obama}"),
            (("cover", obama, theirs[-1]["face"]), f"Chose another cover for person {obama}"),
            (("merge", obama, biden), f"Merged 1 person into person {obama}"),
            (("split", theirs[0]["face"]), "Moved 1 face to a new person"),
            (("assign", biden, theirs[0]["face"]), f"Confirmed 1 face as person {biden}"),
            (("not", obama, theirs[0]["face"]), f"Rejected 1 face as person {obama}"),
        ):
            with self.subTest(arguments[0]):
                before = self.people(), self.library.lines("people", "show", obama, "--json")
                self.succeed(*arguments)
                self.assertNotEqual((self.people(), self.library.lines("people", "show", obama, "--json")), before)
                self.assertIn(f"undone: {text}", self.succeed("undo").stdout)
                self.assertEqual((self.people(), self.library.lines("people", "show", obama, "--json")), before)
        self.assertTrue(all(decision["undone_at"] for decision in self.history()))

    def test_a_scan_between_a_decision_and_its_undo(self) -> None:
        obama = self.number("obama.jpg")
        face = next(one["face"] for one in self.library.lines("people", "show", obama, "--json") if one["path"].endswith("/obama.jpg"))
        self.succeed("not", obama, face)
        self.scan("--only", "faces")
        self.assertNotEqual(self.number("obama.jpg"), obama)
        self.succeed("undo")
        self.assertEqual(self.number("obama.jpg"), obama)
        self.scan("--only", "faces")
        self.assertEqual(self.number("obama.jpg"), obama)

    def test_a_merge_of_named_people_gives_the_name_back(self) -> None:
        obama, biden = self.number("obama.jpg"), self.number("biden.jpg")
        self.succeed("name", biden, "Joe")
        self.succeed("merge", obama, biden)
        self.assertEqual(self.names(), {"Joe", ""})
        refused = self.library.run("people", "undo", 1)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("decision 1 cannot be undone: decision 2 changed the same later (Merged 1 person into Joe): undo that one first", refused.stderr)
        self.succeed("undo", 2)
        self.assertEqual({self.number("obama.jpg"), self.number("biden.jpg")}, {obama, biden})
        self.assertEqual(self.people()["biden"]["name"], "Joe")
        self.succeed("undo", 1)
        self.assertEqual(self.names(), {""})


class SuggestionsTest(PeopleTest):
    """The samples' faces are clearly one person or clearly two, so the face of a photo is given to somebody new, or nobody."""

    def setUp(self) -> None:
        super().setUp()
        self.obama = self.number("obama_speaking.jpg")
        self.succeed("name", self.obama, "Barack")
        self.face = next(
            one["face"] for one in self.library.lines("people", "show", self.obama, "--json") if one["path"].endswith("/obama.jpg")
        )

    def give_to(self, person: int | None) -> None:
        """Assigns the face as a scan could have: without a decision."""
        with contextlib.closing(sqlite3.connect(self.library.home / "home/catalog.db")) as database, database:
            if person:
                database.execute("INSERT INTO person(id, created_at) VALUES (?, 0)", (person,))
            database.execute("UPDATE face SET person_id = ? WHERE id = ?", (person, self.face))

    def suggestions(self) -> list[dict]:
        return self.library.lines("people", "suggestions", "--json")

    def test_a_person_is_suggested_until_somebody_says_no(self) -> None:
        self.assertEqual(self.suggestions(), [])
        self.assertIn("no suggestions", self.succeed("suggestions").stdout)
        self.give_to(77)
        (one,) = self.suggestions()
        self.assertEqual((one["person"], one["faces"], one["suggested"], one["name"]), (77, 1, self.obama, "Barack"))
        self.assertGreater(one["similarity"], 0.58)
        self.assertEqual([(face["face"], pathlib.Path(face["path"]).name) for face in one["shown"]], [(self.face, "obama.jpg")])
        text = self.succeed("suggestions").stdout
        self.assertIn(f"person 77 (1 face) may be person {self.obama}, Barack", text)
        self.assertIn(f"yes: calotype people merge {self.obama} 77    no: calotype people not {self.obama} {self.face}\n", text)
        self.succeed("not", self.obama, self.face)
        self.assertEqual(self.suggestions(), [])
        self.succeed("undo")
        self.assertEqual(len(self.suggestions()), 1)
        self.succeed("merge", self.obama, 77)
        self.assertEqual(self.suggestions(), [])

    def test_a_face_without_a_person_is_suggested(self) -> None:
        self.give_to(None)
        (one,) = self.suggestions()
        self.assertEqual((one["person"], one["suggested"], one["shown"][0]["face"]), (None, self.obama, self.face))
        self.assertIn(f"yes: calotype people assign {self.obama} {self.face} ", self.succeed("suggestions").stdout)
        self.succeed("assign", self.obama, self.face)
        self.assertEqual(self.suggestions(), [])


class PicturesTest(PeopleTest):
    def size(self, jpeg: pathlib.Path) -> tuple[int, int]:
        """Width and height, from the frame header of a JPEG."""
        data = jpeg.read_bytes()
        at = 2
        while not 0xC0 <= data[at + 1] <= 0xC2:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")

    def render(self, photo: str) -> bytes:
        target = self.library.home / "rendered.jpg"
        done = self.library.run("show", self.library.photos / photo, "--render", target)
        self.assertEqual(done.returncode, 0, done.stderr)
        return target.read_bytes()

    def test_names_are_drawn_in_every_script(self) -> None:
        person = self.number("obama.jpg")
        pictures = set()
        names = ("Zoë", "Zoe", "Zo?", "Đặng", "田中", "Иван", "عربي")
        for name in names:
            self.succeed("name", person, name)
            pictures.add(self.render("obama.jpg"))
        self.assertEqual(len(pictures), len(names), "no two names look alike")

    def test_the_number_of_a_person_without_a_name_is_drawn(self) -> None:
        before = self.render("biden.jpg")
        face = self.library.lines("people", "show", self.number("biden.jpg"), "--json")[0]["face"]
        self.succeed("split", face)
        self.assertNotEqual(self.render("biden.jpg"), before, "it has another number now")

    def test_a_sheet_has_a_cell_for_each_face(self) -> None:
        obama, biden = self.number("obama.jpg"), self.number("biden.jpg")
        sheet = self.library.home / "sheet.jpg"
        done = self.succeed("show", biden, "--sheet", sheet)
        self.assertIn(f"wrote {sheet}", done.stdout)
        one = self.size(sheet)
        self.succeed("merge", obama, biden)
        listed = self.succeed("show", obama, "--json", "--sheet", sheet).stdout.splitlines()
        self.assertEqual(len(listed), 3, "only JSON is printed")
        self.assertGreater(self.size(sheet)[0], one[0])
        self.assertGreater(self.size(sheet)[1], one[1])

    def test_photos_that_cannot_be_read_do_not_stop_it(self) -> None:
        obama = self.number("obama.jpg")
        self.succeed("merge", obama, self.number("biden.jpg"), self.number("astronaut.png"))
        (self.library.photos / "obama.jpg").unlink()
        (self.library.photos / "biden.jpg").write_bytes(b"no photo any more")
        sheet = self.library.home / "sheet.jpg"
        done = self.succeed("show", obama, "--sheet", sheet)
        for name in ("obama.jpg", "biden.jpg"):
            self.assertIn(str(self.library.photos / name), done.stderr)
        self.assertIn("2 faces without a picture", done.stderr)
        self.assertEqual(self.size(sheet), (360, 470), "two rows of two cells")

    def test_a_sheet_overwrites_no_photo(self) -> None:
        photo = self.library.photos / "obama.jpg"
        before = photo.read_bytes()
        for target, why in ((photo, "is a photo of the library"), (self.library.home / "sheet.png", "must end in .jpg")):
            done = self.library.run("people", "show", self.number("obama.jpg"), "--sheet", target)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
        self.assertEqual(photo.read_bytes(), before)


NAME = "Zoë Quill".encode()  # nothing else in the catalogue has these bytes


class ForgetTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.obama = self.number("obama.jpg")
        self.succeed("name", self.obama, "Zoë Quill")
        self.catalogue = self.library.home / "home/catalog.db"

    def vectors(self, person: int) -> list[bytes]:
        query = "SELECT embedding FROM face WHERE person_id = ? AND embedding IS NOT NULL"
        with contextlib.closing(sqlite3.connect(self.catalogue)) as database:
            return [row[0] for row in database.execute(query, (person,))]

    def files_with(self, needle: bytes) -> list[str]:
        """The files beside the catalogue that have these bytes."""
        files = (path for path in self.catalogue.parent.rglob("*") if path.is_file())
        return [path.name for path in files if needle in path.read_bytes()]

    def test_no_byte_is_left(self) -> None:
        vectors = self.vectors(self.obama)
        others = self.vectors(self.number("biden.jpg"))
        self.assertEqual((len(vectors), len(others)), (2, 1))
        for vector in vectors:
            self.assertGreater(len(vector), 200)
            self.assertNotEqual(self.files_with(vector), [])
        self.assertNotEqual(self.files_with(NAME), [])
        done = self.succeed("forget", self.obama, "--yes")
        self.assertIn(f"forgot person {self.obama}: 2 faces in 2 photos", done.stdout)
        for vector in vectors:
            self.assertEqual(self.files_with(vector), [])
            self.assertEqual(self.files_with(vector[64:128]), [], "not even a part")
        self.assertEqual(self.files_with(NAME), [])
        self.assertNotEqual(self.files_with(others[0]), [], "those of others stay")
        self.assertIn(f"there is no person {self.obama}", self.library.run("people", "show", self.obama).stderr)
        self.assertEqual(self.library.run("people", "forget", self.obama, "--yes").returncode, 1)
        self.assertEqual(self.library.run("check-db").returncode, 0)

    def test_files_that_others_keep_are_listed(self) -> None:
        backup = self.library.home / "backup.db"
        self.assertEqual(self.library.run("backup", backup).returncode, 0)
        exported = self.library.run("export", "--to", "xmp")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        sidecars = [str(self.library.photos / f"{name}.xmp") for name in ("obama.jpg", "obama_speaking.jpg")]
        self.succeed("name", self.obama, "Barry")  # the sidecars have the former name
        texts = {sidecar: pathlib.Path(sidecar).read_bytes() for sidecar in sidecars}
        told = json.loads(self.succeed("forget", self.obama, "--yes", "--json").stdout)
        self.assertEqual(
            told,
            {"person": self.obama, "faces": 2, "photos": 2, "sidecars": sidecars, "named_photos": [], "backups": [str(backup)]},
        )
        self.assertEqual({sidecar: pathlib.Path(sidecar).read_bytes() for sidecar in sidecars}, texts)

    def test_files_that_name_the_person_where_no_face_is_are_listed(self) -> None:
        self.library.run("export", "--to", "xmp")
        text = (self.library.photos / "obama.jpg.xmp").read_text()
        self.assertIn("stArea:x=", text)
        (self.library.photos / "astronaut.png.xmp").write_text(re.sub(r'stArea:([xywh])="[^"]*"', r'stArea:\1="0.04"', text))
        self.scan("--only", "faces")
        told = json.loads(self.succeed("forget", self.obama, "--yes", "--json").stdout)
        self.assertEqual((told["faces"], told["photos"]), (2, 2))
        self.assertIn(str(self.library.photos / "astronaut.png.xmp"), told["sidecars"])
        self.assertEqual(self.files_with(NAME), [])

    def test_a_scan_brings_neither_face_nor_name_back(self) -> None:
        self.library.run("export", "--to", "xmp")
        theirs = self.library.lines("people", "show", self.obama, "--json")[0]
        done = self.succeed("forget", self.obama, "--yes")
        self.assertIn("Scans ignore the names that they give to these faces:\n", done.stdout)
        self.assertIn(f"sidecar  {self.library.photos / 'obama.jpg.xmp'}\n", done.stdout)
        for sidecar in self.library.photos.glob("*.xmp"):
            os.utime(sidecar)  # read again
        self.scan("--only", "faces")
        self.assertEqual(len(self.people()), 2)
        self.assertEqual(self.names(), {""})
        self.assertEqual(self.files_with(NAME), [])
        self.assertIsNone(self.number("obama.jpg"))
        self.assertEqual(self.library.lines("search", "person:Quill", "--json"), [])
        # Who is assigned a number again, is recognised again.
        self.succeed("split", theirs["face"])
        self.scan("--only", "faces")
        self.assertEqual(len(self.vectors(self.number(pathlib.Path(theirs["path"]).name))), 1)

    def test_the_journal_forgets_too(self) -> None:
        self.succeed("name", self.number("biden.jpg"), "Joe")
        self.succeed("merge", self.obama, self.number("astronaut.png"))
        self.succeed("forget", self.obama, "--yes")
        history = self.library.lines("people", "history", "--json")
        self.assertEqual([decision["text"][-3:] for decision in history], ["Joe"])
        self.assertEqual(self.files_with(NAME), [])

    def test_it_is_confirmed(self) -> None:
        done = self.library.run("people", "forget", self.obama)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--yes", done.stderr)
        status, shown = self.answer("n", "forget", self.obama)
        self.assertEqual(status, 1)
        self.assertIn(f"Forget person {self.obama}, Zoë Quill? The name and the vectors of their faces are deleted", shown)
        self.assertIn("Zoë Quill", self.names())
        status, shown = self.answer("y", "forget", self.obama)
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.names(), {""})

    def test_a_reader_only_delays_the_erasure(self) -> None:
        vector = self.vectors(self.obama)[0]
        with contextlib.closing(sqlite3.connect(self.catalogue)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM face").fetchone()
            done = self.library.run("people", "forget", self.obama, "--yes")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"run calotype people forget {self.obama} --yes again", done.stderr)
            self.assertIn("forgot person", done.stdout)
            self.assertNotEqual(self.files_with(vector), [], "as the message says")
        self.assertIn("now erased", self.succeed("forget", self.obama, "--yes").stdout)
        self.assertEqual(self.files_with(vector), [])


if __name__ == "__main__":
    unittest.main()
