"""A POST to a judged address: pinned, without redirects, with limits of time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

from allconnects.alerts.delivery.guard import Target, resolve

WITHIN_S = 15.0
_MOST_BYTES = 65_536


class Unreachable(Exception):
    """No answer. ``code``: a short word for the log, nothing of the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body is read to its limit and not kept."""

    status: int
    retry_after_s: int | None


class _Pinned(http.client.HTTPConnection):
    def __init__(self, target: Target, within_s: float) -> None:
        super().__init__(target.host, target.port, timeout=within_s)
        self._target, self._within = target, within_s

    def connect(self) -> None:
        raw = socket.create_connection((self._target.ip, self._target.port), self._within)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._target.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self._target.host)
        self.sock = raw


def post(url: str, body: bytes, headers: Mapping[str, str], within_s: float = WITHIN_S) -> Answer:
    """Send and read the status. Raises Refused before anything is sent, Unreachable when nobody answers in time."""
    target = resolve(url)
    connection = _Pinned(target, within_s)
    ends = time.monotonic() + within_s
    try:
        connection.request("POST", target.path, body, {"User-Agent": "allconnects", **headers})
        response = connection.getresponse()
        _drain(response, ends)
        after = response.headers.get("Retry-After", "")
        return Answer(response.status, int(after) if after.isdecimal() and len(after) < 7 else None)
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except ssl.SSLError as error:
        raise Unreachable("certificate") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable("connection") from error
    finally:
        connection.close()


def _drain(response: http.client.HTTPResponse, ends: float) -> None:
    """Read what little an answer holds; who drips, or sends a film, is cut off."""
    left = _MOST_BYTES
    while left > 0 and time.monotonic() < ends:
        piece = response.read1(4096)
        if not piece:
            return
        left -= len(piece)
