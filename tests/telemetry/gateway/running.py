"""A gateway as a process of its own, and clients that know sockets and nothing of our codecs."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import HOST, free_ports
from tests.telemetry.codecs import teltonika_frames as build
from tests.waiting import PATIENCE_S, until

PROTOCOLS = ("teltonika", "gt06", "osmand", "owntracks")
ALIVE: list[Running] = []
"""The gateways that run: whoever registers a device waits until each of them was told."""


@dataclass
class Running:
    """A gateway. ``ports``: by protocol, ``…-tls`` among them."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    log: Path
    sockets: list[socket.socket] = field(default_factory=list)

    def entries(self) -> list[dict[str, Any]]:
        """What it logged."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) if line.startswith("{") else {"level": "error", "event": line} for line in lines]

    def errors(self) -> list[dict[str, Any]]:
        """Entries that nobody wants to see: errors, tracebacks, warnings of the loop."""
        return [e for e in self.entries() if e.get("level") in ("error", "critical") or "logger" in e]

    def knows(self, device: int) -> bool:
        """Whether it was told of a new device since it runs. Numbers rise, and changes are told in their order."""
        return any(e["event"] == "gateway.devices" and e["version"] >= device for e in self.entries())

    def rss_mb(self) -> float:
        """Memory it uses, in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def connect(
        self, protocol: str, *, source: str = HOST, timeout: float = PATIENCE_S, tls: bool = False
    ) -> socket.socket:
        """A connection, closed at the end of the test."""
        made = socket.create_connection(
            (HOST, self.ports[f"{protocol}-tls" if tls else protocol]), timeout, (source, 0)
        )
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            made = context.wrap_socket(made)
        self.sockets.append(made)
        return made

    def tracker(self, imei: str, **how: Any) -> socket.socket:
        """A Teltonika tracker that was let in."""
        made = self.connect("teltonika", **how)
        made.sendall(login(imei))
        assert receive(made, 1) == b"\x01"
        return made

    def close_all(self) -> None:
        """Close what the test opened."""
        while self.sockets:
            self.sockets.pop().close()


@contextmanager
def gateway(folder: Path, certificate: Path, **settings: object) -> Iterator[Running]:
    """A running gateway on free ports; ``settings`` by their field names."""
    names = [*PROTOCOLS, "teltonika-tls", "osmand-tls"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    own = {f"ALLCONNECTS_{name.upper()}": str(value) for name, value in settings.items()}
    environment = os.environ | {
        "ALLCONNECTS_GATEWAY_HOST": HOST,
        "ALLCONNECTS_GATEWAY_PORTS": ",".join(f"{name}={port}" for name, port in ports.items()),
        "ALLCONNECTS_GATEWAY_TLS_CERT": str(certificate),
        "ALLCONNECTS_GATEWAY_TLS_KEY": str(certificate),
        "ALLCONNECTS_LOG_FORMAT": "json",
        "ALLCONNECTS_LOG_LEVEL": "debug",
    }
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "allconnects", "gateway"],
            env=environment | own,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, ports, log)
    try:
        assert until(lambda: process.poll() is not None or all(map(_listens, ports.values())))
        assert process.poll() is None, log.read_text()[-2000:]
        ALIVE.append(running)
        yield running
    finally:
        if running in ALIVE:
            ALIVE.remove(running)
        running.close_all()
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_known(device: int) -> None:
    """Wait until every gateway that runs was told of a device."""
    assert until(lambda: all(running.knows(device) for running in ALIVE))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def receive(sock: socket.socket, count: int) -> bytes:
    """Exactly so many bytes, fewer when the other side ends."""
    data = b""
    while len(data) < count:
        try:
            piece = sock.recv(count - len(data))
        except ConnectionError:
            break
        if not piece:
            break
        data += piece
    return data


def ended(sock: socket.socket, seconds: float = PATIENCE_S) -> bytes:
    """Everything until the other side ends; fails when it does not."""
    sock.settimeout(seconds)
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


def quiet(sock: socket.socket, seconds: float = 0.4) -> bool:
    """Whether nothing comes and the connection stays."""
    sock.settimeout(seconds)
    try:
        return sock.recv(1) is None
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    finally:
        sock.settimeout(PATIENCE_S)


def login(imei: str) -> bytes:
    """How a Teltonika tracker names itself."""
    return len(imei).to_bytes(2, "big") + imei.encode()


def packet(times: Sequence[int], **values: Any) -> bytes:
    """A Teltonika packet with a record for each time."""
    io = build.io_part(0x8E, {1: [(239, 1), (240, 1)], 2: [(66, 12_500)]})
    return build.frame(build.body(0x8E, [build.record(io, time_ms=time_ms, **values) for time_ms in times]))


def request(target: str, method: str = "GET", body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    """An HTTP request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: gateway", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status(sock: socket.socket) -> int:
    """The status of one HTTP response; its body is read too."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = sock.recv(1)
        assert piece, f"ended in the middle of a response: {head[:100]!r}"
        head += piece
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
    assert len(receive(sock, length)) == length
    return int(lines[0].split()[1])
