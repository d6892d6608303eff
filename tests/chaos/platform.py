"""The whole platform under its supervisor, in a data folder of its own, and what lives of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import template
from tests.telemetry.gateway.running import HOST, PROTOCOLS, free_ports
from tests.waiting import PATIENCE_S, until

PARTS = ("gateway", "web", "worker")


@dataclass
class Platform:
    """A running ``allconnects up`` or ``demo``. ``said``: lines that it printed."""

    home: Path
    port: int
    ports: dict[str, int]
    supervisor: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def greeting(self) -> dict[str, str]:
        """The words ``key=value`` of the line that says it is ready."""
        line = next(line for line in self.said if line.startswith("ready "))
        return dict(word.split("=", 1) for word in line.split() if "=" in word)

    def wait_ready(self, seconds: float = 5 * PATIENCE_S) -> None:
        """Until it says so."""

        def over() -> bool:
            return self.supervisor.poll() is not None or any(line.startswith("ready ") for line in self.said)

        assert until(over, seconds), self.said[-5:]
        assert self.supervisor.poll() is None, self.said[-5:]

    def connect(self) -> psycopg.Connection[Any]:
        """As the owner of the tables; autocommit."""
        from allconnects.kit.postgres import socket_dir_of

        return psycopg.connect(
            host=str(socket_dir_of(self.home)), user="allconnects_owner", dbname="allconnects", autocommit=True
        )

    def pids(self) -> dict[str, int]:
        """Process ids of the supervisor's children that live, by their name."""
        found = {}
        for pid in _children(self.supervisor.pid):
            words = _words(pid)
            name = next((part for part in (*PARTS, "demo-fleet") if part in words), None)
            if name is None and _comm(pid) == "postgres":
                name = "postgres"
            if name is not None:
                found[name] = pid
        return found

    def left(self) -> list[str]:
        """Names of all processes that belong to this data folder."""
        from allconnects.kit.postgres import strays

        own = f"ALLCONNECTS_HOME={self.home}".encode()
        mine = [pid for pid in _all_pids() if own in _environ(pid)]
        return [_comm(pid) for pid in {*mine, *strays.living_in(self.home / "postgres" / "data")}]

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """Status and content of a page or an API call; 0 when nobody answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_S)
        try:
            headers = {"Host": "localhost"} | ({"Authorization": f"Bearer {token}"} if token else {})
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            content = response.read()
            is_json = "json" in (response.getheader("Content-Type") or "")
            return response.status, json.loads(content) if is_json else content.decode()
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        self.supervisor.send_signal(signal.SIGINT)
        return self.supervisor.wait(2 * PATIENCE_S)


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that the database's user can walk to, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ac-chaos-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / "home"


@contextmanager
def platform(
    home: Path, command: str = "up", *, migrated: bool = True, names: Sequence[str] = PROTOCOLS, **settings: object
) -> Iterator[Platform]:
    """Start it on free ports, and see to it that nothing of it is left. ``migrated``: a new home has its tables;
    ``names``: of the gateway's ports; ``settings``: by their field names.
    """
    if migrated and not home.exists():
        template.fill(home)
    port, *others = free_ports(1 + len(names))
    ports = dict(zip(names, others, strict=True))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ALLCONNECTS_", "_ALLCONNECTS_", "DATABASE_URL"))}
    own = {f"ALLCONNECTS_{name.upper()}": str(value) for name, value in settings.items()}
    environment = (
        kept
        | {
            "ALLCONNECTS_HOME": str(home),
            "ALLCONNECTS_VAULT_ROOT": str(home.with_name("vault.root")),
            "ALLCONNECTS_PORT": str(port),
            "ALLCONNECTS_GATEWAY_HOST": HOST,
            "ALLCONNECTS_GATEWAY_PORTS": ",".join(f"{name}={number}" for name, number in ports.items()),
        }
        | own
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "allconnects", command],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    made = Platform(home, port, ports, process)
    threading.Thread(target=_listen, args=(process, made.said), daemon=True).start()
    try:
        yield made
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(2 * PATIENCE_S)
        process.kill()
        until(lambda: not made.left())


def _listen(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line.rstrip())
        del said[:-2000]


def kill(pid: int) -> None:
    """At once and without a word."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(platform: Platform, name: str, seconds: float = 2 * PATIENCE_S) -> int:
    """The id of a child once it lives."""
    pid = until(lambda: platform.pids().get(name), seconds)
    assert pid, f"{name} is not started again"
    return int(pid)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _words(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []


def _comm(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _environ(pid: int) -> list[bytes]:
    """Of a process that lives; one that only waits to be reaped has none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def seconds_since(start: float) -> float:
    """Elapsed seconds of the monotonic clock."""
    return time.monotonic() - start
