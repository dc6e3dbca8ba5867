"""How the program is used in a shell: options, pipes, full disks, unsafe names, a read-only home, completions, man pages."""

import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import unicodedata
import unittest

from calotype import BINARY, CalotypeTestCase, Library, user_cache

# A name that a terminal would obey: an escape sequence in C0 and in C1, and a change of direction.
UNSAFE = "a\x1b[31m\u009b2J\u202egpj\u2066.png"


def unsafe_characters(text: str) -> list[str]:
    return [c for c in text if c != "\n" and (unicodedata.category(c) == "Cc" or c in "\u2028\u2029\u202a\u202b\u202c\u202d"
                                              "\u202e\u2066\u2067\u2068\u2069")]


class OptionsTest(CalotypeTestCase):
    def test_an_option_does_not_swallow_the_folder(self) -> None:
        self.library.add_samples("cat.png")
        done = self.library.run("scan", "--only", "pdq", self.library.photos)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("scanned 1 photo, 1 analysed", done.stdout)

    def test_a_folder_in_brackets_is_not_a_list(self) -> None:
        folder = self.library.photos / "[2024]"
        folder.mkdir()
        self.library.add_samples("cat.png")
        shutil.move(self.library.photos / "cat.png", folder)
        done = subprocess.run([BINARY, "scan", "[2024]", "--only", "pdq"], env=self.library.environment,
                              cwd=self.library.photos, capture_output=True, text=True, check=False)
        self.assertIn("scanned 1 photo, 1 analysed", done.stdout, done.stderr)

    def test_queries_may_start_with_a_dash(self) -> None:
        self.library.add_samples("cat.png", "dog.png")
        self.scan("--only", "pdq")
        self.assertEqual(self.library.run("search", "-name:cat", "--paths").stdout, f"{self.library.photos}/dog.png\n")
        self.assertEqual(self.library.run("search", "-name:cat", "-type:jpg", "-n", "5").returncode, 0)
        self.assertEqual(self.library.run("duplicates", "-name:cat").returncode, 0)
        rows = self.library.run("export", "-name:cat", "--to", "csv").stdout.splitlines()
        self.assertEqual([row.partition(",")[0] for row in rows[1:]], [f"{self.library.photos}/dog.png"])

    def test_usage_errors(self) -> None:
        for arguments, words in (
            (("search", "cat", "-n", "0"), "--limit is '0'; it can be a whole number from 1 to 2147483647"),
            (("search", "cat", "--jsno"), "--jsno is not an option of search; if it is part of the query, put it after --"),
            (("search", "cat", "--sort", "size"), "--sort is 'size'; it can be relevance, newest or oldest"),
            (("status", "-name:raw"), "-name:raw"),
            (("scan", "--only"), '"calotype scan --help" shows what it takes'),
            (("people", "name", "x", "Ann"), "ID is 'x'; it can be a whole number from 1"),
            (("people", "cover", "1", "x"), "FACE is 'x'; it can be a whole number from 1"),
            (("people", "merge", "1", "x"), "'x' is not the number of a person"),
            (("people", "split", "x"), "'x' is not the number of a face"),
            (("export", "--to", "pdf"), "--to is 'pdf'; it can be xmp, jsonl or csv"),
            (("export", "nokey:x", "--to", "csv"), '"nokey:" is'),
            (("search", "nokey:x"), '"nokey:" is'),
            (("search", "cat", "--after", "x"), "--after is 'x', which is not a cursor"),
            (("search", "cat", "--json", "--paths"), "--json prints more than paths"),
            (("similar", "cat.png", "--json", "-0"), "--json prints more than paths"),
            (("export", "--to", "xmp", "--out", "x.csv"), "--out is for jsonl and csv"),
            (("models", "use"), "give a pack (calotype models list shows them), or --undo"),
            (("models", "use", "--undo", "--choice", "objects=fast"), "--choice is for a pack"),
            (("models", "pull", "standard", "--wheels", "x"), "--wheels is for runtime-cuda only"),
            (("models", "pull", "runtime-cuda", "--from", "x"), "are for packs, not for runtime-cuda"),
            (("models", "pull", "standard", "--all", "--choice", "objects=fast"), "--choice and --all exclude each other"),
            (("models", "pull", "standard", "--probe", "--all"), "--probe downloads nothing"),
            (("man", "calotype.1", "--out", "x"), "--out writes all pages"),
        ):
            done = self.library.run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(words, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)


