"""Fetches from the one host that the operator has set, and tells it nothing about who asks."""

from __future__ import annotations

import gzip
import http.client
import io
import threading
import time
import zlib
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from allconnects.integrations.basemap.source import BasemapError

AGENT = "allconnects-basemap/1"
TIMEOUT_S = 8.0
MAX_BYTES = 4 * 1024 * 1024
MAX_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host said: 200 with bytes (unpacked), or 204 and 404 without."""

    data: bytes
    media_type: str


class Fetcher:
    """Asks one host, a few requests at a time. No cookies, no referer, no address of ours passes on."""

    def __init__(self, origin: str, *, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES) -> None:
        """``origin``: any address on that host; its scheme, host and port are the only ones ever asked."""
        parts = urlsplit(origin)
        self.origin = (parts.scheme, parts.netloc)
        self.timeout_s, self.max_bytes = timeout_s, max_bytes
        self._slots = threading.BoundedSemaphore(8)

    def get(self, url: str) -> Answer | None:
        """What is at url; None where the host has nothing (204, 404). Raises BasemapError."""
        if not self._slots.acquire(timeout=self.timeout_s):
            raise BasemapError("the map host is busy")
        try:
            for _ in range(MAX_REDIRECTS + 1):
                onward, answer = self._once(url)
                if onward is None:
                    return answer
                url = urljoin(url, onward)
            raise BasemapError("the map host sends in circles")
        except (OSError, http.client.HTTPException, zlib.error, EOFError) as error:
            raise BasemapError("the map host cannot be reached") from error
        finally:
            self._slots.release()

    def _once(self, url: str) -> tuple[str | None, Answer | None]:
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self.origin:
            raise BasemapError("the map source points to another host than the one that is set")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self.timeout_s)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path or "/", headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"})
            return self._read(connection.getresponse())
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> tuple[str | None, Answer | None]:
        if response.status in (301, 302, 303, 307, 308):
            return response.headers.get("Location") or "", None
        if response.status in (204, 404):
            return None, None
        if response.status != 200:
            raise BasemapError("the map host answers with an error")
        data = self._body(response)
        if response.headers.get("Content-Encoding", "").lower() == "gzip" or data[:2] == b"\x1f\x8b":
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise BasemapError("the map host sends more than a tile can be")
        return None, Answer(data, response.headers.get_content_type())

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """All of it, unless it is too much or comes too slowly: a host may drip for ever within each timeout."""
        pieces, size, deadline = [], 0, time.monotonic() + self.timeout_s
        while piece := response.read1(65536):
            pieces.append(piece)
            size += len(piece)
            if size > self.max_bytes or time.monotonic() > deadline:
                raise BasemapError("the map host sends too much or too slowly")
        return b"".join(pieces)
