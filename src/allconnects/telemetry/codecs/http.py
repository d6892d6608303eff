"""The server side of HTTP/1.1 without sockets: bytes in, whole requests out, whole responses back.

Parsing is h11's. A session takes what a phone or tracker sends and nothing more: no upgrades, no compressed
bodies, no proxies. Memory is bounded by the header and body limits and by what one ``feed`` was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import h11

from allconnects.telemetry.codecs.base import CodecError, Request

MAX_HEADER = 16 * 1024
MAX_BODY = 256 * 1024
MAX_PIPELINE = 64

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_UNCODED = frozenset({"", "identity"})


class HttpError(CodecError):
    """The bytes are not a request that this server takes; ``status`` is the HTTP status to answer."""

    code = "http"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def response(
    status: int,
    body: bytes = b"",
    content_type: str = "application/json",
    headers: Iterable[tuple[str, str]] = (),
) -> bytes:
    """One whole HTTP/1.1 response. ``content_type`` is left out when there is no body."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class HttpSession:
    """One connection of an HTTP client.

    ``feed`` what was received; answer every request that it returns, in order; then close the connection if
    ``needs_close``. Bytes that ``feed`` leaves in ``interim`` are to be written at once (``100 Continue``).
    """

    def __init__(
        self, max_header: int = MAX_HEADER, max_body: int = MAX_BODY, max_pipeline: int = MAX_PIPELINE
    ) -> None:
        self.needs_close = False
        self.interim = b""
        self._max_body = max_body
        self._max_pipeline = max_pipeline
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=max_header)
        self._head: h11.Request | None = None
        self._body = bytearray()

    def feed(self, data: bytes) -> list[Request]:
        """The requests that ``data`` completes.

        Raises HttpError (a CodecError) with the status to answer when the stream cannot go on; the connection
        closes then. When good requests came before the bad bytes they are returned instead, with
        ``needs_close`` set: the client repeats the rest on a new connection (RFC 9112, 9.3.2). The same goes
        for more than ``max_pipeline`` requests at once.
        """
        self.interim = b""
        requests: list[Request] = []
        if self.needs_close:
            return requests
        try:
            self._read(data, requests)
        except (h11.RemoteProtocolError, HttpError) as error:
            self.needs_close = True
            if not requests:
                raise _refused(error) from None
        return requests

    def _read(self, data: bytes, requests: list[Request]) -> None:
        if data:
            self._connection.receive_data(data)
        while len(requests) < self._max_pipeline:
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                self._ask_for_body()
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._add(event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append(self._finish())
                if self.needs_close:
                    return
            else:
                raise HttpError(400, "the connection does not go on in HTTP/1.1")
        self.needs_close = bool(self._connection.trailing_data[0])

    def _ask_for_body(self) -> None:
        if self._connection.they_are_waiting_for_100_continue:
            self._connection.send(h11.InformationalResponse(status_code=100, headers=[]))
            self.interim = _CONTINUE

    def _begin(self, head: h11.Request) -> None:
        if head.method in (b"CONNECT", b"HEAD", b"TRACE"):
            raise HttpError(405, "this method is not served")
        for name, value in head.headers:
            if name == b"content-length" and len(value) < 20 and int(value) > self._max_body:
                raise HttpError(413, f"the body is longer than {self._max_body} bytes")
            if name == b"content-encoding" and value.decode("latin-1").strip().lower() not in _UNCODED:
                raise HttpError(415, "compressed bodies are not read")
        self._head = head
        self._body.clear()

    def _add(self, data: bytes | bytearray) -> None:
        if len(self._body) + len(data) > self._max_body:
            raise HttpError(413, f"the body is longer than {self._max_body} bytes")
        self._body += data

    def _finish(self) -> Request:
        head = self._head
        assert head is not None
        headers: dict[str, str] = {}
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        method, target = head.method.decode("latin-1"), head.target.decode("utf-8", "replace")
        request = Request(method, target, headers, bytes(self._body))
        self._head = None
        self._body.clear()
        self._next_cycle()
        return request

    def _next_cycle(self) -> None:
        # The answer comes later, from whoever stores the data; h11 only takes the next request after one.
        connection = self._connection
        connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        connection.send(h11.EndOfMessage())
        if connection.our_state is h11.MUST_CLOSE or connection.their_state is h11.MUST_CLOSE:
            self.needs_close = True
        else:
            connection.start_next_cycle()


def _refused(error: h11.RemoteProtocolError | HttpError) -> HttpError:
    if isinstance(error, HttpError):
        return error
    return HttpError(error.error_status_hint, "not a request of HTTP/1.1")
