"""A PostgreSQL server of the tests: in a temporary folder, with a Unix socket only, not as root, never as a service. With
pgbouncer in front of it, if that is installed."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda folder: float(folder.split("/")[4]))
BOUNCER = shutil.which("pgbouncer") or (shutil.which("pgbouncer", path="/usr/sbin"))
WHY_NOT = "no PostgreSQL server is installed (tools/setup/install_packages cluster)"


def _user() -> pwd.struct_passwd | None:
    """As whom the server runs: it refuses root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


class PostgresServer:
    def __init__(
        self, settings: tuple[str, ...] = ("fsync=off",), parent: str | None = None, data_of: "PostgresServer | None" = None
    ) -> None:
        """In a new folder within `parent`; a test does not wait for the disk. With the data of another server that does not
        run, as its standby would have them; promote it."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="calotype-server-", dir=parent))
        user = _user()
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.programs = pathlib.Path(PROGRAMS[-1])
        self.processes: list[subprocess.Popen] = []
        data = self.folder / "data"
        if data_of:
            self._call("cp", "-a", data_of.folder / "data", data)
            self._call("rm", "-f", data / "postmaster.pid")
            self._call("touch", data / "standby.signal")
        else:
            self._call(self.programs / "initdb", "-D", data, "-U", "calotype", "-A", "trust", "-E", "UTF8",
                       "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        self.settings = settings
        self.start()

    def start(self) -> None:
        data = self.folder / "data"
        self._start(self.programs / "postgres", "-D", data, "-k", self.folder, "--listen_addresses=",
                    *(f"--{setting}" for setting in self.settings))
        self._wait(self.url("postgres"))

    def crash(self) -> None:
        """All its processes end at once; start() brings it back. Before start_bouncer()."""
        server = self.processes.pop()
        server.send_signal(signal.SIGQUIT)
        server.wait()

    def _options(self) -> dict:
        user = _user()
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}

    def _call(self, *command: object) -> str:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", **self._options())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _start(self, *command: object) -> None:
        with (self.folder / "log").open("ab") as log:
            self.processes.append(
                subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, cwd="/", **self._options())
            )

    def _wait(self, url: str) -> None:
        for _ in range(600):
            if subprocess.run([self.programs / "pg_isready", "-q", "-d", url], cwd="/").returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8"))

    def url(self, database: str, port: int = 5432) -> str:
        return f"postgresql://calotype@{urllib.parse.quote(str(self.folder), safe='')}:{port}/{database}"

    def sql(self, database: str, text: str) -> str:
        return self._call(self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database),
                          "-c", text)

    def new_database(self, name: str) -> str:
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def start_bouncer(self, port: int = 6432) -> None:
        """Two connections to each database for all programs; a transaction may get either."""
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={self.folder} user=calotype\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {self.folder}\n"
            f"listen_port = {port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 100\n",
            encoding="utf-8",
        )
        self._start(BOUNCER, settings)
        self._wait(self.url("postgres", port))

    def close(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(3)  # at once
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
