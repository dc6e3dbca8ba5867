"""The units of systemd that cmake --install puts in place, and its socket activation."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

from calotype import BINARY, ROOT, CalotypeTestCase

UNITS = ROOT / "deploy/systemd"
# Of 100. What remains is the network, GPUs, and the files of other users, which it reads.
MOST_EXPOSURE = 20


def unit(text: str) -> str:
    """As CMake makes it."""
    return text.replace("@CALOTYPE_PROGRAM@", BINARY).replace("@CALOTYPE_HARDENING@", (UNITS / "hardening.conf").read_text())


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.library.home / "units"
        self.folder.mkdir()

    def analyze(self, *arguments: object) -> str:
        done = subprocess.run(
            ["systemd-analyze", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, check=False,
            env=dict(os.environ, XDG_RUNTIME_DIR=str(self.folder)),
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_the_units_of_the_system_are_valid_and_hardened(self) -> None:
        shutil.copy(UNITS / "calotype.socket", self.folder)
        for name in ("calotype", "calotype-worker", "calotype-coordinate"):
            with self.subTest(name):
                service = f"./{name}.service"
                (self.folder / service).write_text(unit((UNITS / f"{name}.service.in").read_text()))
                self.analyze("verify", "--man=no", service, "./calotype.socket")
                self.analyze("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSURE}", service)

    def test_the_unit_of_a_user_is_valid(self) -> None:
        (self.folder / "calotype.service").write_text(unit((UNITS / "user-calotype.service.in").read_text()))
        self.analyze("verify", "--user", "--man=no", "./calotype.service")


@unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
class SocketActivationTest(CalotypeTestCase):
    def test_the_first_connection_starts_it(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        names = [f"--setenv={name}" for name in self.library.environment if name.startswith(("CALOTYPE_", "XDG_", "HOME"))]
        process = subprocess.Popen(
            ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", *names, *self.library.command("serve")],
            env=self.library.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertIn("Listening", process.stderr.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().read(), b"ok\n")
        program = os.readlink(f"/proc/{process.pid}/exe")
        self.assertEqual(pathlib.Path(program).name, "calotype", "it replaced the program that waited")


if __name__ == "__main__":
    unittest.main()
