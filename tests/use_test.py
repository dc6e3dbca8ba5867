"""calotype models use: other models take over in the background, while searches go on, and back."""

import os
import pathlib
import re
import shutil
import signal
import time
import unittest

from calotype import CalotypeTestCase, long_run, names
from server_process import Server

PHOTOS = ("astronaut.png", "basketball.png", "cat.png", "obama.jpg", "rocket.jpg", "sign_no_parking.jpg")
PATIENCE_S = 200


def make_other_pack(models: pathlib.Path, name: str) -> None:
    """The starter pack under other names: other versions, a space of its own, and a detector that is seldom sure."""
    shutil.copytree(models / "starter", models / name, copy_function=os.link)
    manifest = models / name / "pack.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.unlink()
    text = text.replace('name = "starter"', f'name = "{name}"').replace("minilm-l6-v2", f"{name}-space")
    text = re.sub(r'(\[\[model\]\]\nname = ")', rf"\g<1>{name}-", text)
    text, changed = re.subn(r"(score_threshold = )0\.37", r"\g<1>0.65", text)
    assert changed == 1
    manifest.write_text(text, encoding="utf-8")


class UseTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        models = self.library.home / "models"
        starter = pathlib.Path(self.library.environment["CALOTYPE_MODELS_FOLDER"]) / "starter"
        shutil.copytree(starter, models / "starter")
        make_other_pack(models, "other")
        self.library.environment["CALOTYPE_MODELS_FOLDER"] = str(models)
        self.library.add_samples(*PHOTOS)
        self.scan()

    def models(self) -> dict:
        return self.library.json("status", "--json")["models"]

    def answers(self) -> tuple:
        """What a user finds: by meaning, by object, by text, by face."""
        meaning = [(name, hit["score"]) for hit in self.library.lines("search", "a rocket launch", "--json")
                   for name in names([hit])]
        objects = names(self.library.lines("search", "object:person", "--json"))
        text = names(self.library.lines("search", "text:parking", "--json"))
        return meaning, sorted(objects), text

    def use(self, *arguments: str) -> str:
        done = self.library.run("models", "use", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def wait_until_shown(self, pack: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while self.models()["shown"] != pack:
            self.assertLess(time.monotonic(), end, self.library.run("status").stdout)
            time.sleep(0.2)

    def test_in_the_middle_of_searches_and_back(self) -> None:
        before = self.answers()
        self.assertEqual(before[0][0][0], "rocket.jpg")
        self.assertLessEqual({"astronaut.png", "basketball.png", "obama.jpg"}, set(before[1]))
        told = self.use("other")
        self.assertIn("Analysing 6 photos with other in the background", told)

        seen, end = [], time.monotonic() + PATIENCE_S
        while self.models()["shown"] != "other":
            self.assertLess(time.monotonic(), end)
            answers = self.answers()
            if self.models()["shown"] == "starter":  # else the switch came in the middle of the questions
                seen.append(answers)
        self.assertGreater(len(seen), 2, "searches while the other models looked")
        self.assertEqual([answers for answers in seen if answers != before], [])

        after = self.answers()
        self.assertLess(len(after[1]), len(before[1]), "fewer objects of a detector that is seldom sure")
        self.assertEqual([name for name, _ in after[0]], [name for name, _ in before[0]])
        self.assertEqual(after[2], before[2])

        self.assertIn("analysed 0 photos again", self.use("--undo"))
        self.assertEqual(self.answers(), before)
        self.assertEqual(self.models(), {"shown": "starter", "wanted": "starter", "previous": "other", "switching": 0, "ready": 0,
                                         "behind": 0})

    def test_killed_it_goes_on_with_the_next_scan(self) -> None:
        before = self.answers()
        process = int(re.search(r"process (\d+)", self.use("other"))[1])
        while self.models()["ready"] == 0:
            time.sleep(0.05)
        os.kill(process, signal.SIGKILL)
        self.assertIn("switching from starter to other", self.library.run("status").stdout)
        self.assertEqual(self.answers(), before)
        self.library.add_samples("coffee.png")
        self.assertIn("6 unchanged", self.scan().stdout)
        self.assertEqual(self.models()["shown"], "other")
        self.assertEqual(self.library.json("status", "--json")["analyses"]["objects"]["done"], 7)
        self.assertIn("coffee.png", names(self.library.lines("search", "coffee", "--json")))

    @long_run
    def test_a_scan_in_the_middle_waits_and_what_is_new_is_looked_at(self) -> None:
        process = int(re.search(r"process (\d+)", self.use("other"))[1])
        while self.models()["ready"] == 0:
            time.sleep(0.05)
        self.library.add_samples("coffee.png")
        self.assertEqual(self.models()["wanted"], "other")
        done = self.scan()
        self.assertIn(f"is running (process {process})", done.stderr)
        self.assertIn("waiting for it to finish", done.stderr)
        self.assertIn("scanned 7 photos", done.stdout)
        self.assertEqual(self.models()["shown"], "other")
        self.assertEqual(self.library.json("status", "--json")["analyses"]["objects"]["done"], 7)
        self.assertIn("coffee.png", names(self.library.lines("search", "coffee", "--json")))

    def test_a_server_switches_in_a_job_also_when_it_is_killed(self) -> None:
        def submit(server: Server, **request: object) -> int:
            answer = server.request("POST", "/api/v1/jobs", {"kind": "switch", **request})
            self.assertEqual(answer.status, 202, answer.body)
            return answer.json()["job"]

        def wait_for(server: Server, job: int, condition: object) -> dict:
            end = time.monotonic() + PATIENCE_S
            while not condition(seen := server.get(f"/api/v1/jobs/{job}").json()):
                self.assertLess(time.monotonic(), end, seen)
                time.sleep(0.05)
            return seen

        before = self.answers()
        server = Server(self.library)
        self.addCleanup(server.stop)
        self.assertEqual(server.request("POST", "/api/v1/jobs", {"kind": "switch"}).status, 400)
        broken = wait_for(server, submit(server, pack="none"), lambda job: job["ended"])
        self.assertEqual(broken["state"], "failed")
        self.assertIn("none", broken["error"])
        job = submit(server, pack="other")
        wait_for(server, job, lambda job: (job["progress"] or {}).get("analysed", 0) > 0)
        server.process.kill()
        server.process.wait()

        again = Server(self.library)
        self.addCleanup(again.stop)
        done = wait_for(again, job, lambda job: job["ended"])
        self.assertEqual((done["state"], done["counts"]["failed"]), ("done", 0), done)
        self.assertLess(done["counts"]["analysed"], len(PHOTOS), "it went on where it was")
        self.assertEqual(self.models()["shown"], "other")
        back = wait_for(again, submit(again, undo=True), lambda job: job["ended"])
        self.assertEqual((back["state"], back["counts"]["analysed"]), ("done", 0), back)
        self.assertEqual(self.answers(), before)

        # Cancelled, nothing runs, and the results are those of before.
        self.library.run("models", "forget")
        self.library.run("pause")
        waiting = submit(again, pack="other")
        wait_for(again, waiting, lambda job: job["progress"])
        self.assertEqual(again.request("DELETE", f"/api/v1/jobs/{waiting}").status, 202)
        self.assertEqual(wait_for(again, waiting, lambda job: job["ended"])["state"], "cancelled")
        self.assertEqual(self.models()["shown"], "starter")

    @long_run
    def test_the_way_back_is_forgotten_on_request(self) -> None:
        self.assertIn("Nothing to delete", self.library.run("models", "forget").stdout)
        before = self.answers()
        self.use("other", "--wait")
        after = self.answers()
        self.assertEqual(self.library.run("models", "forget").stdout,
                         "Deleted the results of starter for 6 photos. Going back to it now means analysing them again.\n")
        self.assertEqual(self.models()["previous"], None)
        self.assertEqual(self.answers(), after)
        self.assertIn("nothing to undo", self.library.run("models", "use", "--undo").stderr)
        self.assertIn("analysed 6 photos again", self.use("starter", "--wait"))
        self.assertEqual(self.answers(), before)

    @long_run
    def test_called_off_in_the_middle(self) -> None:
        before = self.answers()
        self.use("other")
        while self.models()["ready"] == 0:
            time.sleep(0.05)
        self.use("--undo")
        self.assertEqual(self.models()["wanted"], "starter")
        self.assertEqual(self.models()["shown"], "starter")
        self.assertEqual(self.models()["switching"], 0)
        self.assertEqual(self.answers(), before)

    def test_what_cannot_be_used_is_told_and_changes_nothing(self) -> None:
        for arguments, words in (
            (("nothing",), "the model pack 'nothing' is not installed"),
            (("--undo",), "nothing to undo"),
            ((), "give a pack (calotype models list shows them), or --undo"),
        ):
            with self.subTest(arguments):
                done = self.library.run("models", "use", *arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)
        (self.library.home / "models/other/centernet.onnx").unlink()
        done = self.library.run("models", "use", "other")
        self.assertEqual(done.returncode, 1)
        self.assertIn("centernet.onnx", done.stderr)
        self.assertEqual(self.models()["wanted"], "starter")


if __name__ == "__main__":
    unittest.main()
