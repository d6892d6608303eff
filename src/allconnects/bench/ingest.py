"""``bench ingest``: device messages over TCP to durable positions, beside what PostgreSQL does at most.

A fresh store in a temporary folder, the real gateway and web processes, and the senders in a process of their
own; all share the machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from allconnects.bench import baseline
from allconnects.bench.frames import RECORDS, imei
from allconnects.kit.errors import AllconnectsError
from allconnects.kit.postgres import EmbeddedPostgres
from allconnects.kit.processes import Child

DEVICES = 1000
IDLE = 10_000
FLOOD_S = 12.0
PACE_S = 12.0
_MOST_PER_S = 400_000
"""Frames are made for at most this rate; a run that uses them up is reported as an error."""


class BenchError(AllconnectsError):
    """The benchmark could not be carried out; there is no figure."""

    code = "bench"


def run(*, as_json: bool) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = _measure(Path(folder))
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:24} {value:>12,.2f}" if isinstance(value, float) else f"{name:24} {value:>12}")  # noqa: T201
    return 0


def _measure(folder: Path) -> dict[str, Any]:
    home = folder / "home"
    home.mkdir(mode=0o700)
    port, web = _free_port(), _free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("ALLCONNECTS_") and k != "DATABASE_URL"},
        "ALLCONNECTS_HOME": str(home),
        "ALLCONNECTS_VAULT_ROOT": str(folder / "vault.root"),
        "ALLCONNECTS_PORT": str(web),
        "ALLCONNECTS_GATEWAY_HOST": "127.0.0.1",
        "ALLCONNECTS_GATEWAY_PORTS": f"teltonika={port}",
        "ALLCONNECTS_MAX_CONNECTIONS_PER_ADDRESS": str(IDLE * 2),
        "OPENBLAS_NUM_THREADS": "1",
    }
    start_ms = int(time.time() * 1000) - 30 * 86_400_000
    with EmbeddedPostgres(home) as postgres:
        _command("migrate", environment)
        dsn = postgres.dsn.replace("dbname=postgres", "dbname=allconnects")
        _devices(dsn)
        copies = [baseline.copy_per_s(dsn, DEVICES, start_ms)]
        inserts = baseline.insert_per_s(dsn, start_ms)
        with _child("gateway", environment, port) as gateway:
            flood = _send({"mode": "flood", "seconds": FLOOD_S, "start_ms": start_ms, "port": port})
            one = _send(
                {"mode": "flood", "seconds": 6.0, "start_ms": start_ms, "port": port, "records": 1, "first": DEVICES}
            )
        copies.append(baseline.copy_per_s(dsn, DEVICES, start_ms))
        with _child("gateway", environment, port) as gateway, _child("web", environment, web):
            rate = flood["positions_per_s"] / 2
            pace = _paced(environment, port, web, rate, start_ms)
        with _child("gateway", environment, port) as gateway:
            idle = _idle(gateway, port)
        stored = _count(dsn)
    copy = statistics.mean(copies)
    return {
        "positions_per_s": flood["positions_per_s"],
        "copy_per_s": copy,
        "ratio_to_copy": flood["positions_per_s"] / copy,
        "insert_per_s": inserts,
        "ratio_to_insert": flood["positions_per_s"] / inserts,
        "ack_p50_ms": pace["ack_p50_ms"],
        "ack_p99_ms": pace["ack_p99_ms"],
        "stream_p99_ms": pace["stream_p99_ms"],
        **idle,
        "records_per_frame": RECORDS,
        "devices": DEVICES,
        "ack_p99_ms_at_maximum": flood["ack_p99_ms"],
        "positions_per_s_single_record_frames": one["positions_per_s"],
        "paced_positions_per_s": pace["positions_per_s"],
        "stored": stored,
        "acknowledged": flood["frames"] * RECORDS + one["frames"] + pace["frames"] * RECORDS,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(name: str, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "allconnects", name], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"'allconnects {name}' failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def _devices(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
            "VALUES ('Bench', 'bench', true, now())"
        )
        connection.execute(
            "INSERT INTO telemetry_device "
            "(organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "SELECT o.id, 'Bench', 'vehicle', i, '', '', now() FROM accounts_organisation o, unnest(%s::text[]) i",
            ([imei(d) for d in range(IDLE)],),
        )


@contextlib.contextmanager
def _child(name: str, environment: dict[str, str], port: int) -> Iterator[Child]:
    child = Child(name, [sys.executable, "-m", "allconnects", name], environment)
    child.launch()
    try:
        deadline = time.monotonic() + 120
        while not _open(port):
            if child.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"'allconnects {name}' did not start")
            time.sleep(0.1)
        yield child
    finally:
        child.terminate()
        if child.process is not None:
            child.process.wait(30)


def _open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


class _Sender:
    """The sending process, between its ``ready`` and its result."""

    def __init__(self, command: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "allconnects.bench.sender"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._write(json.dumps(command))
        if self._read() != "ready":
            raise BenchError("the sender did not start")

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go(self) -> None:
        self._write("")

    def result(self) -> dict[str, Any]:
        line = self._read()
        self._process.wait(30)
        if not line:
            raise BenchError("the sender failed")
        found: dict[str, Any] = json.loads(line)
        return found


def _send(command: dict[str, Any], rate: float = _MOST_PER_S) -> dict[str, Any]:
    size = command.get("records", RECORDS)
    frames = int(rate * command["seconds"] / size / DEVICES) + 5
    sender = _Sender({"devices": DEVICES, "frames": frames, **command})
    sender.go()
    result = sender.result()
    if result["exhausted"] > DEVICES // 2:
        raise BenchError("the senders ran out of frames: the figure would be too low")
    return result


def _paced(environment: dict[str, str], port: int, web: int, rate: float, start_ms: int) -> dict[str, Any]:
    """Half of the maximum rate, with a browser's stream open."""
    begin_ms = start_ms + 20 * 86_400_000
    frames = int(rate * PACE_S / RECORDS / DEVICES) + 5
    cookie = _command("bench-session", environment).strip()
    watcher = _Watcher(web, cookie)
    sender = _Sender(
        {
            "mode": "pace", "seconds": PACE_S, "start_ms": begin_ms, "port": port, "rate": rate,
            "devices": DEVICES, "frames": frames, "seed": 2,
        }
    )  # fmt: skip
    watcher.start()
    watcher.opened.wait(30)
    time.sleep(1)
    sender.go()
    result = sender.result()
    time.sleep(1.5)
    watcher.stop()
    names = watcher.identifiers()
    waits = _stream_waits(result.pop("sent"), watcher.seen, names, begin_ms)
    if len(waits) < 0.95 * result["frames"]:
        raise BenchError(f"only {len(waits)} of {result['frames']} frames were seen in the stream")
    waits.sort()
    return {**result, "stream_p99_ms": waits[int(len(waits) * 0.99)]}