class OutputTest(CalotypeTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.library = Library()
        cls.addClassCleanup(cls.library.close)
        cls.library.add_samples("cat.png", "dog.png")
        shutil.copy(cls.library.photos / "cat.png", cls.library.photos / UNSAFE)
        (cls.library.photos / (UNSAFE + ".jpg")).write_bytes(b"\xff\xd8\xff not a photo")
        cls.scanned = cls.library.run("scan", cls.library.photos, "--only", "pdq")

    def setUp(self) -> None:
        pass  # One library for all: nothing below changes it.

    def commands(self) -> list[tuple]:
        cat = self.library.photos / "cat.png"
        return [
            ("search", "name:cat"), ("search", "name:cat", "--json"), ("search", "name:cat", "-0"), ("show", cat),
            ("show", cat, "--json"), ("status",), ("status", "--json"), ("people", "list"), ("duplicates",),
            ("export", "--to", "csv"), ("export", "--to", "jsonl"), ("models", "list"), ("config",), ("--help",),
            ("search", "--help"), ("--version",), ("man",), ("completion", "bash"), ("analyze", cat, "--only", "pdq"),
        ]

    def test_a_full_disk_is_an_error(self) -> None:
        for arguments in self.commands():
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(self.library.command(*arguments), env=self.library.environment, stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("cannot write to standard output: No space left on device", done.stderr, arguments)

    def test_a_closed_pipe_ends_the_program_quietly(self) -> None:
        for arguments in self.commands():
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run(self.library.command(*arguments), env=self.library.environment, stdout=writer,
                                  stderr=subprocess.PIPE, text=True, check=False)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""), arguments)

    def test_a_closed_standard_output_is_an_error_and_harms_nothing(self) -> None:
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *self.library.command("status")],
                              env=self.library.environment, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output", done.stderr)
        self.assertEqual(self.library.run("check-db").returncode, 0)

    def test_names_are_printed_without_control_characters(self) -> None:
        unsafe = self.library.photos / UNSAFE
        self.assertEqual(self.scanned.returncode, 1, "one file is no photo")
        for done in (
            self.scanned,
            *(self.library.run(*arguments) for arguments in (
                ("search", "-type:jpg"), ("show", unsafe), ("status",), ("duplicates",), ("show", self.library.home / UNSAFE),
                ("scan", self.library.home / UNSAFE), ("analyze", self.library.home / UNSAFE, "--only", "pdq"),
                ("search", f"nokey{UNSAFE}:x"), ("search", "cat", "--" + UNSAFE), ("models", "use", UNSAFE),
                ("export", "--to", UNSAFE), ("people", "name", UNSAFE, "x"), ("--set", f"catalog.file=/{UNSAFE}", "status"),
                ("--set", f"{UNSAFE}=1", "status"), ("backup", f"/proc/{UNSAFE}"), ("retry", self.library.home / UNSAFE),
            )),
        ):
            self.assertEqual(unsafe_characters(done.stdout + done.stderr), [], (done.args, done.stdout, done.stderr))

    def test_json_keeps_names_as_they_are(self) -> None:
        shown = self.library.json("show", self.library.photos / UNSAFE, "--json")
        self.assertIn(str(self.library.photos / UNSAFE), shown["paths"])
        rows = [json.loads(row) for row in self.library.run("export", "--to", "jsonl").stdout.splitlines()]
        self.assertIn(str(self.library.photos / UNSAFE), [path for row in rows for path in row["paths"]])


class ReadOnlyHomeTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.library.add_samples("cat.png", "dog.png")
        self.scan("--only", "pdq")
        self.catalog = self.library.home / "home/catalog.db"
        self.set_mode(0o555, 0o444)
        self.addCleanup(self.set_mode, 0o755, 0o644)

    def set_mode(self, folders: int, files: int) -> None:
        for folder, _, names in os.walk(self.library.home):
            for name in names:
                os.chmod(os.path.join(folder, name), files)
            os.chmod(folder, folders)

    def read(self, photos: int) -> None:
        cat = self.library.photos / "cat.png"
        for arguments, words in (
            (("search", "name:cat", "--paths"), f"{cat}\n"), (("show", cat), str(cat)),
            (("status",), f"{photos} photos"), (("export", "--to", "csv"), str(cat)), (("people", "list"), "no people yet"),
            (("duplicates",), "no photo has a copy"), (("config",), "catalog.file"),
        ):
            done = self.library.run(*arguments, unprivileged=True)
            self.assertIn(words, done.stdout, (arguments, done.stderr))
            self.assertEqual(done.stderr, "", arguments)
            self.assertEqual(done.returncode, 0, arguments)

    def test_what_only_reads_works(self) -> None:
        self.read(photos=2)
        self.assertEqual(sorted(path.name for path in self.catalog.parent.glob("catalog.db-*")), [])
        done = self.library.run("pause", unprivileged=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be opened or written", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root: a writer that may do what the reader may not")
    def test_while_another_process_writes(self) -> None:
        writer = sqlite3.connect(self.catalog, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE file SET missing_since = NULL")
        self.read(photos=2)
        writer.execute("COMMIT")
        self.read(photos=2)


class HomeTest(CalotypeTestCase):
    def test_a_home_of_ones_own_uses_the_models_of_the_cache(self) -> None:
        environment = {name: value for name, value in self.library.environment.items() if not name.startswith("CALOTYPE_MODELS")}
        cache = self.library.home / "shared"
        (cache / "calotype").mkdir(parents=True)
        (cache / "calotype/models").symlink_to(user_cache() / "models")
        environment.update(CALOTYPE_HOME=str(self.library.home / "mine"), XDG_CACHE_HOME=str(cache))

        def run(*arguments: object) -> str:
            return subprocess.run(self.library.command(*arguments), env=environment, capture_output=True, text=True,
                                  check=True).stdout

        self.assertIn("starter", run("models", "list"))
        self.library.add_samples("cat.png")
        run("scan", "--only", "pdq", self.library.photos)
        self.assertTrue((self.library.home / "mine/catalog.db").exists())


class ShellTest(CalotypeTestCase):
    def output(self, *arguments: object) -> str:
        done = self.library.run(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def commands(self, *path: str) -> list[str]:
        """The commands below `path`, as --help lists them."""
        text = self.output(*path, "--help")
        return re.findall(r"^  ([a-z-]+)", text.partition("\nCommands:\n")[2], re.MULTILINE)

    def settings(self) -> list[str]:
        return [line.split()[0] for line in self.output("config").splitlines() if not line.startswith("#")]

    def complete_in_bash(self, *words: str) -> list[str]:
        script = (f'source <("{BINARY}" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _calotype; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", "calotype", *words], env=self.library.environment,
                              cwd=self.library.photos, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "", words)
        return done.stdout.split()

    def test_bash_completes_commands_options_and_values(self) -> None:
        self.library.add_samples("cat.png")
        self.assertEqual(sorted(self.complete_in_bash("")), sorted(self.commands()))
        self.assertEqual(self.complete_in_bash("sea"), ["search"])
        self.assertEqual(sorted(self.complete_in_bash("models", "")), sorted(self.commands("models")))
        self.assertEqual(self.complete_in_bash("--verbose", "models", "pul"), ["pull"])
        self.assertIn("--limit", self.complete_in_bash("search", "--"))
        self.assertEqual(self.complete_in_bash("search", "x", "--li"), ["--limit"])
        self.assertEqual(self.complete_in_bash("search", "--sort", "n"), ["newest"])
        self.assertEqual(self.complete_in_bash("search", "--sort", "=", "o"), ["oldest"])
        self.assertEqual(self.complete_in_bash("search", "scan", "--so"), ["--sort"])
        self.assertEqual(self.complete_in_bash("scan", "--only", "objects,te"), ["objects,text"])
        self.assertEqual(self.complete_in_bash("scan", "ca"), ["cat.png"])
        self.assertEqual(self.complete_in_bash("show", "cat.png", "--render", "ca"), ["cat.png"])
        self.assertEqual(self.complete_in_bash("status", ""), [])
        self.assertEqual(sorted(self.complete_in_bash("--set", "")), sorted(key + "=" for key in self.settings()))

    def test_bash_completes_the_words_of_a_query(self) -> None:
        self.library.add_samples("cat.png", "rocket.jpg")
        self.library.environment["PATH"] = f"{pathlib.Path(BINARY).parent}{os.pathsep}{self.library.environment['PATH']}"
        self.assertEqual(self.complete_in_bash("search", "cam"), [], "nothing was scanned yet")
        self.assertEqual(self.library.run("scan", self.library.photos, "--only", "pdq").returncode, 0)
        camera = self.library.json("show", self.library.photos / "rocket.jpg", "--json")["camera"]
        self.assertIn("camera:", self.complete_in_bash("search", "cam"))
        # Three words for bash, of which the last is completed.
        quoted = "".join(self.complete_in_bash("search", "camera", ":", "Cal"))
        self.assertEqual(subprocess.run(["bash", "-c", f"printf %s {quoted}"], capture_output=True, text=True, check=True).stdout.strip('"').replace(" ", ""),
                         camera.replace(" ", ""))
        self.assertEqual(self.complete_in_bash("export", "type", ":", "jpe"), ["jpeg"])
        self.assertIn("--limit", self.complete_in_bash("search", "camera:x", "--li"))
        self.assertEqual(self.output("completion", "query", "--", "-type:pn"), "-type:png\n")

    def test_zsh_completes(self) -> None:
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        script = self.output("completion", "zsh")
        subprocess.run(["zsh", "-n"], input=script, text=True, check=True, capture_output=True)
        # What the functions of zsh are given, without a terminal.
        check = ("compdef() { :; }; _describe() { print -l -- ${(P)${@[-1]}}; }; compadd() { print -l -- ${@:#-*}; }; "
                 "_files() { print files; }; _values() { print -l -- $@; }; eval \"$1\"; shift; words=(\"$@\"); CURRENT=$#; _calotype")

        def complete(*words: str) -> str:
            return subprocess.run(["zsh", "-f", "-c", check, "zsh", script, "calotype", *words], text=True, check=True,
                                  capture_output=True).stdout

        for command in self.commands():
            self.assertRegex(complete(""), rf"(?m)^{command}:")
        self.assertRegex(complete("models", ""), r"(?m)^pull:")
        self.assertRegex(complete("search", "-"), r"(?m)^--limit:")
        self.assertIn("newest", complete("search", "--sort", ""))
        self.assertIn("objects", complete("scan", "--only", ""))
        self.assertEqual(complete("scan", ""), "files\n")
        for key in self.settings():
            self.assertIn(f"{key}=\n", complete("--set", ""))

    def test_fish_completes(self) -> None:
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")

        def complete(line: str) -> list[str]:
            done = subprocess.run(["fish", "--no-config", "-c", f'"{BINARY}" completion fish | source; complete -C "{line}"'],
                                  text=True, check=True, capture_output=True, env=self.library.environment)
            self.assertEqual(done.stderr, "")
            return [one.split("\t")[0] for one in done.stdout.splitlines()]

        self.assertEqual(sorted(complete("calotype ")), sorted(self.commands()))
        self.assertEqual(sorted(complete("calotype models ")), sorted(self.commands("models")))
        self.assertIn("--limit", complete("calotype search --l"))
        self.assertEqual(complete("calotype search --sort n"), ["newest"])
        self.assertEqual(sorted(complete("calotype --set ")), sorted(key + "=" for key in self.settings()))

    def test_there_is_a_man_page_for_every_command_and_setting(self) -> None:
        self.output("man", "--out", self.library.home / "man")
        pages = {path.name: path.read_text() for path in (self.library.home / "man").glob("man?/*")}
        expected = {"calotype.1", "calotype-config.5"} | {f"calotype-{command}.1" for command in self.commands()}
        self.assertEqual(set(pages), expected)
        self.assertEqual(pages["calotype.1"], self.output("man"))
        for command in self.commands():
            self.assertIn(f"calotype-{command}".replace("-", "\\-") + "\\fR(1)", pages["calotype.1"])
            for below in self.commands(command):
                self.assertIn(f".SS calotype {command} {below}".replace("-", "\\-"), pages[f"calotype-{command}.1"])
            for option in re.findall(r"--[a-z-]+", self.output(command, "--help").partition("Options:")[2].partition('"')[0]):
                self.assertIn(option.replace("-", "\\-"), pages[f"calotype-{command}.1"], command)
        for key in self.settings():
            self.assertIn("\\fB" + key.replace("-", "\\-") + "\\fR", pages["calotype-config.5"])

    def test_man_pages_are_good_roff(self) -> None:
        linters = [linter for linter in (["groff", "-man", "-ww", "-z", "-Tutf8"], ["mandoc", "-T", "lint", "-W", "warning"])
                   if shutil.which(linter[0])]
        if not linters:
            self.skipTest("neither groff nor mandoc is installed")
        self.output("man", "--out", self.library.home / "man")
        for page in sorted((self.library.home / "man").glob("man?/*")):
            for linter in linters:
                done = subprocess.run([*linter, str(page)], capture_output=True, text=True, check=False)
                told = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]
                self.assertEqual(told, [], page.name)


if __name__ == "__main__":
    unittest.main()
