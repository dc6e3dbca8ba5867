"""calotype search, similar, duplicates, people on a library of samples."""

import pathlib
import shutil
import unittest

from calotype import SAMPLES, CalotypeTestCase, Library, names

PHOTOS = (
    "astronaut.png", "biden.jpg", "cat.png", "coffee.png", "coffee_copy.jpg", "flower.jpg", "motorcycle.png", "obama.jpg",
    "obama_speaking.jpg", "pagoda.jpg", "rocket.jpg", "sign_no_parking.jpg",
)


class SearchTest(CalotypeTestCase):
    library: Library

    @classmethod
    def setUpClass(cls) -> None:
        cls.library = Library()
        cls.library.add_samples(*PHOTOS)
        done = cls.library.run("scan", cls.library.photos)
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls) -> None:
        cls.library.close()

    def setUp(self) -> None:
        pass  # One library for all of them: nothing here changes it.

    def search(self, *arguments: str) -> list[dict]:
        return self.library.lines("search", *arguments, "--json")

    def test_words_are_meaning(self) -> None:
        for query, photo in {"flowers": "flower.jpg", "a rocket launch": "rocket.jpg", "cat": "cat.png"}.items():
            hits = self.search(query, "--limit", "3")
            self.assertIn(photo, names(hits), query)
            for hit in hits:
                self.assertTrue(hit["why"], query)
                self.assertGreater(hit["score"], 0)

    def test_less_certain_hits_follow_and_are_marked(self) -> None:
        hits = self.search("a rocket launch")
        self.assertEqual(names(hits)[0], "rocket.jpg")
        marks = [hit["confident"] for hit in hits]
        self.assertEqual(marks, sorted(marks, reverse=True))
        self.assertIn(False, marks)
        text = self.library.run("search", "a rocket launch").stdout
        sure, others = text.split("Less certain:\n")
        self.assertIn("rocket.jpg", sure)
        self.assertEqual(len(sure.splitlines()), sum(marks))
        self.assertEqual(len(others.splitlines()), len(hits) - sum(marks))

    def test_nonsense_has_no_confident_match(self) -> None:
        self.assertFalse(any(hit["confident"] for hit in self.search("qwertzuiop")))
        self.assertTrue(self.library.run("search", "qwertzuiop").stdout.startswith("No confident match. Less certain:\n"))
        # Paths have no mark, so only confident hits are printed.
        done = self.library.run("search", "qwertzuiop", "--paths")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("no confident match", done.stderr)
        self.assertTrue(self.library.run("search", "qwertzuiop", "--paths", "--weak").stdout)

    def test_the_number_of_hits_is_shown_when_the_limit_cuts(self) -> None:
        photos = len(PHOTOS)
        lines = self.library.run("search", "in:photos", "--limit", "5").stdout.splitlines()
        self.assertEqual(lines[-1], f"5 of {photos} hits")
        self.assertNotIn(" of ", self.library.run("search", "in:photos", "--limit", str(photos)).stdout)

    def test_text_in_photos(self) -> None:
        hits = self.search("text:parking")
        self.assertEqual(names(hits), ["sign_no_parking.jpg"])
        self.assertIn("PARKING", hits[0]["why"][0])
        self.assertEqual(names(self.search('text:"no such words in there"')), [])

    def test_objects_and_negation(self) -> None:
        self.assertEqual(names(self.search("object:cat")), ["cat.png"])
        people = set(names(self.search("object:person")))
        self.assertLessEqual({"astronaut.png", "obama.jpg", "biden.jpg"}, people)
        self.assertNotIn("cat.png", people)
        self.assertNotIn("sign_no_parking.jpg", names(self.search("object:person -text:parking")))

    def test_paths_for_other_programs(self) -> None:
        path = str(self.library.photos / "cat.png")
        self.assertEqual(self.library.run("search", "object:cat", "--paths").stdout, path + "\n")
        self.assertEqual(self.library.run("search", "object:cat", "-0").stdout, path + "\0")

    def test_a_query_that_does_not_parse(self) -> None:
        done = self.library.run("search", "colour:red")
        self.assertEqual(done.returncode, 2)
        self.assertIn("colour", done.stderr)
        self.assertIn("text:", done.stderr)

    def test_true_copies_are_duplicates_and_nothing_else(self) -> None:
        groups = self.library.lines("duplicates", "--json")
        self.assertEqual([sorted(names(group["photos"])) for group in groups], [["coffee.png", "coffee_copy.jpg"]])
        self.assertEqual(pathlib.Path(groups[0]["photos"][0]["path"]).name, "coffee.png", "the larger one is kept")

    def test_look_alikes(self) -> None:
        hits = self.library.lines("similar", str(self.library.photos / "obama.jpg"), "--json", "--limit", "3")
        self.assertEqual(len(hits), 3)
        self.assertNotIn("obama.jpg", names(hits))

    def test_look_alikes_of_a_photo_outside_the_library(self) -> None:
        outside = self.library.home / "outside.jpg"
        shutil.copy(SAMPLES / "coffee_copy.jpg", outside)
        hits = self.library.lines("similar", str(outside), "--json", "--limit", "2")
        self.assertEqual(set(names(hits)), {"coffee.png", "coffee_copy.jpg"})
        self.assertGreater(hits[0]["score"], 0.99)
        done = self.library.run("similar", str(self.library.home / "none.jpg"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.jpg", done.stderr)

    def test_a_name_that_nobody_has_shows_the_known_ones(self) -> None:
        person = self.library.json("show", str(self.library.photos / "astronaut.png"), "--json")["faces"][0]["person"]
        self.assertEqual(self.library.run("people", "name", str(person), "Eileen").returncode, 0)
        done = self.library.run("search", "person:Bob")
        self.assertEqual((done.returncode, done.stdout), (0, "nothing found\n"))
        self.assertIn('no person is called "Bob"; known: ', done.stderr)
        self.assertIn("Eileen", done.stderr)
        self.assertEqual(names(self.search("person:éil")), ["astronaut.png"])

    def test_one_man_is_one_person(self) -> None:
        people = self.library.json("people", "list", "--json")["people"]
        shown = [person for person in people if person["photos"] == 2]
        self.assertEqual(len(shown), 1, people)
        faces = {
            name: self.library.json("show", str(self.library.photos / name), "--json")["faces"][0]["person"]
            for name in ("obama.jpg", "obama_speaking.jpg", "biden.jpg", "astronaut.png")
        }
        self.assertEqual(faces["obama.jpg"], faces["obama_speaking.jpg"])
        self.assertEqual(len(set(faces.values())), 3, faces)

    def test_a_person_gets_a_name(self) -> None:
        person = self.library.json("show", str(self.library.photos / "biden.jpg"), "--json")["faces"][0]["person"]
        self.assertEqual(self.library.run("people", "name", str(person), "Joe").returncode, 0)
        self.assertIn("Joe", self.library.run("people", "list").stdout)
        self.assertEqual(names(self.search('person:"Joe"')), ["biden.jpg"])


if __name__ == "__main__":
    unittest.main()