def _stream_waits(
    sent: dict[str, list[float]], seen: dict[int, list[tuple[int, float]]], names: dict[str, int], begin_ms: int
) -> list[float]:
    """For every frame: from its sending until the stream shows a fix as new as its newest."""
    waits = []
    for device, times in sent.items():
        shown = iter(seen.get(names[imei(int(device))], []))
        newest = next(shown, None)
        for number, at in enumerate(times):
            wanted = begin_ms + ((number + 1) * RECORDS - 1) * 1000
            while newest is not None and newest[0] < wanted:
                newest = next(shown, None)
            if newest is None:
                break
            waits.append((newest[1] - at) * 1000)
    return waits


class _Watcher(threading.Thread):
    """A browser's stream: notes when each device's newest fix time was shown."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(daemon=True)
        self._headers = {"Cookie": cookie, "Host": "localhost"}
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.seen: dict[int, list[tuple[int, float]]] = {}
        self.opened = threading.Event()

    def run(self) -> None:
        self._connection.request("GET", "/map/stream", headers=self._headers)
        response = self._connection.getresponse()
        self.opened.set()
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            while line := response.readline():
                if line.startswith(b"data: "):
                    self._note(json.loads(line[6:]), time.monotonic())

    def _note(self, message: dict[str, Any], at: float) -> None:
        for entry in message.get("p", ()):
            self.seen.setdefault(entry[0], []).append((entry[6], at))

    def stop(self) -> None:
        if self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self.join(5)

    def identifiers(self) -> dict[str, int]:
        """Device numbers by identifier, from the API."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", "/api/v1/devices", headers=self._headers)
        return {one["identifier"]: one["id"] for one in json.loads(connection.getresponse().read())}


def _idle(gateway: Child, port: int) -> dict[str, Any]:
    sender = _Sender({"mode": "idle", "devices": IDLE, "port": port})
    sender.go()
    time.sleep(3)
    assert gateway.process is not None
    rss = _rss_mb(gateway.process.pid)
    sender.go()
    return {"idle_connections": sender.result()["connected"], "idle_rss_mb": rss}


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise BenchError("the gateway ended")


def _count(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM telemetry_position").fetchone()
    return int(row[0]) if row else 0
