"""An address server that answers as Nominatim or Photon does, or badly; it remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NOMINATIM = {
    "type": "road", "name": "Example Street", "street": "Example Street", "housenumber": "7", "postcode": "2550",
    "city": "Kontich",
}  # fmt: skip


class StandIn:
    """What it answers is set by ``fault``: none, error, html, drip, large, empty, unknown, odd."""

    def __init__(self) -> None:
        self.fault = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.url = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        about: dict[str, Any] = dict(NOMINATIM)
        properties = about if self.asked[-1][1].get("format") is None else {"geocoding": about}
        feature = {"geometry": {"type": "Point", "coordinates": [4.4471, 51.1321]}, "properties": properties}
        faults = {
            "error": (503, b"later"), "html": (200, b"<html>"), "empty": (200, b'{"features": []}'),
            "unknown": (200, b'{"error": "Unable to geocode"}'), "large": (200, b" " * 2_000_000), "gone": (404, b""),
            "odd": (200, b'{"features": [3, {"properties": 4}, {"geometry": {"coordinates": ["x"]}}]}'),
            "list": (200, b"[]"), "redirect": (302, b""),
        }  # fmt: skip
        return faults.get(self.fault) or (200, json.dumps({"features": [feature]}).encode())


@contextmanager
def running() -> Iterator[StandIn]:
    """A stand-in on a port of its own."""
    made = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            made.asked.append((parts.path, {key: value[0] for key, value in parse_qs(parts.query).items()}))
            made.headers.append(dict(self.headers.items()))
            made.times.append(time.monotonic())
            status, body = made.answer(parts.path)
            self.send_response(status)
            self.end_headers()
            try:
                if made.fault == "drip":
                    for _ in range(1200):
                        self.wfile.write(b" ")
                        time.sleep(0.05)
                self.wfile.write(body)
            except OSError:
                pass

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
