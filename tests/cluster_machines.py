"""Machines of a cluster on this one: each is a network namespace with a name and process numbers of its own, and all hang on
one bridge, in a namespace, too. PostgreSQL servers and a storage that run on them.

The addresses are private and exist only in these namespaces; the network of this machine is not touched."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import postgres_server
from s3_server import Object, S3Server

SUBNET = "10.77.0"
S3_PORT = 9000


def why_not() -> str:
    """Why no machines can be made here and what to do, or an empty text."""
    if os.geteuid() != 0:
        return "machines are network namespaces, which only root can make: run as root"
    if shutil.which("ip") is None or shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return "ip, unshare or setpriv is missing: tools/setup/install_packages cluster"
    if not postgres_server.PROGRAMS:
        return postgres_server.WHY_NOT
    name = f"ct{os.getpid()}-try"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if done.returncode == 0:
        done = subprocess.run(["ip", "netns", "exec", name, "unshare", "--uts", "--pid", "--fork", "--mount-proc", "true"],
                              capture_output=True, text=True)
        subprocess.run(["ip", "netns", "delete", name], check=True)
    if done.returncode != 0:
        return f"`ip netns` or `unshare` does not work here ({done.stderr.strip()}): run outside of a container, or in one with CAP_SYS_ADMIN"
    return ""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def _pids(namespace: str) -> list[int]:
    done = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=True)
    return [int(pid) for pid in done.stdout.split()]


def _kill(namespace: str) -> None:
    while pids := _pids(namespace):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _remove_leftovers() -> None:
    """Machines of a test that was killed."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        found = re.fullmatch(r"ct(\d+)-\w+", name)
        if found and not os.path.exists(f"/proc/{found[1]}"):
            _kill(name)
            _ip("netns", "delete", name)


class Network:
    """Makes machines. close() ends all that runs on them, and removes them; the next one does so after a test that was
    killed."""

    def __init__(self) -> None:
        _remove_leftovers()
        self.prefix = f"ct{os.getpid()}-"
        self.switch = self.prefix + "switch"
        self.machines: list[Machine] = []
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self.switch, "link", "set", "bridge", "up")

    def machine(self, name: str) -> Machine:
        machine = Machine(self, name, f"{SUBNET}.{11 + len(self.machines)}")
        self.machines.append(machine)
        return machine

    def close(self) -> None:
        machines, self.machines = self.machines, []
        for machine in machines:
            machine.kill()
        for machine in machines:
            for process in machine.processes:
                process.wait()
            _ip("netns", "delete", machine.namespace)
        if machines:
            _ip("netns", "delete", self.switch)


