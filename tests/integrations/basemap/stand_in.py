"""A tile host on this machine, with the faults that hosts have."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.waiting import PATIENCE_S


class Host(ThreadingHTTPServer):
    """Answers as its ``faults`` say; remembers what it was asked and with which headers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: dict[str, str] = {}
        self.over = threading.Event()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.document: dict[str, Any] = {
            "tilejson": "3.0.0",
            "tiles": [f"{self.url}/tiles/{{z}}/{{x}}/{{y}}.pbf"],
            "minzoom": 0,
            "maxzoom": 14,
            "attribution": '<a href="https://example.org">© Example</a><script>x</script>',
            "vector_layers": [{"id": "transportation"}, {"id": "water"}],
        }

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Documents at /tiles.json and /style.json, a tile anywhere else."""

    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, or fail in the way that is set for this path."""
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        fault = self.server.faults.get(self.path.split("?")[0])
        if fault:
            getattr(self, f"_{fault}")()
        elif self.path == "/tiles.json":
            self._send(json.dumps(self.server.document).encode())
        elif self.path == "/style.json":
            style = {"version": 8, "sources": {"map": {"type": "vector", "url": self.server.url + "/tiles.json"}}}
            self._send(json.dumps(style).encode())
        else:
            self._send(b"tile " + self.path.encode())

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _error(self) -> None:
        self._send(b"no", 500)

    def _absent(self) -> None:
        self._send(b"", 404)

    def _huge(self) -> None:
        self._send(b"x" * 300_000)

    def _slow(self) -> None:
        self.server.over.wait(PATIENCE_S)
        self._send(b"late")

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"x")
            self.wfile.flush()
            if self.server.over.wait(0.1):
                break

    def _away(self) -> None:
        self._send(b"", 302, Location="http://127.0.0.1:9/inside")

    def _circle(self) -> None:
        self._send(b"", 302, Location=self.path)

    def _moved(self) -> None:
        self._send(b"", 301, Location="/moved")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def host() -> Iterator[Host]:
    """A running stand-in."""
    server = Host()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