class Machine:
    def __init__(self, network: Network, name: str, address: str) -> None:
        self.network, self.name, self.address = network, name, address
        self.namespace = network.prefix + name
        self.port = f"to-{name}"  # of the switch
        self.processes: list[subprocess.Popen] = []
        _ip("netns", "add", self.namespace)
        _ip("link", "add", "eth0", "netns", self.namespace, "type", "veth", "peer", "name", self.port, "netns", network.switch)
        _ip("-n", network.switch, "link", "set", self.port, "master", "bridge", "up")
        _ip("-n", self.namespace, "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", self.namespace, "link", "set", "eth0", "up")
        _ip("-n", self.namespace, "link", "set", "lo", "up")

    def command(self, *command: object) -> list[str]:
        """What runs `command` on this machine."""
        return ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
                "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *map(str, command)]

    def start(self, *command: object, **options: object) -> subprocess.Popen:
        process = subprocess.Popen(self.command(*command), stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def run(self, *command: object, **options: object) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*command), stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)

    def connect(self, connected: bool) -> None:
        """Plugs its cable in, or pulls it out."""
        _ip("-n", self.network.switch, "link", "set", self.port, "up" if connected else "down")

    def pids(self) -> list[int]:
        return _pids(self.namespace)

    def kill(self) -> None:
        """All its processes end at once."""
        _kill(self.namespace)

    def cpu_seconds(self) -> float:
        """Of the processes that run, and their children that ended."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
                total += sum(map(int, fields[11:15]))
        return total / os.sysconf("SC_CLK_TCK")


class Server:
    """A PostgreSQL server on a machine."""

    def __init__(self, machine: Machine, folder: pathlib.Path) -> None:
        self.machine = machine
        self.folder = folder / machine.name
        self.data = self.folder / "data"
        self.folder.mkdir()
        user = postgres_server._user()
        shutil.chown(self.folder, user.pw_uid, user.pw_gid)
        self.programs = pathlib.Path(postgres_server.PROGRAMS[-1])

    def _as_user(self, *command: object) -> tuple[object, ...]:
        user = postgres_server._user()
        return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command)

    def _call(self, *command: object) -> str:
        done = self.machine.run(*self._as_user(*command), cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def create(self) -> None:
        self._call(self.programs / "initdb", "-D", self.data, "-U", "calotype", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                   "--no-sync", "--no-instructions")
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write(f"host all all {SUBNET}.0/24 trust\nhost replication all {SUBNET}.0/24 trust\n")

    def follow(self, primary: Server) -> None:
        """Copies the primary and becomes its synchronous standby."""
        self._call(self.programs / "pg_basebackup", "--pgdata", self.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
                   "--dbname", f"host={primary.machine.address} user=calotype application_name={self.machine.name}")
        self.start()
        primary.sql("postgres", f"ALTER SYSTEM SET synchronous_standby_names = '{self.machine.name}'")
        primary.sql("postgres", "SELECT pg_reload_conf()")
        for _ in range(300):
            if primary.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1":
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8"))

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.machine.start(*self._as_user(self.programs / "postgres", "-D", self.data, "-k", self.folder, "-h", self.machine.address,
                                              "--max_connections=200", "--shared_buffers=64MB"),
                               stdout=log, stderr=log, cwd="/")
        for _ in range(1200):
            if self.machine.run(self.programs / "pg_isready", "-q", "-h", self.folder).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8"))

    def sql(self, database: str, text: str) -> str:
        return self._call(self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "calotype",
                          "-d", database, "-c", text).strip()

    def lose_power(self) -> None:
        """Nobody is told: the cable is out before the processes end, so that clients wait for answers."""
        self.machine.connect(False)
        self.machine.kill()


class Storage:
    """The objects of a folder, on a machine. It writes a line for each request into a file."""

    def __init__(self, machine: Machine, folder: pathlib.Path) -> None:
        self.machine, self.folder = machine, folder
        self.log = folder.with_suffix(".log")
        self.delay = folder.with_suffix(".delay")
        self.log.touch()
        self.slow_down(0)

    def slow_down(self, seconds: float) -> None:
        """From now on, workers get an object each `seconds`, all together."""
        new = self.delay.with_suffix(".new")
        new.write_text(str(seconds), encoding="utf-8")
        new.rename(self.delay)

    def start(self) -> None:
        # What it says about clients that were killed is of no interest.
        self.machine.start(sys.executable, "-B", __file__, self.machine.address, self.folder, self.log, self.delay,
                           stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self.machine.kill()

    @property
    def variables(self) -> dict[str, str]:
        return dict(S3Server.VARIABLES, AWS_ENDPOINT_URL_S3=f"http://{self.machine.address}:{S3_PORT}")

    def reads(self) -> list[tuple[str, str]]:
        """Of each object that was read: the address of the reader, and the key."""
        lines = (line.split("\t") for line in self.log.read_text(encoding="utf-8").splitlines())
        return [(address, target) for address, method, target in lines if method == "GET" and "?" not in target]


def _serve(address: str, folder: pathlib.Path, log: pathlib.Path, delay: pathlib.Path) -> None:
    """The storage's process: buckets are the folders in `folder`."""
    turn, writing = threading.Lock(), threading.Lock()
    next_at = 0.0

    def wait_for_turn(client: str) -> None:
        nonlocal next_at
        seconds = float(delay.read_text(encoding="utf-8"))
        if seconds > 0 and client in WORKERS:
            with turn:
                next_at = max(next_at, time.monotonic()) + seconds
                mine = next_at
            while time.monotonic() < mine and float(delay.read_text(encoding="utf-8")) > 0:
                time.sleep(min(0.2, max(0.0, mine - time.monotonic())))

    with log.open("a", encoding="utf-8", buffering=1) as lines:

        def on_request(client: str, method: str, target: str) -> None:
            with writing:
                lines.write(f"{client}\t{method}\t{target}\n")
            if method == "GET" and "?" not in target:
                wait_for_turn(client)

        server = S3Server(address=(address, S3_PORT), on_request=on_request)
        for path in folder.rglob("*"):
            if path.is_file():
                server.objects[str(path.relative_to(folder))] = Object(path.read_bytes(), path.stat().st_mtime)
        with server:
            signal.pause()


# The machines that a slow storage lets wait: those that the test calls worker1 and so on, which it makes first.
WORKERS = {f"{SUBNET}.{number}" for number in range(11, 15)}

if __name__ == "__main__":
    _serve(sys.argv[1], *map(pathlib.Path, sys.argv[2:]))
